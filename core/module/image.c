/* core/module/image.c: proves that the code in memory is that of the file which was checked. */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>

#include "core/module/steps.h"

struct comparison {
    const struct link_map *map;
    int descriptor;
    bool same;
};

/* As memcmp, whatever a sanitizer thinks of the gaps between the constants of a module. */
__attribute__((no_sanitize("address"))) static bool bytes_are_same(const char *left, const char *right, size_t size)
{
    unsigned difference = 0;

    for (size_t i = 0; i < size; i++)
        difference |= (unsigned char)left[i] ^ (unsigned char)right[i];
    return difference == 0;
}

/* Code, constants and symbols: a segment that nobody writes. A debugger does, where it has set a breakpoint; a module
 * that is debugged is then taken for another one. */
static bool segment_is_same(const struct comparison *comparison, const ElfW(Phdr) * segment)
{
    const char *memory = (const char *)comparison->map->l_addr + segment->p_vaddr;
    char piece[4096];

    for (size_t done = 0; done < segment->p_filesz;) {
        size_t size = segment->p_filesz - done < sizeof piece ? segment->p_filesz - done : sizeof piece;

        if (!att_read_at(comparison->descriptor, (off_t)(segment->p_offset + done), piece, size) ||
            !bytes_are_same(memory + done, piece, size))
            return false;
        done += size;
    }
    return true;
}

/* The program headers come first: when they are the same, memory is laid out as the file says and may be read so. */
static bool object_is_same(const struct comparison *comparison, const struct dl_phdr_info *object)
{
    ElfW(Ehdr) header;

    if (!att_read_at(comparison->descriptor, 0, &header, sizeof header) || header.e_phnum != object->dlpi_phnum)
        return false;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        ElfW(Phdr) segment;

        if (!att_read_at(comparison->descriptor, (off_t)(header.e_phoff + i * sizeof segment), &segment,
                         sizeof segment) ||
            memcmp(&segment, &object->dlpi_phdr[i], sizeof segment) != 0)
            return false;
    }
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W) && !segment_is_same(comparison, segment))
            return false;
    }
    return true;
}

static int is_named(struct dl_phdr_info *object, size_t size, void *path)
{
    (void)size;
    return strcmp(object->dlpi_name, path) == 0;
}

bool att_image_is_loaded(const char *path)
{
    return dl_iterate_phdr(is_named, (void *)(uintptr_t)path) != 0;
}

static int compare(struct dl_phdr_info *object, size_t size, void *context)
{
    struct comparison *comparison = context;

    (void)size;
    if (object->dlpi_addr != comparison->map->l_addr || strcmp(object->dlpi_name, comparison->map->l_name) != 0)
        return 0;
    comparison->same = object_is_same(comparison, object);
    return 1;
}

bool att_image_is_file(void *handle, int descriptor, bool was_loaded)
{
    struct comparison comparison = {.descriptor = descriptor};
    struct link_map *map = NULL;
    struct stat checked, loaded;

    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || fstat(descriptor, &checked) != 0 ||
        stat(map->l_name, &loaded) != 0 || checked.st_dev != loaded.st_dev || checked.st_ino != loaded.st_ino)
        return false;
    if (!was_loaded)
        return true;
    comparison.map = map;
    dl_iterate_phdr(compare, &comparison);
    return comparison.same;
}
