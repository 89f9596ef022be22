/* providers/managed_secrets/parts.c: the form in which the parts of a secret are sealed. */
#include "providers/managed_secrets/parts.h"

#include <string.h>

enum { FORM = 1, HEAD_SIZE = 2, SIZE_SIZE = 4 };

const char *managed_value_fault(const unsigned char *bytes, size_t size)
{
    if (!bytes || size == 0)
        return "is empty";
    if (size > MANAGED_VALUE_LIMIT)
        return "is longer than 64 KiB";
    if (memchr(bytes, '\r', size) || memchr(bytes, '\n', size))
        return "holds a line break";
    if (memchr(bytes, '\0', size))
        return "holds a NUL";
    return NULL;
}

bool managed_part_name_is_sound(const char *name, size_t size)
{
    if (size < 1 || size >= MANAGED_NAME_SIZE)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '_'))
            return false;
    return true;
}

static att_result check_part(struct managed_act *act, const char *secret, const struct att_named_secret *parts,
                             size_t index, size_t *total)
{
    const struct att_host *host = act->host;
    const char *name = parts[index].name, *fault;
    const unsigned char *view;
    size_t size = 0;

    if (!name || !managed_part_name_is_sound(name, strnlen(name, MANAGED_NAME_SIZE)))
        return managed_refuse(act, ATT_RESULT_DENIED,
                              "a part of the secret \"%.64s\" has a name that is not of a-z, 0-9 and _, up to 31 "
                              "characters; name it so",
                              secret);
    for (size_t i = 0; i < index; i++)
        if (strcmp(parts[i].name, name) == 0)
            return managed_refuse(act, ATT_RESULT_DENIED,
                                  "the part \"%s\" of the secret \"%.64s\" is given twice; give it once", name, secret);
    view = parts[index].value ? host->secret_borrow(parts[index].value, &size) : NULL;
    fault = managed_value_fault(view, size);
    if (view)
        host->secret_return(parts[index].value, view);
    *total += 1 + strlen(name) + SIZE_SIZE + size;
    if (fault)
        return managed_refuse(act, ATT_RESULT_DENIED,
                              "the part \"%s\" of the secret \"%.64s\" %s; give a value that can stand in a header",
                              name, secret, fault);
    return ATT_RESULT_OK;
}

static unsigned char *put_part(const struct att_host *host, unsigned char *at, const struct att_named_secret *part)
{
    size_t name_size = strlen(part->name), size = 0;
    const unsigned char *view = host->secret_borrow(part->value, &size);

    *at++ = (unsigned char)name_size;
    memcpy(at, part->name, name_size);
    at += name_size;
    for (int i = 0; i < SIZE_SIZE; i++)
        *at++ = (unsigned char)(size >> (8 * i));
    memcpy(at, view, size);
    host->secret_return(part->value, view);
    return at + size;
}

struct att_secret *managed_parts_join(struct managed_act *act, const char *secret, const struct att_named_secret *parts,
                                      size_t count, att_result *result)
{
    const struct att_host *host = act->host;
    struct att_secret *joined;
    size_t total = HEAD_SIZE, room = 0;
    unsigned char *at;

    *result = ATT_RESULT_OK;
    if (count < 1 || count > MANAGED_PARTS)
        *result = managed_refuse(act, ATT_RESULT_DENIED, "the secret \"%.64s\" has %zu parts; give it 1 to %d", secret,
                                 count, MANAGED_PARTS);
    for (size_t i = 0; i < count && *result == ATT_RESULT_OK; i++)
        *result = check_part(act, secret, parts, i, &total);
    if (*result != ATT_RESULT_OK)
        return NULL;
    joined = total <= (size_t)1 << 20 ? host->secret_create(host, total) : NULL;
    at = joined ? host->secret_room(joined, &room) : NULL;
    if (!at || room < total) {
        host->secret_destroy(joined);
        *result = managed_nomem(act);
        return NULL;
    }
    *at++ = FORM;
    *at++ = (unsigned char)count;
    for (size_t i = 0; i < count; i++)
        at = put_part(host, at, &parts[i]);
    host->secret_took(joined, total);
    return joined;
}

static bool split_one(const unsigned char **at, size_t *left, struct managed_part *part)
{
    size_t name_size = *left ? **at : 0;

    if (*left < 1 + name_size + SIZE_SIZE || !managed_part_name_is_sound((const char *)*at + 1, name_size))
        return false;
    memcpy(part->name, *at + 1, name_size);
    part->name[name_size] = '\0';
    *at += 1 + name_size;
    *left -= 1 + name_size;
    part->size = (size_t)(*at)[0] | (size_t)(*at)[1] << 8 | (size_t)(*at)[2] << 16 | (size_t)(*at)[3] << 24;
    *at += SIZE_SIZE;
    *left -= SIZE_SIZE;
    if (part->size > *left || managed_value_fault(*at, part->size))
        return false;
    part->value = *at;
    *at += part->size;
    *left -= part->size;
    return true;
}

bool managed_parts_split(const unsigned char *bytes, size_t size, struct managed_part *parts, size_t *count)
{
    const unsigned char *at = bytes + HEAD_SIZE;
    size_t left = size - HEAD_SIZE;

    if (size < HEAD_SIZE || bytes[0] != FORM || bytes[1] < 1 || bytes[1] > MANAGED_PARTS)
        return false;
    *count = bytes[1];
    for (size_t i = 0; i < *count; i++) {
        if (!split_one(&at, &left, &parts[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(parts[j].name, parts[i].name) == 0)
                return false;
    }
    return left == 0;
}
