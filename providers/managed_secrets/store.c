/* providers/managed_secrets/store.c: opening a store by its settings, its files at the begin of each call, its rows. */
#include "providers/managed_secrets/store.h"

#include <errno.h>
#include <string.h>

enum { PATH_LIMIT = 1024 };

/* `first` and `second` as one text, in memory of the host's; NULL when that is out. */
static char *join(const struct att_host *host, const char *first, size_t first_size, const char *second)
{
    size_t second_size = strlen(second);
    char *text = host->allocate(host, first_size + second_size + 1);

    if (!text)
        return NULL;
    memcpy(text, first, first_size);
    memcpy(text + first_size, second, second_size + 1);
    return text;
}

/* The path of an option, or what stands for it where it is not given: `stem` with `end` after it. */
static att_result take_path(struct managed_act *act, const char *given, const char *stem, size_t stem_size,
                            const char *end, char **path)
{
    if (!given && !stem)
        return managed_refuse(act, ATT_RESULT_CONFIG,
                              "is not given, and this site keeps no state; give it, or set state_dir");
    if ((given ? strlen(given) : stem_size) > PATH_LIMIT)
        return managed_refuse(act, ATT_RESULT_CONFIG, "has more than %d characters; name a shorter path", PATH_LIMIT);
    *path = given ? join(act->host, given, strlen(given), "") : join(act->host, stem, stem_size, end);
    return *path ? ATT_RESULT_OK : managed_nomem(act);
}

/* All files of a store have the name of its database, so that two stores in one folder share none of them. */
static att_result take_paths(struct managed_act *act, const struct att_settings *settings, struct managed_store *store,
                             const char **option)
{
    const struct att_host *host = act->host;
    const char *state = host->state_directory(settings);
    att_result result;
    size_t stem;

    *option = "file";
    result = take_path(act, host->setting_text(settings, "file"), state, state ? strlen(state) : 0, "/secrets.db",
                       &store->file);
    if (result != ATT_RESULT_OK)
        return result;
    stem = strlen(store->file);
    if (stem > 3 && strcmp(store->file + stem - 3, ".db") == 0)
        stem -= 3;
    store->generation_file = join(host, store->file, stem, ".generation");
    if (!store->generation_file)
        return managed_nomem(act);
    if (host->setting_secret(settings, "key"))
        return ATT_RESULT_OK;
    *option = "key_file";
    result = take_path(act, host->setting_text(settings, "key_file"), store->file, stem, ".key", &store->key_file);
    if (result != ATT_RESULT_OK)
        return result;
    store->key_file_new = join(host, store->key_file, strlen(store->key_file), ".new");
    return store->key_file_new ? ATT_RESULT_OK : managed_nomem(act);
}

/* The paths, and that there is one key. */
static att_result take_places(struct managed_act *act, const struct att_settings *settings, struct managed_store *store,
                              const char **option)
{
    const struct att_host *host = act->host;
    att_result result = take_paths(act, settings, store, option);

    if (result != ATT_RESULT_OK || !host->setting_secret(settings, "key") || !host->setting_text(settings, "key_file"))
        return result;
    *option = "key";
    return managed_refuse(act, ATT_RESULT_CONFIG, "stands beside key_file; a store has one key: keep one of them");
}

static att_result take_key(struct managed_act *act, const struct att_settings *settings, struct managed_store *store,
                           const char **option)
{
    const struct att_secret *text = act->host->setting_secret(settings, "key");

    if (!text)
        return ATT_RESULT_OK;
    *option = "key";
    return managed_key_take(act, text, "what it refers to", &store->key);
}

/* A store that is watched may be kept for longer: a change is seen at the next request. Where the file of the
 * generation cannot be mapped, or the store is not there yet, what is kept has to be asked for again soon. */
static void promise(struct managed_store *store, struct managed_act *act, const struct att_settings *settings)
{
    struct managed_act aside = *act;
    struct stat found;
    bool watched = managed_folder_check(&aside, store->file, false) == ATT_RESULT_OK &&
                   managed_file_check(&aside, store->file, false, &found) == ATT_RESULT_OK &&
                   managed_generation_follow(&store->generation, &aside);
    const struct att_cache_promise kept = {.size = sizeof kept,
                                           .shared = MANAGED_SHARED_BY_ALL,
                                           .longest_ms = watched ? MANAGED_LONGEST_MS : MANAGED_UNWATCHED_MS,
                                           .generation = managed_generation_number(&store->generation)};

    act->host->promise_cache(settings, &kept);
}

att_result managed_store_check(struct managed_act *act, const struct att_settings *settings, const char **option)
{
    const struct att_host *host = act->host;
    struct managed_store *store = host->allocate(host, sizeof *store);
    att_result result;

    if (!store)
        return managed_nomem(act);
    memset(store, 0, sizeof *store);
    store->host = host;
    result = take_places(act, settings, store, option);
    managed_store_close(store);
    return result;
}

att_result managed_store_open(struct managed_act *act, const struct att_settings *settings,
                              struct managed_store **opened, const char **option)
{
    const struct att_host *host = act->host;
    struct managed_store *store = host->allocate(host, sizeof *store);
    att_result result;

    if (!store)
        return managed_nomem(act);
    memset(store, 0, sizeof *store);
    store->host = host;
    result = take_places(act, settings, store, option);
    if (result == ATT_RESULT_OK)
        result = take_key(act, settings, store, option);
    store->database.path = store->file;
    store->generation.path = store->generation_file;
    if (result == ATT_RESULT_OK)
        result = managed_generation_open(&store->generation, act);
    if (result != ATT_RESULT_OK) {
        managed_store_close(store);
        return result;
    }
    promise(store, act, settings);
    *opened = store;
    return ATT_RESULT_OK;
}

void managed_store_close(struct managed_store *store)
{
    const struct att_host *host = store->host;
    char *const texts[] = {store->file, store->generation_file, store->key_file, store->key_file_new};

    managed_database_close(&store->database);
    managed_generation_close(&store->generation);
    managed_key_drop(host, &store->key);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i])
            host->release(host, texts[i]);
    host->release(host, store);
}

att_result managed_store_begin(struct managed_store *store, struct managed_act *act, bool make)
{
    att_result result = managed_folder_check(act, store->file, make);

    if (result == ATT_RESULT_OK)
        result = managed_database_open(&store->database, act);
    if (result == ATT_RESULT_NOT_FOUND && make) {
        result = managed_database_make(&store->database, act);
        if (result == ATT_RESULT_OK)
            result = managed_database_open(&store->database, act);
        if (result == ATT_RESULT_NOT_FOUND)
            result = managed_refuse_errno(act, store->file, "opened", ENOENT);
    }
    if (result == ATT_RESULT_OK)
        managed_generation_follow(&store->generation, act);
    return result;
}

void managed_store_end(struct managed_store *store)
{
    managed_database_rest(&store->database);
}

static const char *text_of(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    return text ? (const char *)text : "";
}

void managed_row_take(sqlite3_stmt *statement, struct managed_row *row)
{
    *row = (struct managed_row){.name = text_of(statement, 0),
                                .grant = text_of(statement, 1),
                                .type = text_of(statement, 2),
                                .inject = text_of(statement, 3),
                                .origins = text_of(statement, 4),
                                .parts = text_of(statement, 5),
                                .fingerprint = text_of(statement, 6),
                                .created = sqlite3_column_int64(statement, 7),
                                .rotated = sqlite3_column_int64(statement, 8),
                                .used = sqlite3_column_int64(statement, 9),
                                .expires = sqlite3_column_int64(statement, 10)};
    if (sqlite3_column_bytes(statement, 11) == MANAGED_NONCE_SIZE) {
        row->nonce = sqlite3_column_blob(statement, 11);
        row->sealed = sqlite3_column_blob(statement, 12);
        row->sealed_size = row->sealed ? (size_t)sqlite3_column_bytes(statement, 12) : 0;
    }
}

sqlite3_stmt *managed_row_find(struct managed_store *store, struct managed_act *act, const char *sql, const char *value,
                               att_result *result)
{
    sqlite3_stmt *statement = managed_database_prepare(&store->database, act, sql, result);
    int code;

    if (!statement)
        return NULL;
    sqlite3_bind_text(statement, 1, value, -1, SQLITE_STATIC);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return statement;
    if (code != SQLITE_DONE)
        *result = managed_database_refuse(&store->database, act, code);
    sqlite3_finalize(statement);
    return NULL;
}
