/* world.h: a site with an engine and a client on it, which one test works with. */
#ifndef ATT_TEST_WORLD_H
#define ATT_TEST_WORLD_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/site.h"

struct world {
    struct site site;
    att_engine *engine;
    att_client *client;
    att_error error;
};

static inline struct world *world_make(void **state, const char *conf, const char *script)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    *state = world;
    world->error = (att_error)ATT_ERROR_INIT;
    site_make(&world->site, conf, script);
    return world;
}

/* A file in the site's folder. */
static inline void world_add(struct world *world, const char *name, const char *text)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", world->site.folder, name);
    site_write(&world->site, path, text);
}

static inline void world_empty(const struct world *world)
{
    DIR *folder = opendir(world->site.folder);
    struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
    closedir(folder);
}

static inline int world_start(struct world *world)
{
    if (att_engine_open(world->site.conf, &world->engine, &world->error) == ATT_OK &&
        att_client_open(world->engine, ATT_CLIENT(.caller = "api-test"), &world->client, &world->error) == ATT_OK)
        return 0;
    print_error("%s\n", world->error.message);
    return -1;
}

static inline int world_close(void **state)
{
    struct world *world = *state;

    att_client_close(&world->client);
    att_engine_close(&world->engine);
    att_error_clear(&world->error);
    world_empty(world);
    site_remove(&world->site);
    free(world);
    return 0;
}

static inline att_status world_get(struct world *world, const char *grant, const char *path, att_response **response)
{
    return att_request(world->client, ATT_REQUEST(.url = site_url(&world->site, path), .grant = grant), response,
                       &world->error);
}

/* How many audit lines of the last failed request contain both texts. */
static inline int world_records(const struct world *world, const char *first, const char *second)
{
    char *text = site_read(world->site.audit), *rest = text, *line;
    int count = 0;

    while ((line = strsep(&rest, "\n")))
        count += strstr(line, world->error.request_id) && strstr(line, first) && strstr(line, second);
    free(text);
    return count;
}

#endif
