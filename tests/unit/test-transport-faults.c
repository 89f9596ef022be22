/* tests/unit/test-transport-faults.c: every allocation of an exchange fails in turn (attacks F5). The allocation
 * functions of this program stand in for those of the C library, so libcurl gets them as well. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/transport/transport.h"
#include "tests/unit/peer.h"
#include "tests/unit/unit.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#ifdef SANITIZED

int main(void)
{
    puts("1..0 # SKIP a sanitizer has allocation functions of its own");
    return 0;
}

#else

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Key: value\r\n\r\nok"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

#define EXPORTED __attribute__((visibility("default")))

/* Of this thread: how many allocations succeed before one fails (-1: all do), whether all after that one fail too,
 * whether one has failed, and how many blocks the thread has. */
static _Thread_local long allowed = -1;
static _Thread_local bool for_good, has_failed;
static _Thread_local long blocks;

static bool fails(void)
{
    if (allowed < 0)
        return false;
    if (allowed > 0) {
        allowed--;
        return false;
    }
    has_failed = true;
    if (!for_good)
        allowed = -1;
    errno = ENOMEM;
    return true;
}

EXPORTED void *malloc(size_t size)
{
    void *block = fails() ? NULL : __libc_malloc(size);

    blocks += block != NULL;
    return block;
}

EXPORTED EXPORTED void *calloc(size_t count, size_t size)
{
    void *block = fails() ? NULL : __libc_calloc(count, size);

    blocks += block != NULL;
    return block;
}

EXPORTED EXPORTED void *realloc(void *block, size_t size)
{
    void *larger = fails() ? NULL : __libc_realloc(block, size);

    blocks += larger && !block;
    return larger;
}

EXPORTED EXPORTED void free(void *block)
{
    int saved = errno;

    blocks -= block != NULL;
    __libc_free(block);
    errno = saved;
}

static bool take_status(void *context, int status)
{
    (void)context;
    return status == 200;
}

static bool take_header(void *context, const char *name, size_t name_size, const char *value, size_t value_size)
{
    (void)context, (void)name, (void)name_size, (void)value, (void)value_size;
    return true;
}

static bool take_body(void *context, const void *data, size_t size)
{
    size_t *taken = context;

    (void)data;
    *taken += size;
    return true;
}

static void serve(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    while (peer_read(peer, connection) && peer_say(connection, ANSWER))
        continue;
}

static enum att_exchange_result perform(struct att_transport *transport, const struct att_url *url, long count)
{
    static const char *const headers[] = {"X-Empty:", "Authorization: Bearer canary"};
    size_t taken = 0;
    struct att_exchange exchange = {.url = url,
                                    .target = url->text,
                                    .method = "POST",
                                    .headers = headers,
                                    .header_count = ATT_COUNT(headers),
                                    .body = "body",
                                    .body_size = 4,
                                    .deadline_ns = att_clock_monotonic_ns() + 5 * ATT_NS_PER_S,
                                    .max_response_bytes = 100,
                                    .on_status = take_status,
                                    .on_header = take_header,
                                    .on_body = take_body,
                                    .context = &taken};
    enum att_exchange_result result;

    has_failed = false;
    allowed = count;
    result = transport->perform(transport, &exchange);
    allowed = -1;
    if (result == ATT_EXCHANGE_OK)
        assert_int_equal(taken, 2);
    else
        assert_true(exchange.detail[0] != '\0');
    return result;
}

static struct att_transport *open_object(const char *name)
{
    const char *build = secure_getenv("ATT_BUILD");
    struct att_transport_options options = {0};
    char path[4096];

    snprintf(path, sizeof path, "%s/.libs/%s.so", build ? build : ".", name);
    return att_transport_open(path, &options, NULL);
}

/* Fails on a new handle and connection, succeeds, fails on a kept one, succeeds. Returns whether anything failed. */
static bool round_of(long count, const struct att_url *url, int *starved)
{
    struct att_transport *transport = open_object("curl");
    enum att_exchange_result first, second;
    bool failed;

    assert_non_null(transport);
    first = perform(transport, url, count);
    failed = has_failed;
    assert_int_equal(perform(transport, url, -1), ATT_EXCHANGE_OK);
    second = perform(transport, url, count);
    assert_int_equal(perform(transport, url, -1), ATT_EXCHANGE_OK);
    transport->close(transport);
    assert_true(first == ATT_EXCHANGE_OK || first == ATT_EXCHANGE_NOMEM || first == ATT_EXCHANGE_NETWORK);
    assert_true(second == ATT_EXCHANGE_OK || second == ATT_EXCHANGE_NOMEM || second == ATT_EXCHANGE_NETWORK);
    assert_true(failed || (first == ATT_EXCHANGE_OK && second == ATT_EXCHANGE_OK));
    *starved += first == ATT_EXCHANGE_NOMEM;
    return failed;
}

static void F5_every_allocation_of_an_exchange_fails_in_turn_and_nothing_leaks(void **state)
{
    struct peer *peer = peer_open(serve, NULL);
    struct att_pool *pool = att_pool_create();
    struct att_url *url = NULL;
    char text[64];

    (void)state;
    snprintf(text, sizeof text, "http://127.0.0.1:%d/a?b=c", peer_port(peer));
    assert_int_equal(att_url_parse(pool, text, &url, NULL), ATT_OK);
    for (int mode = 0; mode < 2; mode++) {
        int starved = 0;
        long count = 0, before = blocks, first = 0;
        bool failed = true;
        for_good = mode == 1;
        for (; failed; count++) {
            failed = round_of(count, url, &starved);
            /* What the first round leaves is libcurl's own, once for the process. Where a single allocation fails in
             * the middle of writing a request, libcurl 7.88 loses one block itself. */
            if (count > 0)
                assert_in_range(blocks - before, 0, for_good ? 0 : 1);
            before = blocks;
            first = count == 0 ? blocks : first;
        }
        assert_true(count > 50);
        assert_true(blocks - first <= 5);
        assert_true(starved > 30);
    }
    att_pool_destroy(pool);
    peer_close(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F5_every_allocation_of_an_exchange_fails_in_turn_and_nothing_leaks),
    };

    return cmocka_run_group_tests_name("transport faults", tests, NULL, NULL);
}

#endif
