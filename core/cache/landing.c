/* core/cache/landing.c: the end of a flight: what it brought is kept, or its failure is remembered. */
#include <stdio.h>
#include <string.h>

#include "core/cache/inside.h"

enum {
    WINDOW_S = 300,       /* the last part of a life, in which it is refreshed; never more than half of it */
    REFRESH_PAUSE_S = 30, /* after a refresh that failed; doubled each time */
    REFRESH_PAUSE_MOST_S = 300,
    RETRY_AFTER_MOST_S = 60
};

static int64_t jitter(struct att_cache *cache, int64_t most)
{
    cache->random = cache->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return most > 0 ? (int64_t)((cache->random >> 33) % (uint64_t)most) : 0;
}

/* Whether the failure says that the provider could not be asked, not that the credential is none any more. */
bool att_result_is_passing(att_result result)
{
    return result == ATT_RESULT_UNAVAILABLE || result == ATT_RESULT_DEADLINE || result == ATT_RESULT_NOMEM ||
           result == ATT_RESULT_FAULT || result == ATT_RESULT_PENDING || result == ATT_RESULT_CANCELLED;
}

/* How long callers get the same failure again instead of asking the provider. */
static int64_t pause_after(struct att_cache *cache, const struct att_flight *flight)
{
    int64_t retry_after = flight->report.retry_after_ms * ATT_NS_PER_MS, pause;

    if (flight->result == ATT_RESULT_CANCELLED || flight->result == ATT_RESULT_NOMEM)
        return 0;
    if (flight->result == ATT_RESULT_NONE || flight->result == ATT_RESULT_NOT_FOUND)
        return SECONDS(1);
    if (!att_result_is_passing(flight->result))
        return SECONDS(2);
    pause = SECONDS(1) << (flight->failures < 3 ? flight->failures : 3) / 2;
    pause += jitter(cache, pause / 2);
    if (retry_after > SECONDS(RETRY_AFTER_MOST_S))
        retry_after = SECONDS(RETRY_AFTER_MOST_S);
    return retry_after > pause ? retry_after : pause;
}

static int64_t refresh_pause(struct att_cache *cache, struct att_kept *kept, const struct att_call_report *report)
{
    int64_t retry_after = report->retry_after_ms * ATT_NS_PER_MS;
    int64_t pause = SECONDS(REFRESH_PAUSE_S) << (kept->failures < 4 ? kept->failures : 4);

    kept->failures++;
    if (pause > SECONDS(REFRESH_PAUSE_MOST_S))
        pause = SECONDS(REFRESH_PAUSE_MOST_S);
    pause += jitter(cache, pause / 2);
    if (retry_after > SECONDS(REFRESH_PAUSE_MOST_S))
        retry_after = SECONDS(REFRESH_PAUSE_MOST_S);
    return retry_after > pause ? retry_after : pause;
}

static void land_failure(struct att_cache *cache, struct att_flight *flight)
{
    struct att_kept *kept = att_kept_find(cache, &flight->key);
    int64_t now = att_clock_monotonic_ns();

    flight->remembered_ns = now + pause_after(cache, flight);
    flight->failures++;
    if (kept && !att_result_is_passing(flight->result))
        att_kept_remove(cache, kept);
    else if (kept)
        atomic_store(&kept->refresh_ns, now + refresh_pause(cache, kept, &flight->report));
}

/* How long it may be used, from `now` on the monotonic clock. */
static int64_t life(const struct att_cache *cache, const struct att_credential *credential, int64_t wall_us)
{
    int64_t longest = cache->promise.longest_ms * ATT_NS_PER_MS, left;

    if (!credential->expires)
        return longest;
    left = credential->expires - wall_us / 1000000 > INT64_MAX / ATT_NS_PER_S / 2
               ? INT64_MAX / 2
               : (credential->expires * 1000000 - wall_us) * 1000;
    return longest && longest < left ? longest : left;
}

/* One that came too late for the table serves those who still wait for it, as does one that may not be kept. */
static void land_credential(struct att_cache *cache, struct att_flight *flight, struct att_credential *credential)
{
    int64_t left = life(cache, credential, att_clock_wall_us()), window = left / 2;
    struct att_term term = {.generation = flight->generation, .until_ns = att_clock_monotonic_ns() + left};

    if (window > SECONDS(WINDOW_S))
        window = SECONDS(WINDOW_S);
    term.refresh_ns = term.until_ns - window + jitter(cache, window / 2);
    term.listed = left > 0 && !flight->detached;
    if (!att_kept_put(cache, &flight->key, credential, &term, &flight->loan))
        flight->result = ATT_RESULT_NOMEM;
    flight->failures = 0;
    flight->remembered_ns = 0;
}

void att_cache_land(struct att_flight *flight, att_result result, struct att_credential *credential,
                    const struct att_call_report *report)
{
    struct att_cache *cache = flight->cache;

    pthread_mutex_lock(&cache->lock);
    flight->in_the_air = false;
    flight->result = result;
    att_call_report_copy(&flight->report, report);
    if (result == ATT_RESULT_OK && credential->expires && credential->expires <= att_clock_wall_us() / 1000000) {
        flight->result = ATT_RESULT_EXPIRED;
        snprintf(flight->report.sentence, sizeof flight->report.sentence, "it gave a credential that has expired");
    }
    if (flight->result == ATT_RESULT_OK)
        land_credential(cache, flight, credential);
    else if (!flight->detached)
        land_failure(cache, flight);
    pthread_cond_broadcast(&flight->landed);
    if (!flight->waiters)
        att_flight_settle(flight);
    pthread_mutex_unlock(&cache->lock);
}
