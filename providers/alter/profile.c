/* providers/alter/profile.c: the words of the wire profile: those of alter-1, and what a site wrote over them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

enum kind {
    IS_TEXT,
    IS_WORD,
    IS_URL,
    IS_METHOD,
    IS_PATH,
    IS_PAGE,
    IS_HEADER,
    IS_HEADER_NEEDED,
    IS_FIELD,
    IS_FIELD_NEEDED
};
enum { NAME_LIMIT = 64, TEXT_LIMIT = 256, SENTENCE_SIZE = 480 };

static const struct {
    const char *key, *initial;
    enum kind kind;
} words[ALTER_WORD_COUNT] = {
#define ENTRY(id, key, initial, kind) {key, initial, IS_##kind},
    ALTER_WORDS(ENTRY)
#undef ENTRY
};

/* In the words of a profile, so that they are read as a site's are. */
static const struct att_datum lists[] = {
    {"key_prefixes.0", "alter_rk_", ATT_OPTION_TEXT, 0},  {"key_prefixes.1", "alter_ak_", ATT_OPTION_TEXT, 0},
    {"key_prefixes.2", "alter_dk_", ATT_OPTION_TEXT, 0},  {"key_prefixes.3", "alter_pk_", ATT_OPTION_TEXT, 0},
    {"key_prefixes.4", "alter_key_", ATT_OPTION_TEXT, 0}, {"signing.parts.0", "method", ATT_OPTION_TEXT, 0},
    {"signing.parts.1", "target", ATT_OPTION_TEXT, 0},    {"signing.parts.2", "timestamp", ATT_OPTION_TEXT, 0},
    {"signing.parts.3", "nonce", ATT_OPTION_TEXT, 0},     {"signing.parts.4", "content_hash", ATT_OPTION_TEXT, 0},
    {"refresh_delays.0", "1s", ATT_OPTION_TEXT, 0},       {"refresh_delays.1", "2s", ATT_OPTION_TEXT, 0},
    {"refresh_delays.2", "4s", ATT_OPTION_TEXT, 0},
};

#define PROXY_ONLY "send it with --by-backend, so that a human can decide"

static const struct alter_rule rules[] = {
    {.status = 400, .code = "credential_revoked", .meaning = ALTER_MEANS_REVOKED},
    {.status = 400, .code = "grant_revoked", .meaning = ALTER_MEANS_REVOKED},
    {.status = 400, .code = "hitl_grant_requires_proxy", .meaning = ALTER_MEANS_BACKEND, .advice = PROXY_ONLY},
    {.status = 400,
     .code = "restricted_grant_requires_proxy",
     .meaning = ALTER_MEANS_BACKEND,
     .advice = "send it with --by-backend: its grant is restricted"},
    {.status = 401,
     .code = "invalid_key",
     .meaning = ALTER_MEANS_BACKEND,
     .advice = "check the API key of the provider"},
    {.status = 401,
     .code = "key_revoked",
     .meaning = ALTER_MEANS_BACKEND,
     .advice = "put another API key in the place of this one"},
    {.status = 401,
     .code = "invalid_signature",
     .meaning = ALTER_MEANS_BACKEND,
     .advice = "check the API key of the provider and its profile"},
    {.status = 401, .code = "clock_skew", .meaning = ALTER_MEANS_BACKEND, .advice = "set the clock of this machine"},
    {.status = 401, .code = "replayed", .meaning = ALTER_MEANS_BACKEND},
    {.status = 401, .meaning = ALTER_MEANS_REAUTH, .advice = "sign the user in again"},
    {.status = 403, .code = "grant_expired", .meaning = ALTER_MEANS_EXPIRED},
    {.status = 403,
     .code = "insufficient_scope",
     .meaning = ALTER_MEANS_BACKEND,
     .advice = "give the API key the scopes that are missing"},
    {.status = 403, .policy = "rate_limit_exceeded", .meaning = ALTER_MEANS_LIMITED},
    {.status = 403, .meaning = ALTER_MEANS_DENIED},
    {.status = 404, .meaning = ALTER_MEANS_NOT_FOUND},
    {.status = 409, .code = "ambiguous_grant", .meaning = ALTER_MEANS_AMBIGUOUS},
    {.status = 409, .code = "token_refresh_in_progress", .meaning = ALTER_MEANS_REFRESHING},
    {.status = 410, .meaning = ALTER_MEANS_REVOKED},
    {.status = 429, .meaning = ALTER_MEANS_UNAVAILABLE},
    {.status = 5, .meaning = ALTER_MEANS_UNAVAILABLE},
};

/* ---- memory and sentences ---------------------------------------------------------------------------------------- */

char *alter_keep(struct alter *alter, const char *text)
{
    size_t size = strlen(text) + 1;
    struct alter_block *block = alter->host->allocate(alter->host, sizeof *block + size);

    if (!block)
        return NULL;
    memcpy(block->bytes, text, size);
    block->next = alter->blocks;
    alter->blocks = block;
    return block->bytes;
}

static bool ALTER_FORMAT(4, 5)
    refuse(const struct alter *alter, const struct att_settings *settings, int32_t line, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    alter->host->data_failed(settings, "profile", line, sentence);
    return false;
}

/* ---- one word ---------------------------------------------------------------------------------------------------- */

static bool is_made_of(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* What a member's name may be, so that it stands in JSON as it is. */
static bool is_field(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at < 0x20 || *at > 0x7e || *at == '"' || *at == '\\')
            return false;
    return strlen(text) <= NAME_LIMIT;
}

/* What HTTP and this program say of a request themselves. */
static bool is_taken(const char *header)
{
    static const char *const names[] = {"accept",
                                        "accept-encoding",
                                        "connection",
                                        "content-encoding",
                                        "content-length",
                                        "content-type",
                                        "expect",
                                        "host",
                                        "http2-settings",
                                        "keep-alive",
                                        "te",
                                        "trailer",
                                        "transfer-encoding",
                                        "upgrade"};

    for (size_t i = 0; i < ALTER_COUNT(names); i++)
        if (strcasecmp(names[i], header) == 0)
            return true;
    return strncasecmp(header, "proxy-", 6) == 0;
}

static const char *header_fault(const char *text)
{
    if (!is_made_of(text, LETTERS "-_") || strlen(text) > NAME_LIMIT)
        return "is no name of a header; write letters, digits and hyphens";
    return is_taken(text) ? "is a header that HTTP or this program sets itself; write another" : NULL;
}

/* Why a text is no word of its kind, or NULL. What a URL may be is seen when it is used. */
static const char *fault_of(enum kind kind, const char *text)
{
    if (kind == IS_URL)
        return NULL;
    if (strlen(text) > TEXT_LIMIT)
        return "is longer than 256 bytes; shorten it";
    if (!*text && kind != IS_WORD && kind != IS_HEADER && kind != IS_FIELD)
        return "is empty, and cannot be left out; write what the service calls it";
    switch (kind) {
    case IS_TEXT:
    case IS_WORD:
    case IS_URL:
        return NULL;
    case IS_METHOD:
        return is_made_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") ? NULL
                                                              : "is no method; write one as in \"POST\", in capitals";
    case IS_PATH:
    case IS_PAGE:
        if (*text != '/' || !is_made_of(text, LETTERS "-._~/{}=?&:@#") || (kind == IS_PATH && strchr(text, '#')))
            return "is no path; begin it with \"/\", and write letters, digits and -._~/=?&:@ alone";
        return alter_has_dots(text) ? "has a segment \".\" or \"..\"; write the path that it leads to" : NULL;
    case IS_HEADER:
    case IS_HEADER_NEEDED:
        return header_fault(text);
    case IS_FIELD:
    case IS_FIELD_NEEDED:
        break;
    }
    return is_field(text) ? NULL : "is no name of a member; write up to 64 printable characters without \" and \\";
}

/* What is replaced in a path is what is replaced in that of alter-1, and stands there once. */
static bool check_hole(const struct alter *alter, const struct att_settings *settings, enum alter_word word,
                       const struct att_datum *datum)
{
    const char *initial = words[word].initial, *hole = strchr(initial, '{');
    size_t size = hole ? strcspn(hole, "}") + 1 : 0;
    const char *brace = datum->text + strcspn(datum->text, "{}");

    if (strncmp(brace, hole ? hole : "", size) == 0 && !strpbrk(brace + size, "{}"))
        return true;
    if (!hole)
        return refuse(alter, settings, datum->line,
                      "%s = \"%.60s\" has braces, and nothing is replaced in it; leave them out", words[word].key,
                      datum->text);
    return refuse(alter, settings, datum->line,
                  "%s = \"%.60s\" must have %.*s once, and no other braces; write it as in \"%s\"", words[word].key,
                  datum->text, (int)size, hole, initial);
}

static bool set_word(struct alter *alter, enum alter_word word, const char *text, int32_t line)
{
    text = alter_keep(alter, text);
    if (!text)
        return false;
    alter->profile.words[word] = (struct alter_text){text, strlen(text)};
    alter->profile.lines[word] = line;
    return true;
}

static bool take_word(struct alter *alter, const struct att_settings *settings, enum alter_word word,
                      const struct att_datum *datum)
{
    const char *fault =
        datum->type == ATT_OPTION_TEXT ? fault_of(words[word].kind, datum->text) : "must be text; write it in quotes";

    if (fault)
        return refuse(alter, settings, datum->line, "%s = \"%.60s\" %s", words[word].key, datum->text, fault);
    if ((words[word].kind == IS_PATH || words[word].kind == IS_PAGE) && !check_hole(alter, settings, word, datum))
        return false;
    if (!set_word(alter, word, datum->text, datum->line))
        return refuse(alter, settings, datum->line, "out of memory");
    return true;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static const char *const list_names[] = {"key_prefixes", "signing.parts", "refresh_delays", "errors"};

/* Whether `name` is of something inside of `outer`. */
static bool is_inside(const char *name, const char *outer)
{
    size_t size = strlen(outer);

    return strncmp(name, outer, size) == 0 && name[size] == '.';
}

/* "key_prefixes.0", or "errors.0.code". */
static bool is_of_list(const char *name)
{
    for (size_t i = 0; i < ALTER_COUNT(list_names); i++)
        if (is_inside(name, list_names[i])) {
            const char *number = name + strlen(list_names[i]) + 1;
            size_t digits = strspn(number, "0123456789");

            return digits && number[digits] == (strcmp(list_names[i], "errors") == 0 ? '.' : '\0');
        }
    return false;
}

/* It is a word that is not known, or stands where something else has to. */
static bool refuse_name(const struct alter *alter, const struct att_settings *settings, const struct att_datum *datum)
{
    for (size_t i = 0; i < ALTER_COUNT(list_names); i++)
        if (strcmp(datum->name, list_names[i]) == 0 || is_inside(datum->name, list_names[i]))
            return refuse(alter, settings, datum->line,
                          "\"%s\" must be a list; write one as alter-1.conf among the documentation has it",
                          list_names[i]);
    for (size_t word = 0; word < ALTER_WORD_COUNT; word++) {
        if (is_inside(words[word].key, datum->name))
            return refuse(alter, settings, datum->line, "\"%.100s\" must be a group; write its words in { }",
                          datum->name);
        if (is_inside(datum->name, words[word].key))
            return refuse(alter, settings, datum->line, "\"%s\" must be text; write it in quotes", words[word].key);
    }
    return refuse(alter, settings, datum->line,
                  "\"%.100s\" is no word of a profile; correct it, alter-1.conf among the documentation has all of "
                  "them",
                  datum->name);
}

static bool take_datum(struct alter *alter, const struct att_settings *settings, const struct att_datum *datum)
{
    const char *fault;

    for (size_t word = 0; word < ALTER_WORD_COUNT; word++)
        if (strcmp(words[word].key, datum->name) == 0)
            return take_word(alter, settings, (enum alter_word)word, datum);
    if (!is_of_list(datum->name))
        return refuse_name(alter, settings, datum);
    fault = alter_profile_list(alter, datum);
    return !fault || refuse(alter, settings, datum->line, "%.60s = \"%.60s\" %s", datum->name, datum->text, fault);
}

/* Whether the site writes this list, and so has none of the built-in one. */
static bool writes_list(const struct att_datum *data, const char *list)
{
    size_t size = strcspn(list, "0123456789");

    for (; data->name; data++)
        if (strncmp(data->name, list, size) == 0)
            return true;
    return false;
}

static bool set_initial(struct alter *alter, const struct att_datum *data)
{
    struct alter_profile *profile = &alter->profile;

    for (size_t word = 0; word < ALTER_WORD_COUNT; word++)
        profile->words[word] = (struct alter_text){words[word].initial, strlen(words[word].initial)};
    for (size_t i = 0; i < ALTER_COUNT(lists); i++)
        if (!writes_list(data, lists[i].name) && alter_profile_list(alter, &lists[i]))
            return false;
    if (!writes_list(data, "errors.")) {
        memcpy(profile->rules, rules, sizeof rules);
        profile->rule_count = ALTER_COUNT(rules);
    }
    return true;
}

/* Two members of one request under one name would make an object that no strict reader takes, and of two headers the
 * service would read either. */
static bool are_beside(size_t one, size_t other)
{
    const char *request = strstr(words[one].key, ".request.");

    if (one >= ALTER_HEADERS_KEY && other <= ALTER_HEADERS_ACTOR)
        return true;
    if (one == ALTER_HEADERS_ACTOR_GIVEN && other == ALTER_HEADERS_DEPRECATED)
        return true;
    return request &&
           strncmp(words[one].key, words[other].key, (size_t)(request - words[one].key) + strlen(".request.")) == 0;
}

static bool is_same(size_t one, const char *name, const char *other)
{
    return one <= ALTER_HEADERS_DEPRECATED ? strcasecmp(name, other) == 0 : strcmp(name, other) == 0;
}

static bool check_names(const struct alter *alter, const struct att_settings *settings)
{
    const struct alter_profile *profile = &alter->profile;
    bool good = true;

    for (size_t one = 0; one < ALTER_WORD_COUNT; one++)
        for (size_t other = one + 1; profile->words[one].size && other < ALTER_WORD_COUNT; other++)
            if (are_beside(one, other) && is_same(one, profile->words[one].at, profile->words[other].at))
                good = refuse(alter, settings, profile->lines[profile->lines[other] ? other : one],
                              "%s and %s have the same name \"%s\"; give each its own", words[one].key,
                              words[other].key, profile->words[one].at);
    return good;
}

static bool check_whole(const struct alter *alter, const struct att_settings *settings)
{
    const struct alter_profile *profile = &alter->profile;
    bool good = check_names(alter, settings);

    if (strcmp(alter_word(alter, ALTER_SIGNING_ENCODING), "hex") != 0 &&
        strcmp(alter_word(alter, ALTER_SIGNING_ENCODING), "base64") != 0)
        good = refuse(alter, settings, profile->lines[ALTER_SIGNING_ENCODING],
                      "signing.encoding = \"%.60s\" is none; write \"hex\" or \"base64\"",
                      alter_word(alter, ALTER_SIGNING_ENCODING));
    for (size_t i = 0; i < profile->rule_count; i++) {
        const char *fault = alter_rule_fault(&profile->rules[i]);

        if (fault)
            good = refuse(alter, settings, profile->rules[i].line, "errors.%zu %s", i, fault);
    }
    return good;
}

bool alter_profile_read(struct alter *alter, const struct att_settings *settings)
{
    const struct att_datum *data = alter->host->setting_data(settings, "profile");
    bool good = set_initial(alter, data);

    if (!good)
        return refuse(alter, settings, 0, "out of memory");
    for (; data->name; data++)
        good = take_datum(alter, settings, data) && good;
    return check_whole(alter, settings) && good;
}
