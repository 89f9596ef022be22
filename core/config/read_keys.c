/* core/config/read_keys.c: the one reader of scalar keys, driven by tables. */
#include <string.h>

#include "core/config/reader.h"

enum { TEXT_LIMIT = 4096, NAME_LIMIT = 63 };

bool att_name_valid(const char *text, bool grant)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char inner[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    static const char grant_inner[] = "abcdefghijklmnopqrstuvwxyz0123456789._-ABCDEFGHIJKLMNOPQRSTUVWXYZ/";
    size_t size = strlen(text);

    return size && size <= NAME_LIMIT && strchr(grant ? first : small, *text) &&
           strspn(text, grant ? grant_inner : inner) == size;
}

static void refuse_key(struct att_reader *reader, const struct att_value *value, const char *what, const char *expected)
{
    ATT_REFUSE(reader, value->place, "\"%s\" in %s must be %s", value->name, what, expected);
}

static const char *expectation(struct att_reader *reader, const struct att_key *key)
{
    const char *text = NULL;

    switch (key->type) {
    case ATT_KEY_NAME:
        return "a name of 1 to 63 small letters, digits, dots, underscores and hyphens that begins with a letter or a "
               "digit";
    case ATT_KEY_GRANT_NAME:
        return "a name of 1 to 63 letters, digits, dots, underscores, hyphens and slashes that begins with a letter or "
               "a "
               "digit";
    case ATT_KEY_PATH:
        return "an absolute path in quotes, such as \"/var/lib/attache\"";
    case ATT_KEY_HASH:
        return "64 hexadecimal digits in quotes, as sha256sum prints them";
    case ATT_KEY_BOOLEAN:
        return "true or false, without quotes";
    case ATT_KEY_GROUP:
        return "a group: { ... }";
    case ATT_KEY_INTEGER:
        text = att_pool_format(reader->pool, "a number from %s, without quotes", key->range);
        break;
    case ATT_KEY_DURATION:
        text = att_pool_format(reader->pool, "a duration from %s in quotes with its unit, such as \"30s\"", key->range);
        break;
    case ATT_KEY_SIZE:
        text = att_pool_format(reader->pool, "a size from %s in quotes, such as \"64MiB\"", key->range);
        break;
    default:
        text = att_pool_format(reader->pool, "a text of 1 to %d bytes in quotes",
                               key->maximum ? (int)key->maximum : TEXT_LIMIT);
        break;
    }
    return text ? text : "another value";
}

static bool read_choice(struct att_reader *reader, const struct att_key *key, const struct att_value *value,
                        const char *what, int *target)
{
    struct att_buffer list;

    for (int i = 0; value->type == ATT_VALUE_TEXT && key->choices[i]; i++) {
        if (strcmp(value->text, key->choices[i]) == 0) {
            *target = i;
            return true;
        }
    }
    att_buffer_open(&list, 1024);
    att_buffer_text(&list, "one of ");
    for (int i = 0; key->choices[i]; i++)
        att_buffer_format(&list, "%s\"%s\"", i ? ", " : "", key->choices[i]);
    refuse_key(reader, value, what, list.data ? list.data : "another value");
    att_buffer_close(&list);
    return false;
}

static const char *lower_hash(struct att_reader *reader, const char *text)
{
    char *copy =
        strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64 ? att_pool_text(reader->pool, text) : NULL;

    for (char *at = copy; at && *at; at++)
        if (*at >= 'A' && *at <= 'F')
            *at = (char)(*at + 32);
    return copy;
}

/* The text where it fits the type, else NULL. */
static const char *accepted_text(struct att_reader *reader, const struct att_key *key, const char *text)
{
    size_t limit = key->maximum ? (size_t)key->maximum : TEXT_LIMIT;

    switch (key->type) {
    case ATT_KEY_NAME:
        return att_name_valid(text, false) ? text : NULL;
    case ATT_KEY_GRANT_NAME:
        return att_name_valid(text, true) ? text : NULL;
    case ATT_KEY_PATH:
        return *text == '/' && strlen(text) <= limit ? text : NULL;
    case ATT_KEY_HASH:
        return lower_hash(reader, text);
    default:
        return *text && strlen(text) <= limit ? text : NULL;
    }
}

/* A number of any kind, in the range of its key. */
static bool accepted_number(const struct att_key *key, const struct att_value *value, int64_t *number)
{
    bool read = false;

    if (key->type == ATT_KEY_INTEGER && value->type == ATT_VALUE_INTEGER) {
        *number = value->integer;
        read = true;
    } else if (key->type == ATT_KEY_DURATION && value->type == ATT_VALUE_TEXT) {
        read = att_duration_parse(value->text, number);
    } else if (key->type == ATT_KEY_SIZE && value->type == ATT_VALUE_TEXT) {
        read = att_size_parse(value->text, number);
    }
    return read && *number >= key->minimum && *number <= key->maximum;
}

/* Puts the value where it belongs; false when it is not what the type asks for. */
static bool store(struct att_reader *reader, const struct att_key *key, const struct att_value *value, void *place)
{
    int64_t number = 0;
    const char *text;

    switch (key->type) {
    case ATT_KEY_BOOLEAN:
        if (value->type != ATT_VALUE_BOOLEAN)
            return false;
        *(bool *)place = value->integer != 0;
        return true;
    case ATT_KEY_GROUP:
        if (value->type != ATT_VALUE_GROUP)
            return false;
        *(const struct att_value **)place = value;
        return true;
    case ATT_KEY_INTEGER:
    case ATT_KEY_DURATION:
    case ATT_KEY_SIZE:
        if (!accepted_number(key, value, &number))
            return false;
        if (key->type == ATT_KEY_INTEGER)
            *(int *)place = (int)number;
        else if (key->type == ATT_KEY_DURATION)
            *(int64_t *)place = number;
        else
            *(uint64_t *)place = (uint64_t)number;
        return true;
    default:
        text = value->type == ATT_VALUE_TEXT ? accepted_text(reader, key, value->text) : NULL;
        if (text)
            *(const char **)place = text;
        return text != NULL;
    }
}

static bool read_key(struct att_reader *reader, const struct att_key *key, const struct att_value *value,
                     const char *what, char *target)
{
    const char **texts;

    switch (key->type) {
    case ATT_KEY_OTHER:
        return true;
    case ATT_KEY_CHOICE:
        return read_choice(reader, key, value, what, (int *)(void *)(target + key->offset));
    case ATT_KEY_TEXTS:
        texts = att_read_texts(reader, value, what);
        if (texts)
            *(const char ***)(void *)(target + key->offset) = texts;
        return texts != NULL;
    default:
        if (store(reader, key, value, target + key->offset))
            return true;
        refuse_key(reader, value, what, expectation(reader, key));
        return false;
    }
}

static void refuse_unknown(struct att_reader *reader, const struct att_value *value, const char *what,
                           const struct att_key *keys, size_t count)
{
    struct att_nearest nearest = {.wanted = value->name};
    struct att_buffer list;

    for (size_t i = 0; i < count; i++)
        att_nearest_try(&nearest, keys[i].name);
    if (nearest.best) {
        ATT_REFUSE(reader, value->place, "key \"%s\" is not known in %s: did you mean \"%s\"?", value->name, what,
                   nearest.best);
        return;
    }
    att_buffer_open(&list, 4096);
    for (size_t i = 0; i < count; i++)
        att_buffer_format(&list, "%s%s", i ? ", " : "", keys[i].name);
    ATT_REFUSE(reader, value->place,
               "key \"%s\" is not known in %s: known are %s; a key of your own begins with \"x_\"", value->name, what,
               list.data ? list.data : "others");
    att_buffer_close(&list);
}

static const struct att_key *find_key(const struct att_key *keys, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

/* In a group that was merged from several files, members() of one key stand in the order of the files. */
static bool check_repeated(struct att_reader *reader, const struct att_value *group, const struct att_value *value,
                           const char *what)
{
    const struct att_value *first = att_value_member(group, value->name);

    if (first == value)
        return true;
    ATT_REFUSE(reader, value->place, "\"%s\" in %s is set twice: here and at %s:%d; remove one of the two", value->name,
               what, first->place.file, first->place.line);
    return false;
}

bool att_read_keys(struct att_reader *reader, const struct att_value *group, const char *what,
                   const struct att_key *keys, size_t count, void *target)
{
    bool complete = true;

    for (size_t i = 0; i < group->count; i++) {
        const struct att_value *value = group->items[i];
        const struct att_key *key = find_key(keys, count, value->name);

        if (!key && strncmp(value->name, "x_", 2) == 0)
            continue;
        if (!key)
            refuse_unknown(reader, value, what, keys, count);
        else if (!(key->flags & ATT_KEY_REPEATS) && !check_repeated(reader, group, value, what))
            continue;
        else if (!read_key(reader, key, value, what, target) && (key->flags & ATT_KEY_REQUIRED))
            complete = false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!(keys[i].flags & ATT_KEY_REQUIRED) || att_value_member(group, keys[i].name))
            continue;
        ATT_REFUSE(reader, group->place, "\"%s\" is missing in %s: write %s = ...;", keys[i].name, what, keys[i].name);
        complete = false;
    }
    return complete;
}
