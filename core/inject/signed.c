/* core/inject/signed.c: a signature over the request: AWS Signature Version 4, or an HMAC. It is made when everything
 * else is in place, with the time of that moment, and again whenever the request is sent again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/inject/place.h"
#include "core/sign/scope.h"

static const char *const aws_headers[] = {"authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token",
                                          "x-amz-decoded-content-length"};

att_status att_place_signature(const struct att_placing *placing)
{
    struct att_injection *injection = placing->injection;

    if (injection->signing) {
        att_fail(placing->error, ATT_CONFIG,
                 "grant \"%s\" has two credentials that sign the request, and one signature would break the other; "
                 "change its inject settings",
                 placing->outgoing->grant);
        ATT_ERROR_TEXT(placing->error, grant, placing->outgoing->grant);
        return ATT_CONFIG;
    }
    injection->signing = placing->inject;
    injection->signing_credential = placing->credential;
    return ATT_OK;
}

bool att_signature_occupies(const struct att_injection *injection, const char *name)
{
    const struct att_config_inject *signing = injection->signing;
    bool occupied = false;

    if (!signing)
        return false;
    if (signing->kind == ATT_INJECT_HMAC)
        return (!signing->sign.in_query && strcasecmp(signing->name, name) == 0) ||
               att_text_equal_nocase(signing->sign.timestamp, name) || att_text_equal_nocase(signing->sign.nonce, name);
    for (size_t i = 0; i < ATT_COUNT(aws_headers); i++)
        occupied = occupied || strcasecmp(aws_headers[i], name) == 0;
    return occupied;
}

/* The name of the key, under either of the names that providers give it. */
static const struct att_secret *access_key(const struct att_credential *credential)
{
    const struct att_secret *named = att_credential_part(credential, "access_key_id");

    return named ? named : att_credential_part(credential, "token");
}

bool att_injection_shows(const struct att_injection *injection, const struct att_credential *credential,
                         const char *part)
{
    if (!injection->signing || injection->signing->kind != ATT_INJECT_SIGV4 ||
        injection->signing_credential != credential)
        return false;
    return strcmp(part, "region") == 0 || strcmp(part, "service") == 0 ||
           att_credential_part(credential, part) == access_key(credential);
}

/* ---- AWS --------------------------------------------------------------------------------------------------------- */

/* Takes the lines over. */
static att_status add_lines(const struct att_placing *placing, struct att_signature *signature)
{
    att_status status = ATT_OK;

    for (size_t i = 0; i < signature->count; i++) {
        struct att_secret *line = signature->lines[i];

        signature->lines[i] = NULL;
        if (status == ATT_OK)
            status = att_line_add(placing, line);
        else
            att_secret_destroy(line);
    }
    att_signature_close(signature);
    return status;
}

/* A header that another placement set would be sent beside that of the signature. */
static att_status check_lines(const struct att_placing *placing)
{
    const struct att_injection *injection = placing->injection;

    for (size_t i = 0; i < injection->line_count; i++) {
        const char *line = att_secret_bytes(injection->lines[i]), *colon = strchr(line, ':');
        char name[128];

        if (!colon || (size_t)(colon - line) >= sizeof name)
            continue;
        memcpy(name, line, (size_t)(colon - line));
        name[colon - line] = '\0';
        if (att_signature_occupies(injection, name))
            return att_place_taken(placing, "header", name);
    }
    return ATT_OK;
}

/* A body that is not known yet: S3 takes one whose chunks are signed, of a known size. Decides how it is signed. */
static att_status check_stream(const struct att_placing *placing, const struct att_sign_request *request,
                               const char *service, struct att_sign_aws *aws)
{
    const char *why = NULL;

    if (!request->streamed || aws->payload == ATT_SIGN_UNSIGNED)
        return ATT_OK;
    if (!att_sign_is_s3(service))
        why = "only S3 takes one that is signed; give it as a whole";
    else if (!request->read_size)
        why = "its size is signed and not known; give read_size, or the body as a whole";
    if (why)
        return att_invalid(placing->error, "read", "the body is refused: it is streamed, grant \"%s\" signs it, and %s",
                           placing->outgoing->grant, why);
    aws->payload = ATT_SIGN_STREAMED;
    return ATT_OK;
}

/* The line that a body in chunks has, which is signed with the others. `lines` has room for one more. No
 * content-encoding says aws-chunked: S3 does not need it, and other servers keep it as that of the object. */
static att_status describe_chunks(const struct att_placing *placing, struct att_sign_request *request,
                                  const char **lines)
{
    char size[24];
    struct att_secret *line = att_line_start(placing->injection, "x-amz-decoded-content-length", sizeof size);
    att_status status;

    if (!line)
        return att_nomem(placing->error);
    snprintf(size, sizeof size, "%" PRIu64, request->read_size);
    att_secret_append_text(line, size);
    status = att_line_add(placing, line);
    if (status != ATT_OK)
        return status;
    memcpy(lines, request->headers, request->header_count * sizeof *lines);
    lines[request->header_count++] = att_secret_bytes(line);
    request->headers = lines;
    return ATT_OK;
}

static att_status make_signature(const struct att_placing *placing, struct att_signer *signer,
                                 const struct att_sign_request *request, const struct att_sign_aws *aws)
{
    struct att_sign_request described = *request;
    struct att_signature signature;
    const char **lines = NULL;
    att_status status = ATT_OK;

    if (aws->payload == ATT_SIGN_STREAMED) {
        lines = calloc(request->header_count + 1, sizeof *lines);
        status = lines ? describe_chunks(placing, &described, lines) : att_nomem(placing->error);
    }
    if (status == ATT_OK)
        status = signer->aws(signer, placing->injection->arena, &described, aws, &signature, placing->error);
    free(lines);
    return status == ATT_OK ? add_lines(placing, &signature) : status;
}

static att_status sign_aws(const struct att_placing *placing, struct att_signer *signer,
                           const struct att_sign_request *request)
{
    const struct att_config_sign *sign = &placing->inject->sign;
    const struct att_credential *credential = placing->credential;
    struct att_sign_scope scope;
    struct att_sign_aws aws = {.payload = sign->unsigned_payload ? ATT_SIGN_UNSIGNED : ATT_SIGN_BODY,
                               .body_line = true,
                               .chunks = &placing->injection->chunks,
                               .access_key = access_key(credential),
                               .secret_key = att_credential_part(credential, "secret_key"),
                               .session_token = att_credential_part(credential, "session_token"),
                               .day_key = credential->day_key};
    att_status status;

    if (!aws.access_key || !aws.secret_key)
        return att_place_lacks_part(placing, aws.access_key ? "secret_key" : "token");
    status = att_sign_scope_find(&scope, sign->region, sign->service, att_credential_part(credential, "region"),
                                 att_credential_part(credential, "service"), placing->outgoing->url->host,
                                 placing->outgoing->grant, placing->error);
    if (status == ATT_OK)
        status = check_stream(placing, request, scope.service, &aws);
    if (status != ATT_OK)
        return status;
    aws.region = scope.region;
    aws.service = scope.service;
    aws.plain_path = att_sign_is_s3(scope.service);
    return make_signature(placing, signer, request, &aws);
}

/* ---- HMAC -------------------------------------------------------------------------------------------------------- */

/* Places one text in a header, or where the signature goes. */
static att_status place_made(const struct att_placing *placing, const char *header, const char *format)
{
    struct att_config_inject inject = {
        .kind = ATT_INJECT_HEADER, .name = header, .format = format, .place = placing->inject->place};
    struct att_placing made = *placing;

    made.inject = &inject;
    return att_place_header(&made);
}

static att_status place_signature(const struct att_placing *placing)
{
    const struct att_config_sign *sign = &placing->inject->sign;
    att_status status =
        sign->in_query ? att_place_query(placing) : place_made(placing, placing->inject->name, placing->inject->format);

    if (status == ATT_OK && sign->timestamp)
        status = place_made(placing, sign->timestamp, "{timestamp}");
    if (status == ATT_OK && sign->nonce)
        status = place_made(placing, sign->nonce, "{nonce}");
    return status;
}

static att_status sign_hmac(struct att_placing *placing, struct att_signer *signer,
                            const struct att_sign_request *request)
{
    const struct att_config_sign *sign = &placing->inject->sign;
    struct att_arena *arena = placing->injection->arena;
    struct att_secret *signature = NULL, *timestamp = NULL, *nonce = NULL;
    char number[24], random[ATT_SIGN_NONCE_SIZE];
    struct att_sign_hmac hmac = {.message = sign->message,
                                 .algorithm = sign->algorithm,
                                 .encoding = sign->encoding,
                                 .key = att_credential_part(placing->credential, sign->key),
                                 .nonce = random};
    int size = snprintf(number, sizeof number, "%" PRId64, request->time);
    att_status status;

    if (!hmac.key)
        return att_place_lacks_part(placing, sign->key);
    if (request->streamed && strstr(sign->message, "{body"))
        return att_invalid(placing->error, "read",
                           "the body is refused: it is streamed, and grant \"%s\" signs it; give it as a whole",
                           placing->outgoing->grant);
    if (!att_sign_nonce(random))
        return att_fail(placing->error, ATT_INTERNAL,
                        "the request cannot be signed: the system gives no random bytes; try again");
    status = signer->hmac(signer, arena, request, &hmac, &signature, placing->error);
    if (status == ATT_OK) {
        timestamp = att_secret_from(arena, number, (size_t)size);
        nonce = att_secret_from(arena, random, sizeof random - 1);
        status = timestamp && nonce ? ATT_OK : att_nomem(placing->error);
    }
    if (status == ATT_OK) {
        const struct att_made_part made[] = {{"signature", signature}, {"timestamp", timestamp}, {"nonce", nonce}};

        placing->made = made;
        placing->made_count = ATT_COUNT(made);
        status = place_signature(placing);
    }
    att_secret_destroy(signature);
    att_secret_destroy(timestamp);
    att_secret_destroy(nonce);
    return status;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

att_status att_injection_sign(struct att_injection *injection, struct att_signer *signer,
                              const struct att_outgoing *outgoing, const struct att_sign_request *request,
                              att_error *error)
{
    struct att_placing placing = {injection, injection->signing_credential, injection->signing, outgoing, NULL, 0,
                                  error};
    att_status status;

    if (!injection->signing)
        return ATT_OK;
    while (injection->line_count > injection->placed_lines)
        att_secret_destroy(injection->lines[--injection->line_count]);
    att_sign_chunks_close(&injection->chunks);
    status = check_lines(&placing);
    if (status != ATT_OK)
        return status;
    /* From here on the lines are those of the signature, which would occupy their own names. */
    injection->signing = NULL;
    status = placing.inject->kind == ATT_INJECT_HMAC ? sign_hmac(&placing, signer, request)
                                                     : sign_aws(&placing, signer, request);
    injection->signing = placing.inject;
    return status;
}
