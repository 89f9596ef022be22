/* core/sign/openssl/hmac.c: an HMAC over a message that the site wrote down, filled in with the request. */
#include <inttypes.h>
#include <stdio.h>

#include "core/sign/openssl/openssl.h"

static void add_string(struct hash *hash, const char *string)
{
    hash_add(hash, string, strlen(string));
}

/* The body's SHA-256 as hex, made before the HMAC begins, since that may use the same context. */
static bool hash_body(const struct signer *signer, const struct att_sign_request *request,
                      char hex[2 * SHA256_BYTES + 1], att_status *status, att_error *error)
{
    unsigned char digest[SHA256_BYTES];
    struct hash hash;

    if (!hash_open(&hash, signer->digests[ATT_SIGN_SHA256])) {
        *status = att_nomem(error);
        return false;
    }
    hash_all(&hash, request->body, request->body_size, digest);
    hash_close(&hash);
    hex_write(hex, digest, sizeof digest);
    if (hash.failed)
        *status = sign_fail_digest(error);
    return !hash.failed;
}

static void add_named(struct hash *hash, const struct att_sign_request *request, const struct att_sign_hmac *hmac,
                      enum att_sign_name name, const char *body_sha256)
{
    char number[24];

    switch (name) {
    case ATT_SIGN_METHOD:
        add_string(hash, request->method);
        break;
    case ATT_SIGN_SCHEME:
        add_string(hash, request->scheme);
        break;
    case ATT_SIGN_HOST:
        add_string(hash, request->host);
        break;
    case ATT_SIGN_TARGET:
        add_string(hash, request->path);
        if (request->query)
            add_string(hash, "?");
        add_string(hash, request->query ? request->query : "");
        break;
    case ATT_SIGN_PATH:
        add_string(hash, request->path);
        break;
    case ATT_SIGN_QUERY:
        add_string(hash, request->query ? request->query : "");
        break;
    case ATT_SIGN_BODY_BYTES:
        hash_add(hash, request->body, request->body_size);
        break;
    case ATT_SIGN_BODY_SHA256:
        add_string(hash, body_sha256);
        break;
    case ATT_SIGN_TIMESTAMP:
        snprintf(number, sizeof number, "%" PRId64, request->time);
        add_string(hash, number);
        break;
    case ATT_SIGN_NONCE:
        add_string(hash, hmac->nonce);
        break;
    case ATT_SIGN_NEWLINE:
        add_string(hash, "\n");
        break;
    case ATT_SIGN_NAMES:
        break;
    }
}

static void add_message(struct hash *hash, const struct att_sign_request *request, const struct att_sign_hmac *hmac,
                        const char *body_sha256)
{
    const char *at = hmac->message, *start = at;
    enum att_sign_name name;
    size_t literal;

    while (att_sign_message_next(&at, &literal, &name)) {
        hash_add(hash, start, literal);
        add_named(hash, request, hmac, name, body_sha256);
        start = at;
    }
}

static struct att_secret *spell(struct att_arena *arena, enum att_sign_encoding encoding, const unsigned char *bytes,
                                size_t size)
{
    size_t spelled = encoding == ATT_SIGN_HEX ? 2 * size : att_base64_size(size);
    struct att_secret *text = att_secret_create(arena, spelled);

    if (!text)
        return NULL;
    if (encoding == ATT_SIGN_HEX)
        hex_write(att_secret_tail(text), bytes, size);
    else
        att_base64_encode(att_secret_tail(text), bytes, size);
    att_secret_advance(text, spelled);
    return text;
}

att_status sign_hmac(struct att_signer *base, struct att_arena *arena, const struct att_sign_request *request,
                     const struct att_sign_hmac *hmac, struct att_secret **signature, att_error *error)
{
    const struct signer *signer = (const struct signer *)base;
    char body_sha256[2 * SHA256_BYTES + 1] = "";
    unsigned char digest[DIGEST_BYTES];
    att_status status = ATT_OK;
    struct hash hash;
    struct hmac state;

    *signature = NULL;
    if (!signer->digests[hmac->algorithm])
        return att_fail(error, ATT_CONFIG,
                        "the request cannot be signed: libcrypto offers no such digest here; choose another algorithm");
    if (strstr(hmac->message, "{body_sha256}") && !hash_body(signer, request, body_sha256, &status, error))
        return status;
    if (!hash_open(&hash, signer->digests[hmac->algorithm]))
        return att_nomem(error);
    hmac_start(&state, &hash, att_secret_bytes(hmac->key), att_secret_size(hmac->key));
    add_message(&hash, request, hmac, body_sha256);
    hmac_finish(&state, digest);
    hash_close(&hash);
    if (hash.failed)
        return sign_fail_digest(error);
    *signature = spell(arena, hmac->encoding, digest, hash.size);
    return *signature ? ATT_OK : att_nomem(error);
}
