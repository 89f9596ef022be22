/* providers/exec/kubernetes.c: exec plugins of Kubernetes clients (client-go, pkg/apis/clientauthentication). */
#include <string.h>

#include "providers/exec/exec.h"

#define API "client.authentication.k8s.io/"

static const char *version_of(const struct exec *exec)
{
    return exec->api_version ? exec->api_version : "v1";
}

/* The request does not depend on a call, so it is written once. */
static bool kubernetes_prepare(struct exec *exec, const struct att_settings *settings)
{
    const char *text;

    if (exec->cluster && strpbrk(exec->cluster, "\"\\"))
        return exec_refuse(exec, settings, "cluster", "it is no URL; write it as in \"https://10.0.0.1:6443\"");
    text = exec_keep_format(exec,
                            "{\"apiVersion\":\"" API "%s\",\"kind\":\"ExecCredential\",\"spec\":{\"interactive\":false"
                            "%s%s%s}}",
                            version_of(exec), exec->cluster ? ",\"cluster\":{\"server\":\"" : "",
                            exec->cluster ? exec->cluster : "", exec->cluster ? "\"}" : "");
    if (!text)
        return exec_refuse(exec, settings, NULL, "out of memory");
    return exec_environment_add(exec, settings, "KUBERNETES_EXEC_INFO", text);
}

static bool has_version(const struct exec *exec, struct json_value value)
{
    char text[64];

    return json_text_copy(value, text, sizeof text) && strncmp(text, API, strlen(API)) == 0 &&
           strcmp(text + strlen(API), version_of(exec)) == 0;
}

static att_result kubernetes_read(struct exec_answer *answer)
{
    struct json_value object, status, token;
    att_result result = exec_read_json(answer, &object);

    if (result != ATT_RESULT_OK)
        return result;
    if (!json_text_is(json_member(object, "kind"), "ExecCredential"))
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with another kind than \"ExecCredential\"");
    if (!has_version(answer->exec, json_member(object, "apiVersion")))
        return exec_fail(answer, ATT_RESULT_FAULT,
                         "answered in another apiVersion than " API "%s; set api_version to the one it speaks",
                         version_of(answer->exec));
    status = json_member(object, "status");
    if (exec_is_given(json_member(status, "clientCertificateData")) ||
        exec_is_given(json_member(status, "clientKeyData")))
        return exec_fail(answer, ATT_RESULT_CONFIG,
                         "answered with a client certificate, which is not supported; let it give a token");
    token = json_member(status, "token");
    if (!exec_is_given(token))
        return exec_fail(answer, ATT_RESULT_FAULT, "answered without a \"token\" in its status");
    result = exec_take_text(answer, token, "token", "a \"token\" in its status");
    if (result != ATT_RESULT_OK || !exec_is_given(json_member(status, "expirationTimestamp")))
        return result;
    return exec_take_expiry(answer, status, "expirationTimestamp") ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

const struct exec_protocol exec_kubernetes = {
    .name = "kubernetes",
    .kind = "token",
    .prepare = kubernetes_prepare,
    .read = kubernetes_read,
};
