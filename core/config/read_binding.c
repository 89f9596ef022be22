/* core/config/read_binding.c: what grants and stacks have in common: origins and inject. */
#include "core/config/reader.h"

static void read_origins(struct att_reader *reader, const struct att_value *value, const char *what,
                         struct att_config_binding *binding)
{
    bool list = value->type == ATT_VALUE_LIST;
    size_t count = list ? value->count : 1;

    binding->origins = att_read_array(reader, count, sizeof *binding->origins);
    for (size_t i = 0; binding->origins && i < count; i++) {
        const struct att_value *item = list ? value->items[i] : value;

        if (item->type == ATT_VALUE_TEXT && *item->text)
            binding->origins[binding->origin_count++] = (struct att_config_origin){item->text, item->place};
        else
            ATT_REFUSE(reader, item->place,
                       "\"origins\" in %s must be a list of texts such as [ \"https://api.example.com\" ]", what);
    }
}

void att_read_binding(struct att_reader *reader, const struct att_value *group, const char *what,
                      struct att_config_binding *binding)
{
    const struct att_value *origins = att_value_member(group, "origins");

    if (origins)
        read_origins(reader, origins, what, binding);
    att_read_inject_of(reader, group, what, &binding->injects, &binding->inject_count);
}
