/* tests/unit/test-loader.c: unit tests of core/module: each refusal of the loader, by what a user reads. */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/provider/provider.h"
#include "tests/unit/unit.h"

/* ---- a site in a temporary directory ------------------------------------------------------------------------------
 */

struct site {
    char directory[64];
    char line[4096]; /* the last line of log */
    size_t lines;
    struct att_pool *pool;
    struct att_host host;
    struct att_loader_rules rules;
    struct att_buffer why;
};

static void keep_line(const struct att_host *host, int level, const char *line)
{
    struct site *site = host->context;

    assert_int_equal(level, ATT_LEVEL_INFO);
    snprintf(site->line, sizeof site->line, "%s", line);
    site->lines++;
}

static int site_open(void **state)
{
    struct site *site = calloc(1, sizeof *site);

    assert_non_null(site);
    snprintf(site->directory, sizeof site->directory, "/tmp/attache-loader-XXXXXX");
    assert_non_null(mkdtemp(site->directory));
    site->pool = att_pool_create();
    site->host = (struct att_host){.magic = ATT_HOST_MAGIC,
                                   .size = sizeof site->host,
                                   .abi_major = ATT_ABI_MAJOR,
                                   .features = ATT_HOST_SECRETS,
                                   .version = "0.1.0",
                                   .context = site,
                                   .log = keep_line};
    site->rules = (struct att_loader_rules){.directory = site->directory, .host = &site->host};
    att_buffer_open(&site->why, 16384);
    *state = site;
    return 0;
}

static void remove_tree(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;

    while (directory && (entry = readdir(directory)) != NULL) {
        char inner[512];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0)
            remove_tree(inner);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static int site_close(void **state)
{
    struct site *site = *state;

    remove_tree(site->directory);
    att_buffer_close(&site->why);
    att_pool_destroy(site->pool);
    free(site);
    return 0;
}

static const char *path_in(struct site *site, const char *name)
{
    return att_pool_format(site->pool, "%s/%s", site->directory, name);
}

/* The bytes of a built module. */
static char *module_bytes(struct site *site, const char *module, size_t *size)
{
    const char *build = secure_getenv("ATT_BUILD");
    const char *path = att_pool_format(site->pool, "%s/tests/modules/.libs/%s.so", build ? build : ".", module);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    char *bytes;

    if (file < 0)
        fail_msg("%s is not built", path);
    assert_int_equal(fstat(file, &status), 0);
    *size = (size_t)status.st_size;
    bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(read(file, bytes, *size), *size);
    close(file);
    return bytes;
}

static const char *put(struct site *site, const char *name, const char *bytes, size_t size)
{
    const char *path = path_in(site, name);
    int file;

    unlink(path);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    assert_int_equal(fchmod(file, 0644), 0);
    close(file);
    return path;
}

/* Copies a built module into the site under a name. */
static const char *install_as(struct site *site, const char *module, const char *name)
{
    size_t size;
    char *bytes = module_bytes(site, module, &size);
    const char *path = put(site, name, bytes, size);

    free(bytes);
    return path;
}

static const struct att_module *load(struct site *site, const char *name)
{
    att_buffer_clear(&site->why);
    return att_module_load(site->pool, &site->rules, name, ATT_KIND_PROVIDER, NULL, &site->why);
}

static void assert_refused(struct site *site, const char *name, const char *sentence)
{
    size_t lines = site->lines;

    assert_null(load(site, name));
    assert_string_equal(site->why.data ? site->why.data : "", sentence);
    assert_int_equal(site->lines, lines);
}

/* ---- loading ------------------------------------------------------------------------------------------------------
 */

static void a_module_is_loaded_and_reported_in_one_line(void **state)
{
    struct site *site = *state;
    const char *path = install_as(site, "plain", "plain.so");
    const struct att_module *module = load(site, "plain.so");

    assert_non_null(module);
    assert_string_equal(module->name, "plain");
    assert_string_equal(module->version, "1.0");
    assert_string_equal(module->file, path);
    assert_int_equal(module->abi_major, 1);
    assert_int_equal(module->threading, ATT_THREADING_FREE);
    assert_null(module->sha256);
    assert_null(module->provider.inject);
    assert_non_null(module->provider.fetch);
    assert_int_equal(module->option_count, 0);
    assert_string_equal(
        site->line, att_pool_format(site->pool, "module plain 1.0: provider, ABI 1.2, offers fetch, from %s", path));
    assert_int_equal(site->lines, 1);
    assert_non_null(load(site, "plain.so"));
}

static void each_flaw_of_a_module_is_refused_with_its_own_sentence(void **state)
{
    static const struct {
        const char *module, *sentence;
    } cases[] = {
        {"wrong-kind", " is of kind \"audit\" (2), and one of kind \"provider\" is wanted here; name another file, or "
                       "use this one elsewhere"},
        {"wrong-major", " is built for ABI 2.2, and this Attache takes major 1; install a build of it for that"},
        {"small-note", " has a table of 40 bytes, and at least 88 are needed; build it anew"},
        {"small-table", ": its table has 40 bytes and needs at least 88; set size to sizeof of the table"},
        {"two-sizes", ": its table says 208 bytes and its note 200; build all of it anew"},
        {"short-note", " has a damaged note of Attache; build it anew with ATT_MODULE_NOTE of <attache/module.h>"},
        {"nameless-note", " has a damaged note of Attache; build it anew with ATT_MODULE_NOTE of <attache/module.h>"},
        {"no-note", " has no note of Attache and was not loaded; it is another kind of library, or lacks "
                    "ATT_MODULE_NOTE of <attache/module.h>"},
        {"null-entry",
         " refused this Attache (0.1.0): its entry returned no table; see the log, or use another build of it"},
        {"bad-magic", ": its table begins with 12345678 instead of 4d545441; set magic to ATT_MODULE_MAGIC"},
        {"name-mismatch", ": its table is named \"inside\" and its note \"outside\"; give both the same name"},
        {"next-symbol",
         " does not export attache_provider_v1, but attache_provider_v2; export it with ATT_MODULE_EXPORT"},
        {"next-table", ": its table is of ABI 2.2 and this Attache takes major 1; build it for that"},
        {"bad-threading", ": its threading 7 is not known to this Attache; use serial, instance or free"},
        {"no-version", ": its table has no version of 1 to 63 characters; give it one"},
        {"no-close", " lacks open or close; complete its table"},
        {"no-fetch", " offers fetch and has no such function; complete its table"},
        {"no-offer", " does not offer fetch; complete its table"},
        {"no-inject", " offers inject and has no such function; complete its table"},
        {"no-invalidate", " offers invalidate and has no such function; complete its table"},
        {"needs-state",
         " needs the host's feature \"state\" (bit 7), which Attache 0.1.0 lacks; use a later Attache or "
         "an earlier module"},
        {"needs-future", " needs the host's feature \"a later feature\" (bit 40), which Attache 0.1.0 lacks; use a "
                         "later Attache or an earlier module"},
        {"option-step", ": its option_size is 7 and must be sizeof(struct att_option), at least 56; set it so"},
        {"option-name", ": its option \"Base URL\" has a name that is not of a-z, 0-9 and _, up to 31 characters, "
                        "without x_ before it; correct the module's list of options"},
        {"option-twice", ": its option \"url\" is declared twice; correct the module's list of options"},
        {"option-type",
         ": its option \"url\" has a type that this Attache does not know; correct the module's list of options"},
        {"option-range", ": its option \"port\" has a minimum above its maximum; correct the module's list of options"},
        {"option-choices", ": its option \"mode\" is a choice without choices; correct the module's list of options"},
        {"option-secret", ": its option \"key\" is a secret, a list or a file of data and has an initial value; "
                          "correct the module's list of options"},
        {"option-required",
         ": its option \"url\" is required and has an initial value; correct the module's list of options"},
        {"option-endless", ": its options do not end with a NULL name within 64; end the list so"},
    };
    struct site *site = *state;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        const char *name = att_pool_format(site->pool, "%s.so", cases[i].module);
        const char *path = install_as(site, cases[i].module, name);
        assert_refused(site, name, att_pool_format(site->pool, "module %s%s", path, cases[i].sentence));
    }
    /* Every flawed module that is built is in the list above; the others have tests of their own. */
    size_t built = 1, others = 6;
    for (const char *at = TEST_MODULES; (at = strchr(at, ' ')) != NULL; at++)
        built++;
    assert_int_equal(ATT_COUNT(cases) + others, built);
}

static void a_module_that_lacks_a_symbol_is_refused_with_the_linkers_words(void **state)
{
    struct site *site = *state;
    const char *path = install_as(site, "undefined-symbol", "undefined.so");

    assert_refused(site, "undefined.so",
                   att_pool_format(site->pool,
                                   "module %s cannot be loaded: %s: undefined symbol: att_nobody_has_this; install "
                                   "what it lacks, or build it anew",
                                   path, path));
}

static void a_library_that_is_no_module_never_runs(void **state)
{
    struct site *site = *state;
    const char *mark = path_in(site, "mark");

    assert_int_equal(setenv("ATT_TEST_MARK", mark, 1), 0);
    install_as(site, "no-note", "library.so");
    assert_null(load(site, "library.so"));
    assert_int_equal(access(mark, F_OK), -1);
    install_as(site, "with-constructor", "module.so");
    assert_non_null(load(site, "module.so"));
    assert_int_equal(access(mark, F_OK), 0);
    unsetenv("ATT_TEST_MARK");
}

static void take_info(void *context, const att_module_info *module)
{
    const char **name = context;

    assert_null(module->refusal);
    assert_string_equal(module->name, "spoilt");
    *name = "spoilt";
}

/* As `attache modules` and `attache check` look at modules: without memory for secrets. */
static void a_module_that_asks_for_a_secret_too_early_gets_none_and_is_loaded(void **state)
{
    struct site *site = *state;
    const struct att_environment environment = {0};
    struct att_host_table table;
    const char *text, *conf, *name = NULL;
    att_error error = ATT_ERROR_INIT;

    install_as(site, "early-secret", "early.so");
    att_host_table_fill(&table, &environment, NULL);
    site->rules.host = &table.host;
    assert_non_null(load(site, "early.so"));
    text = att_pool_format(site->pool, "schema = 1;\nsettings = { module_dir = \"%s\"; };\n", site->directory);
    conf = put(site, "site.conf", text, strlen(text));
    if (att_modules(conf, take_info, &name, &error) != ATT_OK)
        fail_msg("%s", error.message);
    assert_non_null(name);
    assert_int_equal(att_modules(conf, NULL, NULL, &error), ATT_OK);
}

static void a_module_that_was_replaced_after_it_was_loaded_is_refused(void **state)
{
    struct site *site = *state;
    const char *path = install_as(site, "plain", "upgraded.so");

    assert_non_null(load(site, "upgraded.so"));
    assert_int_equal(rename(install_as(site, "plain-next", "new"), path), 0);
    assert_refused(
        site, "upgraded.so",
        att_pool_format(site->pool,
                        "module %s was replaced since it was checked or first loaded; start the program anew", path));
}

/* What sha256sum(1) says of a file. */
static void hash_of(const char *path, char text[65])
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    if (fork() == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execlp("sha256sum", "sha256sum", path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    for (size_t got = 0; got < 64;) {
        ssize_t count = read(ends[0], text + got, 64 - got);
        assert_true(count > 0);
        got += (size_t)count;
    }
    close(ends[0]);
    text[64] = '\0';
}

static void a_pinned_hash_is_compared(void **state)
{
    struct site *site = *state;
    const char *path = install_as(site, "plain", "plain.so");
    const char *wrong = "00000000000000000000000000000000000000000000000000000000000000ff";
    char right[65];
    const struct att_module *module = load(site, "plain.so");

    assert_non_null(module);
    assert_null(module->sha256);
    hash_of(path, right);
    att_buffer_clear(&site->why);
    module = att_module_load(site->pool, &site->rules, "plain.so", ATT_KIND_PROVIDER, right, &site->why);
    assert_non_null(module);
    assert_string_equal(module->sha256, right);
    assert_non_null(strstr(site->line, att_pool_format(site->pool, ", sha256 %.12s", right)));
    assert_null(att_module_load(site->pool, &site->rules, "plain.so", ATT_KIND_PROVIDER, wrong, &site->why));
    assert_string_equal(site->why.data,
                        att_pool_format(site->pool,
                                        "module %s has the sha256 %s, and %s is pinned; install the file that was "
                                        "pinned, or pin this one once it is checked",
                                        path, right, wrong));
}

/* ---- names and files ----------------------------------------------------------------------------------------------
 */

static void names_that_leave_the_module_directory_are_refused(void **state)
{
    struct site *site = *state;
    const char *directory = site->directory;
    struct att_pool *pool = site->pool;
    const char *path = install_as(site, "plain", "plain.so");

    assert_refused(site, "sub/plain.so",
                   att_pool_format(pool,
                                   "module \"sub/plain.so\" is a relative path; write the name of a file in %s without "
                                   "a slash, or an absolute path",
                                   directory));
    assert_refused(site, "../plain.so", "module \"../plain.so\" has \"..\" in it; write the path without");
    assert_refused(site, "..", "module \"..\" has \"..\" in it; write the path without");
    assert_refused(
        site, "",
        att_pool_format(pool, "module \"\" names no file; write the name of one in %s, as in \"mock.so\"", directory));
    assert_refused(site, "/a/../b.so", "module \"/a/../b.so\" has \"..\" in it; write the path without");
    assert_refused(site, path,
                   att_pool_format(pool,
                                   "module \"%s\" is an absolute path, and this site takes none; put the file into %s, "
                                   "or set module_paths = true in settings",
                                   path, directory));
    assert_refused(
        site, "gone.so",
        att_pool_format(pool, "module %s/gone.so is not there; install it, or name one that `attache modules` lists",
                        directory));
    site->rules.allow_paths = true;
    assert_non_null(load(site, path));
    site->rules.directory = "/nowhere/at/all";
    assert_refused(site, "plain.so",
                   "module \"plain.so\": its directory cannot be found: No such file or directory; install the module, "
                   "or correct module_dir in settings");
}

static void links_directories_and_pipes_are_not_modules(void **state)
{
    struct site *site = *state;
    struct att_pool *pool = site->pool;
    const char *target = install_as(site, "plain", "plain.so");
    const char *link = path_in(site, "link.so"), *pipe = path_in(site, "pipe.so"), *inner = path_in(site, "inner.so");

    assert_int_equal(symlink(target, link), 0);
    assert_refused(site, "link.so",
                   att_pool_format(pool, "module %s is a symbolic link; name the file that it points to", link));
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_refused(site, "pipe.so",
                   att_pool_format(pool, "module %s is not a regular file; name a shared object", pipe));
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_refused(site, "inner.so",
                   att_pool_format(pool, "module %s is not a regular file; name a shared object", inner));
}

static void a_module_that_others_may_write_is_refused(void **state)
{
    struct site *site = *state;
    struct att_pool *pool = site->pool;
    const char *path = install_as(site, "plain", "plain.so");
    const char *inner = path_in(site, "inner");

    assert_int_equal(chmod(path, 0664), 0);
    assert_refused(
        site, "plain.so",
        att_pool_format(
            pool,
            "others may write the module %s (mode 0664); make sure that nobody did, and take that away: chmod go-w %s",
            path, path));
    assert_int_equal(chmod(path, 0644), 0);

    assert_int_equal(chmod(site->directory, 01777), 0);
    assert_refused(
        site, "plain.so",
        att_pool_format(
            pool, "module \"plain.so\": others may write its directory %s (mode 1777); take that away: chmod go-w %s",
            site->directory, site->directory));

    /* Sticky above the last directory is as good as /tmp; without it, not. */
    assert_int_equal(mkdir(inner, 0755), 0);
    install_as(site, "plain", "inner/plain.so");
    site->rules.directory = inner;
    assert_non_null(load(site, "plain.so"));
    assert_int_equal(chmod(site->directory, 0770), 0);
    assert_refused(
        site, "plain.so",
        att_pool_format(
            pool, "module \"plain.so\": others may write its directory %s (mode 0770); take that away: chmod go-w %s",
            site->directory, site->directory));
    assert_int_equal(chmod(site->directory, 0700), 0);
    assert_non_null(load(site, "plain.so"));
}

static void a_link_to_the_module_directory_counts_only_where_others_cannot_put_one(void **state)
{
    struct site *site = *state;
    struct att_pool *pool = site->pool;
    const char *open_to_others = path_in(site, "open"), *inner = path_in(site, "inner");

    assert_int_equal(mkdir(inner, 0755), 0);
    assert_int_equal(mkdir(open_to_others, 0755), 0);
    install_as(site, "plain", "inner/plain.so");
    assert_int_equal(symlink("../inner", path_in(site, "open/mods")), 0);
    site->rules.directory = path_in(site, "open/mods");
    assert_non_null(load(site, "plain.so"));
    assert_int_equal(chmod(open_to_others, 0775), 0);
    assert_refused(
        site, "plain.so",
        att_pool_format(
            pool, "module \"plain.so\": others may write its directory %s (mode 0775); take that away: chmod go-w %s",
            open_to_others, open_to_others));
    assert_int_equal(chmod(open_to_others, 01777), 0);
    assert_non_null(load(site, "plain.so"));
    if (geteuid() == 0) {
        assert_int_equal(lchown(site->rules.directory, 12345, (gid_t)-1), 0);
        assert_refused(site, "plain.so",
                       att_pool_format(pool,
                                       "module \"plain.so\": the symbolic link \"%s\" on its way belongs to uid 12345, "
                                       "and others may write where it stands; name the directory it points to",
                                       site->rules.directory));
    }
}

static void a_module_that_belongs_to_somebody_else_is_refused(void **state)
{
    struct site *site = *state;
    struct att_pool *pool = site->pool;
    const char *path = install_as(site, "plain", "plain.so");

    if (geteuid() != 0) {
        print_message("only root can give files away\n");
        skip();
    }
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    assert_refused(site, "plain.so",
                   att_pool_format(pool,
                                   "module %s belongs to uid 12345; make it belong to root or to the running user (uid "
                                   "0), if you know where it is from",
                                   path));
    assert_int_equal(chown(path, 0, (gid_t)-1), 0);
    assert_int_equal(chown(site->directory, 12345, (gid_t)-1), 0);
    assert_refused(site, "plain.so",
                   att_pool_format(pool,
                                   "module \"plain.so\": its directory %s belongs to uid 12345; make it belong to root "
                                   "or to the running user (uid 0)",
                                   site->directory));
    assert_int_equal(chown(site->directory, 0, (gid_t)-1), 0);
    assert_non_null(load(site, "plain.so"));
}

/* ---- hostile files ------------------------------------------------------------------------------------------------
 */

static bool inspects(struct site *site, const char *name, struct att_module_note *note)
{
    const char *path = NULL;
    int file;

    att_buffer_clear(&site->why);
    file = att_module_inspect(site->pool, &site->rules, name, note, &path, &site->why);
    if (file >= 0)
        close(file);
    return file >= 0;
}

static void a_file_for_another_machine_is_refused(void **state)
{
    struct site *site = *state;
    struct att_pool *pool = site->pool;
    size_t size;
    char *bytes = module_bytes(site, "plain", &size);
    ElfW(Ehdr) *header = (ElfW(Ehdr) *)(void *)bytes;
    const char *path = path_in(site, "x.so");
    bool wide = header->e_ident[EI_CLASS] == ELFCLASS64, little = header->e_ident[EI_DATA] == ELFDATA2LSB;
    unsigned machine = header->e_machine;

    put(site, "x.so", "#!/bin/sh\n", 10);
    assert_refused(
        site, "x.so",
        att_pool_format(pool, "module %s is not an ELF file; build it as a shared object: cc -shared -fPIC", path));
    header->e_ident[EI_CLASS] = wide ? ELFCLASS32 : ELFCLASS64;
    put(site, "x.so", bytes, size);
    assert_refused(
        site, "x.so",
        att_pool_format(
            pool, "module %s is built for %s-bit %s-endian programs, this one is %s-bit %s-endian; build it for that",
            path, wide ? "32" : "64", little ? "little" : "big", wide ? "64" : "32", little ? "little" : "big"));
    header->e_ident[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
    header->e_machine = 0x1234;
    put(site, "x.so", bytes, size);
    assert_refused(
        site, "x.so",
        att_pool_format(
            pool, "module %s is built for another machine (ELF machine 4660, this one is %u); build it for this one",
            path, machine));
    header->e_machine = (ElfW(Half))machine;
    header->e_type = ET_EXEC;
    put(site, "x.so", bytes, size);
    assert_refused(site, "x.so",
                   att_pool_format(
                       pool, "module %s is not a shared object (ELF type 2); build it as one: cc -shared -fPIC", path));
    header->e_type = ET_DYN;
    header->e_phnum = 65535;
    put(site, "x.so", bytes, size);
    assert_refused(site, "x.so",
                   att_pool_format(
                       pool, "module %s has a damaged ELF header (65535 program headers of %zu bytes); install it anew",
                       path, sizeof(ElfW(Phdr))));
    header->e_phnum = 4;
    header->e_phoff = UINT64_MAX - 8;
    put(site, "x.so", bytes, size);
    assert_refused(site, "x.so",
                   att_pool_format(pool, "module %s ends within its program headers; install it anew", path));
    free(bytes);
}

static void hostile_offsets_of_notes_are_refused(void **state)
{
    static const uint64_t values[] = {0, 1, 0x7fffffff, 0xffffffff, UINT64_MAX / 2, UINT64_MAX - 3, UINT64_MAX};
    struct site *site = *state;
    struct att_module_note note;
    size_t size;
    char *bytes = module_bytes(site, "plain", &size);
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)(void *)bytes;
    ElfW(Phdr) *segments = (ElfW(Phdr) *)(void *)(bytes + header->e_phoff);

    for (unsigned s = 0; s < header->e_phnum; s++) {
        ElfW(Phdr) kept = segments[s];
        if (kept.p_type != PT_NOTE)
            continue;
        for (size_t i = 0; i < ATT_COUNT(values); i++) {
            segments[s].p_offset = values[i];
            put(site, "x.so", bytes, size);
            inspects(site, "x.so", &note);
            segments[s] = kept;
            segments[s].p_filesz = values[i];
            put(site, "x.so", bytes, size);
            inspects(site, "x.so", &note);
            segments[s] = kept;
        }
        char *vendor = memmem(bytes + kept.p_offset, kept.p_filesz, "Attache", 8);
        if (vendor) {
            const char *end = vendor - offsetof(struct att_note, vendor) + sizeof(struct att_note);
            /* In the file, and outside of its segment, which a sanitizer makes longer than the note. */
            segments[s].p_filesz = (size_t)(end - bytes) - kept.p_offset - 4;
            put(site, "x.so", bytes, size);
            assert_false(inspects(site, "x.so", &note));
            assert_non_null(strstr(site->why.data, "has a damaged note of Attache"));
        }
        segments[s].p_type = PT_NULL;
    }
    put(site, "x.so", bytes, size);
    assert_false(inspects(site, "x.so", &note));
    assert_non_null(strstr(site->why.data, "has no note of Attache"));
    free(bytes);
}

static void a_file_cut_off_anywhere_is_refused_or_still_has_its_note(void **state)
{
    struct site *site = *state;
    struct att_module_note note;
    size_t size, whole = 0;
    char *bytes = module_bytes(site, "plain", &size);

    for (size_t cut = 0; cut < size && cut < 2000; cut++) {
        put(site, "x.so", bytes, cut);
        if (inspects(site, "x.so", &note)) {
            assert_string_equal(note.name, "plain");
            whole++;
        } else {
            assert_non_null(strstr(site->why.data, "module /tmp/attache-loader-"));
        }
    }
    assert_true(whole > 0 && whole < 2000);
    free(bytes);
}

static void a_note_is_read_without_running_the_module(void **state)
{
    struct site *site = *state;
    struct att_module_note note = {0};

    install_as(site, "wrong-kind", "x.so");
    assert_true(inspects(site, "x.so", &note));
    assert_int_equal(note.kind, ATT_KIND_AUDIT);
    assert_int_equal(note.abi_major, 1);
    assert_int_equal(note.table_size, sizeof(struct att_provider));
    assert_string_equal(note.name, "spoilt");
    assert_string_equal(att_module_kind_name(note.kind), "audit");
    assert_string_equal(att_module_kind_name(99), "unknown kind");
    install_as(site, "bad-magic", "y.so");
    assert_true(inspects(site, "y.so", &note));
}

static void the_module_directory_is_beside_the_library(void **state)
{
    struct site *site = *state;
    const char *directory = att_module_directory(site->pool);
    size_t size;

    assert_non_null(directory);
    size = strlen(directory);
    assert_int_equal(directory[0], '/');
    assert_string_equal(directory + size - strlen("/attache"), "/attache");
}

#define SITE_TEST(test) cmocka_unit_test_setup_teardown(test, site_open, site_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(a_module_is_loaded_and_reported_in_one_line),
        SITE_TEST(each_flaw_of_a_module_is_refused_with_its_own_sentence),
        SITE_TEST(a_module_that_lacks_a_symbol_is_refused_with_the_linkers_words),
        SITE_TEST(a_library_that_is_no_module_never_runs),
        SITE_TEST(a_module_that_asks_for_a_secret_too_early_gets_none_and_is_loaded),
        SITE_TEST(a_module_that_was_replaced_after_it_was_loaded_is_refused),
        SITE_TEST(a_pinned_hash_is_compared),
        SITE_TEST(names_that_leave_the_module_directory_are_refused),
        SITE_TEST(links_directories_and_pipes_are_not_modules),
        SITE_TEST(a_link_to_the_module_directory_counts_only_where_others_cannot_put_one),
        SITE_TEST(a_module_that_others_may_write_is_refused),
        SITE_TEST(a_module_that_belongs_to_somebody_else_is_refused),
        SITE_TEST(a_file_for_another_machine_is_refused),
        SITE_TEST(hostile_offsets_of_notes_are_refused),
        SITE_TEST(a_file_cut_off_anywhere_is_refused_or_still_has_its_note),
        SITE_TEST(a_note_is_read_without_running_the_module),
        SITE_TEST(the_module_directory_is_beside_the_library),
    };

    return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
