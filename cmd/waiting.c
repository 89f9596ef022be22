/* cmd/waiting.c: waiting for a user: what is shown meanwhile, and the signals that give up. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cmd/waiting.h"

enum { MINUTE = 60 };

static const int watched[] = {SIGHUP, SIGINT, SIGTERM};
enum { WATCHED = sizeof watched / sizeof *watched };

static volatile sig_atomic_t caught;

static void note(int number)
{
    caught = number;
}

/* What was ignored when the program started stays so. */
static void watch(void)
{
    const struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESETHAND | SA_RESTART};
    struct sigaction before;

    caught = 0;
    for (int i = 0; i < WATCHED; i++) {
        if (sigaction(watched[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(watched[i], &action, NULL);
    }
}

int64_t cmd_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void show(struct cmd_waiting *waiting, int64_t left)
{
    int64_t minutes = left / MINUTE, seconds = left % MINUTE;
    int width;

    if (isatty(STDERR_FILENO)) {
        width = fprintf(stderr, "\rattache: %s, %" PRId64 ":%02" PRId64 " left; Ctrl-C gives up", waiting->what,
                        minutes, seconds);
        fprintf(stderr, "%*s", waiting->width > width ? waiting->width - width : 0, "");
        waiting->width = width;
    } else if (waiting->shown < 0 || waiting->shown - left >= MINUTE) {
        fprintf(stderr, "attache: %s, %" PRId64 ":%02" PRId64 " left\n", waiting->what, minutes, seconds);
    } else {
        return;
    }
    waiting->shown = left;
}

int cmd_waiting_look(struct cmd_waiting *waiting, int64_t left_ms)
{
    int64_t left = (left_ms + 999) / 1000;

    if (!waiting->began) {
        watch();
        waiting->began = true;
        waiting->shown = -1;
    }
    if (!waiting->silent && left != waiting->shown)
        show(waiting, left);
    return caught;
}

int cmd_waiting_end(struct cmd_waiting *waiting)
{
    struct sigaction before;

    if (waiting->width)
        fprintf(stderr, "\r%*s\r", waiting->width, "");
    if (!waiting->began)
        return 0;
    for (int i = 0; i < WATCHED; i++) {
        if (sigaction(watched[i], NULL, &before) == 0 && before.sa_handler == note)
            signal(watched[i], SIG_DFL);
    }
    return caught;
}
