/* cmd/group.c: a verb that has verbs of its own, as attache secret has. */
#include <string.h>

#include "cmd/fail.h"
#include "cmd/group.h"
#include "cmd/help.h"
#include "cmd/options.h"

static const struct cmd_verb *find(const struct cmd_verb *const *verbs, size_t count, const char *name,
                                   const char **guess)
{
    *guess = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *own = strchr(verbs[i]->name, ' ') + 1;

        if (strcmp(own, name) == 0)
            return verbs[i];
        if (cmd_help_resembles(name, own))
            *guess = own;
    }
    return NULL;
}

int cmd_group_run(struct cmd_call *call, int count, char **words, const struct cmd_verb *const *verbs,
                  size_t verb_count, const char *choices)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS, CMD_JSON_OPTION, {0}};
    const struct cmd_options options = {.letters = "+:", .table = table, .most = -1};
    const char *group = call->verb->name, *guess = NULL;
    int exit_status = 0;
    int first = cmd_options_read(call, &options, count, words, &exit_status);
    const struct cmd_verb *verb = first >= 0 && first < count ? find(verbs, verb_count, words[first], &guess) : NULL;

    if (first < 0)
        return exit_status;
    if (verb) {
        call->verb = verb;
        return verb->run(call, count - first, words + first);
    }
    if (first == count)
        cmd_complain(call, "verb", "%s: %s has to follow; see attache %s --help", group, choices, group);
    else if (guess)
        cmd_complain(call, "verb", "\"%s\" is no verb of attache %s; did you mean %s?", words[first], group, guess);
    else
        cmd_complain(call, "verb", "\"%s\" is no verb of attache %s; see attache %s --help", words[first], group,
                     group);
    return cmd_fail_complaint(call);
}
