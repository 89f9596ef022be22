/* providers/mock/execute.c: requests that the backend performs itself, and those that a human decides on first. */
#include <stdlib.h>
#include <string.h>

#include "providers/mock/play.h"
#include "providers/mock/reader.h"

#define LOOKS_LIMIT 1000000

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool read_held(struct mock_reader *reader, const json_t *object, struct mock_execution *execution)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return mock_refuse(reader, "must be an object");
    json_object_foreach((json_t *)object, name, value)
    {
        size_t mark = mock_enter(reader, name);
        bool done;

        if (strcmp(name, "id") == 0)
            done = mock_read_text(reader, value, &execution->held);
        else if (strcmp(name, "url") == 0)
            done = mock_read_text(reader, value, &execution->held_url);
        else if (strcmp(name, "looks") == 0)
            done = mock_read_count(reader, value, LOOKS_LIMIT, &execution->looks);
        else
            done = mock_outcome_read(reader, name, value, &execution->decision);
        if (!done)
            return false;
        mock_leave(reader, mark);
    }
    return execution->held || mock_refuse(reader, "has no \"id\"; write the one that the backend gives");
}

static bool read_headers(struct mock_reader *reader, json_t *object, struct mock_execution *execution)
{
    const char *name, *text;
    json_t *value;

    if (!json_is_object(object))
        return mock_refuse(reader, "must be an object of named texts");
    json_object_foreach(object, name, value)
    {
        size_t mark = mock_enter(reader, name);
        if (!mock_read_text(reader, value, &text))
            return false;
        mock_leave(reader, mark);
    }
    execution->headers = object;
    return true;
}

static bool read_member(struct mock_reader *reader, const char *name, json_t *value, struct mock_execution *execution)
{
    if (strcmp(name, "status") == 0)
        return mock_read_count(reader, value, 599, &execution->status);
    if (strcmp(name, "headers") == 0)
        return read_headers(reader, value, execution);
    if (strcmp(name, "body") == 0)
        return mock_read_text(reader, value, &execution->body);
    if (strcmp(name, "cut") == 0)
        return mock_read_boolean(reader, value, &execution->cut);
    if (strcmp(name, "held") == 0)
        return read_held(reader, value, execution);
    return mock_outcome_read(reader, name, value, &execution->outcome);
}

bool mock_execution_read(struct mock_reader *reader, const json_t *object, struct mock_grant *grant)
{
    struct mock_execution *execution = mock_take(reader->script, sizeof *execution);
    const char *name;
    json_t *value;

    if (!execution)
        return mock_nomem(reader);
    if (!json_is_object(object))
        return mock_refuse(reader, "must be an object");
    execution->status = 200;
    json_object_foreach((json_t *)object, name, value)
    {
        size_t mark = mock_enter(reader, name);
        if (!read_member(reader, name, value, execution))
            return false;
        mock_leave(reader, mark);
    }
    grant->execution = execution;
    return true;
}

/* ---- playing ----------------------------------------------------------------------------------------------------- */

/* What was asked, as JSON, so that a test sees it; NULL when memory is out. */
static json_t *describe(const struct att_fetch *fetch, const struct att_execution *asked)
{
    json_t *headers = json_object(), *body;

    for (const struct att_fact *header = asked->headers; header && header->name; header++)
        json_object_set_new(headers, header->name, json_string(header->value));
    body = asked->json ? json_loadb(asked->json, asked->json_size, JSON_DECODE_ANY, NULL) : NULL;
    return json_pack("{s:s, s:s, s:o, s:o*}", "method", fetch->method, "url", asked->url, "headers", headers, "json",
                     body);
}

/* `asked` is NULL where that was in another process. */
static att_result give_body(struct mock *mock, const struct mock_execution *execution, const struct att_fetch *fetch,
                            const struct att_execution *asked, struct att_answer *answer)
{
    const struct att_host *host = mock->host;
    json_t *described = execution->body || !asked ? NULL : describe(fetch, asked);
    char *text = NULL;
    int done = 1;

    if (execution->body) {
        done = host->answer_body(answer, execution->body, strlen(execution->body), execution->cut);
    } else if (asked) {
        text = described ? json_dumps(described, JSON_SORT_KEYS) : NULL;
        done = text && host->answer_header(answer, "content-type", "application/json") &&
               host->answer_body(answer, text, strlen(text), execution->cut);
    }
    json_decref(described);
    free(text);
    return done ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

static att_result give(struct mock *mock, const struct mock_execution *execution, const struct att_fetch *fetch,
                       const struct att_execution *asked, struct att_answer *answer)
{
    const struct att_host *host = mock->host;
    const char *name;
    json_t *value;

    if (!host->answer_status(answer, (int32_t)execution->status))
        return ATT_RESULT_FAULT;
    json_object_foreach((json_t *)execution->headers, name, value)
    {
        if (!host->answer_header(answer, name, json_string_value(value)))
            return ATT_RESULT_FAULT;
    }
    return give_body(mock, execution, fetch, asked, answer);
}

static att_result hold(struct mock *mock, const struct mock_execution *execution, struct att_call *call)
{
    const struct att_host *host = mock->host;

    host->failure_text(call, ATT_FAILURE_APPROVAL, execution->held);
    host->failure_text(call, ATT_FAILURE_STATE, "pending");
    if (execution->held_url)
        host->failure_text(call, ATT_FAILURE_APPROVAL_URL, execution->held_url);
    return ATT_RESULT_PENDING;
}

att_result mock_execute(void *instance, const struct att_fetch *fetch, const struct att_execution *asked,
                        struct att_answer *answer)
{
    struct mock *mock = instance;
    struct mock_grant *grant = mock_script_find(&mock->script, fetch);
    struct mock_execution *execution = grant ? grant->execution : NULL;
    att_result result;

    if (!grant)
        return ATT_RESULT_NONE;
    if (!execution) {
        mock->host->fetch_failed(fetch->call, "the mock script has no member \"execute\" for this grant");
        return ATT_RESULT_CONFIG;
    }
    if (atomic_load(&grant->revoked)) {
        mock->host->fetch_failed(fetch->call, "the grant was revoked");
        return ATT_RESULT_REVOKED;
    }
    result = mock_play_outcome(mock, &execution->outcome, fetch);
    if (result == ATT_RESULT_OK && execution->held) {
        atomic_store(&execution->looked, 0);
        return hold(mock, execution, fetch->call);
    }
    return result == ATT_RESULT_OK ? give(mock, execution, fetch, asked, answer) : result;
}

/* What the backend calls a decision, where the script has no word of its own. */
static const char *state_of(att_result result)
{
    return result == ATT_RESULT_DENIED ? "denied" : result == ATT_RESULT_EXPIRED ? "expired" : "failed";
}

att_result mock_approval(void *instance, const struct att_fetch *who, const char *approval, struct att_answer *answer)
{
    struct mock *mock = instance;
    struct mock_execution *execution = NULL;
    att_result result;

    for (size_t i = 0; i < mock->script.grant_count && !execution; i++) {
        const struct mock_grant *grant = &mock->script.grants[i];

        if (grant->execution && grant->execution->held && strcmp(grant->execution->held, approval) == 0 &&
            mock_grant_is_for(&mock->script, grant, who))
            execution = grant->execution;
    }
    if (!execution) {
        mock->host->fetch_failed(who->call, "the mock script holds nothing of that id");
        return ATT_RESULT_NOT_FOUND;
    }
    if (atomic_fetch_add(&execution->looked, 1) < execution->looks)
        return hold(mock, execution, who->call);
    result = mock_play_outcome(mock, &execution->decision, who);
    if (result == ATT_RESULT_OK)
        return give(mock, execution, who, NULL, answer);
    mock->host->failure_text(who->call, ATT_FAILURE_APPROVAL, execution->held);
    if (!execution->decision.failure.texts[ATT_FAILURE_STATE])
        mock->host->failure_text(who->call, ATT_FAILURE_STATE, state_of(result));
    return result;
}
