/* core/config/read_settings.c: the keys of the whole file, and the group `settings`. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config/reader.h"

#define MINUTE INT64_C(60000)

/* The configuration with what the tables read in another type than it keeps. */
struct settings {
    struct att_config config;
    int audit_failure;
};

static const char *const audit_failures[] = {"deny", "warn", NULL};

#define KEY(text, kind, member, ...)                                                         \
    {                                                                                        \
        .name = text, .type = kind, .offset = offsetof(struct settings, member), __VA_ARGS__ \
    }

static const struct att_key setting_keys[] = {
    KEY("module_dir", ATT_KEY_PATH, config.module_dir, .maximum = 0),
    KEY("module_paths", ATT_KEY_BOOLEAN, config.module_paths, .maximum = 0),
    KEY("timeout", ATT_KEY_DURATION, config.timeout_ms, .minimum = 1, .maximum = 60 * MINUTE, .range = "1ms to 1h"),
    KEY("audit_failure", ATT_KEY_CHOICE, audit_failure, .choices = audit_failures),
    KEY("state_dir", ATT_KEY_PATH, config.state_dir, .maximum = 0),
    KEY("max_response_bytes", ATT_KEY_SIZE, config.max_response_bytes, .minimum = 1, .maximum = INT64_C(1) << 50,
        .range = "1 byte to 1048576GiB"),
    KEY("ca_file", ATT_KEY_PATH, config.ca_file, .maximum = 0),
    KEY("proxy", ATT_KEY_TEXT, config.proxy, .maximum = 1024),
    KEY("redirects", ATT_KEY_INTEGER, config.redirects, .minimum = 0, .maximum = 20, .range = "0 to 20"),
    KEY("record", ATT_KEY_PATH, config.record, .maximum = 0),
    KEY("replay", ATT_KEY_PATH, config.replay, .maximum = 0),
    KEY("mask_secrets", ATT_KEY_BOOLEAN, config.mask_secrets, .maximum = 0),
};

static const struct att_key root_keys[] = {
    {.name = "schema", .flags = ATT_KEY_REPEATS},    {.name = "settings", .flags = ATT_KEY_REPEATS},
    {.name = "providers", .flags = ATT_KEY_REPEATS}, {.name = "grants", .flags = ATT_KEY_REPEATS},
    {.name = "stacks", .flags = ATT_KEY_REPEATS},    {.name = "policy", .flags = ATT_KEY_REPEATS},
    {.name = "audit", .flags = ATT_KEY_REPEATS},
};

static void check_schema(struct att_reader *reader, const struct att_value *root)
{
    bool found = false;

    for (size_t i = 0; i < root->count; i++) {
        const struct att_value *schema = root->items[i];

        if (strcmp(schema->name, "schema") != 0)
            continue;
        found = true;
        if (schema->type != ATT_VALUE_INTEGER || schema->integer != 1)
            ATT_REFUSE(reader, schema->place,
                       "\"schema\" must be 1, the only one that this version knows: write schema = 1;");
    }
    if (!found && reader->complete)
        ATT_REFUSE(reader, root->place,
                   "\"schema\" is missing: the file is empty, cut off or no configuration; write schema = 1;");
}

/* http://host:port and nothing else; a password would be a secret in the file. */
static void check_proxy(struct att_reader *reader, const struct att_value *settings)
{
    static const char scheme[] = "http://";
    const char *proxy = reader->config->proxy, *host, *port;
    size_t digits;

    if (!proxy)
        return;
    host = proxy + sizeof scheme - 1;
    port = strrchr(proxy, ':');
    digits = port ? strspn(port + 1, "0123456789") : 0;
    if (strncmp(proxy, scheme, sizeof scheme - 1) == 0 && port > host && digits >= 1 && digits <= 5 &&
        port[1 + digits] == '\0' && !strpbrk(host, "/@?# \t"))
        return;
    ATT_REFUSE(reader, att_value_member(settings, "proxy")->place,
               "\"proxy\" in settings must be http://HOST:PORT without user, password and path");
}

static void check_record(struct att_reader *reader, const struct att_value *settings)
{
    if (reader->config->record && reader->config->replay)
        ATT_REFUSE(
            reader, att_value_member(settings, "replay")->place,
            "settings have both \"record\" and \"replay\": answers are either recorded or replayed; remove one of "
            "the two");
}

static struct att_place place_of(const struct att_value *settings, const char *key)
{
    const struct att_value *value = att_value_member(settings, key);

    return value ? value->place : settings->place;
}

/* What the state of a site is kept in where it says nothing: that of the system, or of a user without privileges. */
static const char *default_state_dir(struct att_reader *reader)
{
    const char *base = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");

    if (geteuid() == 0)
        return "/var/lib/attache";
    if (base && *base == '/')
        return att_pool_format(reader->pool, "%s/attache", base);
    return home && *home == '/' ? att_pool_format(reader->pool, "%s/.local/state/attache", home) : NULL;
}

void att_read_settings(struct att_reader *reader, const struct att_value *root)
{
    const struct att_value *group;
    struct settings settings = {.audit_failure = 0};

    att_read_keys(reader, root, "the configuration", root_keys, ATT_COUNT(root_keys), NULL);
    check_schema(reader, root);
    reader->config->state_dir = default_state_dir(reader);
    settings.config = *reader->config;
    group = att_read_merged(reader, root, "settings");
    if (!group)
        return;
    att_read_keys(reader, group, "settings", setting_keys, ATT_COUNT(setting_keys), &settings);
    *reader->config = settings.config;
    reader->config->audit_warn = settings.audit_failure == 1;
    reader->config->ca_file_place = place_of(group, "ca_file");
    reader->config->replay_place = place_of(group, "replay");
    check_proxy(reader, group);
    check_record(reader, group);
}
