/* cmd/input.c: values of options: pairs, numbers, durations, sizes and times. */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/fail.h"
#include "cmd/input.h"

static void add_pair(struct cmd_call *call, struct cmd_pairs *pairs, const char *name, size_t name_size,
                     const char *value)
{
    att_pair *list = reallocarray(pairs->list, pairs->count + 2, sizeof *list);
    char *copy = list ? strndup(name, name_size) : NULL;

    if (list)
        pairs->list = list;
    if (!copy) {
        cmd_complain(call, "memory", "%s", att_strerror(ATT_NOMEM));
        return;
    }
    list[pairs->count++] = (att_pair){copy, value};
    list[pairs->count] = (att_pair){NULL, NULL};
}

void cmd_pairs_take(struct cmd_call *call, struct cmd_pairs *pairs, const char *option, const char *value)
{
    const char *equals = strchr(value, '=');

    if (!equals || equals == value)
        cmd_complain(call, option, "option %s: \"%s\" is not NAME=VALUE; write it so, VALUE may be empty", option,
                     value);
    else
        add_pair(call, pairs, value, (size_t)(equals - value), equals + 1);
}

void cmd_pairs_take_header(struct cmd_call *call, struct cmd_pairs *pairs, const char *value)
{
    size_t name_size = strcspn(value, ":;");
    const char *text = value + name_size;
    bool is_empty = strcmp(text, ";") == 0;

    if (*text == ':')
        text += 1 + strspn(text + 1, " \t");
    if (is_empty && name_size > 0)
        add_pair(call, pairs, value, name_size, "");
    else if (name_size == 0 || value[name_size] != ':')
        cmd_complain(call, "-H", "option -H: \"%s\" is not a header; write 'Name: value', or 'Name;' for an empty one",
                     value);
    else if (!*text)
        cmd_complain(call, "-H", "option -H: \"%s\" has no value; write 'Name;' to send an empty one", value);
    else
        add_pair(call, pairs, value, name_size, text);
}

static att_pair *find_pair(const struct cmd_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcasecmp(pairs->list[i].name, name) == 0)
            return &pairs->list[i];
    }
    return NULL;
}

const char *cmd_pairs_find(const struct cmd_pairs *pairs, const char *name)
{
    const att_pair *pair = find_pair(pairs, name);

    return pair ? pair->value : NULL;
}

const char *cmd_pairs_remove(struct cmd_pairs *pairs, const char *name)
{
    att_pair *pair = find_pair(pairs, name);
    const char *value;

    if (!pair)
        return NULL;
    value = pair->value;
    free((char *)pair->name);
    memmove(pair, pair + 1, (size_t)(pairs->list + pairs->count - pair) * sizeof *pair);
    pairs->count--;
    return value;
}

void cmd_pairs_close(struct cmd_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        free((char *)pairs->list[i].name);
    free(pairs->list);
    *pairs = (struct cmd_pairs){0};
}

/* Reads decimal digits; the end of them in *end. Numbers from 10^15 on stay there, beyond every limit here. */
static int64_t read_digits(const char *text, const char **end)
{
    int64_t number = 0;

    for (; isdigit((unsigned char)*text); text++)
        number = number < INT64_C(1000000000000000) ? number * 10 + (*text - '0') : number;
    *end = text;
    return number;
}

void cmd_take_seconds(struct cmd_call *call, const char *option, const char *value, int64_t *milliseconds)
{
    const char *at = value;
    int64_t seconds = read_digits(value, &at), part = 0;
    bool has_digits = at != value;

    if (*at == '.') {
        at++;
        has_digits = has_digits || isdigit((unsigned char)*at);
        for (int64_t weight = 100; isdigit((unsigned char)*at); at++, weight /= 10)
            part += weight * (*at - '0');
    }
    if (!has_digits || *at || seconds > 31536000 || seconds + part == 0)
        cmd_complain(call, option,
                     "option %s: \"%s\" is not a number of seconds above 0, up to a year; write 30 or 2.5", option,
                     value);
    else
        *milliseconds = seconds * 1000 + part;
}

void cmd_take_duration(struct cmd_call *call, const char *option, const char *value, int64_t *milliseconds)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    const char *unit = value;
    int64_t number = read_digits(value, &unit);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (number > 0 && number <= INT64_C(3153600000) / units[i].seconds && strcmp(unit, units[i].name) == 0) {
            *milliseconds = number * units[i].seconds * 1000;
            return;
        }
    }
    cmd_complain(call, option,
                 "option %s: \"%s\" is not a duration above 0; write it with a unit, as in 90s, 10m, 12h "
                 "or 7d",
                 option, value);
}

void cmd_take_number(struct cmd_call *call, const char *option, const char *value, int64_t least, int64_t most,
                     int64_t *number)
{
    const char *end = value;
    int64_t found = read_digits(value, &end);

    if (end == value || *end || found < least || found > most)
        cmd_complain(call, option,
                     "option %s: \"%s\" is not a number from %" PRId64 " to %" PRId64 "; write one in "
                     "digits",
                     option, value, least, most);
    else
        *number = found;
}

void cmd_take_size(struct cmd_call *call, const char *option, const char *value, uint64_t *bytes)
{
    static const struct {
        const char *name;
        int64_t factor;
    } units[] = {{"", 1},      {"KiB", 1024},   {"MiB", 1048576},  {"GiB", 1073741824},
                 {"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000}};
    const char *unit = value;
    int64_t number = read_digits(value, &unit);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (unit != value && number > 0 && number < INT64_C(1000000000) && strcmp(unit, units[i].name) == 0) {
            *bytes = (uint64_t)(number * units[i].factor);
            return;
        }
    }
    cmd_complain(call, option, "option %s: \"%s\" is not a size; write bytes or a unit, as in 10MiB", option, value);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar; March is the first month of a year here. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/* Reads numbers by a picture: '0' is a digit of the current number, a blank starts the next one and stands for nothing,
 * anything else must be there (letters in either case). False when the text is not like the picture. */
static bool read_picture(const char *picture, const char **text, int64_t *numbers)
{
    const char *at = *text;

    *numbers = 0;
    for (; *picture; picture++) {
        if (*picture == ' ') {
            *++numbers = 0;
        } else if (*picture == '0') {
            if (!isdigit((unsigned char)*at))
                return false;
            *numbers = *numbers * 10 + (*at++ - '0');
        } else if (toupper((unsigned char)*at++) != *picture) {
            return false;
        }
    }
    *text = at;
    return true;
}

/* Reads "Z" or "+02:00" into seconds east of UTC. */
static bool read_offset(const char **text, int64_t *offset)
{
    int64_t n[2];
    int sign = **text == '-' ? -1 : 1;

    *offset = 0;
    if (**text == 'Z' || **text == 'z') {
        (*text)++;
        return true;
    }
    if (!read_picture(sign < 0 ? "-00 :00" : "+00 :00", text, n) || n[0] > 23 || n[1] > 59)
        return false;
    *offset = sign * (n[0] * 3600 + n[1] * 60);
    return true;
}

static bool is_date(const int64_t n[6])
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (n[0] % 4 == 0 && n[0] % 100 != 0) || n[0] % 400 == 0;

    return n[1] >= 1 && n[1] <= 12 && n[2] >= 1 && n[2] <= lengths[n[1] - 1] + (leap && n[1] == 2) && n[3] <= 23 &&
           n[4] <= 59 && n[5] <= 60;
}

void cmd_take_time(struct cmd_call *call, const char *option, const char *value, int64_t *seconds)
{
    const char *at = value;
    int64_t n[6], offset = 0, result = 0;
    bool good = read_picture("0000 -00 -00 T00 :00 :00", &at, n) && is_date(n);

    if (good && *at == '.') {
        good = isdigit((unsigned char)at[1]);
        at++;
        at += strspn(at, "0123456789");
    }
    good = good && read_offset(&at, &offset) && !*at;
    if (good)
        result = days_from_date(n[0], n[1], n[2]) * 86400 + n[3] * 3600 + n[4] * 60 + n[5] - offset;
    if (result <= 0)
        cmd_complain(call, option,
                     "option %s: \"%s\" is not a time after 1970; write it as 2026-03-01T09:00:00Z or "
                     "2026-03-01T10:00:00+01:00",
                     option, value);
    else
        *seconds = result;
}

void cmd_take_descriptor(struct cmd_call *call, const char *option, const char *value, int *descriptor)
{
    const char *end = value;
    int64_t number = read_digits(value, &end);

    if (end == value || *end || number > 1048576)
        cmd_complain(call, option,
                     "option %s: \"%s\" is not the number of a descriptor; write 3, and 3<FILE behind "
                     "the command",
                     option, value);
    else if (fcntl((int)number, F_GETFD) < 0)
        cmd_complain(call, option, "option %s: descriptor %s is not open; add %s<FILE to the command", option, value,
                     value);
    else
        *descriptor = (int)number;
}
