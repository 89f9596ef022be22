/* core/transport/curl/drive.c: has libcurl perform an exchange. One that somebody may cancel is driven from here, since
 * curl_easy_perform() would wait on whatever happens. */
#include "core/transport/curl/curl.h"

enum { WATCH_MS = 50 };

/* False with the verdict in run, or with the code of libcurl. */
static bool run_to_end(struct att_curl_run *run, CURLM *multi, CURLMcode *code)
{
    const struct att_exchange *exchange = run->exchange;
    int running = 0;

    for (;;) {
        *code = curl_multi_perform(multi, &running);
        if (*code != CURLM_OK || !running)
            return *code == CURLM_OK;
        if (exchange->cancelled(exchange->context))
            return att_curl_end(run, ATT_EXCHANGE_CANCELLED, "it was cancelled");
        *code = curl_multi_poll(multi, NULL, 0, WATCH_MS, NULL);
        if (*code != CURLM_OK)
            return false;
    }
}

static CURLcode result_of(CURLM *multi)
{
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(multi, &left);

    return message ? message->data.result : CURLE_OUT_OF_MEMORY;
}

static void drive_watched(struct att_curl_run *run)
{
    struct att_curl_handle *handle = run->handle;
    CURLMcode code = CURLM_OUT_OF_MEMORY;

    if (!handle->multi)
        handle->multi = curl_multi_init();
    if (handle->multi)
        code = curl_multi_add_handle(handle->multi, handle->easy);
    if (code == CURLM_OK) {
        if (run_to_end(run, handle->multi, &code))
            att_curl_outcome(run, result_of(handle->multi));
        curl_multi_remove_handle(handle->multi, handle->easy);
    }
    if (code == CURLM_OUT_OF_MEMORY)
        att_curl_end(run, ATT_EXCHANGE_NOMEM, "out of memory");
    else if (code != CURLM_OK)
        att_curl_end(run, ATT_EXCHANGE_FAULT, "libcurl cannot wait for an answer (code %d)", (int)code);
}

void att_curl_drive(struct att_curl_run *run)
{
    if (run->exchange->cancelled)
        drive_watched(run);
    else
        att_curl_outcome(run, curl_easy_perform(run->handle->easy));
}
