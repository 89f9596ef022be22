/* core/request/redirect.c: following a redirect, as a request of its own. */
#include <string.h>

#include "core/request/run.h"

/* The Location cannot be gone to; the parser's words about it become part of the refusal. */
static att_status refuse_location(struct att_run *run)
{
    const char *why = run->error->message;
    const char *detail = att_pool_format(run->pool, "the upstream redirected, and %.*s", (int)strcspn(why, ";"), why);

    return detail ? att_run_refuse(run, ATT_UPSTREAM, detail, "tell whoever keeps it") : att_nomem(run->error);
}

/* RFC 9110 section 15.4, as browsers do it. */
static void rewrite_method(struct att_run *run)
{
    int status = run->response->status;

    if (status != 303 && !((status == 301 || status == 302) && strcmp(run->method, "POST") == 0))
        return;
    run->method = strcmp(run->method, "HEAD") == 0 ? "HEAD" : "GET";
    run->body = NULL;
    run->body_size = 0;
    run->body_dropped = true;
    run->stream.wanted = false;
    att_injection_drop_body(&run->injection);
}

/* An upstream repeats the query that it was sent; what is the credential's of it stays with its origin. */
static att_status leave_query(struct att_run *run)
{
    att_status status = ATT_OK;

    for (size_t i = 0; status == ATT_OK && i < run->query_name_count; i++)
        if (att_url_has_parameter(run->url->query, run->query_names[i]))
            status = att_url_without(run->pool, run->url, run->query_names[i], &run->url, run->error);
    return status;
}

/* Where a redirect leads is a new request: bound, decided and recorded as one. The credential stays with its origin. */
att_status att_run_follow(struct att_run *run, const char *location)
{
    const char *origin = run->url->origin;
    bool was_secure = run->url->secure;
    att_status status = att_url_resolve(run->pool, run->url, location, &run->url, run->error);

    if (status != ATT_OK)
        return status == ATT_INVALID ? refuse_location(run) : status;
    if (was_secure && !run->url->secure)
        return att_run_refuse(run, ATT_DENIED, "the upstream redirected from https to http", "tell whoever keeps it");
    rewrite_method(run);
    if (run->stream.wanted)
        return att_run_refuse(run, ATT_UPSTREAM,
                              "the upstream redirected, and a body that is streamed cannot be sent twice",
                              "send it to where that leads, or give it as a whole");
    run->crossed_origin = run->crossed_origin || strcmp(origin, run->url->origin) != 0;
    if (run->crossed_origin)
        status = leave_query(run);
    if (status != ATT_OK)
        return status;
    status = att_run_check_bound(run);
    if (status == ATT_OK)
        status = att_run_decide(run, NULL, NULL);
    status = att_run_audit_decision(run, status);
    if (status == ATT_OK && (run->injection.target || run->injection.signing) && !run->crossed_origin)
        status = att_run_inject(run);
    return status;
}
