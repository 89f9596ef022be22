/* core/secret/arena.c: slots of secret memory by size class, from chunks that are shared by all secrets of a size. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/secret/arena.h"

/* Slots are of 64, 128, ... 16384 bytes; what is larger has a chunk of its own. The first chunk of a tier is small,
 * since the limit of locked memory often is; each later one doubles the tier. */
enum { SMALLEST_SLOT = 64, LARGEST_SLOT = 16384, TIERS = 9, FIRST_CHUNK = 16384, LARGEST_CHUNK = 1 << 20 };

struct tier {
    struct att_secret *free;
    size_t bytes;
};

struct att_arena {
    const unsigned char *mark;
    pthread_mutex_t lock; /* everything below */
    struct tier tiers[TIERS];
    struct att_chunk *chunks;
    size_t bytes, locked_bytes, in_use;
    bool locked, dump_excluded, fork_wiped; /* of all chunks so far */
};

struct att_arena *att_arena_create(void)
{
    struct att_arena *arena = calloc(1, sizeof *arena);
    pthread_mutexattr_t kind;

    if (!arena)
        return NULL;
    arena->mark = att_mark_create();
    if (!arena->mark) {
        free(arena);
        return NULL;
    }
    arena->locked = arena->dump_excluded = arena->fork_wiped = true;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&arena->lock, &kind);
    pthread_mutexattr_destroy(&kind);
    return arena;
}

/* In a forked child the lock may be held by a thread that is not there, so no call touches it; and there is nothing to
 * wipe. */
void att_arena_destroy(struct att_arena *arena)
{
    bool alive;

    if (!arena)
        return;
    alive = att_arena_alive(arena);
    while (arena->chunks) {
        struct att_chunk *chunk = arena->chunks;

        arena->chunks = chunk->next;
        if (alive)
            att_wipe(chunk->pages, chunk->bytes);
        att_chunk_destroy(chunk);
    }
    if (alive)
        pthread_mutex_destroy(&arena->lock);
    att_mark_destroy(arena->mark);
    free(arena);
}

bool att_arena_alive(const struct att_arena *arena)
{
    return *(const volatile unsigned char *)arena->mark != 0;
}

void att_arena_state(struct att_arena *arena, struct att_arena_state *state)
{
    *state = (struct att_arena_state){.locked = false};
    if (!att_arena_alive(arena))
        return;
    pthread_mutex_lock(&arena->lock);
    /* What the system grants is known once a chunk is mapped, and an engine that only plans maps none. */
    if (arena->bytes == 0) {
        pthread_mutex_unlock(&arena->lock);
        att_secret_destroy(att_secret_create(arena, 0));
        pthread_mutex_lock(&arena->lock);
    }
    *state = (struct att_arena_state){.locked = arena->locked,
                                      .dump_excluded = arena->dump_excluded,
                                      .fork_wiped = arena->fork_wiped,
                                      .bytes = arena->bytes,
                                      .locked_bytes = arena->locked_bytes,
                                      .in_use = arena->in_use};
    pthread_mutex_unlock(&arena->lock);
}

bool att_arena_contains(struct att_arena *arena, const void *pointer)
{
    bool found = false;

    if (!att_arena_alive(arena))
        return false;
    pthread_mutex_lock(&arena->lock);
    for (struct att_chunk *chunk = arena->chunks; chunk && !found; chunk = chunk->next)
        found = (uintptr_t)pointer - (uintptr_t)chunk->pages < chunk->bytes;
    pthread_mutex_unlock(&arena->lock);
    return found;
}

/* Called under the lock, as is the next. */
static struct att_chunk *chunk_add(struct att_arena *arena, size_t slot_bytes, size_t count)
{
    struct att_chunk *chunk = att_chunk_create(arena, slot_bytes, count);

    if (!chunk)
        return NULL;
    chunk->next = arena->chunks;
    if (chunk->next)
        chunk->next->previous = chunk;
    arena->chunks = chunk;
    arena->bytes += chunk->bytes;
    arena->locked_bytes += chunk->locked ? chunk->bytes : 0;
    arena->locked &= chunk->locked;
    arena->dump_excluded &= chunk->dump_excluded;
    arena->fork_wiped &= chunk->fork_wiped;
    return chunk;
}

static void chunk_remove(struct att_arena *arena, struct att_chunk *chunk)
{
    if (chunk->next)
        chunk->next->previous = chunk->previous;
    if (chunk->previous)
        chunk->previous->next = chunk->next;
    else
        arena->chunks = chunk->next;
    arena->bytes -= chunk->bytes;
    arena->locked_bytes -= chunk->locked ? chunk->bytes : 0;
}

static struct tier *tier_for(struct att_arena *arena, size_t bytes)
{
    size_t tier = 0;

    while ((size_t)SMALLEST_SLOT << tier < bytes)
        tier++;
    return &arena->tiers[tier];
}

static void tier_grow(struct att_arena *arena, struct tier *tier)
{
    size_t slot_bytes = (size_t)SMALLEST_SLOT << (tier - arena->tiers);
    size_t bytes = tier->bytes ? tier->bytes : FIRST_CHUNK;
    struct att_chunk *chunk;

    if (bytes > LARGEST_CHUNK)
        bytes = LARGEST_CHUNK;
    chunk = chunk_add(arena, slot_bytes, bytes / slot_bytes);
    if (!chunk)
        return;
    tier->bytes += bytes;
    for (size_t i = bytes / slot_bytes; i-- > 0;) {
        chunk->slots[i].next_free = tier->free;
        tier->free = &chunk->slots[i];
    }
}

struct att_secret *att_arena_take(struct att_arena *arena, size_t capacity)
{
    struct att_secret *secret = NULL;

    if (!att_arena_alive(arena))
        return NULL;
    pthread_mutex_lock(&arena->lock);
    if (capacity + 1 > LARGEST_SLOT) {
        struct att_chunk *chunk = chunk_add(arena, capacity + 1, 1);

        secret = chunk ? &chunk->slots[0] : NULL;
    } else {
        struct tier *tier = tier_for(arena, capacity + 1);

        if (!tier->free)
            tier_grow(arena, tier);
        secret = tier->free;
        if (secret)
            tier->free = secret->next_free;
    }
    if (secret)
        arena->in_use += secret->chunk->slot_bytes;
    pthread_mutex_unlock(&arena->lock);
    if (!secret)
        return NULL;
    secret->size = 0;
    secret->capacity = capacity;
    secret->live = true;
    return secret;
}

void att_arena_give_back(struct att_secret *secret)
{
    struct att_arena *arena = secret->arena;
    struct att_chunk *chunk = secret->chunk;
    bool own_chunk = chunk->slot_bytes > LARGEST_SLOT;

    if (!att_arena_alive(arena))
        return;
    /* A slot that is given back twice would later hold two credentials at once. */
    if (!secret->live)
        abort();
    secret->live = false;
    att_wipe(secret->data, secret->capacity + 1);
    pthread_mutex_lock(&arena->lock);
    arena->in_use -= chunk->slot_bytes;
    if (own_chunk) {
        chunk_remove(arena, chunk);
    } else {
        struct tier *tier = tier_for(arena, chunk->slot_bytes);

        secret->next_free = tier->free;
        tier->free = secret;
    }
    pthread_mutex_unlock(&arena->lock);
    if (own_chunk)
        att_chunk_destroy(chunk);
}
