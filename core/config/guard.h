/* guard.h: the look at a configuration text before libconfig sees it. */
#ifndef ATT_GUARD_H
#define ATT_GUARD_H

#include "core/config/value.h"

#define ATT_CONFIG_DEPTH 32 /* of brackets in brackets */

/* What the parser wants to know of the text and libconfig does not tell. */
struct att_guard_notes {
    int *text_lines; /* the line where each text value begins, in their order */
    size_t text_count;
};

/* Refuses what libconfig would read in another way than a person does, or would do harm with: @include, numbers that
 * wrap, control characters in texts, texts and comments without an end, brackets nested too deep. True when there is
 * nothing of that; else findings with the line of each. */
bool att_guard_check(struct att_pool *pool, const char *file, const char *text, struct att_guard_notes *notes,
                     struct att_findings *findings);

#endif
