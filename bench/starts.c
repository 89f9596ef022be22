/* bench/starts.c: how long commands take from start to end, in turns, so that a slow moment strikes all alike.
 *
 *     starts RUNS < commands      one command a line, its arguments separated by tabs
 *
 * Prints the median of each in nanoseconds. A command that fails ends it. */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/base.h"

#define COMMANDS 16
#define ARGUMENTS 32

struct command {
    char line[4096];
    char *arguments[ARGUMENTS + 1];
    int64_t *times;
};

static void split(struct command *command)
{
    char *rest = command->line;
    size_t count = 0;

    command->line[strcspn(command->line, "\n")] = '\0';
    while (rest && count < ARGUMENTS)
        command->arguments[count++] = strsep(&rest, "\t");
    command->arguments[count] = NULL;
}

/* Nanoseconds, or -1 when the command could not be started or failed. */
static int64_t run(const struct command *command, const posix_spawn_file_actions_t *actions)
{
    int64_t start = att_clock_monotonic_ns();
    int status;
    pid_t pid;

    if (posix_spawn(&pid, command->arguments[0], actions, NULL, command->arguments, environ) != 0)
        return -1;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return -1;
    return att_clock_monotonic_ns() - start;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static bool run_all(struct command *commands, size_t count, long runs)
{
    posix_spawn_file_actions_t actions;
    bool ok = true;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (long round = 0; round < runs && ok; round++) {
        for (size_t i = 0; i < count && ok; i++) {
            commands[i].times[round] = run(&commands[i], &actions);
            ok = commands[i].times[round] >= 0;
            if (!ok)
                fprintf(stderr, "starts: %s failed\n", commands[i].arguments[0]);
        }
    }
    posix_spawn_file_actions_destroy(&actions);
    return ok;
}

int main(int argc, char **argv)
{
    static struct command commands[COMMANDS];
    long runs = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    size_t count = 0;
    bool ok;

    if (runs < 1) {
        fprintf(stderr, "usage: starts RUNS < commands\n");
        return 2;
    }
    while (count < COMMANDS && fgets(commands[count].line, sizeof commands[count].line, stdin)) {
        split(&commands[count]);
        commands[count++].times = calloc((size_t)runs, sizeof(int64_t));
    }
    ok = run_all(commands, count, runs);
    for (size_t i = 0; i < count; i++) {
        qsort(commands[i].times, (size_t)runs, sizeof(int64_t), compare);
        if (ok)
            printf("%" PRId64 "\n", commands[i].times[runs / 2]);
        free(commands[i].times);
    }
    return ok ? 0 : 1;
}
