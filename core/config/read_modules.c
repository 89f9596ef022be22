/* core/config/read_modules.c: what names a module: providers and the sinks of audit. */
#include <string.h>

#include "core/config/reader.h"

static const struct att_key provider_keys[] = {
    {"name", ATT_KEY_NAME, ATT_KEY_REQUIRED, offsetof(struct att_config_provider, name), 0, 0, NULL, NULL},
    {"module", ATT_KEY_TEXT, ATT_KEY_REQUIRED, offsetof(struct att_config_provider, module), 0, 0, NULL, NULL},
    {"options", ATT_KEY_GROUP, 0, offsetof(struct att_config_provider, options), 0, 0, NULL, NULL},
    {"sha256", ATT_KEY_HASH, 0, offsetof(struct att_config_provider, sha256), 0, 0, NULL, NULL},
    {.name = "inject"},
};

void att_read_providers(struct att_reader *reader, const struct att_value *root)
{
    struct att_groups groups = att_read_groups(reader, root, "providers", "\"providers\"");
    struct att_config *config = reader->config;

    config->providers = att_read_array(reader, groups.count, sizeof *config->providers);
    if (!att_names_open(&reader->providers, reader->pool, "provider", groups.count) || !config->providers) {
        reader->findings->failed = true;
        return;
    }
    for (size_t i = 0; i < groups.count; i++) {
        struct att_config_provider *provider = &config->providers[config->provider_count];
        const char *what = att_read_title(reader, "provider", groups.list[i], i);

        *provider = (struct att_config_provider){.place = groups.list[i]->place};
        config->provider_count +=
            att_read_keys(reader, groups.list[i], what, provider_keys, ATT_COUNT(provider_keys), provider);
        att_read_inject_of(reader, groups.list[i], what, &provider->injects, &provider->inject_count);
        if (provider->name)
            att_names_add(&reader->providers, provider->name, provider->place);
    }
    att_names_sort(&reader->providers, reader->findings);
}

/* The sink with its control word as the table reads it. */
struct sink {
    struct att_config_sink values;
    int control;
};

static const char *const sink_controls[] = {"required", "optional", NULL};

static const struct att_key sink_keys[] = {
    {"name", ATT_KEY_NAME, 0, offsetof(struct sink, values.name), 0, 0, NULL, NULL},
    {"module", ATT_KEY_TEXT, ATT_KEY_REQUIRED, offsetof(struct sink, values.module), 0, 0, NULL, NULL},
    {"control", ATT_KEY_CHOICE, 0, offsetof(struct sink, control), 0, 0, NULL, sink_controls},
    {"options", ATT_KEY_GROUP, 0, offsetof(struct sink, values.options), 0, 0, NULL, NULL},
    {"sha256", ATT_KEY_HASH, 0, offsetof(struct sink, values.sha256), 0, 0, NULL, NULL},
};

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void att_read_sinks(struct att_reader *reader, const struct att_value *root)
{
    struct att_groups groups = att_read_groups(reader, root, "audit", "\"audit\"");
    struct att_config *config = reader->config;
    struct att_names names;

    config->sinks = att_read_array(reader, groups.count, sizeof *config->sinks);
    if (!att_names_open(&names, reader->pool, "audit sink", groups.count) || !config->sinks) {
        reader->findings->failed = true;
        return;
    }
    for (size_t i = 0; i < groups.count; i++) {
        struct sink sink = {.values.place = groups.list[i]->place};
        const char *what = att_read_title(reader, "audit sink", groups.list[i], i);

        if (!att_read_keys(reader, groups.list[i], what, sink_keys, ATT_COUNT(sink_keys), &sink))
            continue;
        if (!sink.values.name)
            sink.values.name = file_name(sink.values.module);
        sink.values.required = sink.control == 0;
        config->sinks[config->sink_count++] = sink.values;
        att_names_add(&names, sink.values.name, sink.values.place);
    }
    att_names_sort(&names, reader->findings);
}
