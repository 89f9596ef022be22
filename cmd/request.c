/* cmd/request.c: attache request: one request with the credential of a grant, in the manner of curl. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/fail.h"
#include "cmd/input.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/sink.h"
#include "cmd/trace.h"
#include "cmd/upload.h"

enum {
    OPTION_ACCOUNT = CMD_OPTION_OWN,
    OPTION_BINARY,
    OPTION_CONTEXT,
    OPTION_GRANT,
    OPTION_JSON,
    OPTION_LIMIT,
    OPTION_PATH,
    OPTION_PROVIDER,
    OPTION_QUERY,
    OPTION_REASON,
    OPTION_TIMEOUT,
    OPTION_TOKEN
};

static const struct option table[] = {CMD_COMMON_OPTIONS,
                                      {"account", required_argument, NULL, OPTION_ACCOUNT},
                                      {"context", required_argument, NULL, OPTION_CONTEXT},
                                      {"data", required_argument, NULL, 'd'},
                                      {"data-binary", required_argument, NULL, OPTION_BINARY},
                                      {"fail", no_argument, NULL, 'f'},
                                      {"grant", required_argument, NULL, OPTION_GRANT},
                                      {"header", required_argument, NULL, 'H'},
                                      {"include", no_argument, NULL, 'i'},
                                      {"json", required_argument, NULL, OPTION_JSON},
                                      {"max-response", required_argument, NULL, OPTION_LIMIT},
                                      {"output", required_argument, NULL, 'o'},
                                      {"path", required_argument, NULL, OPTION_PATH},
                                      {"provider", required_argument, NULL, OPTION_PROVIDER},
                                      {"query", required_argument, NULL, OPTION_QUERY},
                                      {"reason", required_argument, NULL, OPTION_REASON},
                                      {"request", required_argument, NULL, 'X'},
                                      {"show-error", no_argument, NULL, 'S'},
                                      {"silent", no_argument, NULL, 's'},
                                      {"timeout", required_argument, NULL, OPTION_TIMEOUT},
                                      {"upload-file", required_argument, NULL, 'T'},
                                      {"user-token-fd", required_argument, NULL, OPTION_TOKEN},
                                      {"verbose", no_argument, NULL, 'v'},
                                      {0}};

/* What the command line asks for. `call` is what the library is asked. */
struct request {
    att_request_options call;
    struct cmd_pairs path, query, headers, context;
    struct cmd_data data;
    struct cmd_upload upload;
    const char *output;
    bool data_is_json, include, fail, silent, show_error, verbose;
    int token_descriptor; /* -1: none */
    struct cmd_sink sink;
    bool discard; /* -f, and the upstream answered with an error: its body is not wanted */
};

static void take_body(struct cmd_call *call, struct request *request, int option, const char *value)
{
    bool is_json = option == OPTION_JSON;

    if (request->data.given && request->data_is_json != is_json)
        cmd_complain(call, "--json", "option --json: it cannot stand beside -d; send one body");
    if (is_json && strncmp(value, "http", 4) == 0)
        cmd_complain(call, "--json",
                     "option --json: it took the URL as the body; write --json DATA, or attache --json "
                     "request for machines");
    request->data_is_json = is_json;
    if (option == 'd')
        cmd_data_take(call, &request->data, "-d", value, '&', true);
    else if (is_json)
        cmd_data_take(call, &request->data, "--json", value, 0, false);
    else
        cmd_data_take(call, &request->data, "--data-binary", value, '&', false);
}

static void take_flag(struct request *request, int option)
{
    request->fail = request->fail || option == 'f';
    request->include = request->include || option == 'i';
    request->silent = request->silent || option == 's';
    request->show_error = request->show_error || option == 'S';
    request->verbose = request->verbose || option == 'v';
}

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    struct request *request = context;
    const struct {
        int option;
        const char **text;
    } texts[] = {{'X', &request->call.method},
                 {'o', &request->output},
                 {OPTION_GRANT, &request->call.grant},
                 {OPTION_PROVIDER, &request->call.provider},
                 {OPTION_ACCOUNT, &request->call.account},
                 {OPTION_REASON, &request->call.reason}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].option == option)
            *texts[i].text = value;
    }
    if (option == 'd' || option == OPTION_BINARY || option == OPTION_JSON)
        take_body(call, request, option, value);
    else if (option == 'T')
        cmd_upload_take(call, &request->upload, value);
    else if (option == 'H')
        cmd_pairs_take_header(call, &request->headers, value);
    else if (option == OPTION_QUERY)
        cmd_pairs_take(call, &request->query, "--query", value);
    else if (option == OPTION_PATH)
        cmd_pairs_take(call, &request->path, "--path", value);
    else if (option == OPTION_CONTEXT)
        cmd_pairs_take(call, &request->context, "--context", value);
    else if (option == OPTION_TIMEOUT)
        cmd_take_seconds(call, "--timeout", value, &request->call.timeout_ms);
    else if (option == OPTION_LIMIT)
        cmd_take_size(call, "--max-response", value, &request->call.max_response_bytes);
    else if (option == OPTION_TOKEN)
        cmd_take_descriptor(call, "--user-token-fd", value, &request->token_descriptor);
    else
        take_flag(request, option);
}

/* What only the whole command line tells. */
static void check(struct cmd_call *call, const struct request *request)
{
    if (!request->call.grant && !request->call.provider)
        cmd_complain(call, "grant",
                     "request: no grant is named; add --grant NAME, or --provider NAME to use "
                     "the user's grant at a provider");
    if (request->call.grant && request->call.provider)
        cmd_complain(call, "provider", "option --provider: it cannot stand beside --grant; leave one of them out");
    if (request->call.account && !request->call.provider)
        cmd_complain(call, "account", "option --account: it says which of a provider's accounts; add --provider NAME");
    if (request->data_is_json && strlen(request->data.bytes) != request->data.size)
        cmd_complain(call, "--json", "option --json: the text has a NUL byte in it; JSON cannot");
    if (request->upload.path && request->data.given)
        cmd_complain(call, "--upload-file", "option --upload-file: it cannot stand beside -d or --json; send one body");
    if (request->token_descriptor == STDIN_FILENO &&
        (request->data.reads_stdin || (request->upload.path && request->upload.descriptor == STDIN_FILENO)))
        cmd_complain(call, "--user-token-fd",
                     "option --user-token-fd: descriptor 0 is read for the body already; use "
                     "another one, as in --user-token-fd 3 3<FILE");
}

/* Method, body and the headers that come with it, as curl has them. */
static void settle(struct cmd_call *verb_call, struct request *request)
{
    att_request_options *call = &request->call;
    const char *content_type;

    if (request->data.given) {
        content_type = cmd_pairs_remove(&request->headers, "content-type");
        call->method = call->method ? call->method : "POST";
        if (request->data_is_json && !content_type) {
            call->json = request->data.bytes;
        } else {
            call->body = request->data.bytes;
            call->body_size = request->data.size;
            call->content_type = content_type ? content_type : "application/x-www-form-urlencoded";
        }
    }
    if (request->upload.path) {
        call->method = call->method ? call->method : "PUT";
        call->read = request->upload.is_empty ? NULL : cmd_upload_read;
        call->read_context = &request->upload;
        call->read_size = request->upload.size;
    }
    if (request->data_is_json && !cmd_pairs_find(&request->headers, "accept"))
        cmd_pairs_take_header(verb_call, &request->headers, "accept: application/json");
    call->path_params = request->path.list;
    call->query_params = request->query.list;
    call->headers = request->headers.list;
    call->context = request->context.list;
}

/* Reads the user's token straight into the engine's secret memory. One line end behind it is not part of it. Returns 0
 * when there is none, or when it does not fit. */
static size_t read_token(void *context, char *buffer, size_t capacity)
{
    const int *descriptor = context;
    size_t size = 0;
    ssize_t count;

    do {
        count = read(*descriptor, buffer + size, capacity - size);
        size += count > 0 ? (size_t)count : 0;
    } while (size < capacity && (count > 0 || (count < 0 && errno == EINTR)));
    if (count < 0 || size == capacity)
        return 0;
    size -= size > 0 && buffer[size - 1] == '\n';
    size -= size > 0 && buffer[size - 1] == '\r';
    return size;
}

/* The head of the response in front of its body. To a terminal its controls are escaped; else it is as it came. */
static void write_head(struct cmd_sink *sink, const att_response *response)
{
    const att_pair *headers = att_response_headers(response);
    bool is_terminal = !sink->path && isatty(STDOUT_FILENO);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        sink->failure = errno;
        return;
    }
    fprintf(out, "HTTP %d\r\n", att_response_status(response));
    for (size_t i = 0; headers[i].name; i++) {
        char *value = is_terminal ? cmd_safe_text(headers[i].value) : NULL;

        fprintf(out, "%s: %s\r\n", headers[i].name, value ? value : headers[i].value);
        free(value);
    }
    fputs("\r\n", out);
    if (fclose(out) == 0)
        cmd_sink_write(sink, text, size);
    else
        sink->failure = errno;
    free(text);
}

static int take_head(void *context, const att_response *response)
{
    struct request *request = context;

    request->discard = request->fail && att_response_status(response) >= 400;
    if (request->verbose)
        cmd_trace(&request->call, response);
    if (request->include && !request->discard)
        write_head(&request->sink, response);
    return request->sink.failure != 0;
}

static int take_body_piece(void *context, const void *data, size_t size)
{
    struct request *request = context;

    return request->discard ? 0 : cmd_sink_write(&request->sink, data, size);
}

/* Lines of the engine's log that a user of the command has to see. */
static void print_log(void *context, int level, const char *line)
{
    const struct request *request = context;

    if (level > (request->verbose ? ATT_LOG_INFO : ATT_LOG_WARNING))
        return;
    fputs(level <= ATT_LOG_WARNING ? "attache: warning: " : "* ", stderr);
    cmd_print_safe(stderr, line);
    fputc('\n', stderr);
}

/* The message for a person: when to try again, and that -f is why the response is not there to be seen. */
static int fail_with_advice(const struct cmd_call *call, const struct request *request, const att_error *error)
{
    bool discarded = request->discard && error->status == ATT_UPSTREAM;
    const char *advice = discarded ? strrchr(error->message, ';') : NULL;
    size_t kept = advice ? (size_t)(advice - error->message) : strlen(error->message);
    bool is_busy = error->retry_after_ms > 0 && (error->status == ATT_UPSTREAM || error->status == ATT_BACKEND);
    char retry[64] = "";

    if (request->upload.failure)
        return cmd_fail_here(call, error->status, "read", "%s could not be read: %s; nothing whole was sent",
                             request->upload.path, strerrordesc_np(request->upload.failure));
    if (call->json || (!discarded && !is_busy))
        return cmd_fail(call, error);
    if (is_busy)
        snprintf(retry, sizeof retry, "; try again in %" PRId64 " s", (error->retry_after_ms + 999) / 1000);
    return cmd_fail_here(call, error->status, NULL, "%.*s%s%s", (int)kept, error->message, retry,
                         discarded ? "; without -f its body is printed" : "");
}

/* What became of the request, in the manner of curl: an error of the upstream is none of ours unless -f asks so. */
static int finish(const struct cmd_call *call, struct request *request, att_status status, const att_error *error)
{
    int written;

    if (status == ATT_OK || (status == ATT_UPSTREAM && !request->fail))
        cmd_sink_complete(&request->sink);
    written = cmd_sink_close(&request->sink, call);
    if (written != 0)
        return written;
    if (status == ATT_OK || (status == ATT_UPSTREAM && !request->fail))
        return 0;
    return fail_with_advice(call, request, error);
}

static int perform(const struct cmd_call *call, struct request *request)
{
    att_engine_options engine_options = {.size = sizeof engine_options, .config = call->config, .clear_http_memory = 1};
    att_client_options client_options = {
        .size = sizeof client_options, .caller = cmd_caller(call), .caller_type = call->caller_type};
    att_error error = ATT_ERROR_INIT;
    att_engine *engine = NULL;
    att_client *client = NULL;
    att_status status;
    int exit_status;

    if (request->sink.failure != 0)
        return cmd_sink_close(&request->sink, call);
    engine_options.log = call->quiet || call->json ? NULL : print_log;
    engine_options.log_context = request;
    client_options.user_token = request->token_descriptor < 0 ? NULL : read_token;
    client_options.user_token_context = &request->token_descriptor;
    request->call.head = take_head;
    request->call.write = take_body_piece;
    request->call.write_context = request;
    status = att_engine_open_with(&engine_options, &engine, &error);
    if (status == ATT_OK)
        status = att_client_open(engine, &client_options, &client, &error);
    if (status == ATT_OK)
        status = att_request(client, &request->call, NULL, &error);
    exit_status = finish(call, request, status, &error);
    att_client_close(&client);
    att_engine_close(&engine);
    att_error_clear(&error);
    return exit_status;
}

static int run(struct cmd_call *call, int count, char **words)
{
    struct request request = {.call = {.size = sizeof request.call}, .token_descriptor = -1};
    const struct cmd_options options = {
        .letters = ":d:fH:io:sST:vX:", .table = table, .take = take, .context = &request, .fewest = 1, .most = 1};
    int exit_status = 0;
    int first = cmd_options_read(call, &options, count, words, &exit_status);

    call->quiet = request.silent && !request.show_error;
    if (first >= 0) {
        request.call.url = words[first];
        check(call, &request);
        settle(call, &request);
        cmd_sink_open(&request.sink, request.output);
        exit_status = call->complaint_field ? cmd_fail_complaint(call) : perform(call, &request);
    }
    cmd_pairs_close(&request.path);
    cmd_pairs_close(&request.query);
    cmd_pairs_close(&request.headers);
    cmd_pairs_close(&request.context);
    cmd_data_close(&request.data);
    cmd_upload_close(&request.upload);
    return exit_status;
}

const struct cmd_verb cmd_verb_request = {
    .name = "request",
    .summary = "send a request with the credential of a grant",
    .usage = "attache request [-X METHOD] URL --grant GRANT [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Sends one HTTP request with the credential of a grant. The body of the response goes to\n"
            "standard output, all else to standard error.\n"
            "\n"
            "  --grant GRANT         use this grant: its name or id\n"
            "  --provider NAME       use the user's grant at this provider; with several accounts,\n"
            "  --account NAME          this one\n"
            "  -X, --request METHOD  GET without a body, POST with one\n"
            "  -d, --data DATA       send DATA as a form; @FILE or @- (standard input) without its line\n"
            "                        ends; several are joined by &\n"
            "  --data-binary DATA    the same, with the bytes of a file as they are\n"
            "  --json DATA           send a JSON text, or that of @FILE or @-\n"
            "  -T, --upload-file FILE\n"
            "                        send the file, with PUT, while it is read; - is standard input\n"
            "  -H, --header 'NAME: VALUE'\n"
            "                        send this header too; 'NAME;' sends an empty one\n"
            "  --path NAME=VALUE     put VALUE, percent-encoded, for {NAME} in the URL\n"
            "  --query NAME=VALUE    add a query parameter, percent-encoded\n"
            "  --reason TEXT         say why, for the audit record\n"
            "  --context NAME=VALUE  say in what context, for the audit record\n"
            "  --user-token-fd N     read the end user's token from descriptor N\n"
            "  --timeout SECONDS     give up after this time\n"
            "  --max-response SIZE   give up on a larger body; bytes, or 10MiB\n"
            "  -i, --include         write the response's headers in front of its body\n"
            "  -o, --output FILE     write the body to FILE\n"
            "  -f, --fail            let an upstream's 4xx or 5xx be a failure: no body, exit status 10\n"
            "  -s, --silent          print no failure; the exit status tells\n"
            "  -S, --show-error      with -s: print it all the same\n"
            "  -v, --verbose         show request and response on standard error, never the credential",
    .run = run,
};
