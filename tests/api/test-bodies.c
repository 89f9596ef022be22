/* tests/api/test-bodies.c: credentials in form fields and JSON members, from the request to what the upstream gets and
 * what comes back of it. */
#include "tests/api/world.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
/* What every spelling writes in another way. */
#define SECRET "s3 cr\"t/+&=%\\\xc3\xa9~*<end"
#define SECRET_IN_SCRIPT "s3 cr\\\"t/+&=%\\\\\xc3\xa9~*<end"
#define SECRET_IN_FORM "s3%20cr%22t%2F%2B%26%3D%25%5C%C3%A9~%2A%3Cend"
#define SECRET_IN_JSON SECRET_IN_SCRIPT

/* 127.0.0.1 and localhost are two origins of one upstream. */
static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; redirects = 3; record = \"%FOLDER%/tape.jsonl\"; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "grants = ( { name = \"form\"; inject = { form = \"api_key\"; }; },\n"
    "           { name = \"json\"; inject = { json = \"auth.key\"; }; },\n"
    "           { name = \"stale\"; inject = { json = \"key\"; }; },\n"
    "           { name = \"both\"; inject = ( { form = \"key\"; }, { header = \"X-Key\"; format = \"v {id}\"; } ); } "
    ");\n"
    "stacks = ( { name = \"all\"; match = { grant = [ \"*\" ]; };\n"
    "             origins = [ \"http://127.0.0.1:%PORT%\", \"http://localhost:%PORT%\" ];\n"
    "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
    "policy = { rules = ( { name = \"all\"; effect = \"permit\"; } ); };\n"
    "audit = ( { module = \"audit_file.so\"; options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

static const char script[] = "{ \"grants\": { \"form\": { \"token\": \"" SECRET_IN_SCRIPT
                             "\" }, \"json\": { \"token\": \"" SECRET_IN_SCRIPT "\" },"
                             " \"both\": { \"token\": \"" SECRET_IN_SCRIPT "\", \"parts\": { \"id\": \"key-id\" } },"
                             " \"stale\": { \"token\": \"token-number-one\", \"next\": \"invalidate\","
                             "              \"sequence\": [ {}, { \"token\": \"token-number-two\" } ] } } }";

static int open_world(void **state)
{
    return world_start(world_make(state, conf, script));
}

static att_status send_body(struct world *world, const char *grant, const char *method, const char *path,
                            const char *type, const char *body, att_response **response)
{
    return att_request(world->client,
                       ATT_REQUEST(.method = method, .url = site_url(&world->site, path), .grant = grant, .body = body,
                                   .body_size = body ? strlen(body) : 0, .content_type = body ? type : NULL),
                       response, &world->error);
}

/* What request `number` had for a body. */
static const char *body_of(const struct world *world, int number)
{
    const char *end = strstr(upstream_request(&world->site, number), "\n\n");

    return end ? end + 2 : "";
}

static bool carries_secret(const struct world *world, int number)
{
    const char *request = upstream_request(&world->site, number);

    return strstr(request, SECRET) || strstr(request, SECRET_IN_FORM) || strstr(request, SECRET_IN_JSON);
}

static void assert_header(const struct world *world, int number, const char *line)
{
    assert_non_null(strcasestr(upstream_request(&world->site, number), line));
}

/* Neither the record of the request nor what was recorded of its answer has it. */
static void assert_nothing_written(const struct world *world)
{
    char tape[300];
    char *audit = site_read(world->site.audit), *text;

    snprintf(tape, sizeof tape, "%s/tape.jsonl", world->site.folder);
    text = site_read(tape);
    assert_true(strlen(audit) > 100 && strlen(text) > 10);
    assert_null(strstr(audit, "s3"));
    assert_null(strstr(audit, "api_key"));
    assert_null(strstr(text, "s3"));
    free(audit);
    free(text);
}

/* ---- what is sent ------------------------------------------------------------------------------------------------ */

static void a_form_field_arrives_beside_those_of_the_caller(void **state)
{
    struct world *world = *state;

    assert_int_equal(send_body(world, "form", "POST", "/x", FORM, "a=1&b=%C3%A9+%2B", NULL), ATT_OK);
    assert_string_equal(body_of(world, 1), "a=1&b=%C3%A9+%2B&api_key=" SECRET_IN_FORM);
    assert_header(world, 1, "content-type: " FORM "\n");
    assert_int_equal(send_body(world, "form", "PUT", "/x", NULL, NULL, NULL), ATT_OK);
    assert_string_equal(body_of(world, 2), "api_key=" SECRET_IN_FORM);
    assert_header(world, 2, "content-type: " FORM "\n");
    assert_int_equal(
        att_request(world->client,
                    ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/x"), .grant = "form", .body = "a=1",
                                .body_size = 3, .headers = ATT_PAIRS({"Content-Type", FORM "; charset=utf-8"})),
                    NULL, &world->error),
        ATT_OK);
    assert_string_equal(body_of(world, 3), "a=1&api_key=" SECRET_IN_FORM);
    assert_header(world, 3, "content-type: " FORM "; charset=utf-8\n");
    assert_nothing_written(world);
}

static void a_json_member_arrives_in_its_object(void **state)
{
    struct world *world = *state;

    assert_int_equal(send_body(world, "json", "POST", "/x", JSON, "{\"n\":[1], \"auth\" : { \"id\":7 } }\n", NULL),
                     ATT_OK);
    assert_string_equal(body_of(world, 1), "{\"n\":[1], \"auth\" : { \"id\":7 ,\"key\":\"" SECRET_IN_JSON "\"} }\n");
    assert_int_equal(send_body(world, "json", "PATCH", "/x", NULL, NULL, NULL), ATT_OK);
    assert_string_equal(body_of(world, 2), "{\"auth\":{\"key\":\"" SECRET_IN_JSON "\"}}");
    assert_header(world, 2, "content-type: " JSON "\n");
    assert_int_equal(
        att_request(world->client,
                    ATT_REQUEST(.method = "DELETE", .url = site_url(&world->site, "/x"), .grant = "json", .json = "{}"),
                    NULL, &world->error),
        ATT_OK);
    assert_string_equal(body_of(world, 3), "{\"auth\":{\"key\":\"" SECRET_IN_JSON "\"}}");
    assert_header(world, 3, "content-type: " JSON "\n");
    assert_nothing_written(world);
}

static void a_body_and_a_header_carry_parts_of_one_credential(void **state)
{
    struct world *world = *state;

    assert_int_equal(send_body(world, "both", "POST", "/x", NULL, NULL, NULL), ATT_OK);
    assert_string_equal(body_of(world, 1), "key=" SECRET_IN_FORM);
    assert_header(world, 1, "x-key: v key-id\n");
}

/* B7, B9 */
static void a_body_with_no_room_for_the_credential_is_not_sent(void **state)
{
    struct world *world = *state;
    char *large = malloc((1 << 20) + 1);
    static const struct {
        const char *grant, *method, *type, *body, *field, *why;
    } cases[] = {
        {"form", "GET", NULL, NULL, "method",
         "the method GET is refused: the credential of grant \"form\" goes into the body"},
        {"json", "HEAD", NULL, NULL, "method", "the method HEAD is refused"},
        {"form", "POST", FORM, "x=1&%61pi_key=mine", "body", "the form field api_key is refused: the credential"},
        {"form", "POST", JSON, "{}", "body", "its content type is application/json; send " FORM},
        {"json", "POST", JSON, "{\"auth\":{\"\\u006bey\":1}}", "body",
         "the JSON member auth.key is refused: the credential"},
        {"json", "POST", JSON, "{\"auth\":1}", "body", "there is no object for that; send an object"},
        {"json", "POST", JSON, "{\"auth\":", "body", "it is no valid JSON"},
        {"json", "POST", FORM, "a=1", "body", "its content type is " FORM "; send " JSON},
        {"json", "POST", NULL, "{}", "body", "its content type is not given; send " JSON},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(send_body(world, cases[i].grant, cases[i].method, "/x", cases[i].type, cases[i].body, NULL),
                         ATT_INVALID);
        assert_string_equal(world->error.field, cases[i].field);
        if (!strstr(world->error.message, cases[i].why))
            print_error("%s\n", world->error.message);
        assert_non_null(strstr(world->error.message, cases[i].why));
        assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"outcome\":\"ATT_INVALID\""), 1);
    }
    memset(large, 'x', 1 << 20);
    large[1 << 20] = '\0';
    assert_int_equal(send_body(world, "form", "POST", "/x", FORM, large, NULL), ATT_INVALID);
    assert_non_null(strstr(world->error.message, "it is larger than 1 MiB, which is what secret memory holds"));
    assert_int_equal(upstream_count(&world->site), 0);
    large[900000] = '\0';
    assert_int_equal(send_body(world, "form", "POST", "/x", FORM, large, NULL), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 1);
    free(large);
}

/* ---- what comes back --------------------------------------------------------------------------------------------- */

/* C1 */
static void a_body_that_the_upstream_echoes_is_masked(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;
    const char *text;

    assert_int_equal(send_body(world, "form", "POST", "/body", FORM, "a=1", &response), ATT_OK);
    text = att_response_body(response, NULL);
    assert_memory_equal(text, "a=1&api_key=*", 13);
    assert_int_equal(strspn(text + 12, "*"), strlen(SECRET_IN_FORM));
    assert_int_equal(strlen(text), 12 + strlen(SECRET_IN_FORM));
    att_response_free(&response);
    assert_int_equal(send_body(world, "json", "POST", "/body", JSON, "{}", &response), ATT_OK);
    text = att_response_body(response, NULL);
    assert_memory_equal(text, "{\"auth\":{\"key\":\"*", 17);
    assert_int_equal(strspn(text + 16, "*"), strlen(SECRET_IN_JSON));
    assert_string_equal(text + 16 + strlen(SECRET_IN_JSON), "\"}}");
    att_response_free(&response);
    assert_nothing_written(world);
}

static void a_body_is_made_anew_after_a_401(void **state)
{
    struct world *world = *state;

    assert_int_equal(send_body(world, "stale", "PUT", "/status/401", JSON, "{\"n\":1}", NULL), ATT_UPSTREAM);
    assert_int_equal(upstream_count(&world->site), 2);
    assert_string_equal(body_of(world, 1), "{\"n\":1,\"key\":\"token-number-one\"}");
    assert_string_equal(body_of(world, 2), "{\"n\":1,\"key\":\"token-number-two\"}");
}

/* ---- redirects: A1, A3 ------------------------------------------------------------------------------------------- */

static att_status go(struct world *world, const char *grant, const char *body, int status, const char *location)
{
    char path[32];

    snprintf(path, sizeof path, "/go/%d", status);
    return att_request(world->client,
                       ATT_REQUEST(.method = "POST", .url = site_url(&world->site, path), .grant = grant, .body = body,
                                   .body_size = body ? strlen(body) : 0,
                                   .content_type = !body                   ? NULL
                                                   : strcmp(grant, "form") ? JSON
                                                                           : FORM,
                                   .query_params = ATT_PAIRS({"to", location})),
                       NULL, &world->error);
}

static void a_credential_in_the_body_never_reaches_another_origin(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *grant, *body;
    } cases[] = {{"form", "a=1"}, {"form", NULL}, {"json", "{\"n\":1}"}, {"json", NULL}};
    static const int statuses[] = {303, 307};
    char url[128];
    int number = 0;

    snprintf(url, sizeof url, "http://localhost:%d/body", world->site.port);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t j = 0; j < 2; j++) {
            const char *kept = statuses[j] == 307 && cases[i].body ? cases[i].body : "";
            assert_int_equal(go(world, cases[i].grant, cases[i].body, statuses[j], url), ATT_OK);
            assert_true(carries_secret(world, ++number));
            assert_false(carries_secret(world, ++number));
            assert_header(world, number, "ost: localhost:");
            assert_string_equal(body_of(world, number), kept);
            assert_memory_equal(upstream_request(&world->site, number), statuses[j] == 307 ? "POST" : "GET ", 4);
            assert_true(*kept || !strcasestr(upstream_request(&world->site, number), "content-type"));
        }
}

static void a_credential_in_the_body_goes_along_where_the_body_does(void **state)
{
    struct world *world = *state;
    static const int statuses[] = {307, 308, 301, 302, 303};
    int number = 0;

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        bool keeps = statuses[i] > 303;
        assert_int_equal(go(world, "json", "{\"n\":1}", statuses[i], "/body"), ATT_OK);
        number += 2;
        assert_string_equal(body_of(world, number), keeps ? "{\"n\":1,\"auth\":{\"key\":\"" SECRET_IN_JSON "\"}}" : "");
        assert_int_equal(carries_secret(world, number), keeps);
        assert_memory_equal(upstream_request(&world->site, number), keeps ? "POST" : "GET ", 4);
        assert_int_equal(strcasestr(upstream_request(&world->site, number), "content-type") != NULL, keeps);
    }
    assert_int_equal(go(world, "both", NULL, 303, "/body"), ATT_OK);
    assert_string_equal(body_of(world, number + 2), "");
    assert_header(world, number + 2, "x-key: v key-id\n");
}

/* ---- explain ----------------------------------------------------------------------------------------------------- */

static void note_step(void *context, const char *step, const char *outcome, const char *reason)
{
    char *text = context;
    size_t used = strlen(text);

    if (strcmp(step, "placement") == 0)
        snprintf(text + used, 1024 - used, "%s: %s\n", outcome, reason);
}

static void explain_names_fields_and_members(void **state)
{
    struct world *world = *state;
    char text[1024] = "";

    assert_int_equal(att_explain(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/x"), .grant = "both", .method = "POST"), 0,
                                 note_step, text, &world->error),
                     ATT_OK);
    assert_int_equal(att_explain(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/x"), .grant = "json", .method = "POST"), 0,
                                 note_step, text, &world->error),
                     ATT_OK);
    assert_string_equal(text, "ok: form key, as the site states\nok: header X-Key, as the site states\n"
                              "ok: json auth.key, as the site states\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, world_close)
    const struct CMUnitTest tests[] = {
        TEST(a_form_field_arrives_beside_those_of_the_caller),
        TEST(a_json_member_arrives_in_its_object),
        TEST(a_body_and_a_header_carry_parts_of_one_credential),
        TEST(a_body_with_no_room_for_the_credential_is_not_sent),
        TEST(a_body_that_the_upstream_echoes_is_masked),
        TEST(a_body_is_made_anew_after_a_401),
        TEST(a_credential_in_the_body_never_reaches_another_origin),
        TEST(a_credential_in_the_body_goes_along_where_the_body_does),
        TEST(explain_names_fields_and_members),
    };

    return cmocka_run_group_tests_name("bodies", tests, NULL, NULL);
}
