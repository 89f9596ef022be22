/* core/config/value.c: finding a member of a group. */
#include <string.h>

#include "core/config/value.h"

const struct att_value *att_value_member(const struct att_value *group, const char *name)
{
    if (!group || group->type != ATT_VALUE_GROUP)
        return NULL;
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->items[i]->name, name) == 0)
            return group->items[i];
    return NULL;
}

struct att_value *att_value_copy(struct att_pool *pool, const struct att_value *value)
{
    struct att_value *copy = att_pool_take(pool, sizeof *copy);

    if (!copy)
        return NULL;
    *copy = *value;
    copy->name = att_pool_text(pool, value->name);
    copy->text = att_pool_text(pool, value->text);
    copy->place.file = att_pool_text(pool, value->place.file);
    copy->items = att_pool_take(pool, (value->count + 1) * sizeof *copy->items);
    if (!copy->items || (value->name && !copy->name) || (value->text && !copy->text) ||
        (value->place.file && !copy->place.file))
        return NULL;
    for (size_t i = 0; i < value->count; i++) {
        copy->items[i] = att_value_copy(pool, value->items[i]);
        if (!copy->items[i])
            return NULL;
    }
    return copy;
}
