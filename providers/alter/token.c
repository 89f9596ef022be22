/* providers/alter/token.c: the credential of a grant. */
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

/* What differs by more is refused by the service itself, which has a window for signatures. */
enum { SKEW_S = 300, ID_SIZE = 256, SCOPES_SIZE = 4097, USUAL_SIZE = 2048 };

#define LAST_TIME INT64_C(253402300799) /* of the year 9999 */

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static void write_request(struct alter_out *out, const struct alter *alter, const void *context)
{
    const struct att_fetch *fetch = context;

    alter_add(out, "{", 1);
    alter_add_member(out, alter, ALTER_TOKEN_REQUEST_GRANT, fetch->grant);
    alter_add_member(out, alter, ALTER_TOKEN_REQUEST_PROVIDER, fetch->grant ? NULL : fetch->provider);
    alter_add_member(out, alter, ALTER_TOKEN_REQUEST_ACCOUNT, fetch->grant ? NULL : fetch->account);
    alter_add_member(out, alter, ALTER_TOKEN_REQUEST_METHOD, fetch->method);
    alter_add_url(out, alter, ALTER_TOKEN_REQUEST_URL, fetch);
    alter_add_member(out, alter, ALTER_TOKEN_REQUEST_REASON, fetch->reason);
    alter_add_facts(out, alter, ALTER_TOKEN_REQUEST_CONTEXT, fetch->context);
    alter_add_secret(out, alter, ALTER_TOKEN_REQUEST_USER_TOKEN, fetch->user_token);
    alter_add(out, "}", 1);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

enum said {
    TOKEN,
    TYPE,
    EXPIRES_IN,
    EXPIRES_AT,
    SCOPES,
    GRANT,
    PROVIDER,
    OUTDATED,
    HEADER,
    FORMAT,
    CREDENTIALS,
    INJECTIONS,
    SAID
};

static const enum alter_word names[SAID] = {
    [TOKEN] = ALTER_TOKEN_ANSWER_TOKEN,
    [TYPE] = ALTER_TOKEN_ANSWER_TYPE,
    [EXPIRES_IN] = ALTER_TOKEN_ANSWER_EXPIRES_IN,
    [EXPIRES_AT] = ALTER_TOKEN_ANSWER_EXPIRES_AT,
    [SCOPES] = ALTER_TOKEN_ANSWER_SCOPES,
    [GRANT] = ALTER_TOKEN_ANSWER_GRANT,
    [PROVIDER] = ALTER_TOKEN_ANSWER_PROVIDER,
    [OUTDATED] = ALTER_TOKEN_ANSWER_SCOPES_OUTDATED,
    [HEADER] = ALTER_TOKEN_ANSWER_HEADER,
    [FORMAT] = ALTER_TOKEN_ANSWER_FORMAT,
    [CREDENTIALS] = ALTER_TOKEN_ANSWER_CREDENTIALS,
    [INJECTIONS] = ALTER_TOKEN_ANSWER_INJECTIONS,
};

/* One answer while it is read. */
struct reading {
    struct alter_call *call;
    struct alter_answer *answer;
    struct att_credential *credential;
    struct alter_wanted said[SAID];
};

static const char *name_of(const struct reading *reading, enum said what)
{
    return alter_word(reading->call->alter, names[what]);
}

static att_result wrong(const struct reading *reading, enum said what, const char *is)
{
    return alter_unsound(reading->call, reading->answer, "\"%s\" %s", name_of(reading, what), is);
}

static att_result check_token(const struct reading *reading)
{
    struct json_value value = reading->said[TOKEN].value;

    if (!value.at)
        return wrong(reading, TOKEN, "is missing");
    if (json_kind_of(value) != JSON_IS_TEXT)
        return wrong(reading, TOKEN, "is no text");
    return value.size == 2 ? wrong(reading, TOKEN, "is empty") : ATT_RESULT_OK;
}

/* What a client does not understand it must not send as if it did (RFC 6749, section 7.1). */
static att_result check_type(const struct reading *reading)
{
    struct json_value value = reading->said[TYPE].value;
    char type[64];

    if (!value.at || reading->said[FORMAT].value.at)
        return ATT_RESULT_OK;
    if (!alter_read_words(value, type, sizeof type))
        return wrong(reading, TYPE, "is no text");
    if (strcasecmp(type, "bearer") == 0)
        return ATT_RESULT_OK;
    return alter_fail(reading->call, ATT_RESULT_BACKEND,
                      "its backend gave a token of the type \"%s\", and no \"%s\" that says how to send it; set it for "
                      "this grant at the backend",
                      type, name_of(reading, FORMAT));
}

static att_result check_subject(const struct reading *reading, enum said what, const char *asked)
{
    struct json_value value = reading->said[what].value;
    char id[ID_SIZE];
    att_result result = alter_check_subject(reading->call, reading->answer, names[what], value, asked,
                                            what == GRANT ? "grant" : "provider");

    if (result == ATT_RESULT_OK && value.at && what == GRANT && !asked && json_text_copy(value, id, sizeof id))
        reading->call->alter->host->credential_grant(reading->credential, id);
    return result;
}

/* For the record of the request, in which the service wants both. */
static void note_provider(const struct reading *reading)
{
    char grant[ID_SIZE], provider[ID_SIZE];
    const char *asked = reading->call->who->grant;

    if (json_text_copy(reading->said[PROVIDER].value, provider, sizeof provider) &&
        (asked || json_text_copy(reading->said[GRANT].value, grant, sizeof grant)))
        alter_notes_put(&reading->call->alter->providers, asked ? asked : grant, provider);
}

/* The earlier of what both members say. Where they disagree by no more than clocks may, what is relative counts: it
 * holds by whatever clock. */
static att_result take_expiry(const struct reading *reading)
{
    const struct att_host *host = reading->call->alter->host;
    struct json_value in = reading->said[EXPIRES_IN].value, at = reading->said[EXPIRES_AT].value;
    int64_t now = host->wall(host), expires = 0, until = 0;

    if (in.at && !alter_read_number(in, &expires))
        return wrong(reading, EXPIRES_IN, "is no number");
    if (in.at && (expires > LAST_TIME - now || expires < -LAST_TIME))
        expires = expires > 0 ? LAST_TIME - now : -LAST_TIME;
    if (in.at)
        expires += now;
    if (at.at && !alter_read_time(at, &until))
        return wrong(reading, EXPIRES_AT, "is no time in RFC 3339");
    if (until > LAST_TIME)
        until = LAST_TIME;
    if (at.at && (!in.at || (until < expires && (until > now || until < now - SKEW_S))))
        expires = until;
    if ((in.at || at.at) && expires <= now)
        return alter_fail(reading->call, ATT_RESULT_BACKEND,
                          "its backend gave a token that has expired already; check the clock of this machine, and "
                          "that of the backend");
    host->credential_expires(reading->credential, expires);
    return ATT_RESULT_OK;
}

/* As many as the host takes. */
static att_result take_scopes(const struct reading *reading)
{
    const struct att_host *host = reading->call->alter->host;
    struct json_value list = reading->said[SCOPES].value, value;
    struct json_walk walk = json_walk_of(list);
    char scopes[SCOPES_SIZE] = "", scope[ID_SIZE];
    size_t used = 0;

    if (!list.at)
        return ATT_RESULT_OK;
    if (json_kind_of(list) != JSON_IS_LIST)
        return wrong(reading, SCOPES, "is no list");
    while (json_step(&walk, NULL, &value)) {
        size_t size;

        if (!alter_read_words(value, scope, sizeof scope))
            return wrong(reading, SCOPES, "has something in it that is no text");
        size = strlen(scope);
        if (!size || size + 1 >= sizeof scopes - used)
            continue;
        if (used)
            scopes[used++] = ' ';
        memcpy(scopes + used, scope, size + 1);
        used += size;
    }
    host->credential_scopes(reading->credential, scopes);
    return ATT_RESULT_OK;
}

static att_result take_outdated(const struct reading *reading)
{
    const struct att_host *host = reading->call->alter->host;
    enum json_kind kind = json_kind_of(reading->said[OUTDATED].value);

    if (kind == JSON_IS_ABSENT || kind == JSON_IS_FALSE)
        return ATT_RESULT_OK;
    if (kind != JSON_IS_TRUE)
        return wrong(reading, OUTDATED, "is neither true nor false");
    host->credential_scopes_outdated(reading->credential);
    return ATT_RESULT_OK;
}

static att_result take_places(const struct reading *reading)
{
    struct alter_places places = {reading->said[HEADER].value, reading->said[FORMAT].value,
                                  reading->said[CREDENTIALS].value, reading->said[INJECTIONS].value};
    const char *kind = "";
    att_result result = alter_place(reading->call, reading->answer, &places, reading->credential, &kind);

    if (result == ATT_RESULT_OK)
        reading->call->alter->host->credential_kind(reading->credential, kind);
    return result;
}

/* Whether it is an answer to what was asked. */
static att_result check(const struct reading *reading)
{
    const struct att_fetch *fetch = reading->call->who;
    att_result result = check_token(reading);

    if (result == ATT_RESULT_OK)
        result = check_type(reading);
    if (result == ATT_RESULT_OK)
        result = check_subject(reading, GRANT, fetch->grant);
    if (result == ATT_RESULT_OK)
        result = check_subject(reading, PROVIDER, fetch->grant ? NULL : fetch->provider);
    return result;
}

/* What a setter refuses fails the fetch, and the host says why. */
static att_result take(const struct reading *reading)
{
    att_result result = alter_take_part(reading->call, reading->credential, "token", reading->said[TOKEN].value);

    if (result == ATT_RESULT_OK)
        result = take_expiry(reading);
    if (result == ATT_RESULT_OK)
        result = take_scopes(reading);
    if (result == ATT_RESULT_OK)
        result = take_outdated(reading);
    return result == ATT_RESULT_OK ? take_places(reading) : result;
}

static att_result read_token(struct alter_call *call, struct alter_answer *answer)
{
    struct reading reading = {.call = call, .answer = answer, .credential = call->context};
    att_result result;

    for (size_t i = 0; i < SAID; i++)
        reading.said[i].word = names[i];
    alter_read(call->alter, answer->json, reading.said, SAID);
    result = check(&reading);
    if (result != ATT_RESULT_OK)
        return result;
    note_provider(&reading);
    result = take(&reading);
    answer->unsound = false; /* the credential has something of it, so that no other can be taken */
    return result;
}

att_result alter_fetch(struct alter *alter, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct alter_call call = {.alter = alter,
                              .who = fetch,
                              .method = ALTER_TOKEN_METHOD,
                              .target = alter_word(alter, ALTER_TOKEN_PATH),
                              .answer_limit = ALTER_ANSWER_LIMIT,
                              .repeats = true,
                              .read = read_token,
                              .context = credential};

    return alter_call_with(&call, USUAL_SIZE, write_request, fetch);
}
