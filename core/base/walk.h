/* walk.h: opening a directory so that only root and one more user can have decided which one it is. */
#ifndef ATT_WALK_H
#define ATT_WALK_H

#include <sys/stat.h>

#include "core/base/base.h"

/* Besides root: the running user; with raised privileges nobody, since who started the program is not who it runs as.
 */
uid_t att_trusted_user(void);

enum att_walk_fault {
    ATT_WALK_FAILED,   /* `error` says why */
    ATT_WALK_OWNER,    /* a directory belongs to somebody else */
    ATT_WALK_WRITABLE, /* others may write in a directory that is not sticky */
    ATT_WALK_LINK,     /* a link of somebody else, in a directory where others may write */
    ATT_WALK_ENDLESS   /* too many links */
};

struct att_walk {
    uid_t user; /* trusted besides root */
    enum att_walk_fault fault;
    int error;
    struct stat facts;      /* of the directory that was opened, or of what is at fault */
    struct att_buffer path; /* of the same, without links; empty at the root */
};

/* Goes from the root to `path`, and checks each directory before anything in it is followed. A descriptor for openat()
 * and fstat(), or -1. att_walk_close() in both cases. */
int att_walk_open(struct att_walk *walk, const char *path, uid_t user);
void att_walk_close(struct att_walk *walk);

const char *att_walk_path(const struct att_walk *walk);
/* Appends what is wrong with a link on the way, and the next step; false when the fault is another. */
bool att_walk_explain_link(const struct att_walk *walk, struct att_buffer *why);
/* The same for all that is wrong with whom the way belongs to; false when it is not there. */
bool att_walk_explain(const struct att_walk *walk, struct att_buffer *why);
/* Whom to give a thing that belongs to somebody else, to be trusted by `user`: who may become one of these needs no
 * thing of ours to do harm. */
void att_owner_advise(uid_t user, struct att_buffer *why);

#endif
