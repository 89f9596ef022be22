/* tests/unit/test-store-crash.c: the local store when processes are killed in the middle of a change, and when several
 * of them use it at once (attacks F2, F5).
 *
 * The program starts itself as those processes: its arguments are then what to do, the folder, and a name. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/kept.h"

enum { ROUNDS = 20, SECRETS = 12, PROCESSES = 5, TURNS = 25, CALLS_LIMIT = 400 };

/* ---- what the processes do --------------------------------------------------------------------------------------- */

static int complain(const struct kept *kept, const char *what)
{
    fprintf(stderr, "# %s: %s\n", what, kept->report.sentence);
    return 1;
}

/* Replaces the value by the number that follows, and prints each that is kept. */
static int rotate(struct kept *kept, const char *name, unsigned turns)
{
    unsigned long number;
    char value[32];

    if (kept_fetch(kept, name) != ATT_RESULT_OK)
        return complain(kept, "rotate reads");
    number = strtoul(kept_part(kept, "token") + 1, NULL, 10);
    for (unsigned i = 0; !turns || i < turns; i++) {
        snprintf(value, sizeof value, "v%lu", ++number);
        if (kept_rotate(kept, name, value) != ATT_RESULT_OK)
            return complain(kept, "rotate");
        printf("%lu\n", number);
        fflush(stdout);
    }
    return 0;
}

static int rekey(struct kept *kept, unsigned turns)
{
    for (unsigned i = 0; !turns || i < turns; i++) {
        if (kept_rekey(kept, NULL) != ATT_RESULT_OK)
            return complain(kept, "rekey");
        printf("%u\n", i);
        fflush(stdout);
    }
    return 0;
}

static int read_all(struct kept *kept, unsigned turns)
{
    char name[8];

    for (unsigned i = 0; i < turns * SECRETS; i++) {
        snprintf(name, sizeof name, "s%u", i % SECRETS);
        if (kept_fetch(kept, name) != ATT_RESULT_OK || kept_part(kept, "token")[0] != 'v')
            return complain(kept, "read");
    }
    return 0;
}

/* Each time as a process that has just begun, and has to find the key first. */
static int read_fresh(const char *folder, unsigned turns)
{
    int status = 0;

    for (unsigned i = 0; i < turns && status == 0; i++) {
        struct kept kept;

        kept_begin(&kept, folder, "");
        if (kept_fetch(&kept, "s0") != ATT_RESULT_OK)
            status = complain(&kept, "read afresh");
        kept_close(&kept);
    }
    return status;
}

static int act(const char *what, const char *folder, const char *name)
{
    struct kept kept;
    int status = 2;

    if (strcmp(what, "read-fresh") == 0)
        return read_fresh(folder, 8 * TURNS);
    kept_begin(&kept, folder, "");
    if (strcmp(what, "rotate") == 0)
        status = rotate(&kept, name, 0);
    else if (strcmp(what, "rotate-once") == 0)
        status = rotate(&kept, name, 1);
    else if (strcmp(what, "rotate-some") == 0)
        status = rotate(&kept, name, TURNS);
    else if (strcmp(what, "rekey") == 0)
        status = rekey(&kept, 0);
    else if (strcmp(what, "rekey-once") == 0)
        status = rekey(&kept, 1);
    else if (strcmp(what, "rekey-some") == 0)
        status = rekey(&kept, TURNS / 2);
    else if (strcmp(what, "read-some") == 0)
        status = read_all(&kept, TURNS);
    else if (strcmp(what, "read-once") == 0)
        status = kept_fetch(&kept, name) == ATT_RESULT_OK ? 0 : complain(&kept, "read");
    else if (strcmp(what, "set") == 0)
        status = kept_set(&kept, name, "v1") == ATT_RESULT_OK ? 0 : complain(&kept, "set");
    kept_close(&kept);
    return status;
}

/* ---- starting and ending them ------------------------------------------------------------------------------------ */

struct process {
    pid_t id;
    int output;
};

/* `strace` names a system call to be killed or delayed at, and at which of them, with `path` of those on that file;
 * NULL: none, and any. */
static struct process start(const char *what, const char *folder, const char *name, const char *strace,
                            const char *path)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *arguments[16] = {"strace", "-f", "-qqq", "-o", "/dev/null", "-e", strace};
    int count = strace ? 7 : 0, output[2];
    const char *program = strace ? "strace" : self;
    struct process process;

    assert_true(length > 0);
    self[length] = '\0';
    if (path) {
        arguments[count++] = "-P";
        arguments[count++] = path;
    }
    arguments[count++] = self;
    arguments[count++] = what;
    arguments[count++] = folder;
    arguments[count++] = name;
    arguments[count] = NULL;
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    process.id = fork();
    if (process.id == 0) {
        dup2(output[1], STDOUT_FILENO);
        execvp(program, (char *const *)arguments);
        _exit(126);
    }
    assert_true(process.id > 0);
    close(output[1]);
    process.output = output[0];
    return process;
}

/* Waits for the first line; -1 when there is none. */
static long first_line(const struct process *process)
{
    char text[32] = "";

    for (size_t i = 0; i < sizeof text - 1; i++)
        if (read(process->output, text + i, 1) != 1 || text[i] == '\n')
            break;
    return text[0] ? strtol(text, NULL, 10) : -1;
}

/* Reads what is left of the output; the number of its last whole line, or `last`. Returns the status of the process. */
static int end(struct process *process, long *last)
{
    static char text[1 << 16];
    size_t size = 0, at;
    ssize_t got;
    int status;

    while ((got = read(process->output, text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)got;
    close(process->output);
    for (at = size; at > 0 && text[at - 1] != '\n'; at--)
        ;
    if (at > 0) {
        for (at--; at > 0 && text[at - 1] != '\n'; at--)
            ;
        if (last)
            *last = strtol(text + at, NULL, 10);
    }
    assert_int_equal(waitpid(process->id, &status, 0), process->id);
    return status;
}

/* Up to 12 milliseconds, spread over the rounds, so that the kill falls into other places of the change each time. */
static void pause_in_round(int round)
{
    const struct timespec pause = {.tv_nsec = (long)((round * 7919) % 12000) * 1000};

    nanosleep(&pause, NULL);
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

static int place_open(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    struct kept kept;
    char name[8];

    assert_non_null(folder);
    folder_open(folder);
    kept_begin(&kept, folder->path, "");
    for (int i = 0; i < SECRETS; i++) {
        snprintf(name, sizeof name, "s%d", i);
        kept_ok(&kept, kept_set(&kept, name, "v1"));
    }
    kept_close(&kept);
    *state = folder;
    return 0;
}

static int place_close(void **state)
{
    folder_close(*state);
    free(*state);
    return 0;
}

/* All secrets open; the number that is the value of one. */
static long number_of(const char *folder, const char *name)
{
    struct att_listing listing;
    struct kept kept;
    long number;

    kept_begin(&kept, folder, "");
    kept_ok(&kept, kept_fetch(&kept, name));
    number = strtol(kept_part(&kept, "token") + 1, NULL, 10);
    kept_ok(&kept, kept_list(&kept, &listing));
    assert_int_equal(listing.count, SECRETS);
    for (size_t i = 0; i < listing.count; i++)
        if (listing.list[i].fault)
            fail_msg("%s: %s", listing.list[i].name, listing.list[i].fault);
    att_listing_close(&listing);
    kept_close(&kept);
    return number;
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void F2_a_process_that_is_killed_while_it_rotates_leaves_the_old_value_or_the_new(void **state)
{
    struct folder *folder = *state;

    for (int round = 0; round < ROUNDS; round++) {
        struct process process = start("rotate", folder->path, "s3", NULL, NULL);
        long told = first_line(&process), found;

        assert_true(told > 0);
        pause_in_round(round);
        kill(process.id, SIGKILL);
        assert_true(WIFSIGNALED(end(&process, &told)));
        found = number_of(folder->path, "s3");
        /* What was told to be kept is kept; the next one may be, too. */
        if (found != told && found != told + 1)
            fail_msg("kept %ld, told %ld", found, told);
    }
}

static void F2_a_process_that_is_killed_while_it_changes_keys_leaves_a_store_that_opens(void **state)
{
    struct folder *folder = *state;
    struct kept kept;

    for (int round = 0; round < ROUNDS; round++) {
        struct process process = start("rekey", folder->path, "", NULL, NULL);

        assert_int_equal(first_line(&process), 0);
        pause_in_round(round);
        kill(process.id, SIGKILL);
        assert_true(WIFSIGNALED(end(&process, NULL)));
        assert_int_equal(number_of(folder->path, "s3"), 1);
    }
    kept_begin(&kept, folder->path, "");
    kept_ok(&kept, kept_rotate(&kept, "s3", "v2"));
    kept_close(&kept);
    assert_int_equal(access(kept_path(folder, "secrets.key.new"), F_OK), -1);
}

/* A tracer that may not trace is none; in a sanitizer's process, the search for leaks is a tracer of its own. */
static void need_strace(void)
{
    struct process process;
    const char *options = secure_getenv("ASAN_OPTIONS");
    char text[512];

    snprintf(text, sizeof text, "%s:detect_leaks=0", options ? options : "");
    setenv("ASAN_OPTIONS", text, 1);
    process = start("none", "/nowhere", "", "trace=none", NULL);
    if (WEXITSTATUS(end(&process, NULL)) != 2) {
        print_message("# skipped: strace is missing or may not trace; install it\n");
        skip();
    }
}

/* Kills `what` at every one of its calls of that name in turn, until it lives to the end; *low and *high are what the
 * value may be after it. Returns how often it was killed. */
static int kill_at_each(struct folder *folder, const char *what, const char *call)
{
    int killed = 0, status;

    for (int when = 1; when < CALLS_LIMIT; when++) {
        const char *strace = att_pool_format(folder->pool, "inject=%s:signal=KILL:when=%d", call, when);
        long before = number_of(folder->path, "s3"), told = before, after;
        struct process process = start(what, folder->path, "s3", strace, NULL);

        status = end(&process, strcmp(what, "rotate-once") == 0 ? &told : NULL);
        after = number_of(folder->path, "s3");
        if (after != told && after != told + 1)
            fail_msg("%s at %s %d: told %ld, found %ld", what, call, when, told, after);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            return killed;
        killed++;
    }
    fail_msg("%s never ends", what);
    return killed;
}

static void F2_a_kill_at_any_system_call_of_a_change_leaves_a_store_that_opens(void **state)
{
    static const char *const calls[] = {"pwrite64", "write",  "fsync",  "fdatasync",
                                        "link",     "unlink", "rename", "ftruncate"};
    int killed = 0;

    need_strace();
    for (size_t i = 0; i < ATT_COUNT(calls); i++) {
        killed += kill_at_each(*state, "rotate-once", calls[i]);
        killed += kill_at_each(*state, "rekey-once", calls[i]);
    }
    print_message("# killed at %d calls\n", killed);
    assert_true(killed > 20);
}

static void of_several_processes_that_make_a_store_at_once_one_makes_the_key(void **state)
{
    struct folder folder;

    (void)state;
    for (int round = 0; round < 5; round++) {
        struct process processes[PROCESSES];
        struct att_listing listing;
        struct kept kept;
        char name[8];

        folder_open(&folder);
        for (int i = 0; i < PROCESSES; i++) {
            snprintf(name, sizeof name, "s%d", i);
            processes[i] = start("set", folder.path, name, NULL, NULL);
        }
        for (int i = 0; i < PROCESSES; i++)
            assert_int_equal(end(&processes[i], NULL), 0);
        kept_begin(&kept, folder.path, "");
        for (int i = 0; i < PROCESSES; i++) {
            snprintf(name, sizeof name, "s%d", i);
            kept_expect(&kept, name, "v1");
        }
        kept_ok(&kept, kept_list(&kept, &listing));
        assert_int_equal(listing.count, PROCESSES);
        att_listing_close(&listing);
        kept_close(&kept);
        folder_close(&folder);
    }
}

static void processes_that_rotate_read_and_change_keys_at_once_never_fail(void **state)
{
    static const char *const what[PROCESSES][2] = {
        {"rotate-some", "s1"}, {"rotate-some", "s2"}, {"read-some", ""}, {"rekey-some", ""}, {"read-fresh", ""}};
    struct process processes[PROCESSES];
    struct folder *folder = *state;

    for (int i = 0; i < PROCESSES; i++)
        processes[i] = start(what[i][0], folder->path, what[i][1], NULL, NULL);
    for (int i = 0; i < PROCESSES; i++)
        assert_int_equal(end(&processes[i], NULL), 0);
    assert_int_equal(number_of(folder->path, "s1"), 1 + TURNS);
    assert_int_equal(number_of(folder->path, "s2"), 1 + TURNS);
    assert_int_equal(access(kept_path(folder, "secrets.key.new"), F_OK), -1);
}

/* Waits until another process has been in a transaction for some milliseconds: SQLite holds a lock on one of the bytes
 * 123 to 127 of the shared memory then. */
static void wait_for_reader(struct folder *folder)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int descriptor = open(kept_path(folder, "secrets.db-shm"), O_RDWR | O_CLOEXEC), held = 0;

    assert_true(descriptor >= 0);
    for (int i = 0; i < 10000 && held < 30; i++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 123, .l_len = 5};

        assert_int_equal(fcntl(descriptor, F_GETLK, &lock), 0);
        held = lock.l_type == F_UNLCK ? 0 : held + 1;
        nanosleep(&pause, NULL);
    }
    close(descriptor);
    assert_true(held == 30);
}

/* The reader has its row, and waits half a second before it opens the file of the key, which is another one then. */
static void a_reader_that_finds_the_key_changed_looks_again(void **state)
{
    struct folder *folder = *state;
    struct process process;
    struct kept kept;

    need_strace();
    process = start("read-once", folder->path, "s0", "inject=openat:delay_enter=500000:when=1",
                    kept_path(folder, "secrets.key"));
    wait_for_reader(folder);
    kept_begin(&kept, folder->path, "");
    kept_ok(&kept, kept_rekey(&kept, NULL));
    kept_close(&kept);
    assert_int_equal(end(&process, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(F2_a_process_that_is_killed_while_it_rotates_leaves_the_old_value_or_the_new),
        TEST(F2_a_process_that_is_killed_while_it_changes_keys_leaves_a_store_that_opens),
        TEST(F2_a_kill_at_any_system_call_of_a_change_leaves_a_store_that_opens),
        cmocka_unit_test(of_several_processes_that_make_a_store_at_once_one_makes_the_key),
        TEST(a_reader_that_finds_the_key_changed_looks_again),
        TEST(processes_that_rotate_read_and_change_keys_at_once_never_fail),
    };

    if (argc == 4)
        return act(argv[1], argv[2], argv[3]);
    return cmocka_run_group_tests_name("store-crash", tests, NULL, NULL);
}
