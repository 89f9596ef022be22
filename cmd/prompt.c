/* cmd/prompt.c: asking a human at the terminal, without echo where the answer is a secret. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/prompt.h"

/* What a terminal keeps of one line (N_TTY); it drops the rest and says nothing. */
enum { LINE_LIMIT = 4095 };

static const int watched[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
enum { WATCHED = sizeof watched / sizeof *watched };

static volatile sig_atomic_t caught;

static void note(int number)
{
    caught = number;
}

/* The signals are blocked but for while the program waits, so none is missed between a look and the wait. */
struct watch {
    struct sigaction before[WATCHED];
    sigset_t mask;
};

static void begin(struct watch *watch)
{
    struct sigaction action = {.sa_handler = note};
    sigset_t blocked;

    caught = 0;
    sigemptyset(&blocked);
    for (int i = 0; i < WATCHED; i++)
        sigaddset(&blocked, watched[i]);
    sigprocmask(SIG_BLOCK, &blocked, &watch->mask);
    for (int i = 0; i < WATCHED; i++) {
        sigaction(watched[i], NULL, &watch->before[i]);
        if (watch->before[i].sa_handler != SIG_IGN)
            sigaction(watched[i], &action, NULL);
    }
}

static void end(const struct watch *watch)
{
    for (int i = 0; i < WATCHED; i++)
        sigaction(watched[i], &watch->before[i], NULL);
    sigprocmask(SIG_SETMASK, &watch->mask, NULL);
}

static void print(int terminal, const char *text)
{
    size_t size = strlen(text);

    while (size > 0) {
        ssize_t count = write(terminal, text, size);

        if (count < 0 && errno != EINTR)
            return;
        text += count > 0 ? count : 0;
        size -= count > 0 ? (size_t)count : 0;
    }
}

/* One line, once there is one; -1 with EINTR when a signal came first. */
static ssize_t read_line(int terminal, const struct watch *watch, char *buffer, size_t capacity)
{
    struct pollfd ready = {.fd = terminal, .events = POLLIN};

    if (ppoll(&ready, 1, NULL, &watch->mask) < 0)
        return -1;
    return read(terminal, buffer, capacity);
}

/* Asks once. False when a signal came, which `caught` names. */
static bool ask(int terminal, const char *prompt, bool hidden, char *buffer, size_t capacity, ssize_t *count)
{
    struct termios before, silent;
    struct watch watch;
    bool quiet;
    int saved;

    begin(&watch);
    quiet = hidden && tcgetattr(terminal, &before) == 0;
    if (quiet) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        quiet = tcsetattr(terminal, TCSADRAIN, &silent) == 0;
    }
    errno = ENOTTY;
    *count = -1;
    if (quiet || !hidden) { /* nothing secret is typed where it would be shown */
        print(terminal, prompt);
        print(terminal, ": ");
        do
            *count = read_line(terminal, &watch, buffer, capacity);
        while (*count < 0 && errno == EINTR && !caught);
    }
    saved = errno;
    /* What was pasted behind the first line is thrown away; the shell would take it for commands, and keep it. */
    if (quiet) {
        tcsetattr(terminal, TCSAFLUSH, &before);
        print(terminal, "\n");
    }
    end(&watch);
    errno = saved;
    return !caught;
}

enum cmd_answer cmd_prompt(int terminal, const char *prompt, bool hidden, char *buffer, size_t capacity, size_t *size)
{
    ssize_t count = 0;

    while (!ask(terminal, prompt, hidden, buffer, capacity, &count)) {
        int number = caught;

        explicit_bzero(buffer, count > 0 ? (size_t)count : 0);
        raise(number); /* as it would have acted without us; where the program goes on, it asks again */
    }
    if (count < 0)
        return CMD_ANSWER_FAILED;
    if (count == 0)
        return CMD_ANSWER_NONE;
    if (count >= LINE_LIMIT)
        return CMD_ANSWER_TOO_LONG;
    *size = (size_t)count - (buffer[count - 1] == '\n');
    return CMD_ANSWER_LINE;
}
