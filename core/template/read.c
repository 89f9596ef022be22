/* core/template/read.c: the templates of one file, and everything that is wrong with them. */
#include <string.h>

#include "core/config/reader.h"
#include "core/template/template.h"
#include "core/url/address.h"
#include "core/url/url.h"

static const char default_prompt[] = "API key or token";

static void read_origins(struct att_reader *reader, const struct att_config_binding *binding,
                         struct att_template *template)
{
    const char **origins = att_read_array(reader, binding->origin_count, sizeof *origins);
    struct att_buffer why;
    size_t count = 0;

    if (!origins)
        return;
    template->origins = origins;
    att_buffer_open(&why, 1024);
    for (size_t i = 0; i < binding->origin_count; i++) {
        const struct att_config_origin *given = &binding->origins[i];
        struct att_origin origin;

        att_buffer_clear(&why);
        if (att_text_has_control(given->text))
            ATT_REFUSE(reader, given->place, "an origin of template \"%s\" has a control character in it: remove it",
                       template->name);
        else if (!att_origin_parse(reader->pool, given->text, &origin, &why))
            ATT_REFUSE(reader, given->place, "%s", why.data ? why.data : "out of memory");
        else if (!origin.secure && !att_address_host_is_local(origin.host))
            ATT_REFUSE(reader, given->place, "origin \"%s\" of template \"%s\" is plain http: write https", given->text,
                       template->name);
        else
            origins[count++] = origin.text;
    }
    att_buffer_close(&why);
}

static bool part_name_valid(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return size > 0 && size < 32 && !name[size];
}

static const struct att_key part_keys[] = {
    {"name", ATT_KEY_TEXT, ATT_KEY_REQUIRED, offsetof(struct att_template_part, name), 0, 0, NULL, NULL},
    {"prompt", ATT_KEY_TEXT, 0, offsetof(struct att_template_part, prompt), 0, 120, NULL, NULL},
    {"hidden", ATT_KEY_BOOLEAN, 0, offsetof(struct att_template_part, hidden), 0, 0, NULL, NULL},
    {"optional", ATT_KEY_BOOLEAN, 0, offsetof(struct att_template_part, optional), 0, 0, NULL, NULL},
    {"value", ATT_KEY_TEXT, 0, offsetof(struct att_template_part, value), 0, 255, NULL, NULL},
};

static bool read_part(struct att_reader *reader, const struct att_value *group, const struct att_template *template,
                      struct att_template_part *part)
{
    const char *what = att_pool_format(reader->pool, "a part of template \"%s\"", template->name);
    size_t errors = reader->findings->errors;

    *part = (struct att_template_part){.hidden = true};
    if (!what) {
        reader->findings->failed = true;
        return false;
    }
    att_read_keys(reader, group, what, part_keys, ATT_COUNT(part_keys), part);
    if (reader->findings->errors != errors)
        return false;
    if (!part_name_valid(part->name))
        ATT_REFUSE(reader, group->place,
                   "the name of %s is refused: it has 1 to 31 small letters, digits and underscores", what);
    else if (att_template_part(template, part->name, strlen(part->name)))
        ATT_REFUSE(reader, group->place, "template \"%s\" has two parts called \"%s\": give each its own name",
                   template->name, part->name);
    else if (part->value && (part->optional || att_value_member(group, "prompt") ||
                             (att_value_member(group, "hidden") && part->hidden)))
        ATT_REFUSE(reader, group->place,
                   "part \"%s\" of template \"%s\" has a value, so nobody is asked for it: leave prompt, hidden and "
                   "optional out",
                   part->name, template->name);
    part->hidden = part->hidden && !part->value;
    part->prompt = part->prompt ? part->prompt : part->name;
    return reader->findings->errors == errors;
}

static void read_parts(struct att_reader *reader, const struct att_value *group, struct att_template *template)
{
    const char *what = att_pool_format(reader->pool, "\"parts\" in template \"%s\"", template->name);
    struct att_groups groups = what ? att_read_groups(reader, group, "parts", what) : (struct att_groups){.count = 0};
    struct att_template_part *parts = att_read_array(reader, groups.count, sizeof *parts);

    if (!parts || !what) {
        reader->findings->failed = true;
        return;
    }
    template->parts = parts;
    if (!att_value_member(group, "parts")) {
        *parts = (struct att_template_part){.name = "token", .prompt = default_prompt, .hidden = true};
        template->part_count = 1;
        return;
    }
    if (groups.count > ATT_TEMPLATE_PARTS) {
        ATT_REFUSE(reader, groups.list[ATT_TEMPLATE_PARTS]->place,
                   "template \"%s\" has more than %d parts: leave some out", template->name, ATT_TEMPLATE_PARTS);
        return;
    }
    for (size_t i = 0; i < groups.count; i++)
        if (read_part(reader, groups.list[i], template, &parts[template->part_count]))
            template->part_count++;
}

/* Marks what the lines of the placement name; a name that is no part is a finding. */
static void check_line(struct att_reader *reader, const struct att_template *template, const struct att_value *line,
                       bool *placed)
{
    struct att_line_part names[ATT_TEMPLATE_PARTS];
    size_t count = att_template_line_parts(line, names, ATT_COUNT(names));

    for (size_t i = 0; i < count; i++) {
        const struct att_template_part *part = att_template_part(template, names[i].name, names[i].size);

        if (part)
            placed[part - template->parts] = true;
        else if (names[i].needed)
            ATT_REFUSE(reader, line->place,
                       "inject of template \"%s\" names the part \"%.*s\", which is not among its parts: declare it, "
                       "or correct the name",
                       template->name, (int)names[i].size, names[i].name);
    }
}

static void check_parts(struct att_reader *reader, const struct att_template *template)
{
    const char *text = att_template_inject_text(reader->pool, template->inject, NULL, NULL);
    bool placed[ATT_TEMPLATE_PARTS] = {false}, hidden = false;

    reader->findings->failed = reader->findings->failed || !text;
    if (text && strlen(text) > ATT_TEMPLATE_INJECT)
        ATT_REFUSE(reader, template->place, "inject of template \"%s\" is longer than %d bytes: say less",
                   template->name, ATT_TEMPLATE_INJECT);
    for (size_t i = 0; i < att_template_line_count(template->inject); i++)
        check_line(reader, template, att_template_line(template->inject, i), placed);
    for (size_t i = 0; i < template->part_count; i++) {
        hidden = hidden || template->parts[i].hidden;
        if (!placed[i])
            ATT_REFUSE(reader, template->place,
                       "part \"%s\" of template \"%s\" goes nowhere: name it in inject, or leave it out",
                       template->parts[i].name, template->name);
    }
    if (!hidden)
        ATT_REFUSE(reader, template->place,
                   "template \"%s\" has no hidden part: without one there is no secret to keep", template->name);
}

struct keys {
    const char *name, *title;
};

static const struct att_key template_keys[] = {
    {"name", ATT_KEY_NAME, ATT_KEY_REQUIRED, offsetof(struct keys, name), 0, 0, NULL, NULL},
    {"title", ATT_KEY_TEXT, 0, offsetof(struct keys, title), 0, 120, NULL, NULL},
    {.name = "origins"},
    {.name = "parts"},
    {.name = "inject", .flags = ATT_KEY_REQUIRED},
};

static bool read_template(struct att_reader *reader, const struct att_value *group, size_t index,
                          struct att_template *template)
{
    const char *what = att_read_title(reader, "template", group, index);
    struct att_config_binding binding = {.inject_count = 0};
    size_t errors = reader->findings->errors;
    struct keys keys = {NULL, NULL};

    if (!att_read_keys(reader, group, what, template_keys, ATT_COUNT(template_keys), &keys) || !keys.name)
        return false;
    *template = (struct att_template){.name = keys.name,
                                      .title = keys.title ? keys.title : keys.name,
                                      .inject = att_value_member(group, "inject"),
                                      .place = group->place};
    att_read_binding(reader, group, what, &binding);
    read_origins(reader, &binding, template);
    read_parts(reader, group, template);
    if (reader->findings->errors == errors)
        check_parts(reader, template);
    return reader->findings->errors == errors && !reader->findings->failed;
}

size_t att_templates_read(struct att_pool *pool, const struct att_value *file, struct att_template *list,
                          size_t capacity, struct att_findings *findings)
{
    static const struct att_key keys[] = {{.name = "templates", .flags = ATT_KEY_REQUIRED}};
    struct att_reader reader = {.pool = pool, .findings = findings};
    struct att_groups groups;
    size_t count = 0;

    att_read_keys(&reader, file, "a file of templates", keys, ATT_COUNT(keys), NULL);
    groups = att_read_groups(&reader, file, "templates", "\"templates\"");
    for (size_t i = 0; i < groups.count; i++) {
        if (count == capacity) {
            ATT_REFUSE(&reader, groups.list[i]->place, "there are more than %zu templates: leave some out", capacity);
            break;
        }
        if (read_template(&reader, groups.list[i], i, &list[count]))
            count++;
    }
    return count;
}
