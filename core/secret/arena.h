/* core/secret/arena.h: what the files of core/secret share: chunks of protected pages, and the slots cut from them. */
#ifndef ATT_SECRET_ARENA_H
#define ATT_SECRET_ARENA_H

#include "core/secret/secret.h"

struct att_chunk;

/* A slot of secret memory. It is made with its chunk and keeps its place there for good; between two uses it waits in
 * the free list of its size. */
struct att_secret {
    struct att_arena *arena;
    struct att_chunk *chunk;
    struct att_secret *next_free;
    char *data;
    size_t size, capacity;
    bool live;
};

/* Readable pages between two guard pages. */
struct att_chunk {
    struct att_chunk *next, *previous;
    char *pages;
    size_t bytes, slot_bytes;
    bool locked, dump_excluded, fork_wiped;
    struct att_secret slots[];
};

/* Maps and protects pages for `count` slots of `slot_bytes` each. NULL when memory is out. */
struct att_chunk *att_chunk_create(struct att_arena *arena, size_t slot_bytes, size_t count);
/* Unmaps the pages. The caller wiped them where that is due. */
void att_chunk_destroy(struct att_chunk *chunk);

/* A page that is zero in a forked child and 1 here; NULL when memory is out. */
const unsigned char *att_mark_create(void);
void att_mark_destroy(const unsigned char *mark);

/* A zeroed slot for `capacity` bytes and a NUL, or NULL. Giving it back wipes it. */
struct att_secret *att_arena_take(struct att_arena *arena, size_t capacity);
void att_arena_give_back(struct att_secret *secret);

#endif
