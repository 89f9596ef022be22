/* tests/unit/test-store-residue.c: after a random secret was kept, served, replaced and sealed anew, no copy of it is
 * in the files of the store, in this process outside of secret memory, or in a core dump of it (attack C5). */
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/api/canary.h"
#include "tests/unit/kept.h"

enum { FILE_LIMIT = 64 << 20 };

static const char *const files[] = {"state/secrets.db",  "state/secrets.db-wal",     "state/secrets.db-shm",
                                    "state/secrets.key", "state/secrets.generation", "said"};

struct place {
    struct folder folder;
    struct canary canary, decoy;
};

struct report {
    struct canary_search open, closed, planted;
    char trouble[640];
};

static int place_open(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    folder_open(&place->folder);
    canary_make(&place->canary);
    canary_make(&place->decoy);
    *state = place;
    return 0;
}

static int place_close(void **state)
{
    struct place *place = *state;

    folder_close(&place->folder);
    free(place);
    return 0;
}

static void need_plain_build(void)
{
    const char *sanitizer = secure_getenv("ATT_SANITIZER");

    if (sanitizer && strcmp(sanitizer, "no") != 0) {
        print_message("# skipped: a sanitizer keeps what was freed\n");
        skip();
    }
}

/* ---- what the process with the secret does ----------------------------------------------------------------------- */

static att_result keep(struct kept *kept, const struct canary *canary, uint32_t mode)
{
    const struct att_secret_facts facts = {.size = sizeof facts, .name = "a", .grant = "g", .type = "bearer"};
    struct att_secret *secret = att_secret_create(kept->environment.arena, CANARY_SIZE);
    const struct att_named_secret parts[] = {{"token", secret}};
    att_result result;

    canary_put(canary, att_secret_tail(secret));
    att_secret_advance(secret, CANARY_SIZE);
    result = att_instance_secret_store(kept->instance, att_clock_monotonic_ns() + 10000 * ATT_NS_PER_MS, mode, &facts,
                                       parts, 1, &kept->report);
    att_secret_destroy(secret);
    return result;
}

static att_result list(struct kept *kept)
{
    struct att_listing listing;
    att_result result = kept_list(kept, &listing);

    if (result == ATT_RESULT_OK)
        att_listing_close(&listing);
    return result;
}

/* Everything that can be done with a secret; false with `trouble`. What was said goes into a file. */
static bool use(struct place *place, struct kept *kept, char *trouble)
{
    const char *step = "set";
    FILE *said;
    bool done = keep(kept, &place->canary, ATT_SECRET_CREATE) == ATT_RESULT_OK && (step = "fetch") &&
                kept_fetch(kept, "g") == ATT_RESULT_OK && (step = "set twice") &&
                keep(kept, &place->canary, ATT_SECRET_CREATE) == ATT_RESULT_DENIED && (step = "list") &&
                list(kept) == ATT_RESULT_OK && (step = "rotate") &&
                keep(kept, &place->canary, ATT_SECRET_REPLACE) == ATT_RESULT_OK && (step = "rekey") &&
                kept_rekey(kept, NULL) == ATT_RESULT_OK && (step = "fetch again") &&
                kept_fetch(kept, "g") == ATT_RESULT_OK;

    said = fopen(folder_path(&place->folder, "said"), "we");
    fprintf(said, "%s\n%s\n", kept->logged, kept->report.sentence);
    fclose(said);
    if (!done)
        snprintf(trouble, 640, "%s: %s", step, kept->report.sentence);
    return done;
}

static void use_and_search(struct place *place, struct report *report)
{
    struct kept kept;
    char *copy;

    kept_begin(&kept, place->folder.path, "");
    use(place, &kept, report->trouble);
    canary_search_process(&report->open, 0);
    kept_close(&kept);
    canary_search_process(&report->closed, 0);
    copy = malloc(CANARY_SIZE);
    canary_put(&place->canary, copy);
    canary_search_process(&report->planted, 0);
    explicit_bzero(copy, CANARY_SIZE);
    free(copy);
}

static void use_and_crash(struct place *place)
{
    char *copy = malloc(CANARY_SIZE), trouble[640];
    struct kept kept;

    kept_begin(&kept, place->folder.path, "");
    if (!use(place, &kept, trouble) || chdir(place->folder.path) != 0)
        _exit(1);
    canary_put(&place->decoy, copy);
    abort();
}

/* ---- searching --------------------------------------------------------------------------------------------------- */

/* The content of a file, or NULL. */
static char *content(struct place *place, const char *path, size_t *size)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = att_pool_take(place->folder.pool, FILE_LIMIT);
    ssize_t got = 1;

    *size = 0;
    while (descriptor >= 0 && got > 0 && *size < FILE_LIMIT) {
        got = read(descriptor, bytes + *size, FILE_LIMIT - *size);
        *size += got > 0 ? (size_t)got : 0;
    }
    if (descriptor >= 0)
        close(descriptor);
    return descriptor >= 0 && got >= 0 ? bytes : NULL;
}

/* The name of the spelling of `value` that is within the bytes, or NULL. Base64 depends on where in a group of three it
 * begins, so what stands in front is tried too and the characters that belong to both are left out. */
static const char *spelling_in(const char *bytes, size_t size, const unsigned char *value, size_t value_size)
{
    char hex[300], base64[300];
    unsigned char shifted[130] = {0};

    if (memmem(bytes, size, value, value_size))
        return "as it is";
    sodium_bin2hex(hex, sizeof hex, value, value_size);
    if (memmem(bytes, size, hex, strlen(hex)))
        return "in hex";
    for (char *at = hex; *at; at++)
        *at = *at >= 'a' ? (char)(*at - 'a' + 'A') : *at;
    if (memmem(bytes, size, hex, strlen(hex)))
        return "in upper-case hex";
    for (size_t before = 0; before < 3; before++) {
        memcpy(shifted + before, value, value_size);
        sodium_bin2base64(base64, sizeof base64, shifted, before + value_size,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
        if (memmem(bytes, size, base64 + 4, strlen(base64) - 8))
            return "in base64";
    }
    return NULL;
}

static void search_file(struct place *place, const char *path, const unsigned char *value, size_t value_size,
                        bool is_there)
{
    size_t size;
    char *bytes = content(place, path, &size);
    const char *found;

    assert_non_null(bytes);
    found = spelling_in(bytes, size, value, value_size);
    if ((found != NULL) != is_there)
        fail_msg("%s: %s", path, found ? found : "what is there was not found");
}

/* The key as its file has it, and the bytes that it means. */
static void read_key(struct place *place, char hex[64], unsigned char raw[32])
{
    size_t size;
    const char *text = content(place, folder_path(&place->folder, "state/secrets.key"), &size);

    assert_int_equal(size, 65);
    memcpy(hex, text, 64);
    assert_int_equal(sodium_hex2bin(raw, 32, hex, 64, NULL, NULL, NULL), 0);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void run_apart(struct place *place, struct report *report)
{
    struct canary_search search = {.canary = &place->canary};
    int ends[2], status;
    pid_t child;

    *report = (struct report){search, search, search, ""};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        use_and_search(place, report);
        _exit(write(ends[1], report, sizeof *report) == sizeof *report ? 0 : 1);
    }
    assert_int_equal(read(ends[0], report, sizeof *report), sizeof *report);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_string_equal(report->trouble, "");
}

static void no_copy_stays_in_memory(void **state)
{
    struct report report;

    need_plain_build();
    run_apart(*state, &report);
    print_message("# open: %d copies in %llu KiB: %s\n", report.open.copies,
                  (unsigned long long)report.open.scanned / 1024, report.open.where);
    assert_int_equal(report.open.copies, 0);
    assert_true(report.open.arenas > 0);
    assert_int_equal(report.closed.copies, 0);
    assert_int_equal(report.planted.copies, 1);
}

static void no_spelling_of_a_secret_is_in_the_files_of_the_store(void **state)
{
    struct place *place = *state;
    char value[CANARY_SIZE];
    char trouble[640] = "";
    struct kept kept;

    kept_begin(&kept, place->folder.path, "");
    if (!use(place, &kept, trouble))
        fail_msg("%s", trouble);
    canary_put(&place->canary, value);
    for (size_t i = 0; i < ATT_COUNT(files); i++)
        search_file(place, folder_path(&place->folder, files[i]), (unsigned char *)value, sizeof value, false);
    kept_close(&kept);
    for (size_t i = 0; i < ATT_COUNT(files); i++)
        search_file(place, folder_path(&place->folder, files[i]), (unsigned char *)value, sizeof value, false);
    /* The search sees what there is. */
    folder_put_size(&place->folder, "said", value, sizeof value);
    search_file(place, folder_path(&place->folder, "said"), (unsigned char *)value, sizeof value, true);
    folder_put(&place->folder, "said",
               sodium_bin2base64(trouble, sizeof trouble, (unsigned char *)value, sizeof value,
                                 sodium_base64_VARIANT_ORIGINAL));
    search_file(place, folder_path(&place->folder, "said"), (unsigned char *)value, sizeof value, true);
}

/* The database and what is written beside it have no copy of the bytes. */
static void is_gone(struct place *place, const unsigned char *sealed, size_t length)
{
    for (size_t i = 0; i < 2; i++)
        search_file(place, folder_path(&place->folder, files[i]), sealed, length, false);
}

static void sealed_bytes_of_before_do_not_stay_in_the_files(void **state)
{
    struct place *place = *state;
    unsigned char sealed[200];
    struct kept kept;
    size_t length;

    kept_begin(&kept, place->folder.path, "");
    kept_ok(&kept, keep(&kept, &place->canary, ATT_SECRET_CREATE));
    kept_close(&kept);
    length = kept_sealed(&place->folder, "a", sealed, sizeof sealed);
    assert_true(length > CANARY_SIZE);
    search_file(place, kept_path(&place->folder, "secrets.db"), sealed, length, true);

    kept_begin(&kept, place->folder.path, "");
    kept_ok(&kept, keep(&kept, &place->decoy, ATT_SECRET_REPLACE));
    is_gone(place, sealed, length);
    length = kept_sealed(&place->folder, "a", sealed, sizeof sealed);
    kept_ok(&kept, kept_rekey(&kept, NULL));
    is_gone(place, sealed, length);
    length = kept_sealed(&place->folder, "a", sealed, sizeof sealed);
    kept_ok(&kept, kept_remove(&kept, "a"));
    is_gone(place, sealed, length);
    kept_close(&kept);
}

static bool cores_are_files_here(void)
{
    char pattern[256] = "";
    FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
    bool plain = file && fgets(pattern, sizeof pattern, file) && strcmp(pattern, "core\n") == 0;

    if (file)
        fclose(file);
    return plain;
}

static void a_core_dump_has_neither_a_secret_nor_the_key(void **state)
{
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    struct place *place = *state;
    char value[CANARY_SIZE], hex[64];
    unsigned char raw[32];
    const char *path;
    int status;
    pid_t child;

    need_plain_build();
    if (!cores_are_files_here() || setrlimit(RLIMIT_CORE, &limit) != 0) {
        print_message("# skipped: core dumps do not go to a file named core here\n");
        skip();
    }
    child = fork();
    if (child == 0)
        use_and_crash(place);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WCOREDUMP(status));
    path = folder_path(&place->folder, "core");
    if (access(path, F_OK) != 0)
        path = att_pool_format(place->folder.pool, "%s.%d", path, (int)child);
    canary_put(&place->canary, value);
    search_file(place, path, (unsigned char *)value, sizeof value, false);
    canary_put(&place->decoy, value);
    search_file(place, path, (unsigned char *)value, sizeof value, true);
    read_key(place, hex, raw);
    search_file(place, path, (unsigned char *)hex, sizeof hex, false);
    search_file(place, path, raw, sizeof raw, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_copy_stays_in_memory),
        TEST(no_spelling_of_a_secret_is_in_the_files_of_the_store),
        TEST(sealed_bytes_of_before_do_not_stay_in_the_files),
        TEST(a_core_dump_has_neither_a_secret_nor_the_key),
    };

    return cmocka_run_group_tests_name("store-residue", tests, NULL, NULL);
}
