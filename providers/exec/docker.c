/* providers/exec/docker.c: docker credential helpers (github.com/docker/docker-credential-helpers, credentials.go and
 * error.go). */
#include <string.h>

#include "providers/exec/exec.h"

static int docker_varies(const struct exec *exec)
{
    return exec->server ? 0 : EXEC_BY_ORIGIN;
}

static bool docker_ask(const struct exec *exec, const struct att_fetch *fetch, struct att_secret *input)
{
    char origin[1024];

    exec_origin(fetch, origin, sizeof origin);
    return exec_append(exec->host, input, exec->server ? exec->server : origin, "\n", NULL);
}

/* Failures are told apart by the text on standard output, in these very words. */
static bool says(const struct exec_answer *answer, const char *text)
{
    size_t size = answer->size;

    while (size && memchr(" \t\r\n", answer->bytes[size - 1], 4))
        size--;
    return size == strlen(text) && memcmp(answer->bytes, text, size) == 0;
}

static att_result not_found(const struct exec_answer *answer)
{
    return exec_fail(answer, ATT_RESULT_NOT_FOUND, "has no credential for this server; store one, or correct server");
}

static att_result docker_failure(const struct exec_answer *answer)
{
    if (says(answer, "credentials not found in native keychain"))
        return not_found(answer);
    if (says(answer, "no credentials username"))
        return exec_fail(answer, ATT_RESULT_NOT_FOUND, "has no user name for this server; store the credential anew");
    if (says(answer, "no credentials server URL"))
        return exec_fail(answer, ATT_RESULT_CONFIG,
                         "takes this for no server; write the server that it knows as "
                         "server");
    return exec_check_exit(answer);
}

static att_result docker_read(struct exec_answer *answer)
{
    struct json_value object, username, secret;
    att_result result;

    if (answer->exit_status != 0)
        return docker_failure(answer);
    result = exec_read_json(answer, &object);
    if (result != ATT_RESULT_OK)
        return result;
    username = json_member(object, "Username");
    secret = json_member(object, "Secret");
    if (json_kind_of(secret) != JSON_IS_TEXT || json_kind_of(username) != JSON_IS_TEXT)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered without \"Username\" and \"Secret\" as texts");
    /* docker-credential-pass says so that it has none, with exit status 0. */
    if (json_text_is(username, "") && json_text_is(secret, ""))
        return not_found(answer);
    if (json_text_is(username, "<token>"))
        return exec_take_text(answer, secret, "token", "\"Secret\"");
    result = exec_take_text(answer, username, "username", "\"Username\"");
    return result == ATT_RESULT_OK ? exec_take_text(answer, secret, "password", "\"Secret\"") : result;
}

const struct exec_protocol exec_docker = {
    .name = "docker-credential",
    .kind = "password",
    .operation = "get",
    .varies = docker_varies,
    .ask = docker_ask,
    .read = docker_read,
};
