/* act.h: one call into the module: on whose behalf, until when, and the sentence of its failure. */
#ifndef ATT_MANAGED_ACT_H
#define ATT_MANAGED_ACT_H

#include <attache/module.h>
#include <stdbool.h>

/* A secret is that of its grant, whoever asks and wherever it goes. */
enum { MANAGED_SHARED_BY_ALL = ATT_SHARED_BY_CALLERS | ATT_SHARED_BY_USERS | ATT_SHARED_BY_ORIGINS };

struct managed_act {
    const struct att_host *host;
    struct att_call *call; /* NULL while the instance opens */
    int64_t begun_ns;      /* on the monotonic clock of the host */
    bool fetching;         /* the host reads references anew in fetch only */
    bool said;             /* the host has the sentence already */
    bool key_differs;      /* the failure may be over after a look at the store as it is now */
    char why[512];         /* one sentence, without any secret */
};

void managed_act_begin(struct managed_act *act, const struct att_host *host, struct att_call *call);
/* Hands the sentence of a failure to the host. Returns `result`. */
att_result managed_act_end(struct managed_act *act, att_result result);

/* Each notes the sentence and returns `result`; the second one adds what the system says of `error`. */
att_result managed_refuse(struct managed_act *act, att_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
att_result managed_refuse_errno(struct managed_act *act, const char *path, const char *verb, int error);
att_result managed_nomem(struct managed_act *act);

/* Whether waiting has to end: the deadline of the call passed, nobody waits for it, or it has none and took long. */
bool managed_act_is_over(const struct managed_act *act);

#endif
