/* tests/fuzz/fuzz.h: what a harness defines, and how it says that something is wrong. */
#ifndef ATT_FUZZ_H
#define ATT_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called by libFuzzer, or by replay.c, for each input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, which is how a harness reports a finding. */
static inline _Noreturn void finding(const char *what, const char *left, const char *right)
{
    fprintf(stderr, "finding: %s: \"%s\" and \"%s\"\n", what, left ? left : "(none)", right ? right : "(none)");
    abort();
}

#endif
