/* core/sign/openssl/aws.c: AWS Signature Version 4: what is signed, with which key, and the header lines of it. */
#include "core/sign/openssl/openssl.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum {
    STAMP_SIZE = 17,
    DATE_SIZE = 8,
    HEX_SIZE = 2 * SHA256_BYTES + 1,
    NAME_LIMIT = 64,
    SCOPE_SIZE = ATT_DAY_KEY_SCOPE
};

/* What one signature is made of. */
struct work {
    struct hash hash;
    char stamp[STAMP_SIZE]; /* 20260302T080000Z */
    char scope[SCOPE_SIZE]; /* 20260302/eu-west-1/s3 */
    char payload[HEX_SIZE]; /* what stands for the body */
    char signature[HEX_SIZE];
};

static void write_stamp(char stamp[STAMP_SIZE], int64_t time)
{
    char text[ATT_TIME_TEXT_SIZE];

    att_time_text(time * 1000000, text); /* 2026-03-02T08:00:00.000000Z */
    memcpy(stamp, text, 4);
    memcpy(stamp + 4, text + 5, 2);
    memcpy(stamp + 6, text + 8, 5);
    memcpy(stamp + 11, text + 14, 2);
    memcpy(stamp + 13, text + 17, 2);
    memcpy(stamp + 15, "Z", 2);
}

/* False when region or service are longer than any is. */
static bool write_scope(struct work *work, const struct att_sign_aws *aws)
{
    struct text text = {work->scope, work->scope + SCOPE_SIZE - 1, false};

    text_add(&text, work->stamp, DATE_SIZE);
    text_char(&text, '/');
    text_string(&text, aws->region);
    text_char(&text, '/');
    text_string(&text, aws->service);
    *text.at = '\0';
    return !text.failed && strlen(aws->region) <= NAME_LIMIT && strlen(aws->service) <= NAME_LIMIT;
}

static const char *payload_of(struct work *work, const struct att_sign_request *request, const struct att_sign_aws *aws)
{
    unsigned char digest[SHA256_BYTES];

    switch (aws->payload) {
    case ATT_SIGN_UNSIGNED:
        return "UNSIGNED-PAYLOAD";
    case ATT_SIGN_STREAMED:
        return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    case ATT_SIGN_BODY:
        break;
    }
    if (!request->body_size)
        return EMPTY_SHA256;
    hash_all(&work->hash, request->body, request->body_size, digest);
    hex_write(work->payload, digest, sizeof digest);
    return work->payload;
}

/* HMAC of HMAC of ...: date, region, service, "aws4_request". */
static bool derive_key(struct work *work, struct att_arena *arena, const struct att_sign_aws *aws,
                       unsigned char key[SHA256_BYTES])
{
    static const char end[] = "aws4_request";
    struct att_secret *start = att_secret_create(arena, 4 + att_secret_size(aws->secret_key));

    if (!start)
        return false;
    att_secret_append(start, "AWS4", 4);
    att_secret_append(start, att_secret_bytes(aws->secret_key), att_secret_size(aws->secret_key));
    hmac_all(&work->hash, att_secret_bytes(start), att_secret_size(start), work->stamp, DATE_SIZE, key);
    att_secret_destroy(start);
    hmac_all(&work->hash, key, SHA256_BYTES, aws->region, strlen(aws->region), key);
    hmac_all(&work->hash, key, SHA256_BYTES, aws->service, strlen(aws->service), key);
    hmac_all(&work->hash, key, SHA256_BYTES, end, sizeof end - 1, key);
    return true;
}

static bool find_key(struct work *work, struct att_arena *arena, const struct att_sign_aws *aws,
                     unsigned char key[SHA256_BYTES])
{
    if (aws->day_key && att_day_key_get(aws->day_key, work->scope, aws->secret_key, key))
        return true;
    if (!derive_key(work, arena, aws, key))
        return false;
    if (aws->day_key && !work->hash.failed)
        att_day_key_put(aws->day_key, work->scope, aws->secret_key, key);
    return true;
}

/* Chunks go on from the signature of the request. False when memory is out. */
static bool begin_chunks(const struct work *work, struct att_arena *arena, struct att_sign_chunks *chunks,
                         const unsigned char key[SHA256_BYTES])
{
    att_sign_chunks_close(chunks);
    chunks->key = att_secret_from(arena, key, SHA256_BYTES);
    memcpy(chunks->stamp, work->stamp, sizeof chunks->stamp);
    memcpy(chunks->scope, work->scope, sizeof chunks->scope);
    memcpy(chunks->previous, work->signature, sizeof chunks->previous);
    return chunks->key != NULL;
}

/* The signature of a canonical request. False when memory is out. */
static bool sign(struct work *work, struct att_arena *arena, const struct att_sign_aws *aws,
                 const struct att_secret *canonical)
{
    unsigned char digest[SHA256_BYTES], key[SHA256_BYTES];
    char hex[HEX_SIZE], room[SCOPE_SIZE + 128];
    struct text text = {room, room + sizeof room, false};
    bool found = find_key(work, arena, aws, key);

    hash_all(&work->hash, att_secret_bytes(canonical), att_secret_size(canonical), digest);
    hex_write(hex, digest, sizeof digest);
    text_string(&text, ALGORITHM "\n");
    text_string(&text, work->stamp);
    text_char(&text, '\n');
    text_string(&text, work->scope);
    text_string(&text, "/aws4_request\n");
    text_string(&text, hex);
    if (found)
        hmac_all(&work->hash, key, sizeof key, room, (size_t)(text.at - room), digest);
    hex_write(work->signature, digest, sizeof digest);
    if (found && aws->payload == ATT_SIGN_STREAMED)
        found = begin_chunks(work, arena, aws->chunks, key);
    att_wipe(key, sizeof key);
    return found;
}

/* ---- header lines ------------------------------------------------------------------------------------------------ */

/* A line in secret memory; `parts` ends with NULL, and a part of NULL bytes is the secret. False when memory is out. */
static bool add_line(struct att_arena *arena, struct att_signature *signature, const char *name, const char *value,
                     size_t size)
{
    size_t name_size = strlen(name);
    struct att_secret *line = att_secret_create(arena, name_size + size);

    if (!line)
        return false;
    att_secret_append(line, name, name_size);
    att_secret_append(line, value, size);
    signature->lines[signature->count++] = line;
    return true;
}

static bool add_authorization(struct att_arena *arena, struct att_signature *signature, const struct work *work,
                              const struct att_secret *access_key, const char *names, size_t names_size)
{
    static const char start[] = "authorization: " ALGORITHM " Credential=", middle[] = "/aws4_request, SignedHeaders=",
                      end[] = ", Signature=";
    size_t size =
        sizeof start + sizeof middle + sizeof end + att_secret_size(access_key) + SCOPE_SIZE + names_size + HEX_SIZE;
    struct att_secret *line = att_secret_create(arena, size);
    struct text text;

    if (!line)
        return false;
    signature->lines[signature->count++] = line;
    text = (struct text){att_secret_tail(line), att_secret_tail(line) + size, false};
    text_add(&text, start, sizeof start - 1);
    text_add(&text, att_secret_bytes(access_key), att_secret_size(access_key));
    text_char(&text, '/');
    text_string(&text, work->scope);
    text_add(&text, middle, sizeof middle - 1);
    text_add(&text, names, names_size);
    text_add(&text, end, sizeof end - 1);
    text_string(&text, work->signature);
    att_secret_advance(line, (size_t)(text.at - att_secret_tail(line)));
    return true;
}

static bool add_lines(struct att_arena *arena, struct att_signature *signature, const struct work *work,
                      const struct own_lines *own, const struct att_secret *access_key, const char *names,
                      size_t names_size)
{
    return add_authorization(arena, signature, work, access_key, names, names_size) &&
           add_line(arena, signature, "x-amz-date: ", work->stamp, STAMP_SIZE - 1) &&
           (!own->payload_line ||
            add_line(arena, signature, "x-amz-content-sha256: ", own->payload, strlen(own->payload))) &&
           (!own->token || add_line(arena, signature, "x-amz-security-token: ", att_secret_bytes(own->token),
                                    att_secret_size(own->token)));
}

/* Both go into headers, so that they must be text of one line; the key's name also has no blanks or "/". */
static att_status check_credential(const struct att_sign_aws *aws, att_error *error)
{
    const char *name = att_secret_bytes(aws->access_key);
    size_t size = att_secret_size(aws->access_key);

    if (!size || !att_text_is_field_value(name, size) || strcspn(name, " \t/,") != size)
        return att_fail(error, ATT_MODULE,
                        "the access key id is no name of a key: it is empty, or has characters that none has; check "
                        "what the provider gives");
    if (aws->session_token &&
        !att_text_is_field_value(att_secret_bytes(aws->session_token), att_secret_size(aws->session_token)))
        return att_fail(error, ATT_MODULE,
                        "the session token has characters that a header cannot hold; check what the provider gives");
    return ATT_OK;
}

static att_status sign_and_write(struct work *work, struct att_arena *arena, const struct att_sign_request *request,
                                 const struct att_sign_aws *aws, struct att_signature *signature, att_error *error)
{
    struct own_lines own = {.stamp = work->stamp, .token = aws->session_token};
    struct att_secret *canonical = NULL;
    const char *names = NULL;
    size_t names_size = 0;
    att_status status;

    own.payload = payload_of(work, request, aws);
    own.payload_line = aws->body_line || aws->payload != ATT_SIGN_BODY;
    status = canonical_request(arena, request, &own, aws->plain_path, &canonical, &names, &names_size, error);
    if (status == ATT_OK && !sign(work, arena, aws, canonical))
        status = att_nomem(error);
    if (status == ATT_OK && work->hash.failed)
        status = sign_fail_digest(error);
    if (status == ATT_OK && !add_lines(arena, signature, work, &own, aws->access_key, names, names_size))
        status = att_nomem(error);
    att_secret_destroy(canonical);
    return status;
}

att_status sign_aws(struct att_signer *base, struct att_arena *arena, const struct att_sign_request *request,
                    const struct att_sign_aws *aws, struct att_signature *signature, att_error *error)
{
    const struct signer *signer = (const struct signer *)base;
    struct work work;
    att_status status = check_credential(aws, error);

    *signature = (struct att_signature){.count = 0};
    if (status != ATT_OK)
        return status;
    write_stamp(work.stamp, request->time);
    if (!write_scope(&work, aws))
        return att_fail(error, ATT_CONFIG,
                        "the request cannot be signed: region and service have at most %d characters each; correct "
                        "them in inject, or at the provider",
                        NAME_LIMIT);
    if (!hash_open(&work.hash, signer->digests[ATT_SIGN_SHA256]))
        return att_nomem(error);
    status = sign_and_write(&work, arena, request, aws, signature, error);
    hash_close(&work.hash);
    if (status != ATT_OK)
        att_signature_close(signature);
    return status;
}
