/* config.h: what the unit tests of core/config share: findings as text, files to be read. */
#ifndef ATT_UNIT_CONFIG_H
#define ATT_UNIT_CONFIG_H

#include <string.h>

#include "core/config/config.h"
#include "core/config/reader.h"
#include "tests/unit/unit.h"

/* A text of a configuration and all findings it must give, each as "LINE: text\n"; warnings as "LINE: (warning) text".
 */
struct config_case {
    const char *text, *findings;
};

/* The findings as text; "PREFIX..." of the file is left out where it is "site.conf". */
static inline void render_findings(struct att_buffer *text, const struct att_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct att_finding *finding = &findings->list[i];

        if (finding->place.line)
            att_buffer_format(text, "%d: ", finding->place.line);
        att_buffer_format(text, "%s%s\n", finding->severity == ATT_SEVERITY_WARNING ? "(warning) " : "", finding->text);
    }
}

/* Parses and reads `text` as site.conf; NULL where it does not parse. */
static inline struct att_config *read_config(struct att_pool *pool, const char *text, struct att_findings *findings)
{
    const struct att_value *value = att_config_parse(pool, "site.conf", text, findings);

    return value ? att_config_read(pool, &value, 1, true, findings) : NULL;
}

/* What a text gives that says nothing about policy and audit and is fine otherwise. */
#define QUIET                                                                                                          \
    "(warning) there is no policy: every request will be denied; write policy = { rules = ( ... ); };\n"               \
    "(warning) there is no audit sink: requests leave no record; write audit = ( { module = \"audit_file.so\"; ... } " \
    ");\n"

static inline void check_cases(const struct config_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct att_pool *pool = att_pool_create();
        struct att_findings findings;
        struct att_buffer text;

        att_findings_open(&findings, pool);
        att_buffer_open(&text, 1 << 20);
        att_buffer_text(&text, "");
        read_config(pool, cases[i].text, &findings);
        render_findings(&text, &findings);
        if (strcmp(text.data, cases[i].findings) != 0)
            print_error("case %zu:\n%s\n", i, cases[i].text);
        assert_string_equal(text.data, cases[i].findings);
        att_buffer_close(&text);
        att_findings_close(&findings);
        att_pool_destroy(pool);
    }
}

#endif
