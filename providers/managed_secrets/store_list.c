/* providers/managed_secrets/store_list.c: telling what is kept, without a value, and what is wrong with it. */
#include <stdio.h>
#include <string.h>

#include "providers/managed_secrets/store.h"

enum { ITEMS = 256, LOOKS = 3 };

/* Splits a copy of `joined` at its newlines. */
static bool split_list(const struct att_host *host, const char *joined, char **copy, const char **items)
{
    size_t size = strlen(joined) + 1, count = 0;

    *copy = host->allocate(host, size);
    if (!*copy)
        return false;
    memcpy(*copy, joined, size);
    for (char *at = *copy; *at && count < ITEMS - 1;) {
        char *end = at + strcspn(at, "\n");

        items[count++] = at;
        at = end + (*end != '\0');
        *end = '\0';
    }
    items[count] = NULL;
    return true;
}

static att_result list_row(struct managed_store *store, struct managed_act *act, const struct managed_row *row,
                           const char *fault, struct att_listing *listing)
{
    const struct att_host *host = store->host;
    const char *origins[ITEMS], *parts[ITEMS];
    char *origins_copy = NULL, *parts_copy = NULL;
    const struct att_secret_facts facts = {.size = sizeof facts,
                                           .name = row->name,
                                           .grant = row->grant,
                                           .type = row->type,
                                           .inject = row->inject[0] ? row->inject : NULL,
                                           .origins = origins,
                                           .parts = parts,
                                           .expires = row->expires,
                                           .created = row->created,
                                           .rotated = row->rotated,
                                           .used = row->used,
                                           .fingerprint = row->fingerprint,
                                           .fault = fault};
    bool listed = split_list(host, row->origins, &origins_copy, origins) &&
                  split_list(host, row->parts, &parts_copy, parts) && host->secret_listed(listing, &facts);

    if (origins_copy)
        host->release(host, origins_copy);
    if (parts_copy)
        host->release(host, parts_copy);
    return listed ? ATT_RESULT_OK : managed_nomem(act);
}

/* A row that does not open is listed with its fault, and the next ones are listed too. */
static att_result list_rows(struct managed_store *store, struct managed_act *act, const char *locked,
                            struct att_listing *listing)
{
    static const char sql[] = "SELECT " MANAGED_COLUMNS " FROM secret ORDER BY name";
    static const char damaged[] = "it does not open: its row was damaged or changed; remove it, and set it anew "
                                  "with its origins";
    att_result result;
    sqlite3_stmt *statement = managed_database_prepare(&store->database, act, sql, &result);
    int code = SQLITE_DONE;

    while (statement && result == ATT_RESULT_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct att_secret *joined = NULL;
        const char *fault = locked;
        struct managed_row row;

        managed_row_take(statement, &row);
        if (!locked) {
            result = managed_unseal(act, &store->key, &row, &joined);
            fault = result == ATT_RESULT_FAULT ? damaged : NULL;
            if (joined)
                store->host->secret_destroy(joined);
        }
        if (result == ATT_RESULT_OK || result == ATT_RESULT_FAULT)
            result = list_row(store, act, &row, fault, listing);
    }
    if (result == ATT_RESULT_OK && code != SQLITE_DONE)
        result = managed_database_refuse(&store->database, act, code);
    sqlite3_finalize(statement);
    return result;
}

static att_result count_rows(struct managed_store *store, struct managed_act *act, int64_t *count)
{
    att_result result;
    sqlite3_stmt *statement = managed_database_prepare(&store->database, act, "SELECT count(*) FROM secret", &result);
    int code;

    if (!statement)
        return result;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *count = sqlite3_column_int64(statement, 0);
    else
        result = managed_database_refuse(&store->database, act, code);
    sqlite3_finalize(statement);
    return result;
}

static att_result list_opened(struct managed_store *store, struct managed_act *act, struct att_listing *listing)
{
    struct managed_act aside = *act;
    char locked[sizeof aside.why] = "";
    int64_t count = 0;
    att_result unlocked, result = managed_database_run(&store->database, act, "BEGIN");

    if (result == ATT_RESULT_OK)
        result = count_rows(store, act, &count);
    if (result != ATT_RESULT_OK || count == 0)
        return result;
    unlocked = managed_store_unlock(store, &aside);
    /* Another process may be giving the store a new key right now. */
    for (int i = 1; i < LOOKS && aside.key_differs && result == ATT_RESULT_OK; i++) {
        result = managed_database_run(&store->database, act, "ROLLBACK; BEGIN");
        unlocked = managed_store_unlock(store, &aside);
    }
    if (unlocked != ATT_RESULT_OK)
        snprintf(locked, sizeof locked, "%s", aside.why);
    return list_rows(store, act, unlocked == ATT_RESULT_OK ? NULL : locked, listing);
}

att_result managed_store_list(struct managed_store *store, struct managed_act *act, struct att_listing *listing)
{
    att_result result = managed_store_begin(store, act, false);

    if (result == ATT_RESULT_NOT_FOUND)
        return ATT_RESULT_OK;
    if (result == ATT_RESULT_OK)
        result = list_opened(store, act, listing);
    /* What can be listed was; that the file is damaged has to be known all the same. */
    if (result == ATT_RESULT_OK)
        result = managed_database_examine(&store->database, act);
    managed_store_end(store);
    return result;
}
