/* core/provider/keep.c: secrets that a provider keeps for its site: the calls that change and list them. */
#include <string.h>

#include "core/provider/instance.h"

enum { LISTED_AT_MOST = 100000 };

/* ---- listings ---------------------------------------------------------------------------------------------------- */

bool att_listing_open(struct att_listing *listing)
{
    *listing = (struct att_listing){.pool = att_pool_create()};
    return listing->pool != NULL;
}

void att_listing_close(struct att_listing *listing)
{
    att_pool_destroy(listing->pool);
    *listing = (struct att_listing){0};
}

/* A copy whose texts, lists included, are the pool's. */
static bool copy_facts(struct att_pool *pool, struct att_secret_facts *copy)
{
    const char **texts[] = {&copy->name, &copy->grant, &copy->type, &copy->inject, &copy->fingerprint, &copy->fault};
    const char *const **lists[] = {&copy->origins, &copy->parts};
    static const char *const nothing[] = {NULL};

    for (size_t i = 0; i < ATT_COUNT(texts); i++) {
        const char *given = *texts[i];
        *texts[i] = att_pool_text(pool, given);
        if (given && !*texts[i])
            return false;
    }
    for (size_t i = 0; i < ATT_COUNT(lists); i++) {
        if (!*lists[i])
            *lists[i] = nothing;
        *lists[i] = att_pool_texts(pool, *lists[i]);
        if (!*lists[i])
            return false;
    }
    return true;
}

int att_listing_add(struct att_listing *listing, const struct att_secret_facts *facts)
{
    struct att_secret_facts *copy;

    if (!listing || !facts || !facts->name || !facts->grant)
        return 0;
    copy = listing->count < LISTED_AT_MOST
               ? att_pool_room(listing->pool, listing->list, listing->count, &listing->capacity, sizeof *copy)
               : NULL;
    if (!copy) {
        listing->failed = true;
        return 0;
    }
    listing->list = copy;
    copy += listing->count;
    memset(copy, 0, sizeof *copy);
    memcpy(copy, facts, facts->size < sizeof *copy ? facts->size : sizeof *copy);
    copy->size = sizeof *copy;
    listing->failed = listing->failed || !copy_facts(listing->pool, copy);
    listing->count += !listing->failed;
    return !listing->failed;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

bool att_instance_keeps_secrets(const struct att_instance *instance)
{
    return instance->module->kind == ATT_KIND_PROVIDER && (instance->module->offers & ATT_OFFERS_SECRETS) &&
           !instance->keeps_none;
}

static att_result run(struct att_instance *instance, const struct att_order *order, struct att_listing *listing,
                      struct att_call_report *report)
{
    struct att_yield yield = {.credential.arena = instance->table.environment->arena};
    att_result result = att_workers_run(instance, order, &yield, report);

    if (result == ATT_RESULT_OK && yield.listing.failed)
        result = ATT_RESULT_NOMEM;
    if (listing && result == ATT_RESULT_OK)
        *listing = yield.listing;
    else
        att_listing_close(&yield.listing);
    return result;
}

att_result att_instance_secret_store(struct att_instance *instance, int64_t deadline_ns, uint32_t mode,
                                     const struct att_secret_facts *facts, const struct att_named_secret *parts,
                                     size_t part_count, struct att_call_report *report)
{
    struct att_order order = {.work = ATT_WORK_STORE,
                              .deadline_ns = deadline_ns,
                              .mode = mode,
                              .facts = *facts,
                              .parts = parts,
                              .part_count = part_count};

    order.facts.size = sizeof order.facts;
    return run(instance, &order, NULL, report);
}

att_result att_instance_secret_list(struct att_instance *instance, int64_t deadline_ns, struct att_listing *listing,
                                    struct att_call_report *report)
{
    const struct att_order order = {.work = ATT_WORK_LIST, .deadline_ns = deadline_ns};

    *listing = (struct att_listing){0};
    return run(instance, &order, listing, report);
}

att_result att_instance_secret_remove(struct att_instance *instance, int64_t deadline_ns, const char *name,
                                      struct att_call_report *report)
{
    const struct att_order order = {.work = ATT_WORK_REMOVE, .deadline_ns = deadline_ns, .text = name};

    return run(instance, &order, NULL, report);
}

att_result att_instance_secret_rekey(struct att_instance *instance, int64_t deadline_ns, const char *key_file,
                                     struct att_call_report *report)
{
    const struct att_order order = {.work = ATT_WORK_REKEY, .deadline_ns = deadline_ns, .text = key_file};

    return run(instance, &order, NULL, report);
}
