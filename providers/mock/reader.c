/* providers/mock/reader.c: reading single values of a script. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "providers/mock/reader.h"

#define DURATION_LIMIT_MS (INT64_C(1000) * 86400 * 36500)

size_t mock_enter(struct mock_reader *reader, const char *member)
{
    size_t mark = strlen(reader->at);

    snprintf(reader->at + mark, sizeof reader->at - mark, "%s%s", mark ? "." : "", member);
    return mark;
}

size_t mock_enter_item(struct mock_reader *reader, size_t index)
{
    size_t mark = strlen(reader->at);

    snprintf(reader->at + mark, sizeof reader->at - mark, "[%zu]", index);
    return mark;
}

void mock_leave(struct mock_reader *reader, size_t mark)
{
    reader->at[mark] = '\0';
}

bool mock_refuse(struct mock_reader *reader, const char *format, ...)
{
    char reason[MOCK_PROBLEM_SIZE / 2];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    snprintf(reader->problem, MOCK_PROBLEM_SIZE, "%s: %s%s%s", reader->file, reader->at, *reader->at ? ": " : "",
             reason);
    return false;
}

bool mock_nomem(struct mock_reader *reader)
{
    reader->nomem = true;
    return mock_refuse(reader, "memory is out");
}

bool mock_read_text(struct mock_reader *reader, const json_t *value, const char **text)
{
    if (!json_is_string(value) || !json_string_length(value))
        return mock_refuse(reader, "must be a text of at least one character");
    *text = json_string_value(value);
    return true;
}

bool mock_read_boolean(struct mock_reader *reader, const json_t *value, bool *is_true)
{
    if (!json_is_boolean(value))
        return mock_refuse(reader, "must be true or false");
    *is_true = json_is_true(value);
    return true;
}

bool mock_read_count(struct mock_reader *reader, const json_t *value, int64_t most, int64_t *number)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > most)
        return mock_refuse(reader, "must be a number from 0 to %lld", (long long)most);
    *number = json_integer_value(value);
    return true;
}

bool mock_read_time(struct mock_reader *reader, const json_t *value, int64_t *seconds)
{
    if (!json_is_string(value) || !mock_time_parse(json_string_value(value), seconds))
        return mock_refuse(reader, "must be a time in UTC, as \"2026-01-31T12:00:00Z\"");
    return true;
}

bool mock_read_duration(struct mock_reader *reader, const json_t *value, int64_t *milliseconds)
{
    static const struct {
        const char *unit;
        int64_t factor;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    const char *text = json_string_value(value);
    size_t digits = text ? strspn(text, "0123456789") : 0;
    int64_t number = 0;

    for (size_t i = 0; i < digits && number <= DURATION_LIMIT_MS; i++)
        number = number * 10 + (text[i] - '0');
    for (size_t i = 0; digits && i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + digits, units[i].unit) == 0 && number <= DURATION_LIMIT_MS / units[i].factor) {
            *milliseconds = number * units[i].factor;
            return true;
        }
    }
    return mock_refuse(reader,
                       "must be a duration as a text with a unit: \"250ms\", \"30s\", \"5m\", \"2h\" or \"7d\"");
}

bool mock_read_choice(struct mock_reader *reader, const json_t *value, const char *const *names, size_t *index)
{
    char known[200] = "";

    for (size_t i = 0; names[i]; i++) {
        size_t used = strlen(known);
        if (json_is_string(value) && strcmp(json_string_value(value), names[i]) == 0) {
            *index = i;
            return true;
        }
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", names[i]);
    }
    return mock_refuse(reader, "must be one of %s", known);
}

bool mock_read_texts(struct mock_reader *reader, const json_t *value, const char ***texts, size_t *count)
{
    size_t size = json_array_size(value);

    if (!size)
        return mock_refuse(reader, "must be a list of at least one text");
    *texts = mock_take(reader->script, (size + 1) * sizeof **texts);
    if (!*texts)
        return mock_nomem(reader);
    for (size_t i = 0; i < size; i++) {
        size_t mark = mock_enter_item(reader, i);
        if (!mock_read_text(reader, json_array_get(value, i), &(*texts)[i]))
            return false;
        mock_leave(reader, mark);
    }
    *count = size;
    return true;
}

bool mock_time_parse(const char *text, int64_t *seconds)
{
    struct tm time = {.tm_isdst = 0};
    int length = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &time.tm_year, &time.tm_mon, &time.tm_mday, &time.tm_hour,
               &time.tm_min, &time.tm_sec, &length) != 6 ||
        length != 20 || text[length])
        return false;
    if (time.tm_mon < 1 || time.tm_mon > 12 || time.tm_mday < 1 || time.tm_mday > 31 || time.tm_hour < 0 ||
        time.tm_hour > 23 || time.tm_min < 0 || time.tm_min > 59 || time.tm_sec < 0 || time.tm_sec > 59)
        return false;
    time.tm_year -= 1900;
    time.tm_mon -= 1;
    *seconds = timegm(&time);
    return true;
}
