/* tests/unit/test-mask.c: C1, an upstream echoes the credential: the application must not see it in any spelling. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base.h"
#include "core/request/mask.h"
#include "tests/unit/unit.h"

static const char secret[] = "s3cr\"t/+value&of=\\20 bytes";

struct world {
    struct att_arena *arena;
    struct att_mask *mask;
    struct att_buffer seen;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    world->arena = att_arena_create();
    world->mask = att_mask_create(world->arena);
    att_buffer_open(&world->seen, 1 << 20);
    *state = world;
    return att_mask_add(world->mask, secret, strlen(secret)) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    att_mask_destroy(world->mask);
    att_arena_destroy(world->arena);
    att_buffer_close(&world->seen);
    free(world);
    return 0;
}

static bool collect(void *context, const void *data, size_t size)
{
    struct world *world = context;

    att_buffer_add(&world->seen, data, size);
    return true;
}

static void feed_in_two_pieces(struct world *world, const char *text, size_t cut)
{
    size_t size = strlen(text);

    att_buffer_clear(&world->seen);
    att_mask_restart(world->mask);
    assert_true(att_mask_feed(world->mask, text, cut, collect, world));
    assert_true(att_mask_feed(world->mask, text + cut, size - cut, collect, world));
    assert_true(att_mask_finish(world->mask, collect, world));
    assert_int_equal(world->seen.size, size);
}

/* The text with one spelling of the secret must come out without it, wherever it is cut, and otherwise unchanged. */
static void check_spelling(struct world *world, const char *spelling)
{
    char text[512];
    size_t before = strlen("{\"echo\":\"");
    int size = snprintf(text, sizeof text, "{\"echo\":\"%s\",\"n\":1}", spelling);

    for (size_t cut = 0; cut <= (size_t)size; cut++) {
        feed_in_two_pieces(world, text, cut);
        assert_null(strstr(world->seen.data, spelling));
        assert_memory_equal(world->seen.data, text, before);
        assert_string_equal(world->seen.data + size - 8, "\",\"n\":1}");
    }
}

static void a_secret_is_masked_in_every_spelling_across_every_border(void **state)
{
    char encoded[256];

    check_spelling(*state, secret);
    check_spelling(*state, "s3cr%22t%2F%2Bvalue%26of%3D%5C20%20bytes");
    check_spelling(*state, "s3cr%22t%2f%2bvalue%26of%3d%5c20%20bytes");
    check_spelling(*state, "s3cr\\\"t/+value&of=\\\\20 bytes");
    check_spelling(*state, "s3cr\\\"t\\/+value&of=\\\\20 bytes");
    check_spelling(*state, "s3cr\\\"t/+value\\u0026of=\\\\20 bytes");
    check_spelling(*state, "s3cr\\u0022t/\\u002Bvalue\\u0026of=\\\\20 bytes");
    sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)secret, strlen(secret),
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    encoded[strlen(encoded) - 1] = '\0'; /* its last character depends on what follows */
    check_spelling(*state, encoded);
}

static void check_alone(struct world *world, const char *value, const char *spelling)
{
    struct att_mask *whole = world->mask;

    world->mask = att_mask_create(world->arena);
    assert_true(att_mask_add(world->mask, value, strlen(value)));
    check_spelling(world, spelling);
    att_mask_destroy(world->mask);
    world->mask = whole;
}

/* As URLSearchParams and Java, and as Python and Go write a form, and the same in small letters. */
static void a_secret_is_masked_as_forms_write_it(void **state)
{
    check_spelling(*state, "s3cr%22t%2F%2Bvalue%26of%3D%5C20+bytes");
    check_spelling(*state, "s3cr%22t%2f%2bvalue%26of%3d%5c20+bytes");
    check_alone(*state, "til~de *star* k\xc3\xa9y", "til%7Ede+*star*+k%C3%A9y");
    check_alone(*state, "til~de *star* k\xc3\xa9y", "til%7ede+*star*+k%c3%a9y");
    check_alone(*state, "til~de *star* k\xc3\xa9y", "til~de+%2Astar%2A+k%C3%A9y");
    check_alone(*state, "til~de *star* k\xc3\xa9y", "til~de+%2astar%2a+k%c3%a9y");
    check_alone(*state, "til~de *star* k\xc3\xa9y", "til~de%20%2Astar%2A%20k%C3%A9y");
}

/* As Go and JavaScript, Python, PHP, and .NET write JSON. */
static void a_secret_beyond_ascii_is_masked_as_json_writes_it(void **state)
{
    static const char value[] = "k\xc3\xa9y/\xe2\x82\xac\"\xf0\x9f\x98\x80\t\x1a<";

    check_alone(*state, value, "k\xc3\xa9y/\xe2\x82\xac\\\"\xf0\x9f\x98\x80\\t\\u001a<");
    check_alone(*state, value, "k\xc3\xa9y/\xe2\x82\xac\\\"\xf0\x9f\x98\x80\\t\\u001a\\u003c");
    check_alone(*state, value, "k\\u00e9y/\\u20ac\\\"\\ud83d\\ude00\\t\\u001a<");
    check_alone(*state, value, "k\\u00e9y\\/\\u20ac\\\"\\ud83d\\ude00\\t\\u001a<");
    check_alone(*state, value, "k\\u00E9y/\\u20AC\\u0022\\uD83D\\uDE00\\t\\u001A\\u003C");
    check_alone(*state, "bytes \xff\xfe of no text", "bytes+%FF%FE+of+no+text");
}

/* A body of JSON that is echoed as a text: with one escape more, as Python, PHP, Go and .NET write it; as a URL; and in
 * base64. */
static void what_a_body_of_json_holds_is_masked_when_it_is_escaped_again(void **state)
{
    static const char value[] = "pa\"ss\\w/\x1a k\xc3\xa9y<";
    static const char sent[] = "pa\\\"ss\\\\w/\\u001a k\xc3\xa9y<";
    char encoded[128];

    check_alone(*state, value, "pa\\\\\\\"ss\\\\\\\\w/\\\\u001a k\\u00e9y<");
    check_alone(*state, value, "pa\\\\\\\"ss\\\\\\\\w\\/\\\\u001a k\\u00e9y<");
    check_alone(*state, value, "pa\\\\\\\"ss\\\\\\\\w/\\\\u001a k\xc3\xa9y<");
    check_alone(*state, value, "pa\\\\\\\"ss\\\\\\\\w/\\\\u001a k\xc3\xa9y\\u003c");
    check_alone(*state, value, "pa\\\\\\u0022ss\\\\\\\\w/\\\\u001a k\\u00E9y\\u003C");
    check_alone(*state, value, "pa%5C%22ss%5C%5Cw%2F%5Cu001a%20k%C3%A9y%3C");
    sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)sent, strlen(sent),
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    encoded[strlen(encoded) - 1] = '\0'; /* its last character depends on what follows */
    check_alone(*state, value, encoded);
}

/* More than a request can have, each with all spellings. */
static void there_is_no_end_of_secrets(void **state)
{
    struct world *world = *state;
    char text[64];

    for (int i = 0; i < 64; i++) {
        snprintf(text, sizeof text, "\"secret~%03d\\ \xc3\xa9", i);
        assert_true(att_mask_add(world->mask, text, strlen(text)));
    }
    for (int i = 0; i < 64; i++) {
        snprintf(text, sizeof text, "\"secret~%03d\\ \xc3\xa9", i);
        att_mask_text(world->mask, text, strlen(text));
        assert_int_equal(strspn(text, "*"), strlen(text));
    }
}

static void a_secret_inside_base64_of_something_longer_is_masked(void **state)
{
    struct world *world = *state;

    for (size_t shift = 0; shift < 6; shift++) {
        char plain[128], encoded[256];
        size_t core = strlen(secret) * 8 / 6 - 2;
        int size = snprintf(plain, sizeof plain, "%.*s%s:more", (int)shift, "Bearer ", secret);
        sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)plain, (size_t)size,
                          shift % 2 ? sodium_base64_VARIANT_URLSAFE : sodium_base64_VARIANT_ORIGINAL);
        feed_in_two_pieces(world, encoded, strlen(encoded) / 2);
        assert_true(strspn(strchr(world->seen.data, '*'), "*") >= core);
    }
}

/* What base64_inside gives must be what a real encoder gives, for every length and alignment. */
static void secrets_of_every_length_are_found_at_every_alignment(void **state)
{
    struct world *world = *state;
    char plain[128], encoded[256];

    for (size_t size = ATT_MASK_LEAST; size < 40; size++)
        for (size_t shift = 0; shift < 3; shift++) {
            struct att_mask *mask = att_mask_create(world->arena);
            char own[40];
            for (size_t i = 0; i < size; i++)
                own[i] = (char)('!' + (i * 37 + size) % 90);
            assert_true(att_mask_add(mask, own, size));
            memcpy(plain, "xy", shift);
            memcpy(plain + shift, own, size);
            memcpy(plain + shift + size, "zzz", 3);
            sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)plain, shift + size + 3,
                              sodium_base64_VARIANT_ORIGINAL);
            att_mask_text(mask, encoded, strlen(encoded));
            for (size_t at = (shift * 8 + 5) / 6; at < (shift + size) * 8 / 6; at++)
                assert_int_equal(encoded[at], '*');
            att_mask_destroy(mask);
        }
}

static void text_without_a_secret_passes_untouched_and_at_once(void **state)
{
    struct world *world = *state;
    static const char text[] = "data: nothing here\n\n";

    assert_true(att_mask_feed(world->mask, text, strlen(text), collect, world));
    assert_string_equal(world->seen.data, text);
    assert_true(att_mask_finish(world->mask, collect, world));
    assert_string_equal(world->seen.data, text);
}

static void what_only_began_like_a_secret_is_given_in_the_end(void **state)
{
    struct world *world = *state;

    assert_true(att_mask_feed(world->mask, "x s3cr\"t/", 9, collect, world));
    assert_string_equal(world->seen.data, "x ");
    assert_true(att_mask_finish(world->mask, collect, world));
    assert_string_equal(world->seen.data, "x s3cr\"t/");
}

static void repeated_and_adjacent_secrets_are_all_masked(void **state)
{
    char text[256];

    snprintf(text, sizeof text, "%s%s s3cr%s", secret, secret, secret);
    att_mask_text(((struct world *)*state)->mask, text, strlen(text));
    assert_null(strstr(text, "value"));
    assert_string_equal(text + 2 * strlen(secret), " s3cr**************************");
}

static void short_secrets_are_left_alone(void **state)
{
    struct world *world = *state;
    char text[] = "abcdefg";

    assert_true(att_mask_add(world->mask, "abcdefg", 7));
    att_mask_text(world->mask, text, 7);
    assert_string_equal(text, "abcdefg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_secret_is_masked_in_every_spelling_across_every_border, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_secret_is_masked_as_forms_write_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_secret_beyond_ascii_is_masked_as_json_writes_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_body_of_json_holds_is_masked_when_it_is_escaped_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(there_is_no_end_of_secrets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_secret_inside_base64_of_something_longer_is_masked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_of_every_length_are_found_at_every_alignment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_without_a_secret_passes_untouched_and_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_only_began_like_a_secret_is_given_in_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeated_and_adjacent_secrets_are_all_masked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(short_secrets_are_left_alone, set_up, tear_down),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
