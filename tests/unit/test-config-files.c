/* tests/unit/test-config-files.c: unit tests of the files of a configuration: which are read, whose they may be, and
 * what several say together. */
#include <string.h>
#include <sys/socket.h>

#include "core/config/files.h"
#include "core/error/error.h"
#include "tests/unit/config.h"
#include "tests/unit/folder.h"

enum { NOBODY = 65534 };

#define BASE "schema = 1; policy = {}; audit = ({ module = \"audit_file.so\"; });\n"

struct site {
    struct folder folder;
    struct att_findings findings;
    struct att_buffer text;
    struct att_config_roots roots;
};

static int open_site(void **state)
{
    struct site *site = test_calloc(1, sizeof *site);

    folder_open(&site->folder);
    att_findings_open(&site->findings, site->folder.pool);
    att_buffer_open(&site->text, 1 << 16);
    *state = site;
    return 0;
}

static int close_site(void **state)
{
    struct site *site = *state;

    att_buffer_close(&site->text);
    folder_close(&site->folder);
    test_free(site);
    return 0;
}

/* The site's folders: of the system, with an attache.conf, of the vendor, of a user. */
static void make_roots(struct site *site)
{
    struct folder *folder = &site->folder;

    site->roots.system = folder_add(folder, "system");
    site->roots.vendor = folder_add(folder, "vendor");
    site->roots.user = folder_add(folder, "user");
    folder_add(folder, "system/conf.d");
    folder_add(folder, "user/conf.d");
    folder_put(folder, "system/attache.conf", BASE);
}

/* Reads the roots; what was found, with "F" for the test's folder. */
static struct att_config *load(struct site *site)
{
    struct att_config *config = att_config_load_from(site->folder.pool, &site->roots, &site->findings);
    size_t size = strlen(site->folder.path);

    att_buffer_clear(&site->text);
    att_buffer_text(&site->text, "");
    for (size_t i = 0; i < site->findings.count; i++) {
        const struct att_finding *finding = &site->findings.list[i];
        const char *text = finding->text;

        if (finding->place.line)
            att_buffer_format(&site->text, "F%s:%d: ", finding->place.file + size, finding->place.line);
        for (const char *at; (at = strstr(text, site->folder.path)); text = at + size) {
            att_buffer_add(&site->text, text, (size_t)(at - text));
            att_buffer_char(&site->text, 'F');
        }
        att_buffer_format(&site->text, "%s\n", text);
    }
    return config;
}

static void assert_files(struct site *site, const struct att_config *config, const char *const *names)
{
    size_t i;

    assert_non_null(config);
    for (i = 0; names[i]; i++)
        assert_string_equal(config->files[i], folder_path(&site->folder, names[i]));
    assert_null(config->files[i]);
}

static void drop_ins_follow_by_name_and_override_those_of_the_vendor(void **state)
{
    static const char *const expected[] = {"system/attache.conf", "system/conf.d/05-c.conf", "vendor/10-a.conf",
                                           "system/conf.d/20-b.conf", NULL};
    struct site *site = *state;
    struct folder *folder = &site->folder;

    make_roots(site);
    folder_put(folder, "vendor/10-a.conf", "x_file = \"vendor a\";");
    folder_put(folder, "vendor/20-b.conf", "x_file = \"vendor b\"; unknown = 1;");
    folder_put(folder, "system/conf.d/20-b.conf", "");
    folder_put(folder, "system/conf.d/05-c.conf", "# a comment\n");
    folder_put(folder, "system/conf.d/README", "unknown = 1;");
    folder_put(folder, "system/conf.d/30-d.conf~", "unknown = 1;");
    folder_put(folder, "system/conf.d/.40-e.conf", "unknown = 1;");
    folder_put(folder, "system/conf.d/100-f.conf", "unknown = 1;");
    assert_files(site, load(site), expected);
    assert_string_equal(site->text.data, "file \"F/system/conf.d/100-f.conf\" is not read: drop-ins are named "
                                         "NN-name.conf; rename it\n");
}

static void a_user_is_read_only_where_the_site_has_no_configuration(void **state)
{
    static const char *const of_system[] = {"system/attache.conf", NULL};
    static const char *const of_user[] = {"user/attache.conf", "user/conf.d/10-u.conf", NULL};
    struct site *site = *state;
    struct folder *folder = &site->folder;

    make_roots(site);
    folder_put(folder, "user/attache.conf", BASE);
    folder_put(folder, "user/conf.d/10-u.conf", "");
    assert_files(site, load(site), of_system);
    unlink(folder_path(folder, "system/attache.conf"));
    folder_put(folder, "system/conf.d/10-s.conf", "unknown = 1;");
    assert_files(site, load(site), of_user);
}

static void no_configuration_says_where_one_was_looked_for(void **state)
{
    struct site *site = *state;

    make_roots(site);
    unlink(folder_path(&site->folder, "system/attache.conf"));
    assert_null(load(site));
    assert_string_equal(
        site->text.data,
        "there is no configuration: neither \"F/system/attache.conf\" nor \"F/user/attache.conf\" exists; "
        "create one, or name a file with --config or ATTACHE_CONFIG\n");
}

static void a_broken_file_of_the_system_is_never_replaced_by_one_of_the_user(void **state)
{
    struct site *site = *state;

    make_roots(site);
    folder_put(&site->folder, "user/attache.conf", BASE);
    assert_int_equal(chmod(folder_path(&site->folder, "system/attache.conf"), 0666), 0);
    assert_null(load(site));
    assert_string_equal(site->text.data,
                        "file \"F/system/attache.conf\" is refused: others may write to it (mode 0666); "
                        "run chmod go-w on it\n");
}

static void an_explicit_file_is_the_only_one(void **state)
{
    static const char *const expected[] = {"mine.conf", NULL};
    struct site *site = *state;

    make_roots(site);
    folder_put(&site->folder, "system/conf.d/10-a.conf", "unknown = 1;");
    site->roots.file = folder_put(&site->folder, "mine.conf", BASE);
    assert_files(site, load(site), expected);
    assert_string_equal(site->text.data, "");
}

static void environment_names_the_file_unless_the_caller_does(void **state)
{
    struct site *site = *state;
    struct att_pool *pool = site->folder.pool;
    struct att_config_roots roots;

    setenv("ATTACHE_CONFIG", "/from/environment", 1);
    setenv("XDG_CONFIG_HOME", "/xdg", 1);
    setenv("HOME", "/home/me", 1);
    assert_true(att_config_roots_find(pool, NULL, &roots));
    assert_string_equal(roots.file, "/from/environment");
    assert_string_equal(roots.user, "/xdg/attache");
    assert_true(att_config_roots_find(pool, "mine.conf", &roots));
    assert_string_equal(roots.file, "mine.conf");
    setenv("ATTACHE_CONFIG", "", 1);
    setenv("XDG_CONFIG_HOME", "relative", 1);
    assert_true(att_config_roots_find(pool, NULL, &roots));
    assert_null(roots.file);
    assert_string_equal(roots.user, "/home/me/.config/attache");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    assert_true(att_config_roots_find(pool, NULL, &roots));
    assert_null(roots.user);
    assert_non_null(strstr(roots.system, "/attache"));
    assert_non_null(strstr(roots.vendor, "/attache/conf.d"));
    unsetenv("ATTACHE_CONFIG");
}

static void what_two_files_both_define_is_refused_with_both_places(void **state)
{
    static const char first[] =
        "settings = { timeout = \"1s\"; redirects = 1; };\n"
        "providers = ( { name = \"p\"; module = \"m.so\"; } );\n"
        "stacks = ( { name = \"s\"; origins = \"https://a\"; fetch = ( { use = \"p\"; } ); } );\n"
        "grants = ( { name = \"g\"; stack = \"s\"; } );\n"
        "policy = { default = \"deny\"; rules = ( { name = \"r\"; effect = \"permit\"; } ); };\n"
        "audit = ( { name = \"a\"; module = \"m.so\"; } );\n";
    static const char second[] =
        "x_line = 1;\n"
        "settings = { timeout = \"2s\"; mask_secrets = false; };\n"
        "providers = ( { name = \"p\"; module = \"m.so\"; } );\n"
        "stacks = ( { name = \"s\"; fetch = ( ); } );\n"
        "grants = ( { name = \"g\"; stack = \"s\"; } );\n"
        "policy = { default = \"permit\"; rules = ( { name = \"r\"; effect = \"forbid\"; } ); };\n"
        "audit = ( { name = \"a\"; module = \"m.so\"; } );\n";
    struct site *site = *state;

    make_roots(site);
    folder_put(&site->folder, "system/attache.conf", "schema = 1;");
    folder_put(&site->folder, "vendor/10-first.conf", first);
    folder_put(&site->folder, "system/conf.d/20-second.conf", second);
    load(site);
    assert_string_equal(
        site->text.data,
        "F/system/conf.d/20-second.conf:2: \"timeout\" in settings is set twice: here and at F/vendor/10-first.conf:1; "
        "remove one of the two\n"
        "F/system/conf.d/20-second.conf:3: provider \"p\" is defined twice: here and at F/vendor/10-first.conf:2; "
        "rename "
        "or remove one\n"
        "F/system/conf.d/20-second.conf:5: grant \"g\" is defined twice: here and at F/vendor/10-first.conf:4; rename "
        "or "
        "remove one\n"
        "F/system/conf.d/20-second.conf:4: stack \"s\" is defined twice: here and at F/vendor/10-first.conf:3; rename "
        "or "
        "remove one\n"
        "F/system/conf.d/20-second.conf:6: \"default\" in policy is set twice: here and at F/vendor/10-first.conf:5; "
        "remove one of the two\n"
        "F/system/conf.d/20-second.conf:6: rule \"r\" is defined twice: here and at F/vendor/10-first.conf:5; rename "
        "or "
        "remove one\n"
        "F/system/conf.d/20-second.conf:7: audit sink \"a\" is defined twice: here and at F/vendor/10-first.conf:6; "
        "rename or remove one\n");
}

static void several_files_make_one_configuration(void **state)
{
    struct site *site = *state;
    const struct att_config *config;

    make_roots(site);
    folder_put(&site->folder, "system/attache.conf",
               "schema = 1; settings = { timeout = \"1s\"; }; policy = { default = \"permit\"; };");
    folder_put(&site->folder, "system/conf.d/10-a.conf",
               "settings = { redirects = 2; }; policy = { rules = ( { name = \"a\"; effect = \"permit\"; } ); };"
               "providers = ( { name = \"p\"; module = \"m.so\"; } ); audit = ( { module = \"m.so\"; } );");
    folder_put(&site->folder, "system/conf.d/20-b.conf",
               "schema = 1; policy = { rules = ( { name = \"b\"; effect = \"forbid\"; } ); };"
               "stacks = ( { name = \"s\"; fetch = ( { use = \"p\"; } ); } ); audit = ( { module = \"n.so\"; } );");
    config = load(site);
    assert_string_equal(site->text.data, "");
    assert_non_null(config);
    assert_int_equal(config->timeout_ms, 1000);
    assert_int_equal(config->redirects, 2);
    assert_true(config->permit_by_default);
    assert_int_equal(config->rule_count, 2);
    assert_string_equal(config->rules[1].name, "b");
    assert_int_equal(config->sink_count, 2);
}

static void what_is_missing_is_not_missed_while_a_file_cannot_be_read(void **state)
{
    struct site *site = *state;

    make_roots(site);
    folder_put(&site->folder, "system/attache.conf", "schema = 1; grants = (\n");
    folder_put(&site->folder, "system/conf.d/10-a.conf",
               "grants = ( { name = \"g\"; stack = \"elsewhere\"; } );\nunknown = 1;");
    load(site);
    assert_string_equal(
        site->text.data,
        "F/system/attache.conf:2: the text is no configuration here, or just before: look for a missing "
        "semicolon, quote or bracket\n"
        "F/system/conf.d/10-a.conf:2: key \"unknown\" is not known in the configuration: known are schema, "
        "settings, providers, grants, stacks, policy, audit; a key of your own begins with \"x_\"\n");
}

/* ---- one file ------------------------------------------------------------------------------------------------------
 */

static void assert_refused(struct site *site, const char *sentence)
{
    site->findings.count = 0;
    assert_null(load(site));
    assert_string_equal(site->text.data, sentence);
}

static void an_empty_half_written_or_huge_file_is_refused(void **state)
{
    struct site *site = *state;
    struct folder *folder = &site->folder;
    char *huge = test_malloc(ATT_CONFIG_FILE_LIMIT + 1);

    site->roots.file = folder_put(folder, "a.conf", "");
    load(site);
    assert_non_null(strstr(site->text.data, "F/a.conf:1: \"schema\" is missing: the file is empty, cut off or no "
                                            "configuration; write schema = 1;\n"));
    folder_put(folder, "a.conf", "schema = 1;\npolicy = { rules = ( { name = \"a\"; effect = \"per");
    assert_refused(site,
                   "F/a.conf:2: the text that begins here has no closing quote on its line: close it; texts hold no "
                   "line breaks\n");
    folder_put_size(folder, "a.conf", "schema = 1;\nx\0y", 15);
    assert_refused(site, "F/a.conf:2: the file has a NUL byte in it: it is damaged, or no text; write it anew\n");
    memset(huge, ' ', ATT_CONFIG_FILE_LIMIT + 1);
    folder_put_size(folder, "a.conf", huge, ATT_CONFIG_FILE_LIMIT + 1);
    assert_refused(site, "file \"F/a.conf\" is refused: it is larger than 1 MiB; split it into drop-ins\n");
    memcpy(huge, BASE, sizeof BASE - 1);
    folder_put_size(folder, "a.conf", huge, ATT_CONFIG_FILE_LIMIT);
    site->findings.count = 0;
    assert_non_null(load(site));
    test_free(huge);
}

static void only_a_regular_file_that_others_cannot_change_is_read(void **state)
{
    struct site *site = *state;
    struct folder *folder = &site->folder;
    const char *file = folder_put(folder, "a.conf", BASE);

    site->roots.file = file;
    assert_int_equal(chmod(file, 0664), 0);
    assert_refused(site, "file \"F/a.conf\" is refused: others may write to it (mode 0664); run chmod go-w on it\n");
    assert_int_equal(chmod(file, 0646), 0);
    assert_refused(site, "file \"F/a.conf\" is refused: others may write to it (mode 0646); run chmod go-w on it\n");
    assert_int_equal(chmod(file, 0644), 0);

    site->roots.file = folder_path(folder, "link.conf");
    assert_int_equal(symlink(file, site->roots.file), 0);
    assert_refused(site, "file \"F/link.conf\" is refused: it is a symbolic link; name the file it points to\n");
    site->roots.file = folder_add(folder, "folder.conf");
    assert_refused(site, "file \"F/folder.conf\" is refused: it is a directory; name a regular file\n");
    site->roots.file = folder_path(folder, "folder.conf/");
    assert_refused(site, "file \"F/folder.conf/\" is refused: it is a directory; name a regular file\n");
    site->roots.file = folder_path(folder, "pipe.conf");
    assert_int_equal(mkfifo(site->roots.file, 0600), 0);
    assert_refused(site, "file \"F/pipe.conf\" is refused: it is a device, pipe or socket; name a regular file\n");
    site->roots.file = folder_path(folder, "none.conf");
    assert_refused(site, "file \"F/none.conf\" cannot be opened: it does not exist; create it, or name another\n");
    site->roots.file = folder_path(folder, "none/a.conf");
    assert_refused(site, "file \"F/none/a.conf\" cannot be opened: it does not exist; create it, or name another\n");
    site->roots.file = folder_path(folder, "a.conf/a.conf");
    assert_refused(site, "file \"F/a.conf/a.conf\" cannot be opened: it does not exist; create it, or name another\n");
}

static void a_directory_that_others_can_change_is_refused_unless_sticky(void **state)
{
    struct site *site = *state;
    struct folder *folder = &site->folder;
    const char *outer = folder_add(folder, "outer");

    folder_add(folder, "outer/inner");
    assert_int_equal(symlink("outer/inner", folder_path(folder, "way")), 0);
    site->roots.file = folder_put(folder, "outer/inner/a.conf", BASE);
    assert_int_equal(chmod(outer, 0775), 0);
    assert_refused(site,
                   "file \"F/outer/inner/a.conf\" is refused: others may write in its directory \"F/outer\" (mode "
                   "0775); run chmod go-w on that\n");
    site->roots.file = folder_path(folder, "way/a.conf");
    assert_refused(site,
                   "file \"F/way/a.conf\" is refused: others may write in its directory \"F/outer\" (mode 0775); run "
                   "chmod go-w on that\n");
    assert_int_equal(chmod(outer, 01777), 0);
    site->findings.count = 0;
    assert_non_null(load(site));
    assert_string_equal(site->text.data, "");
}

static void a_link_on_the_way_is_followed_only_where_others_cannot_put_one(void **state)
{
    struct site *site = *state;
    struct folder *folder = &site->folder;
    const char *open_to_others = folder_add(folder, "open"), *inner = folder_add(folder, "inner");

    folder_put(folder, "inner/a.conf", BASE);
    assert_int_equal(symlink(inner, folder_path(folder, "open/cur")), 0);
    assert_int_equal(symlink("open/../open/cur/../inner/.", folder_path(folder, "far")), 0);
    site->roots.file = folder_path(folder, "far//a.conf");
    assert_non_null(load(site));
    assert_string_equal(site->text.data, "");
    assert_int_equal(chmod(open_to_others, 0777), 0);
    assert_refused(site, "file \"F/far//a.conf\" is refused: others may write in its directory \"F/open\" (mode 0777); "
                         "run chmod go-w on that\n");
    assert_int_equal(chmod(open_to_others, 01777), 0);
    site->findings.count = 0;
    assert_non_null(load(site));

    assert_int_equal(symlink("circle", folder_path(folder, "circle")), 0);
    site->roots.file = folder_path(folder, "circle/a.conf");
    assert_refused(site, "file \"F/circle/a.conf\" is refused: more than 40 symbolic links are on its way; name the "
                         "directory they lead to\n");
}

/* Runs as root only, as does the next: nobody else can give a file away. */
static void a_link_of_another_user_never_chooses_the_file(void **state)
{
    struct site *site = *state;
    struct folder *folder = &site->folder;
    const char *evil = folder_add(folder, "evil"), *link = folder_path(folder, "evil/cur");

    if (geteuid() != 0)
        skip();
    folder_add(folder, "inner");
    folder_put(folder, "inner/a.conf", BASE);
    assert_int_equal(symlink("../inner", link), 0);
    site->roots.file = folder_path(folder, "evil/cur/a.conf");
    assert_int_equal(lchown(link, NOBODY, 0), 0);
    assert_non_null(load(site));
    assert_int_equal(chmod(evil, 01777), 0);
    assert_refused(site,
                   "file \"F/evil/cur/a.conf\" is refused: the symbolic link \"F/evil/cur\" on its way belongs to "
                   "uid 65534, and others may write where it stands; name the directory it points to\n");
    assert_int_equal(chmod(evil, 0755), 0);
    assert_int_equal(chown(evil, NOBODY, 0), 0);
    assert_refused(
        site, "file \"F/evil/cur/a.conf\" is refused: its directory \"F/evil\" belongs to uid 65534, not to root or "
              "the running user (uid 0); change the owner\n");
}

static void a_relative_name_is_looked_up_where_the_program_runs(void **state)
{
    struct site *site = *state;
    struct folder *folder = &site->folder;
    int before = open(".", O_RDONLY | O_DIRECTORY);

    folder_add(folder, "inner");
    folder_put(folder, "inner/a.conf", BASE);
    assert_int_equal(chdir(folder_path(folder, "inner")), 0);
    site->roots.file = "a.conf";
    assert_non_null(load(site));
    site->roots.file = "../inner/a.conf";
    assert_non_null(load(site));
    assert_int_equal(chmod(folder->path, 0777), 0);
    assert_refused(site,
                   "file \"../inner/a.conf\" is refused: others may write in its directory \"F\" (mode 0777); run "
                   "chmod go-w on that\n");
    assert_int_equal(fchdir(before), 0);
    close(before);
}

/* Runs as root only. */
static void what_belongs_to_another_user_is_refused(void **state)
{
    struct site *site = *state;
    struct folder *folder = &site->folder;
    const char *inner = folder_add(folder, "inner"), *file = folder_put(folder, "inner/a.conf", BASE);

    if (geteuid() != 0)
        skip();
    site->roots.file = file;
    assert_int_equal(chown(file, NOBODY, 0), 0);
    assert_refused(site, "file \"F/inner/a.conf\" is refused: it belongs to uid 65534, not to root or the running user "
                         "(uid 0); change the owner\n");
    assert_int_equal(chown(inner, NOBODY, 0), 0);
    assert_refused(site,
                   "file \"F/inner/a.conf\" is refused: its directory \"F/inner\" belongs to uid 65534, not to root "
                   "or the running user (uid 0); change the owner\n");
    assert_int_equal(seteuid(NOBODY), 0);
    site->findings.count = 0;
    assert_non_null(load(site));
    assert_string_equal(site->text.data, "");
    assert_int_equal(seteuid(0), 0);

    site->roots.file = folder_put(folder, "secret.conf", BASE);
    assert_int_equal(chmod(site->roots.file, 0600), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    assert_refused(site,
                   "file \"F/secret.conf\" cannot be opened: the running user (uid 65534) may not read it; give that "
                   "user read permission\n");
    assert_int_equal(seteuid(0), 0);
}

static void more_than_256_drop_ins_are_an_error(void **state)
{
    struct site *site = *state;
    char name[64];

    make_roots(site);
    for (int i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "system/conf.d/%02d-%d.conf", i % 100, i);
        folder_put(&site->folder, name, "");
    }
    assert_non_null(load(site));
    assert_string_equal(site->text.data, "");
    folder_put(&site->folder, "system/conf.d/99-one-more.conf", "");
    load(site);
    assert_int_equal(site->findings.errors, 1);
    assert_non_null(strstr(site->text.data, "there are more than 256 drop-ins in \"F/system/conf.d\": put several "
                                            "into one file\n"));
}

static void a_drop_in_folder_that_cannot_be_read_is_an_error(void **state)
{
    struct site *site = *state;

    if (geteuid() != 0)
        skip();
    make_roots(site);
    assert_int_equal(chmod(folder_path(&site->folder, "system/conf.d"), 0700), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    load(site);
    assert_int_equal(seteuid(0), 0);
    assert_string_equal(site->text.data,
                        "directory \"F/system/conf.d\" cannot be read: the drop-ins in it would be left "
                        "out; give the running user (uid 65534) read permission\n");
    assert_int_equal(site->findings.errors, 1);
}

static void a_file_error_reaches_the_caller_with_its_file(void **state)
{
    struct site *site = *state;
    const char *path = folder_path(&site->folder, "none.conf");
    att_error error = ATT_ERROR_INIT;

    assert_null(att_config_load(site->folder.pool, path, &site->findings));
    assert_int_equal(att_findings_error(&site->findings, &error), ATT_CONFIG);
    assert_string_equal(error.file, path);
    assert_int_equal(error.line, 0);
    assert_non_null(strstr(error.message, "cannot be opened: it does not exist; create it, or name another"));
    att_error_clear(&error);
}

/* The source tree may belong to anybody, so the samples are read without the ownership rule. */
static const char *read_sample(struct site *site, const char *name)
{
    const char *source = secure_getenv("ATT_SOURCE");
    const char *path = att_pool_format(site->folder.pool, "%s/etc/%s", source ? source : ".", name);
    int descriptor = open(path, O_RDONLY);
    char *room = att_buffer_reserve(&site->text, 32768);
    ssize_t size = read(descriptor, room, 32768);

    assert_true(size > 0);
    close(descriptor);
    return att_pool_text_size(site->folder.pool, room, (size_t)size);
}

static void every_sample_of_etc_is_read_without_a_finding(void **state)
{
    static const char *const samples[] = {"laptop.conf", "server-systemd.conf", "ci.conf", "air-gapped.conf"};
    struct site *site = *state;

    for (size_t i = 0; i < ATT_COUNT(samples); i++) {
        const char *text = read_sample(site, samples[i]);
        const struct att_config *config = read_config(site->folder.pool, text, &site->findings);

        if (site->findings.count)
            print_error("%s:%d: %s\n", samples[i], site->findings.list[0].place.line, site->findings.list[0].text);
        assert_int_equal(site->findings.count, 0);
        assert_non_null(config);
        assert_true(config->grant_count > 0 && config->rule_count > 0 && config->sink_count == 1);
    }
}

#define SITE_TEST(test) cmocka_unit_test_setup_teardown(test, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(drop_ins_follow_by_name_and_override_those_of_the_vendor),
        SITE_TEST(a_user_is_read_only_where_the_site_has_no_configuration),
        SITE_TEST(no_configuration_says_where_one_was_looked_for),
        SITE_TEST(a_broken_file_of_the_system_is_never_replaced_by_one_of_the_user),
        SITE_TEST(an_explicit_file_is_the_only_one),
        SITE_TEST(environment_names_the_file_unless_the_caller_does),
        SITE_TEST(what_two_files_both_define_is_refused_with_both_places),
        SITE_TEST(several_files_make_one_configuration),
        SITE_TEST(what_is_missing_is_not_missed_while_a_file_cannot_be_read),
        SITE_TEST(an_empty_half_written_or_huge_file_is_refused),
        SITE_TEST(only_a_regular_file_that_others_cannot_change_is_read),
        SITE_TEST(a_directory_that_others_can_change_is_refused_unless_sticky),
        SITE_TEST(a_link_on_the_way_is_followed_only_where_others_cannot_put_one),
        SITE_TEST(a_link_of_another_user_never_chooses_the_file),
        SITE_TEST(a_relative_name_is_looked_up_where_the_program_runs),
        SITE_TEST(what_belongs_to_another_user_is_refused),
        SITE_TEST(more_than_256_drop_ins_are_an_error),
        SITE_TEST(a_drop_in_folder_that_cannot_be_read_is_an_error),
        SITE_TEST(a_file_error_reaches_the_caller_with_its_file),
        SITE_TEST(every_sample_of_etc_is_read_without_a_finding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
