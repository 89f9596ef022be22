/* plugins/audit_file/log_file.h: a file of lines that several processes append to, and that a write may have left
 * within a line. Not thread-safe. */
#ifndef ATT_LOG_FILE_H
#define ATT_LOG_FILE_H

#include <attache/module.h>
#include <stdbool.h>
#include <sys/types.h>

struct log_file {
    const char *path; /* lives longer than this */
    mode_t mode;
    int descriptor;
    dev_t device;
    ino_t inode;
    off_t end;       /* where it ends if nobody else wrote since */
    bool torn;       /* it may end within a line */
    bool foreign;    /* somebody else was seen to write to it */
    int quiet_looks; /* looks at which nobody else had written */
};

/* Why something failed and what to do. */
struct log_sentence {
    char text[512];
};

/* Both write the sentence and return false. */
bool log_refuse(struct log_sentence *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool log_refuse_errno(struct log_sentence *why, const struct log_file *file, const char *verb, int error);

/* "0600" to 0600; false for what is no octal number up to 0777, and where the owner could not read and write. */
bool log_mode_parse(const char *text, mode_t *mode);

bool log_file_open(struct log_file *file, const char *path, mode_t mode, struct log_sentence *why);
void log_file_close(struct log_file *file);

/* A look at the path: opens anew when it names another file now, or none, and sees whether others write to the file. On
 * failure the old file stays open. */
bool log_file_follow(struct log_file *file, struct log_sentence *why);

/* Appends the record as a line of its own, after a recovery record where a line before it is torn. */
bool log_file_append(struct log_file *file, const struct att_record *record, struct log_sentence *why);

/* Waits until the disk has what was appended. */
bool log_file_sync(struct log_file *file, struct log_sentence *why);

#endif
