/* tests/api/residue.c: a site whose one secret is a canary, and an nginx that repeats what it is sent. */
#include "tests/api/residue.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%s/attache\"; module_paths = true; ca_file = \"%s\"; %s = \"%s\"; };\n"
    "providers = ( { name = \"canary\"; module = \"%s/tests/modules/.libs/canary.so\";\n"
    "                options = { secret = { file = \"%s\"; }; promise = \"%s\";\n"
    "                            backends = [ \"http://127.0.0.1:%d\", \"https://localhost:%d\" ]; }; } );\n"
    "grants = ( { name = \"bearer\"; }, { name = \"failing\"; },\n"
    "           { name = \"key\"; inject = { header = \"x-api-key\"; }; },\n"
    "           { name = \"basic\"; inject = { kind = \"basic\"; }; },\n"
    "           { name = \"query\"; inject = { query = \"access_key\"; }; },\n"
    "           { name = \"cookie\"; inject = { cookie = \"session\"; }; },\n"
    "           { name = \"form\"; inject = { form = \"access_key\"; }; },\n"
    "           { name = \"json\"; inject = { json = \"auth.access_key\"; format = \"Key {token}\"; }; },\n"
    "           { name = \"aws\"; inject = { kind = \"sigv4\"; region = \"r\"; service = \"s3\"; }; },\n"
    "           { name = \"hmac\"; inject = { kind = \"hmac\"; header = \"x-signature\"; key = \"password\";\n"
    "                                       message = \"{method}{target}{body}\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { grant = [ \"*\" ]; };\n"
    "             origins = [ \"http://127.0.0.1:%d\", \"https://localhost:%d\" ];\n"
    "             fetch = ( { use = \"canary\"; control = \"required\"; } ); } );\n"
    "policy = { rules = ( { name = \"no-admin\"; effect = \"forbid\"; when = { path = \"/admin/**\"; }; },\n"
    "                     { name = \"all\"; effect = \"permit\"; } ); };\n"
    "audit = ( { module = \"audit_file.so\"; options = { path = \"%s\"; }; } );\n";

void world_configure(const struct world *world, const char *promise, const char *tape)
{
    FILE *file = fopen(world->conf, "w");

    assert_non_null(file);
    fprintf(file, conf, secure_getenv("ATT_LIBDIR"), world->authority, tape, world->tape, secure_getenv("ATT_BUILD"),
            world->secret, promise, world->http, world->https, world->http, world->https, world->audit);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(world->conf, 0600), 0);
}

static void start_server(struct world *world)
{
    int in[2], out[2];
    char line[512] = "", script[512];
    FILE *lines;

    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    snprintf(script, sizeof script, "%s/tests/rig/echo.py", secure_getenv("ATT_SOURCE"));
    world->server = fork();
    if (world->server == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execlp("python3", "python3", script, world->folder, (char *)NULL);
        _exit(126);
    }
    close(in[0]);
    close(out[1]);
    world->input = in[1];
    lines = fdopen(out[0], "r");
    if (!fgets(line, sizeof line, lines) ||
        sscanf(line, "%d %d %255s", &world->http, &world->https, world->authority) != 3)
        world->http = 0;
    fclose(lines);
}

void world_make(struct world *world)
{
    memset(world, 0, sizeof *world);
    snprintf(world->folder, sizeof world->folder, "/tmp/attache-test-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->conf, sizeof world->conf, "%s/attache.conf", world->folder);
    snprintf(world->secret, sizeof world->secret, "%s/secret", world->folder);
    snprintf(world->audit, sizeof world->audit, "%s/audit.jsonl", world->folder);
    snprintf(world->tape, sizeof world->tape, "%s/tape.jsonl", world->folder);
    snprintf(world->log, sizeof world->log, "%s/engine.log", world->folder);
    canary_make(&world->canary);
    canary_make(&world->decoy);
    assert_true(canary_write(&world->canary, world->secret));
    start_server(world);
}

void world_remove(struct world *world)
{
    int status = 0;
    pid_t remover;

    close(world->input);
    waitpid(world->server, &status, 0);
    remover = fork();
    if (remover == 0) {
        execlp("rm", "rm", "-r", world->folder, (char *)NULL);
        _exit(126);
    }
    waitpid(remover, &status, 0);
    assert_int_equal(status, 0);
}

void world_require(const struct world *world)
{
    const char *sanitizer = secure_getenv("ATT_SANITIZER");

    if (sanitizer && strcmp(sanitizer, "no") != 0) {
        print_message("# skipped: a sanitizer keeps what was freed\n");
        skip();
    }
    if (!world->http) {
        print_message("# skipped: nginx did not start; install it\n");
        skip();
    }
}
