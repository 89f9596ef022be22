/* core/sign/message.c: the message that an HMAC is taken over, as a site writes it down. */
#include <string.h>

#include "core/sign/sign.h"

bool att_sign_message_next(const char **message, size_t *literal, enum att_sign_name *name)
{
    static const char *const names[ATT_SIGN_NAMES] = {
        [ATT_SIGN_METHOD] = "{method}",       [ATT_SIGN_SCHEME] = "{scheme}",
        [ATT_SIGN_HOST] = "{host}",           [ATT_SIGN_PATH] = "{path}",
        [ATT_SIGN_QUERY] = "{query}",         [ATT_SIGN_TARGET] = "{target}",
        [ATT_SIGN_BODY_BYTES] = "{body}",     [ATT_SIGN_BODY_SHA256] = "{body_sha256}",
        [ATT_SIGN_TIMESTAMP] = "{timestamp}", [ATT_SIGN_NONCE] = "{nonce}",
    };

    *literal = strcspn(*message, "{}");
    *message += *literal;
    *name = ATT_SIGN_NAMES;
    for (size_t i = 0; **message == '{' && i < ATT_SIGN_NAMES; i++) {
        size_t size = strlen(names[i]);
        if (strncmp(*message, names[i], size) == 0) {
            *message += size;
            *name = (enum att_sign_name)i;
            return true;
        }
    }
    return **message == '\0' && *literal;
}

bool att_sign_message_check(const char *message, struct att_buffer *why)
{
    const char *at = message;
    enum att_sign_name name = ATT_SIGN_NAMES;
    size_t literal;
    bool any = false;

    while (att_sign_message_next(&at, &literal, &name))
        any = any || name != ATT_SIGN_NAMES;
    if (*at) {
        att_buffer_format(why,
                          "the message has \"%.20s\" where a name is expected; in braces it may have method, scheme, "
                          "host, path, query, target, body, body_sha256, timestamp and nonce",
                          at);
        return false;
    }
    if (!any)
        att_buffer_text(why, "the message has nothing of the request in it, so one signature would do for all; name "
                             "parts of it, as in \"{method} {target} {body_sha256}\"");
    return any;
}
