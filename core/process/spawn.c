/* core/process/spawn.c: starting a helper with nothing of the application's about it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/process/process.h"

enum { STANDARD = 3 }; /* descriptors below are standard input, output and error */

void att_child_close(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

ssize_t att_child_write(int descriptor, const void *bytes, size_t size)
{
    static const struct timespec now = {0, 0};
    sigset_t broken, before, pending;
    ssize_t count;
    int error;

    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    count = write(descriptor, bytes, size);
    error = errno;
    /* Ours alone is taken back: one that was pending before is the application's. */
    if (count < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&broken, NULL, &now) < 0 && errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return count;
}

/* An application may have closed 0 to 2: our descriptors must not take their places, or giving the helper its own would
 * overwrite them. */
static bool lift(int *descriptor)
{
    int low = *descriptor;

    if (low >= STANDARD)
        return true;
    *descriptor = fcntl(low, F_DUPFD_CLOEXEC, STANDARD);
    close(low);
    return *descriptor >= 0;
}

/* `ours` does not block; `theirs` does, as programs expect. */
static bool pipe_open(int *ours, int *theirs, bool we_read)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *ours = ends[we_read ? 0 : 1];
    *theirs = ends[we_read ? 1 : 0];
    return lift(ours) && lift(theirs) && fcntl(*ours, F_SETFL, O_NONBLOCK) == 0;
}

/* The helper's own ends. */
struct ends {
    int nothing; /* of /dev/null */
    int input, output, errors;
};

static bool ends_open(struct ends *ends, struct att_child *child, const struct att_process *process)
{
    ends->nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    return ends->nothing >= 0 && lift(&ends->nothing) && pipe_open(&child->output, &ends->output, true) &&
           (!process->input || pipe_open(&child->input, &ends->input, false)) &&
           (!(process->flags & ATT_PROCESS_LOG_ERRORS) || pipe_open(&child->errors, &ends->errors, true));
}

static void ends_close(struct ends *ends)
{
    att_child_close(&ends->nothing);
    att_child_close(&ends->input);
    att_child_close(&ends->output);
    att_child_close(&ends->errors);
}

static int set_actions(posix_spawn_file_actions_t *actions, const struct ends *ends)
{
    int error = posix_spawn_file_actions_adddup2(actions, ends->input >= 0 ? ends->input : ends->nothing, 0);

    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, ends->output >= 0 ? ends->output : ends->nothing, 1);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, ends->errors >= 0 ? ends->errors : ends->nothing, 2);
    if (!error)
        error = posix_spawn_file_actions_addclosefrom_np(actions, STANDARD);
    if (!error)
        error = posix_spawn_file_actions_addchdir_np(actions, "/");
    return error;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t signals;
    int error =
        posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

    sigfillset(&signals);
    if (!error)
        error = posix_spawnattr_setsigdefault(attributes, &signals);
    sigemptyset(&signals);
    if (!error)
        error = posix_spawnattr_setsigmask(attributes, &signals);
    return error;
}

static int spawn(pid_t *pid, const struct att_process *process, const char *path, char **arguments,
                 const struct ends *ends)
{
    static char *const nothing[] = {NULL};
    char *const *environment = process->environment ? (char *const *)process->environment : nothing;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = set_actions(&actions, ends);
        if (!error)
            error = set_attributes(&attributes);
        if (!error)
            error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* What stands in the file is at fault, or what this process may still have. */
static att_result explain_spawn(int error, const char *path, struct att_buffer *why)
{
    switch (error) {
    case ENOENT:
        att_buffer_format(why,
                          "helper %s cannot be started: its interpreter is missing, or a library of it; run it by "
                          "hand",
                          path);
        return ATT_RESULT_CONFIG;
    case EACCES:
    case EPERM:
    case ENOEXEC:
    case ELOOP:
    case E2BIG:
        att_buffer_format(why, "helper %s cannot be started: %s; run it by hand as uid %u", path,
                          strerrordesc_np(error), (unsigned)geteuid());
        return ATT_RESULT_CONFIG;
    default:
        att_buffer_format(why, "helper %s cannot be started now: %s; raise the limits of this process", path,
                          strerrordesc_np(error));
        return ATT_RESULT_UNAVAILABLE;
    }
}

static char **arguments_of(const struct att_process *process)
{
    size_t count = 0;
    char **list;

    while (process->arguments && process->arguments[count])
        count++;
    list = calloc(count + 2, sizeof *list);
    if (!list)
        return NULL;
    list[0] = (char *)process->program;
    for (size_t i = 0; i < count; i++)
        list[i + 1] = (char *)process->arguments[i];
    return list;
}

att_result att_child_start(struct att_child *child, const struct att_process *process, const char *path,
                           struct att_buffer *why)
{
    struct ends ends = {-1, -1, -1, -1};
    char **arguments = arguments_of(process);
    att_result result = ATT_RESULT_OK;
    int error = 0;

    *child = (struct att_child){-1, -1, -1, -1, -1};
    if (!arguments || !ends_open(&ends, child, process))
        error = arguments ? errno : ENOMEM;
    if (!error)
        error = spawn(&child->pid, process, path, arguments, &ends);
    ends_close(&ends);
    free(arguments);
    if (error) {
        result = explain_spawn(error, path, why);
        att_child_close(&child->input);
        att_child_close(&child->output);
        att_child_close(&child->errors);
        child->pid = -1;
        return result;
    }
    /* Close-on-exec by its nature. Without one the end is looked for in short intervals. */
    child->watch = (int)syscall(SYS_pidfd_open, child->pid, 0);
    return result;
}

att_result att_child_launch(pid_t *pid, const struct att_process *process, const char *path, struct att_buffer *why)
{
    struct ends ends = {.nothing = open("/dev/null", O_RDWR | O_CLOEXEC), .input = -1, .output = -1, .errors = -1};
    char **arguments = arguments_of(process);
    int error = 0;

    if (!arguments || ends.nothing < 0 || !lift(&ends.nothing))
        error = arguments ? errno : ENOMEM;
    if (!error)
        error = spawn(pid, process, path, arguments, &ends);
    ends_close(&ends);
    free(arguments);
    return error ? explain_spawn(error, path, why) : ATT_RESULT_OK;
}
