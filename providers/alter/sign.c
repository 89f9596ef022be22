/* providers/alter/sign.c: the signature of a request, by the recipe of the profile.
 *
 * HMAC is built from the digest: EVP_MAC of OpenSSL 3 costs several times what it computes, and keeps the key in memory
 * of its own. The key that signs is made once, from the API key, and kept in a secret. */
#include <string.h>
#include <unistd.h>

#include "providers/alter/crypto.h"
#include "providers/alter/inside.h"

enum { DIGEST = 32, BLOCK = 64 };

/* One context of libcrypto for all digests of a signature. The first failure sticks. */
struct hash {
    const struct alter_crypto *crypto;
    EVP_MD_CTX *context;
    const EVP_MD *digest;
    bool failed;
};

/* The list of errors of a thread is the application's too: what is added to it here is taken out again. */
static bool hash_open(struct hash *hash, const struct alter *alter)
{
    alter->crypto->ERR_set_mark();
    *hash = (struct hash){alter->crypto, alter->crypto->EVP_MD_CTX_new(), alter->sha256, false};
    if (!hash->context)
        hash->crypto->ERR_pop_to_mark();
    return hash->context != NULL;
}

/* libcrypto clears the state of a digest when it frees it. */
static bool hash_close(struct hash *hash)
{
    hash->crypto->EVP_MD_CTX_free(hash->context);
    if (hash->failed)
        hash->crypto->ERR_pop_to_mark();
    else
        hash->crypto->ERR_clear_last_mark();
    return !hash->failed;
}

static void hash_start(struct hash *hash)
{
    hash->failed = hash->failed || !hash->crypto->EVP_DigestInit_ex2(hash->context, hash->digest, NULL);
}

static void hash_add(struct hash *hash, const void *bytes, size_t size)
{
    if (size)
        hash->failed = hash->failed || !hash->crypto->EVP_DigestUpdate(hash->context, bytes, size);
}

static void hash_finish(struct hash *hash, unsigned char out[DIGEST])
{
    hash->failed = hash->failed || !hash->crypto->EVP_DigestFinal_ex(hash->context, out, NULL);
    if (hash->failed)
        memset(out, 0, DIGEST);
}

static void hash_secret(struct hash *hash, const struct alter *alter, const struct att_secret *secret)
{
    size_t size = 0;
    const unsigned char *bytes = secret ? alter->host->secret_borrow(secret, &size) : NULL;

    hash_add(hash, bytes, size);
    if (secret)
        alter->host->secret_return(secret, bytes);
}

/* ---- HMAC (RFC 2104) --------------------------------------------------------------------------------------------- */

static void add_pad(struct hash *hash, const unsigned char key[BLOCK], unsigned char change)
{
    unsigned char pad[BLOCK];

    for (size_t i = 0; i < BLOCK; i++)
        pad[i] = key[i] ^ change;
    hash_start(hash);
    hash_add(hash, pad, BLOCK);
    explicit_bzero(pad, sizeof pad);
}

/* The message is added between the two. */
static void hmac_start(struct hash *hash, const unsigned char key[BLOCK])
{
    add_pad(hash, key, 0x36);
}

static void hmac_finish(struct hash *hash, const unsigned char key[BLOCK], unsigned char out[DIGEST])
{
    hash_finish(hash, out);
    add_pad(hash, key, 0x5c);
    hash_add(hash, out, DIGEST);
    hash_finish(hash, out);
}

/* What HMAC makes of a key of any size, in a block. */
static void fit_key(struct hash *hash, const unsigned char *key, size_t size, unsigned char block[BLOCK])
{
    memset(block, 0, BLOCK);
    if (size <= BLOCK) {
        memcpy(block, key, size);
        return;
    }
    hash_start(hash);
    hash_add(hash, key, size);
    hash_finish(hash, block);
}

/* Without a label the API key is the key itself. */
static bool derive(const struct alter *alter, unsigned char block[BLOCK])
{
    const struct alter_text *label = &alter->profile.words[ALTER_SIGNING_LABEL];
    const unsigned char *key;
    unsigned char derived[DIGEST];
    struct hash hash;
    size_t size;

    if (!hash_open(&hash, alter))
        return false;
    key = alter->host->secret_borrow(alter->api_key, &size);
    fit_key(&hash, key, size, block);
    alter->host->secret_return(alter->api_key, key);
    if (label->size) {
        hmac_start(&hash, block);
        hash_add(&hash, label->at, label->size);
        hmac_finish(&hash, block, derived);
        fit_key(&hash, derived, DIGEST, block);
        explicit_bzero(derived, sizeof derived);
    }
    return hash_close(&hash);
}

bool alter_signing_open(struct alter *alter, const char **lacks)
{
    const struct att_host *host = alter->host;
    unsigned char *block;
    size_t size;

    *lacks = NULL;
    alter->crypto = host->allocate(host, sizeof *alter->crypto);
    if (!alter->crypto)
        return false;
    if (!alter_crypto_bind(alter->crypto)) {
        *lacks = alter_crypto_file;
        return false;
    }
    alter->crypto->ERR_set_mark();
    alter->sha256 = alter->crypto->EVP_MD_fetch(NULL, "SHA256", NULL);
    alter->crypto->ERR_pop_to_mark();
    alter->signing_key = host->secret_create(host, BLOCK);
    if (!alter->sha256 || !alter->signing_key)
        return false;
    block = host->secret_room(alter->signing_key, &size);
    return size >= BLOCK && derive(alter, block) && host->secret_took(alter->signing_key, BLOCK);
}

void alter_signing_close(struct alter *alter)
{
    alter->host->secret_destroy(alter->signing_key);
    if (alter->sha256)
        alter->crypto->EVP_MD_free(alter->sha256);
    if (alter->crypto)
        alter->host->release(alter->host, alter->crypto);
}

/* ---- a signature ------------------------------------------------------------------------------------------------- */

bool alter_random(void *bytes, size_t size)
{
    return getentropy(bytes, size) == 0;
}

static void write_hex(char *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
}

static void spell(const struct alter *alter, char out[ALTER_DIGEST_SIZE], const unsigned char digest[DIGEST])
{
    if (alter_word(alter, ALTER_SIGNING_ENCODING)[0] == 'h')
        write_hex(out, digest, DIGEST);
    else
        alter->crypto->EVP_EncodeBlock((unsigned char *)out, digest, DIGEST);
}

static const char *part_of(const struct alter_signed *what, const struct alter_signature *signature,
                           enum alter_part part)
{
    switch (part) {
    case PART_METHOD:
        return what->method;
    case PART_TARGET:
        return what->target;
    case PART_TIMESTAMP:
        return signature->timestamp;
    case PART_NONCE:
        return signature->nonce;
    case PART_CONTENT:
        return signature->content;
    case PART_CALLER:
        return what->caller;
    case PART_TYPE:
        return what->caller_type;
    case PART_ACTOR:
        return what->actor;
    }
    return "";
}

static void add_parts(struct hash *hash, const struct alter *alter, const struct alter_signed *what,
                      const struct alter_signature *signature)
{
    const struct alter_profile *profile = &alter->profile;
    const char *word = alter_word(alter, ALTER_SIGNING_SEPARATOR);
    /* No text of a configuration holds one. */
    const char *separator = strcmp(word, "newline") == 0 ? "\n" : word;

    for (size_t i = 0; i < profile->part_count; i++) {
        const char *part = part_of(what, signature, profile->parts[i]);

        if (i)
            hash_add(hash, separator, strlen(separator));
        hash_add(hash, part, strlen(part));
    }
}

bool alter_sign(const struct alter *alter, const struct alter_signed *what, struct alter_signature *signature)
{
    struct alter_out out = {.start = signature->timestamp};
    unsigned char bytes[16], digest[DIGEST];
    const unsigned char *key;
    struct hash hash;
    size_t size;

    out.at = out.start;
    out.end = out.start + sizeof signature->timestamp - 1;
    alter_add_number(&out, alter->host->wall(alter->host));
    *out.at = '\0';
    if (!alter_random(bytes, sizeof bytes) || !hash_open(&hash, alter))
        return false;
    write_hex(signature->nonce, bytes, sizeof bytes);
    hash_start(&hash);
    hash_secret(&hash, alter, what->body);
    hash_finish(&hash, digest);
    spell(alter, signature->content, digest);
    key = alter->host->secret_borrow(alter->signing_key, &size);
    hmac_start(&hash, key);
    add_parts(&hash, alter, what, signature);
    hmac_finish(&hash, key, digest);
    alter->host->secret_return(alter->signing_key, key);
    spell(alter, signature->signature, digest);
    return hash_close(&hash);
}
