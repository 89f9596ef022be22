/* tests/fuzz/fuzz.h: what a harness defines, and what the harnesses share. */
#ifndef ATT_FUZZ_H
#define ATT_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Called by libFuzzer, or by replay.c, for each input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, which is how a harness reports a finding. */
_Noreturn void fuzz_finding(const char *what, const char *left, const char *right);

/* A file in memory with that content, for readers that want a descriptor or a path. The same one at each call. */
int fuzz_file(const uint8_t *data, size_t size);
const char *fuzz_file_path(void);

/* A sentence about a refusal: there is one, and no byte of the input can end its line or steer a terminal. */
void fuzz_check_sentence(const char *sentence);

#endif
