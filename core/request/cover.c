/* core/request/cover.c: what of a request is masked in its answer: the secret parts of each credential, and what a
 * header line makes of them. */
#include <string.h>
#include <strings.h>

#include "core/request/run.h"

static bool add(struct att_run *run, const struct att_secret *secret)
{
    return att_secret_size(secret) > ATT_MASK_MOST ||
           att_mask_add(run->mask, att_secret_bytes(secret), att_secret_size(secret));
}

/* A user name is no secret and stands in innocent answers, but where it goes elsewhere than into Basic. */
static bool cover_credential(struct att_run *run, const struct att_credential *credential, bool user_placed)
{
    for (size_t i = 0; i < credential->part_count; i++) {
        const char *name = credential->parts[i].name;
        bool shown =
            strcmp(name, "username") == 0 ? !user_placed : att_injection_shows(&run->injection, credential, name);
        if (!shown && !add(run, credential->parts[i].secret))
            return false;
    }
    return true;
}

/* A password that is a part is masked as one. */
static bool is_part(const struct att_run *run, const char *password, size_t size)
{
    for (size_t i = 0; i < run->credential_count; i++) {
        const struct att_secret *part = att_credential_part(run->credentials[i].loan.credential, "password");
        if (part && size >= ATT_MASK_LEAST && att_secret_size(part) == size &&
            memcmp(att_secret_bytes(part), password, size) == 0)
            return true;
    }
    return false;
}

/* RFC 7617 section 2: the user name ends at the first colon. Where the password is too short to be masked, the user
 * name may be the secret: services take a key for it, with any password. */
static bool cover_pair(struct att_run *run, const char *pair, size_t size)
{
    const char *colon = memchr(pair, ':', size), *password = colon ? colon + 1 : pair;
    size_t password_size = size - (size_t)(password - pair);

    if (colon && is_part(run, password, password_size))
        return true;
    if (!att_mask_add(run->mask, pair, size))
        return false;
    if (!colon)
        return true;
    return password_size < ATT_MASK_LEAST ? att_mask_add(run->mask, pair, (size_t)(colon - pair))
                                          : att_mask_add(run->mask, password, password_size);
}

/* Basic is base64 of user name and password together: no part alone would show that. Where it comes ready-made, in a
 * part or a format, user name and password are no parts either. */
static bool cover_line(struct att_run *run, const struct att_secret *line)
{
    static const char basic[] = "Basic ";
    const char *at = strchr(att_secret_bytes(line), ':'), *end = att_secret_bytes(line) + att_secret_size(line);
    struct att_secret *pair;
    size_t size = 0;
    bool covered;

    at = at ? at + 1 + strspn(at + 1, " \t") : end;
    if (strncasecmp(at, basic, sizeof basic - 1) != 0)
        return true;
    at += sizeof basic - 1;
    at += strspn(at, " \t");
    while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    pair = att_secret_create(run->injection.arena, (size_t)(end - at) / 4 * 3 + 2);
    covered = pair && att_mask_add(run->mask, at, (size_t)(end - at));
    if (covered && att_base64_decode(att_secret_tail(pair), at, (size_t)(end - at), &size)) {
        att_secret_advance(pair, size);
        covered = cover_pair(run, att_secret_bytes(pair), size);
    }
    att_secret_destroy(pair);
    return covered;
}

bool att_run_cover(struct att_run *run)
{
    bool covered;

    att_mask_destroy(run->mask);
    run->mask = att_mask_create(run->injection.arena);
    covered = run->mask != NULL;
    for (size_t i = 0; covered && i < run->credential_count; i++)
        covered = cover_credential(run, run->credentials[i].loan.credential, run->credentials[i].user_placed);
    for (size_t i = 0; covered && i < run->injection.line_count; i++)
        covered = cover_line(run, run->injection.lines[i]);
    return covered;
}
