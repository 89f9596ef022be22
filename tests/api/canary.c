/* tests/api/canary.c: a secret that the test never holds in plain, and the search for it. */
#include "tests/api/canary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

enum { CHUNK = 1 << 20, REGIONS = 2048 };

struct region {
    uintptr_t start, end;
    bool dump_excluded, fork_wiped;
    char name[64];
};

/* What must not be on the stack: the window through which memory is read, and the list of regions. A mapping of its
 * own, so that it can be left out. */
struct bench {
    unsigned char window[CHUNK];
    struct region regions[REGIONS];
    size_t region_count;
};

static unsigned char byte_of(const struct canary *canary, size_t at)
{
    return canary->left[at] ^ canary->right[at];
}

static void hide(struct canary_needle *needle, size_t at, char character)
{
    unsigned char key = 0;

    if (getrandom(&key, 1, 0) != 1)
        abort();
    needle->key[at] = key;
    needle->hidden[at] = (unsigned char)character ^ key;
}

static void hide_raw(const struct canary *canary, struct canary_needle *needle, size_t from)
{
    needle->form = "as it is";
    for (size_t i = 0; i < CANARY_WINDOW; i++)
        hide(needle, i, (char)byte_of(canary, from + i));
}

/* `from` is followed by the slash, six characters later. */
static void hide_percent(const struct canary *canary, struct canary_needle *needle, size_t from)
{
    static const char slash[] = "%2F";

    needle->form = "percent-encoded";
    for (size_t i = 0; i < CANARY_WINDOW; i++)
        hide(needle, i, i >= 6 && i < 9 ? slash[i - 6] : (char)byte_of(canary, from + (i < 6 ? i : i - 2)));
}

/* "residue:" fills two groups and two thirds; from the second character on the groups are the secret's. */
static void hide_base64(const struct canary *canary, struct canary_needle *needle)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    needle->form = "in base64";
    for (size_t i = 0; i < CANARY_WINDOW; i++) {
        size_t first = 1 + i / 4 * 3, bit = i % 4 * 6, byte = bit / 8;
        unsigned pair = (unsigned)byte_of(canary, first + byte) << 8;

        pair |= byte < 2 ? byte_of(canary, first + byte + 1) : 0;
        hide(needle, i, alphabet[pair >> (10 - bit % 8) & 63]);
    }
}

void canary_make(struct canary *canary)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    for (size_t i = 0; i < CANARY_SIZE; i++) {
        unsigned char random[2];

        if (getrandom(random, sizeof random, 0) != sizeof random)
            abort();
        canary->left[i] = random[0];
        canary->right[i] = random[0] ^ (unsigned char)(i % 16 == 7 ? '/' : characters[random[1] % 62]);
    }
    for (size_t i = 0; i < 3; i++)
        hide_raw(canary, &canary->needles[i], i * CANARY_WINDOW);
    hide_percent(canary, &canary->needles[3], 1);
    hide_percent(canary, &canary->needles[4], 33);
    hide_base64(canary, &canary->needles[5]);
}

void canary_put(const struct canary *canary, char *room)
{
    for (size_t i = 0; i < CANARY_SIZE; i++)
        ((volatile char *)room)[i] = (char)byte_of(canary, i);
}

bool canary_write(const struct canary *canary, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool written = file >= 0;

    for (size_t i = 0; written && i < CANARY_SIZE; i++) {
        unsigned char byte = byte_of(canary, i);
        written = write(file, &byte, 1) == 1;
    }
    return file >= 0 && close(file) == 0 && written;
}

/* Compares without putting the two halves together. */
static bool is_at(const unsigned char *bytes, const struct canary_needle *needle)
{
    for (size_t i = 0; i < CANARY_WINDOW; i++)
        if ((bytes[i] ^ needle->key[i]) != needle->hidden[i])
            return false;
    return true;
}

static void count(struct canary_search *search, size_t needle, const char *where, uintptr_t offset)
{
    size_t used = strlen(search->where);

    if (++search->counts[needle] > search->copies)
        search->copies = search->counts[needle];
    snprintf(search->where + used, sizeof search->where - used, "%s%s %s+%lx", used ? "; " : "",
             search->canary->needles[needle].form, where, (unsigned long)offset);
}

static void search_in(struct canary_search *search, const unsigned char *bytes, size_t size, const char *where,
                      uintptr_t offset)
{
    for (size_t i = 0; i < CANARY_NEEDLES; i++) {
        const struct canary_needle *needle = &search->canary->needles[i];
        const unsigned char *at = bytes, *end = bytes + size - CANARY_WINDOW;

        for (; size >= CANARY_WINDOW && at <= end; at++) {
            at = memchr(at, needle->hidden[0] ^ needle->key[0], (size_t)(end - at) + 1);
            if (!at)
                break;
            if (is_at(at, needle))
                count(search, i, where, offset + (uintptr_t)(at - bytes));
        }
    }
}

void canary_search_bytes(struct canary_search *search, const void *bytes, size_t size, const char *where)
{
    search->scanned += size;
    search_in(search, bytes, size, where, 0);
}

/* Windows overlap, so that a piece across their border is seen in one of them, and in one only. */
static void search_range(struct canary_search *search, struct bench *bench, int file, const struct region *region,
                         uintptr_t start, uintptr_t end)
{
    while (start < end) {
        size_t most = end - start < CHUNK ? end - start : CHUNK;
        ssize_t got = pread(file, bench->window, most, (off_t)start);

        if (got <= 0)
            break;
        search_in(search, bench->window, (size_t)got, region->name, start - region->start);
        search->scanned += (uint64_t)got;
        if ((size_t)got < CANARY_WINDOW || start + (size_t)got >= end)
            break;
        start += (size_t)got - (CANARY_WINDOW - 1);
    }
}

static bool read_regions(struct bench *bench, pid_t process)
{
    char path[64], line[512], access[8];
    struct region *region = NULL;
    unsigned long start, end;
    FILE *file;

    snprintf(path, sizeof path, process ? "/proc/%d/smaps" : "/proc/self/smaps", (int)process);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        char name[64] = "anonymous";

        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %63s", &start, &end, access, name) >= 3) {
            region = access[1] == 'w' && bench->region_count < REGIONS ? &bench->regions[bench->region_count++] : NULL;
            if (region)
                *region = (struct region){.start = start, .end = end};
            if (region)
                snprintf(region->name, sizeof region->name, "%s", name);
        } else if (region && strncmp(line, "VmFlags:", 8) == 0) {
            region->dump_excluded = strstr(line, " dd") != NULL;
            region->fork_wiped = strstr(line, " wf") != NULL;
        }
    }
    if (file)
        fclose(file);
    return bench->region_count > 0;
}

static struct bench *bench_open(void)
{
    struct bench *bench =
        mmap(NULL, sizeof *bench, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    return bench == MAP_FAILED ? NULL : bench;
}

static void bench_close(struct bench *bench)
{
    explicit_bzero(bench, sizeof *bench);
    munmap(bench, sizeof *bench);
}

/* A region may hold the bench itself, when the kernel joined them. */
static void search_region(struct canary_search *search, struct bench *bench, int memory, const struct region *region,
                          bool own)
{
    uintptr_t first = (uintptr_t)bench, last = first + sizeof *bench;

    if (own && first >= region->start && first < region->end) {
        search_range(search, bench, memory, region, region->start, first);
        search_range(search, bench, memory, region, last, region->end);
    } else {
        search_range(search, bench, memory, region, region->start, region->end);
    }
}

bool canary_search_process(struct canary_search *search, pid_t process)
{
    struct bench *bench = bench_open();
    char path[64];
    int memory;

    if (!bench)
        return false;
    snprintf(path, sizeof path, process ? "/proc/%d/mem" : "/proc/self/mem", (int)process);
    memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory >= 0 && read_regions(bench, process)) {
        for (size_t i = 0; i < bench->region_count; i++) {
            const struct region *region = &bench->regions[i];
            bool arena = region->dump_excluded && region->fork_wiped;

            search->arenas += arena;
            if (!arena)
                search_region(search, bench, memory, region, process == 0);
        }
    }
    if (memory >= 0)
        close(memory);
    bench_close(bench);
    return search->scanned > 0;
}

bool canary_search_file(struct canary_search *search, const char *path)
{
    struct region whole = {.start = 0, .end = UINTPTR_MAX};
    struct bench *bench = bench_open();
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (bench && file >= 0) {
        snprintf(whole.name, sizeof whole.name, "%.60s", path);
        search_range(search, bench, file, &whole, 0, UINTPTR_MAX);
    }
    if (file >= 0)
        close(file);
    if (bench)
        bench_close(bench);
    return bench && file >= 0;
}
