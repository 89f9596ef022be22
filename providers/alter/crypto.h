/* crypto.h: what signing uses of libcrypto, which is bound when a client opens: a program whose site could ask the
 * service, and does not, starts without it. */
#ifndef PROVIDERS_ALTER_CRYPTO_H
#define PROVIDERS_ALTER_CRYPTO_H

#include <stdbool.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#define ALTER_CRYPTO(EACH)    \
    EACH(ERR_clear_last_mark) \
    EACH(ERR_pop_to_mark)     \
    EACH(ERR_set_mark)        \
    EACH(EVP_DigestFinal_ex)  \
    EACH(EVP_DigestInit_ex2)  \
    EACH(EVP_DigestUpdate)    \
    EACH(EVP_EncodeBlock)     \
    EACH(EVP_MD_CTX_free)     \
    EACH(EVP_MD_CTX_new)      \
    EACH(EVP_MD_fetch)        \
    EACH(EVP_MD_free)

struct alter_crypto {
#define MEMBER(name) __typeof__(name) *name;
    ALTER_CRYPTO(MEMBER)
#undef MEMBER
};

extern const char alter_crypto_file[];
/* False when there is no such library here, or it lacks one of these. */
bool alter_crypto_bind(struct alter_crypto *crypto);

#endif
