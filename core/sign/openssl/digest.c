/* core/sign/openssl/digest.c: digests and HMAC on one context of libcrypto.
 *
 * HMAC is built from the digest: EVP_MAC of OpenSSL 3 costs several times what it computes, and keeps the key in memory
 * of its own. */
#include "core/sign/openssl/openssl.h"

#include <openssl/err.h>

/* The list of errors of a thread is the application's too, which may read in it how its own TLS fares: what is added to
 * it here is taken out again. */
bool hash_open(struct hash *hash, const EVP_MD *digest)
{
    ERR_set_mark();
    *hash = (struct hash){.context = EVP_MD_CTX_new(), .digest = digest};
    hash->size = (size_t)EVP_MD_get_size(digest);
    hash->block = (size_t)EVP_MD_get_block_size(digest);
    if (!hash->context)
        ERR_pop_to_mark();
    return hash->context != NULL;
}

void hash_close(struct hash *hash)
{
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
    if (hash->failed)
        ERR_pop_to_mark();
    else
        ERR_clear_last_mark();
}

void hash_start(struct hash *hash)
{
    hash->failed = hash->failed || !EVP_DigestInit_ex2(hash->context, hash->digest, NULL);
}

void hash_add(struct hash *hash, const void *bytes, size_t size)
{
    if (size)
        hash->failed = hash->failed || !EVP_DigestUpdate(hash->context, bytes, size);
}

void hash_finish(struct hash *hash, unsigned char *out)
{
    hash->failed = hash->failed || !EVP_DigestFinal_ex(hash->context, out, NULL);
    if (hash->failed)
        memset(out, 0, hash->size);
}

void hash_all(struct hash *hash, const void *bytes, size_t size, unsigned char *out)
{
    hash_start(hash);
    hash_add(hash, bytes, size);
    hash_finish(hash, out);
}

static void turn_pad(struct hmac *hmac, unsigned char change)
{
    for (size_t i = 0; i < hmac->hash->block; i++)
        hmac->pad[i] ^= change;
}

void hmac_start(struct hmac *hmac, struct hash *hash, const void *key, size_t key_size)
{
    hmac->hash = hash;
    memset(hmac->pad, 0, hash->block);
    if (key_size > hash->block)
        hash_all(hash, key, key_size, hmac->pad);
    else
        memcpy(hmac->pad, key, key_size);
    turn_pad(hmac, 0x36);
    hash_start(hash);
    hash_add(hash, hmac->pad, hash->block);
}

void hmac_finish(struct hmac *hmac, unsigned char *out)
{
    struct hash *hash = hmac->hash;

    hash_finish(hash, out);
    turn_pad(hmac, 0x36 ^ 0x5c);
    hash_start(hash);
    hash_add(hash, hmac->pad, hash->block);
    hash_add(hash, out, hash->size);
    hash_finish(hash, out);
    att_wipe(hmac->pad, sizeof hmac->pad);
}

void hmac_all(struct hash *hash, const void *key, size_t key_size, const void *bytes, size_t size, unsigned char *out)
{
    struct hmac hmac;

    hmac_start(&hmac, hash, key, key_size);
    hash_add(hash, bytes, size);
    hmac_finish(&hmac, out);
}

void hex_write(char *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
}
