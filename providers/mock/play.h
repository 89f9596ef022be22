/* play.h: playing an answer of a script. */
#ifndef ATT_MOCK_PLAY_H
#define ATT_MOCK_PLAY_H

#include "providers/mock/script.h"

/* An instance: one configured entry with its script and its clock. */
struct mock {
    const struct att_host *host;
    struct mock_script script;
    bool real_clock;
    int64_t clock_start;         /* Unix seconds, when the clock is its own */
    int64_t opened_ns;           /* monotonic */
    _Atomic int64_t advanced_ms; /* by the answers that were played */
};

/* Plays the answer of a grant that is next in its sequence. */
att_result mock_play(struct mock *mock, struct mock_grant *grant, const struct att_fetch *fetch,
                     struct att_credential *credential);

#endif
