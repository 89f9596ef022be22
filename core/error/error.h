/* error.h: filling the att_error that an application sees. */
#ifndef ATT_ERROR_H
#define ATT_ERROR_H

#include <attache/attache.h>

#include "core/base/base.h"

/* Starts the error anew with a status and a sentence, and returns the status: `return att_fail(error, ATT_INVALID,
 * ...)`. `error` may be NULL. A sentence names the thing, the cause and the next step, separated as in "grant
 * \"billing\" is not known: no grant or stack of that name is configured; name one that `attache grants` lists". Out of
 * memory keeps the status and says so in the message. */
att_status att_fail(att_error *error, att_status status, const char *format, ...) ATT_FORMAT(3, 4);

/* The same for ATT_INVALID, with the member of the options that was refused. */
att_status att_invalid(att_error *error, const char *field, const char *format, ...) ATT_FORMAT(3, 4);
/* The same for ATT_NOMEM. */
att_status att_nomem(att_error *error);

/* Copies a text into a member of an error that att_fail() has set; NULL error, NULL text, and members that the
 * caller's att_error is too old to have are passed over:  ATT_ERROR_TEXT(error, rule, "no-refunds"); */
static inline bool att_error_reaches(const att_error *error, size_t end)
{
    return error && error->size >= end;
}
#define ATT_ERROR_KNOWS(error, member) att_error_reaches(error, offsetof(att_error, member) + sizeof((error)->member))
#define ATT_ERROR_TEXT(error, member, text)                \
    do {                                                   \
        if (ATT_ERROR_KNOWS(error, member))                \
            (error)->member = att_error_keep(error, text); \
    } while (0)
#define ATT_ERROR_NUMBER(error, member, number) \
    do {                                        \
        if (ATT_ERROR_KNOWS(error, member))     \
            (error)->member = (number);         \
    } while (0)

/* A copy that lives as long as the error; NULL for NULL or when memory is out. */
const char *att_error_keep(att_error *error, const char *text);
/* The same for a list that ends with NULL. */
const char *const *att_error_keep_list(att_error *error, const char *const *texts);

/* Moves what `from` says into `to` (which may be NULL) and leaves `from` as new. */
void att_error_move(att_error *to, att_error *from);

#endif
