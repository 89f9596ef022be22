/* core/provider/getters.c: how a module reads its options, and what it says while it opens. */
#include <string.h>

#include "core/provider/instance.h"

enum {
    DATA_FAULTS = 100, /* that are told of one entry */
    BODY_BYTES = 65536 /* of a body in a report */
};

#define TYPE(name) (1u << ATT_OPTION_##name)

/* A module that asks for what it did not declare has a mistake that would show only at some site: its open fails. */
static const struct att_setting *setting_of(const struct att_settings *settings, const char *name, unsigned types)
{
    struct att_opening *opening = settings->opening;
    struct att_buffer text;

    for (size_t i = 0; name && i < settings->count; i++)
        if (strcmp(settings->list[i].option->name, name) == 0 && (types & (1u << settings->list[i].option->type)))
            return &settings->list[i];
    if (opening->fault[0])
        return NULL;
    att_buffer_open(&text, sizeof opening->fault - 1);
    att_buffer_format(&text, "it asked for an option \"%.31s\" that it does not declare with that type",
                      name ? name : "");
    att_text_escape(opening->fault, sizeof opening->fault, att_buffer_ok(&text) ? text.data : "out of memory",
                    sizeof opening->fault - 1);
    att_buffer_close(&text);
    return NULL;
}

const char *att_setting_text(const struct att_settings *settings, const char *name)
{
    const struct att_setting *setting = setting_of(settings, name, TYPE(TEXT) | TYPE(PATH) | TYPE(CHOICE));

    return setting ? setting->text : NULL;
}

int64_t att_setting_integer(const struct att_settings *settings, const char *name)
{
    const struct att_setting *setting =
        setting_of(settings, name, TYPE(INTEGER) | TYPE(BOOLEAN) | TYPE(DURATION) | TYPE(SIZE));

    return setting ? setting->integer : 0;
}

const char *const *att_setting_list(const struct att_settings *settings, const char *name)
{
    const struct att_setting *setting = setting_of(settings, name, TYPE(TEXT_LIST));

    return setting ? setting->list : NULL;
}

const struct att_secret *att_setting_secret(const struct att_settings *settings, const char *name)
{
    const struct att_setting *setting = setting_of(settings, name, TYPE(SECRET));

    if (setting && setting->unread)
        return att_secret_empty();
    return setting ? setting->secret : NULL;
}

const char *att_setting_entry(const struct att_settings *settings)
{
    return settings->entry->name;
}

void att_setting_open_failed(const struct att_settings *settings, const char *option, const char *sentence)
{
    struct att_opening *opening = settings->opening;

    att_text_escape(opening->option, sizeof opening->option, option ? option : "", sizeof opening->option - 1);
    att_text_escape(opening->sentence, sizeof opening->sentence, sentence ? sentence : "",
                    sizeof opening->sentence - 1);
}

void att_setting_promise_prompt(const struct att_settings *settings)
{
    settings->opening->prompt = true;
}

void att_setting_promise_bounded(const struct att_settings *settings)
{
    settings->opening->bounded = true;
}

const char *const *att_setting_names(const struct att_settings *settings, const char *name)
{
    const struct att_setting *setting = setting_of(settings, name, TYPE(SECRETS));

    return setting ? setting->list : NULL;
}

const struct att_datum *att_setting_data(const struct att_settings *settings, const char *option)
{
    const struct att_setting *setting = setting_of(settings, option, TYPE(DATA));

    return setting ? setting->data : NULL;
}

/* Told where the line stands, or else where the file is named. */
void att_setting_data_failed(const struct att_settings *settings, const char *option, int32_t line,
                             const char *sentence)
{
    const struct att_setting *setting = setting_of(settings, option, TYPE(DATA));
    char text[sizeof settings->opening->sentence];

    if (!setting || !setting->value || settings->opening->data_faults == DATA_FAULTS)
        return;
    settings->opening->data_faults++;
    att_text_escape(text, sizeof text, sentence ? sentence : "", sizeof text - 1);
    if (line > 0)
        att_finding_module(settings->findings, (struct att_place){setting->text, line}, settings->module, "%s", text);
    else
        att_finding_module(settings->findings, setting->value->place, settings->module,
                           "option \"%s\": file \"%s\": %s", option, setting->text, text);
}

const char *att_setting_state_directory(const struct att_settings *settings)
{
    return settings->entry->state_dir;
}

void att_setting_promise_cache(const struct att_settings *settings, const struct att_cache_promise *promise)
{
    struct att_opening *opening = settings->opening;

    const int64_t century_ms = INT64_C(3155760000000);

    opening->cached = promise != NULL;
    opening->cache = (struct att_cache_promise){0};
    if (promise)
        memcpy(&opening->cache, promise, promise->size < sizeof opening->cache ? promise->size : sizeof opening->cache);
    if (opening->cache.longest_ms < 0 || opening->cache.longest_ms > century_ms)
        opening->cache.longest_ms = opening->cache.longest_ms < 0 ? 0 : century_ms;
}

void att_setting_wish_reports(const struct att_settings *settings)
{
    settings->opening->reports = true;
}

void att_setting_wish_exchange(const struct att_settings *settings, size_t body_bytes)
{
    settings->opening->exchange = true;
    settings->opening->body_bytes = body_bytes < BODY_BYTES ? body_bytes : BODY_BYTES;
}

void att_setting_keeps_no_secrets(const struct att_settings *settings)
{
    settings->opening->keeps_none = true;
}
