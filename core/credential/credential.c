/* core/credential/credential.c: what a fetch fills, and the checks on everything that a provider puts into it. */
#include <stdlib.h>
#include <string.h>

#include "core/credential/credential.h"
#include "core/sign/day_key.h"

enum { SCOPES_AT_MOST = 4096, ACCOUNT_AT_MOST = 512, GRANT_AT_MOST = 256, ORIGIN_AT_MOST = 512 };

void att_credential_open(struct att_credential *credential, struct att_arena *arena)
{
    /* Not the whole struct: the names of parts that are not there need no zeroes, and this runs for every request. */
    credential->arena = arena;
    credential->part_count = 0;
    credential->kind[0] = '\0';
    credential->expires = 0;
    credential->scopes = NULL;
    credential->account = NULL;
    credential->grant = NULL;
    credential->scopes_outdated = false;
    credential->pool = NULL;
    credential->origin_count = 0;
    credential->placement = NULL;
    credential->day_key = NULL;
    credential->failed = false;
    credential->sealed = false;
    credential->failure[0] = '\0';
}

void att_credential_close(struct att_credential *credential)
{
    for (size_t i = 0; i < credential->part_count; i++)
        credential->parts[i].secret = att_secret_destroy(credential->parts[i].secret);
    free(credential->scopes);
    free(credential->account);
    free(credential->grant);
    att_pool_destroy(credential->pool);
    free(credential->placement);
    att_day_key_destroy(credential->day_key);
    att_credential_open(credential, credential->arena);
}

const struct att_secret *att_credential_part(const struct att_credential *credential, const char *part)
{
    for (size_t i = 0; i < credential->part_count; i++)
        if (strcmp(credential->parts[i].name, part) == 0)
            return credential->parts[i].secret;
    return NULL;
}

int att_credential_has(const struct att_credential *credential, const char *part)
{
    return credential && part && att_credential_part(credential, part) != NULL;
}

bool att_part_name_is_sound(const char *part)
{
    size_t size = part ? strnlen(part, 32) : 0;

    if (size < 1 || size > 31)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!((part[i] >= 'a' && part[i] <= 'z') || (part[i] >= '0' && part[i] <= '9') || part[i] == '_'))
            return false;
    return true;
}

/* Why these bytes cannot be material, or NULL. None of these may reach a header: they would end it. */
static const char *material_fault(const void *bytes, size_t size)
{
    if (!bytes || size == 0)
        return "is empty";
    if (size > ATT_SECRET_LIMIT)
        return "is longer than 1 MiB";
    if (memchr(bytes, '\r', size) || memchr(bytes, '\n', size))
        return "holds a line break";
    if (memchr(bytes, '\0', size))
        return "holds a NUL";
    return NULL;
}

/* The slot of that name, a new one where there is none yet, or NULL when all are taken. */
static struct att_secret **slot_of(struct att_credential *credential, const char *part)
{
    size_t i = 0;

    while (i < credential->part_count && strcmp(credential->parts[i].name, part) != 0)
        i++;
    if (i == ATT_CREDENTIAL_PARTS)
        return NULL;
    if (i == credential->part_count) {
        memcpy(credential->parts[i].name, part, strlen(part) + 1);
        credential->parts[i].secret = NULL;
        credential->part_count++;
    }
    return &credential->parts[i].secret;
}

int att_credential_set_material(struct att_credential *credential, const char *part, const void *bytes, size_t size)
{
    const char *fault;
    struct att_secret *copy, **slot;

    if (!credential || credential->sealed)
        return 0;
    if (!att_part_name_is_sound(part))
        return att_failure_set(
            &credential->failed, credential->failure,
            "a part of the credential has a name that is not of a-z, 0-9 and _, up to 31 characters");
    fault = material_fault(bytes, size);
    if (fault)
        return att_failure_set(&credential->failed, credential->failure, "the part \"%s\" of the credential %s", part,
                               fault);
    copy = att_secret_from(credential->arena, bytes, size);
    slot = copy ? slot_of(credential, part) : NULL;
    if (!slot) {
        att_secret_destroy(copy);
        return att_failure_set(&credential->failed, credential->failure,
                               copy ? "the credential has more than 16 parts"
                                    : "secret memory is out; raise the limit on locked memory");
    }
    att_secret_destroy(*slot);
    *slot = copy;
    return 1;
}

int att_credential_set_secret(struct att_credential *credential, const char *part, const struct att_secret *secret)
{
    if (!secret)
        return att_credential_set_material(credential, part, NULL, 0);
    return att_credential_set_material(credential, part, att_secret_bytes(secret), att_secret_size(secret));
}

int att_credential_set_kind(struct att_credential *credential, const char *kind)
{
    size_t size = kind ? strnlen(kind, sizeof credential->kind) : 0;

    if (!credential || credential->sealed)
        return 0;
    if (size < 1 || size >= sizeof credential->kind || !att_text_is_token(kind))
        return att_failure_set(&credential->failed, credential->failure,
                               "the kind of the credential is not a word of 1 to 31 characters");
    memcpy(credential->kind, kind, size + 1);
    return 1;
}

int att_credential_set_expires(struct att_credential *credential, int64_t unix_seconds)
{
    if (!credential || credential->sealed)
        return 0;
    if (unix_seconds < 0)
        return att_failure_set(&credential->failed, credential->failure, "the expiry of the credential is before 1970");
    credential->expires = unix_seconds;
    return 1;
}

/* Texts that end up in records and decisions, not in requests. */
static int set_text(struct att_credential *credential, char **slot, const char *what, const char *text, size_t most)
{
    size_t size = text ? strnlen(text, most + 1) : 0;
    char *copy;

    if (!credential || credential->sealed)
        return 0;
    if (!text || size > most || att_text_has_control(text))
        return att_failure_set(&credential->failed, credential->failure,
                               "the %s of the credential is missing, longer than %zu, or holds a control character",
                               what, most);
    copy = strndup(text, size);
    if (!copy)
        return att_failure_set(&credential->failed, credential->failure, "out of memory");
    free(*slot);
    *slot = copy;
    return 1;
}

int att_credential_set_scopes(struct att_credential *credential, const char *scopes)
{
    return credential ? set_text(credential, &credential->scopes, "list of scopes", scopes, SCOPES_AT_MOST) : 0;
}

int att_credential_set_account(struct att_credential *credential, const char *account)
{
    return credential ? set_text(credential, &credential->account, "account", account, ACCOUNT_AT_MOST) : 0;
}

int att_credential_set_grant(struct att_credential *credential, const char *grant)
{
    return credential ? set_text(credential, &credential->grant, "grant", grant, GRANT_AT_MOST) : 0;
}

int att_credential_set_scopes_outdated(struct att_credential *credential)
{
    if (!credential || credential->sealed)
        return 0;
    credential->scopes_outdated = true;
    return 1;
}

/* Wildcards and schemes are a matter of core/url; here it has to be an origin at all. */
int att_credential_add_origin(struct att_credential *credential, const char *origin)
{
    struct att_origin *added = NULL;
    struct att_buffer why;

    if (!credential || credential->sealed)
        return 0;
    if (credential->origin_count == ATT_CREDENTIAL_ORIGINS)
        return att_failure_set(&credential->failed, credential->failure, "the credential has more than %d origins",
                               ATT_CREDENTIAL_ORIGINS);
    if (!credential->pool)
        credential->pool = att_pool_create();
    if (credential->pool)
        added = att_pool_take(credential->pool, sizeof *added);
    if (!added)
        return att_failure_set(&credential->failed, credential->failure, "out of memory");
    att_buffer_open(&why, 1024);
    if (origin && strlen(origin) <= ORIGIN_AT_MOST && att_origin_parse(credential->pool, origin, added, &why))
        credential->origins[credential->origin_count++] = added;
    else
        att_failure_set(&credential->failed, credential->failure, "an origin of the credential is refused: %s",
                        why.size ? why.data : "it is missing, or too long");
    att_buffer_close(&why);
    return !credential->failed;
}

/* Several texts add up, as several calls of place do. */
int att_credential_place(struct att_credential *credential, const char *inject)
{
    struct att_placement *placement;

    if (!credential || credential->sealed)
        return 0;
    if (!credential->placement) {
        credential->placement = malloc(sizeof *credential->placement);
        if (credential->placement)
            att_placement_open(credential->placement);
    }
    placement = credential->placement;
    if (!placement)
        return att_failure_set(&credential->failed, credential->failure, "out of memory");
    return att_placement_parse(placement, inject) ||
           att_failure_set(&credential->failed, credential->failure, "%s", placement->failure);
}

static bool copy_parts(struct att_credential *to, const struct att_credential *from)
{
    for (size_t i = 0; i < from->part_count; i++)
        if (!att_credential_set_secret(to, from->parts[i].name, from->parts[i].secret))
            return false;
    return true;
}

static bool copy_texts(struct att_credential *to, const struct att_credential *from)
{
    if (from->scopes && !att_credential_set_scopes(to, from->scopes))
        return false;
    if (from->account && !att_credential_set_account(to, from->account))
        return false;
    if (from->grant && !att_credential_set_grant(to, from->grant))
        return false;
    for (size_t i = 0; i < from->origin_count; i++)
        if (!att_credential_add_origin(to, from->origins[i]->text))
            return false;
    return true;
}

static bool copy_placement(struct att_credential *to, const struct att_credential *from)
{
    if (!from->placement)
        return true;
    to->placement = malloc(sizeof *to->placement);
    if (to->placement)
        att_placement_copy(to->placement, from->placement);
    return to->placement != NULL;
}

bool att_credential_copy(struct att_credential *to, const struct att_credential *from)
{
    memcpy(to->kind, from->kind, sizeof to->kind);
    to->expires = from->expires;
    to->scopes_outdated = from->scopes_outdated;
    return copy_parts(to, from) && copy_texts(to, from) && copy_placement(to, from);
}
