/* core/provider/reread.c: reading a secret option again while the instance runs: what a file holds may be new. */
#include "core/provider/instance.h"

bool att_references_keep(struct att_references *references, const struct att_settings *settings)
{
    size_t count = 0;

    for (size_t i = 0; i < settings->count; i++)
        count +=
            settings->list[i].option->type == ATT_OPTION_SECRET || settings->list[i].option->type == ATT_OPTION_SECRETS;
    if (!count)
        return true;
    references->pool = att_pool_create();
    if (references->pool)
        references->list = att_pool_take(references->pool, count * sizeof *references->list);
    for (size_t i = 0; references->list && i < settings->count; i++) {
        uint32_t type = settings->list[i].option->type;

        if (!settings->list[i].value || (type != ATT_OPTION_SECRET && type != ATT_OPTION_SECRETS))
            continue;
        references->list[references->count] = att_value_copy(references->pool, settings->list[i].value);
        if (!references->list[references->count])
            return false;
        references->count++;
    }
    return references->list != NULL;
}

void att_references_close(struct att_references *references)
{
    att_pool_destroy(references->pool);
    *references = (struct att_references){0};
}

static const struct att_value *find(const struct att_references *references, const char *option, const char *name)
{
    for (size_t i = 0; option && i < references->count; i++)
        if (att_text_equal(references->list[i]->name, option))
            return name ? att_value_member(references->list[i], name) : references->list[i];
    return NULL;
}

struct att_secret *att_references_read(const struct att_host *host, struct att_call *call, const char *option,
                                       const char *name)
{
    const struct att_host_table *table = host->context;
    const struct att_value *reference = call ? find(&call->instance->references, option, name) : NULL;
    struct att_pool *pool = reference ? att_pool_create() : NULL;
    struct att_secret *secret = NULL;
    struct att_findings findings;

    if (!reference) {
        att_call_fetch_failed(call, "its module read a secret option that the site did not write");
        return NULL;
    }
    att_findings_open(&findings, pool);
    if (pool)
        secret = att_reference_read(reference, table->environment->arena, &findings);
    if (!secret)
        att_call_fetch_failed(call, findings.count ? findings.list[0].text : "out of memory");
    att_findings_close(&findings);
    att_pool_destroy(pool);
    return secret;
}
