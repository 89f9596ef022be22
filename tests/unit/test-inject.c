/* tests/unit/test-inject.c: the bytes that a credential becomes, and every reason why it becomes none. */
#include <stdio.h>
#include <string.h>

#include "core/inject/inject.h"
#include "core/provider/instance.h"
#include "tests/unit/unit.h"

struct bench {
    struct att_arena *arena;
    struct att_pool *pool;
    struct att_injection injection;
    struct att_credential credential;
    att_error error;
};

static int open_bench(void **state)
{
    struct bench *bench = test_calloc(1, sizeof *bench);

    bench->arena = att_arena_create();
    bench->pool = att_pool_create();
    bench->error = (att_error)ATT_ERROR_INIT;
    att_injection_open(&bench->injection, bench->arena);
    att_credential_open(&bench->credential, bench->arena);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    struct att_arena_state left;

    att_injection_close(&bench->injection);
    att_credential_close(&bench->credential);
    att_arena_state(bench->arena, &left);
    assert_int_equal(left.in_use, 0);
    att_error_clear(&bench->error);
    att_pool_destroy(bench->pool);
    att_arena_destroy(bench->arena);
    test_free(bench);
    return 0;
}

static void give(struct bench *bench, const char *part, const char *value)
{
    assert_true(att_credential_set_material(&bench->credential, part, value, strlen(value)));
}

static att_status place_at(struct bench *bench, const char *url, enum att_inject_kind kind, const char *name,
                           const char *format)
{
    struct att_placement placement;
    struct att_url *parsed = NULL;

    att_placement_open(&placement);
    assert_true(att_placement_add(&placement, kind, name, format));
    assert_int_equal(att_url_parse(bench->pool, url, &parsed, &bench->error), ATT_OK);
    return att_inject(&bench->injection, &bench->credential, placement.items, placement.count,
                      &(struct att_outgoing){.grant = "g", .url = parsed, .method = "GET"}, &bench->error);
}

static att_status place(struct bench *bench, enum att_inject_kind kind, const char *name, const char *format)
{
    return place_at(bench, "https://a.example/p", kind, name, format);
}

static void assert_line(const struct bench *bench, size_t number, const char *text)
{
    assert_true(number < bench->injection.line_count);
    assert_string_equal(att_secret_bytes(bench->injection.lines[number]), text);
    assert_int_equal(att_secret_size(bench->injection.lines[number]), strlen(text));
}

static void assert_refused(struct bench *bench, att_status got, att_status status, const char *message)
{
    assert_int_equal(got, status);
    assert_int_equal(bench->error.status, status);
    assert_string_equal(bench->error.message, message);
    assert_string_equal(bench->error.grant, "g");
}

static void a_token_fills_its_format(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "abc");
    assert_int_equal(place(bench, ATT_INJECT_HEADER, "authorization", "Bearer {token}"), ATT_OK);
    assert_int_equal(place(bench, ATT_INJECT_HEADER, "X-Api-Key", "{token}"), ATT_OK);
    assert_line(bench, 0, "authorization: Bearer abc");
    assert_line(bench, 1, "X-Api-Key: abc");
    assert_null(bench->injection.target);
}

static void several_parts_go_into_one_header(void **state)
{
    struct bench *bench = *state;

    give(bench, "key", "K1");
    give(bench, "secret", "s2");
    assert_int_equal(place(bench, ATT_INJECT_HEADER, "x-auth", "key={key}; again={key}, sig={secret}."), ATT_OK);
    assert_line(bench, 0, "x-auth: key=K1; again=K1, sig=s2.");
}

/* RFC 7617 section 2 and 2.1 */
static void basic_is_the_base64_of_user_and_password(void **state)
{
    struct bench *bench = *state;

    give(bench, "username", "test");
    give(bench, "password", "123\xc2\xa3");
    assert_int_equal(place(bench, ATT_INJECT_BASIC, NULL, NULL), ATT_OK);
    assert_line(bench, 0, "authorization: Basic dGVzdDoxMjPCow==");
}

static void a_password_may_have_colons_and_a_user_name_may_not(void **state)
{
    struct bench *bench = *state;

    give(bench, "username", "a");
    give(bench, "password", "b:c:");
    assert_int_equal(place(bench, ATT_INJECT_BASIC, NULL, NULL), ATT_OK);
    assert_line(bench, 0, "authorization: Basic YTpiOmM6");
    att_injection_close(&bench->injection);
    give(bench, "username", "a:b");
    assert_refused(bench, place(bench, ATT_INJECT_BASIC, NULL, NULL), ATT_MODULE,
                   "the credential of grant \"g\" has characters that a user name of Basic authentication cannot hold; "
                   "place it elsewhere, or check what the provider gives");
}

static void query_values_are_percent_encoded(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "a+b&c=d \xc3\xa9/?#~");
    assert_int_equal(place(bench, ATT_INJECT_QUERY, "api key", "v{token}"), ATT_OK);
    assert_string_equal(att_secret_bytes(bench->injection.target),
                        "https://a.example/p?api%20key=va%2Bb%26c%3Dd%20%C3%A9%2F%3F%23~");
    assert_int_equal(bench->injection.line_count, 0);
}

static void query_parameters_follow_those_of_the_url(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *url, *target;
    } cases[] = {
        {"https://a.example/p?x=1", "https://a.example/p?x=1&key=abc&id=7"},
        {"https://a.example/p?x=1&&y", "https://a.example/p?x=1&&y&key=abc&id=7"},
        {"https://a.example/p?", "https://a.example/p?key=abc&id=7"},
        {"https://a.example", "https://a.example/?key=abc&id=7"},
        {"https://a.example/p?keys=1&ke", "https://a.example/p?keys=1&ke&key=abc&id=7"},
    };

    give(bench, "token", "abc");
    give(bench, "id", "7");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(place_at(bench, cases[i].url, ATT_INJECT_QUERY, "key", "{token}"), ATT_OK);
        assert_int_equal(place_at(bench, cases[i].url, ATT_INJECT_QUERY, "id", "{id}"), ATT_OK);
        assert_string_equal(att_secret_bytes(bench->injection.target), cases[i].target);
        att_injection_close(&bench->injection);
    }
}

/* RFC 6265 section 5.4 */
static void cookies_share_one_line(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "abc");
    assert_int_equal(place(bench, ATT_INJECT_COOKIE, "session", "{token}"), ATT_OK);
    assert_int_equal(place(bench, ATT_INJECT_HEADER, "x-key", "{token}"), ATT_OK);
    assert_int_equal(place(bench, ATT_INJECT_COOKIE, "id", "v-{token}"), ATT_OK);
    assert_int_equal(bench->injection.line_count, 2);
    assert_line(bench, 0, "x-key: abc");
    assert_line(bench, 1, "cookie: session=abc; id=v-abc");
}

static void a_cookie_holds_no_separator(void **state)
{
    struct bench *bench = *state;
    static const char *const values[] = {"a b", "a\tb", "a\"b", "a,b", "a;b", "a\\b", "\xc3\xa9"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        give(bench, "token", values[i]);
        assert_refused(bench, place(bench, ATT_INJECT_COOKIE, "session", "{token}"), ATT_MODULE,
                       "the credential of grant \"g\" has characters that a cookie cannot hold; place it elsewhere, or "
                       "check what the provider gives");
        assert_int_equal(bench->injection.line_count, 0);
    }
}

static void a_header_holds_no_control_character(void **state)
{
    struct bench *bench = *state;
    static const char *const values[] = {"a\x01", "\x1b[0m", "\x7f"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        give(bench, "token", values[i]);
        assert_refused(bench, place(bench, ATT_INJECT_HEADER, "x-key", "{token}"), ATT_MODULE,
                       "the credential of grant \"g\" has characters that a header cannot hold; place it elsewhere, or "
                       "check what the provider gives");
    }
}

static void two_credentials_for_one_place_are_an_error(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "abc");
    give(bench, "username", "u");
    give(bench, "password", "p");
    assert_int_equal(place(bench, ATT_INJECT_HEADER, "X-Key", "{token}"), ATT_OK);
    assert_refused(bench, place(bench, ATT_INJECT_HEADER, "x-kEY", "{token}"), ATT_CONFIG,
                   "grant \"g\" has two credentials for the header x-kEY; give each its own with inject");
    assert_int_equal(place(bench, ATT_INJECT_HEADER, "Authorization", "Bearer {token}"), ATT_OK);
    assert_refused(bench, place(bench, ATT_INJECT_BASIC, NULL, NULL), ATT_CONFIG,
                   "grant \"g\" has two credentials for the header authorization; give each its own with inject");
    assert_int_equal(place(bench, ATT_INJECT_QUERY, "key", "{token}"), ATT_OK);
    assert_refused(bench, place(bench, ATT_INJECT_QUERY, "key", "{token}"), ATT_CONFIG,
                   "grant \"g\" has two credentials for the query parameter key; give each its own with inject");
    assert_int_equal(place(bench, ATT_INJECT_COOKIE, "a", "{token}"), ATT_OK);
    assert_refused(bench, place(bench, ATT_INJECT_COOKIE, "a", "{token}"), ATT_CONFIG,
                   "grant \"g\" has two credentials for the cookie a; give each its own with inject");
    assert_refused(bench, place(bench, ATT_INJECT_HEADER, "Cookie", "a={token}"), ATT_CONFIG,
                   "grant \"g\" has two credentials for the header Cookie; give each its own with inject");
}

static void a_cookie_header_leaves_no_place_for_cookies(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "abc");
    assert_int_equal(place(bench, ATT_INJECT_HEADER, "Cookie", "a={token}"), ATT_OK);
    assert_refused(bench, place(bench, ATT_INJECT_COOKIE, "b", "{token}"), ATT_CONFIG,
                   "grant \"g\" has two credentials for the header cookie; give each its own with inject");
}

static void a_part_that_the_credential_lacks_is_named(void **state)
{
    struct bench *bench = *state;
    static const char message[] =
        "the credential of grant \"g\" has no part \"%s\", which its placement names; correct "
        "the inject setting, or the provider";
    char text[256];

    give(bench, "username", "u");
    snprintf(text, sizeof text, message, "password");
    assert_refused(bench, place(bench, ATT_INJECT_BASIC, NULL, NULL), ATT_MODULE, text);
    snprintf(text, sizeof text, message, "token");
    assert_refused(bench, place(bench, ATT_INJECT_HEADER, "x", "{username}{token}"), ATT_MODULE, text);
    assert_refused(bench, place(bench, ATT_INJECT_QUERY, "x", "{token}"), ATT_MODULE, text);
    assert_refused(bench, place(bench, ATT_INJECT_COOKIE, "x", "{token}"), ATT_MODULE, text);
    assert_int_equal(bench->injection.line_count, 0);
    assert_null(bench->injection.target);
}

/* B9 */
static void a_value_over_48_kib_is_refused_wherever_it_goes(void **state)
{
    struct bench *bench = *state;
    size_t most = 48 * 1024 - 1;
    char *bytes = test_malloc(most + 1);
    static const char message[] = "the credential of grant \"g\" is too large to be placed: at most 48 KiB fit; check "
                                  "what the provider gives";

    memset(bytes, 'x', most + 1);
    give(bench, "username", "u");
    for (int over = 0; over < 2; over++) {
        static const enum att_inject_kind kinds[] = {ATT_INJECT_HEADER, ATT_INJECT_QUERY, ATT_INJECT_COOKIE,
                                                     ATT_INJECT_BASIC};
        for (size_t i = 0; i < 4; i++) {
            bool basic = kinds[i] == ATT_INJECT_BASIC;
            size_t size = basic ? 36 * 1024 - 4 : most; /* base64 makes four of three */
            att_status status;
            assert_true(att_credential_set_material(&bench->credential, basic ? "password" : "token", bytes,
                                                    size + (size_t)(over ? 1 + 5 * basic : 0)));
            status = place(bench, kinds[i], "x", "{token}");
            if (over)
                assert_refused(bench, status, ATT_MODULE, message);
            else
                assert_int_equal(status, ATT_OK);
            att_injection_close(&bench->injection);
        }
    }
    test_free(bytes);
}

static void more_than_sixteen_headers_are_refused(void **state)
{
    struct bench *bench = *state;
    char name[8];

    give(bench, "token", "abc");
    for (int i = 0; i < ATT_INJECTION_LINES; i++) {
        snprintf(name, sizeof name, "x-%d", i);
        assert_int_equal(place(bench, ATT_INJECT_HEADER, name, "{token}"), ATT_OK);
    }
    assert_refused(bench, place(bench, ATT_INJECT_HEADER, "x-16", "{token}"), ATT_CONFIG,
                   "grant \"g\" places more than 16 headers; remove some of the inject settings");
    assert_refused(bench, place(bench, ATT_INJECT_COOKIE, "c", "{token}"), ATT_CONFIG,
                   "grant \"g\" places more than 16 headers; remove some of the inject settings");
    assert_null(bench->injection.cookie);
    assert_int_equal(bench->injection.line_count, ATT_INJECTION_LINES);
}

/* B7 */
static void a_header_is_occupied_in_any_case(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "abc");
    assert_int_equal(place(bench, ATT_INJECT_HEADER, "X-Api-Key", "{token}"), ATT_OK);
    assert_true(att_injection_occupies(&bench->injection, "x-api-key"));
    assert_true(att_injection_occupies(&bench->injection, "X-API-KEY"));
    assert_false(att_injection_occupies(&bench->injection, "x-api"));
    assert_false(att_injection_occupies(&bench->injection, "x-api-key: abc"));
    assert_false(att_injection_occupies(&bench->injection, "x-api-keys"));
    assert_false(att_injection_occupies(&bench->injection, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_fills_its_format, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(several_parts_go_into_one_header, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(basic_is_the_base64_of_user_and_password, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_password_may_have_colons_and_a_user_name_may_not, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(query_values_are_percent_encoded, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(query_parameters_follow_those_of_the_url, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(cookies_share_one_line, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_cookie_holds_no_separator, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_header_holds_no_control_character, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(two_credentials_for_one_place_are_an_error, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_cookie_header_leaves_no_place_for_cookies, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_part_that_the_credential_lacks_is_named, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_value_over_48_kib_is_refused_wherever_it_goes, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(more_than_sixteen_headers_are_refused, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_header_is_occupied_in_any_case, open_bench, close_bench),
    };

    return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
