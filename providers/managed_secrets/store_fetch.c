/* providers/managed_secrets/store_fetch.c: serving a secret to a request. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "providers/managed_secrets/parts.h"
#include "providers/managed_secrets/store.h"

enum { USED_EVERY_S = 60, LOOKS = 3, ORIGIN_SIZE = 1024 };

/* A setter of the host refused, and has told why. */
static att_result refuse_setter(struct managed_act *act, const struct managed_row *row)
{
    return managed_refuse(act, ATT_RESULT_FAULT,
                          "the secret of the grant \"%.128s\" is not what a credential can be; remove it, and set "
                          "it anew",
                          row->grant);
}

static bool give_origins(const struct att_host *host, const char *origins, struct att_credential *credential)
{
    char origin[ORIGIN_SIZE];

    while (*origins) {
        size_t size = strcspn(origins, "\n");

        if (size >= sizeof origin)
            return false;
        memcpy(origin, origins, size);
        origin[size] = '\0';
        if (!host->credential_origin(credential, origin))
            return false;
        origins += size + (origins[size] != '\0');
    }
    return true;
}

static bool give_parts(const struct att_host *host, const struct att_secret *joined, struct att_credential *credential)
{
    struct managed_part parts[MANAGED_PARTS];
    size_t size = 0, count = 0;
    const unsigned char *view = host->secret_borrow(joined, &size);
    bool given = managed_parts_split(view, size, parts, &count);

    for (size_t i = 0; given && i < count; i++)
        given = host->credential_material(credential, parts[i].name, parts[i].value, parts[i].size);
    host->secret_return(joined, view);
    return given;
}

static att_result refuse_expired(struct managed_act *act, const struct managed_row *row)
{
    char moment[sizeof "2026-11-22T15:42:20Z"];
    time_t seconds = (time_t)row->expires;
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return managed_refuse(act, ATT_RESULT_EXPIRED, "the secret of the grant \"%.128s\" expired at %s; rotate it",
                          row->grant, moment);
}

static att_result give(struct managed_store *store, struct managed_act *act, const struct managed_row *row,
                       struct att_credential *credential)
{
    const struct att_host *host = store->host;
    struct att_secret *joined = NULL;
    att_result result = managed_unseal(act, &store->key, row, &joined);
    bool given;

    if (result == ATT_RESULT_FAULT)
        return managed_refuse(
            act, ATT_RESULT_FAULT,
            "the secret of the grant \"%.128s\" does not open: its row was damaged or changed; remove it "
            "and set it anew with its origins, or put a copy of the store back",
            row->grant);
    if (result != ATT_RESULT_OK)
        return result;
    /* Only now is the time known to be the one that was sealed. */
    if (row->expires && row->expires <= host->wall(host)) {
        host->secret_destroy(joined);
        return refuse_expired(act, row);
    }
    given = give_parts(host, joined, credential) && (!row->type[0] || host->credential_kind(credential, row->type)) &&
            (!row->expires || host->credential_expires(credential, row->expires)) &&
            (!row->inject[0] || host->credential_place(credential, row->inject)) &&
            give_origins(host, row->origins, credential);
    host->secret_destroy(joined);
    return given ? ATT_RESULT_OK : refuse_setter(act, row);
}

/* Notes that a secret was used: at most once a minute, without waiting for a writer or the disk. It is a help for
 * people and not worth a request, so a failure of it is none. */
static void note_use(struct managed_store *store, const char *grant, int64_t now)
{
    sqlite3 *handle = store->database.handle;
    sqlite3_stmt *statement = NULL;

    if (sqlite3_db_readonly(handle, "main") != 0)
        return;
    sqlite3_busy_handler(handle, NULL, NULL);
    sqlite3_exec(handle, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    if (sqlite3_prepare_v2(handle, "UPDATE secret SET used = ?1 WHERE grant_id = ?2 AND used < ?1", -1, &statement,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, now);
        sqlite3_bind_text(statement, 2, grant, -1, SQLITE_STATIC);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    sqlite3_exec(handle, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
}

/* One look, within one transaction, so that the row and the key belong together. */
static att_result look(struct managed_store *store, struct managed_act *act, const char *grant,
                       struct att_credential *credential, bool *stale)
{
    static const char sql[] = "SELECT " MANAGED_COLUMNS " FROM secret WHERE grant_id = ?1";
    att_result result = managed_database_run(&store->database, act, "BEGIN");
    sqlite3_stmt *statement;
    struct managed_row row;

    *stale = false;
    if (result != ATT_RESULT_OK)
        return result;
    statement = managed_row_find(store, act, sql, grant, &result);
    if (!statement)
        return result == ATT_RESULT_OK ? ATT_RESULT_NONE : result;
    result = managed_store_unlock(store, act);
    if (result == ATT_RESULT_OK) {
        managed_row_take(statement, &row);
        result = give(store, act, &row, credential);
        *stale = result == ATT_RESULT_OK && store->host->wall(store->host) - row.used >= USED_EVERY_S;
    }
    sqlite3_finalize(statement);
    return result;
}

att_result managed_store_fetch(struct managed_store *store, struct managed_act *act, const struct att_fetch *fetch,
                               struct att_credential *credential)
{
    att_result result;
    bool stale = false;

    act->fetching = true;
    if (!fetch->grant)
        return ATT_RESULT_NONE;
    result = managed_store_begin(store, act, false);
    if (result == ATT_RESULT_NOT_FOUND)
        result = ATT_RESULT_NONE;
    else if (result == ATT_RESULT_OK)
        result = look(store, act, fetch->grant, credential, &stale);
    /* Another process may be giving the store a new key right now. */
    for (int i = 1; i < LOOKS && act->key_differs && !act->said; i++) {
        act->key_differs = false;
        managed_database_rest(&store->database);
        result = look(store, act, fetch->grant, credential, &stale);
    }
    managed_database_rest(&store->database);
    if (result == ATT_RESULT_OK && stale)
        note_use(store, fetch->grant, store->host->wall(store->host));
    if (result == ATT_RESULT_OK)
        managed_store_settle(store, act);
    managed_store_end(store);
    return result;
}
