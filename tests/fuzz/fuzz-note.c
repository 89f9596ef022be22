/* tests/fuzz/fuzz-note.c: the reader of ELF notes takes any file, and hands out only what it may. */
#include <stdbool.h>
#include <string.h>

#include "core/module/steps.h"
#include "tests/fuzz/fuzz.h"

static void read_as(int descriptor, uint32_t kind)
{
    struct att_module_note note = {0};
    struct att_buffer why;
    bool found;

    att_buffer_open(&why, 8192);
    found = att_note_read(descriptor, "input.so", kind, &note, &why);
    if (found && !memchr(note.name, '\0', sizeof note.name))
        fuzz_finding("the name of a note", "has no end", NULL);
    if (found && att_text_has_control(note.name))
        fuzz_finding("the name of a note", note.name, "has a control character");
    if (!found)
        fuzz_check_sentence(why.data);
    att_buffer_close(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int descriptor = fuzz_file(data, size);

    for (uint32_t kind = 0; kind <= ATT_KIND_POLICY + 1; kind++)
        read_as(descriptor, kind);
    return 0;
}
