/* grants.h: the calls about grants that live at a provider's backend, and what they give back. */
#ifndef ATT_GRANTS_H
#define ATT_GRANTS_H

#include "core/provider/provider.h"

/* What list and connect_poll of a module told; the texts are the pool's, escaped and cut where they are for people. */
struct att_grant_page {
    struct att_pool *pool;
    struct att_grant_facts *list;
    size_t count, capacity;
    int64_t total; /* how many there are in all; -1: not known */
    bool counted;  /* the module said so */
    bool more;
    bool starved;
    const char *trouble; /* why it is no answer; NULL while it may be one */
};

/* What connect_begin opened. */
struct att_connection {
    struct att_arena *arena;
    struct att_secret *token, *url;
    int64_t expires; /* Unix seconds; 0: unknown */
    bool starved;
    const char *trouble;
};

/* What the upstream answered to the backend. A header that is none is left out: the request was sent, and what can be
 * told of its answer is told. */
struct att_answer {
    struct att_pool *pool;
    int status; /* 0: none yet */
    att_pair *headers;
    size_t header_count, header_capacity, header_bytes;
    void *body;
    size_t body_size;
    bool cut; /* there was more of it */
    bool starved;
    const char *trouble;
};

void att_grant_page_close(struct att_grant_page *page);
void att_connection_close(struct att_connection *connection); /* wipes */
void att_answer_close(struct att_answer *answer);

/* The setters of the host table. */
int att_grant_page_add(struct att_grant_page *page, const struct att_grant_facts *facts);
void att_grant_page_count(struct att_grant_page *page, int64_t total, int more);
int att_connection_set(struct att_connection *connection, const struct att_secret *token, const struct att_secret *url,
                       int64_t expires);
int att_answer_set_status(struct att_answer *answer, int32_t status);
int att_answer_add_header(struct att_answer *answer, const char *name, const char *value);
int att_answer_set_body(struct att_answer *answer, const void *bytes, size_t size, int cut);

/* Whether its module can: ATT_OFFERS_GRANTS, ATT_OFFERS_CONNECT or ATT_OFFERS_EXECUTE. */
bool att_instance_offers(const struct att_instance *instance, uint64_t offer);

/* The calls. They run on a worker until the deadline of `who`, which is without call, as for att_instance_fetch. What
 * they fill is the caller's to close after OK, and empty else. */
att_result att_instance_list(struct att_instance *instance, const struct att_fetch *who,
                             const struct att_grant_query *query, struct att_grant_page *page,
                             struct att_call_report *report);
att_result att_instance_revoke(struct att_instance *instance, const struct att_fetch *who,
                               struct att_call_report *report);
/* Drops what is kept of a grant for later requests. */
void att_instance_forget(struct att_instance *instance, const char *grant);
att_result att_instance_connect(struct att_instance *instance, const struct att_fetch *who,
                                const struct att_connect_wish *wish, struct att_connection *connection,
                                struct att_call_report *report);
att_result att_instance_poll(struct att_instance *instance, const struct att_fetch *who, const struct att_secret *token,
                             struct att_grant_page *page, struct att_call_report *report);
att_result att_instance_execute(struct att_instance *instance, const struct att_fetch *fetch,
                                const struct att_execution *execution, struct att_answer *answer,
                                struct att_call_report *report);
att_result att_instance_approval(struct att_instance *instance, const struct att_fetch *who, const char *approval,
                                 struct att_answer *answer, struct att_call_report *report);

#endif
