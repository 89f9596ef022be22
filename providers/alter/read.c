/* providers/alter/read.c: reading what the service answers, by the names of the profile. */
#include <string.h>

#include "providers/alter/inside.h"

/* Names are nearly always spelled without escapes, and then are equal as they stand. */
static bool is_named(struct json_value name, const struct alter_text *word)
{
    if (name.size == word->size + 2 && memcmp(name.at + 1, word->at, word->size) == 0)
        return true;
    return memchr(name.at, '\\', name.size) && json_text_is(name, word->at);
}

void alter_read(const struct alter *alter, struct json_value object, struct alter_wanted *wanted, size_t count)
{
    struct json_walk walk = json_walk_of(object);
    struct json_value name, value;

    for (size_t i = 0; i < count; i++)
        wanted[i].value = (struct json_value){NULL, 0};
    while (json_kind_of(object) == JSON_IS_OBJECT && json_step(&walk, &name, &value)) {
        if (json_kind_of(value) == JSON_IS_NULL)
            continue;
        for (size_t i = 0; i < count; i++) {
            const struct alter_text *word = &alter->profile.words[wanted[i].word];

            if (word->size && is_named(name, word))
                wanted[i].value = value;
        }
    }
}

/* C0, DEL, C1, and what turns the direction of a line: U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069. */
static bool is_dangerous(const char *at, size_t size)
{
    const unsigned char *byte = (const unsigned char *)at;

    if (size == 1)
        return byte[0] < 0x20 || byte[0] == 0x7f;
    if (size == 2)
        return byte[0] == 0xc2 && byte[1] < 0xa0;
    return size == 3 && byte[0] == 0xe2 &&
           ((byte[1] == 0x80 && (byte[2] == 0x8e || byte[2] == 0x8f || (byte[2] >= 0xa8 && byte[2] <= 0xae))) ||
            (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9));
}

bool alter_read_words(struct json_value value, char *room, size_t size)
{
    const char *at = value.at;
    char bytes[4];
    size_t used = 0, step;

    room[0] = '\0';
    if (json_kind_of(value) != JSON_IS_TEXT)
        return false;
    for (at++; (step = json_unescape(&at, bytes)) > 0 && step < size - used; used += step) {
        if (is_dangerous(bytes, step)) {
            bytes[0] = ' ';
            step = 1;
        }
        memcpy(room + used, bytes, step);
    }
    room[used] = '\0';
    return true;
}

/* Tens of an exponent, no more than take any double to its end. */
static int read_exponent(const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    int tens = 0;

    for (at += at < end && (*at == '-' || *at == '+'); at < end && tens < 1000; at++)
        tens = tens * 10 + (*at - '0');
    return negative ? -tens : tens;
}

/* strtod() reads by the locale of the process. */
static double read_real(struct json_value value)
{
    const char *at = value.at, *end = at + value.size;
    bool negative = *at == '-', fraction = false;
    double real = 0;
    int tens = 0;

    for (at += negative; at < end && *at != 'e' && *at != 'E'; at++) {
        fraction = fraction || *at == '.';
        if (*at == '.')
            continue;
        real = real * 10 + (*at - '0');
        tens -= fraction;
    }
    if (at < end)
        tens += read_exponent(at + 1, end);
    for (; tens > 0 && real < 1e19 && real > 0; tens--)
        real *= 10;
    for (; tens < 0 && real > 0; tens++)
        real /= 10;
    return negative ? -real : real;
}

bool alter_read_number(struct json_value value, int64_t *number)
{
    double real;

    if (json_kind_of(value) != JSON_IS_NUMBER)
        return false;
    if (json_whole_number(value, number))
        return true;
    real = read_real(value);
    *number = real >= 9e18 ? INT64_MAX : real <= -9e18 ? INT64_MIN : (int64_t)real;
    return true;
}

bool alter_read_time(struct json_value value, int64_t *seconds)
{
    char text[64];

    if (json_kind_of(value) == JSON_IS_NUMBER)
        return alter_read_number(value, seconds);
    return json_text_copy(value, text, sizeof text) && json_time_read(text, true, seconds);
}
