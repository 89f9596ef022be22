/* tests/unit/kept.c: the module managed_secrets as an instance of the real host. */
#include "tests/unit/kept.h"

#include <sqlite3.h>
#include <string.h>

enum { DEADLINE_MS = 20000 };

/* The tables have no room for a context of the tests: one instance is opened at a time, and each finds its own again by
 * what the host's table says. */
static __thread struct kept *opening;

static struct kept *of(const struct att_host *host)
{
    return (struct kept *)((char *)(uintptr_t)host - offsetof(struct kept, host));
}

static bool may_allocate(struct kept *kept)
{
    if (kept->allocations_left == 0)
        return false;
    if (kept->allocations_left > 0)
        kept->allocations_left--;
    return true;
}

static void *allocate(const struct att_host *host, size_t size)
{
    struct kept *kept = of(host);

    if (!may_allocate(kept))
        return NULL;
    __atomic_add_fetch(&kept->blocks, 1, __ATOMIC_SEQ_CST);
    return malloc(size);
}

static void release(const struct att_host *host, void *block)
{
    __atomic_sub_fetch(&of(host)->blocks, 1, __ATOMIC_SEQ_CST);
    free(block);
}

static struct att_secret *secret_create(const struct att_host *host, size_t capacity)
{
    return may_allocate(of(host)) ? of(host)->real->secret_create(of(host)->real, capacity) : NULL;
}

static void keep_log(const struct att_host *host, int level, const char *line)
{
    size_t used = strlen(of(host)->logged);

    (void)level;
    snprintf(of(host)->logged + used, sizeof of(host)->logged - used, "%s\n", line);
}

static void promise_cache(const struct att_settings *settings, const struct att_cache_promise *promise)
{
    opening->promise = *promise;
    opening->real->promise_cache(settings, promise);
}

static att_result open_wrapped(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    opening->real = host;
    opening->host = *host;
    opening->host.allocate = allocate;
    opening->host.release = release;
    opening->host.secret_create = secret_create;
    opening->host.log = keep_log;
    opening->host.promise_cache = promise_cache;
    return attache_provider_v1(host)->open(&opening->host, settings, instance);
}

static void take_table(struct att_module *module)
{
    static const struct att_host host = {.magic = ATT_HOST_MAGIC, .size = sizeof host, .abi_major = ATT_ABI_MAJOR};
    const struct att_provider *table = attache_provider_v1(&host);

    *module = (struct att_module){.kind = ATT_KIND_PROVIDER,
                                  .file = "managed_secrets.so",
                                  .name = table->name,
                                  .version = table->version,
                                  .abi_major = table->abi_major,
                                  .abi_minor = table->abi_minor,
                                  .threading = table->threading,
                                  .offers = table->offers,
                                  .needs = table->needs,
                                  .provider = *table,
                                  .options = table->options};
    module->provider.open = open_wrapped;
    while (module->options[module->option_count].name)
        module->option_count++;
}

void kept_open(struct kept *kept, const char *folder, const char *options)
{
    const struct att_value *value;
    int allocations = kept->allocations_left;
    char state[512];

    memset(kept, 0, sizeof *kept);
    kept->allocations_left = allocations;
    snprintf(state, sizeof state, "%s/state", folder);
    kept->pool = att_pool_create();
    kept->environment.arena = att_arena_create();
    att_findings_open(&kept->findings, kept->pool);
    take_table(&kept->module);
    value = att_config_parse(kept->pool, "site.conf", options, &kept->findings);
    opening = kept;
    kept->instance =
        att_instance_open(&kept->environment, &kept->module,
                          &(struct att_entry){"secrets", value, {"site.conf", 1}, state, NULL}, &kept->findings);
    opening = NULL;
    att_credential_open(&kept->credential, kept->environment.arena);
}

void kept_begin(struct kept *kept, const char *folder, const char *options)
{
    kept->allocations_left = -1;
    kept_open(kept, folder, options);
    if (!kept->instance)
        fail_msg("%s", kept_finding(kept));
}

void kept_close(struct kept *kept)
{
    att_credential_close(&kept->credential);
    if (kept->instance)
        assert_true(att_instance_close(kept->instance));
    assert_int_equal(kept->blocks, 0);
    att_findings_close(&kept->findings);
    att_arena_destroy(kept->environment.arena);
    att_pool_destroy(kept->pool);
}

static int64_t deadline(void)
{
    return att_clock_monotonic_ns() + DEADLINE_MS * ATT_NS_PER_MS;
}

att_result kept_store(struct kept *kept, uint32_t mode, const struct att_secret_facts *facts,
                      const char *const (*parts)[2], size_t count)
{
    struct att_named_secret named[20];
    att_result result;

    for (size_t i = 0; i < count; i++)
        named[i] = (struct att_named_secret){
            parts[i][0], att_secret_from(kept->environment.arena, parts[i][1], strlen(parts[i][1]))};
    memset(&kept->report, 0, sizeof kept->report);
    result = att_instance_secret_store(kept->instance, deadline(), mode, facts, named, count, &kept->report);
    for (size_t i = 0; i < count; i++)
        att_secret_destroy((struct att_secret *)named[i].value);
    return result;
}

static att_result store_token(struct kept *kept, uint32_t mode, const char *name, const char *value)
{
    const struct att_secret_facts facts = {.size = sizeof facts, .name = name, .grant = name, .type = "bearer"};
    const char *const parts[][2] = {{"token", value}};

    return kept_store(kept, mode, &facts, parts, 1);
}

att_result kept_set(struct kept *kept, const char *name, const char *value)
{
    return store_token(kept, ATT_SECRET_CREATE, name, value);
}

att_result kept_rotate(struct kept *kept, const char *name, const char *value)
{
    return store_token(kept, ATT_SECRET_REPLACE, name, value);
}

att_result kept_fetch(struct kept *kept, const char *grant)
{
    const struct att_fetch wanted = {.size = sizeof wanted,
                                     .deadline_ns = deadline(),
                                     .caller = "test",
                                     .grant = grant,
                                     .method = "GET",
                                     .scheme = "https",
                                     .host = "h.example",
                                     .port = 443,
                                     .path = "/",
                                     .request_id = "r"};

    att_credential_close(&kept->credential);
    memset(&kept->report, 0, sizeof kept->report);
    return att_instance_fetch(kept->instance, &wanted, &kept->credential, &kept->report);
}

att_result kept_list(struct kept *kept, struct att_listing *listing)
{
    memset(&kept->report, 0, sizeof kept->report);
    return att_instance_secret_list(kept->instance, deadline(), listing, &kept->report);
}

att_result kept_remove(struct kept *kept, const char *name)
{
    memset(&kept->report, 0, sizeof kept->report);
    return att_instance_secret_remove(kept->instance, deadline(), name, &kept->report);
}

att_result kept_rekey(struct kept *kept, const char *key_file)
{
    memset(&kept->report, 0, sizeof kept->report);
    return att_instance_secret_rekey(kept->instance, deadline(), key_file, &kept->report);
}

const char *kept_part(const struct kept *kept, const char *name)
{
    const struct att_secret *secret = att_credential_part(&kept->credential, name);

    return secret ? att_secret_bytes(secret) : NULL;
}

void kept_ok(const struct kept *kept, att_result result)
{
    if (result != ATT_RESULT_OK)
        fail_msg("the call gave %d: %s", result, kept->report.sentence);
}

void kept_expect(struct kept *kept, const char *grant, const char *token)
{
    kept_ok(kept, kept_fetch(kept, grant));
    assert_string_equal(kept_part(kept, "token"), token);
}

void kept_said(const struct kept *kept, const char *text)
{
    if (!strstr(kept->report.sentence, text))
        fail_msg("\"%s\" is not in \"%s\"", text, kept->report.sentence);
}

const char *kept_finding(const struct kept *kept)
{
    return kept->findings.count ? kept->findings.list[0].text : "";
}

const char *kept_path(struct folder *folder, const char *name)
{
    return att_pool_format(folder->pool, "%s/state/%s", folder->path, name);
}

void kept_sql(struct folder *folder, const char *sql)
{
    sqlite3 *handle = NULL;
    char *why = NULL;

    assert_int_equal(sqlite3_open(kept_path(folder, "secrets.db"), &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    if (sqlite3_exec(handle, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(handle);
}

size_t kept_sealed(struct folder *folder, const char *name, unsigned char *bytes, size_t capacity)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *handle = NULL;
    size_t size;

    assert_int_equal(sqlite3_open(kept_path(folder, "secrets.db"), &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, "SELECT sealed FROM secret WHERE name = ?1", -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    size = (size_t)sqlite3_column_bytes(statement, 0);
    assert_true(size <= capacity);
    memcpy(bytes, sqlite3_column_blob(statement, 0), size);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return size;
}
