/* bench/job.c: the whole job through the engine: grant, policy, credential, request, two audit records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <attache/attache.h>

#include "bench/rounds.h"

struct job {
    att_client *client;
    const char *url;
    long pause_every; /* so that what runs in the background keeps up; 0: never */
    long done;
    att_error error;
};

static bool request(void *context)
{
    struct job *job = context;
    att_response *response = NULL;
    att_status status =
        att_request(job->client, ATT_REQUEST(.url = job->url, .grant = "bench"), &response, &job->error);

    if (status != ATT_OK)
        fprintf(stderr, "job: %s: %s\n", att_status_name(status), job->error.message);
    att_response_free(&response);
    if (job->pause_every && ++job->done % job->pause_every == 0)
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    return status == ATT_OK;
}

int main(int argc, char **argv)
{
    struct job job = {.error = ATT_ERROR_INIT};
    att_engine *engine = NULL;
    int status = 1;

    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: job CONFIG URL keep|clear [REQUESTS BETWEEN PAUSES]\n");
        return 2;
    }
    job.url = argv[2];
    job.pause_every = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
    if (att_engine_open_with(ATT_ENGINE(.config = argv[1], .clear_http_memory = strcmp(argv[3], "clear") == 0), &engine,
                             &job.error) != ATT_OK ||
        att_client_open(engine, ATT_CLIENT(.caller = "bench"), &job.client, &job.error) != ATT_OK)
        fprintf(stderr, "job: %s\n", job.error.message);
    else
        status = rounds_serve(request, &job);
    att_client_close(&job.client);
    att_engine_close(&engine);
    att_error_clear(&job.error);
    return status;
}
