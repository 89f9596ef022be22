/* tests/api/test-exec-residue.c: after requests with a credential that a helper gave, no copy of it is in this process
 * or in what it wrote (attacks C2, C3, C5). Each protocol runs in a child process of its own. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <attache/attache.h>

#include "tests/api/residue.h"

static struct world world;
static char helper[96];

static int open_world(void **state)
{
    (void)state;
    world_make(&world);
    snprintf(helper, sizeof helper, "%s/helper", world.folder);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

/* What the helper runs, with the file of the secret as $1, and the options that go with it. */
struct trial {
    const char *protocol, *script, *options;
    bool good;
    const char *inject; /* of the grant */
};

static const struct trial trials[] = {
    {"plain", "cat \"$1\"", "", true, ""},
    /* The output grows in secret memory, and what was taken is copied. */
    {"plain", "cat \"$1\"; echo; yes filler | head -c 60000", "first_line = true; ", true, ""},
    {"plain", "cat \"$1\"; exit 1", "", false, ""},
    {"plain", "cat \"$1\" \"$1\"; echo; echo more", "", false, ""},
    {"plain", "cat \"$1\"; yes filler", "", false, ""},
    {"plain", "cat \"$1\"; sleep 100", "timeout = \"200ms\"; ", false, ""},
    {"git-credential", "printf 'username=ann\\npassword=%s\\n' \"$(cat \"$1\")\"", "", true, ""},
    {"git-credential", "printf 'password=%s\\nthis is no attribute\\n' \"$(cat \"$1\")\"", "", false, ""},
    {"docker-credential", "printf '{\"Username\":\"<token>\",\"Secret\":\"%s\"}' \"$(cat \"$1\")\"", "", true, ""},
    {"docker-credential", "printf '{\"Username\":\"a\",\"Secret\":\"%s\\\\u0041\"}' \"$(cat \"$1\")\"", "", true, ""},
    {"docker-credential", "printf '{\"Username\":\"a\",\"Secret\":\"%s\"} no' \"$(cat \"$1\")\"", "", false, ""},
    {"kubernetes",
     "printf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
     "\"status\":{\"token\":\"%s\"}}' \"$(cat \"$1\")\"",
     "", true, ""},
    {"bazel",
     "printf '{\"headers\":{\"Authorization\":[\"Bearer %s\"],\"X-Api-Key\":[\"%s\"]}}' $(cat \"$1\" | sed 's/.*/& "
     "&/')",
     "", true, ""},
    {"aws", "printf '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"%s\"}' \"$(cat \"$1\")\"", "", true,
     "inject = { kind = \"sigv4\"; region = \"r\"; service = \"s3\"; };"},
};

enum { TRIALS = sizeof trials / sizeof *trials };

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void configure(const struct trial *trial)
{
    char text[4096];

    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", trial->script);
    write_file(helper, text, 0700);
    snprintf(text, sizeof text,
             "schema = 1;\n"
             "settings = { module_dir = \"%s/attache\"; };\n"
             "providers = ( { name = \"helper\"; module = \"exec.so\";\n"
             "  options = { protocol = \"%s\"; command = [ \"%s\", \"%s\" ]; %s}; } );\n"
             "grants = ( { name = \"api\"; origins = [ \"http://127.0.0.1:%d\" ]; %s } );\n"
             "stacks = ( { name = \"all\"; match = { default = true; };\n"
             "  fetch = ( { use = \"helper\"; control = \"required\"; } ); } );\n"
             "policy = { default = \"permit\"; };\n"
             "audit = ( { module = \"audit_file.so\"; options = { path = \"%s\"; }; } );\n",
             secure_getenv("ATT_LIBDIR"), trial->protocol, helper, world.secret, trial->options, world.http,
             trial->inject, world.audit);
    write_file(world.conf, text, 0600);
}

struct report {
    struct canary_search open, closed, written, planted;
    int status;
    char trouble[512];
};

static void take_line(void *context, int level, const char *line)
{
    fprintf(context, "%d %s\n", level, line);
}

/* The search sees a copy where there is one, on the heap. */
static void plant(struct report *report)
{
    char *copy = malloc(CANARY_SIZE);

    canary_put(&world.canary, copy);
    canary_search_process(&report->planted, 0);
    explicit_bzero(copy, CANARY_SIZE);
    free(copy);
}

static void send_and_search(struct report *report)
{
    const char *files[] = {world.audit, world.log, "/proc/self/environ", "/proc/self/cmdline"};
    FILE *log = fopen(world.log, "we");
    att_engine *engine = NULL;
    att_client *client = NULL;
    att_response *response = NULL;
    att_error error = ATT_ERROR_INIT;
    char url[128];

    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", world.http);
    if (att_engine_open_with(
            ATT_ENGINE(.config = world.conf, .log = take_line, .log_context = log, .clear_http_memory = true), &engine,
            &error) == ATT_OK &&
        att_client_open(engine, ATT_CLIENT(.caller = "residue"), &client, &error) == ATT_OK)
        report->status = att_request(client, ATT_REQUEST(.url = url, .grant = "api"), &response, &error);
    canary_search_bytes(&report->written, error.message, sizeof error.message, "the error");
    snprintf(report->trouble, sizeof report->trouble, "%s", error.message);
    att_error_clear(&error);
    att_response_free(&response);
    canary_search_process(&report->open, 0);
    att_client_close(&client);
    att_engine_close(&engine);
    canary_search_process(&report->closed, 0);
    fclose(log);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        canary_search_file(&report->written, files[i]);
    plant(report);
}

static struct report run_apart(void)
{
    const struct canary_search searched = {.canary = &world.canary};
    struct report report = {searched, searched, searched, searched, -1, ""};
    int ends[2], status = 0;
    pid_t child;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        send_and_search(&report);
        _exit(write(ends[1], &report, sizeof report) == sizeof report ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &report, sizeof report), sizeof report);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return report;
}

static void C5_no_copy_of_what_a_helper_gave_stays(void **state)
{
    (void)state;
    world_require(&world);
    for (size_t i = 0; i < TRIALS; i++) {
        struct report report;

        configure(&trials[i]);
        report = run_apart();
        print_message("# %zu %s: status %d, open %d, closed %d, written %d of %llu KiB %s %s%s\n", i,
                      trials[i].protocol, report.status, report.open.copies, report.closed.copies,
                      report.written.copies, (unsigned long long)(report.open.scanned / 1024), report.trouble,
                      report.open.where, report.closed.where);
        assert_int_equal(report.status == ATT_OK, trials[i].good);
        assert_true(report.planted.copies > 0);
        assert_int_equal(report.written.copies, 0);
        assert_int_equal(report.open.copies, 0);
        assert_int_equal(report.closed.copies, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C5_no_copy_of_what_a_helper_gave_stays),
    };

    return cmocka_run_group_tests_name("residue of helpers", tests, open_world, close_world);
}
