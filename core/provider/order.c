/* core/provider/order.c: what to say of an order that was not finished, and copying one with all that it points to. */
#include "core/provider/order.h"

#include <string.h>

#define LATE "the deadline passed while it was at it"

const char *att_work_doubt(enum att_work work, const char *otherwise)
{
    if (!att_work_is_for_good(work))
        return otherwise;
    if (work == ATT_WORK_REVOKE)
        return LATE ", and whether it was done is not known; see attache grants";
    if (work == ATT_WORK_EXECUTE)
        return LATE ", and whether the backend sent the request is not known; see the upstream before it is sent again";
    return LATE ", and whether it was done is not known; see what is kept with attache secret list";
}

const char *att_work_doubt_end(enum att_work work)
{
    return att_work_doubt(work, LATE) + sizeof LATE - 1;
}

static bool copy_text(struct att_pool *pool, const char **text)
{
    const char *given = *text;

    *text = att_pool_text(pool, given);
    return !given || *text;
}

static bool copy_list(struct att_pool *pool, const char *const **list)
{
    const char *const *given = *list;

    if (given)
        *list = att_pool_texts(pool, given);
    return !given || *list;
}

bool att_facts_keep(struct att_pool *pool, const struct att_fact **facts)
{
    struct att_fact *copy;
    size_t count = 0;

    while (*facts && (*facts)[count].name)
        count++;
    copy = att_pool_take(pool, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = (*facts)[i];
        if (!copy_text(pool, &copy[i].name) || !copy_text(pool, &copy[i].value))
            return false;
    }
    *facts = copy;
    return copy != NULL;
}

bool att_fetch_keep(struct att_pool *pool, struct att_fetch *fetch)
{
    const char **texts[] = {&fetch->caller, &fetch->grant, &fetch->provider, &fetch->account, &fetch->method,
                            &fetch->scheme, &fetch->host,  &fetch->path,     &fetch->reason,  &fetch->request_id};

    for (size_t i = 0; i < ATT_COUNT(texts); i++)
        if (!copy_text(pool, texts[i]))
            return false;
    return att_facts_keep(pool, &fetch->context);
}

static bool copy_fetch(struct att_order_copy *copy, struct att_arena *arena)
{
    struct att_fetch *fetch = &copy->order.fetch;

    if (!att_fetch_keep(copy->pool, fetch))
        return false;
    if (fetch->user_token) {
        copy->user_token =
            att_secret_from(arena, att_secret_bytes(fetch->user_token), att_secret_size(fetch->user_token));
        fetch->user_token = copy->user_token;
        if (!copy->user_token)
            return false;
    }
    if (fetch->refused) {
        if (!att_credential_copy(&copy->refused, fetch->refused))
            return false;
        fetch->refused = &copy->refused;
    }
    return true;
}

static bool copy_secret_facts(struct att_pool *pool, struct att_secret_facts *facts)
{
    const char **texts[] = {&facts->name, &facts->grant, &facts->type, &facts->inject};

    for (size_t i = 0; i < ATT_COUNT(texts); i++)
        if (!copy_text(pool, texts[i]))
            return false;
    return copy_list(pool, &facts->origins) && copy_list(pool, &facts->parts);
}

static bool copy_parts(struct att_order_copy *copy, struct att_arena *arena)
{
    const struct att_named_secret *given = copy->order.parts;
    size_t count = copy->order.part_count;

    copy->order.part_count = 0;
    copy->parts = att_pool_take(copy->pool, (count + 1) * sizeof *copy->parts);
    copy->order.parts = copy->parts;
    for (size_t i = 0; copy->parts && i < count; i++) {
        struct att_named_secret *part = &copy->parts[i];

        part->name = given[i].name;
        part->value = att_secret_from(arena, att_secret_bytes(given[i].value), att_secret_size(given[i].value));
        if (!part->value)
            return false;
        copy->order.part_count++;
        if (!copy_text(copy->pool, &part->name))
            return false;
    }
    return copy->parts != NULL;
}

/* The struct itself too: an order only points to it. */
static void *copy_struct(struct att_pool *pool, const void *given, size_t size)
{
    void *copy = att_pool_take(pool, size);

    return copy ? memcpy(copy, given, size) : NULL;
}

static bool copy_query(struct att_order_copy *copy)
{
    struct att_grant_query *query = copy_struct(copy->pool, copy->order.query, sizeof *query);

    copy->order.query = query;
    return query && copy_text(copy->pool, &query->provider) && copy_text(copy->pool, &query->status) &&
           copy_text(copy->pool, &query->account);
}

static bool copy_wish(struct att_order_copy *copy)
{
    struct att_connect_wish *wish = copy_struct(copy->pool, copy->order.wish, sizeof *wish);

    copy->order.wish = wish;
    return wish && copy_list(copy->pool, &wish->providers) && copy_text(copy->pool, &wish->origin) &&
           copy_text(copy->pool, &wish->return_url) && att_facts_keep(copy->pool, &wish->scopes) &&
           att_facts_keep(copy->pool, &wish->metadata);
}

static bool copy_execution(struct att_order_copy *copy)
{
    struct att_execution *execution = copy_struct(copy->pool, copy->order.execution, sizeof *execution);

    copy->order.execution = execution;
    if (!execution || !copy_text(copy->pool, &execution->url) || !att_facts_keep(copy->pool, &execution->headers))
        return false;
    if (execution->json)
        execution->json = att_pool_text_size(copy->pool, execution->json, execution->json_size);
    return execution->json || !copy->order.execution->json_size;
}

static bool copy_token(struct att_order_copy *copy, struct att_arena *arena)
{
    const struct att_secret *given = copy->order.token;

    copy->token = att_secret_from(arena, att_secret_bytes(given), att_secret_size(given));
    copy->order.token = copy->token;
    return copy->token != NULL;
}

/* What only one kind of work has. */
static bool copy_rest(struct att_order_copy *copy, const struct att_order *order, struct att_arena *arena)
{
    switch (order->work) {
    case ATT_WORK_STORE:
        copy->order.part_count = order->part_count;
        return copy_secret_facts(copy->pool, &copy->order.facts) && copy_parts(copy, arena);
    case ATT_WORK_GRANTS:
        return copy_query(copy);
    case ATT_WORK_CONNECT:
        return copy_wish(copy);
    case ATT_WORK_POLL:
        return copy_token(copy, arena);
    case ATT_WORK_EXECUTE:
        return copy_execution(copy);
    case ATT_WORK_FETCH:
    case ATT_WORK_INVALIDATE:
    case ATT_WORK_REPORT: /* is kept as reports are: see reports.c */
    case ATT_WORK_APPROVAL:
    case ATT_WORK_LIST:
    case ATT_WORK_REMOVE:
    case ATT_WORK_REKEY:
    case ATT_WORK_REVOKE:
        break;
    }
    return true;
}

bool att_order_keep(struct att_order_copy *copy, const struct att_order *order, struct att_arena *arena)
{
    memset(copy, 0, sizeof *copy);
    att_credential_open(&copy->refused, arena);
    copy->order = *order;
    copy->order.part_count = 0;
    copy->pool = att_pool_create();
    return copy->pool && copy_text(copy->pool, &copy->order.text) && copy_fetch(copy, arena) &&
           copy_rest(copy, order, arena);
}

void att_order_forget(struct att_order_copy *copy)
{
    for (size_t i = 0; i < copy->order.part_count && copy->parts; i++)
        att_secret_destroy((struct att_secret *)copy->parts[i].value);
    att_secret_destroy(copy->user_token);
    att_secret_destroy(copy->token);
    att_credential_close(&copy->refused);
    att_pool_destroy(copy->pool);
}
