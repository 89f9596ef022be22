/* tests/unit/test-raised.c: a program that runs with more rights than who started it trusts only what is root's.
 *
 * The program copies itself, gives the copy the set-group-ID bit, and starts it as another user with something to open:
 * that takes root. */
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>

#include "core/config/config.h"
#include "core/module/loader.h"
#include "tests/unit/folder.h"

enum { NOBODY = 65534, GROUP = 1 };

struct place {
    struct folder folder;
    char said[1024];
};

/* In the copy: opens `path` as `what`, and says what came of it. */
static _Noreturn void try_to_open(const char *what, const char *path)
{
    struct att_loader_rules rules = {.directory = path};
    struct att_pool *pool = att_pool_create();
    struct att_module_note note;
    struct att_buffer why;
    const char *file = NULL;
    int descriptor;

    att_buffer_open(&why, 1024);
    if (strcmp(what, "module") == 0)
        descriptor = att_module_inspect(pool, &rules, "mock.so", &note, &file, &why);
    else
        descriptor = att_file_open_checked(path, strcmp(what, "secret") == 0, &why);
    printf("%s: %s", getauxval(AT_SECURE) ? "raised" : "plain", descriptor >= 0 ? "opened" : why.data);
    att_buffer_close(&why);
    att_pool_destroy(pool);
    fflush(stdout);
    _exit(0); /* such a process cannot be traced, and what looks for leaks would take that for a failure */
}

static void copy_program(const char *path, mode_t mode)
{
    char bytes[65536];
    int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT, 0755);
    ssize_t size;

    assert_true(from >= 0 && to >= 0);
    while ((size = read(from, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(to, bytes, (size_t)size), size);
    close(from);
    assert_int_equal(fchown(to, 0, GROUP), 0);
    assert_int_equal(fchmod(to, mode), 0);
    close(to);
}

/* What the copy says when user NOBODY starts it. */
static const char *said(struct place *place, const char *program, const char *what, const char *path)
{
    size_t size = 0;
    ssize_t count;
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        if (setgid(NOBODY) == 0 && setuid(NOBODY) == 0)
            execl(program, program, what, path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    while ((count = read(ends[0], place->said + size, sizeof place->said - 1 - size)) > 0)
        size += (size_t)count;
    close(ends[0]);
    place->said[size] = '\0';
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return place->said;
}

static int open_place(void **state)
{
    struct place *place = test_calloc(1, sizeof *place);

    folder_open(&place->folder);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;

    folder_close(&place->folder);
    test_free(place);
    return 0;
}

static void with_raised_privileges_only_what_is_roots_is_trusted(void **state)
{
    struct place *place = *state;
    struct folder *folder = &place->folder;
    const char *plain = folder_path(folder, "plain"), *raised = folder_path(folder, "raised");
    const char *own = folder_put(folder, "own.conf", ""), *of_root = folder_put(folder, "root.conf", "");
    const char *modules = folder_add(folder, "modules");
    const char *expected;

    if (geteuid() != 0) {
        print_message("only root can make a program that is started with raised privileges\n");
        skip();
    }
    assert_int_equal(chown(own, NOBODY, NOBODY), 0);
    assert_int_equal(chmod(own, 0600), 0);
    assert_int_equal(chown(modules, NOBODY, NOBODY), 0);
    copy_program(plain, 0755);
    copy_program(raised, 02755);
    assert_string_equal(said(place, plain, "file", own), "plain: opened");
    if (strcmp(said(place, raised, "file", of_root), "plain: opened") == 0) {
        print_message("the set-group-ID bit has no effect here\n");
        skip();
    }
    assert_string_equal(place->said, "raised: opened");
    expected = att_pool_format(folder->pool,
                               "raised: file \"%s\" is refused: it belongs to uid 65534, and a program with raised "
                               "privileges trusts only root; make it belong to root",
                               own);
    assert_string_equal(said(place, raised, "file", own), expected);
    assert_string_equal(said(place, raised, "secret", own), "raised: opened");
    expected = att_pool_format(folder->pool,
                               "raised: module \"mock.so\": its directory %s belongs to uid 65534; a program with "
                               "raised privileges trusts only root: make it belong to root",
                               modules);
    assert_string_equal(said(place, raised, "module", modules), expected);
    assert_non_null(strstr(said(place, plain, "module", modules), "mock.so is not there"));
}

int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_raised_privileges_only_what_is_roots_is_trusted, open_place, close_place),
    };

    if (count == 3)
        try_to_open(words[1], words[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
