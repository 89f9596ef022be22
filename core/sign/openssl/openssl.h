/* core/sign/openssl/openssl.h: what the files of the signer share: digests of libcrypto, and bounded text. */
#ifndef ATT_SIGN_OPENSSL_H
#define ATT_SIGN_OPENSSL_H

#include <string.h>

#include <openssl/evp.h>

#include "core/sign/sign.h"

/* ---- signer ------------------------------------------------------------------------------------------------------ */

enum { SIGNER_DIGESTS = ATT_SIGN_SHA1 + 1 };

struct signer {
    struct att_signer base;
    EVP_MD *digests[SIGNER_DIGESTS]; /* NULL where libcrypto does not offer it */
};

att_status sign_aws(struct att_signer *base, struct att_arena *arena, const struct att_sign_request *request,
                    const struct att_sign_aws *aws, struct att_signature *signature, att_error *error);
att_status sign_chunk(struct att_signer *base, struct att_sign_chunks *chunks, const void *bytes, size_t size,
                      att_error *error);
att_status sign_hmac(struct att_signer *base, struct att_arena *arena, const struct att_sign_request *request,
                     const struct att_sign_hmac *hmac, struct att_secret **signature, att_error *error);

att_status sign_fail_digest(att_error *error);
att_status sign_fail_size(att_error *error);

/* ---- digests ----------------------------------------------------------------------------------------------------- */

#define DIGEST_BYTES 64  /* of the longest */
#define DIGEST_BLOCK 128 /* the same */
#define SHA256_BYTES 32

/* One context for all digests of a signature. What it held is cleared when it is closed: libcrypto clears the state of
 * its digests when it frees them. The first failure sticks. */
struct hash {
    EVP_MD_CTX *context;
    const EVP_MD *digest;
    size_t size, block;
    bool failed;
};

bool hash_open(struct hash *hash, const EVP_MD *digest); /* false when memory is out */
void hash_close(struct hash *hash);
void hash_start(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t size);
void hash_finish(struct hash *hash, unsigned char *out); /* hash->size bytes */
void hash_all(struct hash *hash, const void *bytes, size_t size, unsigned char *out);

/* RFC 2104, with the digest of `hash`. */
struct hmac {
    struct hash *hash;
    unsigned char pad[DIGEST_BLOCK];
};
void hmac_start(struct hmac *hmac, struct hash *hash, const void *key, size_t key_size);
void hmac_finish(struct hmac *hmac, unsigned char *out); /* wipes the pad */
void hmac_all(struct hash *hash, const void *key, size_t key_size, const void *bytes, size_t size, unsigned char *out);

/* Lower case, two characters for each byte and a NUL. */
void hex_write(char *out, const unsigned char *bytes, size_t size);

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* Text into memory that was measured beforehand. What would not fit is not written, and `failed` is set. */
struct text {
    char *at, *end;
    bool failed;
};

static inline void text_add(struct text *text, const char *bytes, size_t size)
{
    if (size > (size_t)(text->end - text->at)) {
        text->failed = true;
        return;
    }
    memcpy(text->at, bytes, size);
    text->at += size;
}

static inline void text_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

static inline void text_char(struct text *text, char character)
{
    if (text->at == text->end)
        text->failed = true;
    else
        *text->at++ = character;
}

/* ---- the canonical request --------------------------------------------------------------------------------------- */

/* What the signer adds to a request. */
struct own_lines {
    const char *stamp;   /* 20260302T080000Z */
    const char *payload; /* what stands for the body: its hash or a word */
    bool payload_line;
    const struct att_secret *token; /* or NULL */
};

/* The canonical request, in secret memory, since the session token is in it. `*names` and `*names_size` are where the
 * signed header names stand in it ("host;x-amz-date"). */
att_status canonical_request(struct att_arena *arena, const struct att_sign_request *request,
                             const struct own_lines *own, bool plain_path, struct att_secret **canonical,
                             const char **names, size_t *names_size, att_error *error);

/* Its parts. Each writes at most three times the size of what it reads, and 16 bytes. */
void canonical_path(struct text *text, const char *path, bool plain);
/* One character more for each parameter. False when memory is out. */
bool canonical_query(struct text *text, struct att_secret *scratch, const char *query);

#endif
