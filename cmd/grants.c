/* cmd/grants.c: attache grants and attache revoke: what users granted to this site, and the end of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/backend.h"
#include "cmd/fail.h"
#include "cmd/grant_table.h"
#include "cmd/input.h"
#include "cmd/session.h"

enum { OPTION_ACCOUNT = CMD_BACKEND_OWN, OPTION_LIMIT, OPTION_OFFSET, OPTION_PROVIDER, OPTION_STATUS };

struct grants {
    struct cmd_backend backend;
    att_grants_options call;
};

static void take_status(struct cmd_call *call, struct grants *grants, const char *value)
{
    static const char *const known[] = {"active", "expired", "revoked"};

    grants->call.status = value;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(value, known[i]) == 0)
            return;
    }
    cmd_complain(call, "--status", "option --status: \"%s\" is no status of a grant; write active, expired or revoked",
                 value);
}

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    struct grants *grants = context;
    int64_t limit = 0;

    if (cmd_backend_take(call, &grants->backend, option, value))
        return;
    switch (option) {
    case OPTION_ACCOUNT:
        grants->call.account = value;
        break;
    case OPTION_LIMIT:
        cmd_take_number(call, "--limit", value, 1, 1000, &limit);
        grants->call.limit = (int)limit;
        break;
    case OPTION_OFFSET:
        cmd_take_number(call, "--offset", value, 0, INT32_MAX, &grants->call.offset);
        break;
    case OPTION_PROVIDER:
        grants->call.provider = value;
        break;
    default:
        take_status(call, grants, value);
        break;
    }
}

static void add_page(struct grant_table *table, const struct grants *grants, const att_grants_page *page)
{
    if (!table->as_json)
        return;
    cmd_json_count(&table->json, "offset", grants->call.offset);
    if (page->total >= 0)
        cmd_json_count(&table->json, "total", page->total);
    cmd_json_boolean(&table->json, "has_more", page->has_more);
}

static bool is_filtered(const att_grants_options *call)
{
    return call->provider || call->account || call->status || call->offset;
}

/* How to see the rest, and to a human that there is nothing to see. */
static void tell_rest(const struct grants *grants, const att_grants_page *page)
{
    int64_t next = grants->call.offset + page->count;

    if (page->count == 0 && isatty(STDOUT_FILENO))
        fputs(is_filtered(&grants->call) ? "attache: no grant is like that; attache grants lists them all\n"
                                         : "attache: there are no grants; attache connect makes one\n",
              stderr);
    if (page->has_more && page->total >= 0)
        fprintf(stderr, "attache: %" PRId64 " of %" PRId64 " grants; go on with --offset %" PRId64 "\n", page->count,
                page->total, next);
    else if (page->has_more)
        fprintf(stderr, "attache: there are more grants; go on with --offset %" PRId64 "\n", next);
}

static int list(const struct cmd_call *call, struct grants *grants)
{
    struct cmd_session session = CMD_SESSION_INIT;
    att_grants_page page = {.size = sizeof page};
    struct grant_table table;
    att_status status;
    int exit_status;

    grants->call.size = sizeof grants->call;
    grants->call.backend = grants->backend.backend;
    grants->call.reason = grants->backend.reason;
    grants->call.timeout_ms = grants->backend.timeout_ms;
    session.token_descriptor = grants->backend.token_descriptor;
    grant_table_open(&table, call->json);
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_grants_list(session.client, &grants->call, grant_table_take, &table, &page, &session.error);
    if (status == ATT_OK) {
        grant_table_print(&table);
        add_page(&table, grants, &page);
        exit_status = grant_table_finish(&table, call);
        if (!call->json)
            tell_rest(grants, &page);
    } else {
        exit_status = cmd_fail(call, &session.error);
    }
    grant_table_close(&table);
    cmd_session_close(&session);
    return exit_status;
}

static int run_list(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_BACKEND_OPTIONS,
                                          {"account", required_argument, NULL, OPTION_ACCOUNT},
                                          {"limit", required_argument, NULL, OPTION_LIMIT},
                                          {"offset", required_argument, NULL, OPTION_OFFSET},
                                          {"provider", required_argument, NULL, OPTION_PROVIDER},
                                          {"status", required_argument, NULL, OPTION_STATUS},
                                          {0}};
    struct grants grants = {.backend = CMD_BACKEND_INIT};
    const struct cmd_options options = {.letters = ":", .table = table, .take = take, .context = &grants};
    int exit_status = 0;

    return cmd_options_read(call, &options, count, words, &exit_status) < 0 ? exit_status : list(call, &grants);
}

static void take_revoke(struct cmd_call *call, void *context, int option, const char *value)
{
    cmd_backend_take(call, context, option, value);
}

static int run_revoke(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_BACKEND_OPTIONS, {0}};
    struct cmd_backend backend = CMD_BACKEND_INIT;
    const struct cmd_options options = {
        .letters = ":", .table = table, .take = take_revoke, .context = &backend, .fewest = 1, .most = 1};
    struct cmd_session session = CMD_SESSION_INIT;
    int exit_status = 0;
    int first = cmd_options_read(call, &options, count, words, &exit_status);
    att_status status;

    if (first < 0)
        return exit_status;
    session.token_descriptor = backend.token_descriptor;
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_grant_revoke(session.client,
                                  ATT_REVOKE(.grant = words[first], .backend = backend.backend,
                                             .reason = backend.reason, .timeout_ms = backend.timeout_ms),
                                  &session.error);
    if (status != ATT_OK) {
        exit_status = cmd_fail(call, &session.error);
    } else if (!call->json) {
        fputs("attache: grant \"", stderr);
        cmd_print_safe(stderr, words[first]);
        fputs("\" is revoked: nobody can use it any more\n", stderr);
    }
    cmd_session_close(&session);
    return exit_status;
}

const struct cmd_verb cmd_verb_grants = {
    .name = "grants",
    .summary = "list what users granted to this site",
    .usage = "attache grants [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Lists the grants that a backend keeps: the id that requests name each by, its provider, whose\n"
            "account it is, its status, when it expires, and its scopes.\n"
            "\n"
            "  --provider NAME       those of this provider alone, such as google\n"
            "  --account ACCOUNT     those of this account\n"
            "  --status STATUS       those that are active, expired or revoked\n"
            "  --limit N             at most N of them, up to 1000 (default: 100)\n"
            "  --offset N            without the first N\n" CMD_BACKEND_HELP
            "  --timeout SECONDS     give up after this time",
    .run = run_list,
};

const struct cmd_verb cmd_verb_revoke = {
    .name = "revoke",
    .summary = "end a grant for good",
    .usage = "attache revoke GRANT [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Ends a grant at its backend, for everybody and for good. Requests with it fail from then on; the\n"
            "user may connect anew.\n"
            "\n" CMD_BACKEND_HELP "  --timeout SECONDS     give up after this time",
    .run = run_revoke,
};
