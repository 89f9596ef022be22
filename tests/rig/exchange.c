/* tests/rig/exchange.c: sends requests through a built transport, without an engine, and prints what came of each as
 * one line of JSON. For tests of the transport against real servers.
 *
 * Usage: exchange OBJECT [OPTION...] METHOD URL...
 * Each URL is one exchange on the same transport. With a secret, a random token is sent, and the last line counts its
 * copies in the memory of this process: "copies", after the exchanges; "copies_closed", after the transport is closed.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "core/transport/transport.h"

enum { TOKEN_SIZE = 48, LINE_SIZE = 8192, HEADERS = 16, BODY_SIZE = 256 };

/* All that holds the token on purpose; a mapping of its own. */
struct secret {
    char token[TOKEN_SIZE];
    char line[LINE_SIZE];
    char target[LINE_SIZE];
};

struct options {
    struct att_transport_options transport;
    const char *headers[HEADERS];
    size_t header_count;
    size_t body_size;
    uint64_t most;
    int64_t timeout_ms;
    unsigned long count;
    const char *secret_header; /* its name; with secret_query the parameter's */
    const char *secret_query;
    bool search;
};

/* What one exchange brought. */
struct outcome {
    struct att_buffer headers, body;
};

static bool take_status(void *context, int status)
{
    (void)context;
    return status >= 200;
}

static bool take_header(void *context, const char *name, size_t name_size, const char *value, size_t value_size)
{
    struct outcome *outcome = context;

    att_buffer_add(&outcome->headers, name, name_size);
    att_buffer_text(&outcome->headers, ": ");
    att_buffer_add(&outcome->headers, value, value_size);
    att_buffer_char(&outcome->headers, '\n');
    return true;
}

static bool take_body(void *context, const void *data, size_t size)
{
    struct outcome *outcome = context;

    if (outcome->body.size + size < BODY_SIZE)
        att_buffer_add(&outcome->body, data, size);
    return true;
}

static const char *result_name(enum att_exchange_result result)
{
    static const char *const names[] = {"OK",      "NETWORK", "REFUSED", "TIMEOUT",     "TOO_LARGE",
                                        "ABORTED", "NOMEM",   "FAULT",   "NOT_RECORDED"};

    return (size_t)result < ATT_COUNT(names) ? names[result] : "?";
}

static void print(const struct att_exchange *exchange, enum att_exchange_result result, const struct outcome *outcome)
{
    struct att_buffer line;
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    att_buffer_open(&line, 1 << 20);
    att_buffer_char(&line, '{');
    att_json_member(&line, "result", result_name(result));
    att_json_member(&line, "detail", exchange->detail);
    att_json_member_number(&line, "status", exchange->http_status);
    att_json_member_number(&line, "resent", exchange->resent);
    att_json_member_number(&line, "bytes_in", (int64_t)exchange->bytes_in);
    att_json_member_number(&line, "bytes_out", (int64_t)exchange->bytes_out);
    att_json_member_number(&line, "peak_kib", usage.ru_maxrss);
    att_json_name(&line, "headers");
    att_json_text_size(&line, outcome->headers.data, outcome->headers.size);
    att_json_name(&line, "body");
    att_json_text_size(&line, outcome->body.data, outcome->body.size);
    att_buffer_char(&line, '}');
    puts(att_buffer_ok(&line) ? line.data : "{}");
    att_buffer_close(&line);
}

/* Counts the token in all memory that this process can write, but for the mapping that holds it on purpose. */
static int count_copies(const struct secret *secret)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[LINE_SIZE], access[8];
    uintptr_t start, end;
    int copies = 0;

    while (maps && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %7s", &start, &end, access) != 3 || strncmp(access, "rw", 2) != 0 ||
            ((uintptr_t)secret >= start && (uintptr_t)secret < end))
            continue;
        for (const char *at = (const char *)start; at; copies += at != NULL) {
            at = memmem(at, end - (uintptr_t)at, secret->token, TOKEN_SIZE);
            at = at ? at + 1 : NULL;
        }
    }
    if (maps)
        fclose(maps);
    return copies;
}

static struct secret *make_secret(void)
{
    /* One page more stays without access, so that the kernel does not merge this mapping with another one. */
    size_t size = (sizeof(struct secret) + 4095) / 4096 * 4096;
    char *pages = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct secret *secret = (struct secret *)(void *)pages;

    if (pages == MAP_FAILED || mprotect(pages + size, 4096, PROT_NONE) != 0 ||
        getrandom(secret->token, TOKEN_SIZE, 0) != TOKEN_SIZE)
        abort();
    for (int i = 0; i < TOKEN_SIZE; i++)
        secret->token[i] = (char)('a' + (unsigned char)secret->token[i] % 26);
    return secret;
}

static void perform(struct att_transport *transport, const struct options *options, const char *method,
                    const char *text, struct secret *secret)
{
    const char *headers[HEADERS + 1];
    struct att_pool *pool = att_pool_create();
    struct outcome outcome;
    struct att_url *url = NULL;
    struct att_exchange exchange = {.method = method, .headers = headers, .header_count = options->header_count};
    enum att_exchange_result result;

    if (att_url_parse(pool, text, &url, NULL) != ATT_OK)
        exit(2);
    memcpy(headers, options->headers, sizeof options->headers);
    if (options->secret_header) {
        snprintf(secret->line, LINE_SIZE, "%s: Bearer %.*s", options->secret_header, TOKEN_SIZE, secret->token);
        headers[exchange.header_count++] = secret->line;
    }
    exchange.url = url;
    exchange.target = url->text;
    if (options->secret_query) {
        snprintf(secret->target, LINE_SIZE, "%s%c%s=%.*s", url->text, url->query ? '&' : '?', options->secret_query,
                 TOKEN_SIZE, secret->token);
        exchange.target = secret->target;
    }
    exchange.body_size = options->body_size;
    exchange.body = options->body_size ? calloc(1, options->body_size) : NULL;
    exchange.deadline_ns = att_clock_monotonic_ns() + options->timeout_ms * ATT_NS_PER_MS;
    exchange.max_response_bytes = options->most;
    exchange.on_status = take_status;
    exchange.on_header = take_header;
    exchange.on_body = take_body;
    exchange.context = &outcome;
    att_buffer_open(&outcome.headers, 1 << 18);
    att_buffer_open(&outcome.body, BODY_SIZE);
    result = transport->perform(transport, &exchange);
    print(&exchange, result, &outcome);
    att_buffer_close(&outcome.headers);
    att_buffer_close(&outcome.body);
    att_pool_destroy(pool);
    free((void *)(uintptr_t)exchange.body);
}

static void read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"ca", required_argument, NULL, 'a'},
                                          {"proxy", required_argument, NULL, 'p'},
                                          {"clear", no_argument, NULL, 'c'},
                                          {"header", required_argument, NULL, 'h'},
                                          {"body", required_argument, NULL, 'b'},
                                          {"most", required_argument, NULL, 'm'},
                                          {"timeout", required_argument, NULL, 't'},
                                          {"count", required_argument, NULL, 'n'},
                                          {"secret-header", required_argument, NULL, 's'},
                                          {"secret-query", required_argument, NULL, 'S'},
                                          {"search", no_argument, NULL, 'q'},
                                          {"file", required_argument, NULL, 'f'},
                                          {0}};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'a':
            options->transport.ca_file = optarg;
            break;
        case 'p':
            options->transport.proxy = optarg;
            break;
        case 'c':
            options->transport.clear_memory = true;
            break;
        case 'f':
            options->transport.file = optarg;
            break;
        case 'h':
            options->headers[options->header_count++ % HEADERS] = optarg;
            break;
        case 'b':
            options->body_size = strtoul(optarg, NULL, 10);
            break;
        case 'm':
            options->most = strtoull(optarg, NULL, 10);
            break;
        case 't':
            options->timeout_ms = strtol(optarg, NULL, 10);
            break;
        case 'n':
            options->count = strtoul(optarg, NULL, 10);
            break;
        case 's':
            options->secret_header = optarg;
            break;
        case 'S':
            options->secret_query = optarg;
            break;
        case 'q':
            options->search = true;
            break;
        default:
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct options options = {.most = UINT64_MAX, .timeout_ms = 30000, .count = 1};
    att_error error = ATT_ERROR_INIT;
    struct att_transport *transport;
    struct secret *secret = make_secret();
    bool cleared;
    int copies;

    read_options(argc, argv, &options);
    if (argc - optind < 3)
        return 2;
    transport = att_transport_open(argv[optind], &options.transport, &error);
    if (!transport) {
        printf("%s\n", error.message);
        att_error_clear(&error);
        return 1;
    }
    for (unsigned long i = 0; i < options.count; i++) {
        for (int at = optind + 2; at < argc; at++)
            perform(transport, &options, argv[optind + 1], argv[at], secret);
    }
    cleared = transport->memory_cleared;
    copies = options.search ? count_copies(secret) : 0;
    transport->close(transport);
    if (options.search)
        printf("{\"copies\":%d,\"copies_closed\":%d,\"cleared\":%s}\n", copies, count_copies(secret),
               cleared ? "true" : "false");
    return 0;
}
