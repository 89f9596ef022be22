/* core/template/placement.c: placements as values: reading one from its text, which parts it needs, its text again. */
#include <string.h>

#include "core/template/template.h"

enum { ROOM = 1 << 16 }; /* more than ATT_INJECTS lines can take */

const struct att_value *att_template_inject_parse(struct att_pool *pool, const char *text,
                                                  struct att_findings *findings)
{
    struct att_config_inject *injects;
    const struct att_value *root;
    const char *whole;
    size_t count;

    if (!att_config_inject_parse(pool, text, &injects, &count, findings))
        return NULL;
    whole = att_pool_format(pool, "inject = %s\n;", text);
    root = whole ? att_config_parse(pool, "inject", whole, findings) : NULL;
    findings->failed = findings->failed || !root;
    return root ? root->items[0] : NULL;
}

size_t att_template_line_count(const struct att_value *inject)
{
    return inject->type == ATT_VALUE_LIST ? inject->count : 1;
}

const struct att_value *att_template_line(const struct att_value *inject, size_t index)
{
    return inject->type == ATT_VALUE_LIST ? inject->items[index] : inject;
}

/* The text of a member, or NULL. */
static const char *member_text(const struct att_value *group, const char *name)
{
    const struct att_value *value = att_value_member(group, name);

    return value && value->type == ATT_VALUE_TEXT ? value->text : NULL;
}

static size_t add_part(struct att_line_part *parts, size_t count, size_t capacity, const char *name, size_t size,
                       bool needed)
{
    if (count < capacity)
        parts[count++] = (struct att_line_part){name, size, needed};
    return count;
}

static size_t add_names(struct att_line_part *parts, size_t capacity, const char *const *names, size_t needed)
{
    size_t count = 0;

    for (size_t i = 0; names[i]; i++)
        count = add_part(parts, count, capacity, names[i], strlen(names[i]), i < needed);
    return count;
}

/* What a format of a signature may name beside parts of the credential. */
static bool is_of_the_signature(const char *name, size_t size)
{
    static const char *const words[] = {"signature", "timestamp", "nonce"};

    for (size_t i = 0; i < ATT_COUNT(words); i++)
        if (strlen(words[i]) == size && memcmp(words[i], name, size) == 0)
            return true;
    return false;
}

static size_t add_formatted(struct att_line_part *parts, size_t count, size_t capacity, const char *format, bool signs)
{
    for (const char *open = strchr(format, '{'); open; open = strchr(open + 1, '{')) {
        size_t size = strcspn(open + 1, "}");

        if (!signs || !is_of_the_signature(open + 1, size))
            count = add_part(parts, count, capacity, open + 1, size, true);
    }
    return count;
}

size_t att_template_line_parts(const struct att_value *line, struct att_line_part *parts, size_t capacity)
{
    static const char *const basic[] = {"username", "password", NULL};
    static const char *const sigv4[] = {"token", "secret_key", "session_token", "region", "service", NULL};
    const char *kind = member_text(line, "kind"), *format = member_text(line, "format");
    const char *key = member_text(line, "key");

    if (att_text_equal(kind, "basic"))
        return add_names(parts, capacity, basic, 2);
    if (att_text_equal(kind, "sigv4"))
        return add_names(parts, capacity, sigv4, 2);
    if (att_text_equal(kind, "hmac")) {
        key = key ? key : "token";
        return add_formatted(parts, add_part(parts, 0, capacity, key, strlen(key), true), capacity,
                             format ? format : "", true);
    }
    return add_formatted(parts, 0, capacity, format ? format : "{token}", false);
}

bool att_template_line_complete(const struct att_value *line, att_part_given given, const void *context)
{
    struct att_line_part parts[ATT_TEMPLATE_PARTS];
    size_t count = att_template_line_parts(line, parts, ATT_COUNT(parts));

    for (size_t i = 0; i < count; i++)
        if (parts[i].needed && !given(context, parts[i].name, parts[i].size))
            return false;
    return true;
}

static void write_text(struct att_buffer *out, const char *text)
{
    att_buffer_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            att_buffer_char(out, '\\');
        att_buffer_char(out, *text);
    }
    att_buffer_char(out, '"');
}

/* A line, or a scalar in one. No key of a placement takes a group or a list. */
static void write_value(struct att_buffer *out, const struct att_value *value)
{
    switch (value->type) {
    case ATT_VALUE_GROUP:
        att_buffer_text(out, "{ ");
        for (size_t i = 0; i < value->count; i++) {
            att_buffer_format(out, "%s = ", value->items[i]->name);
            write_value(out, value->items[i]);
            att_buffer_text(out, "; ");
        }
        att_buffer_char(out, '}');
        break;
    case ATT_VALUE_TEXT:
        write_text(out, value->text);
        break;
    case ATT_VALUE_BOOLEAN:
        att_buffer_text(out, value->integer ? "true" : "false");
        break;
    default:
        att_buffer_number(out, value->integer);
        break;
    }
}

const char *att_template_inject_text(struct att_pool *pool, const struct att_value *inject, att_part_given given,
                                     const void *context)
{
    struct att_buffer lines;
    size_t count = 0;
    const char *text = NULL;

    att_buffer_open(&lines, ROOM);
    for (size_t i = 0; i < att_template_line_count(inject); i++) {
        const struct att_value *line = att_template_line(inject, i);

        if (given && !att_template_line_complete(line, given, context))
            continue;
        if (count++)
            att_buffer_text(&lines, ", ");
        write_value(&lines, line);
    }
    if (count == 0)
        text = "";
    else if (att_buffer_ok(&lines))
        text = count == 1 ? att_pool_text(pool, lines.data) : att_pool_format(pool, "( %s )", lines.data);
    att_buffer_close(&lines);
    return text;
}
