/* core/provider/worker.c: the threads that calls run on which may take long, so that a module that hangs costs its
 * caller no more than the deadline.
 *
 * A job owns copies of all that the call reads and writes. While somebody waits, the waiter owns the job; who stops
 * waiting leaves a running job to its worker, which wipes the answer and frees it. A detached job is its worker's from
 * the beginning. All of that is settled under the lock of the workers. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/provider/job.h"

enum { IDLE_S = 2 };

/* ---- the queue, under the lock ----------------------------------------------------------------------------------- */

static void queue_add(struct att_workers *workers, struct att_job *job)
{
    if (workers->last)
        workers->last->next = job;
    else
        workers->first = job;
    workers->last = job;
    workers->queued++;
}

static void queue_remove(struct att_workers *workers, struct att_job *job)
{
    struct att_job *before = NULL;

    for (struct att_job *at = workers->first; at != job; at = at->next)
        before = at;
    if (before)
        before->next = job->next;
    else
        workers->first = job->next;
    if (workers->last == job)
        workers->last = before;
    job->next = NULL;
    workers->queued--;
}

/* Jobs that nobody waits for, and that nobody will run. Gives the lock away while their `finish` is told. */
static void drop_detached(struct att_workers *workers)
{
    struct att_job *job = workers->first;

    while (job) {
        struct att_job *next = job->next;
        if (job->detached) {
            queue_remove(workers, job);
            pthread_mutex_unlock(&workers->lock);
            if (job->finish)
                job->finish(job->context, ATT_RESULT_CANCELLED, &job->yield.credential, &job->report);
            att_job_free(job);
            pthread_mutex_lock(&workers->lock);
            next = workers->first;
        }
        job = next;
    }
}

/* ---- the threads ------------------------------------------------------------------------------------------------- */

/* Waits for a job. NULL when the thread may end. */
static struct att_job *next_job(struct att_workers *workers)
{
    int64_t deadline = att_clock_monotonic_ns() + IDLE_S * ATT_NS_PER_S;
    struct att_job *job;

    while (!workers->first && !workers->closing) {
        bool woken;

        workers->idle++;
        woken = att_cond_wait(&workers->work, &workers->lock, deadline);
        workers->idle--;
        if (!woken && !workers->first)
            return NULL;
    }
    if (workers->closing)
        return NULL;
    job = workers->first;
    queue_remove(workers, job);
    return job;
}

static void *serve(void *context)
{
    struct att_worker *worker = context;
    struct att_instance *instance = worker->instance;
    struct att_workers *workers = &instance->workers;
    struct att_job *job;

    pthread_mutex_lock(&workers->lock);
    while ((job = next_job(workers)) != NULL) {
        worker->job = job;
        job->state = RUNNING;
        pthread_mutex_unlock(&workers->lock);
        job->result = att_call_run(instance, &job->call, &job->copy.order, &job->yield);
        if (job->finish)
            job->finish(job->context, job->result, &job->yield.credential, &job->report);
        pthread_mutex_lock(&workers->lock);
        worker->job = NULL;
        job->state = DONE;
        if (job->abandoned || job->detached)
            att_job_free(job);
        else
            pthread_cond_signal(&job->done);
    }
    worker->state = ATT_WORKER_GONE;
    workers->live--;
    pthread_cond_signal(&workers->gone);
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* One thread more. Signals belong to the application's threads. */
static bool worker_start(struct att_workers *workers)
{
    struct att_worker *worker = workers->list;
    sigset_t all, before;
    bool started;

    while (worker->state == ATT_WORKER_LIVE)
        worker++;
    if (worker->state == ATT_WORKER_GONE)
        pthread_join(worker->thread, NULL);
    worker->state = ATT_WORKER_NONE;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    att_wipe_registers(); /* of the user token; pthread_create binds functions late */
    started = pthread_create(&worker->thread, NULL, serve, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started) {
        worker->state = ATT_WORKER_LIVE;
        workers->live++;
    }
    return started;
}

bool att_workers_open(struct att_workers *workers, struct att_instance *instance)
{
    if (pthread_mutex_init(&workers->lock, NULL) != 0)
        return false;
    att_cond_open(&workers->work);
    att_cond_open(&workers->gone);
    att_cond_open(&workers->pause);
    for (size_t i = 0; i < ATT_WORKERS; i++)
        workers->list[i].instance = instance;
    return true;
}

void att_workers_cancel(struct att_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    for (size_t i = 0; i < ATT_WORKERS; i++)
        if (workers->list[i].job && !workers->list[i].job->abandoned)
            pthread_cond_signal(&workers->list[i].job->done);
    for (struct att_job *job = workers->first; job; job = job->next)
        pthread_cond_signal(&job->done);
    pthread_cond_broadcast(&workers->pause);
    pthread_mutex_unlock(&workers->lock);
}

bool att_workers_close(struct att_workers *workers, int64_t deadline_ns)
{
    bool all_gone;

    pthread_mutex_lock(&workers->lock);
    workers->closing = true;
    pthread_cond_broadcast(&workers->work);
    drop_detached(workers);
    while (workers->live && att_cond_wait(&workers->gone, &workers->lock, deadline_ns))
        continue;
    all_gone = workers->live == 0;
    for (size_t i = 0; i < ATT_WORKERS; i++)
        if (workers->list[i].state == ATT_WORKER_LIVE)
            pthread_detach(workers->list[i].thread);
        else if (workers->list[i].state == ATT_WORKER_GONE)
            pthread_join(workers->list[i].thread, NULL);
    pthread_mutex_unlock(&workers->lock);
    if (!all_gone)
        return false;
    pthread_cond_destroy(&workers->pause);
    pthread_cond_destroy(&workers->gone);
    pthread_cond_destroy(&workers->work);
    pthread_mutex_destroy(&workers->lock);
    return true;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* Whether every worker runs a call that was to have come back long ago. */
static bool all_are_stuck(const struct att_workers *workers)
{
    int64_t now = att_clock_monotonic_ns();

    for (size_t i = 0; i < ATT_WORKERS; i++) {
        const struct att_job *job = workers->list[i].job;
        if (!job || !(job->abandoned || now >= job->call.deadline_ns))
            return false;
    }
    return true;
}

/* Queues a job, with a thread to run it. NULL, or why not. */
static const char *submit(struct att_workers *workers, struct att_job *job)
{
    if (all_are_stuck(workers))
        return "16 earlier calls into its module have not come back; see whether its backend hangs";
    queue_add(workers, job);
    if (workers->queued > workers->idle && workers->live < ATT_WORKERS && !worker_start(workers) && !workers->live) {
        queue_remove(workers, job);
        return "no thread can be started for it; raise the limit on threads";
    }
    pthread_cond_signal(&workers->work);
    return NULL;
}

/* Under the lock. What the waiter may say, and whether the job stays with its worker. */
static att_result wait_for(struct att_instance *instance, struct att_job *job)
{
    struct att_workers *workers = &instance->workers;
    bool cancelled;

    while (job->state != DONE && !atomic_load(&instance->cancelled))
        if (!att_cond_wait(&job->done, &workers->lock, job->call.deadline_ns))
            break;
    if (job->state == DONE)
        return job->result;
    cancelled = atomic_load(&instance->cancelled);
    if (job->state == RUNNING) {
        job->abandoned = true;
        atomic_store(&job->call.dropped, true);
        pthread_cond_broadcast(&workers->pause);
        return cancelled ? ATT_RESULT_CANCELLED : ATT_RESULT_DEADLINE;
    }
    queue_remove(workers, job);
    if (cancelled)
        return ATT_RESULT_CANCELLED;
    return workers->live == ATT_WORKERS ? ATT_RESULT_UNAVAILABLE : ATT_RESULT_DEADLINE;
}

/* What the host says where the call itself could not. */
static const char *sentence_for(att_result result)
{
    switch (result) {
    case ATT_RESULT_CANCELLED:
        return "the engine is being closed";
    case ATT_RESULT_UNAVAILABLE:
        return "16 calls into its module are running and none came free before the deadline";
    default:
        return "the deadline passed before it answered";
    }
}

att_result att_workers_run(struct att_instance *instance, const struct att_order *order, struct att_yield *yield,
                           struct att_call_report *report)
{
    struct att_workers *workers = &instance->workers;
    struct att_call call;
    struct att_job *job;
    const char *refusal;
    att_result result = ATT_RESULT_UNAVAILABLE;
    bool back = false, abandoned = false;

    att_call_open(&call, instance, order->deadline_ns, report);
    if (atomic_load(&instance->cancelled)) {
        att_call_fetch_failed(&call, sentence_for(ATT_RESULT_CANCELLED));
        return ATT_RESULT_CANCELLED;
    }
    job = att_job_create(instance, order);
    if (!job)
        return ATT_RESULT_NOMEM;
    pthread_mutex_lock(&workers->lock);
    refusal = submit(workers, job);
    if (!refusal) {
        result = wait_for(instance, job);
        back = job->state == DONE;
        abandoned = job->abandoned;
    }
    pthread_mutex_unlock(&workers->lock);

    if (back)
        att_call_report_copy(report, &job->report);
    else if (!refusal && abandoned)
        att_call_fetch_failed(&call, att_work_doubt(order->work, sentence_for(result)));
    else
        att_call_fetch_failed(&call, refusal ? refusal : sentence_for(result));
    if (back && result == ATT_RESULT_OK)
        att_job_take_yield(job, yield);
    if (!abandoned)
        att_job_free(job);
    return result;
}

const char *att_workers_start(struct att_instance *instance, const struct att_order *order, att_job_finish finish,
                              void *context)
{
    struct att_workers *workers = &instance->workers;
    struct att_job *job;
    const char *refusal;

    if (atomic_load(&instance->cancelled))
        return sentence_for(ATT_RESULT_CANCELLED);
    job = att_job_create(instance, order);
    if (!job)
        return "out of memory";
    job->detached = true;
    job->finish = finish;
    job->context = context;
    pthread_mutex_lock(&workers->lock);
    refusal = submit(workers, job);
    pthread_mutex_unlock(&workers->lock);
    if (refusal)
        att_job_free(job);
    return refusal;
}
