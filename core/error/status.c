/* core/error/status.c: names and sentences of the statuses. */
#include <attache/attache.h>

#include "core/base/base.h"

static const struct {
    const char *name, *sentence;
} statuses[] = {
    [ATT_OK] = {"ATT_OK", "success"},
    [ATT_INVALID] = {"ATT_INVALID", "the call was refused: an argument is not valid; see the error's field"},
    [ATT_STATE] = {"ATT_STATE", "the engine or client is closed, or belongs to the parent process; open a new one"},
    [ATT_CONFIG] = {"ATT_CONFIG", "the configuration is wrong; run attache check"},
    [ATT_MODULE] = {"ATT_MODULE", "a module is missing, refused or faulty; run attache modules"},
    [ATT_NOT_FOUND] = {"ATT_NOT_FOUND", "there is no such grant; see attache grants"},
    [ATT_AMBIGUOUS] = {"ATT_AMBIGUOUS", "several grants match; name one of the candidates"},
    [ATT_DENIED] = {"ATT_DENIED", "policy does not allow the request; see attache explain"},
    [ATT_RATE_LIMITED] = {"ATT_RATE_LIMITED", "too many requests; try again after the time that retry_after_ms says"},
    [ATT_APPROVAL] = {"ATT_APPROVAL", "the request needs the approval of a human; see attache approve"},
    [ATT_REAUTH] = {"ATT_REAUTH", "the user has to authorise again; ask for it"},
    [ATT_EXPIRED] = {"ATT_EXPIRED", "the lifetime of the grant is over; connect again"},
    [ATT_REVOKED] = {"ATT_REVOKED", "the grant was revoked; connect again"},
    [ATT_SCOPE] = {"ATT_SCOPE", "the grant lacks scopes that the upstream asks for; connect again with them"},
    [ATT_BACKEND] = {"ATT_BACKEND", "the backend of the credential failed; try again later"},
    [ATT_NETWORK] = {"ATT_NETWORK", "the upstream cannot be reached; check name, network and certificate"},
    [ATT_TIMEOUT] = {"ATT_TIMEOUT", "a deadline passed; try again, or allow more time"},
    [ATT_UPSTREAM] = {"ATT_UPSTREAM", "the upstream answered with an error; see the response"},
    [ATT_CONNECT_DENIED] = {"ATT_CONNECT_DENIED", "the user refused to authorise; start connect again"},
    [ATT_CONNECT_TIMEOUT] = {"ATT_CONNECT_TIMEOUT", "nobody finished the connect flow in time; start it again"},
    [ATT_CONNECT_FAILED] = {"ATT_CONNECT_FAILED", "the connect flow failed; see the message of the error"},
    [ATT_AUDIT] = {"ATT_AUDIT", "a required audit sink could not take the record; check its disk and permissions"},
    [ATT_NOMEM] = {"ATT_NOMEM", "out of memory; free some and try again"},
    [ATT_INTERNAL] = {"ATT_INTERNAL", "a fault of Attache; please report it"},
};

static att_status known(att_status status)
{
    return (unsigned)status < ATT_COUNT(statuses) ? status : ATT_INTERNAL;
}

const char *att_status_name(att_status status)
{
    return statuses[known(status)].name;
}

const char *att_strerror(att_status status)
{
    return statuses[known(status)].sentence;
}
