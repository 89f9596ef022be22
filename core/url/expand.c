/* core/url/expand.c: filling {name} templates and adding query parameters. */
#include <string.h>

#include "core/url/url.h"

enum { EXPANDED_LIMIT = 65536 };

static const att_pair *find(const att_pair *pairs, const char *name, size_t size)
{
    for (; pairs && pairs->name; pairs++)
        if (strlen(pairs->name) == size && memcmp(pairs->name, name, size) == 0)
            return pairs;
    return NULL;
}

/* Every parameter must have its place: one without is a mistake that would send a wrong URL. */
static const char *unused(const char *template, const att_pair *pairs)
{
    for (; pairs && pairs->name; pairs++) {
        size_t size = strlen(pairs->name);
        const char *at = template;
        while ((at = strchr(at, '{')) && (strncmp(at + 1, pairs->name, size) != 0 || at[size + 1] != '}'))
            at++;
        if (!at)
            return pairs->name;
    }
    return NULL;
}

static att_status fill(struct att_buffer *buffer, const char *template, const att_pair *params, att_error *error)
{
    const char *scheme_end = strstr(template, "://");
    const char *path = scheme_end ? scheme_end + 3 + strcspn(scheme_end + 3, "/?") : template;
    const char *at = template, *brace;

    while ((brace = strchr(at, '{'))) {
        const char *end = strchr(brace, '}');
        const att_pair *param = end ? find(params, brace + 1, (size_t)(end - brace - 1)) : NULL;
        char name[65] = "";

        if (end && (size_t)(end - brace) <= sizeof name)
            memcpy(name, brace + 1, (size_t)(end - brace - 1));
        if (brace < path)
            return att_invalid(error, "url",
                               "the URL is refused: {%s} stands before the path; a template may not choose "
                               "the host",
                               name);
        if (!param || !param->value)
            return att_invalid(error, "path_params",
                               "the URL has {%s}, and no path parameter of that name was given; give "
                               "it, or encode the brace as %%7B",
                               name);
        att_buffer_add(buffer, at, (size_t)(brace - at));
        att_url_encode(buffer, param->value, strlen(param->value));
        at = end + 1;
    }
    att_buffer_text(buffer, at);
    return ATT_OK;
}

static void add_query(struct att_buffer *buffer, const att_pair *params)
{
    for (; params && params->name; params++) {
        const char *query = strchr(buffer->data, '?');
        if (!query)
            att_buffer_char(buffer, '?');
        else if (query[1] && buffer->data[buffer->size - 1] != '&')
            att_buffer_char(buffer, '&');
        att_url_encode(buffer, params->name, strlen(params->name));
        att_buffer_char(buffer, '=');
        att_url_encode(buffer, params->value ? params->value : "", params->value ? strlen(params->value) : 0);
        if (!att_buffer_ok(buffer))
            return;
    }
}

att_status att_url_expand(struct att_pool *pool, const char *template, const att_pair *path_params,
                          const att_pair *query_params, const char **text, att_error *error)
{
    struct att_buffer buffer;
    const char *stray = unused(template, path_params);
    att_status status;

    if (stray)
        return att_invalid(error, "path_params",
                           "path parameter \"%s\" has no {name} in the URL; remove it, or put it "
                           "there",
                           stray);
    if (!strchr(template, '{') && !(query_params && query_params->name)) {
        *text = template;
        return ATT_OK;
    }
    att_buffer_open(&buffer, EXPANDED_LIMIT);
    status = fill(&buffer, template, path_params, error);
    if (status == ATT_OK && att_buffer_ok(&buffer)) {
        if (query_params && query_params->name && strchr(buffer.data, '#'))
            status =
                att_invalid(error, "url", "the URL is refused: it has a fragment; leave out \"#\" and what follows");
        else
            add_query(&buffer, query_params);
    }
    if (buffer.starved)
        status = att_nomem(error);
    else if (status == ATT_OK && !att_buffer_ok(&buffer))
        status = att_invalid(error, "url",
                             "the URL is refused: with its parameters it is longer than 65536 bytes; send "
                             "large data in the body");
    if (status == ATT_OK) {
        *text = att_pool_text_size(pool, buffer.data, buffer.size);
        if (!*text)
            status = att_nomem(error);
    }
    att_buffer_close(&buffer);
    return status;
}
