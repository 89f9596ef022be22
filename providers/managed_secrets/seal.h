/* seal.h: sealing the parts of a secret together with all that is written beside them.
 *
 * XChaCha20-Poly1305 (libsodium; draft-irtf-cfrg-xchacha) with a random nonce of 24 bytes. The associated data is the
 * schema, the id of the key and every field of the row that a request relies on, each with its size before it: what was
 * moved from another row, or changed by anyone without the key, does not open. `used` alone is not bound, since readers
 * without the right to seal anew write it. Thread-safe. */
#ifndef ATT_MANAGED_SEAL_H
#define ATT_MANAGED_SEAL_H

#include "providers/managed_secrets/key.h"

enum { MANAGED_SCHEMA = 1, MANAGED_NONCE_SIZE = 24, MANAGED_FINGERPRINT_SIZE = 17 };

/* A row of the store: texts and bytes of somebody else's. Lists are texts with a newline between the items. */
struct managed_row {
    const char *name, *grant, *type, *inject, *origins, *parts, *fingerprint;
    int64_t created, rotated, used, expires;
    const unsigned char *nonce; /* MANAGED_NONCE_SIZE */
    const unsigned char *sealed;
    size_t sealed_size;
};

/* A fingerprint in hex: a keyed BLAKE2b hash of the joined parts. */
void managed_fingerprint(const struct att_host *host, const struct managed_key *key, const struct att_secret *joined,
                         char fingerprint[MANAGED_FINGERPRINT_SIZE]);

/* Seals the joined parts for the row, whose own nonce and sealed bytes do not count. `nonce` takes MANAGED_NONCE_SIZE
 * bytes; *sealed is released by the caller. */
att_result managed_seal(struct managed_act *act, const struct managed_key *key, const struct managed_row *row,
                        const struct att_secret *joined, unsigned char *nonce, unsigned char **sealed, size_t *size);

/* Opens the row into *joined, for the caller to destroy. FAULT without a sentence when it does not open. */
att_result managed_unseal(struct managed_act *act, const struct managed_key *key, const struct managed_row *row,
                          struct att_secret **joined);

#endif
