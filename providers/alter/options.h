/* options.h: what a site may say to a module that asks the Alter service. */
#ifndef PROVIDERS_ALTER_OPTIONS_H
#define PROVIDERS_ALTER_OPTIONS_H

#include <attache/module.h>

extern const char *const alter_switches[], *const alter_audits[];

/* For a module that asks the service at some sites only: the first of the options that does not have its initial value,
 * or NULL. */
const char *alter_option_said(const struct att_host *host, const struct att_settings *settings);

/* Items of a list of options. `key` has the flags of the key; `of` stands before each help. Initial
 * values are in alter_option_said too. */
#define ALTER_OPTIONS(key, of)                                                                                 \
    {.name = "api_key",                                                                                        \
     .type = ATT_OPTION_SECRET,                                                                                \
     .flags = (key),                                                                                           \
     .help = of "a reference to the API key of the service: { file = \"/PATH\"; }"},                           \
        {.name = "base_url",                                                                                   \
         .type = ATT_OPTION_TEXT,                                                                              \
         .help = of "where the service is; the profile's when nothing is said"},                               \
        {.name = "profile",                                                                                    \
         .type = ATT_OPTION_DATA,                                                                              \
         .help = of "a file with what the service calls things otherwise than alter-1; see attache-alter(7)"}, \
        {.name = "cache",                                                                                      \
         .type = ATT_OPTION_CHOICE,                                                                            \
         .choices = alter_switches,                                                                            \
         .initial = "off",                                                                                     \
         .help = of "\"on\" keeps credentials, so that not every request is put to the service's policy"},     \
        {.name = "cache_for",                                                                                  \
         .type = ATT_OPTION_DURATION,                                                                          \
         .minimum = 1000,                                                                                      \
         .maximum = 86400000,                                                                                  \
         .initial = "1m",                                                                                      \
         .help = of "how long a credential is kept at most, with cache = \"on\""},                             \
        {.name = "timeout",                                                                                    \
         .type = ATT_OPTION_DURATION,                                                                          \
         .minimum = 1,                                                                                         \
         .maximum = 600000,                                                                                    \
         .initial = "30s",                                                                                     \
         .help = of "how long a question to the service may take with all its attempts"},                      \
        {.name = "attempt_timeout",                                                                            \
         .type = ATT_OPTION_DURATION,                                                                          \
         .minimum = 1,                                                                                         \
         .maximum = 600000,                                                                                    \
         .initial = "10s",                                                                                     \
         .help = of "how long one attempt may take"},                                                          \
        {.name = "retries",                                                                                    \
         .type = ATT_OPTION_INTEGER,                                                                           \
         .minimum = 0,                                                                                         \
         .maximum = 10,                                                                                        \
         .initial = "3",                                                                                       \
         .help = of "how often what failed for a while is tried again"},                                       \
        {.name = "audit",                                                                                      \
         .type = ATT_OPTION_CHOICE,                                                                            \
         .choices = alter_audits,                                                                              \
         .initial = "full",                                                                                    \
         .help = of "what the service is told of each request: with headers and bodies, without, or nothing"}, \
    {                                                                                                          \
        .name = "allow_cookie", .type = ATT_OPTION_BOOLEAN, .initial = "false",                                \
        .help = of "the service may have a credential sent as a cookie"                                        \
    }

#endif
