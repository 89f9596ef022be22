/* core/config/reference.c: references to secrets: their form, and reading them straight into secret memory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/config/config.h"
#include "core/secret/secret.h"

enum { FIRST_CAPACITY = 4096, FD_LIMIT = 1 << 20, DESCRIPTION_LIMIT = 255 };

#define REFUSE(findings, place, ...) att_finding(findings, ATT_SEVERITY_ERROR, place, __VA_ARGS__)

static const char *title(const struct att_value *value)
{
    return value->name ? value->name : "secret";
}

/* ---- form ----------------------------------------------------------------------------------------------------------
 */

static bool is_file(const struct att_value *place)
{
    return place->type == ATT_VALUE_TEXT && *place->text == '/';
}

static bool is_variable(const struct att_value *place)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    return place->type == ATT_VALUE_TEXT && *place->text && strspn(place->text, allowed) == strlen(place->text) &&
           !strchr("0123456789", *place->text);
}

static bool is_credential(const struct att_value *place)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-@:";

    return place->type == ATT_VALUE_TEXT && *place->text && *place->text != '.' &&
           strspn(place->text, allowed) == strlen(place->text) && strlen(place->text) <= DESCRIPTION_LIMIT;
}

static bool is_key(const struct att_value *place)
{
    return place->type == ATT_VALUE_TEXT && *place->text && strlen(place->text) <= DESCRIPTION_LIMIT;
}

/* Standard output and error are no source. */
static bool is_descriptor(const struct att_value *place)
{
    return place->type == ATT_VALUE_INTEGER &&
           (place->integer == 0 || (place->integer > 2 && place->integer < FD_LIMIT));
}

static struct att_secret *read_file(const struct att_value *value, const struct att_value *place,
                                    struct att_arena *arena, struct att_findings *findings);
static struct att_secret *read_variable(const struct att_value *value, const struct att_value *place,
                                        struct att_arena *arena, struct att_findings *findings);
static struct att_secret *read_credential(const struct att_value *value, const struct att_value *place,
                                          struct att_arena *arena, struct att_findings *findings);
static struct att_secret *read_key(const struct att_value *value, const struct att_value *place,
                                   struct att_arena *arena, struct att_findings *findings);
static struct att_secret *read_descriptor(const struct att_value *value, const struct att_value *place,
                                          struct att_arena *arena, struct att_findings *findings);

static const struct source {
    const char *name, *expected;
    bool (*is)(const struct att_value *place);
    struct att_secret *(*read)(const struct att_value *value, const struct att_value *place, struct att_arena *arena,
                               struct att_findings *findings);
} sources[] = {
    {"file", "the absolute path of a file", is_file, read_file},
    {"env", "the name of an environment variable", is_variable, read_variable},
    {"credential", "the name of a systemd credential", is_credential, read_credential},
    {"keyring", "the description of a key in the kernel's keyring, up to 255 bytes", is_key, read_key},
    {"fd", "the number of an open descriptor: 0, or 3 and up", is_descriptor, read_descriptor},
};

static const struct source *find_source(const char *name)
{
    for (size_t i = 0; i < ATT_COUNT(sources); i++)
        if (strcmp(sources[i].name, name) == 0)
            return &sources[i];
    return NULL;
}

/* The one member that says where the secret is; NULL with findings. Nothing that stands here is repeated but keys. */
static const struct att_value *find_place(const struct att_value *value, struct att_findings *findings)
{
    const struct att_value *found = NULL;
    bool sound = true;

    for (size_t i = 0; i < value->count; i++) {
        const struct att_value *item = value->items[i];

        if (strncmp(item->name, "x_", 2) == 0)
            continue;
        if (!find_source(item->name)) {
            REFUSE(findings, item->place,
                   "key \"%s\" is not known in the reference \"%s\": known are file, env, credential, keyring, fd",
                   item->name, title(value));
            sound = false;
        } else if (found) {
            REFUSE(findings, item->place,
                   "the reference \"%s\" names two places of the secret, \"%s\" and \"%s\": keep one", title(value),
                   found->name, item->name);
            sound = false;
        } else {
            found = item;
        }
    }
    if (!found && sound)
        REFUSE(findings, value->place,
               "the reference \"%s\" is empty: say where the secret is, for example { file = \"/PATH\"; }",
               title(value));
    return sound ? found : NULL;
}

static const struct att_value *check(const struct att_value *value, struct att_findings *findings)
{
    const struct att_value *place;

    if (value->type != ATT_VALUE_GROUP) {
        REFUSE(findings, value->place,
               "\"%s\" must not hold the secret itself: put it into a file that only its user can read (chmod 600) and "
               "write %s = { file = \"/PATH\"; }; or use { env = \"NAME\"; }, { credential = \"NAME\"; }, { keyring = "
               "\"NAME\"; } or { fd = N; }",
               title(value), title(value));
        return NULL;
    }
    place = find_place(value, findings);
    if (place && !find_source(place->name)->is(place)) {
        REFUSE(findings, place->place, "\"%s\" in the reference \"%s\" must be %s", place->name, title(value),
               find_source(place->name)->expected);
        return NULL;
    }
    return place;
}

bool att_reference_check(const struct att_value *value, struct att_findings *findings)
{
    return check(value, findings) != NULL;
}

/* ---- reading -------------------------------------------------------------------------------------------------------
 */

static struct att_secret *refuse_nomem(const struct att_value *value, struct att_findings *findings)
{
    REFUSE(findings, value->place,
           "secret \"%s\" cannot be kept: memory for secrets ran out; free some, or raise the "
           "limit of locked memory",
           title(value));
    return NULL;
}

/* Twice as much room; the old secret is gone either way. */
static struct att_secret *grow(struct att_arena *arena, struct att_secret *secret)
{
    size_t capacity = att_secret_capacity(secret) * 2;
    struct att_secret *larger = att_secret_create(arena, capacity < ATT_SECRET_LIMIT ? capacity : ATT_SECRET_LIMIT);

    if (larger && !att_secret_append(larger, att_secret_bytes(secret), att_secret_size(secret)))
        larger = att_secret_destroy(larger);
    att_secret_destroy(secret);
    return larger;
}

/* A regular file is read from its beginning however often it was read before; anything else from where it stands. */
static ssize_t read_some(int descriptor, bool regular, char *room, size_t size, size_t offset)
{
    ssize_t got;

    do
        got = regular ? pread(descriptor, room, size, (off_t)offset) : read(descriptor, room, size);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Whether there is a byte more than a secret may have; it is read into secret memory, too. */
static bool has_more(struct att_arena *arena, int descriptor, bool regular)
{
    struct att_secret *probe = att_secret_create(arena, 1);
    bool more = !probe || read_some(descriptor, regular, att_secret_tail(probe), 1, ATT_SECRET_LIMIT) != 0;

    att_secret_destroy(probe);
    return more;
}

static struct att_secret *read_all(const struct att_value *value, int descriptor, struct att_arena *arena,
                                   struct att_findings *findings)
{
    struct att_secret *secret = att_secret_create(arena, FIRST_CAPACITY);
    struct stat facts;
    bool regular = fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
    char cause[128];
    ssize_t got = 1;

    while (secret && got > 0) {
        size_t size = att_secret_size(secret), room = att_secret_capacity(secret) - size;

        if (room == 0 && size == ATT_SECRET_LIMIT) {
            if (!has_more(arena, descriptor, regular))
                return secret;
            REFUSE(findings, value->place,
                   "secret \"%s\" is larger than 1 MiB: no credential is; check where it points", title(value));
            att_secret_destroy(secret);
            return NULL;
        }
        if (room == 0) {
            secret = grow(arena, secret);
            continue;
        }
        got = read_some(descriptor, regular, att_secret_tail(secret), room, size);
        if (got > 0)
            att_secret_advance(secret, (size_t)got);
    }
    if (!secret)
        return refuse_nomem(value, findings);
    if (got < 0) {
        REFUSE(findings, value->place, "secret \"%s\" cannot be read: %s; mend that and try again", title(value),
               strerror_r(errno, cause, sizeof cause));
        secret = att_secret_destroy(secret);
    }
    return secret;
}

static struct att_secret *read_path(const struct att_value *value, const char *path, struct att_arena *arena,
                                    struct att_findings *findings)
{
    struct att_secret *secret = NULL;
    struct att_buffer why;
    int descriptor;

    att_buffer_open(&why, 8192);
    descriptor = att_file_open_checked(path, true, &why);
    if (descriptor < 0)
        REFUSE(findings, value->place, "secret \"%s\" cannot be read: %s", title(value),
               why.size ? why.data : "the name of its file is too long; shorten it");
    else
        secret = read_all(value, descriptor, arena, findings);
    if (descriptor >= 0)
        close(descriptor);
    att_buffer_close(&why);
    return secret;
}

static struct att_secret *read_file(const struct att_value *value, const struct att_value *place,
                                    struct att_arena *arena, struct att_findings *findings)
{
    return read_path(value, place->text, arena, findings);
}

static struct att_secret *read_variable(const struct att_value *value, const struct att_value *place,
                                        struct att_arena *arena, struct att_findings *findings)
{
    const char *bytes = secure_getenv(place->text);
    struct att_secret *secret;

    if (!bytes) {
        REFUSE(findings, value->place,
               "secret \"%s\" cannot be read: the environment variable %s is not set, or the process has raised "
               "privileges, where the environment does not count; set it",
               title(value), place->text);
        return NULL;
    }
    if (strlen(bytes) > ATT_SECRET_LIMIT) {
        REFUSE(findings, value->place, "secret \"%s\" is larger than 1 MiB: no credential is; check where it points",
               title(value));
        return NULL;
    }
    secret = att_secret_from(arena, bytes, strlen(bytes));
    return secret ? secret : refuse_nomem(value, findings);
}

static struct att_secret *read_credential(const struct att_value *value, const struct att_value *place,
                                          struct att_arena *arena, struct att_findings *findings)
{
    const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
    struct att_secret *secret = NULL;
    struct att_buffer path;

    if (!folder || *folder != '/') {
        REFUSE(
            findings, value->place,
            "secret \"%s\" cannot be read: the process was given no credentials ($CREDENTIALS_DIRECTORY is not set); "
            "start it by systemd with LoadCredential=%s:/PATH",
            title(value), place->text);
        return NULL;
    }
    att_buffer_open(&path, 8192);
    att_buffer_format(&path, "%s/%s", folder, place->text);
    if (att_buffer_ok(&path))
        secret = read_path(value, path.data, arena, findings);
    else
        refuse_nomem(value, findings);
    att_buffer_close(&path);
    return secret;
}

/* keyctl(2) gives the size of the key, and fills only what has room. */
static struct att_secret *read_key_bytes(long key, struct att_arena *arena)
{
    long size = syscall(SYS_keyctl, KEYCTL_READ, key, NULL, 0);
    struct att_secret *secret =
        size > 0 && (size_t)size <= ATT_SECRET_LIMIT ? att_secret_create(arena, (size_t)size) : NULL;
    long got = secret ? syscall(SYS_keyctl, KEYCTL_READ, key, att_secret_tail(secret), (size_t)size) : -1;

    if (got <= 0 || got > size)
        return att_secret_destroy(secret);
    att_secret_advance(secret, (size_t)got);
    return secret;
}

static struct att_secret *read_key(const struct att_value *value, const struct att_value *place,
                                   struct att_arena *arena, struct att_findings *findings)
{
    long key = syscall(SYS_request_key, "user", place->text, NULL, 0);
    struct att_secret *secret = key >= 0 ? read_key_bytes(key, arena) : NULL;

    if (!secret)
        REFUSE(
            findings, value->place,
            "secret \"%s\" cannot be read: the keyrings of this process have no readable key \"%s\" of type user; add "
            "it with keyctl padd user %s @s in the session that starts the program",
            title(value), place->text, place->text);
    return secret;
}

static struct att_secret *read_descriptor(const struct att_value *value, const struct att_value *place,
                                          struct att_arena *arena, struct att_findings *findings)
{
    return read_all(value, (int)place->integer, arena, findings);
}

struct att_secret *att_reference_read(const struct att_value *value, struct att_arena *arena,
                                      struct att_findings *findings)
{
    const struct att_value *place = check(value, findings);
    struct att_secret *secret = place ? find_source(place->name)->read(value, place, arena, findings) : NULL;
    size_t size = secret ? att_secret_size(secret) : 0;

    if (size && att_secret_bytes(secret)[size - 1] == '\n')
        att_secret_truncate(secret, --size);
    if (secret && size == 0) {
        REFUSE(findings, value->place, "secret \"%s\" is empty: write the credential to where it points (%s)",
               title(value), place->name);
        secret = att_secret_destroy(secret);
    }
    return secret;
}
