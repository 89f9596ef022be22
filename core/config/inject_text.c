/* core/config/inject_text.c: placements in a text of their own, as modules give them, and what a format is. */
#include <string.h>

#include "core/config/reader.h"

enum { TEXT_LIMIT = 4096, WORD_LIMIT = 31 };

bool att_inject_format_is_sound(const char *format)
{
    bool found = false;

    for (const char *at = format; *at; at++) {
        size_t size;

        if (*at == '}')
            return false;
        if (*at != '{')
            continue;
        size = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (size == 0 || size > WORD_LIMIT || at[1 + size] != '}')
            return false;
        at += 1 + size;
        found = true;
    }
    return found && att_text_is_field_value(format, strlen(format));
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
