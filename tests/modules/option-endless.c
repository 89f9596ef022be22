/* tests/modules/option-endless.c: has a list of options without an end. */
#include <attache/module.h>
#define ONE(letter)                                 \
    {                                               \
        .name = "o" letter, .type = ATT_OPTION_TEXT \
    }
#define EIGHT(letter)                                                                                     \
    ONE(letter "0"), ONE(letter "1"), ONE(letter "2"), ONE(letter "3"), ONE(letter "4"), ONE(letter "5"), \
        ONE(letter "6"), ONE(letter "7")

static const struct att_option options[] = {EIGHT("a"), EIGHT("b"), EIGHT("c"), EIGHT("d"), EIGHT("e"),
                                            EIGHT("f"), EIGHT("g"), EIGHT("h"), EIGHT("i")};
#define OPTIONS options
#include "tests/modules/provider.h"
