/* store.h: the local store: managed secrets in one sealed file of this machine.
 *
 * One store per instance, with one call at a time. Any number of processes and instances may
 * use the same files at once. */
#ifndef ATT_MANAGED_STORE_H
#define ATT_MANAGED_STORE_H

#include "providers/managed_secrets/database.h"
#include "providers/managed_secrets/generation.h"

enum { MANAGED_LONGEST_MS = 30000, MANAGED_UNWATCHED_MS = 1000 };

struct managed_store {
    const struct att_host *host;
    char *file;            /* the database */
    char *generation_file; /* beside it */
    char *key_file;        /* NULL where the key is a reference */
    char *key_file_new;    /* where the next key waits while everything is sealed anew */
    struct managed_key key;
    struct managed_database database;
    struct managed_generation generation;
};

/* Checks the settings without looking at a file; *option is the one at fault. */
att_result managed_store_check(struct managed_act *act, const struct att_settings *settings, const char **option);
/* Opens an instance by its settings, checked likewise. Makes no file. */
att_result managed_store_open(struct managed_act *act, const struct att_settings *settings,
                              struct managed_store **store, const char **option);
void managed_store_close(struct managed_store *store);

/* The calls of the module. */
att_result managed_store_fetch(struct managed_store *store, struct managed_act *act, const struct att_fetch *fetch,
                               struct att_credential *credential);
att_result managed_store_change(struct managed_store *store, struct managed_act *act, uint32_t mode,
                                const struct att_secret_facts *facts, const struct att_named_secret *parts,
                                size_t part_count);
att_result managed_store_list(struct managed_store *store, struct managed_act *act, struct att_listing *listing);
att_result managed_store_remove(struct managed_store *store, struct managed_act *act, const char *name);
att_result managed_store_rekey(struct managed_store *store, struct managed_act *act, const char *key_file);

/* ---- shared by the calls ----------------------------------------------------------------------------------------- */

/* Opens or follows the files. NOT_FOUND without a sentence when there is no store yet, unless `make` says so. Every
 * call ends with managed_store_end, whatever came of it. */
att_result managed_store_begin(struct managed_store *store, struct managed_act *act, bool make);
void managed_store_end(struct managed_store *store);

/* The columns of a row, in the order in which managed_row_take reads them. */
#define MANAGED_COLUMNS \
    "name, grant_id, type, inject, origins, parts, fingerprint, created, rotated, used, expires, nonce, sealed"

/* The row that a statement stands at; good until the statement moves. A field of another type than it was written with
 * gives a row that does not open. */
void managed_row_take(sqlite3_stmt *statement, struct managed_row *row);
/* A statement that stands at the one row whose `column` is `value`, to be finalised; NULL with OK when there is none,
 * and with the sentence on failure. */
sqlite3_stmt *managed_row_find(struct managed_store *store, struct managed_act *act, const char *sql, const char *value,
                               att_result *result);

/* ---- the key of the store (store_key.c) -------------------------------------------------------------------------- */

/* Within a transaction: makes store->key the one that sealed the store, reading its file anew where another process
 * changed it. `key_differs` is set in `act` when it may be found by looking again from the beginning. */
att_result managed_store_unlock(struct managed_store *store, struct managed_act *act);
/* Within a transaction that writes: the same, and where nothing is sealed yet, makes a key and notes it. */
att_result managed_store_unlock_to_write(struct managed_store *store, struct managed_act *act);
/* Within a transaction that writes: notes the key as that of the store. */
att_result managed_store_note_key(struct managed_store *store, struct managed_act *act, const struct managed_key *key);
/* Between transactions, of which the last one did not fail: ends what a crash left of a change of keys, if it left
 * anything. The next key gets its place if the store is sealed under it, and is removed if not. Failures are left to
 * the next time: until then, the key is found where it is. The other one is for within a transaction that writes; it
 * removes nothing unless `discard` says so. */
void managed_store_settle(struct managed_store *store, struct managed_act *act);
void managed_store_settle_locked(struct managed_store *store, struct managed_act *act, bool discard);

/* ---- making changes (store_change.c) ----------------------------------------------------------------------------- */

/* Begins a transaction that writes, after a look at the whole file: nothing is written into a damaged one. */
att_result managed_change_begin(struct managed_store *store, struct managed_act *act);
/* Commits, moves the change from the WAL into the database, so that no sealed bytes of before stay in it, and tells all
 * processes. */
att_result managed_change_commit(struct managed_store *store, struct managed_act *act);

#endif
