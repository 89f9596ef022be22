/* providers/json/write.c: texts as JSON, for what a backend or a helper is asked with. */
#include <string.h>

#include "providers/json/json.h"

/* One character at `at`, of `left` bytes. Returns how many bytes it took. */
static size_t write_character(const struct att_host *host, struct att_secret *secret, const char *at, size_t left,
                              int *good)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char byte = (unsigned char)*at;
    size_t size = json_character((const unsigned char *)at, left);

    if (size == 0) {
        *good = *good && host->secret_append(secret, "\xef\xbf\xbd", 3);
        return 1;
    }
    if (byte == '"' || byte == '\\') {
        const char escaped[] = {'\\', *at};
        *good = *good && host->secret_append(secret, escaped, sizeof escaped);
    } else if (byte < 0x20 || byte == 0x7f) {
        const char escaped[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
        *good = *good && host->secret_append(secret, escaped, sizeof escaped);
    } else {
        *good = *good && host->secret_append(secret, at, size);
    }
    return size;
}

bool json_write_text(const struct att_host *host, struct att_secret *secret, const char *text)
{
    int good = host->secret_append(secret, "\"", 1);
    size_t left = strlen(text);

    while (good && left > 0) {
        size_t size = write_character(host, secret, text, left, &good);
        text += size;
        left -= size;
    }
    return good && host->secret_append(secret, "\"", 1);
}
