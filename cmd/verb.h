/* cmd/verb.h: what the verbs share: a row of the table of verbs, and the call that is running. */
#ifndef ATT_CMD_VERB_H
#define ATT_CMD_VERB_H

#include <stdbool.h>

struct cmd_verb;

/* One run of the command. Texts are those of argv. */
struct cmd_call {
    const struct cmd_verb *verb;  /* NULL until it is known */
    const char *config;           /* NULL: the default configuration */
    const char *caller;           /* NULL: CMD_DEFAULT_CALLER */
    int caller_type;              /* ATT_CALLER_SERVICE or ATT_CALLER_AGENT */
    const char *caller_type_name; /* NULL: none was given */
    bool json;                    /* machine output on stdout, a failure as one JSON object on stderr */
    bool quiet;                   /* no failure line on stderr; the exit status tells */
    char *complaint;              /* the first thing that is wrong with the command line; owned */
    const char *complaint_field;  /* the option or operand that it is about */
};

#define CMD_DEFAULT_CALLER "attache"

static inline const char *cmd_caller(const struct cmd_call *call)
{
    return call->caller ? call->caller : CMD_DEFAULT_CALLER;
}

/* The common options that a verb has a use for; the others are refused. */
enum { CMD_TAKES_CONFIG = 1, CMD_TAKES_CALLER = 2, CMD_TAKES_JSON = 4 };

struct cmd_verb {
    const char *name, *summary;
    const char *help; /* what --help prints below the usage line */
    const char *usage;
    unsigned takes;
    /* words[0] is the verb. Returns the exit status. */
    int (*run)(struct cmd_call *call, int count, char **words);
};

extern const struct cmd_verb cmd_verb_approve, cmd_verb_check, cmd_verb_connect, cmd_verb_demo, cmd_verb_explain,
    cmd_verb_grants, cmd_verb_modules, cmd_verb_request, cmd_verb_revoke, cmd_verb_secret, cmd_verb_session;

#endif
