/* spell.h: a text in the spellings of URLs, forms, JSON and base64: for sending it, and for finding it again. Each
 * function writes from `out` on and returns the end; there has to be room for what it says of `size`. `digits` are the
 * hexadecimal ones, in capital or in small letters. */
#ifndef ATT_SPELL_H
#define ATT_SPELL_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 3986: three for one at most. */
char *att_spell_percent(char *out, const char *text, size_t size, const char *digits);
/* application/x-www-form-urlencoded: three for one. The URL Standard and Java escape the tilde and not the asterisk;
 * Python and Go do it the other way round. */
char *att_spell_form(char *out, const char *text, size_t size, const char *digits, bool standard);

/* The inside of a JSON text (RFC 8259 section 7): six for one. `numbered` are the characters that are written by their
 * number too, which makes the text safe to stand in HTML. */
struct att_spell_json {
    const char *numbered, *digits;
    bool slash; /* is escaped */
    bool ascii; /* all else is written by number; the text is UTF-8 */
};
char *att_spell_json(char *out, const char *text, size_t size, const struct att_spell_json *style);

/* The characters of base64 that the text alone decides when `shift` bytes stand before it (0 to 2): of the first group
 * its later ones, then whole groups, then what the rest fills. Four for three, and two. */
char *att_spell_base64_inside(char *out, const char *text, size_t size, size_t shift, const char *alphabet);

#endif
