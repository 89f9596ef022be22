/* providers/managed_secrets/key.c: reading, making and dropping keys. */
#include "providers/managed_secrets/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "providers/managed_secrets/files.h"

enum { TEXT_LIMIT = 256, ID_BYTES = 16, SUBKEY_SEAL = 1, SUBKEY_FINGERPRINT = 2, SUBKEY_ID = 3 };

static const char context[crypto_kdf_CONTEXTBYTES + 1] = "attstore";

/* The 32 bytes of a text of hex or base64, blanks at its end aside. */
static bool decode(const char *text, size_t size, unsigned char *master)
{
    static const int variants[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                                   sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
    size_t got = 0;

    while (size && (text[size - 1] == '\n' || text[size - 1] == '\r' || text[size - 1] == ' '))
        size--;
    if (size == 2 * MANAGED_KEY_SIZE)
        return sodium_hex2bin(master, MANAGED_KEY_SIZE, text, size, NULL, &got, NULL) == 0 && got == MANAGED_KEY_SIZE;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (sodium_base642bin(master, MANAGED_KEY_SIZE, text, size, NULL, &got, NULL, variants[i]) == 0 &&
            got == MANAGED_KEY_SIZE)
            return true;
    return false;
}

/* Fills `key` from the master key. */
static att_result derive(struct managed_act *act, const unsigned char *master, struct managed_key *key)
{
    const struct att_host *host = act->host;
    struct att_secret *subkeys = host->secret_create(host, (size_t)2 * MANAGED_KEY_SIZE);
    unsigned char id[ID_BYTES], *at;
    size_t room = 0;

    at = subkeys ? host->secret_room(subkeys, &room) : NULL;
    if (!at)
        return managed_nomem(act);
    crypto_kdf_derive_from_key(at, MANAGED_KEY_SIZE, SUBKEY_SEAL, context, master);
    crypto_kdf_derive_from_key(at + MANAGED_KEY_SIZE, MANAGED_KEY_SIZE, SUBKEY_FINGERPRINT, context, master);
    crypto_kdf_derive_from_key(id, sizeof id, SUBKEY_ID, context, master);
    host->secret_took(subkeys, (size_t)2 * MANAGED_KEY_SIZE);
    managed_key_drop(host, key);
    key->subkeys = subkeys;
    sodium_bin2hex(key->id, sizeof key->id, id, sizeof id);
    return ATT_RESULT_OK;
}

att_result managed_key_take(struct managed_act *act, const struct att_secret *text, const char *where,
                            struct managed_key *key)
{
    const struct att_host *host = act->host;
    struct att_secret *master = host->secret_create(host, MANAGED_KEY_SIZE);
    size_t size = 0, room = 0;
    const unsigned char *view = host->secret_borrow(text, &size);
    unsigned char *at = master ? host->secret_room(master, &room) : NULL;
    att_result result;

    if (!at)
        result = managed_nomem(act);
    else if (!decode((const char *)view, size, at))
        result = managed_refuse(act, ATT_RESULT_CONFIG,
                                "%.300s is not a key: it must be one line of 32 bytes in hex or base64, as "
                                "\"openssl rand -hex 32\" prints it",
                                where);
    else
        result = derive(act, at, key);
    /* What was decoded is wiped with the secret only where it was taken in. */
    if (at)
        host->secret_took(master, MANAGED_KEY_SIZE);
    host->secret_return(text, view);
    host->secret_destroy(master);
    return result;
}

/* Reads the file straight into the secret; 0 or the errno. */
static int read_into(const struct att_host *host, int descriptor, struct att_secret *text)
{
    size_t room = 0;
    unsigned char *at = host->secret_room(text, &room);
    ssize_t got;

    do
        got = read(descriptor, at, room);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        host->secret_took(text, (size_t)got);
    return got < 0 ? errno : 0;
}

att_result managed_key_read(struct managed_act *act, const char *path, struct managed_key *key)
{
    const struct att_host *host = act->host;
    struct att_secret *text = NULL;
    struct stat found, opened;
    int descriptor, error;
    att_result result = managed_file_check(act, path, true, &found);

    if (result != ATT_RESULT_OK)
        return result;
    descriptor = managed_file_open(path, O_RDONLY);
    if (descriptor < 0)
        return errno == ENOENT ? ATT_RESULT_NOT_FOUND : managed_refuse_errno(act, path, "opened", errno);
    if (fstat(descriptor, &opened) != 0 || opened.st_ino != found.st_ino || opened.st_dev != found.st_dev) {
        /* It was replaced in this moment; the caller looks again. */
        close(descriptor);
        return ATT_RESULT_NOT_FOUND;
    }
    text = host->secret_create(host, TEXT_LIMIT);
    error = text ? read_into(host, descriptor, text) : 0;
    if (!text)
        result = managed_nomem(act);
    else if (error)
        result = managed_refuse_errno(act, path, "read", error);
    else
        result = managed_key_take(act, text, path, key);
    if (text)
        host->secret_destroy(text);
    close(descriptor);
    return result;
}

att_result managed_key_make(struct managed_act *act, const char *path)
{
    const struct att_host *host = act->host;
    enum { HEX_SIZE = 2 * MANAGED_KEY_SIZE };
    struct att_secret *text = host->secret_create(host, MANAGED_KEY_SIZE + HEX_SIZE + 1);
    size_t room = 0;
    unsigned char *at = text ? host->secret_room(text, &room) : NULL;
    att_result result;

    if (!at)
        return managed_nomem(act);
    randombytes_buf(at, MANAGED_KEY_SIZE);
    /* The NUL that ends the hex gives way to the newline of the line. */
    sodium_bin2hex((char *)at + MANAGED_KEY_SIZE, HEX_SIZE + 1, at, MANAGED_KEY_SIZE);
    at[MANAGED_KEY_SIZE + HEX_SIZE] = '\n';
    result = managed_file_make(act, path, at + MANAGED_KEY_SIZE, HEX_SIZE + 1, NULL);
    host->secret_took(text, MANAGED_KEY_SIZE + HEX_SIZE + 1);
    host->secret_destroy(text);
    return result;
}

void managed_key_drop(const struct att_host *host, struct managed_key *key)
{
    if (key->subkeys)
        host->secret_destroy(key->subkeys);
    key->subkeys = NULL;
    key->id[0] = '\0';
}
