/* core/managed/keeping.c: the beginning and the end of a call about managed secrets, and what is kept already. */
#include "core/managed/managed.h"

#include <string.h>

static const struct att_errand_kind secrets = {
    .can = att_instance_keeps_secrets,
    .field = "provider",
    .none = "no provider of the configuration keeps secrets; add { name = \"secrets\"; module = "
            "\"managed_secrets.so\"; } to its providers",
    .several = "several providers keep secrets",
    .option = "--provider",
    .unable = "keeps no secrets; name one that does, such as a provider with module = \"managed_secrets.so\"",
    .able = "secrets are kept by",
};

att_status att_keeping_open(struct att_keeping *keeping, att_client *client, const char *event, const char *provider,
                            att_error *error)
{
    att_status status;

    *keeping = (struct att_keeping){.name = NULL};
    status = att_errand_open(&keeping->errand, client, event, error);
    return status == ATT_OK ? att_errand_find(&keeping->errand, &secrets, provider) : status;
}

void att_keeping_close(struct att_keeping *keeping)
{
    att_listing_close(&keeping->kept);
    att_errand_close(&keeping->errand);
}

const char *att_keeping_doing(struct att_keeping *keeping, const char *name, const char *act)
{
    return att_pool_format(keeping->errand.pool, "secret \"%s\" could not be %s", name, act);
}

att_status att_keeping_list(struct att_keeping *keeping, const char *doing)
{
    struct att_call_report report = {.retry_after_ms = 0};
    att_result result;

    att_listing_close(&keeping->kept);
    result = att_instance_secret_list(keeping->errand.instance, att_errand_deadline(&keeping->errand, 0),
                                      &keeping->kept, &report);
    return result == ATT_RESULT_OK ? ATT_OK : att_keeping_fail(keeping, result, &report, doing);
}

const struct att_secret_facts *att_keeping_find(const struct att_keeping *keeping, const char *name)
{
    for (size_t i = 0; i < keeping->kept.count; i++)
        if (strcmp(keeping->kept.list[i].name, name) == 0)
            return &keeping->kept.list[i];
    return NULL;
}

att_status att_keeping_require(struct att_keeping *keeping, const char *name, const char *act,
                               const struct att_secret_facts **facts)
{
    att_status status = att_secret_name_check(keeping, name);
    const char *doing = status == ATT_OK ? att_keeping_doing(keeping, name, act) : NULL;

    if (status == ATT_OK)
        status = doing ? att_keeping_list(keeping, doing) : att_nomem(keeping->errand.error);
    if (status != ATT_OK)
        return status;
    *facts = att_keeping_find(keeping, name);
    if (!*facts) {
        att_fail(keeping->errand.error, ATT_NOT_FOUND,
                 "no secret is named \"%s\" at provider \"%s\"; see which there are with attache secret list", name,
                 keeping->errand.provider);
        ATT_ERROR_TEXT(keeping->errand.error, provider, keeping->errand.provider);
        return ATT_NOT_FOUND;
    }
    keeping->name = name;
    keeping->errand.grant = (*facts)->grant;
    return ATT_OK;
}

void att_keeping_tell(const struct att_keeping *keeping, const struct att_secret_facts *facts,
                      att_secret_callback found, void *context)
{
    const att_secret_info info = {.size = sizeof info,
                                  .name = facts->name,
                                  .grant = facts->grant,
                                  .provider = keeping->errand.provider,
                                  .type = facts->type ? facts->type : "",
                                  .inject = facts->inject ? facts->inject : "",
                                  .origins = facts->origins,
                                  .parts = facts->parts,
                                  .created = facts->created,
                                  .rotated = facts->rotated,
                                  .used = facts->used,
                                  .expires = facts->expires,
                                  .fingerprint = facts->fingerprint,
                                  .fault = facts->fault};

    if (found)
        found(context, &info);
}
