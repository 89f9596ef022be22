/* core/config/read_binding.c: what grants and stacks have in common: origins and inject. */
#include <stdio.h>
#include <string.h>

#include "core/config/reader.h"

enum { INJECT_LIMIT = 8, INJECT_NAME_LIMIT = 127, INJECT_FORMAT_LIMIT = 255 };

static void read_origins(struct att_reader *reader, const struct att_value *value, const char *what,
                         struct att_config_binding *binding)
{
    bool list = value->type == ATT_VALUE_LIST;
    size_t count = list ? value->count : 1;

    binding->origins = att_read_array(reader, count, sizeof *binding->origins);
    for (size_t i = 0; binding->origins && i < count; i++) {
        const struct att_value *item = list ? value->items[i] : value;

        if (item->type == ATT_VALUE_TEXT && *item->text)
            binding->origins[binding->origin_count++] = (struct att_config_origin){item->text, item->place};
        else
            ATT_REFUSE(reader, item->place,
                       "\"origins\" in %s must be a list of texts such as [ \"https://api.example.com\" ]", what);
    }
}

struct inject {
    const char *header, *query, *cookie, *format;
    int basic; /* which of inject_kinds; -1: none */
};

static const char *const inject_kinds[] = {"basic", NULL};

static const struct att_key inject_keys[] = {
    {"header", ATT_KEY_TEXT, 0, offsetof(struct inject, header), 0, INJECT_NAME_LIMIT, NULL, NULL},
    {"query", ATT_KEY_TEXT, 0, offsetof(struct inject, query), 0, INJECT_NAME_LIMIT, NULL, NULL},
    {"cookie", ATT_KEY_TEXT, 0, offsetof(struct inject, cookie), 0, INJECT_NAME_LIMIT, NULL, NULL},
    {"kind", ATT_KEY_CHOICE, 0, offsetof(struct inject, basic), 0, 0, NULL, inject_kinds},
    {"format", ATT_KEY_TEXT, 0, offsetof(struct inject, format), 0, INJECT_FORMAT_LIMIT, NULL, NULL},
};

/* Text around at least one {part}; a brace has no other use. */
static bool is_format(const char *format)
{
    bool found = false;

    for (const char *at = format; *at; at++) {
        size_t size;

        if (*at == '}')
            return false;
        if (*at != '{')
            continue;
        size = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (size == 0 || size > 31 || at[1 + size] != '}')
            return false;
        at += 1 + size;
        found = true;
    }
    return found && att_text_is_field_value(format, strlen(format));
}

static const char *const inject_nouns[] = {[ATT_INJECT_HEADER] = "header",
                                           [ATT_INJECT_BASIC] = "user",
                                           [ATT_INJECT_QUERY] = "query parameter",
                                           [ATT_INJECT_COOKIE] = "cookie"};

static bool check_name(struct att_reader *reader, const struct att_config_inject *inject, const char *what)
{
    if (inject->kind == ATT_INJECT_BASIC)
        return true;
    if (inject->kind == ATT_INJECT_QUERY ? att_text_has_control(inject->name) : !att_text_is_token(inject->name)) {
        ATT_REFUSE(reader, inject->place, "the name of the %s in %s must be made of letters, digits and hyphens",
                   inject_nouns[inject->kind], what);
        return false;
    }
    if (inject->kind == ATT_INJECT_HEADER && !att_header_takes_credential(inject->name)) {
        ATT_REFUSE(reader, inject->place,
                   "header \"%s\" in %s belongs to the %s and cannot carry a credential: name another", inject->name,
                   what, att_header_is_connections(inject->name) ? "connection" : "body");
        return false;
    }
    return true;
}

static bool read_inject(struct att_reader *reader, const struct att_value *group, const char *what,
                        struct att_config_inject *inject)
{
    struct inject keys = {.basic = -1};
    size_t errors = reader->findings->errors;
    int kinds;

    *inject = (struct att_config_inject){.place = group->place};
    att_read_keys(reader, group, what, inject_keys, ATT_COUNT(inject_keys), &keys);
    if (reader->findings->errors != errors)
        return false;
    kinds = (keys.header != NULL) + (keys.query != NULL) + (keys.cookie != NULL) + (keys.basic == 0);
    if (kinds != 1) {
        ATT_REFUSE(reader, group->place,
                   "%s must say one place for the credential: header = NAME, query = NAME, cookie = NAME or kind = "
                   "\"basic\"; for several places write a list of groups",
                   what);
        return false;
    }
    if (keys.basic == 0 && keys.format) {
        ATT_REFUSE(reader, group->place, "\"format\" in %s has no use with kind = \"basic\": remove it", what);
        return false;
    }
    inject->kind = keys.header  ? ATT_INJECT_HEADER
                   : keys.query ? ATT_INJECT_QUERY
                                : (keys.cookie ? ATT_INJECT_COOKIE : ATT_INJECT_BASIC);
    inject->name = keys.header ? keys.header : (keys.query ? keys.query : keys.cookie);
    inject->format = keys.format ? keys.format : "{token}";
    if (!is_format(inject->format)) {
        ATT_REFUSE(
            reader, group->place,
            "\"format\" in %s must be text around a part of the credential in braces, such as \"Bearer {token}\"",
            what);
        return false;
    }
    return check_name(reader, inject, what);
}

/* Two credentials in one place would be one too many. */
static bool is_taken(const struct att_config_binding *binding, const struct att_config_inject *inject)
{
    bool nocase = inject->kind == ATT_INJECT_HEADER;

    for (size_t i = 0; i < binding->inject_count; i++) {
        const struct att_config_inject *other = &binding->injects[i];

        if (other->kind == inject->kind &&
            (nocase ? att_text_equal_nocase(other->name, inject->name) : att_text_equal(other->name, inject->name)))
            return true;
    }
    return false;
}

static void read_injects(struct att_reader *reader, const struct att_value *value, const char *what,
                         struct att_config_binding *binding)
{
    bool list = value->type == ATT_VALUE_LIST;
    size_t count = list ? value->count : 1;

    if (count > INJECT_LIMIT) {
        ATT_REFUSE(reader, value->place, "%s has more than %d places: leave some out", what, INJECT_LIMIT);
        return;
    }
    binding->injects = att_read_array(reader, count, sizeof *binding->injects);
    for (size_t i = 0; binding->injects && i < count; i++) {
        const struct att_value *item = list ? value->items[i] : value;
        struct att_config_inject inject;

        if (item->type != ATT_VALUE_GROUP)
            ATT_REFUSE(reader, item->place, "%s must be a group, or a list of groups: { header = NAME; }", what);
        else if (!read_inject(reader, item, what, &inject))
            continue;
        else if (is_taken(binding, &inject))
            ATT_REFUSE(reader, item->place, "%s places the credential twice in one place: remove one of the two", what);
        else
            binding->injects[binding->inject_count++] = inject;
    }
}

void att_read_binding(struct att_reader *reader, const struct att_value *group, const char *what,
                      struct att_config_binding *binding)
{
    const struct att_value *origins = att_value_member(group, "origins");
    const struct att_value *inject = att_value_member(group, "inject");
    const char *title;

    if (origins)
        read_origins(reader, origins, what, binding);
    if (!inject)
        return;
    title = att_pool_format(reader->pool, "inject of %s", what);
    if (title)
        read_injects(reader, inject, title, binding);
    else
        reader->findings->failed = true;
}
