/* core/request/attach.c: step 7: where each credential goes, and that nothing of the caller's stands in its way. */
#include <string.h>

#include "core/request/run.h"

/* Where one credential goes. */
struct places {
    const struct att_config_inject *list;
    size_t count;
};

static bool is_signature(const struct att_config_inject *inject)
{
    return inject->kind == ATT_INJECT_SIGV4 || inject->kind == ATT_INJECT_HMAC;
}

/* What a module says is read at once, but for a signature, which is made whenever the request is sent. */
static att_status keep_asked(struct att_run *run, const struct att_placement *asked, struct places *places)
{
    struct att_placement *kept;

    *places = (struct places){asked->items, asked->count};
    for (size_t i = 0; i < asked->count; i++) {
        if (!is_signature(&asked->items[i]))
            continue;
        kept = att_pool_take(run->pool, sizeof *kept);
        if (!kept)
            return att_nomem(run->error);
        att_placement_copy(kept, asked);
        *places = (struct places){kept->items, kept->count};
        break;
    }
    return ATT_OK;
}

/* The word on placement that counts: of the grant or its stack, of the provider's entry, of the credential itself, of
 * the module, or else what the parts suggest. `asked` holds what the module says. */
static att_status find_places(struct att_run *run, size_t number, struct att_placement *asked, struct places *places)
{
    const struct att_binding *binding = &run->target.binding;
    const struct att_config_provider *entry = run->credentials[number].step->entry;
    struct att_instance *instance = run->credentials[number].instance;
    const struct att_credential *credential = run->credentials[number].loan.credential;

    if (binding->inject_count)
        *places = (struct places){binding->injects, binding->inject_count};
    else if (entry && entry->inject_count)
        *places = (struct places){entry->injects, entry->inject_count};
    else if (credential->placement && credential->placement->count)
        *places = (struct places){credential->placement->items, credential->placement->count};
    else if (att_instance_inject(instance, credential, asked) == ATT_RESULT_OK && asked->count)
        return keep_asked(run, asked, places);
    else {
        att_fail(run->error, ATT_MODULE,
                 "provider \"%s\" does not say where the credential of grant \"%s\" goes%s%s; state it with inject in "
                 "the grant or stack",
                 att_instance_name(instance), att_run_grant(run), asked->failed && asked->failure[0] ? ": " : "",
                 asked->failed ? asked->failure : "");
        ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
        ATT_ERROR_TEXT(run->error, module, att_instance_module(instance)->file);
        return ATT_MODULE;
    }
    return ATT_OK;
}

static att_status check_callers_headers(const struct att_run *run)
{
    const att_pair *headers = run->options.headers;

    for (; headers && headers->name; headers++)
        if (att_injection_occupies(&run->injection, headers->name))
            return att_invalid(run->error, "headers",
                               "the header %s is refused: the credential of grant \"%s\" goes there; "
                               "leave it out",
                               headers->name, att_run_grant(run));
    return ATT_OK;
}

static bool is_query(const struct att_config_inject *inject)
{
    return inject->kind == ATT_INJECT_QUERY || (inject->kind == ATT_INJECT_HMAC && inject->sign.in_query);
}

/* Which parameters of the query are the credentials', for att_run_follow. A module's own words live no longer than this
 * step. */
static att_status keep_query_name(struct att_run *run, const char *name)
{
    const char *copy = att_pool_text(run->pool, name);

    if (!copy)
        return att_nomem(run->error);
    if (run->query_name_count < ATT_COUNT(run->query_names))
        run->query_names[run->query_name_count++] = copy;
    return ATT_OK;
}

/* The caller may not set the credential's query parameter. Where a redirect repeats it, perhaps masked, the
 * credential's takes its place. */
static att_status clear_query(struct att_run *run, const struct places *places)
{
    att_status status = ATT_OK;

    for (size_t i = 0; status == ATT_OK && i < places->count; i++) {
        const char *name = places->list[i].name;
        if (!is_query(&places->list[i]))
            continue;
        status = keep_query_name(run, name);
        if (status != ATT_OK || !att_url_has_parameter(run->url->query, name))
            continue;
        if (run->response)
            status = att_url_without(run->pool, run->url, name, &run->url, run->error);
        else
            status = att_invalid(run->error, "query_params",
                                 "the query parameter %s is refused: the credential of grant \"%s\" goes there; "
                                 "leave it out",
                                 name, att_run_grant(run));
    }
    return status;
}

/* In a query servers disagree whether "+" is a plus sign or a blank, and what they read is what they verify. Policy
 * reads a plus, so that is spelled as it can be read in one way only. */
static att_status spell_plus(struct att_run *run, const struct places *places)
{
    const char *query = run->url->query;
    struct att_buffer text;
    att_status status;
    size_t i = 0;

    while (i < places->count && places->list[i].kind != ATT_INJECT_SIGV4)
        i++;
    if (i == places->count || !query || !strchr(query, '+'))
        return ATT_OK;
    att_buffer_open(&text, 3 * strlen(run->url->text) + 1);
    att_buffer_add(&text, run->url->text, strlen(run->url->text) - strlen(query));
    for (const char *at = query; *at; at++)
        att_buffer_add(&text, *at == '+' ? "%2B" : at, *at == '+' ? 3 : 1);
    status = att_buffer_ok(&text) ? att_url_parse(run->pool, text.data, &run->url, run->error) : att_nomem(run->error);
    att_buffer_close(&text);
    return status;
}

/* Where each credential goes, and a URL that has none of it before the first is placed: what is placed is built on it.
 */
static att_status find_all_places(struct att_run *run, struct att_placement *asked, struct places *places)
{
    att_status status = ATT_OK;

    run->query_name_count = 0;
    for (size_t i = 0; status == ATT_OK && i < run->credential_count; i++)
        status = find_places(run, i, &asked[i], &places[i]);
    for (size_t i = 0; status == ATT_OK && i < run->credential_count; i++)
        status = clear_query(run, &places[i]);
    for (size_t i = 0; status == ATT_OK && i < run->credential_count; i++)
        status = spell_plus(run, &places[i]);
    return status;
}

/* Whether the user name goes elsewhere than into Basic, or is the key of a signature. */
static bool place_user(const struct places *places)
{
    bool placed = false;

    for (size_t i = 0; i < places->count && !placed; i++) {
        const struct att_config_inject *inject = &places->list[i];
        placed = (inject->format && strstr(inject->format, "{username}")) ||
                 (inject->kind == ATT_INJECT_HMAC && att_text_equal(inject->sign.key, "username"));
    }
    return placed;
}

att_status att_run_inject(struct att_run *run)
{
    struct att_placement asked[ATT_RUN_CREDENTIALS];
    struct places places[ATT_RUN_CREDENTIALS];
    const struct att_config *config = att_snapshot_config(run->snapshot);
    struct att_outgoing outgoing = {.grant = att_run_grant(run),
                                    .method = run->method,
                                    .headers = run->options.headers,
                                    .body = run->body,
                                    .body_size = run->body_size,
                                    .content_type = run->content_type,
                                    .streamed = run->stream.wanted,
                                    .body_dropped = run->body_dropped};
    att_status status;

    att_injection_close(&run->injection);
    status = find_all_places(run, asked, places);
    outgoing.url = run->url;
    for (size_t i = 0; status == ATT_OK && i < run->credential_count; i++) {
        run->credentials[i].user_placed = place_user(&places[i]);
        status = att_inject(&run->injection, run->credentials[i].loan.credential, places[i].list, places[i].count,
                            &outgoing, run->error);
    }
    if (status == ATT_OK)
        status = check_callers_headers(run);
    /* What is recorded outlives the credential's use, so it is masked whatever the site says. */
    if (status == ATT_OK && (config->mask_secrets || config->record) && !att_run_cover(run))
        status = att_nomem(run->error);
    /* Before libcurl is loaded, which binds functions late. */
    att_wipe_registers();
    return status;
}
