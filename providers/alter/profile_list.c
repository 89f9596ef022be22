/* providers/alter/profile_list.c: the lists of the wire profile: prefixes of keys, parts of what is signed, delays, and
 * what errors mean. */
#include <stdlib.h>
#include <string.h>

#include "providers/alter/inside.h"

static const char *const parts[] = {
    [PART_METHOD] = "method", [PART_TARGET] = "target",    [PART_TIMESTAMP] = "timestamp",  [PART_NONCE] = "nonce",
    [PART_CALLER] = "caller", [PART_TYPE] = "caller_type", [PART_CONTENT] = "content_hash", [PART_ACTOR] = "actor",
};

static const char *const meanings[ALTER_MEANINGS] = {
    [ALTER_MEANS_REVOKED] = "revoked",         [ALTER_MEANS_EXPIRED] = "expired",
    [ALTER_MEANS_REAUTH] = "reauth",           [ALTER_MEANS_DENIED] = "denied",
    [ALTER_MEANS_LIMITED] = "limited",         [ALTER_MEANS_NOT_FOUND] = "not_found",
    [ALTER_MEANS_AMBIGUOUS] = "ambiguous",     [ALTER_MEANS_REFRESHING] = "refreshing",
    [ALTER_MEANS_UNAVAILABLE] = "unavailable", [ALTER_MEANS_BACKEND] = "backend",
    [ALTER_MEANS_PENDING] = "pending",
};

static const char out_of_memory[] = "cannot be kept: out of memory";

/* Where `text` stands in a list, or -1. */
static int place_of(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return (int)i;
    return -1;
}

static const char *add_prefix(struct alter *alter, const char *text)
{
    struct alter_profile *profile = &alter->profile;

    if (!*text)
        return "is empty, and every text begins so; write what an API key begins with";
    if (profile->prefix_count == ALTER_PREFIXES)
        return "is one too many; 16 are the most";
    profile->prefixes[profile->prefix_count] = alter_keep(alter, text);
    return profile->prefixes[profile->prefix_count++] ? NULL : out_of_memory;
}

static const char *add_part(struct alter *alter, const char *text)
{
    struct alter_profile *profile = &alter->profile;
    int part = place_of(text, parts, ALTER_COUNT(parts));

    if (part < 0)
        return "is no part of what is signed; write method, target, timestamp, nonce, content_hash, caller, "
               "caller_type "
               "or actor";
    if (profile->part_count == ALTER_PARTS)
        return "is one too many; 16 are the most";
    profile->parts[profile->part_count++] = (enum alter_part)part;
    return NULL;
}

static const char *add_delay(struct alter *alter, const char *text)
{
    struct alter_profile *profile = &alter->profile;
    char *unit;
    long number = strtol(text, &unit, 10);
    int64_t scale = strcmp(unit, "ms") == 0 ? 1 : strcmp(unit, "s") == 0 ? 1000 : 0;

    if (*text < '0' || *text > '9' || !scale || number > 60000 || number * scale > 60000)
        return "is no delay of up to a minute; write one as in \"2s\" or \"500ms\"";
    if (profile->delay_count == ALTER_DELAYS)
        return "is one too many; 8 are the most";
    profile->delays_ms[profile->delay_count++] = number * scale;
    return NULL;
}

/* ---- what errors mean -------------------------------------------------------------------------------------------- */

static const char *set_status(struct alter_rule *rule, const char *text)
{
    bool is_class = strlen(text) == 3 && text[0] >= '1' && text[0] <= '5' && strcmp(text + 1, "xx") == 0;
    bool is_status = strlen(text) == 3 && text[0] >= '1' && text[0] <= '5' && strspn(text, "0123456789") == 3;

    rule->has_status = true;
    if (!is_class && !is_status)
        return "is no status; write one as in \"403\", or a class as in \"5xx\"";
    rule->status = is_class ? text[0] - '0' : (int)strtol(text, NULL, 10);
    return NULL;
}

static const char *set_result(struct alter_rule *rule, const char *text)
{
    int meaning = place_of(text, meanings, ALTER_MEANINGS);

    rule->has_result = true;
    if (meaning < 0)
        return "is no result; write revoked, expired, reauth, denied, limited, not_found, ambiguous, refreshing, "
               "unavailable, backend or pending";
    rule->meaning = (enum alter_meaning)meaning;
    return NULL;
}

static const char *set_text(struct alter *alter, const char **slot, const char *text)
{
    if (!*text || strlen(text) > 128)
        return "is empty or longer than 128 bytes; leave it out, or shorten it";
    *slot = alter_keep(alter, text);
    return *slot ? NULL : out_of_memory;
}

/* "0.code" */
static const char *set_error(struct alter *alter, const char *name, const struct att_datum *datum)
{
    struct alter_profile *profile = &alter->profile;
    char *member;
    unsigned long row = strtoul(name, &member, 10);
    struct alter_rule *rule;

    if (row >= ALTER_RULES)
        return "is in one row too many; 64 are the most";
    rule = &profile->rules[row];
    if (row >= profile->rule_count)
        profile->rule_count = row + 1;
    if (!rule->line)
        rule->line = datum->line;
    if (strcmp(member, ".status") == 0)
        return set_status(rule, datum->text);
    if (strcmp(member, ".code") == 0)
        return set_text(alter, &rule->code, datum->text);
    if (strcmp(member, ".policy") == 0)
        return set_text(alter, &rule->policy, datum->text);
    if (strcmp(member, ".result") == 0)
        return set_result(rule, datum->text);
    if (strcmp(member, ".advice") == 0)
        return set_text(alter, &rule->advice, datum->text);
    return "is nothing that an error has; write status, code, policy, result and advice";
}

const char *alter_rule_fault(const struct alter_rule *rule)
{
    if (rule->status && rule->line == 0)
        return NULL;
    return rule->has_status && rule->has_result ? NULL : "lacks a status or a result; write both";
}

const char *alter_profile_list(struct alter *alter, const struct att_datum *datum)
{
    const char *name = datum->name;

    if (strncmp(name, "errors.", 7) == 0)
        return set_error(alter, name + 7, datum);
    if (datum->type != ATT_OPTION_TEXT)
        return "must be text; write it in quotes";
    if (strncmp(name, "key_prefixes.", 13) == 0)
        return add_prefix(alter, datum->text);
    return name[0] == 's' ? add_part(alter, datum->text) : add_delay(alter, datum->text);
}
