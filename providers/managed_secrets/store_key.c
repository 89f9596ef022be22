/* providers/managed_secrets/store_key.c: which key sealed the store, and where it is. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "providers/managed_secrets/store.h"

/* A row that no secret has, sealed with the key: that it opens shows that the key is right in every bit. */
static const struct managed_row check_row = {
    .name = "", .grant = "", .type = "check", .inject = "", .origins = "", .parts = "", .fingerprint = ""};
static const char check_value[] = "attache";

struct about {
    char key_id[MANAGED_KEY_ID_SIZE]; /* "" while nothing was sealed */
    int64_t secrets;
    bool opens;
};

/* What the database says of its key; `opens` tells whether `key` opens the check, when it has the id. */
static att_result read_about(struct managed_store *store, struct managed_act *act, const struct managed_key *key,
                             struct about *about)
{
    static const char sql[] = "SELECT key_id, nonce, sealed, (SELECT count(*) FROM secret) FROM about";
    att_result result;
    sqlite3_stmt *statement = managed_database_prepare(&store->database, act, sql, &result);
    struct managed_row row = check_row;
    struct att_secret *plain = NULL;
    int code;

    memset(about, 0, sizeof *about);
    if (!statement)
        return result;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_bytes(statement, 1) == MANAGED_NONCE_SIZE) {
        const char *id = (const char *)sqlite3_column_text(statement, 0);
        snprintf(about->key_id, sizeof about->key_id, "%s", id ? id : "");
        row.nonce = sqlite3_column_blob(statement, 1);
        row.sealed = sqlite3_column_blob(statement, 2);
        row.sealed_size = (size_t)sqlite3_column_bytes(statement, 2);
        about->secrets = sqlite3_column_int64(statement, 3);
        if (key->subkeys && strcmp(key->id, about->key_id) == 0) {
            result = managed_unseal(act, key, &row, &plain);
            about->opens = result == ATT_RESULT_OK;
            result = result == ATT_RESULT_FAULT ? ATT_RESULT_OK : result;
        }
        if (plain)
            store->host->secret_destroy(plain);
    } else if (code != SQLITE_DONE) {
        result = code == SQLITE_ROW ? managed_database_refuse(&store->database, act, SQLITE_CORRUPT)
                                    : managed_database_refuse(&store->database, act, code);
    }
    sqlite3_finalize(statement);
    return result;
}

att_result managed_store_note_key(struct managed_store *store, struct managed_act *act, const struct managed_key *key)
{
    const struct att_host *host = store->host;
    struct att_secret *plain = host->secret_create(host, sizeof check_value);
    unsigned char nonce[MANAGED_NONCE_SIZE], *sealed = NULL;
    size_t size = 0;
    att_result result = plain ? ATT_RESULT_OK : managed_nomem(act);
    sqlite3_stmt *statement;

    if (plain && host->secret_append(plain, check_value, sizeof check_value))
        result = managed_seal(act, key, &check_row, plain, nonce, &sealed, &size);
    if (plain)
        host->secret_destroy(plain);
    if (result == ATT_RESULT_OK)
        result = managed_database_run(&store->database, act, "DELETE FROM about");
    if (result == ATT_RESULT_OK) {
        statement = managed_database_prepare(&store->database, act, "INSERT INTO about VALUES (?1, ?2, ?3)", &result);
        if (statement) {
            sqlite3_bind_text(statement, 1, key->id, -1, SQLITE_STATIC);
            sqlite3_bind_blob(statement, 2, nonce, sizeof nonce, SQLITE_STATIC);
            sqlite3_bind_blob(statement, 3, sealed, (int)size, SQLITE_STATIC);
            result = managed_database_finish(&store->database, act, statement);
        }
    }
    if (sealed)
        host->release(host, sealed);
    return result;
}

/* The key of a reference is read anew where the host can; in other calls it is the one that the instance opened with.
 */
static att_result read_reference(struct managed_store *store, struct managed_act *act)
{
    const struct att_host *host = store->host;
    struct att_secret *text;
    att_result result;

    if (!act->fetching)
        return ATT_RESULT_OK;
    text = host->secret_read(host, act->call, "key", NULL);
    if (!text) {
        act->said = true;
        return ATT_RESULT_CONFIG;
    }
    result = managed_key_take(act, text, "the option key", &store->key);
    host->secret_destroy(text);
    return result;
}

/* Makes store->key the key with that id, if a file has it. Looks into the file of the key, then into the one that a
 * change of keys may have left. OK also when the id is another one; NOT_FOUND when there is no file. */
static att_result look_for(struct managed_store *store, struct managed_act *act, const char *id)
{
    struct managed_key next = {.subkeys = NULL};
    att_result result;

    if (!store->key_file)
        return read_reference(store, act);
    result = managed_key_read(act, store->key_file, &store->key);
    if (result == ATT_RESULT_OK && strcmp(store->key.id, id) == 0)
        return result;
    if (result != ATT_RESULT_OK && result != ATT_RESULT_NOT_FOUND)
        return result;
    if (managed_key_read(act, store->key_file_new, &next) == ATT_RESULT_OK && strcmp(next.id, id) == 0) {
        managed_key_drop(store->host, &store->key);
        store->key = next;
        return ATT_RESULT_OK;
    }
    managed_key_drop(store->host, &next);
    if (result == ATT_RESULT_NOT_FOUND)
        managed_key_drop(store->host, &store->key);
    return result;
}

static att_result refuse_missing(struct managed_store *store, struct managed_act *act, int64_t secrets)
{
    act->key_differs = true;
    return managed_refuse(act, ATT_RESULT_CONFIG,
                          "the key file %.200s is missing, and only its key opens the %lld secrets in %.200s; put it "
                          "back",
                          store->key_file, (long long)secrets, store->file);
}

static att_result refuse_other(struct managed_store *store, struct managed_act *act)
{
    act->key_differs = true;
    return managed_refuse(act, ATT_RESULT_CONFIG,
                          "the key in %.180s is not the one that sealed this store, %.180s; put the right key there",
                          store->key_file ? store->key_file : "the option key", store->file);
}

att_result managed_store_unlock(struct managed_store *store, struct managed_act *act)
{
    struct about about;
    att_result result = read_about(store, act, &store->key, &about);

    act->key_differs = false;
    if (result != ATT_RESULT_OK || about.opens)
        return result;
    if (!about.key_id[0])
        return managed_refuse(act, ATT_RESULT_FAULT, "%.300s has secrets and no key; put a copy of it back",
                              store->file);
    result = look_for(store, act, about.key_id);
    if (result == ATT_RESULT_NOT_FOUND)
        return refuse_missing(store, act, about.secrets);
    if (result != ATT_RESULT_OK)
        return result;
    if (strcmp(store->key.id, about.key_id) != 0)
        return refuse_other(store, act);
    result = read_about(store, act, &store->key, &about);
    if (result == ATT_RESULT_OK && !about.opens)
        result = managed_refuse(act, ATT_RESULT_FAULT,
                                "%.300s is damaged where it tells its key; put a copy of it back", store->file);
    return result;
}

att_result managed_store_unlock_to_write(struct managed_store *store, struct managed_act *act)
{
    struct about about;
    att_result result = read_about(store, act, &store->key, &about);

    if (result != ATT_RESULT_OK || about.opens)
        return result;
    if (about.secrets > 0)
        return managed_store_unlock(store, act);
    /* Nothing is sealed yet, so whatever key there is will do. */
    result = look_for(store, act, about.key_id);
    if (result == ATT_RESULT_NOT_FOUND) {
        result = managed_folder_check(act, store->key_file, true);
        if (result == ATT_RESULT_OK)
            result = managed_key_make(act, store->key_file);
        if (result == ATT_RESULT_OK)
            result = managed_key_read(act, store->key_file, &store->key);
    }
    if (result != ATT_RESULT_OK)
        return result;
    return managed_store_note_key(store, act, &store->key);
}

void managed_store_settle_locked(struct managed_store *store, struct managed_act *act, bool discard)
{
    struct managed_act aside = *act;
    struct managed_key now = {.subkeys = NULL}, next = {.subkeys = NULL};
    struct about about;

    if (!store->key_file || read_about(store, &aside, &store->key, &about) != ATT_RESULT_OK || !about.key_id[0])
        return;
    if (managed_key_read(&aside, store->key_file, &now) == ATT_RESULT_OK && strcmp(now.id, about.key_id) == 0) {
        if (discard)
            unlink(store->key_file_new);
    } else if (managed_key_read(&aside, store->key_file_new, &next) == ATT_RESULT_OK &&
               strcmp(next.id, about.key_id) == 0) {
        managed_file_rename(&aside, store->key_file_new, store->key_file);
    }
    managed_key_drop(store->host, &now);
    managed_key_drop(store->host, &next);
}

void managed_store_settle(struct managed_store *store, struct managed_act *act)
{
    struct managed_act aside = *act;
    struct stat found;

    if (!store->key_file || lstat(store->key_file_new, &found) != 0)
        return;
    managed_database_wait(&store->database, NULL); /* who has the lock, or comes after, can do it as well */
    if (managed_database_run(&store->database, &aside, "BEGIN IMMEDIATE") != ATT_RESULT_OK)
        return;
    managed_store_settle_locked(store, &aside, true);
    managed_database_run(&store->database, &aside, "ROLLBACK");
}
