/* core/secret/chunk.c: pages that are locked, kept out of core dumps, empty after fork, and fenced by guard pages. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/secret/arena.h"

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Whole pages of address space without access, of which the inner `bytes` are then opened. */
static char *map_between_guards(size_t bytes)
{
    size_t guard = page_bytes();
    char *outer = mmap(NULL, bytes + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (outer == MAP_FAILED)
        return NULL;
    if (mprotect(outer + guard, bytes, PROT_READ | PROT_WRITE) != 0) {
        munmap(outer, bytes + 2 * guard);
        return NULL;
    }
    return outer + guard;
}

struct att_chunk *att_chunk_create(struct att_arena *arena, size_t slot_bytes, size_t count)
{
    size_t page = page_bytes();
    size_t bytes = (slot_bytes * count + page - 1) / page * page;
    struct att_chunk *chunk = calloc(1, sizeof *chunk + count * sizeof chunk->slots[0]);

    if (!chunk)
        return NULL;
    chunk->pages = map_between_guards(bytes);
    if (!chunk->pages) {
        free(chunk);
        return NULL;
    }
    chunk->bytes = bytes;
    chunk->slot_bytes = slot_bytes;
    chunk->dump_excluded = madvise(chunk->pages, bytes, MADV_DONTDUMP) == 0;
    chunk->fork_wiped = madvise(chunk->pages, bytes, MADV_WIPEONFORK) == 0;
    /* As mlock(2), which the sanitizers turn into a success that locks nothing. */
    chunk->locked = mlock2(chunk->pages, bytes, 0) == 0;
    for (size_t i = 0; i < count; i++) {
        chunk->slots[i].arena = arena;
        chunk->slots[i].chunk = chunk;
        chunk->slots[i].data = chunk->pages + i * slot_bytes;
    }
    return chunk;
}

void att_chunk_destroy(struct att_chunk *chunk)
{
    size_t guard = page_bytes();

    munmap(chunk->pages - guard, chunk->bytes + 2 * guard);
    free(chunk);
}

const unsigned char *att_mark_create(void)
{
    size_t bytes = page_bytes();
    unsigned char *mark = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (mark == MAP_FAILED)
        return NULL;
    /* A kernel older than 4.14 refuses; then the arena's state says that forked children are not wiped. */
    (void)madvise(mark, bytes, MADV_WIPEONFORK);
    *mark = 1;
    return mark;
}

void att_mark_destroy(const unsigned char *mark)
{
    munmap((void *)(uintptr_t)mark, page_bytes());
}
