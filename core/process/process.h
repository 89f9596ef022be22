/* process.h: running one helper program to its end, for a module: the host's side of struct att_process in module.h.
 *
 * posix_spawn starts it, so nothing is allocated and no lock is taken between fork and exec; no state of the
 * application's process changes. A helper that was run is reaped, and all of its process group was killed when this
 * returns: what it started lives on only where it made a session of its own, or where the application reaped the helper
 * first, since the number of the group may be another's then. What became another user lives on too, which the sentence
 * says when it is the helper itself. */
#ifndef ATT_PROCESS_H
#define ATT_PROCESS_H

#include <sys/types.h>

#include <attache/module.h>

#include "core/base/base.h"
#include "core/secret/secret.h"

/* What the call of a module lends to the helper. */
struct att_process_call {
    struct att_arena *arena; /* of the output */
    int64_t deadline_ns;     /* on the monotonic clock; INT64_MAX: none */
    bool (*cancelled)(const void *context);
    void (*log_line)(const void *context, const char *line); /* a line of standard error, without its newline */
    const void *context;
};

/* As process_run of the host table. On all but OK, `why` has one sentence that names the program, the cause and the
 * next step, and nothing that the helper printed. `end` is written for OK alone. Thread-safe. */
att_result att_process_run(const struct att_process *process, const struct att_process_call *call,
                           struct att_process_end *end, struct att_buffer *why);

/* ---- the steps, which run.c puts in order ------------------------------------------------------------------------ */

/* The path without links of a program that only root and the running user can have put there, in `path`: the way to it
 * is gone through as that to a module is, but that its last name may be a link too. CONFIG with a sentence when it may
 * not be run. */
att_result att_process_find(const char *program, const char *sha256, struct att_buffer *path, struct att_buffer *why);

/* A helper that runs, with our ends of its pipes, which do not block. -1: there is none. */
struct att_child {
    pid_t pid;
    int watch; /* pidfd: readable when it has ended; -1 where the kernel has none */
    int input, output, errors;
};

/* Starts it in a session of its own, in "/", with no descriptor but 0 to 2, and with default signals. */
att_result att_child_start(struct att_child *child, const struct att_process *process, const char *path,
                           struct att_buffer *why);
/* Starts one for the user, which outlives the call: it has nothing but /dev/null, and is the caller's to reap. Of the
 * process, its arguments and environment count. */
att_result att_child_launch(pid_t *pid, const struct att_process *process, const char *path, struct att_buffer *why);
/* Whether it has ended. It is not reaped yet, so its number is still its own. `lost` when the application reaped it. */
bool att_child_has_ended(const struct att_child *child, bool *lost);
enum att_child_fate {
    ATT_CHILD_ENDED,
    ATT_CHILD_LOST,   /* the application reaped it first, and what it ended with is not known */
    ATT_CHILD_FOREIGN /* it became another user, may not be killed, and did not end when its pipes were closed */
};
/* Closes our ends, kills all of its session that did not leave its process group, and reaps it. `end` is written for
 * ENDED alone. One that is FOREIGN had 200 ms, runs on, and is nobody's concern any more: when it ends it stays as a
 * zombie until the application reaps it or ends. Nothing here could wait for it without a thread or a list that
 * outlives the call. */
enum att_child_fate att_child_finish(struct att_child *child, bool lost, struct att_process_end *end);
/* Closes one of the ends, if it is open. */
void att_child_close(int *end);

/* write(2) without SIGPIPE, whatever the application does with that signal. */
ssize_t att_child_write(int descriptor, const void *bytes, size_t size);

/* Standard error, taken apart into lines; 32 of them are logged. */
struct att_process_lines {
    char text[512];
    size_t used, count;
};
void att_process_lines_add(struct att_process_lines *lines, const struct att_process_call *call, const char *bytes,
                           size_t size);
/* What is left without a newline. */
void att_process_lines_end(struct att_process_lines *lines, const struct att_process_call *call);

#endif
