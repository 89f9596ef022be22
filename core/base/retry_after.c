/* core/base/retry_after.c: the header field with which a server says when to come again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base.h"

static bool read_seconds(const char *text, int64_t *seconds)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 9 || text[digits])
        return false;
    *seconds = strtol(text, NULL, 10);
    return true;
}

/* An HTTP date in its preferred form (RFC 9110 section 5.6.7), whatever the locale; the obsolete two are not read. */
static bool read_date(const char *text, int64_t *wall_us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char month[4] = "", time[32];
    const char *known;
    int day, year, hour, minute, second, length = 0;

    if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT%n", &day, month, &year, &hour, &minute, &second, &length) !=
            6 ||
        length == 0 || text[length])
        return false;
    known = strstr(months, month);
    if (strlen(month) != 3 || !known || (known - months) % 3)
        return false;
    snprintf(time, sizeof time, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, (int)(known - months) / 3 + 1, day, hour,
             minute, second);
    return att_time_parse(time, wall_us);
}

int64_t att_retry_after_ms(const char *value, int64_t now_us)
{
    int64_t number;

    if (read_seconds(value, &number))
        return number * 1000;
    if (read_date(value, &number))
        return number > now_us ? (number - now_us) / 1000 : 0;
    return -1;
}
