/* tests/fuzz/fuzz-exec.c: what a helper prints, in every protocol: an answer is a credential or a sentence, and what is
 * placed is no more than what the module wrote. */
#include <stdbool.h>
#include <string.h>

#include "core/config/config.h"
#include "providers/exec/exec.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/secret-host.h"

struct att_credential {
    size_t parts;
    char placed[4096];
};

struct att_call {
    char sentence[1024];
};

static int credential_material(struct att_credential *credential, const char *part, const void *bytes, size_t size)
{
    volatile unsigned char last = 0;

    for (size_t i = 0; i < size; i++)
        last = ((const unsigned char *)bytes)[i]; /* all of it can be read */
    (void)last;
    credential->parts += part[0] != '\0';
    return 1;
}

static int credential_secret(struct att_credential *credential, const char *part, const struct att_secret *secret)
{
    return credential_material(credential, part, att_secret_bytes(secret), att_secret_size(secret));
}

static int credential_account(struct att_credential *credential, const char *account)
{
    return credential && account;
}

static int credential_place(struct att_credential *credential, const char *inject)
{
    size_t size = strnlen(inject, sizeof credential->placed - 1);

    memcpy(credential->placed, inject, size);
    credential->placed[size] = '\0';
    return 1;
}

static void fetch_failed(struct att_call *call, const char *sentence)
{
    size_t size = strnlen(sentence, sizeof call->sentence - 1);

    memcpy(call->sentence, sentence, size);
    call->sentence[size] = '\0';
}

/* As many groups as parts, each with a header and a format. */
static void check_placed(const struct att_credential *credential)
{
    struct att_pool *pool = att_pool_create();
    struct att_findings findings;
    const struct att_value *root, *list;

    att_findings_open(&findings, pool);
    root = att_config_parse(pool, "placed", att_pool_format(pool, "inject = %s;", credential->placed), &findings);
    list = root ? att_value_member(root, "inject") : NULL;
    if (!list || root->count != 1 || list->count != credential->parts)
        fuzz_finding("a placement", "is another than was meant", credential->placed);
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->count != 2 || !att_value_member(list->items[i], "header") ||
            !att_value_member(list->items[i], "format"))
            fuzz_finding("a placement", "has other members", credential->placed);
    att_findings_close(&findings);
    att_pool_destroy(pool);
}

static void check(const struct exec_answer *answer, att_result result)
{
    if (result < ATT_RESULT_OK || result >= ATT_RESULT_COUNT || result == ATT_RESULT_NOMEM)
        fuzz_finding("a result", "is none", answer->exec->protocol->name);
    if (result != ATT_RESULT_OK)
        fuzz_check_sentence(answer->fetch->call->sentence);
    else if (!answer->credential->parts || answer->expires < 0)
        fuzz_finding("OK", "without a credential, or with an expiry before 1970", answer->exec->protocol->name);
    if (answer->credential->placed[0])
        check_placed(answer->credential);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct exec_protocol *const protocols[] = {&exec_git,   &exec_docker, &exec_aws,  &exec_kubernetes,
                                                            &exec_bazel, &exec_google, &exec_plain};
    struct secret_host host;
    struct att_call call = {""};
    struct att_credential credential = {0, ""};
    const struct att_fetch fetch = {
        .size = sizeof fetch, .call = &call, .scheme = "https", .host = "h", .port = 443, .path = "/"};
    struct exec exec = {.host = &host.table, .command = {"/h"}};
    struct exec_answer answer = {.exec = &exec, .fetch = &fetch, .credential = &credential};

    if (size < 2)
        return 0;
    exec.protocol = protocols[data[0] % (sizeof protocols / sizeof *protocols)];
    exec.token_type = "urn:ietf:params:oauth:token-type:jwt";
    exec.first_line = data[1] & 1;
    exec.is_git = data[1] & 2;
    answer.exit_status = data[1] & 4 ? 1 : data[1] & 8 ? 128 : 0;
    answer.bytes = (const char *)data + 2;
    answer.size = size - 2;
    secret_host_open(&host);
    host.table.credential_material = credential_material;
    host.table.credential_secret = credential_secret;
    host.table.credential_account = credential_account;
    host.table.credential_place = credential_place;
    host.table.fetch_failed = fetch_failed;
    check(&answer, exec.protocol->read(&answer));
    if (!secret_host_close(&host))
        fuzz_finding("secrets", "were not destroyed", exec.protocol->name);
    return 0;
}
