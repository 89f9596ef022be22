/* tests/api/test-signed.c: requests that the credential signs: what goes out, when it is signed anew, what is refused.
 * That others verify the signatures is tested in tests/integration/test_radosgw.py and test_sign.py. */
#include "tests/api/world.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "secret-key-of-the-signer"
#define SESSION "session-token-of-the-signer"

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; redirects = 3; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { default = true; };\n"
    "             origins = [ \"http://127.0.0.1:%PORT%\", \"http://localhost:%PORT%\" ];\n"
    "             inject = { kind = \"sigv4\"; region = \"eu-west-1\"; service = \"s3\"; };\n"
    "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
    "grants = ( { name = \"hosts\"; inject = { kind = \"sigv4\"; }; },\n"
    "           { name = \"amazon\"; inject = { kind = \"sigv4\"; };\n"
    "             origins = [ \"https://*.s3.eu-west-2.amazonaws.com\" ]; },\n"
    "           { name = \"beside\"; inject = ( { kind = \"sigv4\"; region = \"r\"; service = \"s\"; },\n"
    "                                       { header = \"X-Amz-Date\"; } ); },\n"
    "           { name = \"hmac\"; inject = { kind = \"hmac\"; header = \"X-Signature\"; key = \"secret_key\";\n"
    "               message = \"{method} {target} {timestamp} {nonce} {body}\"; timestamp = \"X-Time\";\n"
    "               nonce = \"X-Nonce\"; format = \"{token}:{signature}\"; }; },\n"
    "           { name = \"query\"; inject = { kind = \"hmac\"; query = \"sig\"; key = \"secret_key\"; encoding = "
    "\"base64\";\n"
    "               message = \"{target}\"; }; } );\n"
    "policy = { default = \"permit\"; };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\";\n"
    "            options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

#define SIGNER "\"token\": \"" KEY_ID "\", \"parts\": { \"secret_key\": \"" SECRET "\""
static const char script[] =
    "{ \"grants\": { \"aws\": { " SIGNER ", \"session_token\": \"" SESSION "\" } },"
    " \"other\": { \"token\": \"AKIDOTHER\", \"parts\": { \"secret_key\": \"another-secret-key\" } },"
    " \"placed\": { " SIGNER ", \"region\": \"regional-text\", \"service\": \"service-text\" } },"
    " \"hosts\": { " SIGNER ", \"region\": \"regional-text\", \"service\": \"service-text\" } },"
    " \"nowhere\": { \"token\": \"" KEY_ID "\" },"
    " \"beside\": { " SIGNER " } }, \"hmac\": { " SIGNER " } }, \"query\": { " SIGNER " } },"
    " \"rotated\": { " SIGNER " }, \"next\": \"invalidate\", \"sequence\": [ {}, { \"token\": \"AKIDSECOND\" } ] } } }";

static int open_world(void **state)
{
    return world_start(world_make(state, conf, script));
}

/* The value of a header of request `number`; "" when it has none. Good until the next call but one. */
static const char *sent(const struct world *world, int number, const char *header)
{
    static char values[2][2048];
    static int next;
    const char *at = upstream_request(&world->site, number);
    char *value = values[next++ % 2], name[64];

    snprintf(name, sizeof name, "\n%s: ", header);
    at = strcasestr(at, name);
    snprintf(value, sizeof values[0], "%.*s", at ? (int)strcspn(at + strlen(name), "\n") : 0,
             at ? at + strlen(name) : "");
    return value;
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void a_request_carries_the_lines_of_its_signature(void **state)
{
    struct world *world = *state;

    assert_int_equal(world_get(world, "aws", "/key?b=2&a=1+1", NULL), ATT_OK);
    assert_contains(sent(world, 1, "authorization"), "AWS4-HMAC-SHA256 Credential=" KEY_ID "/");
    assert_contains(sent(world, 1, "authorization"),
                    "/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                    "x-amz-security-token, Signature=");
    assert_int_equal(strlen(sent(world, 1, "x-amz-date")), strlen("20260302T080000Z"));
    assert_string_equal(sent(world, 1, "x-amz-content-sha256"),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(sent(world, 1, "x-amz-security-token"), SESSION);
    assert_null(strstr(upstream_request(&world->site, 1), SECRET));
}

/* B7 */
static void the_caller_may_set_no_header_of_the_signature(void **state)
{
    static const char *const names[] = {"x-amz-date", "X-Amz-Content-SHA256", "x-amz-security-token"};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char message[256];
        assert_int_equal(att_request(world->client,
                                     ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "other",
                                                 .headers = ATT_PAIRS({names[i], "x"})),
                                     NULL, &world->error),
                         ATT_INVALID);
        snprintf(message, sizeof message,
                 "the header %s is refused: the credential of grant \"other\" goes there; leave it out", names[i]);
        assert_string_equal(world->error.message, message);
    }
    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "other",
                                             .headers = ATT_PAIRS({"authorization", "x"})),
                                 NULL, &world->error),
                     ATT_INVALID);
    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "hmac",
                                             .headers = ATT_PAIRS({"x-nonce", "x"})),
                                 NULL, &world->error),
                     ATT_INVALID);
    assert_int_equal(att_request(world->client, ATT_REQUEST(.url = site_url(&world->site, "/?sig=x"), .grant = "query"),
                                 NULL, &world->error),
                     ATT_INVALID);
    assert_int_equal(upstream_count(&world->site), 0);
}

static void what_cannot_be_signed_is_refused_with_the_reason(void **state)
{
    struct world *world = *state;

    assert_int_equal(world_get(world, "nowhere", "/", NULL), ATT_MODULE);
    assert_string_equal(world->error.message,
                        "the credential of grant \"nowhere\" has no part \"secret_key\", which its placement names; "
                        "correct the inject setting, or the provider");
    assert_int_equal(world_get(world, "beside", "/", NULL), ATT_CONFIG);
    assert_string_equal(world->error.message,
                        "grant \"beside\" has two credentials for the header X-Amz-Date; give each its own with "
                        "inject");
    assert_int_equal(upstream_count(&world->site), 0);
}

static void region_and_service_come_from_placement_or_credential(void **state)
{
    struct world *world = *state;

    assert_int_equal(world_get(world, "placed", "/", NULL), ATT_OK);
    assert_contains(sent(world, 1, "authorization"), "/eu-west-1/s3/aws4_request");
    assert_int_equal(world_get(world, "hosts", "/", NULL), ATT_OK);
    assert_contains(sent(world, 2, "authorization"), "/regional-text/service-text/aws4_request");
}

/* C1: the secret parts are masked; the name of the key, region and service are none. */
static void echoes_of_the_secrets_are_masked_and_names_are_not(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;
    const char *body;

    assert_int_equal(world_get(world, "aws", "/echo", &response), ATT_OK);
    body = att_response_body(response, NULL);
    assert_null(strstr(body, SESSION));
    assert_contains(body, "Credential=" KEY_ID "/");
    att_response_free(&response);
    assert_int_equal(world_get(world, "hosts", "/echo", &response), ATT_OK);
    assert_contains(att_response_body(response, NULL), "/regional-text/service-text/aws4_request");
    att_response_free(&response);
}

static void a_redirect_is_signed_anew_and_another_origin_gets_no_signature(void **state)
{
    struct world *world = *state;
    char other[128], first[2048];

    assert_int_equal(world_get(world, "aws", "/go/307?to=/echo?x=a%2Bb", NULL), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 2);
    snprintf(first, sizeof first, "%s", sent(world, 1, "authorization"));
    assert_contains(sent(world, 2, "authorization"), "Credential=" KEY_ID "/");
    assert_string_not_equal(sent(world, 2, "authorization"), first);

    snprintf(other, sizeof other, "/go/307?to=http://localhost:%d/echo", world->site.port);
    assert_int_equal(world_get(world, "aws", other, NULL), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 4);
    assert_contains(sent(world, 3, "authorization"), "Credential=" KEY_ID "/");
    assert_null(strcasestr(upstream_request(&world->site, 4), "authorization"));
    assert_null(strcasestr(upstream_request(&world->site, 4), "x-amz-"));
}

static void after_a_401_the_next_credential_signs(void **state)
{
    struct world *world = *state;

    assert_int_equal(world_get(world, "rotated", "/status/401", NULL), ATT_UPSTREAM);
    assert_int_equal(upstream_count(&world->site), 2);
    assert_contains(sent(world, 1, "authorization"), "Credential=" KEY_ID "/");
    assert_contains(sent(world, 2, "authorization"), "Credential=AKIDSECOND/");
    assert_null(strstr(sent(world, 2, "authorization"), KEY_ID));
}

static void A8_two_grants_sign_each_with_its_own_key(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(world_get(world, "aws", "/", NULL), ATT_OK);
        assert_int_equal(world_get(world, "other", "/", NULL), ATT_OK);
        assert_contains(sent(world, 2 * i + 1, "authorization"), "Credential=" KEY_ID "/");
        assert_string_equal(sent(world, 2 * i + 1, "x-amz-security-token"), SESSION);
        assert_contains(sent(world, 2 * i + 2, "authorization"), "Credential=AKIDOTHER/");
        assert_null(strcasestr(upstream_request(&world->site, 2 * i + 2), "x-amz-security-token"));
    }
}

static void an_hmac_goes_into_a_header_with_time_and_nonce_beside(void **state)
{
    struct world *world = *state;
    char nonce[64];

    assert_int_equal(world_get(world, "hmac", "/a?b", NULL), ATT_OK);
    snprintf(nonce, sizeof nonce, "%s", sent(world, 1, "x-nonce"));
    assert_int_equal(strlen(nonce), 32);
    assert_int_equal(strlen(sent(world, 1, "x-signature")), strlen(KEY_ID ":") + 64);
    assert_int_equal(strncmp(sent(world, 1, "x-signature"), KEY_ID ":", strlen(KEY_ID ":")), 0);
    assert_in_range(atol(sent(world, 1, "x-time")), 1700000000, 4000000000);
    assert_int_equal(world_get(world, "hmac", "/a?b", NULL), ATT_OK);
    assert_string_not_equal(sent(world, 2, "x-nonce"), nonce);
}

static void an_hmac_goes_into_the_query_and_is_made_anew_after_a_redirect(void **state)
{
    struct world *world = *state;
    char first[512];

    assert_int_equal(world_get(world, "query", "/a?b=1", NULL), ATT_OK);
    snprintf(first, sizeof first, "%s", upstream_saw_query(&world->site));
    assert_int_equal(strncmp(first, "b=1&sig=", strlen("b=1&sig=")), 0);
    assert_int_equal(strlen(first), strlen("b=1&sig=") + 44);
    assert_int_equal(world_get(world, "query", "/go/307?to=/a?sig=left-over", NULL), ATT_OK);
    assert_int_equal(strncmp(upstream_saw_query(&world->site), "sig=", 4), 0);
    assert_null(strstr(upstream_saw_query(&world->site), "left-over"));
    assert_null(strstr(upstream_saw_query(&world->site), strstr(first, "sig=")));
}

static void note_placement(void *context, const char *step, const char *outcome, const char *reason)
{
    if (strcmp(step, "placement") == 0)
        snprintf(context, 256, "%s: %s", outcome, reason);
}

static void assert_explained(struct world *world, const char *grant, const char *url, const char *text)
{
    char placement[256] = "";

    assert_int_equal(att_explain(world->client, ATT_REQUEST(.url = url, .grant = grant), 0, note_placement, placement,
                                 &world->error),
                     ATT_OK);
    assert_string_equal(placement, text);
}

static void explain_tells_what_is_signed_for_and_where_it_goes(void **state)
{
    struct world *world = *state;
    const char *here = site_url(&world->site, "/");

    assert_explained(world, "aws", here, "ok: sigv4 for service s3 in region eu-west-1, as the site states");
    assert_explained(world, "hosts", here,
                     "ok: sigv4 for the credential's service in the credential's region, as the site states");
    assert_explained(world, "amazon", "https://bucket.s3.eu-west-2.amazonaws.com/",
                     "ok: sigv4 for service s3 (or the credential's) in region eu-west-2 (or the credential's), as the "
                     "site states");
    assert_explained(world, "hmac", here, "ok: hmac in header X-Signature, as the site states");
    assert_explained(world, "query", here, "ok: hmac in query sig, as the site states");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_carries_the_lines_of_its_signature, open_world, world_close),
        cmocka_unit_test_setup_teardown(the_caller_may_set_no_header_of_the_signature, open_world, world_close),
        cmocka_unit_test_setup_teardown(what_cannot_be_signed_is_refused_with_the_reason, open_world, world_close),
        cmocka_unit_test_setup_teardown(region_and_service_come_from_placement_or_credential, open_world, world_close),
        cmocka_unit_test_setup_teardown(echoes_of_the_secrets_are_masked_and_names_are_not, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_redirect_is_signed_anew_and_another_origin_gets_no_signature, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(after_a_401_the_next_credential_signs, open_world, world_close),
        cmocka_unit_test_setup_teardown(A8_two_grants_sign_each_with_its_own_key, open_world, world_close),
        cmocka_unit_test_setup_teardown(an_hmac_goes_into_a_header_with_time_and_nonce_beside, open_world, world_close),
        cmocka_unit_test_setup_teardown(explain_tells_what_is_signed_for_and_where_it_goes, open_world, world_close),
        cmocka_unit_test_setup_teardown(an_hmac_goes_into_the_query_and_is_made_anew_after_a_redirect, open_world,
                                        world_close),
    };

    return cmocka_run_group_tests_name("signed", tests, NULL, NULL);
}
