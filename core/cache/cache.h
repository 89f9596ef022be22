/* cache.h: credentials that the host keeps for the next request, as their provider promised they may be (module.h,
 * struct att_cache_promise).
 *
 * A look-up that finds one takes no lock and allocates nothing. All else is done under one lock, which is never held
 * while a provider is asked: whoever needs a credential that is not there starts a flight, or waits for the one that is
 * in the air, each until its own deadline. The flight goes on when they give up.
 *
 * What is kept serves until it expires. In the last part of its life a request that finds it starts a flight in the
 * background; when that fails because the provider cannot be asked, the credential serves on and the next attempt
 * waits. A failure is remembered for seconds, so that callers of a dead backend do not queue up to ask it. */
#ifndef ATT_CACHE_H
#define ATT_CACHE_H

#include "core/credential/credential.h"

struct att_cache;
struct att_flight;

/* A credential on loan to a request: its own, or one that the cache keeps for many. */
struct att_loan {
    const struct att_credential *credential; /* NULL: nothing is on loan */
    bool fresh;                              /* it was fetched for this very request */
    struct att_kept *kept;                   /* the cache's, with the stripe that this user is counted in; or NULL */
    unsigned stripe;
    struct att_credential own;
};

void att_loan_open(struct att_loan *loan, struct att_arena *arena);
/* What is on loan changes hands: `to` is filled, and `from` has nothing on loan any more. */
void att_loan_move(struct att_loan *to, struct att_loan *from);
/* Gives it back, or wipes it. */
void att_loan_close(struct att_loan *loan);

/* Begins to ask the provider, and returns at once. Later, exactly once, att_cache_land() is called with the flight,
 * from any thread. NULL, or a sentence that says why it could not be begun; then the flight is not landed. */
typedef const char *(*att_cache_launch)(void *context, const struct att_fetch *fetch, struct att_flight *flight);

/* `arena` outlives the cache, and so does the promise's generation. NULL when memory is out. */
struct att_cache *att_cache_create(struct att_arena *arena, const struct att_cache_promise *promise,
                                   att_cache_launch launch, void *context);
/* Wakes all who wait; they and later ones get CANCELLED. */
void att_cache_cancel(struct att_cache *cache);
/* Nobody waits, no flight is in the air, no loan is out. Wipes everything. NULL is allowed. */
void att_cache_destroy(struct att_cache *cache);

/* Gives the credential for a request: `loan` was opened. Waits until fetch->deadline_ns where it has to. The report
 * is that of the provider's call, or of the one that is remembered. */
att_result att_cache_borrow(struct att_cache *cache, const struct att_fetch *fetch, struct att_loan *loan,
                            struct att_call_report *report);
/* The part of it that never waits. */
bool att_cache_find(struct att_cache *cache, const struct att_fetch *fetch, struct att_loan *loan);

/* The end of a flight. Takes the credential over when the result is OK. */
void att_cache_land(struct att_flight *flight, att_result result, struct att_credential *credential,
                    const struct att_call_report *report);

/* The upstream answered 401 to a credential on loan. Whether another fetch may help: not when the one before it was
 * refused a moment ago, too; then the fault is not in the credential, and asking for one more would only make a storm.
 */
bool att_cache_may_refuse(struct att_cache *cache, const struct att_loan *loan);
/* Drops exactly that credential. */
void att_cache_refuse(struct att_cache *cache, const struct att_loan *loan);
/* Drops all that is of a grant or, found by provider identity, may be of it; also what is on its way. */
void att_cache_forget(struct att_cache *cache, const char *grant);

#endif
