/* core/provider/host.c: the table of functions that modules are given. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/provider/instance.h"

static const struct att_host_table *table_of(const struct att_host *host)
{
    return host->context;
}

static void *host_allocate(const struct att_host *host, size_t size)
{
    (void)host;
    return malloc(size ? size : 1);
}

static void *host_resize(const struct att_host *host, void *block, size_t size)
{
    (void)host;
    return realloc(block, size ? size : 1);
}

static void host_release(const struct att_host *host, void *block)
{
    (void)host;
    free(block);
}

static struct att_secret *host_secret_create(const struct att_host *host, size_t capacity)
{
    struct att_arena *arena = table_of(host)->environment->arena;

    return arena && capacity <= ATT_SECRET_LIMIT ? att_secret_create(arena, capacity) : NULL;
}

static int host_secret_append(struct att_secret *secret, const void *bytes, size_t size)
{
    return secret && (bytes || !size) && att_secret_append(secret, bytes, size);
}

static const unsigned char *host_secret_borrow(const struct att_secret *secret, size_t *size)
{
    if (size)
        *size = secret ? att_secret_size(secret) : 0;
    return secret ? (const unsigned char *)att_secret_bytes(secret) : NULL;
}

/* A view is the secret's own memory, so there is nothing to undo; the call marks where the loan ends. */
static void host_secret_return(const struct att_secret *secret, const unsigned char *view)
{
    (void)secret;
    (void)view;
}

static int host_secret_equal(const struct att_secret *left, const struct att_secret *right)
{
    return left && right && att_secret_equal(left, right);
}

static void host_secret_destroy(struct att_secret *secret)
{
    att_secret_destroy(secret);
}

static unsigned char *host_secret_room(struct att_secret *secret, size_t *size)
{
    if (size)
        *size = secret ? att_secret_capacity(secret) - att_secret_size(secret) : 0;
    return secret ? (unsigned char *)att_secret_tail(secret) : NULL;
}

static int host_secret_took(struct att_secret *secret, size_t size)
{
    if (!secret || size > att_secret_capacity(secret) - att_secret_size(secret))
        return 0;
    att_secret_advance(secret, size);
    return 1;
}

static void host_log(const struct att_host *host, int level, const char *line)
{
    const struct att_host_table *table = table_of(host);

    if (!line)
        return;
    if (level < ATT_LEVEL_ERROR || level > ATT_LEVEL_DEBUG)
        level = ATT_LEVEL_DEBUG;
    if (table->entry)
        att_log(table->environment, level, "%s: %.1024s", table->entry, line);
    else
        att_log(table->environment, level, "%.1024s", line);
}

static int64_t host_now_ns(const struct att_host *host)
{
    (void)host;
    return att_clock_monotonic_ns();
}

static int64_t host_wall(const struct att_host *host)
{
    (void)host;
    return att_clock_wall_us() / 1000000;
}

static int host_cancelled(const struct att_call *call)
{
    return call && att_call_cancelled(call);
}

static int host_pause(const struct att_host *host, struct att_call *call, int64_t milliseconds)
{
    (void)host;
    return call && att_call_pause(call, milliseconds);
}

static int host_place_header(struct att_placement *placement, const char *name, const char *format)
{
    return att_placement_add(placement, ATT_INJECT_HEADER, name, format);
}

static int host_place_basic(struct att_placement *placement)
{
    return att_placement_add(placement, ATT_INJECT_BASIC, NULL, NULL);
}

static int host_place_query(struct att_placement *placement, const char *name, const char *format)
{
    return att_placement_add(placement, ATT_INJECT_QUERY, name, format);
}

static int host_place_cookie(struct att_placement *placement, const char *name, const char *format)
{
    return att_placement_add(placement, ATT_INJECT_COOKIE, name, format);
}

static int host_place(struct att_placement *placement, const char *inject)
{
    return att_placement_parse(placement, inject);
}

/* What is the same in every table. */
static const struct att_host functions = {
    .magic = ATT_HOST_MAGIC,
    .size = sizeof(struct att_host),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .version = PACKAGE_VERSION,
    .allocate = host_allocate,
    .resize = host_resize,
    .release = host_release,
    .secret_create = host_secret_create,
    .secret_append = host_secret_append,
    .secret_borrow = host_secret_borrow,
    .secret_return = host_secret_return,
    .secret_equal = host_secret_equal,
    .secret_destroy = host_secret_destroy,
    .log = host_log,
    .setting_text = att_setting_text,
    .setting_integer = att_setting_integer,
    .setting_list = att_setting_list,
    .setting_secret = att_setting_secret,
    .setting_entry = att_setting_entry,
    .open_failed = att_setting_open_failed,
    .promise_prompt = att_setting_promise_prompt,
    .now_ns = host_now_ns,
    .wall = host_wall,
    .cancelled = host_cancelled,
    .fetch_failed = att_call_fetch_failed,
    .retry_after = att_call_retry_after,
    .candidate = att_call_candidate,
    .credential_material = att_credential_set_material,
    .credential_secret = att_credential_set_secret,
    .credential_kind = att_credential_set_kind,
    .credential_expires = att_credential_set_expires,
    .credential_scopes = att_credential_set_scopes,
    .credential_account = att_credential_set_account,
    .credential_has = att_credential_has,
    .place_header = host_place_header,
    .place_basic = host_place_basic,
    .place_query = host_place_query,
    .place_cookie = host_place_cookie,
    .promise_cache = att_setting_promise_cache,
    .wish_reports = att_setting_wish_reports,
    .credential_part = att_credential_part,
    .credential_place = att_credential_place,
    .credential_origin = att_credential_add_origin,
    .place = host_place,
    .state_directory = att_setting_state_directory,
    .setting_names = att_setting_names,
    .secret_read = att_references_read,
    .secret_listed = att_listing_add,
    .secret_room = host_secret_room,
    .secret_took = host_secret_took,
    .keeps_no_secrets = att_setting_keeps_no_secrets,
    .process_run = att_host_process_run,
    .http_send = att_host_http_send,
    .pause = host_pause,
    .promise_bounded = att_setting_promise_bounded,
    .setting_data = att_setting_data,
    .data_failed = att_setting_data_failed,
    .credential_grant = att_credential_set_grant,
    .credential_scopes_outdated = att_credential_set_scopes_outdated,
    .wish_exchange = att_setting_wish_exchange,
    .failure_text = att_call_failure_text,
    .failure_number = att_call_failure_number,
    .grant_listed = att_grant_page_add,
    .grant_total = att_grant_page_count,
    .connection_opened = att_connection_set,
    .answer_status = att_answer_set_status,
    .answer_header = att_answer_add_header,
    .answer_body = att_answer_set_body,
};

void att_host_table_fill(struct att_host_table *table, const struct att_environment *environment, const char *entry)
{
    table->environment = environment;
    table->entry = entry;
    table->host = functions;
    table->host.features = entry ? ATT_HOST_OFFERED : ATT_HOST_MEMORY | ATT_HOST_LOG;
    table->host.context = table;
}
