/* core/provider/grants.c: what modules list of grants and open for users: copied and checked. */
#include <string.h>

#include "core/provider/instance.h"

enum { LISTED_AT_MOST = 1000, ID_AT_MOST = 512, TEXT_AT_MOST = 512, SCOPES_AT_MOST = 256, SESSION_AT_MOST = 8192 };

/* ---- pages ------------------------------------------------------------------------------------------------------- */

void att_grant_page_close(struct att_grant_page *page)
{
    att_pool_destroy(page->pool);
    *page = (struct att_grant_page){.pool = NULL};
}

/* A text for people, in the place of the module's: no terminal obeys it. */
static bool take_text(struct att_pool *pool, const char **text)
{
    char shown[TEXT_AT_MOST + 1];

    if (!*text)
        return true;
    att_text_escape(shown, sizeof shown, *text, TEXT_AT_MOST);
    *text = att_pool_text(pool, shown);
    return *text != NULL;
}

static bool take_scopes(struct att_pool *pool, const char *const **scopes)
{
    const char *const *given = *scopes;
    const char **copy;
    size_t count = 0;

    while (given && count < SCOPES_AT_MOST && given[count])
        count++;
    copy = att_pool_take(pool, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = given[i];
        if (!take_text(pool, &copy[i]))
            return false;
    }
    *scopes = copy;
    return copy != NULL;
}

static bool take_facts(struct att_pool *pool, struct att_grant_facts *copy)
{
    const char **texts[] = {&copy->provider, &copy->kind,   &copy->account,  &copy->account_name,
                            &copy->label,    &copy->status, &copy->principal};
    int64_t *times[] = {&copy->created, &copy->used, &copy->expires};

    copy->grant = att_pool_text(pool, copy->grant);
    if (!copy->grant)
        return false;
    for (size_t i = 0; i < ATT_COUNT(texts); i++)
        if (!take_text(pool, texts[i]))
            return false;
    for (size_t i = 0; i < ATT_COUNT(times); i++)
        if (*times[i] < 0)
            *times[i] = 0;
    copy->scopes_outdated = copy->scopes_outdated != 0;
    return take_scopes(pool, &copy->scopes);
}

/* An id comes back from the application, so it is taken as it is or not at all. */
static bool is_id(const char *text)
{
    size_t size = text ? strnlen(text, ID_AT_MOST + 1) : 0;

    return size >= 1 && size <= ID_AT_MOST && !att_text_has_control(text) && att_text_is_utf8(text, size);
}

int att_grant_page_add(struct att_grant_page *page, const struct att_grant_facts *facts)
{
    struct att_grant_facts own = {.size = sizeof own}, *list;

    if (!page || !facts)
        return 0;
    memcpy(&own, facts, facts->size < sizeof own ? facts->size : sizeof own);
    own.size = sizeof own;
    if (!is_id(own.grant))
        page->trouble = "its module listed a grant whose id is missing, no plain text, or longer than 512 bytes";
    else if (page->count == LISTED_AT_MOST)
        page->trouble = "its module listed more than 1000 grants at once";
    if (page->trouble)
        return 0;
    if (!page->pool)
        page->pool = att_pool_create();
    list = page->pool ? att_pool_room(page->pool, page->list, page->count, &page->capacity, sizeof *list) : NULL;
    page->starved = page->starved || !list || !take_facts(page->pool, &own);
    if (page->starved)
        return 0;
    page->list = list;
    page->list[page->count++] = own;
    return 1;
}

void att_grant_page_count(struct att_grant_page *page, int64_t total, int more)
{
    if (!page)
        return;
    page->counted = true;
    page->total = total < 0 ? -1 : total;
    page->more = more != 0;
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

void att_connection_close(struct att_connection *connection)
{
    connection->token = att_secret_destroy(connection->token);
    connection->url = att_secret_destroy(connection->url);
}

static bool is_short(const struct att_secret *secret)
{
    size_t size = secret ? att_secret_size(secret) : 0;

    return size >= 1 && size <= SESSION_AT_MOST && strlen(att_secret_bytes(secret)) == size;
}

int att_connection_set(struct att_connection *connection, const struct att_secret *token, const struct att_secret *url,
                       int64_t expires)
{
    if (!connection)
        return 0;
    if (connection->token)
        connection->trouble = "its module opened two sessions in one call";
    else if (!is_short(token) || att_text_has_control(att_secret_bytes(token)) ||
             !att_text_is_utf8(att_secret_bytes(token), att_secret_size(token)))
        connection->trouble = "its module opened a session whose token is missing, no plain text, or longer than 8 KiB";
    else if (!is_short(url) || !att_url_is_for_browsers(att_secret_bytes(url)))
        connection->trouble = "its module opened a session whose URL is none that a browser may be sent to: https, or "
                              "http to this machine, and at most 8 KiB";
    if (connection->trouble)
        return 0;
    connection->token = att_secret_from(connection->arena, att_secret_bytes(token), att_secret_size(token));
    connection->url = att_secret_from(connection->arena, att_secret_bytes(url), att_secret_size(url));
    connection->expires = expires < 0 ? 0 : expires;
    connection->starved = !connection->token || !connection->url;
    return !connection->starved;
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

void att_grants_close(struct att_yield *yield)
{
    att_grant_page_close(&yield->page);
    att_connection_close(&yield->connection);
    att_answer_close(&yield->answer);
}

/* Why what the call gave does not go with its result; NULL where it does. */
static const char *trouble_with(const struct att_call *call, enum att_work work, att_result result,
                                const struct att_yield *yield)
{
    if (result == ATT_RESULT_PENDING && work == ATT_WORK_EXECUTE)
        return att_call_report_approval(call->report) ? NULL
                                                      : "its module answered PENDING and named nothing to wait for";
    if (result != ATT_RESULT_OK)
        return NULL;
    if (work == ATT_WORK_CONNECT && !yield->connection.token && !yield->connection.trouble)
        return "its module answered OK and opened no session";
    if ((work == ATT_WORK_EXECUTE || work == ATT_WORK_APPROVAL) && !yield->answer.status && !yield->answer.trouble)
        return "its module answered OK and gave no answer";
    return yield->page.trouble         ? yield->page.trouble
           : yield->connection.trouble ? yield->connection.trouble
                                       : yield->answer.trouble;
}

att_result att_grants_checked(struct att_call *call, enum att_work work, att_result result, struct att_yield *yield)
{
    const char *trouble = NULL;

    /* A module that was refused a setter for want of memory may call that a failure of its own. */
    if ((result == ATT_RESULT_OK || result == ATT_RESULT_FAULT) &&
        (yield->page.starved || yield->connection.starved || yield->answer.starved))
        result = ATT_RESULT_NOMEM;
    trouble = trouble_with(call, work, result, yield);
    if (trouble)
        result = att_call_fault(call, trouble);
    if (result != ATT_RESULT_OK)
        att_grants_close(yield);
    return result;
}
