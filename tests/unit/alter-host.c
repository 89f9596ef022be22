/* tests/unit/alter-host.c: the host of the tests of what speaks to the Alter service. */
#include "tests/unit/alter-host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "providers/alter/words.h"

struct alter_host the;

/* ---- spelling ---------------------------------------------------------------------------------------------------- */

/* As the other profile calls what alter-1 calls `name`. */
static const char *other_name(const char *name)
{
    if (strcmp(name, "POST") == 0)
        return "PUT";
    if (strcmp(name, "GET") == 0)
        return "QUERY";
    if (name[0] == '/')
        return att_pool_format(the.pool, "/other%s", name);
    return name[0] ? att_pool_format(the.pool, "o-%s", name) : "";
}

const char *alter_spell(const char *text)
{
    struct att_buffer spelled;
    const char *copy;

    att_buffer_open(&spelled, 2 << 20);
    while (*text) {
        size_t plain = strcspn(text, "~"), size;

        att_buffer_add(&spelled, text, plain);
        text += plain;
        if (!*text)
            break;
        size = strcspn(++text, "~");
        copy = att_pool_format(the.pool, "%.*s", (int)size, text);
        att_buffer_text(&spelled, the.other ? other_name(copy) : copy);
        text += size + (text[size] != '\0');
    }
    copy = att_pool_text(the.pool, spelled.size ? spelled.data : "");
    att_buffer_close(&spelled);
    return copy;
}

void alter_write_profile(const char *name, const char *text, uint32_t type, int line)
{
    struct att_datum *datum = the.settings.data;

    while (datum->name && strcmp(datum->name, name) != 0)
        datum++;
    assert_true(datum < the.settings.data + ALTER_DATA - 1);
    *datum = (struct att_datum){name, text, type, line};
}

static void write_other_profile(void)
{
    static const char *const parts[] = {"actor", "content_hash", "nonce", "timestamp", "target", "caller", "method"};
    static const struct {
        const char *status, *code, *policy, *result;
    } errors[] = {{"401", "invalid_key", NULL, "backend"},
                  {"401", NULL, NULL, "reauth"},
                  {"403", "grant_expired", NULL, "expired"},
                  {"403", NULL, "rate_limit_exceeded", "limited"},
                  {"403", NULL, NULL, "denied"},
                  {"404", NULL, NULL, "not_found"},
                  {"409", "ambiguous_grant", NULL, "ambiguous"},
                  {"409", "token_refresh_in_progress", NULL, "refreshing"},
                  {"429", NULL, NULL, "unavailable"}};
#define ENTRY(id, key, initial, kind) alter_write_profile(key, other_name(initial), ATT_OPTION_TEXT, 1);
    ALTER_WORDS(ENTRY)
#undef ENTRY
    alter_write_profile("base_url", "https://other.example/base/", ATT_OPTION_TEXT, 1);
    alter_write_profile("signing.encoding", "base64", ATT_OPTION_TEXT, 1);
    alter_write_profile("signing.separator", "|", ATT_OPTION_TEXT, 1);
    alter_write_profile("injection.default_header", "Authorization", ATT_OPTION_TEXT, 1);
    alter_write_profile("injection.default_format", "Bearer {token}", ATT_OPTION_TEXT, 1);
    alter_write_profile("key_prefixes.0", "alter_rk_", ATT_OPTION_TEXT, 1);
    for (size_t i = 0; i < ATT_COUNT(parts); i++)
        alter_write_profile(att_pool_format(the.pool, "signing.parts.%zu", i), parts[i], ATT_OPTION_TEXT, 1);
    for (size_t i = 0; i < ATT_COUNT(errors); i++) {
        const char *row = att_pool_format(the.pool, "errors.%zu", i);

        alter_write_profile(att_pool_format(the.pool, "%s.status", row), errors[i].status, ATT_OPTION_TEXT, 1);
        if (errors[i].code)
            alter_write_profile(att_pool_format(the.pool, "%s.code", row), other_name(errors[i].code), ATT_OPTION_TEXT,
                                1);
        if (errors[i].policy)
            alter_write_profile(att_pool_format(the.pool, "%s.policy", row), errors[i].policy, ATT_OPTION_TEXT, 1);
        alter_write_profile(att_pool_format(the.pool, "%s.result", row), errors[i].result, ATT_OPTION_TEXT, 1);
    }
}

/* ---- memory and secrets ------------------------------------------------------------------------------------------ */

static bool may_allocate(void)
{
    if (the.allocations_left == 0)
        return false;
    the.allocations_left -= the.allocations_left > 0;
    return true;
}

static void *host_allocate(const struct att_host *host, size_t size)
{
    void *block = may_allocate() ? malloc(size) : NULL;

    (void)host;
    the.blocks += block != NULL;
    return block;
}

static void host_release(const struct att_host *host, void *block)
{
    (void)host;
    the.blocks -= block != NULL;
    free(block);
}

static struct att_secret *secret_create(const struct att_host *host, size_t capacity)
{
    (void)host;
    return capacity <= ATT_SECRET_LIMIT && may_allocate() ? att_secret_create(the.arena, capacity) : NULL;
}

static int secret_append(struct att_secret *secret, const void *bytes, size_t size)
{
    return att_secret_append(secret, bytes, size);
}

static const unsigned char *secret_borrow(const struct att_secret *secret, size_t *size)
{
    *size = att_secret_size(secret);
    return (const unsigned char *)att_secret_bytes(secret);
}

static void secret_return(const struct att_secret *secret, const unsigned char *view)
{
    assert_ptr_equal(att_secret_bytes(secret), view);
}

static void secret_destroy(struct att_secret *secret)
{
    att_secret_destroy(secret);
}

static unsigned char *secret_room(struct att_secret *secret, size_t *size)
{
    *size = att_secret_capacity(secret) - att_secret_size(secret);
    return (unsigned char *)att_secret_tail(secret);
}

static int secret_took(struct att_secret *secret, size_t size)
{
    att_secret_advance(secret, size);
    return 1;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static const char *setting_text(const struct att_settings *settings, const char *name)
{
    if (strcmp(name, "base_url") == 0)
        return settings->base_url;
    if (strcmp(name, "audit") == 0)
        return settings->audit;
    assert_string_equal(name, "cache");
    return settings->cache;
}

static int64_t setting_integer(const struct att_settings *settings, const char *name)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"cache_for", settings->cache_for},
                   {"timeout", settings->timeout},
                   {"attempt_timeout", settings->attempt_timeout},
                   {"retries", settings->retries},
                   {"allow_cookie", settings->allow_cookie}};

    for (size_t i = 0; i < ATT_COUNT(numbers); i++)
        if (strcmp(numbers[i].name, name) == 0)
            return numbers[i].value;
    fail_msg("the option %s is no number", name);
    return 0;
}

static const struct att_secret *setting_secret(const struct att_settings *settings, const char *name)
{
    assert_string_equal(name, "api_key");
    return settings->secret;
}

static void open_failed(const struct att_settings *settings, const char *option, const char *sentence)
{
    (void)settings;
    snprintf(the.settings.option, sizeof the.settings.option, "%s", option ? option : "");
    snprintf(the.settings.problem, sizeof the.settings.problem, "%s", sentence);
}

static const struct att_datum *setting_data(const struct att_settings *settings, const char *option)
{
    assert_string_equal(option, "profile");
    return settings->data;
}

static void data_failed(const struct att_settings *settings, const char *option, int32_t line, const char *sentence)
{
    size_t used = strlen(settings->wrong);

    assert_string_equal(option, "profile");
    snprintf(the.settings.wrong + used, sizeof the.settings.wrong - used, "%d: %s\n", (int)line, sentence);
}

static void promise_bounded(const struct att_settings *settings)
{
    (void)settings;
    the.settings.bounded = true;
}

static void promise_cache(const struct att_settings *settings, const struct att_cache_promise *promise)
{
    (void)settings;
    the.settings.cached = true;
    the.settings.promise = *promise;
}

static void wish_reports(const struct att_settings *settings)
{
    (void)settings;
    the.settings.reports = true;
}

static void wish_exchange(const struct att_settings *settings, size_t body_bytes)
{
    (void)settings;
    the.settings.exchange = (int64_t)body_bytes;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static void add_line(char *list, size_t size, const char *one, const char *other)
{
    size_t used = strlen(list);

    snprintf(list + used, size - used, "%s%s\n", one, other);
}

static void host_log(const struct att_host *host, int level, const char *line)
{
    char number[8];

    (void)host;
    snprintf(number, sizeof number, "%d ", level);
    add_line(the.log, sizeof the.log, number, line);
}

static int64_t now_ns(const struct att_host *host)
{
    (void)host;
    return the.now_ns;
}

static int64_t wall(const struct att_host *host)
{
    (void)host;
    return the.wall;
}

static int cancelled(const struct att_call *call)
{
    return call->cancelled || the.now_ns >= the.fetch.deadline_ns;
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
    add_line(call->candidates, sizeof call->candidates, grant, "");
}

static void failure_text(struct att_call *call, int what, const char *text)
{
    static const char *const names[] = {[ATT_FAILURE_CODE] = "code ",         [ATT_FAILURE_RULE] = "rule ",
                                        [ATT_FAILURE_DETAILS] = "details ",   [ATT_FAILURE_MISSING_SCOPE] = "missing ",
                                        [ATT_FAILURE_APPROVAL] = "approval ", [ATT_FAILURE_APPROVAL_URL] = "url ",
                                        [ATT_FAILURE_STATE] = "state "};

    add_line(call->texts, sizeof call->texts, names[what], text);
}

static void failure_number(struct att_call *call, int what, int64_t number)
{
    char text[40];

    snprintf(text, sizeof text, "%lld", (long long)number);
    add_line(call->numbers, sizeof call->numbers, what == ATT_FAILURE_EXPIRES ? "expires " : "status ", text);
}

static int host_pause(const struct att_host *host, struct att_call *call, int64_t milliseconds)
{
    (void)host;
    the.now_ns += milliseconds * 1000000;
    the.paused_ms += milliseconds;
    return !cancelled(call);
}

/* ---- HTTP -------------------------------------------------------------------------------------------------------- */

static void keep_request(struct alter_asked *asked, const struct att_http *http)
{
    memset(asked, 0, sizeof *asked);
    snprintf(asked->method, sizeof asked->method, "%s", http->method);
    snprintf(asked->url, sizeof asked->url, "%s", http->url);
    for (size_t i = 0; i < http->header_count; i++) {
        const struct att_http_header *header = &http->headers[i];
        char line[9000];

        assert_true(att_text_is_token(header->name));
        assert_true((header->value == NULL) != (header->secret == NULL));
        snprintf(line, sizeof line, "%s: %s", header->name,
                 header->secret ? att_secret_bytes(header->secret) : header->value);
        assert_true(att_text_is_field_value(line, strlen(line)));
        add_line(asked->headers, sizeof asked->headers, line, "");
    }
    if (http->body) {
        asked->body_size = att_secret_size(http->body);
        asked->body = att_pool_take(the.pool, asked->body_size + 1);
        memcpy(asked->body, att_secret_bytes(http->body), asked->body_size + 1);
    }
    asked->answer_limit = http->answer_limit;
    asked->timeout_ms = http->timeout_ms;
    asked->at_ms = the.now_ns / 1000000;
}

static att_result http_send(const struct att_host *host, struct att_call *call, const struct att_http *http,
                            struct att_http_answer *answer)
{
    const struct alter_reply *reply = &the.replies[the.replied];

    (void)host;
    assert_int_equal(answer->size, sizeof *answer);
    assert_true(the.asked_count < ALTER_ASKED);
    keep_request(&the.asked[the.asked_count++], http);
    if (the.replied == the.reply_count)
        fail_msg("it asked once more than there are answers: %s %s", http->method, http->url);
    the.replied++;
    the.now_ns += reply->takes_ms * 1000000;
    if (reply->result != ATT_RESULT_OK) {
        fetch_failed(call, "the host says why");
        return reply->result;
    }
    *answer = (struct att_http_answer){.size = sizeof *answer, .status = reply->status};
    answer->retry_after_ms = reply->retry_after_ms;
    answer->body = att_secret_from(the.arena, reply->body, reply->body_size ? reply->body_size : strlen(reply->body));
    for (size_t i = 0; http->taken && http->taken[i]; i++) {
        const char *value = strcmp(http->taken[i], alter_spell("~x-alter-actor-id~")) == 0         ? reply->actor
                            : strcmp(http->taken[i], alter_spell("~x-alter-key-deprecated~")) == 0 ? reply->deprecated
                                                                                                   : NULL;
        snprintf(answer->taken[i], ATT_HTTP_VALUE_SIZE, "%s", value ? value : "");
    }
    return ATT_RESULT_OK;
}

/* ---- the credential ---------------------------------------------------------------------------------------------- */

static int credential_material(struct att_credential *credential, const char *part, const void *bytes, size_t size)
{
    size_t i = 0;

    while (i < credential->part_count && strcmp(credential->parts[i].name, part) != 0)
        i++;
    assert_true(i < ATT_COUNT(credential->parts) && size < sizeof credential->parts[i].value && size > 0);
    snprintf(credential->parts[i].name, sizeof credential->parts[i].name, "%s", part);
    memcpy(credential->parts[i].value, bytes, size);
    credential->parts[i].value[size] = '\0';
    if (i == credential->part_count)
        credential->part_count++;
    return 1;
}

static int credential_secret(struct att_credential *credential, const char *part, const struct att_secret *secret)
{
    return credential_material(credential, part, att_secret_bytes(secret), att_secret_size(secret));
}

static int credential_kind(struct att_credential *credential, const char *kind)
{
    snprintf(credential->kind, sizeof credential->kind, "%s", kind);
    return 1;
}

static int credential_expires(struct att_credential *credential, int64_t seconds)
{
    credential->expires = seconds;
    return 1;
}

static int credential_scopes(struct att_credential *credential, const char *scopes)
{
    snprintf(credential->scopes, sizeof credential->scopes, "%s", scopes);
    return 1;
}

static int credential_grant(struct att_credential *credential, const char *grant)
{
    snprintf(credential->grant, sizeof credential->grant, "%s", grant);
    return 1;
}

static int credential_scopes_outdated(struct att_credential *credential)
{
    credential->outdated = true;
    return 1;
}

static int credential_place(struct att_credential *credential, const char *inject)
{
    struct att_config_inject *injects;
    struct att_findings findings;
    size_t count;
    bool sound;

    assert_string_equal(credential->placed, "");
    snprintf(credential->placed, sizeof credential->placed, "%s", inject);
    att_findings_open(&findings, the.pool);
    sound = att_config_inject_parse(the.pool, inject, &injects, &count, &findings);
    att_findings_close(&findings);
    return sound;
}

/* ---- pages and connections --------------------------------------------------------------------------------------- */

static int grant_listed(struct att_grant_page *page, const struct att_grant_facts *facts)
{
    const char *const texts[] = {facts->grant,        facts->provider, facts->kind,   facts->account,
                                 facts->account_name, facts->label,    facts->status, facts->principal};
    size_t used = strlen(page->grants), room = sizeof page->grants - used;
    char *at = page->grants + used;

    if (!may_allocate())
        return 0;
    assert_int_equal(facts->size, sizeof *facts);
    for (size_t i = 0; i < ATT_COUNT(texts); i++)
        at += snprintf(at, room, "%s ", texts[i] ? texts[i] : "-");
    for (size_t i = 0; facts->scopes && facts->scopes[i]; i++)
        at += snprintf(at, room, "%s,", facts->scopes[i]);
    at += snprintf(at, room, " %d %lld %lld %lld\n", (int)facts->scopes_outdated, (long long)facts->created,
                   (long long)facts->used, (long long)facts->expires);
    assert_true(at < page->grants + sizeof page->grants);
    page->count++;
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
    snprintf(connection->token, sizeof connection->token, "%s", att_secret_bytes(token));
    snprintf(connection->url, sizeof connection->url, "%s", att_secret_bytes(url));
    connection->expires = expires;
    return may_allocate();
}

static int answer_status(struct att_answer *answer, int32_t status)
{
    answer->status = status;
    return 1;
}

static int answer_header(struct att_answer *answer, const char *name, const char *value)
{
    char line[1000];

    snprintf(line, sizeof line, "%s: %s", name, value);
    if (!*value || !att_text_is_token(name) || !att_text_is_field_value(value, strlen(value)))
        return 0;
    add_line(answer->headers, sizeof answer->headers, line, "");
    return 1;
}

static int answer_body(struct att_answer *answer, const void *bytes, size_t size, int cut)
{
    assert_int_equal(answer->body_size, 0);
    assert_true(size < sizeof answer->body);
    memcpy(answer->body, bytes, size);
    answer->body_size = size;
    answer->cut = cut;
    return 1;
}

/* ---- the fixture ------------------------------------------------------------------------------------------------- */

static void fill_table(void)
{
    the.table = (struct att_host){.magic = ATT_HOST_MAGIC,
                                  .size = sizeof the.table,
                                  .abi_major = ATT_ABI_MAJOR,
                                  .abi_minor = ATT_ABI_MINOR,
                                  .features = UINT64_MAX,
                                  .allocate = host_allocate,
                                  .release = host_release,
                                  .secret_create = secret_create,
                                  .secret_append = secret_append,
                                  .secret_borrow = secret_borrow,
                                  .secret_return = secret_return,
                                  .secret_destroy = secret_destroy,
                                  .secret_room = secret_room,
                                  .secret_took = secret_took,
                                  .log = host_log,
                                  .setting_text = setting_text,
                                  .setting_integer = setting_integer,
                                  .setting_secret = setting_secret,
                                  .open_failed = open_failed,
                                  .setting_data = setting_data,
                                  .data_failed = data_failed,
                                  .promise_bounded = promise_bounded,
                                  .promise_cache = promise_cache,
                                  .wish_reports = wish_reports,
                                  .wish_exchange = wish_exchange,
                                  .now_ns = now_ns,
                                  .wall = wall,
                                  .cancelled = cancelled,
                                  .fetch_failed = fetch_failed,
                                  .retry_after = retry_after,
                                  .candidate = candidate,
                                  .failure_text = failure_text,
                                  .failure_number = failure_number,
                                  .pause = host_pause,
                                  .http_send = http_send,
                                  .credential_material = credential_material,
                                  .credential_secret = credential_secret,
                                  .credential_kind = credential_kind,
                                  .credential_expires = credential_expires,
                                  .credential_scopes = credential_scopes,
                                  .credential_grant = credential_grant,
                                  .credential_scopes_outdated = credential_scopes_outdated,
                                  .credential_place = credential_place,
                                  .grant_listed = grant_listed,
                                  .grant_total = grant_total,
                                  .connection_opened = connection_opened,
                                  .answer_status = answer_status,
                                  .answer_header = answer_header,
                                  .answer_body = answer_body};
}

int alter_host_open(void **state)
{
    (void)state;
    memset(&the, 0, sizeof the);
    the.pool = att_pool_create();
    the.arena = att_arena_create();
    the.wall = ALTER_NOW;
    the.allocations_left = -1;
    the.settings = (struct att_settings){.key = ALTER_KEY,
                                         .cache = "off",
                                         .audit = "full",
                                         .cache_for = 60000,
                                         .timeout = 30000,
                                         .attempt_timeout = 10000,
                                         .retries = 3,
                                         .exchange = -1};
    the.fetch = (struct att_fetch){.size = sizeof the.fetch,
                                   .call = &the.call,
                                   .deadline_ns = INT64_C(60000000000),
                                   .caller = "mailer",
                                   .grant = "11111111-2222-3333-4444-555555555555",
                                   .method = "GET",
                                   .scheme = "https",
                                   .host = "api.example",
                                   .port = 443,
                                   .path = "/v1/me"};
    fill_table();
    the.module = attache_provider_v1(&the.table);
    return 0;
}

int alter_host_open_other(void **state)
{
    alter_host_open(state);
    the.other = true;
    write_other_profile();
    return 0;
}

static void close_module(void)
{
    if (the.instance)
        the.module->close(the.instance);
    the.instance = NULL;
}

int alter_host_close(void **state)
{
    struct att_arena_state memory;

    (void)state;
    close_module();
    att_secret_destroy((struct att_secret *)the.fetch.user_token);
    att_arena_state(the.arena, &memory);
    assert_int_equal(memory.in_use, 0);
    assert_int_equal(the.blocks, 0);
    assert_int_equal(the.replied, the.reply_count);
    att_arena_destroy(the.arena);
    att_pool_destroy(the.pool);
    return 0;
}

att_result alter_open_module(void)
{
    close_module();
    the.settings.problem[0] = the.settings.option[0] = the.settings.wrong[0] = '\0';
    the.settings.reports = the.settings.cached = the.settings.bounded = false;
    the.settings.exchange = -1;
    the.settings.secret = att_secret_from(the.arena, the.settings.key, strlen(the.settings.key));
    the.opened = the.module->check(&the.table, &the.settings);
    if (the.opened == ATT_RESULT_OK)
        the.opened = the.module->open(&the.table, &the.settings, &the.instance);
    att_secret_destroy(the.settings.secret);
    return the.opened;
}

struct alter_reply *alter_reply(int status, const char *body)
{
    struct alter_reply *reply = &the.replies[the.reply_count++];

    assert_true(the.reply_count <= ALTER_REPLIES);
    *reply = (struct alter_reply){.status = status, .body = alter_spell(body), .retry_after_ms = -1};
    return reply;
}

void alter_forget_replies(void)
{
    the.replied = the.reply_count = 0;
}

void alter_give_user_token(void)
{
    the.fetch.user_token = att_secret_from(the.arena, "s3cret.user.token", 17);
}

void alter_ready(void)
{
    if (!the.instance && alter_open_module() != ATT_RESULT_OK)
        fail_msg("%s: %s%s", the.settings.option, the.settings.problem, the.settings.wrong);
    memset(&the.call, 0, sizeof the.call);
    memset(&the.credential, 0, sizeof the.credential);
    memset(&the.page, 0, sizeof the.page);
    memset(&the.connection, 0, sizeof the.connection);
    memset(&the.answer, 0, sizeof the.answer);
    the.call.retry_after_ms = -1;
    the.asked_count = 0;
    the.paused_ms = 0;
}

att_result alter_fetch_now(void)
{
    alter_ready();
    return the.module->fetch(the.instance, &the.fetch, &the.credential);
}

const char *alter_part(const char *name)
{
    for (size_t i = 0; i < the.credential.part_count; i++)
        if (strcmp(the.credential.parts[i].name, name) == 0)
            return the.credential.parts[i].value;
    return NULL;
}

const char *alter_header(const struct alter_asked *asked, const char *name)
{
    const char *line = asked->headers, *spelled = alter_spell(name);
    size_t size = strlen(spelled);

    for (; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, spelled, size) == 0 && line[size] == ':')
            return att_pool_format(the.pool, "%.*s", (int)(strcspn(line, "\n") - size - 2), line + size + 2);
    return NULL;
}

void alter_assert_silent(void)
{
    const char *const said[] = {the.call.sentence, the.call.candidates, the.call.texts, the.log, the.settings.problem};

    for (size_t i = 0; i < ATT_COUNT(said); i++) {
        assert_null(strstr(said[i], ALTER_KEY));
        assert_null(strstr(said[i], "s3cret"));
        assert_null(strchr(said[i], '\x1b'));
    }
}
