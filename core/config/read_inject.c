/* core/config/read_inject.c: `inject`, the grammar of placements: in a grant, a stack, a provider's entry, and in what
 * a module says of its credential. */
#include <string.h>
#include <strings.h>

#include "core/config/reader.h"

enum { NAME_LIMIT = 127, FORMAT_LIMIT = 255, MESSAGE_LIMIT = 1024, KINDS = ATT_INJECT_HMAC + 1 };

/* One group with its words as the table reads them. */
struct keys {
    const char *names[KINDS]; /* of the kinds that are written as KIND = NAME */
    const char *format;
    struct att_config_sign sign;
    int kind; /* which of kind_words; -1: none */
    int payload, algorithm, encoding;
};

static const char *const kind_words[] = {"basic", "sigv4", "hmac", NULL};
static const enum att_inject_kind kinds_of_words[] = {ATT_INJECT_BASIC, ATT_INJECT_SIGV4, ATT_INJECT_HMAC};
static const char *const payload_words[] = {"signed", "unsigned", NULL};
static const char *const algorithm_words[] = {"sha256", "sha512", "sha1", NULL};
static const char *const encoding_words[] = {"hex", "base64", NULL};

#define TEXT_KEY(text, member, most)                                              \
    {                                                                             \
        text, ATT_KEY_TEXT, 0, offsetof(struct keys, member), 0, most, NULL, NULL \
    }
#define CHOICE_KEY(text, member, words)                                           \
    {                                                                             \
        text, ATT_KEY_CHOICE, 0, offsetof(struct keys, member), 0, 0, NULL, words \
    }

static const struct att_key inject_keys[] = {
    TEXT_KEY("header", names[ATT_INJECT_HEADER], NAME_LIMIT),
    TEXT_KEY("query", names[ATT_INJECT_QUERY], NAME_LIMIT),
    TEXT_KEY("cookie", names[ATT_INJECT_COOKIE], NAME_LIMIT),
    TEXT_KEY("form", names[ATT_INJECT_FORM], NAME_LIMIT),
    TEXT_KEY("json", names[ATT_INJECT_JSON], NAME_LIMIT),
    CHOICE_KEY("kind", kind, kind_words),
    TEXT_KEY("format", format, FORMAT_LIMIT),
    TEXT_KEY("region", sign.region, NAME_LIMIT),
    TEXT_KEY("service", sign.service, NAME_LIMIT),
    CHOICE_KEY("payload", payload, payload_words),
    TEXT_KEY("message", sign.message, MESSAGE_LIMIT),
    TEXT_KEY("key", sign.key, NAME_LIMIT),
    CHOICE_KEY("algorithm", algorithm, algorithm_words),
    CHOICE_KEY("encoding", encoding, encoding_words),
    TEXT_KEY("timestamp", sign.timestamp, NAME_LIMIT),
    TEXT_KEY("nonce", sign.nonce, NAME_LIMIT),
};

/* What messages call each kind, and which of the keys it has beside its own. */
static const struct {
    const char *written, *noun, *keys;
} kinds[KINDS] = {
    [ATT_INJECT_HEADER] = {"header", "header", " header format "},
    [ATT_INJECT_BASIC] = {"kind = \"basic\"", "user", " kind "},
    [ATT_INJECT_QUERY] = {"query", "query parameter", " query format "},
    [ATT_INJECT_COOKIE] = {"cookie", "cookie", " cookie format "},
    [ATT_INJECT_FORM] = {"form", "form field", " form format "},
    [ATT_INJECT_JSON] = {"json", "JSON member", " json format "},
    [ATT_INJECT_SIGV4] = {"kind = \"sigv4\"", "signature", " kind region service payload "},
    [ATT_INJECT_HMAC] = {"kind = \"hmac\"", "signature",
                         " kind header query format message key algorithm encoding timestamp nonce "},
};

/* ---- one placement ----------------------------------------------------------------------------------------------- */

/* A header that nothing else owns. */
static bool check_header(struct att_reader *reader, struct att_place place, const char *name, const char *noun,
                         const char *what)
{
    if (!att_text_is_token(name)) {
        ATT_REFUSE(reader, place, "the name of the %s in %s must be made of letters, digits and hyphens", noun, what);
        return false;
    }
    if (att_header_takes_credential(name))
        return true;
    ATT_REFUSE(reader, place, "header \"%s\" in %s belongs to the %s and cannot carry a credential: name another", name,
               what,
               att_header_is_connections(name)         ? "connection"
               : strncasecmp(name, "content-", 8) == 0 ? "body"
                                                       : "request");
    return false;
}

/* A dot leads into an object, so each of the names has at least one character. */
static bool is_path(const char *path)
{
    return *path != '.' && path[strlen(path) - 1] != '.' && !strstr(path, "..") && !att_text_has_control(path);
}

static bool check_name(struct att_reader *reader, const struct att_config_inject *inject, const char *what)
{
    bool sound = true;

    switch (inject->kind) {
    case ATT_INJECT_BASIC:
    case ATT_INJECT_SIGV4:
        return true;
    case ATT_INJECT_HEADER:
        return check_header(reader, inject->place, inject->name, "header", what);
    case ATT_INJECT_HMAC:
        if ((inject->sign.timestamp &&
             !check_header(reader, inject->place, inject->sign.timestamp, "timestamp's header", what)) ||
            (inject->sign.nonce && !check_header(reader, inject->place, inject->sign.nonce, "nonce's header", what)))
            return false;
        if (!inject->sign.in_query)
            return check_header(reader, inject->place, inject->name, "header", what);
        sound = !att_text_has_control(inject->name);
        break;
    case ATT_INJECT_COOKIE:
        sound = att_text_is_token(inject->name);
        break;
    case ATT_INJECT_QUERY:
    case ATT_INJECT_FORM:
        sound = !att_text_has_control(inject->name);
        break;
    case ATT_INJECT_JSON:
        if (is_path(inject->name))
            return true;
        ATT_REFUSE(reader, inject->place,
                   "the name of the JSON member in %s must be a name, or names with a dot between them: \"auth.key\"",
                   what);
        return false;
    }
    if (!sound)
        ATT_REFUSE(reader, inject->place, "the name of the %s in %s must be made of letters, digits and hyphens",
                   kinds[inject->sign.in_query ? ATT_INJECT_QUERY : inject->kind].noun, what);
    return sound;
}

/* Which kind the group is: false where it says none, or several. */
static bool find_kind(struct att_reader *reader, const struct keys *keys, const char *what,
                      struct att_config_inject *inject)
{
    int places = 0;
    bool hmac;

    for (int kind = 0; kind < KINDS; kind++) {
        if (!keys->names[kind])
            continue;
        inject->kind = (enum att_inject_kind)kind;
        inject->name = keys->names[kind];
        places++;
    }
    if (keys->kind < 0 && places == 1)
        return true;
    hmac = keys->kind >= 0 && kinds_of_words[keys->kind] == ATT_INJECT_HMAC;
    if (keys->kind >= 0 && places == hmac) {
        inject->sign.in_query = hmac && inject->kind == ATT_INJECT_QUERY;
        inject->kind = kinds_of_words[keys->kind];
        return true;
    }
    if (hmac)
        ATT_REFUSE(reader, inject->place, "%s must say one place for the signature: header = NAME or query = NAME",
                   what);
    else
        ATT_REFUSE(reader, inject->place,
                   "%s must say one place for the credential: header = NAME, query = NAME, cookie = NAME, form = NAME, "
                   "json = NAME or kind = \"basic\"; for several places write a list of groups",
                   what);
    return false;
}

static bool check_keys(struct att_reader *reader, const struct att_value *group, const char *what,
                       enum att_inject_kind kind)
{
    bool sound = true;

    for (size_t i = 0; i < ATT_COUNT(inject_keys); i++) {
        const char *name = inject_keys[i].name;
        const struct att_value *value = att_value_member(group, name);
        const char *at = value ? strstr(kinds[kind].keys, name) : NULL;
        if (!value || (at && at[-1] == ' ' && at[strlen(name)] == ' '))
            continue;
        ATT_REFUSE(reader, value->place, "\"%s\" in %s has no use with %s: remove it", name, what, kinds[kind].written);
        sound = false;
    }
    return sound;
}

static bool read_inject(struct att_reader *reader, const struct att_value *group, const char *what,
                        struct att_config_inject *inject)
{
    struct keys keys = {.kind = -1};
    size_t errors = reader->findings->errors;

    *inject = (struct att_config_inject){.place = group->place};
    att_read_keys(reader, group, what, inject_keys, ATT_COUNT(inject_keys), &keys);
    if (reader->findings->errors != errors)
        return false;
    inject->sign = keys.sign;
    if (!find_kind(reader, &keys, what, inject) || !check_keys(reader, group, what, inject->kind))
        return false;
    inject->sign.unsigned_payload = keys.payload != 0;
    inject->sign.algorithm = (enum att_sign_algorithm)keys.algorithm;
    inject->sign.encoding = (enum att_sign_encoding)keys.encoding;
    inject->format = keys.format ? keys.format : inject->kind == ATT_INJECT_HMAC ? "{signature}" : "{token}";
    if (!att_inject_format_is_sound(inject->format)) {
        ATT_REFUSE(
            reader, group->place,
            "\"format\" in %s must be text around a part of the credential in braces, such as \"Bearer {token}\"",
            what);
        return false;
    }
    return (inject->kind != ATT_INJECT_HMAC || att_read_signature(reader, inject, what)) &&
           check_name(reader, inject, what);
}

/* ---- lists of them ----------------------------------------------------------------------------------------------- */

enum { HEADERS = 3 };

/* The headers that a placement sets: how many. */
static size_t headers_of(const struct att_config_inject *inject, const char *headers[HEADERS])
{
    size_t count = 0;

    if (inject->kind == ATT_INJECT_BASIC || inject->kind == ATT_INJECT_SIGV4)
        headers[count++] = "authorization";
    if (inject->kind == ATT_INJECT_HEADER || (inject->kind == ATT_INJECT_HMAC && !inject->sign.in_query))
        headers[count++] = inject->name;
    if (inject->sign.timestamp)
        headers[count++] = inject->sign.timestamp;
    if (inject->sign.nonce)
        headers[count++] = inject->sign.nonce;
    return count;
}

static bool share_header(const struct att_config_inject *one, const struct att_config_inject *other)
{
    const char *ones[HEADERS], *others[HEADERS];
    size_t count = headers_of(one, ones), other_count = headers_of(other, others);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < other_count; j++)
            if (att_text_equal_nocase(ones[i], others[j]))
                return true;
    return false;
}

/* One member is the other, or an object in it. */
static bool share_member(const char *one, const char *other)
{
    size_t size = strlen(one), other_size = strlen(other), least = size < other_size ? size : other_size;
    const char *longer = size < other_size ? other : one;

    return strncasecmp(one, other, least) == 0 && (size == other_size || longer[least] == '.');
}

static bool is_query(const struct att_config_inject *inject)
{
    return inject->kind == ATT_INJECT_QUERY || (inject->kind == ATT_INJECT_HMAC && inject->sign.in_query);
}

/* Two credentials in one place would be one too many. */
static bool share_place(const struct att_config_inject *one, const struct att_config_inject *other)
{
    if (share_header(one, other))
        return true;
    if (is_query(one) && is_query(other))
        return strcmp(one->name, other->name) == 0;
    if (one->kind != other->kind)
        return false;
    if (one->kind == ATT_INJECT_JSON)
        return share_member(one->name, other->name);
    return one->kind == ATT_INJECT_FORM     ? att_text_equal_nocase(one->name, other->name)
           : one->kind == ATT_INJECT_COOKIE ? strcmp(one->name, other->name) == 0
                                            : false;
}

static bool is_signature(const struct att_config_inject *inject)
{
    return inject->kind == ATT_INJECT_SIGV4 || inject->kind == ATT_INJECT_HMAC;
}

/* Whether the list has room for one more of this kind and place. */
static bool check_beside(struct att_reader *reader, const struct att_config_inject *injects, size_t count,
                         const struct att_config_inject *inject, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        const struct att_config_inject *other = &injects[i];
        bool forms = (other->kind == ATT_INJECT_FORM && inject->kind == ATT_INJECT_JSON) ||
                     (other->kind == ATT_INJECT_JSON && inject->kind == ATT_INJECT_FORM);
        if (share_place(other, inject))
            ATT_REFUSE(reader, inject->place, "%s places the credential twice in one place: remove one of the two",
                       what);
        else if (forms)
            ATT_REFUSE(
                reader, inject->place,
                "%s places the credential in a form and in JSON, and a body is one of both: remove one of the two",
                what);
        else if (is_signature(other) && is_signature(inject))
            ATT_REFUSE(reader, inject->place, "%s signs the request twice: remove one of the two", what);
        else
            continue;
        return false;
    }
    return true;
}

void att_read_injects(struct att_reader *reader, const struct att_value *value, const char *what,
                      struct att_config_inject **injects, size_t *count)
{
    bool list = value->type == ATT_VALUE_LIST;
    size_t most = list ? value->count : 1;

    *count = 0;
    *injects = NULL;
    if (most > ATT_INJECTS) {
        ATT_REFUSE(reader, value->place, "%s has more than %d places: leave some out", what, ATT_INJECTS);
        return;
    }
    *injects = att_read_array(reader, most, sizeof **injects);
    for (size_t i = 0; *injects && i < most; i++) {
        const struct att_value *item = list ? value->items[i] : value;
        struct att_config_inject inject;

        if (item->type != ATT_VALUE_GROUP)
            ATT_REFUSE(reader, item->place, "%s must be a group, or a list of groups: { header = NAME; }", what);
        else if (read_inject(reader, item, what, &inject) && check_beside(reader, *injects, *count, &inject, what))
            (*injects)[(*count)++] = inject;
    }
}

void att_read_inject_of(struct att_reader *reader, const struct att_value *group, const char *what,
                        struct att_config_inject **injects, size_t *count)
{
    const struct att_value *value = att_value_member(group, "inject");
    const char *title = value ? att_pool_format(reader->pool, "inject of %s", what) : NULL;

    if (title)
        att_read_injects(reader, value, title, injects, count);
    else if (value)
        reader->findings->failed = true;
}
