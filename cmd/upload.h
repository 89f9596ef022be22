/* cmd/upload.h: a body that is sent from a file or from standard input while it is read. */
#ifndef ATT_CMD_UPLOAD_H
#define ATT_CMD_UPLOAD_H

#include <attache/attache.h>

#include "cmd/verb.h"

struct cmd_upload {
    const char *path; /* NULL: there is none */
    int descriptor;
    uint64_t size; /* 0: not known, or nothing */
    bool is_empty; /* a file of no bytes */
    int failure;   /* errno of a read that failed */
};

/* Opens the file that -T names; "-" is standard input. */
void cmd_upload_take(struct cmd_call *call, struct cmd_upload *upload, const char *path);
/* For att_request_options; the context is the upload. */
size_t cmd_upload_read(void *context, void *buffer, size_t capacity);
void cmd_upload_close(struct cmd_upload *upload);

#endif
