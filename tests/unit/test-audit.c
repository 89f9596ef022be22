/* tests/unit/test-audit.c: unit tests of core/audit, with sinks of its own in place of core/provider. */
#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/audit/audit.h"
#include "tests/unit/unit.h"

/* ---- the provider side that the trail calls ---- */

struct att_instance {
    const char *name;
    att_result result;
    const char *sentence;
    int calls;
    char last[ATT_RECORD_LIMIT];
};

const char *att_instance_name(const struct att_instance *instance)
{
    return instance->name;
}

att_result att_instance_append(struct att_instance *instance, const struct att_record *record,
                               struct att_call_report *report)
{
    __atomic_add_fetch(&instance->calls, 1, __ATOMIC_RELAXED);
    if (instance->sentence)
        snprintf(report->sentence, sizeof report->sentence, "%s", instance->sentence);
    if (instance->result == ATT_RESULT_OK && record->phase)
        snprintf(instance->last, sizeof instance->last, "%.*s", (int)record->json_size, record->json);
    return instance->result;
}

void att_log(const struct att_environment *environment, int level, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (environment->log)
        environment->log(environment->log_context, level, line);
}

/* ---- records ---- */

static const struct att_record_origin origin = {.size = 31, .text = ",\"pid\":7,\"uid\":0,\"exe\":\"/bin/x\""};

static void format(struct att_buffer *buffer, const struct att_record_fields *fields)
{
    att_buffer_open(buffer, ATT_RECORD_LIMIT);
    att_record_format(buffer, fields, &origin);
    assert_true(att_buffer_ok(buffer));
}

static void a_decision_record_has_its_fields_in_order(void **state)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    struct att_buffer buffer;

    (void)state;
    fields.event = "request";
    fields.phase = "decision";
    fields.time_us = INT64_C(1795363340123456);
    fields.request_id = "r-1";
    fields.caller = "email-assistant-v2";
    fields.caller_type = "agent";
    fields.grant = "calendar";
    fields.grant_kind = "oauth";
    fields.provider = "google";
    fields.account = "ann@example.com";
    fields.stack = "saas";
    fields.method = "GET";
    fields.url = "https://www.googleapis.com/calendar/v3/events?maxResults=10&key=s3cret";
    fields.reason = "weekly digest";
    fields.context = ATT_PAIRS({"tool", "read_calendar"}, {"agent", "cursor"});
    fields.decision = "permit";
    fields.rule = "calendar-read";
    format(&buffer, &fields);
    assert_string_equal(
        buffer.data,
        "{\"schema\":1,\"time\":\"2026-11-22T16:02:20.123456Z\",\"event\":\"request\",\"phase\":\"decision\","
        "\"request_id\":\"r-1\",\"caller\":\"email-assistant-v2\",\"caller_type\":\"agent\",\"pid\":7,\"uid\":0,"
        "\"exe\":\"/bin/x\",\"grant\":\"calendar\",\"grant_kind\":\"oauth\",\"provider\":\"google\","
        "\"account\":\"ann@example.com\",\"stack\":\"saas\",\"method\":\"GET\","
        "\"url\":\"https://www.googleapis.com/calendar/v3/events?maxResults=***&key=***\","
        "\"reason\":\"weekly digest\",\"context\":{\"tool\":\"read_calendar\",\"agent\":\"cursor\"},"
        "\"decision\":\"permit\",\"rule\":\"calendar-read\"}");
    att_buffer_close(&buffer);
}

static void a_result_record_has_its_numbers(void **state)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    struct att_buffer buffer;

    (void)state;
    fields.event = "request";
    fields.phase = "result";
    fields.outcome = "ATT_UPSTREAM";
    fields.detail = "the upstream answered 503";
    fields.http_status = 503;
    fields.latency_us = 1234567;
    fields.bytes_in = 0;
    fields.bytes_out = INT64_C(5000000000);
    fields.retries = 0;
    format(&buffer, &fields);
    assert_string_equal(buffer.data, "{\"schema\":1,\"time\":\"1970-01-01T00:00:00.000000Z\",\"event\":\"request\","
                                     "\"phase\":\"result\",\"pid\":7,\"uid\":0,\"exe\":\"/bin/x\","
                                     "\"outcome\":\"ATT_UPSTREAM\",\"detail\":\"the upstream answered 503\","
                                     "\"http_status\":503,\"latency_us\":1234567,\"bytes_in\":0,"
                                     "\"bytes_out\":5000000000,\"retries\":0}");
    att_buffer_close(&buffer);
}

/* Every length and every byte, so that the eight-at-a-time scan is tried at each position. */
static void no_text_can_break_out_of_its_line(void **state)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    char text[24];

    (void)state;
    fields.event = "request";
    for (size_t size = 1; size < sizeof text - 1; size++) {
        for (int byte = 1; byte < 256; byte++) {
            const char *read_back;
            struct att_buffer buffer;
            json_t *record;

            memset(text, 'a', sizeof text);
            text[size - 1] = (char)byte;
            text[size] = '\0';
            fields.caller = fields.reason = text;
            fields.context = ATT_PAIRS({text, text});
            fields.url = text;
            format(&buffer, &fields);
            for (size_t i = 0; i < buffer.size; i++)
                assert_true((unsigned char)buffer.data[i] >= 0x20 && buffer.data[i] != 0x7f);
            record = json_loadb(buffer.data, buffer.size, JSON_REJECT_DUPLICATES, NULL);
            assert_non_null(record);
            read_back = json_string_value(json_object_get(record, "caller"));
            if (byte < 0x80)
                assert_string_equal(read_back, text);
            else
                assert_string_equal(read_back + size - 1, "\xef\xbf\xbd");
            json_decref(record);
            att_buffer_close(&buffer);
        }
    }
}

static void a_forged_line_stays_a_value(void **state)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    struct att_buffer buffer;

    (void)state;
    fields.event = "request";
    fields.reason = "x\"}\n{\"schema\":1,\"decision\":\"permit\"}\x1b[2K";
    format(&buffer, &fields);
    assert_null(strchr(buffer.data, '\n'));
    assert_non_null(strstr(buffer.data, "\"reason\":\"x\\\"}\\n{\\\"schema\\\":1,\\\"decision\\\":\\\"permit\\\"}"
                                        "\\u001b[2K\"}"));
    att_buffer_close(&buffer);
}

static void the_url_of_a_record_keeps_no_value(void **state)
{
    static const struct {
        const char *url, *shown;
    } cases[] = {
        {"https://api.example/v1/items", "https://api.example/v1/items"},
        {"https://api.example", "https://api.example"},
        {"https://api.example/?a=1", "https://api.example/?a=***"},
        {"https://api.example/?a=1&b=2&a=3", "https://api.example/?a=***&b=***&a=***"},
        {"https://api.example/?a=1;b=2", "https://api.example/?a=***"},
        {"https://api.example/?a=b=c", "https://api.example/?a=***"},
        {"https://api.example/?a=x?y", "https://api.example/?a=***"},
        {"https://api.example/?TOKEN", "https://api.example/?***"},
        {"https://api.example/?c2VjcmV0==", "https://api.example/?***"},
        {"https://api.example/?a=", "https://api.example/?***"},
        {"https://api.example/?&&a=1&", "https://api.example/?&&a=***&"},
        {"https://api.example/?=secret", "https://api.example/?=***"},
        {"https://api.example/?", "https://api.example/?"},
        {"https://api.example/p#access_token=x", "https://api.example/p#***"},
        {"https://api.example/?a=1#b=2&c=3", "https://api.example/?a=***#***"},
        {"https://user:secret@api.example/", "https://***@api.example/"},
        {"https://user:se@cret@api.example/p@q", "https://***@api.example/p@q"},
        {"https://secret\\@api.example/", "https://***@api.example/"},
        {"https://user:secret@api.example?a=1", "https://***@api.example?a=***"},
        {"user:secret@api.example/", "***@api.example/"},
        {"secret@://api.example/", "***@://api.example/"},
        {"https://api.example/users/@me", "https://api.example/users/@me"},
        {"", ""},
        {"?secret=1", "?secret=***"},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_buffer buffer;

        att_buffer_open(&buffer, 1000);
        att_buffer_text(&buffer, "");
        att_record_url(&buffer, cases[i].url);
        assert_string_equal(buffer.data, cases[i].shown);
        att_buffer_close(&buffer);
    }
}

static const char *filled(char *text, size_t size, const char *piece)
{
    size_t step = strlen(piece);

    for (size_t i = 0; i + step <= size; i += step)
        memcpy(text + i, piece, step);
    text[size / step * step] = '\0';
    return text;
}

/* Whatever a caller sends, its record is valid JSON that a sink takes. */
static void a_record_always_fits(void **state)
{
    static const char *const pieces[] = {
        "x",  "\"",   "\x01", "\xff", "\x80", "\xc3\xa9", "a\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "&a", "a=b&", "?"};
    static char text[200001], query[200100], origin_text[2048 + 1];
    struct att_record_origin large = {.size = 2048};

    (void)state;
    snprintf(origin_text, sizeof origin_text, ",\"exe\":\"%02039d\"", 0);
    memcpy(large.text, origin_text, 2048);
    for (size_t i = 0; i < ATT_COUNT(pieces); i++) {
        struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
        struct att_buffer buffer;
        char context[9][500];
        att_pair pairs[9] = {{NULL, NULL}};
        json_t *record;

        for (int k = 0; k < 8; k++) {
            snprintf(context[k], sizeof context[k], "%d%0479d", k, 0);
            pairs[k] = (att_pair){context[k], "0123456789"};
        }
        fields.event = fields.phase = filled(text, 200000, pieces[i]);
        fields.request_id = fields.caller = fields.caller_type = fields.grant = fields.grant_kind = text;
        fields.provider = fields.account = fields.stack = fields.method = fields.reason = fields.decision = text;
        fields.rule = fields.outcome = fields.detail = text;
        fields.context = pairs;
        fields.latency_us = fields.bytes_in = fields.bytes_out = INT64_MAX;
        fields.http_status = fields.retries = INT32_MAX;
        for (int where = 0; where < 2; where++) {
            snprintf(query, sizeof query, "https://api.example/%s%s", where ? "?" : "", text);
            fields.url = query;
            att_buffer_open(&buffer, ATT_RECORD_LIMIT);
            att_record_format(&buffer, &fields, &large);
            assert_true(att_buffer_ok(&buffer));
            record = json_loadb(buffer.data, buffer.size, JSON_REJECT_DUPLICATES, NULL);
            assert_non_null(record);
            json_decref(record);
            att_buffer_close(&buffer);
        }
    }
}

/* The value of one member as a reader sees it. */
static void assert_shown(const struct att_record_fields *fields, const char *member, size_t size, const char *end)
{
    struct att_buffer buffer;
    const char *shown;
    json_t *record;

    format(&buffer, fields);
    record = json_loadb(buffer.data, buffer.size, 0, NULL);
    shown = json_string_value(json_object_get(record, member));
    assert_non_null(shown);
    assert_int_equal(strlen(shown), size);
    assert_string_equal(shown + size - strlen(end), end);
    json_decref(record);
    att_buffer_close(&buffer);
}

static void a_text_that_is_too_long_is_cut_at_a_border_of_utf8(void **state)
{
    static char text[50020];
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;

    (void)state;
    fields.event = "request";
    fields.reason = fields.detail = fields.grant = filled(text, 512, "x");
    assert_shown(&fields, "grant", 512, "x");
    filled(text, 513, "x");
    assert_shown(&fields, "grant", 515, "x...");
    filled(text, 514, "\xe2\x82\xac");
    assert_shown(&fields, "grant", 513, "\xe2\x82\xac...");
    filled(text, 2048, "x");
    assert_shown(&fields, "reason", 2048, "x");
    filled(text, 4096, "\x01");
    assert_shown(&fields, "reason", 2051, "\x01...");
    assert_shown(&fields, "detail", 2051, "\x01...");
    assert_shown(&fields, "grant", 85 + 3, "\x01...");
    filled(text, 4096, "\xe2\x82\xac");
    assert_shown(&fields, "reason", 2046 + 3, "\xe2\x82\xac...");
    filled(text, 4096, "\x80");
    assert_shown(&fields, "reason", 2045 * 3 + 3, "\xef\xbf\xbd...");
    memcpy(text, "https://a.example/", 18);
    filled(text + 18, 50000, "p");
    fields.url = text;
    assert_shown(&fields, "url", 24576 + 3, "pp...");
    memcpy(text + 24576, "", 1);
    assert_shown(&fields, "url", 24576, "pp");
    memcpy(text + 18, "?secret=", 8);
    memset(text + 26, 's', 24600);
    assert_shown(&fields, "url", 18 + 8 + 3, "?secret=***");
    filled(text + 18, 50000, "?a=b");
    text[18 + 4] = '&';
    for (size_t i = 22; i < 50018; i += 4)
        text[i] = '&';
    assert_shown(&fields, "url", 24576 + 1 + 3, "&a=***&...");
}

static void every_record_names_the_process(void **state)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    struct att_record_origin found;
    struct att_buffer buffer;
    json_t *record;
    char exe[300];

    (void)state;
    exe[readlink("/proc/self/exe", exe, sizeof exe - 1)] = '\0';
    assert_true(att_record_origin_find(&found));
    fields.event = "engine_opened";
    att_buffer_open(&buffer, ATT_RECORD_LIMIT);
    att_record_format(&buffer, &fields, &found);
    record = json_loads(buffer.data, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(record, "pid")), getpid());
    assert_int_equal(json_integer_value(json_object_get(record, "uid")), getuid());
    assert_true(strncmp(json_string_value(json_object_get(record, "exe")), exe, 256) == 0);
    json_decref(record);
    att_buffer_close(&buffer);
}

/* ---- the trail ---- */

struct site {
    struct att_instance first, second;
    struct att_environment environment;
    char log[4096];
};

static void keep_log(void *context, int level, const char *line)
{
    struct site *site = context;

    assert_int_equal(level, ATT_LOG_WARNING);
    strncat(site->log, line, sizeof site->log - strlen(site->log) - 1);
}

static int open_site(void **state)
{
    struct site *site = calloc(1, sizeof *site);

    if (!site)
        return -1;
    site->first.name = "file";
    site->second.name = "journal";
    site->environment.log = keep_log;
    site->environment.log_context = site;
    *state = site;
    return 0;
}

static int close_site(void **state)
{
    free(*state);
    return 0;
}

static att_status write_one(struct site *site, bool first_required, bool second_required, bool warn_only,
                            const char *reason, att_error *error)
{
    struct att_trail_sink sinks[] = {{&site->first, first_required}, {&site->second, second_required}};
    struct att_trail *trail = att_trail_create(&site->environment, sinks, ATT_COUNT(sinks), warn_only);
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    att_status status;

    fields.event = "request";
    fields.phase = "decision";
    fields.reason = reason;
    status = att_trail_write(trail, &fields, error);
    att_trail_destroy(trail);
    return status;
}

static void all_sinks_get_every_record(void **state)
{
    struct site *site = *state;
    att_error error = ATT_ERROR_INIT;

    assert_int_equal(write_one(site, true, false, false, "test", &error), ATT_OK);
    assert_non_null(strstr(site->first.last, "\"reason\":\"test\"}"));
    assert_string_equal(site->first.last, site->second.last);
    assert_string_equal(site->log, "");
}

static void a_required_sink_that_fails_stops_the_request(void **state)
{
    struct site *site = *state;
    att_error error = ATT_ERROR_INIT;

    site->first.result = ATT_RESULT_UNAVAILABLE;
    site->first.sentence = "No space left on device";
    assert_int_equal(write_one(site, true, true, false, "test", &error), ATT_AUDIT);
    assert_int_equal(error.status, ATT_AUDIT);
    assert_string_equal(error.sink, "file");
    assert_string_equal(error.message,
                        "audit sink \"file\" did not take the record: No space left on device; mend the sink, or make "
                        "it control = \"optional\" if records may be lost");
    assert_int_equal(site->second.calls, 1);
    assert_string_equal(site->log, "");
    att_error_clear(&error);
    assert_int_equal(write_one(site, true, true, false, "test", NULL), ATT_AUDIT);
}

static void the_second_failure_goes_to_the_log(void **state)
{
    struct site *site = *state;
    att_error error = ATT_ERROR_INIT;

    site->first.result = site->second.result = ATT_RESULT_FAULT;
    assert_int_equal(write_one(site, true, true, false, "test", &error), ATT_AUDIT);
    assert_string_equal(error.sink, "file");
    assert_non_null(strstr(error.message, "did not take the record: FAULT;"));
    assert_string_equal(site->log, "audit sink \"journal\" did not take a record: FAULT");
    att_error_clear(&error);
}

static void an_optional_sink_that_fails_is_logged(void **state)
{
    struct site *site = *state;
    att_error error = ATT_ERROR_INIT;

    site->first.result = ATT_RESULT_UNAVAILABLE;
    site->first.sentence = "No space left on device";
    assert_int_equal(write_one(site, false, true, false, "test", &error), ATT_OK);
    assert_string_equal(site->log, "audit sink \"file\" did not take a record: No space left on device");
    assert_int_equal(site->second.calls, 1);
}

static void audit_failure_warn_lets_the_request_go_on(void **state)
{
    struct site *site = *state;
    att_error error = ATT_ERROR_INIT;

    site->first.result = ATT_RESULT_UNAVAILABLE;
    assert_int_equal(write_one(site, true, true, true, "test", &error), ATT_OK);
    assert_string_equal(site->log, "audit sink \"file\" did not take a record: UNAVAILABLE");
}

/* Where records may be lost, a caller must not be able to choose which. */
static void no_reason_is_long_enough_to_lose_its_record(void **state)
{
    struct site *site = *state;
    att_error error = ATT_ERROR_INIT;
    static char reason[4 * ATT_RECORD_LIMIT];

    filled(reason, sizeof reason - 1, "\x01");
    assert_int_equal(write_one(site, false, false, true, reason, &error), ATT_OK);
    assert_string_equal(site->log, "");
    assert_int_equal(site->first.calls, 1);
    assert_non_null(strstr(site->first.last, "\\u0001...\"}"));
}

/* The formatter does not cut a context, since validation has bounded it. */
static void a_record_too_large_to_write_stops_the_request(void **state)
{
    struct site *site = *state;
    struct att_trail_sink sinks[] = {{&site->first, true}, {&site->second, false}};
    struct att_trail *trail = att_trail_create(&site->environment, sinks, ATT_COUNT(sinks), false);
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    att_error error = ATT_ERROR_INIT;
    static char value[ATT_RECORD_LIMIT];

    fields.event = "request";
    fields.context = ATT_PAIRS({"key", filled(value, sizeof value - 1, "x")});
    assert_int_equal(att_trail_write(trail, &fields, &error), ATT_AUDIT);
    assert_string_equal(error.sink, "file");
    assert_non_null(strstr(error.message, "it is larger than 64 KiB, or memory is out"));
    assert_int_equal(site->first.calls, 0);
    assert_non_null(strstr(site->log, "\"journal\""));
    att_error_clear(&error);
    att_trail_destroy(trail);
}

static void a_site_without_sinks_writes_nothing(void **state)
{
    struct site *site = *state;
    struct att_trail *trail = att_trail_create(&site->environment, NULL, 0, false);
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;

    fields.event = "request";
    assert_int_equal(att_trail_write(trail, &fields, NULL), ATT_OK);
    att_trail_destroy(trail);
    att_trail_destroy(NULL);
}

enum { THREADS = 8, ROUNDS = 2000 };

static void *write_many(void *trail)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;

    fields.event = "request";
    for (int i = 0; i < ROUNDS; i++)
        if (att_trail_write(trail, &fields, NULL) != ATT_OK)
            return NULL;
    return trail;
}

static void many_threads_write_one_trail(void **state)
{
    struct site *site = *state;
    struct att_trail_sink sink = {&site->first, true};
    struct att_trail *trail = att_trail_create(&site->environment, &sink, 1, false);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, trail), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;

        pthread_join(threads[i], &result);
        assert_ptr_equal(result, trail);
    }
    assert_int_equal(site->first.calls, THREADS * ROUNDS);
    att_trail_destroy(trail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_record_has_its_fields_in_order),
        cmocka_unit_test(a_result_record_has_its_numbers),
        cmocka_unit_test(no_text_can_break_out_of_its_line),
        cmocka_unit_test(a_forged_line_stays_a_value),
        cmocka_unit_test(the_url_of_a_record_keeps_no_value),
        cmocka_unit_test(a_record_always_fits),
        cmocka_unit_test(a_text_that_is_too_long_is_cut_at_a_border_of_utf8),
        cmocka_unit_test(every_record_names_the_process),
        cmocka_unit_test_setup_teardown(all_sinks_get_every_record, open_site, close_site),
        cmocka_unit_test_setup_teardown(a_required_sink_that_fails_stops_the_request, open_site, close_site),
        cmocka_unit_test_setup_teardown(the_second_failure_goes_to_the_log, open_site, close_site),
        cmocka_unit_test_setup_teardown(an_optional_sink_that_fails_is_logged, open_site, close_site),
        cmocka_unit_test_setup_teardown(audit_failure_warn_lets_the_request_go_on, open_site, close_site),
        cmocka_unit_test_setup_teardown(no_reason_is_long_enough_to_lose_its_record, open_site, close_site),
        cmocka_unit_test_setup_teardown(a_record_too_large_to_write_stops_the_request, open_site, close_site),
        cmocka_unit_test_setup_teardown(a_site_without_sinks_writes_nothing, open_site, close_site),
        cmocka_unit_test_setup_teardown(many_threads_write_one_trail, open_site, close_site),
    };

    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
