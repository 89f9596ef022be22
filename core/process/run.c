/* core/process/run.c: a helper from its start to its end: what it is given, what it says, and how long it may take. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/process/process.h"

/* A wait is cut into slices, after each of which cancellation is looked for; without a pidfd also the helper's end. */
enum { SLICE_MS = 50, SLICE_BLIND_MS = 5, FIRST_ROOM = 4096, ERRORS_PIECE = 4096, ERRORS_DRAINED = 16 };

struct run {
    const struct att_process *process;
    const struct att_process_call *call;
    struct att_buffer *why;
    struct att_child child;
    struct att_secret *output;
    struct att_process_lines lines;
    size_t given; /* bytes of the input */
    int64_t deadline_ns;
};

static att_result fail(struct run *run, att_result result, const char *cause)
{
    att_buffer_format(run->why, "helper %s was ended: %s", run->process->program, cause);
    return result;
}

/* ---- input ------------------------------------------------------------------------------------------------------- */

/* Gives what the pipe takes. A helper that does not read its input is no failure: many need none. */
static void feed(struct run *run)
{
    const char *bytes = att_secret_bytes(run->process->input);
    size_t size = att_secret_size(run->process->input);

    while (run->given < size) {
        ssize_t count = att_child_write(run->child.input, bytes + run->given, size - run->given);

        if (count > 0)
            run->given += (size_t)count;
        else if (count < 0 && errno == EINTR)
            continue;
        else if (count < 0 && errno == EAGAIN)
            return;
        else
            break;
    }
    att_child_close(&run->child.input);
}

/* ---- output ------------------------------------------------------------------------------------------------------ */

/* Secret memory is scarce, so the output begins small and grows in it. */
static bool grow(struct run *run)
{
    size_t capacity = att_secret_capacity(run->output), limit = run->process->output_limit;
    struct att_secret *larger = att_secret_create(run->call->arena, limit / 4 < capacity ? limit : 4 * capacity);

    if (!larger)
        return false;
    att_secret_append(larger, att_secret_bytes(run->output), att_secret_size(run->output));
    att_secret_destroy(run->output);
    run->output = larger;
    return true;
}

static att_result flood(struct run *run)
{
    att_buffer_format(run->why,
                      "helper %s was ended: it printed more than %zu bytes; see that it prints its answer alone, or "
                      "raise the limit",
                      run->process->program, run->process->output_limit);
    return ATT_RESULT_FAULT;
}

/* One read(2), into secret memory; beyond the limit one byte, to see that there is more. */
static ssize_t take(struct run *run)
{
    size_t room = att_secret_capacity(run->output) - att_secret_size(run->output);
    volatile char more;
    ssize_t count;

    if (room == 0) {
        count = read(run->child.output, (char *)&more, 1);
        more = 0;
        return count;
    }
    count = read(run->child.output, att_secret_tail(run->output), room);
    if (count > 0)
        att_secret_advance(run->output, (size_t)count);
    return count;
}

/* Takes all that is there. */
static att_result listen(struct run *run)
{
    while (run->child.output >= 0) {
        size_t size = att_secret_size(run->output);
        ssize_t count;

        if (size == att_secret_capacity(run->output) && size < run->process->output_limit && !grow(run))
            return fail(run, ATT_RESULT_NOMEM,
                        "secret memory is out for what it prints; raise the limit on locked memory");
        count = take(run);
        if (count > 0 && att_secret_size(run->output) == size)
            return flood(run);
        if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
            att_child_close(&run->child.output);
        if (count < 0 && errno == EAGAIN)
            break;
    }
    return ATT_RESULT_OK;
}

/* A piece at a time, so that who says much here is under the deadline too. False when there is nothing to take now. */
static bool hear_errors(struct run *run)
{
    char piece[ERRORS_PIECE];
    ssize_t count = run->child.errors < 0 ? 0 : read(run->child.errors, piece, sizeof piece);

    if (count > 0)
        att_process_lines_add(&run->lines, run->call, piece, (size_t)count);
    else if (count == 0 || (errno != EINTR && errno != EAGAIN))
        att_child_close(&run->child.errors);
    return count > 0;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static att_result check_time(struct run *run, int64_t now)
{
    if (now >= run->deadline_ns)
        return fail(run, ATT_RESULT_DEADLINE,
                    "it was still running when its time was over; run it by hand to see what it waits for");
    if (run->call->cancelled && run->call->cancelled(run->call->context))
        return fail(run, ATT_RESULT_CANCELLED, "nobody waits for it any more");
    return ATT_RESULT_OK;
}

static int slice(const struct run *run, int64_t now)
{
    int64_t left_ms = (run->deadline_ns - now) / ATT_NS_PER_MS + 1;
    int most = run->child.watch >= 0 ? SLICE_MS : SLICE_BLIND_MS;

    return left_ms < most ? (int)left_ms : most;
}

/* Until the helper has ended, or must be. What others that it started do does not matter. */
static att_result attend(struct run *run, bool *lost)
{
    att_result result = ATT_RESULT_OK;

    while (result == ATT_RESULT_OK && !att_child_has_ended(&run->child, lost)) {
        int64_t now = att_clock_monotonic_ns();
        struct pollfd ends[] = {{run->child.watch, POLLIN, 0},
                                {run->child.output, POLLIN, 0},
                                {run->child.errors, POLLIN, 0},
                                {run->child.input, POLLOUT, 0}};

        result = check_time(run, now);
        if (result != ATT_RESULT_OK || poll(ends, ATT_COUNT(ends), slice(run, now)) <= 0)
            continue;
        if (ends[3].revents)
            feed(run);
        if (ends[2].revents)
            hear_errors(run);
        if (ends[1].revents)
            result = listen(run);
    }
    return result;
}

/* What is still in the pipes when the helper has ended. */
static att_result drain(struct run *run)
{
    for (int i = 0; i < ERRORS_DRAINED && hear_errors(run); i++)
        continue;
    att_process_lines_end(&run->lines, run->call);
    return listen(run);
}

static att_result start(struct run *run)
{
    size_t limit = run->process->output_limit;
    struct att_buffer path;
    att_result result;

    att_buffer_open(&path, 4096);
    result = att_process_find(run->process->program, run->process->sha256, &path, run->why);
    if (result == ATT_RESULT_OK)
        result = check_time(run, att_clock_monotonic_ns());
    if (result == ATT_RESULT_OK) {
        run->output = att_secret_create(run->call->arena, limit < FIRST_ROOM ? limit : FIRST_ROOM);
        if (run->output)
            result = att_child_start(&run->child, run->process, path.data, run->why);
        else
            result = fail(run, ATT_RESULT_NOMEM,
                          "secret memory is out for what it prints; raise the limit on locked memory");
    }
    att_buffer_close(&path);
    return result;
}

/* In place of the sentence that says that it was ended. */
static void explain_foreign(const struct run *run, att_result result)
{
    const char *cause = "it was to be ended";

    if (result == ATT_RESULT_DEADLINE)
        cause = "its time is over";
    else if (result == ATT_RESULT_CANCELLED)
        cause = "nobody waits for it any more";
    else if (result == ATT_RESULT_FAULT)
        cause = "it printed too much";
    att_buffer_clear(run->why);
    att_buffer_format(
        run->why,
        "helper %s runs on, although %s: it became another user, whom uid %u may not end; end process %ld "
        "by hand, and name a program that runs as the user who starts it",
        run->process->program, cause, (unsigned)geteuid(), (long)run->child.pid);
}

/* A module that was built earlier knows less of the struct, one that is built later more. */
static bool copy_by_size(struct att_process *copy, const struct att_process *process, struct att_buffer *why)
{
    size_t size = process->size;
    const char *const *variable;

    *copy = (struct att_process){0};
    memcpy(copy, process, size < sizeof *copy ? size : sizeof *copy);
    if (copy->output_limit > ATT_SECRET_LIMIT) {
        att_buffer_format(why, "helper %s may not print as much as %zu bytes; 1 MiB is the most",
                          copy->program ? copy->program : "", copy->output_limit);
        return false;
    }
    for (variable = copy->environment; variable && *variable; variable++)
        if (!strchr(*variable, '=') || **variable == '=') {
            att_buffer_format(why, "helper %s: a variable of its environment has no name; write NAME=VALUE",
                              copy->program ? copy->program : "");
            return false;
        }
    return true;
}

att_result att_process_run(const struct att_process *process, const struct att_process_call *call,
                           struct att_process_end *end, struct att_buffer *why)
{
    struct att_process copy;
    struct att_process_end own = {0};
    struct run run = {.process = &copy, .call = call, .why = why, .deadline_ns = call->deadline_ns};
    att_result result;
    enum att_child_fate fate = ATT_CHILD_ENDED;
    bool lost = false;

    if (!copy_by_size(&copy, process, why))
        return ATT_RESULT_CONFIG;
    if (copy.timeout_ms > 0 && copy.timeout_ms < INT64_MAX / ATT_NS_PER_MS / 2) {
        int64_t own_deadline_ns = att_clock_monotonic_ns() + copy.timeout_ms * ATT_NS_PER_MS;
        run.deadline_ns = own_deadline_ns < run.deadline_ns ? own_deadline_ns : run.deadline_ns;
    }
    result = start(&run);
    if (result == ATT_RESULT_OK) {
        result = attend(&run, &lost);
        if (result == ATT_RESULT_OK)
            result = drain(&run);
        fate = att_child_finish(&run.child, lost, &own);
    }
    if (fate == ATT_CHILD_FOREIGN)
        explain_foreign(&run, result);
    if (result == ATT_RESULT_OK && fate != ATT_CHILD_ENDED) {
        att_buffer_format(why,
                          "helper %s has ended, and the application took its exit status; let it not ignore SIGCHLD, "
                          "nor wait for children that are not its own",
                          copy.program);
        result = ATT_RESULT_FAULT;
    }
    if (result == ATT_RESULT_OK) {
        own.output = run.output;
        own.size = end->size;
        memcpy(end, &own, end->size < sizeof own ? end->size : sizeof own);
    } else {
        att_secret_destroy(run.output);
    }
    return result;
}
