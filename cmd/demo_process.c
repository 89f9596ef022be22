/* cmd/demo_process.c: the programs that attache demo starts: the upstream, pkg-config and the compiler. No shell. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <attache/attache.h>

#include "cmd/demo.h"
#include "cmd/fail.h"

#define EXAMPLE "file_token"
#define FLAG_LIMIT 32
#define UPSTREAM_START_MS 5000

/* The environment of the children: nothing of the user's but PATH. */
struct environment {
    char path[8192], temporary[PATH_MAX + 8], packages[2 * PATH_MAX + 24], root[PATH_MAX + 32];
    const char *list[8];
};

static void fill_environment(struct environment *environment, struct demo_site *site)
{
    const char *path = secure_getenv("PATH");
    size_t count = 0;

    snprintf(environment->path, sizeof environment->path, "PATH=%s", path ? path : "/usr/local/bin:/usr/bin:/bin");
    snprintf(environment->temporary, sizeof environment->temporary, "TMPDIR=%s", site->folder.text);
    snprintf(environment->packages, sizeof environment->packages, "PKG_CONFIG_PATH=%s" ATT_PKGCONFIGDIR,
             site->root.text);
    snprintf(environment->root, sizeof environment->root, "PKG_CONFIG_SYSROOT_DIR=%s", site->root.text);
    environment->list[count++] = environment->path;
    environment->list[count++] = environment->temporary;
    environment->list[count++] = environment->packages;
    if (site->root.text[0])
        environment->list[count++] = environment->root;
    environment->list[count++] = "LC_ALL=C";
    environment->list[count] = NULL;
}

/* Starts a program found by PATH, its standard input and output on these descriptors. Signals are as a new program
 * expects them. Returns an errno. */
static int start(pid_t *process, struct demo_site *site, const char *const *arguments, int input, int output)
{
    struct environment environment;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, ignored;
    int failure;

    fill_environment(&environment, site);
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setsigmask(&attributes, &none);
    failure = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    failure = failure ? failure : posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    failure = failure ? failure
                      : posix_spawnp(process, arguments[0], &actions, &attributes, (char *const *)arguments,
                                     (char *const *)environment.list);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* The exit status of a child, or 128 and more when a signal ended it. */
static int await_end(pid_t process)
{
    int state = 0;

    while (waitpid(process, &state, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

/* Reads up to the first line end, at most until `milliseconds` pass without a byte. */
static bool read_line(int descriptor, char *line, size_t size, int milliseconds)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLIN};
    size_t used = 0;

    while (used + 1 < size && poll(&ready, 1, milliseconds) > 0 && read(descriptor, line + used, 1) == 1) {
        if (line[used++] == '\n') {
            line[used - 1] = 0;
            return true;
        }
    }
    line[used] = 0;
    return false;
}

bool demo_upstream_start(struct demo_upstream *upstream, struct demo_site *site, const char *program)
{
    const char *arguments[] = {program, "--log", site->log.text, NULL};
    int input[2] = {-1, -1}, output[2] = {-1, -1}, failure = 0;
    char line[64] = "";
    unsigned port = 0;

    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        failure = errno;
    if (failure == 0)
        failure = start(&upstream->process, site, arguments, input[0], output[1]);
    close(input[0]);
    close(output[1]);
    upstream->keep = input[1];
    if (failure != 0) {
        upstream->process = 0;
        site->exit_status = cmd_fail_here(site->call, ATT_INVALID, "--upstream",
                                          "option --upstream: %s cannot be started: %s; name a "
                                          "program that can, or leave the option out",
                                          program, strerror(failure));
    } else if (!read_line(output[0], line, sizeof line, UPSTREAM_START_MS) || sscanf(line, "port %5u", &port) != 1) {
        failure = EPROTO;
        site->exit_status = cmd_fail_here(site->call, ATT_INVALID, "--upstream",
                                          "option --upstream: %s did not say \"port N\"; name the "
                                          "upstream of the demo, or leave the option out",
                                          program);
    }
    close(output[0]);
    snprintf(site->origin, sizeof site->origin, "http://127.0.0.1:%u", port);
    return failure == 0;
}

void demo_upstream_stop(struct demo_upstream *upstream)
{
    if (upstream->keep >= 0)
        close(upstream->keep);
    if (upstream->process > 0) {
        kill(upstream->process, SIGTERM);
        await_end(upstream->process);
    }
    *upstream = (struct demo_upstream){.keep = -1};
}

/* Runs a program to its end; the first line of its output goes to `line`. Returns its exit status, or -1 with errno. */
static int run_program(struct demo_site *site, const char *const *arguments, char *line, size_t size)
{
    int output[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), failure;
    pid_t process = 0;

    if (null < 0 || pipe2(output, O_CLOEXEC) != 0) {
        failure = errno;
        if (null >= 0)
            close(null);
        errno = failure;
        return -1;
    }
    failure = start(&process, site, arguments, null, output[1]);
    close(null);
    close(output[1]);
    if (failure == 0)
        read_line(output[0], line, size, -1);
    close(output[0]);
    if (failure == 0)
        return await_end(process);
    errno = failure;
    return -1;
}

/* Splits the flags of pkg-config at blanks, in place. Returns how many there are. */
static size_t split_flags(char *flags, const char *list[FLAG_LIMIT])
{
    size_t count = 0;
    char *rest = flags, *word;

    while (count < FLAG_LIMIT && (word = strsep(&rest, " \n")))
        if (*word)
            list[count++] = word;
    return count;
}

static void show_command(const char *const *arguments, char *command, size_t size)
{
    size_t used = 0;

    command[0] = 0;
    for (size_t i = 0; arguments[i] && used < size; i++)
        used += (size_t)snprintf(command + used, size - used, "%s%s", i ? " " : "", arguments[i]);
}

static enum demo_build compile(struct demo_site *site, const char *source, char *flags, struct demo_module *module)
{
    const char *arguments[FLAG_LIMIT + 8] = {"cc", "-std=gnu11", "-O2", "-shared", "-fPIC"};
    char line[16];
    size_t count = 5;
    struct cmd_path target;
    int exit_status;

    if (!cmd_path_join(&target, site->modules.text, EXAMPLE ".so"))
        return DEMO_BUILD_FAILED;
    count += split_flags(flags, arguments + count);
    arguments[count++] = "-o";
    arguments[count++] = target.text;
    arguments[count++] = source;
    show_command(arguments, module->command, sizeof module->command);
    exit_status = run_program(site, arguments, line, sizeof line);
    snprintf(module->file, sizeof module->file, EXAMPLE ".so");
    if (exit_status < 0) {
        snprintf(module->why, sizeof module->why, "cc cannot be started: %s; install gcc", strerror(errno));
        return DEMO_BUILD_MISSING;
    }
    snprintf(module->why, sizeof module->why, "cc ended with status %d", exit_status);
    return exit_status == 0 && chmod(target.text, 0700) == 0 ? DEMO_BUILT : DEMO_BUILD_FAILED;
}

enum demo_build demo_module_build(struct demo_site *site, struct demo_module *module)
{
    static const char example[] = ATT_EXAMPLESDIR "/" EXAMPLE ".c";
    const char *arguments[] = {"pkg-config", "--cflags", "attache", NULL};
    char flags[4096] = "";
    struct cmd_path source;
    int exit_status;

    *module = (struct demo_module){0};
    if (!cmd_path_join(&source, site->root.text, &example[1]))
        return DEMO_BUILD_FAILED;
    if (access(source.text, R_OK) != 0) {
        snprintf(module->why, sizeof module->why, "%s is not installed: %s", source.text, strerror(errno));
        return DEMO_BUILD_MISSING;
    }
    exit_status = run_program(site, arguments, flags, sizeof flags);
    if (exit_status == 0)
        return compile(site, source.text, flags, module);
    if (exit_status < 0)
        snprintf(module->why, sizeof module->why, "pkg-config cannot be started: %s; install it", strerror(errno));
    else
        snprintf(module->why, sizeof module->why,
                 "pkg-config does not know attache; install attache.pc, or put its folder on PKG_CONFIG_PATH");
    return DEMO_BUILD_MISSING;
}
