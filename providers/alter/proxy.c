/* providers/alter/proxy.c: requests that the service performs with a credential that stays there, and what became of
 * those that a human decides on. */
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

enum { HEADER_NAME_SIZE = 256, HEADER_VALUE_SIZE = 8192, ID_SIZE = 128, URL_SIZE = 2048, REASON_SIZE = 200 };

/* ---- asking ------------------------------------------------------------------------------------------------------ */

struct execution {
    const struct att_fetch *fetch;
    const struct att_execution *execution;
};

static void write_execution(struct alter_out *out, const struct alter *alter, const void *context)
{
    const struct att_fetch *fetch = ((const struct execution *)context)->fetch;
    const struct att_execution *execution = ((const struct execution *)context)->execution;

    alter_add(out, "{", 1);
    alter_add_member(out, alter, ALTER_PROXY_REQUEST_GRANT, fetch->grant);
    alter_add_member(out, alter, ALTER_PROXY_REQUEST_PROVIDER, fetch->grant ? NULL : fetch->provider);
    alter_add_member(out, alter, ALTER_PROXY_REQUEST_ACCOUNT, fetch->grant ? NULL : fetch->account);
    alter_add_member(out, alter, ALTER_PROXY_REQUEST_METHOD, fetch->method);
    alter_add_member(out, alter, ALTER_PROXY_REQUEST_URL, execution->url);
    alter_add_facts(out, alter, ALTER_PROXY_REQUEST_HEADERS, execution->headers);
    if (execution->json && alter_add_name(out, alter, ALTER_PROXY_REQUEST_JSON))
        alter_add(out, execution->json, execution->json_size);
    alter_add_member(out, alter, ALTER_PROXY_REQUEST_REASON, fetch->reason);
    alter_add_facts(out, alter, ALTER_PROXY_REQUEST_CONTEXT, fetch->context);
    alter_add_secret(out, alter, ALTER_PROXY_REQUEST_USER_TOKEN, fetch->user_token);
    alter_add(out, "}", 1);
}

/* The same header twice would be the same member twice. */
static att_result check_headers(const struct alter_call *call, const struct att_fact *headers)
{
    static const char *const forbidden[] = {"authorization", "cookie", "x-api-key", "x-amz-security-token"};

    for (const struct att_fact *header = headers; header && header->name; header++) {
        for (size_t i = 0; i < ALTER_COUNT(forbidden); i++)
            if (strcasecmp(forbidden[i], header->name) == 0)
                return alter_fail(call, ATT_RESULT_CONFIG,
                                  "the header \"%s\" carries credentials, and its backend sends its own; leave it out",
                                  header->name);
        for (const struct att_fact *other = headers; other < header; other++)
            if (strcasecmp(other->name, header->name) == 0)
                return alter_fail(call, ATT_RESULT_CONFIG,
                                  "the header \"%s\" stands twice, which its backend cannot be told; write one",
                                  header->name);
    }
    return ATT_RESULT_OK;
}

/* It becomes a part of another text of JSON. */
static att_result check_json(const struct alter_call *call, const struct att_execution *execution)
{
    struct json_value value;
    struct json_fault fault;

    if (!execution->json || json_open(execution->json, execution->json_size, &value, &fault))
        return ATT_RESULT_OK;
    return alter_fail(call, ATT_RESULT_CONFIG,
                      "the request's JSON is none: %s (byte %zu); its backend is sent nothing: correct it", fault.what,
                      fault.at);
}

/* ---- the upstream's answer --------------------------------------------------------------------------------------- */

static att_result wrong(const struct alter_call *call, struct alter_answer *answer, enum alter_word word,
                        const char *is)
{
    return alter_unsound(call, answer, "\"%s\" %s", alter_word(call->alter, word), is);
}

/* The request was performed: what is none, or longer than the host keeps, is left out, and the rest is told. */
static att_result take_headers(const struct alter_call *call, struct alter_answer *answer, struct json_value headers,
                               struct att_answer *to)
{
    struct json_walk walk = json_walk_of(headers);
    struct json_value name, value;
    char name_text[HEADER_NAME_SIZE], value_text[HEADER_VALUE_SIZE];

    if (!headers.at)
        return ATT_RESULT_OK;
    if (json_kind_of(headers) != JSON_IS_OBJECT)
        return wrong(call, answer, ALTER_PROXY_ANSWER_HEADERS, "is no object");
    while (json_step(&walk, &name, &value))
        if (json_text_copy(name, name_text, sizeof name_text) && json_text_copy(value, value_text, sizeof value_text))
            call->alter->host->answer_header(to, name_text, value_text);
    return ATT_RESULT_OK;
}

static int sextet(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;

    return at ? (int)(at - letters) : -1;
}

/* Base64 as in RFC 4648, section 4, in place; how much of it there is then. False when it is none. */
static bool decode(unsigned char *bytes, size_t size, size_t *decoded)
{
    uint32_t bits = 0;
    size_t padding = 0, used = 0;

    while (padding < 2 && padding < size && bytes[size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < size - padding; i++) {
        int six = sextet((char)bytes[i]);

        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
        if (i % 4)
            bytes[used++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    *decoded = used;
    return size % 4 == 0;
}

/* What an upstream answers may be secret too. */
static att_result take_body(const struct alter_call *call, struct alter_answer *answer, struct json_value body,
                            bool cut, struct att_answer *to)
{
    const struct att_host *host = call->alter->host;
    struct att_secret *secret;
    unsigned char *room;
    size_t size = 0, decoded;
    bool good = false;

    if (!body.at)
        return ATT_RESULT_OK;
    if (json_kind_of(body) != JSON_IS_TEXT)
        return wrong(call, answer, ALTER_PROXY_ANSWER_BODY, "is no text");
    secret = host->secret_create(host, body.size);
    if (!secret)
        return ATT_RESULT_NOMEM;
    room = host->secret_room(secret, &size);
    if (json_text_append(host, body, secret)) {
        host->secret_return(secret, host->secret_borrow(secret, &size));
        good = decode(room, size, &decoded);
    }
    if (good)
        host->answer_body(to, room, decoded, cut);
    host->secret_destroy(secret);
    return good ? ATT_RESULT_OK : wrong(call, answer, ALTER_PROXY_ANSWER_BODY, "is no base64");
}

static att_result take_answer(const struct alter_call *call, struct alter_answer *answer, struct att_answer *to)
{
    struct alter_wanted said[] = {{.word = ALTER_PROXY_ANSWER_STATUS},
                                  {.word = ALTER_PROXY_ANSWER_HEADERS},
                                  {.word = ALTER_PROXY_ANSWER_BODY},
                                  {.word = ALTER_PROXY_ANSWER_CUT}};
    enum json_kind cut;
    int64_t status;
    att_result result;

    alter_read(call->alter, answer->json, said, ALTER_COUNT(said));
    if (!json_whole_number(said[0].value, &status) || status < 200 || status > 599)
        return wrong(call, answer, ALTER_PROXY_ANSWER_STATUS, "is no status");
    cut = json_kind_of(said[3].value);
    if (cut != JSON_IS_ABSENT && cut != JSON_IS_TRUE && cut != JSON_IS_FALSE)
        return wrong(call, answer, ALTER_PROXY_ANSWER_CUT, "is neither true nor false");
    result = take_headers(call, answer, said[1].value, to);
    if (result == ATT_RESULT_OK)
        result = take_body(call, answer, said[2].value, cut == JSON_IS_TRUE, to);
    if (result == ATT_RESULT_OK)
        call->alter->host->answer_status(to, (int32_t)status);
    return result;
}

/* ---- performing -------------------------------------------------------------------------------------------------- */

/* Tells what a human is to decide, and until when. */
static att_result read_held(const struct alter_call *call, struct alter_answer *answer)
{
    const struct att_host *host = call->alter->host;
    struct alter_wanted said[] = {{.word = ALTER_PROXY_ANSWER_APPROVAL},
                                  {.word = ALTER_PROXY_ANSWER_APPROVAL_URL},
                                  {.word = ALTER_PROXY_ANSWER_EXPIRES_AT}};
    char id[ID_SIZE], url[URL_SIZE];
    int64_t expires;

    alter_read(call->alter, answer->json, said, ALTER_COUNT(said));
    if (!json_text_copy(said[0].value, id, sizeof id) || !*id)
        return wrong(call, answer, ALTER_PROXY_ANSWER_APPROVAL, "is no text of 1 to 127 characters");
    alter_take_text(call, said[0].value, id, sizeof id);
    alter_take_text(call, said[1].value, url, sizeof url);
    host->failure_text(call->who->call, ATT_FAILURE_STATE, "pending");
    host->failure_text(call->who->call, ATT_FAILURE_APPROVAL, id);
    if (*url)
        host->failure_text(call->who->call, ATT_FAILURE_APPROVAL_URL, url);
    if (alter_read_time(said[2].value, &expires) && expires > 0)
        host->failure_number(call->who->call, ATT_FAILURE_EXPIRES, expires);
    return alter_fail(call, ATT_RESULT_PENDING, "its backend holds the request until somebody has decided on it");
}

static att_result read_execution(struct alter_call *call, struct alter_answer *answer)
{
    return answer->status == 202 ? read_held(call, answer) : take_answer(call, answer, call->context);
}

/* It is never asked for twice: each could be performed. */
att_result alter_execute(struct alter *alter, const struct att_fetch *fetch, const struct att_execution *execution,
                         struct att_answer *to)
{
    const struct execution whole = {fetch, execution};
    struct alter_call call = {.alter = alter,
                              .who = fetch,
                              .method = ALTER_PROXY_METHOD,
                              .target = alter_word(alter, ALTER_PROXY_PATH),
                              .answer_limit = ALTER_LARGE_ANSWER,
                              .doubt =
                                  "see the upstream before it is sent again: the backend may have sent the request",
                              .read = read_execution,
                              .context = to};
    att_result result = check_headers(&call, execution->headers);

    if (result == ATT_RESULT_OK)
        result = check_json(&call, execution);
    return result == ATT_RESULT_OK ? alter_call_with(&call, execution->json_size + 2048, write_execution, &whole)
                                   : result;
}

/* ---- what became of it ------------------------------------------------------------------------------------------- */

struct state {
    enum alter_word word;
    att_result result;
    const char *name, *sentence;
};

static const struct state states[] = {
    {ALTER_APPROVAL_STATES_PENDING, ATT_RESULT_PENDING, "pending", "nobody has decided on it yet"},
    {ALTER_APPROVAL_STATES_APPROVED, ATT_RESULT_PENDING, "pending", "it was allowed, and is about to be performed"},
    {ALTER_APPROVAL_STATES_EXECUTING, ATT_RESULT_PENDING, "pending", "it was allowed, and is being performed"},
    {ALTER_APPROVAL_STATES_DENIED, ATT_RESULT_DENIED, "denied", "somebody decided against it"},
    {ALTER_APPROVAL_STATES_EXPIRED, ATT_RESULT_EXPIRED, "expired", "nobody decided on it in time"},
    {ALTER_APPROVAL_STATES_FAILED, ATT_RESULT_BACKEND, "failed", "it was allowed, and could not be performed"},
};

static att_result end_state(const struct alter_call *call, const struct state *state, struct json_value reason)
{
    char text[REASON_SIZE];

    alter_take_text(call, reason, text, sizeof text);
    call->alter->host->failure_text(call->who->call, ATT_FAILURE_STATE, state->name);
    if (*text)
        call->alter->host->failure_text(call->who->call, ATT_FAILURE_DETAILS, text);
    return alter_fail(call, state->result, "%s%s%s", state->sentence, *text ? ": " : "", text);
}

/* Whose answer it is, and what becomes of it. */
struct looking {
    const char *approval;
    struct att_answer *to;
};

static att_result check_approval(const struct alter_call *call, struct alter_answer *answer)
{
    const struct looking *looking = call->context;
    struct alter_wanted id = {.word = ALTER_PROXY_ANSWER_APPROVAL};

    alter_read(call->alter, answer->json, &id, 1);
    return alter_check_subject(call, answer, id.word, id.value, looking->approval, "approval");
}

/* OK when there is an answer to be had. */
static att_result read_state(struct alter_call *call, struct alter_answer *answer)
{
    static const struct state lost = {ALTER_APPROVAL_STATES_EXECUTED, ATT_RESULT_BACKEND, "failed",
                                      "it was performed, and its answer is not kept any more"};
    const struct alter *alter = call->alter;
    struct alter_wanted said[] = {{.word = ALTER_APPROVAL_ANSWER_STATE},
                                  {.word = ALTER_APPROVAL_ANSWER_REASON},
                                  {.word = ALTER_APPROVAL_ANSWER_EXPIRES_AT},
                                  {.word = ALTER_APPROVAL_ANSWER_HAS_RESULT}};
    att_result result = check_approval(call, answer);
    int64_t expires;

    if (result != ATT_RESULT_OK)
        return result;
    alter_read(alter, answer->json, said, ALTER_COUNT(said));
    if (alter_read_time(said[2].value, &expires) && expires > 0)
        alter->host->failure_number(call->who->call, ATT_FAILURE_EXPIRES, expires);
    for (size_t i = 0; i < ALTER_COUNT(states); i++)
        if (alter_has(alter, states[i].word) && json_text_is(said[0].value, alter_word(alter, states[i].word)))
            return end_state(call, &states[i], said[1].value);
    if (!json_text_is(said[0].value, alter_word(alter, ALTER_APPROVAL_STATES_EXECUTED)))
        return wrong(call, answer, ALTER_APPROVAL_ANSWER_STATE, "is no state that is known");
    return json_kind_of(said[3].value) == JSON_IS_FALSE ? end_state(call, &lost, said[1].value) : ATT_RESULT_OK;
}

static att_result read_result(struct alter_call *call, struct alter_answer *answer)
{
    const struct looking *looking = call->context;
    att_result result = check_approval(call, answer);

    return result == ATT_RESULT_OK ? take_answer(call, answer, looking->to) : result;
}

/* Who waits for a decision asks again by himself. */
att_result alter_approval(struct alter *alter, const struct att_fetch *who, const char *approval, struct att_answer *to)
{
    char target[ALTER_TARGET_SIZE];
    struct looking looking = {approval, to};
    struct alter_call call = {.alter = alter,
                              .who = who,
                              .method = ALTER_APPROVAL_METHOD,
                              .target = target,
                              .answer_limit = ALTER_ANSWER_LIMIT,
                              .read = read_state,
                              .context = &looking};
    att_result result = alter_target(&call, ALTER_APPROVAL_PATH, approval, target);

    if (result == ATT_RESULT_OK)
        result = alter_call(&call);
    if (result != ATT_RESULT_OK)
        return result;
    call.method = ALTER_APPROVAL_RESULT_METHOD;
    call.answer_limit = ALTER_LARGE_ANSWER;
    call.read = read_result;
    result = alter_target(&call, ALTER_APPROVAL_RESULT_PATH, approval, target);
    return result == ATT_RESULT_OK ? alter_call(&call) : result;
}
