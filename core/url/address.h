/* address.h: which addresses a credential may be sent to. */
#ifndef ATT_ADDRESS_H
#define ATT_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum att_address_class {
    ATT_ADDRESS_OTHER, /* public, or of a private network: TLS vouches for who is there */
    ATT_ADDRESS_LOOPBACK,
    ATT_ADDRESS_REFUSED /* never: link-local, metadata, unspecified, multicast, broadcast */
};

/* An IPv6 address that carries an IPv4 one is judged as that. `what` says what a refused address is: "a ...". */
enum att_address_class att_address_judge(const struct sockaddr *address, const char **what);

/* Whether the host of a URL says itself that this machine is meant: localhost, NAME.localhost, or an address of
 * loopback. Other names must not lead there. */
bool att_address_host_is_local(const char *host);

#endif
