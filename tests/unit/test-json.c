/* tests/unit/test-json.c: the strict reader of JSON answers that hold secrets. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers/json/json.h"
#include "tests/unit/secret-host.h"
#include "tests/unit/unit.h"

static struct json_value opened(const char *text)
{
    struct json_value value;
    struct json_fault fault;

    if (!json_open(text, strlen(text), &value, &fault))
        fail_msg("%s at %zu: %s", fault.what, fault.at, text);
    return value;
}

/* The same text in memory of exactly its size, so that the sanitizer sees a step too far. */
static bool opens_exactly(const char *text, size_t size, struct json_fault *fault)
{
    struct json_value value;
    char *exact = malloc(size ? size : 1);
    bool good;

    memcpy(exact, text, size);
    good = json_open(exact, size, &value, fault);
    free(exact);
    return good;
}

static const struct {
    const char *text, *what;
    size_t at;
} refused[] = {
    {"", "it ends where a value should be", 0},
    {"  ", "it ends where a value should be", 2},
    {"{", "a member has no name", 1},
    {"{\"a\"", "a colon is missing", 4},
    {"{\"a\":", "it ends where a value should be", 5},
    {"{\"a\":1", "a comma or the end of an object is missing", 6},
    {"{\"a\":1,}", "a member has no name", 7},
    {"{a:1}", "a member has no name", 1},
    {"{\"a\" 1}", "a colon is missing", 5},
    {"{\"a\":1 \"b\":2}", "a comma or the end of an object is missing", 7},
    {"[1,]", "something stands there that is no value", 3},
    {"[1 2]", "a comma or the end of a list is missing", 3},
    {"[", "it ends where a value should be", 1},
    {"[1", "a comma or the end of a list is missing", 2},
    {"1 2", "something stands behind the value", 2},
    {"{} x", "something stands behind the value", 3},
    {"\"abc", "a text does not end", 4},
    {"\"a\nb\"", "a text holds a control character that is not escaped", 2},
    {"\"\\x\"", "a text holds an escape that JSON does not have", 2},
    {"\"\\", "a text holds an escape that JSON does not have", 2},
    {"\"\\u12\"", "\\u is not followed by four hexadecimal digits", 3},
    {"\"\\u12g4\"", "\\u is not followed by four hexadecimal digits", 3},
    {"\"\\u0000\"", "a text holds a NUL", 3},
    {"\"\\ud800\"", "a text holds half a character (a lone surrogate)", 7},
    {"\"\\ud800\\u0041\"", "a text holds half a character (a lone surrogate)", 7},
    {"\"\\udc00\"", "a text holds half a character (a lone surrogate)", 7},
    {"\"\x80\"", "a text is not UTF-8", 1},
    {"\"\xc0\x80\"", "a text is not UTF-8", 1},
    {"\"\xed\xa0\x80\"", "a text is not UTF-8", 1},
    {"\"\xf4\x90\x80\x80\"", "a text is not UTF-8", 1},
    {"\"\xe2\x82\"", "a text is not UTF-8", 1},
    {"\xef\xbb\xbf{}", "something stands there that is no value", 0},
    {"01", "something stands behind the value", 1},
    {"-", "a number lacks a digit", 1},
    {"1.", "a number lacks a digit", 2},
    {"1e", "a number lacks a digit", 2},
    {".5", "something stands there that is no value", 0},
    {"+1", "something stands there that is no value", 0},
    {"NaN", "something stands there that is no value", 0},
    {"tru", "something stands there that is no value", 0},
    {"truex", "something stands behind the value", 4},
    {"'a'", "something stands there that is no value", 0},
    {"{\"a\":1,\"a\":2}", "a name stands twice in one object", 7},
    {"{\"token\":1,\"\\u0074oken\":2}", "a name stands twice in one object", 11},
    {"{\"\xc3\xa9\":1,\"\\u00e9\":2}", "a name stands twice in one object", 8},
    {"[{\"b\":{\"a\":1,\"a\":2}}]", "a name stands twice in one object", 13},
    {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "it is nested deeper than 16 levels", 16},
    {"// no\n{}", "something stands there that is no value", 0},
};

static void what_is_no_json_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct json_fault fault = {NULL, 0};

        assert_false(opens_exactly(refused[i].text, strlen(refused[i].text), &fault));
        if (strcmp(fault.what, refused[i].what) != 0 || fault.at != refused[i].at)
            fail_msg("%s: %s at %zu", refused[i].text, fault.what, fault.at);
    }
}

static const char *const accepted[] = {
    "0",
    "-0.5e+10",
    " [ ] ",
    "{}",
    "\t{\r\n}\n",
    "\"\"",
    "null",
    "{\"a\":{\"a\":[1,2,{\"a\":true}]},\"A\":false}",
    "{\"\":1,\" \":2}",
    "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
    "\"\\ud83d\\ude00 \xf0\x9f\x98\x80 \\/ \\\\\\\"\"",
    "\"\x7f\"",
};

static void what_is_json_is_taken_and_every_cut_of_it_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        struct json_fault fault;

        opened(accepted[i]);
        for (size_t size = 0; size < strlen(accepted[i]); size++)
            opens_exactly(accepted[i], size, &fault);
    }
}

/* A library of another house decides the same about these. */
static void jansson_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        json_t *tree = json_loads(accepted[i], JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(tree);
        json_decref(tree);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        json_t *tree = json_loads(refused[i].text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        if ((tree != NULL) != (strstr(refused[i].what, "nested deeper") != NULL))
            fail_msg("%s", refused[i].text);
        json_decref(tree);
    }
}

static void limits_hold_on_members_and_names(void **state)
{
    struct json_fault fault;
    char text[8192];
    size_t used;

    (void)state;
    for (int members = 256; members <= 257; members++) {
        used = (size_t)snprintf(text, sizeof text, "{");
        for (int i = 0; i < members; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s\"m%d\":%d", i ? "," : "", i, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "}");
        assert_int_equal(opens_exactly(text, used, &fault), members == 256);
    }
    assert_string_equal(fault.what, "an object has more than 256 members");
    for (int size = 256; size <= 257; size++) {
        used = (size_t)snprintf(text, sizeof text, "{\"%0*d\":1}", size, 0);
        assert_int_equal(opens_exactly(text, used, &fault), size == 256);
    }
    assert_string_equal(fault.what, "a name is longer than 256 bytes");
}

static void members_are_found_by_what_their_names_mean(void **state)
{
    struct json_value object =
        opened(" { \"a\\u002fb\" : 1 , \"list\":[ 10, {\"x\":[]} ,\"s\" ] , \"o\":{\"in\":\"}\\\"]\"} } ");
    struct json_value item, name;
    struct json_walk walk;
    int64_t number = 0;

    (void)state;
    assert_int_equal(json_kind_of(object), JSON_IS_OBJECT);
    assert_true(json_whole_number(json_member(object, "a/b"), &number));
    assert_int_equal(number, 1);
    assert_true(json_text_is(json_member(json_member(object, "o"), "in"), "}\"]"));
    assert_int_equal(json_kind_of(json_member(object, "in")), JSON_IS_ABSENT);
    assert_int_equal(json_kind_of(json_member(json_member(object, "no"), "in")), JSON_IS_ABSENT);
    assert_int_equal(json_kind_of(json_member(json_member(object, "list"), "x")), JSON_IS_ABSENT);
    walk = json_walk_of(json_member(object, "list"));
    assert_true(json_step(&walk, &name, &item));
    assert_int_equal(json_kind_of(name), JSON_IS_ABSENT);
    assert_true(json_whole_number(item, &number));
    assert_int_equal(number, 10);
    assert_true(json_step(&walk, NULL, &item));
    assert_int_equal(json_kind_of(json_member(item, "x")), JSON_IS_LIST);
    assert_true(json_step(&walk, NULL, &item));
    assert_true(json_text_is(item, "s"));
    assert_false(json_step(&walk, NULL, &item));
    walk = json_walk_of(json_member(object, "a/b"));
    assert_false(json_step(&walk, NULL, &item));
}

static void texts_are_unescaped_into_secrets_and_rooms(void **state)
{
    static const char meant[] = "a\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 end";
    struct json_value value = opened("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\uDE00 end\"");
    struct secret_host host;
    struct att_secret *secret;
    char room[64], small[4];

    (void)state;
    secret_host_open(&host);
    assert_true(json_text_copy(value, room, sizeof room));
    assert_string_equal(room, meant);
    assert_true(json_text_is(value, meant));
    assert_false(json_text_is(value, "a\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 en"));
    assert_false(json_text_is(value, "a"));
    assert_false(json_text_copy(value, small, sizeof small));
    assert_true(json_text_copy(opened("\"abc\""), small, sizeof small));
    assert_false(json_text_copy(opened("\"abcd\""), small, sizeof small));
    assert_false(json_text_copy(opened("12"), small, sizeof small));
    secret = json_text_secret(&host.table, value);
    assert_string_equal(att_secret_bytes(secret), meant);
    att_secret_destroy(secret);
    assert_null(json_text_secret(&host.table, opened("12")));
    secret = att_secret_create(host.arena, 3);
    assert_false(json_text_append(&host.table, opened("\"abcd\""), secret));
    att_secret_destroy(secret);
    assert_true(secret_host_close(&host));
}

static void integers_are_plain_and_bounded(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t number;
    } cases[] = {{"0", true, 0},
                 {"-5", true, -5},
                 {"9223372036854775807", true, INT64_MAX},
                 {"-9223372036854775808", true, INT64_MIN},
                 {"9223372036854775808", false, 0},
                 {"1e3", false, 0},
                 {"1.0", false, 0},
                 {"1e300", false, 0},
                 {"\"1\"", false, 0},
                 {"true", false, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t number = 0;
        assert_int_equal(json_whole_number(opened(cases[i].text), &number), cases[i].good);
        assert_true(number == cases[i].number);
    }
}

static void what_is_written_can_be_read(void **state)
{
    struct secret_host host;
    struct att_secret *secret;
    struct json_value value;
    struct json_fault fault;

    (void)state;
    secret_host_open(&host);
    secret = att_secret_create(host.arena, 200);
    assert_true(json_write_text(&host.table, secret, "a\"\\\n\x01\x7f\xc3\xa9\xff\xe2\x82"));
    assert_string_equal(att_secret_bytes(secret),
                        "\"a\\\"\\\\\\u000a\\u0001\\u007f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    assert_true(json_open(att_secret_bytes(secret), att_secret_size(secret), &value, &fault));
    att_secret_destroy(secret);
    secret = att_secret_create(host.arena, 4);
    assert_false(json_write_text(&host.table, secret, "abc"));
    att_secret_destroy(secret);
    assert_true(secret_host_close(&host));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(what_is_json_is_taken_and_every_cut_of_it_survived),
        cmocka_unit_test(jansson_agrees),
        cmocka_unit_test(limits_hold_on_members_and_names),
        cmocka_unit_test(members_are_found_by_what_their_names_mean),
        cmocka_unit_test(texts_are_unescaped_into_secrets_and_rooms),
        cmocka_unit_test(integers_are_plain_and_bounded),
        cmocka_unit_test(what_is_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
