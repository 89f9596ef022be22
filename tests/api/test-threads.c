/* tests/api/test-threads.c: many threads on one engine that is reloaded meanwhile: every answer right, every record
 * there, memory flat. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "tests/api/world.h"

enum { THREADS = 8, WARM = 2000 };

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { grant = [ \"*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
    "policy = { default = \"permit\"; };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\";\n"
    "            options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

struct load {
    struct world *world;
    int each; /* requests of every thread */
    atomic_int next, done, wrong, reloads;
    atomic_bool stop;
};

static int open_world(void **state)
{
    char script[2048] = "{ \"grants\": {";

    for (int i = 0; i < THREADS; i++) {
        size_t used = strlen(script);
        snprintf(script + used, sizeof script - used, "%s \"g%d\": { \"token\": \"token-of-thread-%d\" }", i ? "," : "",
                 i, i);
    }
    strncat(script, ", \"slow\": { \"token\": \"late-token\", \"latency\": \"60ms\" } } }",
            sizeof script - strlen(script) - 1);
    return world_start(world_make(state, conf, script));
}

/* Each thread has a client and a grant of its own. cmocka's assertions belong to the main thread. */
static void *send_requests(void *context)
{
    struct load *load = context;
    struct world *world = load->world;
    int thread = atomic_fetch_add(&load->next, 1);
    att_client *client = NULL;
    att_error error = ATT_ERROR_INIT;
    char url[128], grant[16], expected[32];

    snprintf(grant, sizeof grant, "g%d", thread);
    if (att_client_open(world->engine, ATT_CLIENT(.caller = grant), &client, &error) != ATT_OK)
        atomic_fetch_add(&load->wrong, 1);
    for (int i = 0; i < load->each; i++) {
        att_response *response = NULL;
        att_status status;
        snprintf(expected, sizeof expected, "%d-%d", thread, i);
        snprintf(url, sizeof url, "http://127.0.0.1:%d/back/%s", world->site.port, expected);
        status = att_request(client, ATT_REQUEST(.url = url, .grant = grant), &response, &error);
        if (status != ATT_OK || strcmp(att_response_body(response, NULL), expected) != 0) {
            if (atomic_fetch_add(&load->wrong, 1) == 0)
                print_error("%s: %s %s\n", expected, att_status_name(status), error.message);
        }
        att_response_free(&response);
        atomic_fetch_add(&load->done, 1);
    }
    att_client_close(&client);
    att_error_clear(&error);
    return NULL;
}

static void *reload_and_open_clients(void *context)
{
    struct load *load = context;
    const struct timespec pause = {.tv_nsec = 20000000};

    while (!atomic_load(&load->stop)) {
        att_client *client = NULL;
        if (att_engine_reload(load->world->engine, NULL) != ATT_OK ||
            att_client_open(load->world->engine, ATT_CLIENT(.caller = "passer-by"), &client, NULL) != ATT_OK)
            atomic_fetch_add(&load->wrong, 1);
        att_client_close(&client);
        atomic_fetch_add(&load->reloads, 1);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static long resident_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool is_instrumented(void)
{
    const char *sanitizer = secure_getenv("ATT_SANITIZER");

    return sanitizer && *sanitizer && strcmp(sanitizer, "no") != 0;
}

/* Runs the load; gives by how many KiB memory grew after the first requests. */
static long run(struct load *load)
{
    pthread_t threads[THREADS], other;
    const struct timespec pause = {.tv_nsec = 1000000};
    long warm;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_requests, load), 0);
    assert_int_equal(pthread_create(&other, NULL, reload_and_open_clients, load), 0);
    while (atomic_load(&load->done) < WARM)
        nanosleep(&pause, NULL);
    warm = resident_kib();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&load->stop, true);
    pthread_join(other, NULL);
    return resident_kib() - warm;
}

/* Counts the records of each request by the number that ends its id; gives how many records there are. */
static int count_records(const struct world *world, unsigned char (*counts)[2], int requests)
{
    FILE *file = fopen(world->site.audit, "r");
    char *line = NULL;
    size_t size = 0;
    int records = 0;

    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        const char *id = strstr(line, "\"request_id\":\"");
        long number;
        assert_non_null(strstr(line, "}\n"));
        if (!id)
            continue;
        number = strtol(id + strlen("\"request_id\":\"") + 16, NULL, 16);
        assert_in_range(number, 0, requests - 1);
        counts[number][strstr(line, "\"phase\":\"result\"") != NULL]++;
        records++;
    }
    free(line);
    fclose(file);
    return records;
}

static void threads_get_their_own_answers_and_leave_two_records_each(void **state)
{
    struct load load = {.world = *state, .each = is_instrumented() ? 1000 : 10000};
    int requests = load.each * THREADS;
    unsigned char(*counts)[2] = calloc((size_t)requests, sizeof *counts);
    long growth = run(&load);

    assert_non_null(counts);
    assert_int_equal(load.wrong, 0);
    assert_int_equal(load.done, requests);
    assert_int_equal(upstream_count(&load.world->site), requests);
    assert_true(load.reloads > 2);
    assert_int_equal(count_records(load.world, counts, requests), 2 * requests);
    for (int i = 0; i < requests; i++)
        if (counts[i][0] != 1 || counts[i][1] != 1)
            fail_msg("request %d has %d decisions and %d results", i, counts[i][0], counts[i][1]);
    free(counts);
    print_message("# %d reloads, memory grew by %ld KiB\n", load.reloads, growth);
    if (!is_instrumented())
        assert_true(growth < 1024);
}

struct last {
    att_client *client;
    const char *url;
    att_status status;
    char message[256];
};

/* Until the engine says that it is closed. */
static void *send_until_closed(void *context)
{
    struct last *last = context;
    att_error error = ATT_ERROR_INIT;

    do
        last->status = att_request(last->client, ATT_REQUEST(.url = last->url, .grant = "slow"), NULL, &error);
    while (last->status == ATT_OK);
    snprintf(last->message, sizeof last->message, "%s", error.message);
    att_client_close(&last->client);
    att_error_clear(&error);
    return NULL;
}

static void an_engine_may_be_closed_while_requests_run(void **state)
{
    struct world *world = *state;
    const struct timespec pause = {.tv_nsec = 150000000};
    pthread_t threads[THREADS];
    struct last last[THREADS];
    const char *url = site_url(&world->site, "/");

    for (int i = 0; i < THREADS; i++) {
        last[i] = (struct last){.url = url};
        assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = "x"), &last[i].client, NULL), ATT_OK);
        assert_int_equal(pthread_create(&threads[i], NULL, send_until_closed, &last[i]), 0);
    }
    nanosleep(&pause, NULL);
    att_engine_close(&world->engine);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(last[i].status, ATT_STATE);
        assert_true(strstr(last[i].message, "was cancelled") || strstr(last[i].message, "the engine is closed"));
    }
    assert_true(upstream_count(&world->site) >= THREADS);
    assert_int_equal(site_audit_lines(&world->site, "\"phase\":\"decision\"", ""),
                     site_audit_lines(&world->site, "\"phase\":\"result\"", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(threads_get_their_own_answers_and_leave_two_records_each, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(an_engine_may_be_closed_while_requests_run, open_world, world_close),
    };

    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
