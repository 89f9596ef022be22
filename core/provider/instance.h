/* instance.h: what the files of core/provider share: the inside of an instance, of its settings and of a call. */
#ifndef ATT_INSTANCE_H
#define ATT_INSTANCE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/provider/backend.h"
#include "core/provider/grants.h"
#include "core/provider/order.h"

/* ---- settings ---------------------------------------------------------------------------------------------------- */

/* What a module says while it opens. */
struct att_opening {
    bool prompt, bounded, reports, keeps_none;
    bool exchange;
    size_t body_bytes; /* of each body in a report of the exchange */
    bool cached;
    struct att_cache_promise cache;
    size_t data_faults; /* findings that it made itself, by data_failed */
    char fault[160];    /* it asked for an option that it did not declare so; "" when not */
    char option[32];
    char sentence[512];
};

struct att_setting {
    const struct att_option *option;
    const struct att_value *value; /* what the site wrote; NULL when it wrote nothing */
    const char *text;
    int64_t integer;
    const char *const *list;
    const struct att_datum *data;
    struct att_secret *secret;
    bool unread; /* there is a secret, and this is no open: it was not read */
};

/* Good for one open or check. */
struct att_settings {
    const struct att_entry *entry;
    struct att_setting *list;
    size_t count;
    struct att_opening *opening;
    const char *module;
    struct att_findings *findings;
};

/* Checks the options of `settings->entry` and takes all but the secrets. False with findings. */
bool att_settings_take(struct att_settings *settings, struct att_pool *pool, const struct att_module *module,
                       struct att_findings *findings);
/* The same, and reads the secrets into `arena`. */
bool att_settings_read(struct att_settings *settings, struct att_pool *pool, struct att_arena *arena,
                       const struct att_module *module, struct att_findings *findings);
void att_settings_wipe(struct att_settings *settings);
/* A finding about a check or an open that answered `result`, where the option stands that the module named. */
void att_settings_explain(const struct att_settings *settings, const struct att_module *module, att_result result,
                          struct att_findings *findings);

/* What a file of data holds, as setting_data hands it over. NULL with findings, or without where memory is out. */
const struct att_datum *att_data_read(struct att_pool *pool, const char *path, struct att_findings *findings);

/* The references that a site wrote, so that they can be read again. Zero is empty. */
struct att_references {
    struct att_pool *pool;
    const struct att_value **list; /* named after their options */
    size_t count;
};

bool att_references_keep(struct att_references *references, const struct att_settings *settings);
void att_references_close(struct att_references *references);
/* The host table's secret_read. */
struct att_secret *att_references_read(const struct att_host *host, struct att_call *call, const char *option,
                                       const char *name);

/* ---- calls ------------------------------------------------------------------------------------------------------- */

struct att_call {
    struct att_instance *instance;
    int64_t deadline_ns;
    atomic_bool dropped; /* nobody waits any more */
    bool in_doubt;       /* its backend may have acted on what it was sent, and gave no answer */
    struct att_call_report *report;
};

void att_call_open(struct att_call *call, struct att_instance *instance, int64_t deadline_ns,
                   struct att_call_report *report);
bool att_call_cancelled(const struct att_call *call);

/* What a call gives beside its result: a credential after FETCH, a listing after LIST, a page after GRANTS and POLL, a
 * connection after CONNECT, an answer after EXECUTE and APPROVAL. */
struct att_yield {
    struct att_credential credential;
    struct att_listing listing;
    struct att_grant_page page;
    struct att_connection connection;
    struct att_answer answer;
};

/* The checks on what a call about grants gave: a result that is not borne out by it is a fault. Closes what is not
 * handed on. */
att_result att_grants_checked(struct att_call *call, enum att_work work, att_result result, struct att_yield *yield);
/* Closes all but the credential and the listing. */
void att_grants_close(struct att_yield *yield);
/* A fault of the module, for the host's own reason: it tells more than what the module said. */
att_result att_call_fault(struct att_call *call, const char *reason);

/* Runs one call into the module on this thread, with its turn taken and its answer checked. */
att_result att_call_run(struct att_instance *instance, struct att_call *call, const struct att_order *order,
                        struct att_yield *yield);

/* Takes the turn that the module's threading asks for. False at the deadline. */
bool att_instance_enter(struct att_instance *instance, int64_t deadline_ns);
void att_instance_leave(struct att_instance *instance);

/* A result outside the list is a fault, with a sentence. */
att_result att_result_checked(att_result result, struct att_call_report *report);

/* ---- workers: the threads that calls run on which may take long. ------------------------------------------------- */

#define ATT_WORKERS 16

struct att_job;

struct att_worker {
    struct att_instance *instance;
    enum { ATT_WORKER_NONE, ATT_WORKER_LIVE, ATT_WORKER_GONE } state; /* gone: to be joined */
    pthread_t thread;
    struct att_job *job; /* that it runs, or NULL */
};

struct att_workers {
    pthread_mutex_t lock; /* never held while a module is called */
    pthread_cond_t work;  /* a job was queued, or it is closing time */
    pthread_cond_t gone;  /* a worker ended */
    pthread_cond_t pause; /* a call was cancelled that may pause */
    bool closing;
    struct att_worker list[ATT_WORKERS];
    size_t live, idle, queued;
    struct att_job *first, *last; /* queued */
};

bool att_workers_open(struct att_workers *workers, struct att_instance *instance);
/* Waits for all to end; false when one is still in the module. Nobody waits for a call any more. */
bool att_workers_close(struct att_workers *workers, int64_t deadline_ns);
/* Tells running calls, and wakes all who wait for one. */
void att_workers_cancel(struct att_workers *workers);
/* Runs a call on a worker and waits until its deadline. `yield` was opened by the caller. */
att_result att_workers_run(struct att_instance *instance, const struct att_order *order, struct att_yield *yield,
                           struct att_call_report *report);
/* Has a call run on a worker while nobody waits. `finish` (may be NULL) is told of its end there, exactly once, with
 * the answer, which it may take. NULL, or a sentence that says why it was not begun; then nobody is told. */
typedef void (*att_job_finish)(void *context, att_result result, struct att_credential *credential,
                               const struct att_call_report *report);
const char *att_workers_start(struct att_instance *instance, const struct att_order *order, att_job_finish finish,
                              void *context);

/* ---- reports: what modules are told while nobody waits ----------------------------------------------------------- */

#define ATT_REPORTS 256 /* that wait or run; one more is dropped */
#define ATT_REPORTERS 4

struct att_report;

struct att_reporter {
    struct att_instance *instance;
    enum { ATT_REPORTER_NONE, ATT_REPORTER_LIVE, ATT_REPORTER_GONE } state; /* gone: to be joined */
    pthread_t thread;
};

/* Whoever reports wakes nobody: the threads look by themselves while there is something to do. */
struct att_reports {
    pthread_mutex_t lock; /* never held while a module is called */
    pthread_cond_t work, gone;
    bool closing;
    struct att_reporter list[ATT_REPORTERS];
    size_t live, count; /* count: queued or running */
    size_t queued;
    struct att_report *first, *last;
    uint64_t dropped, failed;
};

bool att_reports_open(struct att_reports *reports, struct att_instance *instance);
/* Takes the loan over and copies the rest, or drops it. Never waits. */
void att_reports_add(struct att_instance *instance, const struct att_fetch *fetch, struct att_loan *loan,
                     const struct att_outcome *outcome);
/* Waits until no report is under way, or until the deadline. */
void att_reports_drain(struct att_reports *reports, int64_t deadline_ns);
/* Drops what waits, says in the log how many were dropped, and waits for the threads; false when one is still in the
 * module. */
bool att_reports_close(struct att_reports *reports, struct att_instance *instance, int64_t deadline_ns);

/* ---- the instance ------------------------------------------------------------------------------------------------ */

struct att_instance {
    struct att_host_table table;
    const struct att_module *module;
    void *own; /* the module's */
    char *name;
    bool prompt; /* its fetch may run on the application's thread */
    bool reports, keeps_none;
    bool exchange; /* reports tell of the exchange, for every request */
    size_t body_bytes;
    struct att_backend backend;
    struct att_cache *cache; /* NULL: nothing may be kept */
    struct att_references references;
    atomic_bool cancelled;
    struct att_turn own_turn; /* of a module that takes one call per instance */
    struct att_turn *turn;    /* the one that counts; NULL when any number may be in the module */
    struct att_workers workers;
    struct att_reports reporting;
};

/* Gives the instance a cache. False when memory is out. */
bool att_instance_keep(struct att_instance *instance, const struct att_cache_promise *promise);

/* How a close begins: running calls are told that nobody waits any more, and whoever does gets CANCELLED, as for every
 * later fetch. */
void att_instance_cancel(struct att_instance *instance);

const char *att_setting_text(const struct att_settings *settings, const char *name);
int64_t att_setting_integer(const struct att_settings *settings, const char *name);
const char *const *att_setting_list(const struct att_settings *settings, const char *name);
const struct att_secret *att_setting_secret(const struct att_settings *settings, const char *name);
const struct att_datum *att_setting_data(const struct att_settings *settings, const char *option);
void att_setting_data_failed(const struct att_settings *settings, const char *option, int32_t line,
                             const char *sentence);
const char *const *att_setting_names(const struct att_settings *settings, const char *name);
const char *att_setting_state_directory(const struct att_settings *settings);
void att_setting_promise_cache(const struct att_settings *settings, const struct att_cache_promise *promise);
void att_setting_promise_bounded(const struct att_settings *settings);
void att_setting_wish_reports(const struct att_settings *settings);
void att_setting_wish_exchange(const struct att_settings *settings, size_t body_bytes);
void att_setting_keeps_no_secrets(const struct att_settings *settings);
const char *att_setting_entry(const struct att_settings *settings);
void att_setting_open_failed(const struct att_settings *settings, const char *option, const char *sentence);
void att_setting_promise_prompt(const struct att_settings *settings);

void att_call_fetch_failed(struct att_call *call, const char *sentence);
void att_call_retry_after(struct att_call *call, int64_t milliseconds);
void att_call_candidate(struct att_call *call, const char *grant);
void att_call_failure_text(struct att_call *call, int what, const char *text);
void att_call_failure_number(struct att_call *call, int what, int64_t number);

/* Waits on the instance's account; false when the call was cancelled or is late. */
bool att_call_pause(struct att_call *call, int64_t milliseconds);
/* Why a call is at its end that att_call_cancelled() says so of; sets the sentence. */
att_result att_call_late(struct att_call *call);

/* http_send of the host table. */
att_result att_host_http_send(const struct att_host *host, struct att_call *call, const struct att_http *http,
                              struct att_http_answer *answer);

/* process_run of the host table. */
att_result att_host_process_run(const struct att_host *host, struct att_call *call, const struct att_process *process,
                                struct att_process_end *end);

#endif
