/* cmd/secret.c: attache secret: its verbs, and those of them that are a single call. */
#include <stdio.h>
#include <string.h>

#include "cmd/fail.h"
#include "cmd/group.h"
#include "cmd/options.h"
#include "cmd/secret.h"

enum { OPTION_PROVIDER = CMD_OPTION_OWN, OPTION_KEY_FILE };
enum { PROVIDER_SIZE = 256 };

static const struct cmd_verb *const verbs[] = {&cmd_verb_secret_set,    &cmd_verb_secret_list,
                                               &cmd_verb_secret_rotate, &cmd_verb_secret_remove,
                                               &cmd_verb_secret_rekey,  &cmd_verb_secret_templates};

struct simple {
    const char *provider, *key_file;
};

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    struct simple *simple = context;

    (void)call;
    if (option == OPTION_PROVIDER)
        simple->provider = value;
    else
        simple->key_file = value;
}

/* Prints what was done, or why not. */
static int finish(const struct cmd_call *call, struct cmd_session *session, att_status status, const char *name,
                  const char *done)
{
    int exit_status = 0;

    if (status != ATT_OK) {
        exit_status = cmd_fail(call, &session->error);
    } else if (!call->json) {
        fputs(name ? "attache: secret \"" : "attache: ", stderr);
        if (name)
            cmd_print_safe(stderr, name);
        fprintf(stderr, "%s\n", done);
    }
    cmd_session_close(session);
    return exit_status;
}

static int run_remove(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {
        CMD_COMMON_OPTIONS, CMD_JSON_OPTION, {"provider", required_argument, NULL, OPTION_PROVIDER}, {0}};
    struct simple simple = {NULL, NULL};
    const struct cmd_options options = {
        .letters = ":", .table = table, .take = take, .context = &simple, .fewest = 1, .most = 1};
    struct cmd_session session = CMD_SESSION_INIT;
    int exit_status = 0;
    int first = cmd_options_read(call, &options, count, words, &exit_status);
    att_status status;

    if (first < 0)
        return exit_status;
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_secret_remove(session.client, simple.provider, words[first], &session.error);
    return finish(call, &session, status, words[first], "\" is removed");
}

static void take_provider(void *context, const att_secret_info *info)
{
    char *name = context;

    snprintf(name, PROVIDER_SIZE, "%s", info->provider);
}

/* A store under the key of another file is closed to everyone until the site names that file. */
static void tell_key_file(struct cmd_session *session, const struct simple *simple)
{
    char provider[PROVIDER_SIZE] = "";

    if (simple->provider)
        snprintf(provider, sizeof provider, "%s", simple->provider);
    else if (att_secret_list(session->client, NULL, take_provider, provider, &session->error) != ATT_OK)
        provider[0] = '\0';
    fputs("attache: all secrets are sealed under the key in ", stderr);
    cmd_print_safe(stderr, simple->key_file);
    fputs(": requests fail until ", stderr);
    fputs(provider[0] ? "provider \"" : "their provider", stderr);
    cmd_print_safe(stderr, provider);
    fputs(provider[0] ? "\" reads it; set key_file = \"" : " reads it; set key_file = \"", stderr);
    cmd_print_safe(stderr, simple->key_file);
    fputs("\" in its options\n", stderr);
}

static int run_rekey(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS,
                                          CMD_JSON_OPTION,
                                          {"key-file", required_argument, NULL, OPTION_KEY_FILE},
                                          {"provider", required_argument, NULL, OPTION_PROVIDER},
                                          {0}};
    struct simple simple = {NULL, NULL};
    const struct cmd_options options = {.letters = ":", .table = table, .take = take, .context = &simple};
    struct cmd_session session = CMD_SESSION_INIT;
    int exit_status = 0;
    att_status status;

    if (cmd_options_read(call, &options, count, words, &exit_status) < 0)
        return exit_status;
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_secret_rekey(session.client, simple.provider, simple.key_file, &session.error);
    if (status != ATT_OK || call->json || !simple.key_file)
        return finish(call, &session, status, NULL, "all secrets are sealed under a new key");
    tell_key_file(&session, &simple);
    cmd_session_close(&session);
    return 0;
}

static int run(struct cmd_call *call, int count, char **words)
{
    return cmd_group_run(call, count, words, verbs, sizeof verbs / sizeof verbs[0],
                         "set, list, rotate, remove, rekey or templates");
}

const struct cmd_verb cmd_verb_secret_remove = {
    .name = "secret remove",
    .summary = "remove a secret for good",
    .usage = "attache secret remove NAME [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Removes a secret. Requests with its grant fail from then on.\n"
            "\n"
            "  --provider NAME       the provider that keeps it, where there are several",
    .run = run_remove,
};

const struct cmd_verb cmd_verb_secret_rekey = {
    .name = "secret rekey",
    .summary = "seal all secrets under another key",
    .usage = "attache secret rekey [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Seals all secrets of a provider anew, all or none of them.\n"
            "\n"
            "  --key-file FILE       under the key in FILE, which is made when it is not there; requests fail\n"
            "                        until the option key_file of the provider names it (default: under a\n"
            "                        fresh key in the place of the old one)\n"
            "  --provider NAME       the provider that keeps them, where there are several",
    .run = run_rekey,
};

const struct cmd_verb cmd_verb_secret = {
    .name = "secret",
    .summary = "keep secrets that the site holds, and rotate them",
    .usage = "attache secret VERB [OPTION...] [NAME]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Keeps API keys, tokens and passwords for requests that name them by grant. Values go in and do not\n"
            "come out: no verb shows one. Each has its own --help.\n"
            "\n"
            "  set NAME              keep a new secret and print its grant\n"
            "  list                  list the secrets, without their values\n"
            "  rotate NAME           replace the value of a secret\n"
            "  remove NAME           remove a secret for good\n"
            "  rekey                 seal all secrets under another key\n"
            "  templates             list the types and services that secrets can be for\n",
    .run = run,
};
