/* cmd/protection.h: what this machine grants a process that wants to protect secrets in its memory. */
#ifndef ATT_CMD_PROTECTION_H
#define ATT_CMD_PROTECTION_H

#include <stdint.h>

#include "cmd/output.h"

struct cmd_protection {
    bool locked, dump_excluded, fork_wiped;
    int64_t lock_limit; /* bytes, -1: none */
};

/* Tries each on a page. */
void cmd_protection_probe(struct cmd_protection *protection);
void cmd_protection_print(const struct cmd_protection *protection, FILE *out);
void cmd_protection_print_json(const struct cmd_protection *protection, struct cmd_json *json);

#endif
