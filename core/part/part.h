/* part.h: shared objects of the library's own build, which are installed beside it and loaded when they are first
 * needed, so that only programs which need them pay for the libraries behind them. */
#ifndef ATT_PART_H
#define ATT_PART_H

#include "core/error/error.h"

/* One kind of them. */
struct att_part {
    const char *kind;    /* what messages call it: "transport" */
    const char *folder;  /* where it lies: <directory of libattache>/attache/FOLDER/NAME.so */
    const char *symbol;  /* what it exports: an entry, which begins with its version as an unsigned */
    unsigned version;    /* library and part are of one build: refused when it differs */
    const char *library; /* the library behind it that may be missing: a part of its file's name, and */
    const char *cure;    /* what to do about it */
};

/* The entry of the part NAME, loaded for the rest of the process. NULL with ATT_CONFIG or ATT_INTERNAL. Thread-safe. */
const void *att_part_load(const struct att_part *part, const char *name, att_error *error);
/* The same from a given file. */
const void *att_part_open(const struct att_part *part, const char *path, att_error *error);

#endif
