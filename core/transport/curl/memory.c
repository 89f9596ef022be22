/* core/transport/curl/memory.c: memory that passed through libcurl is cleared when it is released.
 *
 * libcurl keeps copies of request headers in its buffers and frees them as they are. With these functions nothing that
 * passed through libcurl stays in free memory. libcurl has one set for the whole process and takes it only from the
 * first initialisation, so what is below is necessarily per process too: one flag that says whether they are in use. */
#include <dlfcn.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "core/secret/secret.h"
#include "core/transport/curl/curl.h"

static atomic_bool used;

static void *mark(void *block)
{
    /* Written once, so that threads do not fight for the line. */
    if (!atomic_load_explicit(&used, memory_order_relaxed))
        atomic_store_explicit(&used, true, memory_order_relaxed);
    return block;
}

static void *take(size_t size)
{
    return mark(malloc(size));
}

static void *take_zeroed(size_t count, size_t size)
{
    return mark(calloc(count, size));
}

static void release(void *block)
{
    if (block)
        explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

/* Never in place of the system's realloc: that one moves and frees without clearing. */
static void *resize(void *block, size_t size)
{
    size_t old = block ? malloc_usable_size(block) : 0;
    void *larger = take(size);

    if (larger && block) {
        memcpy(larger, block, old < size ? old : size);
        release(block);
    }
    return larger;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *block = take(size);

    return block ? memcpy(block, text, size) : NULL;
}

bool att_curl_start(bool clear_memory)
{
    CURLcode code = clear_memory ? curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, release, resize, copy, take_zeroed)
                                 : curl_global_init(CURL_GLOBAL_DEFAULT);

    return code == CURLE_OK;
}

/* OpenSSL has memory of its own, in which the plain text of the last record that came stays. It wipes that on request:
 * SSL_OP_CLEANSE_PLAINTEXT of OpenSSL 3, whose numbers and signatures are its interface. The function is looked up in
 * what libcurl brought along, by the version of its interface, so that it is that of OpenSSL 3 even where the process
 * has another OpenSSL too, and nothing else is linked to it. */
typedef uint64_t (*set_options_function)(void *context, uint64_t options);
#define CLEANSE_PLAINTEXT UINT64_C(2)

static set_options_function find_set_options(void)
{
    const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
    set_options_function function = NULL;
    void *found = NULL;

    if (library && strncmp(library, "OpenSSL/", 8) == 0 && strtol(library + 8, NULL, 10) >= 3)
        found = dlvsym(RTLD_DEFAULT, "SSL_CTX_set_options", "OPENSSL_3.0.0");
    memcpy(&function, &found, sizeof function);
    return function;
}

CURLcode att_curl_clear_tls(CURL *easy, void *context, void *unused)
{
    set_options_function set_options = find_set_options();

    (void)easy;
    (void)unused;
    if (!set_options)
        return CURLE_SSL_ENGINE_NOTFOUND;
    set_options(context, CLEANSE_PLAINTEXT);
    return CURLE_OK;
}

bool att_curl_memory_is_cleared(void)
{
    CURL *easy;

    /* A handle is made of allocations: if none of them came here, someone else initialised libcurl before us. */
    atomic_store(&used, false);
    easy = curl_easy_init();
    curl_easy_cleanup(easy);
    return easy && atomic_load(&used) && find_set_options();
}
