/* tests/unit/mock-host.c: the host of the mock's tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/mock-host.h"
#include "tests/unit/unit.h"

static struct mock_host *of(const struct att_host *table)
{
    return table->context;
}

static bool may_allocate(struct mock_host *host)
{
    if (host->allocations_left == 0)
        return false;
    if (host->allocations_left > 0)
        host->allocations_left--;
    __atomic_add_fetch(&host->blocks, 1, __ATOMIC_SEQ_CST);
    return true;
}

static void *allocate(const struct att_host *table, size_t size)
{
    return may_allocate(of(table)) ? malloc(size) : NULL;
}

static void release(const struct att_host *table, void *block)
{
    __atomic_sub_fetch(&of(table)->blocks, 1, __ATOMIC_SEQ_CST);
    free(block);
}

/* Secrets do not know their host, so they are not counted among the blocks; the sanitizers count them. */
static struct att_secret *secret_create(const struct att_host *table, size_t capacity)
{
    struct att_secret *secret;

    if (of(table)->allocations_left == 0)
        return NULL;
    secret = malloc(sizeof *secret + capacity);
    secret->size = 0;
    secret->capacity = capacity;
    return secret;
}

static int secret_append(struct att_secret *secret, const void *bytes, size_t size)
{
    if (size > secret->capacity - secret->size)
        return 0;
    memcpy(secret->bytes + secret->size, bytes, size);
    secret->size += size;
    return 1;
}

static void secret_destroy(struct att_secret *secret)
{
    free(secret);
}

static const unsigned char *secret_borrow(const struct att_secret *secret, size_t *size)
{
    *size = secret->size;
    return (const unsigned char *)secret->bytes;
}

static void secret_return(const struct att_secret *secret, const unsigned char *view)
{
    assert_ptr_equal(view, secret->bytes);
}

static const char *setting_text(const struct att_settings *settings, const char *name)
{
    return strcmp(name, "script") == 0 ? settings->script : settings->clock;
}

static void open_failed(const struct att_settings *settings, const char *option, const char *sentence)
{
    struct att_settings *writable = (struct att_settings *)settings;

    snprintf(writable->option, sizeof writable->option, "%s", option);
    snprintf(writable->problem, sizeof writable->problem, "%s", sentence);
}

static void promise_prompt(const struct att_settings *settings)
{
    ((struct att_settings *)settings)->promised = true;
}

static int64_t now_ns(const struct att_host *table)
{
    struct timespec now;

    (void)table;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t wall(const struct att_host *table)
{
    return of(table)->wall;
}

static int cancelled(const struct att_call *call)
{
    return now_ns(NULL) >= call->deadline_ns;
}

static void fetch_failed(struct att_call *call, const char *sentence)
{
    snprintf(call->sentence, sizeof call->sentence, "%s", sentence);
}

static void retry_after(struct att_call *call, int64_t milliseconds)
{
    call->retry_after_ms = milliseconds;
}

static void candidate(struct att_call *call, const char *grant)
{
    size_t used = strlen(call->candidates);

    snprintf(call->candidates + used, sizeof call->candidates - used, "%s ", grant);
}

static void failure_text(struct att_call *call, int what, const char *text)
{
    size_t used = strlen(call->failure);

    snprintf(call->failure + used, sizeof call->failure - used, "%d=%s ", what, text);
}

static void failure_number(struct att_call *call, int what, int64_t number)
{
    size_t used = strlen(call->failure);

    snprintf(call->failure + used, sizeof call->failure - used, "%d=%lld ", what, (long long)number);
}

static const char *shown(const char *text)
{
    return text ? text : "-";
}

static int grant_listed(struct att_grant_page *page, const struct att_grant_facts *facts)
{
    size_t used = strlen(page->text);

    used += (size_t)snprintf(page->text + used, sizeof page->text - used, "%s %s %s %s %s %s %s %s %d %lld %lld %lld",
                             facts->grant, shown(facts->provider), shown(facts->kind), shown(facts->account),
                             shown(facts->account_name), shown(facts->label), shown(facts->status),
                             shown(facts->principal), facts->scopes_outdated, (long long)facts->created,
                             (long long)facts->used, (long long)facts->expires);
    for (const char *const *scope = facts->scopes; scope && *scope; scope++)
        used += (size_t)snprintf(page->text + used, sizeof page->text - used, " %s", *scope);
    snprintf(page->text + used, sizeof page->text - used, "\n");
    return 1;
}

static void grant_total(struct att_grant_page *page, int64_t total, int more)
{
    page->total = total;
    page->more = more;
}

static int connection_opened(struct att_connection *connection, const struct att_secret *token,
                             const struct att_secret *url, int64_t expires)
{
    snprintf(connection->token, sizeof connection->token, "%.*s", (int)token->size, token->bytes);
    snprintf(connection->url, sizeof connection->url, "%.*s", (int)url->size, url->bytes);
    connection->expires = expires;
    return 1;
}

static int answer_status(struct att_answer *answer, int32_t status)
{
    answer->status = status;
    return 1;
}

static int answer_header(struct att_answer *answer, const char *name, const char *value)
{
    size_t used = strlen(answer->headers);

    snprintf(answer->headers + used, sizeof answer->headers - used, "%s: %s;", name, value);
    return 1;
}

static int answer_body(struct att_answer *answer, const void *bytes, size_t size, int cut)
{
    snprintf(answer->body, sizeof answer->body, "%.*s", (int)size, (const char *)bytes);
    answer->cut = cut;
    return 1;
}

static int credential_grant(struct att_credential *credential, const char *grant)
{
    return snprintf(credential->grant, sizeof credential->grant, "%s", grant) > 0;
}

static int credential_scopes_outdated(struct att_credential *credential)
{
    credential->scopes_outdated = true;
    return 1;
}

static int keep(struct att_credential *credential, const char *part, const void *bytes, size_t size, bool by_secret)
{
    size_t shown = size < sizeof credential->parts->value - 1 ? size : sizeof credential->parts->value - 1;

    snprintf(credential->parts[credential->count].name, sizeof credential->parts->name, "%s", part);
    memcpy(credential->parts[credential->count].value, bytes, shown);
    credential->parts[credential->count].value[shown] = '\0';
    credential->parts[credential->count].by_secret = by_secret;
    credential->parts[credential->count++].size = size;
    return 1;
}

static int credential_material(struct att_credential *credential, const char *part, const void *bytes, size_t size)
{
    return keep(credential, part, bytes, size, false);
}

static int credential_secret(struct att_credential *credential, const char *part, const struct att_secret *secret)
{
    return keep(credential, part, secret->bytes, secret->size, true);
}

static int credential_kind(struct att_credential *credential, const char *kind)
{
    return snprintf(credential->kind, sizeof credential->kind, "%s", kind) > 0;
}

static int credential_expires(struct att_credential *credential, int64_t unix_seconds)
{
    credential->expires = unix_seconds;
    return 1;
}

static int credential_scopes(struct att_credential *credential, const char *scopes)
{
    return snprintf(credential->scopes, sizeof credential->scopes, "%s", scopes) > 0;
}

static int credential_account(struct att_credential *credential, const char *account)
{
    return snprintf(credential->account, sizeof credential->account, "%s", account) > 0;
}

static int credential_has(const struct att_credential *credential, const char *part)
{
    for (size_t i = 0; i < credential->count; i++)
        if (strcmp(credential->parts[i].name, part) == 0)
            return 1;
    return 0;
}

static int place(struct att_placement *placement, const char *kind, const char *name, const char *format)
{
    size_t used = strlen(placement->text);

    snprintf(placement->text + used, sizeof placement->text - used, "%s %s %s;", kind, name, format);
    return 1;
}

static int place_header(struct att_placement *placement, const char *name, const char *format)
{
    return place(placement, "header", name, format);
}

static int place_query(struct att_placement *placement, const char *name, const char *format)
{
    return place(placement, "query", name, format);
}

static int place_cookie(struct att_placement *placement, const char *name, const char *format)
{
    return place(placement, "cookie", name, format);
}

static int place_basic(struct att_placement *placement)
{
    return place(placement, "basic", "", "");
}

void mock_host_open(struct mock_host *host)
{
    *host = (struct mock_host){.wall = 1000000, .allocations_left = -1};
    host->table = (struct att_host){
        .magic = ATT_HOST_MAGIC,
        .size = sizeof host->table,
        .abi_major = ATT_ABI_MAJOR,
        .abi_minor = ATT_ABI_MINOR,
        .features = ATT_HOST_GRANTS,
        .context = host,
        .allocate = allocate,
        .release = release,
        .secret_create = secret_create,
        .secret_append = secret_append,
        .secret_destroy = secret_destroy,
        .setting_text = setting_text,
        .open_failed = open_failed,
        .promise_prompt = promise_prompt,
        .now_ns = now_ns,
        .wall = wall,
        .cancelled = cancelled,
        .fetch_failed = fetch_failed,
        .retry_after = retry_after,
        .candidate = candidate,
        .credential_material = credential_material,
        .credential_secret = credential_secret,
        .credential_kind = credential_kind,
        .credential_expires = credential_expires,
        .credential_scopes = credential_scopes,
        .credential_account = credential_account,
        .credential_has = credential_has,
        .place_header = place_header,
        .place_basic = place_basic,
        .place_query = place_query,
        .place_cookie = place_cookie,
        .secret_borrow = secret_borrow,
        .secret_return = secret_return,
        .failure_text = failure_text,
        .failure_number = failure_number,
        .grant_listed = grant_listed,
        .grant_total = grant_total,
        .connection_opened = connection_opened,
        .answer_status = answer_status,
        .answer_header = answer_header,
        .answer_body = answer_body,
        .credential_grant = credential_grant,
        .credential_scopes_outdated = credential_scopes_outdated,
    };
}

void played_open_file(struct played *played, const char *file, const char *clock)
{
    int allocations = played->host.allocations_left;
    bool old = played->host.old;

    mock_host_open(&played->host);
    played->host.allocations_left = allocations;
    if (old)
        played->host.table.size = offsetof(struct att_host, http_send);
    played->settings = (struct att_settings){.script = file, .clock = clock};
    played->module = attache_provider_v1(&played->host.table);
    played->instance = NULL;
    played->opened = played->module->open(&played->host.table, &played->settings, &played->instance);
}

void played_open(struct played *played, const char *script, const char *clock)
{
    char file[] = "mock-script-XXXXXX";
    int descriptor = mkstemp(file);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, script, strlen(script)), strlen(script));
    close(descriptor);
    played_open_file(played, file, clock);
    unlink(file);
}

void played_close(struct played *played)
{
    if (played->opened == ATT_RESULT_OK)
        played->module->close(played->instance);
    assert_int_equal(played->host.blocks, 0);
}

att_result played_fetch_for(struct played *played, struct att_fetch *fetch, int64_t deadline_ms)
{
    memset(&played->call, 0, sizeof played->call);
    memset(&played->credential, 0, sizeof played->credential);
    fetch->size = sizeof *fetch;
    fetch->call = &played->call;
    fetch->deadline_ns = now_ns(NULL) + deadline_ms * 1000000;
    played->call.deadline_ns = fetch->deadline_ns;
    return played->module->fetch(played->instance, fetch, &played->credential);
}

att_result played_fetch(struct played *played, const char *grant, int64_t deadline_ms)
{
    struct att_fetch fetch = {.grant = grant};

    return played_fetch_for(played, &fetch, deadline_ms);
}

struct att_secret *played_secret(struct played *played, const char *text)
{
    struct att_secret *secret = secret_create(&played->host.table, strlen(text));

    secret_append(secret, text, strlen(text));
    return secret;
}

struct att_fetch played_who(struct played *played, const char *grant, struct att_secret *user)
{
    memset(&played->call, 0, sizeof played->call);
    played->call.deadline_ns = now_ns(NULL) + INT64_C(1000000000);
    return (struct att_fetch){.size = sizeof(struct att_fetch),
                              .call = &played->call,
                              .deadline_ns = played->call.deadline_ns,
                              .grant = grant,
                              .user_token = user};
}

const char *played_part(const struct played *played, const char *name)
{
    for (size_t i = 0; i < played->credential.count; i++)
        if (strcmp(played->credential.parts[i].name, name) == 0)
            return played->credential.parts[i].value;
    return NULL;
}

const char *played_inject(struct played *played)
{
    memset(&played->placement, 0, sizeof played->placement);
    assert_int_equal(played->module->inject(played->instance, &played->credential, &played->placement), ATT_RESULT_OK);
    return played->placement.text;
}
