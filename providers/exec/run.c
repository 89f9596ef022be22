/* providers/exec/run.c: one run of a helper, and what its ending means. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "providers/exec/exec.h"

att_result exec_run(struct exec_answer *answer, const char *operation, const struct att_secret *input)
{
    const struct exec *exec = answer->exec;
    const struct att_host *host = exec->host;
    const char *arguments[EXEC_ARGUMENTS + 1];
    const struct att_process process = {
        .size = sizeof process,
        .program = exec->command[0],
        .sha256 = exec->sha256,
        .arguments = arguments,
        .environment = exec->environment,
        .input = input,
        .output_limit = (size_t)exec->output_limit,
        .flags = exec->log_errors ? ATT_PROCESS_LOG_ERRORS : 0,
        .timeout_ms = exec->timeout_ms,
    };
    struct att_process_end end = {.size = sizeof end};
    size_t count = 0;
    att_result result;

    for (; exec->command[count + 1]; count++)
        arguments[count] = exec->command[count + 1];
    arguments[count] = operation;
    arguments[count + (operation != NULL)] = NULL;
    result = host->process_run(host, answer->fetch->call, &process, &end);
    if (result != ATT_RESULT_OK)
        return result;
    answer->output = end.output;
    answer->exit_status = end.exit_status;
    answer->signal = end.signal;
    answer->bytes = (const char *)host->secret_borrow(end.output, &answer->size);
    return ATT_RESULT_OK;
}

void exec_answer_close(struct exec_answer *answer)
{
    const struct att_host *host = answer->exec->host;

    if (answer->output)
        host->secret_return(answer->output, (const unsigned char *)answer->bytes);
    host->secret_destroy(answer->output);
    answer->output = NULL;
}

att_result exec_fail(const struct exec_answer *answer, att_result result, const char *format, ...)
{
    char sentence[EXEC_SENTENCE_SIZE], cause[EXEC_SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(cause, sizeof cause, format, arguments);
    va_end(arguments);
    snprintf(sentence, sizeof sentence, "helper %.150s %.320s", answer->exec->command[0], cause);
    answer->exec->host->fetch_failed(answer->fetch->call, sentence);
    return result;
}

att_result exec_check_exit(const struct exec_answer *answer)
{
    const char *advice = answer->exec->log_errors ? "see the log for what it said"
                                                  : "run it by hand to see why, or set stderr = \"log\"";

    if (answer->exit_status == 0)
        return ATT_RESULT_OK;
    if (answer->signal)
        return exec_fail(answer, ATT_RESULT_UNAVAILABLE, "was ended by signal %d; %s", (int)answer->signal, advice);
    return exec_fail(answer, ATT_RESULT_UNAVAILABLE, "failed with exit status %d; %s", (int)answer->exit_status,
                     advice);
}

att_result exec_read_json(const struct exec_answer *answer, struct json_value *object)
{
    struct json_fault fault;
    att_result result = exec_check_exit(answer);

    if (result != ATT_RESULT_OK)
        return result;
    if (!answer->size)
        return exec_fail(answer, ATT_RESULT_FAULT, "printed nothing; it must answer in the protocol %s",
                         answer->exec->protocol->name);
    if (!json_open(answer->bytes, answer->size, object, &fault))
        return exec_fail(answer, ATT_RESULT_FAULT,
                         "printed what is no JSON: %s (byte %zu); see that it prints its answer alone", fault.what,
                         fault.at);
    if (json_kind_of(*object) != JSON_IS_OBJECT)
        return exec_fail(answer, ATT_RESULT_FAULT, "printed JSON that is no object; it must answer in the protocol %s",
                         answer->exec->protocol->name);
    return ATT_RESULT_OK;
}

bool exec_is_given(struct json_value value)
{
    enum json_kind kind = json_kind_of(value);

    return kind != JSON_IS_ABSENT && kind != JSON_IS_NULL && !json_text_is(value, "");
}

att_result exec_take_text(const struct exec_answer *answer, struct json_value value, const char *part, const char *what)
{
    const struct att_host *host = answer->exec->host;
    struct att_secret *secret;

    if (json_kind_of(value) != JSON_IS_TEXT)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered without %s", what);
    secret = json_text_secret(host, value);
    if (!secret)
        return ATT_RESULT_NOMEM;
    /* The host knows what cannot be material, and says so of the whole fetch. */
    host->credential_secret(answer->credential, part, secret);
    host->secret_destroy(secret);
    return ATT_RESULT_OK;
}

bool exec_take_expiry(struct exec_answer *answer, struct json_value object, const char *member)
{
    struct json_value value = json_member(object, member);
    char text[64];

    if (json_kind_of(value) == JSON_IS_ABSENT || json_kind_of(value) == JSON_IS_NULL)
        return true;
    if (json_text_copy(value, text, sizeof text) && json_time_read(text, false, &answer->expires) &&
        answer->expires > 0)
        return true;
    exec_fail(answer, ATT_RESULT_FAULT, "answered with an expiry that is no time in RFC 3339 (\"%s\"); correct it",
              member);
    return false;
}

void exec_origin(const struct att_fetch *fetch, char *room, size_t size)
{
    bool is_default = fetch->port == (strcmp(fetch->scheme, "http") == 0 ? 80 : 443);

    if (is_default)
        snprintf(room, size, "%s://%s", fetch->scheme, fetch->host);
    else
        snprintf(room, size, "%s://%s:%u", fetch->scheme, fetch->host, (unsigned)fetch->port);
}

bool exec_append(const struct att_host *host, struct att_secret *secret, ...)
{
    va_list texts;
    const char *text;
    int good = 1;

    va_start(texts, secret);
    while (good && (text = va_arg(texts, const char *)) != NULL)
        good = host->secret_append(secret, text, strlen(text));
    va_end(texts);
    return good;
}
