/* play.h: playing an answer of a script. */
#ifndef ATT_MOCK_PLAY_H
#define ATT_MOCK_PLAY_H

#include "providers/mock/script.h"

/* An instance: one configured entry with its script and its clock. */
struct mock {
    const struct att_host *host;
    struct mock_script script;
    bool tells; /* the host takes what there is to say of a failure, and the calls of 1.2 */
    bool real_clock;
    int64_t clock_start;         /* Unix seconds, when the clock is its own */
    int64_t opened_ns;           /* monotonic */
    _Atomic int64_t advanced_ms; /* by the answers that were played */
};

/* Plays the answer of a grant that is next in its sequence. */
att_result mock_play(struct mock *mock, struct mock_grant *grant, const struct att_fetch *fetch,
                     struct att_credential *credential);
/* Plays an answer that gives no credential: waits, and fails where it says so. */
att_result mock_play_outcome(struct mock *mock, const struct mock_answer *outcome, const struct att_fetch *who);
int64_t mock_now(struct mock *mock); /* on the clock of the script, in Unix seconds */

/* The calls of struct att_provider. */
att_result mock_list(void *instance, const struct att_fetch *who, const struct att_grant_query *query,
                     struct att_grant_page *page);
att_result mock_revoke(void *instance, const struct att_fetch *who);
att_result mock_connect_begin(void *instance, const struct att_fetch *who, const struct att_connect_wish *wish,
                              struct att_connection *connection);
att_result mock_connect_poll(void *instance, const struct att_fetch *who, const struct att_secret *token,
                             struct att_grant_page *page);
att_result mock_execute(void *instance, const struct att_fetch *fetch, const struct att_execution *execution,
                        struct att_answer *answer);
att_result mock_approval(void *instance, const struct att_fetch *who, const char *approval, struct att_answer *answer);

/* Tells of one grant. */
att_result mock_tell_grant(struct mock *mock, const struct mock_grant *grant, struct att_grant_page *page);

#endif
