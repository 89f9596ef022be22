/* providers/exec/settings.c: the options, and what of them goes together. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "providers/exec/exec.h"

static const struct exec_protocol *const protocols[] = {&exec_git,   &exec_docker, &exec_aws,  &exec_kubernetes,
                                                        &exec_bazel, &exec_google, &exec_plain};
static const char *const protocol_names[] = {
    "git-credential", "docker-credential", "aws", "kubernetes", "bazel", "google", "plain", NULL};
static const char *const stderr_choices[] = {"discard", "log", NULL};
static const char *const version_choices[] = {"v1", "v1beta1", NULL};
static const char *const per_choices[] = {"url", "origin", NULL};

const struct att_option exec_options[] = {
    {.name = "protocol",
     .type = ATT_OPTION_CHOICE,
     .flags = ATT_OPTION_REQUIRED,
     .choices = protocol_names,
     .help = "what the helper speaks; see attache-exec(7)"},
    {.name = "command",
     .type = ATT_OPTION_TEXT_LIST,
     .flags = ATT_OPTION_REQUIRED,
     .help = "the absolute path of the helper, and its arguments; no shell reads them"},
    {.name = "sha256", .type = ATT_OPTION_TEXT, .help = "of the helper's file, which is refused when it is another"},
    {.name = "environment",
     .type = ATT_OPTION_TEXT_LIST,
     .help = "all variables that it gets: \"NAME=value\", or \"NAME\" for that of this process"},
    {.name = "timeout",
     .type = ATT_OPTION_DURATION,
     .minimum = 1,
     .maximum = 3600000,
     .initial = "10s",
     .help = "how long it may run"},
    {.name = "output_limit",
     .type = ATT_OPTION_SIZE,
     .minimum = 1,
     .maximum = 1 << 20,
     .initial = "64KiB",
     .help = "how much it may print"},
    {.name = "stderr",
     .type = ATT_OPTION_CHOICE,
     .choices = stderr_choices,
     .initial = "discard",
     .help = "\"log\" when what it says there holds no secret"},
    {.name = "keep",
     .type = ATT_OPTION_DURATION,
     .minimum = 0,
     .maximum = INT64_C(86400000) * 365,
     .initial = "5m",
     .help = "how long an answer is good that does not say when it expires; \"0\": it is not kept"},
    {.name = "kind", .type = ATT_OPTION_TEXT, .help = "the kind of credential, for policy and audit"},
    {.name = "server", .type = ATT_OPTION_TEXT, .help = "docker-credential: whose credential; else the origin's"},
    {.name = "username", .type = ATT_OPTION_TEXT, .help = "git-credential, plain: whose password"},
    {.name = "path",
     .type = ATT_OPTION_BOOLEAN,
     .initial = "false",
     .help = "git-credential: the helper is told the path of the URL"},
    {.name = "audience", .type = ATT_OPTION_TEXT, .help = "google: for whom the token is"},
    {.name = "token_type", .type = ATT_OPTION_TEXT, .help = "google: urn:ietf:params:oauth:token-type:jwt and others"},
    {.name = "api_version",
     .type = ATT_OPTION_CHOICE,
     .choices = version_choices,
     .help = "kubernetes: of client.authentication.k8s.io; v1 when nothing is said"},
    {.name = "cluster", .type = ATT_OPTION_TEXT, .help = "kubernetes: the URL of the cluster, for helpers that ask"},
    {.name = "per",
     .type = ATT_OPTION_CHOICE,
     .choices = per_choices,
     .help = "bazel: \"origin\" when the answer is the same for all URLs of one; else it is asked for each"},
    {.name = "first_line",
     .type = ATT_OPTION_BOOLEAN,
     .initial = "false",
     .help = "plain: the first line is the secret, and the rest is something else"},
    {.name = NULL},
};

/* ---- memory and sentences ---------------------------------------------------------------------------------------- */

static char *take(struct exec *exec, size_t size)
{
    struct exec_block *block = exec->host->allocate(exec->host, sizeof *block + size);

    if (!block)
        return NULL;
    block->next = exec->blocks;
    exec->blocks = block;
    return block->bytes;
}

const char *exec_keep(struct exec *exec, const char *text)
{
    return text ? exec_keep_format(exec, "%s", text) : NULL;
}

const char *exec_keep_format(struct exec *exec, const char *format, ...)
{
    va_list arguments, again;
    int size;
    char *copy = NULL;

    va_start(arguments, format);
    va_copy(again, arguments);
    size = vsnprintf(NULL, 0, format, arguments);
    if (size >= 0)
        copy = take(exec, (size_t)size + 1);
    if (copy)
        vsnprintf(copy, (size_t)size + 1, format, again);
    va_end(again);
    va_end(arguments);
    return copy;
}

bool exec_refuse(const struct exec *exec, const struct att_settings *settings, const char *option, const char *format,
                 ...)
{
    char sentence[EXEC_SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    exec->host->open_failed(settings, option, sentence);
    return false;
}

/* ---- options of all protocols ------------------------------------------------------------------------------------ */

static const struct exec_protocol *protocol_named(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (strcmp(protocols[i]->name, name) == 0)
            return protocols[i];
    return NULL;
}

static bool read_command(struct exec *exec, const struct att_settings *settings)
{
    const char *const *list = exec->host->setting_list(settings, "command");

    for (; list && *list; list++) {
        if (exec->command_count == EXEC_ARGUMENTS)
            return exec_refuse(exec, settings, "command", "it has more than %d entries; put them into a script",
                               EXEC_ARGUMENTS);
        exec->command[exec->command_count] = exec_keep(exec, *list);
        if (!exec->command[exec->command_count++])
            return exec_refuse(exec, settings, NULL, "out of memory");
    }
    if (!exec->command_count || exec->command[0][0] != '/')
        return exec_refuse(exec, settings, "command",
                           "\"%.200s\" is not the absolute path of a program; write [ \"/PATH/HELPER\", ... ]",
                           exec->command_count ? exec->command[0] : "");
    return true;
}

static bool check_sha256(const struct exec *exec, const struct att_settings *settings)
{
    if (!exec->sha256 || (strspn(exec->sha256, "0123456789abcdef") == 64 && !exec->sha256[64]))
        return true;
    return exec_refuse(exec, settings, "sha256",
                       "it is not 64 digits of lower-case hex; write what sha256sum prints of the helper");
}

/* As the host wants it (att_text_is_token), so that it does not fail at each fetch. */
static bool check_kind(const struct exec *exec, const struct att_settings *settings)
{
    size_t size = strlen(exec->kind);

    if (size >= 1 && size <= 31 &&
        strspn(exec->kind, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == size)
        return true;
    return exec_refuse(exec, settings, "kind",
                       "\"%.40s\" is no word of 1 to 31 letters, digits, \"_\", \".\" and \"-\"; write one as in "
                       "\"api_key\"",
                       exec->kind);
}

/* ---- options of single protocols --------------------------------------------------------------------------------- */

static const struct {
    const char *option;
    const struct exec_protocol *of, *or_of;
    bool is_boolean;
} own_options[] = {
    {"server", &exec_docker, NULL, false},
    {"username", &exec_git, &exec_plain, false},
    {"path", &exec_git, NULL, true},
    {"audience", &exec_google, NULL, false},
    {"token_type", &exec_google, NULL, false},
    {"api_version", &exec_kubernetes, NULL, false},
    {"cluster", &exec_kubernetes, NULL, false},
    {"per", &exec_bazel, NULL, false},
    {"first_line", &exec_plain, NULL, true},
};

/* What another protocol has would do nothing, and a site would think that it does. */
static bool check_own_options(const struct exec *exec, const struct att_settings *settings)
{
    const struct att_host *host = exec->host;

    for (size_t i = 0; i < sizeof own_options / sizeof *own_options; i++) {
        const char *name = own_options[i].option;
        const struct exec_protocol *other = own_options[i].or_of;
        bool is_set = own_options[i].is_boolean ? host->setting_integer(settings, name) != 0
                                                : host->setting_text(settings, name) != NULL;

        if (is_set && exec->protocol != own_options[i].of && exec->protocol != other)
            return exec_refuse(exec, settings, name, "it is for the protocol %s%s%s, and this one is %s; leave it out",
                               own_options[i].of->name, other ? " or " : "", other ? other->name : "",
                               exec->protocol->name);
    }
    return true;
}

static bool has_control(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static bool read_texts(struct exec *exec, const struct att_settings *settings)
{
    const struct att_host *host = exec->host;
    struct {
        const char *name, **slot;
    } texts[] = {{"sha256", &exec->sha256},     {"server", &exec->server},         {"username", &exec->username},
                 {"audience", &exec->audience}, {"token_type", &exec->token_type}, {"api_version", &exec->api_version},
                 {"cluster", &exec->cluster}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = host->setting_text(settings, texts[i].name);

        if (!text)
            continue;
        if (!*text || has_control(text))
            return exec_refuse(exec, settings, texts[i].name,
                               "it is empty or holds a control character; write it without, or leave it out");
        *texts[i].slot = exec_keep(exec, text);
        if (!*texts[i].slot)
            return exec_refuse(exec, settings, NULL, "out of memory");
    }
    return true;
}

static bool read_numbers(struct exec *exec, const struct att_settings *settings)
{
    const struct att_host *host = exec->host;
    const char *per = host->setting_text(settings, "per");

    exec->timeout_ms = host->setting_integer(settings, "timeout");
    exec->output_limit = host->setting_integer(settings, "output_limit");
    exec->keep_s = (host->setting_integer(settings, "keep") + 999) / 1000;
    exec->log_errors = strcmp(host->setting_text(settings, "stderr"), "log") == 0;
    exec->send_path = host->setting_integer(settings, "path") != 0;
    exec->first_line = host->setting_integer(settings, "first_line") != 0;
    exec->per_origin = per && strcmp(per, "origin") == 0;
    return true;
}

static bool check_host(const struct exec *exec, const struct att_settings *settings)
{
    if (!exec->protocol->places || (exec->host->features & ATT_HOST_PLACING))
        return true;
    return exec_refuse(exec, settings, "protocol",
                       "credentials of %s go where this version of Attache cannot place them; use a later one",
                       exec->protocol->name);
}

att_result exec_settings_read(struct exec *exec, const struct att_settings *settings)
{
    const struct att_host *host = exec->host;
    const char *kind = host->setting_text(settings, "kind");
    bool good;

    exec->protocol = protocol_named(host->setting_text(settings, "protocol"));
    exec->kind = kind ? exec_keep(exec, kind) : exec->protocol->kind;
    if (!exec->kind)
        return ATT_RESULT_NOMEM;
    good = check_host(exec, settings) && check_own_options(exec, settings) && read_command(exec, settings) &&
           read_texts(exec, settings) && read_numbers(exec, settings) && check_sha256(exec, settings) &&
           check_kind(exec, settings) && exec_environment_read(exec, settings) &&
           (!exec->protocol->prepare || exec->protocol->prepare(exec, settings));
    return good ? ATT_RESULT_OK : ATT_RESULT_CONFIG;
}
