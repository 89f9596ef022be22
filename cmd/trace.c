/* cmd/trace.c: what -v shows of a request and of the head of its response. */
#include <stdio.h>

#include "cmd/output.h"
#include "cmd/trace.h"

static void print_header(const char *prefix, const char *name, const char *value)
{
    fputs(prefix, stderr);
    cmd_print_safe(stderr, name);
    fputs(": ", stderr);
    cmd_print_safe(stderr, value);
    fputc('\n', stderr);
}

void cmd_trace(const att_request_options *call, const att_response *response)
{
    const char *type = call->json ? "application/json" : call->content_type;

    fputs("> ", stderr);
    cmd_print_safe(stderr, call->method ? call->method : "GET");
    fputc(' ', stderr);
    cmd_print_safe(stderr, call->url);
    fputc('\n', stderr);
    for (const att_pair *header = call->headers; header && header->name; header++)
        print_header("> ", header->name, header->value);
    if (type)
        print_header("> ", "content-type", type);
    fputs("* the credential of ", stderr);
    cmd_print_safe(stderr, call->grant ? call->grant : call->provider);
    fputs(" is attached by attache and not shown\n", stderr);
    fprintf(stderr, "< HTTP %d\n", att_response_status(response));
    for (const att_pair *header = att_response_headers(response); header->name; header++)
        print_header("< ", header->name, header->value);
}
