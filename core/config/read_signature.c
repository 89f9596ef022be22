/* core/config/read_signature.c: what a placement that signs the request may say: the words of its message and format.
 */
#include <string.h>

#include "core/config/reader.h"

/* A text of a configuration has no line ends in it, hence {newline}. */
static const char *const message_words[] = {"method", "scheme",      "host",      "path",  "query",  "target",
                                            "body",   "body_sha256", "timestamp", "nonce", "newline"};

/* The next {word} of a text and its size; NULL at the end, and where a brace has another use, which `broken` tells. */
static const char *next_word(const char **text, size_t *size, bool *broken)
{
    const char *open = *text + strcspn(*text, "{}"), *close = *open == '{' ? strpbrk(open + 1, "{}") : NULL;

    *broken = *open && (!close || *close != '}');
    *text = close ? close + 1 : open;
    *size = close ? (size_t)(close - open - 1) : 0;
    return *open && !*broken ? open + 1 : NULL;
}

static bool is_word(const char *word, size_t size, const char *wanted)
{
    return strlen(wanted) == size && memcmp(word, wanted, size) == 0;
}

static bool has_word(const char *text, const char *wanted)
{
    const char *word;
    size_t size;
    bool broken;

    while ((word = next_word(&text, &size, &broken)))
        if (is_word(word, size, wanted))
            return true;
    return false;
}

static bool check_message(struct att_reader *reader, const struct att_config_inject *inject, const char *what)
{
    const char *text = inject->sign.message, *word;
    size_t size, words = 0;
    bool broken;

    while ((word = next_word(&text, &size, &broken))) {
        bool known = false;
        for (size_t i = 0; i < ATT_COUNT(message_words); i++)
            known = known || is_word(word, size, message_words[i]);
        if (!known)
            break;
        words++;
    }
    if (!word && !broken && words)
        return true;
    ATT_REFUSE(
        reader, inject->place,
        "\"message\" in %s must be text around words in braces: {method} {scheme} {host} {path} {query} {target} "
        "{body} {body_sha256} {timestamp} {nonce} {newline}",
        what);
    return false;
}

/* What the upstream has to know of `word` it is told in a header or in the format. */
static bool check_told(struct att_reader *reader, const struct att_config_inject *inject, const char *what,
                       const char *word, const char *header)
{
    if (!has_word(inject->sign.message, word) || header || has_word(inject->format, word))
        return true;
    ATT_REFUSE(
        reader, inject->place,
        "\"message\" in %s has {%s}, which the upstream would not know: write %s = HEADER, or {%s} in \"format\"", what,
        word, word, word);
    return false;
}

bool att_read_signature(struct att_reader *reader, struct att_config_inject *inject, const char *what)
{
    size_t key_size;

    if (!inject->sign.message) {
        ATT_REFUSE(reader, inject->place,
                   "\"message\" is missing in %s: write what is signed, \"{method}{target}{body}\"", what);
        return false;
    }
    if (!inject->sign.key)
        inject->sign.key = "token";
    key_size = strspn(inject->sign.key, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (inject->sign.key[key_size] || key_size > 31) {
        ATT_REFUSE(reader, inject->place,
                   "\"key\" in %s must be the name of a part of the credential: 1 to 31 of a-z, 0-9 and _", what);
        return false;
    }
    if (has_word(inject->format, inject->sign.key)) {
        ATT_REFUSE(reader, inject->place,
                   "\"format\" in %s would send the key {%s} itself: take it out, or sign with "
                   "another part",
                   what, inject->sign.key);
        return false;
    }
    if (!has_word(inject->format, "signature")) {
        ATT_REFUSE(reader, inject->place, "\"format\" in %s must have {signature} in it", what);
        return false;
    }
    return check_message(reader, inject, what) &&
           check_told(reader, inject, what, "timestamp", inject->sign.timestamp) &&
           check_told(reader, inject, what, "nonce", inject->sign.nonce);
}
