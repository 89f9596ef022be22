/* base.h: what every file of the core may use: bounded buffer, region memory, JSON text, clocks, small text tests. */
#ifndef ATT_BASE_H
#define ATT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATT_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ATT_FORMAT(string, first) __attribute__((format(printf, string, first)))

/* ---- buffer: the only way to build text of unknown length. ------------------------------------------------------
 *
 * Grows up to `limit`. The first failure (limit or memory) sticks: later appends do nothing, and att_buffer_ok() tells.
 * The content always ends with a NUL that does not count. Not for secrets: growth leaves copies behind. */
struct att_buffer {
    char *data;
    size_t size;
    size_t capacity;
    size_t limit;
    bool failed;  /* the limit was reached, or */
    bool starved; /* memory ran out */
};

void att_buffer_open(struct att_buffer *buffer, size_t limit);
void att_buffer_close(struct att_buffer *buffer);
void att_buffer_clear(struct att_buffer *buffer); /* empties, forgets a failure, keeps the memory */
bool att_buffer_ok(const struct att_buffer *buffer);
void att_buffer_add(struct att_buffer *buffer, const void *bytes, size_t size);
void att_buffer_text(struct att_buffer *buffer, const char *text);
void att_buffer_char(struct att_buffer *buffer, char character);
void att_buffer_number(struct att_buffer *buffer, int64_t number);
void att_buffer_hex(struct att_buffer *buffer, const void *bytes, size_t size); /* lower case */
void att_buffer_format(struct att_buffer *buffer, const char *format, ...) ATT_FORMAT(2, 3);
/* Ensures `size` more bytes and returns where they start, or NULL; att_buffer_advance() takes them in. */
char *att_buffer_reserve(struct att_buffer *buffer, size_t size);
void att_buffer_advance(struct att_buffer *buffer, size_t size);

/* JSON text (RFC 8259) into a buffer. Control characters are escaped; bytes that are not UTF-8 become U+FFFD, so the
 * output is always valid. att_json_text writes the quotes; NULL is written as null. */
void att_json_text(struct att_buffer *buffer, const char *text);
void att_json_text_size(struct att_buffer *buffer, const char *text, size_t size);
/* The same without the quotes, for a text that is written in pieces; a piece must not end within a UTF-8 sequence. */
void att_json_content(struct att_buffer *buffer, const char *text, size_t size);
/* How many bytes at the start of the text stand for themselves in JSON. */
size_t att_json_plain(const char *text, size_t size);
/* "name": or ,"name": depending on what stands before it. `name` is trusted ASCII. */
void att_json_name(struct att_buffer *buffer, const char *name);
/* att_json_name and the value in one call; att_json_member leaves NULL out. */
void att_json_member(struct att_buffer *buffer, const char *name, const char *text);
void att_json_member_number(struct att_buffer *buffer, const char *name, int64_t number);

/* ---- pool: memory that is freed all at once. ---------------------------------------------------------------------
 *
 * A snapshot of the configuration and a running request each have one. Not for secrets. Not thread-safe. Allocation
 * gives NULL only when memory is out. */
struct att_pool;
struct att_pool *att_pool_create(void);
void att_pool_destroy(struct att_pool *pool);
void *att_pool_take(struct att_pool *pool, size_t size);      /* zeroed, aligned for any type */
char *att_pool_text(struct att_pool *pool, const char *text); /* NULL gives NULL */
char *att_pool_text_size(struct att_pool *pool, const char *text, size_t size);
/* A copy of a list that ends with NULL. */
const char *const *att_pool_texts(struct att_pool *pool, const char *const *texts);
char *att_pool_format(struct att_pool *pool, const char *format, ...) ATT_FORMAT(2, 3);
/* A list of the pool with room for one item more than `count`: the same, or a larger copy. NULL when memory is out. */
void *att_pool_room(struct att_pool *pool, void *list, size_t count, size_t *capacity, size_t item_size);

/* ---- clocks. ----------------------------------------------------------------------------------------------------- */
#define ATT_NS_PER_S INT64_C(1000000000)
#define ATT_NS_PER_MS INT64_C(1000000)

int64_t att_clock_monotonic_ns(void); /* for windows and deadlines */
int64_t att_clock_wall_us(void);      /* for expiry and records */

/* RFC 3339 UTC with microseconds: 2026-11-22T15:42:20.123456Z, 27 characters and a NUL. */
#define ATT_TIME_TEXT_SIZE 28
void att_time_text(int64_t wall_us, char text[ATT_TIME_TEXT_SIZE]);
/* Reads an RFC 3339 time with any fraction and offset; false if it is none. */
bool att_time_parse(const char *text, int64_t *wall_us);

/* What Retry-After says (RFC 9110 section 10.2.3): milliseconds from `now_us` on the wall clock; -1: nothing. */
int64_t att_retry_after_ms(const char *value, int64_t now_us);

/* ---- text. ------------------------------------------------------------------------------------------------------- */
bool att_text_equal(const char *left, const char *right);        /* NULL equals NULL only */
bool att_text_equal_nocase(const char *left, const char *right); /* ASCII case */
bool att_text_is_token(const char *text); /* RFC 9110 section 5.6.2: method and field names; not empty */
bool att_text_is_token_size(const char *text, size_t size);
bool att_text_is_field_value(const char *text,
                             size_t size);   /* visible characters, blanks, tabs, obs-text: no controls */
bool att_text_has_control(const char *text); /* any of 0x01..0x1f, 0x7f */
/* Header fields of the connection, of the message's frame, or of a proxy (RFC 9110 sections 6.6, 7.6 and 10.1.1, RFC
 * 9112 section 6): they are set where the message is sent. */
bool att_header_is_connections(const char *name);
/* With which one request is sent and another is meant: another method, or another URL. */
bool att_header_means_another(const char *name);
/* Whether a credential can be in it: what is none of these, says nothing of bodies, which are searched for what is
 * secret, nor whose request it is. */
bool att_header_takes_credential(const char *name);
bool att_text_is_utf8(const char *text, size_t size);
/* Copies at most size - 1 bytes of text, of which no more than `limit` are read; what a terminal might obey, and what
 * is no UTF-8, as \xNN. */
void att_text_escape(char *to, size_t size, const char *from, size_t limit);
/* A UUID with capital letters is the same grant to its backend (RFC 9562 section 4), and another text to the rules. */
bool att_text_is_uuid_in_capitals(const char *text);

/* Base64 without a NUL: att_base64_encode writes att_base64_size(size) characters. */
size_t att_base64_size(size_t size);
void att_base64_encode(char *out, const void *bytes, size_t size);
/* Decodes either alphabet of RFC 4648, padded or not, into at most size / 4 * 3 + 2 bytes. False when it is neither. */
bool att_base64_decode(char *out, const char *text, size_t size, size_t *decoded);

/* Glob over text: `*` any run of characters but `/`, `**` any run at all, `?` one character but `/`. `\` is no escape.
 */
bool att_glob_match(const char *pattern, const char *text);
bool att_glob_is_pattern(const char *text); /* has a wildcard in it */

#endif
