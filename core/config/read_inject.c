/* core/config/read_inject.c: `inject`, the grammar of placements: in a grant, a stack, a provider's entry, and in what
 * a module says of its credential. */
#include <string.h>

#include "core/config/reader.h"

enum { NAME_LIMIT = 127, FORMAT_LIMIT = 255, TEXT_LIMIT = 4096 };

/* One group with its words as the table reads them. */
struct keys {
    const char *header, *query, *cookie, *format;
    int basic; /* which of kind_words; -1: none */
};

static const char *const kind_words[] = {"basic", NULL};

static const struct att_key inject_keys[] = {
    {"header", ATT_KEY_TEXT, 0, offsetof(struct keys, header), 0, NAME_LIMIT, NULL, NULL},
    {"query", ATT_KEY_TEXT, 0, offsetof(struct keys, query), 0, NAME_LIMIT, NULL, NULL},
    {"cookie", ATT_KEY_TEXT, 0, offsetof(struct keys, cookie), 0, NAME_LIMIT, NULL, NULL},
    {"kind", ATT_KEY_CHOICE, 0, offsetof(struct keys, basic), 0, 0, NULL, kind_words},
    {"format", ATT_KEY_TEXT, 0, offsetof(struct keys, format), 0, FORMAT_LIMIT, NULL, NULL},
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

static const char *const nouns[] = {[ATT_INJECT_HEADER] = "header",
                                    [ATT_INJECT_BASIC] = "user",
                                    [ATT_INJECT_QUERY] = "query parameter",
                                    [ATT_INJECT_COOKIE] = "cookie"};

static bool check_name(struct att_reader *reader, const struct att_config_inject *inject, const char *what)
{
    if (inject->kind == ATT_INJECT_BASIC)
        return true;
    if (inject->kind == ATT_INJECT_QUERY ? att_text_has_control(inject->name) : !att_text_is_token(inject->name)) {
        ATT_REFUSE(reader, inject->place, "the name of the %s in %s must be made of letters, digits and hyphens",
                   nouns[inject->kind], what);
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
    struct keys keys = {.basic = -1};
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
static bool is_taken(const struct att_config_inject *injects, size_t count, const struct att_config_inject *inject)
{
    bool nocase = inject->kind == ATT_INJECT_HEADER;

    for (size_t i = 0; i < count; i++) {
        const struct att_config_inject *other = &injects[i];

        if (other->kind == inject->kind &&
            (nocase ? att_text_equal_nocase(other->name, inject->name) : att_text_equal(other->name, inject->name)))
            return true;
    }
    return false;
}

void att_read_injects(struct att_reader *reader, const struct att_value *value, const char *what,
                      struct att_config_inject **injects, size_t *count)
{
    bool list = value->type == ATT_VALUE_LIST;
    size_t most = list ? value->count : 1;

    *count = 0;
    *injects = NULL;
    if (most > ATT_INJECTS) {
        ATT_REFUSE(reader, value->place, "%s has more than %d places: leave some out", what, ATT_INJECTS);
        return;
    }
    *injects = att_read_array(reader, most, sizeof **injects);
    for (size_t i = 0; *injects && i < most; i++) {
        const struct att_value *item = list ? value->items[i] : value;
        struct att_config_inject inject;

        if (item->type != ATT_VALUE_GROUP)
            ATT_REFUSE(reader, item->place, "%s must be a group, or a list of groups: { header = NAME; }", what);
        else if (!read_inject(reader, item, what, &inject))
            continue;
        else if (is_taken(*injects, *count, &inject))
            ATT_REFUSE(reader, item->place, "%s places the credential twice in one place: remove one of the two", what);
        else
            (*injects)[(*count)++] = inject;
    }
}

void att_read_inject_of(struct att_reader *reader, const struct att_value *group, const char *what,
                        struct att_config_inject **injects, size_t *count)
{
    const struct att_value *value = att_value_member(group, "inject");
    const char *title = value ? att_pool_format(reader->pool, "inject of %s", what) : NULL;

    if (title)
        att_read_injects(reader, value, title, injects, count);
    else if (value)
        reader->findings->failed = true;
}

bool att_config_inject_parse(struct att_pool *pool, const char *text, struct att_config_inject **injects, size_t *count,
                             struct att_findings *findings)
{
    struct att_reader reader = {.pool = pool, .findings = findings};
    const struct att_place nowhere = {NULL, 0};
    const char *setting;
    const struct att_value *root;

    *injects = NULL;
    *count = 0;
    if (strnlen(text, TEXT_LIMIT + 1) > TEXT_LIMIT) {
        ATT_REFUSE(&reader, nowhere, "the placement is longer than %d bytes: say less", TEXT_LIMIT);
        return false;
    }
    setting = att_pool_format(pool, "inject = %s\n;", text);
    if (!setting) {
        findings->failed = true;
        return false;
    }
    root = att_config_parse(pool, "inject", setting, findings);
    if (!root)
        return false;
    /* The text may end the setting and begin others. */
    if (root->count != 1)
        ATT_REFUSE(&reader, nowhere, "the placement must be a group, or a list of groups: { header = NAME; }");
    else
        att_read_injects(&reader, root->items[0], "the placement", injects, count);
    if (root->count == 1 && !*count && !findings->errors)
        ATT_REFUSE(&reader, nowhere, "the placement is an empty list: write a group in it");
    return findings->errors == 0 && !findings->failed;
}
