/* tests/unit/test-process.c: helpers that behave, and helpers that hang, flood, fork, die and hold on to the pipe. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "core/process/process.h"
#include "tests/unit/folder.h"

#define LIMIT 65536

struct fixture {
    struct folder folder;
    const char *helper; /* a copy that only we can have written */
    struct att_arena *arena;
    struct att_buffer why;
    struct att_process_end end;
    atomic_int lines;
    char line[600], last[600];
    atomic_bool cancelled;
    int64_t started_ns;
};

static void copy_to(struct fixture *fixture, const char *to, mode_t mode)
{
    const char *from = att_pool_format(fixture->folder.pool, "%s/tests/unit/helper", secure_getenv("ATT_BUILD"));
    char room[65536];
    ssize_t count;
    int in = open(from, O_RDONLY | O_CLOEXEC), out;

    out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    assert_true(in >= 0 && out >= 0);
    while ((count = read(in, room, sizeof room)) > 0)
        assert_int_equal(write(out, room, (size_t)count), count);
    assert_int_equal(fchmod(out, mode), 0);
    close(in);
    close(out);
}

static int fixture_open(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof fixture);
    folder_open(&fixture.folder);
    fixture.helper = folder_path(&fixture.folder, "helper");
    copy_to(&fixture, fixture.helper, 0755);
    fixture.arena = att_arena_create();
    att_buffer_open(&fixture.why, 2048);
    fixture.end.size = sizeof fixture.end;
    *state = &fixture;
    return 0;
}

static int fixture_close(void **state)
{
    struct fixture *fixture = *state;
    struct att_arena_state memory;

    fixture->end.output = att_secret_destroy(fixture->end.output);
    att_arena_state(fixture->arena, &memory);
    assert_int_equal(memory.in_use, 0);
    att_arena_destroy(fixture->arena);
    att_buffer_close(&fixture->why);
    folder_close(&fixture->folder);
    return 0;
}

static bool is_cancelled(const void *context)
{
    return atomic_load(&((struct fixture *)context)->cancelled);
}

static void keep_line(const void *context, const char *line)
{
    struct fixture *fixture = (struct fixture *)context;

    if (atomic_fetch_add(&fixture->lines, 1) == 0)
        snprintf(fixture->line, sizeof fixture->line, "%s", line);
    snprintf(fixture->last, sizeof fixture->last, "%s", line);
}

static struct att_process_call call_until(struct fixture *fixture, int milliseconds)
{
    return (struct att_process_call){.arena = fixture->arena,
                                     .deadline_ns = att_clock_monotonic_ns() + milliseconds * ATT_NS_PER_MS,
                                     .cancelled = is_cancelled,
                                     .log_line = keep_line,
                                     .context = fixture};
}

static att_result run_process(struct fixture *fixture, const struct att_process *process, int milliseconds)
{
    struct att_process_call call;

    att_buffer_clear(&fixture->why);
    fixture->end.output = att_secret_destroy(fixture->end.output);
    fixture->started_ns = att_clock_monotonic_ns();
    call = call_until(fixture, milliseconds);
    return att_process_run(process, &call, &fixture->end, &fixture->why);
}

/* Runs the helper with an act and its argument. */
static att_result act(struct fixture *fixture, const char *name, const char *argument, int milliseconds)
{
    const char *arguments[] = {name, argument, NULL};
    const struct att_process process = {
        .size = sizeof process, .program = fixture->helper, .arguments = arguments, .output_limit = LIMIT};

    return run_process(fixture, &process, milliseconds);
}

static const char *output_of(const struct fixture *fixture)
{
    assert_non_null(fixture->end.output);
    return att_secret_bytes(fixture->end.output);
}

/* A sentence with "$1" and "$2" in it. */
static const char *text(struct fixture *fixture, const char *sentence, const char *first, const char *second)
{
    struct att_buffer filled;
    const char *copy;

    att_buffer_open(&filled, 4096);
    for (; *sentence; sentence++) {
        if (*sentence == '$')
            att_buffer_text(&filled, *++sentence == '1' ? first : second);
        else
            att_buffer_char(&filled, *sentence);
    }
    copy = att_pool_text(fixture->folder.pool, filled.data);
    att_buffer_close(&filled);
    return copy;
}

static void assert_why(struct fixture *fixture, const char *sentence)
{
    assert_string_equal(fixture->why.data, text(fixture, sentence, fixture->helper, NULL));
}

static int milliseconds_since_start(const struct fixture *fixture)
{
    return (int)((att_clock_monotonic_ns() - fixture->started_ns) / ATT_NS_PER_MS);
}

static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* A process that is gone, or about to be: a zombie that its new parent has not reaped yet counts. */
static bool is_gone(pid_t process)
{
    for (int i = 0; i < 2000; i++) {
        char path[64], text[512], *mark;
        ssize_t size = -1;
        int file;

        snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
        file = open(path, O_RDONLY | O_CLOEXEC);
        if (file >= 0) {
            size = read(file, text, sizeof text - 1);
            close(file);
        }
        if (size <= 0)
            return true;
        text[size] = '\0';
        mark = strrchr(text, ')');
        if (mark && (mark[2] == 'Z' || mark[2] == 'X'))
            return true;
        usleep(1000);
    }
    return false;
}

/* ---- what a helper is given -------------------------------------------------------------------------------------- */

static void H1_a_helper_sees_its_arguments_its_environment_and_nothing_of_the_application(void **state)
{
    struct fixture *fixture = *state;
    const char *arguments[] = {"facts", "two words; $HOME", NULL};
    const char *environment[] = {"ONE=1", "EMPTY=", NULL};
    const struct att_process process = {.size = sizeof process,
                                        .program = fixture->helper,
                                        .arguments = arguments,
                                        .environment = environment,
                                        .output_limit = LIMIT};
    int leaked = open("/dev/null", O_RDONLY); /* not close-on-exec, as those of many applications */
    sigset_t blocked, before;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

    sigfillset(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    sigaction(SIGUSR1, &ignore, &old);
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_OK);
    sigaction(SIGUSR1, &old, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(leaked);
    assert_string_equal(output_of(fixture),
                        att_pool_format(fixture->folder.pool,
                                        "argument: %s\nargument: facts\nargument: two words; $HOME\n"
                                        "environment: ONE=1\nenvironment: EMPTY=\nfolder: /\ndescriptors: 0 1 2\n"
                                        "session: own\nSigBlk: 0\nSigIgn: 0\n"
                                        "input: -1\n",
                                        fixture->helper));
}

static void a_helper_reads_a_secret_of_any_size_to_its_end(void **state)
{
    struct fixture *fixture = *state;
    static const size_t sizes[] = {0, 1, 65536, 65537, 1000000};

    for (size_t i = 0; i < ATT_COUNT(sizes); i++) {
        struct att_secret *input = att_secret_create(fixture->arena, sizes[i]);
        const char *arguments[] = {"count", NULL};
        const struct att_process process = {.size = sizeof process,
                                            .program = fixture->helper,
                                            .arguments = arguments,
                                            .input = input,
                                            .output_limit = LIMIT};
        unsigned long sum = 0;

        for (size_t k = 0; k < sizes[i]; k++) {
            att_secret_append(input, &(char){(char)(k * 7)}, 1);
            sum = sum * 31 + (unsigned char)(k * 7);
        }
        assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_OK);
        assert_string_equal(output_of(fixture), att_pool_format(fixture->folder.pool, "%zu %lu\n", sizes[i], sum));
        att_secret_destroy(input);
    }
}

static void H2_a_helper_that_does_not_read_is_no_failure_and_no_signal(void **state)
{
    struct fixture *fixture = *state;
    struct att_secret *input = att_secret_create(fixture->arena, 1000000);
    const char *arguments[] = {"deaf", NULL};
    const struct att_process process = {.size = sizeof process,
                                        .program = fixture->helper,
                                        .arguments = arguments,
                                        .input = input,
                                        .output_limit = LIMIT};
    sigset_t pending;

    memset(att_secret_tail(input), 'x', 1000000);
    att_secret_advance(input, 1000000);
    /* SIGPIPE is what it is by default here: it would end this program. */
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_OK);
    assert_string_equal(output_of(fixture), "deaf\n");
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    att_secret_destroy(input);
}

/* ---- what it says ------------------------------------------------------------------------------------------------ */

static void output_arrives_whole_up_to_the_limit(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(act(fixture, "print", "65536", 10000), ATT_RESULT_OK);
    assert_int_equal(att_secret_size(fixture->end.output), 65536);
    for (size_t i = 0; i < 65536; i++)
        assert_int_equal(output_of(fixture)[i], i % 64 == 63 ? '\n' : 'a' + i % 4096 % 26);
    assert_int_equal(act(fixture, "print", "0", 10000), ATT_RESULT_OK);
    assert_int_equal(att_secret_size(fixture->end.output), 0);
}

static void H3_a_flood_of_output_ends_the_helper(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(act(fixture, "print", "65537", 10000), ATT_RESULT_FAULT);
    assert_why(fixture, "helper $1 was ended: it printed more than 65536 bytes; see that it prints its answer alone, "
                        "or raise the limit");
    assert_int_equal(act(fixture, "print", "100000000000", 10000), ATT_RESULT_FAULT);
    assert_true(milliseconds_since_start(fixture) < 5000);
    assert_false(has_children());
}

static void H4_a_flood_of_complaints_is_read_by_nobody(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(act(fixture, "complain", "10000000", 20000), ATT_RESULT_OK);
    assert_int_equal(fixture->lines, 0);
}

static void complaints_are_logged_where_the_module_says_so_and_not_without_end(void **state)
{
    struct fixture *fixture = *state;
    const char *arguments[] = {"complain", "1000000", NULL};
    struct att_process process = {.size = sizeof process,
                                  .program = fixture->helper,
                                  .arguments = arguments,
                                  .output_limit = LIMIT,
                                  .flags = ATT_PROCESS_LOG_ERRORS};

    assert_int_equal(run_process(fixture, &process, 20000), ATT_RESULT_OK);
    assert_int_equal(fixture->lines, 33);
    assert_int_equal(strlen(fixture->line), 63);
    assert_string_equal(fixture->last, "(more lines of it are left out)");
    fixture->lines = 0;
    arguments[0] = "say";
    arguments[1] = "no such entry";
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_OK);
    assert_int_equal(fixture->lines, 1);
    assert_string_equal(fixture->line, "no such entry");
    assert_string_equal(output_of(fixture), "said\n");
}

static void how_it_ended_is_told_apart(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(act(fixture, "exit", "7", 10000), ATT_RESULT_OK);
    assert_int_equal(fixture->end.exit_status, 7);
    assert_int_equal(fixture->end.signal, 0);
    assert_int_equal(act(fixture, "die", "9", 10000), ATT_RESULT_OK);
    assert_int_equal(fixture->end.exit_status, -1);
    assert_int_equal(fixture->end.signal, SIGKILL);
    assert_int_equal(act(fixture, "exit", "0", 10000), ATT_RESULT_OK);
    assert_int_equal(fixture->end.exit_status, 0);
}

/* ---- when it ends ------------------------------------------------------------------------------------------------ */

static void H5_a_helper_that_hangs_is_ended_at_the_deadline(void **state)
{
    static const char *const acts[] = {"hang", "stubborn"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ATT_COUNT(acts); i++) {
        assert_int_equal(act(fixture, acts[i], NULL, 150), ATT_RESULT_DEADLINE);
        assert_true(milliseconds_since_start(fixture) >= 150);
        assert_true(milliseconds_since_start(fixture) < 5000);
        assert_why(fixture, "helper $1 was ended: it was still running when its time was over; run it by hand to see "
                            "what it waits for");
        assert_false(has_children());
    }
}

static void the_time_of_a_helper_can_be_shorter_than_that_of_the_call(void **state)
{
    struct fixture *fixture = *state;
    const char *arguments[] = {"hang", NULL};
    const struct att_process process = {.size = sizeof process,
                                        .program = fixture->helper,
                                        .arguments = arguments,
                                        .output_limit = LIMIT,
                                        .timeout_ms = 100};

    assert_int_equal(run_process(fixture, &process, 60000), ATT_RESULT_DEADLINE);
    assert_true(milliseconds_since_start(fixture) < 10000);
}

/* Runs a body in a child of ours; its exit status is the number of the line that failed, or 0. */
static int apart(int (*body)(struct fixture *), struct fixture *fixture)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        fixture->arena = att_arena_create();
        _exit(body(fixture));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

/* Ends and reaps what a test could not, as root again. False when there is not exactly one. */
static bool end_child_as_root(long number)
{
    int status;

    return setresuid(0, 0, 0) == 0 && kill((pid_t)number, SIGKILL) == 0 &&
           waitpid((pid_t)number, &status, 0) == (pid_t)number && WIFSIGNALED(status) && !has_children();
}

/* One run by a user who is not root, of a helper that becomes root by way of another program, prints that much, and
 * hangs. 0 when all is as it should be. */
static int run_foreign(struct fixture *fixture, const char *printed, att_result expected, const char *cause)
{
    const char *raised = folder_path(&fixture->folder, "raised"), *number;
    const char *arguments[] = {"become", raised, printed, NULL};
    const struct att_process process = {.size = sizeof process,
                                        .program = fixture->helper,
                                        .arguments = arguments,
                                        .output_limit = LIMIT,
                                        .flags = ATT_PROCESS_LOG_ERRORS};
    int descriptors, milliseconds = expected == ATT_RESULT_DEADLINE ? 100 : 30000;

    if (setresuid(65534, 65534, 0) != 0)
        return 1;
    descriptors = open_descriptors();
    fixture->lines = 0;
    /* It says when it is root; a machine that is busy may need longer than the first deadlines for that. */
    do {
        if (run_process(fixture, &process, milliseconds) != expected)
            return fixture->end.exit_status == 98 ? 77 : 2; /* no setuid programs in this file system */
        if (milliseconds_since_start(fixture) > milliseconds + 5000)
            return 3;
        milliseconds *= 2;
    } while (fixture->lines == 0 && milliseconds < 30000);
    if (open_descriptors() != descriptors)
        return 4;
    number = strstr(fixture->why.data, "end process ");
    if (!number || !end_child_as_root(strtol(number + 12, NULL, 10)))
        return 5;
    return strcmp(fixture->why.data,
                  att_pool_format(fixture->folder.pool,
                                  "helper %s runs on, although %s: it became another user, whom uid 65534 may not end; "
                                  "end process %ld by hand, and name a program that runs as the user who starts it",
                                  fixture->helper, cause, strtol(number + 12, NULL, 10))) == 0
               ? 0
               : 6;
}

static void *cancel_when_root(void *context)
{
    struct fixture *fixture = context;

    while (atomic_load(&fixture->lines) == 0)
        usleep(1000);
    atomic_store(&fixture->cancelled, true);
    return NULL;
}

static int with_a_helper_that_becomes_root(struct fixture *fixture)
{
    pthread_t thread;
    int outcome = run_foreign(fixture, "0", ATT_RESULT_DEADLINE, "its time is over");

    if (!outcome)
        outcome = run_foreign(fixture, "100000", ATT_RESULT_FAULT, "it printed too much");
    fixture->lines = 0;
    if (outcome || pthread_create(&thread, NULL, cancel_when_root, fixture) != 0)
        return outcome ? outcome : 7;
    outcome = run_foreign(fixture, "0", ATT_RESULT_CANCELLED, "nobody waits for it any more");
    atomic_store(&fixture->lines, 1); /* so that the thread ends in any case */
    pthread_join(thread, NULL);
    return outcome;
}

static void H5_a_helper_that_became_another_user_does_not_keep_the_request(void **state)
{
    struct fixture *fixture = *state;
    const char *raised = folder_path(&fixture->folder, "raised");
    int outcome;

    if (geteuid() != 0) {
        print_message("# only root can make a program that becomes another user\n");
        skip();
    }
    copy_to(fixture, raised, 04755);
    outcome = apart(with_a_helper_that_becomes_root, fixture);
    if (outcome == 77) {
        print_message("# setuid programs do not work in /tmp\n");
        skip();
    }
    assert_int_equal(outcome, 0);
}

static void *cancel_soon(void *context)
{
    struct fixture *fixture = context;

    usleep(50000);
    atomic_store(&fixture->cancelled, true);
    return NULL;
}

static void a_helper_that_nobody_waits_for_is_ended(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, fixture), 0);
    assert_int_equal(act(fixture, "hang", NULL, 60000), ATT_RESULT_CANCELLED);
    assert_true(milliseconds_since_start(fixture) < 10000);
    assert_why(fixture, "helper $1 was ended: nobody waits for it any more");
    pthread_join(thread, NULL);
    assert_false(has_children());
}

static void H6_a_child_of_the_helper_cannot_keep_the_pipe_open_and_is_ended_with_it(void **state)
{
    struct fixture *fixture = *state;
    pid_t child;

    assert_int_equal(act(fixture, "child", NULL, 60000), ATT_RESULT_OK);
    assert_true(milliseconds_since_start(fixture) < 10000);
    child = (pid_t)strtol(output_of(fixture), NULL, 10);
    assert_true(child > 1);
    assert_true(is_gone(child));
    assert_false(has_children());
}

static void H7_a_daemon_with_a_session_of_its_own_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    pid_t child;

    assert_int_equal(act(fixture, "session", NULL, 60000), ATT_RESULT_OK);
    assert_true(milliseconds_since_start(fixture) < 10000);
    child = (pid_t)strtol(output_of(fixture), NULL, 10);
    assert_true(child > 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_true(is_gone(child));
}

/* ---- what may be run --------------------------------------------------------------------------------------------- */

static void assert_refused(struct fixture *fixture, const char *program, const char *sha256, const char *sentence)
{
    const struct att_process process = {
        .size = sizeof process, .program = program, .sha256 = sha256, .output_limit = LIMIT};

    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_CONFIG);
    assert_string_equal(fixture->why.data, sentence);
    assert_null(fixture->end.output);
    assert_false(has_children());
}

static void a_program_that_is_none_is_refused_by_name(void **state)
{
    struct fixture *fixture = *state;
    const char *missing = folder_path(&fixture->folder, "missing"), *plain, *script, *folder;

    assert_refused(fixture, "helper", NULL,
                   "helper \"helper\" is not the absolute path of a program; write it in full");
    assert_refused(fixture, "", NULL, "helper \"\" is not the absolute path of a program; write it in full");
    assert_refused(fixture, missing, NULL,
                   text(fixture,
                        "helper $1 cannot be found: No such file or directory; install it, or correct the path",
                        missing, NULL));
    folder = folder_add(&fixture->folder, "folder");
    assert_refused(fixture, folder, NULL,
                   text(fixture, "helper $1 is not a regular file; name a program", folder, NULL));
    missing = folder_path(&fixture->folder, "nowhere/helper");
    assert_refused(fixture, missing, NULL,
                   text(fixture,
                        "helper $1: its directory cannot be found: No such file or directory; install it, or correct "
                        "the path",
                        missing, NULL));
    plain = folder_put(&fixture->folder, "plain", "text\n");
    assert_refused(fixture, plain, NULL,
                   text(fixture, "helper $1 is not executable (mode 0644); make it so: chmod a+x $2", plain, plain));
    script = folder_put(&fixture->folder, "script", "#!/nowhere/interpreter\n");
    chmod(script, 0755);
    assert_refused(fixture, script, NULL,
                   text(fixture,
                        "helper $1 cannot be started: its interpreter is missing, or a library of it; run it by hand",
                        script, NULL));
    script = folder_put(&fixture->folder, "garbage", "\x01garbage");
    chmod(script, 0755);
    assert_refused(fixture, script, NULL,
                   att_pool_format(fixture->folder.pool,
                                   "helper %s cannot be started: Exec format error; run it by hand as uid %u", script,
                                   (unsigned)geteuid()));
}

static void H8_a_program_that_others_can_have_written_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const char *open_folder = folder_add(&fixture->folder, "open"), *within;

    chmod(fixture->helper, 0775);
    assert_refused(fixture, fixture->helper, NULL,
                   text(fixture,
                        "others may write the helper $1 (mode 0775); make sure that nobody did, and take that away: "
                        "chmod go-w $2",
                        fixture->helper, fixture->helper));
    chmod(fixture->helper, 0755);
    within = folder_path(&fixture->folder, "open/helper");
    assert_int_equal(link(fixture->helper, within), 0);
    chmod(open_folder, 01777);
    assert_refused(fixture, within, NULL,
                   att_pool_format(fixture->folder.pool,
                                   "helper %s: others may write its directory %s (mode 1777); take that away: chmod "
                                   "go-w %s",
                                   within, open_folder, open_folder));
    if (geteuid() != 0)
        skip();
    chmod(open_folder, 0755);
    assert_int_equal(chown(fixture->helper, 65534, 65534), 0);
    assert_refused(fixture, fixture->helper, NULL,
                   text(fixture,
                        "helper $1 belongs to uid 65534; make it belong to root or to the running user (uid 0), if "
                        "you know where it is from",
                        fixture->helper, NULL));
    assert_int_equal(chown(fixture->helper, 0, 0), 0);
    assert_int_equal(chown(open_folder, 65534, 65534), 0);
    assert_refused(fixture, within, NULL,
                   text(fixture,
                        "helper $1: its directory $2 belongs to uid 65534; make it belong to root or to the running "
                        "user (uid 0)",
                        within, open_folder));
}

static void H8_a_program_that_runs_as_somebody_else_is_refused(void **state)
{
    struct fixture *fixture = *state;

    chmod(fixture->helper, 04755);
    assert_refused(fixture, fixture->helper, NULL,
                   text(fixture,
                        "helper $1 is setuid (mode 4755), so it would run as somebody else, and perhaps could not be "
                        "ended; name a program that runs as the user who starts it",
                        fixture->helper, NULL));
    chmod(fixture->helper, 02755);
    assert_refused(fixture, fixture->helper, NULL,
                   text(fixture,
                        "helper $1 is setgid (mode 2755), so it would run as somebody else, and perhaps could not be "
                        "ended; name a program that runs as the user who starts it",
                        fixture->helper, NULL));
}

static void links_lead_to_programs_where_nobody_else_can_have_put_them(void **state)
{
    struct fixture *fixture = *state;
    const char *first = folder_path(&fixture->folder, "first"), *second = folder_path(&fixture->folder, "second"),
               *round = folder_path(&fixture->folder, "round"), *shared = folder_add(&fixture->folder, "shared"),
               *within = folder_path(&fixture->folder, "shared/helper"),
               *through = folder_path(&fixture->folder, "through");
    const char *arguments[] = {"facts", NULL};
    struct att_process process = {
        .size = sizeof process, .program = first, .arguments = arguments, .output_limit = LIMIT};

    assert_int_equal(symlink("./second", first), 0);
    assert_int_equal(symlink(fixture->helper, second), 0);
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_OK);
    assert_non_null(strstr(output_of(fixture), "/first\n")); /* programs of many names go by the one they were called */
    assert_int_equal(symlink("round", round), 0);
    assert_refused(
        fixture, round, NULL,
        text(fixture, "helper $1: more than 40 symbolic links are on its way; name the program itself", round, NULL));
    assert_int_equal(link(fixture->helper, within), 0);
    chmod(shared, 0777);
    assert_int_equal(symlink(within, through), 0);
    assert_refused(fixture, through, NULL,
                   att_pool_format(fixture->folder.pool,
                                   "helper %s: others may write its directory %s (mode 0777); take that away: chmod "
                                   "go-w %s",
                                   through, shared, shared));
}

static void H9_a_program_that_is_not_the_pinned_one_is_refused(void **state)
{
    static const char pinned[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct fixture *fixture = *state;
    const char *script = folder_put(&fixture->folder, "script", "#!/bin/sh\necho pinned\n"), *found;
    struct att_process process = {.size = sizeof process, .program = script, .sha256 = pinned, .output_limit = LIMIT};

    chmod(script, 0755);
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_CONFIG);
    found = strstr(fixture->why.data, "its sha256 is ");
    assert_non_null(found);
    found = att_pool_text_size(fixture->folder.pool, found + 14, 64);
    assert_string_equal(fixture->why.data,
                        text(fixture,
                             "helper $1 is not the pinned one: its sha256 is $2; find out who changed it, or pin the "
                             "new one",
                             script, found));
    process.sha256 = found;
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_OK);
    assert_string_equal(output_of(fixture), "pinned\n");
    folder_put(&fixture->folder, "script", "#!/bin/sh\necho other!\n");
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_CONFIG);
}

static void what_a_module_asks_for_has_limits(void **state)
{
    static const char *const nameless[] = {"A=1", "=2", NULL}, *const bare[] = {"PATH", NULL};
    struct fixture *fixture = *state;
    struct att_process process = {.size = sizeof process, .program = fixture->helper, .output_limit = (1 << 20) + 1};

    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_CONFIG);
    assert_why(fixture, "helper $1 may not print as much as 1048577 bytes; 1 MiB is the most");
    process.output_limit = LIMIT;
    process.environment = nameless;
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_CONFIG);
    assert_why(fixture, "helper $1: a variable of its environment has no name; write NAME=VALUE");
    process.environment = bare;
    assert_int_equal(run_process(fixture, &process, 10000), ATT_RESULT_CONFIG);
}

static void a_module_of_an_earlier_version_knows_less_of_the_struct(void **state)
{
    struct fixture *fixture = *state;
    const char *arguments[] = {"exit", "3", NULL};
    const struct att_process process = {.size = offsetof(struct att_process, timeout_ms),
                                        .program = fixture->helper,
                                        .arguments = arguments,
                                        .output_limit = LIMIT,
                                        .timeout_ms = 1};

    assert_int_equal(run_process(fixture, &process, 20000), ATT_RESULT_OK);
    assert_int_equal(fixture->end.exit_status, 3);
}

/* ---- the application's process ----------------------------------------------------------------------------------- */

static void H10_nothing_is_left_behind_and_nothing_of_the_process_changes(void **state)
{
    struct fixture *fixture = *state;
    struct sigaction chld_before, chld_after, pipe_before, pipe_after;
    char folder_before[4096], folder_after[4096];
    sigset_t before, after;
    mode_t mask = umask(027);
    int descriptors;

    assert_int_equal(act(fixture, "exit", "0", 10000), ATT_RESULT_OK);
    descriptors = open_descriptors();
    sigaction(SIGCHLD, NULL, &chld_before);
    sigaction(SIGPIPE, NULL, &pipe_before);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_non_null(getcwd(folder_before, sizeof folder_before));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(act(fixture, "exit", "1", 10000), ATT_RESULT_OK);
        assert_int_equal(act(fixture, "print", "70000", 10000), ATT_RESULT_FAULT);
        assert_int_equal(act(fixture, "hang", NULL, 1), ATT_RESULT_DEADLINE);
        assert_int_equal(act(fixture, "child", NULL, 10000), ATT_RESULT_OK);
    }
    assert_false(has_children());
    assert_int_equal(open_descriptors(), descriptors);
    sigaction(SIGCHLD, NULL, &chld_after);
    sigaction(SIGPIPE, NULL, &pipe_after);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int signal_number = 1; signal_number < SIGRTMIN; signal_number++)
        assert_int_equal(sigismember(&before, signal_number), sigismember(&after, signal_number));
    assert_true(chld_before.sa_handler == chld_after.sa_handler && pipe_before.sa_handler == pipe_after.sa_handler);
    assert_string_equal(getcwd(folder_after, sizeof folder_after), folder_before);
    assert_int_equal(umask(mask), 027);
}

static void an_application_that_reaps_all_children_gets_a_clear_failure(void **state)
{
    struct fixture *fixture = *state;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;

    sigaction(SIGCHLD, &ignore, &before);
    assert_int_equal(act(fixture, "exit", "0", 10000), ATT_RESULT_FAULT);
    assert_why(fixture, "helper $1 has ended, and the application took its exit status; let it not ignore SIGCHLD, nor "
                        "wait for children that are not its own");
    assert_int_equal(act(fixture, "hang", NULL, 50), ATT_RESULT_DEADLINE);
    sigaction(SIGCHLD, &before, NULL);
}

/* All three of its descriptors are what they should be: it reads one, and writes to both others. */
static bool speaks_and_hears(struct fixture *fixture, uint32_t flags)
{
    struct att_secret *input = att_secret_from(fixture->arena, "x", 1);
    const char *arguments[] = {"say", "complaint", NULL};
    struct att_process process = {.size = sizeof process,
                                  .program = fixture->helper,
                                  .arguments = arguments,
                                  .input = input,
                                  .output_limit = LIMIT,
                                  .flags = flags};
    bool good;

    fixture->lines = 0;
    good = run_process(fixture, &process, 10000) == ATT_RESULT_OK && fixture->end.exit_status == 0 &&
           strcmp(output_of(fixture), "said\n") == 0 && fixture->lines == (flags ? 1 : 0);
    arguments[0] = "count";
    good = good && run_process(fixture, &process, 10000) == ATT_RESULT_OK && strcmp(output_of(fixture), "1 120\n") == 0;
    att_secret_destroy(input);
    return good;
}

static int with_closed_standard(struct fixture *fixture)
{
    for (int closed = 1; closed < 8; closed++) {
        for (int i = 0; i < 3; i++)
            if (closed & 1 << i)
                close(i);
        if (act(fixture, "facts", NULL, 10000) != ATT_RESULT_OK)
            return closed;
        if (!strstr(output_of(fixture), "descriptors: 0 1 2\n") || !strstr(output_of(fixture), "input: -1\n"))
            return 10 + closed;
        if (!speaks_and_hears(fixture, 0))
            return 30 + closed;
        if (!speaks_and_hears(fixture, ATT_PROCESS_LOG_ERRORS))
            return 40 + closed;
        for (int i = 0; i < 3; i++)
            if (closed & 1 << i && fcntl(i, F_GETFD) >= 0)
                return 20 + closed;
        while (open("/dev/null", O_RDWR) < 3)
            continue;
    }
    return 0;
}

static void an_application_may_have_closed_its_standard_descriptors(void **state)
{
    assert_int_equal(apart(with_closed_standard, *state), 0);
}

static int with_few_descriptors(struct fixture *fixture)
{
    struct rlimit limit = {(rlim_t)open_descriptors(), 4096};

    setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        continue;
    for (int room = 0; room < 5; room++) {
        att_result result = act(fixture, "exit", "0", 10000);
        const char *sentence = fixture->why.data;

        if (result == ATT_RESULT_OK)
            return room < 3 ? 10 + room : 0;
        if (result != ATT_RESULT_UNAVAILABLE && result != ATT_RESULT_CONFIG)
            return 20 + room;
        if (!strstr(sentence, "Too many open files"))
            return 30 + room;
        close((int)limit.rlim_cur - 1 - room);
    }
    return 0;
}

static void F5_without_descriptors_no_helper_is_started(void **state)
{
    assert_int_equal(apart(with_few_descriptors, *state), 0);
}

/* A kernel before 5.3, or a sandbox that does not know the call. */
static int without_pidfd(struct fixture *fixture)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* the number of the call */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {ATT_COUNT(rules), rules};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 77;
    if (syscall(SYS_pidfd_open, getpid(), 0) != -1 || errno != ENOSYS)
        return 1;
    if (act(fixture, "exit", "5", 10000) != ATT_RESULT_OK || fixture->end.exit_status != 5)
        return 2;
    if (act(fixture, "child", NULL, 60000) != ATT_RESULT_OK || milliseconds_since_start(fixture) > 10000)
        return 3;
    if (act(fixture, "hang", NULL, 50) != ATT_RESULT_DEADLINE || milliseconds_since_start(fixture) > 10000)
        return 4;
    return has_children() ? 5 : 0;
}

static void a_kernel_without_pidfd_does_too(void **state)
{
    int outcome = apart(without_pidfd, *state);

    if (outcome == 77)
        skip();
    assert_int_equal(outcome, 0);
}

static void on_alarm(int number)
{
    (void)number;
}

static void F5_interrupted_calls_change_nothing_for_a_helper(void **state)
{
    struct fixture *fixture = *state;
    struct sigaction interrupt = {.sa_handler = on_alarm}, before;
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};

    sigaction(SIGALRM, &interrupt, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(act(fixture, "print", "65536", 20000), ATT_RESULT_OK);
        assert_int_equal(att_secret_size(fixture->end.output), 65536);
    }
    assert_int_equal(act(fixture, "hang", NULL, 30), ATT_RESULT_DEADLINE);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
}

/* ---- many at once ------------------------------------------------------------------------------------------------ */

enum { THREADS = 100, ROUNDS = 2 };

struct runner {
    struct fixture *fixture;
    pthread_t thread;
    int number, wrong;
};

static void *run_some(void *context)
{
    struct runner *runner = context;
    char number[16];
    const char *arguments[] = {"print", number, NULL};
    struct att_process process = {
        .size = sizeof process, .program = runner->fixture->helper, .arguments = arguments, .output_limit = LIMIT};

    for (int i = 0; i < ROUNDS; i++) {
        struct att_process_call call = call_until(runner->fixture, 60000);
        struct att_process_end end = {.size = sizeof end};
        struct att_buffer why;
        int size = runner->number * 100 + i;

        snprintf(number, sizeof number, "%d", size);
        att_buffer_open(&why, 2048);
        if (att_process_run(&process, &call, &end, &why) != ATT_RESULT_OK || end.exit_status != 0 ||
            att_secret_size(end.output) != (size_t)size)
            runner->wrong++;
        att_secret_destroy(end.output);
        att_buffer_close(&why);
    }
    return NULL;
}

static void a_hundred_helpers_at_once_do_not_meet(void **state)
{
    struct runner runners[THREADS];
    int descriptors = open_descriptors();
    int64_t started_ns = att_clock_monotonic_ns();

    for (int i = 0; i < THREADS; i++) {
        runners[i] = (struct runner){.fixture = *state, .number = i};
        assert_int_equal(pthread_create(&runners[i].thread, NULL, run_some, &runners[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(runners[i].thread, NULL);
        assert_int_equal(runners[i].wrong, 0);
    }
    print_message("# %d helpers, %d at once: %lld us each\n", THREADS * ROUNDS, THREADS,
                  (long long)((att_clock_monotonic_ns() - started_ns) / 1000 / (THREADS * ROUNDS)));
    assert_false(has_children());
    assert_int_equal(open_descriptors(), descriptors);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        CASE(H1_a_helper_sees_its_arguments_its_environment_and_nothing_of_the_application),
        CASE(a_helper_reads_a_secret_of_any_size_to_its_end),
        CASE(H2_a_helper_that_does_not_read_is_no_failure_and_no_signal),
        CASE(output_arrives_whole_up_to_the_limit),
        CASE(H3_a_flood_of_output_ends_the_helper),
        CASE(H4_a_flood_of_complaints_is_read_by_nobody),
        CASE(complaints_are_logged_where_the_module_says_so_and_not_without_end),
        CASE(how_it_ended_is_told_apart),
        CASE(H5_a_helper_that_hangs_is_ended_at_the_deadline),
        CASE(the_time_of_a_helper_can_be_shorter_than_that_of_the_call),
        CASE(H5_a_helper_that_became_another_user_does_not_keep_the_request),
        CASE(a_helper_that_nobody_waits_for_is_ended),
        CASE(H6_a_child_of_the_helper_cannot_keep_the_pipe_open_and_is_ended_with_it),
        CASE(H7_a_daemon_with_a_session_of_its_own_is_not_waited_for),
        CASE(a_program_that_is_none_is_refused_by_name),
        CASE(H8_a_program_that_others_can_have_written_is_refused),
        CASE(H8_a_program_that_runs_as_somebody_else_is_refused),
        CASE(links_lead_to_programs_where_nobody_else_can_have_put_them),
        CASE(H9_a_program_that_is_not_the_pinned_one_is_refused),
        CASE(what_a_module_asks_for_has_limits),
        CASE(a_module_of_an_earlier_version_knows_less_of_the_struct),
        CASE(H10_nothing_is_left_behind_and_nothing_of_the_process_changes),
        CASE(an_application_that_reaps_all_children_gets_a_clear_failure),
        CASE(an_application_may_have_closed_its_standard_descriptors),
        CASE(F5_without_descriptors_no_helper_is_started),
        CASE(a_kernel_without_pidfd_does_too),
        CASE(F5_interrupted_calls_change_nothing_for_a_helper),
        CASE(a_hundred_helpers_at_once_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
