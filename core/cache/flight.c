/* core/cache/flight.c: one fetch at a time for each key: who starts it, who waits for it, and what is remembered of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cache/inside.h"

enum {
    FLIGHT_S = 30,        /* how long a provider has at least, whatever the patience of the first caller */
    LAUNCH_PAUSE_S = 5,   /* after a refresh that could not even be begun */
    REFUSED_PAUSE_S = 10, /* in which a second 401 is not taken for the credential's fault */
    MEMORIES = 256        /* failures that are remembered at most */
};

/* ---- the list, under the lock ------------------------------------------------------------------------------------ */

void att_flight_free(struct att_flight *flight)
{
    att_key_free(&flight->key);
    pthread_cond_destroy(&flight->landed);
    free(flight);
}

static bool is_held(const struct att_flight *flight)
{
    return flight->in_the_air || flight->waiters > 0;
}

/* The last holder has gone. */
void att_flight_settle(struct att_flight *flight)
{
    if (flight->loan.kept)
        att_kept_leave(&flight->loan);
    if (flight->detached)
        att_flight_free(flight);
}

/* Takes it out of the list. Whoever still holds it frees it. */
static void detach(struct att_cache *cache, struct att_flight *flight)
{
    struct att_flight **at = &cache->flights;

    while (*at != flight)
        at = &(*at)->next;
    *at = flight->next;
    cache->flight_count--;
    flight->detached = true;
}

static struct att_flight *find(struct att_cache *cache, const struct att_key *key)
{
    struct att_flight *flight = cache->flights;

    while (flight && !att_key_equal(&flight->key, key))
        flight = flight->next;
    return flight;
}

/* Forgets what is out of date, and of too many the oldest. */
static struct att_flight *forget(struct att_cache *cache, int64_t now)
{
    struct att_flight *leaving = NULL, *oldest = NULL;

    for (struct att_flight *flight = cache->flights, *next; flight; flight = next) {
        next = flight->next;
        if (is_held(flight))
            continue;
        if (now >= flight->remembered_ns && now >= flight->refused_ns + SECONDS(REFUSED_PAUSE_S)) {
            detach(cache, flight);
            flight->next = leaving;
            leaving = flight;
        } else {
            oldest = flight;
        }
    }
    if (cache->flight_count >= MEMORIES && oldest) {
        detach(cache, oldest);
        oldest->next = leaving;
        leaving = oldest;
    }
    return leaving;
}

static struct att_flight *flight_create(struct att_cache *cache, const struct att_key *key)
{
    struct att_flight *flight = calloc(1, sizeof *flight), *leaving;
    pthread_condattr_t attributes;

    if (!flight)
        return NULL;
    flight->cache = cache;
    flight->refused_ns = -SECONDS(REFUSED_PAUSE_S);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&flight->landed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (!att_key_copy(&flight->key, key, cache->arena)) {
        att_flight_free(flight);
        return NULL;
    }
    leaving = forget(cache, att_clock_monotonic_ns());
    while (leaving) {
        struct att_flight *next = leaving->next;
        att_flight_free(leaving);
        leaving = next;
    }
    flight->next = cache->flights;
    cache->flights = flight;
    cache->flight_count++;
    return flight;
}

/* ---- taking off -------------------------------------------------------------------------------------------------- */

/* A new flight in the place of what is remembered of the last one; in the air when `refusal` is NULL afterwards. NULL
 * when memory is out. */
static struct att_flight *start(struct att_cache *cache, const struct att_key *key, const struct att_fetch *fetch,
                                struct att_flight *last, const char **refusal)
{
    int64_t least = att_clock_monotonic_ns() + SECONDS(FLIGHT_S);
    int64_t refused_ns = last ? last->refused_ns : -SECONDS(REFUSED_PAUSE_S);
    unsigned failures = last ? last->failures : 0;
    struct att_fetch asked = *fetch;
    struct att_flight *flight;

    if (last) {
        detach(cache, last);
        if (!is_held(last))
            att_flight_free(last);
    }
    flight = flight_create(cache, key);
    if (!flight)
        return NULL;
    flight->failures = failures;
    flight->refused_ns = refused_ns;
    flight->generation = att_cache_generation(cache);
    flight->deadline_ns = fetch->deadline_ns > least ? fetch->deadline_ns : least;
    asked.deadline_ns = flight->deadline_ns;
    *refusal = cache->launch(cache->context, &asked, flight);
    flight->in_the_air = !*refusal;
    return flight;
}

void att_flight_refresh(struct att_cache *cache, const struct att_key *key, const struct att_fetch *fetch,
                        struct att_kept *kept)
{
    struct att_flight *flight;
    const char *refusal = "out of memory";
    int64_t now = att_clock_monotonic_ns();

    pthread_mutex_lock(&cache->lock);
    if (!cache->cancelled && now >= atomic_load(&kept->refresh_ns) && att_kept_find(cache, key) == kept) {
        atomic_store(&kept->refresh_ns, INT64_MAX);
        flight = find(cache, key);
        if (!flight || !flight->in_the_air)
            start(cache, key, fetch, flight, &refusal);
        else
            refusal = NULL;
        if (refusal)
            atomic_store(&kept->refresh_ns, now + SECONDS(LAUNCH_PAUSE_S));
    }
    pthread_mutex_unlock(&cache->lock);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static void say(struct att_call_report *report, const char *sentence)
{
    att_call_report_reset(report);
    snprintf(report->sentence, sizeof report->sentence, "%s", sentence);
}

/* Gives the lock away while it waits. */
static att_result wait_for(struct att_cache *cache, struct att_flight *flight, int64_t deadline_ns,
                           struct att_loan *loan, struct att_call_report *report)
{
    const struct timespec limit = {(time_t)(deadline_ns / ATT_NS_PER_S), (long)(deadline_ns % ATT_NS_PER_S)};
    att_result result;

    flight->waiters++;
    while (flight->in_the_air && !cache->cancelled)
        if (pthread_cond_timedwait(&flight->landed, &cache->lock, &limit) == ETIMEDOUT)
            break;
    flight->waiters--;
    if (!flight->in_the_air) {
        result = flight->result;
        att_call_report_copy(report, &flight->report);
        if (result == ATT_RESULT_OK)
            att_kept_use(flight->loan.kept, loan);
    } else if (cache->cancelled) {
        result = ATT_RESULT_CANCELLED;
        say(report, "the engine is being closed");
    } else {
        result = ATT_RESULT_DEADLINE;
        say(report, "the deadline passed before it answered");
    }
    if (!is_held(flight))
        att_flight_settle(flight);
    return result;
}

/* What was said a moment ago holds, unless the provider tells that it has something new. */
static bool is_remembered(const struct att_cache *cache, const struct att_flight *flight, int64_t now)
{
    return flight && !flight->in_the_air && now < flight->remembered_ns &&
           flight->generation == att_cache_generation(cache);
}

static att_result repeat(const struct att_flight *flight, int64_t now, struct att_call_report *report)
{
    att_call_report_copy(report, &flight->report);
    if (att_result_is_passing(flight->result))
        report->retry_after_ms = (flight->remembered_ns - now) / ATT_NS_PER_MS + 1;
    return flight->result;
}

static att_result fly(struct att_cache *cache, const struct att_key *key, const struct att_fetch *fetch,
                      struct att_loan *loan, struct att_call_report *report)
{
    struct att_flight *flight = find(cache, key);
    int64_t now = att_clock_monotonic_ns();
    const char *refusal = NULL;

    if (is_remembered(cache, flight, now))
        return repeat(flight, now, report);
    /* One that should have landed is given up: the next attempt may find a provider that answers. */
    if (!flight || !flight->in_the_air || now >= flight->deadline_ns) {
        flight = start(cache, key, fetch, flight, &refusal);
        loan->fresh = true;
    }
    if (!flight)
        return ATT_RESULT_NOMEM;
    if (refusal) {
        say(report, refusal);
        return ATT_RESULT_UNAVAILABLE;
    }
    return wait_for(cache, flight, fetch->deadline_ns, loan, report);
}

att_result att_cache_borrow(struct att_cache *cache, const struct att_fetch *fetch, struct att_loan *loan,
                            struct att_call_report *report)
{
    const struct att_key key = att_key_of(cache, fetch);
    struct att_kept *kept;
    att_result result;

    if (att_cache_find(cache, fetch, loan))
        return ATT_RESULT_OK;
    pthread_mutex_lock(&cache->lock);
    kept = att_kept_find(cache, &key); /* it may have come in the meantime */
    if (cache->cancelled) {
        result = ATT_RESULT_CANCELLED;
        say(report, "the engine is being closed");
    } else if (kept && att_kept_is_good(kept, att_clock_monotonic_ns())) {
        result = ATT_RESULT_OK;
        att_kept_use(kept, loan);
    } else {
        result = fly(cache, &key, fetch, loan, report);
    }
    pthread_mutex_unlock(&cache->lock);
    return result;
}

/* Under the lock. */
static bool was_refused_lately(struct att_cache *cache, const struct att_key *key)
{
    const struct att_flight *memory = find(cache, key);

    return memory && att_clock_monotonic_ns() < memory->refused_ns + SECONDS(REFUSED_PAUSE_S);
}

bool att_cache_may_refuse(struct att_cache *cache, const struct att_loan *loan)
{
    const struct att_key *key = &loan->kept->key;
    bool may;

    pthread_mutex_lock(&cache->lock);
    may = att_kept_find(cache, key) != loan->kept || !was_refused_lately(cache, key);
    pthread_mutex_unlock(&cache->lock);
    return may;
}

void att_cache_refuse(struct att_cache *cache, const struct att_loan *loan)
{
    struct att_kept *kept = loan->kept;
    struct att_flight *memory;

    pthread_mutex_lock(&cache->lock);
    if (att_kept_find(cache, &kept->key) == kept) {
        memory = find(cache, &kept->key);
        if (!memory)
            memory = flight_create(cache, &kept->key);
        if (memory)
            memory->refused_ns = att_clock_monotonic_ns();
        att_kept_remove(cache, kept);
    }
    pthread_mutex_unlock(&cache->lock);
}

void att_cache_forget(struct att_cache *cache, const char *grant)
{
    struct att_flight *next;

    pthread_mutex_lock(&cache->lock);
    att_kept_forget(cache, grant);
    /* One in the air lands for those who wait for it, and is not kept. */
    for (struct att_flight *flight = cache->flights; flight; flight = next) {
        next = flight->next;
        if (!att_key_may_be_of(&flight->key, grant))
            continue;
        detach(cache, flight);
        if (!is_held(flight))
            att_flight_free(flight);
    }
    pthread_mutex_unlock(&cache->lock);
}

void att_flights_destroy(struct att_cache *cache)
{
    while (cache->flights) {
        struct att_flight *flight = cache->flights;
        detach(cache, flight);
        att_flight_free(flight);
    }
}
