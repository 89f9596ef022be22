/* core/sign/signature.c: what a signature leaves to be sent. */
#include "core/sign/sign.h"

void att_signature_close(struct att_signature *signature)
{
    for (size_t i = 0; i < signature->count; i++)
        att_secret_destroy(signature->lines[i]);
    *signature = (struct att_signature){.count = 0};
}

void att_sign_chunks_close(struct att_sign_chunks *chunks)
{
    att_secret_destroy(chunks->key);
    *chunks = (struct att_sign_chunks){.key = NULL};
}
