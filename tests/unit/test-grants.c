/* tests/unit/test-grants.c: unit tests of the calls about grants in core/provider: what modules list, open and answer,
 * copied and checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/provider/instance.h"
#include "core/provider/order.h"
#include "tests/unit/unit.h"

struct fixture {
    struct att_pool *pool;
    struct att_findings findings;
    struct att_environment environment;
    struct att_host_table table;
    struct att_instance *instance;
    struct att_call_report report;
    struct att_secret *token;
};

static int fixture_open(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    fixture->pool = att_pool_create();
    att_findings_open(&fixture->findings, fixture->pool);
    fixture->environment = (struct att_environment){att_arena_create(), NULL, NULL};
    att_host_table_fill(&fixture->table, &fixture->environment, NULL);
    fixture->token = att_secret_from(fixture->environment.arena, "s", 1);
    *state = fixture;
    return 0;
}

/* Every secret is gone when all is closed. */
static int fixture_close(void **state)
{
    struct fixture *fixture = *state;
    struct att_arena_state memory;

    assert_true(att_instance_close(fixture->instance));
    att_secret_destroy(fixture->token);
    att_arena_state(fixture->environment.arena, &memory);
    assert_int_equal(memory.in_use, 0);
    att_arena_destroy(fixture->environment.arena);
    att_findings_close(&fixture->findings);
    att_pool_destroy(fixture->pool);
    free(fixture);
    return 0;
}

static const struct att_module *adopt(struct fixture *fixture, const struct att_provider *table, struct att_buffer *why)
{
    const struct att_loader_rules rules = {.directory = "/nowhere", .host = &fixture->table.host};

    return att_module_adopt(fixture->pool, &rules, ATT_KIND_PROVIDER, table, why);
}

/* The liar, opened anew. */
static struct att_instance *act(struct fixture *fixture, const char *what)
{
    struct att_buffer why;
    const struct att_module *module;
    const struct att_value *root =
        att_config_parse(fixture->pool, "site.conf",
                         att_pool_format(fixture->pool, "options = { act = \"%s\"; };", what), &fixture->findings);
    const struct att_entry entry = {
        .name = "entry", .options = att_value_member(root, "options"), .place = {"site.conf", 1}};

    att_buffer_open(&why, 4096);
    module = adopt(fixture, attache_provider_v1(&fixture->table.host), &why);
    assert_non_null(module);
    att_buffer_close(&why);
    assert_true(att_instance_close(fixture->instance));
    fixture->instance = att_instance_open(&fixture->environment, module, &entry, &fixture->findings);
    assert_non_null(fixture->instance);
    return fixture->instance;
}

static struct att_fetch who_until(int64_t milliseconds)
{
    return (struct att_fetch){.size = sizeof(struct att_fetch),
                              .deadline_ns = att_clock_monotonic_ns() + milliseconds * ATT_NS_PER_MS,
                              .caller = "test",
                              .grant = "g-1"};
}

static att_result list(struct fixture *fixture, const char *what, struct att_grant_page *page)
{
    const struct att_grant_query query = {.size = sizeof query, .limit = 2};
    const struct att_fetch who = who_until(5000);

    return att_instance_list(act(fixture, what), &who, &query, page, &fixture->report);
}

static att_result connect(struct fixture *fixture, const char *what, struct att_connection *connection)
{
    static const char *const providers[] = {"google", NULL};
    const struct att_connect_wish wish = {.size = sizeof wish, .providers = providers};
    const struct att_fetch who = who_until(5000);

    return att_instance_connect(act(fixture, what), &who, &wish, connection, &fixture->report);
}

static att_result execute(struct fixture *fixture, const char *what, struct att_answer *answer)
{
    const struct att_execution execution = {.size = sizeof execution, .url = "https://a.example/"};
    const struct att_fetch who = who_until(5000);

    return att_instance_execute(act(fixture, what), &who, &execution, answer, &fixture->report);
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

static void what_is_listed_is_copied_escaped_and_cut(void **state)
{
    struct att_grant_page page;

    assert_int_equal(list(*state, "good", &page), ATT_RESULT_OK);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.total, 9);
    assert_true(page.more);
    assert_string_equal(page.list[0].grant, "g-1");
    assert_string_equal(page.list[0].account, "ann\\x1b[2J\\xff");
    assert_int_equal(strlen(page.list[0].label), 512);
    assert_null(page.list[0].provider);
    assert_int_equal(page.list[0].created, 0);
    assert_int_equal(page.list[0].scopes_outdated, 1);
    assert_string_equal(page.list[0].scopes[255], "read");
    assert_null(page.list[0].scopes[256]);
    att_grant_page_close(&page);
}

static void facts_of_an_older_module_are_taken_as_far_as_they_go(void **state)
{
    struct att_grant_page page;

    assert_int_equal(list(*state, "old-facts", &page), ATT_RESULT_OK);
    assert_string_equal(page.list[0].grant, "g-1");
    assert_null(page.list[0].account);
    assert_null(page.list[0].scopes[0]);
    att_grant_page_close(&page);
    assert_int_equal(list(*state, "bad-total", &page), ATT_RESULT_OK);
    assert_int_equal(page.total, -1);
    att_grant_page_close(&page);
}

static void e2_a_page_that_is_none_is_a_fault(void **state)
{
    static const char *const cases[][2] = {
        {"no-id", "its module listed a grant whose id is missing, no plain text, or longer than 512 bytes"},
        {"empty-id", "its module listed a grant whose id is missing, no plain text, or longer than 512 bytes"},
        {"long-id", "its module listed a grant whose id is missing, no plain text, or longer than 512 bytes"},
        {"line-id", "its module listed a grant whose id is missing, no plain text, or longer than 512 bytes"},
        {"endless", "its module listed more than 1000 grants at once"},
        {"too-many", "its module listed more grants than were asked for"},
        {"result", "its module answered 1234, which is no result"},
    };
    struct fixture *fixture = *state;
    struct att_grant_page page;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        assert_int_equal(list(fixture, cases[i][0], &page), ATT_RESULT_FAULT);
        assert_string_equal(fixture->report.sentence, cases[i][1]);
        assert_int_equal(page.count, 0);
        assert_null(page.pool);
    }
    assert_int_equal(list(fixture, "denied-with-data", &page), ATT_RESULT_DENIED);
    assert_int_equal(page.count, 0);
}

static void e2_a_call_that_hangs_ends_at_its_deadline(void **state)
{
    const struct att_grant_query query = {.size = sizeof query, .limit = 2};
    const struct att_execution execution = {.size = sizeof execution, .url = "https://a.example/"};
    struct fixture *fixture = *state;
    struct att_instance *instance = act(fixture, "hang");
    struct att_fetch who = who_until(30);
    struct att_grant_page page;
    struct att_answer answer;

    assert_int_equal(att_instance_list(instance, &who, &query, &page, &fixture->report), ATT_RESULT_DEADLINE);
    assert_string_equal(fixture->report.sentence, "the deadline passed before it answered");
    who = who_until(30);
    assert_int_equal(att_instance_execute(instance, &who, &execution, &answer, &fixture->report), ATT_RESULT_DEADLINE);
    assert_string_equal(
        fixture->report.sentence,
        "the deadline passed while it was at it, and whether the backend sent the request is not known; "
        "see the upstream before it is sent again");
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static void a_session_is_copied_into_secret_memory(void **state)
{
    struct fixture *fixture = *state;
    struct att_connection connection;
    struct att_grant_page page;
    struct att_fetch who;

    assert_int_equal(connect(fixture, "good", &connection), ATT_RESULT_OK);
    assert_string_equal(att_secret_bytes(connection.token), "s");
    assert_string_equal(att_secret_bytes(connection.url), "https://connect.example/#session=s");
    assert_true(att_arena_contains(fixture->environment.arena, att_secret_bytes(connection.url)));
    assert_int_equal(connection.expires, 0);
    who = who_until(5000);
    assert_int_equal(att_instance_poll(fixture->instance, &who, connection.token, &page, &fixture->report),
                     ATT_RESULT_OK);
    assert_int_equal(page.count, 1);
    att_grant_page_close(&page);
    att_connection_close(&connection);
    assert_int_equal(connect(fixture, "local-url", &connection), ATT_RESULT_OK);
    att_connection_close(&connection);
}

static void e2_a_session_that_is_none_is_a_fault(void **state)
{
    static const char url[] = "its module opened a session whose URL is none that a browser may be sent to: https, or "
                              "http to this machine, and at most 8 KiB";
    static const char token[] =
        "its module opened a session whose token is missing, no plain text, or longer than 8 KiB";
    static const char *const cases[][2] = {
        {"no-session", "its module answered OK and opened no session"},
        {"two-sessions", "its module opened two sessions in one call"},
        {"empty-token", token},
        {"bad-token", token},
        {"plain-http", url},
        {"script-url", url},
        {"quoted-url", url},
        {"long-url", url},
    };
    struct fixture *fixture = *state;
    struct att_connection connection;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        assert_int_equal(connect(fixture, cases[i][0], &connection), ATT_RESULT_FAULT);
        assert_string_equal(fixture->report.sentence, cases[i][1]);
        assert_null(connection.token);
    }
    assert_int_equal(connect(fixture, "denied-with-data", &connection), ATT_RESULT_DENIED);
    assert_null(connection.url);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void an_answer_is_taken_with_the_headers_that_are_some(void **state)
{
    struct fixture *fixture = *state;
    struct att_answer answer;

    assert_int_equal(execute(fixture, "good", &answer), ATT_RESULT_OK);
    assert_int_equal(answer.status, 201);
    assert_int_equal(answer.header_count, 2);
    assert_string_equal(answer.headers[0].name, "x-good");
    assert_string_equal(answer.headers[1].name, "x-last");
    assert_int_equal(answer.body_size, 9);
    assert_memory_equal(answer.body, "body\0more", 9);
    assert_false(answer.cut);
    att_answer_close(&answer);
    assert_int_equal(execute(fixture, "many-headers", &answer), ATT_RESULT_OK);
    assert_int_equal(answer.header_count, 256);
    att_answer_close(&answer);
}

static void e2_an_answer_that_is_none_is_a_fault(void **state)
{
    static const char *const cases[][2] = {
        {"no-answer", "its module answered OK and gave no answer"},
        {"bad-status", "its module gave an answer whose status is none: 200 to 599"},
        {"two-bodies", "its module gave the body of an answer twice"},
        {"huge-body", "its module gave the body of an answer twice"},
        {"held-by-nobody", "its module answered PENDING and named nothing to wait for"},
    };
    struct fixture *fixture = *state;
    struct att_answer answer;
    struct att_fetch who;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        assert_int_equal(execute(fixture, cases[i][0], &answer), ATT_RESULT_FAULT);
        assert_string_equal(fixture->report.sentence, cases[i][1]);
        assert_int_equal(answer.status, 0);
    }
    assert_int_equal(execute(fixture, "held", &answer), ATT_RESULT_PENDING);
    assert_string_equal(att_call_report_approval(&fixture->report), "a-1");
    who = who_until(5000);
    assert_int_equal(att_instance_approval(fixture->instance, &who, "a-1", &answer, &fixture->report),
                     ATT_RESULT_PENDING);
}

/* Its approval is all that is left of the request. */
static void a_request_that_is_held_at_the_last_moment_has_its_approval(void **state)
{
    const struct att_execution execution = {.size = sizeof execution, .url = "https://a.example/"};
    struct fixture *fixture = *state;
    struct att_instance *instance = act(fixture, "held-late");
    const struct att_fetch who = who_until(30);
    struct att_order order = att_order_for(ATT_WORK_EXECUTE, &who);
    struct att_yield yield = {.answer = {.pool = NULL}};
    struct att_call call;

    order.execution = &execution;
    order.fetch.call = &call;
    att_call_open(&call, instance, who.deadline_ns, &fixture->report);
    assert_int_equal(att_call_run(instance, &call, &order, &yield), ATT_RESULT_PENDING);
    assert_string_equal(att_call_report_approval(&fixture->report), "a-1");
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void a_table_that_lacks_what_it_offers_is_refused(void **state)
{
    static const struct {
        uint64_t offer;
        const char *gap;
    } cases[] = {
        {ATT_OFFERS_GRANTS, "offers grants and lacks one of list and revoke"},
        {ATT_OFFERS_CONNECT, "offers to connect and lacks one of connect_begin and connect_poll"},
        {ATT_OFFERS_EXECUTE, "offers to execute and lacks one of execute and approval"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_provider table = *attache_provider_v1(&fixture->table.host);
        struct att_buffer why;

        table.revoke = NULL;
        table.connect_poll = NULL;
        table.approval = NULL;
        table.offers = ATT_OFFERS_FETCH | cases[i].offer;
        att_buffer_open(&why, 4096);
        assert_null(adopt(fixture, &table, &why));
        assert_non_null(strstr(why.data, cases[i].gap));
        att_buffer_close(&why);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_listed_is_copied_escaped_and_cut),
        TEST(facts_of_an_older_module_are_taken_as_far_as_they_go),
        TEST(e2_a_page_that_is_none_is_a_fault),
        TEST(e2_a_call_that_hangs_ends_at_its_deadline),
        TEST(a_session_is_copied_into_secret_memory),
        TEST(e2_a_session_that_is_none_is_a_fault),
        TEST(an_answer_is_taken_with_the_headers_that_are_some),
        TEST(e2_an_answer_that_is_none_is_a_fault),
        TEST(a_request_that_is_held_at_the_last_moment_has_its_approval),
        TEST(a_table_that_lacks_what_it_offers_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
