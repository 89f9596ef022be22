/* cmd/request.c: attache request: one request with the credential of a grant, in the manner of curl. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/fail.h"
#include "cmd/held.h"
#include "cmd/input.h"
#include "cmd/options.h"
#include "cmd/response.h"
#include "cmd/session.h"
#include "cmd/trace.h"
#include "cmd/upload.h"
#include "cmd/waiting.h"

enum {
    OPTION_ACCOUNT = CMD_OPTION_OWN,
    OPTION_BACKEND,
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
    OPTION_TOKEN,
    OPTION_WAIT
};

static const struct option table[] = {CMD_COMMON_OPTIONS,
                                      {"account", required_argument, NULL, OPTION_ACCOUNT},
                                      {"approval-wait", required_argument, NULL, OPTION_WAIT},
                                      {"by-backend", no_argument, NULL, OPTION_BACKEND},
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
    bool data_is_json, silent, show_error, verbose;
    int token_descriptor; /* -1: none */
    int64_t wait_ms;      /* for a human; 0: not at all */
    size_t too_large;     /* bytes of a response that was awaited, where that is more than what was asked for */
    struct cmd_response response;
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
    request->response.fail = request->response.fail || option == 'f';
    request->response.include = request->response.include || option == 'i';
    request->silent = request->silent || option == 's';
    request->show_error = request->show_error || option == 'S';
    request->verbose = request->verbose || option == 'v';
    request->call.by_backend = request->call.by_backend || option == OPTION_BACKEND;
}

static void take_wait(struct cmd_call *call, struct request *request, const char *value)
{
    cmd_take_duration(call, "--approval-wait", value, &request->wait_ms);
    request->response.waits = true;
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
    else if (option == OPTION_WAIT)
        take_wait(call, request, value);
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
    if (request->call.by_backend && ((request->data.given && !request->data_is_json) || request->upload.path))
        cmd_complain(call, "--by-backend",
                     "option --by-backend: a backend sends JSON or no body; give the body with --json");
    if (request->wait_ms && !request->call.by_backend)
        cmd_complain(call, "--approval-wait",
                     "option --approval-wait: nobody decides on a request that the backend does not perform; add "
                     "--by-backend");
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

static int take_head(void *context, const att_response *response)
{
    struct request *request = context;

    if (request->verbose)
        cmd_trace(&request->call, response);
    return cmd_response_take_head(&request->response, response);
}

static int take_body_piece(void *context, const void *data, size_t size)
{
    struct request *request = context;

    return cmd_response_take_body(&request->response, data, size);
}

static int finish(const struct cmd_call *call, struct request *request, att_status status, const att_error *error)
{
    int written = cmd_response_close(&request->response, call, status);

    if (request->too_large)
        return cmd_fail_here(call, ATT_NETWORK, "max_response_bytes",
                             "the request was performed, and its answer has %zu bytes, which is more than "
                             "--max-response; see it with attache approve wait, and do not send the request again",
                             request->too_large);
    if (written != 0 || cmd_response_succeeded(&request->response, status))
        return written;
    if (request->upload.failure)
        return cmd_fail_here(call, error->status, "read", "%s could not be read: %s; nothing whole was sent",
                             request->upload.path, strerrordesc_np(request->upload.failure));
    return cmd_response_fail(&request->response, call, error);
}

/* Waits for a human, until --timeout is over at the latest. `began` is when the request did. */
static att_status await(const struct cmd_call *call, struct request *request, struct cmd_session *session,
                        int64_t began, int *number)
{
    int64_t left = request->call.timeout_ms ? request->call.timeout_ms - (cmd_now_ms() - began) : request->wait_ms;
    uint64_t limit = request->call.max_response_bytes;
    att_response *response = NULL;
    size_t size = 0;
    att_status status;

    left = left < request->wait_ms ? left : request->wait_ms;
    status = cmd_held_await(session, call, left > 0 ? left : 0, &response, number);
    if (response)
        att_response_body(response, &size);
    if (limit && size > limit)
        request->too_large = size;
    else if (response && request->verbose)
        cmd_trace(&request->call, response);
    if (response && !request->too_large)
        cmd_response_take(&request->response, response);
    att_response_free(&response);
    return status;
}

static int perform(const struct cmd_call *call, struct request *request)
{
    int64_t began = cmd_now_ms();
    struct cmd_session session = CMD_SESSION_INIT;
    att_status status;
    int exit_status, number = 0;

    if (request->response.sink.failure != 0)
        return cmd_sink_close(&request->response.sink, call);
    session.token_descriptor = request->token_descriptor;
    session.verbose = request->verbose;
    request->call.head = take_head;
    request->call.write = take_body_piece;
    request->call.write_context = request;
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_request(session.client, &request->call, NULL, &session.error);
    if (request->wait_ms && cmd_is_held(&session.error))
        status = await(call, request, &session, began, &number);
    exit_status = finish(call, request, status, &session.error);
    if (number)
        raise(number); /* as it would have acted without us */
    cmd_session_close(&session);
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
        cmd_sink_open(&request.response.sink, request.output);
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
            "  --by-backend          let the backend perform the request; its body is that of --json or none\n"
            "  --approval-wait DURATION\n"
            "                        with it: wait this long, as in 10m, where a human decides first\n"
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
