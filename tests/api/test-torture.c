/* tests/api/test-torture.c: every allocation fails in turn, and what an application does still ends in an answer or an
 * error, leaks nothing, and sends nothing without its credential (attacks F5). */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <attache/attache.h>

#include "tests/api/failing.h"
#include "tests/api/residue.h"

static struct world world;

enum { CALLS = 10 };

/* One life of an application: what each of its calls said. */
struct life {
    const char *url;
    bool bodies; /* credentials go there too */
    att_status status[CALLS];
    const char *call[CALLS];
    char message[CALLS][4096];
    size_t count;
};

static int open_world(void **state)
{
    (void)state;
    world_make(&world);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static bool note(struct life *life, const char *call, att_status status, const att_error *error)
{
    life->call[life->count] = call;
    snprintf(life->message[life->count], sizeof life->message[0], "%s", error ? error->message : "");
    life->status[life->count++] = status;
    return status == ATT_OK;
}

static void take_step(void *context, const char *step, const char *outcome, const char *reason)
{
    (void)context;
    assert_non_null(step);
    assert_non_null(outcome);
    assert_non_null(reason);
}

static void take_finding(void *context, const att_check_finding *finding)
{
    (void)context;
    assert_non_null(finding->text);
}

static void use_client(struct life *life, att_client *client, att_error *error)
{
    static const char *const grants[] = {"bearer", "query", "aws", "form", "json"};

    for (size_t i = 0; i < (life->bodies ? 5 : 3); i++) {
        att_response *response = NULL;
        att_status status =
            att_request(client,
                        ATT_REQUEST(.method = i < 3 ? "GET" : "POST", .url = life->url, .grant = grants[i],
                                    .json = i == 4 ? "{\"n\":1}" : NULL, .headers = ATT_PAIRS({"x-trace", "t"}),
                                    .context = ATT_PAIRS({"tool", "torture"}), .reason = "a test"),
                        &response, error);
        note(life, grants[i], status, error);
        assert_true((status == ATT_OK) == (response != NULL));
        if (response)
            assert_int_equal(att_response_status(response), 200);
        att_response_free(&response);
    }
    note(life, "explain",
         att_explain(client, ATT_REQUEST(.url = life->url, .grant = "bearer"), 0, take_step, NULL, error), error);
}

static void live(struct life *life)
{
    att_error error = ATT_ERROR_INIT;
    att_engine *engine = NULL;
    att_client *client = NULL;

    life->count = 0;
    if (note(life, "open", att_engine_open(world.conf, &engine, &error), &error)) {
        if (note(life, "client", att_client_open(engine, ATT_CLIENT(.caller = "torture"), &client, &error), &error))
            use_client(life, client, &error);
        note(life, "reload", att_engine_reload(engine, &error), &error);
    }
    att_client_close(&client);
    att_engine_close(&engine);
    note(life, "check", att_check(world.conf, take_finding, NULL, &error), &error);
    att_error_clear(&error);
}

/* What a call may say when memory was short: that, or that something could not be had for want of it. libcurl takes
 * some of its own allocations that fail for a host that is not known. */
static bool is_honest(att_status status, const char *message)
{
    return status == ATT_OK || status == ATT_NOMEM || strstr(message, "memory") ||
           (status == ATT_NETWORK && (strstr(message, "libcurl gave up") || strstr(message, "is not known")));
}

static int check_life(const struct life *life, long n)
{
    int bad = 0;

    for (size_t i = 0; i < life->count; i++)
        if (!is_honest(life->status[i], life->message[i])) {
            print_message("# allocation %ld: %s says %s: %s\n", n, life->call[i], att_status_name(life->status[i]),
                          life->message[i]);
            bad++;
        }
    return bad;
}

/* The loader keeps the text of its last complaint until it is asked for. */
static long blocks_in_use(void)
{
    dlerror();
    dlerror();
    return failing_live();
}

/* One life in which the n-th allocation fails. Sets how many blocks more or less there are after it than before. False
 * when there was no such allocation. */
static bool live_short(struct life *life, long n, long *growth)
{
    long before = blocks_in_use();
    bool failed;

    failing_arm(n);
    live(life);
    failed = failing_disarm();
    *growth = blocks_in_use() - before;
    /* libcurl 7.88 loses the name of a host when it cannot copy it a second time. */
    if (*growth > 0)
        *growth -= failing_was_libcurls();
    return failed;
}

/* A thread more than ever before at once leaves a block with the C library, once; what is lost is lost each time. */
static long leak(struct life *life, long n, long growth)
{
    for (int i = 0; growth != 0 && i < 4; i++) {
        long again;
        if (!live_short(life, n, &again) || again == 0)
            growth = 0;
    }
    return growth;
}

static void torture(const char *url, long step)
{
    struct life life = {.url = url, .bodies = true};
    long n, growth, failures = 0;
    int bad = 0;

    failing_arm(0); /* loads what it needs itself */
    for (int i = 0; i < 3; i++)
        live(&life);
    assert_int_equal(check_life(&life, 0), 0);
    for (n = 1; live_short(&life, n, &growth); n += step) {
        failures++;
        bad += check_life(&life, n);
        growth = leak(&life, n, growth);
        if (growth != 0) {
            print_message("# allocation %ld: %ld blocks leak\n", n, growth);
            bad++;
        }
    }
    print_message("# %ld allocations failed in turn, of %ld\n", failures, n - 1);
    assert_true(failures > 30);
    assert_int_equal(bad, 0);
}

static void every_allocation_may_fail_without_a_network(void **state)
{
    struct life life = {.bodies = true};
    char url[128];

    (void)state;
    world_require(&world);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", world.http);
    life.url = url;
    world_configure(&world, "prompt", "record");
    live(&life);
    assert_int_equal(check_life(&life, 0), 0);
    world_configure(&world, "prompt", "replay");
    torture(url, 1);
}

static void every_allocation_may_fail_where_credentials_are_kept(void **state)
{
    struct life life = {.bodies = true};
    char url[128];

    (void)state;
    world_require(&world);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", world.http);
    life.url = url;
    world_configure(&world, "keep", "record");
    live(&life);
    assert_int_equal(check_life(&life, 0), 0);
    world_configure(&world, "keep", "replay");
    torture(url, 1);
}

/* Longer than the application's own is one with the credential in it. */
static bool has_long_body(const char *line)
{
    const char *length = strstr(line, "\"content_length\":\"");

    return strstr(line, "\"method\":\"POST\"") && length && strtol(strchr(length, ':') + 2, NULL, 10) > CANARY_SIZE;
}

/* nginx's log of a request has what it carried. */
static void every_request_had_its_credential(void)
{
    char path[128], line[4096];
    size_t count = 0;
    FILE *log;

    snprintf(path, sizeof path, "%s/access.log", world.folder);
    log = fopen(path, "r");
    assert_non_null(log);
    for (; fgets(line, sizeof line, log); count++)
        assert_true(strstr(line, "\"authorization\":\"Bearer ") || strstr(line, "access_key=") ||
                    strstr(line, "\"authorization\":\"AWS4-HMAC-SHA256 ") || has_long_body(line));
    fclose(log);
    assert_true(count > 10);
}

static void allocations_may_fail_over_the_network(void **state)
{
    char url[128];

    (void)state;
    world_require(&world);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", world.http);
    world_configure(&world, "none", "record");
    torture(url, 7);
    every_request_had_its_credential();
}

static void take_signal(int number)
{
    (void)number;
}

static void calls_that_a_signal_interrupts_go_on(void **state)
{
    const struct sigaction action = {.sa_handler = take_signal};
    const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    struct life life = {.bodies = false};
    char url[128];

    (void)state;
    world_require(&world);
    snprintf(url, sizeof url, "https://localhost:%d/echo", world.https);
    life.url = url;
    world_configure(&world, "none", "record");
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 50; i++) {
        live(&life);
        if (check_life(&life, 0))
            break;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    for (size_t i = 0; i < life.count; i++)
        assert_int_equal(life.status[i], ATT_OK);
}

static int descriptors_in_use(void)
{
    int count = 0;

    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static void descriptors_may_run_out(void **state)
{
    struct life life;
    struct rlimit before;
    char url[128];
    int in_use, bad = 1;

    (void)state;
    world_require(&world);
    snprintf(url, sizeof url, "https://localhost:%d/echo", world.https);
    life.url = url;
    world_configure(&world, "none", "record");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    in_use = descriptors_in_use();
    for (int limit = in_use; bad && limit < in_use + 40; limit++) {
        const struct rlimit few = {(rlim_t)limit, before.rlim_max};

        setrlimit(RLIMIT_NOFILE, &few);
        live(&life);
        setrlimit(RLIMIT_NOFILE, &before);
        bad = 0;
        for (size_t i = 0; i < life.count; i++) {
            bad += life.status[i] != ATT_OK;
            assert_int_not_equal(life.status[i], ATT_INVALID);
            assert_int_not_equal(life.status[i], ATT_INTERNAL);
        }
        assert_int_equal(descriptors_in_use(), in_use);
    }
    assert_int_equal(bad, 0);
}

/* nginx answers before it has read the body, and hangs up. */
static void an_upstream_that_hangs_up_sends_no_signal(void **state)
{
    static char body[8 << 20];
    const char *const origins[] = {"http://127.0.0.1", "https://localhost"};
    att_engine *engine = NULL;
    att_client *client = NULL;

    (void)state;
    world_require(&world);
    world_configure(&world, "none", "record");
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(att_engine_open(world.conf, &engine, NULL), ATT_OK);
    assert_int_equal(att_client_open(engine, ATT_CLIENT(.caller = "pipe"), &client, NULL), ATT_OK);
    for (int i = 0; i < 20; i++) {
        char url[128];
        att_status status;

        snprintf(url, sizeof url, "%s:%d/drop", origins[i % 2], i % 2 ? world.https : world.http);
        status = att_request(
            client,
            ATT_REQUEST(.method = "POST", .url = url, .grant = "bearer", .body = body, .body_size = sizeof body), NULL,
            NULL);
        assert_int_equal(status, ATT_NETWORK);
    }
    att_client_close(&client);
    att_engine_close(&engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail_without_a_network),
        cmocka_unit_test(every_allocation_may_fail_where_credentials_are_kept),
        cmocka_unit_test(allocations_may_fail_over_the_network),
        cmocka_unit_test(calls_that_a_signal_interrupts_go_on),
        cmocka_unit_test(descriptors_may_run_out),
        cmocka_unit_test(an_upstream_that_hangs_up_sends_no_signal),
    };

    return cmocka_run_group_tests_name("torture", tests, open_world, close_world);
}
