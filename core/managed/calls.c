/* core/managed/calls.c: att_secret_list, att_secret_remove and att_secret_rekey. */
#include "core/managed/managed.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    const struct att_secret_facts *one = left, *other = right;

    return strcmp(one->name, other->name);
}

att_status att_secret_list(att_client *client, const char *provider, att_secret_callback found, void *context,
                           att_error *error)
{
    att_error unseen = ATT_ERROR_INIT;
    struct att_keeping keeping;
    att_status status = att_keeping_open(&keeping, client, NULL, provider, error ? error : &unseen);

    if (status == ATT_OK)
        status = att_keeping_list(&keeping, "the secrets could not be listed");
    if (status == ATT_OK && keeping.kept.count)
        qsort(keeping.kept.list, keeping.kept.count, sizeof *keeping.kept.list, compare);
    for (size_t i = 0; status == ATT_OK && i < keeping.kept.count; i++)
        att_keeping_tell(&keeping, &keeping.kept.list[i], found, context);
    att_keeping_close(&keeping);
    att_error_clear(&unseen);
    return status;
}

static att_status remove_secret(struct att_keeping *keeping, const char *name)
{
    const struct att_secret_facts *facts = NULL;
    struct att_call_report report = {.retry_after_ms = 0};
    att_status status = att_keeping_require(keeping, name, "removed", &facts);
    const char *what = att_pool_format(keeping->errand.pool, "secret \"%s\"", name ? name : "");
    const char *doing = att_keeping_doing(keeping, name ? name : "", "removed");
    const char *done = att_pool_format(keeping->errand.pool, "secret \"%s\" was removed", name ? name : "");
    att_result result;

    if (status == ATT_OK && !(what && doing && done))
        status = att_nomem(keeping->errand.error);
    if (status == ATT_OK)
        status = att_errand_record_decision(&keeping->errand, what);
    if (status != ATT_OK)
        return status;
    result =
        att_instance_secret_remove(keeping->errand.instance, att_errand_deadline(&keeping->errand, 0), name, &report);
    return att_keeping_conclude(keeping, result, &report, doing, done);
}

att_status att_secret_remove(att_client *client, const char *provider, const char *name, att_error *error)
{
    att_error unseen = ATT_ERROR_INIT;
    struct att_keeping keeping;
    att_status status = att_keeping_open(&keeping, client, "secret_removed", provider, error ? error : &unseen);

    if (status == ATT_OK)
        status = remove_secret(&keeping, name);
    att_keeping_close(&keeping);
    att_error_clear(&unseen);
    return status;
}

static att_status rekey(struct att_keeping *keeping, const char *key_file)
{
    struct att_call_report report = {.retry_after_ms = 0};
    const char *what;
    att_status status;
    att_result result;

    if (key_file && *key_file != '/')
        return att_invalid(keeping->errand.error, "key_file",
                           "the key file is refused: it is no absolute path; write one, such as /etc/attache/KEY");
    what = key_file ? att_pool_format(keeping->errand.pool, "every secret, under the key in %s", key_file)
                    : "every secret, under a new key";
    status = what ? att_errand_record_decision(&keeping->errand, what) : att_nomem(keeping->errand.error);
    if (status != ATT_OK)
        return status;
    result = att_instance_secret_rekey(keeping->errand.instance, att_errand_deadline(&keeping->errand, 0), key_file,
                                       &report);
    return att_keeping_conclude(keeping, result, &report, "the secrets could not be sealed anew",
                                "the secrets were sealed anew");
}

att_status att_secret_rekey(att_client *client, const char *provider, const char *key_file, att_error *error)
{
    att_error unseen = ATT_ERROR_INIT;
    struct att_keeping keeping;
    att_status status = att_keeping_open(&keeping, client, "secret_rekeyed", provider, error ? error : &unseen);

    if (status == ATT_OK)
        status = rekey(&keeping, key_file);
    att_keeping_close(&keeping);
    att_error_clear(&unseen);
    return status;
}
