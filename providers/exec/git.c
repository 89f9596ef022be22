/* providers/exec/git.c: git-credential(1) and gitcredentials(7): a helper, or git itself, which asks its own helpers.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "providers/exec/exec.h"

enum { LINE_AT_MOST = 65535, PATH_SIZE = 8192, STATES = 8 };

static bool git_prepare(struct exec *exec, const struct att_settings *settings)
{
    const char *slash = strrchr(exec->command[0], '/');

    exec->is_git = strcmp(slash + 1, "git") == 0 && exec->command_count > 1 &&
                   strcmp(exec->command[exec->command_count - 1], "credential") == 0;
    /* Nobody is there who could answer a question. */
    return exec_environment_add(exec, settings, "GIT_TERMINAL_PROMPT", "0") &&
           exec_environment_add(exec, settings, "GIT_ASKPASS", "") &&
           exec_environment_add(exec, settings, "SSH_ASKPASS", "");
}

/* The path is in no key of what is kept. */
static int git_varies(const struct exec *exec)
{
    return exec->send_path ? -1 : EXEC_BY_ORIGIN;
}

/* ---- what it is asked -------------------------------------------------------------------------------------------- */

/* A line break would begin another attribute (CVE-2020-5260). */
static bool value_is_sound(const char *value)
{
    return !strpbrk(value, "\r\n");
}

static int hex_digit(char character)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = character ? strchr(digits, character) : NULL;

    return at ? (int)((at - digits) % 16) : -1;
}

/* As git sends it (credential_from_url of git): without slashes before it, decoded, without slashes behind it. A path
 * that is empty then is not told. False when it is too long, or holds a control character. */
static bool decode_path(const char *path, char room[PATH_SIZE])
{
    size_t used = 0;

    path += strspn(path, "/");
    for (; *path; path++) {
        int high = *path == '%' ? hex_digit(path[1]) : -1, low = high >= 0 ? hex_digit(path[2]) : -1;
        int byte = (unsigned char)*path;

        if (low >= 0) {
            byte = high * 16 + low;
            path += 2;
        }
        if (byte < 0x20 || byte == 0x7f || used == PATH_SIZE - 1)
            return false;
        room[used++] = (char)byte;
    }
    while (used > 1 && room[used - 1] == '/')
        used--;
    room[used] = '\0';
    return true;
}

static bool append_target(const struct exec *exec, const struct att_fetch *fetch, struct att_secret *input)
{
    const struct att_host *host = exec->host;
    char origin[1024], path[PATH_SIZE] = "";

    exec_origin(fetch, origin, sizeof origin);
    if (!value_is_sound(origin) || (exec->send_path && !decode_path(fetch->path, path)))
        return false;
    return exec_append(host, input, "capability[]=authtype\ncapability[]=state\nprotocol=", fetch->scheme,
                       "\nhost=", origin + strlen(fetch->scheme) + 3, "\n", NULL) &&
           (!*path || exec_append(host, input, "path=", path, "\n", NULL));
}

static bool git_ask(const struct exec *exec, const struct att_fetch *fetch, struct att_secret *input)
{
    return append_target(exec, fetch, input) &&
           (!exec->username || exec_append(exec->host, input, "username=", exec->username, "\n", NULL)) &&
           exec_append(exec->host, input, "\n", NULL);
}

/* ---- what it answers --------------------------------------------------------------------------------------------- */

struct slice {
    const char *at; /* NULL: was not there */
    size_t size;
};

struct attributes {
    struct slice protocol, host, username, password, authtype, credential, expiry, refresh;
    struct slice states[STATES];
    size_t state_count; /* more than STATES when there were more */
    bool quits, goes_on, is_ephemeral, knows_authtype, knows_state;
};

static bool is(struct slice slice, const char *text)
{
    return slice.at && slice.size == strlen(text) && memcmp(slice.at, text, slice.size) == 0;
}

static bool is_true(struct slice value)
{
    static const char *const words[] = {"1", "true", "yes", "on"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (value.size == strlen(words[i]) && strncasecmp(value.at, words[i], value.size) == 0)
            return true;
    return false;
}

/* An empty one ends what was said before. */
static void take_state(struct attributes *attributes, struct slice value)
{
    if (value.size == 0)
        attributes->state_count = 0;
    else if (attributes->state_count++ < STATES)
        attributes->states[attributes->state_count - 1] = value;
}

static void take_attribute(struct attributes *attributes, struct slice key, struct slice value)
{
    const struct {
        const char *key;
        struct slice *slot;
    } slots[] = {{"protocol", &attributes->protocol},          {"host", &attributes->host},
                 {"username", &attributes->username},          {"password", &attributes->password},
                 {"authtype", &attributes->authtype},          {"credential", &attributes->credential},
                 {"password_expiry_utc", &attributes->expiry}, {"oauth_refresh_token", &attributes->refresh}};

    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (is(key, slots[i].key))
            *slots[i].slot = value;
    if (is(key, "quit"))
        attributes->quits = is_true(value);
    else if (is(key, "continue"))
        attributes->goes_on = is_true(value);
    else if (is(key, "ephemeral"))
        attributes->is_ephemeral = is_true(value);
    else if (is(key, "state[]"))
        take_state(attributes, value);
    else if (is(key, "capability[]") && is(value, "authtype"))
        attributes->knows_authtype = true;
    else if (is(key, "capability[]") && is(value, "state"))
        attributes->knows_state = true;
}

/* What is wrong with the answer, or NULL. */
static const char *read_attributes(const char *at, size_t left, struct attributes *attributes)
{
    while (left > 0) {
        const char *end = memchr(at, '\n', left), *equals;
        size_t size = end ? (size_t)(end - at) : left;

        if (size == 0)
            return NULL; /* an empty line ends it */
        if (size >= LINE_AT_MOST)
            return "a line is longer than 65535 bytes";
        if (memchr(at, '\0', size) || memchr(at, '\r', size))
            return "a line holds a NUL or a carriage return";
        equals = memchr(at, '=', size);
        if (!equals || equals == at)
            return "a line is not KEY=VALUE";
        take_attribute(attributes, (struct slice){at, (size_t)(equals - at)},
                       (struct slice){equals + 1, size - (size_t)(equals - at) - 1});
        at += size + (end != NULL);
        left -= size + (end != NULL);
    }
    return NULL;
}

static bool read_expiry(struct slice value, int64_t *seconds)
{
    int64_t sum = 0;

    if (!value.at)
        return true;
    for (size_t i = 0; i < value.size; i++)
        if (value.at[i] < '0' || value.at[i] > '9' || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, value.at[i] - '0', &sum))
            return false;
    *seconds = sum;
    return sum > 0;
}

/* Git itself repeats what it was asked; a helper that names another host has mistaken the request. */
static bool is_for_target(const struct att_fetch *fetch, const struct attributes *attributes)
{
    char origin[1024];

    exec_origin(fetch, origin, sizeof origin);
    return (!attributes->protocol.at || is(attributes->protocol, fetch->scheme)) &&
           (!attributes->host.at || is(attributes->host, origin + strlen(fetch->scheme) + 3));
}

static bool is_scheme(struct slice value)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < value.size; i++) {
        char character = value.at[i];
        bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                      (character >= '0' && character <= '9');
        if (!letter && !strchr(others, character))
            return false;
    }
    return value.size > 0 && value.size < 48;
}

static void set_part(const struct exec_answer *answer, const char *part, struct slice value)
{
    answer->exec->host->credential_material(answer->credential, part, value.at, value.size);
}

static att_result take_credential(const struct exec_answer *answer, const struct attributes *attributes)
{
    const struct exec *exec = answer->exec;

    if (attributes->knows_authtype && attributes->authtype.at && attributes->credential.at) {
        if (!is_scheme(attributes->authtype))
            return exec_fail(answer, ATT_RESULT_FAULT, "answered with an authtype that is no scheme of RFC 9110");
        set_part(answer, "token", attributes->credential);
        set_part(answer, "authtype", attributes->authtype);
        return ATT_RESULT_OK;
    }
    if (!attributes->password.at || (!attributes->username.at && !exec->username))
        return exec_fail(answer, ATT_RESULT_NONE, "knows no user name with a password for this host; store one");
    set_part(answer, "password", attributes->password);
    if (attributes->username.at)
        set_part(answer, "username", attributes->username);
    else
        set_part(answer, "username", (struct slice){exec->username, strlen(exec->username)});
    return ATT_RESULT_OK;
}

/* What is placed nowhere, but wanted back with the credential. */
static void take_rest(const struct exec_answer *answer, const struct attributes *attributes)
{
    if (attributes->expiry.at)
        set_part(answer, "git_expiry", attributes->expiry);
    if (attributes->refresh.size)
        set_part(answer, "git_refresh_token", attributes->refresh);
    if (attributes->is_ephemeral)
        set_part(answer, "git_ephemeral", (struct slice){"1", 1});
    for (size_t i = 0; attributes->knows_state && i < attributes->state_count; i++) {
        char part[] = "git_state_0";

        part[sizeof part - 2] = (char)('0' + i);
        set_part(answer, part, attributes->states[i]);
    }
}

static att_result git_read(struct exec_answer *answer)
{
    struct attributes attributes = {.quits = false};
    const char *fault;
    att_result result = ATT_RESULT_OK;

    /* The exit status is no answer. Git that knows nothing wants to ask the user, may not, and dies. */
    if (answer->exit_status != 0 && !answer->signal && !answer->size)
        return exec_fail(answer, ATT_RESULT_NONE,
                         "knows no user name with a password for this host; store one (it printed nothing, and ended "
                         "with exit status %d)",
                         (int)answer->exit_status);
    result = exec_check_exit(answer);
    if (result != ATT_RESULT_OK)
        return result;
    fault = read_attributes(answer->bytes, answer->size, &attributes);
    if (fault)
        return exec_fail(answer, ATT_RESULT_FAULT, "printed what git-credential does not have: %s", fault);
    if (attributes.quits)
        return exec_fail(answer, ATT_RESULT_DENIED, "said that nobody else shall be asked (quit)");
    if (attributes.goes_on)
        return exec_fail(answer, ATT_RESULT_FAULT, "wants to go on in several steps (continue), which Attache cannot");
    if (!is_for_target(answer->fetch, &attributes))
        return exec_fail(answer, ATT_RESULT_FAULT, "answered for another host than the one it was asked for");
    if (attributes.knows_state && attributes.state_count > STATES)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with more than %d attributes state[]", STATES);
    if (!read_expiry(attributes.expiry, &answer->expires))
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with a password_expiry_utc that is no Unix time");
    result = take_credential(answer, &attributes);
    if (result == ATT_RESULT_OK)
        take_rest(answer, &attributes);
    return result;
}

/* ---- what became of it ------------------------------------------------------------------------------------------- */

static bool append_part(const struct exec *exec, const struct att_credential *credential, const char *part,
                        const char *key, struct att_secret *input)
{
    const struct att_host *host = exec->host;
    const struct att_secret *secret = host->credential_part(credential, part);
    const unsigned char *bytes;
    size_t size;
    bool good;

    if (!secret)
        return true;
    bytes = host->secret_borrow(secret, &size);
    good = exec_append(host, input, key, "=", NULL) && host->secret_append(input, bytes, size) &&
           exec_append(host, input, "\n", NULL);
    host->secret_return(secret, bytes);
    return good;
}

/* All that came with it, as git itself gives it back to its helpers. */
static bool append_credential(const struct exec *exec, const struct att_credential *credential,
                              struct att_secret *input)
{
    static const struct {
        const char *part, *key;
    } attributes[] = {{"username", "username"},
                      {"password", "password"},
                      {"authtype", "authtype"},
                      {"token", "credential"},
                      {"git_ephemeral", "ephemeral"},
                      {"git_expiry", "password_expiry_utc"},
                      {"git_refresh_token", "oauth_refresh_token"}};
    char state[] = "git_state_0";
    bool good = true;

    for (size_t i = 0; good && i < sizeof attributes / sizeof *attributes; i++)
        good = append_part(exec, credential, attributes[i].part, attributes[i].key, input);
    for (size_t i = 0; good && i < STATES; i++) {
        state[sizeof state - 2] = (char)('0' + i);
        good = append_part(exec, credential, state, "state[]", input);
    }
    return good;
}

/* Names exactly this credential, so that a newer one that is stored by now stays. */
static att_result tell(const struct exec *exec, const struct att_fetch *fetch, const struct att_credential *credential,
                       const char *operation)
{
    const struct att_host *host = exec->host;
    struct exec_answer answer = {.exec = exec, .fetch = fetch};
    struct att_secret *input = host->secret_create(host, EXEC_INPUT_SIZE);
    att_result result = ATT_RESULT_FAULT;

    if (input && append_target(exec, fetch, input) && append_credential(exec, credential, input) &&
        exec_append(host, input, "\n", NULL))
        result = exec_run(&answer, operation, input);
    if (result == ATT_RESULT_OK)
        result = exec_check_exit(&answer);
    exec_answer_close(&answer);
    host->secret_destroy(input);
    return result;
}

static att_result git_refused(const struct exec *exec, const struct att_fetch *fetch, const struct att_credential *of)
{
    return tell(exec, fetch, of, exec->is_git ? "reject" : "erase");
}

/* A helper has it already; git decides which of its helpers shall have it too. An ephemeral one is not to be stored. */
static att_result git_accepted(const struct exec *exec, const struct att_fetch *fetch, const struct att_credential *of)
{
    bool is_told = exec->is_git && !exec->host->credential_has(of, "git_ephemeral");

    return is_told ? tell(exec, fetch, of, "approve") : ATT_RESULT_OK;
}

const struct exec_protocol exec_git = {
    .name = "git-credential",
    .kind = "password",
    .operation = "get",
    .prepare = git_prepare,
    .varies = git_varies,
    .ask = git_ask,
    .read = git_read,
    .refused = git_refused,
    .accepted = git_accepted,
};
