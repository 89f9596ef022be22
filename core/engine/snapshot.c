/* core/engine/snapshot.c: loading one configuration into everything that runs it. */
#include "core/engine/snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/engine/plan.h"

struct att_snapshot {
    atomic_size_t references;
    struct att_pool *pool;
    struct att_snapshot_options options;
    const struct att_config *config;
    struct att_module_folder folder;          /* while modules are loaded */
    struct att_host_table loading_host;       /* what the entry of a module sees */
    const struct att_module **modules;        /* of the configuration's providers, in order */
    struct att_instance **providers, **sinks; /* of the configuration's entries, in order; NULL in a plan */
    const struct att_policy *policy;
    struct att_plans plans;
    struct att_trail *trail;
    struct att_buffer summary;
    pthread_mutex_t parts_lock; /* of transport and signer, while one is loaded */
    _Atomic(struct att_transport *) transport;
    _Atomic(struct att_signer *) signer;
    struct att_recorder *recorder; /* made with the transport; NULL when nothing is recorded */
};

enum { SUMMARY_LIMIT = 8192 };

struct att_snapshot *att_snapshot_hold(struct att_snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

static bool close_instances(struct att_instance **instances, size_t count)
{
    bool closed = true;

    for (size_t i = 0; instances && i < count; i++)
        closed &= att_instance_close(instances[i]);
    return closed;
}

static void destroy(struct att_snapshot *snapshot)
{
    struct att_transport *transport = atomic_load(&snapshot->transport);
    struct att_signer *signer = atomic_load(&snapshot->signer);
    const struct att_config *config = snapshot->config;
    bool closed = true;

    if (transport)
        transport->close(transport);
    if (signer)
        signer->close(signer);
    att_recorder_close(snapshot->recorder);
    att_trail_destroy(snapshot->trail);
    if (config) {
        closed &= close_instances(snapshot->providers, config->provider_count);
        closed &= close_instances(snapshot->sinks, config->sink_count);
    }
    if (!closed)
        atomic_store(snapshot->options.left_behind, true);
    att_buffer_close(&snapshot->summary);
    pthread_mutex_destroy(&snapshot->parts_lock);
    att_pool_destroy(snapshot->pool);
    free(snapshot);
}

void att_snapshot_release(struct att_snapshot *snapshot)
{
    if (snapshot && atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) == 1)
        destroy(snapshot);
}

/* Loads one module and checks the options of its entry. NULL with findings. */
static const struct att_module *load_module(struct att_snapshot *snapshot, uint32_t kind, const char *file,
                                            const char *sha256, const struct att_entry *entry,
                                            struct att_findings *findings)
{
    const struct att_config *config = snapshot->config;
    struct att_loader_rules rules = {.directory = config->module_dir,
                                     .allow_paths = config->module_paths,
                                     .folder = &snapshot->folder,
                                     .host = &snapshot->loading_host.host};
    const struct att_module *module;
    struct att_buffer why;

    att_buffer_open(&why, 4096);
    if (!rules.directory)
        rules.directory = att_module_directory(snapshot->pool);
    module = att_registry_load(snapshot->options.registry, &rules, file, kind, sha256, &why);
    if (!module)
        att_finding_module(findings, entry->place, file, "%s", why.data ? why.data : "out of memory");
    att_buffer_close(&why);
    if (!module || !att_settings_check(snapshot->options.environment, module, entry, findings))
        return NULL;
    att_buffer_format(&snapshot->summary, "%s%s %s", snapshot->summary.size ? ", " : "", module->name, module->version);
    return module;
}

/* Everything is checked, so that all is told; nothing is opened once something is wrong. */
static bool may_open(const struct att_snapshot *snapshot, const struct att_findings *findings)
{
    return snapshot->options.mode == ATT_SNAPSHOT_OPEN && findings->errors == 0;
}

/* A sink that the site can do without is missed with a warning, as its records are later. */
static struct att_instance *open_sink(struct att_snapshot *snapshot, const struct att_config_sink *sink,
                                      const struct att_entry *entry, const struct att_module *module,
                                      struct att_findings *findings)
{
    const struct att_environment *environment = snapshot->options.environment;
    struct att_instance *instance;
    struct att_findings own;

    if (sink->required && !snapshot->config->audit_warn)
        return att_instance_open(environment, module, entry, findings);
    att_findings_open(&own, findings->pool);
    instance = att_instance_open(environment, module, entry, &own);
    for (size_t i = 0; i < own.count; i++)
        att_finding(findings, ATT_SEVERITY_WARNING, own.list[i].place, "%s; until then its records are lost",
                    own.list[i].text);
    return instance;
}

/* Audit opens first, so that nothing happens that no sink could take. */
static bool load_sinks(struct att_snapshot *snapshot, struct att_findings *findings)
{
    const struct att_config *config = snapshot->config;
    struct att_trail_sink *sinks = att_pool_take(snapshot->pool, (config->sink_count + 1) * sizeof *sinks);
    size_t opened = 0;

    snapshot->sinks = att_pool_take(snapshot->pool, (config->sink_count + 1) * sizeof *snapshot->sinks);
    if (!snapshot->sinks || !sinks)
        return false;
    for (size_t i = 0; i < config->sink_count; i++) {
        const struct att_config_sink *sink = &config->sinks[i];
        const struct att_entry entry = {sink->name, sink->options, sink->place, NULL, NULL};
        const struct att_module *module =
            load_module(snapshot, ATT_KIND_AUDIT, sink->module, sink->sha256, &entry, findings);

        if (module && may_open(snapshot, findings))
            snapshot->sinks[i] = open_sink(snapshot, sink, &entry, module, findings);
        if (snapshot->sinks[i])
            sinks[opened++] = (struct att_trail_sink){snapshot->sinks[i], sink->required};
    }
    if (snapshot->options.mode == ATT_SNAPSHOT_PLAN)
        return true;
    snapshot->trail = att_trail_create(snapshot->options.environment, sinks, opened, config->audit_warn);
    return snapshot->trail != NULL;
}

/* The site's ways to others, for the requests of the application as for those of a provider. */
static struct att_transport_options network_of(const struct att_snapshot *snapshot)
{
    const struct att_config *config = snapshot->config;

    return (struct att_transport_options){.ca_file = config->ca_file,
                                          .proxy = config->proxy,
                                          .clear_memory = snapshot->options.clear_http_memory,
                                          .file = config->replay};
}

static bool load_providers(struct att_snapshot *snapshot, struct att_findings *findings)
{
    const struct att_config *config = snapshot->config;
    const struct att_transport_options network = network_of(snapshot);

    snapshot->providers = att_pool_take(snapshot->pool, (config->provider_count + 1) * sizeof *snapshot->providers);
    snapshot->modules = att_pool_take(snapshot->pool, (config->provider_count + 1) * sizeof *snapshot->modules);
    if (!snapshot->providers || !snapshot->modules)
        return false;
    for (size_t i = 0; i < config->provider_count; i++) {
        const struct att_config_provider *provider = &config->providers[i];
        const struct att_entry entry = {provider->name, provider->options, provider->place, config->state_dir,
                                        &network};
        const struct att_module *module =
            load_module(snapshot, ATT_KIND_PROVIDER, provider->module, provider->sha256, &entry, findings);

        snapshot->modules[i] = module;
        if (module && may_open(snapshot, findings))
            snapshot->providers[i] = att_instance_open(snapshot->options.environment, module, &entry, findings);
    }
    return true;
}

/* A file that decides whom to trust, or what answers are, under the ownership rule. It is opened by name when the first
 * request is sent. */
static void check_file(const char *path, const char *key, struct att_place place, struct att_findings *findings)
{
    struct att_buffer why;
    int descriptor;

    if (!path)
        return;
    att_buffer_open(&why, 8192);
    descriptor = att_file_open_checked(path, false, &why);
    if (descriptor >= 0)
        close(descriptor);
    else
        att_finding(findings, ATT_SEVERITY_ERROR, place, "\"%s\" in settings cannot be used: %s", key,
                    why.size ? why.data : "out of memory");
    att_buffer_close(&why);
}

static bool load(struct att_snapshot *snapshot, struct att_findings *findings)
{
    snapshot->config = att_config_load(snapshot->pool, snapshot->options.file, findings);
    if (!snapshot->config)
        return false;
    check_file(snapshot->config->ca_file, "ca_file", snapshot->config->ca_file_place, findings);
    check_file(snapshot->config->replay, "replay", snapshot->config->replay_place, findings);
    if (!load_sinks(snapshot, findings) || !load_providers(snapshot, findings))
        return false;
    snapshot->policy = att_policy_compile(snapshot->pool, snapshot->config, findings);
    if (!snapshot->policy)
        return false;
    return att_plans_build(&snapshot->plans, snapshot->pool, snapshot->config, snapshot->modules, snapshot->providers,
                           findings) &&
           findings->errors == 0;
}

struct att_snapshot *att_snapshot_load(const struct att_snapshot_options *options, struct att_findings *findings)
{
    struct att_snapshot *snapshot = calloc(1, sizeof *snapshot);
    bool loaded;

    if (!snapshot)
        return NULL;
    atomic_init(&snapshot->references, 1);
    atomic_init(&snapshot->transport, NULL);
    atomic_init(&snapshot->signer, NULL);
    pthread_mutex_init(&snapshot->parts_lock, NULL);
    snapshot->options = *options;
    att_buffer_open(&snapshot->summary, SUMMARY_LIMIT);
    att_host_table_fill(&snapshot->loading_host, options->environment, NULL);
    snapshot->pool = att_pool_create();
    snapshot->folder = (struct att_module_folder){NULL, -1};
    loaded = snapshot->pool && load(snapshot, findings);
    att_module_folder_close(&snapshot->folder);
    if (!loaded) {
        destroy(snapshot);
        return NULL;
    }
    return snapshot;
}

const struct att_config *att_snapshot_config(const struct att_snapshot *snapshot)
{
    return snapshot->config;
}

const struct att_policy *att_snapshot_policy(const struct att_snapshot *snapshot)
{
    return snapshot->policy;
}

struct att_instance *att_snapshot_provider(const struct att_snapshot *snapshot, size_t index)
{
    return snapshot->providers[index];
}

struct att_trail *att_snapshot_trail(const struct att_snapshot *snapshot)
{
    return snapshot->trail;
}

const char *att_snapshot_summary(const struct att_snapshot *snapshot)
{
    return snapshot->summary.data ? snapshot->summary.data : "";
}

static struct att_transport *open_transport(struct att_snapshot *snapshot, att_error *error)
{
    const struct att_config *config = snapshot->config;
    const struct att_transport_options options = network_of(snapshot);

    if (config->record && !snapshot->recorder) {
        snapshot->recorder = att_recorder_open(config->record, error);
        if (!snapshot->recorder)
            return NULL;
    }
    return att_transport_load(options.file ? "replay" : "curl", &options, error);
}

struct att_recorder *att_snapshot_recorder(struct att_snapshot *snapshot)
{
    return snapshot->recorder;
}

struct att_transport *att_snapshot_transport(struct att_snapshot *snapshot, att_error *error)
{
    struct att_transport *transport = atomic_load_explicit(&snapshot->transport, memory_order_acquire);

    if (transport)
        return transport;
    pthread_mutex_lock(&snapshot->parts_lock);
    transport = atomic_load_explicit(&snapshot->transport, memory_order_relaxed);
    if (!transport) {
        transport = open_transport(snapshot, error);
        atomic_store_explicit(&snapshot->transport, transport, memory_order_release);
    }
    pthread_mutex_unlock(&snapshot->parts_lock);
    return transport;
}

struct att_signer *att_snapshot_signer(struct att_snapshot *snapshot, att_error *error)
{
    struct att_signer *signer = atomic_load_explicit(&snapshot->signer, memory_order_acquire);

    if (signer)
        return signer;
    pthread_mutex_lock(&snapshot->parts_lock);
    signer = atomic_load_explicit(&snapshot->signer, memory_order_relaxed);
    if (!signer) {
        signer = att_signer_load(error);
        atomic_store_explicit(&snapshot->signer, signer, memory_order_release);
    }
    pthread_mutex_unlock(&snapshot->parts_lock);
    return signer;
}

bool att_snapshot_http_cleared(struct att_snapshot *snapshot)
{
    struct att_transport *transport = atomic_load(&snapshot->transport);

    return transport && transport->memory_cleared;
}

att_status att_snapshot_resolve(const struct att_snapshot *snapshot, const char *grant, const char *provider,
                                const char *account, struct att_resolution *resolution, att_error *error)
{
    return att_plans_resolve(&snapshot->plans, grant, provider, account, resolution, error);
}
