/* tests/fuzz/replay.c: runs a harness over its corpus without libFuzzer, so that `make check` does it with any
 * compiler.
 *
 * Each input is also given cut off at every length, and with each of its bytes replaced by one that parsers care about.
 * An input that the harness cannot survive ends the program; the line before the end names it. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/base.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_LIMIT ((size_t)64 << 10)
#define CHANGED_BYTES 600

static void run_changed(const unsigned char *input, size_t size)
{
    static const unsigned char replacements[] = {0, '"', '%', '/', '@', ':', '{', 0x7f, 0xff};
    size_t end = size < CHANGED_BYTES ? size : CHANGED_BYTES;
    unsigned char *copy;

    for (size_t length = 0; length < end; length++) {
        copy = malloc(length ? length : 1);
        memcpy(copy, input, length);
        LLVMFuzzerTestOneInput(copy, length);
        free(copy);
    }
    copy = malloc(size ? size : 1);
    for (size_t at = 0; at < end; at++) {
        for (size_t i = 0; i < ATT_COUNT(replacements); i++) {
            memcpy(copy, input, size);
            copy[at] = replacements[i];
            LLVMFuzzerTestOneInput(copy, size);
        }
    }
    free(copy);
}

static bool run_file(int folder, const char *name)
{
    static unsigned char input[INPUT_LIMIT];
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, input, sizeof input);

    printf("# %s%s\n", name, size < 0 ? " cannot be read" : "");
    fflush(stdout);
    if (file >= 0)
        close(file);
    if (size < 0)
        return false;
    LLVMFuzzerTestOneInput(input, (size_t)size);
    run_changed(input, (size_t)size);
    return true;
}

/* The corpus of fuzz-NAME is tests/fuzz/corpus/NAME. */
int main(int argc, char **argv)
{
    const char *source = secure_getenv("ATT_SOURCE");
    const char *name = strstr(argv[0], "fuzz-");
    struct dirent *entry;
    unsigned count = 0;
    char folder[4000];
    bool ok = true;
    DIR *corpus;

    (void)argc;
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", source ? source : ".", name ? name + 5 : "");
    corpus = opendir(folder);
    printf("1..1\n");
    while (corpus && (entry = readdir(corpus))) {
        if (entry->d_name[0] == '.')
            continue;
        ok = run_file(dirfd(corpus), entry->d_name) && ok;
        count++;
    }
    if (corpus)
        closedir(corpus);
    ok = ok && count > 0;
    printf("%s 1 - the harness survives the %u inputs of %s and their changed copies\n", ok ? "ok" : "not ok", count,
           name ? name : "an unknown harness");
    return ok ? 0 : 1;
}
