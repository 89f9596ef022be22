/* core/config/parse.c: from the text of a configuration to a tree of our own; the only file that knows libconfig. */
#include <libconfig.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config.h"
#include "core/config/guard.h"

/* libconfig is not thread-safe, so one text is parsed at a time. A child that is forked meanwhile finds the lock free.
 */
static pthread_mutex_t parse_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void lock(void)
{
    pthread_mutex_lock(&parse_lock);
}

static void unlock(void)
{
    pthread_mutex_unlock(&parse_lock);
}

static void watch_forks(void)
{
    pthread_atfork(lock, unlock, unlock);
}

struct conversion {
    struct att_pool *pool;
    struct att_findings *findings;
    const char *file;
    const struct att_guard_notes *notes;
    size_t texts; /* how many were met so far */
};

/* libconfig gives a text in a list the line of what follows it; the notes know better. */
static void convert_text(struct conversion *conversion, const config_setting_t *setting, struct att_value *value)
{
    const char *text = config_setting_get_string(setting);

    if (!value->name && conversion->texts < conversion->notes->text_count)
        value->place.line = conversion->notes->text_lines[conversion->texts];
    conversion->texts++;
    value->type = ATT_VALUE_TEXT;
    value->text = att_pool_text(conversion->pool, text ? text : "");
    if (!value->text)
        conversion->findings->failed = true;
    else if (!att_text_is_utf8(value->text, strlen(value->text)))
        att_finding(conversion->findings, ATT_SEVERITY_ERROR, value->place,
                    "the text is not valid UTF-8: save the file as UTF-8");
}

static void convert_scalar(struct conversion *conversion, const config_setting_t *setting, struct att_value *value)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        convert_text(conversion, setting, value);
        break;
    case CONFIG_TYPE_BOOL:
        value->type = ATT_VALUE_BOOLEAN;
        value->integer = config_setting_get_bool(setting) != 0;
        break;
    case CONFIG_TYPE_FLOAT:
        value->type = ATT_VALUE_REAL;
        value->real = config_setting_get_float(setting);
        break;
    case CONFIG_TYPE_INT64:
        value->type = ATT_VALUE_INTEGER;
        value->integer = config_setting_get_int64(setting);
        break;
    default:
        value->type = ATT_VALUE_INTEGER;
        value->integer = config_setting_get_int(setting);
        break;
    }
}

/* NULL when memory is out. The guard bounds the depth. */
static struct att_value *convert(struct conversion *conversion, const config_setting_t *setting)
{
    struct att_value *value = att_pool_take(conversion->pool, sizeof *value);
    const char *name = config_setting_name(setting);
    int count = config_setting_is_aggregate(setting) ? config_setting_length(setting) : 0;

    if (!value)
        return NULL;
    value->name = att_pool_text(conversion->pool, name);
    value->place.file = conversion->file;
    value->place.line = config_setting_is_root(setting) ? 1 : (int)config_setting_source_line(setting);
    if (name && !value->name)
        return NULL;
    if (!config_setting_is_aggregate(setting)) {
        convert_scalar(conversion, setting, value);
        return value;
    }

    value->type = config_setting_is_group(setting) ? ATT_VALUE_GROUP : ATT_VALUE_LIST;
    value->items = att_pool_take(conversion->pool, ((size_t)count + 1) * sizeof *value->items);
    if (!value->items)
        return NULL;
    for (int i = 0; i < count; i++) {
        value->items[i] = convert(conversion, config_setting_get_elem(setting, (unsigned)i));
        if (!value->items[i])
            return NULL;
    }
    value->count = (size_t)count;
    return value;
}

/* Our sentence for libconfig's. */
static const char *parse_error(const char *text)
{
    if (text && strcmp(text, "duplicate setting name") == 0)
        return "the same key stands twice in one group: keep one of the two";
    if (text && strcmp(text, "mismatched element type in array") == 0)
        return "an array in [ ] holds values of one type only: write them alike, or use a list in ( )";
    return "the text is no configuration here, or just before: look for a missing semicolon, quote or bracket";
}

/* The parser sets the thread's locale back to the global one when it is done, so one that was set for the thread is put
 * back here. */
static int read_text(config_t *config, const char *text)
{
    locale_t locale = uselocale((locale_t)0);
    int done = config_read_string(config, text);

    uselocale(locale);
    return done;
}

/* libconfig takes a comment at the very end for an error unless a line end follows it. */
static const char *close_last_line(struct att_pool *pool, const char *content)
{
    size_t size = strlen(content);

    return size && content[size - 1] != '\n' ? att_pool_format(pool, "%s\n", content) : content;
}

const struct att_value *att_config_parse(struct att_pool *pool, const char *name, const char *content,
                                         struct att_findings *findings)
{
    struct att_guard_notes notes;
    struct conversion conversion = {.pool = pool, .findings = findings, .notes = &notes};
    const char *text = close_last_line(pool, content);
    struct att_value *value = NULL;
    size_t errors = findings->errors;
    config_t config;

    conversion.file = att_pool_text(pool, name);
    if (!text || !conversion.file) {
        findings->failed = true;
        return NULL;
    }
    if (!att_guard_check(pool, conversion.file, text, &notes, findings))
        return NULL;

    pthread_once(&fork_once, watch_forks);
    lock();
    config_init(&config);
    if (!read_text(&config, text)) {
        struct att_place place = {conversion.file, config_error_line(&config)};
        att_finding(findings, ATT_SEVERITY_ERROR, place, "%s", parse_error(config_error_text(&config)));
    } else {
        value = convert(&conversion, config_root_setting(&config));
        findings->failed = findings->failed || !value;
    }
    config_destroy(&config);
    unlock();
    return findings->errors == errors && !findings->failed ? value : NULL;
}
