/* core/managed/set.c: att_secret_set and att_secret_rotate: a secret goes in, and never comes out. */
#include "core/managed/managed.h"

#include <string.h>

static att_status refuse_taken(struct att_keeping *keeping, const char *field, const struct att_secret_facts *other)
{
    if (strcmp(field, "name") == 0)
        att_invalid(keeping->errand.error, field, "a secret named \"%s\" exists; rotate it, or remove it first",
                    other->name);
    else
        att_invalid(keeping->errand.error, field, "grant \"%s\" has a secret: \"%s\"; rotate it, or remove it first",
                    other->grant, other->name);
    ATT_ERROR_TEXT(keeping->errand.error, grant, other->grant);
    return ATT_INVALID;
}

/* The module decides in the end; this is so that nobody types a secret in vain. */
static att_status check_free(struct att_keeping *keeping)
{
    const char *doing = att_keeping_doing(keeping, keeping->name, "kept");
    att_status status = doing ? att_keeping_list(keeping, doing) : att_nomem(keeping->errand.error);
    const struct att_secret_facts *other = status == ATT_OK ? att_keeping_find(keeping, keeping->name) : NULL;

    if (other)
        return refuse_taken(keeping, "name", other);
    for (size_t i = 0; status == ATT_OK && i < keeping->kept.count; i++)
        if (strcmp(keeping->kept.list[i].grant, keeping->errand.grant) == 0)
            return refuse_taken(keeping, "grant", &keeping->kept.list[i]);
    return status;
}

static bool is_given(const void *context, const char *name, size_t size)
{
    return att_secret_parts_have(context, name, size);
}

static const char *const *part_names(struct att_keeping *keeping, const struct att_secret_parts *parts)
{
    const char **names = att_pool_take(keeping->errand.pool, (parts->count + 1) * sizeof *names);

    for (size_t i = 0; names && i < parts->count; i++)
        names[i] = parts->list[i].name;
    return names;
}

/* RFC 7617 section 2: what stands before the first colon is the user. */
static att_status check_basic(struct att_keeping *keeping, const struct att_value *inject,
                              const struct att_secret_parts *parts)
{
    bool basic = false;

    for (size_t i = 0; i < att_template_line_count(inject); i++) {
        const struct att_value *kind = att_value_member(att_template_line(inject, i), "kind");

        basic = basic || (kind && att_text_equal(kind->text, "basic"));
    }
    for (size_t i = 0; basic && i < parts->count; i++)
        if (strcmp(parts->list[i].name, "username") == 0 &&
            memchr(att_secret_bytes(parts->values[i]), ':', att_secret_size(parts->values[i])))
            return att_invalid(keeping->errand.error, "username",
                               "username of secret \"%s\" has a colon in it: Basic authentication cannot carry that; "
                               "check which part is which",
                               keeping->name);
    return ATT_OK;
}

/* The placement without the lines of parts that were left out. One that the caller wrote is meant as it stands. */
static att_status place(struct att_keeping *keeping, const struct att_secret_plan *plan, bool own,
                        const struct att_secret_parts *parts, const char **inject)
{
    for (size_t i = 0; own && i < att_template_line_count(plan->inject); i++)
        if (!att_template_line_complete(att_template_line(plan->inject, i), is_given, parts))
            return att_invalid(keeping->errand.error, "inject",
                               "the placement of secret \"%s\" names a part that was not given; give it, or leave it "
                               "out of the placement",
                               keeping->name);
    *inject = att_template_inject_text(keeping->errand.pool, plan->inject, is_given, parts);
    if (!*inject)
        return att_nomem(keeping->errand.error);
    if (strlen(*inject) > ATT_TEMPLATE_INJECT)
        return att_invalid(keeping->errand.error, "inject",
                           "the placement of secret \"%s\" is longer than %d bytes: say less", keeping->name,
                           ATT_TEMPLATE_INJECT);
    if (!**inject)
        return att_invalid(keeping->errand.error, "parts",
                           "secret \"%s\" has none of the parts that go into a request; give one of them",
                           keeping->name);
    return check_basic(keeping, plan->inject, parts);
}

static att_status store(struct att_keeping *keeping, uint32_t mode, const struct att_secret_facts *facts,
                        const struct att_secret_parts *parts)
{
    struct att_call_report report = {.retry_after_ms = 0};
    const char *what = att_pool_format(keeping->errand.pool, "secret \"%s\" of type %s", facts->name, facts->type);
    const char *doing = att_keeping_doing(keeping, facts->name, mode == ATT_SECRET_CREATE ? "kept" : "rotated");
    const char *done = att_pool_format(keeping->errand.pool, "secret \"%s\" was %s", facts->name,
                                       mode == ATT_SECRET_CREATE ? "kept" : "rotated");
    att_status status = what && doing && done ? ATT_OK : att_nomem(keeping->errand.error);
    att_result result;

    if (status == ATT_OK)
        status = att_errand_record_decision(&keeping->errand, what);
    if (status != ATT_OK)
        return status;
    result = att_instance_secret_store(keeping->errand.instance, att_errand_deadline(&keeping->errand, 0), mode, facts,
                                       parts->list, parts->count, &report);
    return att_keeping_conclude(keeping, result, &report, doing, done);
}

/* Tells of the secret as it is kept now, with what the module adds; where that cannot be had, as it was handed over. */
static void tell(struct att_keeping *keeping, const struct att_secret_facts *facts, att_secret_callback found,
                 void *context)
{
    const struct att_secret_facts *kept;
    struct att_listing before = keeping->kept; /* `facts` may be of it */
    att_error unheard = ATT_ERROR_INIT, *error = keeping->errand.error;

    if (!found)
        return;
    keeping->kept = (struct att_listing){.count = 0};
    keeping->errand.error = &unheard;
    kept = att_keeping_list(keeping, "") == ATT_OK ? att_keeping_find(keeping, facts->name) : NULL;
    keeping->errand.error = error;
    att_error_clear(&unheard);
    att_keeping_tell(keeping, kept ? kept : facts, found, context);
    att_listing_close(&before);
}

static att_status set(struct att_keeping *keeping, const att_secret_options *options, struct att_secret_parts *parts,
                      struct att_secret_facts *facts)
{
    struct att_secret_plan plan = {.template = NULL};
    att_status status = att_secret_name_check(keeping, options->name);

    if (status != ATT_OK)
        return status;
    keeping->name = options->name;
    status = att_secret_plan_make(keeping, options, &plan);
    keeping->errand.grant = plan.grant;
    if (status == ATT_OK)
        status = check_free(keeping);
    if (status == ATT_OK)
        status = att_secret_parts_read(keeping, options, plan.template->parts, plan.template->part_count, parts);
    if (status == ATT_OK)
        status = place(keeping, &plan, options->inject != NULL, parts, &facts->inject);
    if (status != ATT_OK)
        return status;
    facts->name = keeping->name;
    facts->grant = plan.grant;
    facts->type = plan.template->name;
    facts->origins = plan.origins;
    facts->parts = part_names(keeping, parts);
    facts->expires = options->expires;
    return facts->parts ? store(keeping, ATT_SECRET_CREATE, facts, parts) : att_nomem(keeping->errand.error);
}

/* The parts that are kept, as their template describes them. One that is gone, or no longer knows a part, tells
 * nothing: the part is a secret then. */
static const struct att_template_part *kept_parts(struct att_keeping *keeping, const struct att_secret_facts *facts,
                                                  size_t *count)
{
    const struct att_template *template = NULL;
    struct att_template_part *parts = att_pool_take(keeping->errand.pool, ATT_TEMPLATE_PARTS * sizeof *parts);
    att_error unheard = ATT_ERROR_INIT, *error = keeping->errand.error;

    keeping->errand.error = &unheard;
    if (facts->type)
        att_secret_type_find(keeping, facts->type, &template);
    keeping->errand.error = error;
    att_error_clear(&unheard);
    for (*count = 0; parts && *count < ATT_TEMPLATE_PARTS && facts->parts[*count]; (*count)++) {
        const char *name = facts->parts[*count];
        const struct att_template_part *known = template ? att_template_part(template, name, strlen(name)) : NULL;

        parts[*count] = known ? *known : (struct att_template_part){.name = name, .prompt = name, .hidden = true};
        parts[*count].optional = false;
    }
    return parts;
}

static att_status rotate(struct att_keeping *keeping, const att_secret_options *options, struct att_secret_parts *parts,
                         struct att_secret_facts *facts)
{
    const struct att_secret_facts *kept = NULL;
    const struct att_template_part *wanted;
    att_status status = att_keeping_require(keeping, options->name, "rotated", &kept);
    size_t count;

    if (status != ATT_OK)
        return status;
    wanted = kept_parts(keeping, kept, &count);
    if (!wanted)
        return att_nomem(keeping->errand.error);
    status = att_secret_parts_read(keeping, options, wanted, count, parts);
    if (status != ATT_OK)
        return status;
    *facts = (struct att_secret_facts){.size = sizeof *facts,
                                       .name = kept->name,
                                       .grant = kept->grant,
                                       .type = kept->type ? kept->type : "",
                                       .inject = kept->inject,
                                       .origins = kept->origins,
                                       .parts = kept->parts,
                                       .expires = options->expires};
    return store(keeping, ATT_SECRET_REPLACE, facts, parts);
}

static att_status check_expiry(struct att_keeping *keeping, int64_t expires)
{
    if (expires < 0)
        return att_invalid(keeping->errand.error, "expires", "expires is negative; give Unix seconds, or 0 for never");
    if (expires && expires <= att_clock_wall_us() / 1000000)
        return att_invalid(keeping->errand.error, "expires",
                           "expires is past: the secret would never be served; give a later time, or 0 for never");
    return ATT_OK;
}

static att_status change(att_client *client, uint32_t mode, const att_secret_options *options,
                         att_secret_callback found, void *context, att_error *error)
{
    att_error unseen = ATT_ERROR_INIT; /* the records tell why, also where the application does not ask */
    struct att_secret_facts facts = {.size = sizeof facts};
    struct att_secret_parts parts = {.count = 0};
    struct att_keeping keeping;
    att_secret_options own;
    att_status status;

    att_options_copy(&own, sizeof own, options);
    status = att_keeping_open(&keeping, client, mode == ATT_SECRET_CREATE ? "secret_set" : "secret_rotated",
                              own.provider, error ? error : &unseen);
    if (status == ATT_OK)
        status = check_expiry(&keeping, own.expires);
    if (status == ATT_OK)
        status =
            mode == ATT_SECRET_CREATE ? set(&keeping, &own, &parts, &facts) : rotate(&keeping, &own, &parts, &facts);
    att_secret_parts_close(&parts);
    att_wipe_registers();
    if (status == ATT_OK)
        tell(&keeping, &facts, found, context);
    att_keeping_close(&keeping);
    att_error_clear(&unseen);
    return status;
}

att_status att_secret_set(att_client *client, const att_secret_options *options, att_secret_callback found,
                          void *context, att_error *error)
{
    return change(client, ATT_SECRET_CREATE, options, found, context, error);
}

att_status att_secret_rotate(att_client *client, const att_secret_options *options, att_secret_callback found,
                             void *context, att_error *error)
{
    return change(client, ATT_SECRET_REPLACE, options, found, context, error);
}
