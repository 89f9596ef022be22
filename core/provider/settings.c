/* core/provider/settings.c: the options of one entry, checked against what its module declares. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/provider/instance.h"

/* Where a value comes from, for findings. */
struct source {
    struct att_findings *findings;
    struct att_place place;
    const struct att_module *module;
    const struct att_option *option;
};

#define REPORT(source, format, ...)                                                                           \
    att_finding_module((source)->findings, (source)->place, (source)->module->name, "option \"%s\": " format, \
                       (source)->option->name, __VA_ARGS__)

static bool range_holds(const struct source *source, int64_t number, const char *unit)
{
    const struct att_option *option = source->option;

    if ((option->minimum == 0 && option->maximum == 0) || (number >= option->minimum && number <= option->maximum))
        return true;
    REPORT(source, "%" PRId64 "%s is out of range; write %" PRId64 "%s to %" PRId64 "%s", number, unit, option->minimum,
           unit, option->maximum, unit);
    return false;
}

static bool choice_holds(const struct source *source, const char *text)
{
    struct att_buffer names;

    att_buffer_open(&names, 1024);
    for (const char *const *choice = source->option->choices; *choice; choice++) {
        if (strcmp(*choice, text) == 0) {
            att_buffer_close(&names);
            return true;
        }
        att_buffer_format(&names, "%s\"%s\"", names.size ? ", " : "", *choice);
    }
    REPORT(source, "\"%.100s\" is none of its choices; write one of %s", text,
           att_buffer_ok(&names) ? names.data : "those of the module's guide");
    att_buffer_close(&names);
    return false;
}

/* A value that is text, as the site wrote it or as the module's initial one. */
static bool take_text(const struct source *source, const char *text, struct att_setting *setting)
{
    setting->text = text;
    switch (source->option->type) {
    case ATT_OPTION_DURATION:
        if (att_duration_parse(text, &setting->integer))
            return range_holds(source, setting->integer, "ms");
        REPORT(source, "\"%.100s\" is no duration; write a number and a unit, as in \"30s\"", text);
        return false;
    case ATT_OPTION_SIZE:
        if (att_size_parse(text, &setting->integer))
            return range_holds(source, setting->integer, " bytes");
        REPORT(source, "\"%.100s\" is no size; write a number and a unit, as in \"10MiB\"", text);
        return false;
    case ATT_OPTION_PATH:
    case ATT_OPTION_DATA:
        if (text[0] == '/')
            return true;
        REPORT(source, "\"%.100s\" is no absolute path; begin it with a slash", text);
        return false;
    case ATT_OPTION_CHOICE:
        return choice_holds(source, text);
    default:
        return true;
    }
}

static bool take_list(const struct source *source, struct att_pool *pool, const struct att_value *value,
                      struct att_setting *setting)
{
    const char **list = att_pool_take(pool, (value->count + 1) * sizeof *list);

    if (!list) {
        REPORT(source, "out of memory for its %zu entries", value->count);
        return false;
    }
    for (size_t i = 0; i < value->count; i++) {
        if (value->items[i]->type != ATT_VALUE_TEXT) {
            REPORT(source, "entry %zu is not text; write [ \"one\", \"two\" ]", i + 1);
            return false;
        }
        list[i] = value->items[i]->text;
    }
    setting->list = list;
    return true;
}

/* What a module may read again and again; a descriptor gives what it has only once. */
static bool take_secrets(const struct source *source, struct att_pool *pool, const struct att_value *value,
                         struct att_setting *setting)
{
    const char **names = att_pool_take(pool, (value->count + 1) * sizeof *names);
    size_t count = 0;
    bool good = true;

    if (!names) {
        REPORT(source, "out of memory for its %zu members", value->count);
        return false;
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct att_value *item = value->items[i];

        if (strncmp(item->name, "x_", 2) == 0)
            continue;
        names[count++] = item->name;
        if (!att_part_name_is_sound(item->name)) {
            REPORT(source, "\"%.60s\" is no name of a part; use a-z, 0-9 and _, up to 31 characters", item->name);
            good = false;
        } else if (item->type == ATT_VALUE_GROUP && att_value_member(item, "fd")) {
            REPORT(source, "\"%s\" is read more than once, and a descriptor only once; use { file = \"/PATH\"; }",
                   item->name);
            good = false;
        } else {
            good &= att_reference_check(item, source->findings);
        }
    }
    setting->list = names;
    return good;
}

/* The type of value that an option is written as, and how to say it. */
static enum att_value_type written_type(const struct att_option *option, const char **example)
{
    switch (option->type) {
    case ATT_OPTION_INTEGER:
        *example = "a number, as in 5";
        return ATT_VALUE_INTEGER;
    case ATT_OPTION_BOOLEAN:
        *example = "true or false";
        return ATT_VALUE_BOOLEAN;
    case ATT_OPTION_DURATION:
        *example = "a duration in quotes, as in \"30s\"";
        return ATT_VALUE_TEXT;
    case ATT_OPTION_SIZE:
        *example = "a size in quotes, as in \"10MiB\"";
        return ATT_VALUE_TEXT;
    case ATT_OPTION_TEXT_LIST:
        *example = "texts in brackets, as in [ \"one\", \"two\" ]";
        return ATT_VALUE_LIST;
    case ATT_OPTION_SECRETS:
        *example = "a group of references, as in { token = { file = \"/PATH\"; }; }";
        return ATT_VALUE_GROUP;
    default:
        *example = "text in quotes";
        return ATT_VALUE_TEXT;
    }
}

/* What is wrong with the file itself is found in it, not where it is named. */
static bool take_data(const struct source *source, struct att_pool *pool, struct att_setting *setting)
{
    size_t errors = source->findings->errors;

    setting->data = att_data_read(pool, setting->text, source->findings);
    if (!setting->data && source->findings->errors == errors)
        REPORT(source, "out of memory for what is in \"%s\"", setting->text);
    return setting->data != NULL;
}

static bool take_written(const struct source *source, struct att_pool *pool, const struct att_value *value,
                         struct att_setting *setting)
{
    const char *example;

    setting->value = value;
    if (source->option->type == ATT_OPTION_SECRET)
        return att_reference_check(value, source->findings);
    if (written_type(source->option, &example) != value->type) {
        REPORT(source, "its value has the wrong type; write %s", example);
        return false;
    }
    setting->integer = value->integer;
    if (value->type == ATT_VALUE_LIST)
        return take_list(source, pool, value, setting);
    if (value->type == ATT_VALUE_GROUP)
        return take_secrets(source, pool, value, setting);
    if (value->type == ATT_VALUE_TEXT)
        return take_text(source, value->text, setting) &&
               (source->option->type != ATT_OPTION_DATA || take_data(source, pool, setting));
    return source->option->type == ATT_OPTION_BOOLEAN || range_holds(source, setting->integer, "");
}

/* What an option is when the site says nothing. A module's own value is checked like the site's. */
static bool take_initial(const struct source *source, struct att_setting *setting)
{
    static const char *const nothing[] = {NULL};
    static const struct att_datum no_data[] = {{0}};
    const char *initial = source->option->initial;
    char *end;

    setting->list = nothing;
    setting->data = no_data;
    if (!initial)
        return true;
    if (source->option->type == ATT_OPTION_BOOLEAN) {
        setting->integer = strcmp(initial, "true") == 0;
        if (setting->integer || strcmp(initial, "false") == 0)
            return true;
    } else if (source->option->type == ATT_OPTION_INTEGER) {
        errno = 0;
        setting->integer = strtoll(initial, &end, 10);
        if (*initial && !*end && errno == 0)
            return range_holds(source, setting->integer, "");
    } else {
        return take_text(source, initial, setting);
    }
    REPORT(source, "the module's own initial value \"%.100s\" is malformed; tell its author", initial);
    return false;
}

static const struct att_option *option_named(const struct att_module *module, const char *name)
{
    for (size_t i = 0; i < module->option_count; i++)
        if (strcmp(module->options[i].name, name) == 0)
            return &module->options[i];
    return NULL;
}

static void refuse_unknown(const struct att_module *module, const struct att_value *value,
                           struct att_findings *findings)
{
    struct att_buffer names;

    att_buffer_open(&names, 4096);
    for (size_t i = 0; i < module->option_count; i++)
        att_buffer_format(&names, "%s%s", i ? ", " : "", module->options[i].name);
    att_finding_module(findings, value->place, module->name, "option \"%s\" is not known to module %s; it has %s",
                       value->name, module->name, names.size ? names.data : "none");
    att_buffer_close(&names);
}

/* One option: what the site wrote, else the initial value. */
static bool take_option(struct att_setting *setting, struct att_pool *pool, const struct att_module *module,
                        const struct att_value *options, struct att_place entry, struct att_findings *findings)
{
    const struct att_value *value = options ? att_value_member(options, setting->option->name) : NULL;
    struct source source = {findings, value ? value->place : entry, module, setting->option};

    if (value)
        return take_written(&source, pool, value, setting);
    if (!(setting->option->flags & ATT_OPTION_REQUIRED))
        return take_initial(&source, setting);
    REPORT(&source, "it is required by module %s (%s); write it into options", module->name,
           setting->option->help ? setting->option->help : "no help is given");
    return false;
}

bool att_settings_take(struct att_settings *settings, struct att_pool *pool, const struct att_module *module,
                       struct att_findings *findings)
{
    const struct att_value *options = settings->entry->options;
    const struct att_place entry = settings->entry->place;
    bool good = true;

    settings->module = module->name;
    settings->findings = findings;
    if (options && options->type != ATT_VALUE_GROUP) {
        att_finding_module(findings, options->place, module->name,
                           "options is not a group; write options = { name = value; };");
        return false;
    }
    for (size_t i = 0; options && i < options->count; i++) {
        const struct att_value *value = options->items[i];
        if (strncmp(value->name, "x_", 2) != 0 && !option_named(module, value->name)) {
            refuse_unknown(module, value, findings);
            good = false;
        }
    }
    settings->list = att_pool_take(pool, (module->option_count + 1) * sizeof *settings->list);
    for (size_t i = 0; settings->list && i < module->option_count; i++) {
        settings->list[i].option = &module->options[i];
        good &= take_option(&settings->list[i], pool, module, options, entry, findings);
        settings->count++;
    }
    if (!settings->list)
        att_finding_module(findings, entry, module->name, "out of memory for the options of module %s", module->name);
    return good && settings->list;
}

bool att_settings_read(struct att_settings *settings, struct att_pool *pool, struct att_arena *arena,
                       const struct att_module *module, struct att_findings *findings)
{
    bool good = att_settings_take(settings, pool, module, findings);

    for (size_t i = 0; good && i < settings->count; i++) {
        struct att_setting *setting = &settings->list[i];
        if (setting->option->type != ATT_OPTION_SECRET || !setting->value)
            continue;
        setting->secret = att_reference_read(setting->value, arena, findings);
        good = setting->secret != NULL;
    }
    return good;
}

void att_settings_wipe(struct att_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        settings->list[i].secret = att_secret_destroy(settings->list[i].secret);
}
