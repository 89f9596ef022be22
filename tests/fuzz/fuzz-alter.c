/* tests/fuzz/fuzz-alter.c: what the Alter service answers to each question, and what a site writes in a profile: an
 * answer is what was asked for or a sentence, and nothing that is said repeats the key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/secret-host.h"

#define KEY "alter_rk_canary_of_the_key"

enum { TOKEN, GRANTS, REVOKE, SESSION, POLL, PROXY, APPROVAL, REPORT, PROFILE, QUESTIONS };
enum { LINES = 64 };

struct att_settings {
    struct att_datum data[LINES + 1];
    struct att_secret *key;
};

struct att_call {
    char sentence[1024];
};

struct att_credential {
    bool has_token;
    int64_t expires;
    char placed[8192];
};

struct att_grant_page {
    size_t count;
};

struct att_connection {
    bool opened;
};

struct att_answer {
    int status;
};

static struct {
    struct secret_host host;
    const struct att_provider *module;
    void *instance;
    const uint8_t *answer;
    size_t answer_size;
    int status;
    struct att_credential credential;
    struct att_grant_page page;
    struct att_connection connection;
    struct att_answer taken;
} the;

/* ---- the host ---------------------------------------------------------------------------------------------------- */

static void check_text(const char *text)
{
    if (strstr(text, KEY))
        fuzz_finding("the key", "is told", text);
    fuzz_check_sentence(text);
}

static void *allocate(const struct att_host *host, size_t size)
{
    (void)host;
    return malloc(size ? size : 1);
}

static void release(const struct att_host *host, void *block)
{
    (void)host;
    free(block);
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

static void host_log(const struct att_host *host, int level, const char *line)
{
    (void)host;
    (void)level;
    check_text(line);
}

static const char *setting_text(const struct att_settings *settings, const char *name)
{
    (void)settings;
    return strcmp(name, "base_url") == 0 ? NULL : strcmp(name, "audit") == 0 ? "full" : "off";
}

static int64_t setting_integer(const struct att_settings *settings, const char *name)
{
    (void)settings;
    return strcmp(name, "retries") == 0 ? 0 : 1000;
}

static const struct att_secret *setting_secret(const struct att_settings *settings, const char *name)
{
    (void)name;
    return settings->key;
}

static const struct att_datum *setting_data(const struct att_settings *settings, const char *option)
{
    (void)option;
    return settings->data;
}

static void open_failed(const struct att_settings *settings, const char *option, const char *sentence)
{
    (void)settings;
    (void)option;
    if (!*sentence)
        fuzz_finding("a refusal", "says nothing", "");
}

static void data_failed(const struct att_settings *settings, const char *option, int32_t line, const char *sentence)
{
    (void)line;
    open_failed(settings, option, sentence);
}

static void promise(const struct att_settings *settings)
{
    (void)settings;
}

static void wish_exchange(const struct att_settings *settings, size_t bytes)
{
    (void)settings;
    (void)bytes;
}

static int64_t now_ns(const struct att_host *host)
{
    (void)host;
    return 0;
}

static int64_t wall(const struct att_host *host)
{
    (void)host;
    return 1772438400;
}

static int cancelled(const struct att_call *call)
{
    (void)call;
    return 0;
}

static int host_pause(const struct att_host *host, struct att_call *call, int64_t milliseconds)
{
    (void)host;
    (void)call;
    (void)milliseconds;
    return 0;
}

static void fetch_failed(struct att_call *call, const char *sentence)
{
    snprintf(call->sentence, sizeof call->sentence, "%s", sentence);
}

static void retry_after(struct att_call *call, int64_t milliseconds)
{
    (void)call;
    if (milliseconds < 0)
        fuzz_finding("a time to try again", "is in the past", "");
}

static void candidate(struct att_call *call, const char *grant)
{
    (void)call;
    check_text(grant);
}

static void failure_text(struct att_call *call, int what, const char *text)
{
    (void)call;
    (void)what;
    check_text(text);
}

static void failure_number(struct att_call *call, int what, int64_t number)
{
    (void)call;
    if (what != ATT_FAILURE_HTTP_STATUS && number <= 0)
        fuzz_finding("a time", "is before 1970", "");
}

static att_result http_send(const struct att_host *host, struct att_call *call, const struct att_http *http,
                            struct att_http_answer *answer)
{
    (void)call;
    *answer = (struct att_http_answer){.size = sizeof *answer, .status = the.status, .retry_after_ms = -1};
    answer->body = host->secret_create(host, the.answer_size);
    host->secret_append(answer->body, the.answer, the.answer_size);
    if (strncmp(http->url, "https://api.alterauth.com/", 26) != 0)
        fuzz_finding("a question", "goes elsewhere", http->url);
    return ATT_RESULT_OK;
}

/* ---- what the module makes --------------------------------------------------------------------------------------- */

static int credential_material(struct att_credential *credential, const char *part, const void *bytes, size_t size)
{
    if (!size || memchr(bytes, '\r', size) || memchr(bytes, '\n', size) || memchr(bytes, '\0', size))
        fuzz_finding("a part", "cannot stand in a header", part);
    credential->has_token = credential->has_token || strcmp(part, "token") == 0;
    return 1;
}

static int credential_secret(struct att_credential *credential, const char *part, const struct att_secret *secret)
{
    return credential_material(credential, part, att_secret_bytes(secret), att_secret_size(secret));
}

static int credential_text(struct att_credential *credential, const char *text)
{
    (void)credential;
    check_text(text);
    return 1;
}

static int credential_expires(struct att_credential *credential, int64_t seconds)
{
    credential->expires = seconds;
    return 1;
}

static int credential_outdated(struct att_credential *credential)
{
    (void)credential;
    return 1;
}

static int credential_place(struct att_credential *credential, const char *inject)
{
    snprintf(credential->placed, sizeof credential->placed, "%s", inject);
    return 1;
}

static int grant_listed(struct att_grant_page *page, const struct att_grant_facts *facts)
{
    page->count++;
    check_text(facts->grant);
    if (facts->created < 0 || facts->used < 0 || facts->expires < 0)
        fuzz_finding("a time", "is before 1970", facts->grant);
    return 1;
}

static void grant_total(struct att_grant_page *page, int64_t total, int more)
{
    (void)page;
    (void)more;
    if (total < -1)
        fuzz_finding("a total", "is none", "");
}

static int connection_opened(struct att_connection *connection, const struct att_secret *token,
                             const struct att_secret *url, int64_t expires)
{
    const char *text = att_secret_bytes(url);

    connection->opened = true;
    if (!att_secret_size(token) || strncasecmp(text, "http", 4) != 0 || strpbrk(text, " \"'<>\x1b\n") || expires < 0)
        fuzz_finding("a connect page", "is none", text);
    return 1;
}

static int answer_status(struct att_answer *answer, int32_t status)
{
    answer->status = status;
    return 1;
}

static int answer_header(struct att_answer *answer, const char *name, const char *value)
{
    (void)answer;
    return att_text_is_token(name) && att_text_is_field_value(value, strlen(value));
}

static int answer_body(struct att_answer *answer, const void *bytes, size_t size, int cut)
{
    volatile unsigned char last = 0;

    (void)answer;
    (void)cut;
    for (size_t i = 0; i < size; i++)
        last = ((const unsigned char *)bytes)[i]; /* all of it can be read */
    (void)last;
    return 1;
}

static void open_client(void)
{
    struct att_settings settings = {.data = {{NULL, NULL, 0, 0}}};
    struct att_host *table = &the.host.table;

    secret_host_open(&the.host);
    table->features = UINT64_MAX;
    table->allocate = allocate;
    table->release = release;
    table->secret_room = secret_room;
    table->secret_took = secret_took;
    table->log = host_log;
    table->setting_text = setting_text;
    table->setting_integer = setting_integer;
    table->setting_secret = setting_secret;
    table->setting_data = setting_data;
    table->open_failed = open_failed;
    table->data_failed = data_failed;
    table->promise_bounded = promise;
    table->wish_reports = promise;
    table->wish_exchange = wish_exchange;
    table->now_ns = now_ns;
    table->wall = wall;
    table->cancelled = cancelled;
    table->pause = host_pause;
    table->fetch_failed = fetch_failed;
    table->retry_after = retry_after;
    table->candidate = candidate;
    table->failure_text = failure_text;
    table->failure_number = failure_number;
    table->http_send = http_send;
    table->credential_material = credential_material;
    table->credential_secret = credential_secret;
    table->credential_kind = credential_text;
    table->credential_scopes = credential_text;
    table->credential_grant = credential_text;
    table->credential_expires = credential_expires;
    table->credential_scopes_outdated = credential_outdated;
    table->credential_place = credential_place;
    table->grant_listed = grant_listed;
    table->grant_total = grant_total;
    table->connection_opened = connection_opened;
    table->answer_status = answer_status;
    table->answer_header = answer_header;
    table->answer_body = answer_body;
    the.module = attache_provider_v1(table);
    settings.key = att_secret_from(the.host.arena, KEY, sizeof KEY - 1);
    if (the.module->open(table, &settings, &the.instance) != ATT_RESULT_OK)
        fuzz_finding("the client", "does not open", "");
    att_secret_destroy(settings.key);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

static att_result ask(int question, const struct att_fetch *fetch)
{
    static const char *const providers[] = {"google", NULL};
    static const struct att_fact headers[] = {{NULL, NULL}};
    const struct att_grant_query query = {.size = sizeof query, .limit = 100};
    const struct att_connect_wish wish = {.size = sizeof wish, .providers = providers};
    const struct att_execution execution = {.size = sizeof execution, .url = "https://h/", .headers = headers};
    const struct att_outcome outcome = {
        .size = sizeof outcome, .status = "ATT_OK", .request_body = the.answer, .request_body_size = the.answer_size};
    struct att_secret *token;
    att_result result;

    switch (question) {
    case TOKEN:
        return the.module->fetch(the.instance, fetch, &the.credential);
    case GRANTS:
        return the.module->list(the.instance, fetch, &query, &the.page);
    case REVOKE:
        return the.module->revoke(the.instance, fetch);
    case SESSION:
        return the.module->connect_begin(the.instance, fetch, &wish, &the.connection);
    case POLL:
        token = att_secret_from(the.host.arena, "t", 1);
        result = the.module->connect_poll(the.instance, fetch, token, &the.page);
        att_secret_destroy(token);
        return result;
    case PROXY:
        return the.module->execute(the.instance, fetch, &execution, &the.taken);
    case APPROVAL:
        return the.module->approval(the.instance, fetch, "a", &the.taken);
    default:
        return the.module->report(the.instance, fetch, &the.credential, &outcome);
    }
}

static void check_placed(const char *placed)
{
    struct att_pool *pool = att_pool_create();
    struct att_findings findings;
    struct att_config_inject *injects;
    size_t count;

    att_findings_open(&findings, pool);
    if (!att_config_inject_parse(pool, placed, &injects, &count, &findings))
        fuzz_finding("a placement", "is none", placed);
    for (size_t i = 0; i < count; i++)
        if (injects[i].kind != ATT_INJECT_HEADER && injects[i].kind != ATT_INJECT_QUERY &&
            injects[i].kind != ATT_INJECT_SIGV4)
            fuzz_finding("a placement", "is of another kind than was meant", placed);
    att_findings_close(&findings);
    att_pool_destroy(pool);
}

static void check_answer(int question, att_result result, const char *sentence)
{
    if (result < ATT_RESULT_OK || result >= ATT_RESULT_COUNT || result == ATT_RESULT_FAULT)
        fuzz_finding("a result", "is none", sentence);
    if (result != ATT_RESULT_OK)
        check_text(sentence);
    else if (question == TOKEN &&
             (!the.credential.has_token || (the.credential.expires && the.credential.expires <= wall(NULL))))
        fuzz_finding("OK", "without a credential, or with one that has expired", "");
    else if (question == SESSION && !the.connection.opened)
        fuzz_finding("OK", "without a session", "");
    else if ((question == PROXY || question == APPROVAL) && !the.taken.status)
        fuzz_finding("OK", "without a status", "");
    if (result == ATT_RESULT_OK && the.credential.placed[0])
        check_placed(the.credential.placed);
}

/* Lines of "name=value". */
static void try_profile(char *text)
{
    struct att_settings settings = {.key = NULL};
    char *rest = text, *line;

    for (int i = 0; i < LINES && (line = strsep(&rest, "\n")) != NULL; i++) {
        char *value = strchr(line, '=');

        if (value)
            *value++ = '\0';
        settings.data[i] = (struct att_datum){line, value ? value : "", ATT_OPTION_TEXT, i + 1};
    }
    the.module->check(&the.host.table, &settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 202, 400, 401, 403, 404, 409, 429, 302, 503};
    struct att_call call = {""};
    const struct att_fetch fetch = {.size = sizeof fetch,
                                    .call = &call,
                                    .deadline_ns = INT64_MAX,
                                    .caller = "c",
                                    .provider = "google",
                                    .grant = size > 2 && data[1] & 64 ? "g" : NULL,
                                    .method = "GET",
                                    .scheme = "https",
                                    .host = "h",
                                    .port = 443,
                                    .path = "/"};
    struct att_arena_state before, after;
    int question;

    if (!the.module)
        open_client();
    if (size < 2 || size > 65536)
        return 0;
    question = data[0] % QUESTIONS;
    the.status = statuses[(data[1] & 63) % (sizeof statuses / sizeof *statuses)];
    the.answer = data + 2;
    the.answer_size = size - 2;
    memset(&the.credential, 0, sizeof the.credential);
    memset(&the.connection, 0, sizeof the.connection);
    the.taken.status = 0;
    att_arena_state(the.host.arena, &before);
    if (question == PROFILE) {
        char *text = calloc(1, size);
        memcpy(text, data + 2, size - 2);
        try_profile(text);
        free(text);
    } else {
        att_result result = ask(question, &fetch);

        check_answer(question, result, call.sentence);
    }
    att_arena_state(the.host.arena, &after);
    if (after.in_use != before.in_use)
        fuzz_finding("secrets", "were not destroyed", call.sentence);
    return 0;
}
