/* cmd/table.c: a table of texts, printed with aligned columns once all rows are known. */
#include <stdlib.h>

#include "cmd/table.h"

void cmd_table_add(struct cmd_table *table, const char *const *row)
{
    size_t used = table->rows * table->columns;
    char **cells = reallocarray(table->cells, used + table->columns, sizeof *cells);

    if (!cells) {
        table->failed = true;
        return;
    }
    table->cells = cells;
    for (size_t i = 0; i < table->columns; i++) {
        cells[used + i] = cmd_safe_text(row[i]);
        table->failed = table->failed || !cells[used + i];
    }
    table->rows++;
}

static int column_width(const struct cmd_table *table, size_t column)
{
    int widest = 0;

    for (size_t row = 0; row < table->rows; row++) {
        int width = cmd_text_width(table->cells[row * table->columns + column]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_cell(FILE *out, const char *cell, int colour)
{
    if (colour < 0)
        fputs(cell, out);
    else
        cmd_print_colour(out, (enum cmd_colour)colour, cell);
}

void cmd_table_print(const struct cmd_table *table, FILE *out, int (*tint)(size_t row, size_t column, const char *cell))
{
    int *widths = calloc(table->columns, sizeof *widths);

    if (!widths || table->failed) {
        free(widths);
        return;
    }
    for (size_t column = 0; column + 1 < table->columns; column++)
        widths[column] = column_width(table, column);
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t column = 0; column < table->columns; column++) {
            const char *cell = table->cells[row * table->columns + column];

            print_cell(out, cell, tint ? tint(row, column, cell) : -1);
            if (column + 1 < table->columns)
                fprintf(out, "%*s", widths[column] - cmd_text_width(cell) + 2, "");
        }
        fputc('\n', out);
    }
    free(widths);
}

void cmd_table_close(struct cmd_table *table)
{
    for (size_t i = 0; i < table->rows * table->columns; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct cmd_table){.columns = table->columns};
}
