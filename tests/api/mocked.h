/* mocked.h: a site in a folder of its own whose backend is the mock's script, and a client on it. */
#ifndef ATT_TEST_MOCKED_H
#define ATT_TEST_MOCKED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <attache/attache.h>

#include "tests/unit/folder.h"

struct mocked {
    struct folder folder;
    const char *conf, *script, *audit;
    att_engine *engine;
    att_client *client;
    att_error error;
    const char *stacks;     /* more of them, each with a comma behind it; or NULL */
    const char *user_token; /* what the callback gives: "" none; NULL: there is no callback */
    char told[4096];        /* what callbacks of the test were told */
};

/* What a configuration says where a test says nothing else. */
#define MOCKED_PROVIDERS "{ name = \"mock\"; module = \"mock.so\"; options = { script = \"@\"; }; }"
#define MOCKED_POLICY "default = \"permit\";"

static inline size_t mocked_user_token(void *context, char *buffer, size_t capacity)
{
    struct mocked *mocked = context;
    size_t size = strlen(mocked->user_token);

    assert_true(size <= capacity);
    memcpy(buffer, mocked->user_token, size);
    return size;
}

/* Opens the site anew. In `providers` the path of the script stands for "@". */
static inline void mocked_open_as(struct mocked *mocked, const char *script, const char *providers, const char *policy)
{
    FILE *file;

    att_client_close(&mocked->client);
    att_engine_close(&mocked->engine);
    mocked->script = folder_put(&mocked->folder, "mock.json", script);
    file = fopen(mocked->conf, "we");
    assert_non_null(file);
    fprintf(file,
            "schema = 1;\nsettings = { module_dir = \"%s/attache\"; module_paths = true; };\npolicy = { %s };\n"
            "audit = ( { module = \"audit_file.so\"; control = \"required\"; options = { path = \"%s\"; }; } );\n"
            "grants = ( { name = \"calendar\"; id = \"g-1\"; } );\n"
            "stacks = ( %s { name = \"all\"; match = { default = true; }; origins = [ \"https://api.example\" ];\n"
            "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\nproviders = ( ",
            secure_getenv("ATT_LIBDIR"), policy, mocked->audit, mocked->stacks ? mocked->stacks : "");
    for (const char *at = providers; *at; at++)
        *at == '@' ? fputs(mocked->script, file) : fputc(*at, file);
    fprintf(file, " );\n");
    fclose(file);
    assert_int_equal(chmod(mocked->conf, 0600), 0);
    if (att_engine_open(mocked->conf, &mocked->engine, &mocked->error) != ATT_OK)
        fail_msg("the site does not open: %s", mocked->error.message);
    assert_int_equal(att_client_open(mocked->engine,
                                     ATT_CLIENT(.caller = "operator", .timeout_ms = 5000,
                                                .user_token = mocked->user_token ? mocked_user_token : NULL,
                                                .user_token_context = mocked),
                                     &mocked->client, &mocked->error),
                     ATT_OK);
}

static inline void mocked_open(struct mocked *mocked, const char *script)
{
    mocked_open_as(mocked, script, MOCKED_PROVIDERS, MOCKED_POLICY);
}

static inline int mocked_make(void **state)
{
    struct mocked *mocked = test_calloc(1, sizeof *mocked);

    folder_open(&mocked->folder);
    mocked->conf = folder_path(&mocked->folder, "attache.conf");
    mocked->audit = folder_path(&mocked->folder, "audit.jsonl");
    mocked->error = (att_error)ATT_ERROR_INIT;
    *state = mocked;
    return 0;
}

static inline int mocked_close(void **state)
{
    struct mocked *mocked = *state;

    att_client_close(&mocked->client);
    att_engine_close(&mocked->engine);
    att_error_clear(&mocked->error);
    folder_close(&mocked->folder);
    test_free(mocked);
    return 0;
}

/* Adds a text to what was told. */
static inline void mocked_tell(struct mocked *mocked, const char *text)
{
    size_t used = strlen(mocked->told);

    snprintf(mocked->told + used, sizeof mocked->told - used, "%s", text ? text : "-");
}

/* Tells a grant as a line: id provider kind account status [scopes]. */
static inline void mocked_take_grant(void *context, const att_grant_info *info)
{
    struct mocked *mocked = context;
    const char *const texts[] = {info->grant, info->provider, info->kind, info->account, info->status};

    assert_int_equal(info->size, sizeof *info);
    for (size_t i = 0; i < ATT_COUNT(texts); i++) {
        mocked_tell(mocked, texts[i]);
        mocked_tell(mocked, " ");
    }
    mocked_tell(mocked, "[");
    for (size_t i = 0; info->scopes[i]; i++) {
        mocked_tell(mocked, i ? " " : "");
        mocked_tell(mocked, info->scopes[i]);
    }
    mocked_tell(mocked, "]\n");
}

/* How many records have both texts in them. */
static inline int mocked_records(const struct mocked *mocked, const char *first, const char *second)
{
    FILE *file = fopen(mocked->audit, "re");
    char line[8192];
    int count = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        count += strstr(line, first) && strstr(line, second);
    fclose(file);
    return count;
}

#endif
