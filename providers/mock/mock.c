/* providers/mock/mock.c: the mock provider: answers from a script, for tests without network and without secrets. */
#include <string.h>

#include "providers/mock/play.h"

static bool open_clock(struct mock *mock, const struct att_settings *settings)
{
    const char *clock = mock->host->setting_text(settings, "clock");

    mock->real_clock = !clock || strcmp(clock, "real") == 0;
    mock->opened_ns = mock->host->now_ns(mock->host);
    return mock->real_clock || mock_time_parse(clock, &mock->clock_start);
}

static bool check_clock(struct mock *mock, const struct att_settings *settings)
{
    if (open_clock(mock, settings))
        return true;
    mock->host->open_failed(settings, "clock", "is neither \"real\" nor a time in UTC, as \"2026-01-31T12:00:00Z\"");
    return false;
}

/* The script is a file, which is read when the instance opens. */
static att_result mock_check(const struct att_host *host, const struct att_settings *settings)
{
    struct mock mock = {.host = host};

    return check_clock(&mock, settings) ? ATT_RESULT_OK : ATT_RESULT_CONFIG;
}

static att_result mock_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    struct mock *mock = host->allocate(host, sizeof *mock);
    att_result result = ATT_RESULT_CONFIG;
    char problem[MOCK_PROBLEM_SIZE];

    if (!mock)
        return ATT_RESULT_NOMEM;
    memset(mock, 0, sizeof *mock);
    mock->host = host;
    mock->script.host = host;
    mock->tells = ATT_KNOWS(host, answer_body) && (host->features & ATT_HOST_GRANTS);
    if (!check_clock(mock, settings))
        goto refused;
    result = mock_script_open(&mock->script, host, host->setting_text(settings, "script"), problem);
    if (result != ATT_RESULT_OK) {
        host->open_failed(settings, "script", problem);
        goto refused;
    }
    if (!mock->script.waits)
        host->promise_prompt(settings);
    *instance = mock;
    return ATT_RESULT_OK;

refused:
    mock_script_close(&mock->script);
    host->release(host, mock);
    return result;
}

static void mock_close(void *instance)
{
    struct mock *mock = instance;

    mock_script_close(&mock->script);
    mock->host->release(mock->host, mock);
}

static att_result mock_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct mock *mock = instance;
    struct mock_grant *grant = mock_script_find(&mock->script, fetch);

    return grant ? mock_play(mock, grant, fetch, credential) : ATT_RESULT_NONE;
}

static att_result mock_inject(void *instance, const struct att_credential *credential, struct att_placement *placement)
{
    struct mock *mock = instance;
    const struct att_host *host = mock->host;
    const struct mock_placement *placed = mock->script.placements;
    int done = 1;

    while (placed && !host->credential_has(credential, placed->marker))
        placed = placed->next;
    for (size_t i = 0; placed && done && i < placed->count; i++) {
        const struct mock_place *place = &placed->places[i];
        if (place->kind == MOCK_PLACE_BASIC)
            done = host->place_basic(placement);
        else if (place->kind == MOCK_PLACE_HEADER)
            done = host->place_header(placement, place->name, place->format);
        else if (place->kind == MOCK_PLACE_QUERY)
            done = host->place_query(placement, place->name, place->format);
        else
            done = host->place_cookie(placement, place->name, place->format);
    }
    return done ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

static att_result mock_invalidate(void *instance, const struct att_fetch *fetch)
{
    struct mock *mock = instance;
    struct mock_grant *grant = mock_script_find(&mock->script, fetch);

    if (grant && grant->moves_on_invalidate)
        atomic_fetch_add(&grant->position, 1);
    return ATT_RESULT_OK;
}

static const struct att_option options[] = {
    {.name = "script",
     .type = ATT_OPTION_PATH,
     .flags = ATT_OPTION_REQUIRED,
     .help = "the JSON file that says what each grant answers; see attache-mock(7)"},
    {.name = "clock",
     .type = ATT_OPTION_TEXT,
     .initial = "real",
     .help = "\"real\", or a time in UTC at which the script's own clock starts: \"2026-01-31T12:00:00Z\""},
    {.name = NULL},
};

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INJECT | ATT_OFFERS_INVALIDATE | ATT_OFFERS_GRANTS | ATT_OFFERS_CONNECT |
              ATT_OFFERS_EXECUTE,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_SETTINGS | ATT_HOST_CLOCK,
    .name = "mock",
    .version = "0.1.0",
    .options = options,
    .option_size = sizeof options[0],
    .open = mock_open,
    .close = mock_close,
    .fetch = mock_fetch,
    .inject = mock_inject,
    .invalidate = mock_invalidate,
    .check = mock_check,
    .list = mock_list,
    .revoke = mock_revoke,
    .connect_begin = mock_connect_begin,
    .connect_poll = mock_connect_poll,
    .execute = mock_execute,
    .approval = mock_approval,
};

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "mock", struct att_provider);

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
