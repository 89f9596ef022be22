/* core/process/reap.c: how a helper ended, and that nothing of it is left. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process/process.h"

enum { BY_PIDFD = 3 }; /* P_PIDFD, which glibc names since 2.36 */

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

bool att_child_finish(struct att_child *child, bool lost, struct att_process_end *end)
{
    siginfo_t info;

    /* As long as it is not reaped, the number of its group is nobody else's. */
    if (!lost)
        kill(-child->pid, SIGKILL);
    lost = lost || wait_for(child, &info, 0) != 0;
    if (!lost) {
        bool exited = info.si_code == CLD_EXITED;

        end->exit_status = exited ? info.si_status : -1;
        end->signal = exited ? 0 : info.si_status;
    }
    att_child_close(&child->input);
    att_child_close(&child->output);
    att_child_close(&child->errors);
    att_child_close(&child->watch);
    return !lost;
}
