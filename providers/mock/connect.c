/* providers/mock/connect.c: a flow in which nobody looks at a browser: so many polls find the user at it, then it ends
 * as the script says. */
#include <stdio.h>
#include <string.h>

#include "providers/mock/play.h"
#include "providers/mock/reader.h"

#define POLLS_LIMIT 1000000
#define URL_SIZE 8192

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Names of grants that a listing tells of. */
static bool read_grants(struct mock_reader *reader, const json_t *list, struct mock_connect *connect)
{
    struct mock_script *script = reader->script;
    size_t count = json_array_size(list);

    if (!count)
        return mock_refuse(reader, "must be a list of at least one name of a grant");
    connect->grants = mock_take(script, (count + 1) * sizeof *connect->grants);
    if (!connect->grants)
        return mock_nomem(reader);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        size_t mark = mock_enter_item(reader, i);

        for (size_t j = 0; name && j < script->grant_count; j++)
            if (script->grants[j].listed && strcmp(script->grants[j].name, name) == 0)
                connect->grants[i] = &script->grants[j];
        if (!connect->grants[i])
            return mock_refuse(reader, "must be the name of one of the grants that has a member \"listed\"");
        mock_leave(reader, mark);
    }
    return true;
}

static bool read_member(struct mock_reader *reader, const char *name, const json_t *value, struct mock_connect *connect)
{
    if (strcmp(name, "begin") == 0)
        return mock_outcome_read_all(reader, value, &connect->begin);
    if (strcmp(name, "session") == 0)
        return mock_read_text(reader, value, &connect->session);
    if (strcmp(name, "url") == 0)
        return mock_read_text(reader, value, &connect->url);
    if (strcmp(name, "lasts") == 0)
        return mock_read_duration(reader, value, &connect->lasts_ms);
    if (strcmp(name, "pending") == 0)
        return mock_read_count(reader, value, POLLS_LIMIT, &connect->pending);
    if (strcmp(name, "grants") == 0)
        return read_grants(reader, value, connect);
    return mock_outcome_read(reader, name, value, &connect->end);
}

bool mock_connect_read(struct mock_reader *reader, const json_t *object)
{
    struct mock_connect *connect = mock_take(reader->script, sizeof *connect);
    const char *name;
    json_t *value;

    if (!connect)
        return mock_nomem(reader);
    if (!json_is_object(object))
        return mock_refuse(reader, "must be an object");
    connect->session = "mock-session";
    connect->url = "https://connect.mock.example/";
    json_object_foreach((json_t *)object, name, value)
    {
        size_t mark = mock_enter(reader, name);
        if (!read_member(reader, name, value, connect))
            return false;
        mock_leave(reader, mark);
    }
    if (connect->end.result == ATT_RESULT_OK && !connect->grants)
        return mock_refuse(reader, "ends well and has no grants; name them, or write another result");
    reader->script->connect = connect;
    return true;
}

/* ---- playing ----------------------------------------------------------------------------------------------------- */

/* A URL that is put together in plain memory. */
struct url {
    char text[URL_SIZE];
    size_t size;
    char mark;   /* what stands before the next parameter */
    bool is_cut; /* it did not fit */
};

static void add(struct url *url, const char *text, size_t size)
{
    if (size > sizeof url->text - url->size) {
        url->is_cut = true;
        return;
    }
    memcpy(url->text + url->size, text, size);
    url->size += size;
}

static void add_escaped(struct url *url, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char escaped[4];

    for (; *text; text++) {
        if (strchr(plain, *text)) {
            add(url, text, 1);
        } else {
            snprintf(escaped, sizeof escaped, "%%%02X", (unsigned char)*text);
            add(url, escaped, 3);
        }
    }
}

static void add_parameter(struct url *url, const char *name, const char *value)
{
    if (!value)
        return;
    add(url, &url->mark, 1);
    url->mark = '&';
    add_escaped(url, name);
    add(url, "=", 1);
    add_escaped(url, value);
}

static void add_seconds(struct url *url, const char *name, int64_t seconds)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)seconds);
    add_parameter(url, name, seconds ? text : NULL);
}

/* The URL says what was wished for, so that a test sees it. */
static void compose(struct url *url, const struct mock_connect *connect, const struct att_connect_wish *wish)
{
    add(url, connect->url, strlen(connect->url));
    for (size_t i = 0; wish->providers[i]; i++)
        add_parameter(url, "provider", wish->providers[i]);
    add_seconds(url, "max_ttl", wish->longest_s);
    add_seconds(url, "default_ttl", wish->initial_s);
    add_parameter(url, "origin", wish->origin);
    add_parameter(url, "return_url", wish->return_url);
    for (const struct att_fact *scope = wish->scopes; scope && scope->name; scope++) {
        add_parameter(url, "scope", scope->name);
        add(url, ":", 1);
        add_escaped(url, scope->value);
    }
    for (const struct att_fact *fact = wish->metadata; fact && fact->name; fact++)
        add_parameter(url, fact->name, fact->value);
    add(url, "#session=", strlen("#session="));
    add(url, connect->session, strlen(connect->session));
}

static struct att_secret *seal(const struct att_host *host, const char *text, size_t size)
{
    struct att_secret *secret = host->secret_create(host, size);

    if (secret)
        host->secret_append(secret, text, size);
    return secret;
}

static att_result open_session(struct mock *mock, struct att_call *call, const struct att_connect_wish *wish,
                               struct att_connection *connection)
{
    const struct mock_connect *connect = mock->script.connect;
    const struct att_host *host = mock->host;
    struct url url = {.mark = strchr(connect->url, '?') ? '&' : '?'};
    struct att_secret *token, *secret;
    att_result result = ATT_RESULT_NOMEM;
    int64_t expires = connect->lasts_ms ? mock_now(mock) + connect->lasts_ms / 1000 : 0;

    compose(&url, connect, wish);
    if (url.is_cut) {
        host->fetch_failed(call, "what is wished for does not fit into the URL of the mock");
        return ATT_RESULT_FAULT;
    }
    token = seal(host, connect->session, strlen(connect->session));
    secret = seal(host, url.text, url.size);
    if (token && secret)
        result = host->connection_opened(connection, token, secret, expires) ? ATT_RESULT_OK : ATT_RESULT_FAULT;
    if (token)
        host->secret_destroy(token);
    if (secret)
        host->secret_destroy(secret);
    return result;
}

att_result mock_connect_begin(void *instance, const struct att_fetch *who, const struct att_connect_wish *wish,
                              struct att_connection *connection)
{
    struct mock *mock = instance;
    struct mock_connect *connect = mock->script.connect;
    att_result result;

    if (!connect) {
        mock->host->fetch_failed(who->call, "the mock script has no member \"connect\"");
        return ATT_RESULT_CONFIG;
    }
    result = mock_play_outcome(mock, &connect->begin, who);
    if (result != ATT_RESULT_OK)
        return result;
    atomic_store(&connect->polled, 0);
    return open_session(mock, who->call, wish, connection);
}

static bool is_session(const struct mock *mock, const struct att_secret *token)
{
    const char *session = mock->script.connect->session;
    size_t size = 0;
    const unsigned char *bytes = mock->host->secret_borrow(token, &size);
    bool same = size == strlen(session) && memcmp(bytes, session, size) == 0;

    mock->host->secret_return(token, bytes);
    return same;
}

att_result mock_connect_poll(void *instance, const struct att_fetch *who, const struct att_secret *token,
                             struct att_grant_page *page)
{
    struct mock *mock = instance;
    struct mock_connect *connect = mock->script.connect;
    att_result result = ATT_RESULT_OK;
    size_t count = 0;

    if (!connect || !is_session(mock, token)) {
        mock->host->fetch_failed(who->call, "the mock script has no such session");
        return ATT_RESULT_EXPIRED;
    }
    for (size_t i = 0; connect->grants && connect->grants[i]; i++)
        if (!mock_grant_is_for(&mock->script, connect->grants[i], who)) {
            mock->host->fetch_failed(who->call, "the session is not of the user whose token this is");
            return ATT_RESULT_REAUTH;
        }
    if (atomic_fetch_add(&connect->polled, 1) < connect->pending)
        return ATT_RESULT_PENDING;
    result = mock_play_outcome(mock, &connect->end, who);
    for (; result == ATT_RESULT_OK && connect->grants[count]; count++)
        result = mock_tell_grant(mock, connect->grants[count], page);
    if (result == ATT_RESULT_OK)
        mock->host->grant_total(page, (int64_t)count, 0);
    return result;
}
