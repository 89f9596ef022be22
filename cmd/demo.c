/* cmd/demo.c: attache demo: the whole path on this machine, with no network and no configuration. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/demo.h"
#include "cmd/fail.h"
#include "cmd/options.h"
#include "cmd/output.h"

enum { OPTION_KEEP = CMD_OPTION_OWN, OPTION_UPSTREAM };
enum { ASSISTANT, INVOICE_JOB, CALLER_COUNT };

static const char *const callers[] = {[ASSISTANT] = "email-assistant", [INVOICE_JOB] = "invoice-job"};

struct demo {
    const struct cmd_call *call;
    const char *program; /* of the upstream, or NULL */
    bool keep;
    int step;
    struct demo_site site;
    struct demo_upstream upstream;
    long log_seen; /* how far the upstream's log was shown */
    sigset_t interrupts;
    att_engine *engine;
    att_client *clients[CALLER_COUNT];
};

/* One request of the story. */
struct scene {
    int caller;
    const char *method, *origin, *path, *grant, *json, *reason;
    att_status expected;
};

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    struct demo *demo = context;

    (void)call;
    if (option == OPTION_KEEP)
        demo->keep = true;
    else
        demo->program = value;
}

static void print_title(struct demo *demo, const char *title)
{
    char text[128];

    snprintf(text, sizeof text, "\n%d. %s\n", ++demo->step, title);
    fputs(cmd_colour(stdout, CMD_BOLD), stdout);
    fputs(text, stdout);
    fputs(*cmd_colour(stdout, CMD_BOLD) ? CMD_PLAIN : "", stdout);
}

/* An indented line: a mark, and text from outside. */
static void print_line(const char *mark, enum cmd_colour colour, const char *text)
{
    printf("   %s ", mark);
    cmd_print_colour(stdout, colour, text);
    putchar('\n');
}

/* Prints each line of a file from `*seen` on. */
static void print_lines(const char *path, const char *mark, long *seen)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    if (!file)
        return;
    if (fseek(file, *seen, SEEK_SET) == 0) {
        while ((length = getline(&line, &size, file)) > 0) {
            line[strcspn(line, "\n")] = 0;
            printf("   %s ", mark);
            cmd_print_safe(stdout, line);
            putchar('\n');
            *seen += length;
        }
    }
    free(line);
    fclose(file);
}

static void print_command(const struct scene *scene)
{
    printf("   $ attache request");
    if (strcmp(scene->method, scene->json ? "POST" : "GET") != 0)
        printf(" -X %s", scene->method);
    printf(" '%s%s' --grant %s --caller %s", scene->origin, scene->path, scene->grant, callers[scene->caller]);
    if (scene->json)
        printf(" --json '%s'", scene->json);
    printf(" --reason '%s'\n", scene->reason);
}

static void print_answer(const att_response *response)
{
    char status[16];
    const char *body = att_response_body(response, NULL);
    char *copy = strdup(body ? body : "");

    snprintf(status, sizeof status, "HTTP %d", att_response_status(response));
    print_line("<", CMD_GREEN, status);
    if (copy) {
        copy[strcspn(copy, "\n")] = 0;
        print_line("<", CMD_DIM, copy);
    }
    free(copy);
}

/* Performs a request and shows what came of it. False, with a line on stderr, when it is not what the story says. */
static bool play(struct demo *demo, const struct scene *scene)
{
    att_error error = ATT_ERROR_INIT;
    att_response *response = NULL;
    struct cmd_path url;
    att_status status;

    snprintf(url.text, sizeof url.text, "%s%s", scene->origin, scene->path);
    print_command(scene);
    status = att_request(demo->clients[scene->caller],
                         ATT_REQUEST(.method = scene->method, .url = url.text, .grant = scene->grant,
                                     .json = scene->json, .reason = scene->reason),
                         &response, &error);
    if (status != scene->expected) {
        demo->site.exit_status = cmd_fail_here(
            demo->call, status == ATT_OK ? ATT_INTERNAL : status, NULL, "demo: %s",
            status == ATT_OK ? "a request that had to be refused was sent; please report it" : error.message);
    } else if (status == ATT_OK) {
        print_answer(response);
        if (!demo->site.is_replayed)
            print_lines(demo->site.log.text, "> the upstream received", &demo->log_seen);
    } else {
        print_line("attache:", CMD_RED, error.message);
        printf("   exit status %d, and nothing was sent\n", cmd_exit_status(status));
    }
    att_response_free(&response);
    att_error_clear(&error);
    return status == scene->expected;
}

static bool open_engine(struct demo *demo)
{
    att_engine_options options = {.size = sizeof options, .config = demo->site.config.text, .clear_http_memory = 1};
    att_error error = ATT_ERROR_INIT;
    att_status status = att_engine_open_with(&options, &demo->engine, &error);

    for (int i = 0; i < CALLER_COUNT && status == ATT_OK; i++)
        status = att_client_open(demo->engine, ATT_CLIENT(.caller = callers[i]), &demo->clients[i], &error);
    if (status != ATT_OK)
        demo->site.exit_status = cmd_fail(demo->call, &error);
    att_error_clear(&error);
    return status == ATT_OK;
}

static bool set_up(struct demo *demo)
{
    struct demo_site *site = &demo->site;

    if (!demo_site_create(site, demo->call))
        return false;
    printf("Attache %s, a demonstration in %s%s\n", att_version(), site->folder.text,
           demo->keep ? "" : " (removed at the end; --keep leaves it)");
    print_title(demo, "A site: a provider with two credentials, a policy, an audit file");
    site->is_replayed = !demo->program;
    snprintf(site->origin, sizeof site->origin, "https://api.demo.example");
    if (!demo_site_take_modules(site) ||
        (demo->program && !demo_upstream_start(&demo->upstream, site, demo->program)) ||
        !demo_site_write_answers(site) || !demo_site_configure(site, NULL) || !open_engine(demo))
        return false;
    if (site->is_replayed)
        printf("   There is no upstream here (--upstream starts one): its answers come from a file, %s\n",
               site->replay.text);
    else
        printf("   The upstream is a small HTTP server on this machine: %s\n", site->origin);
    printf("   $ attache check %s\n", site->config.text);
    return true;
}

static bool show_requests(struct demo *demo)
{
    const char *origin = demo->site.origin;

    print_title(demo, "A GET by one caller: the bearer token is attached, the caller never has it");
    if (!play(demo, &(struct scene){ASSISTANT, "GET", origin, "/calendar/events?maxResults=2", "calendar", NULL,
                                    "weekly digest", ATT_OK}))
        return false;
    print_title(demo, "A POST by another: this site says that the key goes into X-API-Key");
    if (!play(demo, &(struct scene){INVOICE_JOB, "POST", origin, "/invoices", "billing", "{\"amount\": 12}",
                                    "monthly run", ATT_OK}))
        return false;
    print_title(demo, "Denied by policy: the assistant may read the calendar, not change it");
    if (!play(demo, &(struct scene){ASSISTANT, "DELETE", origin, "/calendar/events/7", "calendar", NULL, "clean up",
                                    ATT_DENIED}))
        return false;
    print_title(demo, "Refused: a URL outside the origins that the grant is bound to");
    return play(demo, &(struct scene){ASSISTANT, "GET", "https://elsewhere.example", "/collect", "calendar", NULL,
                                      "weekly digest", ATT_DENIED});
}

static bool show_module(struct demo *demo)
{
    att_error error = ATT_ERROR_INIT;
    struct demo_module module;
    enum demo_build built;
    att_status status;

    print_title(demo, "A module, compiled now and added while the engine runs");
    built = demo_module_build(&demo->site, &module);
    if (built == DEMO_BUILD_MISSING) {
        print_line("left out:", CMD_YELLOW, module.why);
        return true;
    }
    print_line("$", CMD_DIM, module.command);
    if (built == DEMO_BUILD_FAILED) {
        demo->site.exit_status = cmd_fail_here(demo->call, ATT_MODULE, NULL,
                                               "demo: the example module does not compile: %s; see above", module.why);
        return false;
    }
    if (!demo_site_configure(&demo->site, module.file))
        return false;
    status = att_engine_reload(demo->engine, &error);
    if (status != ATT_OK)
        demo->site.exit_status = cmd_fail(demo->call, &error);
    att_error_clear(&error);
    if (status != ATT_OK)
        return false;
    printf("   provider \"added\" is in attache.conf now, and the engine has read it again\n");
    return play(demo, &(struct scene){ASSISTANT, "GET", demo->site.origin, "/calendar/added", "added", NULL,
                                      "try the new module", ATT_OK});
}

static bool show_audit(struct demo *demo)
{
    long seen = 0;

    print_title(demo, "The audit records of all that");
    print_lines(demo->site.audit.text, "-", &seen);
    return true;
}

/* An interrupt ends the demo between two steps, so that the folder and the upstream never stay behind. */
static bool interrupted(struct demo *demo)
{
    const struct timespec at_once = {0, 0};

    if (sigtimedwait(&demo->interrupts, NULL, &at_once) < 0)
        return false;
    demo->site.exit_status = cmd_fail_here(demo->call, ATT_STATE, NULL, "demo: it was interrupted; start it again");
    return true;
}

static bool tell(struct demo *demo)
{
    static bool (*const steps[])(struct demo *) = {set_up, show_requests, show_module, show_audit};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (!steps[i](demo) || interrupted(demo))
            return false;
        demo->site.exit_status = cmd_output_finish(demo->call);
        if (demo->site.exit_status != 0)
            return false;
    }
    return true;
}

static int perform(struct demo *demo)
{
    sigset_t before;
    bool told;

    sigemptyset(&demo->interrupts);
    sigaddset(&demo->interrupts, SIGINT);
    sigaddset(&demo->interrupts, SIGTERM);
    sigaddset(&demo->interrupts, SIGHUP);
    sigprocmask(SIG_BLOCK, &demo->interrupts, &before);
    told = tell(demo);
    for (int i = 0; i < CALLER_COUNT; i++)
        att_client_close(&demo->clients[i]);
    att_engine_close(&demo->engine);
    demo_upstream_stop(&demo->upstream);
    if (!demo->keep)
        demo_site_remove(&demo->site);
    else if (told)
        printf("\nThe site stays in %s\n", demo->site.folder.text);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return told ? cmd_output_finish(demo->call) : demo->site.exit_status;
}

static int run(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS,
                                          {"keep", no_argument, NULL, OPTION_KEEP},
                                          {"upstream", required_argument, NULL, OPTION_UPSTREAM},
                                          {0}};
    struct demo demo = {.call = call, .upstream = {.keep = -1}};
    const struct cmd_options options = {.letters = ":", .table = table, .take = take, .context = &demo};
    int exit_status = 0;

    if (cmd_options_read(call, &options, count, words, &exit_status) < 0)
        return exit_status;
    return perform(&demo);
}

const struct cmd_verb cmd_verb_demo = {
    .name = "demo",
    .summary = "show the whole path on this machine, with no network and no configuration",
    .usage = "attache demo [--upstream PROGRAM] [--keep]",
    .takes = 0,
    .help = "Makes a site in a temporary folder and shows requests by two callers, what the upstream received\n"
            "(credentials masked), a request that policy denies, one that leaves the grant's origins, a module\n"
            "that is compiled and added while the engine runs, and the audit records of all that.\n"
            "\n"
            "  --upstream PROGRAM    start this HTTP server as the upstream; without it the upstream's answers\n"
            "                        come from a file\n"
            "  --keep                leave the folder of the demo",
    .run = run,
};
