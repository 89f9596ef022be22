/* tests/api/failing.c: malloc and its like in front of those of the C library, which they call under their own names.
 */
#include "tests/api/failing.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* A sanitizer has its own in their place; no test that needs these runs with one. */
#if !defined(__has_feature)
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
void failing_arm(long n)
{
    (void)n;
}

bool failing_disarm(void)
{
    return false;
}

bool failing_was_libcurls(void)
{
    return false;
}

long failing_live(void)
{
    return 0;
}
#else

#define EXPORTED __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);
extern void *__libc_memalign(size_t alignment, size_t size);
EXPORTED void *malloc(size_t size);
EXPORTED void *calloc(size_t count, size_t size);
EXPORTED void *realloc(void *block, size_t size);
EXPORTED void free(void *block);
EXPORTED void *aligned_alloc(size_t alignment, size_t size);
struct config_t;
EXPORTED void config_init(struct config_t *config);
EXPORTED int config_read_string(struct config_t *config, const char *text);
EXPORTED void *json_loadb(const char *text, size_t size, size_t flags, void *error);

static atomic_long live, countdown;
static atomic_bool failed, libcurls;
static _Thread_local volatile int spared; /* how deep in a reader, which may call itself by its public names */

void failing_arm(long n)
{
    void *frame;

    backtrace(&frame, 1); /* which loads a library when it is called first */
    atomic_store(&failed, false);
    atomic_store(&libcurls, false);
    atomic_store(&countdown, n);
}

bool failing_disarm(void)
{
    atomic_store(&countdown, 0);
    return atomic_load(&failed);
}

bool failing_was_libcurls(void)
{
    return atomic_load(&libcurls);
}

long failing_live(void)
{
    return atomic_load(&live);
}

/* Whether libcurl is among the callers. */
static bool is_libcurls(void)
{
    void *frames[24];
    int count = backtrace(frames, 24);
    Dl_info info;

    for (int i = 0; i < count; i++)
        if (dladdr(frames[i], &info) && info.dli_fname && strstr(info.dli_fname, "libcurl"))
            return true;
    return false;
}

static bool fails(void)
{
    if (spared || atomic_load(&countdown) <= 0 || atomic_fetch_sub(&countdown, 1) != 1)
        return false;
    atomic_store(&libcurls, is_libcurls());
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    if (block)
        atomic_fetch_add(&live, 1);
    return block;
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    void *moved;

    if (!block)
        return malloc(size);
    if (size && fails())
        return NULL;
    moved = __libc_realloc(block, size);
    if (!size)
        atomic_fetch_sub(&live, 1);
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__libc_memalign(alignment, size));
}

void free(void *block)
{
    if (block)
        atomic_fetch_sub(&live, 1);
    __libc_free(block);
}

/* The next definition of a function after ours. */
static void find_next(const char *name, void *function, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(function, &found, size);
}

void config_init(struct config_t *config)
{
    void (*next)(struct config_t *) = NULL;

    spared++;
    find_next("config_init", &next, sizeof next);
    next(config);
    spared--;
}

int config_read_string(struct config_t *config, const char *text)
{
    int (*next)(struct config_t *, const char *) = NULL;
    int done;

    spared++;
    find_next("config_read_string", &next, sizeof next);
    done = next(config, text);
    spared--;
    return done;
}

void *json_loadb(const char *text, size_t size, size_t flags, void *error)
{
    void *(*next)(const char *, size_t, size_t, void *) = NULL;
    void *library, *found, *value;

    spared++;
    library = dlopen("libjansson.so.4", RTLD_LAZY); /* it came with a module, so it is not among those after us */
    found = library ? dlsym(library, "json_loadb") : NULL;
    memcpy(&next, &found, sizeof next);
    value = next ? next(text, size, flags, error) : NULL;
    spared--;
    return value;
}

#endif
