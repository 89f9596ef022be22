/* core/request/response.c: the upstream's answer. */
#include "core/request/response.h"

#include <stdlib.h>
#include <string.h>

struct att_response *att_response_create(const char *request_id, size_t body_limit)
{
    struct att_response *response = calloc(1, sizeof *response);

    if (!response)
        return NULL;
    att_buffer_open(&response->body, body_limit);
    att_buffer_open(&response->passed, body_limit);
    response->retry_after_ms = -1;
    response->pool = att_pool_create();
    response->request_id = response->pool ? att_pool_text(response->pool, request_id) : NULL;
    if (!response->request_id)
        att_response_free(&response);
    return response;
}

void att_response_restart(struct att_response *response)
{
    response->status = 0;
    response->header_count = 0;
    if (response->headers)
        response->headers[0] = (att_pair){NULL, NULL};
    att_buffer_clear(&response->body);
    att_buffer_clear(&response->passed);
    response->retry_after_ms = -1;
}

char *att_response_add_header(struct att_response *response, const char *name, size_t name_size, const char *value,
                              size_t value_size)
{
    char *name_copy = att_pool_text_size(response->pool, name, name_size);
    char *value_copy = att_pool_text_size(response->pool, value, value_size);
    att_pair *headers;

    if (!name_copy || !value_copy)
        return NULL;
    /* One for the end of the list. */
    headers = att_pool_room(response->pool, response->headers, response->header_count + 1, &response->header_capacity,
                            sizeof *headers);
    if (!headers)
        return NULL;
    response->headers = headers;
    response->headers[response->header_count++] = (att_pair){name_copy, value_copy};
    response->headers[response->header_count] = (att_pair){NULL, NULL};
    return value_copy;
}

void att_response_read_retry_after(struct att_response *response, int64_t now_us)
{
    const char *text = att_response_header(response, "retry-after");

    if (text)
        response->retry_after_ms = att_retry_after_ms(text, now_us);
}

int att_response_status(const att_response *response)
{
    return response ? response->status : 0;
}

const char *att_response_header(const att_response *response, const char *name)
{
    for (size_t i = 0; response && i < response->header_count; i++)
        if (att_text_equal_nocase(response->headers[i].name, name))
            return response->headers[i].value;
    return NULL;
}

const att_pair *att_response_headers(const att_response *response)
{
    static const att_pair none[] = {{NULL, NULL}};

    return response && response->headers ? response->headers : none;
}

const void *att_response_body(const att_response *response, size_t *size)
{
    if (size)
        *size = response ? response->body.size : 0;
    return response && response->body.data ? response->body.data : "";
}

const char *att_response_request_id(const att_response *response)
{
    return response ? response->request_id : "";
}

int att_response_retries(const att_response *response)
{
    return response ? response->retries : 0;
}

int64_t att_response_retry_after_ms(const att_response *response)
{
    return response ? response->retry_after_ms : -1;
}

void att_response_free(att_response **response)
{
    if (!response || !*response)
        return;
    att_buffer_close(&(*response)->body);
    att_buffer_close(&(*response)->passed);
    att_pool_destroy((*response)->pool);
    free(*response);
    *response = NULL;
}
