/* providers/mock/answer.c: reading one answer of a script. */
#include <stdio.h>
#include <string.h>

#include "providers/mock/reader.h"

static bool add_part(struct mock_reader *reader, const char *name, const json_t *value, struct mock_answer *answer)
{
    const char *text = NULL;
    size_t i = 0;

    if (!mock_read_text(reader, value, &text))
        return false;
    while (i < answer->part_count && strcmp(answer->parts[i].name, name) != 0)
        i++;
    if (i == MOCK_PARTS)
        return mock_refuse(reader, "is one part too many; a credential of the mock has at most %d", MOCK_PARTS);
    answer->parts[i].name = name;
    answer->parts[i].value = text;
    if (i == answer->part_count)
        answer->part_count++;
    return true;
}

static bool read_token(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return add_part(reader, "token", value, answer);
}

static bool read_username(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return add_part(reader, "username", value, answer);
}

static bool read_password(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return add_part(reader, "password", value, answer);
}

static bool read_parts(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    const char *name;
    json_t *part;

    if (!json_is_object(value))
        return mock_refuse(reader, "must be an object of named texts");
    json_object_foreach((json_t *)value, name, part)
    {
        size_t mark = mock_enter(reader, name);
        if (!add_part(reader, name, part, answer))
            return false;
        mock_leave(reader, mark);
    }
    return true;
}

static bool read_result(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    static const char *const names[] = {
        [ATT_RESULT_OK] = "ok",
        [ATT_RESULT_NONE] = "none",
        [ATT_RESULT_NOT_FOUND] = "not_found",
        [ATT_RESULT_AMBIGUOUS] = "ambiguous",
        [ATT_RESULT_DENIED] = "denied",
        [ATT_RESULT_REAUTH] = "reauth",
        [ATT_RESULT_EXPIRED] = "expired",
        [ATT_RESULT_REVOKED] = "revoked",
        [ATT_RESULT_UNAVAILABLE] = "unavailable",
        [ATT_RESULT_DEADLINE] = "deadline",
        [ATT_RESULT_CANCELLED] = "cancelled",
        [ATT_RESULT_CONFIG] = "config",
        [ATT_RESULT_NOMEM] = "nomem",
        [ATT_RESULT_FAULT] = "fault",
        [ATT_RESULT_PENDING] = "pending",
        [ATT_RESULT_LIMITED] = "limited",
        [ATT_RESULT_BACKEND] = "backend",
        [ATT_RESULT_COUNT] = NULL,
    };
    size_t index = 0;

    if (!mock_read_choice(reader, value, names, &index))
        return false;
    answer->result = (att_result)index;
    return true;
}

static bool read_garbage(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    static const char *const names[] = {
        [MOCK_GARBAGE_NONE] = "none",       [MOCK_GARBAGE_RESULT] = "result", [MOCK_GARBAGE_NUL] = "nul",
        [MOCK_GARBAGE_CRLF] = "crlf",       [MOCK_GARBAGE_HUGE] = "huge",     [MOCK_GARBAGE_EMPTY] = "empty",
        [MOCK_GARBAGE_NOTHING] = "nothing", [MOCK_GARBAGE_BOTH] = "both",     [MOCK_GARBAGE_SENTENCE] = "sentence",
        [MOCK_GARBAGE_COUNT] = NULL,
    };
    size_t index = 0;

    if (!mock_read_choice(reader, value, names, &index))
        return false;
    answer->garbage = (enum mock_garbage)index;
    return true;
}

static bool read_expires_in(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    int64_t milliseconds = 0;

    if (json_is_integer(value)) {
        answer->expires_in = json_integer_value(value);
        if (answer->expires_in < -INT32_MAX || answer->expires_in > INT32_MAX)
            return mock_refuse(reader, "must be within %d seconds of now", INT32_MAX);
    } else if (mock_read_duration(reader, value, &milliseconds)) {
        answer->expires_in = milliseconds / 1000;
    } else {
        return mock_refuse(reader, "must be a number of seconds, or a duration as \"1h\"");
    }
    answer->expires = true;
    return true;
}

/* true: until the deadline has passed. */
static bool read_hang(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    if (json_is_boolean(value)) {
        answer->hang_ms = json_is_true(value) ? -1 : 0;
        return true;
    }
    if (!mock_read_duration(reader, value, &answer->hang_ms) || answer->hang_ms > MOCK_HANG_LIMIT_MS)
        return mock_refuse(reader, "must be true, false or a duration of at most 60s");
    return true;
}

/* "a b" or ["a", "b"] */
static bool read_scopes(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    const char **texts = NULL;
    size_t count = 0, size = 1;
    char *joined, *out;

    if (json_is_string(value))
        return mock_read_text(reader, value, &answer->scopes);
    if (!mock_read_texts(reader, value, &texts, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        size += strlen(texts[i]) + 1;
    joined = out = mock_take(reader->script, size);
    if (!joined)
        return mock_nomem(reader);
    for (size_t i = 0; i < count; i++)
        out += snprintf(out, size - (size_t)(out - joined), "%s%s", i ? " " : "", texts[i]);
    answer->scopes = joined;
    return true;
}

static bool read_candidates(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    size_t count = 0;

    return mock_read_texts(reader, value, &answer->candidates, &count);
}

static bool read_say(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_text(reader, value, &answer->say);
}

static bool read_kind(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_text(reader, value, &answer->kind);
}

static bool read_account(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_text(reader, value, &answer->account);
}

static bool read_retry_after(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_duration(reader, value, &answer->retry_after_ms);
}

static bool read_latency(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_duration(reader, value, &answer->latency_ms);
}

static bool read_advance(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_duration(reader, value, &answer->advance_ms);
}

static bool read_grant_name(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_text(reader, value, &answer->grant);
}

static bool read_outdated(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_boolean(reader, value, &answer->scopes_outdated);
}

static bool read_missing_scopes(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    size_t count = 0;

    return mock_read_texts(reader, value, &answer->failure.missing_scopes, &count);
}

static bool read_http_status(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_count(reader, value, 999, &answer->failure.http_status);
}

static bool read_expired_at(struct mock_reader *reader, const json_t *value, struct mock_answer *answer)
{
    return mock_read_time(reader, value, &answer->failure.expired_at);
}

/* A text about a failure. *known tells whether `name` is one. */
static bool read_failure_text(struct mock_reader *reader, const char *name, const json_t *value,
                              struct mock_answer *answer, bool *known)
{
    static const char *const names[] = {
        [ATT_FAILURE_CODE] = "code",         [ATT_FAILURE_RULE] = "rule",
        [ATT_FAILURE_DETAILS] = "details",   [ATT_FAILURE_MISSING_SCOPE] = "",
        [ATT_FAILURE_APPROVAL] = "approval", [ATT_FAILURE_APPROVAL_URL] = "approval_url",
        [ATT_FAILURE_STATE] = "state",
    };

    for (size_t i = ATT_FAILURE_CODE; i < sizeof names / sizeof *names; i++) {
        *known = strcmp(name, names[i]) == 0;
        if (*known)
            return mock_read_text(reader, value, &answer->failure.texts[i]);
    }
    return true;
}

static bool read_member(struct mock_reader *reader, const char *name, const json_t *value, struct mock_answer *answer,
                        bool gives_credential)
{
    static const struct {
        const char *name;
        bool (*read)(struct mock_reader *, const json_t *, struct mock_answer *);
        bool is_of_credential;
    } members[] = {
        {"result", read_result, false},
        {"token", read_token, true},
        {"username", read_username, true},
        {"password", read_password, true},
        {"parts", read_parts, true},
        {"kind", read_kind, true},
        {"scopes", read_scopes, true},
        {"scopes_outdated", read_outdated, true},
        {"account", read_account, true},
        {"grant", read_grant_name, true},
        {"expires_in", read_expires_in, true},
        {"say", read_say, false},
        {"retry_after", read_retry_after, false},
        {"candidates", read_candidates, false},
        {"missing_scopes", read_missing_scopes, false},
        {"http_status", read_http_status, false},
        {"expired_at", read_expired_at, false},
        {"latency", read_latency, false},
        {"hang", read_hang, false},
        {"advance", read_advance, false},
        {"garbage", read_garbage, true},
    };
    bool known = false;

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].name, name) == 0 && (gives_credential || !members[i].is_of_credential))
            return members[i].read(reader, value, answer);
    if (!read_failure_text(reader, name, value, answer, &known))
        return false;
    return known || mock_refuse(reader, "is no member of an answer%s; attache-mock(7) lists them",
                                gives_credential ? "" : " that gives no credential");
}

bool mock_answer_read(struct mock_reader *reader, const char *name, const json_t *value, struct mock_answer *answer)
{
    return read_member(reader, name, value, answer, true);
}

bool mock_outcome_read(struct mock_reader *reader, const char *name, const json_t *value, struct mock_answer *outcome)
{
    return strcmp(name, "comment") == 0 || read_member(reader, name, value, outcome, false);
}

bool mock_outcome_read_all(struct mock_reader *reader, const json_t *object, struct mock_answer *outcome)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return mock_refuse(reader, "must be an object");
    json_object_foreach((json_t *)object, name, value)
    {
        size_t mark = mock_enter(reader, name);
        if (!mock_outcome_read(reader, name, value, outcome))
            return false;
        mock_leave(reader, mark);
    }
    return true;
}

bool mock_answer_check(struct mock_reader *reader, const struct mock_answer *answer)
{
    if (answer->result != ATT_RESULT_OK || answer->part_count || answer->garbage != MOCK_GARBAGE_NONE)
        return true;
    return mock_refuse(reader, "has no credential to give; write a token, username and password or parts, another "
                               "result, or \"garbage\": \"nothing\" to answer OK without a credential");
}
