/* mask.h: an upstream may echo the credential that it was sent. Known secrets are overwritten with "*" in what the
 * application gets to see, in every spelling in which an honest server would repeat them: as they are, percent-encoded
 * as URLs and forms are, escaped for JSON, and inside base64 at any alignment; and, where a body of JSON holds them
 * escaped, that in all these spellings again. The size of the text does not change. */
#ifndef ATT_MASK_H
#define ATT_MASK_H

#include "core/secret/secret.h"

/* Shorter secrets are not masked: they would be found in innocent text. */
#define ATT_MASK_LEAST 8
/* Larger ones cannot be added; nothing that large is ever placed in a request. */
#define ATT_MASK_MOST (ATT_SECRET_LIMIT / 20)

struct att_mask;

/* An empty mask, or NULL when memory is out. destroy wipes; NULL is allowed. */
struct att_mask *att_mask_create(struct att_arena *arena);
void att_mask_destroy(struct att_mask *mask);
/* False when memory is out. */
bool att_mask_add(struct att_mask *mask, const char *secret, size_t size);

/* Masks a whole text in place. */
void att_mask_text(struct att_mask *mask, char *text, size_t size);

/* Masks a stream of pieces, also where a secret lies across their borders: what may be the beginning of a secret is
 * held back until the next piece or att_mask_finish. False when the sink said so or memory is out. */
typedef bool (*att_mask_sink)(void *context, const void *data, size_t size);
bool att_mask_feed(struct att_mask *mask, const void *data, size_t size, att_mask_sink sink, void *context);
bool att_mask_finish(struct att_mask *mask, att_mask_sink sink, void *context);
/* Whether any secret was found since the mask was made. */
bool att_mask_has_found(const struct att_mask *mask);
/* Forgets what was held back: another answer begins. */
void att_mask_restart(struct att_mask *mask);

#endif
