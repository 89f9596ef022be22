/* core/sign/scope.c: region and service of a request to AWS, as the placement, the credential or the host tell them.
 *
 * How hosts are named: AWS General Reference, "Service endpoints"; where the name that is signed is another than that
 * in the host: the field signingName of the AWS service models. */
#include "core/sign/scope.h"

#include <string.h>

#include "core/sign/sign.h"

/* ---- host names -------------------------------------------------------------------------------------------------- */

enum { LABELS = 12 };

/* The labels of a host before the suffix of the partition; `left` of them are not read yet, from the end. */
struct labels {
    char text[256];
    const char *list[LABELS];
    size_t left;
};

static const char *const suffixes[] = {
    ".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".api.amazonwebservices.com.cn",
    ".c2s.ic.gov",    ".sc2s.sgov.gov"};

static bool split(const char *host, struct labels *labels)
{
    size_t size = strlen(host), end = 0;

    labels->left = 0;
    for (size_t i = 0; i < ATT_COUNT(suffixes); i++) {
        size_t suffix = strlen(suffixes[i]);
        if (size > suffix && strcmp(host + size - suffix, suffixes[i]) == 0)
            end = size - suffix;
    }
    if (!end || end >= sizeof labels->text)
        return false;
    memcpy(labels->text, host, end);
    labels->text[end] = '\0';
    for (char *at = labels->text + end; at > labels->text; at--)
        labels->left += at[-1] == '.';
    labels->left++;
    if (labels->left > LABELS)
        return false;
    for (size_t i = labels->left, at = end; i-- > 0;) {
        while (at > 0 && labels->text[at - 1] != '.')
            at--;
        labels->list[i] = labels->text + at;
        if (at > 0)
            labels->text[--at] = '\0';
    }
    return true;
}

/* The label that is read next, or "". */
static const char *last(const struct labels *labels)
{
    return labels->left ? labels->list[labels->left - 1] : "";
}

/* "us-east-1", "us-gov-west-1", "mx-central-1" */
static bool is_region(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t size = strspn(text, letters), words = 0, digits;

    while (size && text[size] == '-') {
        text += size + 1;
        words++;
        size = strspn(text, letters);
    }
    digits = strspn(text, "0123456789");
    return words >= 2 && size == 0 && (digits == 1 || digits == 2) && text[digits] == '\0';
}

static void take_name(char name[ATT_SIGN_NAME_SIZE], const char *text, size_t size)
{
    if (size >= ATT_SIGN_NAME_SIZE)
        size = 0;
    memcpy(name, text, size);
    name[size] = '\0';
}

/* The region where it is a label of its own: the last one, or before the service as in "x.eu-west-1.es". */
static void read_region(struct labels *labels, struct att_sign_scope *scope)
{
    const char *before = labels->left > 1 ? labels->list[labels->left - 2] : "";

    if (strcmp(last(labels), "vpce") == 0) /* an endpoint in a private network: the rest is as outside */
        labels->left--;
    if (is_region(last(labels))) {
        take_name(scope->region, last(labels), strlen(last(labels)));
        labels->left--;
    } else if (strcmp(last(labels), "us-gov") == 0) { /* services of all of that partition */
        take_name(scope->region, "us-gov-west-1", strlen("us-gov-west-1"));
        labels->left--;
    } else if (is_region(before)) {
        take_name(scope->region, before, strlen(before));
        labels->list[labels->left - 2] = last(labels);
        labels->left--;
    }
    if (strcmp(last(labels), "dualstack") == 0)
        labels->left--;
}

/* ---- services ---------------------------------------------------------------------------------------------------- */

/* Where the host has one name and the signature another. The longest that fits is meant. */
static const struct {
    const char *host, *service;
} aliases[] = {
    {"a2i-runtime.sagemaker", "sagemaker"},
    {"appconfigdata", "appconfig"},
    {"appstream2", "appstream"},
    {"backupstorage", "backup-storage"},
    {"bedrock-agent", "bedrock"},
    {"bedrock-agent-runtime", "bedrock"},
    {"bedrock-data-automation", "bedrock"},
    {"bedrock-data-automation-runtime", "bedrock"},
    {"bedrock-runtime", "bedrock"},
    {"catalog.marketplace", "aws-marketplace"},
    {"cloudhsmv2", "cloudhsm"},
    {"cloudsearchdomain", "cloudsearch"},
    {"contact-lens", "connect"},
    {"data-ats.iot", "iotdata"},
    {"data.iot", "iotdata"},
    {"data.iotevents", "ioteventsdata"},
    {"data.jobs.iot", "iot-jobs-data"},
    {"email", "ses"},
    {"entitlement.marketplace", "aws-marketplace"},
    {"fleethub.iot", "iotfleethub"},
    {"forecastquery", "forecast"},
    {"iot", "execute-api"},
    {"identity-chime", "chime"},
    {"lambda-url", "lambda"},
    {"media-pipelines-chime", "chime"},
    {"meetings-chime", "chime"},
    {"memory-db", "memorydb"},
    {"messaging-chime", "chime"},
    {"metering.marketplace", "aws-marketplace"},
    {"migrationhub-config", "mgh"},
    {"mobile", "AWSMobileHubService"},
    {"models-v2-lex", "lex"},
    {"oidc", "awsssooidc"},
    {"participant.connect", "execute-api"},
    {"personalize-events", "personalize"},
    {"personalize-runtime", "personalize"},
    {"pinpoint", "mobiletargeting"},
    {"portal.sso", "awsssoportal"},
    {"queue", "sqs"},
    {"runtime-v2-lex", "lex"},
    {"s3-accesspoint", "s3"},
    {"s3-control", "s3"},
    {"s3-external-1", "s3"},
    {"servicecatalog-appregistry", "servicecatalog"},
    {"sms-voice.pinpoint", "sms-voice"},
    {"tunneling.iot", "IoTSecuredTunneling"},
    {"voice-chime", "chime"},
};

/* Services whose host names no region, and where they are signed for: "iam.amazonaws.com". */
static const struct {
    const char *service, *region, *china;
} globals[] = {
    {"budgets", "us-east-1", "cn-northwest-1"},
    {"cloudfront", "us-east-1", "cn-northwest-1"},
    {"health", "us-east-1", "cn-northwest-1"},
    {"iam", "us-east-1", "cn-north-1"},
    {"organizations", "us-east-1", "cn-northwest-1"},
    {"route53", "us-east-1", "cn-northwest-1"},
    {"route53domains", "us-east-1", ""},
    {"s3", "us-east-1", ""},
    {"s3-external-1", "us-east-1", ""},
    {"savingsplans", "us-east-1", ""},
    {"sts", "us-east-1", ""},
    {"waf", "us-east-1", ""},
};

/* A label without what it says of FIPS: "kms-fips", "fips-kms". */
static size_t trim_fips(const char **label)
{
    size_t size = strlen(*label);

    if (size > 5 && strncmp(*label, "fips-", 5) == 0) {
        *label += 5;
        return size - 5;
    }
    return size > 5 && strcmp(*label + size - 5, "-fips") == 0 ? size - 5 : size;
}

/* Whether the last labels are those of an entry, which has up to three. */
static bool alias_matches(const struct labels *labels, const char *host)
{
    size_t end = strlen(host), number = labels->left;

    while (number-- > 0) {
        size_t begin = end, size;
        const char *label = labels->list[number];

        while (begin > 0 && host[begin - 1] != '.')
            begin--;
        size = trim_fips(&label);
        if (size != end - begin || memcmp(label, host + begin, size) != 0)
            return false;
        if (begin == 0)
            return true;
        end = begin - 1;
    }
    return false;
}

/* The old form "bucket.s3-eu-west-1.amazonaws.com". */
static bool read_old_s3(const char *label, struct att_sign_scope *scope)
{
    if (scope->region[0] || strncmp(label, "s3-", 3) != 0 || !is_region(label + 3))
        return false;
    take_name(scope->region, label + 3, strlen(label + 3));
    take_name(scope->service, "s3", 2);
    return true;
}

static void read_service(const struct labels *labels, struct att_sign_scope *scope)
{
    const char *label = last(labels);
    size_t longest = 0, size = trim_fips(&label);

    if (read_old_s3(last(labels), scope))
        return;
    take_name(scope->service, label, size);
    for (size_t i = 0; i < ATT_COUNT(aliases); i++)
        if (strlen(aliases[i].host) > longest && alias_matches(labels, aliases[i].host)) {
            take_name(scope->service, aliases[i].service, strlen(aliases[i].service));
            longest = strlen(aliases[i].host);
        }
}

bool att_sign_scope_of_host(const char *host, struct att_sign_scope *scope)
{
    struct labels labels;
    size_t size = strlen(host);
    bool china = size > 3 && strcmp(host + size - 3, ".cn") == 0;

    *scope = (struct att_sign_scope){"", ""};
    if (!split(host, &labels))
        return false;
    read_region(&labels, scope);
    if (labels.left)
        read_service(&labels, scope);
    for (size_t i = 0; i < ATT_COUNT(globals) && !scope->region[0]; i++)
        if (strcmp(scope->service, globals[i].service) == 0) {
            const char *region = china ? globals[i].china : globals[i].region;
            take_name(scope->region, region, strlen(region));
        }
    return scope->region[0] || scope->service[0];
}

/* ---- precedence -------------------------------------------------------------------------------------------------- */

bool att_sign_is_s3(const char *service)
{
    return strcmp(service, "s3") == 0 || strncmp(service, "s3-", 3) == 0;
}

bool att_sign_scope_is_name(const char *text, size_t size)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

    for (size_t i = 0; i < size; i++)
        if (!text[i] || !strchr(characters, text[i]))
            return false;
    return size > 0 && size < ATT_SIGN_NAME_SIZE;
}

/* One of the two, from the first that tells it. */
static att_status find(char name[ATT_SIGN_NAME_SIZE], const char *what, const char *placed,
                       const struct att_secret *part, const char *hosts, const char *host, const char *grant,
                       att_error *error)
{
    const char *text = placed && *placed ? placed : part ? att_secret_bytes(part) : hosts;
    size_t size = text == hosts || text == placed ? strlen(text) : att_secret_size(part);
    att_status status = ATT_OK;

    if (!size)
        status = att_fail(error, ATT_CONFIG,
                          "the request to %s cannot be signed: its name tells no %s, and neither inject nor the "
                          "credential of grant \"%s\" does; write %s = \"...\" beside kind = \"sigv4\"",
                          host, what, grant, what);
    else if (!att_sign_scope_is_name(text, size))
        status = att_fail(error, ATT_MODULE,
                          "the %s that grant \"%s\" is signed for is none: it has 1 to 64 letters, digits, \"-\", "
                          "\"_\" and \".\"; correct inject, or what the provider gives",
                          what, grant);
    else
        take_name(name, text, size);
    if (status != ATT_OK)
        ATT_ERROR_TEXT(error, grant, grant);
    return status;
}

att_status att_sign_scope_find(struct att_sign_scope *scope, const char *region, const char *service,
                               const struct att_secret *region_part, const struct att_secret *service_part,
                               const char *host, const char *grant, att_error *error)
{
    struct att_sign_scope hosts;
    att_status status;

    *scope = (struct att_sign_scope){"", ""};
    att_sign_scope_of_host(host, &hosts);
    status = find(scope->service, "service", service, service_part, hosts.service, host, grant, error);
    return status == ATT_OK ? find(scope->region, "region", region, region_part, hosts.region, host, grant, error)
                            : status;
}
