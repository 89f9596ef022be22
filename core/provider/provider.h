/* provider.h: configured instances of modules, and what they hand back. This is the host's side of module.h. */
#ifndef ATT_PROVIDER_H
#define ATT_PROVIDER_H

#include <attache/module.h>

#include "core/cache/cache.h"
#include "core/module/loader.h"
#include "core/transport/transport.h"

/* What an engine lends to all its instances; outlives them. */
struct att_environment {
    struct att_arena *arena;
    att_log_callback log; /* may be NULL */
    void *log_context;
};

/* One log line through the environment's callback: control characters escaped, capped in length. */
void att_log(const struct att_environment *environment, int level, const char *format, ...) ATT_FORMAT(3, 4);

/* A host table and what stands behind it. Each instance has its own; a loader is lent one without an entry, which
 * offers memory and log alone: `rules.host = &table.host`. Without an arena it gives no secrets. */
struct att_host_table {
    struct att_host host;
    const struct att_environment *environment;
    const char *entry; /* the name of the configured entry, or NULL */
};
void att_host_table_fill(struct att_host_table *table, const struct att_environment *environment, const char *entry);

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* What a site configured for one instance. */
struct att_entry {
    const char *name;
    const struct att_value *options; /* a group, or NULL */
    struct att_place place;
    const char *state_dir; /* NULL where the module is given none */
    /* How the site reaches a backend; NULL where the module may ask none. */
    const struct att_transport_options *network;
};

/* Checks the options of an entry against what the module declares (unknown names, types, ranges, required ones, secrets
 * as references), then asks the module's own `check`, if it has one. All that is wrong goes to `findings` with its file
 * and line. Reads no secret. Waits at most ten seconds for the turn of a serial module. */
bool att_settings_check(const struct att_environment *environment, const struct att_module *module,
                        const struct att_entry *entry, struct att_findings *findings);

/* ---- instances --------------------------------------------------------------------------------------------------- */

struct att_instance; /* of a provider module or of an audit module */

/* Opens an instance; reads the secrets of its options. Nothing of `entry` has to outlive the call. NULL with findings.
 */
struct att_instance *att_instance_open(const struct att_environment *environment, const struct att_module *module,
                                       const struct att_entry *entry, struct att_findings *findings);
/* Closes it. Reports that are under way get two seconds; calls that never came back are told so and get one. False when
 * they still run, or in a forked child: the instance is left behind then, and what it was opened with (environment,
 * arena, module) has to stay for the rest of the process. NULL is allowed. */
bool att_instance_close(struct att_instance *instance);
const char *att_instance_name(const struct att_instance *instance);
const struct att_module *att_instance_module(const struct att_instance *instance);

/* ---- calls ------------------------------------------------------------------------------------------------------- */

/* Asks a provider for a credential. `fetch` is without call (the host makes it) and its texts need not outlive this.
 * The deadline is absolute; a call that is not back by then answers DEADLINE, is left to itself, and its later answer
 * is thrown away. Instances that promised to be prompt run on this thread, others on a worker. The module's `threading`
 * is observed, and waiting for a turn counts against the deadline. */
att_result att_instance_fetch(struct att_instance *instance, const struct att_fetch *fetch,
                              struct att_credential *credential, struct att_call_report *report);
/* The same by way of the cache, where the module promised that what it gives may be kept. `loan` was opened. */
att_result att_instance_borrow(struct att_instance *instance, const struct att_fetch *fetch, struct att_loan *loan,
                               struct att_call_report *report);
/* Whether another fetch could give another credential after the upstream refused this one. */
bool att_instance_can_renew(const struct att_instance *instance, const struct att_loan *loan);
/* The upstream answered 401 to the credential on loan: it leaves the cache, and the module is told, always on a worker:
 * only fetch was promised to be prompt. */
att_result att_instance_invalidate(struct att_instance *instance, const struct att_fetch *fetch,
                                   const struct att_loan *loan);
/* The request has ended that the credential on loan was used for: tells the module, if it wants to know. Takes the loan
 * over where it does, and copies the rest. Does not wait. */
void att_instance_report(struct att_instance *instance, const struct att_fetch *fetch, struct att_loan *loan,
                         const struct att_outcome *outcome);
/* Whether its reports tell of the exchange, and how much of each body. */
bool att_instance_wants_exchange(const struct att_instance *instance, size_t *body_bytes);

/* ---- secrets that a provider keeps ------------------------------------------------------------------------------- */

/* What secret_list of a module told; the texts are the pool's. */
struct att_listing {
    struct att_pool *pool;
    struct att_secret_facts *list;
    size_t count, capacity;
    bool failed; /* memory ran out */
};

bool att_listing_open(struct att_listing *listing);
void att_listing_close(struct att_listing *listing);
/* Copies the facts; the host table's secret_listed. */
int att_listing_add(struct att_listing *listing, const struct att_secret_facts *facts);

/* Whether the four calls below make sense. They run on a worker, until the absolute deadline. */
bool att_instance_keeps_secrets(const struct att_instance *instance);
att_result att_instance_secret_store(struct att_instance *instance, int64_t deadline_ns, uint32_t mode,
                                     const struct att_secret_facts *facts, const struct att_named_secret *parts,
                                     size_t part_count, struct att_call_report *report);
/* `listing` is the caller's to close after OK, and empty else. */
att_result att_instance_secret_list(struct att_instance *instance, int64_t deadline_ns, struct att_listing *listing,
                                    struct att_call_report *report);
att_result att_instance_secret_remove(struct att_instance *instance, int64_t deadline_ns, const char *name,
                                      struct att_call_report *report);
att_result att_instance_secret_rekey(struct att_instance *instance, int64_t deadline_ns, const char *key_file,
                                     struct att_call_report *report);

/* ---- where it goes, and records ---------------------------------------------------------------------------------- */

/* Where a credential of this instance goes: what inject says, else Basic or bearer by its parts. Runs on this thread:
 * inject only reads the credential. Waits at most ten seconds for its turn. */
att_result att_instance_inject(struct att_instance *instance, const struct att_credential *credential,
                               struct att_placement *placement);
/* Hands a record to a sink, on this thread. Waits at most ten seconds for its turn. */
att_result att_instance_append(struct att_instance *instance, const struct att_record *record,
                               struct att_call_report *report);

#endif
