/* tests/unit/test-store.c: the local store of managed secrets: what goes in, what requests get, what others see. */
#include <sqlite3.h>
#include <string.h>
#include <time.h>

#include "tests/unit/kept.h"

struct place {
    struct folder folder;
    struct kept kept;
};

static int place_open(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    folder_open(&place->folder);
    kept_begin(&place->kept, place->folder.path, "source = \"local\";");
    *state = place;
    return 0;
}

static int place_close(void **state)
{
    struct place *place = *state;

    kept_close(&place->kept);
    folder_close(&place->folder);
    free(place);
    return 0;
}

static const struct att_secret_facts *listed(const struct att_listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->list[i].name, name) == 0)
            return &listing->list[i];
    fail_msg("%s is not listed", name);
    return NULL;
}

static void a_secret_is_served_by_its_grant_with_all_that_was_kept_of_it(void **state)
{
    static const char *const origins[] = {"https://api.example.com", "https://*.example.org:8443", NULL};
    static const char *const parts[][2] = {{"username", "ann"}, {"password", "of ann"}};
    const struct att_secret_facts facts = {.size = sizeof facts,
                                           .name = "crm",
                                           .grant = "6f9f2a6e-0000-4000-8000-000000000001",
                                           .type = "basic",
                                           .inject = "{ header = \"X-Key\"; format = \"key={password}\"; }",
                                           .origins = origins,
                                           .expires = 4102444800};
    struct place *place = *state;
    const struct att_placement *placement;
    struct att_listing listing;

    kept_ok(&place->kept, kept_store(&place->kept, ATT_SECRET_CREATE, &facts, parts, 2));
    kept_ok(&place->kept, kept_fetch(&place->kept, facts.grant));
    assert_string_equal(kept_part(&place->kept, "username"), "ann");
    assert_string_equal(kept_part(&place->kept, "password"), "of ann");
    assert_true(att_arena_contains(place->kept.environment.arena, kept_part(&place->kept, "password")));
    assert_string_equal(place->kept.credential.kind, "basic");
    assert_int_equal(place->kept.credential.expires, facts.expires);
    assert_int_equal(place->kept.credential.origin_count, 2);
    placement = place->kept.credential.placement;
    assert_non_null(placement);
    assert_int_equal(placement->count, 1);
    assert_int_equal(placement->items[0].kind, ATT_INJECT_HEADER);
    assert_string_equal(placement->items[0].format, "key={password}");

    kept_ok(&place->kept, kept_list(&place->kept, &listing));
    assert_int_equal(listing.count, 1);
    assert_string_equal(listing.list[0].grant, facts.grant);
    assert_string_equal(listing.list[0].type, "basic");
    assert_string_equal(listing.list[0].inject, facts.inject);
    assert_string_equal(listing.list[0].origins[1], origins[1]);
    assert_null(listing.list[0].origins[2]);
    assert_string_equal(listing.list[0].parts[0], "username");
    assert_string_equal(listing.list[0].parts[1], "password");
    assert_null(listing.list[0].parts[2]);
    assert_null(listing.list[0].fault);
    assert_int_equal(listing.list[0].expires, facts.expires);
    att_listing_close(&listing);
}

static void what_is_not_kept_is_not_the_stores_and_asking_makes_no_file(void **state)
{
    struct place *place = *state;
    struct att_listing listing;

    assert_int_equal(kept_fetch(&place->kept, "unknown"), ATT_RESULT_NONE);
    kept_ok(&place->kept, kept_list(&place->kept, &listing));
    assert_int_equal(listing.count, 0);
    att_listing_close(&listing);
    assert_int_equal(kept_remove(&place->kept, "unknown"), ATT_RESULT_NOT_FOUND);
    kept_said(&place->kept, "there is no secret \"unknown\"");
    assert_int_equal(kept_rotate(&place->kept, "unknown", "v"), ATT_RESULT_NOT_FOUND);
    assert_int_equal(access(kept_path(&place->folder, ""), F_OK), -1);

    kept_ok(&place->kept, kept_set(&place->kept, "known", "v"));
    assert_int_equal(kept_fetch(&place->kept, "unknown"), ATT_RESULT_NONE);
    assert_int_equal(kept_rotate(&place->kept, "unknown", "v"), ATT_RESULT_NOT_FOUND);
    kept_said(&place->kept, "there is no secret \"unknown\"; set it first");
}

static void files_are_made_on_first_use_for_their_owner_alone(void **state)
{
    static const char *const names[] = {"secrets.db", "secrets.db-wal", "secrets.db-shm", "secrets.key",
                                        "secrets.generation"};
    struct place *place = *state;
    mode_t before = umask(0);
    struct stat found;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    umask(before);
    assert_int_equal(stat(kept_path(&place->folder, ""), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    for (size_t i = 0; i < ATT_COUNT(names); i++) {
        if (stat(kept_path(&place->folder, names[i]), &found) != 0)
            fail_msg("%s is missing", names[i]);
        if ((found.st_mode & 07777) != 0600)
            fail_msg("%s has mode %o", names[i], found.st_mode & 07777);
    }
}

static void mode_of(const char *path, mode_t mode)
{
    struct stat found;

    if (stat(path, &found) != 0)
        fail_msg("%s is missing", path);
    if ((found.st_mode & 07777) != mode)
        fail_msg("%s has mode %o", path, found.st_mode & 07777);
}

static void folders_above_are_made_for_their_owner_alone(void **state)
{
    static const char *const made[] = {".local", ".local/state", ".local/state/attache",
                                       "keys",   "keys/of",      "keys/of/it"};
    struct place *place = *state;
    struct folder *folder = &place->folder;
    mode_t before = umask(0);
    struct kept kept;

    kept_begin(&kept, folder->path,
               att_pool_format(folder->pool, "file = \"%s\"; key_file = \"%s\";",
                               folder_path(folder, ".local/state/attache/secrets.db"),
                               folder_path(folder, "keys/of/it/secrets.key")));
    kept_ok(&kept, kept_set(&kept, "a", "v"));
    umask(before);
    kept_expect(&kept, "a", "v");
    kept_close(&kept);
    for (size_t i = 0; i < ATT_COUNT(made); i++)
        mode_of(folder_path(folder, made[i]), 0700);
}

static void folders_are_made_in_a_folder_of_the_user_alone(void **state)
{
    struct place *place = *state;
    struct folder *folder = &place->folder;
    struct kept kept;

    assert_int_equal(mkdir(folder_path(folder, "shared"), 0700), 0);
    assert_int_equal(chmod(folder_path(folder, "shared"), 01777), 0);
    kept_begin(&kept, folder->path,
               att_pool_format(folder->pool, "file = \"%s\";", folder_path(folder, "shared/a/b/secrets.db")));
    assert_int_equal(kept_set(&kept, "a", "v"), ATT_RESULT_CONFIG);
    kept_said(&kept, "shared/a/b cannot be made: ");
    kept_said(&kept, "shared, above it, does not belong to the running user (uid ");
    kept_said(&kept, "alone; make the folders between them, or name another path");
    assert_int_equal(access(folder_path(folder, "shared/a"), F_OK), -1);
    assert_int_equal(mkdir(folder_path(folder, "shared/a"), 0700), 0);
    kept_ok(&kept, kept_set(&kept, "a", "v"));
    kept_close(&kept);
}

static void a_name_or_a_grant_that_is_taken_is_refused_by_name(void **state)
{
    static const char *const parts[][2] = {{"token", "other"}};
    const struct att_secret_facts facts = {.size = sizeof facts, .name = "b", .grant = "a"};
    struct place *place = *state;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    assert_int_equal(kept_set(&place->kept, "a", "other"), ATT_RESULT_DENIED);
    kept_said(&place->kept, "there is a secret \"a\" already; rotate it, or choose another name");
    assert_int_equal(kept_store(&place->kept, ATT_SECRET_CREATE, &facts, parts, 1), ATT_RESULT_DENIED);
    kept_said(&place->kept, "the grant \"a\" is that of the secret \"a\"; choose another grant, or rotate that secret");
    kept_expect(&place->kept, "a", "v");
}

static void a_rotated_secret_keeps_all_but_its_value(void **state)
{
    static const char *const origins[] = {"https://api.example.com", NULL}, *const none[] = {NULL};
    static const char *const parts[][2] = {{"token", "old"}}, *const others[][2] = {{"token", "new"}};
    const struct att_secret_facts facts = {
        .size = sizeof facts, .name = "a", .grant = "g", .type = "bearer", .origins = origins};
    const struct att_secret_facts change = {.size = sizeof change, .name = "a", .origins = none, .expires = 4102444800};
    const struct att_secret_facts *row;
    struct place *place = *state;
    struct att_listing before, after;

    kept_ok(&place->kept, kept_store(&place->kept, ATT_SECRET_CREATE, &facts, parts, 1));
    kept_ok(&place->kept, kept_list(&place->kept, &before));
    kept_ok(&place->kept, kept_store(&place->kept, ATT_SECRET_REPLACE, &change, others, 1));
    kept_expect(&place->kept, "g", "new");
    assert_int_equal(place->kept.credential.origin_count, 1);
    kept_ok(&place->kept, kept_list(&place->kept, &after));
    row = listed(&after, "a");
    assert_string_equal(row->type, "bearer");
    assert_string_equal(row->origins[0], origins[0]);
    assert_int_equal(row->created, before.list[0].created);
    assert_int_equal(before.list[0].rotated, 0);
    assert_true(row->rotated >= row->created && row->created > 0);
    assert_true(row->used > 0);
    assert_int_equal(row->expires, change.expires);
    assert_string_not_equal(row->fingerprint, before.list[0].fingerprint);
    att_listing_close(&before);
    att_listing_close(&after);
}

static void equal_values_have_equal_fingerprints_in_this_store_only(void **state)
{
    struct place *place = *state;
    struct att_listing here, there;
    struct folder elsewhere;
    struct kept other;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "same"));
    kept_ok(&place->kept, kept_set(&place->kept, "b", "same"));
    kept_ok(&place->kept, kept_set(&place->kept, "c", "else"));
    folder_open(&elsewhere);
    kept_begin(&other, elsewhere.path, "");
    kept_ok(&other, kept_set(&other, "a", "same"));
    kept_ok(&place->kept, kept_list(&place->kept, &here));
    kept_ok(&other, kept_list(&other, &there));
    assert_int_equal(strlen(here.list[0].fingerprint), 16);
    assert_string_equal(here.list[0].fingerprint, here.list[1].fingerprint);
    assert_string_not_equal(here.list[0].fingerprint, here.list[2].fingerprint);
    assert_string_not_equal(here.list[0].fingerprint, there.list[0].fingerprint);
    att_listing_close(&here);
    att_listing_close(&there);
    kept_close(&other);
    folder_close(&elsewhere);
}

static void a_removed_secret_is_gone_and_its_name_is_free(void **state)
{
    struct place *place = *state;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    kept_ok(&place->kept, kept_remove(&place->kept, "a"));
    assert_int_equal(kept_fetch(&place->kept, "a"), ATT_RESULT_NONE);
    assert_int_equal(kept_remove(&place->kept, "a"), ATT_RESULT_NOT_FOUND);
    kept_ok(&place->kept, kept_set(&place->kept, "a", "w"));
    kept_expect(&place->kept, "a", "w");
}

static void B9_a_value_that_cannot_stand_in_a_header_is_not_kept(void **state)
{
    static char huge[(64 << 10) + 2];
    const struct {
        const char *value, *sentence;
    } cases[] = {
        {"a\r\nx: y", "the part \"token\" of the secret \"a\" holds a line break; give a value that can stand in a"},
        {"a\ny", "holds a line break"},
        {"", "the part \"token\" of the secret \"a\" is empty"},
        {huge, "is longer than 64 KiB"},
    };
    struct place *place = *state;

    memset(huge, 'x', sizeof huge - 1);
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        assert_int_equal(kept_set(&place->kept, "a", cases[i].value), ATT_RESULT_DENIED);
        kept_said(&place->kept, cases[i].sentence);
    }
    huge[64 << 10] = '\0';
    kept_ok(&place->kept, kept_set(&place->kept, "a", huge));
    kept_expect(&place->kept, "a", huge);
}

static void unsound_facts_and_parts_are_refused(void **state)
{
    static const char *const split[] = {"https://a.example\nhttps://b.example", NULL};
    static const char *const bad[][2] = {{"To ken", "v"}}, *const good[][2] = {{"token", "v"}};
    static const char *const twice[][2] = {{"token", "v"}, {"token", "w"}};
    const struct att_secret_facts sound = {.size = sizeof sound, .name = "a", .grant = "a"};
    const struct att_secret_facts nameless = {.size = sizeof sound, .name = "", .grant = "a"};
    const struct att_secret_facts homeless = {.size = sizeof sound, .name = "a", .grant = ""};
    const struct att_secret_facts broken = {.size = sizeof sound, .name = "a", .grant = "a", .origins = split};
    const struct att_secret_facts wordy = {
        .size = sizeof sound, .name = "a", .grant = "a", .type = "a-type-of-more-than-31-characters"};
    struct kept *kept = &((struct place *)*state)->kept;

    assert_int_equal(kept_store(kept, ATT_SECRET_CREATE, &sound, bad, 1), ATT_RESULT_DENIED);
    kept_said(kept, "has a name that is not of a-z, 0-9 and _");
    assert_int_equal(kept_store(kept, ATT_SECRET_CREATE, &sound, twice, 2), ATT_RESULT_DENIED);
    kept_said(kept, "the part \"token\" of the secret \"a\" is given twice");
    assert_int_equal(kept_store(kept, ATT_SECRET_CREATE, &sound, good, 0), ATT_RESULT_DENIED);
    kept_said(kept, "the secret \"a\" has 0 parts; give it 1 to 16");
    assert_int_equal(kept_store(kept, ATT_SECRET_CREATE, &nameless, good, 1), ATT_RESULT_DENIED);
    kept_said(kept, "the secret has no name");
    assert_int_equal(kept_store(kept, ATT_SECRET_CREATE, &homeless, good, 1), ATT_RESULT_DENIED);
    kept_said(kept, "the secret \"a\" names no grant");
    assert_int_equal(kept_store(kept, ATT_SECRET_CREATE, &broken, good, 1), ATT_RESULT_DENIED);
    kept_said(kept, "one has a control character");
    assert_int_equal(kept_store(kept, ATT_SECRET_CREATE, &wordy, good, 1), ATT_RESULT_DENIED);
    kept_said(kept, "has more than 31 characters");
    assert_int_equal(kept_fetch(kept, "a"), ATT_RESULT_NONE);
}

static void an_expired_secret_is_not_served_and_says_so(void **state)
{
    static const char *const parts[][2] = {{"token", "late"}};
    const struct att_secret_facts facts = {.size = sizeof facts, .name = "a", .grant = "a", .expires = 1000000000};
    struct place *place = *state;

    kept_ok(&place->kept, kept_store(&place->kept, ATT_SECRET_CREATE, &facts, parts, 1));
    assert_int_equal(kept_fetch(&place->kept, "a"), ATT_RESULT_EXPIRED);
    kept_said(&place->kept, "the secret of the grant \"a\" expired at 2001-09-09T01:46:40Z; rotate it");
    assert_null(kept_part(&place->kept, "token"));
}

/* ---- other instances -------------------------------------------------------------------------------------------- */

static void every_change_gives_all_instances_another_generation(void **state)
{
    struct place *place = *state;
    struct kept other;
    uint64_t seen;

    assert_int_equal(place->kept.promise.longest_ms, 1000);
    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    kept_begin(&other, place->folder.path, "");
    assert_int_equal(other.promise.longest_ms, 30000);
    assert_int_equal(other.promise.shared, ATT_SHARED_BY_CALLERS | ATT_SHARED_BY_USERS | ATT_SHARED_BY_ORIGINS);
    assert_int_equal(*other.promise.generation, *place->kept.promise.generation);

    seen = *other.promise.generation;
    kept_expect(&other, "a", "v");
    assert_int_equal(*other.promise.generation, seen);
    kept_ok(&place->kept, kept_rotate(&place->kept, "a", "w"));
    assert_int_not_equal(*other.promise.generation, seen);
    kept_expect(&other, "a", "w");
    seen = *place->kept.promise.generation;
    kept_ok(&other, kept_rekey(&other, NULL));
    assert_int_not_equal(*place->kept.promise.generation, seen);
    seen = *place->kept.promise.generation;
    kept_ok(&other, kept_remove(&other, "a"));
    assert_int_not_equal(*place->kept.promise.generation, seen);
    kept_close(&other);
}

static void a_generation_that_was_removed_is_made_again_and_followed(void **state)
{
    struct place *place = *state;
    struct kept other;
    uint64_t seen;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    kept_begin(&other, place->folder.path, "");
    assert_int_equal(unlink(kept_path(&place->folder, "secrets.generation")), 0);
    kept_expect(&other, "a", "v");
    seen = *other.promise.generation;
    kept_ok(&place->kept, kept_rotate(&place->kept, "a", "w"));
    assert_int_not_equal(*other.promise.generation, seen);

    assert_int_equal(
        rename(folder_put(&place->folder, "put-back", "8 bytes."), kept_path(&place->folder, "secrets.generation")), 0);
    kept_expect(&other, "a", "w");
    seen = *other.promise.generation;
    kept_ok(&place->kept, kept_rotate(&place->kept, "a", "x"));
    assert_int_not_equal(*other.promise.generation, seen);
    kept_close(&other);
}

static void a_generation_that_was_cut_off_gets_its_number_back(void **state)
{
    struct place *place = *state;
    struct kept other;
    uint64_t seen;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    kept_begin(&other, place->folder.path, "");
    kept_expect(&other, "a", "v");
    assert_int_equal(truncate(kept_path(&place->folder, "secrets.generation"), 0), 0);
    kept_expect(&other, "a", "v");
    seen = *other.promise.generation;
    kept_ok(&place->kept, kept_rotate(&place->kept, "a", "w"));
    assert_int_not_equal(*other.promise.generation, seen);
    kept_expect(&other, "a", "w");
    kept_close(&other);
}

static void a_key_that_was_left_over_makes_no_request_wait(void **state)
{
    struct place *place = *state;
    sqlite3 *writer = NULL;
    int64_t begun;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    folder_put(&place->folder, "state/secrets.key.new", "left over\n");
    assert_int_equal(sqlite3_open(kept_path(&place->folder, "secrets.db"), &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    begun = att_clock_monotonic_ns();
    kept_expect(&place->kept, "a", "v");
    assert_true(att_clock_monotonic_ns() - begun < ATT_NS_PER_S);
    sqlite3_close(writer);
}

static void a_store_that_was_put_back_is_the_one_that_is_read(void **state)
{
    struct place *place = *state;
    const char *copy = folder_path(&place->folder, "copy.db");

    kept_ok(&place->kept, kept_set(&place->kept, "a", "old"));
    kept_sql(&place->folder, att_pool_format(place->folder.pool, "VACUUM INTO '%s'", copy));
    kept_ok(&place->kept, kept_rotate(&place->kept, "a", "new"));
    assert_int_equal(chmod(copy, 0600), 0);
    unlink(kept_path(&place->folder, "secrets.db-wal"));
    unlink(kept_path(&place->folder, "secrets.db-shm"));
    assert_int_equal(rename(copy, kept_path(&place->folder, "secrets.db")), 0);
    kept_expect(&place->kept, "a", "old");
}

static void use_is_noted_once_a_minute_at_most(void **state)
{
    struct place *place = *state;
    struct att_listing listing;
    int64_t used;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    kept_expect(&place->kept, "a", "v");
    kept_ok(&place->kept, kept_list(&place->kept, &listing));
    used = listing.list[0].used;
    att_listing_close(&listing);
    assert_true(used > 0);
    kept_sql(&place->folder, "UPDATE secret SET used = used - 30");
    kept_expect(&place->kept, "a", "v");
    kept_ok(&place->kept, kept_list(&place->kept, &listing));
    assert_true(listing.list[0].used <= used - 30 + 5);
    att_listing_close(&listing);
    kept_sql(&place->folder, "UPDATE secret SET used = used - 60");
    kept_expect(&place->kept, "a", "v");
    kept_ok(&place->kept, kept_list(&place->kept, &listing));
    assert_true(listing.list[0].used >= used);
    att_listing_close(&listing);
}

/* ---- other keys -------------------------------------------------------------------------------------------------- */

static void a_new_key_in_the_place_of_the_old_changes_nothing_for_anyone(void **state)
{
    struct place *place = *state;
    struct kept other;
    char name[16], value[16];
    struct stat before, after;

    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "s%d", i);
        snprintf(value, sizeof value, "v%d", i);
        kept_ok(&place->kept, kept_set(&place->kept, name, value));
    }
    kept_begin(&other, place->folder.path, "");
    kept_expect(&other, "s7", "v7");
    assert_int_equal(stat(kept_path(&place->folder, "secrets.key"), &before), 0);
    kept_ok(&place->kept, kept_rekey(&place->kept, NULL));
    assert_int_equal(stat(kept_path(&place->folder, "secrets.key"), &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino);
    assert_int_equal(after.st_mode & 07777, 0600);
    assert_int_equal(access(kept_path(&place->folder, "secrets.key.new"), F_OK), -1);
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "s%d", i);
        snprintf(value, sizeof value, "v%d", i);
        kept_expect(&other, name, value);
        kept_expect(&place->kept, name, value);
    }
    kept_ok(&other, kept_rekey(&other, NULL));
    kept_ok(&place->kept, kept_rotate(&place->kept, "s3", "after"));
    kept_expect(&other, "s3", "after");
    kept_close(&other);
}

static void stores_beside_each_other_have_keys_of_their_own(void **state)
{
    static const char *const names[] = {"secrets.key", "second.key", "third.key", "third.sqlite.key"};
    struct place *place = *state;
    struct folder *folder = &place->folder;
    const char *const files[] = {kept_path(folder, "second.db"), kept_path(folder, "third"),
                                 kept_path(folder, "third.sqlite")};
    struct kept others[ATT_COUNT(files)];

    kept_ok(&place->kept, kept_set(&place->kept, "a", "first"));
    for (size_t i = 0; i < ATT_COUNT(files); i++) {
        kept_begin(&others[i], folder->path, att_pool_format(folder->pool, "file = \"%s\";", files[i]));
        kept_ok(&others[i], kept_set(&others[i], "a", files[i]));
    }
    for (size_t i = 0; i < ATT_COUNT(names); i++)
        assert_int_equal(access(kept_path(folder, names[i]), F_OK), 0);
    kept_ok(&others[0], kept_rekey(&others[0], NULL));
    kept_ok(&others[2], kept_rekey(&others[2], NULL));
    for (size_t i = 0; i < ATT_COUNT(files); i++) {
        kept_close(&others[i]);
        kept_begin(&others[i], folder->path, att_pool_format(folder->pool, "file = \"%s\";", files[i]));
        kept_expect(&others[i], "a", files[i]);
        kept_close(&others[i]);
    }
    kept_close(&place->kept);
    kept_begin(&place->kept, folder->path, "");
    kept_expect(&place->kept, "a", "first");
}

static void a_store_can_go_over_to_the_key_of_another_file(void **state)
{
    struct place *place = *state;
    const char *file = kept_path(&place->folder, "other.key");
    struct kept other;

    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    assert_int_equal(kept_rekey(&place->kept, kept_path(&place->folder, "secrets.key")), ATT_RESULT_DENIED);
    kept_said(&place->kept, "has the key that seals the store now; name another file, or none");
    assert_int_equal(kept_rekey(&place->kept, "relative.key"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, "the key file must be an absolute path");
    kept_ok(&place->kept, kept_rekey(&place->kept, file));
    assert_non_null(strstr(place->kept.logged, "set the option key_file to it"));
    kept_expect(&place->kept, "a", "v");

    kept_begin(&other, place->folder.path, att_pool_format(place->folder.pool, "key_file = \"%s\";", file));
    kept_expect(&other, "a", "v");
    kept_close(&other);
    kept_begin(&other, place->folder.path, "");
    assert_int_equal(kept_fetch(&other, "a"), ATT_RESULT_CONFIG);
    kept_said(&other, "secrets.key is not the one that sealed this store");
    kept_close(&other);
}

static void the_key_can_be_a_reference_in_hex_or_base64(void **state)
{
    static const char hex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    static const char base64[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    static const char other[] = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    struct place *place = *state;
    const char *file = folder_put(&place->folder, "key", hex), *options;
    struct kept kept;

    assert_int_equal(chmod(file, 0600), 0);
    options = att_pool_format(place->folder.pool, "key = { file = \"%s\"; };", file);
    kept_begin(&kept, place->folder.path, options);
    kept_ok(&kept, kept_set(&kept, "a", "v"));
    assert_int_equal(access(kept_path(&place->folder, "secrets.key"), F_OK), -1);
    assert_int_equal(kept_rekey(&kept, NULL), ATT_RESULT_CONFIG);
    kept_said(&kept, "the key comes from the option key, which is not Attache's to change; name a key file");
    kept_close(&kept);

    folder_put(&place->folder, "key", base64);
    kept_begin(&kept, place->folder.path, options);
    kept_expect(&kept, "a", "v");
    kept_ok(&kept, kept_rekey(&kept, folder_path(&place->folder, "next")));
    kept_ok(&kept, kept_fetch(&kept, "a"));
    kept_close(&kept);

    folder_put(&place->folder, "key", other);
    kept_begin(&kept, place->folder.path, options);
    assert_int_equal(kept_fetch(&kept, "a"), ATT_RESULT_CONFIG);
    kept_said(&kept, "the key in the option key is not the one that sealed this store");
    rename(folder_path(&place->folder, "next"), file);
    kept_expect(&kept, "a", "v");
    kept_close(&kept);
}

static void a_change_of_keys_that_a_crash_cut_off_is_ended_by_who_comes_next(void **state)
{
    struct place *place = *state;
    const char *key = kept_path(&place->folder, "secrets.key"), *next = kept_path(&place->folder, "secrets.key.new");
    const char *old = kept_path(&place->folder, "old");
    struct kept other;

    /* Cut off after the commit: the store is sealed under the next key, which has not got its place. */
    kept_ok(&place->kept, kept_set(&place->kept, "a", "v"));
    assert_int_equal(link(key, old), 0);
    kept_ok(&place->kept, kept_rekey(&place->kept, NULL));
    assert_int_equal(rename(key, next), 0);
    assert_int_equal(rename(old, key), 0);
    kept_begin(&other, place->folder.path, "");
    kept_expect(&other, "a", "v");
    assert_int_equal(access(next, F_OK), -1);
    kept_close(&other);

    /* The same, and the next one to come changes keys again. */
    assert_int_equal(link(key, old), 0);
    kept_ok(&place->kept, kept_rekey(&place->kept, NULL));
    assert_int_equal(rename(key, next), 0);
    assert_int_equal(rename(old, key), 0);
    kept_begin(&other, place->folder.path, "");
    kept_ok(&other, kept_rekey(&other, NULL));
    kept_expect(&other, "a", "v");
    assert_int_equal(access(next, F_OK), -1);
    kept_close(&other);

    /* Cut off before it: the next key never came into use. */
    folder_put(&place->folder, "state/secrets.key.new",
               "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    assert_int_equal(chmod(next, 0600), 0);
    kept_begin(&other, place->folder.path, "");
    kept_expect(&other, "a", "v");
    kept_ok(&other, kept_rotate(&other, "a", "w"));
    assert_int_equal(access(next, F_OK), -1);
    kept_expect(&other, "a", "w");
    kept_close(&other);
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static void options_that_contradict_each_other_are_named(void **state)
{
    static const struct {
        const char *options, *sentence;
    } cases[] = {
        {"grant = \"a\";", "\"grant\""},
        {"parts = [ \"a=b\" ];", "belongs to source = \"references\"; set that, or leave it out"},
        {"source = \"references\";", "names no secret, and source = \"references\" needs one"},
        {"source = \"references\"; key_file = \"/k\";", "belongs to source = \"local\""},
        {"source = \"references\"; file = \"/k\";", "belongs to source = \"local\""},
        {"source = \"alter\";", "source"},
        {"key = { env = \"ATT_TEST_KEY\"; };", "is not a key: it must be one line of 32 bytes in hex or base64"},
        {"key = { env = \"ATT_TEST_KEY\"; }; key_file = \"/k\";", "stands beside key_file"},
    };
    struct place *place = *state;

    setenv("ATT_TEST_KEY", "short", 1);
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct kept kept = {.allocations_left = -1};

        kept_open(&kept, place->folder.path, cases[i].options);
        assert_null(kept.instance);
        if (!strstr(kept_finding(&kept), cases[i].sentence))
            fail_msg("%s: %s", cases[i].options, kept_finding(&kept));
        kept_close(&kept);
    }
}

static void files_can_be_where_the_site_wants_them(void **state)
{
    struct place *place = *state;
    const char *file = folder_path(&place->folder, "here/mine.sqlite"), *key = folder_path(&place->folder, "keys/k");
    struct kept kept;

    kept_begin(&kept, place->folder.path,
               att_pool_format(place->folder.pool, "file = \"%s\"; key_file = \"%s\";", file, key));
    kept_ok(&kept, kept_set(&kept, "a", "v"));
    kept_expect(&kept, "a", "v");
    kept_close(&kept);
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(access(key, F_OK), 0);
    assert_int_equal(access(folder_path(&place->folder, "here/mine.sqlite.generation"), F_OK), 0);
    assert_int_equal(access(kept_path(&place->folder, ""), F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_is_served_by_its_grant_with_all_that_was_kept_of_it),
        TEST(what_is_not_kept_is_not_the_stores_and_asking_makes_no_file),
        TEST(files_are_made_on_first_use_for_their_owner_alone),
        TEST(folders_above_are_made_for_their_owner_alone),
        TEST(folders_are_made_in_a_folder_of_the_user_alone),
        TEST(a_name_or_a_grant_that_is_taken_is_refused_by_name),
        TEST(a_rotated_secret_keeps_all_but_its_value),
        TEST(equal_values_have_equal_fingerprints_in_this_store_only),
        TEST(a_removed_secret_is_gone_and_its_name_is_free),
        TEST(B9_a_value_that_cannot_stand_in_a_header_is_not_kept),
        TEST(unsound_facts_and_parts_are_refused),
        TEST(an_expired_secret_is_not_served_and_says_so),
        TEST(every_change_gives_all_instances_another_generation),
        TEST(a_generation_that_was_removed_is_made_again_and_followed),
        TEST(a_generation_that_was_cut_off_gets_its_number_back),
        TEST(a_key_that_was_left_over_makes_no_request_wait),
        TEST(a_store_that_was_put_back_is_the_one_that_is_read),
        TEST(use_is_noted_once_a_minute_at_most),
        TEST(a_new_key_in_the_place_of_the_old_changes_nothing_for_anyone),
        TEST(stores_beside_each_other_have_keys_of_their_own),
        TEST(a_store_can_go_over_to_the_key_of_another_file),
        TEST(the_key_can_be_a_reference_in_hex_or_base64),
        TEST(a_change_of_keys_that_a_crash_cut_off_is_ended_by_who_comes_next),
        TEST(options_that_contradict_each_other_are_named),
        TEST(files_can_be_where_the_site_wants_them),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
