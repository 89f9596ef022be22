/* core/module/digest.c: the SHA-256 of the file of a module or of a helper, for those that a site pins.
 *
 * libsodium is bound when the first pin is looked at: few sites pin, and every start of every program would pay for
 * loading one library more. */
#include <config.h>
#include <dlfcn.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "core/module/steps.h"

struct sha256 {
    __typeof__(sodium_init) *start;
    __typeof__(crypto_hash_sha256_init) *init;
    __typeof__(crypto_hash_sha256_update) *update;
    __typeof__(crypto_hash_sha256_final) *final;
};

static bool bind(struct sha256 *sha256)
{
    void *library = dlopen(SODIUM_SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (!library)
        return false;
    sha256->start = (__typeof__(sha256->start))dlsym(library, "sodium_init");
    sha256->init = (__typeof__(sha256->init))dlsym(library, "crypto_hash_sha256_init");
    sha256->update = (__typeof__(sha256->update))dlsym(library, "crypto_hash_sha256_update");
    sha256->final = (__typeof__(sha256->final))dlsym(library, "crypto_hash_sha256_final");
    return sha256->start && sha256->init && sha256->update && sha256->final && sha256->start() >= 0;
}

static const char *hex(struct att_pool *pool, const unsigned char *digest)
{
    struct att_buffer text;
    const char *copy;

    att_buffer_open(&text, 2 * crypto_hash_sha256_BYTES);
    att_buffer_hex(&text, digest, crypto_hash_sha256_BYTES);
    copy = att_buffer_ok(&text) ? att_pool_text(pool, text.data) : NULL;
    att_buffer_close(&text);
    return copy;
}

const char *att_module_hash(struct att_pool *pool, int descriptor, const char *what, const char *path,
                            struct att_buffer *why)
{
    unsigned char piece[8192], digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    struct sha256 sha256;
    off_t offset = 0;
    ssize_t count;

    if (!bind(&sha256)) {
        att_buffer_format(why,
                          "%s %s is pinned by sha256, and " SODIUM_SONAME " cannot be loaded to compute it; "
                          "install libsodium",
                          what, path);
        return NULL;
    }
    sha256.init(&state);
    while ((count = pread(descriptor, piece, sizeof piece, offset)) != 0) {
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            att_buffer_format(why, "%s %s cannot be read to its end: %s; check its disk", what, path,
                              strerrordesc_np(errno));
            return NULL;
        }
        sha256.update(&state, piece, (size_t)count);
        offset += count;
    }
    sha256.final(&state, digest);
    return hex(pool, digest);
}
