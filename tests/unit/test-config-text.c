/* tests/unit/test-config-text.c: unit tests of the text of a configuration: the guard, the parser, values with their
 * lines, units, findings. */
#include <locale.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error/error.h"
#include "tests/unit/config.h"

static const struct config_case guard_cases[] = {
    /* Clean, however it looks. */
    {"# @include \"x\"\n// @include \"x\"\n/* @include \"x\"\n */ schema = 1; x_a = \"@include \\\"y\\\" "
     "99999999999\";",
     QUIET},
    {"schema = 1; x_a = 2147483647; x_b = -2147483648; x_c = 2147483648L; x_d = 0x7fffffff; x_e = 0xffffffffL; x_f = 0;"
     "x_g = 1.5e3; x_h = -9223372036854775808L; x_i = 5.; x_j = +7;",
     QUIET},
    {"schema = 1; x_a = \"tab \\t and \\x41\\\\ \\\"q\\\"\" \"joined\"\n  \"on\"; x_b = [ \"a\", \"b\" ]; x_c = ( "
     "\"a\", { d = 1 } )",
     QUIET},
    {"schema : 1, x_a = TRUE # no line end", QUIET},
    {"schema = 1;\r\nx_a = \"crlf files are fine\";\r\n", QUIET},
    /* @include */
    {"schema = 1;\n@include \"other.conf\"\n", "2: @include is refused: an included file would escape the checks of "
                                               "its owner and mode; put its text into a file of its own in conf.d\n"},
    {"schema = 1; x_a = /* c */ @include \"other.conf\"\n",
     "1: @include is refused: an included file would escape the checks of its owner and mode; put its text into a file "
     "of its own in conf.d\n"},
    {"schema = 1;\n  \t@include\t\"/etc/shadow\"\n@include \"b\"",
     "2: @include is refused: an included file would escape the checks of its owner and mode; put its text into a file "
     "of its own in conf.d\n"
     "3: @include is refused: an included file would escape the checks of its owner and mode; put its text into a file "
     "of its own in conf.d\n"},
    /* Numbers */
    {"\n\nx_a = 2147483648;", "3: the number does not fit 32 bits: write an L behind it for a number of 64 bits\n"},
    {"x_a = -2147483649;", "1: the number does not fit 32 bits: write an L behind it for a number of 64 bits\n"},
    {"x_a = 4294967297;", "1: the number does not fit 32 bits: write an L behind it for a number of 64 bits\n"},
    {"x_a = 0x80000000;", "1: the number does not fit 32 bits: write an L behind it for a number of 64 bits\n"},
    {"x_a = 9223372036854775808L;", "1: the number does not fit 64 bits: write a smaller one\n"},
    {"x_a = 0xffffffffffffffffL;", "1: the number does not fit 64 bits: write a smaller one\n"},
    {"x_a = 99999999999999999999999;", "1: the number does not fit 64 bits: write a smaller one\n"},
    {"x_a = 0640;", "1: the number begins with a zero, which is read as octal or not depending on the version of "
                    "libconfig: leave the zero out, or write it as a text in quotes\n"},
    {"x_a = 99999999999b = 1;", "1: what begins like a number here is none: write it in quotes if it is a text\n"},
    {"x_a = 30s;", "1: what begins like a number here is none: write it in quotes if it is a text\n"},
    {"x_a = 1.2.3;", "1: what begins like a number here is none: write it in quotes if it is a text\n"},
    {"x_a = -;", "1: what begins like a number here is none: write it in quotes if it is a text\n"},
    {"x_a = .;", "1: what begins like a number here is none: write it in quotes if it is a text\n"},
    {"x_a = 0b11;", "1: what begins like a number here is none: write it in quotes if it is a text\n"},
    {"x_a = 1e;", "1: what begins like a number here is none: write it in quotes if it is a text\n"},
    /* Control characters */
    {"x_a = 1;\nx_b = \"a\\x00b\";\nx_c = \"\\x0a\\x0D\\x1f\\x7f\";",
     "2: the text has a control character in it (\\x00): texts hold visible characters only, take it out\n"
     "3: the text has a control character in it (\\x0a): texts hold visible characters only, take it out\n"
     "3: the text has a control character in it (\\x0d): texts hold visible characters only, take it out\n"
     "3: the text has a control character in it (\\x1f): texts hold visible characters only, take it out\n"
     "3: the text has a control character in it (\\x7f): texts hold visible characters only, take it out\n"},
    {"x_a = \"a\\nb\\rc\\fd\\ve\\af\\bg\";",
     "1: the text has a control character in it (\\n): texts hold visible characters only, take it out\n"
     "1: the text has a control character in it (\\r): texts hold visible characters only, take it out\n"
     "1: the text has a control character in it (\\f): texts hold visible characters only, take it out\n"
     "1: the text has a control character in it (\\v): texts hold visible characters only, take it out\n"
     "1: the text has a control character in it (\\a): texts hold visible characters only, take it out\n"
     "1: the text has a control character in it (\\b): texts hold visible characters only, take it out\n"},
    {"x_a = \"a\\d \\\";",
     "1: the text has a backslash that begins no escape: write \\\\ for a backslash\n"
     "1: the text that begins here has no closing quote on its line: close it; texts hold no line breaks\n"},
    {"x_a = \"C:\\q\";", "1: the text has a backslash that begins no escape: write \\\\ for a backslash\n"},
    {"x_a = \"a\x01\x7f\x1b[0m\";",
     "1: the text has a control character in it (byte 01): texts hold visible characters only, take it out\n"
     "1: the text has a control character in it (byte 7f): texts hold visible characters only, take it out\n"
     "1: the text has a control character in it (byte 1b): texts hold visible characters only, take it out\n"},
    {"x_a = \"a\rb\";",
     "1: the text has a control character in it (byte 0d): texts hold visible characters only, take it out\n"},
    {"x_a = \"a\nb\";",
     "1: the text that begins here has no closing quote on its line: close it; texts hold no line breaks\n"},
    {"x_a = \"\\x4\";", "1: the text has a backslash that begins no escape: write \\\\ for a backslash\n"},
    {"x_a = [ \"fine\",\n\"\\xff\" ];", "2: the text is not valid UTF-8: save the file as UTF-8\n"},
    {"x_a = \"\xc3\x28\";", "1: the text is not valid UTF-8: save the file as UTF-8\n"},
    /* No end */
    {"schema = 1;\nx_a = \"abc;\nx_b = 1;",
     "2: the text that begins here has no closing quote on its line: close it; texts hold no line breaks\n"},
    {"schema = 1;\n/* never closed\n\n", "2: the comment that begins here has no end: close it with */\n"},
    {"schema = 1;\nx_a = \"abc\\",
     "2: the text has a backslash that begins no escape: write \\\\ for a backslash\n"
     "2: the text that begins here has no closing quote on its line: close it; texts hold no line breaks\n"},
    {"schema = 1;\nx_a = {\nx_b = (",
     "4: the text is no configuration here, or just before: look for a missing semicolon, quote or bracket\n"},
    {"schema = 1", QUIET},
    {"schema =",
     "2: the text is no configuration here, or just before: look for a missing semicolon, quote or bracket\n"},
    /* Texts where none may stand: libconfig would leak them. */
    {"\"text\" = 1;",
     "1: a text stands where a key is expected: write KEY = \"...\"; (is a semicolon or a comma missing before it?)\n"},
    {"x_a = 1, \"text\";",
     "1: a text stands where a key is expected: write KEY = \"...\"; (is a semicolon or a comma missing before it?)\n"},
    {"x_a = { \"text\" };",
     "1: a text stands where a key is expected: write KEY = \"...\"; (is a semicolon or a comma missing before it?)\n"},
    {"x_a \"text\";",
     "1: a text stands where a key is expected: write KEY = \"...\"; (is a semicolon or a comma missing before it?)\n"},
    {"x_a = true \"text\";",
     "1: a text stands where a key is expected: write KEY = \"...\"; (is a semicolon or a comma missing before it?)\n"},
    {"x_a = ( 1 \"text\" );",
     "1: a text stands where a key is expected: write KEY = \"...\"; (is a semicolon or a comma missing before it?)\n"},
    {"x_a = (\"a\", \"b\") \"c\";",
     "1: a text stands where a key is expected: write KEY = \"...\"; (is a semicolon or a comma missing before it?)\n"},
    /* What libconfig finds. */
    {"schema = 1;\nx_a = 1;\nx_b = 2;\nx_a = 3;\n", "4: the same key stands twice in one group: keep one of the two\n"},
    {"x_a = [ 1,\n \"b\" ];",
     "2: an array in [ ] holds values of one type only: write them alike, or use a list in ( )\n"},
    {"schema = 1;\nsettings = { timeout = \"1s\" timeout = \"2s\"; };",
     "2: the same key stands twice in one group: keep one of the two\n"},
    {"schema = 1;\n}\n",
     "2: the text is no configuration here, or just before: look for a missing semicolon, quote or bracket\n"},
    {"schema = 1;\nx_a = @;\n",
     "2: the text is no configuration here, or just before: look for a missing semicolon, quote or bracket\n"},
    {"\xef\xbb\xbfschema = 1;", "1: the file begins with a byte order mark: save it as UTF-8 without one\n"},
};

static void text_that_would_be_misread_is_refused_with_its_line(void **state)
{
    (void)state;
    check_cases(guard_cases, ATT_COUNT(guard_cases));
}

static void brackets_may_be_nested_32_deep_and_no_deeper(void **state)
{
    struct att_pool *pool = att_pool_create();
    struct att_findings findings;
    struct att_buffer text;

    (void)state;
    for (int depth = 31; depth <= 33; depth++) {
        att_findings_open(&findings, pool);
        att_buffer_open(&text, 1000);
        att_buffer_text(&text, "x_a =\n");
        for (int i = 0; i < depth; i++)
            att_buffer_char(&text, '(');
        for (int i = 0; i < depth; i++)
            att_buffer_char(&text, ')');
        assert_int_equal(att_config_parse(pool, "site.conf", text.data, &findings) != NULL, depth <= 32);
        if (depth > 32) {
            assert_int_equal(findings.count, 1);
            assert_int_equal(findings.list[0].place.line, 2);
            assert_string_equal(findings.list[0].text, "brackets are nested more than 32 deep: no configuration needs "
                                                       "that, take some out");
        }
        att_buffer_close(&text);
    }
    att_pool_destroy(pool);
}

static void every_value_has_its_type_and_its_line(void **state)
{
    static const char text[] =
        "a = 1;\nb = \"x\" \"y\"\n  \"z\";\nc = [\n  \"one\",\n  \"two\"\n];\n"
        "d = (\n  { e = true; },\n  5L,\n  1.5,\n  (\n \"in\" )\n);\nempty = \"\";\nhex = 0x10;\n";
    struct att_pool *pool = att_pool_create();
    struct att_findings findings;
    const struct att_value *root, *list;

    (void)state;
    att_findings_open(&findings, pool);
    root = att_config_parse(pool, "site.conf", text, &findings);
    assert_non_null(root);
    assert_int_equal(root->type, ATT_VALUE_GROUP);
    assert_string_equal(root->place.file, "site.conf");
    assert_int_equal(att_value_member(root, "a")->integer, 1);
    assert_int_equal(att_value_member(root, "a")->place.line, 1);
    assert_string_equal(att_value_member(root, "b")->text, "xyz");
    assert_int_equal(att_value_member(root, "b")->place.line, 2);
    list = att_value_member(root, "c");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->items[0]->place.line, 5);
    assert_int_equal(list->items[1]->place.line, 6);
    assert_string_equal(list->items[1]->text, "two");
    list = att_value_member(root, "d");
    assert_int_equal(att_value_member(list->items[0], "e")->type, ATT_VALUE_BOOLEAN);
    assert_int_equal(list->items[0]->place.line, 9);
    assert_int_equal(list->items[1]->integer, 5);
    assert_int_equal(list->items[1]->place.line, 10);
    assert_int_equal(list->items[2]->type, ATT_VALUE_REAL);
    assert_true(list->items[2]->real > 1.4 && list->items[2]->real < 1.6);
    assert_int_equal(list->items[3]->items[0]->place.line, 13);
    assert_string_equal(att_value_member(root, "empty")->text, "");
    assert_int_equal(att_value_member(root, "hex")->integer, 16);
    assert_null(att_value_member(root, "none"));
    assert_null(att_value_member(att_value_member(root, "a"), "none"));
    att_pool_destroy(pool);
}

static void parsing_leaves_the_locale_of_program_and_thread_alone(void **state)
{
    locale_t ours = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0), before;
    const char *numeric = setlocale(LC_NUMERIC, NULL);
    struct att_pool *pool = att_pool_create();
    struct att_findings findings;

    (void)state;
    att_findings_open(&findings, pool);
    assert_true(ours != (locale_t)0);
    before = uselocale(ours);
    assert_non_null(att_config_parse(pool, "site.conf", "a = 1.5;", &findings));
    assert_true(uselocale((locale_t)0) == ours);
    uselocale(before);
    assert_non_null(att_config_parse(pool, "site.conf", "a = 1.5;", &findings));
    assert_true(uselocale((locale_t)0) == before);
    assert_string_equal(setlocale(LC_NUMERIC, NULL), numeric);
    freelocale(ours);
    att_pool_destroy(pool);
}

/* Gives the number of texts that were read as they are. */
static void *parse_many(void *context)
{
    intptr_t number = (intptr_t)context, right = 0;

    for (int i = 0; i < 200; i++) {
        struct att_pool *pool = att_pool_create();
        char *text = att_pool_format(pool, "a = ( \"%ld-%d\", %d );%s", (long)number, i, i, i % 3 ? "" : "}");
        struct att_findings findings;
        const struct att_value *root;

        att_findings_open(&findings, pool);
        root = att_config_parse(pool, "site.conf", text, &findings);
        if (i % 3 == 0)
            right += !root && findings.count == 1;
        else if (root && strcmp(att_value_member(root, "a")->items[0]->text,
                                att_pool_format(pool, "%ld-%d", (long)number, i)) == 0)
            right += att_value_member(root, "a")->items[1]->integer == i;
        att_pool_destroy(pool);
    }
    return (void *)right;
}

static void eight_threads_parse_at_once_without_mixing_anything_up(void **state)
{
    pthread_t threads[8];

    (void)state;
    for (intptr_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_many, (void *)i), 0);
    for (int i = 0; i < 8; i++) {
        void *right = NULL;
        pthread_join(threads[i], &right);
        assert_int_equal((intptr_t)right, 200);
    }
}

static void *parse_until_told(void *context)
{
    while (!atomic_load((atomic_bool *)context)) {
        struct att_pool *pool = att_pool_create();
        struct att_findings findings;

        att_findings_open(&findings, pool);
        att_config_parse(pool, "site.conf", "a = ( 1, 2, 3 );", &findings);
        att_pool_destroy(pool);
    }
    return NULL;
}

/* The child has ten seconds; it hangs when it inherited a lock that nobody will release. */
static void a_child_forked_while_another_thread_parses_can_parse(void **state)
{
    atomic_bool told = false;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, parse_until_told, &told), 0);
    for (int i = 0; i < 50; i++) {
        pid_t child = fork();
        int status = -1;

        if (child == 0) {
            struct att_pool *pool = att_pool_create();
            struct att_findings findings;

            alarm(10);
            att_findings_open(&findings, pool);
            _exit(att_config_parse(pool, "site.conf", "a = 1;", &findings) ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    atomic_store(&told, true);
    pthread_join(thread, NULL);
}

static void durations_and_sizes_need_their_units(void **state)
{
    static const struct {
        const char *text;
        int64_t milliseconds, bytes; /* -1: refused */
    } cases[] = {
        {"250ms", 250, -1},
        {"30s", 30000, -1},
        {"5m", 300000, -1},
        {"2h", 7200000, -1},
        {"7d", 604800000, -1},
        {"0", 0, 0},
        {"30", -1, 30},
        {"", -1, -1},
        {"s", -1, -1},
        {"-1s", -1, -1},
        {"+1s", -1, -1},
        {" 1s", -1, -1},
        {"1 s", -1, -1},
        {"1s ", -1, -1},
        {"1.5s", -1, -1},
        {"1S", -1, -1},
        {"0x1s", -1, -1},
        {"9223372036854775807ms", INT64_MAX, -1},
        {"9223372036854775808ms", -1, -1},
        {"9223372036854776s", -1, -1},
        {"106751991168d", -1, -1},
        {"64", -1, 64},
        {"10KiB", -1, 10240},
        {"5MiB", -1, 5242880},
        {"1GiB", -1, 1073741824},
        {"10kB", -1, 10000},
        {"5MB", -1, 5000000},
        {"1GB", -1, 1000000000},
        {"10KB", -1, -1},
        {"1TB", -1, -1},
        {"9223372036854775807", -1, INT64_MAX},
        {"8589934592GiB", -1, -1},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        int64_t milliseconds = -1, bytes = -1;

        assert_int_equal(att_duration_parse(cases[i].text, &milliseconds), cases[i].milliseconds >= 0);
        assert_int_equal(milliseconds, cases[i].milliseconds);
        assert_int_equal(att_size_parse(cases[i].text, &bytes), cases[i].bytes >= 0);
        assert_int_equal(bytes, cases[i].bytes);
    }
}

static void the_first_error_becomes_the_error_with_file_line_and_count(void **state)
{
    struct att_pool *pool = att_pool_create();
    struct att_place place = {"a.conf", 7};
    struct att_findings findings;
    att_error error = ATT_ERROR_INIT;

    (void)state;
    att_findings_open(&findings, pool);
    assert_int_equal(att_findings_error(&findings, &error), ATT_OK);
    att_finding(&findings, ATT_SEVERITY_WARNING, place, "only a warning");
    assert_int_equal(att_findings_error(&findings, &error), ATT_OK);
    att_finding(&findings, ATT_SEVERITY_ERROR, place, "wrong: %s", "mend it");
    assert_int_equal(att_findings_error(&findings, &error), ATT_CONFIG);
    assert_string_equal(error.message, "a.conf:7: wrong: mend it");
    assert_string_equal(error.file, "a.conf");
    assert_int_equal(error.line, 7);
    for (int i = 0; i < 40; i++)
        att_finding_module(&findings, place, "m.so", "error %d", i);
    assert_int_equal(att_findings_error(&findings, &error), ATT_CONFIG);
    assert_string_equal(error.message, "a.conf:7: wrong: mend it (and 40 more; see attache check)");
    assert_string_equal(findings.list[41].text, "error 39");
    assert_int_equal(att_findings_error(&findings, NULL), ATT_CONFIG);

    att_findings_open(&findings, pool);
    att_finding_module(&findings, (struct att_place){"a.conf", 0}, "m.so", "module \"m.so\" is broken: replace it");
    assert_int_equal(att_findings_error(&findings, &error), ATT_MODULE);
    assert_string_equal(error.message, "module \"m.so\" is broken: replace it");
    assert_string_equal(error.module, "m.so");
    assert_string_equal(error.file, "a.conf");

    att_findings_open(&findings, pool);
    findings.failed = true;
    assert_int_equal(att_findings_error(&findings, &error), ATT_NOMEM);
    assert_string_equal(error.message, "memory ran out while the configuration was read: free some and try again");
    att_error_clear(&error);
    att_findings_close(&findings);
    att_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_would_be_misread_is_refused_with_its_line),
        cmocka_unit_test(brackets_may_be_nested_32_deep_and_no_deeper),
        cmocka_unit_test(every_value_has_its_type_and_its_line),
        cmocka_unit_test(parsing_leaves_the_locale_of_program_and_thread_alone),
        cmocka_unit_test(eight_threads_parse_at_once_without_mixing_anything_up),
        cmocka_unit_test(a_child_forked_while_another_thread_parses_can_parse),
        cmocka_unit_test(durations_and_sizes_need_their_units),
        cmocka_unit_test(the_first_error_becomes_the_error_with_file_line_and_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
