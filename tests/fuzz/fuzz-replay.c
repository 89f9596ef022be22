/* tests/fuzz/fuzz-replay.c: the reader of recorded answers takes any file. */
#include <stdbool.h>
#include <string.h>

#include "core/transport/replay/replay.h"
#include "tests/fuzz/fuzz.h"

static void check_answer(const struct att_replay_answer *answer)
{
    if (answer->status < 200 || answer->status > 599 || !att_text_is_token(answer->method))
        fuzz_finding("an answer", answer->method, answer->url);
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct att_replay_header *header = &answer->headers[i];
        if (!att_text_is_token(header->name) || !att_text_is_field_value(header->value, strlen(header->value)))
            fuzz_finding("a header", header->name, header->value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct att_replay_file file;
    char why[512] = "";

    fuzz_file(data, size);
    if (att_replay_file_read(&file, fuzz_file_path(), why, sizeof why)) {
        for (size_t i = 0; i < file.count; i++)
            check_answer(&file.answers[i]);
    } else {
        fuzz_check_sentence(why);
    }
    att_replay_file_close(&file);
    return 0;
}
