/* core/config/read_groups.c: groups, lists of groups and lists of texts, over all files. */
#include <string.h>

#include "core/config/reader.h"

void *att_read_array(struct att_reader *reader, size_t count, size_t size)
{
    void *array = att_pool_take(reader->pool, (count + 1) * size);

    if (!array)
        reader->findings->failed = true;
    return array;
}

const char *att_read_title(struct att_reader *reader, const char *noun, const struct att_value *group, size_t index)
{
    const struct att_value *name = att_value_member(group, "name");
    const char *title;

    if (name && name->type == ATT_VALUE_TEXT && att_name_valid(name->text, true))
        title = att_pool_format(reader->pool, "%s \"%s\"", noun, name->text);
    else
        title = att_pool_format(reader->pool, "%s %zu", noun, index + 1);
    if (!title)
        reader->findings->failed = true;
    return title ? title : noun;
}

const struct att_value *att_read_merged(struct att_reader *reader, const struct att_value *group, const char *name)
{
    struct att_value *merged = NULL;
    size_t count = 0;

    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->items[i]->name, name) == 0)
            count += group->items[i]->count;
    for (size_t i = 0; i < group->count; i++) {
        const struct att_value *part = group->items[i];

        if (strcmp(part->name, name) != 0)
            continue;
        if (part->type != ATT_VALUE_GROUP) {
            ATT_REFUSE(reader, part->place, "\"%s\" must be a group: %s = { ... };", name, name);
            continue;
        }
        if (!merged) {
            merged = att_read_array(reader, 1, sizeof *merged);
            if (!merged)
                return NULL;
            *merged = *part;
            merged->count = 0;
            merged->items = att_read_array(reader, count, sizeof(struct att_value *));
            if (!merged->items)
                return NULL;
        }
        if (part->count)
            memcpy(merged->items + merged->count, part->items, part->count * sizeof *part->items);
        merged->count += part->count;
    }
    return merged;
}

static void gather(struct att_reader *reader, const struct att_value *list, const char *what, struct att_groups *groups)
{
    if (list->type != ATT_VALUE_LIST) {
        ATT_REFUSE(reader, list->place, "%s must be a list of groups in round brackets: %s = ( { ... }, { ... } );",
                   what, list->name);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->type == ATT_VALUE_GROUP)
            groups->list[groups->count++] = list->items[i];
        else
            ATT_REFUSE(reader, list->items[i]->place, "entry %zu of %s must be a group: { ... }", i + 1, what);
    }
}

struct att_groups att_read_groups(struct att_reader *reader, const struct att_value *group, const char *name,
                                  const char *what)
{
    struct att_groups groups = {.count = 0};
    size_t count = 0;

    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->items[i]->name, name) == 0)
            count += group->items[i]->count;
    groups.list = att_read_array(reader, count, sizeof *groups.list);
    if (!groups.list)
        return groups;
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->items[i]->name, name) == 0)
            gather(reader, group->items[i], what, &groups);
    return groups;
}

static bool check_text(struct att_reader *reader, const struct att_value *value, const char *name, const char *what)
{
    if (value->type == ATT_VALUE_TEXT && *value->text)
        return true;
    ATT_REFUSE(reader, value->place, "\"%s\" in %s must be a text or a list of texts, none of them empty", name, what);
    return false;
}

const char **att_read_texts(struct att_reader *reader, const struct att_value *value, const char *what)
{
    bool list = value->type == ATT_VALUE_LIST;
    size_t count = list ? value->count : 1;
    const char **texts = att_read_array(reader, count, sizeof *texts);
    bool sound = texts != NULL;

    for (size_t i = 0; texts && i < count; i++) {
        const struct att_value *item = list ? value->items[i] : value;

        if (check_text(reader, item, value->name, what))
            texts[i] = item->text;
        else
            sound = false;
    }
    if (sound && count == 0) {
        ATT_REFUSE(reader, value->place,
                   "\"%s\" in %s is an empty list, which nothing matches: name something, or leave it out", value->name,
                   what);
        sound = false;
    }
    return sound ? texts : NULL;
}
