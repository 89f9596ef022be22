/* core/provider/data.c: a file of a site's own that an option of a module names, as a flat list of its values. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/config/files.h"
#include "core/provider/instance.h"

enum { NAME_SIZE = 1024 };

struct flattening {
    struct att_pool *pool;
    struct att_findings *findings;
    struct att_datum *list;
    size_t count;
    bool starved;
    char name[NAME_SIZE]; /* of what is being read */
};

static size_t count_values(const struct att_value *value)
{
    size_t count = value->type != ATT_VALUE_GROUP && value->type != ATT_VALUE_LIST;

    for (size_t i = 0; i < value->count; i++)
        count += count_values(value->items[i]);
    return count;
}

static void add_scalar(struct flattening *to, const struct att_value *value)
{
    struct att_datum *datum = &to->list[to->count++];

    datum->line = value->place.line;
    datum->name = att_pool_text(to->pool, to->name);
    if (value->type == ATT_VALUE_TEXT) {
        datum->type = ATT_OPTION_TEXT;
        datum->text = value->text;
    } else if (value->type == ATT_VALUE_BOOLEAN) {
        datum->type = ATT_OPTION_BOOLEAN;
        datum->text = value->integer ? "true" : "false";
    } else {
        datum->type = ATT_OPTION_INTEGER;
        datum->text = att_pool_format(to->pool, "%" PRId64, value->integer);
    }
    to->starved = to->starved || !datum->name || !datum->text;
    if (value->type == ATT_VALUE_REAL)
        att_finding(to->findings, ATT_SEVERITY_ERROR, value->place,
                    "\"%s\" is a number with a fraction, which no module takes: write a whole one, or text in quotes",
                    to->name);
}

/* The guard bounds the depth. */
static void flatten(struct flattening *to, const struct att_value *value)
{
    size_t size = strlen(to->name);

    if (value->type != ATT_VALUE_GROUP && value->type != ATT_VALUE_LIST)
        add_scalar(to, value);
    for (size_t i = 0; i < value->count; i++) {
        const struct att_value *item = value->items[i];
        const char *dot = size ? "." : "";
        int written = item->name ? snprintf(to->name + size, NAME_SIZE - size, "%s%s", dot, item->name)
                                 : snprintf(to->name + size, NAME_SIZE - size, "%s%zu", dot, i);

        if (written >= 0 && (size_t)written < NAME_SIZE - size)
            flatten(to, item);
        else
            att_finding(to->findings, ATT_SEVERITY_ERROR, item->place,
                        "the name of a value, with those of the groups around it, is longer than 1000 bytes: shorten "
                        "it");
        to->name[size] = '\0';
    }
}

const struct att_datum *att_data_read(struct att_pool *pool, const char *path, struct att_findings *findings)
{
    struct flattening to = {.pool = pool, .findings = findings};
    size_t errors = findings->errors;
    const char *text = att_config_file_read(pool, path, findings);
    const struct att_value *root = text ? att_config_parse(pool, path, text, findings) : NULL;

    if (!root)
        return NULL;
    to.list = att_pool_take(pool, (count_values(root) + 1) * sizeof *to.list);
    if (!to.list)
        return NULL;
    flatten(&to, root);
    return findings->errors == errors && !to.starved ? to.list : NULL;
}
