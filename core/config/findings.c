/* core/config/findings.c: everything that is wrong with a configuration, collected in the order it was seen. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/config/value.h"
#include "core/error/error.h"

enum { FIRST_CAPACITY = 16 };

void att_findings_open(struct att_findings *findings, struct att_pool *pool)
{
    *findings = (struct att_findings){.pool = pool};
}

/* The list and its texts belong to the pool. */
void att_findings_close(struct att_findings *findings)
{
    *findings = (struct att_findings){.pool = NULL};
}

/* The next free entry, or NULL when memory is out. */
static struct att_finding *grow(struct att_findings *findings)
{
    size_t capacity = findings->capacity ? findings->capacity * 2 : FIRST_CAPACITY;
    struct att_finding *list;

    if (findings->count < findings->capacity)
        return &findings->list[findings->count];
    list = att_pool_take(findings->pool, capacity * sizeof *list);
    if (!list)
        return NULL;
    if (findings->count)
        memcpy(list, findings->list, findings->count * sizeof *list);
    findings->list = list;
    findings->capacity = capacity;
    return &list[findings->count];
}

static ATT_FORMAT(2, 0) char *format_text(struct att_pool *pool, const char *format, va_list arguments)
{
    va_list again;
    char *text = NULL;
    int size;

    va_copy(again, arguments);
    size = vsnprintf(NULL, 0, format, arguments);
    if (size >= 0)
        text = att_pool_take(pool, (size_t)size + 1);
    if (text)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

/* An error counts even when there is no memory to say what it was. */
static ATT_FORMAT(3, 0) void add(struct att_findings *findings, const struct att_finding *model, const char *format,
                                 va_list arguments)
{
    struct att_finding *finding = grow(findings);
    char *text = finding ? format_text(findings->pool, format, arguments) : NULL;

    if (model->severity == ATT_SEVERITY_ERROR)
        findings->errors++;
    if (!text) {
        findings->failed = true;
        return;
    }
    *finding = *model;
    finding->module = att_pool_text(findings->pool, model->module);
    finding->place.file = att_pool_text(findings->pool, model->place.file); /* findings outlive the configuration */
    finding->text = text;
    findings->count++;
}

void att_finding(struct att_findings *findings, enum att_severity severity, struct att_place place, const char *format,
                 ...)
{
    struct att_finding model = {.severity = severity, .place = place};
    va_list arguments;

    va_start(arguments, format);
    add(findings, &model, format, arguments);
    va_end(arguments);
}

void att_finding_module(struct att_findings *findings, struct att_place place, const char *module, const char *format,
                        ...)
{
    struct att_finding model = {.severity = ATT_SEVERITY_ERROR, .place = place, .module = module};
    va_list arguments;

    va_start(arguments, format);
    add(findings, &model, format, arguments);
    va_end(arguments);
}

static const struct att_finding *first_error(const struct att_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->list[i].severity == ATT_SEVERITY_ERROR)
            return &findings->list[i];
    return NULL;
}

att_status att_findings_error(const struct att_findings *findings, att_error *error)
{
    const struct att_finding *first = first_error(findings);
    att_status status;
    char where[16] = "", more[64] = "";

    if (!first && !findings->failed)
        return ATT_OK;
    if (!first)
        return att_fail(error, ATT_NOMEM, "memory ran out while the configuration was read: free some and try again");

    status = first->module ? ATT_MODULE : ATT_CONFIG;
    if (first->place.line > 0)
        snprintf(where, sizeof where, ":%d: ", first->place.line);
    if (findings->errors > 1)
        snprintf(more, sizeof more, " (and %zu more; see attache check)", findings->errors - 1);
    /* A finding about a whole file names it in its text. */
    att_fail(error, status, "%s%s%s%s", *where ? first->place.file : "", where, first->text, more);
    ATT_ERROR_TEXT(error, file, first->place.file);
    ATT_ERROR_NUMBER(error, line, first->place.line);
    ATT_ERROR_TEXT(error, module, first->module);
    return status;
}
