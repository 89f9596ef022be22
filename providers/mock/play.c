/* providers/mock/play.c: what a fetch answers. Nothing here holds a lock: the position of a sequence and the clock are
 * counters. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "providers/mock/play.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define SLICE_NS (5 * NS_PER_MS)
#define PAST_DEADLINE_MS 200

int64_t mock_now(struct mock *mock)
{
    int64_t advanced_ms = atomic_load(&mock->advanced_ms);
    int64_t running_ms = (mock->host->now_ns(mock->host) - mock->opened_ns) / NS_PER_MS;

    if (mock->real_clock)
        return mock->host->wall(mock->host) + advanced_ms / 1000;
    return mock->clock_start + (running_ms + advanced_ms) / 1000;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static void nap(int64_t left_ns)
{
    int64_t slice = left_ns < SLICE_NS ? left_ns : SLICE_NS;
    struct timespec time = {.tv_sec = slice / NS_PER_S, .tv_nsec = slice % NS_PER_S};

    nanosleep(&time, NULL);
}

/* As a good module waits. */
static att_result wait_latency(struct mock *mock, const struct att_fetch *fetch, int64_t latency_ms)
{
    const struct att_host *host = mock->host;
    int64_t until = host->now_ns(host) + latency_ms * NS_PER_MS;

    for (int64_t now = host->now_ns(host); now < until; now = host->now_ns(host)) {
        if (host->cancelled(fetch->call))
            return now >= fetch->deadline_ns ? ATT_RESULT_DEADLINE : ATT_RESULT_CANCELLED;
        nap(until - now);
    }
    return ATT_RESULT_OK;
}

/* As a bad module does: whatever cancelled() says; but not for ever, so that the instance can be closed. */
static void hang(struct mock *mock, const struct att_fetch *fetch, int64_t hang_ms)
{
    const struct att_host *host = mock->host;
    int64_t now = host->now_ns(host);
    int64_t most = now + MOCK_HANG_LIMIT_MS * NS_PER_MS;
    int64_t until = hang_ms > 0 ? now + hang_ms * NS_PER_MS : fetch->deadline_ns + PAST_DEADLINE_MS * NS_PER_MS;

    if (until > most)
        until = most;
    for (; now < until; now = host->now_ns(host))
        nap(until - now);
}

/* ---- the credential ---------------------------------------------------------------------------------------------- */

/* Puts "value", or "value.3" at the third position of a rotating grant, into secret memory and into the credential. */
static att_result give_part(struct mock *mock, struct att_credential *credential, const char *name, const char *value,
                            uint64_t position)
{
    const struct att_host *host = mock->host;
    char suffix[24] = "";
    struct att_secret *secret;
    bool given;

    if (position)
        snprintf(suffix, sizeof suffix, ".%llu", (unsigned long long)position);
    secret = host->secret_create(host, strlen(value) + strlen(suffix));
    if (!secret)
        return ATT_RESULT_NOMEM;
    given = host->secret_append(secret, value, strlen(value)) && host->secret_append(secret, suffix, strlen(suffix)) &&
            host->credential_secret(credential, name, secret);
    host->secret_destroy(secret);
    return given ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

static att_result give_parts(struct mock *mock, const struct mock_grant *grant, const struct mock_answer *answer,
                             uint64_t position, struct att_credential *credential)
{
    static const char mark[] = "placed as the mock script says";

    for (size_t i = 0; i < answer->part_count; i++) {
        const char *name = answer->parts[i].name;
        bool turns = grant->rotates && (strcmp(name, "token") == 0 || strcmp(name, "password") == 0);
        att_result result = give_part(mock, credential, name, answer->parts[i].value, turns ? position : 0);
        if (result != ATT_RESULT_OK)
            return result;
    }
    if (answer->placement)
        return give_part(mock, credential, answer->placement->marker, mark, 0);
    return ATT_RESULT_OK;
}

static att_result give(struct mock *mock, const struct mock_grant *grant, const struct mock_answer *answer,
                       uint64_t position, struct att_credential *credential)
{
    const struct att_host *host = mock->host;
    att_result result = give_parts(mock, grant, answer, position, credential);

    if (result != ATT_RESULT_OK)
        return result;
    if ((answer->kind && !host->credential_kind(credential, answer->kind)) ||
        (answer->scopes && !host->credential_scopes(credential, answer->scopes)) ||
        (answer->account && !host->credential_account(credential, answer->account)) ||
        (answer->expires && !host->credential_expires(credential, mock_now(mock) + answer->expires_in)))
        return ATT_RESULT_FAULT;
    if (ATT_KNOWS(host, credential_scopes_outdated) &&
        ((answer->grant && !host->credential_grant(credential, answer->grant)) ||
         (answer->scopes_outdated && !host->credential_scopes_outdated(credential))))
        return ATT_RESULT_FAULT;
    return ATT_RESULT_OK;
}

/* ---- garbage ----------------------------------------------------------------------------------------------------- */

static void give_huge(struct mock *mock, struct att_credential *credential)
{
    const size_t size = (1 << 20) + 1;
    char *value = mock->host->allocate(mock->host, size);

    if (!value)
        return;
    memset(value, 'x', size);
    mock->host->credential_material(credential, "token", value, size);
    mock->host->release(mock->host, value);
}

static void say_garbage(struct mock *mock, struct att_call *call)
{
    static const char piece[] = "line\r\n\x1b[31m\x01\xff ";
    char sentence[4096] = "";

    for (size_t used = 0; used + sizeof piece < sizeof sentence; used += sizeof piece - 1)
        memcpy(sentence + used, piece, sizeof piece);
    mock->host->fetch_failed(call, sentence);
}

static att_result play_garbage(struct mock *mock, const struct mock_answer *answer, const struct att_fetch *fetch,
                               struct att_credential *credential)
{
    static const char with_nul[] = "mock\0nul", with_line[] = "mock\r\nX-Injected: yes";
    const struct att_host *host = mock->host;

    switch (answer->garbage) {
    case MOCK_GARBAGE_RESULT:
        return 4711;
    case MOCK_GARBAGE_NUL:
        host->credential_material(credential, "token", with_nul, sizeof with_nul - 1);
        return ATT_RESULT_OK;
    case MOCK_GARBAGE_CRLF:
        host->credential_material(credential, "token", with_line, sizeof with_line - 1);
        return ATT_RESULT_OK;
    case MOCK_GARBAGE_HUGE:
        give_huge(mock, credential);
        return ATT_RESULT_OK;
    case MOCK_GARBAGE_EMPTY:
        host->credential_material(credential, "token", "", 0);
        return ATT_RESULT_OK;
    case MOCK_GARBAGE_BOTH:
        host->credential_material(credential, "token", "mock-both", strlen("mock-both"));
        return answer->result == ATT_RESULT_OK ? ATT_RESULT_UNAVAILABLE : answer->result;
    case MOCK_GARBAGE_SENTENCE:
        say_garbage(mock, fetch->call);
        return answer->result == ATT_RESULT_OK ? ATT_RESULT_UNAVAILABLE : answer->result;
    default:
        return ATT_RESULT_OK;
    }
}

/* ---- playing ----------------------------------------------------------------------------------------------------- */

static void tell_failure(const struct att_host *host, const struct mock_failure *failure, struct att_call *call)
{
    for (int what = ATT_FAILURE_CODE; what <= ATT_FAILURE_STATE; what++) {
        if (failure->texts[what])
            host->failure_text(call, what, failure->texts[what]);
    }
    for (const char **scope = failure->missing_scopes; scope && *scope; scope++)
        host->failure_text(call, ATT_FAILURE_MISSING_SCOPE, *scope);
    if (failure->http_status)
        host->failure_number(call, ATT_FAILURE_HTTP_STATUS, failure->http_status);
    if (failure->expired_at)
        host->failure_number(call, ATT_FAILURE_EXPIRES, failure->expired_at);
}

static att_result fail(struct mock *mock, const struct mock_answer *answer, const struct att_fetch *fetch)
{
    const struct att_host *host = mock->host;

    host->fetch_failed(fetch->call, answer->say ? answer->say : "the mock script answers so");
    if (answer->retry_after_ms)
        host->retry_after(fetch->call, answer->retry_after_ms);
    for (const char **candidate = answer->candidates; candidate && *candidate; candidate++)
        host->candidate(fetch->call, *candidate);
    if (mock->tells)
        tell_failure(host, &answer->failure, fetch->call);
    return answer->result;
}

static att_result take_time(struct mock *mock, const struct mock_answer *answer, const struct att_fetch *fetch)
{
    att_result result = ATT_RESULT_OK;

    atomic_fetch_add(&mock->advanced_ms, answer->advance_ms);
    if (answer->latency_ms)
        result = wait_latency(mock, fetch, answer->latency_ms);
    if (result == ATT_RESULT_OK && answer->hang_ms)
        hang(mock, fetch, answer->hang_ms);
    return result;
}

att_result mock_play_outcome(struct mock *mock, const struct mock_answer *outcome, const struct att_fetch *who)
{
    att_result result = take_time(mock, outcome, who);

    return result == ATT_RESULT_OK && outcome->result != ATT_RESULT_OK ? fail(mock, outcome, who) : result;
}

static const struct mock_answer *answer_at(const struct mock_grant *grant, uint64_t position)
{
    if (position < grant->count)
        return &grant->answers[position];
    return &grant->answers[grant->loops ? position % grant->count : grant->count - 1];
}

/* What is over for good, whatever the answers say. */
static att_result end_of(struct mock *mock, const struct mock_grant *grant, const struct att_fetch *fetch)
{
    if (atomic_load(&grant->revoked)) {
        mock->host->fetch_failed(fetch->call, "the grant was revoked");
        return ATT_RESULT_REVOKED;
    }
    if (grant->ends && mock_now(mock) >= grant->ends) {
        mock->host->fetch_failed(fetch->call, "the lifetime that the mock script gives this grant is over");
        return ATT_RESULT_EXPIRED;
    }
    return ATT_RESULT_OK;
}

att_result mock_play(struct mock *mock, struct mock_grant *grant, const struct att_fetch *fetch,
                     struct att_credential *credential)
{
    uint64_t position =
        grant->moves_on_invalidate ? atomic_load(&grant->position) : atomic_fetch_add(&grant->position, 1);
    const struct mock_answer *answer = answer_at(grant, position);
    att_result result = take_time(mock, answer, fetch);

    if (result != ATT_RESULT_OK)
        return result;
    if (answer->garbage != MOCK_GARBAGE_NONE)
        return play_garbage(mock, answer, fetch, credential);
    if (answer->result != ATT_RESULT_OK)
        return fail(mock, answer, fetch);
    result = end_of(mock, grant, fetch);
    return result == ATT_RESULT_OK ? give(mock, grant, answer, position, credential) : result;
}
