/* core/url/browse.c: where a user's browser may be sent. */
#include <string.h>

#include "core/url/address.h"
#include "core/url/url.h"

bool att_url_is_for_browsers(const char *url)
{
    static const char secure[] = "https://", plain[] = "http://";
    bool is_secure = strncmp(url, secure, sizeof secure - 1) == 0;
    char host[256];
    size_t length;

    if (!is_secure && strncmp(url, plain, sizeof plain - 1) != 0)
        return false;
    for (const char *at = url; *at; at++)
        if (*at <= ' ' || *at > '~' || strchr("\"<>\\^`{|}", *at))
            return false;
    url += is_secure ? sizeof secure - 1 : sizeof plain - 1;
    length = strcspn(url, "/?#");
    if (memchr(url, '@', length))
        return false;
    if (*url == '[' && memchr(url, ']', length))
        length = strcspn(url, "]") + 1;
    else if (memchr(url, ':', length))
        length = strcspn(url, ":");
    if (!length || length >= sizeof host)
        return false;
    memcpy(host, url, length);
    host[length] = '\0';
    return is_secure || att_address_host_is_local(host);
}
