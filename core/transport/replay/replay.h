/* replay.h: what the two files of the replay transport share. */
#ifndef ATT_REPLAY_H
#define ATT_REPLAY_H

#include "core/base/base.h"

struct att_replay_header {
    const char *name, *value;
};

/* One recorded answer. */
struct att_replay_answer {
    const char *method, *url; /* of the request; the URL in canonical form */
    int status;
    const struct att_replay_header *headers;
    size_t header_count;
    const void *body;
    size_t body_size;
    bool once;
    bool used;
};

struct att_replay_file {
    struct att_pool *pool; /* owns everything */
    struct att_replay_answer *answers;
    size_t count, capacity;
};

/* Reads the whole file. False with a sentence that names file and line. */
bool att_replay_file_read(struct att_replay_file *file, const char *path, char *why, size_t why_size);
void att_replay_file_close(struct att_replay_file *file);

#endif
