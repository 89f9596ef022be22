/* providers/exec/google.c: executable-sourced credentials of Google's external accounts (AIP-4117, and pluggable.py of
 * google-auth). The answer is a subject token, for an exchange at a token service. */
#include <string.h>

#include "providers/exec/exec.h"

#define TOKEN_TYPE "urn:ietf:params:oauth:token-type:"

static bool is_type(const char *type, const char *last)
{
    return strncmp(type, TOKEN_TYPE, strlen(TOKEN_TYPE)) == 0 && strcmp(type + strlen(TOKEN_TYPE), last) == 0;
}

static bool google_prepare(struct exec *exec, const struct att_settings *settings)
{
    const char *type = exec->token_type;

    if (!exec->audience)
        return exec_refuse(exec, settings, "audience", "the protocol google needs it; write the audience of the pool");
    if (!type || !(is_type(type, "id_token") || is_type(type, "jwt") || is_type(type, "saml2")))
        return exec_refuse(exec, settings, "token_type",
                           "the protocol google needs one of " TOKEN_TYPE "id_token, " TOKEN_TYPE "jwt and " TOKEN_TYPE
                           "saml2; write it");
    return exec_environment_add(exec, settings, "GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE", exec->audience) &&
           exec_environment_add(exec, settings, "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE", type) &&
           exec_environment_add(exec, settings, "GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE", "0") &&
           exec_environment_add(exec, settings, "GOOGLE_EXTERNAL_ACCOUNT_REVOKE", "0");
}

/* A code is a short word; what is more may be anything. */
static bool read_code(struct json_value value, char code[40])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    return json_text_copy(value, code, 40) && *code && strspn(code, letters) == strlen(code);
}

/* Its message is repeated only where the site says that what it says is no secret. */
static att_result google_failure(const struct exec_answer *answer, struct json_value object)
{
    char code[40], message[200];
    bool coded = read_code(json_member(object, "code"), code);
    bool told = answer->exec->log_errors && json_text_copy(json_member(object, "message"), message, sizeof message);
    att_result result =
        coded && (strcmp(code, "401") == 0 || strcmp(code, "403") == 0) ? ATT_RESULT_DENIED : ATT_RESULT_UNAVAILABLE;

    return exec_fail(answer, result, "answered that it failed, with %s%s%s%s", coded ? "code " : "no code",
                     coded ? code : "", told ? ": " : "; run it by hand to see why", told ? message : "");
}

static att_result google_read(struct exec_answer *answer)
{
    struct json_value object, expiry;
    char type[64];
    bool saml;
    int64_t version = 0;
    att_result result = exec_read_json(answer, &object);

    if (result != ATT_RESULT_OK)
        return result;
    if (!json_whole_number(json_member(object, "version"), &version) || version != 1)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered in another version than 1");
    if (json_kind_of(json_member(object, "success")) == JSON_IS_FALSE)
        return google_failure(answer, object);
    if (json_kind_of(json_member(object, "success")) != JSON_IS_TRUE)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered without saying whether it succeeded (\"success\")");
    if (!json_text_copy(json_member(object, "token_type"), type, sizeof type) ||
        strcmp(type, answer->exec->token_type) != 0)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with another token_type than the one it was asked for");
    saml = is_type(type, "saml2");
    result = exec_take_text(answer, json_member(object, saml ? "saml_response" : "id_token"), "token",
                            saml ? "a text \"saml_response\"" : "a text \"id_token\"");
    if (result != ATT_RESULT_OK)
        return result;
    expiry = json_member(object, "expiration_time");
    if (json_kind_of(expiry) != JSON_IS_ABSENT &&
        (!json_whole_number(expiry, &answer->expires) || answer->expires <= 0))
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with an expiration_time that is no Unix time");
    return ATT_RESULT_OK;
}

const struct exec_protocol exec_google = {
    .name = "google",
    .kind = "subject_token",
    .prepare = google_prepare,
    .read = google_read,
};
