/* core/provider/process.c: running a helper for a module, under the deadline of its call. */
#include <string.h>

#include "core/process/process.h"
#include "core/provider/instance.h"

/* What the runner asks back. */
struct helper {
    const struct att_host_table *table;
    const struct att_call *call;
    const char *name; /* of the program, without its folders */
};

static bool is_cancelled(const void *context)
{
    const struct helper *helper = context;

    return att_call_cancelled(helper->call);
}

static void log_line(const void *context, const char *line)
{
    const struct helper *helper = context;

    att_log(helper->table->environment, ATT_LEVEL_INFO, "%s: %.64s: %s", helper->table->entry, helper->name, line);
}

att_result att_host_process_run(const struct att_host *host, struct att_call *call, const struct att_process *process,
                                struct att_process_end *end)
{
    const struct att_host_table *table = host->context;
    struct helper helper = {table, call, NULL};
    struct att_process_call run = {.cancelled = is_cancelled, .log_line = log_line, .context = &helper};
    struct att_buffer why;
    att_result result;

    if (!call || !process || !end || !process->program || !table->environment->arena) {
        att_call_fetch_failed(call, "its module runs a helper where or how it may not");
        return ATT_RESULT_FAULT;
    }
    helper.name = strrchr(process->program, '/') ? strrchr(process->program, '/') + 1 : process->program;
    run.arena = table->environment->arena;
    run.deadline_ns = call->deadline_ns;
    att_buffer_open(&why, 2048);
    result = att_process_run(process, &run, end, &why);
    /* Of what it printed, which may be a secret and was copied while it grew. */
    att_wipe_registers();
    if (result != ATT_RESULT_OK)
        att_call_fetch_failed(call, why.size ? why.data : "a helper cannot be run: out of memory");
    att_buffer_close(&why);
    return result;
}
