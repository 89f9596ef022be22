/* core/grant/list.c: att_grants_list and att_grant_revoke. */
#include "core/grant/grant.h"

#include <string.h>

enum { USUAL_LIMIT = 100, LARGEST_LIMIT = 1000 };

/* ---- listing ----------------------------------------------------------------------------------------------------- */

static att_status check_query(const att_grants_options *options, att_error *error)
{
    att_status status = att_caller_name_check("provider", options->provider, error);

    if (status == ATT_OK)
        status = att_caller_name_check("status", options->status, error);
    if (status == ATT_OK)
        status = att_caller_name_check("account", options->account, error);
    if (status == ATT_OK && (options->limit < 0 || options->limit > LARGEST_LIMIT))
        status = att_invalid(error, "limit", "the limit %d is refused: a page has 1 to %d grants; go on with offset",
                             options->limit, LARGEST_LIMIT);
    if (status == ATT_OK && options->offset < 0)
        status = att_invalid(error, "offset", "the offset is negative; give 0 for the first page");
    return status;
}

/* What is hidden counts where the next page begins, and nowhere else. */
static void tell_page(const struct att_grant_page *found, size_t hidden, att_grants_page *page)
{
    att_grants_page own = {
        .count = (int64_t)(found->count + hidden), .total = hidden ? -1 : found->total, .has_more = found->more};

    if (!page || page->size < sizeof page->size)
        return;
    own.size = page->size;
    memcpy(page, &own, page->size < sizeof own ? page->size : sizeof own);
}

static att_status list(struct att_granting *granting, const att_grants_options *options, att_grant_callback found,
                       void *context, att_grants_page *page)
{
    const struct att_grant_query query = {.size = sizeof query,
                                          .provider = options->provider,
                                          .status = options->status,
                                          .account = options->account,
                                          .limit = options->limit ? options->limit : USUAL_LIMIT,
                                          .offset = options->offset};
    struct att_errand *errand = &granting->errand;
    const struct att_fetch who = att_granting_who(granting, att_errand_deadline(errand, granting->timeout_ms));
    const char *what =
        att_pool_format(errand->pool, "grants of %s%s%s, %lld from %lld on",
                        query.provider ? query.provider : "every provider", query.status ? " that are " : "",
                        query.status ? query.status : "", (long long)query.limit, (long long)query.offset);
    const struct att_granting_matter matter = {.about = ATT_ABOUT_LIST,
                                               .doing = "list grants",
                                               .providers = (const char *const[]){query.provider, NULL},
                                               .account = query.account};
    struct att_call_report report;
    struct att_grant_page grants;
    att_status status = att_granting_decide(granting, &matter, what);
    const char *done;
    size_t hidden = 0;
    att_result result;

    if (status != ATT_OK)
        return status;
    result = att_instance_list(errand->instance, &who, &query, &grants, &report);
    if (result != ATT_RESULT_OK)
        status = att_granting_fail(granting, result, &report, "the grants could not be listed");
    else
        hidden = att_granting_hide(granting, &grants);
    done = hidden
               ? att_pool_format(errand->pool, "%zu grants were listed, %zu left out by policy", grants.count, hidden)
               : att_pool_format(errand->pool, "%zu grants were listed", grants.count);
    status = att_errand_record_result(errand, status, done);
    if (status == ATT_OK) {
        att_granting_tell(&grants, found, context);
        tell_page(&grants, hidden, page);
    }
    att_grant_page_close(&grants);
    return status;
}

att_status att_grants_list(att_client *client, const att_grants_options *options, att_grant_callback found,
                           void *context, att_grants_page *page, att_error *error)
{
    att_error unseen = ATT_ERROR_INIT, *told = error ? error : &unseen;
    struct att_granting granting;
    att_grants_options own;
    att_status status;

    att_options_copy(&own, sizeof own, options);
    status = att_granting_open(&granting, client, &ATT_GRANTING_OPTIONS("grant_listed", own), told);
    if (status == ATT_OK)
        status = check_query(&own, told);
    if (status == ATT_OK)
        status = att_granting_find(&granting, ATT_GRANTING_LIST, own.backend);
    if (status == ATT_OK)
        status = list(&granting, &own, found, context, page);
    att_granting_close(&granting);
    att_error_clear(&unseen);
    return status;
}

/* ---- revoking ---------------------------------------------------------------------------------------------------- */

static att_status check_grant(const char *grant, att_error *error)
{
    if (!grant)
        return att_invalid(error, "grant", "no grant is named; give the alias or the id of the one to revoke");
    if (att_text_is_uuid_in_capitals(grant))
        return att_invalid(error, "grant",
                           "the grant is refused: its UUID has capital letters; write it in lower case, as the site's "
                           "rules do");
    return att_caller_name_check("grant", grant, error);
}

/* The one provider of a stack that has a backend with grants: `found` is NULL where there is none, `several` where
 * there are more. */
static void find_backend(const struct att_stack *stack, const struct att_stack_step **found, bool *several)
{
    for (size_t i = 0; i < stack->count; i++) {
        const struct att_stack_step *step = &stack->steps[i];

        if (step->substack)
            find_backend(step->substack, found, several);
        else if (att_instance_offers(step->provider, ATT_OFFERS_GRANTS)) {
            *several = *several || (*found && (*found)->provider != step->provider);
            *found = step;
        }
    }
}

/* What the application calls the grant is the site's alias, or an id that the site need not know. `target` is empty
 * then. */
static att_status resolve(struct att_granting *granting, const char *grant, const char *backend,
                          struct att_resolution *target)
{
    const struct att_stack_step *step = NULL;
    bool several = false;

    granting->errand.grant = grant;
    granting->grant_id = grant;
    if (att_snapshot_resolve(granting->errand.snapshot, grant, NULL, NULL, target, NULL) == ATT_OK) {
        granting->errand.grant = target->grant;
        granting->grant_id = target->grant_id;
        if (strcmp(target->grant, target->grant_id) != 0)
            granting->errand.grant_id = target->grant_id;
        find_backend(&target->plan->stack, &step, &several);
    }
    return att_granting_find(granting, ATT_GRANTING_LIST, !backend && step && !several ? step->entry->name : backend);
}

/* Several providers may keep credentials of one grant. They are dropped whatever the backend said: it may have revoked
 * the grant and its answer been lost. */
static void forget(const struct att_granting *granting)
{
    const struct att_snapshot *snapshot = granting->errand.snapshot;

    for (size_t i = 0; i < att_snapshot_config(snapshot)->provider_count; i++)
        att_instance_forget(att_snapshot_provider(snapshot, i), granting->grant_id);
}

static att_status revoke(struct att_granting *granting, const struct att_resolution *target)
{
    struct att_errand *errand = &granting->errand;
    const struct att_fetch who = att_granting_who(granting, att_errand_deadline(errand, granting->timeout_ms));
    const char *what = att_pool_format(errand->pool, "grant \"%s\"", errand->grant);
    const char *doing = att_pool_format(errand->pool, "revoke grant \"%s\"", errand->grant);
    const char *failing = att_pool_format(errand->pool, "grant \"%s\" could not be revoked", errand->grant);
    const char *done = att_pool_format(errand->pool, "grant \"%s\" was revoked", errand->grant);
    const struct att_granting_matter matter = {.about = ATT_ABOUT_CHANGE,
                                               .doing = doing,
                                               .providers = (const char *const[]){target->provider, NULL},
                                               .account = target->account};
    struct att_call_report report;
    att_status status;
    att_result result;

    if (!doing || !failing || !done)
        return att_nomem(errand->error);
    status = att_granting_decide(granting, &matter, what);
    if (status != ATT_OK)
        return status;
    result = att_instance_revoke(errand->instance, &who, &report);
    forget(granting);
    if (result != ATT_RESULT_OK)
        status = att_granting_fail(granting, result, &report, failing);
    return att_errand_record_result(errand, status, done);
}

att_status att_grant_revoke(att_client *client, const att_revoke_options *options, att_error *error)
{
    att_error unseen = ATT_ERROR_INIT, *told = error ? error : &unseen;
    struct att_resolution target = {.provider = NULL};
    struct att_granting granting;
    att_revoke_options own;
    att_status status;

    att_options_copy(&own, sizeof own, options);
    status = att_granting_open(&granting, client, &ATT_GRANTING_OPTIONS("grant_revoked", own), told);
    if (status == ATT_OK)
        status = check_grant(own.grant, told);
    if (status == ATT_OK)
        status = resolve(&granting, own.grant, own.backend, &target);
    if (status == ATT_OK)
        status = revoke(&granting, &target);
    att_granting_close(&granting);
    att_error_clear(&unseen);
    return status;
}
