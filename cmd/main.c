/* cmd/main.c: the program attache: guards its process, finds the verb and runs it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <attache/attache.h>

#include "cmd/fail.h"
#include "cmd/help.h"
#include "cmd/options.h"

enum { OPTION_VERSION = CMD_OPTION_OWN };

/* This process handles credentials: nobody reads its memory, whole or after a crash. */
static void guard_memory(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* A closed standard descriptor would be given to the next file that is opened, and output would land in it. What takes
 * its place refuses to be read or written. */
static void guard_descriptors(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) != descriptor)
            _Exit(1);
    }
}

/* stdio forgets why it could not empty a full buffer by itself, so a step of output has to fit. */
static void enlarge_buffer(void)
{
    static char buffer[65536];

    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
}

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    bool *version = context;

    (void)call;
    (void)value;
    *version = option == OPTION_VERSION;
}

static int run_help(struct cmd_call *call, int count, char **words)
{
    const struct cmd_verb *verb = count > 1 ? cmd_verb_find(words[1]) : NULL;

    if (count > 1 && !verb && strcmp(words[1], "--help") != 0 && strcmp(words[1], "help") != 0)
        return cmd_verb_refuse(call, words[1]);
    cmd_help_print(verb);
    return cmd_output_finish(call);
}

static int run_verb(struct cmd_call *call, int count, char **words)
{
    if (count == 0)
        cmd_complain(call, "verb", "verb: none is given; see attache --help");
    else if (strcmp(words[0], "help") == 0)
        return run_help(call, count, words);
    else if (!(call->verb = cmd_verb_find(words[0])))
        return cmd_verb_refuse(call, words[0]);
    else
        return call->verb->run(call, count, words);
    return cmd_fail_complaint(call);
}

int main(int argc, char **argv)
{
    static const struct option table[] = {
        CMD_COMMON_OPTIONS, CMD_JSON_OPTION, {"version", no_argument, NULL, OPTION_VERSION}, {0}};
    bool version = false;
    const struct cmd_options options = {.letters = "+:", .table = table, .take = take, .context = &version, .most = -1};
    struct cmd_call call = {0};
    int exit_status = 0, first;

    guard_descriptors();
    guard_memory();
    enlarge_buffer();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* what cannot be written is reported, by the status of the write */
    first = cmd_options_read(&call, &options, argc, argv, &exit_status);
    if (first >= 0 && version) {
        printf("attache %s\n", att_version());
        exit_status = cmd_output_finish(&call);
    } else if (first >= 0) {
        exit_status = run_verb(&call, argc - first, argv + first);
    }
    free(call.complaint);
    return exit_status;
}
