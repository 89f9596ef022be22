/* providers/alter/failure.c: what an error of the service means, and what there is to say of it.
 *
 * What is said comes from elsewhere: it is cut, cleared of what a terminal might obey, and left out where it repeats
 * what is secret of the call. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

enum {
    UUID_SIZE = 36,
    ID_SIZE = 256,
    PIECE_SIZE = 16,
    SENTENCE_SIZE = 500,
    WORD_SIZE = 128,
    MESSAGE_SIZE = 160,
    SCOPES = 16,
    CANDIDATES = 8
};

static const att_result results[ALTER_MEANINGS] = {
    [ALTER_MEANS_REVOKED] = ATT_RESULT_REVOKED,         [ALTER_MEANS_EXPIRED] = ATT_RESULT_EXPIRED,
    [ALTER_MEANS_REAUTH] = ATT_RESULT_REAUTH,           [ALTER_MEANS_DENIED] = ATT_RESULT_DENIED,
    [ALTER_MEANS_LIMITED] = ATT_RESULT_LIMITED,         [ALTER_MEANS_NOT_FOUND] = ATT_RESULT_NOT_FOUND,
    [ALTER_MEANS_AMBIGUOUS] = ATT_RESULT_AMBIGUOUS,     [ALTER_MEANS_REFRESHING] = ATT_RESULT_UNAVAILABLE,
    [ALTER_MEANS_UNAVAILABLE] = ATT_RESULT_UNAVAILABLE, [ALTER_MEANS_BACKEND] = ATT_RESULT_BACKEND,
    [ALTER_MEANS_PENDING] = ATT_RESULT_PENDING,
};

att_result alter_fail(const struct alter_call *call, att_result result, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    call->alter->host->fetch_failed(call->who->call, sentence);
    return result;
}

att_result alter_unsound(const struct alter_call *call, struct alter_answer *answer, const char *format, ...)
{
    char what[SENTENCE_SIZE / 2];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    answer->unsound = true;
    return alter_fail(call, ATT_RESULT_BACKEND, "its backend answered %d with what is no answer: %s; %s",
                      answer->status, what, call->doubt ? call->doubt : "check base_url, and the profile");
}

/* ---- what the body says ------------------------------------------------------------------------------------------ */

/* Whether a text repeats a secret, or so much of one that the rest could be guessed. */
static bool repeats(const struct alter *alter, const char *text, const struct att_secret *secret)
{
    size_t size = 0, length = strlen(text), piece;
    const unsigned char *bytes = secret ? alter->host->secret_borrow(secret, &size) : NULL;
    bool found = false;

    piece = size < PIECE_SIZE ? size : PIECE_SIZE;
    for (size_t i = 0; piece && i + piece <= size && !found; i++)
        found = memmem(text, length, bytes + i, piece) != NULL;
    if (secret)
        alter->host->secret_return(secret, bytes);
    return found;
}

void alter_take_text(const struct alter_call *call, struct json_value value, char *room, size_t size)
{
    const struct alter *alter = call->alter;
    char whole[8192];

    alter_read_words(value, whole, sizeof whole);
    if (repeats(alter, whole, alter->api_key) || repeats(alter, whole, call->who->user_token) ||
        repeats(alter, whole, call->session))
        value.at = NULL;
    explicit_bzero(whole, strlen(whole));
    alter_read_words(value, room, size);
}

static bool is_same(const char *left, const char *right)
{
    return strlen(right) == UUID_SIZE ? strcasecmp(left, right) == 0 : strcmp(left, right) == 0;
}

/* An answer to another question is not used, whoever mixed them up. */
att_result alter_check_subject(const struct alter_call *call, struct alter_answer *answer, enum alter_word word,
                               struct json_value value, const char *asked, const char *kind)
{
    char id[ID_SIZE];

    if (!value.at)
        return ATT_RESULT_OK;
    if (!json_text_copy(value, id, sizeof id) || !*id)
        return alter_unsound(call, answer, "\"%s\" is no text of 1 to 255 characters", alter_word(call->alter, word));
    if (!asked || is_same(id, asked))
        return ATT_RESULT_OK;
    alter_take_text(call, value, id, sizeof id / 2);
    return alter_fail(call, ATT_RESULT_BACKEND,
                      "its backend answered for another %s than it was asked for (\"%s\"): the answer is not used; %s",
                      kind, id, call->doubt ? call->doubt : "report it to whoever runs the backend");
}

enum said { CODE, MESSAGE, DETAILS, POLICY, GRANT, CANDIDATE_LIST, GRANT_IDS, MISSING, EXPIRES, RETRY, APPROVAL, SAID };

/* The members of the body; what is not beside code and message is looked for in the details. */
static void read_body(const struct alter *alter, const struct alter_answer *answer, struct json_value said[SAID])
{
    struct alter_wanted wanted[SAID] = {
        [CODE] = {.word = ALTER_ERROR_CODE},           [MESSAGE] = {.word = ALTER_ERROR_MESSAGE},
        [DETAILS] = {.word = ALTER_ERROR_DETAILS},     [POLICY] = {.word = ALTER_ERROR_POLICY},
        [GRANT] = {.word = ALTER_ERROR_GRANT},         [CANDIDATE_LIST] = {.word = ALTER_ERROR_CANDIDATES},
        [GRANT_IDS] = {.word = ALTER_ERROR_GRANT_IDS}, [MISSING] = {.word = ALTER_ERROR_MISSING},
        [EXPIRES] = {.word = ALTER_ERROR_EXPIRES_AT},  [RETRY] = {.word = ALTER_ERROR_RETRY_AFTER},
        [APPROVAL] = {.word = ALTER_ERROR_APPROVAL},
    };

    alter_read(alter, answer->json, wanted, SAID);
    for (size_t i = 0; i < SAID; i++)
        said[i] = wanted[i].value;
    alter_read(alter, said[DETAILS], wanted, SAID);
    for (size_t i = POLICY; i < SAID; i++)
        if (!said[i].at)
            said[i] = wanted[i].value;
}

/* Whether an error is one of the service, and not of another server that stands in its place: it says which. */
static bool is_error(const struct alter *alter, const struct alter_answer *answer, const struct json_value said[SAID])
{
    if (!alter_has(alter, ALTER_ERROR_CODE))
        return json_kind_of(answer->json) == JSON_IS_OBJECT;
    return json_kind_of(said[CODE]) == JSON_IS_TEXT || json_kind_of(said[POLICY]) == JSON_IS_TEXT;
}

/* Whether it says something of the grant or of who asks, which only the service can know. */
static bool is_verdict(enum alter_meaning meaning)
{
    return meaning != ALTER_MEANS_UNAVAILABLE && meaning != ALTER_MEANS_LIMITED && meaning != ALTER_MEANS_BACKEND;
}

const struct alter_rule *alter_failure_rule(const struct alter *alter, const struct alter_answer *answer)
{
    static const struct alter_rule unavailable = {.meaning = ALTER_MEANS_UNAVAILABLE},
                                   backend = {.meaning = ALTER_MEANS_BACKEND},
                                   stranger = {.meaning = ALTER_MEANS_BACKEND,
                                               .advice = "check base_url, and the profile"};
    const struct alter_profile *profile = &alter->profile;
    struct json_value said[SAID];
    bool strange;

    read_body(alter, answer, said);
    strange = answer->status / 100 == 4 && !is_error(alter, answer, said);
    for (size_t i = 0; i < profile->rule_count; i++) {
        const struct alter_rule *rule = &profile->rules[i];

        if ((rule->status == answer->status || rule->status == answer->status / 100) &&
            (!rule->code || json_text_is(said[CODE], rule->code)) &&
            (!rule->policy || json_text_is(said[POLICY], rule->policy)))
            return strange && is_verdict(rule->meaning) ? &stranger : rule;
    }
    return strange ? &stranger : answer->status >= 500 ? &unavailable : &backend;
}

/* ---- telling it -------------------------------------------------------------------------------------------------- */

static void tell_text(const struct alter_call *call, int what, const char *text)
{
    if (*text)
        call->alter->host->failure_text(call->who->call, what, text);
}

static void tell_numbers(const struct alter_call *call, const struct alter_answer *answer,
                         const struct json_value said[SAID], int64_t retry_after_ms)
{
    const struct att_host *host = call->alter->host;
    int64_t number;

    host->failure_number(call->who->call, ATT_FAILURE_HTTP_STATUS, answer->status);
    if (alter_read_time(said[EXPIRES], &number) && number > 0)
        host->failure_number(call->who->call, ATT_FAILURE_EXPIRES, number);
    if (retry_after_ms < 0 && alter_read_number(said[RETRY], &number) && number >= 0)
        retry_after_ms = number > INT32_MAX ? (int64_t)INT32_MAX * 1000 : number * 1000;
    if (retry_after_ms >= 0)
        host->retry_after(call->who->call, retry_after_ms);
}

static void tell_scopes(const struct alter_call *call, struct json_value missing)
{
    struct json_walk walk = json_walk_of(missing);
    struct json_value value;
    char scope[WORD_SIZE];

    for (int i = 0; i < SCOPES && json_kind_of(missing) == JSON_IS_LIST && json_step(&walk, NULL, &value); i++) {
        alter_take_text(call, value, scope, sizeof scope);
        tell_text(call, ATT_FAILURE_MISSING_SCOPE, scope);
    }
}

/* A part of a sentence that is left out as a whole where it has nothing to say, or no room. */
static void add_part(struct alter_out *out, const char *before, const char *text, const char *behind)
{
    size_t size = strlen(before) + strlen(text) + strlen(behind);

    if (!*text || size > (size_t)(out->end - out->at))
        return;
    alter_add_text(out, before);
    alter_add_text(out, text);
    alter_add_text(out, behind);
}

/* One grant that matches: its id to the host, and what a human knows it by behind the list so far. */
static void tell_candidate(const struct alter_call *call, struct json_value value, char list[MESSAGE_SIZE])
{
    struct alter_wanted wanted[] = {{.word = ALTER_ERROR_CANDIDATE},
                                    {.word = ALTER_ERROR_CANDIDATE_ACCOUNT},
                                    {.word = ALTER_ERROR_CANDIDATE_LABEL}};
    char grant[WORD_SIZE], account[WORD_SIZE], label[WORD_SIZE];
    struct alter_out out = {list, list + strlen(list), list + MESSAGE_SIZE - 1, false};

    alter_read(call->alter, value, wanted, ALTER_COUNT(wanted));
    alter_take_text(call, json_kind_of(value) == JSON_IS_TEXT ? value : wanted[0].value, grant, sizeof grant);
    alter_take_text(call, wanted[1].value, account, sizeof account);
    alter_take_text(call, wanted[2].value, label, sizeof label);
    if (!*grant)
        return;
    call->alter->host->candidate(call->who->call, grant);
    add_part(&out, out.at > list ? ", " : "", grant, "");
    add_part(&out, " (", account, ")");
    add_part(&out, " \"", label, "\"");
    *out.at = '\0';
}

static void tell_candidates(const struct alter_call *call, const struct json_value said[SAID], char list[MESSAGE_SIZE])
{
    struct json_value from =
        json_kind_of(said[CANDIDATE_LIST]) == JSON_IS_LIST ? said[CANDIDATE_LIST] : said[GRANT_IDS];
    struct json_walk walk = json_walk_of(from);
    struct json_value value;

    for (int i = 0; i < CANDIDATES && json_kind_of(from) == JSON_IS_LIST && json_step(&walk, NULL, &value); i++)
        tell_candidate(call, value, list);
}

/* "; " is where a sentence has its advice. */
static void calm(char *text)
{
    for (; *text; text++)
        if (*text == ';')
            *text = ',';
}

static void tell_sentence(const struct alter_call *call, const struct alter_answer *answer,
                          const struct json_value said[SAID], const struct alter_rule *rule, char *candidates)
{
    char code[WORD_SIZE], message[MESSAGE_SIZE], policy[WORD_SIZE], grant[WORD_SIZE], sentence[SENTENCE_SIZE];
    bool redirects = answer->status >= 300 && answer->status < 400;
    const char *advice = rule->advice                           ? rule->advice
                         : redirects                            ? "check base_url"
                         : answer->status >= 500 && call->doubt ? call->doubt
                                                                : "";
    struct alter_out out = {sentence, sentence, sentence + sizeof sentence - sizeof "; " - strlen(advice), false};

    alter_take_text(call, said[CODE], code, sizeof code);
    alter_take_text(call, said[POLICY], policy, sizeof policy);
    alter_take_text(call, said[GRANT], grant, sizeof grant);
    alter_take_text(call, said[MESSAGE], message, sizeof message);
    tell_text(call, ATT_FAILURE_CODE, code);
    tell_text(call, ATT_FAILURE_RULE, policy);
    tell_text(call, ATT_FAILURE_DETAILS, message);
    for (int i = 0; i < 5; i++)
        calm((char *[]){code, policy, grant, message, candidates}[i]);
    alter_add_text(&out, "its backend answered ");
    alter_add_number(&out, answer->status);
    add_part(&out, ", ", redirects ? "a redirect, which is never followed" : "", "");
    add_part(&out, " \"", code, "\"");
    add_part(&out, " (", policy, ")");
    add_part(&out, " for grant ", call->who->grant ? "" : grant, "");
    add_part(&out, ": ", message, "");
    add_part(&out, ": ", candidates, "");
    out.end = sentence + sizeof sentence - 1;
    add_part(&out, "; ", advice, "");
    *out.at = '\0';
    call->alter->host->fetch_failed(call->who->call, sentence);
}

att_result alter_failure_say(const struct alter_call *call, const struct alter_answer *answer,
                             const struct alter_rule *rule, int64_t retry_after_ms)
{
    struct json_value said[SAID];
    char candidates[MESSAGE_SIZE] = "", approval[WORD_SIZE];

    read_body(call->alter, answer, said);
    tell_numbers(call, answer, said, retry_after_ms);
    tell_scopes(call, said[MISSING]);
    if (rule->meaning == ALTER_MEANS_AMBIGUOUS)
        tell_candidates(call, said, candidates);
    alter_take_text(call, said[APPROVAL], approval, sizeof approval);
    tell_text(call, ATT_FAILURE_APPROVAL, approval);
    tell_sentence(call, answer, said, rule, candidates);
    return results[rule->meaning];
}
