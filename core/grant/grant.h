/* grant.h: one running call about grants of a backend: att_grants_list and its sisters. */
#ifndef ATT_GRANT_H
#define ATT_GRANT_H

#include "core/errand/errand.h"
#include "core/provider/grants.h"

struct att_granting {
    struct att_errand errand;
    struct att_secret *user_token; /* or NULL */
    bool renewable;                /* the client's callback gives it, not the options of the call */
    const char *grant_id;          /* what the backend calls errand.grant; or NULL */
    int64_t timeout_ms;            /* of one call into the module; 0: the client's */
};

/* What all of these calls are given. */
struct att_granting_options {
    const char *event;
    const char *user_token, *reason;
    const att_pair *context;
    int64_t timeout_ms;
};

/* Of the options of a call, which name them alike. */
#define ATT_GRANTING_OPTIONS(name, own)                            \
    ((struct att_granting_options){.event = (name),                \
                                   .user_token = (own).user_token, \
                                   .reason = (own).reason,         \
                                   .context = (own).context,       \
                                   .timeout_ms = (own).timeout_ms})

/* Checks what is given and begins. `error` is never NULL. att_granting_close() in any case. */
att_status att_granting_open(struct att_granting *granting, att_client *client,
                             const struct att_granting_options *options, att_error *error);
void att_granting_close(struct att_granting *granting); /* wipes */

enum att_granting_kind { ATT_GRANTING_LIST, ATT_GRANTING_CONNECT, ATT_GRANTING_HELD };
/* Takes the user's token anew from the client's callback, in a call that takes as long as people do. False, and the
 * token stays, where the callback does not give it, or gives none. */
bool att_granting_renew(struct att_granting *granting);
/* Finds the provider whose backend is meant, and takes the end user's token. */
att_status att_granting_find(struct att_granting *granting, enum att_granting_kind kind, const char *backend);
/* What policy is asked about, beside errand.grant. */
struct att_granting_matter {
    enum att_policy_about about;
    const char *doing;            /* "list grants" */
    const char *const *providers; /* ends with NULL: the caller has to be permitted each; NULL or empty: not known */
    const char *account;          /* NULL: not known */
};
/* Asks policy whether the caller may do this, and records the decision with `detail`. Nothing is done unless it is
 * ATT_OK. */
att_status att_granting_decide(struct att_granting *granting, const struct att_granting_matter *matter,
                               const char *detail);
/* Takes out of a page what policy does not let the caller see; how many grants that were. */
size_t att_granting_hide(const struct att_granting *granting, struct att_grant_page *page);
/* Who asks, until a deadline. */
struct att_fetch att_granting_who(const struct att_granting *granting, int64_t deadline_ns);
/* A result that is not OK as a status with its message; `doing` is "the grants could not be listed". */
att_status att_granting_fail(struct att_granting *granting, att_result result, const struct att_call_report *report,
                             const char *doing);
/* Hands every grant of a page to the application. */
void att_granting_tell(const struct att_grant_page *page, att_grant_callback found, void *context);

/* ---- connecting -------------------------------------------------------------------------------------------------- */

/* What a session is asked for, checked. Points into the options. */
struct att_connect_plan {
    struct att_connect_wish wish;
    const char *names; /* "google, github" */
};
att_status att_connect_plan_make(struct att_granting *granting, const att_connect_options *options,
                                 struct att_connect_plan *plan);
/* Begins a session; `connection` is the caller's to close, in any case. */
att_status att_connect_begin(struct att_granting *granting, const struct att_connect_plan *plan, int64_t deadline_ns,
                             struct att_connection *connection, const char *doing);

/* The user's browser, opened at an address that only a file of the user's tells it: the address is in no argument. */
struct att_browser {
    pid_t pid; /* of what was started; 0: nothing */
    char folder[64];
    char file[512];
};
/* False with a sentence that names the cause and the next step. att_browser_close() in any case. */
bool att_browser_open(struct att_browser *browser, const struct att_secret *url, struct att_buffer *why);
/* Whether what was started has given up, with a sentence. */
bool att_browser_has_failed(struct att_browser *browser, struct att_buffer *why);
/* Removes the file. The browser stays open. */
void att_browser_close(struct att_browser *browser);

#endif
