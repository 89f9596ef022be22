/* providers/managed_secrets/store_change.c: keeping, replacing and removing secrets. */
#include <stdio.h>
#include <string.h>

#include "providers/managed_secrets/parts.h"
#include "providers/managed_secrets/store.h"

enum { NAME_LIMIT = 128, GRANT_LIMIT = 512, TYPE_LIMIT = 31, INJECT_LIMIT = 4096, LIST_SIZE = 16384 };

att_result managed_change_begin(struct managed_store *store, struct managed_act *act)
{
    att_result result = managed_database_run(&store->database, act, "BEGIN IMMEDIATE");

    return result == ATT_RESULT_OK ? managed_database_examine(&store->database, act) : result;
}

att_result managed_change_commit(struct managed_store *store, struct managed_act *act)
{
    att_result result = managed_database_run(&store->database, act, "COMMIT");

    if (result != ATT_RESULT_OK)
        return result;
    if (!managed_generation_change(&store->generation))
        store->host->log(store->host, ATT_LEVEL_WARNING,
                         "the file of the generation cannot be written, so other processes see the change within 30 "
                         "seconds only; let this user write it");
    /* Others may be reading from the WAL; then the next change empties it. */
    managed_database_wait(&store->database, NULL);
    sqlite3_wal_checkpoint_v2(store->database.handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    managed_database_wait(&store->database, act);
    return ATT_RESULT_OK;
}

/* The texts of a list with a newline between them; false when it is too long or an item has a control character. */
static bool join_list(const char *const *list, char *joined, size_t size)
{
    size_t used = 0;

    joined[0] = '\0';
    for (size_t i = 0; list && list[i]; i++) {
        size_t length = strlen(list[i]);

        for (size_t at = 0; at < length; at++)
            if ((unsigned char)list[i][at] < ' ')
                return false;
        if (!length || used + length + 2 > size)
            return false;
        used += (size_t)snprintf(joined + used, size - used, "%s%s", i ? "\n" : "", list[i]);
    }
    return true;
}

static bool is_sound(const char *text, size_t limit)
{
    return text && text[0] && strnlen(text, limit + 1) <= limit;
}

/* What a new secret says of itself; `row` gets the texts, of which origins is `origins`. */
static att_result take_facts(struct managed_act *act, const struct att_secret_facts *facts, struct managed_row *row,
                             char *origins)
{
    row->grant = facts->grant;
    row->type = facts->type ? facts->type : "";
    row->inject = facts->inject ? facts->inject : "";
    row->origins = origins;
    if (!is_sound(row->grant, GRANT_LIMIT))
        return managed_refuse(act, ATT_RESULT_DENIED, "the secret \"%.64s\" names no grant of 1 to %d bytes; name one",
                              row->name, GRANT_LIMIT);
    if (strnlen(row->type, TYPE_LIMIT + 1) > TYPE_LIMIT)
        return managed_refuse(act, ATT_RESULT_DENIED,
                              "the type of the secret \"%.64s\" has more than %d characters; use a shorter one",
                              row->name, TYPE_LIMIT);
    if (strnlen(row->inject, INJECT_LIMIT + 1) > INJECT_LIMIT)
        return managed_refuse(act, ATT_RESULT_DENIED,
                              "the placement of the secret \"%.64s\" has more than %d characters; use a shorter one",
                              row->name, INJECT_LIMIT);
    if (!join_list(facts->origins, origins, LIST_SIZE))
        return managed_refuse(act, ATT_RESULT_DENIED,
                              "the origins of the secret \"%.64s\" are too many, or one has a control character; "
                              "correct them",
                              row->name);
    return ATT_RESULT_OK;
}

static att_result check_grant(struct managed_store *store, struct managed_act *act, const char *grant)
{
    att_result result;
    sqlite3_stmt *taken =
        managed_row_find(store, act, "SELECT " MANAGED_COLUMNS " FROM secret WHERE grant_id = ?1", grant, &result);
    struct managed_row row;

    if (!taken)
        return result;
    managed_row_take(taken, &row);
    result =
        managed_refuse(act, ATT_RESULT_DENIED,
                       "the grant \"%.128s\" is that of the secret \"%.64s\"; choose another grant, or rotate that "
                       "secret",
                       grant, row.name);
    sqlite3_finalize(taken);
    return result;
}

static att_result write_row(struct managed_store *store, struct managed_act *act, const struct managed_row *row)
{
    static const char sql[] = "INSERT OR REPLACE INTO secret (" MANAGED_COLUMNS ")"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    const char *const texts[] = {row->name,    row->grant, row->type,       row->inject,
                                 row->origins, row->parts, row->fingerprint};
    const int64_t numbers[] = {row->created, row->rotated, row->used, row->expires};
    att_result result;
    sqlite3_stmt *statement = managed_database_prepare(&store->database, act, sql, &result);
    int column = 1;

    if (!statement)
        return result;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sqlite3_bind_text(statement, column++, texts[i], -1, SQLITE_STATIC);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sqlite3_bind_int64(statement, column++, numbers[i]);
    sqlite3_bind_blob(statement, column++, row->nonce, MANAGED_NONCE_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(statement, column, row->sealed, (int)row->sealed_size, SQLITE_STATIC);
    return managed_database_finish(&store->database, act, statement);
}

/* Seals the joined parts and writes the row, of which everything but seal and fingerprint is given. */
static att_result seal_row(struct managed_store *store, struct managed_act *act, struct managed_row *row,
                           const struct att_secret *joined)
{
    char fingerprint[MANAGED_FINGERPRINT_SIZE];
    unsigned char nonce[MANAGED_NONCE_SIZE], *sealed = NULL;
    size_t size = 0;
    att_result result;

    managed_fingerprint(store->host, &store->key, joined, fingerprint);
    row->fingerprint = fingerprint;
    result = managed_seal(act, &store->key, row, joined, nonce, &sealed, &size);
    if (result != ATT_RESULT_OK)
        return result;
    row->nonce = nonce;
    row->sealed = sealed;
    row->sealed_size = size;
    result = write_row(store, act, row);
    store->host->release(store->host, sealed);
    return result;
}

/* What is sealed anew is what was sealed before: fields that somebody wrote without the key must not get a seal. */
static att_result verify_row(struct managed_store *store, struct managed_act *act, const struct managed_row *row)
{
    struct att_secret *joined = NULL;
    att_result result = managed_store_unlock(store, act);

    if (result != ATT_RESULT_OK)
        return result;
    result = managed_unseal(act, &store->key, row, &joined);
    if (joined)
        store->host->secret_destroy(joined);
    if (result == ATT_RESULT_FAULT)
        return managed_refuse(act, result,
                              "the secret \"%.64s\" does not open: its row was damaged or changed; remove it, and set "
                              "it anew with its origins",
                              row->name);
    return result;
}

/* Fills the row from the one that is there (*found, to be finalised) or from the facts. */
static att_result prepare_row(struct managed_store *store, struct managed_act *act, uint32_t mode,
                              const struct att_secret_facts *facts, struct managed_row *row, char *origins,
                              sqlite3_stmt **found)
{
    static const char sql[] = "SELECT " MANAGED_COLUMNS " FROM secret WHERE name = ?1";
    int64_t now = store->host->wall(store->host);
    att_result result;

    *found = managed_row_find(store, act, sql, facts->name, &result);
    if (result != ATT_RESULT_OK)
        return result;
    if (*found && mode == ATT_SECRET_CREATE)
        return managed_refuse(act, ATT_RESULT_DENIED,
                              "there is a secret \"%.64s\" already; rotate it, or choose another name", facts->name);
    if (!*found && mode != ATT_SECRET_CREATE)
        return managed_refuse(act, ATT_RESULT_NOT_FOUND, "there is no secret \"%.64s\"; set it first", facts->name);
    if (*found) {
        managed_row_take(*found, row);
        result = verify_row(store, act, row);
    } else {
        *row = (struct managed_row){.name = facts->name, .created = now};
        result = take_facts(act, facts, row, origins);
        if (result == ATT_RESULT_OK)
            result = check_grant(store, act, row->grant);
    }
    row->rotated = *found ? now : 0;
    row->expires = facts->expires;
    return result;
}

static att_result change_locked(struct managed_store *store, struct managed_act *act, uint32_t mode,
                                const struct att_secret_facts *facts, const struct att_secret *joined,
                                const char *part_names)
{
    char origins[LIST_SIZE];
    sqlite3_stmt *found = NULL;
    struct managed_row row;
    att_result result = prepare_row(store, act, mode, facts, &row, origins, &found);

    row.parts = part_names;
    if (result == ATT_RESULT_OK)
        result = managed_store_unlock_to_write(store, act);
    if (result == ATT_RESULT_OK)
        result = seal_row(store, act, &row, joined);
    sqlite3_finalize(found);
    return result == ATT_RESULT_OK ? managed_change_commit(store, act) : result;
}

att_result managed_store_change(struct managed_store *store, struct managed_act *act, uint32_t mode,
                                const struct att_secret_facts *facts, const struct att_named_secret *parts,
                                size_t part_count)
{
    const char *names[MANAGED_PARTS + 1] = {NULL};
    char joined_names[MANAGED_PARTS * MANAGED_NAME_SIZE];
    struct att_secret *joined;
    att_result result;

    if (!is_sound(facts->name, NAME_LIMIT))
        return managed_refuse(act, ATT_RESULT_DENIED, "the secret has no name of 1 to %d bytes; name it", NAME_LIMIT);
    joined = managed_parts_join(act, facts->name, parts, part_count, &result);
    if (!joined)
        return result;
    for (size_t i = 0; i < part_count; i++)
        names[i] = parts[i].name;
    join_list(names, joined_names, sizeof joined_names);
    result = managed_store_begin(store, act, mode == ATT_SECRET_CREATE);
    if (result == ATT_RESULT_NOT_FOUND)
        result = managed_refuse(act, result, "there is no secret \"%.64s\"; set it first", facts->name);
    if (result == ATT_RESULT_OK)
        result = managed_change_begin(store, act);
    if (result == ATT_RESULT_OK)
        result = change_locked(store, act, mode, facts, joined, joined_names);
    if (result == ATT_RESULT_OK)
        managed_store_settle(store, act);
    managed_store_end(store);
    store->host->secret_destroy(joined);
    return result;
}

att_result managed_store_remove(struct managed_store *store, struct managed_act *act, const char *name)
{
    att_result result = managed_store_begin(store, act, false);
    sqlite3_stmt *statement;
    bool removed = false;

    if (result == ATT_RESULT_OK)
        result = managed_change_begin(store, act);
    if (result == ATT_RESULT_OK) {
        statement = managed_database_prepare(&store->database, act, "DELETE FROM secret WHERE name = ?1", &result);
        if (statement) {
            sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
            result = managed_database_finish(&store->database, act, statement);
            removed = result == ATT_RESULT_OK && sqlite3_changes(store->database.handle) > 0;
        }
    }
    if (result == ATT_RESULT_NOT_FOUND || (result == ATT_RESULT_OK && !removed))
        result = managed_refuse(act, ATT_RESULT_NOT_FOUND, "there is no secret \"%.64s\"; list them", name);
    if (result == ATT_RESULT_OK)
        result = managed_change_commit(store, act);
    managed_store_end(store);
    return result;
}
