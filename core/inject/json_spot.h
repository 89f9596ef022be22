/* json_spot.h: where in a JSON text a member goes. The text is read in place: it may hold a credential, so nothing of
 * it is copied. */
#ifndef ATT_JSON_SPOT_H
#define ATT_JSON_SPOT_H

#include <stdbool.h>
#include <stddef.h>

#define ATT_JSON_DEPTH 64 /* of brackets in brackets */

enum att_json_found {
    ATT_JSON_SPOT,    /* there it is */
    ATT_JSON_TAKEN,   /* the member is there, or an object on the way to it twice, in whatever spelling and case */
    ATT_JSON_NOWHERE, /* what has to be an object is none */
    ATT_JSON_DEEP,
    ATT_JSON_BROKEN /* no JSON text of RFC 8259 */
};

struct att_json_spot {
    size_t at;        /* the offset of the brace that closes the object */
    bool first;       /* the object has no member yet */
    const char *rest; /* of the path: its first name is the member's, what follows are objects to be made in it */
};

/* Reads a whole text strictly and finds the place of a member. A dot in `path` leads into an object: "auth.key" is the
 * member "key" of the member "auth". The spot is filled for ATT_JSON_SPOT alone. Where `path` is NULL the text is only
 * read, and there is no spot. */
enum att_json_found att_json_spot_find(const char *text, size_t size, const char *path, struct att_json_spot *spot);

#endif
