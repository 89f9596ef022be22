/* providers/alter/call.c: one call to the service: its headers and signature, and when it is made again. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

enum { HEADERS = 12, FIRST_PAUSE_MS = 250, LONGEST_PAUSE_MS = 5000 };

#define NS_PER_MS INT64_C(1000000)

/* One call with all of its attempts. */
struct effort {
    struct alter_call *call;
    int64_t deadline_ns; /* of all of it */
    int64_t repeats, refreshes;
    const char *caller, *caller_type;
    char known_as[4 * ALTER_NOTE_SIZE]; /* a service and an agent of one name are two callers */
    char actor[ALTER_NOTE_SIZE];
    char url[ALTER_TARGET_SIZE];
    const char *target; /* in the URL: what is signed */
};

/* ---- one attempt ------------------------------------------------------------------------------------------------- */

static void add_header(struct att_http *http, struct att_http_header *headers, const struct alter *alter,
                       enum alter_word name, const char *value, const struct att_secret *secret)
{
    if (!alter_has(alter, name) || (!secret && !*value))
        return;
    headers[http->header_count++] = (struct att_http_header){alter_word(alter, name), secret ? NULL : value, secret};
}

static void add_headers(const struct effort *effort, struct att_http *http, struct att_http_header *headers,
                        const struct alter_signature *signature)
{
    const struct alter_call *call = effort->call;
    const struct alter *alter = call->alter;

    http->headers = headers;
    add_header(http, headers, alter, ALTER_HEADERS_KEY, NULL, alter->api_key);
    add_header(http, headers, alter, ALTER_HEADERS_TIMESTAMP, signature->timestamp, NULL);
    add_header(http, headers, alter, ALTER_HEADERS_NONCE, signature->nonce, NULL);
    add_header(http, headers, alter, ALTER_HEADERS_CONTENT_HASH, signature->content, NULL);
    add_header(http, headers, alter, ALTER_HEADERS_SIGNATURE, signature->signature, NULL);
    add_header(http, headers, alter, ALTER_HEADERS_CALLER, effort->caller, NULL);
    add_header(http, headers, alter, ALTER_HEADERS_CALLER_TYPE, effort->caller_type, NULL);
    add_header(http, headers, alter, ALTER_HEADERS_ACTOR, effort->actor, NULL);
    if (call->body)
        headers[http->header_count++] = (struct att_http_header){"content-type", "application/json", NULL};
    else if (call->who->user_token)
        add_header(http, headers, alter, ALTER_HEADERS_USER_TOKEN, NULL, call->who->user_token);
    headers[http->header_count++] = (struct att_http_header){"accept", "application/json", NULL};
}

static void note_headers(const struct effort *effort, const struct att_http_answer *answer)
{
    struct alter *alter = effort->call->alter;
    bool names_actor = alter_has(alter, ALTER_HEADERS_ACTOR_GIVEN), printable = names_actor;

    for (const char *at = answer->taken[0]; *at; at++)
        printable = printable && *at > 0x20 && *at < 0x7f;
    if (printable && strcmp(answer->taken[0], effort->actor) != 0)
        alter_notes_put(&alter->actors, effort->known_as, answer->taken[0]);
    if (alter_has(alter, ALTER_HEADERS_DEPRECATED) && strcasecmp(answer->taken[names_actor], "true") == 0 &&
        !atomic_exchange(&alter->warned, true))
        alter->host->log(alter->host, ATT_LEVEL_WARNING,
                         "the backend says that its API key is deprecated; put another one in its place while this "
                         "one still works");
}

/* Milliseconds that are left of the effort. */
static int64_t left_ms(const struct effort *effort)
{
    const struct att_host *host = effort->call->alter->host;

    return (effort->deadline_ns - host->now_ns(host)) / NS_PER_MS;
}

static att_result send(const struct effort *effort, struct att_http_answer *answer)
{
    const struct alter_call *call = effort->call;
    const struct alter *alter = call->alter;
    struct att_http_header headers[HEADERS];
    const char *taken[3] = {NULL};
    struct att_http http = {.size = sizeof http,
                            .method = alter_word(alter, call->method),
                            .url = effort->url,
                            .body = call->body,
                            .answer_limit = call->answer_limit,
                            .taken = taken,
                            .timeout_ms = left_ms(effort)};
    struct alter_signed what = {http.method,         effort->target, effort->caller,
                                effort->caller_type, effort->actor,  call->body};
    struct alter_signature signature;
    att_result result;

    if (alter_has(alter, ALTER_HEADERS_ACTOR_GIVEN))
        taken[0] = alter_word(alter, ALTER_HEADERS_ACTOR_GIVEN);
    if (alter_has(alter, ALTER_HEADERS_DEPRECATED))
        taken[taken[0] != NULL] = alter_word(alter, ALTER_HEADERS_DEPRECATED);
    if (call->repeats && http.timeout_ms > alter->attempt_ms)
        http.timeout_ms = alter->attempt_ms;
    if (http.timeout_ms < 1)
        http.timeout_ms = 1;
    if (!alter_sign(alter, &what, &signature))
        return alter_fail(call, ATT_RESULT_NOMEM,
                          "its request cannot be signed: memory is out, or libcrypto refuses SHA-256; try again, or "
                          "check the configuration of OpenSSL");
    add_headers(effort, &http, headers, &signature);
    answer->size = sizeof *answer;
    result = alter->host->http_send(alter->host, call->who->call, &http, answer);
    if (result == ATT_RESULT_OK)
        note_headers(effort, answer);
    return result;
}

/* ---- again ------------------------------------------------------------------------------------------------------- */

/* Waits that long, if time is left for another attempt then. */
static bool wait(const struct effort *effort, int64_t milliseconds)
{
    const struct att_host *host = effort->call->alter->host;

    return milliseconds < left_ms(effort) && host->pause(host, effort->call->who->call, milliseconds);
}

/* Before what failed is tried again: twice as long each time, and anything up to that, so that those who failed at once
 * do not come back at once. */
static bool wait_to_repeat(struct effort *effort, int64_t retry_after_ms)
{
    uint32_t random = 0;
    int64_t longest;

    if (!effort->call->repeats || effort->repeats == effort->call->alter->retries)
        return false;
    longest = effort->repeats < 5 ? (int64_t)FIRST_PAUSE_MS << effort->repeats : LONGEST_PAUSE_MS;
    effort->repeats++;
    if (!alter_random(&random, sizeof random))
        return false;
    longest = longest > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : longest;
    longest = (int64_t)(random % (uint32_t)(longest + 1));
    return wait(effort, longest < retry_after_ms ? retry_after_ms : longest);
}

static bool wait_for_refresh(struct effort *effort)
{
    const struct alter_profile *profile = &effort->call->alter->profile;

    return effort->call->repeats && (size_t)effort->refreshes < profile->delay_count &&
           wait(effort, profile->delays_ms[effort->refreshes++]);
}

/* What a send that had no answer means. The host has said why. */
static att_result judge_failure(struct effort *effort, att_result result, bool *again)
{
    const struct alter *alter = effort->call->alter;
    const struct att_fetch *who = effort->call->who;
    /* The time of an attempt is of whole milliseconds, so it ends a little before the call does. */
    bool is_over = alter->host->cancelled(who->call) || alter->host->now_ns(alter->host) > who->deadline_ns - NS_PER_MS;

    *again =
        !is_over && (result == ATT_RESULT_UNAVAILABLE || result == ATT_RESULT_DEADLINE) && wait_to_repeat(effort, 0);
    if (result == ATT_RESULT_FAULT) /* what is asked is well-formed; what is answered is not */
        return ATT_RESULT_BACKEND;
    return result == ATT_RESULT_DEADLINE && !is_over && effort->call->repeats ? ATT_RESULT_UNAVAILABLE : result;
}

static att_result judge_error(struct effort *effort, const struct alter_answer *answer, int64_t retry_after_ms,
                              bool *again)
{
    const struct alter_rule *rule = alter_failure_rule(effort->call->alter, answer);

    if (rule->meaning == ALTER_MEANS_REFRESHING)
        *again = wait_for_refresh(effort);
    else
        *again = answer->status >= 500 && wait_to_repeat(effort, retry_after_ms);
    return *again ? ATT_RESULT_UNAVAILABLE : alter_failure_say(effort->call, answer, rule, retry_after_ms);
}

static att_result read_answer(struct effort *effort, struct alter_answer *answer, const unsigned char *bytes,
                              size_t size, bool *again)
{
    struct alter_call *call = effort->call;
    struct json_fault fault;
    att_result result;

    if (call->any_answer)
        result = call->read(call, answer);
    else if (!json_open(bytes, size, &answer->json, &fault))
        result = size ? alter_unsound(call, answer, "it is no JSON: %s (byte %zu)", fault.what, fault.at)
                      : alter_unsound(call, answer, "it is empty");
    else if (json_kind_of(answer->json) != JSON_IS_OBJECT)
        result = alter_unsound(call, answer, "it is JSON, and no object");
    else
        result = call->read(call, answer);
    *again = answer->unsound && wait_to_repeat(effort, 0);
    return result;
}

static att_result attempt(struct effort *effort, bool *again)
{
    const struct att_host *host = effort->call->alter->host;
    struct att_http_answer http;
    struct alter_answer answer = {.unsound = false};
    struct json_fault fault;
    const unsigned char *bytes;
    size_t size;
    att_result result = send(effort, &http);

    *again = false;
    if (result != ATT_RESULT_OK)
        return judge_failure(effort, result, again);
    answer.status = http.status;
    bytes = host->secret_borrow(http.body, &size);
    if (http.status >= 200 && http.status < 300) {
        result = read_answer(effort, &answer, bytes, size, again);
    } else {
        if (!size || !json_open(bytes, size, &answer.json, &fault))
            answer.json = (struct json_value){NULL, 0};
        result = judge_error(effort, &answer, http.retry_after_ms, again);
    }
    host->secret_return(http.body, bytes);
    host->secret_destroy(http.body);
    return result;
}

static bool write_url(struct effort *effort)
{
    const struct alter *alter = effort->call->alter;
    struct alter_out out = {effort->url, effort->url, effort->url + sizeof effort->url - 1, false};

    alter_add_text(&out, alter->origin);
    effort->target = out.at;
    alter_add_text(&out, alter->prefix);
    alter_add_text(&out, effort->call->target);
    *out.at = '\0';
    return !out.failed;
}

att_result alter_call(struct alter_call *call)
{
    struct alter *alter = call->alter;
    const struct att_fetch *who = call->who;
    struct effort effort = {.call = call};
    att_result result;
    bool again;

    effort.caller = who->caller ? who->caller : "";
    effort.caller_type = alter_word(alter, who->caller_type ? ALTER_CALLER_TYPES_AGENT : ALTER_CALLER_TYPES_SERVICE);
    effort.deadline_ns = alter->host->now_ns(alter->host) + alter->timeout_ms * NS_PER_MS;
    if (effort.deadline_ns > who->deadline_ns)
        effort.deadline_ns = who->deadline_ns;
    if (!write_url(&effort))
        return alter_too_long(call);
    snprintf(effort.known_as, sizeof effort.known_as, "%s %s", effort.caller_type, effort.caller);
    alter_notes_get(&alter->actors, effort.known_as, effort.actor);
    do
        result = attempt(&effort, &again);
    while (again);
    return result;
}

att_result alter_call_with(struct alter_call *call, size_t guess, alter_write *write, const void *context)
{
    struct att_secret *body;
    att_result result = alter_body(call->alter, guess, write, context, &body);

    if (result == ATT_RESULT_NOMEM)
        return alter_fail(call, result,
                          "its request cannot be written: secret memory is out; raise the limit on "
                          "locked memory");
    if (result != ATT_RESULT_OK)
        return alter_fail(call, result,
                          "its request would take more than 1 MiB, and so much cannot be sent to its backend; "
                          "shorten it");
    call->body = body;
    result = alter_call(call);
    call->alter->host->secret_destroy(body);
    return result;
}

att_result alter_too_long(const struct alter_call *call)
{
    return alter_fail(call, ATT_RESULT_CONFIG,
                      "its request would have a URL of more than 8 KiB; shorten what it is asked for");
}

/* A dot segment would lead to another path, however it is encoded. */
att_result alter_target(const struct alter_call *call, enum alter_word path, const char *id,
                        char target[ALTER_TARGET_SIZE])
{
    const char *text = alter_word(call->alter, path), *behind = strchr(text, '}');
    struct alter_out out = {target, target, target + ALTER_TARGET_SIZE - 1, false};
    size_t plain = strcspn(text, "{");

    if (!id || !*id || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
        return alter_fail(call, ATT_RESULT_NOT_FOUND, "\"%s\" is no id that its backend can have given", id ? id : "");
    alter_add(&out, text, plain);
    if (text[plain])
        alter_add_encoded(&out, id);
    alter_add_text(&out, behind && text[plain] ? behind + 1 : "");
    *out.at = '\0';
    return out.failed ? alter_too_long(call) : ATT_RESULT_OK;
}
