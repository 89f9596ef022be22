/* tests/modules/keeper.c: a provider module that keeps secrets in a plain file, for tests to look into. Each line is
 * one secret: name, grant, type, inject, origins, parts, created, rotated, expires and values, with tabs between them
 * and blanks (values: "|") between the members of a list. Option `fail` is "CALL RESULT SENTENCE": that call answers
 * so. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "keeper", struct att_provider);

enum { COLUMNS = 10, LINE_SIZE = 1 << 17, LIST_SIZE = 20 };

struct keeper {
    const struct att_host *host;
    const char *file, *fail;
};

static const struct att_option options[] = {
    {.name = "file", .type = ATT_OPTION_PATH, .flags = ATT_OPTION_REQUIRED, .help = "what is kept"},
    {.name = "fail", .type = ATT_OPTION_TEXT, .help = "CALL RESULT SENTENCE"},
    {0},
};

static att_result open_instance(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    struct keeper *keeper = host->allocate(host, sizeof *keeper);

    if (!keeper)
        return ATT_RESULT_NOMEM;
    *keeper = (struct keeper){host, host->setting_text(settings, "file"), host->setting_text(settings, "fail")};
    *instance = keeper;
    return ATT_RESULT_OK;
}

static void close_instance(void *instance)
{
    struct keeper *keeper = instance;

    keeper->host->release(keeper->host, keeper);
}

static att_result fetch(void *instance, const struct att_fetch *request, struct att_credential *credential)
{
    (void)instance;
    (void)request;
    (void)credential;
    return ATT_RESULT_NONE;
}

/* Whether the site wants this call to fail, and then how. "hang" waits until nobody waits for it. */
static int fails(const struct keeper *keeper, struct att_call *call, const char *name, att_result *result)
{
    char wanted[16];
    int number = 0, at = 0;

    if (!keeper->fail || sscanf(keeper->fail, "%15s %d %n", wanted, &number, &at) < 2 || strcmp(wanted, name) != 0)
        return 0;
    while (number < 0 && !keeper->host->cancelled(call))
        usleep(1000);
    if (keeper->fail[at])
        keeper->host->fetch_failed(call, keeper->fail + at);
    *result = number;
    return 1;
}

/* Splits a line where it stands; false when it is none of this file's. */
static int split(char *line, char *columns[COLUMNS])
{
    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < COLUMNS; i++) {
        columns[i] = line;
        line = strchr(line, '\t');
        if (line)
            *line++ = '\0';
        else if (i < COLUMNS - 1)
            return 0;
    }
    return 1;
}

static void split_list(char *text, const char *list[LIST_SIZE])
{
    int count = 0;
    char *rest = NULL;

    for (char *at = strtok_r(text, " ", &rest); at && count < LIST_SIZE - 1; at = strtok_r(NULL, " ", &rest))
        list[count++] = at;
    list[count] = NULL;
}

static void write_list(FILE *out, const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++)
        fprintf(out, "%s%s", i ? " " : "", list[i]);
    fputc('\t', out);
}

static void write_line(const struct keeper *keeper, FILE *out, const struct att_secret_facts *facts, long long created,
                       long long rotated, const struct att_named_secret *parts, size_t count)
{
    fprintf(out, "%s\t%s\t%s\t%s\t", facts->name, facts->grant, facts->type, facts->inject);
    write_list(out, facts->origins);
    write_list(out, facts->parts);
    fprintf(out, "%lld\t%lld\t%lld\t", created, rotated, (long long)facts->expires);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        const unsigned char *view = keeper->host->secret_borrow(parts[i].value, &size);

        fprintf(out, "%s%s:%.*s", i ? "|" : "", parts[i].name, (int)size, (const char *)view);
        keeper->host->secret_return(parts[i].value, view);
    }
    fputc('\n', out);
}

struct change {
    const struct att_secret_facts *facts; /* NULL: the secret goes */
    const char *name;
    const struct att_named_secret *parts;
    size_t count;
    int create, found, taken, starved;
};

static void copy_line(const struct keeper *keeper, FILE *out, char *line, struct change *change)
{
    char *whole = strdup(line), *columns[COLUMNS];

    change->starved |= !whole;
    if (whole && split(line, columns)) {
        int same = strcmp(columns[0], change->name) == 0;

        change->found |= same;
        change->taken |= change->create && strcmp(columns[1], change->facts->grant) == 0;
        if (!same || change->create)
            fputs(whole, out);
        else if (change->facts)
            write_line(keeper, out, change->facts, atoll(columns[6]), keeper->host->wall(keeper->host), change->parts,
                       change->count);
    }
    free(whole);
}

/* Writes the file anew beside the old one. */
static att_result rewrite(const struct keeper *keeper, struct change *change)
{
    char fresh[4096], *line = malloc(LINE_SIZE);
    FILE *in = fopen(keeper->file, "re"), *out = NULL;
    att_result result = ATT_RESULT_NOMEM;

    change->starved |= !line || (!in && errno == ENOMEM);
    snprintf(fresh, sizeof fresh, "%s.new", keeper->file);
    out = fopen(fresh, "we");
    change->starved |= !out && errno == ENOMEM;
    while (out && in && line && fgets(line, LINE_SIZE, in))
        copy_line(keeper, out, line, change);
    if (out && change->create && !change->found && !change->taken)
        write_line(keeper, out, change->facts, keeper->host->wall(keeper->host), 0, change->parts, change->count);
    if (!change->starved)
        result = change->create && (change->found || change->taken) ? ATT_RESULT_DENIED
                 : !change->create && !change->found                ? ATT_RESULT_NOT_FOUND
                 : out                                              ? ATT_RESULT_OK
                                                                    : ATT_RESULT_FAULT;
    if (out)
        fclose(out);
    if (in)
        fclose(in);
    if (result == ATT_RESULT_OK && rename(fresh, keeper->file) != 0)
        result = ATT_RESULT_FAULT;
    free(line);
    return result;
}

static att_result secret_store(void *instance, struct att_call *call, uint32_t mode,
                               const struct att_secret_facts *facts, const struct att_named_secret *parts,
                               size_t part_count)
{
    struct change change = {facts, facts->name, parts, part_count, mode == ATT_SECRET_CREATE, 0, 0, 0};
    att_result result;

    return fails(instance, call, "store", &result) ? result : rewrite(instance, &change);
}

static att_result secret_remove(void *instance, struct att_call *call, const char *name)
{
    struct change change = {.name = name};
    att_result result;

    return fails(instance, call, "remove", &result) ? result : rewrite(instance, &change);
}

static att_result secret_list(void *instance, struct att_call *call, struct att_listing *listing)
{
    const struct keeper *keeper = instance;
    char *line = malloc(LINE_SIZE), *columns[COLUMNS];
    FILE *in = fopen(keeper->file, "re");
    int starved = !line || (!in && errno == ENOMEM);
    att_result result = ATT_RESULT_OK;

    if (fails(keeper, call, "list", &result) || starved) {
        free(line);
        if (in)
            fclose(in);
        return starved ? ATT_RESULT_NOMEM : result;
    }
    while (in && line && fgets(line, LINE_SIZE, in)) {
        const char *origins[LIST_SIZE], *parts[LIST_SIZE];
        struct att_secret_facts facts = {.size = sizeof facts, .origins = origins, .parts = parts};

        if (!split(line, columns))
            continue;
        split_list(columns[4], origins);
        split_list(columns[5], parts);
        facts.name = columns[0];
        facts.grant = columns[1];
        facts.type = columns[2];
        facts.inject = columns[3];
        facts.created = atoll(columns[6]);
        facts.rotated = atoll(columns[7]);
        facts.expires = atoll(columns[8]);
        facts.fingerprint = "f1f2f3f4";
        facts.fault = strcmp(facts.name, "damaged") == 0 ? "its row is damaged; set it again" : NULL;
        keeper->host->secret_listed(listing, &facts);
    }
    if (in)
        fclose(in);
    free(line);
    return ATT_RESULT_OK;
}

static att_result secret_rekey(void *instance, struct att_call *call, const char *key_file)
{
    const struct keeper *keeper = instance;
    att_result result;
    FILE *out;
    char name[4096];

    if (fails(keeper, call, "rekey", &result))
        return result;
    snprintf(name, sizeof name, "%s.key", keeper->file);
    out = fopen(name, "we");
    if (!out)
        return errno == ENOMEM ? ATT_RESULT_NOMEM : ATT_RESULT_FAULT;
    fputs(key_file ? key_file : "fresh", out);
    fclose(out);
    return ATT_RESULT_OK;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_provider),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_INSTANCE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_SECRETS,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_SETTINGS | ATT_HOST_CLOCK | ATT_HOST_KEEPING,
    .name = "keeper",
    .version = "1.0",
    .options = options,
    .option_size = sizeof(struct att_option),
    .open = open_instance,
    .close = close_instance,
    .fetch = fetch,
    .secret_store = secret_store,
    .secret_list = secret_list,
    .secret_remove = secret_remove,
    .secret_rekey = secret_rekey,
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
