/* providers/alter/grants.c: grants as the service lists them, and ending one. */
#include <string.h>

#include "providers/alter/inside.h"

enum { SCOPES = 256 };

/* ---- one grant --------------------------------------------------------------------------------------------------- */

enum said {
    ID,
    PROVIDER,
    SLUG,
    KIND,
    ACCOUNT,
    ACCOUNT_NAME,
    LABEL,
    STATUS,
    PRINCIPAL,
    SCOPE_LIST,
    OUTDATED,
    CREATED,
    USED,
    EXPIRES,
    POLICY,
    SAID
};

static const enum alter_word names[SAID] = {
    [ID] = ALTER_GRANT_ID,
    [PROVIDER] = ALTER_GRANT_PROVIDER,
    [SLUG] = ALTER_GRANT_SLUG,
    [KIND] = ALTER_GRANT_KIND,
    [ACCOUNT] = ALTER_GRANT_ACCOUNT,
    [ACCOUNT_NAME] = ALTER_GRANT_ACCOUNT_NAME,
    [LABEL] = ALTER_GRANT_LABEL,
    [STATUS] = ALTER_GRANT_STATUS,
    [PRINCIPAL] = ALTER_GRANT_PRINCIPAL,
    [SCOPE_LIST] = ALTER_GRANT_SCOPES,
    [OUTDATED] = ALTER_GRANT_SCOPES_OUTDATED,
    [CREATED] = ALTER_GRANT_CREATED,
    [USED] = ALTER_GRANT_USED,
    [EXPIRES] = ALTER_GRANT_EXPIRES,
    [POLICY] = ALTER_GRANT_POLICY,
};

/* One grant while it is read; its texts are in memory as large as the grant's own. */
struct reading {
    const struct alter_call *call;
    struct alter_answer *answer;
    struct alter_wanted said[SAID];
    char *at, *end;
    const char *scopes[SCOPES + 1];
    struct att_grant_facts facts;
};

static att_result wrong(const struct reading *reading, enum said what, const char *is)
{
    return alter_unsound(reading->call, reading->answer, "\"%s\" of a grant %s",
                         alter_word(reading->call->alter, names[what]), is);
}

/* A text is never longer than what it is written as. False when the value is none. */
static bool keep_text(struct reading *reading, struct json_value value, const char **slot)
{
    if (!alter_read_words(value, reading->at, (size_t)(reading->end - reading->at)))
        return false;
    *slot = reading->at;
    reading->at += strlen(reading->at) + 1;
    return true;
}

static att_result read_texts(struct reading *reading)
{
    const struct {
        enum said what;
        const char **slot;
    } texts[] = {{ID, &reading->facts.grant},           {SLUG, &reading->facts.provider},
                 {PROVIDER, &reading->facts.provider},  {KIND, &reading->facts.kind},
                 {ACCOUNT, &reading->facts.account},    {ACCOUNT_NAME, &reading->facts.account_name},
                 {LABEL, &reading->facts.label},        {STATUS, &reading->facts.status},
                 {PRINCIPAL, &reading->facts.principal}};

    for (size_t i = 0; i < ALTER_COUNT(texts); i++)
        if (reading->said[texts[i].what].value.at &&
            !keep_text(reading, reading->said[texts[i].what].value, texts[i].slot))
            return wrong(reading, texts[i].what, "is no text");
    if (!reading->facts.grant || !*reading->facts.grant)
        return wrong(reading, ID, "is missing");
    return ATT_RESULT_OK;
}

static att_result read_scopes(struct reading *reading)
{
    struct json_value list = reading->said[SCOPE_LIST].value, value;
    struct json_walk walk = json_walk_of(list);
    size_t count = 0;

    if (!list.at)
        return ATT_RESULT_OK;
    if (json_kind_of(list) != JSON_IS_LIST)
        return wrong(reading, SCOPE_LIST, "is no list");
    while (count < SCOPES && json_step(&walk, NULL, &value))
        if (!keep_text(reading, value, &reading->scopes[count++]))
            return wrong(reading, SCOPE_LIST, "has something in it that is no text");
    reading->scopes[count] = NULL;
    reading->facts.scopes = reading->scopes;
    return ATT_RESULT_OK;
}

static att_result read_times(struct reading *reading)
{
    struct alter_wanted in_policy = {.word = ALTER_GRANT_EXPIRES};
    const struct {
        enum said what;
        int64_t *slot;
    } times[] = {{CREATED, &reading->facts.created}, {USED, &reading->facts.used}, {EXPIRES, &reading->facts.expires}};

    alter_read(reading->call->alter, reading->said[POLICY].value, &in_policy, 1);
    if (!reading->said[EXPIRES].value.at)
        reading->said[EXPIRES].value = in_policy.value;
    for (size_t i = 0; i < ALTER_COUNT(times); i++)
        if (reading->said[times[i].what].value.at &&
            (!alter_read_time(reading->said[times[i].what].value, times[i].slot) || *times[i].slot < 0))
            return wrong(reading, times[i].what, "is no time in RFC 3339");
    return ATT_RESULT_OK;
}

static att_result read_grant(struct reading *reading, struct json_value grant, struct att_grant_page *page)
{
    const struct att_host *host = reading->call->alter->host;
    enum json_kind outdated;
    att_result result;

    for (size_t i = 0; i < SAID; i++)
        reading->said[i].word = names[i];
    alter_read(reading->call->alter, grant, reading->said, SAID);
    reading->facts = (struct att_grant_facts){.size = sizeof reading->facts};
    result = read_texts(reading);
    if (result == ATT_RESULT_OK)
        result = read_scopes(reading);
    if (result == ATT_RESULT_OK)
        result = read_times(reading);
    if (result != ATT_RESULT_OK)
        return result;
    outdated = json_kind_of(reading->said[OUTDATED].value);
    if (outdated != JSON_IS_ABSENT && outdated != JSON_IS_TRUE && outdated != JSON_IS_FALSE)
        return wrong(reading, OUTDATED, "is neither true nor false");
    reading->facts.scopes_outdated = outdated == JSON_IS_TRUE;
    return host->grant_listed(page, &reading->facts) ? ATT_RESULT_OK : ATT_RESULT_NOMEM;
}

att_result alter_read_grants(const struct alter_call *call, struct alter_answer *answer, struct json_value list,
                             struct att_grant_page *page, int64_t *count)
{
    const struct att_host *host = call->alter->host;
    struct reading reading = {.call = call, .answer = answer};
    struct json_walk walk = json_walk_of(list);
    struct json_value grant;
    char *texts = host->allocate(host, list.size + 1);
    att_result result = texts ? ATT_RESULT_OK : ATT_RESULT_NOMEM;

    *count = 0;
    while (result == ATT_RESULT_OK && json_step(&walk, NULL, &grant)) {
        reading.at = texts;
        reading.end = texts + list.size + 1;
        result = read_grant(&reading, grant, page);
        if (result == ATT_RESULT_OK)
            ++*count;
    }
    if (*count)
        answer->unsound = false; /* the page has something of it, so that no other can be taken */
    host->release(host, texts);
    return result;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

struct listing {
    const struct att_grant_query *query;
    struct att_grant_page *page;
};

static att_result read_list(struct alter_call *call, struct alter_answer *answer)
{
    const struct alter *alter = call->alter;
    const struct listing *listing = call->context;
    struct alter_wanted said[] = {{.word = ALTER_GRANTS_ANSWER_LIST},
                                  {.word = ALTER_GRANTS_ANSWER_TOTAL},
                                  {.word = ALTER_GRANTS_ANSWER_HAS_MORE}};
    enum json_kind more;
    int64_t total = -1, count;
    att_result result;

    alter_read(alter, answer->json, said, ALTER_COUNT(said));
    if (json_kind_of(said[0].value) != JSON_IS_LIST)
        return alter_unsound(call, answer, "\"%s\" is no list", alter_word(alter, ALTER_GRANTS_ANSWER_LIST));
    if (said[1].value.at && (!alter_read_number(said[1].value, &total) || total < 0))
        return alter_unsound(call, answer, "\"%s\" is no number of grants",
                             alter_word(alter, ALTER_GRANTS_ANSWER_TOTAL));
    more = json_kind_of(said[2].value);
    if (more != JSON_IS_ABSENT && more != JSON_IS_TRUE && more != JSON_IS_FALSE)
        return alter_unsound(call, answer, "\"%s\" is neither true nor false",
                             alter_word(alter, ALTER_GRANTS_ANSWER_HAS_MORE));
    result = alter_read_grants(call, answer, said[0].value, listing->page, &count);
    if (result == ATT_RESULT_OK)
        alter->host->grant_total(listing->page, total,
                                 more == JSON_IS_ABSENT ? total - count > listing->query->offset
                                                        : more == JSON_IS_TRUE);
    return result;
}

static void add_parameter(struct alter_out *out, const struct alter *alter, enum alter_word word, const char *value)
{
    if (!value || !alter_has(alter, word))
        return;
    alter_add(out, memchr(out->start, '?', (size_t)(out->at - out->start)) ? "&" : "?", 1);
    alter_add_encoded(out, alter_word(alter, word));
    alter_add(out, "=", 1);
    alter_add_encoded(out, value);
}

static void add_number(struct alter_out *out, const struct alter *alter, enum alter_word word, int64_t number)
{
    char text[24];
    struct alter_out digits = {text, text, text + sizeof text - 1, false};

    alter_add_number(&digits, number);
    *digits.at = '\0';
    add_parameter(out, alter, word, text);
}

att_result alter_list(struct alter *alter, const struct att_fetch *who, const struct att_grant_query *query,
                      struct att_grant_page *page)
{
    char target[ALTER_TARGET_SIZE];
    struct alter_out out = {target, target, target + sizeof target - 1, false};
    struct listing listing = {query, page};
    struct alter_call call = {.alter = alter,
                              .who = who,
                              .method = ALTER_GRANTS_METHOD,
                              .target = target,
                              .answer_limit = ALTER_LARGE_ANSWER,
                              .repeats = true,
                              .read = read_list,
                              .context = &listing};

    alter_add_text(&out, alter_word(alter, ALTER_GRANTS_PATH));
    add_parameter(&out, alter, ALTER_GRANTS_REQUEST_PROVIDER, query->provider);
    add_parameter(&out, alter, ALTER_GRANTS_REQUEST_STATUS, query->status);
    add_parameter(&out, alter, ALTER_GRANTS_REQUEST_ACCOUNT, query->account);
    add_number(&out, alter, ALTER_GRANTS_REQUEST_LIMIT, query->limit);
    add_number(&out, alter, ALTER_GRANTS_REQUEST_OFFSET, query->offset);
    *out.at = '\0';
    if (out.failed)
        return alter_too_long(&call);
    return alter_call(&call);
}

/* ---- ending one -------------------------------------------------------------------------------------------------- */

static void write_revocation(struct alter_out *out, const struct alter *alter, const void *context)
{
    const struct att_fetch *who = context;

    alter_add(out, "{", 1);
    alter_add_member(out, alter, ALTER_REVOKE_REQUEST_REASON, who->reason);
    alter_add_secret(out, alter, ALTER_REVOKE_REQUEST_USER_TOKEN, who->user_token);
    alter_add(out, "}", 1);
}

static att_result read_revocation(struct alter_call *call, struct alter_answer *answer)
{
    const struct alter *alter = call->alter;
    struct alter_wanted said[] = {{.word = ALTER_REVOKE_ANSWER_SUCCESS}, {.word = ALTER_GRANT_ID}};
    enum json_kind success;

    alter_read(alter, answer->json, said, ALTER_COUNT(said));
    success = json_kind_of(said[0].value);
    if (!alter_has(alter, ALTER_REVOKE_ANSWER_SUCCESS) || success == JSON_IS_TRUE)
        return alter_check_subject(call, answer, ALTER_GRANT_ID, said[1].value, call->who->grant, "grant");
    if (success == JSON_IS_FALSE)
        return alter_fail(call, ATT_RESULT_BACKEND,
                          "its backend answered that the grant was not revoked, and not why; try again, and look at "
                          "the grant there");
    return alter_unsound(call, answer, "\"%s\" is neither true nor false",
                         alter_word(alter, ALTER_REVOKE_ANSWER_SUCCESS));
}

/* It is not asked for twice: the second answer would be that there is no such grant. */
att_result alter_revoke(struct alter *alter, const struct att_fetch *who)
{
    char target[ALTER_TARGET_SIZE];
    struct alter_call call = {.alter = alter,
                              .who = who,
                              .method = ALTER_REVOKE_METHOD,
                              .target = target,
                              .answer_limit = ALTER_ANSWER_LIMIT,
                              .doubt = "see attache grants: the grant may be revoked",
                              .read = read_revocation};
    att_result result = alter_target(&call, ALTER_REVOKE_PATH, who->grant, target);

    if (result != ATT_RESULT_OK)
        return result;
    return alter_call_with(&call, 0, write_revocation, who);
}
