/* tests/api/test-store-site.c: requests with managed secrets of the local store, which another process changes
 * meanwhile with the command. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/api/world.h"

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; state_dir = \"%FOLDER%\"; };\n"
    "providers = ( { name = \"secrets\"; module = \"managed_secrets.so\"; } );\n"
    "stacks = ( { name = \"all\"; match = { grant = [ \"*\" ]; };\n"
    "             fetch = ( { use = \"secrets\"; control = \"required\"; } ); } );\n"
    "policy = { rules = ( { name = \"all\"; effect = \"permit\"; } ); };\n"
    "audit = ( { module = \"audit_file.so\"; options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

static int open_world(void **state)
{
    return world_start(world_make(state, conf, NULL));
}

/* `attache secret VERB NAME` in a process of its own, with a value for its standard input; its exit status. */
static int command(const struct world *world, const char *verb, const char *name, const char *value, const char *origin)
{
    const char *const with_origin[] = {"--grant", name, "--origin", origin, NULL};
    const char *arguments[16] = {"attache", "secret", verb, name};
    char program[512];
    int input[2], status, count = name ? 4 : 3;
    pid_t child;

    arguments[count++] = "--config";
    arguments[count++] = world->site.conf;
    for (int i = 0; origin && with_origin[i]; i++)
        arguments[count++] = with_origin[i];
    snprintf(program, sizeof program, "%s/bin/attache", secure_getenv("ATT_PREFIX"));
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);

        dup2(input[0], STDIN_FILENO);
        dup2(nowhere, STDOUT_FILENO);
        execv(program, (char *const *)arguments);
        _exit(126);
    }
    assert_true(child > 0);
    close(input[0]);
    if (value)
        assert_int_equal(write(input[1], value, strlen(value)), (ssize_t)strlen(value));
    close(input[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void set(const struct world *world, const char *name, const char *value)
{
    assert_int_equal(command(world, "set", name, value, site_url(&world->site, "")), 0);
}

static void assert_carries(struct world *world, const char *grant, const char *authorization)
{
    att_response *response = NULL;

    if (world_get(world, grant, "/x", &response) != ATT_OK)
        fail_msg("%s", world->error.message);
    assert_string_equal(upstream_saw(&world->site, "authorization"), authorization);
    att_response_free(&response);
}

static void a_secret_that_was_rotated_elsewhere_is_used_by_the_next_request(void **state)
{
    struct world *world = *state;

    set(world, "crm", "first");
    assert_carries(world, "crm", "Bearer first");
    assert_carries(world, "crm", "Bearer first");
    assert_int_equal(command(world, "rotate", "crm", "second", NULL), 0);
    assert_carries(world, "crm", "Bearer second");
    assert_int_equal(command(world, "rekey", NULL, NULL, NULL), 0);
    assert_carries(world, "crm", "Bearer second");
}

/* An engine that opened when there was a store, so that it keeps what it fetched for long. */
static void what_is_kept_for_long_is_dropped_at_once(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    set(world, "crm", "first");
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
    assert_carries(world, "crm", "Bearer first");
    assert_int_equal(command(world, "rotate", "crm", "second", NULL), 0);
    assert_carries(world, "crm", "Bearer second");
    assert_int_equal(command(world, "remove", "crm", NULL, NULL), 0);
    assert_int_equal(world_get(world, "crm", "/x", &response), ATT_NOT_FOUND);
    assert_int_equal(upstream_count(&world->site), 2);
}

struct load {
    struct world *world;
    atomic_bool stop;
    int requests, failed;
    char message[512];
};

static void *send_all_the_time(void *context)
{
    struct load *load = context;

    while (!atomic_load(&load->stop)) {
        att_error error = ATT_ERROR_INIT;
        att_response *response = NULL;
        att_status status =
            att_request(load->world->client, ATT_REQUEST(.url = site_url(&load->world->site, "/x"), .grant = "crm"),
                        &response, &error);

        load->requests++;
        if (status != ATT_OK && !load->failed++)
            snprintf(load->message, sizeof load->message, "%s", error.message);
        att_response_free(&response);
        att_error_clear(&error);
    }
    return NULL;
}

static void no_request_fails_while_secrets_and_keys_are_rotated(void **state)
{
    struct world *world = *state;
    struct load load = {.world = world};
    char value[32], authorization[48];
    pthread_t thread;

    set(world, "crm", "value-0");
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
    assert_int_equal(pthread_create(&thread, NULL, send_all_the_time, &load), 0);
    for (int i = 1; i <= 10; i++) {
        snprintf(value, sizeof value, "value-%d", i);
        assert_int_equal(command(world, "rotate", "crm", value, NULL), 0);
        assert_int_equal(command(world, "rekey", NULL, NULL, NULL), 0);
    }
    atomic_store(&load.stop, true);
    pthread_join(thread, NULL);
    if (load.failed)
        fail_msg("%d of %d requests failed: %s", load.failed, load.requests, load.message);
    assert_true(load.requests > 10);
    snprintf(authorization, sizeof authorization, "Bearer %s", value);
    assert_carries(world, "crm", authorization);
}

static void a_secret_goes_to_its_own_origins_alone(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(command(world, "set", "crm", "canary", "https://elsewhere.example"), 0);
    assert_int_equal(world_get(world, "crm", "/x", &response), ATT_DENIED);
    assert_non_null(strstr(world->error.message, "it is bound to https://elsewhere.example"));
    assert_int_equal(upstream_count(&world->site), 0);
}

static void a_store_that_is_unsafe_is_named_to_the_application(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;
    char path[512];

    set(world, "crm", "canary");
    snprintf(path, sizeof path, "%s/secrets.key", world->site.folder);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_not_equal(world_get(world, "crm", "/x", &response), ATT_OK);
    assert_non_null(strstr(world->error.message, "secrets.key has mode 0644, so others may read it; run: chmod 600"));
    assert_null(strstr(world->error.message, "canary"));
    assert_int_equal(chmod(path, 0600), 0);
    assert_carries(world, "crm", "Bearer canary");
    assert_true(site_audit_lines(&world->site, "crm", "") > 0);
    assert_int_equal(site_audit_lines(&world->site, "canary", ""), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_that_was_rotated_elsewhere_is_used_by_the_next_request),
        TEST(what_is_kept_for_long_is_dropped_at_once),
        TEST(no_request_fails_while_secrets_and_keys_are_rotated),
        TEST(a_secret_goes_to_its_own_origins_alone),
        TEST(a_store_that_is_unsafe_is_named_to_the_application),
    };

    return cmocka_run_group_tests_name("store-site", tests, NULL, NULL);
}
