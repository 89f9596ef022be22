/* core/config/units.c: durations and sizes, which are texts with a unit. */
#include <string.h>

#include "core/config/value.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* "NUMBER UNIT" without a blank, in plain decimal digits. */
static bool parse(const char *text, const struct unit *units, size_t count, int64_t *result)
{
    int64_t number = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *at - '0', &number))
            return false;
    if (at == text)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(at, units[i].name) == 0)
            return !__builtin_mul_overflow(number, units[i].factor, result);
    return false;
}

bool att_duration_parse(const char *text, int64_t *milliseconds)
{
    static const struct unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    int64_t result = 0;

    if (strcmp(text, "0") != 0 && !parse(text, units, ATT_COUNT(units), &result))
        return false;
    *milliseconds = result;
    return true;
}

bool att_size_parse(const char *text, int64_t *bytes)
{
    static const struct unit units[] = {{"", 1},
                                        {"kB", 1000},
                                        {"MB", 1000000},
                                        {"GB", 1000000000},
                                        {"KiB", INT64_C(1) << 10},
                                        {"MiB", INT64_C(1) << 20},
                                        {"GiB", INT64_C(1) << 30}};
    int64_t result = 0;

    if (!parse(text, units, ATT_COUNT(units), &result))
        return false;
    *bytes = result;
    return true;
}
