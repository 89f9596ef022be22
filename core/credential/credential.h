/* credential.h: what a provider's fetch gives: the parts of a credential, what is known of it, and where it says that
 * it goes; and what the call said beside that. */
#ifndef ATT_CREDENTIAL_H
#define ATT_CREDENTIAL_H

#include <attache/module.h>

#include "core/config/config.h"
#include "core/secret/secret.h"
#include "core/url/url.h"

struct att_day_key;

/* Why a setter refused. */
#define ATT_FAILURE_SIZE 256

#define ATT_CREDENTIAL_PARTS 16
#define ATT_CREDENTIAL_ORIGINS 16

/* Filled by a provider through the setters of the host; owned by the request. */
struct att_credential {
    struct att_arena *arena;
    struct {
        char name[32];
        struct att_secret *secret;
    } parts[ATT_CREDENTIAL_PARTS];
    size_t part_count;
    char kind[32];
    int64_t expires; /* Unix seconds; 0 never */
    char *scopes, *account;
    char *grant;           /* as the backend knows it; or NULL */
    bool scopes_outdated;  /* they do not suffice */
    struct att_pool *pool; /* of the origins; NULL while there are none */
    struct att_origin *origins[ATT_CREDENTIAL_ORIGINS];
    size_t origin_count;
    struct att_placement *placement; /* where it says that it goes; NULL where it does not */
    struct att_day_key *day_key;     /* of one that is kept and signs; or NULL */
    bool failed;                     /* a setter refused: `failure` says why, and the fetch counts as FAULT */
    bool sealed;                     /* the fetch has returned: setters do nothing any more */
    char failure[ATT_FAILURE_SIZE];
};

/* `arena` outlives the credential. */
void att_credential_open(struct att_credential *credential, struct att_arena *arena);
void att_credential_close(struct att_credential *credential); /* wipes */
/* A copy in `to`, which was opened. False when memory is out. */
bool att_credential_copy(struct att_credential *to, const struct att_credential *from);
/* The part of that name, or NULL. */
const struct att_secret *att_credential_part(const struct att_credential *credential, const char *part);

/* The setters of the host table. 0 when one refuses: then the credential has failed. */
int att_credential_set_material(struct att_credential *credential, const char *part, const void *bytes, size_t size);
int att_credential_set_secret(struct att_credential *credential, const char *part, const struct att_secret *secret);
int att_credential_set_kind(struct att_credential *credential, const char *kind);
int att_credential_set_expires(struct att_credential *credential, int64_t unix_seconds);
int att_credential_set_scopes(struct att_credential *credential, const char *scopes);
int att_credential_set_account(struct att_credential *credential, const char *account);
int att_credential_set_grant(struct att_credential *credential, const char *grant);
int att_credential_set_scopes_outdated(struct att_credential *credential);
int att_credential_add_origin(struct att_credential *credential, const char *origin);
int att_credential_place(struct att_credential *credential, const char *inject);
int att_credential_has(const struct att_credential *credential, const char *part);

/* a-z, 0-9 and _, 1 to 31 of them. */
bool att_part_name_is_sound(const char *part);

/* ---- placements -------------------------------------------------------------------------------------------------- */

/* What a module says about where a credential goes, as a site would in `inject`. The texts of the items are in `texts`;
 * copy one with att_placement_copy alone. */
struct att_placement {
    struct att_config_inject items[ATT_INJECTS];
    size_t count;
    bool failed;
    char failure[ATT_FAILURE_SIZE];
    size_t used;
    char texts[4096];
};

void att_placement_open(struct att_placement *placement); /* there is nothing to close */
/* Adds one, checked; `name` and `format` are NULL for Basic. False with `failure` set. */
bool att_placement_add(struct att_placement *placement, enum att_inject_kind kind, const char *name,
                       const char *format);
/* Adds what a text in the words of attache.conf(5) says: a group, or a list of groups. False with `failure` set to the
 * first thing that is wrong with it. */
bool att_placement_parse(struct att_placement *placement, const char *inject);
void att_placement_copy(struct att_placement *to, const struct att_placement *from);

/* ---- failures and reports ---------------------------------------------------------------------------------------- */

/* Notes in `failure` (of a credential or a placement) why a setter refuses; the first reason stays. Returns false. */
bool att_failure_set(bool *failed, char failure[ATT_FAILURE_SIZE], const char *format, ...) ATT_FORMAT(3, 4);

#define ATT_FAILURE_SCOPES 16

/* What more a provider can say of a failure: ATT_FAILURE_* of module.h. "" and 0: it did not. */
struct att_failure_facts {
    char code[64], rule[128], details[256];
    char scopes[ATT_FAILURE_SCOPES][128];
    size_t scope_count;
    char approval[128], approval_url[1024], state[24];
    int32_t http_status;
    int64_t expires;
};

/* What a call said beside its result. A request has one, so it is reset by its counts alone. */
struct att_call_report {
    char sentence[512]; /* "" when it said nothing */
    int64_t retry_after_ms;
    char candidates[8][128];
    size_t candidate_count;
    bool said_more; /* `more` counts only where this is set */
    struct att_failure_facts more;
};

void att_call_report_reset(struct att_call_report *report);
void att_call_report_copy(struct att_call_report *to, const struct att_call_report *from);
/* Takes one thing more that a module says: texts as far as they fit, escaped. An address or an id that does not fit or
 * is no plain text is not taken: half of one leads elsewhere. Nor is an address that no browser may be sent to. */
void att_call_report_text(struct att_call_report *report, int what, const char *text);
void att_call_report_number(struct att_call_report *report, int what, int64_t number);
/* The id of what a human decides, or NULL. */
const char *att_call_report_approval(const struct att_call_report *report);
/* Sets what the report has of the members of an error: details, code, rule, retry_after_ms, candidates, ... */
void att_call_report_tell(const struct att_call_report *report, att_error *error);

#endif
