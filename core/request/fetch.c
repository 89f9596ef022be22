/* core/request/fetch.c: steps 5 and 6: asking the providers of the stack, and what their answers mean. */
#include <string.h>

#include "core/request/run.h"

/* What a step said beside its failure. */
struct answer {
    const struct att_stack_step *step;
    struct answer *earlier;
    struct att_call_report report;
    int64_t expires_at;
};

/* What the dispatcher's callbacks share. */
struct asking {
    struct att_run *run;
    struct att_call_report report; /* of the call that runs */
    struct answer *answers;        /* the latest first */
    bool starved;                  /* one could not be kept */
};

struct att_fetch att_run_fetch_view(const struct att_run *run, int64_t deadline_ns)
{
    return (struct att_fetch){.size = sizeof(struct att_fetch),
                              .deadline_ns = deadline_ns,
                              .caller = run->client->caller,
                              .caller_type = (uint32_t)run->client->caller_type,
                              .attempt = run->attempt,
                              .grant = run->target.grant_id,
                              .provider = run->target.provider,
                              .account = run->target.account,
                              .method = run->fetched_method,
                              .scheme = run->fetched_url->scheme,
                              .host = run->fetched_url->host,
                              .port = run->fetched_url->port,
                              .path = run->fetched_url->path,
                              .reason = run->options.reason,
                              .context = (const struct att_fact *)run->options.context,
                              .user_token = run->user_token,
                              .request_id = run->request_id};
}

static int64_t step_deadline(const struct att_run *run, const struct att_stack_step *step)
{
    int64_t own = att_clock_monotonic_ns() + step->config->timeout_ms * ATT_NS_PER_MS;

    return step->config->timeout_ms && own < run->deadline_ns ? own : run->deadline_ns;
}

/* att_pair of the application and att_fact of the module are the same two pointers. */
_Static_assert(sizeof(att_pair) == sizeof(struct att_fact) &&
                   offsetof(att_pair, value) == offsetof(struct att_fact, value),
               "a context is handed on as it is");

static void say(struct att_call_report *report, const char *sentence)
{
    size_t size = strlen(sentence);

    memcpy(report->sentence, sentence, size < sizeof report->sentence ? size + 1 : sizeof report->sentence);
    report->sentence[sizeof report->sentence - 1] = '\0';
}

/* Whether the credential itself may go to this origin; where the site names none, it has to say so. */
static bool is_bound_here(const struct att_run *run, const struct att_credential *credential)
{
    for (size_t i = 0; i < credential->origin_count; i++)
        if (att_origin_matches(credential->origins[i], run->url))
            return true;
    return !credential->origin_count && run->target.binding.origin_count;
}

static void say_where_to(const struct att_run *run, const struct att_credential *credential,
                         struct att_call_report *report)
{
    struct att_buffer text;

    att_buffer_open(&text, sizeof report->sentence - 1);
    att_buffer_format(&text, "its credential may not be used for %s: it is bound to", run->url->origin);
    for (size_t i = 0; i < credential->origin_count; i++)
        att_buffer_format(&text, "%s %s", i ? "," : "", credential->origins[i]->text);
    att_buffer_text(&text,
                    credential->origin_count
                        ? "; check the URL, or keep the credential with that origin too"
                        : " no origin, neither by the site nor by itself; add origins to the grant or its stack");
    say(report, att_buffer_ok(&text) ? text.data : "its credential may not be used for this origin");
    att_buffer_close(&text);
}

/* Step 6: what only the credential tells. An expired one is never injected; its step fails, so that a stack may go on.
 */
static att_result check_credential(const struct att_run *run, const struct att_credential *credential,
                                   struct att_call_report *report)
{
    if (credential->expires && credential->expires <= att_clock_wall_us() / 1000000) {
        say(report, "it gave a credential that has expired");
        return ATT_RESULT_EXPIRED;
    }
    if (!is_bound_here(run, credential)) {
        say_where_to(run, credential, report);
        return ATT_RESULT_DENIED;
    }
    return ATT_RESULT_OK;
}

static void keep_answer(struct asking *asking, const struct att_stack_step *step, int64_t expires_at)
{
    struct answer *answer = att_pool_take(asking->run->pool, sizeof *answer);

    asking->starved = asking->starved || !answer;
    if (!answer)
        return;
    answer->step = step;
    answer->earlier = asking->answers;
    answer->expires_at = expires_at;
    att_call_report_copy(&answer->report, &asking->report);
    asking->answers = answer;
}

static att_result ask(void *context, const struct att_stack_step *step)
{
    struct asking *asking = context;
    struct att_run *run = asking->run;
    struct att_fetch fetch = att_run_fetch_view(run, step_deadline(run, step));
    struct att_loan *loan;
    att_result result;

    att_call_report_reset(&asking->report);
    if (run->credential_count == ATT_RUN_CREDENTIALS) {
        say(&asking->report, "the stack gives more than four credentials");
        keep_answer(asking, step, 0);
        return ATT_RESULT_CONFIG;
    }
    loan = &run->credentials[run->credential_count].loan;
    att_loan_open(loan, run->injection.arena);
    result = att_instance_borrow(step->provider, &fetch, loan, &asking->report);
    if (result == ATT_RESULT_OK)
        result = check_credential(run, loan->credential, &asking->report);
    if (result == ATT_RESULT_OK) {
        run->credentials[run->credential_count].step = step;
        run->credentials[run->credential_count++].instance = step->provider;
        return ATT_RESULT_OK;
    }
    keep_answer(asking, step, loan->credential ? loan->credential->expires : 0);
    att_loan_close(loan);
    return result;
}

/* Whether a step is this one, or one of the stack that this one runs. */
static bool is_within(const struct att_stack_step *outer, const struct att_stack_step *step)
{
    const struct att_stack *inner = outer->substack;

    for (size_t i = 0; inner && i < inner->count; i++)
        if (is_within(&inner->steps[i], step))
            return true;
    return outer == step;
}

/* A step whose outcome does not grant leaves no credential behind: neither one that the site ignores, nor those of a
 * stack that failed after all. */
static void drop_ungranted(void *context, const struct att_stack_step *step, att_result result, enum att_action action)
{
    struct att_run *run = ((struct asking *)context)->run;

    (void)result;
    if (action == ATT_ACTION_OK || action == ATT_ACTION_DONE)
        return;
    while (run->credential_count && is_within(step, run->credentials[run->credential_count - 1].step))
        att_loan_close(&run->credentials[--run->credential_count].loan);
}

/* Every result as the caller sees it, and what to do about it. */
static const struct {
    att_status status;
    const char *what, *advice;
} meanings[ATT_RESULT_COUNT] = {
    [ATT_RESULT_OK] = {ATT_INTERNAL, "succeeded", "please report this"},
    [ATT_RESULT_NONE] = {ATT_NOT_FOUND, "does not know the grant", "check its name, and which stack serves it"},
    [ATT_RESULT_NOT_FOUND] = {ATT_NOT_FOUND, "has no such grant", "check its name, or connect it"},
    [ATT_RESULT_AMBIGUOUS] = {ATT_AMBIGUOUS, "has several that match", "name one of the candidates"},
    [ATT_RESULT_DENIED] = {ATT_DENIED, "denied it", "ask whoever keeps the backend's policy"},
    [ATT_RESULT_REAUTH] = {ATT_REAUTH, "needs the user again", "have the user authorise it again"},
    [ATT_RESULT_EXPIRED] = {ATT_EXPIRED, "says that it has expired", "connect again"},
    [ATT_RESULT_REVOKED] = {ATT_REVOKED, "says that it was revoked", "connect again"},
    [ATT_RESULT_UNAVAILABLE] = {ATT_BACKEND, "is unavailable", "try again later"},
    [ATT_RESULT_DEADLINE] = {ATT_TIMEOUT, "did not answer before its deadline", "try again, or allow more time"},
    [ATT_RESULT_CANCELLED] = {ATT_STATE, "was cancelled", "open the engine again"},
    [ATT_RESULT_CONFIG] = {ATT_CONFIG, "is not configured for it", "run attache check"},
    [ATT_RESULT_NOMEM] = {ATT_NOMEM, "ran out of memory", "free some and try again"},
    [ATT_RESULT_FAULT] = {ATT_MODULE, "failed", "ask the module's author, with this message"},
    [ATT_RESULT_PENDING] = {ATT_APPROVAL, "waits for a human", "try again when it is approved"},
    [ATT_RESULT_LIMITED] = {ATT_RATE_LIMITED, "says that it is asked too often", "try again later"},
    [ATT_RESULT_BACKEND] = {ATT_BACKEND, "is refused by its backend", "see the options of the provider"},
};

static att_status no_steps(struct att_run *run)
{
    att_fail(run->error, ATT_DENIED,
             "grant \"%s\" is denied: stack \"%s\" serves it and asks no provider; add a step to "
             "its fetch list, or match the grant in another stack",
             att_run_grant(run), run->target.plan->config->name);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    return ATT_DENIED;
}

/* The fields that belong to the status, beside those that every failure of a provider has. */
static void add_fields(struct att_run *run, att_status status, const struct att_stack_step *culprit, int64_t expires_at)
{
    if (status == ATT_EXPIRED)
        ATT_ERROR_NUMBER(run->error, expires_at, expires_at);
    if (status == ATT_TIMEOUT)
        ATT_ERROR_TEXT(run->error, which, att_pool_format(run->pool, "provider %s", culprit->config->use));
    if (status == ATT_MODULE)
        ATT_ERROR_TEXT(run->error, module, att_instance_module(culprit->provider)->file);
    if (status == ATT_CONFIG) {
        ATT_ERROR_TEXT(run->error, file, culprit->config->place.file);
        ATT_ERROR_NUMBER(run->error, line, culprit->config->place.line);
    }
    if (status == ATT_APPROVAL)
        ATT_ERROR_TEXT(run->error, state, "pending");
}

att_status att_run_explain_failure(struct att_run *run, att_result result, const struct att_stack_step *culprit,
                                   const struct att_call_report *report, int64_t expires_at)
{
    size_t known = result > 0 && result < ATT_RESULT_COUNT ? (size_t)result : ATT_RESULT_FAULT;
    att_status status = meanings[known].status;
    const char *sentence = report->sentence;
    bool advised = strstr(sentence, "; ") != NULL; /* who knows the cause knows best what to do */

    att_fail(run->error, status, "provider \"%s\", asked for %s \"%s\", %s%s%s%s%s", culprit->config->use,
             att_run_kind(run), att_run_grant(run), meanings[known].what, sentence[0] ? ": " : "", sentence,
             advised ? "" : "; ", advised ? "" : meanings[known].advice);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_TEXT(run->error, provider, culprit->config->use);
    ATT_ERROR_TEXT(run->error, code, att_result_name(result));
    add_fields(run, status, culprit, expires_at);
    att_call_report_tell(report, run->error);
    return status;
}

/* No step failed, and none granted: the site lets an OK count for nothing, or names a stack that asks nobody. */
static att_status nothing_granted(struct att_run *run)
{
    att_fail(run->error, ATT_DENIED,
             "grant \"%s\" is denied: no step of stack \"%s\" grants it; see what attache explain says of each step",
             att_run_grant(run), run->target.plan->config->name);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    return ATT_DENIED;
}

att_status att_run_check_bound(struct att_run *run)
{
    struct att_call_report report;

    for (size_t i = 0; i < run->credential_count; i++) {
        if (is_bound_here(run, run->credentials[i].loan.credential))
            continue;
        say_where_to(run, run->credentials[i].loan.credential, &report);
        att_fail(run->error, ATT_DENIED, "the upstream redirected to %s, where grant \"%s\" may not go: %s",
                 run->url->origin, att_run_grant(run), report.sentence);
        ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
        ATT_ERROR_TEXT(run->error, details, "origin");
        run->decision = (struct att_decision){.permitted = false, .rule = NULL, .reason = "origin"};
        return ATT_DENIED;
    }
    return ATT_OK;
}

att_status att_run_fetch(struct att_run *run)
{
    struct asking asking;
    const struct att_stack_step *culprit = NULL;
    const struct answer *answer;
    att_status status;
    att_result result;

    run->fetched_url = run->url;
    run->fetched_method = run->method;
    if (!run->target.plan->stack.count)
        return no_steps(run);
    status = att_caller_token_take(run->client, run->options.user_token, &run->user_token, run->error);
    if (status != ATT_OK)
        return status;
    for (size_t i = 0; i < run->credential_count; i++)
        att_loan_close(&run->credentials[i].loan);
    run->credential_count = 0;
    asking.run = run; /* its report is large, and reset where a provider is asked */
    asking.answers = NULL;
    asking.starved = false;
    result = att_stack_run(&run->target.plan->stack, ask, drop_ungranted, &asking, &culprit);
    if (result == ATT_RESULT_OK && run->credential_count)
        return ATT_OK;
    if (asking.starved)
        return att_nomem(run->error);
    answer = asking.answers;
    while (answer && answer->step != culprit)
        answer = answer->earlier;
    return answer ? att_run_explain_failure(run, result, culprit, &answer->report, answer->expires_at)
                  : nothing_granted(run);
}
