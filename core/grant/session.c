/* core/grant/session.c: what a session for a user is asked for, and att_connect_session_create. */
#include "core/grant/grant.h"

#include <string.h>

enum { PROVIDERS = 32, SCOPES = 100 };

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

static att_status check_providers(const att_connect_options *options, att_error *error)
{
    size_t count = 0;
    att_status status = ATT_OK;

    while (options->providers && options->providers[count])
        count++;
    if (count == 0 || count > PROVIDERS)
        return att_invalid(error, "providers",
                           "%s is named that the user may connect; name 1 to %d, such as \"google\"",
                           count ? "more than 32 providers" : "no provider", PROVIDERS);
    for (size_t i = 0; status == ATT_OK && i < count; i++)
        status = att_caller_name_check("providers", options->providers[i], error);
    return status;
}

static att_status check_lifetimes(const att_connect_options *options, att_error *error)
{
    if (options->max_ttl_s < 0)
        return att_invalid(error, "max_ttl_s", "max_ttl_s is negative; give seconds, or 0 for what the backend has");
    if (options->default_ttl_s < 0)
        return att_invalid(error, "default_ttl_s",
                           "default_ttl_s is negative; give seconds, or 0 for what the backend has");
    if (options->max_ttl_s && options->default_ttl_s > options->max_ttl_s)
        return att_invalid(error, "default_ttl_s",
                           "default_ttl_s is longer than max_ttl_s: what is preset would not be allowed; make it "
                           "shorter");
    return ATT_OK;
}

/* Whether the URL is scheme, host and port alone. */
static bool is_origin(const char *url)
{
    const char *authority = strstr(url, "://");

    return authority && !strpbrk(authority + 3, "/?#");
}

static att_status check_pages(const att_connect_options *options, att_error *error)
{
    if (options->origin && !(att_url_is_for_browsers(options->origin) && is_origin(options->origin)))
        return att_invalid(error, "origin",
                           "the origin is refused: it is no https://HOST or http:// on this machine; write it as in "
                           "https://app.example");
    if (options->return_url && !att_url_is_for_browsers(options->return_url))
        return att_invalid(error, "return_url",
                           "the return URL is refused: a browser may be sent to https, or to http on this machine; "
                           "write it as in https://app.example/done");
    return ATT_OK;
}

static att_status check_scopes(const att_connect_options *options, att_error *error)
{
    const att_pair *scopes = options->scopes;
    att_status status = ATT_OK;

    for (size_t i = 0; status == ATT_OK && scopes && scopes[i].name; i++) {
        const char *const *provider = options->providers;

        if (i == SCOPES)
            return att_invalid(error, "scopes", "the scopes are refused: there are more than %d; ask for fewer",
                               SCOPES);
        while (*provider && strcmp(*provider, scopes[i].name) != 0)
            provider++;
        if (!*provider)
            return att_invalid(error, "scopes",
                               "a scope is refused: it is of \"%.64s\", which is none of the providers; name it among "
                               "them, or leave the scope out",
                               scopes[i].name);
        if (!scopes[i].value)
            return att_invalid(error, "scopes", "a scope of \"%.64s\" is missing; give one, or leave it out",
                               scopes[i].name);
        status = att_caller_name_check("scopes", scopes[i].value, error);
    }
    return status;
}

static const char *names_of(struct att_granting *granting, const char *const *providers)
{
    struct att_buffer names;
    const char *text;

    att_buffer_open(&names, 4096);
    for (size_t i = 0; providers[i]; i++)
        att_buffer_format(&names, "%s%s", i ? ", " : "", providers[i]);
    text = att_buffer_ok(&names) ? att_pool_text(granting->errand.pool, names.data) : "several providers";
    att_buffer_close(&names);
    return text;
}

att_status att_connect_plan_make(struct att_granting *granting, const att_connect_options *options,
                                 struct att_connect_plan *plan)
{
    att_error *error = granting->errand.error;
    att_status status = check_providers(options, error);

    if (status == ATT_OK)
        status = check_lifetimes(options, error);
    if (status == ATT_OK)
        status = check_pages(options, error);
    if (status == ATT_OK)
        status = check_scopes(options, error);
    if (status == ATT_OK)
        status = att_caller_pairs_check("metadata", options->metadata, error);
    if (status != ATT_OK)
        return status;
    plan->wish = (struct att_connect_wish){.size = sizeof plan->wish,
                                           .providers = options->providers,
                                           .origin = options->origin,
                                           .return_url = options->return_url,
                                           .longest_s = options->max_ttl_s,
                                           .initial_s = options->default_ttl_s,
                                           .scopes = (const struct att_fact *)options->scopes,
                                           .metadata = (const struct att_fact *)options->metadata};
    plan->names = names_of(granting, options->providers);
    return plan->names ? ATT_OK : att_nomem(error);
}

/* ---- a session --------------------------------------------------------------------------------------------------- */

att_status att_connect_begin(struct att_granting *granting, const struct att_connect_plan *plan, int64_t deadline_ns,
                             struct att_connection *connection, const char *doing)
{
    const struct att_fetch who = att_granting_who(granting, deadline_ns);
    struct att_call_report report;
    att_result result = att_instance_connect(granting->errand.instance, &who, &plan->wish, connection, &report);

    return result == ATT_RESULT_OK ? ATT_OK : att_granting_fail(granting, result, &report, doing);
}

static att_status create(struct att_granting *granting, const struct att_connect_plan *plan,
                         att_connect_session_callback created, void *context)
{
    struct att_errand *errand = &granting->errand;
    struct att_connection connection = {.arena = NULL};
    const char *what = att_pool_format(errand->pool, "a session for %s", plan->names);
    const struct att_granting_matter matter = {
        .about = ATT_ABOUT_CHANGE, .doing = "open a session for a user", .providers = plan->wish.providers};
    att_status status = att_granting_decide(granting, &matter, what);

    if (status != ATT_OK)
        return status;
    status = att_connect_begin(granting, plan, att_errand_deadline(errand, granting->timeout_ms), &connection,
                               "the session could not be created");
    status = att_errand_record_result(errand, status, "a session was created");
    if (status == ATT_OK) {
        const att_connect_session session = {.size = sizeof session,
                                             .token = att_secret_bytes(connection.token),
                                             .url = att_secret_bytes(connection.url),
                                             .expires = connection.expires};
        created(context, &session);
    }
    att_connection_close(&connection);
    att_wipe_registers();
    return status;
}

att_status att_connect_session_create(att_client *client, const att_connect_options *options,
                                      att_connect_session_callback created, void *context, att_error *error)
{
    att_error unseen = ATT_ERROR_INIT, *told = error ? error : &unseen;
    struct att_granting granting;
    struct att_connect_plan plan;
    att_connect_options own;
    att_status status;

    att_options_copy(&own, sizeof own, options);
    status = att_granting_open(&granting, client, &ATT_GRANTING_OPTIONS("connect_session_created", own), told);
    if (status == ATT_OK && !created)
        status = att_invalid(told, "created", "the session has nowhere to go: created is NULL; give a callback");
    if (status == ATT_OK)
        status = att_connect_plan_make(&granting, &own, &plan);
    if (status == ATT_OK)
        status = att_granting_find(&granting, ATT_GRANTING_CONNECT, own.backend);
    if (status == ATT_OK)
        status = create(&granting, &plan, created, context);
    att_granting_close(&granting);
    att_error_clear(&unseen);
    return status;
}
