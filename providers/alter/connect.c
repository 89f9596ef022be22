/* providers/alter/connect.c: a session in which a user authorises access in a browser, and how it stands. */
#include <string.h>
#include <strings.h>

#include "providers/alter/inside.h"

enum { REASON_SIZE = 200 };

/* ---- a session --------------------------------------------------------------------------------------------------- */

struct session {
    const struct att_fetch *who;
    const struct att_connect_wish *wish;
    struct att_connection *connection;
};

static void add_list(struct alter_out *out, const char *const *texts)
{
    const char *const *first = texts;

    alter_add(out, "[", 1);
    for (; *texts; texts++) {
        if (texts > first)
            alter_add(out, ",", 1);
        alter_add_json(out, *texts, strlen(*texts));
    }
    alter_add(out, "]", 1);
}

static void add_policy(struct alter_out *out, const struct alter *alter, const struct att_connect_wish *wish)
{
    if ((!wish->longest_s && !wish->initial_s) || !alter_add_name(out, alter, ALTER_SESSION_REQUEST_POLICY))
        return;
    alter_add(out, "{", 1);
    if (wish->longest_s && alter_add_name(out, alter, ALTER_SESSION_REQUEST_MAX_TTL))
        alter_add_number(out, wish->longest_s);
    if (wish->initial_s && alter_add_name(out, alter, ALTER_SESSION_REQUEST_DEFAULT_TTL))
        alter_add_number(out, wish->initial_s);
    alter_add(out, "}", 1);
}

static bool is_first(const struct att_fact *facts, const struct att_fact *fact)
{
    while (facts < fact && strcmp(facts->name, fact->name) != 0)
        facts++;
    return facts == fact;
}

/* {"google": ["a", "b"], "github": ["c"]} */
static void add_scopes(struct alter_out *out, const struct alter *alter, const struct att_fact *scopes)
{
    if (!scopes || !scopes->name || !alter_add_name(out, alter, ALTER_SESSION_REQUEST_SCOPES))
        return;
    for (const struct att_fact *fact = scopes; fact->name; fact++) {
        const char *before = "[";

        if (!is_first(scopes, fact))
            continue;
        alter_add(out, fact == scopes ? "{" : ",", 1);
        alter_add_json(out, fact->name, strlen(fact->name));
        alter_add(out, ":", 1);
        for (const struct att_fact *scope = fact; scope->name; scope++) {
            if (strcmp(scope->name, fact->name) != 0)
                continue;
            alter_add(out, before, 1);
            alter_add_json(out, scope->value, strlen(scope->value));
            before = ",";
        }
        alter_add(out, "]", 1);
    }
    alter_add(out, "}", 1);
}

static void write_session(struct alter_out *out, const struct alter *alter, const void *context)
{
    const struct session *session = context;
    const struct att_connect_wish *wish = session->wish;

    alter_add(out, "{", 1);
    if (alter_add_name(out, alter, ALTER_SESSION_REQUEST_PROVIDERS))
        add_list(out, wish->providers);
    alter_add_member(out, alter, ALTER_SESSION_REQUEST_RETURN_URL, wish->return_url);
    alter_add_member(out, alter, ALTER_SESSION_REQUEST_ORIGIN, wish->origin);
    add_policy(out, alter, wish);
    add_scopes(out, alter, wish->scopes);
    alter_add_facts(out, alter, ALTER_SESSION_REQUEST_METADATA, wish->metadata);
    alter_add_secret(out, alter, ALTER_SESSION_REQUEST_USER_TOKEN, session->who->user_token);
    alter_add(out, "}", 1);
}

/* The page of the profile, with the token in it. */
static struct att_secret *make_url(const struct alter *alter, const struct att_secret *token)
{
    const struct att_host *host = alter->host;
    const char *page = alter_word(alter, ALTER_CONNECT_PAGE);
    size_t plain = strcspn(page, "{"), size;
    const unsigned char *bytes = host->secret_borrow(token, &size);
    struct att_secret *url =
        host->secret_create(host, strlen(alter->origin) + strlen(alter->prefix) + strlen(page) + 3 * size);
    struct alter_out out = {.failed = false};
    size_t room = 0;

    if (url) {
        out.start = out.at = (char *)host->secret_room(url, &room);
        out.end = out.start + room;
        alter_add_text(&out, alter->origin);
        alter_add_text(&out, alter->prefix);
        alter_add(&out, page, plain);
        alter_add_encoded_bytes(&out, (const char *)bytes, page[plain] ? size : 0);
        alter_add_text(&out, page + plain + strcspn(page + plain, "}") + (page[plain] != '\0'));
        host->secret_took(url, (size_t)(out.at - out.start));
    }
    host->secret_return(token, bytes);
    return url;
}

/* What a browser may be sent to: a page in a text of visible characters, and no script or file. */
static bool is_page(const struct alter *alter, const struct att_secret *url)
{
    size_t size;
    const unsigned char *bytes = alter->host->secret_borrow(url, &size);
    bool good = size > 8 && (strncasecmp((const char *)bytes, "https://", 8) == 0 ||
                             (strncasecmp((const char *)bytes, "http://", 7) == 0 &&
                              alter_is_this_machine((const char *)bytes + 7, size - 7)));

    for (size_t i = 0; good && i < size; i++)
        good = bytes[i] > 0x20 && bytes[i] < 0x7f && !memchr("\"'<>\\^`{|}", bytes[i], 10);
    alter->host->secret_return(url, bytes);
    return good;
}

static att_result open_connection(const struct alter_call *call, const struct att_secret *token,
                                  const struct att_secret *url, int64_t expires)
{
    const struct alter *alter = call->alter;
    const struct session *session = call->context;

    if (!is_page(alter, url))
        return alter_fail(call, ATT_RESULT_BACKEND,
                          "its backend gave a connect page that is no https:// URL; it is not opened: report it to "
                          "whoever runs the backend");
    return alter->host->connection_opened(session->connection, token, url, expires) ? ATT_RESULT_OK : ATT_RESULT_NOMEM;
}

static att_result read_session(struct alter_call *call, struct alter_answer *answer)
{
    const struct alter *alter = call->alter;
    const struct att_host *host = alter->host;
    struct alter_wanted said[] = {{.word = ALTER_SESSION_ANSWER_TOKEN},
                                  {.word = ALTER_SESSION_ANSWER_URL},
                                  {.word = ALTER_SESSION_ANSWER_EXPIRES_IN},
                                  {.word = ALTER_SESSION_ANSWER_EXPIRES_AT}};
    struct att_secret *token, *url;
    int64_t expires = 0;
    att_result result;

    alter_read(alter, answer->json, said, ALTER_COUNT(said));
    if (json_kind_of(said[0].value) != JSON_IS_TEXT || said[0].value.size == 2)
        return alter_unsound(call, answer, "\"%s\" is missing, or no text", alter_word(alter, said[0].word));
    if (said[1].value.at && json_kind_of(said[1].value) != JSON_IS_TEXT)
        return alter_unsound(call, answer, "\"%s\" is no text", alter_word(alter, said[1].word));
    if (said[2].value.at && (!alter_read_number(said[2].value, &expires) || expires < 0 || expires > INT32_MAX))
        return alter_unsound(call, answer, "\"%s\" is no number of seconds", alter_word(alter, said[2].word));
    if (expires)
        expires += host->wall(host);
    else if (said[3].value.at && (!alter_read_time(said[3].value, &expires) || expires < 0))
        return alter_unsound(call, answer, "\"%s\" is no time in RFC 3339", alter_word(alter, said[3].word));
    token = json_text_secret(host, said[0].value);
    url = !token ? NULL : said[1].value.at ? json_text_secret(host, said[1].value) : make_url(alter, token);
    result = token && url ? open_connection(call, token, url, expires) : ATT_RESULT_NOMEM;
    host->secret_destroy(url);
    host->secret_destroy(token);
    return result;
}

att_result alter_connect_begin(struct alter *alter, const struct att_fetch *who, const struct att_connect_wish *wish,
                               struct att_connection *connection)
{
    struct session session = {who, wish, connection};
    struct alter_call call = {.alter = alter,
                              .who = who,
                              .method = ALTER_SESSION_METHOD,
                              .target = alter_word(alter, ALTER_SESSION_PATH),
                              .answer_limit = ALTER_ANSWER_LIMIT,
                              .read = read_session,
                              .context = &session};

    return alter_call_with(&call, 0, write_session, &session);
}

/* ---- how it stands ----------------------------------------------------------------------------------------------- */

struct poll {
    const struct att_fetch *who;
    const struct att_secret *token;
    struct att_grant_page *page;
};

static void write_poll(struct alter_out *out, const struct alter *alter, const void *context)
{
    const struct poll *poll = context;

    alter_add(out, "{", 1);
    alter_add_secret(out, alter, ALTER_POLL_REQUEST_TOKEN, poll->token);
    alter_add_secret(out, alter, ALTER_POLL_REQUEST_USER_TOKEN, poll->who->user_token);
    alter_add(out, "}", 1);
}

static att_result end_poll(const struct alter_call *call, struct json_value reason, att_result result,
                           const char *sentence)
{
    char text[REASON_SIZE];

    alter_take_text(call, reason, text, sizeof text);
    if (*text)
        call->alter->host->failure_text(call->who->call, ATT_FAILURE_DETAILS, text);
    return alter_fail(call, result, "%s%s%s", sentence, *text ? ": " : "", text);
}

static att_result read_poll(struct alter_call *call, struct alter_answer *answer)
{
    static const struct {
        enum alter_word state;
        att_result result;
        const char *sentence;
    } ends[] = {{ALTER_POLL_STATES_PENDING, ATT_RESULT_PENDING, "the user has not decided yet"},
                {ALTER_POLL_STATES_DENIED, ATT_RESULT_DENIED, "the user refused"},
                {ALTER_POLL_STATES_EXPIRED, ATT_RESULT_EXPIRED, "the session is over"},
                {ALTER_POLL_STATES_CONFIG_ERROR, ATT_RESULT_CONFIG, "it cannot work as the backend is set up"}};
    const struct alter *alter = call->alter;
    const struct poll *poll = call->context;
    struct alter_wanted said[] = {
        {.word = ALTER_POLL_ANSWER_STATE}, {.word = ALTER_POLL_ANSWER_GRANTS}, {.word = ALTER_POLL_ANSWER_REASON}};
    int64_t count;
    att_result result;

    alter_read(alter, answer->json, said, ALTER_COUNT(said));
    for (size_t i = 0; i < ALTER_COUNT(ends); i++)
        if (alter_has(alter, ends[i].state) && json_text_is(said[0].value, alter_word(alter, ends[i].state)))
            return end_poll(call, said[2].value, ends[i].result, ends[i].sentence);
    if (!json_text_is(said[0].value, alter_word(alter, ALTER_POLL_STATES_COMPLETE)))
        return alter_unsound(call, answer, "\"%s\" is no state that is known", alter_word(alter, said[0].word));
    if (json_kind_of(said[1].value) != JSON_IS_LIST)
        return alter_unsound(call, answer, "\"%s\" is no list", alter_word(alter, said[1].word));
    result = alter_read_grants(call, answer, said[1].value, poll->page, &count);
    if (result == ATT_RESULT_OK)
        alter->host->grant_total(poll->page, count, 0);
    return result;
}

/* Who polls asks again by himself. */
att_result alter_connect_poll(struct alter *alter, const struct att_fetch *who, const struct att_secret *token,
                              struct att_grant_page *page)
{
    struct poll poll = {who, token, page};
    struct alter_call call = {.alter = alter,
                              .who = who,
                              .method = ALTER_POLL_METHOD,
                              .target = alter_word(alter, ALTER_POLL_PATH),
                              .session = token,
                              .answer_limit = ALTER_LARGE_ANSWER,
                              .read = read_poll,
                              .context = &poll};

    return alter_call_with(&call, 0, write_poll, &poll);
}
