/* providers/alter/audit.c: how a request ended, as the service keeps it. What carries credentials the host has left
 * out; bodies are cut here too. */
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

enum { CUT_SIZE = sizeof "..." - 1 };

struct record {
    const struct att_fetch *fetch;
    const struct att_outcome *outcome;
    const char *provider;
    bool full;
};

static bool is_first(const struct att_fact *headers, const struct att_fact *header)
{
    while (headers < header && strcasecmp(headers->name, header->name) != 0)
        headers++;
    return headers == header;
}

/* Names in lower case. A header that stands several times is one member, as RFC 9110 (section 5.3) joins them. */
static void add_header(struct alter_out *out, const struct att_fact *header)
{
    char *name;

    alter_add(out, "\"", 1);
    name = out->at;
    alter_add_escaped(out, header->name, strlen(header->name));
    for (char *at = name; at < out->at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at |= 0x20;
    alter_add(out, "\":\"", 3);
    alter_add_escaped(out, header->value, strlen(header->value));
    for (const struct att_fact *more = header + 1; more->name; more++)
        if (strcasecmp(more->name, header->name) == 0) {
            alter_add(out, ", ", 2);
            alter_add_escaped(out, more->value, strlen(more->value));
        }
    alter_add(out, "\"", 1);
}

static void add_headers(struct alter_out *out, const struct alter *alter, enum alter_word word,
                        const struct att_fact *headers)
{
    const char *between = "";

    if (!headers || !alter_add_name(out, alter, word))
        return;
    alter_add(out, "{", 1);
    for (const struct att_fact *header = headers; header->name; header++) {
        if (!is_first(headers, header))
            continue;
        alter_add_text(out, between);
        add_header(out, header);
        between = ",";
    }
    alter_add(out, "}", 1);
}

/* The largest part of a body that is no longer than `limit` when what is no UTF-8 in it has become U+FFFD, and that
 * ends with a character. */
static size_t fit(const unsigned char *bytes, size_t size, size_t limit)
{
    size_t at = 0, written = 0;

    while (at < size) {
        size_t step = json_character(bytes + at, size - at);

        written += step ? step : 3;
        if (written > limit)
            break;
        at += step ? step : 1;
    }
    return at;
}

static void add_body(struct alter_out *out, const struct alter *alter, enum alter_word word, const void *bytes,
                     size_t size, bool cut)
{
    size_t fitting;

    if (!bytes || !size || !alter_add_name(out, alter, word))
        return;
    fitting = fit(bytes, size, ALTER_AUDIT_BODY);
    if (fitting < size || cut) {
        fitting = fit(bytes, size, ALTER_AUDIT_BODY - CUT_SIZE);
        cut = true;
    }
    alter_add(out, "\"", 1);
    alter_add_escaped(out, bytes, fitting);
    if (cut)
        alter_add(out, "...", CUT_SIZE);
    alter_add(out, "\"", 1);
}

static void write_exchange(struct alter_out *out, const struct alter *alter, const struct att_outcome *outcome)
{
    add_headers(out, alter, ALTER_AUDIT_REQUEST_REQUEST_HEADERS, outcome->request_headers);
    add_body(out, alter, ALTER_AUDIT_REQUEST_REQUEST_BODY, outcome->request_body, outcome->request_body_size,
             outcome->request_body_cut != 0);
    add_headers(out, alter, ALTER_AUDIT_REQUEST_RESPONSE_HEADERS, outcome->response_headers);
    add_body(out, alter, ALTER_AUDIT_REQUEST_RESPONSE_BODY, outcome->response_body, outcome->response_body_size,
             outcome->response_body_cut != 0);
}

static void write_record(struct alter_out *out, const struct alter *alter, const void *context)
{
    const struct record *record = context;
    const struct att_fetch *fetch = record->fetch;
    const struct att_outcome *outcome = record->outcome;

    alter_add(out, "{", 1);
    alter_add_member(out, alter, ALTER_AUDIT_REQUEST_GRANT, fetch->grant);
    alter_add_member(out, alter, ALTER_AUDIT_REQUEST_PROVIDER, *record->provider ? record->provider : fetch->provider);
    alter_add_member(out, alter, ALTER_AUDIT_REQUEST_METHOD, fetch->method);
    if (record->full && outcome->url)
        alter_add_member(out, alter, ALTER_AUDIT_REQUEST_URL, outcome->url);
    else
        alter_add_url(out, alter, ALTER_AUDIT_REQUEST_URL, fetch);
    if (alter_add_name(out, alter, ALTER_AUDIT_REQUEST_RESPONSE_STATUS))
        alter_add_number(out, outcome->http_status);
    if (alter_add_name(out, alter, ALTER_AUDIT_REQUEST_LATENCY_MS))
        alter_add_number(out, outcome->latency_us / 1000);
    alter_add_member(out, alter, ALTER_AUDIT_REQUEST_REASON, fetch->reason);
    alter_add_facts(out, alter, ALTER_AUDIT_REQUEST_CONTEXT, fetch->context);
    if (record->full)
        write_exchange(out, alter, outcome);
    alter_add(out, "}", 1);
}

/* What it says is of no use to anybody. */
static att_result read_nothing(struct alter_call *call, struct alter_answer *answer)
{
    (void)call;
    (void)answer;
    return ATT_RESULT_OK;
}

/* It is not sent twice: the service could keep both. */
att_result alter_report(struct alter *alter, const struct att_fetch *fetch, const struct att_outcome *outcome)
{
    char provider[ALTER_NOTE_SIZE] = "";
    const struct record record = {fetch, outcome, provider, alter->full && ATT_KNOWS(outcome, response_body_cut)};
    struct alter_call call = {.alter = alter,
                              .who = fetch,
                              .method = ALTER_AUDIT_METHOD,
                              .target = alter_word(alter, ALTER_AUDIT_PATH),
                              .answer_limit = ALTER_ANSWER_LIMIT,
                              .any_answer = true,
                              .read = read_nothing};
    size_t guess = 4096;

    if (fetch->grant)
        alter_notes_get(&alter->providers, fetch->grant, provider);
    if (record.full)
        guess += outcome->request_body_size + outcome->response_body_size;
    return alter_call_with(&call, guess, write_record, &record);
}
