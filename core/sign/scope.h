/* scope.h: for which region and service a request to AWS is signed. */
#ifndef ATT_SIGN_SCOPE_H
#define ATT_SIGN_SCOPE_H

#include "core/error/error.h"
#include "core/secret/secret.h"

#define ATT_SIGN_NAME_SIZE 65 /* of a region or service, with its NUL */

struct att_sign_scope {
    char region[ATT_SIGN_NAME_SIZE], service[ATT_SIGN_NAME_SIZE];
};

/* Reads both from the name of a host of AWS, in lower case and without a port: "bucket.s3.eu-west-1.amazonaws.com".
 * What the name does not tell is left empty. False when it tells nothing. */
bool att_sign_scope_of_host(const char *host, struct att_sign_scope *scope);

/* Each of the two by itself: what the placement says (`region`, `service`: NULL or "" when it says nothing), else the
 * credential's part of that name (NULL when it has none), else what the host tells. ATT_CONFIG names what to write,
 * ATT_MODULE a part that is no name; `grant` is what messages call the credential. */
att_status att_sign_scope_find(struct att_sign_scope *scope, const char *region, const char *service,
                               const struct att_secret *region_part, const struct att_secret *service_part,
                               const char *host, const char *grant, att_error *error);

/* Whether a text can be a region or service: 1 to 64 letters, digits, "-", "_" and ".". */
bool att_sign_scope_is_name(const char *text, size_t size);

#endif
