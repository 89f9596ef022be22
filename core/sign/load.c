/* core/sign/load.c: opens the signer, which is a part of the library that is loaded when it is needed. */
#include <errno.h>
#include <unistd.h>

#include "core/part/part.h"
#include "core/sign/sign.h"

static const struct att_part signers = {
    .kind = "signer",
    .folder = "sign",
    .symbol = "attache_signer",
    .version = ATT_SIGNER_VERSION,
    .library = "libcrypto",
    .cure = "install OpenSSL's libcrypto (Debian: libssl3), which every signed request needs",
};

static struct att_signer *open_entry(const struct att_signer_entry *entry, att_error *error)
{
    struct att_signer *signer = entry ? entry->open() : NULL;

    if (entry && !signer)
        att_fail(error, ATT_INTERNAL,
                 "requests cannot be signed: libcrypto has no SHA-256, or memory is out; check the configuration of "
                 "OpenSSL");
    return signer;
}

struct att_signer *att_signer_open(const char *path, att_error *error)
{
    return open_entry(att_part_open(&signers, path, error), error);
}

struct att_signer *att_signer_load(att_error *error)
{
    return open_entry(att_part_load(&signers, "openssl", error), error);
}

bool att_sign_nonce(char nonce[ATT_SIGN_NONCE_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16];

    if (getentropy(bytes, sizeof bytes) != 0)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++) {
        nonce[2 * i] = digits[bytes[i] >> 4];
        nonce[2 * i + 1] = digits[bytes[i] & 15];
    }
    nonce[2 * sizeof bytes] = '\0';
    return true;
}
