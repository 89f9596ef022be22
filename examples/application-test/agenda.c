/* agenda.c: the program under test: prints the agenda of a day. It knows nothing of tests. */
#include <stdio.h>
#include <time.h>

#include <attache/attache.h>

static void wait_for(int64_t milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* When the backend asks for patience it is tried once more. */
static att_status get_agenda(att_client *client, const char *day, att_response **response, att_error *error)
{
    const att_request_options *request =
        ATT_REQUEST(.url = "https://calendar.example.com/v1/days/{day}", .grant = "calendar",
                    .path_params = ATT_PAIRS({"day", day}), .reason = "Printing the agenda of a day");
    att_status status = att_request(client, request, response, error);

    if (status != ATT_BACKEND || error->retry_after_ms <= 0 || error->retry_after_ms > 5000)
        return status;
    wait_for(error->retry_after_ms);
    return att_request(client, request, response, error);
}

int main(int count, char **arguments)
{
    att_engine *engine = NULL;
    att_client *client = NULL;
    att_response *response = NULL;
    att_error error = ATT_ERROR_INIT;
    att_status status;

    if (count != 2) {
        fprintf(stderr, "usage: agenda YYYY-MM-DD\n");
        return 2;
    }
    status = att_engine_open(NULL, &engine, &error);
    if (status == ATT_OK)
        status = att_client_open(engine, ATT_CLIENT(.caller = "agenda"), &client, &error);
    if (status == ATT_OK)
        status = get_agenda(client, arguments[1], &response, &error);

    if (status == ATT_OK)
        printf("%s", (const char *)att_response_body(response, NULL));
    else if (status == ATT_UPSTREAM && error.http_status == 404)
        printf("nothing on %s\n", arguments[1]);
    else if (status == ATT_REAUTH)
        fprintf(stderr, "agenda: your calendar is no longer connected; please connect it again\n");
    else
        fprintf(stderr, "agenda: %s\n", error.message);
    if (status == ATT_UPSTREAM && error.http_status == 404)
        status = ATT_OK;

    att_response_free(&response);
    att_client_close(&client);
    att_engine_close(&engine);
    att_error_clear(&error);
    return status == ATT_OK ? 0 : status == ATT_REAUTH ? 3 : 1;
}
