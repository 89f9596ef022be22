/* exec.h: the exec provider: credentials from helpers that other programs have, in the protocols that they speak.
 *
 * An instance runs one command and speaks one protocol. What a helper is asked with and what it answers stays in host
 * secrets; an answer is read where it is. An instance does not change once it is open, so any number of threads may use
 * it. attache-exec(7) is the manual. */
#ifndef PROVIDERS_EXEC_H
#define PROVIDERS_EXEC_H

#include <stdbool.h>

#include <attache/module.h>

#include "providers/json/json.h"

#define EXEC_FORMAT(string, first) __attribute__((format(printf, string, first)))

enum { EXEC_ARGUMENTS = 60, EXEC_VARIABLES = 60, EXEC_SENTENCE_SIZE = 480, EXEC_INPUT_SIZE = 64 << 10 };

struct exec_protocol;

/* Memory of an instance: one block for each text, freed at close. */
struct exec_block {
    struct exec_block *next;
    char bytes[];
};

struct exec {
    const struct att_host *host;
    const struct exec_protocol *protocol;
    struct exec_block *blocks;
    const char *command[EXEC_ARGUMENTS + 1]; /* the program and its arguments; ends with NULL */
    size_t command_count;
    const char *environment[EXEC_VARIABLES + 1]; /* ends with NULL */
    size_t environment_count;
    const char *sha256, *kind;
    int64_t timeout_ms, output_limit, keep_s;
    bool log_errors;
    /* Of single protocols; NULL or false where the site says nothing. */
    const char *server, *username, *audience, *token_type, *api_version, *cluster;
    bool send_path, per_origin, first_line;
    bool is_git; /* the command is "git credential", not a helper of it */
};

/* What a helper answered, while it is read. */
struct exec_answer {
    const struct exec *exec;
    const struct att_fetch *fetch;
    struct att_credential *credential;
    struct att_secret *output;
    const char *bytes; /* of the output */
    size_t size;
    int32_t exit_status, signal;
    int64_t expires; /* to be set by the protocol; 0: it does not say */
};

enum { EXEC_BY_CALLER = ATT_SHARED_BY_CALLERS, EXEC_BY_ORIGIN = ATT_SHARED_BY_ORIGINS };

struct exec_protocol {
    const char *name;
    const char *kind;      /* of the credential, when the site says nothing */
    const char *operation; /* the last argument for a fetch, or NULL */
    bool places;           /* needs a host that can place what is no bearer and no Basic */
    /* Checks what the site wrote for this protocol and completes the environment. False with a sentence that has been
     * set. May be NULL. */
    bool (*prepare)(struct exec *exec, const struct att_settings *settings);
    /* What the answer depends on beside the grant, of EXEC_BY_*; -1: on what is in no key, so nothing is kept. NULL:
     * on nothing. */
    int (*varies)(const struct exec *exec);
    /* Writes what the helper reads. NULL: nothing. */
    bool (*ask)(const struct exec *exec, const struct att_fetch *fetch, struct att_secret *input);
    /* Reads what it printed. On all but OK a sentence has been set. */
    att_result (*read)(struct exec_answer *answer);
    /* The upstream refused this credential, or took it. May be NULL. */
    att_result (*refused)(const struct exec *exec, const struct att_fetch *fetch, const struct att_credential *of);
    att_result (*accepted)(const struct exec *exec, const struct att_fetch *fetch, const struct att_credential *of);
};

extern const struct exec_protocol exec_git, exec_docker, exec_aws, exec_kubernetes, exec_bazel, exec_google, exec_plain;

/* ---- options: settings.c, environment.c ---------------------------------------------------------------------------
 */

extern const struct att_option exec_options[];

/* Reads all options. On all but OK a sentence has been set. */
att_result exec_settings_read(struct exec *exec, const struct att_settings *settings);
/* A copy that lives as long as the instance; NULL when memory is out, and for NULL. */
const char *exec_keep(struct exec *exec, const char *text);
const char *exec_keep_format(struct exec *exec, const char *format, ...) EXEC_FORMAT(2, 3);
/* Sets the sentence of a failed open. Returns false. */
bool exec_refuse(const struct exec *exec, const struct att_settings *settings, const char *option, const char *format,
                 ...) EXEC_FORMAT(4, 5);
/* The variables that the site names, and PATH where it does not. */
bool exec_environment_read(struct exec *exec, const struct att_settings *settings);
/* One variable of the protocol's own. False when the site set it, with a sentence. */
bool exec_environment_add(struct exec *exec, const struct att_settings *settings, const char *name, const char *value);

/* ---- running: run.c -----------------------------------------------------------------------------------------------
 */

/* Runs the command with `operation` as its last argument (or NULL). `input` may be NULL. On OK the answer has the
 * output, whatever the exit status; exec_answer_close() in any case. */
att_result exec_run(struct exec_answer *answer, const char *operation, const struct att_secret *input);
void exec_answer_close(struct exec_answer *answer);

/* Sets a sentence that begins with the helper's name, and returns the result. The format never gets what was printed.
 */
att_result exec_fail(const struct exec_answer *answer, att_result result, const char *format, ...) EXEC_FORMAT(3, 4);
/* OK when it ended with status 0, else UNAVAILABLE with a sentence. */
att_result exec_check_exit(const struct exec_answer *answer);
/* The answer as one JSON object, of a helper that ended well. */
att_result exec_read_json(const struct exec_answer *answer, struct json_value *object);
/* False for what is absent, null or an empty text, as helpers write what they do not have. */
bool exec_is_given(struct json_value value);
/* Takes a text of the answer as a part of the credential. FAULT with a sentence that it lacks `what` when it is none.
 */
att_result exec_take_text(const struct exec_answer *answer, struct json_value value, const char *part,
                          const char *what);
/* Takes the expiry, a time in RFC 3339, where there is one. */
bool exec_take_expiry(struct exec_answer *answer, struct json_value object, const char *member);

/* scheme://host[:port] of the request, in `room`. */
void exec_origin(const struct att_fetch *fetch, char *room, size_t size);
/* Appends texts; the last is NULL. */
bool exec_append(const struct att_host *host, struct att_secret *secret, ...) __attribute__((sentinel));

#endif
