/* providers/mock/listing.c: the grants of the script as a backend lists and revokes them. */
#include <string.h>

#include "providers/mock/play.h"
#include "providers/mock/reader.h"

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool read_fact(struct mock_reader *reader, const char *name, const json_t *value, struct mock_listed *listed)
{
    const struct {
        const char *name;
        const char **text;
    } texts[] = {{"provider", &listed->provider},         {"kind", &listed->kind},   {"account", &listed->account},
                 {"account_name", &listed->account_name}, {"label", &listed->label}, {"status", &listed->status},
                 {"principal", &listed->principal}};
    const struct {
        const char *name;
        int64_t *time;
    } times[] = {{"created", &listed->created}, {"used", &listed->used}, {"expires", &listed->expires}};
    size_t count = 0;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].name, name) == 0)
            return mock_read_text(reader, value, texts[i].text);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (strcmp(times[i].name, name) == 0)
            return mock_read_time(reader, value, times[i].time);
    if (strcmp(name, "scopes") == 0)
        return mock_read_texts(reader, value, &listed->scopes, &count);
    if (strcmp(name, "scopes_outdated") == 0)
        return mock_read_boolean(reader, value, &listed->scopes_outdated);
    return strcmp(name, "comment") == 0 ||
           mock_refuse(reader, "is nothing that a listing tells of a grant; attache-mock(7) lists what is");
}

bool mock_listed_read(struct mock_reader *reader, const json_t *object, struct mock_grant *grant)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return mock_refuse(reader, "must be an object");
    grant->listed = mock_take(reader->script, sizeof *grant->listed);
    if (!grant->listed)
        return mock_nomem(reader);
    *grant->listed = (struct mock_listed){.provider = "mock", .kind = "oauth", .status = "active"};
    json_object_foreach((json_t *)object, name, value)
    {
        size_t mark = mock_enter(reader, name);
        if (!read_fact(reader, name, value, grant->listed))
            return false;
        mock_leave(reader, mark);
    }
    return true;
}

/* ---- playing ----------------------------------------------------------------------------------------------------- */

static const char *status_of(const struct mock_grant *grant)
{
    return atomic_load(&grant->revoked) ? "revoked" : grant->listed->status;
}

att_result mock_tell_grant(struct mock *mock, const struct mock_grant *grant, struct att_grant_page *page)
{
    const struct mock_listed *listed = grant->listed;
    const struct att_grant_facts facts = {
        .size = sizeof facts,
        .grant = grant->name,
        .provider = listed->provider,
        .kind = listed->kind,
        .account = listed->account,
        .account_name = listed->account_name,
        .label = listed->label,
        .status = status_of(grant),
        .scopes = listed->scopes,
        .principal = listed->principal,
        .scopes_outdated = listed->scopes_outdated,
        .created = listed->created,
        .used = listed->used,
        .expires = listed->expires,
    };

    return mock->host->grant_listed(page, &facts) ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

static bool passes(const char *filter, const char *value)
{
    return !filter || (value && strcmp(filter, value) == 0);
}

att_result mock_list(void *instance, const struct att_fetch *who, const struct att_grant_query *query,
                     struct att_grant_page *page)
{
    struct mock *mock = instance;
    att_result result = mock_play_outcome(mock, &mock->script.list, who);
    int64_t total = 0;

    for (size_t i = 0; i < mock->script.grant_count && result == ATT_RESULT_OK; i++) {
        const struct mock_grant *grant = &mock->script.grants[i];

        if (!grant->listed || !mock_grant_is_for(&mock->script, grant, who) ||
            !passes(query->provider, grant->listed->provider) || !passes(query->account, grant->listed->account) ||
            !passes(query->status, status_of(grant)))
            continue;
        if (total >= query->offset && total - query->offset < query->limit)
            result = mock_tell_grant(mock, grant, page);
        total++;
    }
    if (result == ATT_RESULT_OK)
        mock->host->grant_total(page, total, total - query->offset > query->limit);
    return result;
}

att_result mock_revoke(void *instance, const struct att_fetch *who)
{
    struct mock *mock = instance;
    struct mock_grant *grant = mock_script_find(&mock->script, who);
    att_result result;

    if (!grant || grant == mock->script.otherwise) {
        mock->host->fetch_failed(who->call, "the mock script has no such grant");
        return ATT_RESULT_NOT_FOUND;
    }
    result = grant->revoke ? mock_play_outcome(mock, grant->revoke, who) : ATT_RESULT_OK;
    if (result == ATT_RESULT_OK)
        atomic_store(&grant->revoked, true);
    return result;
}
