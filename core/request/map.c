/* core/request/map.c: step 9: what the upstream's answer means for the caller. */
#include <string.h>
#include <strings.h>

#include "core/request/run.h"

enum { SCOPES = 32 };

/* The value of a parameter of a challenge (RFC 9110 section 11.6.1): quoted, or a token. From the pool, or NULL. */
static const char *challenge_parameter(struct att_pool *pool, const char *challenge, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = challenge; *at; at++) {
        const char *value;
        if (strncasecmp(at, name, size) != 0 || at[size] != '=' || (at > challenge && !strchr(" ,\t", at[-1])))
            continue;
        value = at + size + 1;
        return *value == '"' ? att_pool_text_size(pool, value + 1, strcspn(value + 1, "\""))
                             : att_pool_text_size(pool, value, strcspn(value, " ,\t"));
    }
    return NULL;
}

static void add_missing_scopes(struct att_pool *pool, const char *text, att_error *error)
{
    const char *scopes[SCOPES + 1] = {NULL};
    size_t count = 0;

    while (text && *text && count < SCOPES) {
        size_t size;
        text += strspn(text, " ");
        size = strcspn(text, " ");
        if (size)
            scopes[count++] = att_pool_text_size(pool, text, size);
        text += size;
    }
    if (count && ATT_ERROR_KNOWS(error, missing_scopes))
        error->missing_scopes = att_error_keep_list(error, scopes);
}

bool att_challenge_wants_scope(struct att_pool *pool, const char *challenge)
{
    const char *code = challenge_parameter(pool, challenge, "error");

    return code && strcmp(code, "insufficient_scope") == 0;
}

/* The challenge of the answer that asks for other scopes, or NULL. */
static const char *scope_challenge(const struct att_response *response)
{
    if (response->status != 401 && response->status != 403)
        return NULL;
    for (const att_pair *header = att_response_headers(response); header->name; header++)
        if (strcasecmp(header->name, "www-authenticate") == 0 &&
            att_challenge_wants_scope(response->pool, header->value))
            return header->value;
    return NULL;
}

static att_status map_scope(const struct att_response *response, const struct att_asked *asked, const char *challenge,
                            att_error *error)
{
    const char *scope = challenge ? challenge_parameter(response->pool, challenge, "scope") : NULL;
    const char *quote = asked->grant ? "\"" : "";

    att_fail(error, ATT_SCOPE, "%s wants scopes that %s%s%s%s%s does not have%s%s; connect again with them",
             asked->upstream, asked->kind, asked->grant ? " " : "", quote, asked->grant ? asked->grant : "", quote,
             scope ? ": " : "", scope ? scope : "");
    add_missing_scopes(response->pool, scope, error);
    return ATT_SCOPE;
}

att_status att_response_map(const struct att_response *response, const struct att_asked *asked, att_error *error)
{
    const char *challenge;
    att_status status = ATT_UPSTREAM;

    if (response->status < 400)
        return ATT_OK;
    challenge = scope_challenge(response);
    if (challenge || (response->status == 403 && asked->outdated))
        status = map_scope(response, asked, challenge, error);
    else
        att_fail(error, ATT_UPSTREAM, "%s answered %d to %s%s%s; see its response", asked->upstream, response->status,
                 asked->method, asked->path ? " " : "", asked->path ? asked->path : "");
    ATT_ERROR_TEXT(error, grant, asked->grant);
    ATT_ERROR_NUMBER(error, http_status, response->status);
    if (response->retry_after_ms >= 0)
        ATT_ERROR_NUMBER(error, retry_after_ms, response->retry_after_ms);
    return status;
}

/* Whether the answer is to a credential of which its backend knows that its scopes do not suffice. */
static bool scopes_are_outdated(const struct att_run *run)
{
    for (size_t i = 0; run->carried && i < run->credential_count; i++)
        if (run->credentials[i].loan.credential->scopes_outdated)
            return true;
    return false;
}

att_status att_run_map(struct att_run *run)
{
    const struct att_asked asked = {.upstream = run->url->origin,
                                    .method = run->method,
                                    .path = run->url->path,
                                    .kind = att_run_kind(run),
                                    .grant = att_run_grant(run),
                                    .outdated = scopes_are_outdated(run)};

    run->response->retries = run->retries;
    att_response_read_retry_after(run->response, att_clock_wall_us());
    return att_response_map(run->response, &asked, run->error);
}
