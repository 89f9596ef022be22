/* core/cache/key.c: which requests share a credential: never two that differ in anything their provider looks at. */
#include <stdlib.h>
#include <string.h>

#include "core/cache/inside.h"

/* Spreads keys over the table, with a seed of its own in each cache; keys that meet are told apart by comparing. */
static uint64_t mix(uint64_t hash, const char *bytes, size_t size)
{
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t word;

    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * factor;
        hash ^= hash >> 32;
    }
    word = size;
    memcpy(&word, bytes, size < 7 ? size : 7);
    hash = (hash ^ word) * factor;
    return hash ^ hash >> 29;
}

static void set_text(struct att_key *key, int part, const char *text)
{
    key->texts[part] = text ? text : "";
    key->sizes[part] = strlen(key->texts[part]);
}

struct att_key att_key_of(const struct att_cache *cache, const struct att_fetch *fetch)
{
    uint32_t shared = cache->promise.shared;
    bool by_origin = !(shared & ATT_SHARED_BY_ORIGINS);
    struct att_key key;

    set_text(&key, ATT_KEY_GRANT, fetch->grant);
    set_text(&key, ATT_KEY_IDENTITY, fetch->provider);
    set_text(&key, ATT_KEY_ACCOUNT, fetch->account);
    set_text(&key, ATT_KEY_CALLER, shared & ATT_SHARED_BY_CALLERS ? NULL : fetch->caller);
    set_text(&key, ATT_KEY_SCHEME, by_origin ? fetch->scheme : NULL);
    set_text(&key, ATT_KEY_HOST, by_origin ? fetch->host : NULL);
    key.port = by_origin ? fetch->port : 0;
    key.user_token = shared & ATT_SHARED_BY_USERS ? NULL : fetch->user_token;
    key.hash = cache->seed ^ key.port;
    for (int i = 0; i < ATT_KEY_PARTS; i++)
        if (key.sizes[i])
            key.hash = mix(key.hash + (unsigned)i, key.texts[i], key.sizes[i]);
    if (key.user_token)
        key.hash = mix(key.hash, att_secret_bytes(key.user_token), att_secret_size(key.user_token));
    return key;
}

bool att_key_equal(const struct att_key *left, const struct att_key *right)
{
    if (left->hash != right->hash || left->port != right->port || !left->user_token != !right->user_token)
        return false;
    for (int i = 0; i < ATT_KEY_PARTS; i++)
        if (left->sizes[i] != right->sizes[i] || memcmp(left->texts[i], right->texts[i], left->sizes[i]) != 0)
            return false;
    return !left->user_token || att_secret_equal(left->user_token, right->user_token);
}

bool att_key_may_be_of(const struct att_key *key, const char *grant)
{
    return !key->sizes[ATT_KEY_GRANT] || strcmp(key->texts[ATT_KEY_GRANT], grant) == 0;
}

bool att_key_copy(struct att_key *copy, const struct att_key *key, struct att_arena *arena)
{
    size_t size = 0;
    char *at;

    *copy = *key;
    copy->user_token = NULL;
    for (int i = 0; i < ATT_KEY_PARTS; i++)
        size += key->sizes[i] + 1;
    at = malloc(size);
    copy->texts[0] = at;
    for (int i = 0; at && i < ATT_KEY_PARTS; i++) {
        memcpy(at, key->texts[i], key->sizes[i] + 1);
        copy->texts[i] = at;
        at += key->sizes[i] + 1;
    }
    if (copy->texts[0] && key->user_token)
        copy->user_token = att_secret_from(arena, att_secret_bytes(key->user_token), att_secret_size(key->user_token));
    return copy->texts[0] && !copy->user_token == !key->user_token;
}

void att_key_free(struct att_key *copy)
{
    free((char *)copy->texts[0]);
    att_secret_destroy((struct att_secret *)copy->user_token);
    copy->texts[0] = NULL;
    copy->user_token = NULL;
}
