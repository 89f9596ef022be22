/* cmd/waiting.h: waiting for a user: what is shown meanwhile, and the signals that give up. */
#ifndef ATT_CMD_WAITING_H
#define ATT_CMD_WAITING_H

#include <stdbool.h>
#include <stdint.h>

/* A clock that nobody sets. */
int64_t cmd_now_ms(void);

struct cmd_waiting {
    const char *what; /* "waiting for you in the browser" */
    bool silent;      /* nothing is shown */
    bool began;       /* the handlers are in place */
    int64_t shown;    /* the seconds that were last shown as left */
    int width;        /* of the line that stands on the terminal */
};

/* Shows how long is left: on a terminal one line that is written again, elsewhere a line a minute. From the first call
 * on SIGINT, SIGTERM and SIGHUP give up: then it returns non-zero. The second one ends the program at once. */
int cmd_waiting_look(struct cmd_waiting *waiting, int64_t left_ms);

/* Takes the line away and puts the signals back as they were. Returns the signal that came, or 0. */
int cmd_waiting_end(struct cmd_waiting *waiting);

#endif
