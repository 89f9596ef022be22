/* core/grant/grant.c: what all calls about grants share: who asks, which backend, whether policy has it, and what a
 * result means. */
#include "core/grant/grant.h"

#include <string.h>

static bool can_list(const struct att_instance *instance)
{
    return att_instance_offers(instance, ATT_OFFERS_GRANTS);
}

static bool can_connect(const struct att_instance *instance)
{
    return att_instance_offers(instance, ATT_OFFERS_CONNECT);
}

static bool can_hold(const struct att_instance *instance)
{
    return att_instance_offers(instance, ATT_OFFERS_EXECUTE);
}

static const struct att_errand_kind kinds[] = {
    [ATT_GRANTING_LIST] = {.can = can_list,
                           .field = "backend",
                           .none = "no provider of the configuration has a backend with grants; add { name = "
                                   "\"alter\"; module = \"alter_connect.so\"; } to its providers",
                           .several = "several providers have a backend with grants",
                           .option = "--backend",
                           .unable = "has no backend with grants; name one that has, such as a provider with module = "
                                     "\"alter_connect.so\"",
                           .able = "grants are kept by"},
    [ATT_GRANTING_CONNECT] = {.can = can_connect,
                              .field = "backend",
                              .none = "no provider of the configuration can connect a user; add { name = \"alter\"; "
                                      "module = \"alter_connect.so\"; } to its providers",
                              .several = "several providers can connect a user",
                              .option = "--backend",
                              .unable = "cannot connect a user; name one that can, such as a provider with module = "
                                        "\"alter_connect.so\"",
                              .able = "users are connected by"},
    [ATT_GRANTING_HELD] = {.can = can_hold,
                           .field = "backend",
                           .none = "no provider of the configuration has a backend that holds requests; add { name = "
                                   "\"alter\"; module = \"alter_connect.so\"; } to its providers",
                           .several = "several providers have a backend that holds requests",
                           .option = "--backend",
                           .unable = "has no backend that holds requests; name one that has, such as a provider with "
                                     "module = \"alter_connect.so\"",
                           .able = "requests are held by"},
};

/* Every result as the caller sees it, and what to do where the module does not say. */
static const struct att_errand_meaning meanings[ATT_RESULT_COUNT] = {
    [ATT_RESULT_OK] = {ATT_INTERNAL, "it succeeded", "please report this"},
    [ATT_RESULT_NONE] = {ATT_NOT_FOUND, "there is no such grant", "see attache grants"},
    [ATT_RESULT_NOT_FOUND] = {ATT_NOT_FOUND, "there is no such grant", "see attache grants"},
    [ATT_RESULT_AMBIGUOUS] = {ATT_AMBIGUOUS, "several grants match", "name one of the candidates"},
    [ATT_RESULT_DENIED] = {ATT_DENIED, "its backend said no", "ask whoever keeps the backend's policy"},
    [ATT_RESULT_REAUTH] = {ATT_REAUTH, "it does not take the user's token", "sign the user in again"},
    [ATT_RESULT_EXPIRED] = {ATT_EXPIRED, "it has expired", "connect again"},
    [ATT_RESULT_REVOKED] = {ATT_REVOKED, "it was revoked before", "see attache grants"},
    [ATT_RESULT_UNAVAILABLE] = {ATT_BACKEND, "its backend is unavailable", "try again later"},
    [ATT_RESULT_DEADLINE] = {ATT_TIMEOUT, "the deadline passed", "try again, or allow more time"},
    [ATT_RESULT_CANCELLED] = {ATT_STATE, "the call was cancelled", "open the engine again"},
    [ATT_RESULT_CONFIG] = {ATT_CONFIG, "its provider is not set up for that", "correct the options of the provider"},
    [ATT_RESULT_NOMEM] = {ATT_NOMEM, "memory is out", "free some and try again"},
    [ATT_RESULT_FAULT] = {ATT_MODULE, "its module failed", "see the log, and report it to the module's author"},
    [ATT_RESULT_PENDING] = {ATT_APPROVAL, "a human has to decide first", "try again after that"},
    [ATT_RESULT_LIMITED] = {ATT_RATE_LIMITED, "its backend was asked too often", "try again later"},
    [ATT_RESULT_BACKEND] = {ATT_BACKEND, "its backend refuses this site", "see the options of the provider"},
};

att_status att_granting_open(struct att_granting *granting, att_client *client,
                             const struct att_granting_options *options, att_error *error)
{
    att_status status;

    *granting = (struct att_granting){.timeout_ms = options->timeout_ms, .renewable = !options->user_token};
    status = att_errand_open(&granting->errand, client, options->event, error);
    if (status == ATT_OK && options->timeout_ms < 0)
        status = att_invalid(error, "timeout_ms", "timeout_ms is negative; give milliseconds, or 0 for the usual time");
    if (status == ATT_OK)
        status = att_caller_reason_check(options->reason, error);
    if (status == ATT_OK)
        status = att_caller_pairs_check("context", options->context, error);
    if (status == ATT_OK)
        status = att_caller_token_check(options->user_token, error);
    if (status == ATT_OK)
        status = att_caller_token_take(client, options->user_token, &granting->user_token, error);
    granting->errand.reason = options->reason;
    granting->errand.context = options->context;
    return status;
}

bool att_granting_renew(struct att_granting *granting)
{
    struct att_secret *token = NULL;
    att_error unseen = ATT_ERROR_INIT;

    if (granting->renewable && att_caller_token_take(granting->errand.client, NULL, &token, &unseen) == ATT_OK &&
        token) {
        att_secret_destroy(granting->user_token);
        granting->user_token = token;
        return true;
    }
    att_secret_destroy(token);
    att_error_clear(&unseen);
    return false;
}

void att_granting_close(struct att_granting *granting)
{
    att_secret_destroy(granting->user_token);
    att_errand_close(&granting->errand);
}

att_status att_granting_find(struct att_granting *granting, enum att_granting_kind kind, const char *backend)
{
    return att_errand_find(&granting->errand, &kinds[kind], backend);
}

static struct att_question question_of(const struct att_granting *granting)
{
    const struct att_client *client = granting->errand.client;

    return (struct att_question){.caller = client->caller, .caller_type = att_caller_type_name(client->caller_type)};
}

static void ask(const struct att_granting *granting, const struct att_granting_matter *matter,
                struct att_decision *decision)
{
    const struct att_errand *errand = &granting->errand;
    struct att_question question = question_of(granting);
    size_t i = 0;

    question.grant = errand->grant;
    /* What a user is about to grant has no name yet: it is not the one that a rule names. */
    if (!question.grant && matter->about == ATT_ABOUT_CHANGE)
        question.grant = "";
    question.grant_id = granting->grant_id;
    question.account = matter->account;
    do {
        question.provider = matter->providers ? matter->providers[i] : NULL;
        att_policy_decide_about(att_snapshot_policy(errand->snapshot), &question, matter->about, decision);
    } while (decision->permitted && question.provider && matter->providers[++i]);
}

att_status att_granting_decide(struct att_granting *granting, const struct att_granting_matter *matter,
                               const char *detail)
{
    struct att_errand *errand = &granting->errand;
    struct att_decision decision;

    if (!detail)
        return att_nomem(errand->error);
    errand->account = matter->account;
    ask(granting, matter, &decision);
    errand->rule = decision.rule;
    if (decision.permitted)
        return att_errand_record_decision(errand, detail);
    att_fail(errand->error, ATT_DENIED, "policy does not let caller \"%s\" %s: %s%s", errand->client->caller,
             matter->doing, decision.reason, strchr(decision.reason, ';') ? "" : "; see the rules of the policy");
    ATT_ERROR_TEXT(errand->error, rule, decision.rule);
    ATT_ERROR_TEXT(errand->error, grant, errand->grant);
    ATT_ERROR_TEXT(errand->error, details, decision.reason);
    return att_errand_record_denial(errand);
}

/* Whether policy lets the caller see a grant: by what the site says of it, else by what the backend says. */
static bool may_see(const struct att_granting *granting, const struct att_grant_facts *facts)
{
    const struct att_snapshot *snapshot = granting->errand.snapshot;
    struct att_question question = question_of(granting);
    struct att_resolution known = {.grant_id = NULL};
    struct att_decision decision;

    question.grant = question.grant_id = facts->grant;
    question.provider = facts->provider;
    question.account = facts->account;
    if (att_snapshot_resolve(snapshot, facts->grant, NULL, NULL, &known, NULL) == ATT_OK &&
        strcmp(known.grant_id, facts->grant) == 0) {
        question.grant = known.grant;
        question.provider = known.provider ? known.provider : facts->provider;
        question.account = known.account ? known.account : facts->account;
    }
    att_policy_decide_about(att_snapshot_policy(snapshot), &question, ATT_ABOUT_LOOK, &decision);
    return decision.permitted;
}

size_t att_granting_hide(const struct att_granting *granting, struct att_grant_page *page)
{
    size_t all = page->count;

    page->count = 0;
    for (size_t i = 0; i < all; i++)
        if (may_see(granting, &page->list[i]))
            page->list[page->count++] = page->list[i];
    return all - page->count;
}

struct att_fetch att_granting_who(const struct att_granting *granting, int64_t deadline_ns)
{
    const struct att_errand *errand = &granting->errand;

    return (struct att_fetch){.size = sizeof(struct att_fetch),
                              .deadline_ns = deadline_ns,
                              .caller = errand->client->caller,
                              .caller_type = (uint32_t)errand->client->caller_type,
                              .grant = granting->grant_id,
                              .reason = errand->reason,
                              .context = (const struct att_fact *)errand->context,
                              .user_token = granting->user_token,
                              .request_id = errand->request_id};
}

att_status att_granting_fail(struct att_granting *granting, att_result result, const struct att_call_report *report,
                             const char *doing)
{
    return att_errand_fail(&granting->errand, meanings, result, report, doing);
}

void att_granting_tell(const struct att_grant_page *page, att_grant_callback found, void *context)
{
    for (size_t i = 0; found && i < page->count; i++) {
        const struct att_grant_facts *facts = &page->list[i];
        const att_grant_info info = {.size = sizeof info,
                                     .grant = facts->grant,
                                     .provider = facts->provider,
                                     .kind = facts->kind,
                                     .account = facts->account,
                                     .account_name = facts->account_name,
                                     .label = facts->label,
                                     .status = facts->status,
                                     .scopes = facts->scopes,
                                     .principal = facts->principal,
                                     .scopes_outdated = facts->scopes_outdated,
                                     .created = facts->created,
                                     .used = facts->used,
                                     .expires = facts->expires};

        found(context, &info);
    }
}
