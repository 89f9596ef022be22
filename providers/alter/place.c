/* providers/alter/place.c: where the credential goes: a header and its format, more headers and query parameters, or a
 * signature of AWS. The service says it, and what it says is checked as if somebody else had. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

enum { NAME_SIZE = 128, FORMAT_SIZE = 256, PART_SIZE = 32, PARTS = 15, GROUPS = 8, TEXT_SIZE = 4096 };

/* One entry of the additional credentials, as a part of the credential. */
struct part {
    struct json_value name;
    char part[PART_SIZE];
};

/* One answer while its places are read. */
struct placing {
    struct alter_call *call;
    struct alter_answer *answer;
    struct att_credential *credential;
    struct part parts[PARTS];
    size_t part_count;
    char headers[GROUPS][NAME_SIZE]; /* that are taken */
    size_t header_count, group_count;
    char text[TEXT_SIZE]; /* the placement, in the words of attache.conf(5) */
    struct alter_out out;
};

att_result alter_take_part(const struct alter_call *call, struct att_credential *credential, const char *part,
                           struct json_value value)
{
    const struct att_host *host = call->alter->host;
    struct att_secret *secret;
    const unsigned char *bytes;
    size_t size;
    bool breaks;

    if (!memchr(value.at, '\\', value.size)) {
        host->credential_material(credential, part, value.at + 1, value.size - 2);
        return ATT_RESULT_OK;
    }
    secret = json_text_secret(host, value);
    if (!secret)
        return ATT_RESULT_NOMEM;
    bytes = host->secret_borrow(secret, &size);
    breaks = memchr(bytes, '\r', size) || memchr(bytes, '\n', size);
    host->secret_return(secret, bytes);
    if (!breaks)
        host->credential_secret(credential, part, secret);
    host->secret_destroy(secret);
    return !breaks ? ATT_RESULT_OK
                   : alter_fail(call, ATT_RESULT_BACKEND,
                                "its backend gave a credential with a line break in it, which is not sent; store it "
                                "anew at the backend");
}

/* ---- additional credentials -------------------------------------------------------------------------------------- */

/* The parts that sign requests, by what the service calls them. */
static const struct {
    enum alter_word word;
    const char *part;
} signing[] = {{ALTER_AWS_SECRET_KEY, "secret_key"},
               {ALTER_AWS_SESSION_TOKEN, "session_token"},
               {ALTER_AWS_REGION, "region"},
               {ALTER_AWS_SERVICE, "service"}};

/* Whether an entry can be called as the service calls it, and is not taken for another part then. */
static bool is_part_name(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    for (size_t i = 0; i < ALTER_COUNT(signing); i++)
        if (strcmp(name, signing[i].part) == 0)
            return false;
    return size >= 1 && size < PART_SIZE && !name[size] && strcmp(name, "token") != 0 &&
           strcmp(name, "access_key_id") != 0;
}

/* What the host calls it: its own name where that can be, but for those that sign requests. */
static void name_part(const struct alter *alter, struct json_value name, char part[PART_SIZE], size_t number)
{
    for (size_t i = 0; i < ALTER_COUNT(signing); i++)
        if (alter_has(alter, signing[i].word) && json_text_is(name, alter_word(alter, signing[i].word))) {
            memcpy(part, signing[i].part, strlen(signing[i].part) + 1);
            return;
        }
    if (!json_text_copy(name, part, PART_SIZE) || !is_part_name(part))
        snprintf(part, PART_SIZE, "extra_%zu", number);
}

static const struct part *part_called(const struct placing *placing, const char *part)
{
    for (size_t i = 0; i < placing->part_count; i++)
        if (strcmp(placing->parts[i].part, part) == 0)
            return &placing->parts[i];
    return NULL;
}

static att_result take_part(struct placing *placing, struct json_value name, struct json_value value)
{
    struct part *part = &placing->parts[placing->part_count];

    if (json_kind_of(value) == JSON_IS_NULL)
        return ATT_RESULT_OK;
    if (json_kind_of(value) != JSON_IS_TEXT || value.size == 2)
        return alter_unsound(placing->call, placing->answer, "\"%s\" has an entry that is no text, or empty",
                             alter_word(placing->call->alter, ALTER_TOKEN_ANSWER_CREDENTIALS));
    if (placing->part_count == PARTS)
        return alter_unsound(placing->call, placing->answer, "\"%s\" has more than %d entries",
                             alter_word(placing->call->alter, ALTER_TOKEN_ANSWER_CREDENTIALS), PARTS);
    name_part(placing->call->alter, name, part->part, placing->part_count);
    if (part_called(placing, part->part))
        return alter_unsound(placing->call, placing->answer, "\"%s\" has two entries for one part",
                             alter_word(placing->call->alter, ALTER_TOKEN_ANSWER_CREDENTIALS));
    part->name = name;
    placing->part_count++;
    return alter_take_part(placing->call, placing->credential, part->part, value);
}

static att_result take_parts(struct placing *placing, struct json_value credentials)
{
    struct json_walk walk = json_walk_of(credentials);
    struct json_value name, value;
    att_result result = ATT_RESULT_OK;

    if (!credentials.at)
        return ATT_RESULT_OK;
    if (json_kind_of(credentials) != JSON_IS_OBJECT)
        return alter_unsound(placing->call, placing->answer, "\"%s\" is no object",
                             alter_word(placing->call->alter, ALTER_TOKEN_ANSWER_CREDENTIALS));
    while (result == ATT_RESULT_OK && json_step(&walk, &name, &value))
        result = take_part(placing, name, value);
    return result;
}

/* ---- what a place may be ----------------------------------------------------------------------------------------- */

static bool is_token(const char *text)
{
    return *text &&
           !text[strspn(text, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")];
}

/* Text around {token}, and nothing else in braces. */
static bool is_format(const char *format)
{
    static const char part[] = "{token}";
    bool found = false;

    for (const char *at = format; *at; at++) {
        if (*at < 0x20 || *at > 0x7e || *at == '}')
            return false;
        if (*at != '{')
            continue;
        if (strncmp(at, part, sizeof part - 1) != 0)
            return false;
        at += sizeof part - 2;
        found = true;
    }
    return found;
}

static att_result check_header(struct placing *placing, const char *name)
{
    if (!is_token(name))
        return alter_fail(placing->call, ATT_RESULT_BACKEND,
                          "its backend wants the credential in a header whose name is none; correct it for this grant "
                          "at the backend");
    if (strcasecmp(name, "cookie") == 0 && !placing->call->alter->allow_cookie)
        return alter_fail(placing->call, ATT_RESULT_BACKEND,
                          "its backend wants the credential in the header \"%s\", which this site does not let it; set "
                          "allow_cookie = true, or correct it for this grant at the backend",
                          name);
    for (size_t i = 0; i < placing->header_count; i++)
        if (strcasecmp(placing->headers[i], name) == 0)
            return alter_fail(placing->call, ATT_RESULT_BACKEND,
                              "its backend wants two credentials in the header \"%s\"; correct it for this grant at "
                              "the backend",
                              name);
    return ATT_RESULT_OK;
}

/* ---- writing the placement --------------------------------------------------------------------------------------- */

/* A text of the configuration. */
static void add_quoted(struct alter_out *out, const char *text)
{
    alter_add(out, "\"", 1);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            alter_add(out, "\\", 1);
        alter_add(out, text, 1);
    }
    alter_add(out, "\"", 1);
}

static void add_group(struct placing *placing, const char *place, const char *name, const char *format)
{
    struct alter_out *out = &placing->out;

    alter_add_text(out, placing->group_count++ ? ", { " : "{ ");
    alter_add_text(out, place);
    alter_add_text(out, " = ");
    add_quoted(out, name);
    alter_add_text(out, "; format = ");
    add_quoted(out, format);
    alter_add_text(out, "; }");
}

static att_result add_header(struct placing *placing, const char *name, const char *format)
{
    att_result result = check_header(placing, name);

    if (result != ATT_RESULT_OK)
        return result;
    snprintf(placing->headers[placing->header_count++], NAME_SIZE, "%s", name);
    add_group(placing, "header", name, format);
    return ATT_RESULT_OK;
}

/* Region and service of the answer, or those of the host's name. */
static void add_signature(struct placing *placing)
{
    alter_add_text(&placing->out, "{ kind = \"sigv4\"; }");
    placing->group_count++;
    snprintf(placing->headers[placing->header_count++], NAME_SIZE, "authorization");
}

/* ---- reading the places ------------------------------------------------------------------------------------------ */

static att_result unsound(const struct placing *placing, enum alter_word word, const char *is)
{
    return alter_unsound(placing->call, placing->answer, "\"%s\" %s", alter_word(placing->call->alter, word), is);
}

/* The header that the answer names, or that of the profile. */
static att_result read_header(struct placing *placing, const struct alter_places *places, char name[NAME_SIZE],
                              char format[FORMAT_SIZE])
{
    const struct alter *alter = placing->call->alter;

    if (!places->header.at)
        snprintf(name, NAME_SIZE, "%s", alter_word(alter, ALTER_INJECTION_DEFAULT_HEADER));
    else if (!json_text_copy(places->header, name, NAME_SIZE))
        return unsound(placing, ALTER_TOKEN_ANSWER_HEADER, "is no text of up to 127 characters");
    if (!places->format.at)
        snprintf(format, FORMAT_SIZE, "%s", alter_word(alter, ALTER_INJECTION_DEFAULT_FORMAT));
    else if (!json_text_copy(places->format, format, FORMAT_SIZE))
        return unsound(placing, ALTER_TOKEN_ANSWER_FORMAT, "is no text of up to 255 characters");
    if (!is_format(format))
        return alter_fail(placing->call, ATT_RESULT_BACKEND,
                          "its backend gave a format (\"%s\") that is no text around {token}; correct it for this "
                          "grant at the backend",
                          alter_word(alter, ALTER_TOKEN_ANSWER_FORMAT));
    return ATT_RESULT_OK;
}

/* What stands for a value source, "{token}" or "{secret_key}". False when it is none. */
static bool read_source(const struct placing *placing, struct json_value value, char format[FORMAT_SIZE])
{
    const struct alter *alter = placing->call->alter;
    const struct alter_text *prefix = &alter->profile.words[ALTER_INJECTION_CREDENTIAL];
    char source[FORMAT_SIZE];

    if (!json_text_copy(value, source, sizeof source))
        return false;
    if (strcmp(source, alter_word(alter, ALTER_INJECTION_TOKEN)) == 0) {
        snprintf(format, FORMAT_SIZE, "{token}");
        return true;
    }
    if (strncmp(source, prefix->at, prefix->size) != 0)
        return false;
    for (size_t i = 0; i < placing->part_count; i++)
        if (json_text_is(placing->parts[i].name, source + prefix->size)) {
            snprintf(format, FORMAT_SIZE, "{%s}", placing->parts[i].part);
            return true;
        }
    return false;
}

static bool is_parameter(const char *name)
{
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return *name != '\0';
}

static att_result take_injection(struct placing *placing, struct json_value injection)
{
    const struct alter *alter = placing->call->alter;
    struct alter_wanted said[] = {{.word = ALTER_TOKEN_ANSWER_INJECTION_TARGET},
                                  {.word = ALTER_TOKEN_ANSWER_INJECTION_KEY},
                                  {.word = ALTER_TOKEN_ANSWER_INJECTION_VALUE}};
    char name[NAME_SIZE], format[FORMAT_SIZE];

    alter_read(alter, injection, said, ALTER_COUNT(said));
    if (json_kind_of(injection) != JSON_IS_OBJECT)
        return unsound(placing, ALTER_TOKEN_ANSWER_INJECTIONS, "has something in it that is no object");
    if (placing->group_count == GROUPS)
        return unsound(placing, ALTER_TOKEN_ANSWER_INJECTIONS, "has more places than 7");
    if (!json_text_copy(said[1].value, name, sizeof name))
        return unsound(placing, ALTER_TOKEN_ANSWER_INJECTION_KEY, "is no text of up to 127 characters");
    if (!read_source(placing, said[2].value, format))
        return unsound(placing, ALTER_TOKEN_ANSWER_INJECTION_VALUE, "names nothing that the answer has");
    if (json_text_is(said[0].value, alter_word(alter, ALTER_INJECTION_HEADER)))
        return add_header(placing, name, format);
    if (!json_text_is(said[0].value, alter_word(alter, ALTER_INJECTION_QUERY)))
        return unsound(placing, ALTER_TOKEN_ANSWER_INJECTION_TARGET, "is no place that is known");
    if (!is_parameter(name))
        return unsound(placing, ALTER_TOKEN_ANSWER_INJECTION_KEY, "is no name of a query parameter");
    add_group(placing, "query", name, format);
    return ATT_RESULT_OK;
}

static att_result take_injections(struct placing *placing, struct json_value list)
{
    struct json_walk walk = json_walk_of(list);
    struct json_value value;
    att_result result = ATT_RESULT_OK;

    if (list.at && json_kind_of(list) != JSON_IS_LIST)
        return unsound(placing, ALTER_TOKEN_ANSWER_INJECTIONS, "is no list");
    while (result == ATT_RESULT_OK && list.at && json_step(&walk, NULL, &value))
        result = take_injection(placing, value);
    return result;
}

/* The host knows what no credential may be in. */
static att_result refuse_place(const struct placing *placing)
{
    char names[2 * NAME_SIZE];
    struct alter_out out = {names, names, names + sizeof names - 1, false};

    for (size_t i = 0; i < placing->header_count; i++) {
        alter_add_text(&out, i ? ", \"" : "\"");
        alter_add_text(&out, placing->headers[i]);
        alter_add_text(&out, "\"");
    }
    *out.at = '\0';
    return alter_fail(
        placing->call, ATT_RESULT_BACKEND,
        "its backend wants the credential in a place that cannot carry one (header %s); correct it for this "
        "grant at the backend",
        names);
}

static att_result finish(struct placing *placing)
{
    alter_add(&placing->out, ")", 2);
    if (placing->out.failed)
        return unsound(placing, ALTER_TOKEN_ANSWER_INJECTIONS, "is longer than 4 KiB");
    return placing->call->alter->host->credential_place(placing->credential, placing->text) ? ATT_RESULT_OK
                                                                                            : refuse_place(placing);
}

att_result alter_place(struct alter_call *call, struct alter_answer *answer, const struct alter_places *places,
                       struct att_credential *credential, const char **kind)
{
    struct placing placing;
    char name[NAME_SIZE], format[FORMAT_SIZE];
    bool is_bearer;
    att_result result;

    placing.call = call;
    placing.answer = answer;
    placing.credential = credential;
    placing.part_count = placing.header_count = placing.group_count = 0;
    placing.out = (struct alter_out){placing.text, placing.text, placing.text + sizeof placing.text, false};
    result = take_parts(&placing, places->credentials);
    if (result == ATT_RESULT_OK)
        result = read_header(&placing, places, name, format);
    if (result != ATT_RESULT_OK)
        return result;
    is_bearer = strcasecmp(name, "authorization") == 0 && strcmp(format, "Bearer {token}") == 0;
    *kind = part_called(&placing, "secret_key") ? "aws" : is_bearer ? "oauth" : "api_key";
    /* Where the host puts it by itself. */
    if (is_bearer && !placing.part_count && !places->injections.at)
        return ATT_RESULT_OK;
    alter_add(&placing.out, "(", 1);
    if (part_called(&placing, "secret_key"))
        add_signature(&placing);
    else
        result = add_header(&placing, name, format);
    if (result == ATT_RESULT_OK)
        result = take_injections(&placing, places->injections);
    return result == ATT_RESULT_OK ? finish(&placing) : result;
}
