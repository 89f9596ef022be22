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
