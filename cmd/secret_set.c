/* cmd/secret_set.c: attache secret set and rotate: a secret goes in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/fail.h"
#include "cmd/options.h"
#include "cmd/secret.h"

enum {
    OPTION_COOKIE = CMD_OPTION_OWN,
    OPTION_EXPIRES,
    OPTION_FD,
    OPTION_FORMAT,
    OPTION_GRANT,
    OPTION_HEADER,
    OPTION_INJECT,
    OPTION_ORIGIN,
    OPTION_PART,
    OPTION_PROVIDER,
    OPTION_QUERY,
    OPTION_TEMPLATE,
    OPTION_TYPE
};
enum { ORIGIN_LIMIT = 17 }; /* one more than the library takes, so that it says so */

struct change {
    att_secret_options options;
    const char *origins[ORIGIN_LIMIT + 1];
    size_t origin_count;
    struct cmd_pairs parts;
    const char *template, *format;
    const char *place, *place_name; /* "header" and its name */
    const char *inject;
    char *composed; /* owned: the placement of --header and its sisters */
    int descriptor;
    struct cmd_json json;
    bool as_json, prints_grant;
};

/* A value may be a secret, so no message repeats it. */
static void take_part(struct cmd_call *call, struct change *change, const char *value)
{
    const char *equals = strchr(value, '=');

    if (!equals || equals == value)
        cmd_complain(call, "--part", "option --part: it is not NAME=VALUE; write it so, for parts that are no secret");
    else
        cmd_pairs_take(call, &change->parts, "--part", value);
}

static void take_place(struct cmd_call *call, struct change *change, const char *place, const char *value)
{
    if (change->place || (change->inject && strcmp(place, "inject") != 0))
        cmd_complain(call, "--inject",
                     "option --%s: a secret has one place here; for several write --inject '( { header = NAME; }, ... "
                     ")'",
                     place);
    if (strcmp(place, "inject") == 0) {
        change->inject = value;
    } else {
        change->place = place;
        change->place_name = value;
    }
}

static void take_origin(struct change *change, const char *value)
{
    if (change->origin_count < ORIGIN_LIMIT)
        change->origins[change->origin_count++] = value;
}

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    struct change *change = context;

    switch (option) {
    case OPTION_COOKIE:
        take_place(call, change, "cookie", value);
        break;
    case OPTION_EXPIRES:
        cmd_take_time(call, "--expires", value, &change->options.expires);
        break;
    case OPTION_FD:
        cmd_take_descriptor(call, "--fd", value, &change->descriptor);
        break;
    case OPTION_FORMAT:
        change->format = value;
        break;
    case OPTION_GRANT:
        change->options.grant = value;
        break;
    case OPTION_HEADER:
        take_place(call, change, "header", value);
        break;
    case OPTION_INJECT:
        take_place(call, change, "inject", value);
        break;
    case OPTION_ORIGIN:
        take_origin(change, value);
        break;
    case OPTION_PART:
        take_part(call, change, value);
        break;
    case OPTION_PROVIDER:
        change->options.provider = value;
        break;
    case OPTION_QUERY:
        take_place(call, change, "query", value);
        break;
    case OPTION_TEMPLATE:
        change->template = value;
        break;
    default:
        change->options.type = value;
        break;
    }
}

/* A text as the value of a key, for the grammar of placements to judge. To be freed; NULL when memory is out. */
static char *quote(const char *text)
{
    char *quoted = malloc(2 * strlen(text) + 3), *at = quoted;

    if (!quoted)
        return NULL;
    *at++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    *at++ = '"';
    *at = '\0';
    return quoted;
}

static void compose(struct cmd_call *call, struct change *change)
{
    bool bearer = change->options.type && strcmp(change->options.type, "bearer") == 0;
    const char *format = change->format ? change->format : bearer ? "Bearer {token}" : "{token}";
    char *name = quote(change->place_name), *value = quote(format);

    if (!name || !value || asprintf(&change->composed, "{ %s = %s; format = %s; }", change->place, name, value) < 0) {
        change->composed = NULL;
        cmd_complain(call, "memory", "%s", att_strerror(ATT_NOMEM));
    }
    free(name);
    free(value);
    change->options.inject = change->composed;
    if (!change->options.type)
        change->options.type = change->place;
}

/* Puts together what the options say of type and placement. */
static void settle(struct cmd_call *call, struct change *change)
{
    if (change->template && change->options.type)
        cmd_complain(call, "--template", "option --template: it cannot stand beside --type; leave one of them out");
    if (change->template && change->place)
        cmd_complain(call, "--template",
                     "option --template: it says itself where its parts go; leave --%s out, or write --inject TEXT",
                     change->place);
    if (change->format && !change->place)
        cmd_complain(call, "--format",
                     "option --format: it says how a value stands in a place; add --header, --query "
                     "or --cookie NAME");
    change->options.inject = change->inject;
    if (change->place && !call->complaint_field)
        compose(call, change);
    if (change->template)
        change->options.type = change->template;
    change->options.origins = change->origin_count ? change->origins : NULL;
    change->options.parts = change->parts.count ? change->parts.list : NULL;
}

static void print_secret(void *context, const att_secret_info *info)
{
    struct change *change = context;

    if (change->as_json) {
        secret_print_json(&change->json, NULL, info);
        putchar('\n');
    } else if (change->prints_grant) {
        cmd_print_safe(stdout, info->grant);
        putchar('\n');
    } else {
        fputs("attache: secret \"", stderr);
        cmd_print_safe(stderr, info->name);
        fputs("\" is rotated: what begins now uses the new value\n", stderr);
    }
}

static int perform(const struct cmd_call *call, struct change *change, bool rotates)
{
    struct cmd_session session = CMD_SESSION_INIT;
    struct secret_source source;
    att_status status = cmd_session_open(&session, call);
    int exit_status;

    secret_source_open(&source, change->descriptor);
    if (status == ATT_OK)
        source.parts = secret_parts_count(call, &session, &change->options, rotates);
    change->options.read = secret_source_read;
    change->options.read_context = &source;
    if (status == ATT_OK && rotates)
        status = att_secret_rotate(session.client, &change->options, print_secret, change, &session.error);
    else if (status == ATT_OK)
        status = att_secret_set(session.client, &change->options, print_secret, change, &session.error);
    if (status == ATT_OK)
        exit_status = cmd_output_finish(call);
    else if (*source.trouble)
        exit_status = cmd_fail_here(call, ATT_INVALID, session.error.field, "%s", source.trouble);
    else
        exit_status = cmd_fail(call, &session.error);
    secret_source_close(&source);
    cmd_session_close(&session);
    return exit_status;
}

/* The words are the user's; a second one is likely the secret, and is not repeated. */
static void take_operands(struct cmd_call *call, struct change *change, int count, char **words)
{
    if (count == 0)
        cmd_complain(call, "operands", "%s: an operand is missing; the usage is: %s", call->verb->name,
                     call->verb->usage);
    else if (count > 1)
        cmd_complain(call, "operands",
                     "%s: there is a word too many; a secret is never written on the command line, where every user of "
                     "this machine can read it: give it on standard input, at the prompt, or with --fd",
                     call->verb->name);
    else
        change->options.name = words[0];
}

static int run(struct cmd_call *call, int count, char **words, const struct option *table, bool rotates)
{
    struct change change = {.options = {.size = sizeof change.options}, .descriptor = -1, .json = {.out = stdout}};
    const struct cmd_options options = {.letters = ":", .table = table, .take = take, .context = &change, .most = -1};
    int exit_status = 0;
    int first = cmd_options_read(call, &options, count, words, &exit_status);

    if (first >= 0) {
        change.as_json = call->json;
        change.prints_grant = !rotates;
        take_operands(call, &change, count - first, words + first);
        settle(call, &change);
        exit_status = call->complaint_field ? cmd_fail_complaint(call) : perform(call, &change, rotates);
    }
    cmd_pairs_close(&change.parts);
    free(change.composed);
    return exit_status;
}

static int run_set(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS,
                                          CMD_JSON_OPTION,
                                          {"cookie", required_argument, NULL, OPTION_COOKIE},
                                          {"expires", required_argument, NULL, OPTION_EXPIRES},
                                          {"fd", required_argument, NULL, OPTION_FD},
                                          {"format", required_argument, NULL, OPTION_FORMAT},
                                          {"grant", required_argument, NULL, OPTION_GRANT},
                                          {"header", required_argument, NULL, OPTION_HEADER},
                                          {"inject", required_argument, NULL, OPTION_INJECT},
                                          {"origin", required_argument, NULL, OPTION_ORIGIN},
                                          {"part", required_argument, NULL, OPTION_PART},
                                          {"provider", required_argument, NULL, OPTION_PROVIDER},
                                          {"query", required_argument, NULL, OPTION_QUERY},
                                          {"template", required_argument, NULL, OPTION_TEMPLATE},
                                          {"type", required_argument, NULL, OPTION_TYPE},
                                          {0}};

    return run(call, count, words, table, false);
}

static int run_rotate(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS,
                                          CMD_JSON_OPTION,
                                          {"expires", required_argument, NULL, OPTION_EXPIRES},
                                          {"fd", required_argument, NULL, OPTION_FD},
                                          {"part", required_argument, NULL, OPTION_PART},
                                          {"provider", required_argument, NULL, OPTION_PROVIDER},
                                          {0}};

    return run(call, count, words, table, true);
}

const struct cmd_verb cmd_verb_secret_set = {
    .name = "secret set",
    .summary = "keep a new secret and print its grant",
    .usage = "attache secret set NAME [--type TYPE | --template NAME] [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Reads a secret without showing it, keeps it, and prints the grant that requests name it by. At a\n"
            "terminal each part is asked for. Else standard input is read: a single part takes all of it,\n"
            "several take a line each. Nothing prints the value again.\n"
            "\n"
            "  --type TYPE           bearer (the default), basic, aws, header, query, cookie, form, json\n"
            "  --template NAME       the service that it is for; see attache secret templates\n"
            "  --grant GRANT         a grant of the site or a new name (default: a new UUID)\n"
            "  --origin ORIGIN       where it may be sent, https://HOST; several times for several\n"
            "                        (default: those of the template, else of the grant)\n"
            "  --header NAME         send it in this header, or\n"
            "  --query NAME            in this query parameter, or\n"
            "  --cookie NAME           in this cookie\n"
            "  --format TEXT         the value there, as text around {token}\n"
            "  --inject TEXT         any placement, as attache.conf(5) writes it\n"
            "  --part NAME=VALUE     a part that is no secret, such as a user name\n"
            "  --fd N                read from descriptor N, not standard input\n"
            "  --expires TIME        serve it until then, 2026-03-01T09:00:00Z (default: always)\n"
            "  --provider NAME       the provider that keeps it, where there are several",
    .run = run_set,
};

const struct cmd_verb cmd_verb_secret_rotate = {
    .name = "secret rotate",
    .summary = "replace the value of a secret",
    .usage = "attache secret rotate NAME [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Reads a new value for a secret as attache secret set does. Requests that run finish with the old\n"
            "value, those that begin afterwards use the new one; nothing has to be restarted.\n"
            "\n"
            "  --part NAME=VALUE     a part that is no secret, such as a user name\n"
            "  --fd N                read from descriptor N, not standard input\n"
            "  --expires TIME        serve it until then, 2026-03-01T09:00:00Z (default: always)\n"
            "  --provider NAME       the provider that keeps it, where there are several",
    .run = run_rotate,
};
