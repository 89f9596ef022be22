/* core/provider/reports.c: telling modules how requests ended, by threads that nobody waits for.
 *
 * A request that reports takes a lock, links one block into a list and goes on: it wakes a thread only when there is
 * none, or when many reports wait. The threads look for themselves every few milliseconds while there is something to
 * do, and end when there was nothing for a while. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/provider/job.h"
#include "core/stack/stack.h"

enum { LOOK_MS = 20, IDLE_MS = 2000, BATCH = 32 };

struct att_report {
    struct att_report *next;
    struct att_pool *pool; /* of this, too */
    struct att_order order;
    struct att_loan loan;
    struct att_secret *user_token;
};

/* ---- one report -------------------------------------------------------------------------------------------------- */

static void report_free(struct att_report *report)
{
    att_loan_close(&report->loan);
    att_secret_destroy(report->user_token);
    att_pool_destroy(report->pool);
}

static bool copy_bytes(struct att_pool *pool, const void **bytes, size_t size)
{
    if (*bytes)
        *bytes = att_pool_text_size(pool, *bytes, size);
    return *bytes || !size;
}

static bool copy_outcome(struct att_pool *pool, struct att_outcome *outcome)
{
    const char *url = outcome->url;

    outcome->status = att_pool_text(pool, outcome->status);
    outcome->url = att_pool_text(pool, url);
    return outcome->status && (!url || outcome->url) &&
           (!outcome->request_headers || att_facts_keep(pool, &outcome->request_headers)) &&
           (!outcome->response_headers || att_facts_keep(pool, &outcome->response_headers)) &&
           copy_bytes(pool, &outcome->request_body, outcome->request_body_size) &&
           copy_bytes(pool, &outcome->response_body, outcome->response_body_size);
}

static bool copy_token(struct att_report *report, struct att_arena *arena)
{
    const struct att_secret *given = report->order.fetch.user_token;

    if (!given)
        return true;
    report->user_token = att_secret_from(arena, att_secret_bytes(given), att_secret_size(given));
    report->order.fetch.user_token = report->user_token;
    return report->user_token != NULL;
}

/* NULL when memory is out; then the loan stays where it is. */
static struct att_report *report_make(struct att_instance *instance, const struct att_fetch *fetch,
                                      struct att_loan *loan, const struct att_outcome *outcome)
{
    struct att_arena *arena = instance->table.environment->arena;
    struct att_pool *pool = att_pool_create();
    struct att_report *report = pool ? att_pool_take(pool, sizeof *report) : NULL;

    if (!report) {
        att_pool_destroy(pool);
        return NULL;
    }
    report->pool = pool;
    report->order = att_order_for(ATT_WORK_REPORT, fetch);
    report->order.outcome = *outcome;
    report->order.outcome.size = sizeof report->order.outcome;
    /* The grant that a provider identity led to, or that the backend calls otherwise. */
    if (loan->credential->grant)
        report->order.fetch.grant = loan->credential->grant;
    att_loan_open(&report->loan, arena);
    if (!att_fetch_keep(pool, &report->order.fetch) || !copy_outcome(pool, &report->order.outcome) ||
        !copy_token(report, arena)) {
        report_free(report);
        return NULL;
    }
    att_loan_move(&report->loan, loan);
    report->order.reported = report->loan.credential;
    return report;
}

/* ---- the threads ------------------------------------------------------------------------------------------------- */

/* Once, and then when there are twice as many: what goes wrong all the time does not fill the log. */
static bool is_worth_a_line(uint64_t count)
{
    return (count & (count - 1)) == 0;
}

static void tell(struct att_instance *instance, struct att_report *report)
{
    struct att_call_report said;
    struct att_call call;
    struct att_yield yield = {.credential.arena = instance->table.environment->arena};
    att_result result;
    uint64_t failed = 0;

    att_call_open(&call, instance, report->order.deadline_ns, &said);
    report->order.fetch.call = &call;
    result = att_call_run(instance, &call, &report->order, &yield);
    if (result == ATT_RESULT_OK || result == ATT_RESULT_CANCELLED)
        return;
    pthread_mutex_lock(&instance->reporting.lock);
    failed = ++instance->reporting.failed;
    pthread_mutex_unlock(&instance->reporting.lock);
    if (is_worth_a_line(failed))
        att_log(instance->table.environment, ATT_LOG_WARNING,
                "%s: it did not take how a request ended (%" PRIu64 " so far): %s", instance->name, failed,
                said.sentence[0] ? said.sentence : att_result_name(result));
}

/* The next report, or NULL when there is none. */
static struct att_report *take_first(struct att_reports *reports)
{
    struct att_report *report = reports->first;

    if (!report)
        return NULL;
    reports->first = report->next;
    if (!reports->first)
        reports->last = NULL;
    reports->queued--;
    return report;
}

static void *serve(void *context)
{
    struct att_reporter *reporter = context;
    struct att_instance *instance = reporter->instance;
    struct att_reports *reports = &instance->reporting;
    int64_t idle_since = att_clock_monotonic_ns();

    pthread_mutex_lock(&reports->lock);
    while (true) {
        struct att_report *report = take_first(reports);
        int64_t now;

        if (report) {
            pthread_mutex_unlock(&reports->lock);
            tell(instance, report);
            report_free(report);
            idle_since = att_clock_monotonic_ns();
            pthread_mutex_lock(&reports->lock);
            if (--reports->count == 0)
                pthread_cond_broadcast(&reports->gone);
            continue;
        }
        now = att_clock_monotonic_ns();
        if (reports->closing || now - idle_since >= IDLE_MS * ATT_NS_PER_MS)
            break;
        att_cond_wait(&reports->work, &reports->lock, now + LOOK_MS * ATT_NS_PER_MS);
    }
    reporter->state = ATT_REPORTER_GONE;
    reports->live--;
    pthread_cond_broadcast(&reports->gone);
    pthread_mutex_unlock(&reports->lock);
    return NULL;
}

/* One thread more, under the lock. Signals belong to the application's threads. */
static bool start(struct att_reports *reports)
{
    struct att_reporter *reporter = reports->list;
    sigset_t all, before;
    bool started;

    while (reporter->state == ATT_REPORTER_LIVE)
        reporter++;
    if (reporter->state == ATT_REPORTER_GONE)
        pthread_join(reporter->thread, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    att_wipe_registers(); /* of the user token; pthread_create binds functions late */
    started = pthread_create(&reporter->thread, NULL, serve, reporter) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    reporter->state = started ? ATT_REPORTER_LIVE : ATT_REPORTER_NONE;
    reports->live += started;
    return started;
}

/* ---- the queue --------------------------------------------------------------------------------------------------- */

bool att_reports_open(struct att_reports *reports, struct att_instance *instance)
{
    if (pthread_mutex_init(&reports->lock, NULL) != 0)
        return false;
    att_cond_open(&reports->work);
    att_cond_open(&reports->gone);
    for (size_t i = 0; i < ATT_REPORTERS; i++)
        reports->list[i].instance = instance;
    return true;
}

/* A place for one more, which is counted from then on. */
static bool reserve(struct att_reports *reports)
{
    bool has_room;

    pthread_mutex_lock(&reports->lock);
    has_room = reports->count < ATT_REPORTS && !reports->closing;
    reports->count += has_room;
    pthread_mutex_unlock(&reports->lock);
    return has_room;
}

/* Under the lock, with one report more in the list: a thread for it, or one more for many. */
static bool is_seen_to(struct att_reports *reports)
{
    if (reports->live == 0)
        return start(reports);
    if (reports->queued >= BATCH * reports->live && reports->live < ATT_REPORTERS)
        start(reports);
    if (reports->queued % BATCH == 0)
        pthread_cond_signal(&reports->work);
    return true;
}

static void drop(struct att_instance *instance, bool counted, const char *why)
{
    struct att_reports *reports = &instance->reporting;
    uint64_t dropped;

    pthread_mutex_lock(&reports->lock);
    dropped = ++reports->dropped;
    if (counted && --reports->count == 0)
        pthread_cond_broadcast(&reports->gone);
    pthread_mutex_unlock(&reports->lock);
    if (is_worth_a_line(dropped))
        att_log(instance->table.environment, ATT_LOG_WARNING,
                "%s: it is not told how a request ended (%" PRIu64 " so far): %s", instance->name, dropped, why);
}

void att_reports_add(struct att_instance *instance, const struct att_fetch *fetch, struct att_loan *loan,
                     const struct att_outcome *outcome)
{
    struct att_reports *reports = &instance->reporting;
    struct att_report *report;
    bool taken = false;

    if (!reserve(reports)) {
        drop(instance, false, "256 earlier reports have not been taken; see whether its backend is slow");
        return;
    }
    report = report_make(instance, fetch, loan, outcome);
    if (!report) {
        drop(instance, true, "memory is out");
        return;
    }
    pthread_mutex_lock(&reports->lock);
    if (reports->last)
        reports->last->next = report;
    else
        reports->first = report;
    reports->last = report;
    reports->queued++;
    taken = is_seen_to(reports);
    if (!taken)
        report = take_first(reports);
    pthread_mutex_unlock(&reports->lock);
    if (!taken && report) {
        report_free(report);
        drop(instance, true, "no thread can be started for it; raise the limit on threads");
    }
}

void att_reports_drain(struct att_reports *reports, int64_t deadline_ns)
{
    pthread_mutex_lock(&reports->lock);
    pthread_cond_broadcast(&reports->work);
    while (reports->count && att_cond_wait(&reports->gone, &reports->lock, deadline_ns))
        continue;
    pthread_mutex_unlock(&reports->lock);
}

/* Gives the lock away for each. */
static void drop_queued(struct att_reports *reports)
{
    struct att_report *report;

    while ((report = take_first(reports)) != NULL) {
        reports->dropped++;
        reports->count--;
        pthread_mutex_unlock(&reports->lock);
        report_free(report);
        pthread_mutex_lock(&reports->lock);
    }
}

bool att_reports_close(struct att_reports *reports, struct att_instance *instance, int64_t deadline_ns)
{
    uint64_t dropped;
    bool all_gone;

    pthread_mutex_lock(&reports->lock);
    reports->closing = true;
    pthread_cond_broadcast(&reports->work);
    drop_queued(reports);
    while (reports->live && att_cond_wait(&reports->gone, &reports->lock, deadline_ns))
        continue;
    all_gone = reports->live == 0;
    dropped = reports->dropped;
    for (size_t i = 0; i < ATT_REPORTERS; i++)
        if (reports->list[i].state == ATT_REPORTER_LIVE)
            pthread_detach(reports->list[i].thread);
        else if (reports->list[i].state == ATT_REPORTER_GONE)
            pthread_join(reports->list[i].thread, NULL);
    pthread_mutex_unlock(&reports->lock);
    if (dropped)
        att_log(instance->table.environment, ATT_LOG_WARNING,
                "%s: it was not told how %" PRIu64 " requests ended; see whether its backend is slow", instance->name,
                dropped);
    if (!all_gone)
        return false;
    pthread_cond_destroy(&reports->gone);
    pthread_cond_destroy(&reports->work);
    pthread_mutex_destroy(&reports->lock);
    return true;
}
