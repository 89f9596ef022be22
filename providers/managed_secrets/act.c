/* providers/managed_secrets/act.c: the sentence of a failure, and the end of patience. */
#include "providers/managed_secrets/act.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_NS (INT64_C(5) * 1000000000)

void managed_act_begin(struct managed_act *act, const struct att_host *host, struct att_call *call)
{
    memset(act, 0, sizeof *act);
    act->host = host;
    act->call = call;
    act->begun_ns = host->now_ns(host);
    errno = 0;
}

att_result managed_act_end(struct managed_act *act, att_result result)
{
    if (result != ATT_RESULT_OK && act->why[0] && !act->said)
        act->host->fetch_failed(act->call, act->why);
    return result;
}

att_result managed_refuse(struct managed_act *act, att_result result, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(act->why, sizeof act->why, format, arguments);
    va_end(arguments);
    return result;
}

static const char *advice(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return "create its folder";
    case EACCES:
    case EPERM:
        return "let this user use it, or name another path";
    case EROFS:
        return "name a path on a file system that can be written";
    case ENOSPC:
    case EDQUOT:
        return "make room on its file system";
    case EFBIG:
        return "raise the limit of file sizes";
    case ELOOP:
        return "it is a symbolic link: name the file itself";
    default:
        return "see to its file system";
    }
}

att_result managed_refuse_errno(struct managed_act *act, const char *path, const char *verb, int error)
{
    const char *hint = advice(error);
    bool passing = error == ENOSPC || error == EDQUOT || error == EIO || error == EMFILE || error == ENFILE;

    if (error == ENOMEM)
        return managed_nomem(act);
    errno = error;
    return managed_refuse(act, passing ? ATT_RESULT_UNAVAILABLE : ATT_RESULT_CONFIG, "%.300s cannot be %s: %m; %s",
                          path, verb, hint);
}

att_result managed_nomem(struct managed_act *act)
{
    return managed_refuse(act, ATT_RESULT_NOMEM,
                          "memory is out; free some, or raise the limit on locked memory for secrets");
}

bool managed_act_is_over(const struct managed_act *act)
{
    if (act->call)
        return act->host->cancelled(act->call);
    return act->host->now_ns(act->host) - act->begun_ns > PATIENCE_NS;
}
