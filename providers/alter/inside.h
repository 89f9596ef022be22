/* inside.h: what the files of the client of the Alter service share. */
#ifndef PROVIDERS_ALTER_INSIDE_H
#define PROVIDERS_ALTER_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "providers/alter/alter.h"
#include "providers/alter/words.h"
#include "providers/json/json.h"

#define ALTER_FORMAT(string, first) __attribute__((format(printf, string, first)))
#define ALTER_COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- the profile: profile.c, profile_list.c ---------------------------------------------------------------------- */

#define ALTER_WORD_NAME(id, key, initial, kind) ALTER_##id,
enum alter_word { ALTER_WORDS(ALTER_WORD_NAME) ALTER_WORD_COUNT };

struct alter_text {
    const char *at; /* ends with NUL */
    size_t size;
};

/* What an error means to this client; all but REFRESHING are results. */
enum alter_meaning {
    ALTER_MEANS_REVOKED,
    ALTER_MEANS_EXPIRED,
    ALTER_MEANS_REAUTH,
    ALTER_MEANS_DENIED,
    ALTER_MEANS_LIMITED,
    ALTER_MEANS_NOT_FOUND,
    ALTER_MEANS_AMBIGUOUS,
    ALTER_MEANS_REFRESHING,
    ALTER_MEANS_UNAVAILABLE,
    ALTER_MEANS_BACKEND,
    ALTER_MEANS_PENDING,
    ALTER_MEANINGS
};

struct alter_rule {
    int status;       /* 403, or the hundreds of a class: 5 */
    const char *code; /* NULL: any */
    const char *policy;
    enum alter_meaning meaning;
    const char *advice; /* or NULL */
    int32_t line;
    bool has_status, has_result; /* a fault in one of them is told once */
};

enum { ALTER_PREFIXES = 16, ALTER_PARTS = 16, ALTER_DELAYS = 8, ALTER_RULES = 64 };

enum alter_part {
    PART_METHOD,
    PART_TARGET,
    PART_TIMESTAMP,
    PART_NONCE,
    PART_CONTENT,
    PART_CALLER,
    PART_TYPE,
    PART_ACTOR
};

struct alter_profile {
    struct alter_text words[ALTER_WORD_COUNT];
    int32_t lines[ALTER_WORD_COUNT]; /* where the site wrote them; 0: nowhere */
    const char *prefixes[ALTER_PREFIXES];
    enum alter_part parts[ALTER_PARTS];
    int64_t delays_ms[ALTER_DELAYS];
    struct alter_rule rules[ALTER_RULES];
    size_t prefix_count, part_count, delay_count, rule_count;
};

/* Memory of a client: one block for each text, freed at close. */
struct alter_block {
    struct alter_block *next;
    char bytes[];
};

/* What was learnt, under what was asked: a ring, in which the oldest gives way. */
enum { ALTER_NOTES = 32, ALTER_NOTE_SIZE = 128 };
struct alter_notes {
    pthread_mutex_t lock;
    struct alter_note {
        char name[ALTER_NOTE_SIZE], value[ALTER_NOTE_SIZE];
    } list[ALTER_NOTES];
    size_t count, oldest;
};

struct alter {
    const struct att_host *host;
    struct alter_block *blocks;
    struct alter_profile profile;
    const char *origin; /* "https://api.alterauth.com" */
    const char *prefix; /* what stands before each path: "", or "/alter" */
    struct att_secret *api_key, *signing_key;
    struct alter_crypto *crypto;
    struct evp_md_st *sha256;
    int64_t timeout_ms, attempt_ms, retries;
    bool allow_cookie;
    bool full;                    /* the service is told of requests with headers and bodies */
    struct alter_notes actors;    /* what the service calls a caller */
    struct alter_notes providers; /* whose a grant is */
    atomic_bool warned;           /* that the key is deprecated */
};

/* The values of alter-1, and what the site wrote over them. False with each fault told. */
bool alter_profile_read(struct alter *alter, const struct att_settings *settings);
/* One value of a list of the profile ("errors.0.code"). The sentence that refuses it, or NULL. */
const char *alter_profile_list(struct alter *alter, const struct att_datum *datum);
/* The sentence that refuses a rule that is complete, or NULL. */
const char *alter_rule_fault(const struct alter_rule *rule);
/* Whether what stands behind "http://" leads to this machine. alter.c */
bool alter_is_this_machine(const char *host, size_t size);
/* Whether a path has a segment "." or "..". alter.c */
bool alter_has_dots(const char *path);
/* A copy that lives as long as the client; NULL when memory is out. */
char *alter_keep(struct alter *alter, const char *text);

static inline const char *alter_word(const struct alter *alter, enum alter_word word)
{
    return alter->profile.words[word].at;
}

/* Whether the profile has this word at all. */
static inline bool alter_has(const struct alter *alter, enum alter_word word)
{
    return alter->profile.words[word].size != 0;
}

/* ---- what is written: write.c ------------------------------------------------------------------------------------ */

/* Text into memory that has an end. What would not fit is not written, and `failed` is set. */
struct alter_out {
    char *start, *at, *end;
    bool failed;
};

void alter_add(struct alter_out *out, const char *bytes, size_t size);
void alter_add_text(struct alter_out *out, const char *text);
void alter_add_number(struct alter_out *out, int64_t number);
/* All but what is unreserved, as in RFC 3986. */
void alter_add_encoded(struct alter_out *out, const char *text);
void alter_add_encoded_bytes(struct alter_out *out, const char *bytes, size_t size);
/* A text of JSON with its quotes. What is not UTF-8 becomes U+FFFD. */
void alter_add_json(struct alter_out *out, const char *bytes, size_t size);
void alter_add_escaped(struct alter_out *out, const char *bytes, size_t size); /* without the quotes */
/* The name of a member, with the comma before it where it is not the first. False where the profile leaves it out. */
bool alter_add_name(struct alter_out *out, const struct alter *alter, enum alter_word word);
/* A member, unless `text` is NULL or "", or the profile leaves it out. */
void alter_add_member(struct alter_out *out, const struct alter *alter, enum alter_word word, const char *text);
void alter_add_secret(struct alter_out *out, const struct alter *alter, enum alter_word word,
                      const struct att_secret *secret);
/* The URL of a request without its query. */
void alter_add_url(struct alter_out *out, const struct alter *alter, enum alter_word word,
                   const struct att_fetch *fetch);
/* An object of texts, unless it has none. */
void alter_add_facts(struct alter_out *out, const struct alter *alter, enum alter_word word,
                     const struct att_fact *facts);

/* A body, written by `write` into as much memory as it takes; `guess` is what it will likely take. CONFIG when it takes
 * more than 1 MiB, or NOMEM. */
typedef void alter_write(struct alter_out *out, const struct alter *alter, const void *context);
att_result alter_body(const struct alter *alter, size_t guess, alter_write *write, const void *context,
                      struct att_secret **body);

/* ---- signing: sign.c --------------------------------------------------------------------------------------------- */

enum { ALTER_DIGEST_SIZE = 65 };

struct alter_signature {
    char timestamp[24], nonce[33], content[ALTER_DIGEST_SIZE], signature[ALTER_DIGEST_SIZE];
};

struct alter_signed {
    const char *method, *target, *caller, *caller_type, *actor;
    const struct att_secret *body; /* or NULL */
};

/* The key that signs, from the API key. False when memory is out or libcrypto refuses, or is not there: then `lacks`
 * is the name of the library. */
bool alter_signing_open(struct alter *alter, const char **lacks);
void alter_signing_close(struct alter *alter);
bool alter_sign(const struct alter *alter, const struct alter_signed *what, struct alter_signature *signature);
/* `size` random bytes. */
bool alter_random(void *bytes, size_t size);

/* ---- notes: notes.c ---------------------------------------------------------------------------------------------- */

void alter_notes_open(struct alter_notes *notes);
void alter_notes_close(struct alter_notes *notes);
/* What was noted under that name, in `value`; "" when nothing was. */
void alter_notes_get(struct alter_notes *notes, const char *name, char value[ALTER_NOTE_SIZE]);
/* Nothing is noted that is too long, or "". */
void alter_notes_put(struct alter_notes *notes, const char *name, const char *value);

/* ---- calls: call.c ----------------------------------------------------------------------------------------------- */

enum { ALTER_TARGET_SIZE = 8192, ALTER_ANSWER_LIMIT = 256 << 10, ALTER_LARGE_ANSWER = 1 << 20 };

struct alter_answer {
    int status;
    struct json_value json; /* of a 2xx answer an object; of others what it is, absent where it is no JSON */
    bool unsound;           /* set by a reader of an answer that may come out better when it is asked for again */
};

struct alter_call {
    struct alter *alter;
    const struct att_fetch *who;
    enum alter_word method;
    const char *target;               /* path and query, from "/" on */
    const struct att_secret *body;    /* or NULL; then the user's token goes into a header */
    const struct att_secret *session; /* its token, where the body has it; or NULL */
    size_t answer_limit;
    bool repeats;      /* asking twice is as good as asking once: each attempt has its own time */
    const char *doubt; /* what to see before it is asked again, where the backend may have acted on it; or NULL */
    bool any_answer;   /* what a 2xx says is not looked at */
    /* Reads a 2xx answer; what is refused has its sentence set. */
    att_result (*read)(struct alter_call *call, struct alter_answer *answer);
    void *context; /* of `read` */
};

/* Asks, again where that may help and time is left, and has the answer read. */
att_result alter_call(struct alter_call *call);
/* The same with a body; see alter_body(). */
att_result alter_call_with(struct alter_call *call, size_t guess, alter_write *write, const void *context);
/* A path of the profile with `id` in the place of what is in braces; NOT_FOUND where it can be no id. */
att_result alter_target(const struct alter_call *call, enum alter_word path, const char *id,
                        char target[ALTER_TARGET_SIZE]);
att_result alter_too_long(const struct alter_call *call);

/* ---- failures: failure.c ----------------------------------------------------------------------------------------- */

/* Sets the sentence and returns the result. */
att_result alter_fail(const struct alter_call *call, att_result result, const char *format, ...) ALTER_FORMAT(3, 4);
/* BACKEND, since the answer is none: `what` is wrong with it. */
att_result alter_unsound(const struct alter_call *call, struct alter_answer *answer, const char *format, ...)
    ALTER_FORMAT(3, 4);
/* The rule that an answer with an error matches; never NULL. */
const struct alter_rule *alter_failure_rule(const struct alter *alter, const struct alter_answer *answer);
/* A text of an answer that can be told, or "": without what a terminal might obey, and not where it repeats a secret.
 */
void alter_take_text(const struct alter_call *call, struct json_value value, char *room, size_t size);
/* Whether an answer that names what it is about, a grant or the like, is about what was asked for. */
att_result alter_check_subject(const struct alter_call *call, struct alter_answer *answer, enum alter_word word,
                               struct json_value value, const char *asked, const char *kind);
/* Tells the host all that the answer says, and returns the result. */
att_result alter_failure_say(const struct alter_call *call, const struct alter_answer *answer,
                             const struct alter_rule *rule, int64_t retry_after_ms);

/* ---- reading: read.c --------------------------------------------------------------------------------------------- */

struct alter_wanted {
    enum alter_word word;
    struct json_value value; /* absent where it is null, too */
};

/* Fills in the values of an object's members, in one walk. */
void alter_read(const struct alter *alter, struct json_value object, struct alter_wanted *wanted, size_t count);
/* A text that begins as the value does, cut off at a character, without what a terminal might obey. False when the
 * value is no text. */
bool alter_read_words(struct json_value value, char *room, size_t size);
/* A number, at the end of int64_t where it is beyond, cut to whole. False when it is none. */
bool alter_read_number(struct json_value value, int64_t *number);
/* A time in RFC 3339, in UTC where it has no zone; or Unix seconds. */
bool alter_read_time(struct json_value value, int64_t *seconds);

/* Lists each grant of a list; how many there were, also of a list that is refused in the middle. grants.c */
att_result alter_read_grants(const struct alter_call *call, struct alter_answer *answer, struct json_value list,
                             struct att_grant_page *page, int64_t *count);

/* ---- placing: place.c -------------------------------------------------------------------------------------------- */

/* Takes the parts beside the token, says where all of it goes, and finds its kind: "oauth", "api_key" or "aws". */
struct alter_places {
    struct json_value header, format, credentials, injections;
};
att_result alter_place(struct alter_call *call, struct alter_answer *answer, const struct alter_places *places,
                       struct att_credential *credential, const char **kind);
/* Takes a text of the answer as a part of the credential. */
att_result alter_take_part(const struct alter_call *call, struct att_credential *credential, const char *part,
                           struct json_value value);

#endif
