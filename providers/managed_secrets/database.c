/* providers/managed_secrets/database.c: opening, making and examining the database, and what SQLite's failures mean. */
#include "providers/managed_secrets/database.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* "AttS" as a number: tells a store from the databases of other programs. */
#define APPLICATION 1098150995
#define QUOTED(number) #number
#define TEXT(number) QUOTED(number)

enum { LENGTH_LIMIT = 4 << 20 };

static const char schema[] = "PRAGMA application_id = " TEXT(
    APPLICATION) ";"
                 "PRAGMA user_version = 1;"
                 "CREATE TABLE about (key_id TEXT NOT NULL, nonce BLOB NOT NULL, sealed BLOB NOT NULL);"
                 "CREATE TABLE secret (name TEXT NOT NULL PRIMARY KEY, grant_id TEXT NOT NULL UNIQUE,"
                 " type TEXT NOT NULL, inject TEXT NOT NULL, origins TEXT NOT NULL, parts TEXT NOT NULL,"
                 " fingerprint TEXT NOT NULL, created INTEGER NOT NULL, rotated INTEGER NOT NULL,"
                 " used INTEGER NOT NULL, expires INTEGER NOT NULL, nonce BLOB NOT NULL,"
                 " sealed BLOB NOT NULL);"
                 "PRAGMA journal_mode = WAL;";

/* secure_delete: no bytes of what was removed stay in the file. */
static const char habits[] = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
                             "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 0;";

att_result managed_database_refuse(struct managed_database *database, struct managed_act *act, int code)
{
    const char *path = database->path;
    /* SQLite does not always note it, but makes no other call that fails before it comes back. */
    int last = errno, error = database->handle ? sqlite3_system_errno(database->handle) : 0;

    error = error ? error : last;

    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return managed_nomem(act);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return managed_refuse(act, ATT_RESULT_DEADLINE,
                              "%.300s is in use by another process that does not let go of it; try again", path);
    case SQLITE_FULL:
        return managed_refuse_errno(act, path, "written", ENOSPC);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return managed_refuse(act, ATT_RESULT_CONFIG,
                              "%.300s cannot be written by this user, or its file system cannot; nothing was changed",
                              path);
    case SQLITE_CANTOPEN:
        return managed_refuse_errno(act, path, "opened", error ? error : EACCES);
    case SQLITE_NOTADB:
        return managed_refuse(act, ATT_RESULT_FAULT,
                              "%.300s is no database, or its beginning is damaged; put a copy of it back, or move it "
                              "away to begin anew",
                              path);
    case SQLITE_CORRUPT:
        return managed_refuse(act, ATT_RESULT_FAULT,
                              "%.300s is damaged (%s); put a copy of it back; nothing was changed", path,
                              sqlite3_errstr(code));
    case SQLITE_IOERR:
        return managed_refuse_errno(act, path, "read or written", error ? error : EIO);
    default:
        return managed_refuse(act, ATT_RESULT_FAULT, "%.300s cannot be used (%s); see to its file system", path,
                              sqlite3_errstr(code));
    }
}

static int wait_more(void *context, int tries)
{
    const struct timespec pause = {.tv_nsec = tries < 10 ? 500000 : 2000000};

    if (managed_act_is_over(context))
        return 0;
    nanosleep(&pause, NULL);
    return 1;
}

void managed_database_wait(struct managed_database *database, struct managed_act *act)
{
    sqlite3_busy_handler(database->handle, act ? wait_more : NULL, act);
}

att_result managed_database_run(struct managed_database *database, struct managed_act *act, const char *sql)
{
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? ATT_RESULT_OK : managed_database_refuse(database, act, code);
}

sqlite3_stmt *managed_database_prepare(struct managed_database *database, struct managed_act *act, const char *sql,
                                       att_result *result)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);

    *result = code == SQLITE_OK ? ATT_RESULT_OK : managed_database_refuse(database, act, code);
    return statement;
}

att_result managed_database_finish(struct managed_database *database, struct managed_act *act, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? ATT_RESULT_OK : managed_database_refuse(database, act, code);
}

/* The number that a PRAGMA answers. */
static att_result ask_number(struct managed_database *database, struct managed_act *act, const char *sql,
                             int64_t *number)
{
    att_result result;
    sqlite3_stmt *statement = managed_database_prepare(database, act, sql, &result);
    int code;

    if (!statement)
        return result;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *number = sqlite3_column_int64(statement, 0);
    else
        result = managed_database_refuse(database, act, code);
    sqlite3_finalize(statement);
    return result;
}

/* Only reads, so that a database of somebody else's, or of a later version, stays as it is. */
static att_result check_schema(struct managed_database *database, struct managed_act *act)
{
    int64_t application = 0, version = 0;
    att_result result = ask_number(database, act, "PRAGMA application_id", &application);

    if (result == ATT_RESULT_OK)
        result = ask_number(database, act, "PRAGMA user_version", &version);
    if (result != ATT_RESULT_OK)
        return result;
    if (application != APPLICATION)
        return managed_refuse(act, ATT_RESULT_CONFIG,
                              "%.300s is a database of another program; name another file; nothing was changed",
                              database->path);
    if (version != MANAGED_SCHEMA)
        return managed_refuse(act, ATT_RESULT_CONFIG,
                              "%.300s has schema %d and this version of Attache knows %d; use the version that made "
                              "it, or a later one; nothing was changed",
                              database->path, (int)version, MANAGED_SCHEMA);
    return ATT_RESULT_OK;
}

/* The path that SQLite is to open: without symbolic links, which it is told to refuse. */
static bool resolve(const char *path, char *resolved)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX], real[PATH_MAX];

    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    return realpath(folder, real) &&
           snprintf(resolved, MANAGED_PATH_SIZE, "%s%s", real[1] ? real : "", slash) < MANAGED_PATH_SIZE;
}

/* A schema that another hand changed runs no code of its own here. */
static void harden(sqlite3 *handle)
{
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, LENGTH_LIMIT);
}

/* The files of the WAL stay when the last process closes: without them, nobody who may only read could open it. */
static void keep_wal(sqlite3 *handle)
{
    int on = 1;

    sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

static att_result open_handle(struct managed_database *database, struct managed_act *act, const char *path, int flags)
{
    int code = sqlite3_open_v2(path, &database->handle,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, NULL);

    if (!database->handle)
        return managed_nomem(act);
    if (code != SQLITE_OK)
        return managed_database_refuse(database, act, code);
    harden(database->handle);
    managed_database_wait(database, act);
    return ATT_RESULT_OK;
}

att_result managed_database_open(struct managed_database *database, struct managed_act *act)
{
    char path[MANAGED_PATH_SIZE];
    struct stat found;
    att_result result = managed_file_check(act, database->path, false, &found);

    if (result == ATT_RESULT_OK && found.st_size == 0)
        result = managed_refuse(act, ATT_RESULT_FAULT,
                                "%.300s is empty, so it was cut off; put a copy of it back, or remove it to begin anew",
                                database->path);
    if (result != ATT_RESULT_OK || found.st_dev != database->device || found.st_ino != database->inode)
        managed_database_close(database);
    if (result != ATT_RESULT_OK)
        return result;
    if (database->handle) {
        managed_database_wait(database, act);
        return ATT_RESULT_OK;
    }
    if (!resolve(database->path, path))
        return managed_refuse_errno(act, database->path, "opened", errno);
    result = open_handle(database, act, path, SQLITE_OPEN_READWRITE);
    if (result == ATT_RESULT_OK)
        result = check_schema(database, act);
    if (result == ATT_RESULT_OK)
        result = managed_database_run(database, act, habits);
    if (result == ATT_RESULT_OK) {
        keep_wal(database->handle);
        database->device = found.st_dev;
        database->inode = found.st_ino;
    } else {
        managed_database_close(database);
    }
    return result;
}

void managed_database_rest(struct managed_database *database)
{
    if (!database->handle)
        return;
    managed_database_wait(database, NULL);
    if (!sqlite3_get_autocommit(database->handle))
        sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
}

void managed_database_close(struct managed_database *database)
{
    if (database->handle)
        sqlite3_close(database->handle);
    database->handle = NULL;
    database->inode = 0;
}

att_result managed_database_make(struct managed_database *database, struct managed_act *act)
{
    char resolved[MANAGED_PATH_SIZE], name[MANAGED_PATH_SIZE];
    struct managed_database fresh = {.path = database->path};
    att_result result;
    int descriptor;

    if (!resolve(database->path, resolved))
        return managed_refuse_errno(act, database->path, "made", errno);
    managed_file_name_new(resolved, name, sizeof name);
    /* SQLite would make it with the mode that the umask leaves; this way it and the files beside it are 0600. */
    descriptor = managed_file_open(name, O_RDWR | O_CREAT | O_EXCL);
    if (descriptor < 0)
        return managed_refuse_errno(act, database->path, "made", errno);
    close(descriptor);
    result = open_handle(&fresh, act, name, SQLITE_OPEN_READWRITE);
    if (result == ATT_RESULT_OK)
        result = managed_database_run(&fresh, act, schema);
    managed_database_close(&fresh);
    if (result == ATT_RESULT_OK)
        return managed_file_link(act, name, database->path, NULL);
    unlink(name);
    return result;
}

att_result managed_database_examine(struct managed_database *database, struct managed_act *act)
{
    att_result result;
    sqlite3_stmt *statement = managed_database_prepare(database, act, "PRAGMA integrity_check(1)", &result);
    int code;

    if (!statement)
        return result;
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW) {
        result = managed_database_refuse(database, act, code);
    } else {
        const char *finding = (const char *)sqlite3_column_text(statement, 0);
        if (!finding || strcmp(finding, "ok") != 0)
            result = managed_refuse(act, ATT_RESULT_FAULT,
                                    "%.300s is damaged (%.120s); put a copy of it back; nothing was changed",
                                    database->path, finding ? finding : "it cannot be examined");
    }
    sqlite3_finalize(statement);
    return result;
}
