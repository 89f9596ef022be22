/* recorder.h: writes the upstream's answers to a file that the replay transport serves from, so that an application's
 * tests run without network. It stands above the masking: what it writes is what the application sees, and never holds
 * anything of the request but its method and its URL without the credential. */
#ifndef ATT_RECORDER_H
#define ATT_RECORDER_H

#include "core/error/error.h"

struct att_recorder;

/* Appends to `file`, which is made readable by its owner only; one that is there must be so, and the running user's.
 * NULL with ATT_CONFIG or ATT_NOMEM. */
struct att_recorder *att_recorder_open(const char *file, att_error *error);
void att_recorder_close(struct att_recorder *recorder);

/* Writes one answer as one line, whole or not at all. False when it could not. Thread-safe, and several recorders, of
 * any process, may write to one file. */
bool att_recorder_write(struct att_recorder *recorder, const char *method, const char *url, int status,
                        const att_pair *headers, const void *body, size_t body_size);

#endif
