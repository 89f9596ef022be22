/* order.h: one call into a provider, with all that it reads: what the application's thread hands to a worker.
 *
 * A worker may be busy with an order long after whoever gave it has gone, so it works on a copy that owns everything.
 */
#ifndef ATT_ORDER_H
#define ATT_ORDER_H

#include "core/provider/provider.h"

enum att_work {
    ATT_WORK_FETCH,
    ATT_WORK_INVALIDATE,
    ATT_WORK_REPORT,
    ATT_WORK_GRANTS,
    ATT_WORK_CONNECT,
    ATT_WORK_POLL,
    ATT_WORK_APPROVAL,
    ATT_WORK_LIST,
    /* From here on they change something for good. */
    ATT_WORK_STORE,
    ATT_WORK_REMOVE,
    ATT_WORK_REKEY,
    ATT_WORK_REVOKE,
    ATT_WORK_EXECUTE
};

static inline bool att_work_is_for_good(enum att_work work)
{
    return work >= ATT_WORK_STORE;
}

/* What to say of such a call that did not come back from its module in time; `otherwise` for one of the others. */
const char *att_work_doubt(enum att_work work, const char *otherwise);
/* How a sentence on such a call ends that failed in another way once its backend had been sent something. */
const char *att_work_doubt_end(enum att_work work);

/* Which members count depends on the work. */
struct att_order {
    enum att_work work;
    int64_t deadline_ns;                   /* absolute, on the monotonic clock */
    struct att_fetch fetch;                /* of all but LIST to REKEY; `call` is set for each run */
    const struct att_credential *reported; /* REPORT */
    struct att_outcome outcome;            /* REPORT */
    uint32_t mode;                         /* STORE, with the three that follow */
    struct att_secret_facts facts;
    const struct att_named_secret *parts;
    size_t part_count;
    const char *text;                      /* REMOVE: the name; REKEY: the file of the key, or NULL; APPROVAL: its id */
    const struct att_grant_query *query;   /* GRANTS */
    const struct att_connect_wish *wish;   /* CONNECT */
    const struct att_secret *token;        /* POLL */
    const struct att_execution *execution; /* EXECUTE */
};

/* An order that is about a request. */
struct att_order att_order_for(enum att_work work, const struct att_fetch *fetch);

/* A copy of an order and the memory behind it. */
struct att_order_copy {
    struct att_order order;
    struct att_pool *pool;
    struct att_secret *user_token, *token;
    struct att_named_secret *parts;
    struct att_credential refused;
};

/* Texts and context of a fetch, or a list of facts, as copies of the pool. False when memory is out. */
bool att_fetch_keep(struct att_pool *pool, struct att_fetch *fetch);
bool att_facts_keep(struct att_pool *pool, const struct att_fact **facts);

/* Not of a REPORT. False when memory is out; att_order_forget() in both cases. */
bool att_order_keep(struct att_order_copy *copy, const struct att_order *order, struct att_arena *arena);
/* Wipes and frees. */
void att_order_forget(struct att_order_copy *copy);

#endif
