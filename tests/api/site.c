/* tests/api/site.c: a site in a temporary folder and an upstream on loopback (libmicrohttpd).
 *
 * The upstream answers by path: /echo repeats the request's headers in its body, /body the request's body, /status/N
 * answers N, /redirect/PORT/N redirects with N to /echo on that port, /go/N?to=URL with N to that URL, /loop to itself,
 * /set-cookie sets a cookie, /back/I-N repeats "I-N" to the bearer of "token-of-thread-I", /only-second wants the
 * bearer token "token-number-two", /scope answers 403 with a challenge, /size/N sends N bytes. */
#include "tests/api/site.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char plain_conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\";\n"
    "                options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { grant = [ \"*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
    "policy = { rules = ( { name = \"no-admin\"; effect = \"forbid\"; when = { path = \"/admin/**\"; }; },\n"
    "                     { name = \"all\"; effect = \"permit\"; } ); };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\";\n"
    "            options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";
const char plain_script[] =
    "{ \"grants\": { \"calendar\": { \"token\": \"token-number-one\", \"kind\": \"oauth\" } } }\n";

enum { HEADERS_KEPT = 32, REQUESTS_KEPT = 16 };

/* One request while it comes in. */
struct exchange {
    char body[1024];
    size_t size;
};

struct upstream {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    struct {
        char name[64], value[512];
    } headers[HEADERS_KEPT];
    size_t header_count;
    char query[512];
    int count;
    char echo[8192];
    char requests[REQUESTS_KEPT][10240]; /* the first ones, as upstream_request gives them */
};

static enum MHD_Result keep_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct upstream *upstream = context;
    size_t used = strlen(upstream->echo);

    (void)kind;
    if (upstream->header_count < HEADERS_KEPT) {
        snprintf(upstream->headers[upstream->header_count].name, 64, "%s", name);
        snprintf(upstream->headers[upstream->header_count++].value, 512, "%s", value ? value : "");
    }
    snprintf(upstream->echo + used, sizeof upstream->echo - used, "%s: %s\n", name, value ? value : "");
    return MHD_YES;
}

static enum MHD_Result keep_query(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct upstream *upstream = context;
    size_t used = strlen(upstream->query);

    (void)kind;
    snprintf(upstream->query + used, sizeof upstream->query - used, "%s%s=%s", used ? "&" : "", name,
             value ? value : "");
    return MHD_YES;
}

static void remember(struct upstream *upstream, struct MHD_Connection *connection, const char *method, const char *url,
                     const struct exchange *exchange)
{
    upstream->header_count = 0;
    upstream->echo[0] = upstream->query[0] = '\0';
    MHD_get_connection_values(connection, MHD_HEADER_KIND, keep_header, upstream);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, keep_query, upstream);
    if (upstream->count < REQUESTS_KEPT)
        snprintf(upstream->requests[upstream->count], sizeof upstream->requests[0], "%s %s%s%s\n%s\n%.*s", method, url,
                 upstream->query[0] ? "?" : "", upstream->query, upstream->echo, (int)exchange->size, exchange->body);
    upstream->count++;
}

static struct MHD_Response *text_response(const char *text)
{
    return MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
}

/* What a path asks for; the lock is held. */
static struct MHD_Response *make_response(struct upstream *upstream, struct MHD_Connection *connection, const char *url,
                                          const struct exchange *exchange, unsigned *status)
{
    const char *token = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "authorization");
    struct MHD_Response *response;
    char location[128];
    unsigned port;

    *status = 200;
    if (strcmp(url, "/echo") == 0) {
        response = text_response(upstream->echo);
        if (token)
            MHD_add_response_header(response, "x-echo", token);
    } else if (sscanf(url, "/status/%u", status) == 1) {
        response = text_response("{\"error\":\"as asked\"}");
        MHD_add_response_header(response, "retry-after", "7");
    } else if (sscanf(url, "/redirect/%u/%u", &port, status) == 2) {
        snprintf(location, sizeof location, "http://127.0.0.1:%u/echo", port);
        response = text_response("moved");
        MHD_add_response_header(response, "location", location);
    } else if (sscanf(url, "/go/%u", status) == 1) {
        const char *to = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "to");
        response = text_response("gone elsewhere");
        if (to)
            MHD_add_response_header(response, "location", to);
    } else if (strcmp(url, "/loop") == 0) {
        *status = 302;
        response = text_response("round and round");
        MHD_add_response_header(response, "location", "/loop");
    } else if (strcmp(url, "/body") == 0) {
        response =
            MHD_create_response_from_buffer(exchange->size, (void *)(uintptr_t)exchange->body, MHD_RESPMEM_MUST_COPY);
    } else if (strcmp(url, "/set-cookie") == 0) {
        response = text_response("{}");
        MHD_add_response_header(response, "set-cookie", "left=over; path=/");
    } else if (sscanf(url, "/back/%u", &port) == 1) {
        snprintf(location, sizeof location, "Bearer token-of-thread-%u", port);
        *status = token && strcmp(token, location) == 0 ? 200 : 409;
        response = text_response(url + strlen("/back/"));
    } else if (strcmp(url, "/only-second") == 0) {
        *status = token && strcmp(token, "Bearer token-number-two") == 0 ? 200 : 401;
        response = text_response(*status == 200 ? "welcome" : "stale");
    } else if (strcmp(url, "/scope") == 0 || strcmp(url, "/scope-401") == 0) {
        *status = strcmp(url, "/scope") == 0 ? 403 : 401;
        response = text_response("{}");
        MHD_add_response_header(response, "www-authenticate", "Basic realm=\"other\"");
        MHD_add_response_header(response, "www-authenticate",
                                "Bearer realm=\"x\", error=\"insufficient_scope\", scope=\"cal.read cal.write\"");
    } else if (strcmp(url, "/packed") == 0) {
        response = text_response("not even packed");
        MHD_add_response_header(response, "content-encoding", "gzip");
    } else if (sscanf(url, "/size/%u", &port) == 1) {
        char *bytes = malloc(port);
        memset(bytes, 'x', port);
        response = MHD_create_response_from_buffer(port, bytes, MHD_RESPMEM_MUST_FREE);
    } else {
        response = text_response("{\"ok\":true}");
    }
    return response;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state)
{
    struct upstream *upstream = context;
    struct exchange *exchange = *state;
    struct MHD_Response *response;
    enum MHD_Result queued;
    unsigned status;

    (void)version;
    if (!exchange) {
        *state = calloc(1, sizeof *exchange);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*size) {
        size_t room = sizeof exchange->body - exchange->size, kept = *size < room ? *size : room;
        memcpy(exchange->body + exchange->size, data, kept);
        exchange->size += kept;
        *size = 0;
        return MHD_YES;
    }
    pthread_mutex_lock(&upstream->lock);
    remember(upstream, connection, method, url, exchange);
    response = make_response(upstream, connection, url, exchange, &status);
    pthread_mutex_unlock(&upstream->lock);
    queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static void forget(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    free(*state);
    *state = NULL;
}

static struct upstream *upstream_start(int *port)
{
    struct upstream *upstream = calloc(1, sizeof *upstream);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

    pthread_mutex_init(&upstream->lock, NULL);
    upstream->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
                                        answer, upstream, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED,
                                        forget, NULL, MHD_OPTION_END);
    assert_non_null(upstream->daemon);
    *port = MHD_get_daemon_info(upstream->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return upstream;
}

static void upstream_stop(struct upstream *upstream)
{
    MHD_stop_daemon(upstream->daemon);
    pthread_mutex_destroy(&upstream->lock);
    free(upstream);
}

const char *upstream_saw(const struct site *site, const char *header)
{
    for (size_t i = 0; i < site->upstream->header_count; i++)
        if (strcasecmp(site->upstream->headers[i].name, header) == 0)
            return site->upstream->headers[i].value;
    return "";
}

const char *upstream_saw_query(const struct site *site)
{
    return site->upstream->query;
}

int upstream_count(const struct site *site)
{
    return site->upstream->count;
}

const char *upstream_request(const struct site *site, int number)
{
    assert_in_range(number, 1, REQUESTS_KEPT);
    return site->upstream->requests[number - 1];
}

const char *site_url(const struct site *site, const char *path)
{
    static char urls[4][512];
    static int next;
    char *url = urls[next++ % 4];

    snprintf(url, 512, "http://127.0.0.1:%d%s", site->port, path);
    return url;
}

void site_write(const struct site *site, const char *path, const char *text)
{
    const char *modules = secure_getenv("ATT_LIBDIR"), *build = secure_getenv("ATT_BUILD");
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (const char *at = text; *at;) {
        if (strncmp(at, "%PORT%", 6) == 0) {
            fprintf(file, "%d", site->port);
            at += 6;
        } else if (strncmp(at, "%FOLDER%", 8) == 0) {
            fputs(site->folder, file);
            at += 8;
        } else if (strncmp(at, "%MODULES%", 9) == 0) {
            fprintf(file, "%s/attache", modules ? modules : "");
            at += 9;
        } else if (strncmp(at, "%TESTS%", 7) == 0) {
            fprintf(file, "%s/tests/modules/.libs", build ? build : ".");
            at += 7;
        } else {
            fputc(*at++, file);
        }
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

void site_make(struct site *site, const char *conf, const char *script)
{
    memset(site, 0, sizeof *site);
    snprintf(site->folder, sizeof site->folder, "/tmp/attache-test-XXXXXX");
    assert_non_null(mkdtemp(site->folder));
    snprintf(site->conf, sizeof site->conf, "%s/attache.conf", site->folder);
    snprintf(site->script, sizeof site->script, "%s/mock.json", site->folder);
    snprintf(site->audit, sizeof site->audit, "%s/audit.jsonl", site->folder);
    site->upstream = upstream_start(&site->port);
    site_write(site, site->conf, conf ? conf : plain_conf);
    site_write(site, site->script, script ? script : plain_script);
}

void site_remove(struct site *site)
{
    upstream_stop(site->upstream);
    unlink(site->conf);
    unlink(site->script);
    unlink(site->audit);
    assert_int_equal(rmdir(site->folder), 0);
}

char *site_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (!file || getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = calloc(1, 1);
    }
    if (file)
        fclose(file);
    return text;
}

int site_audit_lines(const struct site *site, const char *first, const char *second)
{
    char *text = site_read(site->audit), *rest = text, *line;
    int count = 0;

    while ((line = strsep(&rest, "\n")))
        count += *line && strstr(line, first) && strstr(line, second);
    free(text);
    return count;
}
