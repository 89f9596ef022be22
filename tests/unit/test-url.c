/* tests/unit/test-url.c: unit tests of core/url. */
#include <stdio.h>
#include <string.h>

#include "core/url/url.h"
#include "tests/unit/unit.h"

static int make_pool(void **state)
{
    *state = att_pool_create();
    return *state == NULL;
}

static int drop_pool(void **state)
{
    att_pool_destroy(*state);
    return 0;
}

static void urls_are_brought_into_one_form(void **state)
{
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"https://api.example.com", "https://api.example.com/"},
        {"HTTPS://API.Example.COM:443/a", "https://api.example.com/a"},
        {"http://localhost:80/", "http://localhost/"},
        {"https://api.example.com:8443?x=1", "https://api.example.com:8443/?x=1"},
        {"https://api.example.com./a", "https://api.example.com/a"},
        {"https://api.example.com/%7euser/%2e/x/%2E%2e/y", "https://api.example.com/~user/y"},
        {"https://api.example.com/a/b/../../c", "https://api.example.com/c"},
        {"https://api.example.com/../../c", "https://api.example.com/c"},
        {"https://api.example.com/a/..", "https://api.example.com/"},
        {"https://api.example.com/a/.", "https://api.example.com/a/"},
        {"https://api.example.com/a%2fb//c;v=1", "https://api.example.com/a%2Fb//c;v=1"},
        {"https://api.example.com/\xc3\xa9?q=\xc3\xa9", "https://api.example.com/%C3%A9?q=%C3%A9"},
        {"https://[2001:DB8:0:0::1]:8443/x", "https://[2001:db8::1]:8443/x"},
        {"https://127.0.0.1:9/x?a=b?c/d", "https://127.0.0.1:9/x?a=b?c/d"},
        {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"},
        {"https://a.example/?", "https://a.example/?"},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_url *url = NULL, *again = NULL;
        assert_int_equal(att_url_parse(*state, cases[i].text, &url, NULL), ATT_OK);
        assert_string_equal(url->text, cases[i].canonical);
        assert_int_equal(att_url_parse(*state, url->text, &again, NULL), ATT_OK);
        assert_string_equal(again->text, cases[i].canonical);
    }
}

static void urls_that_can_be_read_in_two_ways_are_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"ftp://a.example/", "https:// or http://"},
        {"https:/a.example/", "two slashes follow the colon"},
        {"https://good@evil.example/", "user information"},
        {"https://evil.example#@good/", "fragment"},
        {"https://evil.example\\@good/", "backslash"},
        {"https://good%2eevil.example/", "a character that no host name has"},
        {"https://good%2f.evil.example/", "a character that no host name has"},
        {"https://a..example/", "empty label"},
        {"https://0123456789012345678901234567890123456789012345678901234567890123.example/",
         "more than 63 characters"},
        {"https:///x", "it has no host"},
        {"https://a b.example/", "a character that no host name has"},
        {"https://caf\xc3\xa9.example/", "xn-- form"},
        {"https://a\xe3\x80\x82"
         "example/",
         "xn-- form"},
        {"https://127.1/", "unusual spelling"},
        {"https://0x7f.1/", "unusual spelling"},
        {"https://2130706433/", "unusual spelling"},
        {"https://0177.0.0.1/", "unusual spelling"},
        {"https://[::ffff:127.0.0.1]/", "an IPv4 address written as IPv6"},
        {"https://[fe80::1%25eth0]/", "IPv6 address is not one"},
        {"https://[::1/", "not closed"},
        {"https://a.example:/", "its port is not a number"},
        {"https://a.example:0/", "its port is not a number"},
        {"https://a.example:65536/", "its port is not a number"},
        {"https://a.example:44x/", "its port is not a number"},
        {"https://a.example/a b", "its path has a character that must be percent-encoded"},
        {"https://a.example/a\r\nX: y", "its path has a character that must be percent-encoded"},
        {"https://a.example/%0d%0aX", "the escape of a control character"},
        {"https://a.example/%00", "the escape of a control character"},
        {"https://a.example/%zz", "begins no escape"},
        {"https://a.example/%4", "begins no escape"},
        {"https://a.example/?a=<b>", "its query has a character that must be percent-encoded"},
        {"https://a.example/\xff", "not UTF-8"},
        {"https://a.example/x/..%2fadmin", "hides \"..\""},
        {"https://a.example/x/%2e%2e%2fadmin", "hides \"..\""},
        {"https://a.example/x/..;v=1/admin", "hides \"..\""},
        {"https://a.example/x%5c..%5cadmin", "hides \"..\""},
        {"https://a.example/public/%252e%252e/admin", "hides \"..\""},
        {"https://a.example/public/%25252e%25252e%25252fadmin", "hides \"..\""},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_url *url = NULL;
        att_error error = ATT_ERROR_INIT;
        if (att_url_parse(*state, cases[i].text, &url, &error) != ATT_INVALID)
            fail_msg("%s was taken", cases[i].text);
        assert_null(url);
        if (!strstr(error.message, cases[i].message))
            fail_msg("%s: %s", cases[i].text, error.message);
        assert_string_equal(error.field, "url");
        att_error_clear(&error);
    }
}

static void a_lenient_reading_of_the_path_is_kept_beside_it(void **state)
{
    static const struct {
        const char *text, *path, *loose;
    } cases[] = {
        {"https://a.example/admin%2Fx", "/admin%2Fx", "/admin/x"},
        {"https://a.example//admin", "//admin", "/admin"},
        {"https://a.example/admin;x=1/y", "/admin;x=1/y", "/admin/y"},
        {"https://a.example/a%5cb", "/a%5Cb", "/a/b"},
        {"https://a.example/a%3Bb/c", "/a%3Bb/c", "/a/c"},
        {"https://a.example/admin%252Fx", "/admin%252Fx", "/admin/x"},
        {"https://a.example/%2561dmin", "/%2561dmin", "/admin"},
        {"https://a.example/100%25", "/100%25", "/100%"},
        {"https://a.example/plain", "/plain", "/plain"},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_url *url = NULL;
        assert_int_equal(att_url_parse(*state, cases[i].text, &url, NULL), ATT_OK);
        assert_string_equal(url->path, cases[i].path);
        assert_string_equal(url->loose_path, cases[i].loose);
        assert_int_equal(url->path == url->loose_path, strcmp(cases[i].path, cases[i].loose) == 0);
    }
}

static void templates_are_filled_and_query_parameters_added(void **state)
{
    static const att_pair path[] = {{"calendar", "a/b c\xc3\xa9?{x}"}, {NULL, NULL}};
    static const att_pair query[] = {{"q", "a&b=c d+e"}, {"r", ""}, {NULL, NULL}};
    const char *text = NULL;

    assert_int_equal(att_url_expand(*state, "https://a.example/c/{calendar}/e?x=1", path, query, &text, NULL), ATT_OK);
    assert_string_equal(text, "https://a.example/c/a%2Fb%20c%C3%A9%3F%7Bx%7D/e?x=1&q=a%26b%3Dc%20d%2Be&r=");
    assert_int_equal(att_url_expand(*state, "https://a.example/c", NULL, query, &text, NULL), ATT_OK);
    assert_string_equal(text, "https://a.example/c?q=a%26b%3Dc%20d%2Be&r=");
    assert_int_equal(att_url_expand(*state, "https://a.example/c?", NULL, query, &text, NULL), ATT_OK);
    assert_string_equal(text, "https://a.example/c?q=a%26b%3Dc%20d%2Be&r=");
}

static void templates_without_a_value_or_in_the_wrong_place_are_refused(void **state)
{
    static const att_pair name[] = {{"name", "x"}, {NULL, NULL}};
    static const att_pair query[] = {{"q", "1"}, {NULL, NULL}};
    static const struct {
        const char *text, *field, *message;
        const att_pair *path, *query;
    } cases[] = {
        {"https://a.example/{other}", "path_params", "{other}", NULL, NULL},
        {"https://a.example/{name", "path_params", "no path parameter of that name", NULL, NULL},
        {"https://{name}.example/", "url", "{name} stands before the path", name, NULL},
        {"https://a.example/x", "path_params", "path parameter \"name\" has no {name}", name, NULL},
        {"https://a.example/x#frag", "url", "fragment", NULL, query},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        const char *text = NULL;
        att_error error = ATT_ERROR_INIT;
        assert_int_equal(att_url_expand(*state, cases[i].text, cases[i].path, cases[i].query, &text, &error),
                         ATT_INVALID);
        assert_null(text);
        if (!strstr(error.message, cases[i].message))
            fail_msg("%s: %s", cases[i].text, error.message);
        assert_string_equal(error.field, cases[i].field);
        att_error_clear(&error);
    }
}

static void locations_are_resolved_as_rfc_3986_says(void **state)
{
    static const struct {
        const char *location, *text;
    } cases[] = {
        {"https://b.example/x", "https://b.example/x"},
        {"//b.example/x", "https://b.example/x"},
        {"/x", "https://a.example:8443/x"},
        {"?y=1", "https://a.example:8443/d/e?y=1"},
        {"x", "https://a.example:8443/d/x"},
        {"../x", "https://a.example:8443/x"},
        {"x#frag", "https://a.example:8443/d/x"},
        {"", "https://a.example:8443/d/e?q"},
    };
    struct att_url *base = NULL, *url = NULL;

    assert_int_equal(att_url_parse(*state, "https://a.example:8443/d/e?q", &base, NULL), ATT_OK);
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        assert_int_equal(att_url_resolve(*state, base, cases[i].location, &url, NULL), ATT_OK);
        assert_string_equal(url->text, cases[i].text);
    }
    assert_int_equal(att_url_resolve(*state, base, "gopher://b.example/", &url, NULL), ATT_INVALID);
}

static void origins_match_scheme_host_and_port_exactly(void **state)
{
    static const struct {
        const char *origin, *url;
        bool matches;
    } cases[] = {
        {"https://a.example", "https://a.example/x", true},
        {"https://A.Example.:443", "https://a.example/x", true},
        {"https://a.example", "http://a.example/x", false},
        {"https://a.example", "https://a.example:8443/x", false},
        {"https://a.example", "https://b.a.example/", false},
        {"https://a.example", "https://evil-a.example/", false},
        {"https://*.a.example", "https://a.example/", false},
        {"https://*.a.example", "https://b.a.example/", true},
        {"https://*.a.example", "https://c.b.a.example/", true},
        {"https://*.a.example", "https://evil-a.example/", false},
        {"https://*.a.example", "https://b.a.example.evil.example/", false},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080/", true},
        {"https://[2001:db8:0::1]", "https://[2001:db8::1]/", true},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_origin origin;
        struct att_url *url = NULL;
        struct att_buffer why;
        att_buffer_open(&why, 1000);
        assert_true(att_origin_parse(*state, cases[i].origin, &origin, &why));
        assert_int_equal(att_url_parse(*state, cases[i].url, &url, NULL), ATT_OK);
        if (att_origin_matches(&origin, url) != cases[i].matches)
            fail_msg("%s on %s", cases[i].origin, cases[i].url);
        att_buffer_close(&why);
    }
}

static void what_is_no_origin_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a.example", "does not begin with https:// or http://"},
        {"https://a.example/", "more than scheme, host and port"},
        {"https://a.example/x", "more than scheme, host and port"},
        {"https://*", "a character that no host name has"},
        {"https://*.example", "two labels or more"},
        {"https://a.*.example", "a character that no host name has"},
        {"https://*.127.0.0.1", "two labels or more"},
        {"https://u@a.example", "a character that no host name has"},
        {"https://a.example:99999", "more than scheme, host and port"},
        {"https://", "it has no host"},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_origin origin;
        struct att_buffer why;
        att_buffer_open(&why, 1000);
        assert_false(att_origin_parse(*state, cases[i].text, &origin, &why));
        if (!strstr(why.data, cases[i].message) || !strstr(why.data, cases[i].text))
            fail_msg("%s: %s", cases[i].text, why.data);
        att_buffer_close(&why);
    }
}

static void a_query_parameter_is_found_and_left_out_however_it_is_spelled(void **state)
{
    static const struct {
        const char *text, *name, *without;
    } cases[] = {
        {"https://a.example/p?key=1", "key", "https://a.example/p"},
        {"https://a.example/p?key", "key", "https://a.example/p"},
        {"https://a.example/p?x=1&%6bey=1&y=2&key=3", "key", "https://a.example/p?x=1&y=2"},
        {"https://a.example/p?api+key=1&api%20key=2&b", "api key", "https://a.example/p?b"},
        {"https://a.example/p?a/b=1&a%2Fb=2&a", "a/b", "https://a.example/p?a"},
        {"https://a.example/p?x=key&ke=1&keys=1&Key=1", "key", NULL},
        {"https://a.example/p?x==key=1", "key", NULL},
        {"https://a.example/p?", "key", NULL},
        {"https://a.example/p", "key", NULL},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_url *url = NULL, *without = NULL;
        assert_int_equal(att_url_parse(*state, cases[i].text, &url, NULL), ATT_OK);
        assert_int_equal(att_url_has_parameter(url->query, cases[i].name), cases[i].without != NULL);
        if (!cases[i].without)
            continue;
        assert_int_equal(att_url_without(*state, url, cases[i].name, &without, NULL), ATT_OK);
        assert_string_equal(without->text, cases[i].without);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_brought_into_one_form),
        cmocka_unit_test(urls_that_can_be_read_in_two_ways_are_refused),
        cmocka_unit_test(a_lenient_reading_of_the_path_is_kept_beside_it),
        cmocka_unit_test(templates_are_filled_and_query_parameters_added),
        cmocka_unit_test(templates_without_a_value_or_in_the_wrong_place_are_refused),
        cmocka_unit_test(a_query_parameter_is_found_and_left_out_however_it_is_spelled),
        cmocka_unit_test(locations_are_resolved_as_rfc_3986_says),
        cmocka_unit_test(origins_match_scheme_host_and_port_exactly),
        cmocka_unit_test(what_is_no_origin_is_refused_with_its_reason),
    };

    return cmocka_run_group_tests_name("url", tests, make_pool, drop_pool);
}
