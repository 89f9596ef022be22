/* tests/api/test-masked.c: C1, what of a credential is masked in an answer, by its parts and by where they go. */
#include "tests/api/world.h"

/* ann-of-the-house:rea"dy/pass:word */
#define READY "YW5uLW9mLXRoZS1ob3VzZTpyZWEiZHkvcGFzczp3b3Jk"
/* sk_live_0123456789: */
#define KEY_AS_USER "c2tfbGl2ZV8wMTIzNDU2Nzg5Og=="

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "grants = ( { name = \"format\"; inject = { header = \"Authorization\"; format = \"Basic {token}\"; }; },\n"
    "           { name = \"other-header\"; inject = { header = \"X-Login\"; format = \"bASIC  {token}\"; }; },\n"
    "           { name = \"user-in-header\"; inject = ( { kind = \"basic\"; },\n"
    "               { header = \"X-Key\"; format = \"Key {username}\"; } ); },\n"
    "           { name = \"user-signs\"; inject = { kind = \"hmac\"; header = \"X-Sum\"; message = \"{body}\";\n"
    "               key = \"username\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { grant = [ \"*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
    "policy = { rules = ( { name = \"all\"; effect = \"permit\"; } ); };\n"
    "audit = ( { module = \"audit_file.so\"; options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

static const char script[] =
    "{ \"grants\": {"
    " \"format\": { \"token\": \"" READY "\" },"
    " \"other-header\": { \"token\": \"" READY "\" },"
    " \"own\": { \"token\": \"" READY "\", \"header\": \"authorization\", \"format\": \"Basic {token}\" },"
    " \"whole\": { \"token\": \"Basic " READY "\", \"header\": \"authorization\" },"
    " \"key-as-user\": { \"token\": \"" KEY_AS_USER "\", \"header\": \"authorization\","
    "                    \"format\": \"Basic {token}\" },"
    " \"short-password\": { \"username\": \"sk_live_0123456789\", \"password\": \"x\" },"
    " \"user-alone\": { \"username\": \"sk_live_0123456789\", \"query\": \"key\", \"format\": \"{username}\" },"
    " \"user-in-header\": { \"username\": \"sk_live_0123456789\", \"password\": \"long-password\" },"
    " \"user-signs\": { \"username\": \"sk_live_0123456789\", \"password\": \"long-password\" },"
    " \"long-password\": { \"username\": \"sk_live_0123456789\", \"password\": \"long-password\" },"
    " \"no-base64\": { \"token\": \"not!base64:text\", \"header\": \"authorization\","
    "                  \"format\": \"Basic {token}\" } } }";

static int open_world(void **state)
{
    return world_start(world_make(state, conf, script));
}

/* What an upstream that says `text` seems to have said. */
static void assert_seen(struct world *world, const char *grant, const char *text, const char *seen)
{
    att_response *response = NULL;

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/body"), .grant = grant,
                                             .body = text, .body_size = strlen(text), .content_type = "text/plain"),
                                 &response, &world->error),
                     ATT_OK);
    assert_string_equal(att_response_body(response, NULL), seen);
    att_response_free(&response);
}

static void what_ready_made_basic_decodes_to_is_masked(void **state)
{
    static const char *const grants[] = {"format", "other-header", "own", "whole"};

    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        assert_seen(*state, grants[i], "<" READY ">", "<********************************************>");
        assert_seen(*state, grants[i], "<ann-of-the-house:rea\"dy/pass:word>", "<*********************************>");
        assert_seen(*state, grants[i], "<rea\"dy/pass:word> word", "<****************> word");
        assert_seen(*state, grants[i], "<rea\\\"dy/pass:word>", "<*****************>");
        assert_seen(*state, grants[i], "<rea\\\\\\\"dy/pass:word>", "<*******************>");
        assert_seen(*state, grants[i], "<rea%22dy%2Fpass%3Aword>", "<**********************>");
        assert_seen(*state, grants[i], "<ann-of-the-house>", "<ann-of-the-house>");
    }
}

static void a_key_in_place_of_the_user_of_ready_made_basic_is_masked(void **state)
{
    assert_seen(*state, "key-as-user", "<sk_live_0123456789:>", "<*******************>");
    assert_seen(*state, "key-as-user", "<sk_live_0123456789>", "<******************>");
}

/* As Stripe has it: the key is the user, and the password empty or of no account. */
static void a_user_name_that_is_the_secret_is_masked(void **state)
{
    static const char *const grants[] = {"short-password", "user-alone", "user-in-header", "user-signs"};

    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
        assert_seen(*state, grants[i], "<sk_live_0123456789> sk", "<******************> sk");
    assert_seen(*state, "user-in-header", "<long-password>", "<*************>");
    assert_seen(*state, "short-password", "<sk_live_0123456789:x>", "<********************>");
}

static void a_user_name_beside_a_password_is_shown(void **state)
{
    assert_seen(*state, "long-password", "<sk_live_0123456789:long-password>", "<sk_live_0123456789:*************>");
}

static void what_is_no_base64_is_masked_as_it_is(void **state)
{
    assert_seen(*state, "no-base64", "<not!base64:text> text", "<***************> text");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, world_close)
    const struct CMUnitTest tests[] = {
        TEST(what_ready_made_basic_decodes_to_is_masked),
        TEST(a_key_in_place_of_the_user_of_ready_made_basic_is_masked),
        TEST(a_user_name_that_is_the_secret_is_masked),
        TEST(a_user_name_beside_a_password_is_shown),
        TEST(what_is_no_base64_is_masked_as_it_is),
    };

    return cmocka_run_group_tests_name("masked", tests, NULL, NULL);
}
