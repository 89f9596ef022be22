/* secret.h: secret memory. Every secret of an engine lives in its arena and nowhere else.
 *
 * The arena is made of chunks of whole pages with an inaccessible guard page on either side. Chunks are locked into
 * memory (mlock), left out of core dumps (MADV_DONTDUMP) and empty in a forked child (MADV_WIPEONFORK). Where the
 * system grants less, the arena works on and att_arena_state() says what is missing. Its bookkeeping lies outside of
 * the chunks, so a child that finds them empty does not stumble. Thread-safe. */
#ifndef ATT_SECRET_H
#define ATT_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct att_arena;
struct att_secret;

struct att_arena_state {
    bool locked, dump_excluded, fork_wiped;
    size_t bytes, locked_bytes;
    size_t in_use; /* bytes that secrets occupy now */
};

/* NULL when memory is out. destroy wipes and unmaps everything, also secrets that were not destroyed. */
struct att_arena *att_arena_create(void);
void att_arena_destroy(struct att_arena *arena);
void att_arena_state(struct att_arena *arena, struct att_arena_state *state);
bool att_arena_contains(struct att_arena *arena, const void *pointer);
/* False in a forked child: the arena of the parent is empty here. Costs one load. */
bool att_arena_alive(const struct att_arena *arena);

/* Overwrites memory in a way that no compiler removes. */
void att_wipe(void *memory, size_t size);
/* Clears the vector registers, in which copying leaves up to 64 bytes of what it copied. The loader of x86-64 writes
 * them all to the stack when it binds a function late. */
void att_wipe_registers(void);

#define ATT_SECRET_LIMIT ((size_t)1 << 20)

/* An empty secret with room for `capacity` bytes (0 to ATT_SECRET_LIMIT), or NULL. One byte more is kept for a NUL,
 * so the content can be handed to calls that want a C string. */
struct att_secret *att_secret_create(struct att_arena *arena, size_t capacity);
struct att_secret *att_secret_from(struct att_arena *arena, const void *bytes, size_t size);
/* One of no bytes that is in no arena and nobody's to destroy. */
const struct att_secret *att_secret_empty(void);
/* Wipes and releases. NULL is allowed. Returns NULL, to be assigned. */
struct att_secret *att_secret_destroy(struct att_secret *secret);
/* False, and nothing is appended, when it would not fit. */
bool att_secret_append(struct att_secret *secret, const void *bytes, size_t size);
bool att_secret_append_text(struct att_secret *secret, const char *text);
/* Drops the bytes after `size` and wipes them. */
void att_secret_truncate(struct att_secret *secret, size_t size);
size_t att_secret_size(const struct att_secret *secret);
size_t att_secret_capacity(const struct att_secret *secret);
/* The bytes, followed by a NUL; good until the secret changes or is destroyed. */
const char *att_secret_bytes(const struct att_secret *secret);
/* Where up to capacity - size bytes may be written (by read(2), say); att_secret_advance takes them in. */
char *att_secret_tail(struct att_secret *secret);
void att_secret_advance(struct att_secret *secret, size_t size);
bool att_secret_equal(const struct att_secret *left, const struct att_secret *right); /* constant time */

#endif
