/* tests/api/test-redirects.c: where a redirect may lead, and what goes along (attacks A1 to A4 and A8). */
#include "tests/api/world.h"

#define SECRET "secret-of-redirects"

/* 127.0.0.1 and localhost are two origins of one upstream. */
static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; redirects = 3; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { grant = [ \"*\" ]; };\n"
    "             origins = [ \"http://127.0.0.1:%PORT%\", \"http://localhost:%PORT%\" ];\n"
    "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
    "policy = { rules = ( { name = \"no-admin\"; effect = \"forbid\"; when = { path = \"/admin/**\"; }; },\n"
    "                     { name = \"all\"; effect = \"permit\"; } ); };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\";\n"
    "            options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

static const char script[] =
    "{ \"grants\": { \"bearer\": { \"token\": \"" SECRET "\" },"
    " \"basic\": { \"username\": \"ann\", \"password\": \"" SECRET "\" },"
    " \"key\": { \"token\": \"" SECRET "\", \"header\": \"X-Api-Key\" },"
    " \"custom\": { \"token\": \"" SECRET "\", \"header\": \"X-Site-Secret\", \"format\": \"v1 {token}\" },"
    " \"cookie\": { \"token\": \"" SECRET "\", \"cookie\": \"session\" },"
    " \"query\": { \"token\": \"" SECRET "\", \"query\": \"key\" },"
    " \"stale\": { \"token\": \"" SECRET "\", \"next\": \"invalidate\","
    "              \"sequence\": [ {}, { \"token\": \"fresh-token\" } ] } } }";

static const char *const grants[] = {"bearer", "basic", "key", "custom", "cookie", "query"};
enum { GRANTS = sizeof grants / sizeof *grants };

static int open_world(void **state)
{
    return world_start(world_make(state, conf, script));
}

/* Asks for a path that redirects with `status` to `location`. */
static att_status go(struct world *world, const char *grant, const char *method, int status, const char *location,
                     att_response **response)
{
    char path[32];
    bool has_body = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;

    snprintf(path, sizeof path, "/go/%d", status);
    return att_request(world->client,
                       ATT_REQUEST(.method = method, .url = site_url(&world->site, path), .grant = grant,
                                   .query_params = ATT_PAIRS({"to", location}), .json = has_body ? "{\"n\":1}" : NULL),
                       response, &world->error);
}

static const char *other_origin(const struct world *world, const char *path)
{
    static char url[128];

    snprintf(url, sizeof url, "http://localhost:%d%s", world->site.port, path);
    return url;
}

/* Whether request `number` carries the credential, in whatever form. "YW5uOn" begins Basic of "ann:". */
static bool carries_secret(const struct world *world, int number)
{
    const char *request = upstream_request(&world->site, number);

    return strstr(request, SECRET) || strstr(request, "YW5uOn");
}

/* A1, A3 */
static void a_credential_never_reaches_another_origin_wherever_it_is_placed(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < GRANTS; i++) {
        assert_int_equal(go(world, grants[i], "GET", 302, other_origin(world, "/echo"), NULL), ATT_OK);
        assert_int_equal(upstream_count(&world->site), 2 * (i + 1));
        assert_true(carries_secret(world, 2 * i + 1));
        assert_non_null(strstr(upstream_request(&world->site, 2 * i + 2), "ost: localhost:"));
        assert_false(carries_secret(world, 2 * i + 2));
        assert_null(strcasestr(upstream_request(&world->site, 2 * i + 2), "authorization"));
    }
}

static void a_credential_stays_away_once_another_origin_was_on_the_way(void **state)
{
    struct world *world = *state;
    char back[256], there[512];

    snprintf(back, sizeof back, "http://127.0.0.1:%d/echo", world->site.port);
    snprintf(there, sizeof there, "http://localhost:%d/go/302?to=%s", world->site.port, back);
    assert_int_equal(go(world, "key", "GET", 302, there, NULL), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 3);
    assert_non_null(strstr(upstream_request(&world->site, 3), "ost: 127.0.0.1:"));
    assert_false(carries_secret(world, 2));
    assert_false(carries_secret(world, 3));
}

static void a_credential_goes_along_on_its_own_origin(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < GRANTS; i++) {
        const char *request;
        assert_int_equal(go(world, grants[i], "GET", 302, "/echo?key=older&x=1", NULL), ATT_OK);
        request = upstream_request(&world->site, 2 * i + 2);
        assert_true(carries_secret(world, 2 * i + 2));
        if (strcmp(grants[i], "query") == 0)
            assert_memory_equal(request, "GET /echo?x=1&key=" SECRET "\n", 19 + strlen(SECRET));
        else
            assert_memory_equal(request, "GET /echo?key=older&x=1\n", 24);
    }
}

/* A1, A2 */
static void a_redirect_to_an_origin_that_the_grant_is_not_bound_to_is_denied(void **state)
{
    struct world *world = *state;
    struct site other;
    char url[64];

    site_make(&other, NULL, NULL);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", other.port);
    assert_int_equal(go(world, "key", "GET", 302, url, NULL), ATT_DENIED);
    assert_string_equal(world->error.details, "origin");
    assert_string_equal(world->error.grant, "key");
    assert_non_null(strstr(world->error.message, "grant \"key\" may not be used for http://127.0.0.1:"));
    assert_int_equal(upstream_count(&other), 0);
    assert_int_equal(upstream_count(&world->site), 1);
    assert_int_equal(world_records(world, "\"phase\":\"decision\"", "\"decision\":\"permit\""), 1);
    assert_int_equal(world_records(world, "\"phase\":\"decision\"", "\"decision\":\"forbid\""), 1);
    assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"outcome\":\"ATT_DENIED\""), 1);
    site_remove(&other);
}

/* A4 */
static void a_redirect_to_what_is_no_web_address_is_refused(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *location, *why;
    } cases[] = {
        {"ftp://127.0.0.1/x", "the URL is refused: it does not begin with https:// or http://"},
        {"file:///etc/passwd", "the URL is refused: it does not begin with https:// or http://"},
        {"gopher://127.0.0.1:70/x", "the URL is refused: it does not begin with https:// or http://"},
        {"imap://127.0.0.1/", "the URL is refused: it does not begin with https:// or http://"},
        {"javascript:alert(1)", "the URL is refused: it does not begin with https:// or http://"},
        {"http://ann:pw@127.0.0.1/", "the URL is refused: it carries user information"},
        {"http://127.0.0.1\\@evil.example/", "the URL is refused: it has a backslash"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        att_response *response = NULL;
        char message[256];
        snprintf(message, sizeof message,
                 "the request to http://127.0.0.1:%d failed: the upstream redirected, and %s; tell whoever keeps it",
                 world->site.port, cases[i].why);
        assert_int_equal(go(world, "key", "GET", 302, cases[i].location, &response), ATT_UPSTREAM);
        assert_string_equal(world->error.message, message);
        assert_int_equal(world->error.http_status, 302);
        assert_int_equal(att_response_status(response), 302);
        assert_int_equal(upstream_count(&world->site), i + 1);
        assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"outcome\":\"ATT_UPSTREAM\""), 1);
        assert_int_equal(world_records(world, "", ""), 2);
        att_response_free(&response);
    }
}

/* A2 */
static void a_redirect_from_https_to_http_is_denied_though_both_are_bound(void **state)
{
    struct world *world = *state;
    static const char replayed[] =
        "schema = 1;\n"
        "settings = { module_dir = \"%MODULES%\"; redirects = 3; replay = \"%FOLDER%/tape.jsonl\"; };\n"
        "providers = ( { name = \"mock\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
        "stacks = ( { name = \"all\"; match = { default = true; };\n"
        "             origins = [ \"https://a.example\", \"http://a.example\", \"https://b.example\" ];\n"
        "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
        "policy = { default = \"permit\"; };\n";
    att_response *response = NULL;

    world_add(
        world, "tape.jsonl",
        "{\"url\":\"https://a.example/down\",\"status\":302,\"headers\":[[\"Location\",\"http://a.example/x\"]]}\n"
        "{\"url\":\"https://a.example/over\",\"status\":302,\"headers\":[[\"Location\",\"//b.example/x\"]]}\n"
        "{\"url\":\"http://a.example/x\",\"status\":200,\"body\":\"plain\"}\n"
        "{\"url\":\"https://b.example/x\",\"status\":200,\"body\":\"over\"}\n");
    site_write(&world->site, world->site.conf, replayed);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
    assert_int_equal(
        att_request(world->client, ATT_REQUEST(.url = "https://a.example/down", .grant = "key"), NULL, &world->error),
        ATT_DENIED);
    assert_non_null(strstr(world->error.message, "the upstream redirected from https to http; tell whoever keeps it"));
    assert_int_equal(att_request(world->client, ATT_REQUEST(.url = "https://a.example/over", .grant = "key"), &response,
                                 &world->error),
                     ATT_OK);
    assert_string_equal(att_response_body(response, NULL), "over");
    att_response_free(&response);
}

/* RFC 9110 section 15.4 */
static void a_method_and_its_body_follow_as_the_status_says(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *method;
        int status;
        const char *followed;
    } cases[] = {
        {"POST", 303, "GET"},  {"POST", 301, "GET"}, {"POST", 302, "GET"}, {"POST", 307, "POST"},
        {"POST", 308, "POST"}, {"PUT", 302, "PUT"},  {"PUT", 303, "GET"},  {"HEAD", 303, "HEAD"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *request = upstream_request(&world->site, 2 * (int)i + 2);
        size_t size = strlen(cases[i].followed);
        bool keeps = strcmp(cases[i].method, "HEAD") != 0 && strcmp(cases[i].method, cases[i].followed) == 0;
        assert_int_equal(go(world, "key", cases[i].method, cases[i].status, "/echo", NULL), ATT_OK);
        assert_memory_equal(request, cases[i].followed, size);
        assert_int_equal(request[size], ' ');
        assert_int_equal(strstr(request, "{\"n\":1}") != NULL, keeps);
        assert_int_equal(strcasestr(request, "content-type") != NULL, keeps);
        assert_true(carries_secret(world, 2 * (int)i + 2));
    }
}

static void what_the_caller_sent_for_one_origin_is_not_handed_to_the_next(void **state)
{
    struct world *world = *state;
    const char *request;

    assert_int_equal(
        att_request(world->client,
                    ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/go/303"), .grant = "bearer",
                                .body = "a=1", .body_size = 3,
                                .query_params = ATT_PAIRS({"to", other_origin(world, "/echo")}),
                                .headers = ATT_PAIRS({"Cookie", "own=cookie"}, {"X-API-Key", "own-key"},
                                                     {"X-Auth-Token", "own-token"}, {"X-Amz-Security-Token", "own-aws"},
                                                     {"Content-Type", "text/own"}, {"X-Trace", "t-1"})),
                    NULL, &world->error),
        ATT_OK);
    assert_non_null(strstr(upstream_request(&world->site, 1), "own=cookie"));
    assert_non_null(strstr(upstream_request(&world->site, 1), "text/own"));
    request = upstream_request(&world->site, 2);
    assert_null(strstr(request, "own"));
    assert_non_null(strstr(request, "X-Trace: t-1"));
}

static void redirects_beyond_the_limit_are_an_error_with_the_last_answer(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(world_get(world, "key", "/loop", &response), ATT_UPSTREAM);
    assert_non_null(strstr(world->error.message,
                           "the upstream redirects more often than the site allows; raise redirects in settings"));
    assert_int_equal(world->error.http_status, 302);
    assert_int_equal(att_response_status(response), 302);
    assert_int_equal(upstream_count(&world->site), 4);
    assert_int_equal(world_records(world, "\"phase\":\"decision\"", "\"decision\":\"permit\""), 4);
    assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"http_status\":302"), 1);
    att_response_free(&response);
}

static void an_answer_without_a_location_is_the_answer(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(world_get(world, "key", "/go/302", &response), ATT_OK);
    assert_int_equal(att_response_status(response), 302);
    assert_string_equal(att_response_body(response, NULL), "gone elsewhere");
    assert_int_equal(upstream_count(&world->site), 1);
    att_response_free(&response);
}

static void policy_is_asked_again_at_each_hop_and_each_is_on_record(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(go(world, "key", "GET", 302, "/public/../admin/x", &response), ATT_DENIED);
    assert_string_equal(world->error.rule, "no-admin");
    assert_null(response);
    assert_int_equal(upstream_count(&world->site), 1);
    assert_int_equal(world_records(world, "", ""), 3);
    assert_int_equal(world_records(world, "\"decision\":\"permit\"", "/go/302?to=***\""), 1);
    assert_int_equal(world_records(world, "\"decision\":\"forbid\"", "\"rule\":\"no-admin\""), 1);
    assert_int_equal(world_records(world, "\"decision\":\"forbid\"", "/admin/x\""), 1);
    assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"http_status\":302"), 1);
    assert_int_equal(go(world, "key", "GET", 302, "/echo", &response), ATT_OK);
    assert_int_equal(site_audit_lines(&world->site, att_response_request_id(response), "\"decision\":\"permit\""), 2);
    assert_int_equal(site_audit_lines(&world->site, att_response_request_id(response), "/echo\",\"outcome\":"), 1);
    assert_int_equal(site_audit_lines(&world->site, SECRET, ""), 0);
    att_response_free(&response);
}

struct seen {
    int heads, status;
    char body[256];
};

static int see_head(void *context, const att_response *response)
{
    struct seen *seen = context;

    seen->heads++;
    seen->status = att_response_status(response);
    return 0;
}

static int see_body(void *context, const void *data, size_t size)
{
    struct seen *seen = context;
    size_t used = strlen(seen->body);

    snprintf(seen->body + used, sizeof seen->body - used, "%.*s", (int)size, (const char *)data);
    return 0;
}

static void only_the_final_answer_is_streamed(void **state)
{
    struct world *world = *state;
    struct seen seen = {0};

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/go/302"), .grant = "key",
                                             .query_params = ATT_PAIRS({"to", "/else"}), .write = see_body,
                                             .write_context = &seen, .head = see_head),
                                 NULL, &world->error),
                     ATT_OK);
    assert_int_equal(seen.heads, 1);
    assert_int_equal(seen.status, 200);
    assert_string_equal(seen.body, "{\"ok\":true}");
}

static void another_origin_cannot_make_the_credential_stale(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(go(world, "stale", "GET", 302, other_origin(world, "/status/401"), &response), ATT_UPSTREAM);
    assert_int_equal(world->error.http_status, 401);
    assert_int_equal(att_response_retries(response), 0);
    assert_int_equal(upstream_count(&world->site), 2);
    att_response_free(&response);
    assert_int_equal(world_get(world, "stale", "/echo", NULL), ATT_OK);
    assert_true(carries_secret(world, 3));
    assert_int_equal(go(world, "stale", "GET", 302, "/status/401", NULL), ATT_UPSTREAM);
    assert_int_equal(upstream_count(&world->site), 6);
    assert_non_null(strstr(upstream_request(&world->site, 6), "Bearer fresh-token"));
}

/* A8 */
static void nothing_of_one_grant_is_left_in_the_request_of_the_next(void **state)
{
    struct world *world = *state;
    const char *request;

    for (int i = 0; i < GRANTS; i++) {
        assert_int_equal(
            att_request(world->client,
                        ATT_REQUEST(.method = "PUT", .url = site_url(&world->site, "/set-cookie"), .grant = grants[i],
                                    .json = "{\"left\":1}", .headers = ATT_PAIRS({"X-Left", "over"})),
                        NULL, &world->error),
            ATT_OK);
        assert_int_equal(world_get(world, "stale", "/echo", NULL), ATT_OK);
        request = upstream_request(&world->site, 2 * i + 2);
        assert_memory_equal(request, "GET /echo\n", 10);
        assert_non_null(strstr(request, "uthorization: Bearer " SECRET "\n"));
        assert_null(strcasestr(request, "left"));
        assert_null(strcasestr(request, "cookie"));
        assert_null(strcasestr(request, "x-api-key"));
        assert_null(strcasestr(request, "x-site-secret"));
        assert_null(strcasestr(request, "content-"));
        assert_null(strstr(request, "Basic"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_credential_never_reaches_another_origin_wherever_it_is_placed, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_credential_stays_away_once_another_origin_was_on_the_way, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_credential_goes_along_on_its_own_origin, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_redirect_to_an_origin_that_the_grant_is_not_bound_to_is_denied, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_redirect_to_what_is_no_web_address_is_refused, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_redirect_from_https_to_http_is_denied_though_both_are_bound, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_method_and_its_body_follow_as_the_status_says, open_world, world_close),
        cmocka_unit_test_setup_teardown(what_the_caller_sent_for_one_origin_is_not_handed_to_the_next, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(redirects_beyond_the_limit_are_an_error_with_the_last_answer, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(an_answer_without_a_location_is_the_answer, open_world, world_close),
        cmocka_unit_test_setup_teardown(policy_is_asked_again_at_each_hop_and_each_is_on_record, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(only_the_final_answer_is_streamed, open_world, world_close),
        cmocka_unit_test_setup_teardown(another_origin_cannot_make_the_credential_stale, open_world, world_close),
        cmocka_unit_test_setup_teardown(nothing_of_one_grant_is_left_in_the_request_of_the_next, open_world,
                                        world_close),
    };

    return cmocka_run_group_tests_name("redirects", tests, NULL, NULL);
}
