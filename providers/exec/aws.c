/* providers/exec/aws.c: credential_process of the AWS SDKs ("Sourcing credentials with an external process" in their
 * guides). The keys sign requests; they are not sent. */
#include "providers/exec/exec.h"

static att_result aws_read(struct exec_answer *answer)
{
    const struct att_host *host = answer->exec->host;
    struct json_value object, session, account;
    char text[64];
    int64_t version = 0;
    att_result result = exec_read_json(answer, &object);

    if (result != ATT_RESULT_OK)
        return result;
    if (!json_whole_number(json_member(object, "Version"), &version) || version != 1)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered in another version than 1 of credential_process");
    session = json_member(object, "SessionToken");
    account = json_member(object, "AccountId");
    result = exec_take_text(answer, json_member(object, "AccessKeyId"), "token", "\"AccessKeyId\" as a text");
    if (result == ATT_RESULT_OK)
        result = exec_take_text(answer, json_member(object, "SecretAccessKey"), "secret_key",
                                "\"SecretAccessKey\" as a text");
    if (result == ATT_RESULT_OK && exec_is_given(session))
        result = exec_take_text(answer, session, "session_token", "\"SessionToken\" as a text");
    if (result != ATT_RESULT_OK)
        return result;
    if (exec_is_given(account) && json_text_copy(account, text, sizeof text))
        host->credential_account(answer->credential, text);
    if (!exec_is_given(json_member(object, "Expiration")))
        return ATT_RESULT_OK;
    return exec_take_expiry(answer, object, "Expiration") ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

const struct exec_protocol exec_aws = {
    .name = "aws",
    .kind = "aws",
    .places = true,
    .read = aws_read,
};
