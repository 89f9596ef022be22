/* tests/api/test-managed-memory.c: every allocation fails in turn while secrets are kept, rotated, listed and removed;
 * each call ends in an answer or an error, and leaks nothing (attacks F5). */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <attache/attache.h>

#include "tests/api/failing.h"
#include "tests/unit/folder.h"

enum { CALLS = 8 };

struct bench {
    struct folder folder;
    const char *conf;
    att_engine *engine;
    att_client *client;
    struct {
        const char *name;
        att_status status;
        char message[1024];
    } calls[CALLS];
    size_t count;
};

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%s/attache\"; module_paths = true; };\n"
    "policy = { default = \"permit\"; };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\"; options = { path = \"%s/audit\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { default = true; };\n"
    "             fetch = ( { use = \"keeper\"; control = \"required\"; } ); } );\n"
    "providers = ( { name = \"keeper\"; module = \"%s/tests/modules/.libs/keeper.so\";\n"
    "                options = { file = \"%s/kept\"; }; } );\n";

static int open_bench(void **state)
{
    struct bench *bench = test_calloc(1, sizeof *bench);
    FILE *file;

    folder_open(&bench->folder);
    bench->conf = folder_path(&bench->folder, "attache.conf");
    file = fopen(bench->conf, "we");
    fprintf(file, conf, secure_getenv("ATT_LIBDIR"), bench->folder.path, secure_getenv("ATT_BUILD"),
            bench->folder.path);
    fclose(file);
    assert_int_equal(att_engine_open(bench->conf, &bench->engine, NULL), ATT_OK);
    assert_int_equal(att_client_open(bench->engine, ATT_CLIENT(.caller = "c"), &bench->client, NULL), ATT_OK);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;

    att_client_close(&bench->client);
    att_engine_close(&bench->engine);
    folder_close(&bench->folder);
    test_free(bench);
    return 0;
}

static size_t answer(void *context, const char *part, const char *prompt, int hidden, char *buffer, size_t capacity)
{
    (void)context;
    (void)part;
    (void)prompt;
    (void)hidden;
    assert_true(capacity > 6);
    memcpy(buffer, "value\n", 6);
    return 6;
}

static void take_secret(void *context, const att_secret_info *info)
{
    (void)context;
    assert_non_null(info->name);
    assert_non_null(info->grant);
    assert_non_null(info->origins);
    assert_non_null(info->parts);
}

static void take_template(void *context, const att_template_info *info)
{
    (void)context;
    assert_non_null(info->name);
    assert_non_null(info->inject);
}

static void note(struct bench *bench, const char *name, att_status status, const att_error *error)
{
    bench->calls[bench->count].name = name;
    bench->calls[bench->count].status = status;
    snprintf(bench->calls[bench->count++].message, sizeof bench->calls[0].message, "%s", error->message);
}

static void live(struct bench *bench)
{
    att_error error = ATT_ERROR_INIT;

    bench->count = 0;
    note(bench, "set",
         att_secret_set(bench->client, ATT_SECRET(.name = "key", .type = "datadog", .grant = "g", .read = answer),
                        take_secret, NULL, &error),
         &error);
    note(bench, "rotate",
         att_secret_rotate(bench->client, ATT_SECRET(.name = "key", .read = answer), take_secret, NULL, &error),
         &error);
    note(bench, "list", att_secret_list(bench->client, NULL, take_secret, NULL, &error), &error);
    note(bench, "rekey", att_secret_rekey(bench->client, NULL, NULL, &error), &error);
    note(bench, "remove", att_secret_remove(bench->client, NULL, "key", &error), &error);
    note(bench, "templates", att_templates(bench->conf, take_template, NULL, &error), &error);
    att_error_clear(&error);
}

/* A call may say that memory was short, or that it missed what an earlier one did not do. */
static int count_dishonest(const struct bench *bench, long n)
{
    int bad = 0;

    for (size_t i = 0; i < bench->count; i++) {
        att_status status = bench->calls[i].status;

        if (status == ATT_OK || status == ATT_NOMEM || strstr(bench->calls[i].message, "memory") ||
            (n > 0 && status == ATT_NOT_FOUND && bench->calls[0].status != ATT_OK))
            continue;
        print_message("# allocation %ld: %s says %s: %s\n", n, bench->calls[i].name, att_status_name(status),
                      bench->calls[i].message);
        bad++;
    }
    return bad;
}

static long blocks_in_use(void)
{
    dlerror();
    dlerror();
    return failing_live();
}

static void F5_every_allocation_of_a_change_fails_in_turn(void **state)
{
    struct bench *bench = *state;
    long n, failures = 0;
    int bad = 0;

    if (strcmp(secure_getenv("ATT_SANITIZER") ? secure_getenv("ATT_SANITIZER") : "no", "no") != 0)
        skip();     /* a sanitizer has an allocator of its own */
    failing_arm(0); /* what it loads when it is called first is no leak */
    for (int i = 0; i < 3; i++)
        live(bench);
    assert_int_equal(count_dishonest(bench, 0), 0);
    for (n = 1;; n++) {
        long before = blocks_in_use();

        failing_arm(n);
        live(bench);
        if (!failing_disarm())
            break;
        failures++;
        bad += count_dishonest(bench, n);
        if (blocks_in_use() > before) {
            print_message("# allocation %ld: %ld blocks leak\n", n, blocks_in_use() - before);
            bad++;
        }
        att_secret_remove(bench->client, NULL, "key", NULL); /* where the failure left it */
    }
    print_message("# %ld allocations failed in turn\n", failures);
    assert_true(failures > 100);
    assert_int_equal(bad, 0);
    assert_int_equal(count_dishonest(bench, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(F5_every_allocation_of_a_change_fails_in_turn, open_bench, close_bench),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
