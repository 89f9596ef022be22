/* providers/alter/options.c: the words of the options, and which of them a site wrote. */
#include "providers/alter/options.h"

#include <stddef.h>
#include <string.h>

#include "providers/alter/inside.h"

const char *const alter_switches[] = {"off", "on", NULL};
const char *const alter_audits[] = {"full", "metadata", "off", NULL};

static const struct {
    const char *name, *initial;
} texts[] = {{"base_url", NULL}, {"cache", "off"}, {"audit", "full"}};

static const struct {
    const char *name;
    int64_t initial;
} numbers[] = {
    {"cache_for", 60000}, {"timeout", 30000}, {"attempt_timeout", 10000}, {"retries", 3}, {"allow_cookie", 0}};

const char *alter_option_said(const struct att_host *host, const struct att_settings *settings)
{
    if (host->setting_secret(settings, "api_key"))
        return "api_key";
    if (host->setting_data(settings, "profile")->name)
        return "profile";
    for (size_t i = 0; i < ALTER_COUNT(texts); i++) {
        const char *text = host->setting_text(settings, texts[i].name);

        if (text && (!texts[i].initial || strcmp(text, texts[i].initial) != 0))
            return texts[i].name;
    }
    for (size_t i = 0; i < ALTER_COUNT(numbers); i++)
        if (host->setting_integer(settings, numbers[i].name) != numbers[i].initial)
            return numbers[i].name;
    return NULL;
}
