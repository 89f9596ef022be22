/* cmd/options.c: reading a command line, GNU style. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cmd/fail.h"
#include "cmd/help.h"
#include "cmd/options.h"

/* Where a user reads on: "attache request --help". */
static const char *verb_name(const struct cmd_call *call)
{
    return call->verb ? call->verb->name : "";
}

static const char *verb_gap(const struct cmd_call *call)
{
    return call->verb ? " " : "";
}

static const char *guess_option(const struct option *table, const char *word)
{
    for (; table->name; table++)
        if (strncmp(word, "--", 2) == 0 && cmd_help_resembles(word + 2, table->name))
            return table->name;
    return NULL;
}

/* getopt tells a bad long option by its place in words, an unknown letter by optopt alone. */
static void complain_option(struct cmd_call *call, const struct cmd_options *options, const char *word, int result)
{
    const char *gap = verb_gap(call), *verb = verb_name(call);
    char letter[] = {'-', (char)optopt, 0};
    bool unknown_letter = result == '?' && optopt != 0 && optopt < CMD_OPTION_HELP && !strchr(options->letters, optopt);
    const char *name = unknown_letter || word[1] != '-' ? letter : word;
    const char *field = name == word ? word : "option";
    const char *guess = unknown_letter ? (optopt == 'h' ? "help" : NULL) : guess_option(options->table, word);

    if (result == ':')
        cmd_complain(call, field, "option %s: it needs a value; see attache%s%s --help", name, gap, verb);
    else if (optopt != 0 && !unknown_letter)
        cmd_complain(call, field, "option %s: it takes no value; see attache%s%s --help", name, gap, verb);
    else if (guess)
        cmd_complain(call, field, "option %s: attache%s%s has no such option; did you mean --%s?", name, gap, verb,
                     guess);
    else if (call->verb)
        cmd_complain(call, field, "option %s: attache %s has no such option; see attache %s --help", name, verb, verb);
    else
        cmd_complain(call, field,
                     "option %s: it is none of those before the verb; write one of a verb after the verb, or see "
                     "attache --help",
                     name);
}

static void take_caller_type(struct cmd_call *call, const char *value)
{
    call->caller_type_name = value;
    call->caller_type = strcmp(value, "agent") == 0 ? ATT_CALLER_AGENT : ATT_CALLER_SERVICE;
    if (call->caller_type == ATT_CALLER_SERVICE && strcmp(value, "service") != 0)
        cmd_complain(call, "--caller-type", "option --caller-type: \"%s\" is no type of caller; write service or agent",
                     value);
}

static void take_common(struct cmd_call *call, int option, const char *value, bool *help)
{
    switch (option) {
    case CMD_OPTION_HELP:
        *help = true;
        break;
    case CMD_OPTION_CONFIG:
        call->config = value;
        break;
    case CMD_OPTION_CALLER:
        call->caller = value;
        break;
    case CMD_OPTION_CALLER_TYPE:
        take_caller_type(call, value);
        break;
    default:
        call->json = true;
        break;
    }
}

/* A common option that the verb would pass over in silence is a mistake of the user. */
static void refuse_useless(struct cmd_call *call)
{
    const struct {
        bool given;
        unsigned bit;
        const char *name;
    } common[] = {{call->config != NULL, CMD_TAKES_CONFIG, "--config"},
                  {call->caller != NULL, CMD_TAKES_CALLER, "--caller"},
                  {call->caller_type_name != NULL, CMD_TAKES_CALLER, "--caller-type"},
                  {call->json, CMD_TAKES_JSON, "--json"}};

    if (!call->verb)
        return;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (common[i].given && !(call->verb->takes & common[i].bit))
            cmd_complain(call, common[i].name, "option %s: attache %s has no use for it; leave it out", common[i].name,
                         call->verb->name);
    }
}

static void count_operands(struct cmd_call *call, const struct cmd_options *options, int count, char **words)
{
    int given = count - optind;

    if (given < options->fewest)
        cmd_complain(call, "operands", "%s: an operand is missing; the usage is: %s", call->verb->name,
                     call->verb->usage);
    else if (options->most >= 0 && given > options->most)
        cmd_complain(call, "operands", "operand \"%s\": it is one too many; the usage is: %s",
                     words[optind + options->most], call->verb->usage);
}

int cmd_options_read(struct cmd_call *call, const struct cmd_options *options, int count, char **words,
                     int *exit_status)
{
    bool help = false;
    int option;

    opterr = 0;
    optind = 0; /* tells glibc and musl to start anew */
    while ((option = getopt_long(count, words, options->letters, options->table, NULL)) != -1) {
        if (option == '?' || option == ':')
            complain_option(call, options, words[optind - 1], option);
        else if (option >= CMD_OPTION_HELP && option < CMD_OPTION_OWN)
            take_common(call, option, optarg, &help);
        else
            options->take(call, options->context, option, optarg);
    }
    if (help) {
        cmd_help_print(call->verb);
        *exit_status = cmd_output_finish(call);
        return -1;
    }
    refuse_useless(call);
    count_operands(call, options, count, words);
    if (!call->complaint_field)
        return optind;
    *exit_status = cmd_fail_complaint(call);
    return -1;
}
