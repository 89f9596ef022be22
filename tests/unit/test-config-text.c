/* Unit tests of the text of a configuration: the guard, the parser, values with their lines, units, findings. */
#include <locale.h>
#include <pthread.h>
#include <string.h>

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
    {"\n\nx_a = 2147483648;",
     "3: the number 2147483648 does not fit 32 bits: write 2147483648L for a number of 64 bits\n"},
    {"x_a = -2147483649;",
     "1: the number -2147483649 does not fit 32 bits: write -2147483649L for a number of 64 bits\n"},
    {"x_a = 4294967297;", "1: the number 4294967297 does not fit 32 bits: write 4294967297L for a number of 64 bits\n"},
    {"x_a = 0x80000000;", "1: the number 0x80000000 does not fit 32 bits: write 0x80000000L for a number of 64 bits\n"},
    {"x_a = 9223372036854775808L;", "1: the number 9223372036854775808L does not fit 64 bits: write a smaller one\n"},
    {"x_a = 0xffffffffffffffffL;", "1: the number 0xffffffffffffffffL does not fit 64 bits: write a smaller one\n"},
    {"x_a = 99999999999999999999999;",
     "1: the number 99999999999999999999999 does not fit 64 bits: write a smaller one\n"},
    {"x_a = 0640;", "1: the number 0640 begins with a zero, which is read as octal or not depending on the version of "
                    "libconfig: leave the zero out, or write it as a text in quotes\n"},
    {"x_a = 99999999999b = 1;", "1: \"99999999999b\" is no number: write it in quotes if it is a text\n"},
    {"x_a = 30s;", "1: \"30s\" is no number: write it in quotes if it is a text\n"},
    {"x_a = 1.2.3;", "1: \"1.2.3\" is no number: write it in quotes if it is a text\n"},
    {"x_a = -;", "1: \"-\" is no number: write it in quotes if it is a text\n"},
    {"x_a = .;", "1: \".\" is no number: write it in quotes if it is a text\n"},
    {"x_a = 0b11;", "1: \"0b11\" is no number: write it in quotes if it is a text\n"},
    {"x_a = 1e;", "1: \"1e\" is no number: write it in quotes if it is a text\n"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_that_would_be_misread_is_refused_with_its_line)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
