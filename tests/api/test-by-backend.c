/* tests/api/test-by-backend.c: requests that a scripted backend performs, and those that a human decides on first. */
#include <pthread.h>
#include <time.h>

#include "tests/api/mocked.h"

#define GRANT(execute) "{ \"grants\": { \"g-1\": { \"token\": \"t-1\", \"execute\": { " execute " } } } }"
#define HELD_WITH(answer, rest) \
    GRANT(answer ", \"held\": { \"id\": \"a-1\", \"url\": \"https://alter.example/a-1\", " rest " }")
#define HELD(rest) HELD_WITH("\"status\": 201, \"body\": \"done\"", rest)

#define ASK(mocked, response, ...)                                                                                  \
    att_request(                                                                                                    \
        (mocked)->client,                                                                                           \
        ATT_REQUEST(.url = "https://api.example/v1/things?a=1", .grant = "calendar", .by_backend = 1, __VA_ARGS__), \
        response, &(mocked)->error)
#define AWAIT(mocked, response, ...) \
    att_approval_await((mocked)->client, ATT_HELD(.id = "a-1", __VA_ARGS__), response, &(mocked)->error)

static void the_backend_performs_what_it_is_asked(void **state)
{
    struct mocked *mocked = *state;
    att_response *response = NULL;

    mocked_open(mocked, GRANT("\"status\": 201, \"headers\": { \"X-Id\": \"7\", \"Retry-After\": \"3\" }"));
    assert_int_equal(ASK(mocked, &response, .method = "POST", .json = "{\"n\": 1}",
                         .headers = ATT_PAIRS({"x-trace", "abc"}), .query_params = ATT_PAIRS({"b", "two words"}),
                         .reason = "to see"),
                     ATT_OK);
    assert_int_equal(att_response_status(response), 201);
    assert_string_equal(att_response_header(response, "x-id"), "7");
    assert_int_equal(att_response_retry_after_ms(response), 3000);
    assert_string_equal(att_response_body(response, NULL),
                        "{\"headers\": {\"x-trace\": \"abc\"}, \"json\": {\"n\": 1}, \"method\": \"POST\", \"url\": "
                        "\"https://api.example/v1/things?a=1&b=two%20words\"}");
    assert_int_equal(mocked_records(mocked, att_response_request_id(response), "\"phase\":\"decision\""), 1);
    assert_int_equal(
        mocked_records(mocked, att_response_request_id(response), "\"outcome\":\"ATT_OK\",\"http_status\":201"), 1);
    att_response_free(&response);
}

static void what_the_upstream_refuses_is_given_with_its_response(void **state)
{
    struct mocked *mocked = *state;
    att_response *response = NULL;

    mocked_open(mocked, GRANT("\"status\": 404, \"body\": \"no such thing\""));
    assert_int_equal(ASK(mocked, &response, .method = "GET"), ATT_UPSTREAM);
    assert_string_equal(mocked->error.message, "https://api.example answered 404 to GET /v1/things; see its response");
    assert_int_equal(mocked->error.http_status, 404);
    assert_string_equal(att_response_body(response, NULL), "no such thing");
    att_response_free(&response);
    mocked_open(mocked, GRANT("\"status\": 403, \"headers\": { \"WWW-Authenticate\": \"Bearer "
                              "error=insufficient_scope, scope=mail\" }"));
    assert_int_equal(ASK(mocked, &response, .method = "GET"), ATT_SCOPE);
    assert_string_equal(mocked->error.missing_scopes[0], "mail");
    att_response_free(&response);
}

static int take_head(void *context, const att_response *response)
{
    struct mocked *mocked = context;

    mocked_tell(mocked, att_response_status(response) == 200 ? "200 " : "? ");
    return 0;
}

static int take_body(void *context, const void *data, size_t size)
{
    char text[64] = "";

    memcpy(text, data, size);
    mocked_tell(context, text);
    return 0;
}

static int refuse_body(void *context, const void *data, size_t size)
{
    (void)context;
    (void)data;
    (void)size;
    return 1;
}

static void an_application_that_streams_gets_the_answer_through_its_callbacks(void **state)
{
    struct mocked *mocked = *state;
    att_response *response = NULL;
    size_t size = 77;

    mocked_open(mocked, GRANT("\"body\": \"hello\""));
    assert_int_equal(ASK(mocked, &response, .head = take_head, .write = take_body, .write_context = mocked), ATT_OK);
    assert_string_equal(mocked->told, "200 hello");
    att_response_body(response, &size);
    assert_int_equal(size, 0);
    att_response_free(&response);
    assert_int_equal(ASK(mocked, &response, .write = refuse_body), ATT_INVALID);
    assert_string_equal(mocked->error.message,
                        "the answer of https://api.example was cut off: the callback of the application returned "
                        "non-zero; see what it refused");
    assert_null(response);
}

static void what_is_not_for_a_backend_is_refused_before_anything_happens(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, GRANT("\"body\": \"hello\""));
    assert_int_equal(ASK(mocked, NULL, .method = "POST", .body = "x", .body_size = 1), ATT_INVALID);
    assert_string_equal(mocked->error.message,
                        "the body is refused: a backend that performs the request takes JSON or nothing; give json, or "
                        "leave by_backend out");
    assert_string_equal(mocked->error.field, "body");
    assert_int_equal(ASK(mocked, NULL, .method = "POST", .json = "{\"n\": }"), ATT_INVALID);
    assert_string_equal(mocked->error.message,
                        "the JSON text is refused: it is none of RFC 8259, or nested deeper than 64, and a backend "
                        "reads it; correct it");
    assert_string_equal(mocked->error.field, "json");
    assert_int_equal(ASK(mocked, NULL, .headers = ATT_PAIRS({"x-trace", "1"}, {"Cookie", "a=b"})), ATT_INVALID);
    assert_string_equal(
        mocked->error.message,
        "the header Cookie is refused: it carries a credential, and the backend sends its own; leave it out");
    assert_string_equal(mocked->error.field, "headers");
    assert_int_equal(ASK(mocked, NULL, .headers = ATT_PAIRS({"x-trace", "1"}, {"X-Trace", "2"})), ATT_INVALID);
    assert_string_equal(
        mocked->error.message,
        "the header X-Trace is refused: it is given twice, which a backend cannot be told; give it once");
    assert_int_equal(ASK(mocked, NULL, .approval_wait_ms = -1), ATT_INVALID);
    assert_string_equal(mocked->error.message, "approval_wait_ms is negative; give milliseconds, or 0 not to wait");
    assert_int_equal(att_request(mocked->client,
                                 ATT_REQUEST(.url = "https://api.example/", .grant = "calendar", .approval_wait_ms = 1),
                                 NULL, &mocked->error),
                     ATT_INVALID);
    assert_string_equal(mocked->error.message,
                        "approval_wait_ms is set and by_backend is not: only a backend holds requests; set both");
    assert_int_equal(att_request(mocked->client,
                                 ATT_REQUEST(.url = "https://evil.example/", .grant = "calendar", .by_backend = 1),
                                 NULL, &mocked->error),
                     ATT_DENIED);
    assert_int_equal(mocked_records(mocked, "\"phase\":\"result\"", ""), 0);
}

static void a_stack_without_such_a_backend_is_a_matter_of_the_configuration(void **state)
{
    struct mocked *mocked = *state;

    mocked_open_as(mocked, GRANT("\"body\": \"hello\""),
                   "{ name = \"mock\"; module = \"exec.so\"; options = { command = [ \"/bin/true\" ]; "
                   "protocol = \"plain\"; }; }",
                   MOCKED_POLICY);
    assert_int_equal(ASK(mocked, NULL, .method = "GET"), ATT_CONFIG);
    assert_string_equal(mocked->error.message,
                        "grant \"calendar\" cannot be used by a backend: stack \"all\" has a provider that performs no "
                        "requests; leave by_backend out, or serve the grant by a stack whose only step is a provider "
                        "that performs requests, such as one of alter_connect.so");
    assert_string_equal(mocked->error.field, "by_backend");
    assert_int_not_equal(mocked->error.line, 0);
    assert_int_equal(AWAIT(mocked, NULL, .wait_ms = 0), ATT_CONFIG);
}

#define STEPS(origins, steps) \
    "{ name = \"own\"; match = { grant = [ \"own\" ]; }; " origins " fetch = ( " steps " ); },"
#define HERE "origins = [ \"https://api.example\" ];"

/* The lender tells the origins of what it lends. */
static att_status ask_own(struct mocked *mocked, const char *stacks)
{
    const char *build = secure_getenv("ATT_BUILD");
    char providers[4096 + 256];

    snprintf(providers, sizeof providers,
             MOCKED_PROVIDERS ", { name = \"lender\"; module = \"%.4000s/tests/modules/.libs/lender.so\"; }",
             build ? build : ".");
    mocked->stacks = stacks;
    mocked_open_as(mocked, "{ \"grants\": { \"own\": { \"token\": \"t-1\", \"execute\": {} } } }", providers,
                   MOCKED_POLICY);
    return att_request(mocked->client, ATT_REQUEST(.url = "https://api.example/", .grant = "own", .by_backend = 1),
                       NULL, &mocked->error);
}

static void no_step_of_a_stack_is_passed_over_for_a_backend(void **state)
{
    static const char *const gated[] = {
        STEPS(HERE, "{ use = \"lender\"; control = \"requisite\"; }, { use = \"mock\"; }"),
        STEPS(HERE, "{ use = \"mock\"; }, { use = \"lender\"; }"),
        STEPS(HERE, "{ use = \"mock\"; on = { ok = \"bad\"; }; }"),
    };
    struct mocked *mocked = *state;

    for (size_t i = 0; i < ATT_COUNT(gated); i++) {
        assert_int_equal(ask_own(mocked, gated[i]), ATT_CONFIG);
        assert_string_equal(mocked->error.message,
                            "grant \"own\" cannot be used by a backend: stack \"own\" does not have one provider alone "
                            "to grant it; leave by_backend out, or serve the grant by a stack whose only step is a "
                            "provider that performs requests, such as one of alter_connect.so");
        assert_string_equal(mocked->error.field, "by_backend");
    }
    assert_int_equal(ask_own(mocked, STEPS(HERE, "{ use = \"mock\"; }")), ATT_OK);
    assert_int_equal(ask_own(mocked, "{ name = \"inner\"; fetch = ( { use = \"mock\"; } ); }, " STEPS(
                                         HERE, "{ substack = \"inner\"; }")),
                     ATT_OK);
}

/* A credential may have origins of its own; one that stays at the backend tells none to anybody here. */
static void a_backend_is_sent_only_where_the_site_says(void **state)
{
    struct mocked *mocked = *state;

    assert_int_equal(ask_own(mocked, STEPS("", "{ use = \"lender\"; }, { use = \"mock\"; }")), ATT_DENIED);
    assert_string_equal(
        mocked->error.message,
        "grant \"own\" may not be used for https://api.example: it is bound to no origin; add it to the "
        "origins of the grant or of stack \"own\"");
    assert_string_equal(mocked->error.details, "origin");
}

static void an_answer_that_is_not_whole_is_none(void **state)
{
    struct mocked *mocked = *state;
    att_response *response = NULL;

    mocked_open(mocked, GRANT("\"body\": \"hello\", \"cut\": true"));
    assert_int_equal(ASK(mocked, &response, .method = "GET"), ATT_NETWORK);
    assert_string_equal(
        mocked->error.message,
        "the request to https://api.example was performed, and of its answer (HTTP 200) the backend kept "
        "only the first 5 bytes; do not send it again for that");
    mocked_open(mocked, GRANT("\"body\": \"hello\""));
    assert_int_equal(ASK(mocked, &response, .max_response_bytes = 4), ATT_NETWORK);
    assert_string_equal(
        mocked->error.message,
        "the request to https://api.example was performed, and its answer (HTTP 200) has 5 bytes, which "
        "is more than max_response_bytes; raise it, and do not send the request again for that");
    assert_string_equal(mocked->error.field, "max_response_bytes");
    assert_null(response);
}

static void a_backend_that_fails_has_its_status_and_a_hang_its_doubt(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, GRANT("\"result\": \"unavailable\", \"http_status\": 503"));
    assert_int_equal(ASK(mocked, NULL, .method = "GET"), ATT_BACKEND);
    assert_string_equal(
        mocked->error.message,
        "provider \"mock\", asked for grant \"calendar\", is unavailable: the mock script answers so; try "
        "again later");
    assert_int_equal(mocked->error.http_status, 503);
    mocked_open(mocked, GRANT("\"hang\": true"));
    assert_int_equal(ASK(mocked, NULL, .timeout_ms = 50), ATT_TIMEOUT);
    assert_non_null(
        strstr(mocked->error.message, "whether the backend sent the request is not known; see the upstream"));
}

/* ---- humans ------------------------------------------------------------------------------------------------------ */

static void a_held_request_says_where_a_human_decides(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, HELD("\"looks\": 1000000"));
    assert_int_equal(ASK(mocked, NULL, .method = "DELETE"), ATT_APPROVAL);
    assert_string_equal(
        mocked->error.message,
        "the request to https://api.example is held: a human has to decide on it first (approval \"a-1\", "
        "at https://alter.example/a-1); wait for the decision, or look again with its id");
    assert_string_equal(mocked->error.approval_id, "a-1");
    assert_string_equal(mocked->error.approval_url, "https://alter.example/a-1");
    assert_string_equal(mocked->error.state, "pending");
    assert_string_equal(mocked->error.grant, "calendar");
    assert_int_equal(mocked_records(mocked, "\"outcome\":\"ATT_APPROVAL\"", "approval \\\"a-1\\\""), 1);
    assert_int_equal(ASK(mocked, NULL, .approval_wait_ms = 150), ATT_APPROVAL);
    assert_string_equal(mocked->error.state, "pending");
}

static void a_request_that_a_human_lets_through_has_its_answer(void **state)
{
    struct mocked *mocked = *state;
    att_response *response = NULL;

    mocked_open(mocked, HELD("\"looks\": 1"));
    assert_int_equal(ASK(mocked, &response, .approval_wait_ms = 4000), ATT_OK);
    assert_int_equal(att_response_status(response), 201);
    assert_string_equal(att_response_body(response, NULL), "done");
    att_response_free(&response);
    /* The same later, from another call. */
    assert_int_equal(ASK(mocked, &response, .method = "GET"), ATT_APPROVAL);
    assert_int_equal(AWAIT(mocked, &response, .wait_ms = 0), ATT_APPROVAL);
    assert_string_equal(mocked->error.message,
                        "the request is held: a human has to decide on it first (approval \"a-1\", at "
                        "https://alter.example/a-1); wait for the decision, or look again with its id");
    assert_int_equal(AWAIT(mocked, &response, .wait_ms = 4000), ATT_OK);
    assert_string_equal(att_response_body(response, NULL), "done");
    assert_int_equal(mocked_records(mocked, "\"event\":\"approval_awaited\",\"phase\":\"result\"",
                                    "\"detail\":\"it was performed\""),
                     1);
    att_response_free(&response);
}

static void what_a_human_let_through_and_the_upstream_refused_is_told_as_at_once(void **state)
{
    struct mocked *mocked = *state;
    att_response *response = NULL;

    mocked_open(mocked, HELD_WITH("\"status\": 403, \"headers\": { \"WWW-Authenticate\": \"Bearer "
                                  "error=insufficient_scope, scope=mail\" }",
                                  "\"looks\": 0"));
    assert_int_equal(ASK(mocked, NULL, .method = "GET"), ATT_APPROVAL);
    assert_int_equal(AWAIT(mocked, &response, .wait_ms = 4000), ATT_SCOPE);
    assert_string_equal(mocked->error.message,
                        "the upstream wants scopes that its grant does not have: mail; connect again with them");
    assert_string_equal(mocked->error.missing_scopes[0], "mail");
    assert_int_equal(att_response_status(response), 403);
    att_response_free(&response);
    mocked_open(mocked, HELD_WITH("\"status\": 404", "\"looks\": 0"));
    assert_int_equal(ASK(mocked, NULL, .method = "GET"), ATT_APPROVAL);
    assert_int_equal(AWAIT(mocked, &response, .wait_ms = 4000), ATT_UPSTREAM);
    assert_string_equal(mocked->error.message, "the upstream answered 404 to the request; see its response");
    att_response_free(&response);
}

static void each_decision_has_its_state(void **state)
{
    static const struct {
        const char *script, *state, *message;
    } cases[] = {
        {HELD("\"result\": \"denied\", \"say\": \"bob said no\""), "denied",
         "the request to https://api.example was not let through: bob said no; ask whoever decided before it is sent "
         "again"},
        {HELD("\"result\": \"expired\", \"say\": \"nobody came\""), "expired",
         "the request to https://api.example was not let through: nobody came; send it again, and have it decided "
         "sooner"},
        {HELD("\"result\": \"backend\", \"say\": \"it timed out\""), "failed",
         "the request to https://api.example was let through, and its backend could not perform it: it timed out; see "
         "the "
         "upstream before it is sent again"},
    };
    struct mocked *mocked = *state;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        mocked_open(mocked, cases[i].script);
        assert_int_equal(ASK(mocked, NULL, .approval_wait_ms = 3000), ATT_APPROVAL);
        assert_string_equal(mocked->error.state, cases[i].state);
        assert_string_equal(mocked->error.message, cases[i].message);
        assert_string_equal(mocked->error.approval_id, "a-1");
        assert_int_equal(AWAIT(mocked, NULL, .wait_ms = 0), ATT_APPROVAL);
        assert_string_equal(mocked->error.state, cases[i].state);
    }
}

static void a_backend_that_is_away_has_not_lost_what_it_holds(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, HELD("\"result\": \"unavailable\""));
    assert_int_equal(ASK(mocked, NULL, .approval_wait_ms = 200), ATT_APPROVAL);
    assert_string_equal(mocked->error.state, "pending");
    assert_string_equal(mocked->error.approval_id, "a-1");
    mocked_open(mocked, HELD("\"result\": \"fault\""));
    assert_int_equal(ASK(mocked, NULL, .approval_wait_ms = 2000), ATT_MODULE);
    assert_string_equal(mocked->error.approval_id, "a-1");
}

static void nobody_says_that_a_request_is_held_of_which_no_backend_said_so(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, HELD("\"result\": \"unavailable\""));
    assert_int_equal(AWAIT(mocked, NULL, .wait_ms = 150), ATT_BACKEND);
    assert_string_equal(mocked->error.message,
                        "the approval could not be looked at by provider \"mock\": the mock script "
                        "answers so; try again later");
    mocked_open(mocked, HELD("\"result\": \"limited\""));
    assert_int_equal(AWAIT(mocked, NULL, .wait_ms = 0), ATT_RATE_LIMITED);
    mocked_open(mocked, HELD("\"looks\": 1, \"result\": \"unavailable\""));
    assert_int_equal(AWAIT(mocked, NULL, .wait_ms = 250), ATT_APPROVAL);
    assert_string_equal(mocked->error.state, "pending");
}

static void *close_soon(void *context)
{
    struct mocked *mocked = context;

    nanosleep(&(const struct timespec){0, 200 * ATT_NS_PER_MS}, NULL);
    att_engine_close(&mocked->engine);
    return NULL;
}

static void an_engine_that_is_closed_waits_for_no_human(void **state)
{
    struct mocked *mocked = *state;
    int64_t begin;

    for (int by_request = 0; by_request < 2; by_request++) {
        pthread_t thread;

        mocked_open(mocked, HELD("\"looks\": 1000000"));
        begin = att_clock_monotonic_ns();
        assert_int_equal(pthread_create(&thread, NULL, close_soon, mocked), 0);
        if (by_request)
            assert_int_equal(ASK(mocked, NULL, .approval_wait_ms = 60000, .timeout_ms = 60000), ATT_STATE);
        else
            assert_int_equal(AWAIT(mocked, NULL, .wait_ms = 60000), ATT_STATE);
        pthread_join(thread, NULL);
        assert_true(att_clock_monotonic_ns() - begin < 10 * ATT_NS_PER_S);
        assert_string_equal(mocked->error.message,
                            by_request
                                ? "provider \"mock\", asked for grant \"calendar\", was cancelled: the engine was "
                                  "closed while a human decides; look again with the id of the approval"
                                : "the approval could not be looked at by provider \"mock\": the engine was "
                                  "closed while a human decides; look again with the id of the approval");
        assert_string_equal(mocked->error.approval_id, "a-1");
    }
}

static void what_is_wrong_with_awaiting_is_told(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, HELD("\"looks\": 1"));
    assert_int_equal(att_approval_await(mocked->client, NULL, NULL, &mocked->error), ATT_INVALID);
    assert_string_equal(mocked->error.message,
                        "no approval is named; give the approval_id of the error of the request");
    assert_int_equal(AWAIT(mocked, NULL, .wait_ms = -1), ATT_INVALID);
    assert_string_equal(mocked->error.message, "wait_ms is negative; give milliseconds, or 0 to look once");
    assert_int_equal(att_approval_await(mocked->client, ATT_HELD(.id = "b-2"), NULL, &mocked->error), ATT_NOT_FOUND);
    assert_string_equal(
        mocked->error.message,
        "no request is held as approval \"b-2\" at provider \"mock\"; use the approval_id of the request's "
        "error");
    assert_int_equal(att_approval_await(NULL, NULL, NULL, &mocked->error), ATT_STATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mocked_make, mocked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_backend_performs_what_it_is_asked),
        TEST(what_the_upstream_refuses_is_given_with_its_response),
        TEST(an_application_that_streams_gets_the_answer_through_its_callbacks),
        TEST(what_is_not_for_a_backend_is_refused_before_anything_happens),
        TEST(a_stack_without_such_a_backend_is_a_matter_of_the_configuration),
        TEST(no_step_of_a_stack_is_passed_over_for_a_backend),
        TEST(a_backend_is_sent_only_where_the_site_says),
        TEST(an_answer_that_is_not_whole_is_none),
        TEST(a_backend_that_fails_has_its_status_and_a_hang_its_doubt),
        TEST(a_held_request_says_where_a_human_decides),
        TEST(a_request_that_a_human_lets_through_has_its_answer),
        TEST(what_a_human_let_through_and_the_upstream_refused_is_told_as_at_once),
        TEST(each_decision_has_its_state),
        TEST(a_backend_that_is_away_has_not_lost_what_it_holds),
        TEST(nobody_says_that_a_request_is_held_of_which_no_backend_said_so),
        TEST(an_engine_that_is_closed_waits_for_no_human),
        TEST(what_is_wrong_with_awaiting_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
