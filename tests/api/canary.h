/* canary.h: a random secret that the test itself never holds in plain, and the search for it in memory and files. */
#ifndef ATT_TEST_CANARY_H
#define ATT_TEST_CANARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CANARY_SIZE 48
#define CANARY_WINDOW 16
#define CANARY_NEEDLES 6

/* The secret as two random halves whose XOR it is, and pieces of its spellings in the same way: three of itself, two of
 * it percent-encoded, one of the base64 of "residue:" and it. Any piece that is found is a copy. */
struct canary {
    volatile unsigned char left[CANARY_SIZE], right[CANARY_SIZE];
    struct canary_needle {
        volatile unsigned char hidden[CANARY_WINDOW], key[CANARY_WINDOW];
        const char *form;
    } needles[CANARY_NEEDLES];
};

void canary_make(struct canary *canary);
/* Puts it where it is meant to be. `room` is at least CANARY_SIZE. */
void canary_put(const struct canary *canary, char *room);
bool canary_write(const struct canary *canary, const char *path); /* byte by byte, mode 0600 */

struct canary_search {
    const struct canary *canary;
    int copies;       /* of the piece that was found most often */
    uint64_t scanned; /* bytes */
    int arenas;       /* regions that were left out, being secret memory */
    int counts[CANARY_NEEDLES];
    char where[512]; /* of the first ones */
};

/* All memory that a process (0: this one) can write, but for secret memory: pages that are kept out of core dumps and
 * empty in a forked child. False when it cannot be read. */
bool canary_search_process(struct canary_search *search, pid_t process);
bool canary_search_file(struct canary_search *search, const char *path);
void canary_search_bytes(struct canary_search *search, const void *bytes, size_t size, const char *where);

#endif
