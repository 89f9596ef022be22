/* generation.h: the number that tells every process of a change.
 *
 * It stands in a file of eight bytes beside the database, which every instance maps; who changes the store writes
 * another number after the commit. The host compares it at each request, which costs one load: so a rotated secret is
 * used from the next request on in every process, with none of them restarted, and no request fails for it. The number
 * is random, not counted up: several writers need no lock for that, and no number comes back. It is written with
 * pwrite(2), not through the mapping, since a full disk is an error there and not a SIGBUS. */
#ifndef ATT_MANAGED_GENERATION_H
#define ATT_MANAGED_GENERATION_H

#include "providers/managed_secrets/files.h"

struct managed_generation {
    const char *path; /* lives longer than this */
    void *page;       /* the same address from open to close; zeroes until the file is there */
    size_t page_size;
    dev_t device;
    ino_t inode;
    bool mapped;
};

/* NOMEM when no page can be had. */
att_result managed_generation_open(struct managed_generation *generation, struct managed_act *act);
void managed_generation_close(struct managed_generation *generation);
/* The number, for the host to read at any time until close. */
const volatile uint64_t *managed_generation_number(const struct managed_generation *generation);
/* Maps the file, making it where it is missing, or follows when another has its name now. False, and what was mapped
 * stays, when it cannot be. */
bool managed_generation_follow(struct managed_generation *generation, struct managed_act *act);
/* After a commit. False when the others learn of it only when what they keep is too old. */
bool managed_generation_change(struct managed_generation *generation);

#endif
