/* core/base/clock.c: the two clocks, and RFC 3339 times. */
#include <stdio.h>
#include <time.h>

#include "core/base/base.h"

int64_t att_clock_monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * ATT_NS_PER_S + now.tv_nsec;
}

int64_t att_clock_wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar and back, by counting from 0000-03-01. */
static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;

    *day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int64_t days_from_date(int year, int month, int day)
{
    int64_t shifted = year - (month <= 2);
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static char *digits(char *at, int64_t number, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + width;
}

void att_time_text(int64_t wall_us, char text[ATT_TIME_TEXT_SIZE])
{
    int64_t seconds = wall_us / 1000000, micros = wall_us % 1000000;
    int64_t days, rest;
    int year, month, day;
    char *at = text;

    if (micros < 0) {
        micros += 1000000;
        seconds--;
    }
    days = seconds / 86400;
    rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    date_from_days(days, &year, &month, &day);
    at = digits(at, year, 4);
    *at++ = '-';
    at = digits(at, month, 2);
    *at++ = '-';
    at = digits(at, day, 2);
    *at++ = 'T';
    at = digits(at, rest / 3600, 2);
    *at++ = ':';
    at = digits(at, rest / 60 % 60, 2);
    *at++ = ':';
    at = digits(at, rest % 60, 2);
    *at++ = '.';
    at = digits(at, micros, 6);
    *at++ = 'Z';
    *at = '\0';
}

static bool read_offset(const char *text, int64_t *seconds)
{
    int hours, minutes, length = 0;

    if ((text[0] == 'Z' || text[0] == 'z') && !text[1]) {
        *seconds = 0;
        return true;
    }
    if (text[0] != '+' && text[0] != '-')
        return false;
    if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &length) != 2 || length != 5 || text[6])
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
    return true;
}

bool att_time_parse(const char *text, int64_t *wall_us)
{
    int year, month, day, hour, minute, second, length = 0;
    int64_t micros = 0, offset;

    if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &length) != 6 ||
        length != 19)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || hour < 0 ||
        minute < 0 || second < 0)
        return false;
    text += 19;
    if (*text == '.') {
        int64_t weight = 100000;
        if (text[1] < '0' || text[1] > '9')
            return false;
        for (text++; *text >= '0' && *text <= '9'; text++, weight /= 10)
            micros += (*text - '0') * weight;
    }
    if (!read_offset(text, &offset))
        return false;
    *wall_us =
        ((days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) - offset) * 1000000 + micros;
    return true;
}
