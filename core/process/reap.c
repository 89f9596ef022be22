/* core/process/reap.c: how a helper ended, and that nothing of it is left. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process/process.h"

enum { BY_PIDFD = 3 }; /* P_PIDFD, which glibc names since 2.36 */

/* How long one that may not be killed has to end by itself, and how often it is looked for. */
enum { FOREIGN_MS = 200, SLICE_MS = 20, SLICE_BLIND_MS = 2 };

/* By the descriptor where there is one: a number may be another's by now when the application reaps what is not its
 * own. */
static int wait_for(const struct att_child *child, siginfo_t *info, int options)
{
    bool watched = child->watch >= 0;
    int outcome;

    do {
        info->si_pid = 0;
        outcome = waitid(watched ? (idtype_t)BY_PIDFD : P_PID, (id_t)(watched ? child->watch : child->pid), info,
                         WEXITED | options);
        /* Linux 5.3 has descriptors of processes, and cannot wait for them. */
        watched = watched && !(outcome != 0 && errno == EINVAL);
    } while (outcome != 0 && (errno == EINTR || errno == EINVAL));
    return outcome;
}

bool att_child_has_ended(const struct att_child *child, bool *lost)
{
    siginfo_t info;

    *lost = wait_for(child, &info, WNOHANG | WNOWAIT) != 0;
    return *lost || info.si_pid != 0;
}

/* A signal to a group succeeds when one of it could be given it, so the helper itself is asked about. It is killed
 * again as long as it is there: who became another user may become ours again. */
static enum att_child_fate kill_and_reap(const struct att_child *child, siginfo_t *info)
{
    int64_t until_ns = att_clock_monotonic_ns() + FOREIGN_MS * ATT_NS_PER_MS;
    struct pollfd end = {child->watch, POLLIN, 0};

    while (true) {
        /* As long as it is not reaped, the number of its group is nobody else's. */
        kill(-child->pid, SIGKILL);
        if (wait_for(child, info, WNOHANG) != 0)
            return ATT_CHILD_LOST;
        if (info->si_pid != 0)
            return ATT_CHILD_ENDED;
        if (att_clock_monotonic_ns() >= until_ns && kill(child->pid, 0) != 0 && errno == EPERM)
            return ATT_CHILD_FOREIGN;
        poll(&end, 1, child->watch >= 0 ? SLICE_MS : SLICE_BLIND_MS);
    }
}

enum att_child_fate att_child_finish(struct att_child *child, bool lost, struct att_process_end *end)
{
    enum att_child_fate fate;
    siginfo_t info;

    /* First, so that one that cannot be killed sees that nobody listens any more. */
    att_child_close(&child->input);
    att_child_close(&child->output);
    att_child_close(&child->errors);
    fate = lost ? ATT_CHILD_LOST : kill_and_reap(child, &info);
    if (fate == ATT_CHILD_ENDED) {
        bool exited = info.si_code == CLD_EXITED;

        end->exit_status = exited ? info.si_status : -1;
        end->signal = exited ? 0 : info.si_status;
    }
    att_child_close(&child->watch);
    return fate;
}
