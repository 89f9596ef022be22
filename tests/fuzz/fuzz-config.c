/* tests/fuzz/fuzz-config.c: no text makes the configuration reader misbehave, and what it lets through is what the rest
 * of the core relies on: texts without control characters, a line for everything, findings for what is wrong. */
#include <string.h>

#include "core/config/reader.h"
#include "core/template/template.h"
#include "tests/fuzz/fuzz.h"

static void check_value(const struct att_value *value, int lines, struct att_findings *findings)
{
    if (value->place.line < 1 || value->place.line > lines)
        fuzz_finding("a line outside of the file", value->name, value->text);
    if (value->type == ATT_VALUE_TEXT && !att_text_is_utf8(value->text, strlen(value->text)))
        fuzz_finding("a text that is not UTF-8", value->name, value->text);
    for (const char *at = value->text; at && *at; at++)
        if (*at != '\t' && ((unsigned char)*at < 0x20 || *at == 0x7f))
            fuzz_finding("a control character in a text", value->name, value->text);
    if (value->name &&
        strspn(value->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-*") != strlen(value->name))
        fuzz_finding("a name", value->name, value->text);
    att_reference_check(value, findings);
    for (size_t i = 0; i < value->count; i++)
        check_value(value->items[i], lines, findings);
}

/* What users of a configuration take for granted. */
static void check_config(const struct att_config *config)
{
    for (size_t i = 0; i < config->provider_count; i++)
        if (!config->providers[i].name || !*config->providers[i].module)
            fuzz_finding("a provider without name or module", config->providers[i].name, NULL);
    for (size_t i = 0; i < config->grant_count; i++)
        if (!config->grants[i].name)
            fuzz_finding("a grant without a name", config->grants[i].id, NULL);
    for (size_t i = 0; i < config->stack_count; i++)
        for (size_t j = 0; j < config->stacks[i].step_count; j++)
            if (!config->stacks[i].steps[j].use == !config->stacks[i].steps[j].substack)
                fuzz_finding("a step without a provider", config->stacks[i].name, NULL);
    for (size_t i = 0; i < config->rule_count; i++)
        if (!config->rules[i].name)
            fuzz_finding("a rule without a name", NULL, NULL);
    if (config->timeout_ms < 1 || (config->record && config->replay) || config->redirects < 0)
        fuzz_finding("settings", config->record, config->replay);
}

/* The same text as a file of templates: what is let through can be kept, and be read again where it is used. */
static void check_templates(struct att_pool *pool, const struct att_value *value)
{
    struct att_template list[4];
    struct att_findings findings, again;
    size_t count;

    att_findings_open(&findings, pool);
    att_findings_open(&again, pool);
    count = att_templates_read(pool, value, list, ATT_COUNT(list), &findings);
    for (size_t i = 0; i < count; i++) {
        const char *inject = att_template_inject_text(pool, list[i].inject, NULL, NULL);

        if (!inject || !att_template_inject_parse(pool, inject, &again))
            fuzz_finding("a placement that cannot be read again", list[i].name, inject);
        if (list[i].part_count == 0 || list[i].part_count > ATT_TEMPLATE_PARTS)
            fuzz_finding("a template without parts, or with too many", list[i].name, inject);
    }
    for (size_t i = 0; i < findings.count; i++)
        fuzz_check_sentence(findings.list[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct att_pool *pool = att_pool_create();
    char *text = att_pool_text_size(pool, (const char *)data, size);
    struct att_findings findings, references;
    const struct att_value *value;
    struct att_config *config;
    int lines = 1;

    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    att_findings_open(&findings, pool);
    att_findings_open(&references, pool);
    value = att_config_parse(pool, "fuzz.conf", text, &findings);
    if (!value && findings.errors == 0)
        fuzz_finding("refused without a reason", text, NULL);
    if (value) {
        check_value(value, lines, &references);
        check_templates(pool, value);
        config = att_config_read(pool, &value, 1, true, &findings);
        if (!config)
            fuzz_finding("no configuration", text, NULL);
        if (findings.errors == 0)
            check_config(config);
    }
    for (size_t i = 0; i < findings.count; i++) {
        fuzz_check_sentence(findings.list[i].text);
        if (findings.list[i].place.line > lines + 1)
            fuzz_finding("a line outside of the file", findings.list[i].text, text);
    }
    for (size_t i = 0; i < references.count; i++)
        fuzz_check_sentence(references.list[i].text);
    att_pool_destroy(pool);
    return 0;
}
