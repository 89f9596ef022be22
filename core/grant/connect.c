/* core/grant/connect.c: att_connect: a session, its URL for the user, and waiting until the user has finished. */
#include "core/grant/grant.h"

#include <string.h>
#include <time.h>

enum { USUAL_TIMEOUT_MS = 300000, USUAL_POLL_MS = 2000, NAP_MS = 100 };

static const char doing[] = "the user could not be connected";

/* What the steps of one call share. */
struct connecting {
    struct att_granting granting;
    const att_connect_options *options;
    struct att_connect_plan plan;
    struct att_connection connection;
    struct att_browser browser;
    struct att_grant_page page;
    int64_t deadline_ns; /* of the whole */
    /* What the last look at the session came to. */
    att_result result;
    struct att_call_report report;
};

static att_status fail(struct connecting *connecting, att_status status, const char *state, const char *cause,
                       const char *advice)
{
    att_error *error = connecting->granting.errand.error;
    bool advised = strchr(cause, ';') != NULL;

    att_fail(error, status, "%s: %s%s%s", doing, cause, advised ? "" : "; ", advised ? "" : advice);
    ATT_ERROR_TEXT(error, state, state);
    ATT_ERROR_TEXT(error, provider, connecting->granting.errand.provider);
    return status;
}

/* ---- showing ----------------------------------------------------------------------------------------------------- */

static att_status show(struct connecting *connecting)
{
    const att_connect_options *options = connecting->options;
    struct att_buffer why;
    att_status status = ATT_OK;

    if (options->show && options->show(options->callback_context, att_secret_bytes(connecting->connection.url)) != 0)
        return fail(connecting, ATT_CONNECT_FAILED, "cancelled", "the callback that shows the URL returned non-zero",
                    "see what it ran into");
    if (options->show)
        return ATT_OK;
    att_buffer_open(&why, 1024);
    if (!att_browser_open(&connecting->browser, connecting->connection.url, &why))
        status = fail(connecting, ATT_CONNECT_FAILED, "browser", why.data ? why.data : "out of memory", "try again");
    att_buffer_close(&why);
    return status;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static att_status check_browser(struct connecting *connecting)
{
    struct att_buffer why;
    att_status status = ATT_OK;

    att_buffer_open(&why, 1024);
    if (att_browser_has_failed(&connecting->browser, &why))
        status = fail(connecting, ATT_CONNECT_FAILED, "browser", why.data ? why.data : "out of memory", "try again");
    att_buffer_close(&why);
    return status;
}

/* Whether anybody finished it is not known where the backend could not say. */
static att_status run_out(struct connecting *connecting)
{
    if (connecting->result != ATT_RESULT_PENDING)
        return att_granting_fail(&connecting->granting, connecting->result, &connecting->report, doing);
    return fail(connecting, ATT_CONNECT_TIMEOUT, NULL, "nobody finished it in time", "try again, or allow more time");
}

/* Until the backend is to be asked again. The application is told about ten times a second, and may end it. */
static att_status wait_until(struct connecting *connecting, int64_t until_ns)
{
    const att_connect_options *options = connecting->options;
    att_status status = ATT_OK;

    while (status == ATT_OK) {
        int64_t now = att_clock_monotonic_ns(), left = connecting->deadline_ns - now;
        int64_t nap = until_ns - now < NAP_MS * ATT_NS_PER_MS ? until_ns - now : NAP_MS * ATT_NS_PER_MS;
        struct timespec time;

        if (left <= 0)
            return run_out(connecting);
        if (att_engine_is_closed(connecting->granting.errand.client->engine))
            return fail(connecting, ATT_STATE, NULL, "the engine was closed while the user was at it",
                        "open one with att_engine_open, and begin again");
        if (options->wait && options->wait(options->callback_context, left / ATT_NS_PER_MS) != 0)
            return fail(connecting, ATT_CONNECT_FAILED, "cancelled", "it was cancelled",
                        "begin again when the user is ready");
        status = check_browser(connecting);
        if (nap <= 0)
            break;
        if (nap > left)
            nap = left;
        time = (struct timespec){(time_t)(nap / ATT_NS_PER_S), (long)(nap % ATT_NS_PER_S)};
        nanosleep(&time, NULL); /* a signal ends it early: the application may want to end all of it */
    }
    return status;
}

/* Whether the session goes on after what the backend said to one look at it. */
static bool goes_on(att_result result)
{
    return result == ATT_RESULT_PENDING || result == ATT_RESULT_UNAVAILABLE || result == ATT_RESULT_DEADLINE ||
           result == ATT_RESULT_LIMITED;
}

static att_status map_end(struct connecting *connecting)
{
    const struct att_call_report *report = &connecting->report;
    att_result result = connecting->result;
    const char *said = report->sentence[0] ? report->sentence : NULL;
    att_status status;

    switch (result) {
    case ATT_RESULT_OK:
        return ATT_OK;
    case ATT_RESULT_DENIED:
        status = fail(connecting, ATT_CONNECT_DENIED, "denied", said ? said : "the user refused",
                      "ask again when the user agrees");
        break;
    case ATT_RESULT_EXPIRED:
        status = fail(connecting, ATT_CONNECT_FAILED, "expired", said ? said : "its session is over",
                      "begin again, and finish it sooner");
        break;
    case ATT_RESULT_CONFIG:
        status = fail(connecting, ATT_CONNECT_FAILED, "config_error",
                      said ? said : "the provider is set up wrongly at the backend", "correct it there");
        break;
    default:
        return att_granting_fail(&connecting->granting, result, report, doing);
    }
    att_call_report_tell(report, connecting->granting.errand.error);
    return status;
}

static int64_t earlier(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

static att_result poll(struct connecting *connecting, struct att_call_report *report)
{
    struct att_errand *errand = &connecting->granting.errand;
    int64_t deadline_ns = earlier(att_errand_deadline(errand, 0), connecting->deadline_ns);
    const struct att_fetch who = att_granting_who(&connecting->granting, deadline_ns);

    att_grant_page_close(&connecting->page);
    return att_instance_poll(errand->instance, &who, connecting->connection.token, &connecting->page, report);
}

/* One look at the session. Where the user's token is over by now, the application may have a newer one. */
static void look(struct connecting *connecting)
{
    struct att_call_report report;
    att_result result = poll(connecting, &report);

    if (result == ATT_RESULT_REAUTH && att_granting_renew(&connecting->granting))
        result = poll(connecting, &report);
    /* A look that the end cut short says less than the one before it. */
    if (result == ATT_RESULT_DEADLINE && connecting->result == ATT_RESULT_PENDING)
        return;
    connecting->result = result;
    connecting->report = report;
}

/* Asks the backend from time to time. What passes by itself is waited out. */
static att_status wait_for_user(struct connecting *connecting)
{
    int64_t poll_ms = connecting->options->poll_ms ? connecting->options->poll_ms : USUAL_POLL_MS;
    att_status status = ATT_OK;

    connecting->result = ATT_RESULT_PENDING;
    att_call_report_reset(&connecting->report);
    while (status == ATT_OK && goes_on(connecting->result)) {
        int64_t retry_ms = connecting->report.retry_after_ms;
        int64_t pause_ms = retry_ms > poll_ms ? retry_ms : poll_ms;
        int64_t now = att_clock_monotonic_ns();
        int64_t until = pause_ms < (connecting->deadline_ns - now) / ATT_NS_PER_MS ? now + pause_ms * ATT_NS_PER_MS
                                                                                   : connecting->deadline_ns;

        status = wait_until(connecting, until);
        if (status == ATT_OK)
            look(connecting);
    }
    return status == ATT_OK ? map_end(connecting) : status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static const char *done_text(struct connecting *connecting)
{
    const struct att_grant_page *page = &connecting->page;
    struct att_buffer text;
    const char *copy;

    att_buffer_open(&text, 4096);
    att_buffer_format(&text, "%zu grants came into being:", page->count);
    for (size_t i = 0; i < page->count; i++)
        att_buffer_format(&text, "%s %s", i ? "," : "", page->list[i].grant);
    copy = att_pool_text(connecting->granting.errand.pool, att_buffer_ok(&text) ? text.data : "grants came into being");
    att_buffer_close(&text);
    return copy;
}

static att_status connect(struct connecting *connecting, att_grant_callback granted, void *context)
{
    struct att_errand *errand = &connecting->granting.errand;
    const struct att_connect_plan *plan = &connecting->plan;
    const char *what = att_pool_format(errand->pool, "a user is connected to %s", plan->names);
    const struct att_granting_matter matter = {
        .about = ATT_ABOUT_CHANGE, .doing = "connect a user", .providers = plan->wish.providers};
    att_status status = att_granting_decide(&connecting->granting, &matter, what);

    if (status != ATT_OK)
        return status;
    status =
        att_connect_begin(&connecting->granting, plan, earlier(att_errand_deadline(errand, 0), connecting->deadline_ns),
                          &connecting->connection, doing);
    if (status == ATT_OK)
        status = show(connecting);
    if (status == ATT_OK)
        status = wait_for_user(connecting);
    if (status == ATT_OK && connecting->page.count == 1)
        errand->grant = connecting->page.list[0].grant;
    status = att_errand_record_result(errand, status, status == ATT_OK ? done_text(connecting) : NULL);
    if (status == ATT_OK)
        att_granting_tell(&connecting->page, granted, context);
    return status;
}

static att_status check_times(const att_connect_options *options, att_error *error)
{
    if (options->poll_ms < 0)
        return att_invalid(error, "poll_ms", "poll_ms is negative; give milliseconds, or 0 for two seconds");
    return ATT_OK;
}

att_status att_connect(att_client *client, const att_connect_options *options, att_grant_callback granted,
                       void *context, att_error *error)
{
    att_error unseen = ATT_ERROR_INIT, *told = error ? error : &unseen;
    struct connecting connecting = {.options = NULL};
    att_connect_options own;
    att_status status;

    att_options_copy(&own, sizeof own, options);
    connecting.options = &own;
    status = att_granting_open(&connecting.granting, client, &ATT_GRANTING_OPTIONS("grant_connected", own), told);
    if (status == ATT_OK)
        status = check_times(&own, told);
    if (status == ATT_OK)
        status = att_connect_plan_make(&connecting.granting, &own, &connecting.plan);
    if (status == ATT_OK)
        status = att_granting_find(&connecting.granting, ATT_GRANTING_CONNECT, own.backend);
    if (status == ATT_OK) {
        connecting.deadline_ns =
            att_errand_deadline(&connecting.granting.errand, own.timeout_ms ? own.timeout_ms : USUAL_TIMEOUT_MS);
        status = connect(&connecting, granted, context);
    }
    att_browser_close(&connecting.browser);
    att_grant_page_close(&connecting.page);
    att_connection_close(&connecting.connection);
    att_granting_close(&connecting.granting);
    att_wipe_registers();
    att_error_clear(&unseen);
    return status;
}
