/* providers/managed_secrets/store_rekey.c: sealing the whole store anew under another key.
 *
 * The next key is on the disk before the first row is sealed under it, and the one transaction changes all rows or
 * none. Where the key changes in its place, the next one waits in a file beside it until the commit; whoever finds the
 * store sealed under that one uses it from there and gives it its place, so that a crash at any point leaves a store
 * that opens. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "providers/managed_secrets/store.h"

enum { NAME_SIZE = 1024 };

static att_result update_row(struct managed_store *store, struct managed_act *act, const struct managed_row *row)
{
    static const char sql[] = "UPDATE secret SET fingerprint = ?2, nonce = ?3, sealed = ?4 WHERE name = ?1";
    att_result result;
    sqlite3_stmt *statement = managed_database_prepare(&store->database, act, sql, &result);

    if (!statement)
        return result;
    sqlite3_bind_text(statement, 1, row->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, row->fingerprint, -1, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 3, row->nonce, MANAGED_NONCE_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 4, row->sealed, (int)row->sealed_size, SQLITE_STATIC);
    return managed_database_finish(&store->database, act, statement);
}

static att_result reseal(struct managed_store *store, struct managed_act *act, struct managed_row *row,
                         const struct managed_key *next)
{
    char fingerprint[MANAGED_FINGERPRINT_SIZE];
    unsigned char nonce[MANAGED_NONCE_SIZE], *sealed = NULL;
    struct att_secret *joined = NULL;
    size_t size = 0;
    att_result result = managed_unseal(act, &store->key, row, &joined);

    if (result == ATT_RESULT_FAULT)
        return managed_refuse(act, result,
                              "the secret \"%.64s\" does not open, so it cannot be sealed anew; remove it first; "
                              "nothing was changed",
                              row->name);
    if (result != ATT_RESULT_OK)
        return result;
    managed_fingerprint(store->host, next, joined, fingerprint);
    row->fingerprint = fingerprint;
    result = managed_seal(act, next, row, joined, nonce, &sealed, &size);
    store->host->secret_destroy(joined);
    if (result != ATT_RESULT_OK)
        return result;
    row->nonce = nonce;
    row->sealed = sealed;
    row->sealed_size = size;
    result = update_row(store, act, row);
    store->host->release(store->host, sealed);
    return result;
}

/* One row after the other by name, so that no cursor stands in the table while it changes. */
static att_result reseal_all(struct managed_store *store, struct managed_act *act, const struct managed_key *next)
{
    static const char sql[] = "SELECT " MANAGED_COLUMNS " FROM secret WHERE name > ?1 ORDER BY name LIMIT 1";
    char name[NAME_SIZE] = "";
    att_result result = ATT_RESULT_OK;
    sqlite3_stmt *found;
    struct managed_row row;

    while (result == ATT_RESULT_OK && (found = managed_row_find(store, act, sql, name, &result))) {
        managed_row_take(found, &row);
        if (strlen(row.name) >= sizeof name)
            result = managed_database_refuse(&store->database, act, SQLITE_CORRUPT);
        else
            result = reseal(store, act, &row, next);
        snprintf(name, sizeof name, "%s", row.name);
        sqlite3_finalize(found);
        if (managed_act_is_over(act) && result == ATT_RESULT_OK)
            result = managed_refuse(act, ATT_RESULT_DEADLINE,
                                    "the store could not be sealed anew in time; give it more; nothing was changed");
    }
    return result;
}

/* Reads the key that is to come, after making it where it is not there. */
static att_result take_next(struct managed_store *store, struct managed_act *act, const char *path,
                            struct managed_key *next)
{
    att_result result = managed_folder_check(act, path, false);

    if (result == ATT_RESULT_NOT_FOUND)
        return managed_refuse_errno(act, path, "made", ENOENT);
    if (result == ATT_RESULT_OK)
        result = managed_key_make(act, path);
    if (result == ATT_RESULT_OK)
        result = managed_key_read(act, path, next);
    if (result == ATT_RESULT_OK && strcmp(next->id, store->key.id) == 0)
        result = managed_refuse(act, ATT_RESULT_DENIED,
                                "%.300s has the key that seals the store now; name another file, or none", path);
    return result;
}

static att_result rekey_locked(struct managed_store *store, struct managed_act *act, const char *path)
{
    struct managed_key next = {.subkeys = NULL};
    att_result result = managed_store_unlock_to_write(store, act);

    if (result == ATT_RESULT_OK) {
        /* A next key that is in use already gets out of the way. One that was never used will do. */
        managed_store_settle_locked(store, act, false);
        result = take_next(store, act, path, &next);
    }
    if (result == ATT_RESULT_OK)
        result = reseal_all(store, act, &next);
    if (result == ATT_RESULT_OK)
        result = managed_store_note_key(store, act, &next);
    /* On failure the next key stays where it is: a commit that failed half-way may still come into force. */
    if (result == ATT_RESULT_OK)
        result = managed_change_commit(store, act);
    if (result == ATT_RESULT_OK) {
        managed_key_drop(store->host, &store->key);
        store->key = next;
    } else {
        managed_key_drop(store->host, &next);
    }
    return result;
}

static void tell_file(struct managed_store *store, const char *key_file)
{
    char line[MANAGED_PATH_SIZE];

    snprintf(line, sizeof line, "the store is sealed under the key in %.1024s now; set the option key_file to it",
             key_file);
    store->host->log(store->host, ATT_LEVEL_INFO, line);
}

att_result managed_store_rekey(struct managed_store *store, struct managed_act *act, const char *key_file)
{
    att_result result;

    if (!key_file && !store->key_file)
        return managed_refuse(act, ATT_RESULT_CONFIG,
                              "the key comes from the option key, which is not Attache's to change; name a key file to "
                              "seal the store under, and then set key_file to it in the place of key");
    if (key_file && key_file[0] != '/')
        return managed_refuse(act, ATT_RESULT_CONFIG, "the key file must be an absolute path; name it so");
    result = managed_store_begin(store, act, false);
    if (result == ATT_RESULT_NOT_FOUND)
        result = managed_refuse(act, result, "there is no store at %.300s yet; set a secret first", store->file);
    if (result == ATT_RESULT_OK)
        result = managed_change_begin(store, act);
    if (result == ATT_RESULT_OK)
        result = rekey_locked(store, act, key_file ? key_file : store->key_file_new);
    managed_database_rest(&store->database);
    if (result == ATT_RESULT_OK) {
        managed_store_settle(store, act);
        if (key_file)
            tell_file(store, key_file);
    }
    managed_store_end(store);
    return result;
}
