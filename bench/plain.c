/* bench/plain.c: what a C program does without Attache: a kept libcurl handle, and the header written by hand. */
#include <stdio.h>

#include <curl/curl.h>

#include "bench/rounds.h"

static size_t discard(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static bool request(void *context)
{
    CURLcode code = curl_easy_perform(context);
    long status = 0;

    curl_easy_getinfo(context, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200)
        fprintf(stderr, "plain: %s, status %ld\n", curl_easy_strerror(code), status);
    return code == CURLE_OK && status == 200;
}

int main(int argc, char **argv)
{
    struct curl_slist *headers = NULL;
    CURL *handle;
    int status;

    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: plain URL HEADER CA-FILE [SIGNED-FOR KEY:SECRET]\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    handle = curl_easy_init();
    headers = curl_slist_append(headers, argv[2]);
    curl_easy_setopt(handle, CURLOPT_URL, argv[1]);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_CAINFO, argv[3]);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard);
    if (argc == 6) { /* libcurl's own signer */
        curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, argv[4]);
        curl_easy_setopt(handle, CURLOPT_USERPWD, argv[5]);
    }
    status = rounds_serve(request, handle);
    curl_easy_cleanup(handle);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    return status;
}
