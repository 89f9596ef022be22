/* providers/mock/script.c: reading a script as a whole: the file, its grants, their sequences. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "providers/mock/reader.h"

struct mock_block {
    struct mock_block *next;
    max_align_t content[];
};

void *mock_take(struct mock_script *script, size_t size)
{
    struct mock_block *block = script->host->allocate(script->host, sizeof *block + size);

    if (!block)
        return NULL;
    memset(block->content, 0, size);
    block->next = script->blocks;
    script->blocks = block;
    return block->content;
}

void mock_script_close(struct mock_script *script)
{
    while (script->blocks) {
        struct mock_block *block = script->blocks;
        script->blocks = block->next;
        script->host->release(script->host, block);
    }
    json_decref(script->document);
    script->document = NULL;
}

/* ---- grants ------------------------------------------------------------------------------------------------------ */

static bool read_revoke(struct mock_reader *reader, const json_t *object, struct mock_grant *grant)
{
    grant->revoke = mock_take(reader->script, sizeof *grant->revoke);
    return grant->revoke ? mock_outcome_read_all(reader, object, grant->revoke) : mock_nomem(reader);
}

/* A member that only a grant has. *known tells whether it is one. */
static bool read_grant_member(struct mock_reader *reader, const char *name, const json_t *value,
                              struct mock_grant *grant, bool *known)
{
    static const char *const repeats[] = {"last", "loop", NULL};
    static const char *const nexts[] = {"fetch", "invalidate", NULL};
    size_t choice = 0;

    *known = true;
    if (strcmp(name, "ends") == 0)
        return mock_read_time(reader, value, &grant->ends);
    if (strcmp(name, "user") == 0)
        return mock_read_text(reader, value, &grant->user);
    if (strcmp(name, "listed") == 0)
        return mock_listed_read(reader, value, grant);
    if (strcmp(name, "revoke") == 0)
        return read_revoke(reader, value, grant);
    if (strcmp(name, "execute") == 0)
        return mock_execution_read(reader, value, grant);
    if (strcmp(name, "rotate") == 0)
        return mock_read_boolean(reader, value, &grant->rotates);
    if (strcmp(name, "repeat") == 0) {
        if (!mock_read_choice(reader, value, repeats, &choice))
            return false;
        grant->loops = choice == 1;
    } else if (strcmp(name, "next") == 0) {
        if (!mock_read_choice(reader, value, nexts, &choice))
            return false;
        grant->moves_on_invalidate = choice == 1;
    } else {
        *known = strcmp(name, "sequence") == 0;
    }
    return true;
}

/* Reads the members of an answer; those of the grant too where `grant` is given. */
static bool read_members(struct mock_reader *reader, const json_t *object, struct mock_answer *answer,
                         struct mock_grant *grant)
{
    bool places = false;
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return mock_refuse(reader, "must be an object");
    json_object_foreach((json_t *)object, name, value)
    {
        size_t mark = mock_enter(reader, name);
        bool known = strcmp(name, "comment") == 0;

        if (mock_placement_has(name))
            known = places = true;
        if (!known && grant && !read_grant_member(reader, name, value, grant, &known))
            return false;
        if (!known && !mock_answer_read(reader, name, value, answer))
            return false;
        mock_leave(reader, mark);
    }
    return !places || mock_placement_read(reader, object, answer);
}

/* An answer of a sequence is that of the grant, but for what it says itself. */
static bool read_sequence(struct mock_reader *reader, const json_t *list, struct mock_grant *grant,
                          const struct mock_answer *base)
{
    size_t mark = mock_enter(reader, "sequence");

    grant->count = json_array_size(list);
    if (!grant->count)
        return mock_refuse(reader, "must be a list of at least one answer");
    grant->answers = mock_take(reader->script, grant->count * sizeof *grant->answers);
    if (!grant->answers)
        return mock_nomem(reader);
    for (size_t i = 0; i < grant->count; i++) {
        size_t item_mark = mock_enter_item(reader, i);
        grant->answers[i] = *base;
        if (!read_members(reader, json_array_get(list, i), &grant->answers[i], NULL) ||
            !mock_answer_check(reader, &grant->answers[i]))
            return false;
        mock_leave(reader, item_mark);
    }
    mock_leave(reader, mark);
    return true;
}

static bool read_grant(struct mock_reader *reader, const char *name, const json_t *object, struct mock_grant *grant)
{
    const json_t *sequence = json_object_get(object, "sequence");
    struct mock_answer *base = mock_take(reader->script, sizeof *base);

    if (!base)
        return mock_nomem(reader);
    grant->name = name;
    grant->answers = base;
    grant->count = 1;
    if (!read_members(reader, object, base, grant))
        return false;
    if (sequence ? !read_sequence(reader, sequence, grant, base) : !mock_answer_check(reader, base))
        return false;
    for (size_t i = 0; i < grant->count; i++)
        if (grant->answers[i].latency_ms || grant->answers[i].hang_ms)
            reader->script->waits = true;
    return true;
}

static bool read_grants(struct mock_reader *reader, const char *member, const json_t *object,
                        struct mock_grant **grants, size_t *count)
{
    size_t mark = mock_enter(reader, member);
    size_t size = json_object_size(object);
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return mock_refuse(reader, "must be an object of named grants");
    *grants = mock_take(reader->script, (size + 1) * sizeof **grants);
    if (!*grants)
        return mock_nomem(reader);
    json_object_foreach((json_t *)object, name, value)
    {
        size_t name_mark = mock_enter(reader, name);
        if (!read_grant(reader, name, value, &(*grants)[*count]))
            return false;
        ++*count;
        mock_leave(reader, name_mark);
    }
    mock_leave(reader, mark);
    return true;
}

static bool read_otherwise(struct mock_reader *reader, const json_t *object)
{
    struct mock_script *script = reader->script;

    script->otherwise = mock_take(script, sizeof *script->otherwise);
    return script->otherwise ? read_grant(reader, "default", object, script->otherwise) : mock_nomem(reader);
}

static bool read_list(struct mock_reader *reader, const json_t *object)
{
    return mock_outcome_read_all(reader, object, &reader->script->list);
}

/* A connect names grants, and so is read behind them. */
static bool read_rest(struct mock_reader *reader, const json_t *root)
{
    static const struct {
        const char *name;
        bool (*read)(struct mock_reader *, const json_t *);
    } members[] = {{"default", read_otherwise}, {"list", read_list}, {"connect", mock_connect_read}};

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const json_t *value = json_object_get(root, members[i].name);
        size_t mark = mock_enter(reader, members[i].name);

        if (value && !members[i].read(reader, value))
            return false;
        mock_leave(reader, mark);
    }
    return true;
}

static bool read_script(struct mock_reader *reader)
{
    static const char *const known[] = {"grants", "providers", "default", "list", "connect", "comment"};
    struct mock_script *script = reader->script;
    const json_t *root = script->document;
    const json_t *grants = json_object_get(root, "grants"), *providers = json_object_get(root, "providers");
    const char *name;
    json_t *value;

    if (!json_is_object(root))
        return mock_refuse(reader, "must be an object with \"grants\", \"providers\" or \"default\"");
    json_object_foreach((json_t *)root, name, value)
    {
        size_t i = 0;

        while (i < sizeof known / sizeof *known && strcmp(known[i], name) != 0)
            i++;
        if (i == sizeof known / sizeof *known) {
            mock_enter(reader, name);
            return mock_refuse(reader, "is no member of a script; there are grants, providers, default, list, connect "
                                       "and comment");
        }
    }
    if (grants && !read_grants(reader, "grants", grants, &script->grants, &script->grant_count))
        return false;
    if (providers && !read_grants(reader, "providers", providers, &script->providers, &script->provider_count))
        return false;
    return read_rest(reader, root);
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* Reads at most `limit` bytes; what grows meanwhile is cut, and then does not parse. */
static bool read_file(struct mock_reader *reader, char *text, size_t limit, size_t *size)
{
    int file = open(reader->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    ssize_t got = 1;
    bool done = false;

    if (file < 0)
        return mock_refuse(reader, "cannot be read: %s", strerror(errno));
    if (fstat(file, &status) || !S_ISREG(status.st_mode))
        mock_refuse(reader, "is no regular file; name a JSON file");
    else if ((uint64_t)status.st_size > limit)
        mock_refuse(reader, "is larger than 1 MiB; split the script over several providers");
    else
        done = true;
    while (done && *size < limit && got) {
        got = read(file, text + *size, limit - *size);
        if (got < 0 && errno != EINTR)
            done = mock_refuse(reader, "cannot be read: %s", strerror(errno));
        else if (got > 0)
            *size += (size_t)got;
    }
    close(file);
    return done;
}

att_result mock_script_open(struct mock_script *script, const struct att_host *host, const char *file,
                            char problem[MOCK_PROBLEM_SIZE])
{
    struct mock_reader reader = {.script = script, .file = file, .problem = problem};
    json_error_t wrong;
    size_t size = 0;
    char *text = host->allocate(host, MOCK_FILE_LIMIT);
    bool opened = false;

    *script = (struct mock_script){.host = host};
    if (!text) {
        mock_nomem(&reader);
        return ATT_RESULT_NOMEM;
    }
    if (!read_file(&reader, text, MOCK_FILE_LIMIT, &size))
        goto cleanup;
    script->document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &wrong);
    if (!script->document)
        mock_refuse(&reader, "line %d is no JSON: %s", wrong.line, wrong.text);
    else
        opened = read_script(&reader);

cleanup:
    host->release(host, text);
    return opened ? ATT_RESULT_OK : reader.nomem ? ATT_RESULT_NOMEM : ATT_RESULT_CONFIG;
}

/* ---- look-up ----------------------------------------------------------------------------------------------------- */

bool mock_grant_is_for(const struct mock_script *script, const struct mock_grant *grant, const struct att_fetch *fetch)
{
    const unsigned char *token;
    size_t size = 0;
    bool same;

    if (!grant->user)
        return true;
    if (!fetch->user_token)
        return false;
    token = script->host->secret_borrow(fetch->user_token, &size);
    same = size == strlen(grant->user) && memcmp(token, grant->user, size) == 0;
    script->host->secret_return(fetch->user_token, token);
    return same;
}

static struct mock_grant *find(struct mock_grant *grants, size_t count, const char *name, const char *account)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < count; i++) {
        const char *key = grants[i].name;
        if (!account && strcmp(key, name) == 0)
            return &grants[i];
        if (account && strncmp(key, name, length) == 0 && key[length] == '/' && strcmp(key + length + 1, account) == 0)
            return &grants[i];
    }
    return NULL;
}

struct mock_grant *mock_script_find(struct mock_script *script, const struct att_fetch *fetch)
{
    struct mock_grant *found = NULL;

    if (fetch->grant) {
        found = find(script->grants, script->grant_count, fetch->grant, NULL);
    } else if (fetch->provider) {
        if (fetch->account)
            found = find(script->providers, script->provider_count, fetch->provider, fetch->account);
        if (!found)
            found = find(script->providers, script->provider_count, fetch->provider, NULL);
    }
    return found && mock_grant_is_for(script, found, fetch) ? found : script->otherwise;
}
