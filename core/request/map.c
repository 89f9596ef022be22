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

/* RFC 6750 section 3.1 */
static att_status map_scope(struct att_run *run, const char *challenge)
{
    const char *scope = challenge_parameter(run->pool, challenge, "scope");

    att_fail(run->error, ATT_SCOPE, "%s wants scopes that grant \"%s\" does not have%s%s; connect again with them",
             run->url->origin, att_run_grant(run), scope ? ": " : "", scope ? scope : "");
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_NUMBER(run->error, http_status, 403);
    add_missing_scopes(run, scope);
    return ATT_SCOPE;
}

att_status att_run_map(struct att_run *run)
{
    struct att_response *response = run->response;
    const char *challenge = att_response_header(response, "www-authenticate");
    const char *code = challenge ? challenge_parameter(run->pool, challenge, "error") : NULL;

    response->retries = run->retries;
    att_response_read_retry_after(response, att_clock_wall_us());
    if (response->status < 400)
        return ATT_OK;
    if (response->status == 403 && code && strcmp(code, "insufficient_scope") == 0)
        return map_scope(run, challenge);
    att_fail(run->error, ATT_UPSTREAM, "%s answered %d to %s %s; see its response", run->url->origin, response->status,
             run->method, run->url->path);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_NUMBER(run->error, http_status, response->status);
    if (response->retry_after_ms >= 0)
        ATT_ERROR_NUMBER(run->error, retry_after_ms, response->retry_after_ms);
    return ATT_UPSTREAM;
}
