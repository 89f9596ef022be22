/* core/provider/job.c: making a job and giving up what it owns. */
#include "core/provider/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void att_cond_open(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool att_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ns)
{
    struct timespec limit = {(time_t)(deadline_ns / ATT_NS_PER_S), (long)(deadline_ns % ATT_NS_PER_S)};

    return pthread_cond_timedwait(cond, lock, &limit) != ETIMEDOUT;
}

void att_job_free(struct att_job *job)
{
    if (!job)
        return;
    att_credential_close(&job->yield.credential);
    att_listing_close(&job->yield.listing);
    att_grants_close(&job->yield);
    att_order_forget(&job->copy);
    pthread_cond_destroy(&job->done);
    free(job);
}

struct att_job *att_job_create(struct att_instance *instance, const struct att_order *order)
{
    struct att_arena *arena = instance->table.environment->arena;
    struct att_job *job = malloc(sizeof *job);
    bool sound;

    if (!job)
        return NULL;
    memset(job, 0, offsetof(struct att_job, report));
    att_cond_open(&job->done);
    att_call_open(&job->call, instance, order->deadline_ns, &job->report);
    att_credential_open(&job->yield.credential, arena);
    job->yield.connection.arena = arena;
    sound = (order->work != ATT_WORK_LIST || att_listing_open(&job->yield.listing)) &&
            att_order_keep(&job->copy, order, arena);
    job->copy.order.fetch.call = &job->call;
    if (sound)
        return job;
    att_job_free(job);
    return NULL;
}

void att_job_take_yield(struct att_job *job, struct att_yield *yield)
{
    struct att_arena *arena = job->yield.credential.arena;

    att_credential_close(&yield->credential);
    att_listing_close(&yield->listing);
    *yield = job->yield;
    memset(&job->yield, 0, sizeof job->yield);
    att_credential_open(&job->yield.credential, arena);
}
