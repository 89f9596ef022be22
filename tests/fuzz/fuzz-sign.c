/* tests/fuzz/fuzz-sign.c: what is signed has one spelling: signing that spelling changes nothing, whatever was written,
 * and no host name is read as something that no region or service can be.
 *
 * An input is lines: host, path, query, then headers. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/sign/openssl/openssl.h"
#include "core/sign/scope.h"
#include "tests/fuzz/fuzz.h"

enum { LINES = 40 };

static struct att_arena *arena;

/* Path and query in their one spelling, as new texts. */
static char *spell_path(const char *path, bool plain)
{
    size_t room = 3 * strlen(path) + 16;
    char *out = malloc(room + 1);
    struct text text = {out, out + room, false};

    canonical_path(&text, path, plain);
    if (text.failed)
        fuzz_finding("the path took more room than it may", path, "");
    *text.at = '\0';
    return out;
}

static char *spell_query(const char *query)
{
    size_t size = 3 * strlen(query), room = 2 * size + 1;
    struct att_secret *scratch = att_secret_create(arena, size);
    char *out = malloc(room + 1);
    struct text text = {out, out + room, false};

    if (scratch && !canonical_query(&text, scratch, query))
        abort();
    att_secret_destroy(scratch);
    if (text.failed)
        fuzz_finding("the query took more room than it may", query, "");
    *text.at = '\0';
    return out;
}

static void check_characters(const char *text, const char *others)
{
    for (const char *at = text; *at; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
              strchr("-._~%", *at) || strchr(others, *at)))
            fuzz_finding("a character that has to be escaped", text, at);
}

static void check_path(const char *path)
{
    char *plain = spell_path(path, true), *again = spell_path(plain, true), *twice = spell_path(path, false);

    if (strcmp(plain, again) != 0)
        fuzz_finding("a path of S3 changes when it is read again", plain, again);
    if (plain[0] != '/' || twice[0] != '/' || strstr(twice, "//") || strstr(twice, "/./") || strstr(twice, "/../"))
        fuzz_finding("a path is not normalised", path, twice);
    check_characters(plain, "/");
    check_characters(twice, "/");
    free(plain);
    free(again);
    free(twice);
}

static void check_query(const char *query)
{
    char *first = spell_query(query), *again = spell_query(first);

    if (strcmp(first, again) != 0)
        fuzz_finding("a query changes when it is read again", first, again);
    check_characters(first, "=&");
    free(first);
    free(again);
}

static void check_host(const char *host)
{
    struct att_sign_scope scope;
    bool told = att_sign_scope_of_host(host, &scope);

    if (told != (scope.region[0] || scope.service[0]))
        fuzz_finding("a host tells nothing and says that it does", host, scope.service);
    if (scope.region[0] && !att_sign_scope_is_name(scope.region, strlen(scope.region)))
        fuzz_finding("a region that is none", host, scope.region);
}

static void check_request(char *const lines[LINES], size_t count)
{
    const struct own_lines own = {.stamp = "20260302T080000Z", .payload = "UNSIGNED-PAYLOAD", .payload_line = true};
    const struct att_sign_request request = {.method = "GET",
                                             .scheme = "https",
                                             .host = lines[0],
                                             .path = lines[1],
                                             .query = lines[2],
                                             .headers = (const char *const *)lines + 3,
                                             .header_count = count - 3};
    struct att_secret *canonical = NULL;
    const char *names = NULL;
    size_t size = 0;
    att_status status = canonical_request(arena, &request, &own, false, &canonical, &names, &size, NULL);

    if (status != ATT_OK)
        fuzz_finding("a request that is small enough is refused", lines[1], lines[2]);
    if (!size || names < att_secret_bytes(canonical) ||
        names + size > att_secret_bytes(canonical) + att_secret_size(canonical))
        fuzz_finding("the names are not in the request", lines[1], names);
    att_secret_destroy(canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *rest = text, *lines[LINES];
    size_t count = 0;

    if (!arena)
        arena = att_arena_create();
    memcpy(text, data, size);
    text[size] = '\0';
    while (count < LINES && (lines[count] = strsep(&rest, "\n")))
        count++;
    if (count >= 3 && size < 65536) {
        check_host(lines[0]);
        check_path(lines[1]);
        check_query(lines[2]);
        check_request(lines, count);
    }
    free(text);
    return 0;
}
