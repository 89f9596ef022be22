/* providers/alter/alter.c: a client of the Alter service from its options, and its end. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

enum { SENTENCE_SIZE = 480, KEY_SIZE = 512 };

static bool ALTER_FORMAT(4, 5)
    refuse(const struct alter *alter, const struct att_settings *settings, const char *option, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    alter->host->open_failed(settings, option, sentence);
    return false;
}

/* ---- where the service is ---------------------------------------------------------------------------------------- */

bool alter_is_this_machine(const char *host, size_t left)
{
    size_t size = 0;

    if (left >= 5 && memcmp(host, "[::1]", 5) == 0)
        return left == 5 || host[5] == ':' || host[5] == '/';
    while (size < left && !memchr(":/?#", host[size], 4))
        size++;
    if (size == 9 && strncasecmp(host, "localhost", size) == 0)
        return true;
    for (size_t i = 0; i < size; i++)
        if (!memchr("0123456789.", host[i], 11))
            return false;
    return size > 4 && memcmp(host, "127.", 4) == 0;
}

bool alter_has_dots(const char *path)
{
    for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
        size_t size = strcspn(at + 1, "/?#");

        if ((size == 1 || size == 2) && strncmp(at + 1, "..", size) == 0)
            return true;
    }
    return false;
}

/* What is signed is what is sent, so that the host sends a URL in its one form alone (RFC 3986, section 6.2). */
static void normalise(char *origin, bool secure)
{
    char *port = strrchr(origin, ':');

    for (char *at = origin; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at |= 0x20;
    if (strcmp(port, secure ? ":443" : ":80") == 0)
        *port = '\0';
}

/* Nothing of it is told: who writes a user and a password into a URL is not to read them in a log. */
static bool refuse_url(const struct alter *alter, const struct att_settings *settings, bool given, const char *why)
{
    char sentence[SENTENCE_SIZE];

    if (given)
        return refuse(alter, settings, "base_url", "it %s", why);
    snprintf(sentence, sizeof sentence, "base_url %s", why);
    alter->host->data_failed(settings, "profile", alter->profile.lines[ALTER_BASE_URL], sentence);
    return false;
}

/* Splits it into the origin and what stands before each path. */
static bool take_base_url(struct alter *alter, const struct att_settings *settings, const char *given)
{
    const char *url = given ? given : alter_word(alter, ALTER_BASE_URL);
    bool secure = strncasecmp(url, "https://", 8) == 0, plain = strncasecmp(url, "http://", 7) == 0;
    const char *host = url + (secure ? 8 : 7);
    char *origin, *path, *prefix = NULL;

    if ((!secure && !plain) || !*host || *host == '/' || strpbrk(url, "?#@%\\\"<>{}|^` \t\r\n") ||
        alter_has_dots(host) || strlen(url) > 512)
        return refuse_url(alter, settings, given,
                          "is no URL of a service; write one as in \"https://api.alterauth.com\", without user, query, "
                          "fragment, escapes, \".\" and \"..\"");
    if (plain && !alter_is_this_machine(host, strlen(host)))
        return refuse_url(alter, settings, given,
                          "would send the API key in the clear; write https://, http:// is for this machine alone");
    origin = alter_keep(alter, url);
    path = origin ? strchr(origin + (host - url), '/') : NULL;
    if (origin)
        prefix = alter_keep(alter, path ? path : "");
    if (!prefix)
        return refuse(alter, settings, NULL, "out of memory");
    if (path)
        *path = '\0';
    normalise(origin, secure);
    for (path = prefix + strlen(prefix); path > prefix && path[-1] == '/';)
        *--path = '\0';
    alter->origin = origin;
    alter->prefix = prefix;
    return true;
}

/* ---- the key ----------------------------------------------------------------------------------------------------- */

static bool has_prefix(const struct alter *alter, const unsigned char *key, size_t size)
{
    const struct alter_profile *profile = &alter->profile;

    for (size_t i = 0; i < profile->prefix_count; i++) {
        size_t prefix = strlen(profile->prefixes[i]);

        if (size > prefix && memcmp(key, profile->prefixes[i], prefix) == 0)
            return true;
    }
    return false;
}

static bool is_header_value(const unsigned char *key, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (key[i] <= 0x20 || key[i] >= 0x7f)
            return false;
    return size > 0 && size <= KEY_SIZE;
}

/* Nothing of a key is told, not even of one that is none. */
static bool check_key(const struct alter *alter, const struct att_settings *settings, const struct att_secret *key)
{
    char prefixes[ALTER_PREFIXES * 20];
    struct alter_out out = {prefixes, prefixes, prefixes + sizeof prefixes - 1, false};
    size_t size;
    const unsigned char *bytes = alter->host->secret_borrow(key, &size);
    bool printable = is_header_value(bytes, size), known = has_prefix(alter, bytes, size);

    alter->host->secret_return(key, bytes);
    for (size_t i = 0; i < alter->profile.prefix_count; i++) {
        alter_add_text(&out, i ? ", " : "");
        alter_add_text(&out, alter->profile.prefixes[i]);
    }
    *out.at = '\0';
    if (!printable)
        return refuse(alter, settings, "api_key",
                      "it is no API key: it is empty, longer than %d bytes, or has characters that no key has; check "
                      "what the reference leads to",
                      KEY_SIZE);
    if (!known)
        return refuse(alter, settings, "api_key",
                      "it is no API key of this service, which begin with one of %s; check what the reference leads "
                      "to: it is not sent anywhere",
                      prefixes);
    return true;
}

static att_result take_key(struct alter *alter, const struct att_settings *settings, const struct att_secret *key)
{
    const struct att_host *host = alter->host;
    const unsigned char *bytes;
    const char *lacks = NULL;
    size_t size;

    if (!check_key(alter, settings, key))
        return ATT_RESULT_CONFIG;
    bytes = host->secret_borrow(key, &size);
    alter->api_key = host->secret_create(host, size);
    if (alter->api_key)
        host->secret_append(alter->api_key, bytes, size);
    host->secret_return(key, bytes);
    if (alter->api_key && alter_signing_open(alter, &lacks))
        return ATT_RESULT_OK;
    if (lacks)
        refuse(alter, settings, NULL,
               "%s cannot be loaded, and requests to its backend are signed with it; install OpenSSL 3", lacks);
    else
        refuse(alter, settings, NULL,
               "the key that signs requests cannot be made: memory is out, or libcrypto refuses SHA-256; check the "
               "configuration of OpenSSL");
    return ATT_RESULT_FAULT;
}

/* ---- the client -------------------------------------------------------------------------------------------------- */

void alter_close(struct alter *alter)
{
    const struct att_host *host;

    if (!alter)
        return;
    host = alter->host;
    alter_signing_close(alter);
    host->secret_destroy(alter->api_key);
    alter_notes_close(&alter->actors);
    alter_notes_close(&alter->providers);
    while (alter->blocks) {
        struct alter_block *next = alter->blocks->next;
        host->release(host, alter->blocks);
        alter->blocks = next;
    }
    host->release(host, alter);
}

/* A client without its key. */
static att_result make(const struct att_host *host, const struct att_settings *settings, struct alter **made)
{
    struct alter *alter = host->allocate(host, sizeof *alter);

    if (!alter)
        return ATT_RESULT_NOMEM;
    memset(alter, 0, sizeof *alter);
    alter->host = host;
    alter->timeout_ms = host->setting_integer(settings, "timeout");
    alter->attempt_ms = host->setting_integer(settings, "attempt_timeout");
    alter->retries = host->setting_integer(settings, "retries");
    alter->allow_cookie = host->setting_integer(settings, "allow_cookie") != 0;
    alter->full = strcmp(host->setting_text(settings, "audit"), "full") == 0;
    alter_notes_open(&alter->actors);
    alter_notes_open(&alter->providers);
    if (alter_profile_read(alter, settings) &&
        take_base_url(alter, settings, host->setting_text(settings, "base_url"))) {
        *made = alter;
        return ATT_RESULT_OK;
    }
    alter_close(alter);
    return ATT_RESULT_CONFIG;
}

/* Of the module that declared the options. */
static void promise(const struct alter *alter, const struct att_settings *settings)
{
    const struct att_host *host = alter->host;
    struct att_cache_promise kept = {.size = sizeof kept, .longest_ms = host->setting_integer(settings, "cache_for")};

    host->promise_bounded(settings);
    if (strcmp(host->setting_text(settings, "cache"), "on") == 0)
        host->promise_cache(settings, &kept);
    if (strcmp(host->setting_text(settings, "audit"), "off") != 0)
        host->wish_reports(settings);
    if (alter->full)
        host->wish_exchange(settings, ALTER_AUDIT_BODY);
}

att_result alter_check(const struct att_host *host, const struct att_settings *settings)
{
    struct alter *alter = NULL;
    att_result result = make(host, settings, &alter);

    alter_close(alter);
    return result;
}

att_result alter_open(const struct att_host *host, const struct att_settings *settings, struct alter **made)
{
    struct alter *alter = NULL;
    att_result result = make(host, settings, &alter);

    if (result == ATT_RESULT_OK)
        result = take_key(alter, settings, host->setting_secret(settings, "api_key"));
    if (result != ATT_RESULT_OK) {
        alter_close(alter);
        return result;
    }
    promise(alter, settings);
    *made = alter;
    return ATT_RESULT_OK;
}
