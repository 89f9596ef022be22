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

static void add_missing_scopes(struct att_run *run, const char *text)
{
    const char *scopes[SCOPES + 1] = {NULL};
    size_t count = 0;

    while (text && *text && count < SCOPES) {
        size_t size;
        text += strspn(text, " ");
        size = strcspn(text, " ");
        if (size)
            scopes[count++] = att_pool_text_size(run->pool, text, size);
        text += size;
    }
    if (count && ATT_ERROR_KNOWS(run->error, missing_scopes))
        run->error->missing_scopes = att_error_keep_list(run->error, scopes);
}

bool att_challenge_wants_scope(struct att_pool *pool, const char *challenge)
{
    const char *code = challenge_parameter(pool, challenge, "error");

    return code && strcmp(code, "insufficient_scope") == 0;
}

/* The challenge of the answer that asks for other scopes, or NULL. */
static const char *scope_challenge(const struct att_run *run)
{
    for (const att_pair *header = att_response_headers(run->response); header->name; header++)
        if (strcasecmp(header->name, "www-authenticate") == 0 && att_challenge_wants_scope(run->pool, header->value))
            return header->value;
    return NULL;
}

/* Whether the answer is to a credential of which its backend knows that its scopes do not suffice. */
static bool scopes_are_outdated(const struct att_run *run)
{
    for (size_t i = 0; run->carried && i < run->credential_count; i++)
        if (run->credentials[i].loan.credential->scopes_outdated)
            return true;
    return false;
}

static att_status map_scope(struct att_run *run, const char *challenge)
{
    const char *scope = challenge ? challenge_parameter(run->pool, challenge, "scope") : NULL;

    att_fail(run->error, ATT_SCOPE, "%s wants scopes that %s \"%s\" does not have%s%s; connect again with them",
             run->url->origin, att_run_kind(run), att_run_grant(run), scope ? ": " : "", scope ? scope : "");
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_NUMBER(run->error, http_status, run->response->status);
    add_missing_scopes(run, scope);
    return ATT_SCOPE;
}

att_status att_run_map(struct att_run *run)
{
    struct att_response *response = run->response;
    int status = response->status;
    const char *challenge = status == 401 || status == 403 ? scope_challenge(run) : NULL;

    response->retries = run->retries;
    att_response_read_retry_after(response, att_clock_wall_us());
    if (status < 400)
        return ATT_OK;
    if (challenge || (status == 403 && scopes_are_outdated(run)))
        return map_scope(run, challenge);
    att_fail(run->error, ATT_UPSTREAM, "%s answered %d to %s %s; see its response", run->url->origin, status,
             run->method, run->url->path);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_NUMBER(run->error, http_status, status);
    if (response->retry_after_ms >= 0)
        ATT_ERROR_NUMBER(run->error, retry_after_ms, response->retry_after_ms);
    return ATT_UPSTREAM;
}
