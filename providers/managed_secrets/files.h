/* files.h: the folder and the files of the store: made with exact permissions, refused with wrong ones. */
#ifndef ATT_MANAGED_FILES_H
#define ATT_MANAGED_FILES_H

#include <sys/stat.h>

#include "providers/managed_secrets/act.h"

enum { MANAGED_PATH_SIZE = 4096 };

/* A file that nobody but root and the running user may write; `secret`: nor anyone else read. NOT_FOUND without a
 * sentence when it is not there. `found` is filled on OK. The file is not opened: closing a descriptor of a database
 * would drop the locks that SQLite holds on it in this process. */
att_result managed_file_check(struct managed_act *act, const char *path, bool secret, struct stat *found);

/* The folder that a path is in: under the same rule, and made (mode 0700) when it is missing and `make` says so. Where
 * folders above it are missing, they are made too, in one that belongs to the running user and not everyone may write.
 * NOT_FOUND without a sentence when it is missing. */
att_result managed_folder_check(struct managed_act *act, const char *path, bool make);

/* Makes a file of mode 0600 that appears whole or not at all, and is on the disk when this returns. A file that is
 * already there stays as it is, and *won (may be NULL) is false then. */
att_result managed_file_make(struct managed_act *act, const char *path, const void *bytes, size_t size, bool *won);

/* A name beside `path` for a file that is to get its name: unique, so that several processes can try at once. */
void managed_file_name_new(const char *path, char *name, size_t size);
/* Gives `from` the name `path` unless that is taken, and removes the name `from` either way. */
att_result managed_file_link(struct managed_act *act, const char *from, const char *path, bool *won);
/* Gives `from` the name `path` in the place of what had it. */
att_result managed_file_rename(struct managed_act *act, const char *from, const char *path);

/* open(2) with O_CLOEXEC and no symbolic link followed. Not a standard descriptor that the program closed: it may write
 * to those at any time. -1 with errno. */
int managed_file_open(const char *path, int flags);

/* Brings the names in the folder of a path to the disk. */
void managed_folder_sync(const char *path);

#endif
