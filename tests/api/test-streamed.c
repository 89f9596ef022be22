/* tests/api/test-streamed.c: bodies that the application streams: what goes out, and what cannot be done with them. */
#include <sys/resource.h>

#include "tests/api/world.h"

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; redirects = 3; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { default = true; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
    "grants = ( { name = \"bearer\"; }, { name = \"stale\"; }, { name = \"form\"; inject = { form = \"key\"; }; },\n"
    "           { name = \"s3\"; inject = { kind = \"sigv4\"; region = \"r\"; service = \"s3\"; }; },\n"
    "           { name = \"sqs\"; inject = { kind = \"sigv4\"; region = \"r\"; service = \"sqs\"; }; },\n"
    "           { name = \"unsigned\"; inject = { kind = \"sigv4\"; region = \"r\"; service = \"sqs\";\n"
    "                                           payload = \"unsigned\"; }; },\n"
    "           { name = \"hmac\"; inject = { kind = \"hmac\"; header = \"X-Signature\"; message = \"{body}\"; }; },\n"
    "           { name = \"headless\"; inject = { kind = \"hmac\"; header = \"X-Signature\"; message = \"{target}\"; "
    "}; } );\n"
    "policy = { default = \"permit\"; };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\";\n"
    "            options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

#define KEYS "\"token\": \"AKID\", \"parts\": { \"secret_key\": \"secret-of-the-streamer\" }"
static const char script[] = "{ \"grants\": { \"bearer\": { \"token\": \"token-number-one\" },"
                             " \"form\": { \"token\": \"token-number-one\" }, \"s3\": { " KEYS " },"
                             " \"sqs\": { " KEYS " }, \"unsigned\": { " KEYS " }, \"hmac\": { " KEYS " },"
                             " \"headless\": { " KEYS " },"
                             " \"stale\": { \"token\": \"token-number-one\", \"next\": \"invalidate\","
                             "              \"sequence\": [ {}, { \"token\": \"token-number-two\" } ] } } }";

static int open_world(void **state)
{
    return world_start(world_make(state, conf, script));
}

/* What a callback gives: `size` times a letter, in pieces; and how it fails. */
struct source {
    uint64_t size, given;
    size_t piece;
    bool fails, ended;
    int calls_after_end;
};

static size_t give(void *context, void *buffer, size_t capacity)
{
    struct source *source = context;
    size_t size = source->piece && source->piece < capacity ? source->piece : capacity;

    source->calls_after_end += source->ended;
    if (source->fails)
        return ATT_READ_FAILED;
    if (size > source->size - source->given)
        size = (size_t)(source->size - source->given);
    memset(buffer, 'a' + (int)(source->given % 26), size);
    source->given += size;
    source->ended = !size;
    return size;
}

static att_status stream(struct world *world, const char *method, const char *grant, const char *path,
                         struct source *source, uint64_t size)
{
    return att_request(world->client,
                       ATT_REQUEST(.method = method, .url = site_url(&world->site, path), .grant = grant, .read = give,
                                   .read_context = source, .read_size = size, .content_type = "text/x-test"),
                       NULL, &world->error);
}

static void a_body_of_a_known_size_goes_out_with_its_length(void **state)
{
    struct world *world = *state;
    struct source source = {.size = 100, .piece = 7};

    assert_int_equal(stream(world, "PUT", "bearer", "/x", &source, 100), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "content-length"), "100");
    assert_string_equal(upstream_saw(&world->site, "content-type"), "text/x-test");
    assert_string_equal(upstream_saw(&world->site, "authorization"), "Bearer token-number-one");
    assert_string_equal(upstream_saw(&world->site, "expect"), "");
    assert_non_null(strstr(upstream_request(&world->site, 1), "\naaaaaaahhhhhhhooooooo"));
    assert_int_equal(strncmp(upstream_request(&world->site, 1), "PUT /x\n", 7), 0);
    assert_int_equal(source.given, 100);
    assert_int_equal(source.calls_after_end, 0);
}

static void a_body_of_an_unknown_size_goes_out_in_chunks(void **state)
{
    struct world *world = *state;
    struct source source = {.size = 200000}, none = {.size = 0};

    assert_int_equal(stream(world, "POST", "bearer", "/x", &source, 0), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "transfer-encoding"), "chunked");
    assert_string_equal(upstream_saw(&world->site, "content-length"), "");
    assert_int_equal(source.given, 200000);
    assert_int_equal(source.calls_after_end, 0);
    assert_int_equal(stream(world, "POST", "bearer", "/x", &none, 0), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 2);
}

static void the_next_request_knows_nothing_of_a_stream(void **state)
{
    struct world *world = *state;
    struct source source = {.size = 10};

    assert_int_equal(stream(world, "PUT", "bearer", "/x", &source, 10), ATT_OK);
    assert_int_equal(world_get(world, "bearer", "/y", NULL), ATT_OK);
    assert_int_equal(strncmp(upstream_request(&world->site, 2), "GET /y\n", 7), 0);
    assert_string_equal(upstream_saw(&world->site, "content-length"), "");
    assert_string_equal(upstream_saw(&world->site, "transfer-encoding"), "");
}

static void assert_refused(struct world *world, att_status got, const char *field, const char *message)
{
    assert_int_equal(got, ATT_INVALID);
    assert_string_equal(world->error.message, message);
    assert_string_equal(world->error.field, field);
}

static void a_body_that_cannot_be_read_ends_the_request(void **state)
{
    struct world *world = *state;
    struct source failing = {.fails = true}, shorter = {.size = 9};
    char message[256];

    snprintf(message, sizeof message,
             "the request to http://127.0.0.1:%d failed: the callback that reads its body said that it cannot; see "
             "what that ran into",
             world->site.port);
    assert_refused(world, stream(world, "PUT", "bearer", "/x", &failing, 10), "read", message);
    snprintf(message, sizeof message,
             "the request to http://127.0.0.1:%d failed: its body ended before the size that was given for it; give "
             "what it has, or 0",
             world->site.port);
    assert_refused(world, stream(world, "PUT", "bearer", "/x", &shorter, 10), "read", message);
}

static void what_stands_against_a_stream_is_refused(void **state)
{
    struct world *world = *state;
    struct source source = {.size = 10};

    assert_refused(world,
                   att_request(world->client,
                               ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "bearer", .method = "PUT",
                                           .read = give, .read_context = &source, .json = "{}"),
                               NULL, &world->error),
                   "read", "the request has both a body and read, which streams one; give one of them");
    assert_refused(world,
                   att_request(world->client,
                               ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "bearer", .read_size = 1), NULL,
                               &world->error),
                   "read_size", "read_size is set and read is NULL; give the callback");
    assert_refused(world, stream(world, "HEAD", "bearer", "/", &source, 10), "body",
                   "a HEAD request has no body; leave it out, or use another method");
    assert_refused(world, stream(world, "POST", "form", "/", &source, 10), "read",
                   "the body is refused: it is streamed, and the credential of grant \"form\" goes into it; give it as "
                   "a whole");
    assert_refused(world, stream(world, "POST", "hmac", "/", &source, 10), "read",
                   "the body is refused: it is streamed, and grant \"hmac\" signs it; give it as a whole");
    assert_refused(world, stream(world, "POST", "sqs", "/", &source, 10), "read",
                   "the body is refused: it is streamed, grant \"sqs\" signs it, and only S3 takes one that is signed; "
                   "give it as a whole");
    assert_refused(world, stream(world, "PUT", "s3", "/", &source, 0), "read",
                   "the body is refused: it is streamed, grant \"s3\" signs it, and its size is signed and not known; "
                   "give read_size, or the body as a whole");
    assert_int_equal(source.given, 0);
    assert_int_equal(upstream_count(&world->site), 0);
}

static void a_signature_that_leaves_the_body_out_goes_with_a_stream(void **state)
{
    struct world *world = *state;
    struct source first = {.size = 10}, second = {.size = 10};

    assert_int_equal(stream(world, "POST", "headless", "/", &first, 10), ATT_OK);
    assert_int_equal(strlen(upstream_saw(&world->site, "x-signature")), 64);
    assert_int_equal(stream(world, "POST", "unsigned", "/", &second, 10), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    assert_string_equal(upstream_saw(&world->site, "content-length"), "10");
}

/* The frame; that the signatures are right says radosgw. */
static void chunks_for_S3_are_signed_each(void **state)
{
    struct world *world = *state;
    struct source source = {.size = 65537, .piece = 1000};
    char length[32];

    assert_int_equal(stream(world, "PUT", "s3", "/key", &source, 65537), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "x-amz-content-sha256"), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    assert_string_equal(upstream_saw(&world->site, "x-amz-decoded-content-length"), "65537");
    snprintf(length, sizeof length, "%d", 65537 + 3 * (17 + 64 + 4) + 5 + 1 + 1);
    assert_string_equal(upstream_saw(&world->site, "content-length"), length);
    assert_non_null(strstr(upstream_saw(&world->site, "authorization"),
                           "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;"
                           "x-amz-decoded-content-length,"));
    assert_non_null(strstr(upstream_request(&world->site, 1), "\n10000;chunk-signature="));
}

static void a_stream_is_not_sent_twice(void **state)
{
    struct world *world = *state;
    struct source first = {.size = 10}, second = {.size = 10}, third = {.size = 10};
    char message[256];

    assert_int_equal(stream(world, "PUT", "stale", "/status/401", &first, 10), ATT_UPSTREAM);
    assert_int_equal(upstream_count(&world->site), 1);
    assert_int_equal(stream(world, "PUT", "bearer", "/go/307?to=/echo", &second, 10), ATT_UPSTREAM);
    snprintf(message, sizeof message,
             "the request to http://127.0.0.1:%d failed: the upstream redirected, and a body that is streamed cannot "
             "be sent twice; send it to where that leads, or give it as a whole",
             world->site.port);
    assert_string_equal(world->error.message, message);
    assert_int_equal(upstream_count(&world->site), 2);
    /* Where a redirect takes the body off, there is nothing to send twice. */
    assert_int_equal(stream(world, "POST", "bearer", "/go/303?to=/echo", &third, 10), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 4);
    assert_int_equal(strncmp(upstream_request(&world->site, 4), "GET /echo\n", 10), 0);
    assert_string_equal(upstream_saw(&world->site, "content-type"), "");
}

static long peak_kib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void a_gigabyte_is_streamed_in_constant_memory(void **state)
{
    static const char *const grants[] = {"bearer", "s3"};
    const char *sanitizer = secure_getenv("ATT_SANITIZER");
    uint64_t size = sanitizer && strcmp(sanitizer, "no") != 0 ? 1 << 26 : 1 << 30;
    struct world *world = *state;

    for (size_t i = 0; i < 2; i++) {
        struct source warm = {.size = 1 << 20}, source = {.size = size};
        long before;

        assert_int_equal(stream(world, "PUT", grants[i], "/x", &warm, 1 << 20), ATT_OK);
        before = peak_kib();
        assert_int_equal(stream(world, "PUT", grants[i], "/x", &source, size), ATT_OK);
        assert_int_equal(source.given, size);
        assert_in_range(peak_kib() - before, 0, 2048);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_body_of_a_known_size_goes_out_with_its_length, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_body_of_an_unknown_size_goes_out_in_chunks, open_world, world_close),
        cmocka_unit_test_setup_teardown(the_next_request_knows_nothing_of_a_stream, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_body_that_cannot_be_read_ends_the_request, open_world, world_close),
        cmocka_unit_test_setup_teardown(what_stands_against_a_stream_is_refused, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_signature_that_leaves_the_body_out_goes_with_a_stream, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(chunks_for_S3_are_signed_each, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_stream_is_not_sent_twice, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_gigabyte_is_streamed_in_constant_memory, open_world, world_close),
    };

    return cmocka_run_group_tests_name("streamed", tests, NULL, NULL);
}
