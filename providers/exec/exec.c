/* providers/exec/exec.c: the exec provider: its table, and one call through a helper. */
#include <string.h>

#include "providers/exec/exec.h"

static void promise(const struct exec *exec, const struct att_settings *settings)
{
    struct att_cache_promise kept = {.size = sizeof kept};
    int varies = exec->protocol->varies ? exec->protocol->varies(exec) : 0;

    if (varies < 0)
        return;
    kept.shared = (ATT_SHARED_BY_CALLERS | ATT_SHARED_BY_USERS | ATT_SHARED_BY_ORIGINS) & ~(uint32_t)varies;
    exec->host->promise_cache(settings, &kept);
}

static void exec_close(void *instance)
{
    struct exec *exec = instance;
    const struct att_host *host = exec->host;

    while (exec->blocks) {
        struct exec_block *next = exec->blocks->next;
        host->release(host, exec->blocks);
        exec->blocks = next;
    }
    host->release(host, exec);
}

/* An instance by its options, or nothing and why. */
static att_result exec_make(const struct att_host *host, const struct att_settings *settings, struct exec **made)
{
    struct exec *exec = host->allocate(host, sizeof *exec);
    att_result result;

    if (!exec)
        return ATT_RESULT_NOMEM;
    memset(exec, 0, sizeof *exec);
    exec->host = host;
    result = exec_settings_read(exec, settings);
    if (result == ATT_RESULT_OK)
        *made = exec;
    else
        exec_close(exec);
    return result;
}

static att_result exec_check(const struct att_host *host, const struct att_settings *settings)
{
    struct exec *exec = NULL;
    att_result result = exec_make(host, settings, &exec);

    if (result == ATT_RESULT_OK)
        exec_close(exec);
    return result;
}

static att_result exec_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    struct exec *exec = NULL;
    att_result result = exec_make(host, settings, &exec);

    if (result != ATT_RESULT_OK)
        return result;
    promise(exec, settings);
    if (exec->is_git)
        host->wish_reports(settings);
    *instance = exec;
    return ATT_RESULT_OK;
}

/* An answer that does not say when it expires is good for as long as the site says. */
static void set_facts(const struct exec_answer *answer)
{
    const struct exec *exec = answer->exec;
    const struct att_host *host = exec->host;
    int64_t expires = answer->expires;

    if (!expires && exec->keep_s)
        expires = host->wall(host) + exec->keep_s;
    host->credential_kind(answer->credential, exec->kind);
    if (expires)
        host->credential_expires(answer->credential, expires);
}

static att_result exec_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct exec *exec = instance;
    const struct att_host *host = exec->host;
    struct exec_answer answer = {.exec = exec, .fetch = fetch, .credential = credential};
    struct att_secret *input = NULL;
    att_result result = ATT_RESULT_OK;

    if (exec->protocol->ask) {
        input = host->secret_create(host, EXEC_INPUT_SIZE);
        if (!input || !exec->protocol->ask(exec, fetch, input))
            result =
                exec_fail(&answer, ATT_RESULT_FAULT,
                          "cannot be asked: the request is too long, its path holds a control character, or secret "
                          "memory is out; correct the URL");
    }
    if (result == ATT_RESULT_OK)
        result = exec_run(&answer, exec->is_git ? "fill" : exec->protocol->operation, input);
    if (result == ATT_RESULT_OK)
        result = exec->protocol->read(&answer);
    if (result == ATT_RESULT_OK)
        set_facts(&answer);
    host->secret_destroy(input);
    exec_answer_close(&answer);
    return result;
}

/* A token that is of no standard scheme goes with the scheme that came with it. */
static att_result place_scheme(const struct exec *exec, const struct att_credential *credential,
                               struct att_placement *placement)
{
    const struct att_host *host = exec->host;
    const struct att_secret *scheme = host->credential_part(credential, "authtype");
    char format[64];
    const unsigned char *bytes;
    size_t size;
    int placed = 0;

    bytes = host->secret_borrow(scheme, &size);
    if (size < sizeof format - sizeof " {token}") {
        memcpy(format, bytes, size);
        memcpy(format + size, " {token}", sizeof " {token}");
        placed = host->place_header(placement, "authorization", format);
    }
    host->secret_return(scheme, bytes);
    return placed ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

static att_result exec_inject(void *instance, const struct att_credential *credential, struct att_placement *placement)
{
    const struct exec *exec = instance;
    const struct att_host *host = exec->host;

    if (host->credential_has(credential, "authtype"))
        return place_scheme(exec, credential, placement);
    if (host->credential_has(credential, "secret_key"))
        return host->place(placement, "{ kind = \"sigv4\"; }") ? ATT_RESULT_OK : ATT_RESULT_FAULT;
    return ATT_RESULT_NONE;
}

static att_result exec_invalidate(void *instance, const struct att_fetch *fetch)
{
    const struct exec *exec = instance;

    if (!exec->protocol->refused || !ATT_KNOWS(fetch, refused) || !fetch->refused)
        return ATT_RESULT_OK;
    return exec->protocol->refused(exec, fetch, fetch->refused);
}

static att_result exec_report(void *instance, const struct att_fetch *fetch, const struct att_credential *credential,
                              const struct att_outcome *outcome)
{
    const struct exec *exec = instance;
    /* A redirect may lead to where one logs in; 0 is no answer at all. */
    bool taken = outcome->http_status >= 200 && outcome->http_status < 300;

    return taken && exec->protocol->accepted ? exec->protocol->accepted(exec, fetch, credential) : ATT_RESULT_OK;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INJECT | ATT_OFFERS_INVALIDATE | ATT_OFFERS_REPORT,
    .needs =
        ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_SETTINGS | ATT_HOST_CLOCK | ATT_HOST_CACHE | ATT_HOST_PROCESS,
    .name = "exec",
    .version = "0.1.0",
    .options = exec_options,
    .option_size = sizeof exec_options[0],
    .open = exec_open,
    .close = exec_close,
    .fetch = exec_fetch,
    .inject = exec_inject,
    .invalidate = exec_invalidate,
    .report = exec_report,
    .check = exec_check,
};

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "exec", struct att_provider);

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
