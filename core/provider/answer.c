/* core/provider/answer.c: what modules hand on of an upstream's answer that their backend had. */
#include <string.h>

#include "core/provider/instance.h"

enum { HEADERS_AT_MOST = 256, HEADER_BYTES_AT_MOST = 65536, BODY_AT_MOST = 64 << 20 };

void att_answer_close(struct att_answer *answer)
{
    att_pool_destroy(answer->pool);
    *answer = (struct att_answer){.pool = NULL};
}

static bool has_pool(struct att_answer *answer)
{
    if (!answer->pool)
        answer->pool = att_pool_create();
    answer->starved = answer->starved || !answer->pool;
    return !answer->starved;
}

int att_answer_set_status(struct att_answer *answer, int32_t status)
{
    if (!answer)
        return 0;
    if (status < 200 || status > 599)
        answer->trouble = "its module gave an answer whose status is none: 200 to 599";
    else
        answer->status = status;
    return !answer->trouble;
}

int att_answer_add_header(struct att_answer *answer, const char *name, const char *value)
{
    size_t size = name && value ? strlen(name) + strlen(value) : 0;
    att_pair *list;

    if (!answer || !size || !att_text_is_token(name) || !att_text_is_field_value(value, strlen(value)) ||
        answer->header_count == HEADERS_AT_MOST || size > HEADER_BYTES_AT_MOST - answer->header_bytes ||
        !has_pool(answer))
        return 0;
    list = att_pool_room(answer->pool, answer->headers, answer->header_count, &answer->header_capacity, sizeof *list);
    if (list) {
        answer->headers = list;
        list += answer->header_count;
        *list = (att_pair){att_pool_text(answer->pool, name), att_pool_text(answer->pool, value)};
    }
    answer->starved = !list || !list->name || !list->value;
    answer->header_count += !answer->starved;
    answer->header_bytes += size;
    return !answer->starved;
}

int att_answer_set_body(struct att_answer *answer, const void *bytes, size_t size, int cut)
{
    if (!answer || (size && !bytes))
        return 0;
    if (answer->body)
        answer->trouble = "its module gave the body of an answer twice";
    else if (size > BODY_AT_MOST)
        answer->trouble = "its module gave an answer whose body has more than 64 MiB";
    if (answer->trouble || !has_pool(answer))
        return 0;
    answer->body = att_pool_text_size(answer->pool, bytes, size);
    answer->body_size = size;
    answer->cut = cut != 0;
    answer->starved = !answer->body;
    return !answer->starved;
}
