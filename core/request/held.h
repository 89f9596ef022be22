/* held.h: requests that a backend performs, and that a human may have to let through first. */
#ifndef ATT_HELD_H
#define ATT_HELD_H

#include "core/engine/engine.h"
#include "core/provider/grants.h"
#include "core/request/response.h"

/* What is waited for. */
struct att_held {
    const char *id;
    const char *url; /* where a human can decide; or NULL */
};

/* Looks what became of it, now and then, until that is known or `until_ns`. What passes by itself is waited out: a
 * backend that is away for a moment has not lost it. Then PENDING where the backend ever said so, else what the last
 * look came to. `at_once`: the first look is now; without, the backend has just said that it holds the request.
 * CANCELLED when the engine is closed meanwhile. */
att_result att_held_wait(const struct att_engine *engine, struct att_instance *instance, const struct att_fetch *who,
                         const struct att_held *held, int64_t until_ns, bool at_once, struct att_answer *answer,
                         struct att_call_report *report);
/* What the human did, as ATT_APPROVAL with its fields: `what` is "the request to https://api.example". ATT_OK where the
 * result says nothing of that. */
att_status att_held_explain(const struct att_held *held, att_result result, const struct att_call_report *report,
                            const char *what, const char *provider, att_error *error);

/* The answer as the application gets it; ATT_NETWORK when it is not whole, or larger than `limit`. `what` as above. */
att_status att_answer_deliver(const struct att_answer *answer, const char *request_id, uint64_t limit, const char *what,
                              struct att_response **response, att_error *error);

#endif
