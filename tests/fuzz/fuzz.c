/* tests/fuzz/fuzz.c: what the harnesses share. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/base.h"

void fuzz_finding(const char *what, const char *left, const char *right)
{
    fprintf(stderr, "finding: %s: \"%s\" and \"%s\"\n", what, left ? left : "(none)", right ? right : "(none)");
    abort();
}

static int descriptor = -1;
static char path[64];

int fuzz_file(const uint8_t *data, size_t size)
{
    if (descriptor < 0) {
        descriptor = memfd_create("input", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    }
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, data, size, 0) != (ssize_t)size)
        fuzz_finding("the file in memory", "cannot be written", path);
    return descriptor;
}

const char *fuzz_file_path(void)
{
    return path;
}

void fuzz_check_sentence(const char *sentence)
{
    if (!sentence || !sentence[0] || att_text_has_control(sentence))
        fuzz_finding("a sentence", sentence, NULL);
}
