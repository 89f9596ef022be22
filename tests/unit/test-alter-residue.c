/* tests/unit/test-alter-residue.c: after a random secret was API key, token and user's token at once, and came back in
 * an error, no copy of it is in this process outside of secret memory (attack C5). */
#include <string.h>

#include "core/provider/instance.h"
#include "tests/api/canary.h"
#include "tests/unit/folder.h"

static struct {
    struct folder folder;
    struct att_pool *pool;
    struct canary canary;
    struct att_environment environment;
    struct att_host_table table;
    struct att_instance instance; /* of nothing: what a call refers to */
    const struct att_provider *module;
    void *own;
    const char *before, *behind; /* of the secret in the next answer */
    int status;
    size_t asked;
} the;

static void add_canary(struct att_secret *secret)
{
    canary_put(&the.canary, att_secret_tail(secret));
    att_secret_advance(secret, CANARY_SIZE);
}

/* Answers with the secret between two texts. */
static att_result http_send(const struct att_host *host, struct att_call *call, const struct att_http *http,
                            struct att_http_answer *answer)
{
    (void)host;
    (void)call;
    assert_non_null(http->body);
    *answer = (struct att_http_answer){.size = sizeof *answer, .status = the.status, .retry_after_ms = -1};
    answer->body = att_secret_create(the.environment.arena, strlen(the.before) + CANARY_SIZE + strlen(the.behind));
    att_secret_append_text(answer->body, the.before);
    add_canary(answer->body);
    att_secret_append_text(answer->body, the.behind);
    the.asked++;
    return ATT_RESULT_OK;
}

static int host_pause(const struct att_host *host, struct att_call *call, int64_t milliseconds)
{
    (void)host;
    (void)call;
    (void)milliseconds;
    return 0;
}

static int open_all(void **state)
{
    (void)state;
    memset(&the, 0, sizeof the);
    folder_open(&the.folder);
    the.pool = att_pool_create();
    canary_make(&the.canary);
    the.environment = (struct att_environment){att_arena_create(), NULL, NULL};
    att_host_table_fill(&the.table, &the.environment, "entry");
    the.table.host.http_send = http_send;
    the.table.host.pause = host_pause;
    the.module = attache_provider_v1(&the.table.host);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    att_arena_destroy(the.environment.arena);
    att_pool_destroy(the.pool);
    folder_close(&the.folder);
    return 0;
}

/* The file of the API key. */
static const char *write_key(void)
{
    const char *path = folder_put(&the.folder, "key", "alter_rk_");
    struct att_secret *secret = att_secret_create(the.environment.arena, CANARY_SIZE);
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

    add_canary(secret);
    assert_int_equal(fchmod(descriptor, 0600), 0);
    assert_int_equal(write(descriptor, att_secret_bytes(secret), CANARY_SIZE), CANARY_SIZE);
    close(descriptor);
    att_secret_destroy(secret);
    return path;
}

static void open_module(void)
{
    struct att_entry entry = {.name = "entry", .place = {"site.conf", 1}};
    struct att_opening opening = {.prompt = false};
    struct att_settings settings = {.entry = &entry, .opening = &opening};
    struct att_module adopted = {.name = the.module->name, .options = the.module->options};
    struct att_findings findings;
    const char *text;

    while (adopted.options[adopted.option_count].name)
        adopted.option_count++;
    att_findings_open(&findings, the.pool);
    text = att_pool_format(the.pool, "options = { api_key = { file = \"%s\"; }; };\n", write_key());
    entry.options = att_value_member(att_config_parse(the.pool, "site.conf", text, &findings), "options");
    if (!att_settings_read(&settings, the.pool, the.environment.arena, &adopted, &findings))
        fail_msg("%s", findings.list[0].text);
    if (the.module->open(&the.table.host, &settings, &the.own) != ATT_RESULT_OK)
        fail_msg("%s: %s", opening.option, opening.sentence);
    att_settings_wipe(&settings);
    att_findings_close(&findings);
}

static void ask(int status, const char *before, const char *behind, att_result expected)
{
    struct att_secret *user_token = att_secret_create(the.environment.arena, CANARY_SIZE);
    struct att_credential credential;
    struct att_call_report report;
    struct att_call call;
    struct att_fetch fetch = {.size = sizeof fetch,
                              .call = &call,
                              .deadline_ns = att_clock_monotonic_ns() + 30 * ATT_NS_PER_S,
                              .caller = "tester",
                              .grant = "g",
                              .method = "GET",
                              .scheme = "https",
                              .host = "api.example",
                              .port = 443,
                              .path = "/",
                              .user_token = user_token};

    add_canary(user_token);
    the.status = status;
    the.before = before;
    the.behind = behind;
    att_credential_open(&credential, the.environment.arena);
    att_call_open(&call, &the.instance, fetch.deadline_ns, &report);
    assert_int_equal(the.module->fetch(the.own, &fetch, &credential), expected);
    att_credential_close(&credential);
    att_secret_destroy(user_token);
}

static void c5_no_copy_of_what_goes_to_the_service_or_comes_from_it_stays(void **state)
{
    const char *sanitizer = secure_getenv("ATT_SANITIZER");
    struct canary_search open = {.canary = &the.canary}, closed = open, planted = open;
    char *copy;

    (void)state;
    if (sanitizer && strcmp(sanitizer, "no") != 0) {
        print_message("# skipped: a sanitizer keeps what was freed\n");
        skip();
    }
    open_module();
    ask(200, "{\"access_token\":\"", "\",\"injection_header\":\"X-Key\"}", ATT_RESULT_OK);
    ask(200, "{\"access_token\":\"a\\u0062", "\",\"additional_credentials\":{\"a\":\"b\"}}", ATT_RESULT_OK);
    ask(400, "{\"error\":\"x\",\"message\":\"no such key: ", " it is\"}", ATT_RESULT_BACKEND);
    ask(200, "{\"access_token\":\"", "", ATT_RESULT_BACKEND);
    assert_int_equal(the.asked, 4);
    assert_true(canary_search_process(&open, 0));
    the.module->close(the.own);
    assert_true(canary_search_process(&closed, 0));
    copy = malloc(CANARY_SIZE);
    canary_put(&the.canary, copy);
    assert_true(canary_search_process(&planted, 0));
    explicit_bzero(copy, CANARY_SIZE);
    free(copy);
    if (open.copies || closed.copies)
        fail_msg("%d copies while it is open, %d after: %s%s", open.copies, closed.copies, open.where, closed.where);
    assert_true(planted.copies > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(c5_no_copy_of_what_goes_to_the_service_or_comes_from_it_stays, open_all,
                                        close_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
