/* config.h: the configuration of a site as plain structs, read from its files and checked for form.
 *
 * What needs a module (the options of a provider or a sink) stays a value tree here and is checked against the schema
 * of the module where modules are loaded. */
#ifndef ATT_CONFIG_H
#define ATT_CONFIG_H

#include "core/config/value.h"
#include "core/sign/sign.h"

/* How a credential is placed: one entry of `inject`, whoever wrote it. */
enum att_inject_kind {
    ATT_INJECT_HEADER,
    ATT_INJECT_BASIC,
    ATT_INJECT_QUERY,
    ATT_INJECT_COOKIE,
    ATT_INJECT_FORM,  /* a field of the body */
    ATT_INJECT_JSON,  /* a member of the body */
    ATT_INJECT_SIGV4, /* a signature of AWS, version 4 */
    ATT_INJECT_HMAC   /* a keyed hash over the request */
};

/* How a request is signed. */
struct att_config_sign {
    /* SIGV4 */
    const char *region, *service; /* NULL: the credential's part of that name, or what the host says */
    bool unsigned_payload;
    /* HMAC */
    bool in_query;         /* the signature is a query parameter; else a header */
    const char *message;   /* text around {method} {scheme} {host} {path} {query} {target} {body} {body_sha256}
                            * {timestamp} {nonce} {newline} */
    const char *key;       /* which part of the credential it is */
    const char *timestamp; /* headers that are set beside; or NULL */
    const char *nonce;
    enum att_sign_algorithm algorithm;
    enum att_sign_encoding encoding;
};

#define ATT_INJECTS 8 /* in one list at most */

struct att_config_inject {
    enum att_inject_kind kind;
    const char *name;   /* of header, query parameter, cookie, form field or member; NULL for BASIC and SIGV4 */
    const char *format; /* "{token}", or "{signature}" of HMAC, when none was written */
    struct att_config_sign sign; /* of SIGV4 and HMAC */
    struct att_place place;
};

struct att_config_provider {
    const char *name, *module;
    const struct att_value *options; /* a group, or NULL */
    struct att_place place;
    const char *sha256;                /* pinned hash of the module file in lower hex, or NULL */
    struct att_config_inject *injects; /* of what it gives, where grant and stack state none */
    size_t inject_count;
};

struct att_config_origin {
    const char *text; /* as written; parsed by core/url */
    struct att_place place;
};

/* A grant or a stack may bind origins and state placements. */
struct att_config_binding {
    struct att_config_origin *origins;
    size_t origin_count;
    struct att_config_inject *injects;
    size_t inject_count;
};

struct att_config_grant {
    const char *name, *id; /* id may be NULL: then the name is what providers are asked for */
    const char *provider;  /* provider identity, for the matching of stacks and for policy; or NULL */
    const char *account;   /* or NULL */
    const char *stack;     /* or NULL: matched */
    struct att_config_binding binding;
    struct att_place place;
};

/* What a step does with each outcome; the table of configuration.md. */
enum att_action { ATT_ACTION_OK, ATT_ACTION_DONE, ATT_ACTION_IGNORE, ATT_ACTION_BAD, ATT_ACTION_DIE };
enum att_control { ATT_CONTROL_REQUIRED, ATT_CONTROL_REQUISITE, ATT_CONTROL_SUFFICIENT, ATT_CONTROL_OPTIONAL };

struct att_config_step {
    const char *use;      /* a provider; or */
    const char *substack; /* a stack */
    enum att_control control;
    int64_t timeout_ms; /* 0: what is left of the request's */
    int8_t on[24];      /* per att_result: an att_action, or -1 for the control word's */
    struct att_place place;
};

struct att_config_stack {
    const char *name;
    const char **match_providers; /* each may be a glob; ends with NULL; or NULL */
    const char **match_grants;
    bool match_default;
    struct att_config_binding binding;
    struct att_config_step *steps;
    size_t step_count;
    struct att_place place;
};

enum att_effect { ATT_EFFECT_PERMIT, ATT_EFFECT_FORBID };

/* Any of the texts; NULL: the key was not written. Each list ends with NULL. */
struct att_config_condition {
    const char **caller, **caller_type, **grant, **provider, **account, **method, **origin, **host, **path;
};

struct att_config_rule {
    const char *name;
    enum att_effect effect;
    bool has_when, has_unless;
    struct att_config_condition when, unless;
    struct att_place place;
};

struct att_config_sink {
    const char *name; /* the module's file name where none was written */
    const char *module;
    bool required;
    const struct att_value *options;
    const char *sha256;
    struct att_place place;
};

struct att_config {
    /* settings */
    const char *module_dir; /* NULL: beside the library */
    bool module_paths;      /* absolute paths of modules are allowed */
    const char *state_dir;  /* NULL only where neither the site nor the environment names one */
    int64_t timeout_ms;
    uint64_t max_response_bytes;
    bool audit_warn;             /* audit_failure = "warn" */
    const char *ca_file;         /* certificates to trust instead of the system's */
    const char *proxy;           /* http://host:port, or NULL: none, whatever the environment says */
    int redirects;               /* how many are followed; 0 */
    const char *record, *replay; /* a file of upstream answers; at most one of both */
    struct att_place ca_file_place, replay_place;
    bool mask_secrets; /* responses are searched for the credential */

    struct att_config_provider *providers;
    size_t provider_count;
    struct att_config_grant *grants;
    size_t grant_count;
    struct att_config_stack *stacks;
    size_t stack_count;
    bool has_policy, permit_by_default;
    struct att_config_rule *rules;
    size_t rule_count;
    struct att_config_sink *sinks;
    size_t sink_count;

    const char **files; /* every file that was read, in order; ends with NULL */
};

/* Reads `file`, or where it is NULL the default files (attache.conf(5)). Everything lives in `pool`. What is wrong
 * goes to `findings`; the result is NULL only when memory is out or no file could be read at all. */
struct att_config *att_config_load(struct att_pool *pool, const char *file, struct att_findings *findings);

/* The text of `content` as a value tree, under the guards of configuration.md (no @include, no 32-bit wrap, no control
 * characters). NULL when it does not parse. */
const struct att_value *att_config_parse(struct att_pool *pool, const char *name, const char *content,
                                         struct att_findings *findings);

/* Text around at least one {part}; a brace has no other use. */
bool att_inject_format_is_sound(const char *format);

/* Placements as a site writes them for `inject`, in a text of their own: a group, or a list of groups. Everything lives
 * in `pool`. False with findings, which call the text "the placement". */
bool att_config_inject_parse(struct att_pool *pool, const char *text, struct att_config_inject **injects, size_t *count,
                             struct att_findings *findings);

/* Opens a file under the ownership rule: regular, no symbolic link as its last part, owner root or the running user,
 * not writable by others (with `secret`: nor readable by others). Returns a descriptor, or -1 with a sentence in
 * `why` that names the cause and the next step. */
int att_file_open_checked(const char *path, bool secret, struct att_buffer *why);

/* ---- references to secrets ---------------------------------------------------------------------------------------
 *
 * { file = "..." } { env = "..." } { credential = "..." } { keyring = "..." } { fd = N } */
struct att_arena;
struct att_secret;
/* Checks form only: true if `value` is a reference. Says why not, and how to write one where a literal stands. */
bool att_reference_check(const struct att_value *value, struct att_findings *findings);
/* Reads the secret. One newline at the end is cut off. NULL with a finding when it cannot be had. */
struct att_secret *att_reference_read(const struct att_value *value, struct att_arena *arena,
                                      struct att_findings *findings);

#endif
