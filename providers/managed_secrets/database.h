/* database.h: the SQLite database that a store is kept in.
 *
 * It is in WAL mode, so that readers and a writer of several processes do not wait for each other, and every change is
 * on the disk (synchronous = FULL) before it counts. A new database is made whole under another name and linked to its
 * own, so an empty file is never one that is still being made. Not thread-safe. */
#ifndef ATT_MANAGED_DATABASE_H
#define ATT_MANAGED_DATABASE_H

#include <sqlite3.h>

#include "providers/managed_secrets/files.h"
#include "providers/managed_secrets/seal.h"

struct managed_database {
    const char *path; /* lives longer than this */
    sqlite3 *handle;  /* NULL while it is closed */
    dev_t device;
    ino_t inode;
};

/* Opens the database, or looks whether the open one is still what the path names. NOT_FOUND without a sentence when
 * there is none; nothing is touched when it is not a store that this version knows. The calls of the database wait as
 * long as `act` may; managed_database_rest ends that, and whatever transaction was left. */
att_result managed_database_open(struct managed_database *database, struct managed_act *act);
void managed_database_rest(struct managed_database *database);
/* Waits for others as long as `act` may; NULL: not at all. */
void managed_database_wait(struct managed_database *database, struct managed_act *act);
void managed_database_close(struct managed_database *database);
/* Makes an empty one where there is none. */
att_result managed_database_make(struct managed_database *database, struct managed_act *act);

/* Notes what SQLite said. */
att_result managed_database_refuse(struct managed_database *database, struct managed_act *act, int code);
att_result managed_database_run(struct managed_database *database, struct managed_act *act, const char *sql);
/* NULL with the sentence. Ended with sqlite3_finalize. */
sqlite3_stmt *managed_database_prepare(struct managed_database *database, struct managed_act *act, const char *sql,
                                       att_result *result);
/* Runs and finalises a statement that answers no rows. */
att_result managed_database_finish(struct managed_database *database, struct managed_act *act, sqlite3_stmt *statement);
/* Whether the pages of the file fit together, as far as SQLite can tell. FAULT when they do not. */
att_result managed_database_examine(struct managed_database *database, struct managed_act *act);

#endif
