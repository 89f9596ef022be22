/* core/module/turn.c: whose turn it is in a module that takes one call at a time.
 *
 * A flag and a condition instead of a mutex held across the call: waiting for it has a deadline on the monotonic clock,
 * and no lock of the host is held while a module runs. */
#include <errno.h>

#include "core/module/loader.h"

bool att_turn_open(struct att_turn *turn)
{
    pthread_condattr_t attributes;
    bool good;

    turn->taken = false;
    if (pthread_mutex_init(&turn->lock, NULL) != 0)
        return false;
    pthread_condattr_init(&attributes);
    good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
           pthread_cond_init(&turn->given, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    if (!good)
        pthread_mutex_destroy(&turn->lock);
    return good;
}

void att_turn_close(struct att_turn *turn)
{
    pthread_cond_destroy(&turn->given);
    pthread_mutex_destroy(&turn->lock);
}

bool att_turn_take(struct att_turn *turn, int64_t deadline_ns)
{
    struct timespec limit = {(time_t)(deadline_ns / ATT_NS_PER_S), (long)(deadline_ns % ATT_NS_PER_S)};
    bool good;

    pthread_mutex_lock(&turn->lock);
    while (turn->taken && pthread_cond_timedwait(&turn->given, &turn->lock, &limit) != ETIMEDOUT)
        continue;
    good = !turn->taken;
    turn->taken = true;
    pthread_mutex_unlock(&turn->lock);
    return good;
}

void att_turn_give(struct att_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    turn->taken = false;
    pthread_cond_signal(&turn->given);
    pthread_mutex_unlock(&turn->lock);
}
