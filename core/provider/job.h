/* job.h: one call into a provider as a worker runs it: a copy of the order, what became of it, and who waits. */
#ifndef ATT_JOB_H
#define ATT_JOB_H

#include "core/provider/instance.h"

struct att_job {
    struct att_job *next;
    enum { QUEUED, RUNNING, DONE } state;
    bool abandoned;
    bool detached; /* nobody waits: `finish` is told, if there is one */
    att_job_finish finish;
    void *context;
    pthread_cond_t done;
    struct att_order_copy copy;
    struct att_call call;
    struct att_yield yield;
    att_result result;
    struct att_call_report report; /* the last: it is large, and not cleared when a job begins */
};

/* NULL when memory is out. */
struct att_job *att_job_create(struct att_instance *instance, const struct att_order *order);
void att_job_free(struct att_job *job); /* wipes; NULL is allowed */
/* What a waiter takes out of a job that is done. */
void att_job_take_yield(struct att_job *job, struct att_yield *yield);

/* A condition on the monotonic clock; waiting for it is false at the deadline. */
void att_cond_open(pthread_cond_t *cond);
bool att_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ns);

#endif
