/* core/config/names.c: the names that a configuration defines, and which of them a misspelt one may mean. */
#include <stdlib.h>
#include <string.h>

#include "core/config/names.h"

enum { COMPARED_SIZE = 64, FAR = COMPARED_SIZE };

bool att_names_open(struct att_names *names, struct att_pool *pool, const char *noun, size_t capacity)
{
    *names = (struct att_names){.noun = noun, .capacity = capacity};
    names->list = att_pool_take(pool, (capacity + 1) * sizeof *names->list);
    return names->list != NULL;
}

void att_names_add(struct att_names *names, const char *text, struct att_place place)
{
    if (names->count < names->capacity) {
        names->list[names->count] = (struct att_name){text, place, names->count};
        names->count++;
    }
}

static int compare(const void *left, const void *right)
{
    const struct att_name *one = left, *other = right;
    int order = strcmp(one->text, other->text);

    return order ? order : (one->order > other->order) - (one->order < other->order);
}

static int compare_text(const void *text, const void *name)
{
    return strcmp(text, ((const struct att_name *)name)->text);
}

void att_names_sort(struct att_names *names, struct att_findings *findings)
{
    qsort(names->list, names->count, sizeof *names->list, compare);
    for (size_t i = 1; i < names->count; i++) {
        const struct att_name *first = &names->list[i - 1], *second = &names->list[i];

        if (strcmp(first->text, second->text) == 0)
            att_finding(findings, ATT_SEVERITY_ERROR, second->place,
                        "%s \"%s\" is defined twice: here and at %s:%d; rename or remove one", names->noun,
                        second->text, first->place.file, first->place.line);
    }
}

const struct att_name *att_names_find(const struct att_names *names, const char *text)
{
    return bsearch(text, names->list, names->count, sizeof *names->list, compare_text);
}

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* How many characters have to be changed, added or taken out (Levenshtein); FAR for long texts. */
static size_t distance(const char *left, const char *right)
{
    size_t row[COMPARED_SIZE], left_size = strlen(left), right_size = strlen(right);

    if (left_size >= COMPARED_SIZE || right_size >= COMPARED_SIZE)
        return FAR;
    for (size_t j = 0; j <= right_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= left_size; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= right_size; j++) {
            size_t above = row[j];

            row[j] = least(least(above, row[j - 1]) + 1, diagonal + (left[i - 1] != right[j - 1]));
            diagonal = above;
        }
    }
    return row[right_size];
}

/* Near is what differs in a third of its characters at most. */
void att_nearest_try(struct att_nearest *nearest, const char *candidate)
{
    size_t found = distance(nearest->wanted, candidate);
    size_t allowed = least(strlen(candidate), strlen(nearest->wanted) + 1) / 3;

    if (found <= allowed && (!nearest->best || found < nearest->distance)) {
        nearest->best = candidate;
        nearest->distance = found;
    }
}

const char *att_names_nearest(const struct att_names *names, const char *text)
{
    struct att_nearest nearest = {.wanted = text};

    for (size_t i = 0; i < names->count; i++)
        att_nearest_try(&nearest, names->list[i].text);
    return nearest.best;
}
