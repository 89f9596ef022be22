/* core/config/read_grants.c: the grants that a site knows by name. */
#include "core/config/reader.h"

static const struct att_key grant_keys[] = {
    {"name", ATT_KEY_GRANT_NAME, ATT_KEY_REQUIRED, offsetof(struct att_config_grant, name), 0, 0, NULL, NULL},
    {"id", ATT_KEY_TEXT, 0, offsetof(struct att_config_grant, id), 0, 255, NULL, NULL},
    {"provider", ATT_KEY_TEXT, 0, offsetof(struct att_config_grant, provider), 0, 255, NULL, NULL},
    {"account", ATT_KEY_TEXT, 0, offsetof(struct att_config_grant, account), 0, 255, NULL, NULL},
    {"stack", ATT_KEY_NAME, 0, offsetof(struct att_config_grant, stack), 0, 0, NULL, NULL},
    {.name = "origins"},
    {.name = "inject"},
};

void att_read_grants(struct att_reader *reader, const struct att_value *root)
{
    struct att_groups groups = att_read_groups(reader, root, "grants", "\"grants\"");
    struct att_config *config = reader->config;

    config->grants = att_read_array(reader, groups.count, sizeof *config->grants);
    if (!att_names_open(&reader->grants, reader->pool, "grant", groups.count) || !config->grants) {
        reader->findings->failed = true;
        return;
    }
    for (size_t i = 0; i < groups.count; i++) {
        struct att_config_grant *grant = &config->grants[config->grant_count];
        const char *what = att_read_title(reader, "grant", groups.list[i], i);
        bool complete;

        *grant = (struct att_config_grant){.place = groups.list[i]->place};
        complete = att_read_keys(reader, groups.list[i], what, grant_keys, ATT_COUNT(grant_keys), grant);
        att_read_binding(reader, groups.list[i], what, &grant->binding);
        if (!complete)
            continue;
        config->grant_count++;
        att_names_add(&reader->grants, grant->name, grant->place);
    }
    att_names_sort(&reader->grants, reader->findings);
}
