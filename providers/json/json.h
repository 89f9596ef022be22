/* json.h: reading JSON answers that hold secrets, where they are: in the bytes of a host's secret.
 *
 * A library such as jansson makes a tree of the text, and with it a copy of every secret in ordinary memory that it
 * frees without wiping. This reader allocates nothing. The whole text is checked first; a value is then a slice of it,
 * and texts are unescaped only into host secrets, or into a room of the caller's when they are none.
 *
 * Strict RFC 8259, and narrower: UTF-8 only, no NUL (nor \u0000), no lone surrogate, no name twice in an object, one
 * value and nothing behind it but blanks; at most 16 levels, 256 members of one object, and 256 bytes of a name. */
#ifndef PROVIDERS_JSON_H
#define PROVIDERS_JSON_H

#include <stdbool.h>

#include <attache/module.h>

enum { JSON_LEVELS = 16, JSON_MEMBERS = 256, JSON_NAME_SIZE = 256 };

enum json_kind {
    JSON_IS_ABSENT,
    JSON_IS_OBJECT,
    JSON_IS_LIST,
    JSON_IS_TEXT,
    JSON_IS_NUMBER,
    JSON_IS_TRUE,
    JSON_IS_FALSE,
    JSON_IS_NULL
};

/* One value of a checked text: its own bytes, without blanks around. Good as long as the text. */
struct json_value {
    const char *at; /* NULL: there is none */
    size_t size;
};

/* What is wrong, in words that can end a sentence ("a name stands twice"), and at which byte. It quotes nothing. */
struct json_fault {
    const char *what;
    size_t at;
};

/* Checks all of the text. True with the one value it is; all other functions take values of a checked text only. */
bool json_open(const void *bytes, size_t size, struct json_value *value, struct json_fault *fault);

enum json_kind json_kind_of(struct json_value value);

/* The member of that name, or one that is absent; absent too where `object` is no object. */
struct json_value json_member(struct json_value object, const char *name);

/* The members of an object or the items of a list, in order. False at the end. `name` is absent in lists, and may be
 * NULL. */
struct json_walk {
    const char *at, *end;
};
struct json_walk json_walk_of(struct json_value value);
bool json_step(struct json_walk *walk, struct json_value *name, struct json_value *value);

/* What a text is without its quotes and escapes. */
bool json_text_is(struct json_value value, const char *text);
/* Into `room`, which ends with a NUL then. False when the value is no text, or too long for it. Not for secrets. */
bool json_text_copy(struct json_value value, char *room, size_t size);
/* Appends it to a secret. False when the value is no text, or does not fit. `value.size` bytes are always enough. */
bool json_text_append(const struct att_host *host, struct json_value value, struct att_secret *secret);
/* A new secret for the caller to destroy. NULL when the value is no text or secret memory is out. */
struct att_secret *json_text_secret(const struct att_host *host, struct json_value value);

/* An integer in plain digits; false for all else, also for what int64_t does not hold. */
bool json_whole_number(struct json_value value, int64_t *number);

/* RFC 3339, and ISO 8601 with "+0100": Unix seconds. With `utc` a time without a zone is UTC, and else it is none. */
bool json_time_read(const char *text, bool utc, int64_t *seconds);

/* Appends a text as JSON, with its quotes. Bytes that are not UTF-8 become U+FFFD. False when it does not fit. */
bool json_write_text(const struct att_host *host, struct att_secret *secret, const char *text);

/* ---- what the files of this folder share ------------------------------------------------------------------------- */

/* The size of the UTF-8 sequence at `at`, of which `left` bytes are there; 0 when there is none (RFC 3629). */
size_t json_character(const unsigned char *at, size_t left);
/* The four hex digits at `at`, or -1. */
long json_hex(const unsigned char *at);
/* The bytes that the next character of a checked text stands for, in `bytes`, and how many; 0 at its closing quote.
 * `*at` moves on. */
size_t json_unescape(const char **at, char bytes[4]);

#endif
