/* tests/unit/test-alter-options.c: the options of the provider that asks the Alter service, but for its profile. */
#include "tests/unit/alter-host.h"

static void a_key_of_another_kind_is_not_sent_anywhere(void **state)
{
    static const struct {
        const char *key, *sentence;
    } cases[] = {
        {"sk_live_s3cret", "it is no API key of this service, which begin with one of alter_rk_, alter_ak_, alter_dk_, "
                           "alter_pk_, alter_key_; check what the reference leads to: it is not sent anywhere"},
        {"alter_rk_", "it is no API key of this service, which begin with one of alter_rk_, alter_ak_, alter_dk_, "
                      "alter_pk_, alter_key_; check what the reference leads to: it is not sent anywhere"},
        {"alter_rk_s3cret\n",
         "it is no API key: it is empty, longer than 512 bytes, or has characters that no key has; "
         "check what the reference leads to"},
        {"", "it is no API key: it is empty, longer than 512 bytes, or has characters that no key has; check what the "
             "reference leads to"},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        the.settings.key = cases[i].key;
        assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
        assert_string_equal(the.settings.option, "api_key");
        assert_string_equal(the.settings.problem, cases[i].sentence);
        alter_assert_silent();
    }
}

static void a_base_url_that_is_none_is_refused(void **state)
{
    static const char *const none[] = {"api.alterauth.com", "https://",      "https:///sdk",    "https://a.example/?x",
                                       "https://u@h",       "https://h/#f",  "ftp://a.example", "https://h\\@e",
                                       "https://h h",       "https://h/%61", "https://h/../x",  "https://h/a/."};
    static const char *const clear[] = {"http://api.example", "http://localhost.example", "http://127.0.0.1.example",
                                        "http://10.0.0.1"};
    static const char *const good[] = {"https://api.example", "http://127.0.0.1:8080", "http://localhost:1",
                                       "http://[::1]:9/x", "HTTPS://api.example/alter/"};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(none); i++) {
        the.settings.base_url = none[i];
        assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
        assert_string_equal(the.settings.option, "base_url");
        assert_string_equal(the.settings.problem,
                            "it is no URL of a service; write one as in \"https://api.alterauth.com\", without user, "
                            "query, fragment, escapes, \".\" and \"..\"");
    }
    for (size_t i = 0; i < ATT_COUNT(clear); i++) {
        the.settings.base_url = clear[i];
        assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
        assert_string_equal(the.settings.problem, "it would send the API key in the clear; write https://, http:// is "
                                                  "for this machine alone");
    }
    for (size_t i = 0; i < ATT_COUNT(good); i++) {
        the.settings.base_url = good[i];
        assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    }
}

static void a_base_url_is_asked_in_its_one_form(void **state)
{
    static const char *const cases[][2] = {{"HTTPS://API.Example:443/Alter//", "https://api.example/Alter/sdk/token"},
                                           {"http://LOCALHOST:80", "http://localhost/sdk/token"},
                                           {"https://api.example:80", "https://api.example:80/sdk/token"},
                                           {"http://[::1]:443", "http://[::1]:443/sdk/token"}};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        the.settings.base_url = cases[i][0];
        assert_int_equal(alter_open_module(), ATT_RESULT_OK);
        alter_forget_replies();
        alter_reply(404, "{\"error\":\"none\"}");
        assert_int_equal(alter_fetch_now(), ATT_RESULT_NOT_FOUND);
        assert_string_equal(the.asked[0].url, cases[i][1]);
    }
}

static void nothing_is_kept_unless_the_site_says_so(void **state)
{
    (void)state;
    assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    assert_false(the.settings.cached);
    assert_true(the.settings.bounded);
    the.settings.cache = "on";
    assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    assert_true(the.settings.cached);
    assert_int_equal(the.settings.promise.longest_ms, 60000);
    assert_int_equal(the.settings.promise.shared, 0);
}

int main(void)
{
#define PLAIN(function) cmocka_unit_test_setup_teardown(function, alter_host_open, alter_host_close)
    const struct CMUnitTest tests[] = {
        PLAIN(a_key_of_another_kind_is_not_sent_anywhere),
        PLAIN(a_base_url_that_is_none_is_refused),
        PLAIN(a_base_url_is_asked_in_its_one_form),
        PLAIN(nothing_is_kept_unless_the_site_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
