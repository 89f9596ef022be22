/* cmd/help.c: the table of verbs and the texts of --help. */
#include <stddef.h>
#include <string.h>

#include "cmd/fail.h"
#include "cmd/help.h"

static const struct cmd_verb *const verbs[] = {
    &cmd_verb_request, &cmd_verb_explain, &cmd_verb_connect, &cmd_verb_session, &cmd_verb_grants, &cmd_verb_revoke,
    &cmd_verb_approve, &cmd_verb_secret,  &cmd_verb_check,   &cmd_verb_modules, &cmd_verb_demo};

const struct cmd_verb *cmd_verb_find(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    }
    return NULL;
}

bool cmd_help_resembles(const char *word, const char *name)
{
    size_t same = 0;

    while (word[same] && word[same] == name[same])
        same++;
    word += same;
    name += same;
    if (!*word || !*name)
        return strlen(word) + strlen(name) <= 1;
    return strcmp(word + 1, name) == 0 || strcmp(word, name + 1) == 0 || strcmp(word + 1, name + 1) == 0 ||
           (word[0] == name[1] && word[1] == name[0] && strcmp(word + 2, name + 2) == 0);
}

int cmd_verb_refuse(struct cmd_call *call, const char *name)
{
    const char *guess = NULL;

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        guess = cmd_help_resembles(name, verbs[i]->name) ? verbs[i]->name : guess;
    if (guess)
        cmd_complain(call, "verb", "\"%s\" is not a verb of this version; did you mean %s?", name, guess);
    else
        cmd_complain(call, "verb", "\"%s\" is not a verb of this version; see attache --help", name);
    return cmd_fail_complaint(call);
}

static void print_common(unsigned takes, const char *json)
{
    if (takes & CMD_TAKES_CONFIG)
        puts("  --config FILE         read this configuration, not the site's");
    if (takes & CMD_TAKES_CALLER)
        puts("  --caller NAME         act as this caller for policy and audit (default: " CMD_DEFAULT_CALLER ")\n"
             "  --caller-type TYPE    service (the default) or agent, for policy and audit");
    if (takes & CMD_TAKES_JSON)
        puts(json);
    puts("  --help                print this help");
}

static void print_verb(const struct cmd_verb *verb)
{
    bool is_request = verb == &cmd_verb_request;

    printf("usage: %s\n\n%s\n", verb->usage, verb->help);
    print_common(verb->takes, is_request ? "  attache --json request ...\n"
                                           "                        before the verb: print a failure as a JSON object"
                                         : "  --json                print JSON, for machines");
}

static void print_program(void)
{
    puts("usage: attache [--config FILE] [--caller NAME] [--json] VERB [OPTION...] [OPERAND...]\n"
         "\n"
         "Sends requests to web APIs with credentials that the caller never sees.\n"
         "\n"
         "verbs:");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        printf("  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    puts("  help VERB  print the help of a verb\n"
         "\n"
         "options before or after the verb:");
    print_common(CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
                 "  --json                print JSON, for machines");
    puts("  --version             print the version\n"
         "\n"
         "exit status:\n"
         "  0 success                      6 rate limited\n"
         "  1 other failure                7 denied by policy, approval or user, or held\n"
         "  2 usage or invalid input       8 nobody decided or connected in time\n"
         "  3 re-authentication needed     9 network or timeout\n"
         "  4 grant not found, ambiguous   10 upstream answered 4xx or 5xx (with request -f)\n"
         "  5 configuration or module      11 backend, 12 audit\n"
         "\n"
         "Try it without a configuration or a network: attache demo");
}

void cmd_help_print(const struct cmd_verb *verb)
{
    if (verb)
        print_verb(verb);
    else
        print_program();
}
