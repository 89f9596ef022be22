/* cmd/demo_site.c: the site of attache demo: configuration, modules and answers in a temporary folder. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <attache/attache.h>

#include "cmd/demo.h"
#include "cmd/fail.h"

bool cmd_path_join(struct cmd_path *path, const char *folder, const char *name)
{
    int size = snprintf(path->text, sizeof path->text, "%s/%s", folder, name);

    return size > 0 && (size_t)size < sizeof path->text;
}

static bool complain(struct demo_site *site, const char *path, int error)
{
    site->exit_status = cmd_fail_here(site->call, ATT_STATE, NULL, "demo: %s: %s; set TMPDIR to a folder with room",
                                      path, strerror(error));
    return false;
}

/* The path stands in the configuration, so it may hold nothing that would have to be quoted there. */
static bool make_folder(struct demo_site *site)
{
    const char *temporary = secure_getenv("TMPDIR");

    if (!temporary || temporary[0] != '/' || strpbrk(temporary, "\"\\\n\r\t"))
        temporary = "/tmp";
    if (!cmd_path_join(&site->folder, temporary, "attache-demo-XXXXXX"))
        return complain(site, temporary, ENAMETOOLONG);
    if (mkdtemp(site->folder.text))
        return true;
    complain(site, temporary, errno);
    site->folder.text[0] = 0; /* nothing to remove */
    return false;
}

bool demo_site_create(struct demo_site *site, const struct cmd_call *call)
{
    const char *folder = site->folder.text;

    *site = (struct demo_site){.call = call};
    if (!make_folder(site))
        return false;
    if (!cmd_path_join(&site->config, folder, "attache.conf") || !cmd_path_join(&site->audit, folder, "audit.jsonl") ||
        !cmd_path_join(&site->log, folder, "upstream.log") || !cmd_path_join(&site->modules, folder, "modules") ||
        !cmd_path_join(&site->replay, folder, "upstream.jsonl"))
        return complain(site, folder, ENAMETOOLONG);
    return mkdir(site->modules.text, 0700) == 0 || complain(site, site->modules.text, errno);
}

/* Writes a file of the site anew. */
static bool write_file(struct demo_site *site, const char *path, const char *format, ...) CMD_FORMAT(3, 4);
static bool write_file(struct demo_site *site, const char *path, const char *format, ...)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    va_list arguments;
    int written = -1;

    if (descriptor < 0)
        return complain(site, path, errno);
    va_start(arguments, format);
    written = vdprintf(descriptor, format, arguments);
    va_end(arguments);
    if (close(descriptor) != 0 || written < 0)
        return complain(site, path, errno);
    return true;
}

static bool copy_file(struct demo_site *site, const char *from, const char *to)
{
    int source = open(from, O_RDONLY | O_CLOEXEC), target = -1;
    struct stat facts;
    bool copied = false;

    if (source >= 0 && fstat(source, &facts) == 0)
        target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (target >= 0) {
        ssize_t count = 1;

        while (count > 0)
            count = sendfile(target, source, NULL, 1 << 20);
        copied = count == 0;
    }
    if (!copied)
        complain(site, source < 0 ? from : to, errno);
    if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    return copied;
}

struct search {
    struct demo_site *site;
    int copied;
    bool failed;
    char *refusal; /* of the first of them that would not load, or NULL; owned */
};

/* Modules of a staged installation lie in <root><pkglibdir>; the rest of it is under the same root. */
static void locate_installation(struct demo_site *site, const char *module)
{
    const char *slash = strrchr(module, '/');
    size_t folder_size = slash ? (size_t)(slash - module) : 0, expected = strlen(ATT_PKGLIBDIR);

    if (folder_size >= expected && strncmp(slash - expected, ATT_PKGLIBDIR, expected) == 0)
        snprintf(site->root.text, sizeof site->root.text, "%.*s", (int)(folder_size - expected), module);
}

static void take_module(void *context, const att_module_info *module)
{
    struct search *search = context;
    struct cmd_path target;
    const char *slash = strrchr(module->path, '/');
    const char *file = slash ? slash + 1 : module->path;

    if (strcmp(file, "mock.so") != 0 && strcmp(file, "audit_file.so") != 0)
        return;
    if (module->refusal) {
        search->refusal = search->refusal ? search->refusal : strdup(module->refusal);
        return;
    }
    locate_installation(search->site, module->path);
    if (!cmd_path_join(&target, search->site->modules.text, file) ||
        !copy_file(search->site, module->path, target.text))
        search->failed = true;
    search->copied++;
}

bool demo_site_take_modules(struct demo_site *site)
{
    struct search search = {.site = site};
    att_error error = ATT_ERROR_INIT;
    att_status status;

    /* A configuration that names no module directory leads to that of this installation. */
    if (!write_file(site, site->config.text, "schema = 1;\n"))
        return false;
    status = att_modules(site->config.text, take_module, &search, &error);
    if (status != ATT_OK)
        site->exit_status = cmd_fail(site->call, &error);
    else if (!search.failed && search.copied != 2)
        site->exit_status = cmd_fail_here(
            site->call, ATT_MODULE, NULL, "demo: %s",
            search.refusal ? search.refusal : "mock.so and audit_file.so are not both installed; see attache modules");
    free(search.refusal);
    att_error_clear(&error);
    return status == ATT_OK && !search.failed && search.copied == 2;
}

/* What the upstream would answer to the requests of the demo. */
static bool write_replay(struct demo_site *site)
{
    const char *origin = site->origin;

    return write_file(
        site, site->replay.text,
        "{\"url\":\"%s/calendar/events?maxResults=2\",\"status\":200,\"body\":\"{\\\"events\\\":[\\\"Stand-up\\\","
        "\\\"Review\\\"]}\"}\n"
        "{\"method\":\"POST\",\"url\":\"%s/invoices\",\"status\":201,\"body\":\"{\\\"invoice\\\":7}\"}\n"
        "{\"url\":\"%s/calendar/added\",\"status\":200,\"body\":\"{\\\"added\\\":true}\"}\n",
        origin, origin, origin);
}

bool demo_site_write_answers(struct demo_site *site)
{
    struct cmd_path script, token;

    if (!cmd_path_join(&script, site->folder.text, "mock.json") || !cmd_path_join(&token, site->folder.text, "token"))
        return complain(site, site->folder.text, ENAMETOOLONG);
    if ((site->is_replayed && !write_replay(site)) || !write_file(site, token.text, "token-of-the-added-module\n"))
        return false;
    return write_file(site, script.text,
                      "{\"grants\": {\n"
                      "  \"calendar\": {\"token\": \"calendar-token-of-the-demo\", \"kind\": \"oauth\"},\n"
                      "  \"billing\": {\"token\": \"billing-key-of-the-demo\", \"kind\": \"api_key\"}\n"
                      "}}\n");
}

bool demo_site_configure(struct demo_site *site, const char *module)
{
    const char *folder = site->folder.text, *origin = site->origin;
    char replay[PATH_MAX + 32] = "", provider[PATH_MAX + 256] = "", grant[256] = "", stack[256] = "";

    if (site->is_replayed)
        snprintf(replay, sizeof replay, " replay = \"%s\";", site->replay.text);
    if (module) {
        snprintf(provider, sizeof provider,
                 ",\n  { name = \"added\"; module = \"%s\"; options = { path = \"%s/token\"; }; }", module, folder);
        snprintf(grant, sizeof grant, ",\n  { name = \"added\"; stack = \"added\"; origins = [ \"%s\" ]; }", origin);
        snprintf(stack, sizeof stack,
                 ",\n  { name = \"added\"; fetch = ( { use = \"added\"; control = \"required\"; } ); }");
    }
    return write_file(site, site->config.text,
                      "schema = 1;\n"
                      "settings = { module_dir = \"%s\"; state_dir = \"%s/state\";%s };\n"
                      "providers = (\n"
                      "  { name = \"offline\"; module = \"mock.so\"; options = { script = \"%s/mock.json\"; }; }%s\n"
                      ");\n"
                      "grants = (\n"
                      "  { name = \"calendar\"; stack = \"demo\"; origins = [ \"%s\" ]; },\n"
                      "  { name = \"billing\"; stack = \"demo\"; origins = [ \"%s\" ];\n"
                      "    inject = { header = \"X-API-Key\"; format = \"{token}\"; }; }%s\n"
                      ");\n"
                      "stacks = (\n"
                      "  { name = \"demo\"; fetch = ( { use = \"offline\"; control = \"required\"; } ); }%s\n"
                      ");\n"
                      "policy = { rules = (\n"
                      "  { name = \"read-calendar\"; effect = \"permit\";\n"
                      "    when = { caller = \"email-assistant\"; grant = [ \"calendar\", \"added\" ];\n"
                      "             method = \"GET\"; }; },\n"
                      "  { name = \"send-invoices\"; effect = \"permit\";\n"
                      "    when = { caller = \"invoice-job\"; grant = \"billing\"; method = \"POST\";\n"
                      "             path = \"/invoices\"; }; }\n"
                      "); };\n"
                      "audit = (\n"
                      "  { module = \"audit_file.so\"; control = \"required\"; options = { path = \"%s\"; }; }\n"
                      ");\n",
                      site->modules.text, folder, replay, folder, provider, origin, origin, grant, stack,
                      site->audit.text);
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

void demo_site_remove(struct demo_site *site)
{
    if (site->folder.text[0] && nftw(site->folder.text, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        complain(site, site->folder.text, errno);
}
