/* tests/unit/test-placement.c: what modules say about where a credential goes, in calls and in the words of a site. */
#include <stdlib.h>
#include <string.h>

#include "core/provider/instance.h"
#include "tests/unit/unit.h"

struct fixture {
    struct att_environment environment;
    struct att_host_table table;
    struct att_credential credential;
    struct att_placement placement;
};

static int open_fixture(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);

    fixture->environment.arena = att_arena_create();
    att_host_table_fill(&fixture->table, &fixture->environment, "entry");
    att_credential_open(&fixture->credential, fixture->environment.arena);
    att_placement_open(&fixture->placement);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;

    att_credential_close(&fixture->credential);
    att_arena_destroy(fixture->environment.arena);
    test_free(fixture);
    return 0;
}

static void assert_item(const struct att_placement *placement, size_t number, enum att_inject_kind kind,
                        const char *name, const char *format)
{
    assert_true(number < placement->count);
    assert_int_equal(placement->items[number].kind, kind);
    if (name)
        assert_string_equal(placement->items[number].name, name);
    else
        assert_null(placement->items[number].name);
    assert_string_equal(placement->items[number].format, format);
    assert_null(placement->items[number].place.file);
}

static void a_host_offers_placing(void **state)
{
    struct fixture *fixture = *state;

    assert_true(fixture->table.host.features & ATT_HOST_PLACING);
    assert_non_null(fixture->table.host.place);
    assert_non_null(fixture->table.host.credential_place);
}

static void a_placement_is_read_in_the_words_of_a_site(void **state)
{
    struct fixture *fixture = *state;
    struct att_placement *placement = &fixture->placement;
    char text[] = "( { header = \"X-Key\"; format = \"Key {token}\"; }, { kind = \"basic\"; },\n"
                  "  { query = \"key\"; }, # and\n { cookie = \"sid\"; x_why = 1; } )";

    assert_true(fixture->table.host.place(placement, text));
    memset(text, 'x', sizeof text - 1); /* what was said is kept */
    assert_int_equal(placement->count, 4);
    assert_item(placement, 0, ATT_INJECT_HEADER, "X-Key", "Key {token}");
    assert_item(placement, 1, ATT_INJECT_BASIC, NULL, "{token}");
    assert_item(placement, 2, ATT_INJECT_QUERY, "key", "{token}");
    assert_item(placement, 3, ATT_INJECT_COOKIE, "sid", "{token}");
    assert_true(fixture->table.host.place(placement, "{ header = \"X-Other\"; } # the end"));
    assert_item(placement, 4, ATT_INJECT_HEADER, "X-Other", "{token}");
    assert_true(fixture->table.host.place_cookie(placement, "last", "{key}"));
    assert_item(placement, 5, ATT_INJECT_COOKIE, "last", "{key}");
    assert_false(placement->failed);
}

/* One thing that is wrong for each kind of finding; tests/unit/test-config-keys.c has all of them. */
static const struct {
    const char *text, *failure;
} unsound[] = {
    {NULL, "the placement is missing"},
    {"", "the text is no configuration here, or just before: look for a missing semicolon, quote or bracket"},
    {"{ header = \"A\"; ",
     "the text is no configuration here, or just before: look for a missing semicolon, quote or bracket"},
    {"1", "the placement must be a group, or a list of groups: { header = NAME; }"},
    {"()", "the placement is an empty list: write a group in it"},
    {"{ header = \"A\"; }; more = 1", "the placement must be a group, or a list of groups: { header = NAME; }"},
    {"{ heder = \"A\"; }", "key \"heder\" is not known in the placement: did you mean \"header\"?"},
    {"{ header = \"Host\"; }", "header \"Host\" in the placement belongs to the connection and cannot carry a "
                               "credential: name another"},
    {"{ header = \"A\"; format = \"b\"; }", "\"format\" in the placement must be text around a part of the credential "
                                            "in braces, such as \"Bearer {token}\""},
    {"( { header = \"A\"; }, { header = \"a\"; } )",
     "the placement places the credential twice in one place: remove one of the two"},
};

static void what_is_wrong_with_a_placement_is_told(void **state)
{
    struct fixture *fixture = *state;
    const struct att_host *host = &fixture->table.host;

    for (size_t i = 0; i < ATT_COUNT(unsound); i++) {
        att_placement_open(&fixture->placement);
        assert_false(host->place(&fixture->placement, unsound[i].text));
        assert_true(fixture->placement.failed);
        assert_string_equal(fixture->placement.failure, unsound[i].failure);
        assert_int_equal(fixture->placement.count, 0);
        assert_false(host->credential_place(&fixture->credential, unsound[i].text));
        assert_true(fixture->credential.failed);
        assert_string_equal(fixture->credential.failure, unsound[i].failure);
        att_credential_close(&fixture->credential);
    }
    assert_false(host->place(NULL, "{ kind = \"basic\"; }"));
    assert_false(host->credential_place(NULL, "{ kind = \"basic\"; }"));
}

static void a_placement_has_a_limit_on_its_text_and_on_its_number(void **state)
{
    struct fixture *fixture = *state;
    struct att_placement *placement = &fixture->placement;
    static const char signature[] = "{ kind = \"hmac\"; header = \"X-S\"; message = \"{body}";
    char text[8192], name[128];

    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(att_placement_parse(placement, text));
    assert_string_equal(placement->failure, "the placement is longer than 4096 bytes: say less");

    att_placement_open(placement);
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memset(text, 'f', 255);
    memcpy(text, "{token}", 7);
    text[255] = '\0';
    for (int i = 0; i < ATT_INJECTS; i++)
        assert_true(att_placement_add(placement, ATT_INJECT_QUERY, name, text));
    assert_false(att_placement_parse(placement, "{ query = \"q\"; }"));
    assert_string_equal(placement->failure, "the credential is placed more than 8 times");
    assert_int_equal(placement->count, ATT_INJECTS);

    /* Each is sound, and together they are too much. */
    att_placement_open(placement);
    memset(text, 'm', 1060);
    memcpy(text, signature, sizeof signature - 1);
    memcpy(text + 1060, "\"; }", 5);
    for (int i = 0; i < 3; i++)
        assert_true(att_placement_parse(placement, text));
    assert_false(att_placement_parse(placement, text));
    assert_string_equal(placement->failure, "the placement has more than 4096 bytes of text");
    assert_int_equal(placement->count, 3);
}

static void a_credential_keeps_its_placement_and_so_does_its_copy(void **state)
{
    struct fixture *fixture = *state;
    struct att_credential copy;

    assert_true(fixture->table.host.credential_material(&fixture->credential, "token", "t", 1));
    assert_null(fixture->credential.placement);
    assert_true(fixture->table.host.credential_place(&fixture->credential, "{ header = \"X-Key\"; }"));
    assert_true(
        fixture->table.host.credential_place(&fixture->credential, "{ cookie = \"sid\"; format = \"a{token}\"; }"));
    att_credential_open(&copy, fixture->environment.arena);
    assert_true(att_credential_copy(&copy, &fixture->credential));
    att_credential_close(&fixture->credential);
    assert_null(fixture->credential.placement);
    assert_int_equal(copy.placement->count, 2);
    assert_item(copy.placement, 0, ATT_INJECT_HEADER, "X-Key", "{token}");
    assert_item(copy.placement, 1, ATT_INJECT_COOKIE, "sid", "a{token}");
    att_credential_close(&copy);

    fixture->credential.sealed = true; /* the fetch has returned */
    assert_false(fixture->table.host.credential_place(&fixture->credential, "{ header = \"X-Key\"; }"));
    assert_null(fixture->credential.placement);
    assert_false(fixture->credential.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_host_offers_placing, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(a_placement_is_read_in_the_words_of_a_site, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_placement_is_told, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(a_placement_has_a_limit_on_its_text_and_on_its_number, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(a_credential_keeps_its_placement_and_so_does_its_copy, open_fixture,
                                        close_fixture),
    };

    return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
