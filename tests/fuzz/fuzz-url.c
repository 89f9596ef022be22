/* tests/fuzz/fuzz-url.c: the URL parser never misbehaves, and libcurl reads what it accepts in the same way.
 *
 * The request goes out through libcurl, so a URL that the two read differently would pass policy as one host and be
 * sent to another. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "core/url/url.h"
#include "tests/fuzz/fuzz.h"

static void compare_part(CURLU *handle, CURLUPart part, unsigned flags, const char *ours, const char *what)
{
    char *theirs = NULL;
    CURLUcode code = curl_url_get(handle, part, &theirs, flags);

    if (code != CURLUE_OK && code != CURLUE_NO_QUERY)
        fuzz_finding(what, ours, curl_url_strerror(code));
    if ((theirs != NULL) != (ours != NULL) || (theirs && strcmp(theirs, ours) != 0))
        fuzz_finding(what, ours, theirs);
    curl_free(theirs);
}

/* `text` is the canonical text, which libcurl has to take, or what came in, which it may refuse. */
static void compare_with_curl(const struct att_url *url, const char *text, bool canonical)
{
    CURLU *handle = curl_url();
    CURLUcode code = curl_url_set(handle, CURLUPART_URL, text, 0);
    char port[16];

    if (code != CURLUE_OK && canonical)
        fuzz_finding("libcurl refuses", text, curl_url_strerror(code));
    if (code == CURLUE_OK) {
        snprintf(port, sizeof port, "%u", (unsigned)url->port);
        compare_part(handle, CURLUPART_SCHEME, 0, url->scheme, "scheme");
        compare_part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, "port");
        if (canonical) {
            compare_part(handle, CURLUPART_HOST, 0, url->host, "host");
            compare_part(handle, CURLUPART_PATH, 0, url->path, "path");
            compare_part(handle, CURLUPART_QUERY, 0, url->query, "query");
        } else {
            char *host = NULL;
            if (curl_url_get(handle, CURLUPART_HOST, &host, 0) != CURLUE_OK)
                fuzz_finding("host of the text as it came", url->host, text);
            /* The one freedom: a dot at the end of a name, which the canonical text has not. */
            if (host[0] && host[strlen(host) - 1] == '.')
                host[strlen(host) - 1] = '\0';
            if (!att_text_equal_nocase(host, url->host))
                fuzz_finding("host of the text as it came", url->host, host);
            curl_free(host);
        }
    }
    curl_url_cleanup(handle);
}

static void check_shape(struct att_pool *pool, const struct att_url *url)
{
    struct att_url *again = NULL;
    bool https = strcmp(url->scheme, "https") == 0;

    if (url->secure != https || (!https && strcmp(url->scheme, "http") != 0))
        fuzz_finding("scheme", url->scheme, url->text);
    if (strncmp(url->text, url->origin, strlen(url->origin)) != 0 || url->path[0] != '/')
        fuzz_finding("origin and path", url->origin, url->path);
    if (att_text_has_control(url->text) || strpbrk(url->text, " \\#\"<>") || strpbrk(url->host, "@/?%"))
        fuzz_finding("characters", url->host, url->text);
    if (strstr(url->path, "/../") || strstr(url->loose_path, "/../") || strstr(url->loose_path, "//"))
        fuzz_finding("dot or empty segments", url->path, url->loose_path);
    if (att_url_parse(pool, url->text, &again, NULL) != ATT_OK || strcmp(again->text, url->text) != 0)
        fuzz_finding("canonical text", url->text, again ? again->text : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct att_pool *pool = att_pool_create();
    char *text = att_pool_text_size(pool, (const char *)data, size);
    struct att_url *url = NULL;
    att_error error = ATT_ERROR_INIT;

    if (att_url_parse(pool, text, &url, &error) == ATT_OK) {
        check_shape(pool, url);
        compare_with_curl(url, url->text, true);
        compare_with_curl(url, text, false);
    } else if (url || error.status != ATT_INVALID) {
        fuzz_finding("a refusal", text, att_status_name(error.status));
    } else {
        fuzz_check_sentence(error.message);
    }
    att_error_clear(&error);
    att_pool_destroy(pool);
    return 0;
}
