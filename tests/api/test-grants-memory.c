/* tests/api/test-grants-memory.c: every allocation fails in turn while grants are listed, connected, used by their
 * backend and revoked; each call ends in an answer or an error, and leaks nothing (attacks F5). */
#include <dlfcn.h>

#include "tests/api/failing.h"
#include "tests/api/mocked.h"

enum { CALLS = 8 };

struct calls {
    struct mocked *mocked;
    struct {
        const char *name;
        att_status status, expected;
        char message[1024];
    } list[CALLS];
    size_t count;
};

static const char script[] =
    "{ \"grants\": {"
    "  \"g-1\": { \"token\": \"t-1\", \"listed\": { \"provider\": \"google\", \"account\": \"ann@a.example\","
    "              \"scopes\": [\"read\", \"write\"] },"
    "              \"execute\": { \"status\": 201, \"body\": \"made\", \"headers\": { \"x-id\": \"7\" } } },"
    "  \"g-2\": { \"token\": \"t-2\", \"execute\": { \"body\": \"done\", \"held\": { \"id\": \"a-1\" } } } },"
    "  \"connect\": { \"grants\": [\"g-1\"] } }";

static void take_grant(void *context, const att_grant_info *info)
{
    (void)context;
    assert_non_null(info->grant);
    assert_non_null(info->scopes);
}

static void take_session(void *context, const att_connect_session *session)
{
    (void)context;
    assert_non_null(session->token);
    assert_non_null(session->url);
}

static int show(void *context, const char *url)
{
    (void)context;
    return url == NULL;
}

static void note(struct calls *calls, const char *name, att_status expected, att_status status, const att_error *error)
{
    calls->list[calls->count].name = name;
    calls->list[calls->count].expected = expected;
    calls->list[calls->count].status = status;
    snprintf(calls->list[calls->count++].message, sizeof calls->list[0].message, "%s", error->message);
}

static void live(struct calls *calls)
{
    static const char *const providers[] = {"google", NULL};
    att_client *client = calls->mocked->client;
    att_error error = ATT_ERROR_INIT;
    att_response *response = NULL;

    calls->count = 0;
    note(calls, "list", ATT_OK, att_grants_list(client, ATT_GRANTS(.limit = 5), take_grant, NULL, NULL, &error),
         &error);
    note(calls, "session", ATT_OK,
         att_connect_session_create(client, ATT_CONNECT(.providers = providers), take_session, NULL, &error), &error);
    note(calls, "connect", ATT_OK,
         att_connect(client, ATT_CONNECT(.providers = providers, .poll_ms = 1, .show = show), take_grant, NULL, &error),
         &error);
    note(calls, "execute", ATT_OK,
         att_request(client,
                     ATT_REQUEST(.method = "POST", .url = "https://api.example/v1", .grant = "g-1", .by_backend = 1,
                                 .json = "{}", .headers = ATT_PAIRS({"x-a", "b"})),
                     &response, &error),
         &error);
    att_response_free(&response);
    note(calls, "hold", ATT_APPROVAL,
         att_request(client, ATT_REQUEST(.url = "https://api.example/v1", .grant = "g-2", .by_backend = 1), NULL,
                     &error),
         &error);
    note(calls, "await", ATT_OK, att_approval_await(client, ATT_HELD(.id = "a-1"), &response, &error), &error);
    att_response_free(&response);
    note(calls, "revoke", ATT_NOT_FOUND, att_grant_revoke(client, ATT_REVOKE(.grant = "g-9"), &error), &error);
    att_error_clear(&error);
}

/* A call may say that memory was short. */
static int count_dishonest(const struct calls *calls, long n)
{
    int bad = 0;

    for (size_t i = 0; i < calls->count; i++) {
        att_status status = calls->list[i].status;

        if (status == calls->list[i].expected || status == ATT_NOMEM || strstr(calls->list[i].message, "memory"))
            continue;
        print_message("# allocation %ld: %s says %s: %s\n", n, calls->list[i].name, att_status_name(status),
                      calls->list[i].message);
        bad++;
    }
    return bad;
}

static long blocks_in_use(void)
{
    dlerror();
    dlerror();
    return failing_live();
}

static void F5_every_allocation_of_a_call_about_grants_fails_in_turn(void **state)
{
    struct calls calls = {.mocked = *state};
    long n, failures = 0;
    int bad = 0;

    if (strcmp(secure_getenv("ATT_SANITIZER") ? secure_getenv("ATT_SANITIZER") : "no", "no") != 0)
        skip(); /* a sanitizer has an allocator of its own */
    mocked_open(calls.mocked, script);
    failing_arm(0); /* what it loads when it is called first is no leak */
    for (int i = 0; i < 3; i++)
        live(&calls);
    assert_int_equal(count_dishonest(&calls, 0), 0);
    for (n = 1;; n++) {
        long before = blocks_in_use();

        failing_arm(n);
        live(&calls);
        if (!failing_disarm())
            break;
        failures++;
        bad += count_dishonest(&calls, n);
        if (blocks_in_use() > before) {
            print_message("# allocation %ld: %ld blocks leak\n", n, blocks_in_use() - before);
            bad++;
        }
    }
    print_message("# %ld allocations failed in turn\n", failures);
    assert_true(failures > 80);
    assert_int_equal(bad, 0);
    assert_int_equal(count_dishonest(&calls, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(F5_every_allocation_of_a_call_about_grants_fails_in_turn, mocked_make,
                                        mocked_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
