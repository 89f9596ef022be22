/* core/inject/format.c: filling a format, "Bearer {token}", with the parts of a credential. */
#include <string.h>

#include "core/base/spell.h"
#include "core/inject/place.h"

enum { PART_SIZE = 32 };

/* A walk over a format: its literal runs and the {parts} after them. */
struct run {
    const char *literal;
    size_t literal_size;
    const struct att_secret *part; /* NULL at the end */
};

static const struct att_secret *find_part(const struct att_placing *placing, const char *name)
{
    for (size_t i = 0; i < placing->made_count; i++)
        if (strcmp(placing->made[i].name, name) == 0)
            return placing->made[i].secret;
    return att_credential_part(placing->credential, name);
}

/* Splits off the next run. False when the credential lacks the part, which `missing` then names. */
static bool next_run(const char **format, const struct att_placing *placing, struct run *run, char missing[PART_SIZE])
{
    const char *open = strchr(*format, '{'), *close = open ? strchr(open, '}') : NULL;
    size_t size = close ? (size_t)(close - open - 1) : 0;

    *run = (struct run){*format, close ? (size_t)(open - *format) : strlen(*format), NULL};
    if (!close) {
        *format += run->literal_size;
        return true;
    }
    if (size >= PART_SIZE)
        size = PART_SIZE - 1;
    memcpy(missing, open + 1, size);
    missing[size] = '\0';
    run->part = find_part(placing, missing);
    *format = close + 1;
    return run->part != NULL;
}

/* One byte as it is spelled: 1 to 6 characters in `to`. */
static size_t spell_one(const char *byte, enum att_spelling spelling, char to[6])
{
    static const struct att_spell_json json = {"", "0123456789abcdef", false, false};
    const char *end = spelling == ATT_SPELL_JSON ? att_spell_json(to, byte, 1, &json)
                                                 : att_spell_percent(to, byte, 1, "0123456789ABCDEF");

    return (size_t)(end - to);
}

size_t att_spelled_size(const char *bytes, size_t size, enum att_spelling spelling)
{
    size_t sum = 0;
    char spelled[6];

    if (spelling == ATT_SPELL_AS_IS)
        return size;
    for (size_t i = 0; i < size; i++)
        sum += spell_one(bytes + i, spelling, spelled);
    return sum;
}

bool att_spell(struct att_secret *out, const char *bytes, size_t size, enum att_spelling spelling)
{
    if (spelling == ATT_SPELL_AS_IS)
        return att_secret_append(out, bytes, size);
    for (size_t i = 0; i < size; i++) {
        char spelled[6];
        size_t length = spell_one(bytes + i, spelling, spelled);
        if (!att_secret_append(out, spelled, length))
            return false;
    }
    return true;
}

att_status att_format_measure(const struct att_placing *placing, enum att_spelling spelling, size_t *size)
{
    const char *format = placing->inject->format;
    size_t plain = 0;
    char missing[PART_SIZE] = "";
    struct run run;

    *size = 0;
    while (*format) {
        if (!next_run(&format, placing, &run, missing))
            return att_place_lacks_part(placing, missing);
        plain += run.literal_size + (run.part ? att_secret_size(run.part) : 0);
        *size += att_spelled_size(run.literal, run.literal_size, spelling);
        if (run.part)
            *size += att_spelled_size(att_secret_bytes(run.part), att_secret_size(run.part), spelling);
    }
    return plain < ATT_VALUE_LIMIT ? ATT_OK : att_place_too_large(placing);
}

bool att_format_fill(const struct att_placing *placing, enum att_spelling spelling, struct att_secret *out)
{
    const char *format = placing->inject->format;
    char missing[PART_SIZE];
    struct run run;

    while (*format) {
        if (!next_run(&format, placing, &run, missing) || !att_spell(out, run.literal, run.literal_size, spelling))
            return false;
        if (run.part && !att_spell(out, att_secret_bytes(run.part), att_secret_size(run.part), spelling))
            return false;
    }
    return true;
}

bool att_format_is_utf8(const struct att_placing *placing)
{
    const char *format = placing->inject->format;
    char missing[PART_SIZE];
    struct run run;

    while (*format)
        if (!next_run(&format, placing, &run, missing) || !att_text_is_utf8(run.literal, run.literal_size) ||
            (run.part && !att_text_is_utf8(att_secret_bytes(run.part), att_secret_size(run.part))))
            return false;
    return true;
}
