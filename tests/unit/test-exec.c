/* tests/unit/test-exec.c: the exec provider with helpers that answer what a test says, well and badly (attacks B9, C2,
 * and the traps on helpers). */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/provider/instance.h"
#include "tests/unit/folder.h"

/* A host as the engine's, with what this test wants to see of it. */
struct fixture {
    struct folder folder;
    struct att_pool *pool;
    struct att_findings findings;
    struct att_environment environment;
    struct att_host_table table;
    struct att_instance instance; /* of nothing: what a call refers to */
    const struct att_provider *module;
    struct att_module adopted;
    struct att_opening opening;
    void *own;
    struct att_credential credential;
    struct att_call_report report;
    char placed[1024], line[1024];
    struct att_fetch request;
};

static struct fixture the;

static int place(struct att_placement *placement, const char *inject)
{
    (void)placement;
    snprintf(the.placed, sizeof the.placed, "%s", inject);
    return 1;
}

static int credential_place(struct att_credential *credential, const char *inject)
{
    (void)credential;
    snprintf(the.placed, sizeof the.placed, "%s", inject);
    return 1;
}

static void keep_line(void *context, int level, const char *line)
{
    (void)context;
    (void)level;
    snprintf(the.line, sizeof the.line, "%s", line);
}

/* The helper writes down what it was given, and does as the test says. */
static const char script[] = "#!/bin/sh\n"
                             "cat >'%s/stdin'\n"
                             "env | sort >'%s/environment'\n"
                             "printf '%%s\\n' \"$@\" >'%s/arguments'\n"
                             "cat '%s/answer'\n"
                             "echo complaint >&2\n"
                             "exit $(cat '%s/status')\n";

static int fixture_open(void **state)
{
    const char *at, *path;

    (void)state;
    memset(&the, 0, sizeof the);
    folder_open(&the.folder);
    the.pool = att_pool_create();
    at = the.folder.path;
    path = folder_put(&the.folder, "helper", att_pool_format(the.pool, script, at, at, at, at, at));
    chmod(path, 0755);
    att_findings_open(&the.findings, the.pool);
    the.environment = (struct att_environment){att_arena_create(), keep_line, NULL};
    att_host_table_fill(&the.table, &the.environment, "entry");
    the.table.host.features |= ATT_HOST_PLACING;
    the.table.host.place = place;
    the.table.host.credential_place = credential_place;
    the.module = attache_provider_v1(&the.table.host);
    the.adopted = (struct att_module){.name = the.module->name, .options = the.module->options};
    while (the.adopted.options[the.adopted.option_count].name)
        the.adopted.option_count++;
    atomic_init(&the.instance.cancelled, false);
    att_credential_open(&the.credential, the.environment.arena);
    the.request = (struct att_fetch){.size = sizeof the.request,
                                     .caller = "tester",
                                     .grant = "billing",
                                     .method = "GET",
                                     .scheme = "https",
                                     .host = "api.example",
                                     .port = 443,
                                     .path = "/v1/x%0Ay"};
    return 0;
}

static void close_module(void)
{
    if (the.own)
        the.module->close(the.own);
    the.own = NULL;
}

static int fixture_close(void **state)
{
    struct att_arena_state memory;

    (void)state;
    close_module();
    att_credential_close(&the.credential);
    att_arena_state(the.environment.arena, &memory);
    assert_int_equal(memory.in_use, 0);
    att_arena_destroy(the.environment.arena);
    att_findings_close(&the.findings);
    att_pool_destroy(the.pool);
    folder_close(&the.folder);
    return 0;
}

/* Opens the module with options in which $ stands for the test's folder. */
static att_result open_module(const char *options)
{
    struct att_entry entry = {.name = "entry", .place = {"site.conf", 1}};
    struct att_settings settings = {.entry = &entry, .opening = &the.opening};
    struct att_buffer text;
    att_result result;

    close_module();
    att_buffer_open(&text, 8192);
    att_buffer_text(&text, "options = {\n");
    for (; *options; options++)
        if (*options == '$')
            att_buffer_text(&text, the.folder.path);
        else
            att_buffer_char(&text, *options);
    att_buffer_text(&text, "\n};");
    entry.options = att_value_member(att_config_parse(the.pool, "site.conf", text.data, &the.findings), "options");
    the.opening = (struct att_opening){.prompt = false};
    if (!att_settings_read(&settings, the.pool, the.environment.arena, &the.adopted, &the.findings))
        fail_msg("%s", the.findings.list[0].text);
    result = the.module->open(&the.table.host, &settings, &the.own);
    att_settings_wipe(&settings);
    att_buffer_close(&text);
    assert_string_equal(the.opening.fault, "");
    return result;
}

static void assert_opens(const char *options)
{
    if (open_module(options) != ATT_RESULT_OK)
        fail_msg("%s: %s", the.opening.option, the.opening.sentence);
}

static void answer_with(const char *bytes, size_t size, int status)
{
    folder_put_size(&the.folder, "answer", bytes, size);
    folder_put(&the.folder, "status", att_pool_format(the.pool, "%d\n", status));
}

/* What att_call_run does, without its threads. */
static att_result fetch(void)
{
    struct att_call call;
    att_result result;

    att_credential_close(&the.credential);
    the.placed[0] = '\0';
    the.line[0] = '\0';
    the.request.deadline_ns = att_clock_monotonic_ns() + 30 * ATT_NS_PER_S;
    the.request.call = &call;
    att_call_open(&call, &the.instance, the.request.deadline_ns, &the.report);
    result = the.module->fetch(the.own, &the.request, &the.credential);
    if (result == ATT_RESULT_OK && the.credential.failed) {
        att_call_fetch_failed(&call, the.credential.failure);
        result = ATT_RESULT_FAULT;
    }
    the.request.call = NULL;
    return result;
}

static att_result answered(const char *text, int status)
{
    answer_with(text, strlen(text), status);
    return fetch();
}

static const char *part(const char *name)
{
    const struct att_secret *secret = att_credential_part(&the.credential, name);

    return secret ? att_secret_bytes(secret) : NULL;
}

static const char *written(const char *name)
{
    static char text[65536];
    int file = open(folder_path(&the.folder, name), O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);

    assert_true(size >= 0);
    text[size] = '\0';
    close(file);
    return text;
}

/* The sentence begins with the helper's name. */
static void assert_said(const char *sentence)
{
    assert_string_equal(the.report.sentence,
                        att_pool_format(the.pool, "helper %s/helper %s", the.folder.path, sentence));
}

static void assert_answer(const char *text, int status, att_result result, const char *sentence)
{
    att_result given = answered(text, status);

    if (given != result)
        fail_msg("%d instead of %d (%s): %s", given, result, the.report.sentence, text);
    assert_said(sentence);
    assert_null(strstr(the.report.sentence, "s3cret"));
}

#define COMMAND "command = [ \"$/helper\" ]; "

/* ---- options ----------------------------------------------------------------------------------------------------- */

static void what_does_not_go_together_is_refused_at_open(void **state)
{
    static const struct {
        const char *options, *option, *sentence;
    } cases[] = {
        {"protocol = \"plain\"; command = [ ];", "command",
         "\"\" is not the absolute path of a program; write [ \"/PATH/HELPER\", ... ]"},
        {"protocol = \"plain\"; command = [ \"pass\", \"show\" ];", "command",
         "\"pass\" is not the absolute path of a program; write [ \"/PATH/HELPER\", ... ]"},
        {"protocol = \"plain\"; sha256 = \"ABC\"; " COMMAND, "sha256",
         "it is not 64 digits of lower-case hex; write what sha256sum prints of the helper"},
        {"protocol = \"plain\"; kind = \"two words\"; " COMMAND, "kind",
         "\"two words\" is no word of 1 to 31 letters, digits, \"_\", \".\" and \"-\"; write one as in \"api_key\""},
        {"protocol = \"plain\"; server = \"x\"; " COMMAND, "server",
         "it is for the protocol docker-credential, and this one is plain; leave it out"},
        {"protocol = \"aws\"; username = \"x\"; " COMMAND, "username",
         "it is for the protocol git-credential or plain, and this one is aws; leave it out"},
        {"protocol = \"plain\"; path = true; " COMMAND, "path",
         "it is for the protocol git-credential, and this one is plain; leave it out"},
        {"protocol = \"plain\"; per = \"url\"; " COMMAND, "per",
         "it is for the protocol bazel, and this one is plain; leave it out"},
        {"protocol = \"bazel\"; first_line = true; " COMMAND, "first_line",
         "it is for the protocol plain, and this one is bazel; leave it out"},
        {"protocol = \"plain\"; environment = [ \"A=1\", \"A\" ]; " COMMAND, "environment",
         "A stands in it twice; leave one out"},
        {"protocol = \"plain\"; environment = [ \"=1\" ]; " COMMAND, "environment",
         "\"=1\" is no variable; write \"NAME=value\", or \"NAME\" for that of this process"},
        {"protocol = \"plain\"; environment = [ \"A B=1\" ]; " COMMAND, "environment",
         "\"A B=1\" is no variable; write \"NAME=value\", or \"NAME\" for that of this process"},
        {"protocol = \"git-credential\"; environment = [ \"GIT_ASKPASS=/bin/true\" ]; " COMMAND, "environment",
         "GIT_ASKPASS is set by the protocol git-credential; leave it out"},
        {"protocol = \"git-credential\"; username = \"\"; " COMMAND, "username",
         "it is empty or holds a control character; write it without, or leave it out"},
        {"protocol = \"google\"; " COMMAND, "audience", "the protocol google needs it; write the audience of the pool"},
        {"protocol = \"google\"; audience = \"a\"; token_type = \"jwt\"; " COMMAND, "token_type",
         "the protocol google needs one of urn:ietf:params:oauth:token-type:id_token, "
         "urn:ietf:params:oauth:token-type:jwt and urn:ietf:params:oauth:token-type:saml2; write it"},
        {"protocol = \"kubernetes\"; cluster = \"a\\\"b\"; " COMMAND, "cluster",
         "it is no URL; write it as in \"https://10.0.0.1:6443\""},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        assert_int_equal(open_module(cases[i].options), ATT_RESULT_CONFIG);
        assert_string_equal(the.opening.option, cases[i].option);
        assert_string_equal(the.opening.sentence, cases[i].sentence);
    }
}

static void a_host_that_cannot_place_it_is_told_at_open(void **state)
{
    (void)state;
    the.table.host.features &= ~ATT_HOST_PLACING;
    assert_int_equal(open_module("protocol = \"aws\"; " COMMAND), ATT_RESULT_CONFIG);
    assert_string_equal(the.opening.sentence,
                        "credentials of aws go where this version of Attache cannot place them; use a later one");
    assert_opens("protocol = \"plain\"; " COMMAND);
}

static void the_environment_is_what_the_site_says_and_a_path(void **state)
{
    (void)state;
    setenv("EXEC_TEST_PASSED", "from here", 1);
    setenv("EXEC_TEST_HIDDEN", "not for helpers", 1);
    assert_opens("protocol = \"plain\"; environment = [ \"A=1=2\", \"EXEC_TEST_PASSED\", \"EXEC_TEST_UNSET\" ]; "
                 "command = [ \"$/helper\", \"two words\", \"$HOME\" ];");
    assert_int_equal(answered("token\n", 0), ATT_RESULT_OK);
    assert_non_null(strstr(written("environment"), "A=1=2\nEXEC_TEST_PASSED=from here\nPATH=/usr/sbin:/usr/bin:/sbin:"
                                                   "/bin\n"));
    assert_null(strstr(written("environment"), "HIDDEN"));
    assert_null(strstr(written("environment"), "UNSET"));
    assert_string_equal(written("arguments"), att_pool_format(the.pool, "two words\n%sHOME\n", the.folder.path));
    assert_string_equal(written("stdin"), "");
    assert_opens("protocol = \"plain\"; environment = [ \"PATH=/bin:/usr/bin\" ]; " COMMAND);
    assert_int_equal(answered("token\n", 0), ATT_RESULT_OK);
    assert_non_null(strstr(written("environment"), "PATH=/bin:/usr/bin\n"));
    unsetenv("EXEC_TEST_PASSED");
    unsetenv("EXEC_TEST_HIDDEN");
}

static void what_is_promised_about_keeping_is_what_the_helper_is_told(void **state)
{
    enum { ALL = ATT_SHARED_BY_CALLERS | ATT_SHARED_BY_USERS | ATT_SHARED_BY_ORIGINS };
    static const struct {
        const char *options;
        bool cached;
        uint32_t shared;
    } cases[] = {
        {"protocol = \"plain\"; " COMMAND, true, ALL},
        {"protocol = \"aws\"; " COMMAND, true, ALL},
        {"protocol = \"git-credential\"; " COMMAND, true, ALL & ~ATT_SHARED_BY_ORIGINS},
        {"protocol = \"git-credential\"; path = true; " COMMAND, false, 0},
        {"protocol = \"docker-credential\"; " COMMAND, true, ALL & ~ATT_SHARED_BY_ORIGINS},
        {"protocol = \"docker-credential\"; server = \"https://r.example\"; " COMMAND, true, ALL},
        {"protocol = \"bazel\"; " COMMAND, false, 0},
        {"protocol = \"bazel\"; per = \"url\"; " COMMAND, false, 0},
        {"protocol = \"bazel\"; per = \"origin\"; " COMMAND, true, ATT_SHARED_BY_USERS},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        assert_opens(cases[i].options);
        assert_int_equal(the.opening.cached, cases[i].cached);
        assert_int_equal(the.opening.cache.shared, cases[i].shared);
        assert_int_equal(the.opening.cache.longest_ms, 0);
        assert_false(the.opening.prompt);
    }
}

static void an_answer_without_an_expiry_is_good_as_long_as_the_site_says(void **state)
{
    int64_t now = (int64_t)time(NULL);

    (void)state;
    assert_opens("protocol = \"plain\"; " COMMAND);
    assert_int_equal(answered("token\n", 0), ATT_RESULT_OK);
    assert_in_range(the.credential.expires, now + 300, now + 320);
    assert_string_equal(the.credential.kind, "secret");
    assert_opens("protocol = \"plain\"; keep = \"0\"; kind = \"api_key\"; " COMMAND);
    assert_int_equal(answered("token\n", 0), ATT_RESULT_OK);
    assert_int_equal(the.credential.expires, 0);
    assert_string_equal(the.credential.kind, "api_key");
}

/* ---- endings ----------------------------------------------------------------------------------------------------- */

static void how_a_helper_fails_is_said_without_what_it_printed(void **state)
{
    (void)state;
    assert_opens("protocol = \"plain\"; " COMMAND);
    assert_answer("s3cret\n", 3, ATT_RESULT_UNAVAILABLE,
                  "failed with exit status 3; run it by hand to see why, or set stderr = \"log\"");
    assert_string_equal(the.line, "");
    assert_opens("protocol = \"plain\"; stderr = \"log\"; " COMMAND);
    assert_answer("s3cret\n", 3, ATT_RESULT_UNAVAILABLE, "failed with exit status 3; see the log for what it said");
    assert_string_equal(the.line, "entry: helper: complaint");
    assert_opens("protocol = \"plain\"; output_limit = \"8\"; " COMMAND);
    assert_answer("s3cret-and-more\n", 0, ATT_RESULT_FAULT,
                  "was ended: it printed more than 8 bytes; see that it prints its answer alone, or raise the limit");
    folder_put(&the.folder, "helper", "#!/bin/sh\nkill -9 $$\n");
    assert_opens("protocol = \"plain\"; " COMMAND);
    assert_answer("", 0, ATT_RESULT_UNAVAILABLE,
                  "was ended by signal 9; run it by hand to see why, or set stderr = \"log\"");
    folder_put(&the.folder, "helper", "#!/bin/sh\nexec sleep 100\n");
    assert_opens("protocol = \"plain\"; timeout = \"100ms\"; " COMMAND);
    assert_answer("", 0, ATT_RESULT_DEADLINE,
                  "was ended: it was still running when its time was over; run it by hand to see what it waits for");
    assert_opens("protocol = \"plain\"; sha256 = "
                 "\"0000000000000000000000000000000000000000000000000000000000000000\"; " COMMAND);
    assert_int_equal(answered("s3cret\n", 0), ATT_RESULT_CONFIG);
    assert_non_null(strstr(the.report.sentence, "is not the pinned one"));
    chmod(folder_path(&the.folder, "helper"), 0777);
    assert_opens("protocol = \"plain\"; " COMMAND);
    assert_int_equal(answered("s3cret\n", 0), ATT_RESULT_CONFIG);
    assert_non_null(strstr(the.report.sentence, "others may write the helper"));
}

/* ---- plain ------------------------------------------------------------------------------------------------------- */

static void plain_takes_one_line_and_says_what_else_it_got(void **state)
{
    static const char nul[] = "s3cret\0more\n";

    (void)state;
    assert_opens("protocol = \"plain\"; " COMMAND);
    assert_int_equal(answered("s3cret-token\n", 0), ATT_RESULT_OK);
    assert_string_equal(part("token"), "s3cret-token");
    assert_int_equal(answered("s3cret-token", 0), ATT_RESULT_OK);
    assert_string_equal(part("token"), "s3cret-token");
    assert_answer("", 0, ATT_RESULT_NOT_FOUND, "printed nothing; store a secret for it to print");
    assert_answer("\ns3cret\n", 0, ATT_RESULT_NOT_FOUND,
                  "printed nothing on its first line; store a secret for it to print");
    assert_answer("s3cret\nuser: ann\n", 0, ATT_RESULT_FAULT,
                  "printed more than one line; let it print the secret alone, or set first_line = true");
    assert_answer("s3cret\r\n", 0, ATT_RESULT_FAULT,
                  "printed a carriage return or a NUL, which no credential can hold; let it print plain text");
    answer_with(nul, sizeof nul - 1, 0);
    assert_int_equal(fetch(), ATT_RESULT_FAULT);
    assert_opens("protocol = \"plain\"; first_line = true; username = \"ann\"; " COMMAND);
    assert_int_equal(answered("s3cret\nuser: bob\r\n", 0), ATT_RESULT_OK);
    assert_string_equal(part("username"), "ann");
    assert_string_equal(part("password"), "s3cret");
    assert_null(part("token"));
}

/* ---- git-credential ---------------------------------------------------------------------------------------------- */

static void git_asks_for_the_origin_and_takes_a_pair(void **state)
{
    (void)state;
    assert_opens("protocol = \"git-credential\"; " COMMAND);
    assert_int_equal(answered("protocol=https\nhost=api.example\nusername=ann\npassword=s3cret=x\n"
                              "oauth_refresh_token=r\nunknown[]=1\npassword_expiry_utc=4000000000\n\nnot read",
                              0),
                     ATT_RESULT_OK);
    assert_string_equal(part("username"), "ann");
    assert_string_equal(part("password"), "s3cret=x");
    assert_string_equal(part("git_refresh_token"), "r");
    assert_string_equal(part("git_expiry"), "4000000000");
    assert_int_equal(the.credential.part_count, 4);
    assert_int_equal(the.credential.expires, 4000000000);
    assert_string_equal(written("stdin"),
                        "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=api.example\n\n");
    assert_string_equal(written("arguments"), "get\n");
    assert_non_null(strstr(written("environment"), "GIT_ASKPASS=\nGIT_TERMINAL_PROMPT=0\n"));
    the.request.port = 8443;
    the.request.path = "/v1/x";
    assert_opens("protocol = \"git-credential\"; path = true; username = \"ann\"; " COMMAND);
    assert_int_equal(answered("password=s3cret", 0), ATT_RESULT_OK);
    assert_string_equal(part("username"), "ann");
    assert_string_equal(written("stdin"),
                        "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=api.example:8443\n"
                        "path=v1/x\nusername=ann\n\n");
    assert_false(the.opening.reports);
}

static void git_may_answer_with_a_scheme_of_its_own(void **state)
{
    struct att_placement placement = {.count = 0};

    (void)state;
    assert_opens("protocol = \"git-credential\"; " COMMAND);
    assert_int_equal(answered("capability[]=authtype\nauthtype=Bearer\ncredential=s3cret-token\n", 0), ATT_RESULT_OK);
    assert_string_equal(part("token"), "s3cret-token");
    assert_int_equal(the.module->inject(the.own, &the.credential, &placement), ATT_RESULT_OK);
    assert_int_equal(placement.count, 1);
    /* Without the capability these are keys that mean nothing. */
    assert_answer("authtype=Bearer\ncredential=s3cret\n", 0, ATT_RESULT_NONE,
                  "knows no user name with a password for this host; store one");
    assert_answer("capability[]=authtype\nauthtype=Bea rer\ncredential=s3cret\n", 0, ATT_RESULT_FAULT,
                  "answered with an authtype that is no scheme of RFC 9110");
    assert_answer("capability[]=authtype\nauthtype={token}\ncredential=s3cret\n", 0, ATT_RESULT_FAULT,
                  "answered with an authtype that is no scheme of RFC 9110");
}

static void B9_git_refuses_what_is_not_its_protocol(void **state)
{
    static const char nul[] = "username=a\npassword=s3\0cret\n";
    static const char none[] = "knows no user name with a password for this host; store one";
    char *endless = att_pool_take(the.pool, 65537);

    (void)state;
    assert_opens("protocol = \"git-credential\"; output_limit = \"1MiB\"; " COMMAND);
    assert_answer("", 0, ATT_RESULT_NONE, none);
    assert_answer("\n", 0, ATT_RESULT_NONE, none);
    assert_answer("username=ann\n", 0, ATT_RESULT_NONE, none);
    assert_answer("password=s3cret\n", 0, ATT_RESULT_NONE, none);
    assert_answer("s3cret\n", 0, ATT_RESULT_FAULT,
                  "printed what git-credential does not have: a line is not KEY=VALUE");
    assert_answer("=s3cret\n", 0, ATT_RESULT_FAULT,
                  "printed what git-credential does not have: a line is not KEY=VALUE");
    assert_answer("username=a\r\npassword=s3cret\r\n", 0, ATT_RESULT_FAULT,
                  "printed what git-credential does not have: a line holds a NUL or a carriage return");
    answer_with(nul, sizeof nul - 1, 0);
    assert_int_equal(fetch(), ATT_RESULT_FAULT);
    assert_null(part("password"));
    memset(endless, 'a', 65535);
    endless[1] = '=';
    assert_answer(endless, 0, ATT_RESULT_FAULT,
                  "printed what git-credential does not have: a line is longer than 65535 bytes");
    assert_answer("quit=1\n", 0, ATT_RESULT_DENIED, "said that nobody else shall be asked (quit)");
    assert_answer("quit=true\nusername=a\npassword=s3cret\n", 0, ATT_RESULT_DENIED,
                  "said that nobody else shall be asked (quit)");
    assert_answer("continue=1\n", 0, ATT_RESULT_FAULT,
                  "wants to go on in several steps (continue), which Attache cannot");
    assert_answer("host=evil.example\nusername=a\npassword=s3cret\n", 0, ATT_RESULT_FAULT,
                  "answered for another host than the one it was asked for");
    assert_answer("protocol=http\nusername=a\npassword=s3cret\n", 0, ATT_RESULT_FAULT,
                  "answered for another host than the one it was asked for");
    assert_answer("username=a\npassword=s3cret\npassword_expiry_utc=1e9\n", 0, ATT_RESULT_FAULT,
                  "answered with a password_expiry_utc that is no Unix time");
    assert_answer("username=a\npassword=s3cret\npassword_expiry_utc=99999999999999999999\n", 0, ATT_RESULT_FAULT,
                  "answered with a password_expiry_utc that is no Unix time");
    assert_answer("username=a\npassword=s3cret\n", 1, ATT_RESULT_UNAVAILABLE,
                  "failed with exit status 1; run it by hand to see why, or set stderr = \"log\"");
    assert_answer("", 1, ATT_RESULT_NONE,
                  "knows no user name with a password for this host; store one (it printed nothing, and ended with "
                  "exit status 1)");
    /* An empty value is the host's matter. */
    assert_int_equal(answered("username=a\npassword=\n", 0), ATT_RESULT_FAULT);
    assert_string_equal(the.report.sentence, "the part \"password\" of the credential is empty");
}

static void a_git_helper_that_is_ended_by_a_signal_has_not_answered(void **state)
{
    (void)state;
    assert_opens("protocol = \"git-credential\"; " COMMAND);
    folder_put(&the.folder, "helper", "#!/bin/sh\nkill -9 $$\n");
    assert_answer("", 0, ATT_RESULT_UNAVAILABLE,
                  "was ended by signal 9; run it by hand to see why, or set stderr = \"log\"");
}

static void the_path_of_git_is_decoded_and_without_slashes_around_it(void **state)
{
    static const struct {
        const char *path, *told;
    } cases[] = {{"/", ""},
                 {"//", ""},
                 {"/team/x.git", "path=team/x.git\n"},
                 {"//team/a%20b%2fc%C3%A9+d///", "path=team/a b/c\xc3\xa9+d\n"},
                 {"/team%2F", "path=team\n"},
                 {"/%2Fteam", "path=/team\n"},
                 {"/100%25%zz%2", "path=100%%zz%2\n"}};

    (void)state;
    assert_opens("protocol = \"git-credential\"; path = true; " COMMAND);
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        the.request.path = cases[i].path;
        assert_int_equal(answered("username=a\npassword=s3cret\n", 0), ATT_RESULT_OK);
        assert_string_equal(strstr(written("stdin"), "host="),
                            att_pool_format(the.pool, "host=api.example\n%s\n", cases[i].told));
    }
}

static void a_request_with_a_control_character_is_not_put_to_git(void **state)
{
    static const char *const paths[] = {
        "/a\nhost=evil.example", "/a%0Ahost=evil.example", "/a%0d", "/a%00b", "/%7F", "/a%1fb"};
    char *endless = att_pool_take(the.pool, 8194);

    (void)state;
    assert_opens("protocol = \"git-credential\"; path = true; " COMMAND);
    for (size_t i = 0; i < ATT_COUNT(paths); i++) {
        the.request.path = paths[i];
        assert_answer("username=a\npassword=s3cret\n", 0, ATT_RESULT_FAULT,
                      "cannot be asked: the request is too long, its path holds a control character, or secret memory "
                      "is out; correct the URL");
    }
    memset(endless, 'a', 8193);
    endless[0] = '/';
    the.request.path = endless;
    assert_int_equal(answered("username=a\npassword=s3cret\n", 0), ATT_RESULT_FAULT);
    endless[8192] = '\0';
    assert_int_equal(answered("username=a\npassword=s3cret\n", 0), ATT_RESULT_OK);
    /* Without the option it is not told, so it does not matter. */
    assert_opens("protocol = \"git-credential\"; " COMMAND);
    the.request.path = paths[1];
    assert_int_equal(answered("username=a\npassword=s3cret\n", 0), ATT_RESULT_OK);
}

static att_result tell(att_result (*function)(void *, const struct att_fetch *))
{
    struct att_call call;
    att_result result;

    the.request.deadline_ns = att_clock_monotonic_ns() + 30 * ATT_NS_PER_S;
    the.request.call = &call;
    att_call_open(&call, &the.instance, the.request.deadline_ns, &the.report);
    result = function(the.own, &the.request);
    the.request.call = NULL;
    return result;
}

static att_result report(void *own, const struct att_fetch *request)
{
    const struct att_outcome outcome = {.size = sizeof outcome, .status = "ATT_OK", .http_status = 204};

    return the.module->report(own, request, &the.credential, &outcome);
}

/* What says nothing of whether the credential is good. */
static att_result report_others(void *own, const struct att_fetch *request)
{
    static const int numbers[] = {0, 100, 199, 300, 302, 304, 399, 401, 403, 404, 500};

    for (size_t i = 0; i < ATT_COUNT(numbers); i++) {
        const struct att_outcome outcome = {.size = sizeof outcome, .status = "ATT_OK", .http_status = numbers[i]};

        if (the.module->report(own, request, &the.credential, &outcome) != ATT_RESULT_OK)
            return ATT_RESULT_FAULT;
    }
    return ATT_RESULT_OK;
}

static void git_erases_exactly_what_was_refused(void **state)
{
    (void)state;
    assert_opens("protocol = \"git-credential\"; " COMMAND);
    assert_int_equal(answered("username=ann\npassword=s3cret\n", 0), ATT_RESULT_OK);
    folder_put(&the.folder, "stdin", "untouched");
    assert_int_equal(tell(the.module->invalidate), ATT_RESULT_OK);
    assert_string_equal(written("stdin"), "untouched");
    the.request.refused = &the.credential;
    assert_int_equal(tell(the.module->invalidate), ATT_RESULT_OK);
    assert_string_equal(written("arguments"), "erase\n");
    assert_string_equal(written("stdin"),
                        "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=api.example\nusername=ann\n"
                        "password=s3cret\n\n");
    folder_put(&the.folder, "stdin", "untouched");
    assert_int_equal(tell(report), ATT_RESULT_OK);
    assert_string_equal(written("stdin"), "untouched");
    /* Before 1.1 the host does not say what was refused. */
    the.request.size = offsetof(struct att_fetch, refused);
    assert_int_equal(tell(the.module->invalidate), ATT_RESULT_OK);
    assert_string_equal(written("stdin"), "untouched");
    the.request.size = sizeof the.request;
    assert_int_equal(answered("capability[]=authtype\nauthtype=Bearer\ncredential=s3cret\n", 0), ATT_RESULT_OK);
    assert_int_equal(tell(the.module->invalidate), ATT_RESULT_OK);
    assert_string_equal(written("stdin"),
                        "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=api.example\nauthtype=Bearer\n"
                        "credential=s3cret\n\n");
}

static void git_itself_is_asked_in_its_own_words_and_told_what_became_of_it(void **state)
{
    (void)state;
    rename(folder_path(&the.folder, "helper"), folder_path(&the.folder, "git"));
    assert_opens("protocol = \"git-credential\"; command = [ \"$/git\", \"-c\", \"a.b=c\", \"credential\" ];");
    assert_true(the.opening.reports);
    assert_int_equal(answered("protocol=https\nhost=api.example\nusername=ann\npassword=s3cret\n", 0), ATT_RESULT_OK);
    assert_string_equal(written("arguments"), "-c\na.b=c\ncredential\nfill\n");
    assert_int_equal(tell(report), ATT_RESULT_OK);
    assert_string_equal(written("arguments"), "-c\na.b=c\ncredential\napprove\n");
    assert_non_null(strstr(written("stdin"), "username=ann\npassword=s3cret\n\n"));
    folder_put(&the.folder, "arguments", "untouched");
    assert_int_equal(tell(report_others), ATT_RESULT_OK);
    assert_string_equal(written("arguments"), "untouched");
    the.request.refused = &the.credential;
    assert_int_equal(tell(the.module->invalidate), ATT_RESULT_OK);
    assert_string_equal(written("arguments"), "-c\na.b=c\ncredential\nreject\n");
    assert_int_equal(answered("", 128), ATT_RESULT_NONE);
    assert_int_equal(answered("username=ann\n", 128), ATT_RESULT_UNAVAILABLE);
    assert_opens("protocol = \"git-credential\"; command = [ \"$/git\", \"credential-cache\" ];");
    assert_int_equal(answered("", 0), ATT_RESULT_NONE);
    assert_string_equal(written("arguments"), "credential-cache\nget\n");
    assert_false(the.opening.reports);
}

#define TARGET "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=api.example\n"
#define PAIR "username=ann\npassword=s3cret\n"

static void git_is_given_back_all_that_came_with_a_credential(void **state)
{
    static const char given[] = TARGET PAIR "password_expiry_utc=4000000000\noauth_refresh_token=r3fresh\n"
                                            "state[]=helper.a=1\nstate[]=other.b\n\n";

    (void)state;
    rename(folder_path(&the.folder, "helper"), folder_path(&the.folder, "git"));
    assert_opens("protocol = \"git-credential\"; command = [ \"$/git\", \"credential\" ];");
    assert_int_equal(answered("capability[]=state\nstate[]=old\nstate[]=\nstate[]=helper.a=1\n"
                              "state[]=other.b\n" PAIR "oauth_refresh_token=r3fresh\nephemeral=0\n"
                              "password_expiry_utc=4000000000\n",
                              0),
                     ATT_RESULT_OK);
    assert_int_equal(tell(report), ATT_RESULT_OK);
    assert_string_equal(written("arguments"), "credential\napprove\n");
    assert_string_equal(written("stdin"), given);
    folder_put(&the.folder, "stdin", "untouched");
    the.request.refused = &the.credential;
    assert_int_equal(tell(the.module->invalidate), ATT_RESULT_OK);
    assert_string_equal(written("arguments"), "credential\nreject\n");
    assert_string_equal(written("stdin"), given);
    /* Without the capability it is a key that means nothing; without a value there is nothing to give back. */
    assert_int_equal(answered("state[]=a\noauth_refresh_token=\n" PAIR, 0), ATT_RESULT_OK);
    assert_int_equal(tell(report), ATT_RESULT_OK);
    assert_string_equal(written("stdin"), TARGET PAIR "\n");
    assert_int_equal(answered("capability[]=state\nstate[]=1\nstate[]=2\nstate[]=3\nstate[]=4\nstate[]=5\nstate[]=6\n"
                              "state[]=7\nstate[]=8\n" PAIR,
                              0),
                     ATT_RESULT_OK);
    assert_string_equal(part("git_state_7"), "8");
    assert_int_equal(answered("capability[]=state\nstate[]=1\nstate[]=2\nstate[]=3\nstate[]=4\nstate[]=5\nstate[]=6\n"
                              "state[]=7\nstate[]=8\nstate[]=s3cret\n" PAIR,
                              0),
                     ATT_RESULT_FAULT);
    assert_string_equal(
        the.report.sentence,
        att_pool_format(the.pool, "helper %s/git answered with more than 8 attributes state[]", the.folder.path));
}

static void git_is_not_to_store_what_is_ephemeral(void **state)
{
    static const char *const words[] = {"1", "true", "Yes"};

    (void)state;
    rename(folder_path(&the.folder, "helper"), folder_path(&the.folder, "git"));
    assert_opens("protocol = \"git-credential\"; command = [ \"$/git\", \"credential\" ];");
    for (size_t i = 0; i < ATT_COUNT(words); i++) {
        assert_int_equal(answered(att_pool_format(the.pool,
                                                  "capability[]=authtype\nauthtype=Bearer\ncredential=s3cret\n"
                                                  "ephemeral=%s\n",
                                                  words[i]),
                                  0),
                         ATT_RESULT_OK);
        folder_put(&the.folder, "arguments", "untouched");
        assert_int_equal(tell(report), ATT_RESULT_OK);
        assert_string_equal(written("arguments"), "untouched");
        the.request.refused = &the.credential;
        assert_int_equal(tell(the.module->invalidate), ATT_RESULT_OK);
        assert_string_equal(written("arguments"), "credential\nreject\n");
        assert_string_equal(written("stdin"), TARGET "authtype=Bearer\ncredential=s3cret\nephemeral=1\n\n");
        the.request.refused = NULL;
    }
}

/* ---- answers in JSON --------------------------------------------------------------------------------------------- */

#define AWS(rest) "{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s3cret\"" rest "}"
#define KUBERNETES(rest) "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\"" rest "}"
#define GOOGLE(rest) "{\"version\":1,\"success\":true,\"token_type\":\"urn:ietf:params:oauth:token-type:jwt\"" rest "}"
#define GOOGLE_OPTIONS \
    "protocol = \"google\"; audience = \"//iam/x\"; token_type = \"urn:ietf:params:oauth:token-type:jwt\"; " COMMAND

static const char *const json_protocols[] = {"protocol = \"docker-credential\"; " COMMAND,
                                             "protocol = \"aws\"; " COMMAND, "protocol = \"kubernetes\"; " COMMAND,
                                             "protocol = \"bazel\"; " COMMAND, GOOGLE_OPTIONS};

static void B9_what_is_no_json_is_refused_in_every_protocol_and_not_quoted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATT_COUNT(json_protocols); i++) {
        assert_opens(json_protocols[i]);
        assert_answer("s3cret", 0, ATT_RESULT_FAULT,
                      "printed what is no JSON: something stands there that is no value (byte 0); see that it prints "
                      "its answer alone");
        assert_answer("{\"s3cret\":1}\nchatter", 0, ATT_RESULT_FAULT,
                      "printed what is no JSON: something stands behind the value (byte 13); see that it prints its "
                      "answer alone");
        assert_answer("{\"s3cret\":1,\"s3cret\":2}", 0, ATT_RESULT_FAULT,
                      "printed what is no JSON: a name stands twice in one object (byte 12); see that it prints its "
                      "answer alone");
        assert_int_equal(answered("[]", 0), ATT_RESULT_FAULT);
        assert_non_null(strstr(the.report.sentence, "printed JSON that is no object"));
        assert_int_equal(answered("", 0), ATT_RESULT_FAULT);
        assert_non_null(strstr(the.report.sentence, "printed nothing"));
        assert_int_equal(answered("{}", 4), ATT_RESULT_UNAVAILABLE);
    }
}

static void docker_is_asked_for_the_server_and_tells_failures_apart(void **state)
{
    (void)state;
    assert_opens("protocol = \"docker-credential\"; " COMMAND);
    assert_int_equal(answered("{\"ServerURL\":\"x\",\"Username\":\"ann\",\"Secret\":\"s3cret\"}\n", 0), ATT_RESULT_OK);
    assert_string_equal(part("username"), "ann");
    assert_string_equal(part("password"), "s3cret");
    assert_string_equal(written("stdin"), "https://api.example\n");
    assert_string_equal(written("arguments"), "get\n");
    assert_opens("protocol = \"docker-credential\"; server = \"registry.example\"; " COMMAND);
    assert_int_equal(answered("{\"Username\":\"<token>\",\"Secret\":\"s3cret-\\u0041\\u00e9\"}", 0), ATT_RESULT_OK);
    assert_string_equal(part("token"), "s3cret-A\xc3\xa9");
    assert_null(part("username"));
    assert_string_equal(written("stdin"), "registry.example\n");
    assert_answer("credentials not found in native keychain\n", 1, ATT_RESULT_NOT_FOUND,
                  "has no credential for this server; store one, or correct server");
    assert_answer("{\"ServerURL\":\"x\",\"Username\":\"\",\"Secret\":\"\"}\n", 0, ATT_RESULT_NOT_FOUND,
                  "has no credential for this server; store one, or correct server");
    assert_answer("no credentials username", 1, ATT_RESULT_NOT_FOUND,
                  "has no user name for this server; store the credential anew");
    assert_answer("no credentials server URL\n", 1, ATT_RESULT_CONFIG,
                  "takes this for no server; write the server that it knows as server");
    assert_answer("credentials not found in native keychain, s3cret\n", 1, ATT_RESULT_UNAVAILABLE,
                  "failed with exit status 1; run it by hand to see why, or set stderr = \"log\"");
    assert_answer("{\"Username\":\"ann\"}", 0, ATT_RESULT_FAULT,
                  "answered without \"Username\" and \"Secret\" as texts");
    assert_answer("{\"Username\":\"ann\",\"Secret\":1}", 0, ATT_RESULT_FAULT,
                  "answered without \"Username\" and \"Secret\" as texts");
    assert_int_equal(answered("{\"Username\":\"ann\",\"Secret\":\"s3cret\\r\\nHost: evil\"}", 0), ATT_RESULT_FAULT);
    assert_string_equal(the.report.sentence, "the part \"password\" of the credential holds a line break");
}

static void aws_gives_the_parts_that_sign(void **state)
{
    struct att_placement placement = {.count = 0};
    int64_t now = (int64_t)time(NULL);

    (void)state;
    assert_opens("protocol = \"aws\"; " COMMAND);
    assert_int_equal(answered(AWS(",\"SessionToken\":\"s3ss\",\"Expiration\":\"2096-10-02T09:06:40+02:00\","
                                  "\"AccountId\":\"1234\""),
                              0),
                     ATT_RESULT_OK);
    assert_string_equal(part("token"), "AKID");
    assert_string_equal(part("secret_key"), "s3cret");
    assert_string_equal(part("session_token"), "s3ss");
    assert_int_equal(the.credential.expires, 4000000000);
    assert_string_equal(the.credential.account, "1234");
    assert_string_equal(written("arguments"), "\n");
    assert_int_equal(the.module->inject(the.own, &the.credential, &placement), ATT_RESULT_OK);
    assert_string_equal(the.placed, "{ kind = \"sigv4\"; }");
    assert_int_equal(answered(AWS(",\"SessionToken\":null,\"Expiration\":null"), 0), ATT_RESULT_OK);
    assert_null(part("session_token"));
    assert_in_range(the.credential.expires, now + 300, now + 320);
    assert_int_equal(answered(AWS(",\"SessionToken\":\"\",\"Expiration\":\"\",\"AccountId\":\"\""), 0), ATT_RESULT_OK);
    assert_null(part("session_token"));
    assert_null(the.credential.account);
    assert_in_range(the.credential.expires, now + 300, now + 320);
    assert_int_equal(answered(AWS(",\"AccountId\":null"), 0), ATT_RESULT_OK);
    assert_null(the.credential.account);
    assert_answer(AWS(",\"SessionToken\":1"), 0, ATT_RESULT_FAULT, "answered without \"SessionToken\" as a text");
    assert_answer("{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s3cret\"}", 0, ATT_RESULT_FAULT,
                  "answered in another version than 1 of credential_process");
    assert_answer("{\"Version\":\"1\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s3cret\"}", 0, ATT_RESULT_FAULT,
                  "answered in another version than 1 of credential_process");
    assert_answer("{\"Version\":1,\"AccessKeyId\":\"A\"}", 0, ATT_RESULT_FAULT,
                  "answered without \"SecretAccessKey\" as a text");
    assert_answer("{\"Version\":1,\"AccessKeyId\":[],\"SecretAccessKey\":\"s3cret\"}", 0, ATT_RESULT_FAULT,
                  "answered without \"AccessKeyId\" as a text");
    assert_answer(AWS(",\"Expiration\":\"tomorrow\""), 0, ATT_RESULT_FAULT,
                  "answered with an expiry that is no time in RFC 3339 (\"Expiration\"); correct it");
    assert_answer(AWS(",\"Expiration\":\"2026-02-30T00:00:00Z\""), 0, ATT_RESULT_FAULT,
                  "answered with an expiry that is no time in RFC 3339 (\"Expiration\"); correct it");
    assert_answer(AWS(",\"Expiration\":\"2026-02-20T00:00:00\""), 0, ATT_RESULT_FAULT,
                  "answered with an expiry that is no time in RFC 3339 (\"Expiration\"); correct it");
    assert_answer(AWS(",\"Expiration\":1e300"), 0, ATT_RESULT_FAULT,
                  "answered with an expiry that is no time in RFC 3339 (\"Expiration\"); correct it");
}

static void kubernetes_is_told_its_version_and_gives_a_token(void **state)
{
    static const char *const empty[] = {"null", "\"\""};
    int64_t now = (int64_t)time(NULL);

    (void)state;
    assert_opens("protocol = \"kubernetes\"; " COMMAND);
    assert_int_equal(answered(KUBERNETES(",\"status\":{\"token\":\"s3cret\",\"expirationTimestamp\":"
                                         "\"2096-10-02T07:06:40.123456789Z\"}"),
                              0),
                     ATT_RESULT_OK);
    assert_string_equal(part("token"), "s3cret");
    assert_int_equal(the.credential.expires, 4000000000);
    assert_non_null(strstr(written("environment"),
                           "KUBERNETES_EXEC_INFO={\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":"
                           "\"ExecCredential\",\"spec\":{\"interactive\":false}}\n"));
    for (size_t i = 0; i < ATT_COUNT(empty); i++) {
        assert_int_equal(
            answered(att_pool_format(the.pool,
                                     KUBERNETES(",\"status\":{\"token\":\"s3cret\",\"clientCertificateData\":"
                                                "%s,\"clientKeyData\":%s,\"expirationTimestamp\":%s}"),
                                     empty[i], empty[i], empty[i]),
                     0),
            ATT_RESULT_OK);
        assert_string_equal(part("token"), "s3cret");
        assert_in_range(the.credential.expires, now + 300, now + 320);
        assert_answer(att_pool_format(the.pool, KUBERNETES(",\"status\":{\"token\":%s}"), empty[i]), 0,
                      ATT_RESULT_FAULT, "answered without a \"token\" in its status");
    }
    assert_answer(KUBERNETES(",\"status\":{\"clientCertificateData\":\"c\",\"clientKeyData\":\"s3cret\"}"), 0,
                  ATT_RESULT_CONFIG, "answered with a client certificate, which is not supported; let it give a token");
    assert_answer(KUBERNETES(",\"status\":{\"token\":\"t\",\"clientKeyData\":\"s3cret\"}"), 0, ATT_RESULT_CONFIG,
                  "answered with a client certificate, which is not supported; let it give a token");
    assert_answer(KUBERNETES(""), 0, ATT_RESULT_FAULT, "answered without a \"token\" in its status");
    assert_answer(KUBERNETES(",\"status\":{\"token\":[\"s3cret\"]}"), 0, ATT_RESULT_FAULT,
                  "answered without a \"token\" in its status");
    assert_answer("{\"kind\":\"Secret\",\"status\":{\"token\":\"s3cret\"}}", 0, ATT_RESULT_FAULT,
                  "answered with another kind than \"ExecCredential\"");
    assert_opens("protocol = \"kubernetes\"; api_version = \"v1beta1\"; cluster = \"https://10.0.0.1:6443\"; " COMMAND);
    assert_answer(KUBERNETES(",\"status\":{\"token\":\"s3cret\"}"), 0, ATT_RESULT_FAULT,
                  "answered in another apiVersion than client.authentication.k8s.io/v1beta1; set api_version to the "
                  "one it speaks");
    assert_non_null(strstr(written("environment"), "k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"spec\":"
                                                   "{\"interactive\":false,\"cluster\":{\"server\":"
                                                   "\"https://10.0.0.1:6443\"}}}\n"));
}

static void bazel_is_asked_for_the_url_and_every_header_is_placed(void **state)
{
    (void)state;
    assert_opens("protocol = \"bazel\"; " COMMAND);
    the.request.caller = "a \"quoted\" caller";
    assert_int_equal(answered("{\"headers\":{\"Authorization\":[\"Bearer s3cret\"],\"X-Key\":[\"k3y\"]},"
                              "\"expires\":\"2096-10-02T07:06:40Z\"}",
                              0),
                     ATT_RESULT_OK);
    assert_string_equal(part("header_0"), "s3cret");
    assert_string_equal(part("header_1"), "k3y");
    assert_string_equal(the.placed, "( { header = \"authorization\"; format = \"Bearer {header_0}\"; }, "
                                    "{ header = \"x-key\"; format = \"{header_1}\"; } )");
    assert_int_equal(the.credential.expires, 4000000000);
    assert_string_equal(written("stdin"),
                        "{\"uri\":\"https://api.example/v1/x%0Ay\",\"grant\":\"billing\",\"method\":\"GET\","
                        "\"caller\":\"a \\\"quoted\\\" caller\"}\n");
    assert_string_equal(written("arguments"), "get\n");
    assert_opens("protocol = \"bazel\"; per = \"origin\"; " COMMAND);
    assert_int_equal(answered("{\"headers\":{\"Authorization\":[\"s3cret without a scheme?\"]}}", 0), ATT_RESULT_OK);
    assert_string_equal(written("stdin"), "{\"uri\":\"https://api.example/\",\"grant\":\"billing\",\"caller\":"
                                          "\"a \\\"quoted\\\" caller\"}\n");
    assert_answer("{}", 0, ATT_RESULT_NONE, "has no credential for this URL");
    assert_answer("{\"headers\":{}}", 0, ATT_RESULT_NONE, "has no credential for this URL");
}

static void B9_bazel_refuses_headers_that_are_none(void **state)
{
    (void)state;
    assert_opens("protocol = \"bazel\"; " COMMAND);
    assert_answer("{\"headers\":[\"s3cret\"]}", 0, ATT_RESULT_FAULT, "answered with \"headers\" that is no object");
    assert_answer("{\"headers\":{\"X-A\":[\"s3cret\",\"s3cret\"]}}", 0, ATT_RESULT_FAULT,
                  "answered with several values for the header field x-a; let it give one");
    assert_answer("{\"headers\":{\"X-A\":\"s3cret\"}}", 0, ATT_RESULT_FAULT,
                  "answered with the header field x-a without a list of a text");
    assert_answer("{\"headers\":{\"X-A\":[]}}", 0, ATT_RESULT_FAULT,
                  "answered with the header field x-a without a list of a text");
    assert_answer("{\"headers\":{\"X-A\":[1]}}", 0, ATT_RESULT_FAULT,
                  "answered with the header field x-a without a list of a text");
    assert_answer("{\"headers\":{\"X-A\":[\"1\"],\"x-a\":[\"s3cret\"]}}", 0, ATT_RESULT_FAULT,
                  "answered with the header field x-a twice");
    assert_answer("{\"headers\":{\"X-A: s3cret\\r\\nX-B\":[\"1\"]}}", 0, ATT_RESULT_FAULT,
                  "answered with a header field whose name is none");
    assert_answer("{\"headers\":{\"\":[\"1\"]}}", 0, ATT_RESULT_FAULT,
                  "answered with a header field whose name is none");
    assert_answer("{\"headers\":{\"a\\\"; }\":[\"1\"]}}", 0, ATT_RESULT_FAULT,
                  "answered with a header field whose name is none");
    assert_answer("{\"headers\":{\"a\":[\"1\"],\"b\":[\"1\"],\"c\":[\"1\"],\"d\":[\"1\"],\"e\":[\"1\"],\"f\":[\"1\"],"
                  "\"g\":[\"1\"],\"h\":[\"1\"],\"i\":[\"s3cret\"]}}",
                  0, ATT_RESULT_FAULT, "answered with more than 8 header fields");
    assert_answer("{\"headers\":{\"X-A\":[\"s3cret\"]},\"expires\":\"\"}", 0, ATT_RESULT_FAULT,
                  "answered with an expiry that is no time in RFC 3339 (\"expires\"); correct it");
    assert_int_equal(answered("{\"headers\":{\"X-A\":[\"s3cret\\nX-B: 1\"]}}", 0), ATT_RESULT_FAULT);
    assert_string_equal(the.report.sentence, "the part \"header_0\" of the credential holds a line break");
}

static void google_is_told_by_its_variables_and_its_message_is_not_repeated(void **state)
{
    (void)state;
    assert_opens(GOOGLE_OPTIONS);
    assert_int_equal(answered(GOOGLE(",\"id_token\":\"s3cret\",\"expiration_time\":4000000000"), 0), ATT_RESULT_OK);
    assert_string_equal(part("token"), "s3cret");
    assert_int_equal(the.credential.expires, 4000000000);
    assert_non_null(strstr(written("environment"), "GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE=//iam/x\n"
                                                   "GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE=0\n"
                                                   "GOOGLE_EXTERNAL_ACCOUNT_REVOKE=0\n"
                                                   "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=urn:ietf:params:oauth:"
                                                   "token-type:jwt\n"));
    assert_answer("{\"version\":1,\"success\":false,\"code\":\"403\",\"message\":\"s3cret\"}", 0, ATT_RESULT_DENIED,
                  "answered that it failed, with code 403; run it by hand to see why");
    assert_answer("{\"version\":1,\"success\":false,\"code\":\"oops\",\"message\":\"s3cret\"}", 0,
                  ATT_RESULT_UNAVAILABLE, "answered that it failed, with code oops; run it by hand to see why");
    assert_answer("{\"version\":1,\"success\":false,\"code\":\"the s3cret is\"}", 0, ATT_RESULT_UNAVAILABLE,
                  "answered that it failed, with no code; run it by hand to see why");
    assert_answer("{\"version\":2,\"success\":true}", 0, ATT_RESULT_FAULT, "answered in another version than 1");
    assert_answer("{\"version\":1}", 0, ATT_RESULT_FAULT, "answered without saying whether it succeeded (\"success\")");
    assert_answer("{\"version\":1,\"success\":true,\"token_type\":\"urn:ietf:params:oauth:token-type:saml2\","
                  "\"saml_response\":\"s3cret\"}",
                  0, ATT_RESULT_FAULT, "answered with another token_type than the one it was asked for");
    assert_answer(GOOGLE(",\"saml_response\":\"s3cret\""), 0, ATT_RESULT_FAULT, "answered without a text \"id_token\"");
    assert_answer(GOOGLE(",\"id_token\":\"s3cret\",\"expiration_time\":\"soon\""), 0, ATT_RESULT_FAULT,
                  "answered with an expiration_time that is no Unix time");
    assert_opens("stderr = \"log\"; " GOOGLE_OPTIONS);
    assert_answer("{\"version\":1,\"success\":false,\"code\":\"401\",\"message\":\"Caller not authorised\"}", 0,
                  ATT_RESULT_DENIED, "answered that it failed, with code 401: Caller not authorised");
    assert_opens("protocol = \"google\"; audience = \"a\"; token_type = "
                 "\"urn:ietf:params:oauth:token-type:saml2\"; " COMMAND);
    assert_int_equal(answered("{\"version\":1,\"success\":true,\"token_type\":\"urn:ietf:params:oauth:token-type:"
                              "saml2\",\"saml_response\":\"s3cret\"}",
                              0),
                     ATT_RESULT_OK);
    assert_string_equal(part("token"), "s3cret");
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int allowance, blocks;

static void *allocate_some(const struct att_host *host, size_t size)
{
    (void)host;
    if (allowance-- <= 0)
        return NULL;
    blocks++;
    return malloc(size);
}

static void release(const struct att_host *host, void *block)
{
    (void)host;
    blocks -= block != NULL;
    free(block);
}

static struct att_secret *create_some(const struct att_host *host, size_t capacity)
{
    (void)host;
    return allowance-- > 0 ? att_secret_create(the.environment.arena, capacity) : NULL;
}

static void F5_each_block_that_a_site_takes_can_be_the_last_one(void **state)
{
    static const char *const options[] = {
        "protocol = \"git-credential\"; username = \"a\"; environment = [ \"A=1\" ]; " COMMAND,
        "protocol = \"kubernetes\"; cluster = \"https://c\"; kind = \"k\"; " COMMAND, GOOGLE_OPTIONS};

    (void)state;
    the.table.host.allocate = allocate_some;
    the.table.host.release = release;
    for (size_t i = 0; i < ATT_COUNT(options); i++) {
        int least = 0;

        while (true) {
            att_result result;

            allowance = least++;
            result = open_module(options[i]);
            if (result == ATT_RESULT_OK)
                break;
            assert_true(result == ATT_RESULT_NOMEM || strcmp(the.opening.sentence, "out of memory") == 0);
            assert_int_equal(blocks, 0);
        }
        assert_true(least > 5);
        close_module();
        assert_int_equal(blocks, 0);
    }
}

static void F5_each_secret_of_a_fetch_can_be_the_last_one(void **state)
{
    static const char bazel[] = "{\"headers\":{\"Authorization\":[\"Bearer s3cret\"],\"X-Key\":[\"k3y\"]}}";
    static const struct {
        const char *options, *answer;
        int secrets;
    } cases[] = {{"protocol = \"bazel\"; " COMMAND, bazel, 3},
                 {"protocol = \"aws\"; " COMMAND, AWS(",\"SessionToken\":\"s3ss\""), 3},
                 {"protocol = \"docker-credential\"; " COMMAND, "{\"Username\":\"ann\",\"Secret\":\"s3cret\"}", 3}};

    (void)state;
    the.table.host.secret_create = create_some;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        assert_opens(cases[i].options);
        for (int least = 0; least <= cases[i].secrets; least++) {
            att_result result;

            allowance = least;
            result = answered(cases[i].answer, 0);
            if (least == cases[i].secrets)
                assert_int_equal(result, ATT_RESULT_OK);
            else
                assert_true(result == ATT_RESULT_NOMEM || result == ATT_RESULT_FAULT);
        }
    }
}

/* ---- in the engine's own host --------------------------------------------------------------------------------------
 */

static void a_fetch_through_the_engine_ends_at_its_deadline(void **state)
{
    const struct att_module *module;
    struct att_instance *instance;
    struct att_loader_rules rules = {.directory = "/nowhere", .host = &the.table.host};
    struct att_buffer why;
    struct att_entry entry = {.name = "entry", .place = {"site.conf", 1}};

    (void)state;
    att_buffer_open(&why, 2048);
    module = att_module_adopt(the.pool, &rules, ATT_KIND_PROVIDER, the.module, &why);
    assert_non_null(module);
    entry.options = att_value_member(
        att_config_parse(the.pool, "site.conf",
                         att_pool_format(the.pool, "options = { protocol = \"plain\"; command = [ \"%s/helper\" ]; };",
                                         the.folder.path),
                         &the.findings),
        "options");
    instance = att_instance_open(&the.environment, module, &entry, &the.findings);
    assert_non_null(instance);
    answer_with("s3cret-token\n", 13, 0);
    the.request.deadline_ns = att_clock_monotonic_ns() + 20 * ATT_NS_PER_S;
    assert_int_equal(att_instance_fetch(instance, &the.request, &the.credential, &the.report), ATT_RESULT_OK);
    assert_string_equal(part("token"), "s3cret-token");
    att_credential_close(&the.credential);
    folder_put(&the.folder, "helper", "#!/bin/sh\nexec sleep 100\n");
    the.request.deadline_ns = att_clock_monotonic_ns() + ATT_NS_PER_S / 10;
    assert_int_equal(att_instance_fetch(instance, &the.request, &the.credential, &the.report), ATT_RESULT_DEADLINE);
    assert_string_equal(the.report.sentence, "the deadline passed before it answered");
    /* The helper is ended with the call: the close does not wait for it. */
    assert_true(att_instance_close(instance));
    att_buffer_close(&why);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        CASE(what_does_not_go_together_is_refused_at_open),
        CASE(a_host_that_cannot_place_it_is_told_at_open),
        CASE(the_environment_is_what_the_site_says_and_a_path),
        CASE(what_is_promised_about_keeping_is_what_the_helper_is_told),
        CASE(an_answer_without_an_expiry_is_good_as_long_as_the_site_says),
        CASE(how_a_helper_fails_is_said_without_what_it_printed),
        CASE(plain_takes_one_line_and_says_what_else_it_got),
        CASE(git_asks_for_the_origin_and_takes_a_pair),
        CASE(git_may_answer_with_a_scheme_of_its_own),
        CASE(B9_git_refuses_what_is_not_its_protocol),
        CASE(a_git_helper_that_is_ended_by_a_signal_has_not_answered),
        CASE(the_path_of_git_is_decoded_and_without_slashes_around_it),
        CASE(a_request_with_a_control_character_is_not_put_to_git),
        CASE(git_erases_exactly_what_was_refused),
        CASE(git_itself_is_asked_in_its_own_words_and_told_what_became_of_it),
        CASE(git_is_given_back_all_that_came_with_a_credential),
        CASE(git_is_not_to_store_what_is_ephemeral),
        CASE(B9_what_is_no_json_is_refused_in_every_protocol_and_not_quoted),
        CASE(docker_is_asked_for_the_server_and_tells_failures_apart),
        CASE(aws_gives_the_parts_that_sign),
        CASE(kubernetes_is_told_its_version_and_gives_a_token),
        CASE(bazel_is_asked_for_the_url_and_every_header_is_placed),
        CASE(B9_bazel_refuses_headers_that_are_none),
        CASE(google_is_told_by_its_variables_and_its_message_is_not_repeated),
        CASE(F5_each_block_that_a_site_takes_can_be_the_last_one),
        CASE(F5_each_secret_of_a_fetch_can_be_the_last_one),
        CASE(a_fetch_through_the_engine_ends_at_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
