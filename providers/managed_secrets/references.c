/* providers/managed_secrets/references.c: a credential whose parts are references, read at each fetch. */
#include "providers/managed_secrets/references.h"

#include <string.h>

#include "providers/managed_secrets/parts.h"

struct managed_references {
    const struct att_host *host;
    char *grant; /* NULL: every one that it is asked for */
    char *kind;
    char *secrets[MANAGED_PARTS + 1]; /* names */
    char *open[MANAGED_PARTS + 1];    /* "name=value" */
};

static char *copy(const struct att_host *host, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copied = host->allocate(host, size);

    if (copied)
        memcpy(copied, text, size);
    return copied;
}

static att_result copy_list(struct managed_act *act, const char *const *list, char **copied)
{
    size_t i = 0;

    for (; list && list[i]; i++) {
        if (i == MANAGED_PARTS)
            return managed_refuse(act, ATT_RESULT_CONFIG, "has more than %d parts; leave some out", MANAGED_PARTS);
        copied[i] = copy(act->host, list[i]);
        if (!copied[i])
            return managed_nomem(act);
    }
    return ATT_RESULT_OK;
}

static bool has_name(char *const *list, const char *name, size_t size)
{
    for (size_t i = 0; list[i]; i++)
        if (strncmp(list[i], name, size) == 0 && (list[i][size] == '\0' || list[i][size] == '='))
            return true;
    return false;
}

/* The open parts must be "name=value", with names of their own. */
static att_result check_open(struct managed_act *act, struct managed_references *references)
{
    for (size_t i = 0; references->open[i]; i++) {
        const char *item = references->open[i];
        size_t size = strcspn(item, "=");
        const char *value = item + size + 1;

        if (!item[size] || !managed_part_name_is_sound(item, size) ||
            managed_value_fault((const unsigned char *)value, strlen(value)))
            return managed_refuse(
                act, ATT_RESULT_CONFIG,
                "has an item that is not \"name=value\", with a name of a-z, 0-9 and _ and a value on "
                "one line; write it so");
        if (has_name(references->secrets, item, size) || has_name(references->open + i + 1, item, size))
            return managed_refuse(act, ATT_RESULT_CONFIG, "names the part \"%.*s\", which stands twice; keep one",
                                  (int)size, item);
    }
    return ATT_RESULT_OK;
}

static att_result take(struct managed_act *act, const struct att_settings *settings,
                       struct managed_references *references, const char **option)
{
    const struct att_host *host = act->host;
    const char *grant = host->setting_text(settings, "grant");
    att_result result;

    *option = "secrets";
    result = copy_list(act, host->setting_names(settings, "secrets"), references->secrets);
    if (result == ATT_RESULT_OK && !references->secrets[0])
        result = managed_refuse(act, ATT_RESULT_CONFIG,
                                "names no secret, and source = \"references\" needs one; write secrets = { token = { "
                                "file = \"/PATH\"; }; }");
    if (result != ATT_RESULT_OK)
        return result;
    *option = "parts";
    result = copy_list(act, host->setting_list(settings, "parts"), references->open);
    if (result == ATT_RESULT_OK)
        result = check_open(act, references);
    if (result != ATT_RESULT_OK)
        return result;
    *option = NULL;
    references->kind = copy(host, host->setting_text(settings, "kind"));
    references->grant = grant ? copy(host, grant) : NULL;
    return references->kind && (references->grant || !grant) ? ATT_RESULT_OK : managed_nomem(act);
}

static att_result make(struct managed_act *act, const struct att_settings *settings, struct managed_references **made,
                       const char **option)
{
    const struct att_host *host = act->host;
    struct managed_references *references = host->allocate(host, sizeof *references);
    att_result result;

    if (!references)
        return managed_nomem(act);
    memset(references, 0, sizeof *references);
    references->host = host;
    result = take(act, settings, references, option);
    if (result == ATT_RESULT_OK)
        *made = references;
    else
        managed_references_close(references);
    return result;
}

att_result managed_references_check(struct managed_act *act, const struct att_settings *settings, const char **option)
{
    struct managed_references *references = NULL;
    att_result result = make(act, settings, &references, option);

    if (result == ATT_RESULT_OK)
        managed_references_close(references);
    return result;
}

att_result managed_references_open(struct managed_act *act, const struct att_settings *settings,
                                   struct managed_references **opened, const char **option)
{
    const struct att_host *host = act->host;
    struct att_cache_promise kept = {
        .size = sizeof kept, .shared = MANAGED_SHARED_BY_ALL, .longest_ms = host->setting_integer(settings, "keep")};
    att_result result = make(act, settings, opened, option);

    if (result == ATT_RESULT_OK && kept.longest_ms > 0)
        host->promise_cache(settings, &kept);
    return result;
}

void managed_references_close(struct managed_references *references)
{
    const struct att_host *host = references->host;

    for (size_t i = 0; i < MANAGED_PARTS; i++) {
        if (references->secrets[i])
            host->release(host, references->secrets[i]);
        if (references->open[i])
            host->release(host, references->open[i]);
    }
    if (references->grant)
        host->release(host, references->grant);
    if (references->kind)
        host->release(host, references->kind);
    host->release(host, references);
}

/* A value of a file is what somebody else wrote there: it is named by its grant and never shown. */
static att_result give_secret(struct managed_references *references, struct managed_act *act, const char *grant,
                              const char *name, struct att_credential *credential)
{
    const struct att_host *host = references->host;
    struct att_secret *secret = host->secret_read(host, act->call, "secrets", name);
    const unsigned char *view;
    const char *fault;
    size_t size = 0;
    att_result result = ATT_RESULT_OK;

    if (!secret) {
        act->said = true;
        return ATT_RESULT_CONFIG;
    }
    view = host->secret_borrow(secret, &size);
    fault = managed_value_fault(view, size);
    host->secret_return(secret, view);
    if (fault)
        result = managed_refuse(act, ATT_RESULT_FAULT,
                                "the secret that the grant \"%.128s\" refers to %s; write the value alone there", grant,
                                fault);
    else if (!host->credential_secret(credential, name, secret))
        result = managed_refuse(act, ATT_RESULT_FAULT, "the secret that the grant \"%.128s\" refers to cannot be kept",
                                grant);
    host->secret_destroy(secret);
    return result;
}

att_result managed_references_fetch(struct managed_references *references, struct managed_act *act,
                                    const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct att_host *host = references->host;
    att_result result = ATT_RESULT_OK;

    if (!fetch->grant || (references->grant && strcmp(references->grant, fetch->grant) != 0))
        return ATT_RESULT_NONE;
    for (size_t i = 0; references->secrets[i] && result == ATT_RESULT_OK; i++)
        result = give_secret(references, act, fetch->grant, references->secrets[i], credential);
    for (size_t i = 0; references->open[i] && result == ATT_RESULT_OK; i++) {
        char name[MANAGED_NAME_SIZE];
        size_t size = strcspn(references->open[i], "=");
        const char *value = references->open[i] + size + 1;

        memcpy(name, references->open[i], size);
        name[size] = '\0';
        if (!host->credential_material(credential, name, value, strlen(value)))
            result = managed_refuse(act, ATT_RESULT_FAULT, "the part \"%s\" cannot be kept", name);
    }
    if (result == ATT_RESULT_OK && !host->credential_kind(credential, references->kind))
        result = managed_refuse(act, ATT_RESULT_FAULT, "the kind of the grant \"%.128s\" is not a word", fetch->grant);
    return result;
}
