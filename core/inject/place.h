/* place.h: what the files of core/inject share: one placement at work, the filling of formats, and refusals. */
#ifndef ATT_PLACE_H
#define ATT_PLACE_H

#include "core/inject/inject.h"

/* What is made for a format, beside the parts of the credential: {signature}. */
struct att_made_part {
    const char *name;
    const struct att_secret *secret;
};

/* One placement of one credential. */
struct att_placing {
    struct att_injection *injection;
    const struct att_credential *credential;
    const struct att_config_inject *inject;
    const struct att_outgoing *outgoing;
    const struct att_made_part *made; /* these go before parts of the same name */
    size_t made_count;
    att_error *error;
};

/* ---- the kinds --------------------------------------------------------------------------------------------------- */

att_status att_place_header(const struct att_placing *placing);
att_status att_place_basic(const struct att_placing *placing);
att_status att_place_query(const struct att_placing *placing);
att_status att_place_cookie(const struct att_placing *placing);
att_status att_place_form(const struct att_placing *placing);
att_status att_place_json(const struct att_placing *placing);
/* Notes that the request is to be signed; the bytes are built when it is sent. */
att_status att_place_signature(const struct att_placing *placing);
/* Whether the signature that is noted will set this header. */
bool att_signature_occupies(const struct att_injection *injection, const char *name);

/* The most bytes of a value: what any upstream would take, and a mask can look for. */
#define ATT_VALUE_LIMIT (48 * 1024)

/* ---- formats ----------------------------------------------------------------------------------------------------- */

enum att_spelling {
    ATT_SPELL_AS_IS,
    ATT_SPELL_PERCENT, /* RFC 3986: all but the unreserved characters are escaped; a form takes it too */
    ATT_SPELL_JSON     /* the inside of a JSON text (RFC 8259 section 7) */
};

/* How many bytes the placement's format takes when it is filled in and spelled. Refuses what the credential lacks, and
 * more than any upstream would take. */
att_status att_format_measure(const struct att_placing *placing, enum att_spelling spelling, size_t *size);
/* Appends the filled format. False when it does not fit. */
bool att_format_fill(const struct att_placing *placing, enum att_spelling spelling, struct att_secret *out);
/* Whether what fills the format is UTF-8. */
bool att_format_is_utf8(const struct att_placing *placing);

size_t att_spelled_size(const char *bytes, size_t size, enum att_spelling spelling);
bool att_spell(struct att_secret *out, const char *bytes, size_t size, enum att_spelling spelling);

/* ---- header lines ------------------------------------------------------------------------------------------------ */

/* A line with the header's name and colon, and room for `size` bytes of value; NULL when memory is out. */
struct att_secret *att_line_start(struct att_injection *injection, const char *name, size_t size);
/* Takes the line over, also where it is refused. */
att_status att_line_add(const struct att_placing *placing, struct att_secret *line);
att_status att_line_check_free(const struct att_placing *placing, const char *name);

/* A longer copy of a secret, which is destroyed. NULL when memory is out. */
struct att_secret *att_secret_regrow(struct att_arena *arena, struct att_secret *old, size_t more);

/* ---- bodies ------------------------------------------------------------------------------------------------------ */

/* The bytes that a body placement goes into: of the application, or with what other placements put there. */
struct att_body {
    const char *bytes;
    size_t size;
};

/* Whether this request can carry a credential in a body of this kind. `body` is what there is of it, empty where one
 * has to be made. */
att_status att_body_check(const struct att_placing *placing, enum att_body_kind kind, struct att_body *body);
/* The new body with the first `head` bytes of the old one and room for `more` and the rest. NULL with the error set. */
struct att_secret *att_body_start(const struct att_placing *placing, const struct att_body *body, size_t head,
                                  size_t more);
/* Appends the rest, and makes it the body that is sent. */
void att_body_finish(const struct att_placing *placing, enum att_body_kind kind, const struct att_body *body,
                     size_t head, struct att_secret *grown);

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

att_status att_place_lacks_part(const struct att_placing *placing, const char *part);
att_status att_place_too_large(const struct att_placing *placing);
/* The value has characters that "a PLACE cannot hold". */
att_status att_place_unfit(const struct att_placing *placing, const char *place);
/* Two credentials for one place: "the PLACE NAME". */
att_status att_place_taken(const struct att_placing *placing, const char *place, const char *name);

#endif
