/* providers/managed_secrets/generation.c: mapping and changing the number of the generation. */
#include "providers/managed_secrets/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

att_result managed_generation_open(struct managed_generation *generation, struct managed_act *act)
{
    generation->page_size = (size_t)sysconf(_SC_PAGESIZE);
    generation->page = mmap(NULL, generation->page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (generation->page == MAP_FAILED) {
        generation->page = NULL;
        return managed_nomem(act);
    }
    return ATT_RESULT_OK;
}

void managed_generation_close(struct managed_generation *generation)
{
    if (generation->page)
        munmap(generation->page, generation->page_size);
    generation->page = NULL;
}

const volatile uint64_t *managed_generation_number(const struct managed_generation *generation)
{
    return generation->page;
}

/* Puts a fresh mapping in the place of the page, which the host reads at any time: there is always one. */
static bool take_place(struct managed_generation *generation, int descriptor)
{
    int flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *fresh = mmap(NULL, generation->page_size, PROT_READ, flags, descriptor, 0);

    if (fresh == MAP_FAILED)
        return false;
    if (mremap(fresh, generation->page_size, generation->page_size, MREMAP_MAYMOVE | MREMAP_FIXED, generation->page) !=
        MAP_FAILED)
        return true;
    munmap(fresh, generation->page_size);
    return false;
}

/* The file must have its eight bytes: reading a mapping past the end of its file is a SIGBUS. */
static bool map_file(struct managed_generation *generation)
{
    int descriptor = managed_file_open(generation->path, O_RDWR);
    struct stat opened;
    bool mapped;

    if (descriptor < 0)
        descriptor = managed_file_open(generation->path, O_RDONLY);
    if (descriptor < 0)
        return false;
    mapped = fstat(descriptor, &opened) == 0 && S_ISREG(opened.st_mode) && opened.st_size >= (off_t)sizeof(uint64_t) &&
             take_place(generation, descriptor);
    close(descriptor);
    if (!mapped)
        return false;
    generation->device = opened.st_dev;
    generation->inode = opened.st_ino;
    generation->mapped = true;
    return true;
}

bool managed_generation_follow(struct managed_generation *generation, struct managed_act *act)
{
    struct managed_act aside = *act;
    struct stat found;
    uint64_t number;
    att_result result = managed_file_check(&aside, generation->path, false, &found);

    if (result == ATT_RESULT_NOT_FOUND) {
        randombytes_buf(&number, sizeof number);
        if (managed_file_make(&aside, generation->path, &number, sizeof number, NULL) != ATT_RESULT_OK)
            return false;
        return map_file(generation);
    }
    if (result != ATT_RESULT_OK)
        return false;
    if (generation->mapped && found.st_dev == generation->device && found.st_ino == generation->inode &&
        found.st_size >= (off_t)sizeof(uint64_t))
        return true;
    /* One that was cut off gets its number back; until then nobody may look at it. */
    if (found.st_size < (off_t)sizeof(uint64_t)) {
        generation->mapped = false;
        if (!take_place(generation, -1) || !managed_generation_change(generation))
            return false;
    }
    return map_file(generation);
}

bool managed_generation_change(struct managed_generation *generation)
{
    int descriptor = managed_file_open(generation->path, O_WRONLY);
    uint64_t number;
    ssize_t written;

    if (descriptor < 0)
        return false;
    randombytes_buf(&number, sizeof number);
    do
        written = pwrite(descriptor, &number, sizeof number, 0);
    while (written < 0 && errno == EINTR);
    close(descriptor);
    return written == (ssize_t)sizeof number;
}
