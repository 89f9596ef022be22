/* bench/sign.c: signs a request again and again, as the library does for one that it sends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/rounds.h"
#include "core/sign/sign.h"

struct job {
    struct att_arena *arena;
    struct att_signer *signer;
    struct att_sign_request request;
    struct att_sign_aws aws;
};

/* A GET of S3 with a query and two headers of the caller's. */
static bool request(void *context)
{
    struct job *job = context;
    struct att_signature signature;
    att_error error = ATT_ERROR_INIT;
    att_status status = job->signer->aws(job->signer, job->arena, &job->request, &job->aws, &signature, &error);

    if (status != ATT_OK)
        fprintf(stderr, "sign: %s\n", error.message);
    att_signature_close(&signature);
    att_error_clear(&error);
    return status == ATT_OK;
}

int main(int argc, char **argv)
{
    static const char *const headers[] = {"accept: application/json", "x-amz-meta-owner: bench"};
    static const char id[] = "AKIDEXAMPLE", secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    struct job job = {.arena = att_arena_create()};
    att_error error = ATT_ERROR_INIT;
    int status;

    if (argc != 3) {
        fprintf(stderr, "usage: sign OPENSSL.SO keep|derive\n");
        return 2;
    }
    job.signer = att_signer_open(argv[1], &error);
    if (!job.signer) {
        fprintf(stderr, "sign: %s\n", error.message);
        return 1;
    }
    job.request = (struct att_sign_request){.method = "GET",
                                            .scheme = "https",
                                            .host = "bucket.s3.eu-west-1.amazonaws.com",
                                            .path = "/reports/2026/march.csv",
                                            .query = "versionId=3HL4kqCxf3vjVBH40Nrjfkd&partNumber=1",
                                            .headers = headers,
                                            .header_count = ATT_COUNT(headers),
                                            .time = 1772438400};
    job.aws = (struct att_sign_aws){.region = "eu-west-1",
                                    .service = "s3",
                                    .plain_path = true,
                                    .body_line = true,
                                    .access_key = att_secret_from(job.arena, id, sizeof id - 1),
                                    .secret_key = att_secret_from(job.arena, secret, sizeof secret - 1),
                                    .day_key = strcmp(argv[2], "keep") == 0 ? att_day_key_create(job.arena) : NULL};
    status = rounds_serve(request, &job);
    att_day_key_destroy(job.aws.day_key);
    job.signer->close(job.signer);
    att_arena_destroy(job.arena);
    return status;
}
