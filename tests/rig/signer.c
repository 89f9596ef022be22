/* tests/rig/signer.c: signs the requests that it reads, one JSON object on each line, and answers with one line each.
 *
 * usage: signer OPENSSL.SO
 *
 * Members: "kind" aws, hmac or scope; method, scheme, host, path, query, headers (lines), body, time; for aws region,
 * service, payload (body, unsigned, streamed), plain_path, body_line, access_key, secret_key, token, keep (use one day
 * key for all lines); for hmac message, digest, spelling, key, nonce. Answers: {"lines": [...]}, {"signature": ...},
 * {"region": ..., "service": ...} or {"error": ...}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/sign/scope.h"
#include "core/sign/sign.h"

struct rig {
    struct att_arena *arena;
    struct att_signer *signer;
    struct att_day_key *day_key;
};

static const char *text(const json_t *input, const char *name, const char *otherwise)
{
    const char *value = json_string_value(json_object_get(input, name));

    return value ? value : otherwise;
}

static struct att_secret *secret(const struct rig *rig, const json_t *input, const char *name)
{
    const char *value = text(input, name, NULL);

    return value ? att_secret_from(rig->arena, value, strlen(value)) : NULL;
}

static int choice(const json_t *input, const char *name, const char *const *names)
{
    const char *value = text(input, name, names[0]);
    int number = 0;

    while (names[number] && strcmp(names[number], value) != 0)
        number++;
    return names[number] ? number : 0;
}

static bool flag(const json_t *input, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(input, name);

    return value ? json_is_true(value) : otherwise;
}

static json_t *sign_aws(const struct rig *rig, const json_t *input, const struct att_sign_request *request,
                        att_error *error)
{
    static const char *const payloads[] = {"body", "unsigned", "streamed", NULL};
    const char *service = text(input, "service", "s3");
    struct att_secret *access_key = secret(rig, input, "access_key"), *secret_key = secret(rig, input, "secret_key"),
                      *token = secret(rig, input, "token");
    struct att_sign_aws aws = {
        .region = text(input, "region", "us-east-1"),
        .service = service,
        .payload = (enum att_sign_payload)choice(input, "payload", payloads),
        .plain_path = flag(input, "plain_path", att_sign_is_s3(service)),
        .body_line = flag(input, "body_line", att_sign_is_s3(service)),
        .access_key = access_key,
        .secret_key = secret_key,
        .session_token = token,
        .day_key = flag(input, "keep", false) ? rig->day_key : NULL,
    };
    struct att_signature signature;
    json_t *lines = json_array();

    if (rig->signer->aws(rig->signer, rig->arena, request, &aws, &signature, error) == ATT_OK)
        for (size_t i = 0; i < signature.count; i++)
            json_array_append_new(lines, json_string(att_secret_bytes(signature.lines[i])));
    att_signature_close(&signature);
    att_secret_destroy(access_key);
    att_secret_destroy(secret_key);
    att_secret_destroy(token);
    return json_pack("{s:o}", "lines", lines);
}

static json_t *sign_hmac(const struct rig *rig, const json_t *input, const struct att_sign_request *request,
                         att_error *error)
{
    static const char *const digests[] = {"sha256", "sha512", "sha1", NULL}, *const spellings[] = {"hex", "base64",
                                                                                                   NULL};
    struct att_secret *key = secret(rig, input, "key"), *signature = NULL;
    struct att_sign_hmac hmac = {
        .message = text(input, "message", ""),
        .algorithm = (enum att_sign_algorithm)choice(input, "digest", digests),
        .encoding = (enum att_sign_encoding)choice(input, "spelling", spellings),
        .key = key,
        .nonce = text(input, "nonce", ""),
    };
    json_t *answer = NULL;

    if (rig->signer->hmac(rig->signer, rig->arena, request, &hmac, &signature, error) == ATT_OK)
        answer = json_pack("{s:s}", "signature", att_secret_bytes(signature));
    att_secret_destroy(signature);
    att_secret_destroy(key);
    return answer;
}

static json_t *find_scope(const struct rig *rig, const json_t *input, att_error *error)
{
    struct att_secret *region = secret(rig, input, "region_part"), *service = secret(rig, input, "service_part");
    struct att_sign_scope scope;

    att_sign_scope_find(&scope, text(input, "region", NULL), text(input, "service", NULL), region, service,
                        text(input, "host", ""), "g", error);
    att_secret_destroy(region);
    att_secret_destroy(service);
    return json_pack("{s:s, s:s}", "region", scope.region, "service", scope.service);
}

static json_t *answer(const struct rig *rig, const json_t *input, att_error *error)
{
    const json_t *headers = json_object_get(input, "headers");
    const char *kind = text(input, "kind", "aws"), *body = text(input, "body", "");
    const char **lines = calloc(json_array_size(headers) + 1, sizeof *lines);
    struct att_sign_request request = {
        .method = text(input, "method", "GET"),
        .scheme = text(input, "scheme", "https"),
        .host = text(input, "host", ""),
        .path = text(input, "path", "/"),
        .query = text(input, "query", NULL),
        .headers = lines,
        .header_count = json_array_size(headers),
        .body = body,
        .body_size = strlen(body),
        .time = json_integer_value(json_object_get(input, "time")),
    };
    json_t *output;

    for (size_t i = 0; i < request.header_count; i++)
        lines[i] = json_string_value(json_array_get(headers, i));
    if (strcmp(kind, "hmac") == 0)
        output = sign_hmac(rig, input, &request, error);
    else if (strcmp(kind, "scope") == 0)
        output = find_scope(rig, input, error);
    else
        output = sign_aws(rig, input, &request, error);
    free(lines);
    return output;
}

int main(int argc, char **argv)
{
    struct rig rig = {.arena = att_arena_create()};
    att_error error = ATT_ERROR_INIT;
    char *line = NULL;
    size_t capacity = 0;

    rig.signer = argc == 2 ? att_signer_open(argv[1], &error) : NULL;
    rig.day_key = att_day_key_create(rig.arena);
    if (!rig.signer) {
        fprintf(stderr, "signer: %s\n", argc == 2 ? error.message : "usage: signer OPENSSL.SO");
        att_error_clear(&error);
        att_day_key_destroy(rig.day_key);
        att_arena_destroy(rig.arena);
        return 2;
    }
    while (getline(&line, &capacity, stdin) > 0) {
        json_t *input = json_loads(line, 0, NULL), *output;

        att_error_clear(&error);
        output = answer(&rig, input, &error);
        if (error.status != ATT_OK) {
            json_decref(output);
            output = json_pack("{s:s, s:s}", "error", error.message, "status", att_status_name(error.status));
        }
        json_dumpf(output, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(output);
        json_decref(input);
    }
    free(line);
    att_error_clear(&error);
    att_day_key_destroy(rig.day_key);
    rig.signer->close(rig.signer);
    att_arena_destroy(rig.arena);
    return 0;
}
