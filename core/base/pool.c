/* core/base/pool.c: memory that is freed all at once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base.h"

/* The first chunk is of a size that malloc keeps at hand for the thread, so that a short life costs little; each
 * further one is twice as large. */
enum { FIRST_CHUNK_SIZE = 992, LAST_CHUNK_SIZE = 65536, ALIGNMENT = _Alignof(max_align_t) };

struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(max_align_t) char bytes[];
};

struct att_pool {
    struct chunk *chunks; /* the one that is being filled first */
    size_t next_size;
};

struct att_pool *att_pool_create(void)
{
    struct att_pool *pool = malloc(sizeof *pool);

    if (pool)
        *pool = (struct att_pool){NULL, FIRST_CHUNK_SIZE};
    return pool;
}

void att_pool_destroy(struct att_pool *pool)
{
    struct chunk *chunk = pool ? pool->chunks : NULL;

    while (chunk) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(pool);
}

/* A block that does not fit a chunk gets one of its own, behind the chunk that is being filled. */
static struct chunk *chunk_add(struct att_pool *pool, size_t size)
{
    bool large = size > pool->next_size / 4;
    size_t room = large ? size : pool->next_size;
    struct chunk *chunk;

    if (size > SIZE_MAX - sizeof *chunk)
        return NULL;
    chunk = malloc(sizeof *chunk + room);
    if (!chunk)
        return NULL;
    chunk->used = 0;
    chunk->size = room;
    if (!large && pool->next_size < LAST_CHUNK_SIZE)
        pool->next_size *= 2;
    if (large && pool->chunks) {
        chunk->next = pool->chunks->next;
        pool->chunks->next = chunk;
    } else {
        chunk->next = pool->chunks;
        pool->chunks = chunk;
    }
    return chunk;
}

static void *take(struct att_pool *pool, size_t size)
{
    struct chunk *chunk = pool->chunks;
    void *block;

    if (size > SIZE_MAX - ALIGNMENT)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (!chunk || chunk->size - chunk->used < size)
        chunk = chunk_add(pool, size);
    if (!chunk)
        return NULL;
    block = chunk->bytes + chunk->used;
    chunk->used += size;
    return block;
}

void *att_pool_take(struct att_pool *pool, size_t size)
{
    void *block = take(pool, size);

    return block ? memset(block, 0, size) : NULL;
}

char *att_pool_text_size(struct att_pool *pool, const char *text, size_t size)
{
    char *copy = size < SIZE_MAX ? take(pool, size + 1) : NULL;

    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *att_pool_text(struct att_pool *pool, const char *text)
{
    return text ? att_pool_text_size(pool, text, strlen(text)) : NULL;
}

/* Formatted into what is left of the chunk, and a second time only where it does not fit. */
char *att_pool_format(struct att_pool *pool, const char *format, ...)
{
    struct chunk *chunk = pool->chunks;
    size_t left = chunk ? chunk->size - chunk->used : 0;
    char *room = left ? chunk->bytes + chunk->used : NULL, *text;
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vsnprintf(room, left, format, arguments);
    va_end(arguments);
    if (size < 0)
        return NULL;
    text = take(pool, (size_t)size + 1);
    if (!text || (text == room && (size_t)size < left))
        return text;
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

const char *const *att_pool_texts(struct att_pool *pool, const char *const *texts)
{
    const char **copy;
    size_t count = 0;

    while (texts[count])
        count++;
    copy = att_pool_take(pool, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = att_pool_text(pool, texts[i]);
        if (!copy[i])
            return NULL;
    }
    return copy;
}

void *att_pool_room(struct att_pool *pool, void *list, size_t count, size_t *capacity, size_t item_size)
{
    size_t larger = *capacity ? *capacity * 2 : 16;
    void *copy;

    if (count < *capacity)
        return list;
    copy = att_pool_take(pool, larger * item_size);
    if (!copy)
        return NULL;
    if (*capacity)
        memcpy(copy, list, *capacity * item_size);
    *capacity = larger;
    return copy;
}
