/* tests/unit/test-references.c: managed secrets that are kept elsewhere and read at each fetch. */
#include <string.h>

#include "tests/unit/kept.h"

struct place {
    struct folder folder;
    struct kept kept;
    const char *token; /* a file */
};

static const char *put(struct place *place, const char *name, const char *bytes, size_t size)
{
    const char *path = folder_put_size(&place->folder, name, bytes, size);

    assert_int_equal(chmod(path, 0600), 0);
    return path;
}

static int place_open(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    folder_open(&place->folder);
    place->token = put(place, "token", "first\n", 6);
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

/* Opens references to the token, with more options. */
static void begin(struct place *place, const char *more)
{
    kept_begin(&place->kept, place->folder.path,
               att_pool_format(place->folder.pool,
                               "source = \"references\"; secrets = { token = { file = \"%s\"; }; }; %s", place->token,
                               more));
}

static void a_reference_is_read_anew_at_each_fetch(void **state)
{
    struct place *place = *state;

    begin(place, "");
    kept_expect(&place->kept, "any", "first");
    assert_string_equal(place->kept.credential.kind, "api_key");
    assert_int_equal(place->kept.credential.part_count, 1);
    put(place, "token", "second", 6);
    kept_expect(&place->kept, "other", "second");
    kept_close(&place->kept);
}

static void open_parts_stand_beside_the_secret_ones(void **state)
{
    struct place *place = *state;

    begin(place, "parts = [ \"username=ann=x\", \"region=eu\" ]; kind = \"basic\";");
    assert_int_equal(kept_fetch(&place->kept, "any"), ATT_RESULT_OK);
    assert_string_equal(kept_part(&place->kept, "token"), "first");
    assert_string_equal(kept_part(&place->kept, "username"), "ann=x");
    assert_string_equal(kept_part(&place->kept, "region"), "eu");
    assert_string_equal(place->kept.credential.kind, "basic");
    kept_close(&place->kept);
}

static void another_grant_than_the_one_it_is_for_is_not_its_own(void **state)
{
    struct place *place = *state;

    begin(place, "grant = \"billing\";");
    kept_expect(&place->kept, "billing", "first");
    assert_int_equal(kept_fetch(&place->kept, "other"), ATT_RESULT_NONE);
    assert_int_equal(kept_fetch(&place->kept, NULL), ATT_RESULT_NONE);
    kept_close(&place->kept);
}

static void a_value_is_kept_for_as_long_as_the_site_says(void **state)
{
    struct place *place = *state;

    begin(place, "");
    assert_int_equal(place->kept.promise.longest_ms, 5000);
    assert_null(place->kept.promise.generation);
    kept_close(&place->kept);
    begin(place, "keep = \"1m\";");
    assert_int_equal(place->kept.promise.longest_ms, 60000);
    kept_close(&place->kept);
    begin(place, "keep = \"0s\";");
    assert_int_equal(place->kept.promise.size, 0);
    kept_close(&place->kept);
}

static void B9_a_value_that_cannot_stand_in_a_header_is_refused_by_grant(void **state)
{
    static char huge[(64 << 10) + 1];
    const struct {
        const char *bytes;
        size_t size;
        const char *sentence;
    } cases[] = {
        {"canary\r\nx: y", 12, "the secret that the grant \"any\" refers to holds a line break; write the value alone"},
        {"canary\ny", 8, "holds a line break"},
        {"canary\0y", 8, "holds a NUL"},
        {huge, sizeof huge, "is longer than 64 KiB"},
        {"\n", 1, "empty"},
        {"", 0, "empty"},
    };
    struct place *place = *state;

    memset(huge, 'x', sizeof huge);
    begin(place, "");
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        att_result result;

        put(place, "token", cases[i].bytes, cases[i].size);
        result = kept_fetch(&place->kept, "any");
        assert_true(result == ATT_RESULT_FAULT || result == ATT_RESULT_CONFIG);
        kept_said(&place->kept, cases[i].sentence);
        assert_null(strstr(place->kept.report.sentence, "canary"));
        assert_int_equal(place->kept.credential.part_count, 0);
    }
    kept_close(&place->kept);
}

static void a_reference_that_cannot_be_read_is_told_by_the_host(void **state)
{
    struct place *place = *state;

    begin(place, "");
    assert_int_equal(chmod(place->token, 0644), 0);
    assert_int_equal(kept_fetch(&place->kept, "any"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, place->token);
    assert_int_equal(unlink(place->token), 0);
    assert_int_equal(kept_fetch(&place->kept, "any"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, place->token);
    put(place, "token", "back", 4);
    kept_expect(&place->kept, "any", "back");
    kept_close(&place->kept);
}

static void what_is_kept_elsewhere_is_changed_elsewhere(void **state)
{
    static const char sentence[] = "this provider only refers to secrets that are kept elsewhere; change them there";
    struct place *place = *state;
    struct att_listing listing;

    begin(place, "");
    assert_int_equal(kept_set(&place->kept, "a", "v"), ATT_RESULT_CONFIG);
    kept_said(&place->kept, sentence);
    assert_int_equal(kept_list(&place->kept, &listing), ATT_RESULT_CONFIG);
    assert_int_equal(kept_remove(&place->kept, "a"), ATT_RESULT_CONFIG);
    assert_int_equal(kept_rekey(&place->kept, NULL), ATT_RESULT_CONFIG);
    kept_said(&place->kept, sentence);
    kept_close(&place->kept);
}

static void an_option_of_another_source_is_named(void **state)
{
    static const struct {
        const char *options, *option, *source;
    } cases[] = {
        {"audit = \"off\";", "audit", "alter"},
        {"source = \"references\"; secrets = { token = { file = \"/t\"; }; }; audit = \"metadata\";", "audit", "alter"},
        {"source = \"references\"; secrets = { token = { file = \"/t\"; }; }; file = \"/s.db\";", "file", "local"},
        {"source = \"alter\"; key_file = \"/s.key\";", "key_file", "local"},
        {"source = \"alter\"; parts = [ \"a=b\" ];", "parts", "references"},
    };
    struct place *place = *state;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct kept kept = {.allocations_left = -1};

        kept_open(&kept, place->folder.path, cases[i].options);
        assert_null(kept.instance);
        if (!strstr(kept_finding(&kept),
                    att_pool_format(place->folder.pool,
                                    "option \"%s\": belongs to source = \"%s\"; set that, or leave it out",
                                    cases[i].option, cases[i].source)))
            fail_msg("%s: %s", cases[i].options, kept_finding(&kept));
        kept_close(&kept);
    }
}

static void unsound_open_parts_are_named(void **state)
{
    static const struct {
        const char *parts, *sentence;
    } cases[] = {
        {"\"username\"", "has an item that is not \"name=value\""},
        {"\"=v\"", "has an item that is not \"name=value\""},
        {"\"User=v\"", "has an item that is not \"name=value\""},
        {"\"user=\"", "has an item that is not \"name=value\""},
        {"\"token=v\"", "names the part \"token\", which stands twice; keep one"},
        {"\"user=a\", \"user=b\"", "names the part \"user\", which stands twice; keep one"},
    };
    struct place *place = *state;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct kept kept = {.allocations_left = -1};

        kept_open(&kept, place->folder.path,
                  att_pool_format(place->folder.pool,
                                  "source = \"references\"; secrets = { token = { file = \"%s\"; }; }; parts = [ %s ];",
                                  place->token, cases[i].parts));
        assert_null(kept.instance);
        if (!strstr(kept_finding(&kept), cases[i].sentence))
            fail_msg("%s: %s", cases[i].parts, kept_finding(&kept));
        kept_close(&kept);
    }
}

static void F5_every_allocation_fails_in_turn(void **state)
{
    struct place *place = *state;
    const char *options =
        att_pool_format(place->folder.pool,
                        "source = \"references\"; secrets = { token = { file = \"%s\"; }; }; grant = \"g\";"
                        " parts = [ \"user=a\" ];",
                        place->token);
    int left = 0;

    for (;; left++) {
        bool done = false;

        assert_true(left < 50);
        place->kept.allocations_left = left;
        kept_open(&place->kept, place->folder.path, options);
        if (place->kept.instance)
            done = kept_fetch(&place->kept, "g") == ATT_RESULT_OK;
        kept_close(&place->kept);
        if (done)
            break;
    }
    assert_true(left > 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reference_is_read_anew_at_each_fetch),
        TEST(open_parts_stand_beside_the_secret_ones),
        TEST(another_grant_than_the_one_it_is_for_is_not_its_own),
        TEST(a_value_is_kept_for_as_long_as_the_site_says),
        TEST(B9_a_value_that_cannot_stand_in_a_header_is_refused_by_grant),
        TEST(a_reference_that_cannot_be_read_is_told_by_the_host),
        TEST(what_is_kept_elsewhere_is_changed_elsewhere),
        TEST(an_option_of_another_source_is_named),
        TEST(unsound_open_parts_are_named),
        TEST(F5_every_allocation_fails_in_turn),
    };

    return cmocka_run_group_tests_name("references", tests, NULL, NULL);
}
