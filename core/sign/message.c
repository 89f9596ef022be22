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
        [ATT_SIGN_NEWLINE] = "{newline}",
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
