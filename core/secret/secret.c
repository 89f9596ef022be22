/* core/secret/secret.c: a secret as a string of bytes in a slot of the arena; always followed by a NUL. */
#include <stdlib.h>
#include <string.h>

#include "core/secret/arena.h"

struct att_secret *att_secret_create(struct att_arena *arena, size_t capacity)
{
    return capacity <= ATT_SECRET_LIMIT ? att_arena_take(arena, capacity) : NULL;
}

struct att_secret *att_secret_from(struct att_arena *arena, const void *bytes, size_t size)
{
    struct att_secret *secret = att_secret_create(arena, size);

    if (secret)
        att_secret_append(secret, bytes, size);
    return secret;
}

const struct att_secret *att_secret_empty(void)
{
    static const struct att_secret empty = {.data = (char *)""};

    return &empty;
}

struct att_secret *att_secret_destroy(struct att_secret *secret)
{
    if (secret)
        att_arena_give_back(secret);
    return NULL;
}

bool att_secret_append(struct att_secret *secret, const void *bytes, size_t size)
{
    if (size > secret->capacity - secret->size)
        return false;
    if (size)
        memcpy(secret->data + secret->size, bytes, size);
    att_secret_advance(secret, size);
    return true;
}

bool att_secret_append_text(struct att_secret *secret, const char *text)
{
    return att_secret_append(secret, text, strlen(text));
}

void att_secret_truncate(struct att_secret *secret, size_t size)
{
    if (size >= secret->size)
        return;
    secret->size = size;
    /* To the end of the room, since bytes may have been written to the tail and not been taken in. */
    att_wipe(secret->data + size, secret->capacity + 1 - size);
}

size_t att_secret_size(const struct att_secret *secret)
{
    return secret->size;
}

size_t att_secret_capacity(const struct att_secret *secret)
{
    return secret->capacity;
}

const char *att_secret_bytes(const struct att_secret *secret)
{
    return secret->data;
}

char *att_secret_tail(struct att_secret *secret)
{
    return secret->data + secret->size;
}

void att_secret_advance(struct att_secret *secret, size_t size)
{
    /* More than there was room for has been written: other secrets are damaged already. */
    if (size > secret->capacity - secret->size)
        abort();
    secret->size += size;
    secret->data[secret->size] = '\0';
}

bool att_secret_equal(const struct att_secret *left, const struct att_secret *right)
{
    const volatile char *a = left->data, *b = right->data; /* volatile: no compiler ends the loop early */
    unsigned char difference = 0;

    if (left->size != right->size)
        return false;
    for (size_t i = 0; i < left->size; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return difference == 0;
}
