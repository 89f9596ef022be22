/* folder.h: a folder of a test's own, which goes away with everything in it. */
#ifndef ATT_UNIT_FOLDER_H
#define ATT_UNIT_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/base.h"
#include "tests/unit/unit.h"

struct folder {
    char path[64];
    struct att_pool *pool; /* of the paths */
};

static inline void folder_open(struct folder *folder)
{
    umask(022);
    snprintf(folder->path, sizeof folder->path, "/tmp/attache-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    assert_int_equal(chmod(folder->path, 0755), 0);
    folder->pool = att_pool_create();
    assert_non_null(folder->pool);
}

static inline int folder_remove(const char *path, const struct stat *facts, int type, struct FTW *place)
{
    (void)facts;
    (void)type;
    (void)place;
    return remove(path);
}

static inline void folder_close(struct folder *folder)
{
    nftw(folder->path, folder_remove, 16, FTW_DEPTH | FTW_PHYS);
    att_pool_destroy(folder->pool);
}

static inline const char *folder_path(struct folder *folder, const char *name)
{
    return att_pool_format(folder->pool, "%s/%s", folder->path, name);
}

static inline const char *folder_add(struct folder *folder, const char *name)
{
    const char *path = folder_path(folder, name);

    assert_int_equal(mkdir(path, 0755), 0);
    return path;
}

static inline const char *folder_put_size(struct folder *folder, const char *name, const void *bytes, size_t size)
{
    const char *path = folder_path(folder, name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes, size), (ssize_t)size);
    close(descriptor);
    return path;
}

static inline const char *folder_put(struct folder *folder, const char *name, const char *text)
{
    return folder_put_size(folder, name, text, strlen(text));
}

#endif
