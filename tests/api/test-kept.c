/* tests/api/test-kept.c: credentials that the engine keeps between requests, as an application sees it. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "tests/api/world.h"

#define SITE_WITH(settings, options, stack)                                                                         \
    "schema = 1;\n"                                                                                                 \
    "settings = { module_dir = \"%MODULES%\"; module_paths = true; " settings " };\n"                               \
    "providers = ( { name = \"lender\"; module = \"%TESTS%/lender.so\"; options = { " options " }; } );\n"          \
    "stacks = ( { name = \"all\"; match = { default = true; }; " stack " fetch = ( { use = \"lender\"; } ); } );\n" \
    "policy = { default = \"permit\"; };\n"                                                                         \
    "audit = ( { module = \"audit_file.so\"; options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n"
#define SITE(options, stack) SITE_WITH("", options, stack)
#define HERE "origins = [ \"http://127.0.0.1:%PORT%\" ];"

/* As tests/modules/lender.c has it. */
struct counts {
    atomic_int fetches, invalidates, reports;
    char refused[64], reported[64], reported_to[64], refused_at[64];
    int reported_status;
    char url[256], request_headers[512], response_headers[512], request_body[128], response_body[128];
    int request_cut, response_cut;
};

static struct counts *counts(void)
{
    const char *build = secure_getenv("ATT_BUILD");
    char path[4096];
    struct counts *found;
    void *module;

    snprintf(path, sizeof path, "%s/tests/modules/.libs/lender.so", build ? build : ".");
    module = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    found = module ? dlsym(module, "lender_counts") : NULL;
    assert_non_null(found);
    dlclose(module);
    return found;
}

static struct world *world_with(void **state, const char *conf)
{
    struct world *world = world_make(state, conf, NULL);

    assert_int_equal(world_start(world), 0);
    return world;
}

static void expect(struct world *world, const char *path, att_status status, const char *authorization)
{
    att_response *response = NULL;

    assert_int_equal(world_get(world, "g", path, &response), status);
    assert_string_equal(upstream_saw(&world->site, "authorization"), authorization);
    att_response_free(&response);
}

struct asker {
    struct world *world;
    int rounds;
    atomic_int *good;
};

static void *ask(void *context)
{
    const struct asker *asker = context;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", asker->world->site.port);
    for (int i = 0; i < asker->rounds; i++)
        if (att_request(asker->world->client, ATT_REQUEST(.url = url, .grant = "g", .timeout_ms = 60000), NULL, NULL) ==
            ATT_OK)
            atomic_fetch_add(asker->good, 1);
    return NULL;
}

static int ask_from_many(struct world *world, int threads, int rounds)
{
    pthread_t list[256];
    atomic_int good = 0;
    const struct asker asker = {world, rounds, &good};

    for (int i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&list[i], NULL, ask, (void *)&asker), 0);
    for (int i = 0; i < threads; i++)
        pthread_join(list[i], NULL);
    return atomic_load(&good);
}

static void the_audit_says_whether_the_credential_was_kept(void **state)
{
    struct world *world = world_with(state, SITE("", HERE));

    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    assert_int_equal(site_audit_lines(&world->site, "\"phase\":\"result\"", "\"cached\":false"), 1);
    assert_int_equal(site_audit_lines(&world->site, "\"phase\":\"result\"", "\"cached\":true"), 1);
    world_close(state);
}

static void d8_many_callers_of_one_grant_make_one_fetch(void **state)
{
    struct world *world = world_with(state, SITE("wait = \"200ms\";", HERE));

    assert_int_equal(ask_from_many(world, 256, 1), 256);
    assert_int_equal(atomic_load(&counts()->fetches), 1);
    world_close(state);
}

static void r4_an_outage_is_not_noticed_while_the_credential_is_valid(void **state)
{
    struct world *world = world_with(state, SITE("life = \"4s\"; good = 1;", HERE));
    int64_t until = 0;
    struct timespec now;

    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    clock_gettime(CLOCK_MONOTONIC, &now);
    until = now.tv_sec + 2;
    while (now.tv_sec < until) {
        assert_int_equal(ask_from_many(world, 32, 4), 32 * 4);
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    assert_true(atomic_load(&counts()->fetches) <= 2);
    sleep(3);
    assert_int_equal(world_get(world, "g", "/echo", NULL), ATT_BACKEND);
    assert_string_equal(world->error.message, "provider \"lender\", asked for grant \"g\", is unavailable: the backend "
                                              "answers 503; try again later");
    assert_true(atomic_load(&counts()->fetches) <= 3);
    world_close(state);
}

static void d11_a_refused_credential_is_fetched_anew_once(void **state)
{
    struct world *world = world_with(state, SITE("", HERE));

    expect(world, "/only-second", ATT_OK, "Bearer token-number-two");
    assert_string_equal(counts()->refused, "token-number-one");
    expect(world, "/only-second", ATT_OK, "Bearer token-number-two");
    assert_int_equal(atomic_load(&counts()->fetches), 2);
    assert_int_equal(atomic_load(&counts()->invalidates), 1);
    world_close(state);
}

static void d11_an_upstream_that_refuses_everything_makes_no_storm(void **state)
{
    struct world *world = world_with(state, SITE("", HERE));
    att_response *response = NULL;

    for (int i = 0; i < 20; i++) {
        assert_int_equal(world_get(world, "g", "/status/401", &response), ATT_UPSTREAM);
        assert_int_equal(att_response_status(response), 401);
        assert_int_equal(att_response_retries(response), i == 0);
        att_response_free(&response);
    }
    assert_int_equal(atomic_load(&counts()->fetches), 2);
    assert_int_equal(atomic_load(&counts()->invalidates), 1);
    assert_int_equal(upstream_count(&world->site), 21);
    world_close(state);
}

static void a_reload_forgets_what_was_kept(void **state)
{
    struct world *world = world_with(state, SITE("", HERE));

    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
    expect(world, "/echo", ATT_OK, "Bearer token-number-one"); /* its first, too */
    assert_int_equal(atomic_load(&counts()->fetches), 1);
    world_close(state);
}

/* ---- what a credential says of itself ------------------------------------------------------------------------------
 */

static void what_one_provider_revokes_no_other_keeps(void **state)
{
    struct world *world = world_make(
        state,
        "schema = 1;\n"
        "settings = { module_dir = \"%MODULES%\"; module_paths = true; };\n"
        "providers = ( { name = \"lender\"; module = \"%TESTS%/lender.so\"; },\n"
        "              { name = \"backend\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } "
        ");\n"
        "stacks = ( { name = \"all\"; match = { default = true; }; " HERE " fetch = ( { use = \"lender\"; } ); } );\n"
        "policy = { default = \"permit\"; };\n"
        "audit = ( { module = \"audit_file.so\"; options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n",
        NULL);

    world_add(world, "mock.json", "{ \"grants\": { \"g\": { \"token\": \"t\" } } }");
    assert_int_equal(world_start(world), 0);
    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    assert_int_equal(att_grant_revoke(world->client, ATT_REVOKE(.grant = "g"), &world->error), ATT_OK);
    expect(world, "/echo", ATT_OK, "Bearer token-number-two");
    world_close(state);
}

static void where_the_site_binds_nothing_the_credential_does(void **state)
{
    struct world *world =
        world_with(state, SITE("origins = [ \"https://api.example.com\", \"http://127.0.0.1:%PORT%\" ];", ""));

    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    world_close(state);

    world = world_with(state, SITE("origins = [ \"https://api.example.com\", \"https://*.example.org\" ];", ""));
    assert_int_equal(world_get(world, "g", "/echo", NULL), ATT_DENIED);
    assert_non_null(strstr(world->error.message, "denied it: its credential may not be used for http://127.0.0.1:"));
    assert_non_null(strstr(world->error.message, ": it is bound to https://api.example.com, https://*.example.org; "));
    assert_int_equal(upstream_count(&world->site), 0);
    world_close(state);

    world = world_with(state, SITE("", ""));
    assert_int_equal(world_get(world, "g", "/echo", NULL), ATT_DENIED);
    assert_non_null(strstr(world->error.message, ": it is bound to no origin, neither by the site nor by itself; "));
    assert_int_equal(upstream_count(&world->site), 0);
    world_close(state);
}

static void where_both_bind_both_have_to_agree(void **state)
{
    struct world *world = world_with(state, SITE("origins = [ \"https://api.example.com\" ];", HERE));

    assert_int_equal(world_get(world, "g", "/echo", NULL), ATT_DENIED);
    assert_int_equal(upstream_count(&world->site), 0);
    world_close(state);

    world = world_with(
        state, SITE("origins = [ \"http://127.0.0.1:%PORT%\" ];", "origins = [ \"https://api.example.com\" ];"));
    assert_int_equal(world_get(world, "g", "/echo", NULL), ATT_DENIED);
    assert_int_equal(atomic_load(&counts()->fetches), 0);
    world_close(state);
}

static void a_secret_that_is_read_each_time_may_change(void **state)
{
    struct world *world =
        world_make(state, SITE("longest = \"0\"; parts = { token = { file = \"%FOLDER%/token\"; }; };", HERE), NULL);
    char path[512];

    world_add(world, "token", "in-the-file-first\n");
    assert_int_equal(world_start(world), 0);
    expect(world, "/echo", ATT_OK, "Bearer in-the-file-first");
    world_add(world, "token", "in-the-file-second\n");
    expect(world, "/echo", ATT_OK, "Bearer in-the-file-second");
    snprintf(path, sizeof path, "%s/token", world->site.folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(world_get(world, "g", "/echo", NULL), ATT_BACKEND);
    assert_non_null(strstr(world->error.message, "is unavailable: secret \"token\" cannot be read: "));
    world_close(state);
}

static void the_provider_is_told_how_the_request_ended_that_it_fetched_for(void **state)
{
    struct world *world = world_with(state, SITE("", HERE));
    struct counts *told = counts();

    expect(world, "/status/404", ATT_UPSTREAM, "Bearer token-number-one");
    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    att_client_close(&world->client);
    att_engine_close(&world->engine); /* waits for what is under way */
    assert_int_equal(atomic_load(&told->reports), 1);
    assert_string_equal(told->reported, "token-number-one");
    assert_int_equal(told->reported_status, 404);
    world_close(state);
}

/* Closes all and waits for what is under way. */
static void close_all(struct world *world)
{
    att_client_close(&world->client);
    att_engine_close(&world->engine);
}

static void c3_what_is_told_of_an_exchange_has_no_secret_in_it(void **state)
{
    struct world *world = world_with(state, SITE("exchange = 20;", HERE));
    struct counts *told = counts();

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/echo?a=private&flag"),
                                             .grant = "g", .json = "{\"n\": 1, \"m\": \"2345\"}",
                                             .headers = ATT_PAIRS(
                                                 {"x-trace", "t1"}, {"cookie", "c=private"}, {"X-Api-Key", "private"},
                                                 {"x-amz-date", "private"}, {"Private-Token", "private"},
                                                 {"x-goog-api-key", "private"}, {"X-Client-Secret", "private"},
                                                 {"Referer", "https://a.example/?token=private"})),
                                 NULL, &world->error),
                     ATT_OK);
    close_all(world);
    assert_int_equal(atomic_load(&told->reports), 1);
    assert_non_null(strstr(told->url, "/echo?a=***&***"));
    assert_string_equal(told->request_headers, "x-trace: t1\ncontent-type: application/json\n");
    assert_string_equal(told->request_body, "{\"n\": 1, \"m\": \"2345\"");
    assert_int_equal(told->request_cut, 1);
    assert_non_null(strstr(told->response_headers, "Content-Length: "));
    assert_int_equal(strlen(told->response_body), 20);
    assert_int_equal(told->response_cut, 1);
    assert_null(strstr(told->request_headers, "private"));
    world_close(state);
}

static int pass(void *context, const void *data, size_t size)
{
    *(size_t *)context += size;
    return data == NULL;
}

static void of_an_answer_that_is_streamed_the_start_is_told(void **state)
{
    struct world *world = world_with(state, SITE("exchange = 20;", HERE));
    struct counts *told = counts();
    size_t streamed = 0;

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/body"), .grant = "g",
                                             .body = "it is token-number-one, and more", .body_size = 32, .write = pass,
                                             .write_context = &streamed),
                                 NULL, &world->error),
                     ATT_OK);
    close_all(world);
    assert_int_equal(streamed, 32);
    assert_string_equal(told->response_body, "it is **************");
    assert_int_equal(told->response_cut, 1);
    world_close(state);
}

static void a_credential_that_came_back_is_masked_in_the_report(void **state)
{
    struct world *world = world_with(state, SITE("exchange = 10000;", HERE));
    struct counts *told = counts();

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/body"), .grant = "g",
                                             .body = "it is token-number-one", .body_size = 22),
                                 NULL, &world->error),
                     ATT_OK);
    close_all(world);
    assert_string_equal(told->response_body, "it is ****************");
    assert_int_equal(told->response_cut, 0);
    world_close(state);
    /* Where the site does not mask, nothing that came back is told. */
    world = world_with(state, SITE_WITH("mask_secrets = false;", "exchange = 10000;", HERE));
    told = counts();
    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    close_all(world);
    assert_non_null(strstr(told->url, "/echo"));
    assert_string_equal(told->response_body, "");
    assert_string_equal(told->response_headers, "");
    world_close(state);
}

static size_t give_body(void *context, void *buffer, size_t capacity)
{
    (void)context;
    (void)capacity;
    memcpy(buffer, "streamed", 8);
    return 8;
}

static int take_body(void *context, const void *data, size_t size)
{
    (void)context;
    (void)data;
    (void)size;
    return 0;
}

static void of_what_is_streamed_up_and_where_none_is_wished_no_body_is_told(void **state)
{
    struct world *world = world_with(state, SITE("exchange = 100;", HERE));
    struct counts *told = counts();

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/body"), .grant = "g",
                                             .read = give_body, .read_size = 8, .write = take_body),
                                 NULL, &world->error),
                     ATT_OK);
    close_all(world);
    assert_string_equal(told->request_body, "");
    world_close(state);
    world = world_with(state, SITE("exchange = 0;", HERE));
    told = counts();
    expect(world, "/echo", ATT_OK, "Bearer token-number-one");
    close_all(world);
    assert_non_null(strstr(told->url, "/echo"));
    assert_string_equal(told->response_body, "");
    assert_int_equal(told->response_cut, 0);
    world_close(state);
}

static void every_request_is_told_also_when_the_credential_was_kept(void **state)
{
    struct world *world = world_with(state, SITE("exchange = 100;", HERE));
    struct counts *told = counts();

    for (int i = 0; i < 50; i++)
        expect(world, i == 49 ? "/status/404" : "/echo", i == 49 ? ATT_UPSTREAM : ATT_OK, "Bearer token-number-one");
    close_all(world);
    assert_int_equal(atomic_load(&told->fetches), 1);
    assert_int_equal(atomic_load(&told->reports), 50);
    assert_string_equal(told->reported, "token-number-one");
    world_close(state);
}

struct lines {
    pthread_mutex_t lock;
    char text[4096];
};

static void keep_line(void *context, int level, const char *line)
{
    struct lines *lines = context;

    pthread_mutex_lock(&lines->lock);
    if (level <= ATT_LOG_WARNING)
        snprintf(lines->text + strlen(lines->text), sizeof lines->text - strlen(lines->text), "%s\n", line);
    pthread_mutex_unlock(&lines->lock);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Four threads tell, and each report takes longer than many requests. */
static void reports_that_are_not_taken_are_dropped_and_delay_nobody(void **state)
{
    static struct lines lines = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct world *world = world_make(state, SITE("exchange = 100; report_wait = \"400ms\";", HERE), NULL);
    int64_t started = now_ms();

    assert_int_equal(
        att_engine_open_with(ATT_ENGINE(.config = world->site.conf, .log = keep_line, .log_context = &lines),
                             &world->engine, &world->error),
        ATT_OK);
    assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = "api-test"), &world->client, &world->error),
                     ATT_OK);
    for (int i = 0; i < 400; i++)
        assert_int_equal(world_get(world, "g", "/echo", NULL), ATT_OK);
    assert_true(now_ms() - started < 10000);
    started = now_ms();
    close_all(world);
    assert_true(now_ms() - started < 5000);
    assert_non_null(strstr(lines.text,
                           "lender: it is not told how a request ended (1 so far): 256 earlier reports have "
                           "not been taken; see whether its backend is slow\n"));
    assert_non_null(strstr(lines.text, " requests ended; see whether its backend is slow\n"));
    world_close(state);
}

/* ---- redirects -----------------------------------------------------------------------------------------------------
 */

#define BOTH "origins = [ \"http://127.0.0.1:%PORT%\", \"http://localhost:%PORT%\" ];"

/* A path that redirects with `status` to `where` on this machine's other name, or on the same origin. */
static const char *going(const struct world *world, int status, bool elsewhere, const char *where)
{
    static char path[256];

    if (elsewhere)
        snprintf(path, sizeof path, "/go/%d?to=http://localhost:%d%s", status, world->site.port, where);
    else
        snprintf(path, sizeof path, "/go/%d?to=%s", status, where);
    return path;
}

static void the_provider_is_told_of_the_origin_that_it_fetched_for_alone(void **state)
{
    struct world *world = world_with(state, SITE_WITH("redirects = 2;", "", BOTH));
    struct counts *told = counts();
    const char *path = going(world, 302, true, "/echo");

    assert_int_equal(world_get(world, "g", path, NULL), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "authorization"), "");
    att_client_close(&world->client);
    att_engine_close(&world->engine);
    assert_string_equal(told->reported_to, "127.0.0.1/go/302");
    assert_int_equal(told->reported_status, 302); /* the one that carried it */
    world_close(state);

    world = world_with(state, SITE_WITH("redirects = 2;", "", HERE));
    path = going(world, 302, true, "/echo");
    assert_int_equal(world_get(world, "g", path, NULL), ATT_DENIED);
    att_client_close(&world->client);
    att_engine_close(&world->engine);
    assert_string_equal(told->reported_to, "127.0.0.1/go/302");
    assert_int_equal(told->reported_status, 302);
    world_close(state);
}

static void a1_a_redirect_goes_nowhere_that_the_credential_may_not(void **state)
{
    struct world *world =
        world_with(state, SITE_WITH("redirects = 2;", "origins = [ \"http://127.0.0.1:%PORT%\" ];", ""));

    assert_int_equal(world_get(world, "g", going(world, 302, false, "/echo"), NULL), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 2);
    assert_int_equal(world_get(world, "g", going(world, 307, true, "/echo"), NULL), ATT_DENIED);
    assert_non_null(strstr(world->error.message, "the upstream redirected to http://localhost:"));
    assert_non_null(
        strstr(world->error.message, ", where grant \"g\" may not go: its credential may not be used for "));
    assert_int_equal(upstream_count(&world->site), 3);
    assert_int_equal(world_records(world, "\"decision\":\"forbid\"", "http://localhost:"), 1);
    world_close(state);
}

static void a3_a_parameter_that_is_the_credentials_stays_with_its_origin(void **state)
{
    struct world *world = world_with(
        state, SITE_WITH("redirects = 2; mask_secrets = false;", "", BOTH " inject = { query = \"key\"; };"));

    assert_int_equal(world_get(world, "g", going(world, 302, true, "/echo?q=1%26key=token-number-one%26r=2"), NULL),
                     ATT_OK);
    assert_string_equal(upstream_saw_query(&world->site), "q=1&r=2");
    assert_int_equal(world_get(world, "g", going(world, 302, false, "/echo?q=1%26key=old"), NULL), ATT_OK);
    assert_string_equal(upstream_saw_query(&world->site), "q=1&key=token-number-one");
    world_close(state);
}

static void a_401_to_a_hop_without_the_credential_does_not_refuse_it(void **state)
{
    struct world *world = world_with(state, SITE_WITH("redirects = 2;", "", HERE " inject = { json = \"key\"; };"));
    att_status status;

    status = att_request(world->client,
                         ATT_REQUEST(.method = "POST",
                                     .url = site_url(&world->site, going(world, 303, false, "/status/401")),
                                     .grant = "g", .json = "{}"),
                         NULL, &world->error);
    assert_int_equal(status, ATT_UPSTREAM);
    assert_int_equal(atomic_load(&counts()->invalidates), 0);
    assert_int_equal(atomic_load(&counts()->fetches), 1);
    world_close(state);

    world = world_with(state, SITE_WITH("redirects = 2;", "", HERE));
    assert_int_equal(world_get(world, "g", going(world, 302, false, "/status/401"), NULL), ATT_UPSTREAM);
    assert_string_equal(counts()->refused_at, "127.0.0.1/go/302");
    world_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_audit_says_whether_the_credential_was_kept),
        cmocka_unit_test(d8_many_callers_of_one_grant_make_one_fetch),
        cmocka_unit_test(r4_an_outage_is_not_noticed_while_the_credential_is_valid),
        cmocka_unit_test(d11_a_refused_credential_is_fetched_anew_once),
        cmocka_unit_test(d11_an_upstream_that_refuses_everything_makes_no_storm),
        cmocka_unit_test(a_reload_forgets_what_was_kept),
        cmocka_unit_test(what_one_provider_revokes_no_other_keeps),
        cmocka_unit_test(where_the_site_binds_nothing_the_credential_does),
        cmocka_unit_test(where_both_bind_both_have_to_agree),
        cmocka_unit_test(a_secret_that_is_read_each_time_may_change),
        cmocka_unit_test(c3_what_is_told_of_an_exchange_has_no_secret_in_it),
        cmocka_unit_test(of_an_answer_that_is_streamed_the_start_is_told),
        cmocka_unit_test(a_credential_that_came_back_is_masked_in_the_report),
        cmocka_unit_test(of_what_is_streamed_up_and_where_none_is_wished_no_body_is_told),
        cmocka_unit_test(every_request_is_told_also_when_the_credential_was_kept),
        cmocka_unit_test(reports_that_are_not_taken_are_dropped_and_delay_nobody),
        cmocka_unit_test(the_provider_is_told_of_the_origin_that_it_fetched_for_alone),
        cmocka_unit_test(a1_a_redirect_goes_nowhere_that_the_credential_may_not),
        cmocka_unit_test(a3_a_parameter_that_is_the_credentials_stays_with_its_origin),
        cmocka_unit_test(a_401_to_a_hop_without_the_credential_does_not_refuse_it),
        cmocka_unit_test(the_provider_is_told_how_the_request_ended_that_it_fetched_for),
    };

    return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
