/* request.c: one request with a credential that this program never sees.
 *
 *     cc -o request request.c $(pkg-config --cflags --libs attache)
 *     ./request primary
 *
 * The site's configuration (/etc/attache/attache.conf, or the file that ATTACHE_CONFIG names) says what the grant
 * "calendar" is, where its credential comes from, and whether the caller "email-assistant-v2" may use it. */
#include <stdio.h>

#include <attache/attache.h>

/* What a program can do about each kind of failure; the message itself says what to do. */
static int explain(att_status status, const att_error *error)
{
    fprintf(stderr, "request: %s\n", error->message);
    switch (status) {
    case ATT_REAUTH:
    case ATT_EXPIRED:
    case ATT_REVOKED:
        return 3; /* a human has to connect the grant again; trying again is of no use */
    case ATT_RATE_LIMITED:
    case ATT_BACKEND:
        if (error->retry_after_ms > 0)
            fprintf(stderr, "request: try again in %lld ms\n", (long long)error->retry_after_ms);
        return 1;
    case ATT_DENIED:
        if (error->rule)
            fprintf(stderr, "request: decided by the rule \"%s\"\n", error->rule);
        return 7;
    default:
        return 1;
    }
}

static att_status list_events(att_client *client, const char *calendar, att_response **response, att_error *error)
{
    return att_request(client,
                       ATT_REQUEST(.method = "GET",
                                   .url = "https://www.googleapis.com/calendar/v3/calendars/{calendar}/events",
                                   .grant = "calendar", .path_params = ATT_PAIRS({"calendar", calendar}),
                                   .query_params = ATT_PAIRS({"maxResults", "10"}),
                                   .reason = "Fetching calendar events for weekly digest",
                                   .context = ATT_PAIRS({"tool", "read_calendar"}, {"agent", "cursor"})),
                       response, error);
}

int main(int count, char **arguments)
{
    att_engine *engine = NULL;
    att_client *client = NULL;
    att_response *response = NULL;
    att_error error = ATT_ERROR_INIT;
    att_status status;
    int result = 0;

    status = att_engine_open(NULL, &engine, &error);
    if (status == ATT_OK)
        status = att_client_open(engine, ATT_CLIENT(.caller = "email-assistant-v2"), &client, &error);
    if (status == ATT_OK)
        status = list_events(client, count > 1 ? arguments[1] : "primary", &response, &error);

    /* An answer of 4xx or 5xx is a failure that has a response all the same. */
    if (response) {
        size_t size = 0;
        const char *body = att_response_body(response, &size);

        fprintf(stderr, "request: HTTP %d, audit id %s\n", att_response_status(response),
                att_response_request_id(response));
        fwrite(body, 1, size, stdout);
    }
    if (status != ATT_OK)
        result = explain(status, &error);

    att_response_free(&response);
    att_client_close(&client);
    att_engine_close(&engine);
    att_error_clear(&error);
    return result;
}
