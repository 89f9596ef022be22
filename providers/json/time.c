/* providers/json/time.c: times as helpers and backends write them. */
#include <string.h>
#include <time.h>

#include "providers/json/json.h"

/* `count` digits at *at, which moves on; -1 when they are none. */
static int digits(const char **at, int count)
{
    int number = 0;

    for (; count > 0; count--, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        number = number * 10 + (**at - '0');
    }
    return number;
}

static bool character(const char **at, const char *choices)
{
    if (!**at || !strchr(choices, **at))
        return false;
    (*at)++;
    return true;
}

/* "Z", "+01:00" or "+0100". */
static bool zone(const char **at, int64_t *seconds)
{
    int sign, hours, minutes;

    if (character(at, "Zz"))
        return true;
    sign = **at == '-' ? -1 : 1;
    if (!character(at, "+-"))
        return false;
    hours = digits(at, 2);
    if (**at == ':')
        (*at)++;
    minutes = digits(at, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *seconds -= sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool date_is_real(const struct tm *date)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = date->tm_year + 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return date->tm_mon >= 0 && date->tm_mon < 12 && date->tm_mday >= 1 &&
           date->tm_mday <= days[date->tm_mon] + (date->tm_mon == 1 && leap) && date->tm_hour >= 0 &&
           date->tm_hour < 24 && date->tm_min >= 0 && date->tm_min < 60 && date->tm_sec >= 0 && date->tm_sec <= 60;
}

bool json_time_read(const char *text, bool utc, int64_t *seconds)
{
    struct tm date = {.tm_isdst = 0};
    const char *at = text;

    date.tm_year = digits(&at, 4) - 1900;
    if (date.tm_year < 0 || !character(&at, "-"))
        return false;
    date.tm_mon = digits(&at, 2) - 1;
    if (!character(&at, "-"))
        return false;
    date.tm_mday = digits(&at, 2);
    if (!character(&at, "Tt "))
        return false;
    date.tm_hour = digits(&at, 2);
    if (!character(&at, ":"))
        return false;
    date.tm_min = digits(&at, 2);
    if (!character(&at, ":"))
        return false;
    date.tm_sec = digits(&at, 2);
    if (!date_is_real(&date))
        return false;
    if (character(&at, ".,")) {
        if (digits(&at, 1) < 0)
            return false;
        while (*at >= '0' && *at <= '9')
            at++;
    }
    *seconds = timegm(&date);
    return ((utc && !*at) || zone(&at, seconds)) && !*at;
}
