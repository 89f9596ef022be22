/* key.h: the key of a store, and the file that it is in.
 *
 * A key is 32 random bytes, written as one line of hex or base64. It is never used itself: libsodium's crypto_kdf
 * (keyed BLAKE2b) derives from it a key for sealing, one for fingerprints, and the id by which a store knows its key.
 * The id tells nothing of the key. */
#ifndef ATT_MANAGED_KEY_H
#define ATT_MANAGED_KEY_H

#include "providers/managed_secrets/act.h"

enum { MANAGED_KEY_SIZE = 32, MANAGED_KEY_ID_SIZE = 33 };

/* `subkeys` is NULL while there is no key. */
struct managed_key {
    struct att_secret *subkeys; /* for sealing, then for fingerprints */
    char id[MANAGED_KEY_ID_SIZE];
};

/* Reads the text of a key; `where` names it in the sentence. On failure *key is as it was. */
att_result managed_key_take(struct managed_act *act, const struct att_secret *text, const char *where,
                            struct managed_key *key);
/* The same from a file, which must be nobody else's to read. NOT_FOUND without a sentence when it is not there. */
att_result managed_key_read(struct managed_act *act, const char *path, struct managed_key *key);
/* Writes a fresh key to a file that is not there yet; of several processes one does. */
att_result managed_key_make(struct managed_act *act, const char *path);
/* Destroys the key, if there is one. */
void managed_key_drop(const struct att_host *host, struct managed_key *key);

#endif
