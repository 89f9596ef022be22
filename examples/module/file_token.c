/* file_token.c: a provider module that reads a token from a file, anew for each request, so that it can be rotated.
 *
 *     providers = ( { name = "disk"; module = "file_token.so"; options = { path = "/etc/site/token"; }; } ); */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <attache/module.h>

struct file_token {
    const struct att_host *host;
    char path[];
};

static att_result file_token_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const char *path = host->setting_text(settings, "path");
    struct file_token *self = host->allocate(host, sizeof *self + strlen(path) + 1);

    if (!self)
        return ATT_RESULT_NOMEM;
    self->host = host;
    memcpy(self->path, path, strlen(path) + 1);
    *instance = self;
    return ATT_RESULT_OK;
}

static void file_token_close(void *instance)
{
    struct file_token *self = instance;

    self->host->release(self->host, self);
}

static att_result file_token_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct file_token *self = instance;
    char token[4096]; /* wiped below, whatever happens */
    int file = open(self->path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, token, sizeof token);
    int given = 0;

    if (file >= 0)
        close(file);
    if (size > 0 && size < (ssize_t)sizeof token) {
        size -= token[size - 1] == '\n';
        given = self->host->credential_material(credential, "token", token, (size_t)size);
    }
    explicit_bzero(token, sizeof token);
    if (given)
        return ATT_RESULT_OK;
    self->host->fetch_failed(fetch->call, "the token file cannot be read, is empty, or is no token of one line");
    return ATT_RESULT_UNAVAILABLE;
}

static const struct att_option options[] = {
    {.name = "path", .type = ATT_OPTION_PATH, .flags = ATT_OPTION_REQUIRED, .help = "the file with the token"},
    {.name = NULL},
};

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SETTINGS | ATT_HOST_SECRETS,
    .name = "file_token",
    .version = "1.0",
    .options = options,
    .option_size = sizeof options[0],
    .open = file_token_open,
    .close = file_token_close,
    .fetch = file_token_fetch,
};

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "file_token", struct att_provider);

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
