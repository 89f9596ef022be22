/* core/managed/plan.c: what a new secret is: its name, type, grant, origins and placement. */
#include "core/managed/managed.h"

#include <string.h>
#include <unistd.h>

#include "core/config/reader.h"
#include "core/url/address.h"

enum { NAME_LIMIT = 64 };

att_status att_secret_name_check(struct att_keeping *keeping, const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    if (!name || !*name)
        return att_invalid(keeping->errand.error, "name",
                           "the secret has no name; give it one, such as \"billing-key\"");
    if (strlen(name) > NAME_LIMIT || strspn(name, allowed) != strlen(name))
        return att_invalid(keeping->errand.error, "name",
                           "the name of the secret is refused: it has 1 to %d letters, digits, dots, underscores and "
                           "hyphens; give it another",
                           NAME_LIMIT);
    return ATT_OK;
}

static att_status refuse_type(struct att_keeping *keeping, const struct att_template_set *set, const char *type)
{
    struct att_nearest nearest = {.wanted = type};

    for (size_t i = 0; i < set->count; i++)
        att_nearest_try(&nearest, set->list[i].name);
    if (nearest.best)
        return att_invalid(keeping->errand.error, "type", "there is no type or template \"%s\": did you mean \"%s\"?",
                           type, nearest.best);
    return att_invalid(keeping->errand.error, "type",
                       "there is no type or template \"%s\"; see attache secret templates, or describe it in a file of "
                       "the folder templates beside the configuration",
                       type);
}

att_status att_secret_type_find(struct att_keeping *keeping, const char *type, const struct att_template **template)
{
    const struct att_config *config = att_snapshot_config(keeping->errand.snapshot);
    const struct att_template_roots nowhere = {NULL, NULL};
    struct att_template_roots roots;
    struct att_template_set set;
    struct att_findings findings;
    att_status status;

    att_findings_open(&findings, keeping->errand.pool);
    /* A type is known without a file, whatever is wrong with one. */
    if (!att_templates_load(keeping->errand.pool, &nowhere, &set, &findings))
        return att_nomem(keeping->errand.error);
    *template = att_template_find(&set, type);
    if (*template)
        return ATT_OK;
    if (!att_template_roots_find(keeping->errand.pool, config->files[0], &roots) ||
        !att_templates_load(keeping->errand.pool, &roots, &set, &findings))
        return att_nomem(keeping->errand.error);
    status = att_findings_error(&findings, keeping->errand.error);
    att_findings_close(&findings);
    if (status != ATT_OK)
        return status;
    *template = att_template_find(&set, type);
    return *template ? ATT_OK : refuse_type(keeping, &set, type);
}

/* ---- placement --------------------------------------------------------------------------------------------------- */

static att_status refuse_inject(struct att_keeping *keeping, const struct att_findings *findings)
{
    if (findings->failed || findings->count == 0)
        return att_nomem(keeping->errand.error);
    return att_invalid(keeping->errand.error, "inject", "the placement is refused: %s", findings->list[0].text);
}

static bool has_key(const struct att_value *inject, const char *key)
{
    for (size_t i = 0; i < att_template_line_count(inject); i++)
        if (att_value_member(att_template_line(inject, i), key))
            return true;
    return false;
}

static att_status check_line(struct att_keeping *keeping, const struct att_template *template,
                             const struct att_value *line)
{
    struct att_line_part parts[ATT_TEMPLATE_PARTS];
    size_t count = att_template_line_parts(line, parts, ATT_COUNT(parts));

    for (size_t i = 0; i < count; i++)
        if (parts[i].needed && !att_template_part(template, parts[i].name, parts[i].size))
            return att_invalid(keeping->errand.error, "inject",
                               "the placement names the part \"%.*s\", which type \"%s\" does not have; name one of "
                               "its parts, or take another type",
                               (int)parts[i].size, parts[i].name, template->name);
    return ATT_OK;
}

static att_status plan_inject(struct att_keeping *keeping, const char *text, struct att_secret_plan *plan)
{
    const struct att_template *template = plan->template;
    struct att_findings findings;
    att_status status = ATT_OK;

    plan->inject = template->inject;
    if (text) {
        att_findings_open(&findings, keeping->errand.pool);
        plan->inject = att_template_inject_parse(keeping->errand.pool, text, &findings);
        status = plan->inject ? ATT_OK : refuse_inject(keeping, &findings);
        att_findings_close(&findings);
    }
    if (status != ATT_OK)
        return status;
    if (template->place_key && (!plan->inject || !has_key(plan->inject, template->place_key)))
        return att_invalid(keeping->errand.error, "inject",
                           "type \"%s\" does not say which %s: name it, as in { %s = \"NAME\"; }", template->name,
                           template->place_key, template->place_key);
    for (size_t i = 0; status == ATT_OK && i < att_template_line_count(plan->inject); i++)
        status = check_line(keeping, template, att_template_line(plan->inject, i));
    return status;
}

/* ---- grant ------------------------------------------------------------------------------------------------------- */

/* RFC 9562 section 5.4 */
static const char *fresh_uuid(struct att_pool *pool)
{
    uint8_t b[16];

    if (getentropy(b, sizeof b) != 0)
        return NULL;
    b[6] = (uint8_t)(0x40 | (b[6] & 0x0f));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    return att_pool_format(pool, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
                           b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static bool asks(const struct att_stack *stack, const struct att_instance *instance)
{
    for (size_t i = 0; i < stack->count; i++)
        if (stack->steps[i].substack ? asks(stack->steps[i].substack, instance)
                                     : stack->steps[i].provider == (const void *)instance)
            return true;
    return false;
}

/* A secret that nothing will ask for is kept all the same: its stack may be written later. */
static void warn_of_unserved(struct att_keeping *keeping, const char *grant, const struct att_plan *plan)
{
    const struct att_environment *environment = att_engine_environment(keeping->errand.client->engine);

    if (!plan)
        att_log(environment, ATT_LOG_WARNING,
                "grant \"%s\" is served by no stack: requests with it fail until one matches it; add a stack that asks "
                "provider \"%s\"",
                grant, keeping->errand.provider);
    else if (!asks(&plan->stack, keeping->errand.instance))
        att_log(environment, ATT_LOG_WARNING,
                "grant \"%s\" is served by stack \"%s\", which does not ask provider \"%s\": requests with it do not "
                "find this secret; add a step with use = \"%s\"",
                grant, plan->config->name, keeping->errand.provider, keeping->errand.provider);
}

/* Sets plan->grant, and `target` to what serves it: without a plan where nothing does. */
static att_status plan_grant(struct att_keeping *keeping, const char *grant, struct att_secret_plan *plan,
                             struct att_resolution *target)
{
    att_error unserved = ATT_ERROR_INIT;
    att_status status;

    if (grant && att_text_is_uuid_in_capitals(grant))
        return att_invalid(keeping->errand.error, "grant",
                           "the grant is refused: its UUID has capital letters; write it in lower case");
    plan->grant = grant ? grant : fresh_uuid(keeping->errand.pool);
    if (!plan->grant)
        return att_nomem(keeping->errand.error);
    *target = (struct att_resolution){.grant = plan->grant, .grant_id = plan->grant};
    status = att_snapshot_resolve(keeping->errand.snapshot, plan->grant, NULL, NULL, target, &unserved);
    if (status == ATT_CONFIG || status == ATT_NOMEM) {
        att_error_move(keeping->errand.error, &unserved);
        return status;
    }
    att_error_clear(&unserved);
    plan->grant = target->grant_id;
    if (target->grant == plan->grant && !att_name_valid(plan->grant, true))
        return att_invalid(keeping->errand.error, "grant",
                           "the grant is refused: it has 1 to 63 letters, digits, dots, underscores, hyphens and "
                           "slashes, and begins with a letter or a digit; give another, or none for a new UUID");
    warn_of_unserved(keeping, plan->grant, target->plan);
    return ATT_OK;
}

/* ---- origins ----------------------------------------------------------------------------------------------------- */

static att_status take_origins(struct att_keeping *keeping, const char *const *given, struct att_secret_plan *plan)
{
    const char **origins = att_pool_take(keeping->errand.pool, (ATT_CREDENTIAL_ORIGINS + 1) * sizeof *origins);
    att_status status = origins ? ATT_OK : att_nomem(keeping->errand.error);
    struct att_buffer why;

    att_buffer_open(&why, 1024);
    for (size_t i = 0; status == ATT_OK && given[i]; i++) {
        struct att_origin origin;

        att_buffer_clear(&why);
        if (i == ATT_CREDENTIAL_ORIGINS)
            status =
                att_invalid(keeping->errand.error, "origins", "secret \"%s\" has more than %d origins; leave some out",
                            keeping->name, ATT_CREDENTIAL_ORIGINS);
        else if (!att_origin_parse(keeping->errand.pool, given[i], &origin, &why))
            status = att_invalid(keeping->errand.error, "origins", "%s", why.data ? why.data : "out of memory");
        else if (!origin.secure && !att_address_host_is_local(origin.host))
            status =
                att_invalid(keeping->errand.error, "origins",
                            "origin \"%s\" is refused: plain http is for this machine only; write https", given[i]);
        else
            origins[i] = origin.text;
    }
    att_buffer_close(&why);
    plan->origins = origins;
    return status;
}

/* Of a site that binds the grant, the secret keeps a copy: sealed with it, so that no later change of a file sends it
 * elsewhere. */
static att_status plan_origins(struct att_keeping *keeping, const char *const *given,
                               const struct att_resolution *target, struct att_secret_plan *plan)
{
    const char **bound;

    if (given && given[0])
        return take_origins(keeping, given, plan);
    if (plan->template->origins[0])
        return take_origins(keeping, plan->template->origins, plan);
    if (target->binding.origin_count == 0)
        return att_invalid(
            keeping->errand.error, "origins",
            "secret \"%s\" has no origin: neither it, its type \"%s\" nor grant \"%s\" says where it may "
            "be sent; give one with --origin https://HOST",
            keeping->name, plan->template->name, plan->grant);
    bound = att_pool_take(keeping->errand.pool, (target->binding.origin_count + 1) * sizeof *bound);
    if (!bound)
        return att_nomem(keeping->errand.error);
    for (size_t i = 0; i < target->binding.origin_count; i++)
        bound[i] = target->binding.origins[i].text;
    return take_origins(keeping, bound, plan);
}

att_status att_secret_plan_make(struct att_keeping *keeping, const att_secret_options *options,
                                struct att_secret_plan *plan)
{
    const char *type = options->type ? options->type : "bearer";
    struct att_resolution target;
    att_status status = att_secret_type_find(keeping, type, &plan->template);

    if (status == ATT_OK)
        status = plan_inject(keeping, options->inject, plan);
    if (status == ATT_OK)
        status = plan_grant(keeping, options->grant, plan, &target);
    if (status == ATT_OK)
        status = plan_origins(keeping, options->origins, &target, plan);
    return status;
}
