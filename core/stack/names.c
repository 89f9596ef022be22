/* core/stack/names.c: the words for results, control words and actions. */
#include "core/stack/stack.h"

const char *att_action_name(enum att_action action)
{
    static const char *const names[] = {"ok", "done", "ignore", "bad", "die"};

    return (unsigned)action < ATT_COUNT(names) ? names[action] : "die";
}

const char *att_control_name(enum att_control control)
{
    static const char *const names[] = {"required", "requisite", "sufficient", "optional"};

    return (unsigned)control < ATT_COUNT(names) ? names[control] : "unknown";
}

const char *att_result_name(att_result result)
{
    static const char *const names[ATT_RESULT_COUNT] = {
        "OK",       "NONE",      "NOT_FOUND", "AMBIGUOUS", "DENIED", "REAUTH",  "EXPIRED", "REVOKED", "UNAVAILABLE",
        "DEADLINE", "CANCELLED", "CONFIG",    "NOMEM",     "FAULT",  "PENDING", "LIMITED", "BACKEND",
    };

    return result >= 0 && result < ATT_RESULT_COUNT ? names[result] : "FAULT";
}
