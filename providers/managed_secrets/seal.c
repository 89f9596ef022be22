/* providers/managed_secrets/seal.c: the authenticated encryption of rows. */
#include "providers/managed_secrets/seal.h"

#include <sodium.h>
#include <string.h>

enum { TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES, FINGERPRINT_BYTES = 8, TEXTS = 9, NUMBERS = 3 };

_Static_assert(MANAGED_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "the size of a nonce");
_Static_assert(MANAGED_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the size of a key");

static unsigned char *put_number(unsigned char *at, uint64_t number)
{
    for (int i = 0; i < 8; i++)
        *at++ = (unsigned char)(number >> (8 * i));
    return at;
}

/* The associated data, in memory that the caller releases; NULL when that is out. */
static unsigned char *bind(const struct att_host *host, const struct managed_key *key, const struct managed_row *row,
                           size_t *size)
{
    const char *const texts[TEXTS] = {
        "attache managed secret", key->id, row->name, row->grant, row->type, row->inject, row->origins, row->parts,
        row->fingerprint};
    size_t total = (size_t)8 * (1 + TEXTS + NUMBERS);
    unsigned char *bound, *at;

    for (size_t i = 0; i < TEXTS; i++)
        total += strlen(texts[i]);
    bound = host->allocate(host, total);
    if (!bound)
        return NULL;
    at = put_number(bound, MANAGED_SCHEMA);
    for (size_t i = 0; i < TEXTS; i++) {
        size_t length = strlen(texts[i]);
        at = put_number(at, length);
        memcpy(at, texts[i], length);
        at += length;
    }
    at = put_number(at, (uint64_t)row->created);
    at = put_number(at, (uint64_t)row->rotated);
    put_number(at, (uint64_t)row->expires);
    *size = total;
    return bound;
}

void managed_fingerprint(const struct att_host *host, const struct managed_key *key, const struct att_secret *joined,
                         char fingerprint[MANAGED_FINGERPRINT_SIZE])
{
    unsigned char whole[crypto_generichash_BYTES_MIN];
    size_t size = 0, keys_size = 0;
    const unsigned char *view = host->secret_borrow(joined, &size);
    const unsigned char *keys = host->secret_borrow(key->subkeys, &keys_size);

    crypto_generichash(whole, sizeof whole, view, size, keys + MANAGED_KEY_SIZE, MANAGED_KEY_SIZE);
    sodium_bin2hex(fingerprint, MANAGED_FINGERPRINT_SIZE, whole, FINGERPRINT_BYTES);
    host->secret_return(key->subkeys, keys);
    host->secret_return(joined, view);
}

att_result managed_seal(struct managed_act *act, const struct managed_key *key, const struct managed_row *row,
                        const struct att_secret *joined, unsigned char *nonce, unsigned char **sealed, size_t *size)
{
    const struct att_host *host = act->host;
    size_t bound_size = 0, plain_size = 0, keys_size = 0;
    const unsigned char *view = host->secret_borrow(joined, &plain_size);
    const unsigned char *keys = host->secret_borrow(key->subkeys, &keys_size);
    unsigned char *bound = bind(host, key, row, &bound_size);
    unsigned char *bytes = bound ? host->allocate(host, plain_size + TAG_SIZE) : NULL;
    unsigned long long written = 0;

    if (bytes) {
        randombytes_buf(nonce, MANAGED_NONCE_SIZE);
        crypto_aead_xchacha20poly1305_ietf_encrypt(bytes, &written, view, plain_size, bound, bound_size, NULL, nonce,
                                                   keys);
        *sealed = bytes;
        *size = (size_t)written;
    }
    if (bound)
        host->release(host, bound);
    host->secret_return(key->subkeys, keys);
    host->secret_return(joined, view);
    return bytes ? ATT_RESULT_OK : managed_nomem(act);
}

/* Decrypts into the room of `plain`. */
static bool open_into(const struct att_host *host, const struct managed_key *key, const struct managed_row *row,
                      const unsigned char *bound, size_t bound_size, struct att_secret *plain)
{
    size_t room = 0, keys_size = 0;
    const unsigned char *keys = host->secret_borrow(key->subkeys, &keys_size);
    unsigned char *at = host->secret_room(plain, &room);
    unsigned long long written = 0;
    bool opened = room >= row->sealed_size - TAG_SIZE &&
                  crypto_aead_xchacha20poly1305_ietf_decrypt(at, &written, NULL, row->sealed, row->sealed_size, bound,
                                                             bound_size, row->nonce, keys) == 0;

    host->secret_return(key->subkeys, keys);
    return opened && host->secret_took(plain, (size_t)written);
}

att_result managed_unseal(struct managed_act *act, const struct managed_key *key, const struct managed_row *row,
                          struct att_secret **joined)
{
    const struct att_host *host = act->host;
    struct att_secret *plain;
    unsigned char *bound;
    size_t bound_size = 0;
    att_result result = ATT_RESULT_OK;

    if (row->sealed_size <= TAG_SIZE || row->sealed_size > ((size_t)1 << 20) + TAG_SIZE)
        return ATT_RESULT_FAULT;
    plain = host->secret_create(host, row->sealed_size - TAG_SIZE);
    if (!plain)
        return managed_nomem(act);
    bound = bind(host, key, row, &bound_size);
    if (!bound)
        result = managed_nomem(act);
    else if (!open_into(host, key, row, bound, bound_size, plain))
        result = ATT_RESULT_FAULT;
    if (bound)
        host->release(host, bound);
    if (result == ATT_RESULT_OK)
        *joined = plain;
    else
        host->secret_destroy(plain);
    return result;
}
