/* providers/alter/crypto.c: binds libcrypto, by the name under which its headers say that it is installed. */
#include "providers/alter/crypto.h"

#include <dlfcn.h>

#include <openssl/opensslv.h>

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

const char alter_crypto_file[] = "libcrypto.so." TEXT(OPENSSL_SHLIB_VERSION);

/* Never unloaded: it has handlers that run when threads and the process end. */
bool alter_crypto_bind(struct alter_crypto *crypto)
{
    void *library = dlopen(alter_crypto_file, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    bool found = library != NULL;

#define BIND(name)                                                                 \
    crypto->name = found ? (__typeof__(crypto->name))dlsym(library, #name) : NULL; \
    found = found && crypto->name;
    ALTER_CRYPTO(BIND)
#undef BIND
    return found;
}
