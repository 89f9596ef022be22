/* core/url/address.c: which addresses a credential may be sent to, judged on the very address that the
 * socket is about to be connected to, whatever a name resolved to before. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "core/base/base.h"
#include "core/url/address.h"

struct range {
    unsigned char prefix[16];
    int bits;
    const char *what;
};

/* Instance metadata services hand out credentials to whoever asks from inside. Most are link-local; these are not. */
static const char metadata[] = "the address of a metadata service";
static const struct range refused4[] = {
    {{0}, 8, "an unspecified address"},
    {{169, 254}, 16, "a link-local address, where metadata services answer"},
    {{100, 100, 100, 200}, 32, metadata},
    {{168, 63, 129, 16}, 32, metadata},
    {{192, 0, 0, 192}, 32, metadata},
    {{224}, 4, "a multicast address"},
    {{255, 255, 255, 255}, 32, "the broadcast address"},
};
static const struct range refused6[] = {
    {{0}, 128, "an unspecified address"},
    {{0xfe, 0x80}, 10, "a link-local address"},
    {{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}, 128, metadata},
    {{0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54}, 128, metadata},
    {{0xff}, 8, "a multicast address"},
};
static const struct range loopback6 = {{[15] = 1}, 128, NULL};
/* IPv6 addresses that carry an IPv4 address, and at which byte. */
static const struct {
    struct range range;
    size_t at;
} carriers[] = {
    {{{[10] = 0xff, [11] = 0xff}, 96, "mapped"}, 12},
    {{{0}, 96, "compatible"}, 12},
    {{{0x00, 0x64, 0xff, 0x9b}, 96, "NAT64"}, 12},
    {{{0x20, 0x02}, 16, "6to4"}, 2},
};

static bool within(const unsigned char *address, const struct range *range)
{
    size_t whole = (size_t)range->bits / 8;
    int rest = range->bits % 8;

    if (memcmp(address, range->prefix, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ range->prefix[whole]) & (0xff << (8 - rest)) & 0xff) == 0;
}

static const char *find(const unsigned char *address, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (within(address, &ranges[i]))
            return ranges[i].what;
    }
    return NULL;
}

static enum att_address_class judge4(const unsigned char *address, const char **what)
{
    *what = find(address, refused4, ATT_COUNT(refused4));
    if (*what)
        return ATT_ADDRESS_REFUSED;
    return address[0] == 127 ? ATT_ADDRESS_LOOPBACK : ATT_ADDRESS_OTHER;
}

static enum att_address_class judge6(const unsigned char *address, const char **what)
{
    if (within(address, &loopback6))
        return ATT_ADDRESS_LOOPBACK;
    *what = find(address, refused6, ATT_COUNT(refused6));
    if (*what)
        return ATT_ADDRESS_REFUSED;
    for (size_t i = 0; i < ATT_COUNT(carriers); i++) {
        if (within(address, &carriers[i].range))
            return judge4(address + carriers[i].at, what);
    }
    return ATT_ADDRESS_OTHER;
}

enum att_address_class att_address_judge(const struct sockaddr *address, const char **what)
{
    *what = NULL;
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return judge4((const unsigned char *)&in.sin_addr, what);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        return judge6((const unsigned char *)&in6.sin6_addr, what);
    }
    *what = "no internet address";
    return ATT_ADDRESS_REFUSED;
}

bool att_address_host_is_local(const char *host)
{
    size_t size = strlen(host);
    unsigned char bytes[sizeof(struct in6_addr)];
    char bare[64];
    const char *what;

    if (strcasecmp(host, "localhost") == 0 || (size > 10 && strcasecmp(host + size - 10, ".localhost") == 0))
        return true;
    if (inet_pton(AF_INET, host, bytes) == 1)
        return judge4(bytes, &what) == ATT_ADDRESS_LOOPBACK;
    if (size < 3 || size >= sizeof bare || host[0] != '[' || host[size - 1] != ']')
        return false;
    memcpy(bare, host + 1, size - 2);
    bare[size - 2] = '\0';
    return inet_pton(AF_INET6, bare, bytes) == 1 && judge6(bytes, &what) == ATT_ADDRESS_LOOPBACK;
}
