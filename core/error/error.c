/* core/error/error.c: filling the att_error that an application sees. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error/error.h"

/* The texts of an error hang in a list at `storage`, so that clearing it is one walk. */
struct block {
    struct block *next;
    _Alignas(void *) char bytes[];
};

static void *keep(att_error *error, size_t size)
{
    struct block *block;

    if (!ATT_ERROR_KNOWS(error, storage))
        return NULL;
    block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->next = error->storage;
    error->storage = block;
    return block->bytes;
}

/* Zeroes what this caller's struct has, which may be less than ours. One that says it has nothing was not started with
 * ATT_ERROR_INIT, and is told nothing. */
static void reset(att_error *error)
{
    size_t size = error->size < sizeof *error ? error->size : sizeof *error;
    size_t first = sizeof error->size;

    if (size < first)
        return;
    memset((char *)error + first, 0, size - first);
    if (ATT_ERROR_KNOWS(error, message))
        error->message = "";
}

void att_error_clear(att_error *error)
{
    struct block *block;

    if (!error)
        return;
    block = ATT_ERROR_KNOWS(error, storage) ? error->storage : NULL;
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    reset(error);
}

const char *att_error_keep(att_error *error, const char *text)
{
    size_t size = text ? strlen(text) + 1 : 0;
    char *copy = text ? keep(error, size) : NULL;

    return copy ? memcpy(copy, text, size) : NULL;
}

const char *const *att_error_keep_list(att_error *error, const char *const *texts)
{
    size_t count = 0;
    const char **copy;

    while (texts && texts[count])
        count++;
    copy = count ? keep(error, (count + 1) * sizeof *copy) : NULL;
    if (!copy)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        copy[i] = att_error_keep(error, texts[i]);
        if (!copy[i])
            return NULL;
    }
    copy[count] = NULL;
    return copy;
}

static ATT_FORMAT(3, 0) void set(att_error *error, att_status status, const char *format, va_list arguments)
{
    va_list again;
    char *message = NULL;
    int size;

    att_error_clear(error);
    error->status = status;
    va_copy(again, arguments);
    size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size >= 0)
        message = keep(error, (size_t)size + 1);
    if (message)
        vsnprintf(message, (size_t)size + 1, format, arguments);
    if (ATT_ERROR_KNOWS(error, message))
        error->message = message ? message : att_strerror(status);
}

att_status att_fail(att_error *error, att_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error)
        set(error, status, format, arguments);
    va_end(arguments);
    return status;
}

att_status att_invalid(att_error *error, const char *field, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error)
        set(error, ATT_INVALID, format, arguments);
    va_end(arguments);
    ATT_ERROR_TEXT(error, field, field);
    return ATT_INVALID;
}

att_status att_nomem(att_error *error)
{
    return att_fail(error, ATT_NOMEM, "%s", att_strerror(ATT_NOMEM));
}

void att_error_move(att_error *to, att_error *from)
{
    if (ATT_ERROR_KNOWS(to, storage)) {
        size_t size = to->size < from->size ? to->size : from->size;
        att_error_clear(to);
        memcpy((char *)to + sizeof to->size, (char *)from + sizeof to->size, size - sizeof to->size);
        reset(from);
    } else {
        if (to)
            att_fail(to, from->status, "%s", from->message);
        att_error_clear(from);
    }
}
