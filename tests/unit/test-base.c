/* tests/unit/test-base.c: unit tests of core/base and core/error. */
#include <stdlib.h>
#include <string.h>

#include "core/base/base.h"
#include "core/error/error.h"
#include "tests/unit/unit.h"

static void buffer_grows_to_its_limit_and_then_fails_for_good(void **state)
{
    struct att_buffer buffer;

    (void)state;
    att_buffer_open(&buffer, 1000);
    for (int i = 0; i < 100; i++)
        att_buffer_text(&buffer, "0123456789");
    assert_true(att_buffer_ok(&buffer));
    assert_int_equal(strlen(buffer.data), 1000);
    att_buffer_char(&buffer, 'x');
    assert_false(att_buffer_ok(&buffer));
    att_buffer_text(&buffer, "");
    assert_false(att_buffer_ok(&buffer));
    att_buffer_clear(&buffer);
    assert_true(att_buffer_ok(&buffer));
    assert_string_equal(buffer.data, "");
    att_buffer_close(&buffer);
}

static void buffer_writes_numbers_hex_and_formats(void **state)
{
    struct att_buffer buffer;

    (void)state;
    att_buffer_open(&buffer, 1000);
    att_buffer_number(&buffer, 0);
    att_buffer_char(&buffer, ' ');
    att_buffer_number(&buffer, INT64_MIN);
    att_buffer_char(&buffer, ' ');
    att_buffer_hex(&buffer, "\x00\xff\x7a", 3);
    att_buffer_format(&buffer, " %s %d", "x", 7);
    assert_string_equal(buffer.data, "0 -9223372036854775808 00ff7a x 7");
    att_buffer_close(&buffer);
}

static void json_is_valid_whatever_the_bytes(void **state)
{
    struct att_buffer buffer;

    (void)state;
    att_buffer_open(&buffer, 1000);
    att_buffer_char(&buffer, '{');
    att_json_member(&buffer, "a", "q\"b\\n\n\x01\x7f\xc3\xa9\xff\xc0\x80\xed\xa0\x80");
    att_json_member(&buffer, "b", NULL);
    att_json_member_number(&buffer, "c", -5);
    att_buffer_char(&buffer, '}');
    assert_string_equal(buffer.data, "{\"a\":\"q\\\"b\\\\n\\n\\u0001\\u007f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"c\":-5}");
    att_buffer_close(&buffer);
}

static void pool_gives_aligned_zeroed_blocks_of_any_size(void **state)
{
    struct att_pool *pool = att_pool_create();

    (void)state;
    for (size_t size = 1; size < 20000; size = size * 3 / 2 + 1) {
        unsigned char *block = att_pool_take(pool, size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xff, size);
    }
    assert_string_equal(att_pool_format(pool, "%d-%s", 5, "x"), "5-x");
    assert_null(att_pool_text(pool, NULL));
    assert_null(att_pool_take(pool, SIZE_MAX));
    att_pool_destroy(pool);
}

static void times_are_written_and_read_back(void **state)
{
    static const struct {
        int64_t micros;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {951827696789012, "2000-02-29T12:34:56.789012Z"},
        {4107542400000000, "2100-03-01T00:00:00.000000Z"},
    };
    char text[ATT_TIME_TEXT_SIZE];
    int64_t micros;

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        att_time_text(cases[i].micros, text);
        assert_string_equal(text, cases[i].text);
        assert_true(att_time_parse(text, &micros));
        assert_int_equal(micros, cases[i].micros);
    }
    assert_true(att_time_parse("2000-02-29T14:34:56+02:00", &micros));
    assert_int_equal(micros, 951827696000000);
    assert_false(att_time_parse("2000-02-29", &micros));
    assert_false(att_time_parse("2000-13-29T14:34:56Z", &micros));
    assert_false(att_time_parse("2000-02-29T14:34:56", &micros));
    assert_false(att_time_parse("2000-02-29T14:34:56Zx", &micros));
}

/* The specification of a glob, written as it reads; slow, and so only here. */
static bool glob_by_definition(const char *pattern, const char *text)
{
    if (pattern[0] == '*' && pattern[1] == '*') {
        while (*pattern == '*')
            pattern++;
        for (;; text++) {
            if (glob_by_definition(pattern, text))
                return true;
            if (!*text)
                return false;
        }
    }
    if (*pattern == '*') {
        for (;; text++) {
            if (glob_by_definition(pattern + 1, text))
                return true;
            if (!*text || *text == '/')
                return false;
        }
    }
    if (!*text)
        return !*pattern;
    return (*pattern == *text || (*pattern == '?' && *text != '/')) && glob_by_definition(pattern + 1, text + 1);
}

static void every_short_glob_matches_what_its_definition_matches(void **state)
{
    static const char pattern_letters[] = "a/*?";
    static const char text_letters[] = "ab/";

    (void)state;
    for (unsigned p = 0; p < 4096; p++) {
        char pattern[7] = "", *at = pattern;
        for (unsigned rest = p; rest; rest /= 4)
            *at++ = pattern_letters[rest % 4];
        *at = '\0';
        for (unsigned t = 0; t < 729; t++) {
            char text[7] = "", *end = text;
            for (unsigned rest = t; rest; rest /= 3)
                *end++ = text_letters[rest % 3];
            *end = '\0';
            if (att_glob_match(pattern, text) != glob_by_definition(pattern, text))
                fail_msg("glob %s on %s", pattern, text);
        }
    }
}

static void tokens_and_field_values_follow_rfc_9110(void **state)
{
    (void)state;
    assert_true(att_text_is_token("X-Api-Key"));
    assert_false(att_text_is_token(""));
    assert_false(att_text_is_token("a b"));
    assert_false(att_text_is_token("a:"));
    assert_true(att_text_is_field_value("a b\t\xc3\xa9", 6));
    assert_false(att_text_is_field_value("a\r\nb", 4));
    assert_false(att_text_is_field_value("a\0b", 3));
    for (int c = 1; c < 256; c++) {
        char one[] = {(char)c, '\0'}, nine[] = "12345678\x01";
        bool token = c < 128 && (strchr("!#$%&'*+-.^_`|~", c) || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                 (c >= 'A' && c <= 'Z'));
        assert_int_equal(att_text_is_token(one), token);
        for (size_t at = 0; at < 9; at++) {
            char text[] = "123456789";
            text[at] = (char)c;
            assert_int_equal(att_text_is_field_value(text, 9), c == '\t' || (c >= 0x20 && c != 0x7f));
        }
        assert_false(att_text_is_field_value(nine, 9));
    }
    assert_true(att_text_equal_nocase("Content-Type", "content-TYPE"));
    assert_false(att_text_equal_nocase("a", "ab"));
}

static void errors_carry_texts_and_are_cleared(void **state)
{
    att_error error = ATT_ERROR_INIT;
    static const char *const names[] = {"one", "two", NULL};

    (void)state;
    assert_int_equal(att_fail(&error, ATT_DENIED, "no: %s", "because"), ATT_DENIED);
    ATT_ERROR_TEXT(&error, rule, "r1");
    if (ATT_ERROR_KNOWS(&error, candidates))
        error.candidates = att_error_keep_list(&error, names);
    assert_string_equal(error.message, "no: because");
    assert_string_equal(error.rule, "r1");
    assert_string_equal(error.candidates[1], "two");
    assert_null(error.candidates[2]);
    att_fail(&error, ATT_INVALID, "again");
    assert_null(error.rule);
    att_error_clear(&error);
    assert_string_equal(error.message, "");
    assert_int_equal(att_fail(NULL, ATT_STATE, "x"), ATT_STATE);
}

static void an_error_of_an_older_program_is_not_written_past_its_size(void **state)
{
    struct {
        att_error error;
    } box;
    const size_t known = offsetof(att_error, file);

    (void)state;
    memset(&box, 0x5a, sizeof box);
    box.error = (att_error)ATT_ERROR_INIT;
    memset((char *)&box.error + known, 0x5a, sizeof box.error - known);
    box.error.size = known;
    att_fail(&box.error, ATT_CONFIG, "wrong");
    ATT_ERROR_TEXT(&box.error, file, "a.conf");
    for (size_t i = known; i < sizeof box.error; i++)
        assert_int_equal(((unsigned char *)&box.error)[i], 0x5a);
    assert_int_equal(box.error.status, ATT_CONFIG);
    att_error_clear(&box.error);
}

static void every_status_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int status = ATT_OK; status <= ATT_INTERNAL; status++) {
        assert_non_null(att_status_name((att_status)status));
        for (int other = ATT_OK; other < status; other++)
            assert_string_not_equal(att_strerror((att_status)status), att_strerror((att_status)other));
        if (status != ATT_OK) /* what happened; what to do */
            assert_non_null(strstr(att_strerror((att_status)status), "; "));
    }
    assert_string_equal(att_status_name((att_status)999), "ATT_INTERNAL");
}

static void what_is_encoded_in_base64_is_decoded_in_either_alphabet(void **state)
{
    char bytes[256], text[400], back[400];
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 167 + 90);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        size_t encoded = att_base64_size(length);
        att_base64_encode(text, bytes, length);
        assert_true(att_base64_decode(back, text, encoded, &size));
        assert_int_equal(size, length);
        assert_memory_equal(back, bytes, length);
        while (encoded && text[encoded - 1] == '=')
            encoded--;
        for (size_t i = 0; i < encoded; i++)
            text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
        assert_true(att_base64_decode(back, text, encoded, &size));
        assert_int_equal(size, length);
        assert_memory_equal(back, bytes, length);
    }
    assert_false(att_base64_decode(back, "YWJj!A==", 8, &size));
    assert_false(att_base64_decode(back, "YWJjY", 5, &size));
    assert_false(att_base64_decode(back, "YW=j", 4, &size));
    assert_false(att_base64_decode(back, "YWJj=====", 9, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_grows_to_its_limit_and_then_fails_for_good),
        cmocka_unit_test(buffer_writes_numbers_hex_and_formats),
        cmocka_unit_test(json_is_valid_whatever_the_bytes),
        cmocka_unit_test(pool_gives_aligned_zeroed_blocks_of_any_size),
        cmocka_unit_test(times_are_written_and_read_back),
        cmocka_unit_test(what_is_encoded_in_base64_is_decoded_in_either_alphabet),
        cmocka_unit_test(every_short_glob_matches_what_its_definition_matches),
        cmocka_unit_test(tokens_and_field_values_follow_rfc_9110),
        cmocka_unit_test(errors_carry_texts_and_are_cleared),
        cmocka_unit_test(an_error_of_an_older_program_is_not_written_past_its_size),
        cmocka_unit_test(every_status_has_a_name_and_a_sentence),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
