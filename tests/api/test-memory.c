/* tests/api/test-memory.c: F5: each allocation of a request fails once; nothing breaks, leaks or is sent half done. */
#include <errno.h>
#include <malloc.h>

#include "tests/api/world.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define INSTRUMENTED 1
#endif
#endif

/* Of this thread: how many more allocations succeed before one fails; negative: all do. */
static __thread long left = -1;

/* A sanitizer has an allocator of its own, which cannot be stood in for. */
#ifndef INSTRUMENTED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static bool fails(void)
{
    if (left < 0 || left-- > 0)
        return false;
    errno = ENOMEM;
    return true;
}

ATT_API void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

ATT_API void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

ATT_API void *realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}
#endif

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; redirects = 3; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "stacks = ( { name = \"inner\"; fetch = ( { use = \"mock\"; control = \"required\"; } ); },\n"
    "           { name = \"all\"; match = { grant = [ \"*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "             inject = ( { header = \"x-key\"; format = \"v {token}\"; }, { query = \"key\"; }, { cookie = \"a\"; "
    "},\n"
    "                        { cookie = \"b\"; } );\n"
    "             fetch = ( { substack = \"inner\"; control = \"required\"; } ); } );\n"
    "policy = { default = \"permit\"; };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\";\n"
    "            options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

static const char script[] = "{ \"grants\": { \"calendar\": { \"token\": \"token-number-one\" },"
                             " \"broken\": { \"result\": \"ambiguous\", \"candidates\": [ \"a\", \"b\" ] } } }";

static int open_world(void **state)
{
    return world_start(world_make(state, conf, script));
}

struct trial {
    const char *grant, *path;
    att_status status; /* when all is well */
};

/* The same request with its first allocation failing, then its second, until none is left to fail. */
static void fail_each(struct world *world, const struct trial *trial)
{
    char url[128];
    bool done = false;

    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", world->site.port, trial->path);
    for (long n = 0; !done; n++) {
        att_response *response = NULL;
        att_status status;
        int before = upstream_count(&world->site);
        left = n;
        status = att_request(world->client,
                             ATT_REQUEST(.method = "POST", .url = url, .grant = trial->grant, .json = "{}",
                                         .headers = ATT_PAIRS({"x-trace", "1"}), .reason = "memory",
                                         .context = ATT_PAIRS({"tool", "test"}), .user_token = "user"),
                             &response, &world->error);
        done = left >= 0;
        left = -1;
        assert_true(n < 2000);
        assert_int_equal(world->error.status, status);
        assert_non_null(world->error.message);
        if (status != trial->status && status != ATT_NOMEM && status != ATT_AUDIT && status != ATT_CONFIG &&
            status != ATT_MODULE && status != ATT_NETWORK)
            fail_msg("allocation %ld: %s %s", n, att_status_name(status), world->error.message);
        if (n == 0)
            assert_int_equal(status, ATT_NOMEM);
        if (done)
            assert_int_equal(status, trial->status);
        if (upstream_count(&world->site) > before)
            assert_string_equal(upstream_saw(&world->site, "x-key"), "v token-number-one");
        att_response_free(&response);
    }
    assert_int_equal(site_audit_lines(&world->site, "token-number-one", ""), 0);
}

static void every_allocation_of_a_request_may_fail(void **state)
{
    static const struct trial trials[] = {
        {"calendar", "/echo", ATT_OK},      {"calendar", "/go/307?to=/echo%3Fkey=1", ATT_OK},
        {"calendar", "/scope", ATT_SCOPE},  {"broken", "/", ATT_AMBIGUOUS},
        {"calendar", "/{id}", ATT_INVALID},
    };
    size_t least = SIZE_MAX;

#ifdef INSTRUMENTED
    skip();
#endif
    /* The first round fills what is kept for the next request, and in any one the threads of the upstream or libcurl
     * may keep something: a leak of ours would show in every round. */
    for (int round = 0; round < 4; round++) {
        size_t before = mallinfo2().uordblks, after;
        for (size_t i = 0; i < sizeof trials / sizeof *trials; i++)
            fail_each(*state, &trials[i]);
        after = mallinfo2().uordblks;
        if (round > 0 && (after < before || after - before < least))
            least = after < before ? 0 : after - before;
    }
    assert_in_range(least, 0, 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_allocation_of_a_request_may_fail, open_world, world_close),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
