/* tests/api/test-connect.c: att_connect_session_create and att_connect on a scripted backend, and the browser. */
#include <time.h>

#include "tests/api/mocked.h"

#define SCRIPT(connect)                                                                                    \
    "{ \"grants\": { \"g-1\": { \"token\": \"t-1\", \"listed\": { \"provider\": \"google\", \"account\": " \
    "\"ann@a.example\" } } }, \"connect\": { " connect " } }"
static const char soon[] = SCRIPT("\"pending\": 2, \"grants\": [\"g-1\"], \"session\": \"s3ss10n\", "
                                  "\"url\": \"https://connect.example/page?a=1&b='2'\"");
static const char never[] = SCRIPT("\"pending\": 1000000, \"grants\": [\"g-1\"], \"session\": \"s3ss10n\"");

#define PROVIDERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int show_url(void *context, const char *url)
{
    struct mocked *mocked = context;

    mocked_tell(mocked, url);
    mocked_tell(mocked, "\n");
    return 0;
}

static int refuse_url(void *context, const char *url)
{
    (void)context;
    (void)url;
    return 1;
}

/* Lets some looks pass, then cancels. */
static int cancel_soon(void *context, int64_t left_ms)
{
    struct mocked *mocked = context;

    assert_true(left_ms > 0 && left_ms <= 300000);
    mocked_tell(mocked, ".");
    return strlen(mocked->told) > 300;
}

#define CONNECT(mocked, ...)                                                                                     \
    att_connect(                                                                                                 \
        (mocked)->client,                                                                                        \
        ATT_CONNECT(.providers = PROVIDERS("google"), .poll_ms = 10, .callback_context = (mocked), __VA_ARGS__), \
        mocked_take_grant, (mocked), &(mocked)->error)

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

static void take_session(void *context, const att_connect_session *session)
{
    struct mocked *mocked = context;

    assert_int_equal(session->size, sizeof *session);
    mocked_tell(mocked, session->token);
    mocked_tell(mocked, " ");
    mocked_tell(mocked, session->url);
    assert_true(session->expires > time(NULL) + 100);
}

static void a_session_is_given_once_and_recorded_without_its_token(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, SCRIPT("\"grants\": [\"g-1\"], \"session\": \"s3ss10n\", \"lasts\": \"10m\""));
    assert_int_equal(
        att_connect_session_create(mocked->client,
                                   ATT_CONNECT(.providers = PROVIDERS("google", "github"), .max_ttl_s = 600,
                                               .default_ttl_s = 60, .origin = "https://app.example:8443",
                                               .return_url = "https://app.example/done?x=1#y",
                                               .scopes = ATT_PAIRS({"google", "mail.read"}, {"google", "mail.send"}),
                                               .metadata = ATT_PAIRS({"team", "blue"})),
                                   take_session, mocked, &mocked->error),
        ATT_OK);
    assert_string_equal(
        mocked->told, "s3ss10n https://connect.mock.example/?provider=google&provider=github&max_ttl=600&default_ttl=60"
                      "&origin=https%3A%2F%2Fapp.example%3A8443&return_url=https%3A%2F%2Fapp.example%2Fdone%3Fx%3D1%23y"
                      "&scope=google:mail.read&scope=google:mail.send&team=blue#session=s3ss10n");
    assert_int_equal(mocked_records(mocked, "\"event\":\"connect_session_created\",\"phase\":\"decision\"",
                                    "\"detail\":\"a session for google, github\""),
                     1);
    assert_int_equal(mocked_records(mocked, "\"event\":\"connect_session_created\",\"phase\":\"result\"",
                                    "\"detail\":\"a session was created\""),
                     1);
    assert_int_equal(mocked_records(mocked, "s3ss10n", ""), 0);
}

static void what_is_wrong_with_a_session_is_told(void **state)
{
    const struct {
        att_connect_options options;
        const char *field, *message;
    } cases[] = {
        {{.providers = NULL},
         "providers",
         "no provider is named that the user may connect; name 1 to 32, such as \"google\""},
        {{.providers = (const char *const[]){"a\nb", NULL}}, "providers", NULL},
        {{.max_ttl_s = -1}, "max_ttl_s", "max_ttl_s is negative; give seconds, or 0 for what the backend has"},
        {{.default_ttl_s = -1},
         "default_ttl_s",
         "default_ttl_s is negative; give seconds, or 0 for what the backend has"},
        {{.max_ttl_s = 5, .default_ttl_s = 6},
         "default_ttl_s",
         "default_ttl_s is longer than max_ttl_s: what is preset would not be allowed; make it shorter"},
        {{.origin = "https://app.example/"},
         "origin",
         "the origin is refused: it is no https://HOST or http:// on this machine; write it as in https://app.example"},
        {{.origin = "http://app.example"}, "origin", NULL},
        {{.return_url = "javascript:alert(1)"},
         "return_url",
         "the return URL is refused: a browser may be sent to https, or to http on this machine; write it as in "
         "https://app.example/done"},
        {{.return_url = "https://user@app.example/"}, "return_url", NULL},
        {{.scopes = (const att_pair[]){{"github", "repo"}, {NULL, NULL}}},
         "scopes",
         "a scope is refused: it is of \"github\", which is none of the providers; name it among them, or leave the "
         "scope out"},
        {{.scopes = (const att_pair[]){{"google", NULL}, {NULL, NULL}}},
         "scopes",
         "a scope of \"google\" is missing; give one, or leave it out"},
        {{.metadata = (const att_pair[]){{"team", NULL}, {NULL, NULL}}},
         "metadata",
         "the metadata key \"team\" is refused: it has no value, or one longer than 512 characters; shorten or remove "
         "it"},
    };
    const char *const *google = PROVIDERS("google");
    struct mocked *mocked = *state;

    mocked_open(mocked, soon);
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        att_connect_options options = cases[i].options;

        options.size = sizeof options;
        if (!options.providers && i)
            options.providers = google;
        assert_int_equal(att_connect_session_create(mocked->client, &options, take_session, mocked, &mocked->error),
                         ATT_INVALID);
        assert_string_equal(mocked->error.field, cases[i].field);
        if (cases[i].message)
            assert_string_equal(mocked->error.message, cases[i].message);
    }
    assert_int_equal(att_connect_session_create(mocked->client, ATT_CONNECT(.providers = PROVIDERS("google")), NULL,
                                                NULL, &mocked->error),
                     ATT_INVALID);
    assert_string_equal(mocked->error.message, "the session has nowhere to go: created is NULL; give a callback");
    assert_int_equal(att_connect(mocked->client, ATT_CONNECT(.providers = PROVIDERS("google"), .poll_ms = -1), NULL,
                                 NULL, &mocked->error),
                     ATT_INVALID);
    assert_string_equal(mocked->error.message, "poll_ms is negative; give milliseconds, or 0 for two seconds");
    assert_int_equal(mocked_records(mocked, "\"event\":\"connect_", "") +
                         mocked_records(mocked, "\"event\":\"grant_connected", ""),
                     0);
    assert_string_equal(mocked->told, "");
}

static void a_session_that_the_backend_refuses_is_a_failure(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, SCRIPT("\"grants\": [\"g-1\"], \"begin\": { \"result\": \"backend\", \"code\": \"bad_key\" }"));
    assert_int_equal(att_connect_session_create(mocked->client, ATT_CONNECT(.providers = PROVIDERS("google")),
                                                take_session, mocked, &mocked->error),
                     ATT_BACKEND);
    assert_string_equal(mocked->error.message,
                        "the session could not be created by provider \"mock\": the mock script answers so; see the "
                        "options of the provider");
    assert_string_equal(mocked->error.code, "bad_key");
    assert_int_equal(CONNECT(mocked, .show = show_url), ATT_BACKEND);
    assert_string_equal(mocked->told, "");
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static void a_user_who_authorises_brings_a_grant(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, soon);
    assert_int_equal(CONNECT(mocked, .show = show_url, .reason = "first time"), ATT_OK);
    assert_string_equal(mocked->told, "https://connect.example/page?a=1&b='2'&provider=google#session=s3ss10n\n"
                                      "g-1 google oauth ann@a.example active []\n");
    assert_int_equal(
        mocked_records(mocked, "\"event\":\"grant_connected\",\"phase\":\"decision\"", "\"reason\":\"first time\""), 1);
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_connected\",\"phase\":\"result\"", "\"grant\":\"g-1\""),
                     1);
    assert_int_equal(mocked_records(mocked, "s3ss10n", ""), 0);
}

static void each_end_of_a_flow_has_its_status_and_state(void **state)
{
    static const struct {
        const char *script;
        att_status status;
        const char *state, *message;
    } cases[] = {
        {SCRIPT("\"result\": \"denied\""), ATT_CONNECT_DENIED, "denied",
         "the user could not be connected: the mock script answers so; ask again when the user agrees"},
        {SCRIPT("\"result\": \"expired\""), ATT_CONNECT_FAILED, "expired",
         "the user could not be connected: the mock script answers so; begin again, and finish it sooner"},
        {SCRIPT("\"result\": \"config\""), ATT_CONNECT_FAILED, "config_error",
         "the user could not be connected: the mock script answers so; correct it there"},
        {SCRIPT("\"result\": \"fault\", \"say\": \"it sent no JSON\""), ATT_MODULE, NULL,
         "the user could not be connected by provider \"mock\": it sent no JSON; see the log, and report it to the "
         "module's author"},
    };
    struct mocked *mocked = *state;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        mocked_open(mocked, cases[i].script);
        assert_int_equal(CONNECT(mocked, .show = show_url), cases[i].status);
        assert_string_equal(mocked->error.message, cases[i].message);
        if (cases[i].state)
            assert_string_equal(mocked->error.state, cases[i].state);
        assert_int_equal(mocked_records(mocked, "\"phase\":\"result\"", att_status_name(cases[i].status)),
                         (int)(i == 2) + 1);
    }
}

static void a_user_who_does_not_finish_is_a_timeout(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, never);
    assert_int_equal(CONNECT(mocked, .show = show_url, .timeout_ms = 200), ATT_CONNECT_TIMEOUT);
    assert_string_equal(mocked->error.message,
                        "the user could not be connected: nobody finished it in time; try again, or allow more time");
}

static void an_application_may_cancel_at_any_time(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, never);
    assert_int_equal(CONNECT(mocked, .show = refuse_url), ATT_CONNECT_FAILED);
    assert_string_equal(mocked->error.state, "cancelled");
    assert_int_equal(CONNECT(mocked, .show = show_url, .wait = cancel_soon), ATT_CONNECT_FAILED);
    assert_string_equal(mocked->error.state, "cancelled");
    assert_int_equal(mocked_records(mocked, "\"outcome\":\"ATT_CONNECT_FAILED\"", "s3ss10n"), 0);
}

/* What passes by itself does not end what a user is in the middle of. */
static void d5_a_backend_that_is_away_for_a_moment_is_waited_for(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, SCRIPT("\"result\": \"unavailable\", \"retry_after\": \"50ms\", "
                               "\"say\": \"it answered 503: database is gone\""));
    assert_int_equal(CONNECT(mocked, .show = show_url, .timeout_ms = 300), ATT_BACKEND);
    assert_string_equal(mocked->error.message,
                        "the user could not be connected by provider \"mock\": it answered 503: database is gone; try "
                        "again later");
    assert_string_equal(mocked->error.provider, "mock");
}

/* ---- while people take their time -------------------------------------------------------------------------------- */

struct user {
    struct mocked *mocked;
    const char *const *tokens; /* one for each call, then none */
    int calls;
};

static size_t next_token(void *context, char *buffer, size_t capacity)
{
    struct user *user = context;
    const char *token = user->tokens[user->calls];
    size_t size = token ? strlen(token) : 0;

    assert_true(size <= capacity);
    memcpy(buffer, token ? token : "", size);
    user->calls += token != NULL;
    return size;
}

static att_status connect_as(struct user *user, const char *const *tokens)
{
    struct mocked *mocked = user->mocked;

    *user = (struct user){mocked, tokens, 0};
    att_client_close(&mocked->client);
    assert_int_equal(
        att_client_open(mocked->engine,
                        ATT_CLIENT(.caller = "operator", .user_token = next_token, .user_token_context = user),
                        &mocked->client, &mocked->error),
        ATT_OK);
    return CONNECT(mocked, .show = show_url);
}

static void a_token_that_is_over_is_asked_for_anew(void **state)
{
    struct mocked *mocked = *state;
    struct user user = {.mocked = mocked};

    mocked_open(mocked, "{ \"grants\": { \"g-1\": { \"token\": \"t-1\", \"user\": \"new\", \"listed\": { "
                        "\"provider\": \"google\" } } }, \"connect\": { \"pending\": 1, \"grants\": [\"g-1\"] } }");
    assert_int_equal(connect_as(&user, (const char *const[]){"old", "new", NULL}), ATT_OK);
    assert_int_equal(user.calls, 2);
    assert_int_equal(connect_as(&user, (const char *const[]){"new", "none is asked for", NULL}), ATT_OK);
    assert_int_equal(user.calls, 1);
    assert_int_equal(connect_as(&user, (const char *const[]){"old", "older", "new", NULL}), ATT_REAUTH);
    assert_int_equal(user.calls, 2);
    assert_int_equal(connect_as(&user, (const char *const[]){"old", NULL}), ATT_REAUTH);
    assert_string_equal(mocked->error.message,
                        "the user could not be connected by provider \"mock\": the session is not of the user whose "
                        "token this is; sign the user in again");
    /* What the application gave for this call is not replaced by another user's. */
    assert_int_equal(CONNECT(mocked, .show = show_url, .user_token = "old"), ATT_REAUTH);
    assert_int_equal(user.calls, 1);
}

static int close_engine(void *context, int64_t left_ms)
{
    struct mocked *mocked = context;

    (void)left_ms;
    att_engine_close(&mocked->engine);
    return 0;
}

static void nobody_waits_for_a_user_on_an_engine_that_is_closed(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, never);
    assert_int_equal(CONNECT(mocked, .show = show_url, .wait = close_engine, .timeout_ms = 20000), ATT_STATE);
    assert_string_equal(mocked->error.message,
                        "the user could not be connected: the engine was closed while the user was at it; open one "
                        "with att_engine_open, and begin again");
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_connected\"", "\"outcome\":\"ATT_STATE\""), 1);
}

/* ---- the browser ------------------------------------------------------------------------------------------------- */

/* A program in the place of a browser. */
static void put_browser(struct mocked *mocked, const char *text)
{
    const char *path = folder_put(&mocked->folder, "browser", text);

    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(setenv("BROWSER", path, 1), 0);
}

static void read_all(struct mocked *mocked, const char *name, char text[4096])
{
    FILE *file = fopen(folder_path(&mocked->folder, name), "re");

    assert_non_null(file);
    text[fread(text, 1, 4095, file)] = '\0';
    fclose(file);
}

static int is_there(struct mocked *mocked, const char *name)
{
    return access(folder_path(&mocked->folder, name), F_OK) == 0;
}

/* Waits until the program has written what it saw. */
static int wait_for_browser(void *context, int64_t left_ms)
{
    (void)left_ms;
    return is_there(context, "done");
}

static void c2_the_browser_is_led_by_a_file_and_no_argument_has_the_token(void **state)
{
    struct mocked *mocked = *state;
    char text[4096], program[1024];

    snprintf(program, sizeof program,
             "#!/bin/sh\nexec >%s/seen 2>&1\nstat -c '%%a %%U' \"$1\"\ntr '\\0' ' ' </proc/$$/cmdline\ncat \"$1\"\n"
             "env\nls -l /proc/$$/fd\necho \"$1\" >%s/file\nmv %s/file %s/done\n",
             mocked->folder.path, mocked->folder.path, mocked->folder.path, mocked->folder.path);
    put_browser(mocked, program);
    assert_int_equal(setenv("CANARY", "of-the-application", 1), 0);
    mocked_open(mocked, SCRIPT("\"pending\": 1000000, \"grants\": [\"g-1\"], \"session\": \"s3ss10n\", "
                               "\"url\": \"https://connect.example/page?a=1&b='2'\""));
    assert_int_equal(CONNECT(mocked, .wait = wait_for_browser), ATT_CONNECT_FAILED);
    assert_string_equal(mocked->error.state, "cancelled");
    read_all(mocked, "seen", text);
    assert_memory_equal(text, "600 ", 4);
    assert_non_null(
        strstr(text, "url=https://connect.example/page?a=1&amp;b=&#39;2&#39;&amp;provider=google#session=s3ss10n"));
    assert_null(strstr(text, "CANARY"));
    *strstr(text, "<!DOCTYPE") = '\0';
    assert_null(strstr(text, "s3ss10n"));
    assert_non_null(strstr(text, "/attache-connect-"));
    read_all(mocked, "done", text);
    text[strcspn(text, "\n")] = '\0';
    assert_int_equal(access(text, F_OK), -1);
    unsetenv("CANARY");
}

static void a_browser_that_cannot_be_started_is_told(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, never);
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("BROWSER");
    assert_int_equal(CONNECT(mocked, .timeout_ms = 2000), ATT_CONNECT_FAILED);
    assert_string_equal(mocked->error.state, "browser");
    assert_string_equal(mocked->error.message,
                        "the user could not be connected: there is no display to open a browser on; open its URL by "
                        "hand, as with --no-browser");
    put_browser(mocked, "#!/bin/sh\nexit 3\n");
    assert_int_equal(CONNECT(mocked, .timeout_ms = 10000), ATT_CONNECT_FAILED);
    assert_string_equal(mocked->error.state, "browser");
    assert_string_equal(mocked->error.message,
                        "the user could not be connected: what was to open the browser ended with status 3; see which "
                        "browser xdg-open or BROWSER starts, or open its URL by hand, as with --no-browser");
    assert_int_equal(setenv("BROWSER", "/nowhere/browser", 1), 0);
    assert_int_equal(CONNECT(mocked, .timeout_ms = 2000), ATT_CONNECT_FAILED);
    assert_string_equal(mocked->error.state, "browser");
    assert_non_null(strstr(mocked->error.message, "/nowhere/browser"));
    assert_int_equal(mocked_records(mocked, "\"outcome\":\"ATT_CONNECT_FAILED\"", "\"phase\":\"result\""), 3);
}

static void the_file_is_in_the_folder_of_the_login_where_only_the_user_can_look(void **state)
{
    struct mocked *mocked = *state;
    const char *runtime = folder_add(&mocked->folder, "run");
    char text[4096], program[512];

    snprintf(program, sizeof program, "#!/bin/sh\necho \"$1\" >%s/file\nmv %s/file %s/done\n", mocked->folder.path,
             mocked->folder.path, mocked->folder.path);
    put_browser(mocked, program);
    mocked_open(mocked, never);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", runtime, 1), 0);
    assert_int_equal(chmod(runtime, 0755), 0);
    assert_int_equal(CONNECT(mocked, .wait = wait_for_browser), ATT_CONNECT_FAILED);
    read_all(mocked, "done", text);
    assert_memory_equal(text, "/tmp/attache-", 13);
    *strrchr(text, '/') = '\0';
    assert_int_equal(access(text, F_OK), -1);
    assert_int_equal(unlink(folder_path(&mocked->folder, "done")), 0);
    assert_int_equal(chmod(runtime, 0700), 0);
    assert_int_equal(CONNECT(mocked, .wait = wait_for_browser), ATT_CONNECT_FAILED);
    read_all(mocked, "done", text);
    assert_memory_equal(text, runtime, strlen(runtime));
    assert_int_equal(rmdir(runtime), 0);
    unsetenv("XDG_RUNTIME_DIR");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mocked_make, mocked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_given_once_and_recorded_without_its_token),
        TEST(what_is_wrong_with_a_session_is_told),
        TEST(a_session_that_the_backend_refuses_is_a_failure),
        TEST(a_user_who_authorises_brings_a_grant),
        TEST(each_end_of_a_flow_has_its_status_and_state),
        TEST(a_user_who_does_not_finish_is_a_timeout),
        TEST(an_application_may_cancel_at_any_time),
        TEST(d5_a_backend_that_is_away_for_a_moment_is_waited_for),
        TEST(a_token_that_is_over_is_asked_for_anew),
        TEST(nobody_waits_for_a_user_on_an_engine_that_is_closed),
        TEST(c2_the_browser_is_led_by_a_file_and_no_argument_has_the_token),
        TEST(a_browser_that_cannot_be_started_is_told),
        TEST(the_file_is_in_the_folder_of_the_login_where_only_the_user_can_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
