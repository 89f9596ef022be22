/* core/sign/openssl/signer.c: the signer as the library sees it. */
#include <stdlib.h>

#include <openssl/err.h>

#include "core/sign/openssl/openssl.h"

/* libcrypto makes the state of a digest anew for each, and does not say why it could not. */
att_status sign_fail_digest(att_error *error)
{
    return att_fail(error, ATT_NOMEM,
                    "the request cannot be signed: memory is out, or libcrypto refuses the digest; try again, or check "
                    "the configuration of OpenSSL");
}

att_status sign_fail_size(att_error *error)
{
    return att_fail(error, ATT_INVALID,
                    "the request cannot be signed: its URL and headers take more than 1 MiB; shorten them");
}

static void signer_close(struct att_signer *base)
{
    struct signer *signer = (struct signer *)base;

    for (size_t i = 0; i < SIGNER_DIGESTS; i++)
        EVP_MD_free(signer->digests[i]);
    free(signer);
}

static struct att_signer *signer_open(void)
{
    static const char *const names[SIGNER_DIGESTS] = {
        [ATT_SIGN_SHA256] = "SHA256", [ATT_SIGN_SHA512] = "SHA512", [ATT_SIGN_SHA1] = "SHA1"};
    struct signer *signer = calloc(1, sizeof *signer);

    if (!signer)
        return NULL;
    signer->base = (struct att_signer){.aws = sign_aws, .chunk = sign_chunk, .hmac = sign_hmac, .close = signer_close};
    /* Fetched once: looking one up costs more than a signature. A system may do without SHA-1. */
    ERR_set_mark();
    for (size_t i = 0; i < SIGNER_DIGESTS; i++)
        signer->digests[i] = EVP_MD_fetch(NULL, names[i], NULL);
    ERR_pop_to_mark();
    if (signer->digests[ATT_SIGN_SHA256])
        return &signer->base;
    signer_close(&signer->base);
    return NULL;
}

extern const struct att_signer_entry attache_signer;
__attribute__((visibility("default"))) const struct att_signer_entry attache_signer = {
    .version = ATT_SIGNER_VERSION,
    .open = signer_open,
};
