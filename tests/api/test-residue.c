/* tests/api/test-residue.c: after requests with a random credential no copy of it is in this process or in what it
 * wrote (attacks C1 to C3, C5). Each site runs in a child process, since libcurl is initialised once for each. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <attache/attache.h>

#include "tests/api/residue.h"

static struct world world;

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

/* ---- what a child does and reports ------------------------------------------------------------------------------- */

struct report {
    struct canary_search open, closed, written, planted;
    char trouble[512];
};

struct requests {
    const char *origin;
    int port;
    bool clear;
    size_t first, last; /* of the acts */
};

static void expect(struct report *report, bool good, const char *what)
{
    size_t used = strlen(report->trouble);

    if (!good)
        snprintf(report->trouble + used, sizeof report->trouble - used, "%s; ", what);
}

static void take_line(void *context, int level, const char *line)
{
    fprintf(context, "%d %s\n", level, line);
}

static size_t give_user_token(void *context, char *room, size_t capacity)
{
    if (capacity < CANARY_SIZE)
        return 0;
    canary_put(context, room);
    return CANARY_SIZE;
}

struct act {
    const char *grant, *method, *path, *json;
    int64_t timeout_ms;
    att_status status;
    bool sends;
};

static const struct act acts[] = {
    {"bearer", NULL, "/", NULL, 0, ATT_OK, true},
    {"bearer", NULL, "/echo", NULL, 0, ATT_OK, true},
    {"key", NULL, "/echo", NULL, 0, ATT_OK, true},
    {"basic", NULL, "/echo", NULL, 0, ATT_OK, true},
    {"query", NULL, "/echo", NULL, 0, ATT_OK, true},
    {"cookie", NULL, "/echo", NULL, 0, ATT_OK, true},
    {"aws", NULL, "/", NULL, 0, ATT_OK, true},
    {"aws", "POST", "/", "{}", 0, ATT_OK, true},
    {"hmac", "POST", "/", "{}", 0, ATT_OK, true},
    {"bearer", "POST", "/echo", "{\"n\":1}", 0, ATT_OK, true},
    {"query", "POST", "/echo", "{}", 0, ATT_OK, true},
    {"form", "POST", "/echo-body", NULL, 0, ATT_OK, true},
    {"json", "POST", "/echo-body", NULL, 0, ATT_OK, true},
    {"json", "PUT", "/echo-body", "{\"auth\":{\"n\":1}}", 0, ATT_OK, true},
    {"json", "POST", "/echo-body", "{\"auth\":[]}", 0, ATT_INVALID, false},
    {"bearer", NULL, "/auth", NULL, 0, ATT_UPSTREAM, true},
    {"bearer", NULL, "/admin/x", NULL, 0, ATT_DENIED, false},
    {"failing", NULL, "/echo", NULL, 0, ATT_BACKEND, false},
    {"bearer", NULL, "/slow", NULL, 200, ATT_TIMEOUT, true},
    {"query", NULL, "/slow", NULL, 200, ATT_TIMEOUT, true},
    {"form", "POST", "/slow", NULL, 200, ATT_TIMEOUT, true},
    {"bearer", NULL, "/drop", NULL, 0, ATT_NETWORK, true},
    {"json", "POST", "/drop", "{\"n\":1}", 0, ATT_NETWORK, true},
    {"asks-0-echo", NULL, "/", NULL, 0, ATT_OK, true},
    {"asks-1-echo", NULL, "/", NULL, 0, ATT_OK, true},
    {"asks-0-drop", NULL, "/", NULL, 0, ATT_BACKEND, false},
    {"asks-1-drop", NULL, "/", NULL, 0, ATT_BACKEND, false},
    {"asks-0-slow", NULL, "/", NULL, 200, ATT_TIMEOUT, false},
    {"asks-1-slow", NULL, "/", NULL, 200, ATT_TIMEOUT, false},
    {"json", "POST", "/", NULL, 0, ATT_OK, true},
};

enum { ACTS = sizeof acts / sizeof *acts, BODY_ACT = ACTS - 1, SLOW_ASKS = ACTS - 3 };

static void perform(struct report *report, const struct requests *what, att_client *client, const struct act *act)
{
    att_error error = ATT_ERROR_INIT;
    att_response *response = NULL;
    char url[128], story[640];
    att_status status;
    size_t size;

    snprintf(url, sizeof url, "%s:%d%s", what->origin, what->port, act->path);
    status = att_request(client,
                         ATT_REQUEST(.method = act->method, .url = url, .grant = act->grant, .json = act->json,
                                     .timeout_ms = act->timeout_ms),
                         &response, &error);
    snprintf(story, sizeof story, "%s %s: %s, %s", act->grant, url, att_status_name(status), error.message);
    expect(report, status == act->status, story);
    canary_search_bytes(&report->written, error.message, strlen(error.message), "message");
    if (status == ATT_OK) {
        const char *body = att_response_body(response, &size);
        expect(report, strncmp(act->path, "/echo", 5) != 0 || strstr(body, "****************"),
               "the echo was not masked");
        canary_search_bytes(&report->written, body, size, "body");
    }
    att_response_free(&response);
    att_error_clear(&error);
}

static void search_files(struct report *report, FILE *log)
{
    const char *files[] = {world.audit, world.tape, world.log, "/proc/self/environ", "/proc/self/cmdline"};

    fflush(log);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        expect(report, canary_search_file(&report->written, files[i]), files[i]);
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

static att_client *open_engine(struct report *report, const struct requests *what, FILE *log, att_engine **engine)
{
    att_error error = ATT_ERROR_INIT;
    att_client *client = NULL;
    att_status status = att_engine_open_with(
        ATT_ENGINE(.config = world.conf, .log = take_line, .log_context = log, .clear_http_memory = what->clear),
        engine, &error);

    if (status == ATT_OK)
        status = att_client_open(
            *engine,
            ATT_CLIENT(.caller = "residue", .user_token = give_user_token, .user_token_context = &world.canary),
            &client, &error);
    expect(report, status == ATT_OK, error.message);
    att_error_clear(&error);
    return client;
}

/* Each request on an engine of its own, and a search after it and after the close: the next one would overwrite what is
 * left in free memory and on the stack. */
static void send_and_search(struct report *report, const void *context)
{
    const struct requests *what = context;
    FILE *log = fopen(world.log, "we");

    for (size_t i = what->first; i < what->last; i++) {
        att_engine *engine = NULL;
        att_client *client = open_engine(report, what, log, &engine);
        att_protection protection = {.size = sizeof protection};

        if (!client)
            return;
        perform(report, what, client, &acts[i]);
        if (acts[i].status == ATT_TIMEOUT) /* a call that was given up sees so when it next looks, every 50 ms */
            usleep(500000);
        att_engine_protection(engine, &protection);
        expect(report, protection.http_cleared == what->clear || !acts[i].sends,
               "clear_http_memory did not take effect");
        canary_search_process(&report->open, 0);
        att_client_close(&client);
        att_engine_close(&engine);
        canary_search_process(&report->closed, 0);
    }
    search_files(report, log);
    plant(report);
    fclose(log);
}

/* Runs a body in a child and brings back its report; the wait status is the result. */
static int run_apart(void (*body)(struct report *, const void *), const void *context, struct report *report)
{
    struct canary_search searched = {.canary = &world.canary};
    int ends[2], status = 0;
    pid_t child;

    *report = (struct report){searched, searched, searched, searched, ""};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        body(report, context);
        _exit(write(ends[1], report, sizeof *report) == sizeof *report ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], report, sizeof *report) != sizeof *report)
        print_message("# the child gave no report\n");
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void say(const char *when, const struct canary_search *search)
{
    print_message("# %s: %d copies in %llu KiB%s%s\n", when, search->copies,
                  (unsigned long long)(search->scanned / 1024), *search->where ? ": " : "", search->where);
}

static void check_residue(const struct requests *what, int most_open, int most_closed)
{
    struct report report;

    assert_int_equal(run_apart(send_and_search, what, &report), 0);
    say("engine open", &report.open);
    say("engine closed", &report.closed);
    assert_string_equal(report.trouble, "");
    assert_int_equal(report.written.copies, 0);
    assert_true(report.open.arenas > 0);
    assert_true(report.open.copies <= most_open);
    assert_true(report.closed.copies <= most_closed);
    assert_int_equal(report.planted.copies, report.closed.copies + 1);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void no_copy_stays_in_memory_that_is_cleared_over_http(void **state)
{
    (void)state;
    world_require(&world);
    world_configure(&world, "none", "record");
    check_residue(&(struct requests){"http://127.0.0.1", world.http, true, 0, ACTS}, 0, 0);
}

static void no_copy_stays_in_memory_that_is_cleared_over_tls(void **state)
{
    (void)state;
    world_require(&world);
    world_configure(&world, "prompt", "record");
    check_residue(&(struct requests){"https://localhost", world.https, true, 0, ACTS}, 0, 0);
}

static void no_copy_stays_of_a_credential_that_is_kept(void **state)
{
    (void)state;
    world_require(&world);
    world_configure(&world, "keep", "record");
    check_residue(&(struct requests){"http://127.0.0.1", world.http, true, 0, SLOW_ASKS}, 0, 0);
    check_residue(&(struct requests){"http://127.0.0.1", world.http, true, BODY_ACT, ACTS}, 0, 0);
    /* A fetch that others may wait for goes on, and has its request in hand until the engine is closed. */
    check_residue(&(struct requests){"http://127.0.0.1", world.http, true, SLOW_ASKS, BODY_ACT}, 2, 0);
}

static void without_clearing_libcurl_leaves_what_the_readme_says(void **state)
{
    (void)state;
    world_require(&world);
    world_configure(&world, "none", "record");
    check_residue(&(struct requests){"http://127.0.0.1", world.http, false, 0, 1}, 2, 2);
    check_residue(&(struct requests){"https://localhost", world.https, false, 0, 1}, 3, 3);
    check_residue(&(struct requests){"http://127.0.0.1", world.http, false, BODY_ACT, ACTS}, 2, 2);
    check_residue(&(struct requests){"https://localhost", world.https, false, BODY_ACT, ACTS}, 3, 3);
}

/* Opens an engine, sends a request, leaves the decoy on the heap, and ends as a crash does. */
static void send_and_crash(void)
{
    const struct requests what = {"http://127.0.0.1", world.http, true, 0, 1};
    struct report report = {.written = {.canary = &world.canary}};
    FILE *log = fopen(world.log, "we");
    att_engine *engine = NULL;
    att_client *client = open_engine(&report, &what, log, &engine);
    char *copy = malloc(CANARY_SIZE);

    perform(&report, &what, client, &acts[0]);
    canary_put(&world.decoy, copy);
    if (*report.trouble || chdir(world.folder) != 0)
        _exit(1);
    abort();
}

static bool cores_are_files_here(void)
{
    char pattern[256] = "";
    FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
    bool plain = file && fgets(pattern, sizeof pattern, file) && strcspn(pattern, "|/%") == strlen(pattern);

    if (file)
        fclose(file);
    return plain && strcmp(pattern, "core\n") == 0;
}

static void a_core_dump_has_no_copy(void **state)
{
    struct canary_search secret = {.canary = &world.canary}, decoy = {.canary = &world.decoy};
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    char path[128];
    int status = 0;
    pid_t child;

    (void)state;
    world_require(&world);
    world_configure(&world, "none", "record");
    if (!cores_are_files_here() || setrlimit(RLIMIT_CORE, &limit) != 0) {
        print_message("# skipped: core dumps do not go to a file named core here\n");
        skip();
    }
    child = fork();
    if (child == 0)
        send_and_crash();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WCOREDUMP(status));
    snprintf(path, sizeof path, "%s/core", world.folder);
    if (access(path, F_OK) != 0)
        snprintf(path, sizeof path, "%s/core.%d", world.folder, (int)child);
    assert_true(canary_search_file(&secret, path));
    assert_true(canary_search_file(&decoy, path));
    say("core", &secret);
    assert_int_equal(secret.copies, 0);
    assert_true(decoy.copies > 0);
}

/* The decoy is an argument, and so on the command's stack. */
static pid_t start_command(const char *url, const char *grant)
{
    char command[512], reason[CANARY_SIZE + 1] = "";
    pid_t child = fork();
    int nowhere;

    if (child != 0)
        return child;
    snprintf(command, sizeof command, "%s/bin/attache", secure_getenv("ATT_PREFIX"));
    canary_put(&world.decoy, reason);
    nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
        execl(command, command, "request", "--config", world.conf, url, "--grant", grant, "--reason", reason,
              "--request", strcmp(grant, "form") == 0 || strcmp(grant, "json") == 0 ? "POST" : "GET", (char *)NULL);
    _exit(126);
}

/* Lets the command run to the point where it has done everything and its memory is still there. */
static bool run_to_exit(pid_t child)
{
    const int at_exit = SIGTRAP | PTRACE_EVENT_EXIT << 8;
    int status = 0, signal_number = 0;

    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL) != 0)
        return false;
    do {
        if (ptrace(PTRACE_CONT, child, NULL, signal_number) != 0 || waitpid(child, &status, 0) != child)
            return false;
        signal_number = WIFSTOPPED(status) && WSTOPSIG(status) != SIGTRAP ? WSTOPSIG(status) : 0;
    } while (WIFSTOPPED(status) && status >> 8 != at_exit);
    return WIFSTOPPED(status);
}

static void check_command(const char *origin, int port, const char *grant)
{
    struct canary_search secret = {.canary = &world.canary}, decoy = {.canary = &world.decoy};
    char url[128];
    int status = 0;
    pid_t child;

    snprintf(url, sizeof url, "%s:%d/echo", origin, port);
    child = start_command(url, grant);
    assert_true(run_to_exit(child));
    if (!canary_search_process(&secret, child)) {
        ptrace(PTRACE_DETACH, child, NULL, NULL);
        waitpid(child, &status, 0);
        print_message("# skipped: the command lets nobody but root read its memory\n");
        skip();
    }
    canary_search_process(&decoy, child);
    ptrace(PTRACE_CONT, child, NULL, NULL);
    assert_int_equal(waitpid(child, &status, 0), child);
    say(grant, &secret);
    assert_int_equal(status, 0);
    assert_int_equal(secret.copies, 0);
    assert_true(decoy.copies > 0);
}

static void the_command_has_no_copy_when_it_ends(void **state)
{
    static const char *const grants[] = {"bearer", "key", "basic", "query",       "cookie",     "form",
                                         "json",   "aws", "hmac",  "asks-0-echo", "asks-1-echo"};

    (void)state;
    world_require(&world);
    world_configure(&world, "none", "record");
    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        check_command("http://127.0.0.1", world.http, grants[i]);
        check_command("https://localhost", world.https, grants[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_copy_stays_in_memory_that_is_cleared_over_http),
        cmocka_unit_test(no_copy_stays_in_memory_that_is_cleared_over_tls),
        cmocka_unit_test(no_copy_stays_of_a_credential_that_is_kept),
        cmocka_unit_test(without_clearing_libcurl_leaves_what_the_readme_says),
        cmocka_unit_test(a_core_dump_has_no_copy),
        cmocka_unit_test(the_command_has_no_copy_when_it_ends),
    };

    return cmocka_run_group_tests_name("residue", tests, open_world, close_world);
}
