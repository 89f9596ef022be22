/* core/module/options.c: takes over the options that a module declares, and refuses a list that cannot be meant. */
#include <string.h>

#include "core/module/steps.h"

enum { OPTIONS_AT_MOST = 64, STEP_LEAST = ATT_UPTO(att_option, help), STEP_AT_MOST = 4096 };

static bool name_is_sound(const char *name)
{
    size_t size = strnlen(name, 32);

    return size < 32 && name[0] >= 'a' && name[0] <= 'z' && strncmp(name, "x_", 2) != 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == size;
}

/* What is wrong with one option, or NULL. */
static const char *option_fault(const struct att_option *option, const struct att_option *earlier, size_t count)
{
    if (!name_is_sound(option->name))
        return "has a name that is not of a-z, 0-9 and _, up to 31 characters, without x_ before it";
    for (size_t i = 0; i < count; i++)
        if (strcmp(earlier[i].name, option->name) == 0)
            return "is declared twice";
    if (option->type < ATT_OPTION_TEXT || option->type > ATT_OPTION_DATA)
        return "has a type that this Attache does not know";
    if (option->minimum > option->maximum)
        return "has a minimum above its maximum";
    if (option->type == ATT_OPTION_CHOICE && (!option->choices || !option->choices[0]))
        return "is a choice without choices";
    if (option->initial && (option->type == ATT_OPTION_SECRET || option->type == ATT_OPTION_TEXT_LIST ||
                            option->type == ATT_OPTION_SECRETS || option->type == ATT_OPTION_DATA))
        return "is a secret, a list or a file of data and has an initial value";
    if (option->initial && (option->flags & ATT_OPTION_REQUIRED))
        return "is required and has an initial value";
    return NULL;
}

static bool refuse(struct att_buffer *why, const struct att_module *module, const char *option, const char *fault)
{
    att_buffer_format(why, "module %s: its option \"%.40s\" %s; correct the module's list of options", module->file,
                      option, fault);
    return false;
}

bool att_options_take(struct att_pool *pool, const struct att_option *options, size_t step, struct att_module *module,
                      struct att_buffer *why)
{
    const char *at = (const char *)options;
    struct att_option *copy = att_pool_take(pool, (OPTIONS_AT_MOST + 1) * sizeof *copy);
    size_t count = 0;

    if (!copy)
        return false;
    if (options && (step < STEP_LEAST || step > STEP_AT_MOST || step % _Alignof(struct att_option) != 0)) {
        att_buffer_format(
            why, "module %s: its option_size is %zu and must be sizeof(struct att_option), at least %zu; set it so",
            module->file, step, (size_t)STEP_LEAST);
        return false;
    }
    for (; options; at += step, count++) {
        const char *fault;

        memcpy(&copy[count], at, step < sizeof *copy ? step : sizeof *copy);
        if (!copy[count].name)
            break;
        if (count == OPTIONS_AT_MOST) {
            att_buffer_format(why, "module %s: its options do not end with a NULL name within %d; end the list so",
                              module->file, OPTIONS_AT_MOST);
            return false;
        }
        fault = option_fault(&copy[count], copy, count);
        if (fault)
            return refuse(why, module, copy[count].name, fault);
    }
    module->options = copy;
    module->option_count = count;
    return true;
}
