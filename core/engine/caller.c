/* core/engine/caller.c: what a caller may say beside any call: names, a reason, a context, and its user's token. */
#include <string.h>

#include "core/engine/engine.h"

enum {
    CONTEXT_KEYS = 20,
    CONTEXT_KEY_LENGTH = 64,
    CONTEXT_VALUE_LENGTH = 512,
    CONTEXT_JSON_SIZE = 4096,
    TEXT_SIZE = 4096,
    USER_TOKEN_SIZE = 8192
};

/* Characters, not bytes, of UTF-8 text. */
static size_t length(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

att_status att_caller_name_check(const char *field, const char *name, att_error *error)
{
    if (!name)
        return ATT_OK;
    if (!*name || strlen(name) > TEXT_SIZE || att_text_has_control(name) || !att_text_is_utf8(name, strlen(name)))
        return att_invalid(error, field,
                           "the %s is refused: it is empty, longer than 4096 bytes, or not printable "
                           "UTF-8 text; give its plain name or id",
                           field);
    return ATT_OK;
}

att_status att_caller_reason_check(const char *reason, att_error *error)
{
    if (reason && (strlen(reason) > TEXT_SIZE || !att_text_is_utf8(reason, strlen(reason))))
        return att_invalid(error, "reason",
                           "the reason is refused: it is longer than 4096 bytes or not UTF-8; "
                           "give one sentence");
    return ATT_OK;
}

att_status att_caller_pairs_check(const char *field, const att_pair *pairs, att_error *error)
{
    struct att_buffer json;
    bool fits, starved;

    att_buffer_open(&json, CONTEXT_JSON_SIZE);
    att_buffer_char(&json, '{');
    for (size_t i = 0; pairs && pairs[i].name; i++) {
        const char *key = pairs[i].name, *value = pairs[i].value;
        const char *wrong = NULL;
        if (i == CONTEXT_KEYS)
            wrong = "is one too many: at most 20 keys are taken";
        else if (!*key || length(key) > CONTEXT_KEY_LENGTH)
            wrong = "is empty or longer than 64 characters";
        else if (!value || length(value) > CONTEXT_VALUE_LENGTH)
            wrong = "has no value, or one longer than 512 characters";
        else if (!att_text_is_utf8(key, strlen(key)) || !att_text_is_utf8(value, strlen(value)))
            wrong = "is not UTF-8";
        for (size_t j = 0; !wrong && j < i; j++)
            if (strcmp(pairs[j].name, key) == 0)
                wrong = "is given twice";
        if (wrong) {
            att_buffer_close(&json);
            return att_invalid(error, field, "the %s key \"%.64s\" is refused: it %s; shorten or remove it", field, key,
                               wrong);
        }
        if (i)
            att_buffer_char(&json, ',');
        att_json_text(&json, key);
        att_buffer_char(&json, ':');
        att_json_text(&json, value);
    }
    att_buffer_char(&json, '}');
    fits = att_buffer_ok(&json);
    starved = json.starved;
    att_buffer_close(&json);
    if (starved)
        return att_nomem(error);
    return fits ? ATT_OK
                : att_invalid(error, field,
                              "the %s is refused: as JSON it is longer than 4096 bytes; "
                              "shorten its values",
                              field);
}

static att_status check_token(const char *bytes, size_t size, att_error *error)
{
    if (!att_text_is_field_value(bytes, size))
        return att_invalid(error, "user_token",
                           "the user token is refused: it has a control character; give it without line ends and the "
                           "like");
    return ATT_OK;
}

att_status att_caller_token_check(const char *user_token, att_error *error)
{
    if (user_token && !*user_token)
        return att_invalid(error, "user_token", "the user token is empty; give the token, or leave it out");
    return user_token ? check_token(user_token, strlen(user_token), error) : ATT_OK;
}

att_status att_caller_token_take(const struct att_client *client, const char *given, struct att_secret **token,
                                 att_error *error)
{
    struct att_arena *arena = att_engine_environment(client->engine)->arena;
    size_t size;

    if (*token || (!given && !client->user_token))
        return ATT_OK;
    *token = given ? att_secret_from(arena, given, strlen(given)) : att_secret_create(arena, USER_TOKEN_SIZE);
    if (!*token)
        return att_nomem(error);
    if (given)
        return ATT_OK;
    size = client->user_token(client->user_token_context, att_secret_tail(*token), USER_TOKEN_SIZE);
    if (size == 0 || size > USER_TOKEN_SIZE)
        return att_fail(error, ATT_STATE,
                        "there is no user token: the callback of the client gave %s; sign the "
                        "user in again",
                        size ? "more than 8192 bytes" : "none");
    att_secret_advance(*token, size);
    return check_token(att_secret_bytes(*token), size, error);
}
