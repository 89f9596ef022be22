/* snapshot.h: one loaded configuration, immutable: modules, instances, stacks, grants, policy, sinks. Requests hold a
 * reference, so a reload swaps one pointer and running requests finish on the old one. */
#ifndef ATT_SNAPSHOT_H
#define ATT_SNAPSHOT_H

#include <stdatomic.h>

#include "core/audit/audit.h"
#include "core/config/config.h"
#include "core/engine/registry.h"
#include "core/policy/policy.h"
#include "core/provider/provider.h"
#include "core/sign/sign.h"
#include "core/stack/stack.h"
#include "core/transport/recorder.h"
#include "core/transport/transport.h"
#include "core/url/url.h"

/* Where credentials of a grant or a stack may go, and how they are placed when the site says so. */
struct att_binding {
    const struct att_origin *origins;
    size_t origin_count;
    const struct att_config_inject *injects;
    size_t inject_count;
};

/* A configured stack, ready to run. `provider` of its steps is the struct att_instance, NULL in a plan. */
struct att_plan {
    const struct att_config_stack *config;
    struct att_stack stack;
    struct att_binding binding;
    bool provider_binds; /* one of its providers says of each credential where it may go */
};

struct att_grant {
    const struct att_config_grant *config;
    const struct att_plan *plan;
    struct att_binding binding; /* its own, else its stack's */
};

/* What a request's grant or provider leads to. Texts live as long as the snapshot or the request's options. */
struct att_resolution {
    const char *grant, *grant_id; /* the site's alias, else as the application named it; what providers are asked for */
    const char *provider, *account;
    const struct att_plan *plan;
    struct att_binding binding;
};

struct att_snapshot;

enum att_snapshot_mode {
    ATT_SNAPSHOT_PLAN, /* everything is checked; no instance is opened, no secret read */
    ATT_SNAPSHOT_OPEN
};

struct att_snapshot_options {
    const char *file;
    enum att_snapshot_mode mode;
    const struct att_environment *environment;
    struct att_registry *registry;
    bool clear_http_memory;
    atomic_bool *left_behind; /* set when a module did not come back from a call: what it uses has to stay */
};

/* Loads a configuration. All that is wrong goes to `findings`, which must be open on a pool that outlives them. NULL
 * when a finding is an error, or memory is out. The caller holds the one reference. */
struct att_snapshot *att_snapshot_load(const struct att_snapshot_options *options, struct att_findings *findings);

struct att_snapshot *att_snapshot_hold(struct att_snapshot *snapshot);
void att_snapshot_release(struct att_snapshot *snapshot);

const struct att_config *att_snapshot_config(const struct att_snapshot *snapshot);
const struct att_policy *att_snapshot_policy(const struct att_snapshot *snapshot);
/* The instance of the provider entry at that place of the configuration; NULL in a plan. */
struct att_instance *att_snapshot_provider(const struct att_snapshot *snapshot, size_t index);
struct att_trail *att_snapshot_trail(const struct att_snapshot *snapshot); /* NULL in a plan */
/* "attache.conf; mock 0.1.0, audit_file 0.1.0": what an audit record says of a loaded configuration. */
const char *att_snapshot_summary(const struct att_snapshot *snapshot);
/* The transport, loaded by the first call. NULL with the error. */
struct att_transport *att_snapshot_transport(struct att_snapshot *snapshot, att_error *error);
/* The signer, likewise. */
struct att_signer *att_snapshot_signer(struct att_snapshot *snapshot, att_error *error);
/* Where answers are recorded; NULL where they are not. Valid once the transport is loaded. */
struct att_recorder *att_snapshot_recorder(struct att_snapshot *snapshot);
bool att_snapshot_http_cleared(struct att_snapshot *snapshot);

/* Finds what a grant (alias or id) or a provider identity leads to: ATT_NOT_FOUND, or ATT_CONFIG where two stacks match
 * equally. Exactly one of `grant` and `provider` is given. */
att_status att_snapshot_resolve(const struct att_snapshot *snapshot, const char *grant, const char *provider,
                                const char *account, struct att_resolution *resolution, att_error *error);

#endif
