/* site.h: a site in a temporary folder and an upstream on loopback, for tests of the public interface. */
#ifndef ATT_TEST_SITE_H
#define ATT_TEST_SITE_H

#include <attache/attache.h>

#include "tests/unit/unit.h"

/* Where the running test's site is; made by site_make. */
struct site {
    char folder[256];
    char conf[300], script[300], audit[300];
    struct upstream *upstream;
    int port;
};

/* Makes the folder, a mock script and a configuration. `%PORT%`, `%FOLDER%`, `%MODULES%` and `%TESTS%` (the modules of
 * the tests) in the texts are filled in. NULL takes the plain ones below. */
void site_make(struct site *site, const char *conf, const char *script);
void site_remove(struct site *site);
void site_write(const struct site *site, const char *path, const char *text);
char *site_read(const char *path); /* the caller frees it */

/* How many lines of the audit file contain both texts. */
int site_audit_lines(const struct site *site, const char *first, const char *second);

/* "http://127.0.0.1:PORT" and a path; the text lives until the next call but three. */
const char *site_url(const struct site *site, const char *path);

/* What the upstream received last in a header, or "" if it had none; and how many requests it answered. */
const char *upstream_saw(const struct site *site, const char *header);
const char *upstream_saw_query(const struct site *site);
int upstream_count(const struct site *site);
/* One of the first requests, counted from 1: "POST /path?query", header lines, an empty line, the body; "" for none. */
const char *upstream_request(const struct site *site, int number);

extern const char plain_conf[], plain_script[];

#endif
