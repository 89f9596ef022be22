/* core/module/note.c: reads the ELF note of a module from its file, before any of its code can run.
 *
 * The file may be anything: every offset and size is checked against the file, and reads are of fixed size. */
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>

#include "core/module/steps.h"

enum { NOTES_AT_MOST = 64, SEGMENTS_AT_MOST = 64 };

/* The linker's name for the header of the object that this code is in: it tells class and machine of this process. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

struct elf_file {
    int descriptor;
    uint64_t size;
    const char *path;
    char start[1024]; /* of the file: headers and note stand there nearly always */
    size_t start_size;
};

static bool read_range(const struct elf_file *file, uint64_t offset, void *bytes, size_t size)
{
    if (offset <= file->start_size && size <= file->start_size - offset) {
        memcpy(bytes, file->start + offset, size);
        return true;
    }
    return size <= file->size && offset <= file->size - size &&
           att_read_at(file->descriptor, (off_t)offset, bytes, size);
}

static bool header_read(const struct elf_file *file, ElfW(Ehdr) * header, struct att_buffer *why)
{
    unsigned char ident[EI_NIDENT];

    if (!read_range(file, 0, ident, sizeof ident) || memcmp(ident, ELFMAG, SELFMAG) != 0)
        att_buffer_format(why, "module %s is not an ELF file; build it as a shared object: cc -shared -fPIC",
                          file->path);
    else if (ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] || ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA])
        att_buffer_format(
            why, "module %s is built for %s-bit %s-endian programs, this one is %s-bit %s-endian; build it for that",
            file->path,
            ident[EI_CLASS] == ELFCLASS64   ? "64"
            : ident[EI_CLASS] == ELFCLASS32 ? "32"
                                            : "unknown",
            ident[EI_DATA] == ELFDATA2LSB   ? "little"
            : ident[EI_DATA] == ELFDATA2MSB ? "big"
                                            : "unknown",
            __ehdr_start.e_ident[EI_CLASS] == ELFCLASS64 ? "64" : "32",
            __ehdr_start.e_ident[EI_DATA] == ELFDATA2LSB ? "little" : "big");
    else if (!read_range(file, 0, header, sizeof *header))
        att_buffer_format(why, "module %s ends within its ELF header; install it anew", file->path);
    else if (header->e_machine != __ehdr_start.e_machine)
        att_buffer_format(
            why, "module %s is built for another machine (ELF machine %u, this one is %u); build it for this one",
            file->path, header->e_machine, __ehdr_start.e_machine);
    else if (header->e_type != ET_DYN)
        att_buffer_format(why, "module %s is not a shared object (ELF type %u); build it as one: cc -shared -fPIC",
                          file->path, header->e_type);
    else if (header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phnum == 0 || header->e_phnum > SEGMENTS_AT_MOST)
        att_buffer_format(why, "module %s has a damaged ELF header (%u program headers of %u bytes); install it anew",
                          file->path, header->e_phnum, header->e_phentsize);
    else
        return true;
    return false;
}

static uint64_t padded(uint64_t size, uint64_t alignment)
{
    return (size + alignment - 1) & ~(alignment - 1);
}

static bool name_is_whole(const char name[48])
{
    size_t size = strnlen(name, 48);

    return size > 0 && size < 48 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == size;
}

/* What is kept of the notes seen so far. */
struct finds {
    uint32_t kind;
    bool any, matching, damaged;
    struct att_module_note note;
};

static void take_note(const struct elf_file *file, uint64_t body, uint32_t body_size, struct finds *finds)
{
    enum { HEAD = offsetof(struct att_note, kind), BODY = ATT_UPTO(att_note, name) - HEAD };
    struct att_note raw;
    struct att_module_note note;

    if (body_size < BODY || !read_range(file, body, (char *)&raw + HEAD, BODY) || !name_is_whole(raw.name)) {
        finds->damaged = true;
        return;
    }
    note = (struct att_module_note){raw.kind, raw.abi_major, raw.abi_minor, raw.table_size, ""};
    memcpy(note.name, raw.name, sizeof note.name);
    if (!finds->any || (!finds->matching && note.kind == finds->kind && note.abi_major == ATT_ABI_MAJOR))
        finds->note = note;
    finds->any = true;
    finds->matching = finds->note.kind == finds->kind && finds->note.abi_major == ATT_ABI_MAJOR;
}

/* One segment of notes. False when it is damaged. */
static bool segment_walk(const struct elf_file *file, const ElfW(Phdr) * segment, struct finds *finds)
{
    uint64_t at = segment->p_offset, left = segment->p_filesz;
    uint64_t alignment = segment->p_align == 8 ? 8 : 4;

    if (left > file->size || at > file->size - left)
        return false;
    for (int count = 0; left >= sizeof(ElfW(Nhdr)) && count < NOTES_AT_MOST; count++) {
        ElfW(Nhdr) head;
        char vendor[sizeof ATT_NOTE_VENDOR];
        uint64_t body, whole;

        if (!read_range(file, at, &head, sizeof head))
            return false;
        body = padded(sizeof head + (uint64_t)head.n_namesz, alignment);
        whole = body + head.n_descsz;
        if (whole > left)
            return false;
        if (head.n_type == ATT_NOTE_TYPE && head.n_namesz == sizeof vendor &&
            read_range(file, at + sizeof head, vendor, sizeof vendor) &&
            memcmp(vendor, ATT_NOTE_VENDOR, sizeof vendor) == 0)
            take_note(file, at + body, head.n_descsz, finds);
        whole = padded(whole, alignment);
        at += whole;
        left -= whole < left ? whole : left;
    }
    return true;
}

bool att_note_read(int descriptor, const char *path, uint32_t kind, struct att_module_note *note,
                   struct att_buffer *why)
{
    struct elf_file file = {.descriptor = descriptor, .path = path};
    struct finds finds = {.kind = kind};
    struct stat status;
    ElfW(Ehdr) header;
    size_t at_start;

    if (fstat(descriptor, &status) == 0 && status.st_size > 0)
        file.size = (uint64_t)status.st_size;
    at_start = file.size < sizeof file.start ? file.size : sizeof file.start;
    if (att_read_at(descriptor, 0, file.start, at_start))
        file.start_size = at_start;
    if (!header_read(&file, &header, why))
        return false;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;

        if (header.e_phoff > file.size ||
            !read_range(&file, header.e_phoff + i * sizeof segment, &segment, sizeof segment)) {
            att_buffer_format(why, "module %s ends within its program headers; install it anew", path);
            return false;
        }
        if (segment.p_type == PT_NOTE && !segment_walk(&file, &segment, &finds))
            finds.damaged = true;
    }
    if (finds.any) {
        *note = finds.note;
        return true;
    }
    if (finds.damaged)
        att_buffer_format(
            why, "module %s has a damaged note of Attache; build it anew with ATT_MODULE_NOTE of <attache/module.h>",
            path);
    else
        att_buffer_format(why,
                          "module %s has no note of Attache and was not loaded; it is another kind of library, or "
                          "lacks ATT_MODULE_NOTE of <attache/module.h>",
                          path);
    return false;
}
