/* providers/exec/plain.c: a program that prints the secret and nothing else: pass, gopass, a script. */
#include <string.h>

#include "providers/exec/exec.h"

static att_result plain_read(struct exec_answer *answer)
{
    const struct exec *exec = answer->exec;
    const struct att_host *host = exec->host;
    const char *end = memchr(answer->bytes, '\n', answer->size);
    size_t size = end ? (size_t)(end - answer->bytes) : answer->size;
    att_result result = exec_check_exit(answer);

    if (result != ATT_RESULT_OK)
        return result;
    if (!size)
        return exec_fail(answer, ATT_RESULT_NOT_FOUND, "printed nothing%s; store a secret for it to print",
                         answer->size ? " on its first line" : "");
    if (end && size + 1 < answer->size && !exec->first_line)
        return exec_fail(answer, ATT_RESULT_FAULT,
                         "printed more than one line; let it print the secret alone, or set first_line = true");
    if (memchr(answer->bytes, '\r', size) || memchr(answer->bytes, '\0', size))
        return exec_fail(answer, ATT_RESULT_FAULT,
                         "printed a carriage return or a NUL, which no credential can hold; let it print plain text");
    if (exec->username)
        host->credential_material(answer->credential, "username", exec->username, strlen(exec->username));
    host->credential_material(answer->credential, exec->username ? "password" : "token", answer->bytes, size);
    return ATT_RESULT_OK;
}

const struct exec_protocol exec_plain = {
    .name = "plain",
    .kind = "secret",
    .read = plain_read,
};
