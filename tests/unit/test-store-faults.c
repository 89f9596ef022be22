/* tests/unit/test-store-faults.c: a local store that is damaged, changed by another hand, unsafe, full or read-only:
 * each has its sentence, and nothing is lost. */
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/kept.h"

struct place {
    struct folder folder;
    struct kept kept;
};

/* Two secrets are kept, and nobody has the store open. */
static int place_open(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    folder_open(&place->folder);
    kept_begin(&place->kept, place->folder.path, "");
    kept_ok(&place->kept, kept_set(&place->kept, "a", "value of a"));
    kept_ok(&place->kept, kept_set(&place->kept, "b", "value of b"));
    kept_close(&place->kept);
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

static const char *file(struct place *place)
{
    return kept_path(&place->folder, "secrets.db");
}

/* The bytes of the database, for the test to compare with what they are later. */
static char *content(struct place *place, size_t *size)
{
    int descriptor = open(file(place), O_RDONLY | O_CLOEXEC);
    char *bytes = att_pool_take(place->folder.pool, 1 << 20);
    ssize_t got;

    assert_true(descriptor >= 0);
    got = read(descriptor, bytes, 1 << 20);
    assert_true(got >= 0);
    close(descriptor);
    *size = (size_t)got;
    return bytes;
}

static void change(struct place *place, off_t at, const char *bytes, size_t size)
{
    int descriptor = open(file(place), O_WRONLY | O_CLOEXEC);

    assert_true(descriptor >= 0);
    assert_int_equal(pwrite(descriptor, bytes, size, at), (ssize_t)size);
    close(descriptor);
}

/* Every call is refused with that result and sentence, and the database stays as it is. */
static void all_refused(struct place *place, att_result result, const char *sentence)
{
    struct kept *kept = &place->kept;
    struct att_listing listing;
    size_t before, after;
    char *was = content(place, &before), *is;

    kept_begin(kept, place->folder.path, "");
    assert_int_equal(kept_fetch(kept, "a"), result);
    kept_said(kept, sentence);
    assert_int_equal(kept->credential.part_count, 0);
    assert_int_equal(kept_set(kept, "c", "value of c"), result);
    kept_said(kept, sentence);
    assert_int_equal(kept_rotate(kept, "a", "other"), result);
    kept_said(kept, sentence);
    assert_int_equal(kept_rekey(kept, NULL), result);
    kept_said(kept, sentence);
    assert_int_equal(kept_remove(kept, "a"), result);
    kept_said(kept, sentence);
    assert_int_equal(kept_list(kept, &listing), result);
    kept_said(kept, sentence);
    kept_close(kept);
    is = content(place, &after);
    assert_int_equal(before, after);
    assert_memory_equal(was, is, before);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void a_database_that_others_may_write_is_refused(void **state)
{
    struct place *place = *state;

    assert_int_equal(chmod(file(place), 0620), 0);
    all_refused(place, ATT_RESULT_CONFIG, "secrets.db has mode 0620, so others may write it; run: chmod 600 /tmp/");
}

static void a_folder_that_others_may_write_is_refused(void **state)
{
    struct place *place = *state;

    assert_int_equal(chmod(kept_path(&place->folder, ""), 0777), 0);
    all_refused(place, ATT_RESULT_CONFIG, "state has mode 0777, so others may write it; run: chmod 700 /tmp/");
}

static void a_link_in_the_place_of_the_database_is_refused(void **state)
{
    struct place *place = *state;

    assert_int_equal(rename(file(place), kept_path(&place->folder, "elsewhere")), 0);
    assert_int_equal(symlink("elsewhere", file(place)), 0);
    all_refused(place, ATT_RESULT_CONFIG, "secrets.db is a symbolic link; name the file itself");
}

static void a_database_of_another_user_is_refused(void **state)
{
    struct place *place = *state;

    if (geteuid() != 0) {
        print_message("# skipped: only root can give a file to another user\n");
        skip();
    }
    assert_int_equal(chown(file(place), 4711, 4711), 0);
    all_refused(place, ATT_RESULT_CONFIG, "secrets.db belongs to uid 4711; it has to belong to root or to the running");
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    struct place *place = *state;

    assert_int_equal(chmod(kept_path(&place->folder, "secrets.key"), 0640), 0);
    kept_begin(&place->kept, place->folder.path, "");
    assert_int_equal(kept_fetch(&place->kept, "a"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, "secrets.key has mode 0640, so others may read it; run: chmod 600 /tmp/");
    assert_int_equal(kept_set(&place->kept, "c", "v"), ATT_RESULT_CONFIG);
    kept_close(&place->kept);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static void faults_say(struct place *place, const char *sentence)
{
    struct att_listing listing;

    kept_ok(&place->kept, kept_list(&place->kept, &listing));
    assert_int_equal(listing.count, 2);
    for (size_t i = 0; i < listing.count; i++)
        if (!listing.list[i].fault || !strstr(listing.list[i].fault, sentence))
            fail_msg("\"%s\" is not in \"%s\"", sentence, listing.list[i].fault);
    att_listing_close(&listing);
}

static void a_key_that_is_missing_is_never_made_anew_for_secrets_that_are_there(void **state)
{
    struct place *place = *state;
    const char *key = kept_path(&place->folder, "secrets.key"), *away = kept_path(&place->folder, "away");
    static const char sentence[] = "secrets.key is missing, and only its key opens the 2 secrets in";

    assert_int_equal(rename(key, away), 0);
    kept_begin(&place->kept, place->folder.path, "");
    assert_int_equal(kept_fetch(&place->kept, "a"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, sentence);
    assert_int_equal(kept_set(&place->kept, "c", "v"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, sentence);
    assert_int_equal(kept_rekey(&place->kept, NULL), ATT_RESULT_CONFIG);
    kept_said(&place->kept, sentence);
    faults_say(place, sentence);
    assert_int_equal(access(key, F_OK), -1);
    assert_int_equal(rename(away, key), 0);
    kept_expect(&place->kept, "a", "value of a");
    kept_close(&place->kept);
}

static void a_wrong_key_is_told_from_damage(void **state)
{
    struct place *place = *state;
    static const char sentence[] = "secrets.key is not the one that sealed this store";
    const char *key = kept_path(&place->folder, "secrets.key");

    folder_put(&place->folder, "state/secrets.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    kept_begin(&place->kept, place->folder.path, "");
    assert_int_equal(kept_fetch(&place->kept, "a"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, sentence);
    assert_int_equal(kept_rotate(&place->kept, "a", "v"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, sentence);
    faults_say(place, sentence);
    folder_put(&place->folder, "state/secrets.key", "no key");
    assert_int_equal(kept_fetch(&place->kept, "a"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, "secrets.key is not a key: it must be one line of 32 bytes in hex or base64");
    kept_close(&place->kept);
    assert_int_equal(access(key, F_OK), 0);
}

static void a_key_without_a_secret_to_open_is_replaced_freely(void **state)
{
    struct place *place = *state;

    kept_begin(&place->kept, place->folder.path, "");
    kept_ok(&place->kept, kept_remove(&place->kept, "a"));
    kept_ok(&place->kept, kept_remove(&place->kept, "b"));
    assert_int_equal(unlink(kept_path(&place->folder, "secrets.key")), 0);
    kept_close(&place->kept);
    kept_begin(&place->kept, place->folder.path, "");
    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    kept_expect(&place->kept, "a", "v");
    kept_close(&place->kept);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* After the SQL, the secret of the grant does not open, says so in a fetch and in the listing, and the other is served.
 */
static void one_row_is_refused(struct place *place, const char *sql, const char *grant, const char *other)
{
    struct att_listing listing;
    size_t faults = 0;

    kept_sql(&place->folder, sql);
    kept_begin(&place->kept, place->folder.path, "");
    assert_int_equal(kept_fetch(&place->kept, grant), ATT_RESULT_FAULT);
    kept_said(&place->kept,
              att_pool_format(place->folder.pool, "the secret of the grant \"%s\" does not open: its row was damaged",
                              grant));
    assert_int_equal(place->kept.credential.part_count, 0);
    if (other)
        assert_int_equal(kept_fetch(&place->kept, other), ATT_RESULT_OK);
    kept_ok(&place->kept, kept_list(&place->kept, &listing));
    assert_int_equal(listing.count, 2);
    for (size_t i = 0; i < listing.count; i++)
        faults += listing.list[i].fault &&
                  strstr(listing.list[i].fault, "it does not open: its row was damaged or changed; remove it,");
    assert_int_equal(faults, other ? 1 : 2);
    att_listing_close(&listing);
    assert_int_equal(kept_rekey(&place->kept, NULL), ATT_RESULT_FAULT);
    kept_said(&place->kept, "does not open, so it cannot be sealed anew; remove it first; nothing was changed");
    kept_close(&place->kept);
}

static void no_field_of_a_row_can_be_changed_without_the_key(void **state)
{
    static const char *const changes[] = {"name = 'z'",          "type = 'basic'",
                                          "inject = '{}'",       "origins = 'https://evil.example'",
                                          "parts = 'password'",  "fingerprint = '00'",
                                          "created = 1",         "rotated = 1",
                                          "expires = 99",        "nonce = zeroblob(24)",
                                          "nonce = zeroblob(8)", "sealed = zeroblob(60)",
                                          "sealed = ''",         "sealed = substr(sealed, 2)"};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(changes); i++) {
        struct place *place;

        place_open((void **)&place);
        one_row_is_refused(place,
                           att_pool_format(place->folder.pool, "UPDATE secret SET %s WHERE grant_id = 'a'", changes[i]),
                           "a", "b");
        place_close((void **)&place);
    }
}

static void a_row_cannot_be_given_to_another_grant(void **state)
{
    one_row_is_refused(*state, "UPDATE secret SET grant_id = 'evil' WHERE grant_id = 'a'", "evil", "b");
}

static void rows_cannot_be_swapped(void **state)
{
    one_row_is_refused(*state,
                       "CREATE TEMP TABLE other AS SELECT name, nonce, sealed FROM secret;"
                       "UPDATE secret SET (nonce, sealed) ="
                       " (SELECT nonce, sealed FROM other WHERE other.name != secret.name)",
                       "a", NULL);
}

/* A rotation must not seal what somebody wrote into the row without the key: the new value would go there. */
static void fields_that_were_forged_are_never_sealed_anew(void **state)
{
    static const char *const changes[] = {"origins = 'https://evil.example'", "inject = '{ header = \"X-Evil\"; }'",
                                          "type = 'basic'", "grant_id = 'evil'", "expires = 4102444800"};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(changes); i++) {
        unsigned char before[256], after[256];
        struct place *place;
        size_t size;

        place_open((void **)&place);
        kept_sql(&place->folder,
                 att_pool_format(place->folder.pool, "UPDATE secret SET %s WHERE name = 'a'", changes[i]));
        size = kept_sealed(&place->folder, "a", before, sizeof before);
        kept_begin(&place->kept, place->folder.path, "");
        assert_int_equal(kept_rotate(&place->kept, "a", "new"), ATT_RESULT_FAULT);
        kept_said(&place->kept, "the secret \"a\" does not open: its row was damaged or changed; remove it, and set it "
                                "anew with its origins");
        assert_int_equal(kept_sealed(&place->folder, "a", after, sizeof after), size);
        assert_memory_equal(before, after, size);
        assert_int_not_equal(kept_fetch(&place->kept, "a"), ATT_RESULT_OK);
        assert_int_not_equal(kept_fetch(&place->kept, "evil"), ATT_RESULT_OK);
        kept_ok(&place->kept, kept_rotate(&place->kept, "b", "new"));
        kept_expect(&place->kept, "b", "new");
        kept_close(&place->kept);
        place_close((void **)&place);
    }
}

static void a_damaged_row_can_be_removed_and_set_anew(void **state)
{
    struct place *place = *state;

    kept_sql(&place->folder, "UPDATE secret SET sealed = zeroblob(60)");
    kept_begin(&place->kept, place->folder.path, "");
    assert_int_equal(kept_fetch(&place->kept, "a"), ATT_RESULT_FAULT);
    kept_said(&place->kept,
              "its row was damaged or changed; remove it and set it anew with its origins, or put a copy");
    kept_ok(&place->kept, kept_remove(&place->kept, "a"));
    kept_ok(&place->kept, kept_set(&place->kept, "a", "new"));
    kept_expect(&place->kept, "a", "new");
    kept_ok(&place->kept, kept_remove(&place->kept, "b"));
    kept_ok(&place->kept, kept_rekey(&place->kept, NULL));
    kept_expect(&place->kept, "a", "new");
    kept_close(&place->kept);
}

/* ---- the database ------------------------------------------------------------------------------------------------ */

static void what_is_no_database_is_left_alone(void **state)
{
    struct place *place = *state;

    change(place, 0, "this is no database at all", 26);
    all_refused(place, ATT_RESULT_FAULT, "secrets.db is no database, or its beginning is damaged; put a copy of it");
}

static void a_database_that_was_cut_off_is_left_alone(void **state)
{
    struct place *place = *state;
    static const char empty[] = "secrets.db is empty, so it was cut off; put a copy of it back, or remove it";

    assert_int_equal(truncate(file(place), 4096), 0);
    all_refused(place, ATT_RESULT_FAULT, "secrets.db is damaged");
    assert_int_equal(truncate(file(place), 0), 0);
    all_refused(place, ATT_RESULT_FAULT, empty);
}

static void a_later_schema_is_left_alone(void **state)
{
    struct place *place = *state;

    kept_sql(&place->folder, "PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE)");
    all_refused(place, ATT_RESULT_CONFIG,
                "secrets.db has schema 2 and this version of Attache knows 1; use the version");
}

static void a_database_of_another_program_is_left_alone(void **state)
{
    struct place *place = *state;

    kept_sql(&place->folder, "PRAGMA application_id = 7; PRAGMA wal_checkpoint(TRUNCATE)");
    all_refused(place, ATT_RESULT_CONFIG, "secrets.db is a database of another program; name another file; nothing");
}

static void nothing_is_written_into_a_file_with_a_broken_page(void **state)
{
    struct place *place = *state;
    struct att_listing listing;
    char zeroes[200] = {0};
    size_t size;

    /* The last page is the index of the grants. */
    content(place, &size);
    change(place, (off_t)size - 4096, zeroes, sizeof zeroes);
    kept_begin(&place->kept, place->folder.path, "");
    assert_int_equal(kept_set(&place->kept, "c", "v"), ATT_RESULT_FAULT);
    kept_said(&place->kept, "secrets.db is damaged (");
    assert_int_equal(kept_remove(&place->kept, "a"), ATT_RESULT_FAULT);
    kept_said(&place->kept, "put a copy of it back; nothing was changed");
    assert_int_equal(kept_list(&place->kept, &listing), ATT_RESULT_FAULT);
    kept_said(&place->kept, "secrets.db is damaged (");
    kept_close(&place->kept);
}

static void nothing_is_written_where_an_index_does_not_fit(void **state)
{
    struct place *place = *state;
    char *bytes, *last = NULL;
    size_t size;

    kept_begin(&place->kept, place->folder.path, "");
    kept_ok(&place->kept, kept_set(&place->kept, "found-by-index", "v"));
    kept_close(&place->kept);
    bytes = content(place, &size);
    for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), "found-by-index", 14)); at++)
        last = at;
    assert_non_null(last);
    change(place, last - bytes, "F", 1);
    kept_begin(&place->kept, place->folder.path, "");
    assert_int_equal(kept_rotate(&place->kept, "a", "v"), ATT_RESULT_FAULT);
    kept_said(&place->kept, "secrets.db is damaged (");
    kept_said(&place->kept, "put a copy of it back; nothing was changed");
    kept_expect(&place->kept, "a", "value of a");
    kept_close(&place->kept);
}

/* ---- room and rights --------------------------------------------------------------------------------------------- */

static void a_disk_that_is_full_changes_nothing(void **state)
{
    struct place *place = *state;
    static char huge[60000];
    struct rlimit before, limit;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    att_result result;

    memset(huge, 'x', sizeof huge - 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    sigaction(SIGXFSZ, &ignore, &old);
    kept_begin(&place->kept, place->folder.path, "");
    limit = (struct rlimit){.rlim_cur = 40000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    result = kept_rotate(&place->kept, "a", huge);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, ATT_RESULT_CONFIG);
    kept_said(&place->kept, "secrets.db cannot be read or written: File too large; raise the limit of file sizes");
    kept_expect(&place->kept, "a", "value of a");
    kept_ok(&place->kept, kept_rotate(&place->kept, "a", huge));
    kept_expect(&place->kept, "a", huge);
    kept_close(&place->kept);
    sigaction(SIGXFSZ, &old, NULL);
}

/* In a child, since what it mounts must not be seen by others. The status tells where it failed. */
static int full_disk(const char *folder)
{
    static char huge[60000];
    struct kept kept;
    char name[8];
    int i;

    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=512k,mode=0700") != 0)
        return 77;
    memset(huge, 'x', sizeof huge - 1);
    kept_begin(&kept, folder, "");
    for (i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "s%d", i);
        if (kept_set(&kept, name, huge) != ATT_RESULT_OK)
            break;
    }
    if (i < 2 || i == 20)
        return 1;
    if (!strstr(kept.report.sentence, "No space left on device; make room on its file system"))
        return 2;
    if (kept_fetch(&kept, "s0") != ATT_RESULT_OK || strcmp(kept_part(&kept, "token"), huge) != 0)
        return 3;
    if (kept_rekey(&kept, NULL) == ATT_RESULT_OK)
        return 4;
    if (kept_fetch(&kept, "s1") != ATT_RESULT_OK)
        return 5;
    kept_close(&kept);
    kept_begin(&kept, folder, "");
    if (kept_fetch(&kept, "s1") != ATT_RESULT_OK)
        return 6;
    kept_close(&kept);
    return 0;
}

/* The store on a file system that is mounted read-only, open nowhere. */
static int read_only(const char *folder)
{
    struct kept kept;
    int failed = 0;

    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(folder, folder, NULL, MS_BIND, NULL) != 0 ||
        mount(NULL, folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
        return 77;
    kept_begin(&kept, folder, "");
    if (kept_fetch(&kept, "a") != ATT_RESULT_OK || strcmp(kept_part(&kept, "token"), "value of a") != 0)
        failed = 1;
    else if (kept.promise.longest_ms != 30000)
        failed = 2;
    else if (kept_rotate(&kept, "a", "v") != ATT_RESULT_CONFIG)
        failed = 3;
    else if (!strstr(kept.report.sentence, "cannot be written by this user, or its file system cannot"))
        failed = 4;
    if (failed)
        print_message("# %s\n", kept.report.sentence);
    kept_close(&kept);
    return failed;
}

/* Runs `act` in a child that can mount. */
static void in_child(int (*act)(const char *folder), const char *folder)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(act(folder));
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("# skipped: this user may not mount\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void a_full_file_system_is_said_and_what_is_there_is_served(void **state)
{
    struct folder folder;

    (void)state;
    folder_open(&folder);
    in_child(full_disk, folder.path);
    folder_close(&folder);
}

static void a_store_that_may_only_be_read_is_served(void **state)
{
    in_child(read_only, ((struct place *)*state)->folder.path);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static att_result act(struct kept *kept, int which)
{
    struct att_listing listing = {0};
    att_result result = ATT_RESULT_OK;

    switch (which) {
    case 0:
        return kept_fetch(kept, "a");
    case 1:
        result = kept_list(kept, &listing);
        if (result == ATT_RESULT_OK)
            att_listing_close(&listing);
        return result;
    case 2:
        return kept_rotate(kept, "a", "value of a");
    case 3:
        return kept_set(kept, "c", "value of c");
    case 4:
        return kept_remove(kept, "c");
    default:
        return kept_rekey(kept, NULL);
    }
}

static void F5_every_allocation_fails_in_turn_and_nothing_is_lost(void **state)
{
    struct place *place = *state;
    struct kept *kept = &place->kept;
    int left, tries = 0;

    for (int which = 0; which < 6; which++) {
        for (left = 0;; left++, tries++) {
            att_result result = ATT_RESULT_NOMEM;

            assert_true(left < 200);
            kept->allocations_left = left;
            kept_open(kept, place->folder.path, "");
            if (kept->instance)
                result = act(kept, which);
            if (kept->instance && result != ATT_RESULT_OK && result != ATT_RESULT_NOMEM)
                fail_msg("act %d with %d allocations gave %d: %s", which, left, result, kept->report.sentence);
            if (result != ATT_RESULT_OK && kept->instance)
                kept_said(kept, "memory is out");
            kept_close(kept);
            if (result == ATT_RESULT_OK)
                break;
        }
        kept_begin(kept, place->folder.path, "");
        kept_expect(kept, "a", "value of a");
        kept_expect(kept, "b", "value of b");
        kept_close(kept);
    }
    assert_true(tries > 40);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_database_that_others_may_write_is_refused),
        TEST(a_folder_that_others_may_write_is_refused),
        TEST(a_link_in_the_place_of_the_database_is_refused),
        TEST(a_database_of_another_user_is_refused),
        TEST(a_key_that_others_may_read_is_refused),
        TEST(a_key_that_is_missing_is_never_made_anew_for_secrets_that_are_there),
        TEST(a_wrong_key_is_told_from_damage),
        TEST(a_key_without_a_secret_to_open_is_replaced_freely),
        cmocka_unit_test(no_field_of_a_row_can_be_changed_without_the_key),
        TEST(a_row_cannot_be_given_to_another_grant),
        TEST(rows_cannot_be_swapped),
        TEST(fields_that_were_forged_are_never_sealed_anew),
        TEST(a_damaged_row_can_be_removed_and_set_anew),
        TEST(what_is_no_database_is_left_alone),
        TEST(a_database_that_was_cut_off_is_left_alone),
        TEST(a_later_schema_is_left_alone),
        TEST(a_database_of_another_program_is_left_alone),
        TEST(nothing_is_written_into_a_file_with_a_broken_page),
        TEST(nothing_is_written_where_an_index_does_not_fit),
        TEST(a_disk_that_is_full_changes_nothing),
        TEST(a_full_file_system_is_said_and_what_is_there_is_served),
        TEST(a_store_that_may_only_be_read_is_served),
        TEST(F5_every_allocation_fails_in_turn_and_nothing_is_lost),
    };

    return cmocka_run_group_tests_name("store-faults", tests, NULL, NULL);
}
