/* tests/unit/test-config-secrets.c: unit tests of references to secrets: their form, and where they are read from. */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/secret/secret.h"
#include "tests/unit/config.h"
#include "tests/unit/folder.h"

#define CANARY "s3cr3t-c4n4ry"

struct place {
    struct folder folder;
    struct att_arena *arena;
    struct att_findings findings;
};

static int open_place(void **state)
{
    struct place *place = test_calloc(1, sizeof *place);

    folder_open(&place->folder);
    place->arena = att_arena_create();
    att_findings_open(&place->findings, place->folder.pool);
    *state = place;
    return place->arena ? 0 : -1;
}

static int close_place(void **state)
{
    struct place *place = *state;

    att_arena_destroy(place->arena);
    folder_close(&place->folder);
    test_free(place);
    return 0;
}

/* The value of `api_key = TEXT;` on line 2. */
static const struct att_value *reference(struct place *place, const char *text)
{
    const char *content = att_pool_format(place->folder.pool, "schema = 1;\napi_key = %s;\n", text);
    const struct att_value *root;

    place->findings.count = place->findings.errors = 0;
    root = att_config_parse(place->folder.pool, "site.conf", content, &place->findings);
    assert_non_null(root);
    return att_value_member(root, "api_key");
}

static void assert_finding(struct place *place, const char *text)
{
    assert_int_equal(place->findings.count, 1);
    assert_int_equal(place->findings.list[0].place.line, 2);
    assert_int_equal(place->findings.list[0].severity, ATT_SEVERITY_ERROR);
    assert_string_equal(place->findings.list[0].text, text);
}

static void assert_read(struct place *place, const char *text, const char *expected)
{
    struct att_secret *secret = att_reference_read(reference(place, text), place->arena, &place->findings);

    if (!secret && place->findings.count)
        print_error("%s\n", place->findings.list[0].text);
    assert_non_null(secret);
    assert_true(att_arena_contains(place->arena, att_secret_bytes(secret)));
    assert_string_equal(att_secret_bytes(secret), expected);
    assert_int_equal(place->findings.count, 0);
    att_secret_destroy(secret);
}

static void assert_refused(struct place *place, const char *text, const char *expected)
{
    assert_null(att_reference_read(reference(place, text), place->arena, &place->findings));
    assert_finding(place, expected);
}

static void a_literal_is_refused_with_how_to_do_it_and_never_shown(void **state)
{
    static const char sentence[] =
        "\"api_key\" must not hold the secret itself: put it into a file that only its user can read (chmod 600) and "
        "write api_key = { file = \"/PATH\"; }; or use { env = \"NAME\"; }, { credential = \"NAME\"; }, { keyring = "
        "\"NAME\"; } or { fd = N; }";
    static const char *const literals[] = {"\"" CANARY "\"", "[ \"" CANARY "\" ]", "4711", "true"};
    struct place *place = *state;

    for (size_t i = 0; i < ATT_COUNT(literals); i++) {
        assert_false(att_reference_check(reference(place, literals[i]), &place->findings));
        assert_finding(place, sentence);
        assert_refused(place, literals[i], sentence);
    }
}

static const struct {
    const char *text, *finding; /* NULL: it is fine */
} forms[] = {
    {"{ file = \"/etc/key\"; }", NULL},
    {"{ env = \"API_KEY_2\"; x_note = \"ours\"; }", NULL},
    {"{ credential = \"api.key\"; }", NULL},
    {"{ keyring = \"attache:api\"; }", NULL},
    {"{ fd = 0; }", NULL},
    {"{ fd = 7; }", NULL},
    {"{ }", "the reference \"api_key\" is empty: say where the secret is, for example { file = \"/PATH\"; }"},
    {"{ value = \"" CANARY "\"; }",
     "key \"value\" is not known in the reference \"api_key\": known are file, env, credential, keyring, fd"},
    {"{ file = \"/a\"; env = \"B\"; }",
     "the reference \"api_key\" names two places of the secret, \"file\" and \"env\": keep one"},
    {"{ file = \"" CANARY "\"; }", "\"file\" in the reference \"api_key\" must be the absolute path of a file"},
    {"{ file = 1; }", "\"file\" in the reference \"api_key\" must be the absolute path of a file"},
    {"{ env = \"" CANARY "\"; }", "\"env\" in the reference \"api_key\" must be the name of an environment variable"},
    {"{ env = \"2A\"; }", "\"env\" in the reference \"api_key\" must be the name of an environment variable"},
    {"{ env = \"\"; }", "\"env\" in the reference \"api_key\" must be the name of an environment variable"},
    {"{ credential = \"../key\"; }",
     "\"credential\" in the reference \"api_key\" must be the name of a systemd credential"},
    {"{ credential = \"a/b\"; }",
     "\"credential\" in the reference \"api_key\" must be the name of a systemd credential"},
    {"{ keyring = \"\"; }", "\"keyring\" in the reference \"api_key\" must be the description of a key in the kernel's "
                            "keyring, up to 255 bytes"},
    {"{ fd = 1; }", "\"fd\" in the reference \"api_key\" must be the number of an open descriptor: 0, or 3 and up"},
    {"{ fd = -1; }", "\"fd\" in the reference \"api_key\" must be the number of an open descriptor: 0, or 3 and up"},
    {"{ fd = \"3\"; }", "\"fd\" in the reference \"api_key\" must be the number of an open descriptor: 0, or 3 and up"},
};

static void a_reference_names_one_place_in_its_form(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < ATT_COUNT(forms); i++) {
        bool sound = att_reference_check(reference(place, forms[i].text), &place->findings);

        assert_int_equal(sound, forms[i].finding == NULL);
        if (forms[i].finding)
            assert_finding(place, forms[i].finding);
        else
            assert_int_equal(place->findings.count, 0);
    }
}

/* A secret of `size` bytes in F/key, with the mode of a secret. */
static char *put_secret(struct place *place, const char *bytes, size_t size)
{
    const char *path = folder_put_size(&place->folder, "key", bytes, size);

    assert_int_equal(chmod(path, 0600), 0);
    return att_pool_format(place->folder.pool, "{ file = \"%s\"; }", path);
}

static void one_newline_at_the_end_is_cut_off(void **state)
{
    struct place *place = *state;

    assert_read(place, put_secret(place, CANARY, strlen(CANARY)), CANARY);
    assert_read(place, put_secret(place, CANARY "\n", strlen(CANARY) + 1), CANARY);
    assert_read(place, put_secret(place, CANARY "\n\n", strlen(CANARY) + 2), CANARY "\n");
    assert_refused(place, put_secret(place, "", 0),
                   "secret \"api_key\" is empty: write the credential to where it points (file)");
    assert_refused(place, put_secret(place, "\n", 1),
                   "secret \"api_key\" is empty: write the credential to where it points (file)");
}

static void secrets_of_any_size_up_to_1_MiB_are_read_whole(void **state)
{
    static const size_t sizes[] = {4095, 4096, 4097, 100000, ATT_SECRET_LIMIT - 1, ATT_SECRET_LIMIT};
    struct place *place = *state;
    char *bytes = test_malloc(ATT_SECRET_LIMIT + 2);

    for (size_t i = 0; i < ATT_SECRET_LIMIT + 2; i++)
        bytes[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < ATT_COUNT(sizes); i++) {
        const struct att_value *value = reference(place, put_secret(place, bytes, sizes[i]));
        struct att_secret *secret = att_reference_read(value, place->arena, &place->findings);

        assert_non_null(secret);
        assert_int_equal(att_secret_size(secret), sizes[i]);
        assert_memory_equal(att_secret_bytes(secret), bytes, sizes[i]);
        att_secret_destroy(secret);
    }
    assert_refused(place, put_secret(place, bytes, ATT_SECRET_LIMIT + 1),
                   "secret \"api_key\" is larger than 1 MiB: no credential is; check where it points");
    test_free(bytes);
}

static void a_secret_file_that_others_may_read_is_refused(void **state)
{
    struct place *place = *state;
    char *text = put_secret(place, CANARY, strlen(CANARY));
    const char *path = folder_path(&place->folder, "key");
    struct att_pool *pool = place->folder.pool;

    assert_int_equal(chmod(path, 0604), 0);
    assert_refused(place, text,
                   att_pool_format(pool,
                                   "secret \"api_key\" cannot be read: file \"%s\" is refused: others may read this "
                                   "secret (mode 0604); run chmod %s on it",
                                   path, geteuid() == 0 ? "o-rwx" : "go-rwx"));
    assert_int_equal(chmod(path, 0620), 0);
    assert_refused(place, text,
                   att_pool_format(pool,
                                   "secret \"api_key\" cannot be read: file \"%s\" is refused: others may write to "
                                   "it (mode 0620); run chmod go-w on it",
                                   path));
    assert_int_equal(unlink(path), 0);
    assert_refused(place, text,
                   att_pool_format(pool,
                                   "secret \"api_key\" cannot be read: file \"%s\" cannot be opened: it does not "
                                   "exist; create it, or name another",
                                   path));
}

/* root hands a secret to a service by its group; a user's own file is the user's alone. */
static void the_group_may_read_a_secret_of_root_only(void **state)
{
    struct place *place = *state;
    char *text = put_secret(place, CANARY, strlen(CANARY));
    const char *path = folder_path(&place->folder, "key");

    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(path, 0640), 0);
    assert_read(place, text, CANARY);
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(seteuid(65534), 0);
    assert_refused(place, text,
                   att_pool_format(place->folder.pool,
                                   "secret \"api_key\" cannot be read: file \"%s\" is refused: others "
                                   "may read this secret (mode 0640); run chmod go-rwx on it",
                                   path));
    assert_int_equal(seteuid(0), 0);
}

static void an_environment_variable_is_read(void **state)
{
    struct place *place = *state;

    setenv("ATT_TEST_KEY", CANARY, 1);
    assert_read(place, "{ env = \"ATT_TEST_KEY\"; }", CANARY);
    setenv("ATT_TEST_KEY", "", 1);
    assert_refused(place, "{ env = \"ATT_TEST_KEY\"; }",
                   "secret \"api_key\" is empty: write the credential to where it points (env)");
    unsetenv("ATT_TEST_KEY");
    assert_refused(
        place, "{ env = \"ATT_TEST_KEY\"; }",
        "secret \"api_key\" cannot be read: the environment variable ATT_TEST_KEY is not set, or the process "
        "has raised privileges, where the environment does not count; set it");
}

static void a_systemd_credential_is_read(void **state)
{
    struct place *place = *state;

    put_secret(place, CANARY "\n", strlen(CANARY) + 1);
    setenv("CREDENTIALS_DIRECTORY", place->folder.path, 1);
    assert_read(place, "{ credential = \"key\"; }", CANARY);
    assert_refused(place, "{ credential = \"other\"; }",
                   att_pool_format(place->folder.pool,
                                   "secret \"api_key\" cannot be read: file \"%s/other\" cannot be "
                                   "opened: it does not exist; create it, or name another",
                                   place->folder.path));
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_refused(
        place, "{ credential = \"key\"; }",
        "secret \"api_key\" cannot be read: the process was given no credentials ($CREDENTIALS_DIRECTORY is not "
        "set); start it by systemd with LoadCredential=key:/PATH");
}

static void a_descriptor_is_read_to_its_end(void **state)
{
    struct place *place = *state;
    struct att_pool *pool = place->folder.pool;
    int ends[2], file = memfd_create("key", MFD_CLOEXEC);

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], CANARY "\n", strlen(CANARY) + 1), strlen(CANARY) + 1);
    close(ends[1]);
    assert_read(place, att_pool_format(pool, "{ fd = %d; }", ends[0]), CANARY);
    assert_refused(place, att_pool_format(pool, "{ fd = %d; }", ends[0]),
                   "secret \"api_key\" is empty: write the credential to where it points (fd)");
    close(ends[0]);
    assert_refused(place, att_pool_format(pool, "{ fd = %d; }", ends[0]),
                   "secret \"api_key\" cannot be read: Bad file descriptor; mend that and try again");

    assert_int_equal(write(file, CANARY, strlen(CANARY)), strlen(CANARY));
    assert_read(place, att_pool_format(pool, "{ fd = %d; }", file), CANARY);
    assert_read(place, att_pool_format(pool, "{ fd = %d; }", file), CANARY);
    close(file);
}

static void a_key_of_the_kernel_is_read(void **state)
{
    struct place *place = *state;
    long key = syscall(SYS_add_key, "user", "attache-test-key", CANARY, strlen(CANARY), -2 /* the process's keyring */);

    assert_refused(
        place, "{ keyring = \"attache-no-such-key\"; }",
        "secret \"api_key\" cannot be read: the keyrings of this process have no readable key "
        "\"attache-no-such-key\" of type user; add it with keyctl padd user attache-no-such-key @s in the session "
        "that starts the program");
    if (key < 0)
        skip();
    assert_read(place, "{ keyring = \"attache-test-key\"; }", CANARY);
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(a_literal_is_refused_with_how_to_do_it_and_never_shown),
        PLACE_TEST(a_reference_names_one_place_in_its_form),
        PLACE_TEST(one_newline_at_the_end_is_cut_off),
        PLACE_TEST(secrets_of_any_size_up_to_1_MiB_are_read_whole),
        PLACE_TEST(a_secret_file_that_others_may_read_is_refused),
        PLACE_TEST(the_group_may_read_a_secret_of_root_only),
        PLACE_TEST(an_environment_variable_is_read),
        PLACE_TEST(a_systemd_credential_is_read),
        PLACE_TEST(a_descriptor_is_read_to_its_end),
        PLACE_TEST(a_key_of_the_kernel_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
