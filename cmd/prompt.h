/* cmd/prompt.h: asking a human at the terminal, without echo where the answer is a secret. */
#ifndef ATT_CMD_PROMPT_H
#define ATT_CMD_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

enum cmd_answer {
    CMD_ANSWER_LINE,     /* a line was typed; its end is not in the buffer */
    CMD_ANSWER_NONE,     /* end of input */
    CMD_ANSWER_TOO_LONG, /* the terminal cuts a line of this length */
    CMD_ANSWER_FAILED    /* errno tells */
};

/* Prints "PROMPT: " on the terminal and reads a line into `buffer`, and nowhere else. A signal that ends or stops the
 * program finds the terminal as it was before; after a stop the question is asked again. */
enum cmd_answer cmd_prompt(int terminal, const char *prompt, bool hidden, char *buffer, size_t capacity, size_t *size);

#endif
