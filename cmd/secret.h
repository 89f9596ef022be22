/* cmd/secret.h: what the verbs of attache secret share. */
#ifndef ATT_CMD_SECRET_H
#define ATT_CMD_SECRET_H

#include <attache/attache.h>

#include "cmd/input.h"
#include "cmd/output.h"
#include "cmd/session.h"
#include "cmd/verb.h"

extern const struct cmd_verb cmd_verb_secret_list, cmd_verb_secret_rekey, cmd_verb_secret_remove,
    cmd_verb_secret_rotate, cmd_verb_secret_set, cmd_verb_secret_templates;

/* The facts of a secret as a member of `json`. */
void secret_print_json(struct cmd_json *json, const char *name, const att_secret_info *info);

/* How many parts a call with these options will read. What goes wrong here goes wrong again in the call itself, which
 * tells of it. */
size_t secret_parts_count(const struct cmd_call *call, struct cmd_session *session, const att_secret_options *options,
                          bool rotates);

/* Where the values of parts come from: a terminal, which is asked for each; else a descriptor, of which each part takes
 * a line and the last one all that is left. */
struct secret_source {
    int descriptor;    /* -1: standard input, or the terminal that it is */
    size_t parts;      /* how many are still to be read */
    bool several;      /* there was more than one */
    char trouble[256]; /* why nothing was read, or "" */
    int terminal;      /* open while it is asked, else -1 */
};

void secret_source_open(struct secret_source *source, int descriptor);
void secret_source_close(struct secret_source *source);
/* An att_secret_read_callback. */
size_t secret_source_read(void *source, const char *part, const char *prompt, int hidden, char *buffer,
                          size_t capacity);

#endif
