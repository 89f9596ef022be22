/* cmd/table.h: a table of texts, printed with aligned columns once all rows are known. */
#ifndef ATT_CMD_TABLE_H
#define ATT_CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/output.h"

struct cmd_table {
    size_t columns;
    size_t rows;
    char **cells; /* rows * columns, owned */
    bool failed;  /* memory ran out: rows are missing */
};

/* Adds a row of `columns` texts, made safe for a terminal; NULL is an empty cell. */
void cmd_table_add(struct cmd_table *table, const char *const *row);

/* Prints the rows. The last column is not padded. `tint` (may be NULL) gives the colour of a cell, or -1. */
void cmd_table_print(const struct cmd_table *table, FILE *out,
                     int (*tint)(size_t row, size_t column, const char *cell));

void cmd_table_close(struct cmd_table *table);

#endif
