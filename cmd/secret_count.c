/* cmd/secret_count.c: how many parts of a secret will be read, so that the last one is known for it. */
#include <stdlib.h>
#include <string.h>

#include "cmd/secret.h"

struct count {
    const att_secret_options *options;
    const char *type; /* of the secret; owned where it is rotated */
    char **kept;      /* its parts, where it is rotated; owned, as its texts */
    size_t parts;
    bool known; /* the type is */
};

static bool is_given(const att_secret_options *options, const char *part)
{
    for (const att_pair *pair = options->parts; pair && pair->name; pair++)
        if (strcmp(pair->name, part) == 0)
            return true;
    return false;
}

static bool is_kept(const struct count *count, const char *part)
{
    for (size_t i = 0; count->kept && count->kept[i]; i++)
        if (strcmp(count->kept[i], part) == 0)
            return true;
    return !count->kept;
}

static void count_template(void *context, const att_template_info *info)
{
    struct count *count = context;

    if (strcmp(info->name, count->type) != 0)
        return;
    count->known = true;
    for (size_t i = 0; info->parts[i]; i++)
        count->parts += is_kept(count, info->parts[i]) && !is_given(count->options, info->parts[i]);
}

static void take_kept(void *context, const att_secret_info *info)
{
    struct count *count = context;
    size_t parts = 0;

    if (strcmp(info->name, count->options->name) != 0)
        return;
    while (info->parts[parts])
        parts++;
    count->type = strdup(info->type);
    count->kept = calloc(parts + 1, sizeof *count->kept);
    for (size_t i = 0; count->kept && i < parts; i++)
        count->kept[i] = strdup(info->parts[i]);
}

size_t secret_parts_count(const struct cmd_call *call, struct cmd_session *session, const att_secret_options *options,
                          bool rotates)
{
    struct count count = {.options = options, .type = options->type ? options->type : "bearer"};

    if (rotates) {
        count.type = NULL;
        att_secret_list(session->client, options->provider, take_kept, &count, NULL);
    }
    if (count.type)
        att_templates(call->config, count_template, &count, NULL);
    for (size_t i = 0; count.kept && count.kept[i]; i++) {
        count.parts += !count.known && !is_given(options, count.kept[i]);
        free(count.kept[i]);
    }
    if (rotates)
        free((char *)count.type);
    free(count.kept);
    return count.parts;
}
