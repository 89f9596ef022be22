/* tests/api/test-api.c: the public interface: what an application may do, and what it is told when it may not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/site.h"

struct world {
    struct site site;
    att_engine *engine;
    att_client *client;
    att_error error;
};

static int open_world_on(void **state, const char *conf, const char *script)
{
    struct world *world = calloc(1, sizeof *world);

    *state = world;
    world->error = (att_error)ATT_ERROR_INIT;
    site_make(&world->site, conf, script);
    if (att_engine_open(world->site.conf, &world->engine, &world->error) != ATT_OK ||
        att_client_open(world->engine, ATT_CLIENT(.caller = "api-test"), &world->client, &world->error) != ATT_OK) {
        print_error("%s\n", world->error.message);
        return -1;
    }
    return 0;
}

static int open_world(void **state)
{
    return open_world_on(state, NULL, NULL);
}

static int close_world(void **state)
{
    struct world *world = *state;

    att_client_close(&world->client);
    att_engine_close(&world->engine);
    att_error_clear(&world->error);
    site_remove(&world->site);
    free(world);
    return 0;
}

static att_status get(struct world *world, const char *path, att_response **response)
{
    return att_request(world->client, ATT_REQUEST(.url = site_url(&world->site, path), .grant = "calendar"), response,
                       &world->error);
}

static void a_request_carries_the_credential_of_its_grant(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;
    size_t size = 0;

    assert_int_equal(get(world, "/v3/calendars", &response), ATT_OK);
    assert_int_equal(att_response_status(response), 200);
    assert_string_equal(att_response_body(response, &size), "{\"ok\":true}");
    assert_int_equal(size, 11);
    assert_string_equal(upstream_saw(&world->site, "authorization"), "Bearer token-number-one");
    assert_int_equal(strlen(att_response_request_id(response)), 32);
    assert_int_equal(site_audit_lines(&world->site, att_response_request_id(response), "\"phase\":\"decision\""), 1);
    assert_int_equal(site_audit_lines(&world->site, att_response_request_id(response), "\"phase\":\"result\""), 1);
    assert_int_equal(site_audit_lines(&world->site, "token-number", ""), 0);
    att_response_free(&response);
    att_response_free(&response);
}

static void templates_queries_headers_and_json_arrive_as_given(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(
        att_request(world->client,
                    ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/c/{id}?a=1"), .grant = "calendar",
                                .path_params = ATT_PAIRS({"id", "x/y z"}), .query_params = ATT_PAIRS({"q", "a&b"}),
                                .headers = ATT_PAIRS({"x-trace", "t1"}), .json = "{\"n\":1}", .reason = "a test",
                                .context = ATT_PAIRS({"tool", "unit"})),
                    &response, &world->error),
        ATT_OK);
    assert_string_equal(upstream_saw_query(&world->site), "a=1&q=a&b");
    assert_string_equal(upstream_saw(&world->site, "x-trace"), "t1");
    assert_string_equal(upstream_saw(&world->site, "content-type"), "application/json");
    assert_string_equal(upstream_saw(&world->site, "content-length"), "7");
    assert_int_equal(site_audit_lines(&world->site, "/c/x%2Fy%20z?a=***&q=***", "\"tool\":\"unit\""), 1);
    att_response_free(&response);
}

/* C1 */
static void a_credential_that_the_upstream_echoes_is_masked(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(get(world, "/echo", &response), ATT_OK);
    assert_non_null(strstr(att_response_body(response, NULL), "Bearer ****************"));
    assert_null(strstr(att_response_body(response, NULL), "token-number"));
    assert_string_equal(att_response_header(response, "X-Echo"), "Bearer ****************");
    att_response_free(&response);
}

static void closed_engines_and_clients_say_so(void **state)
{
    struct world *world = *state;
    att_client *second = NULL;
    att_response *response = NULL;

    att_client_close(&world->client);
    att_client_close(&world->client);
    att_client_close(NULL);
    assert_int_equal(get(world, "/", &response), ATT_STATE);
    assert_non_null(strstr(world->error.message, "there is no client"));
    assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = "x"), &second, NULL), ATT_OK);
    att_engine_close(&world->engine);
    att_engine_close(&world->engine);
    att_engine_close(NULL);
    world->client = second;
    assert_int_equal(get(world, "/", &response), ATT_STATE);
    assert_non_null(strstr(world->error.message, "the engine is closed"));
    assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = "x"), &second, &world->error), ATT_STATE);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_STATE);
    assert_null(response);
}

/* C5: the child has neither the parent's engine nor its secrets, and may open an engine of its own. */
static void a_forked_child_is_told_to_open_its_own_engine(void **state)
{
    struct world *world = *state;
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        att_engine *own = NULL;
        bool refused = get(world, "/", NULL) == ATT_STATE && strstr(world->error.message, "forked");
        bool opened = att_engine_open(world->site.conf, &own, NULL) == ATT_OK;
        att_client_close(&world->client);
        att_engine_close(&world->engine);
        att_engine_close(&own);
        _exit(refused && opened ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(get(world, "/", NULL), ATT_OK);
}

struct refusal {
    att_request_options options;
    const char *field, *message;
};

static void check_refusals(struct world *world, const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        att_request_options options = cases[i].options;
        att_response *response = NULL;
        options.size = sizeof options;
        if (!options.url)
            options.url = site_url(&world->site, "/");
        assert_int_equal(att_request(world->client, &options, &response, &world->error), ATT_INVALID);
        assert_null(response);
        if (!strstr(world->error.message, cases[i].message) || !strchr(world->error.message, ';'))
            fail_msg("case %zu: %s", i, world->error.message);
        assert_string_equal(world->error.field, cases[i].field);
    }
    assert_int_equal(upstream_count(&world->site), 0);
    assert_int_equal(site_audit_lines(&world->site, "\"phase\"", ""), 0);
}

static void unsound_calls_are_refused_before_anything_happens(void **state)
{
    const struct refusal cases[] = {
        {{.url = ""}, "grant", "neither a grant nor a provider"},
        {{.grant = "g", .provider = "p"}, "grant", "both a grant and a provider"},
        {{.grant = "g", .account = "a"}, "account", "the request names a grant"},
        {{.grant = ""}, "grant", "it is empty"},
        {{.grant = "a\nb"}, "grant", "not printable"},
        {{.grant = "g", .user_token = ""}, "user_token", "the user token is empty"},
        {{.grant = "g", .user_token = "a\r\nb"}, "user_token", "the user token is refused: it has a control character"},
        {{.grant = "g", .url = ""}, "url", "has no URL"},
        {{.grant = "g", .url = "gopher://x/"}, "url", "https:// or http://"},
        {{.grant = "g", .url = "https://u:p@x.example/"}, "url", "user information"},
        {{.grant = "g", .url = "https://x.example/{id}"}, "path_params", "{id}"},
        {{.grant = "g", .method = "get"}, "method", "lower case"},
        {{.grant = "g", .method = "GE T"}, "method", "no token"},
        {{.grant = "g", .method = "TRACE"}, "method", "TRACE is refused"},
        {{.grant = "g", .json = "{}", .body = "x", .body_size = 1}, "body", "both json and body"},
        {{.grant = "g", .body_size = 1}, "body", "body is NULL"},
        {{.grant = "g", .content_type = "a/b"}, "content_type", "there is no body"},
        {{.grant = "g", .content_type = "a\r\nb", .body = "x", .body_size = 1}, "content_type", "control character"},
        {{.grant = "g", .json = "\xff"}, "json", "not UTF-8"},
        {{.grant = "g", .timeout_ms = -1}, "timeout_ms", "negative"},
        {{.grant = "g", .headers = (const att_pair[]){{"Host", "x"}, {0}}}, "headers", "belongs to the connection"},
        {{.grant = "g", .headers = (const att_pair[]){{"content-LENGTH", "1"}, {0}}}, "headers", "the connection"},
        {{.grant = "g", .headers = (const att_pair[]){{"Transfer-Encoding", "x"}, {0}}}, "headers", "the connection"},
        {{.grant = "g", .headers = (const att_pair[]){{"Proxy-Authorization", "x"}, {0}}}, "headers", "a proxy"},
        {{.grant = "g", .headers = (const att_pair[]){{"Authorization", "x"}, {0}}}, "headers", "supplies"},
        {{.grant = "g", .headers = (const att_pair[]){{"X-HTTP-Method-Override", "x"}, {0}}},
         "headers",
         "another request"},
        {{.grant = "g", .headers = (const att_pair[]){{"a b", "x"}, {0}}}, "headers", "no token"},
        {{.grant = "g", .headers = (const att_pair[]){{"a", "x\r\ny: z"}, {0}}}, "headers", "control character"},
        {{.grant = "g", .headers = (const att_pair[]){{"a", NULL}, {0}}}, "headers", "is missing"},
        {{.grant = "6F9F2A6E-0000-4000-8000-00000000000A"}, "grant", "capital letters"},
        {{.grant = "g", .method = "HEAD", .json = "{}"}, "body", "a HEAD request has no body"},
        {{.grant = "g", .headers = (const att_pair[]){{"X-Original-URL", "/admin"}, {0}}},
         "headers",
         "another request"},
        {{.grant = "g", .headers = (const att_pair[]){{"Accept-Encoding", "gzip"}, {0}}},
         "headers",
         "cannot be; leave"},
        {{.grant = "g", .json = "{}", .headers = (const att_pair[]){{"Content-Type", "x"}, {0}}},
         "headers",
         "json sets"},
    };

    check_refusals(*state, cases, sizeof cases / sizeof *cases);
}

static att_status with_context(struct world *world, int keys, int key_length, int value_length)
{
    att_pair pairs[32] = {{0}};
    char names[32][80], value[1000];
    att_status status;

    memset(value, 'v', (size_t)value_length);
    value[value_length] = '\0';
    for (int i = 0; i < keys; i++) {
        snprintf(names[i], sizeof names[i], "%02d%0*d", i, key_length - 2, 0);
        pairs[i] = (att_pair){names[i], value};
    }
    status = att_request(world->client,
                         ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "calendar", .context = pairs), NULL,
                         &world->error);
    if (status == ATT_INVALID)
        assert_string_equal(world->error.field, "context");
    return status;
}

static void context_limits_are_exact(void **state)
{
    struct world *world = *state;

    assert_int_equal(with_context(world, 20, 3, 1), ATT_OK);
    assert_int_equal(with_context(world, 21, 3, 1), ATT_INVALID);
    assert_non_null(strstr(world->error.message, "\"200\" is refused: it is one too many"));
    assert_int_equal(with_context(world, 1, 64, 1), ATT_OK);
    assert_int_equal(with_context(world, 1, 65, 1), ATT_INVALID);
    assert_non_null(strstr(world->error.message, "longer than 64 characters"));
    assert_int_equal(with_context(world, 1, 3, 512), ATT_OK);
    assert_int_equal(with_context(world, 1, 3, 513), ATT_INVALID);
    assert_non_null(strstr(world->error.message, "longer than 512 characters"));
    /* 7 keys of 64 and values of 512: 7 * (64 + 512 + 6) + 1 = 4075 bytes; 8 are too many. */
    assert_int_equal(with_context(world, 7, 64, 512), ATT_OK);
    assert_int_equal(with_context(world, 8, 64, 512), ATT_INVALID);
    assert_non_null(strstr(world->error.message, "longer than 4096 bytes"));
}

static void context_counts_characters_and_json_bytes(void **state)
{
    struct world *world = *state;
    char value[1200] = "";
    att_pair twice[] = {{"k", "1"}, {"k", "2"}, {0}};
    att_pair one[] = {{"k", value}, {0}};

    for (int i = 0; i < 512; i++)
        memcpy(value + 2 * i, "\xc3\xa9", 3);
    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "calendar", .context = one),
                                 NULL, &world->error),
                     ATT_OK);
    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "calendar", .context = twice),
                                 NULL, &world->error),
                     ATT_INVALID);
    assert_non_null(strstr(world->error.message, "given twice"));
}

/* B7 */
static void a_caller_may_not_set_the_header_of_the_credential(void **state)
{
    struct world *world = *state;

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "calendar",
                                             .headers = ATT_PAIRS({"x-API-key", "mine"})),
                                 NULL, &world->error),
                     ATT_INVALID);
    assert_string_equal(world->error.field, "headers");
    assert_non_null(strstr(world->error.message, "the credential of grant \"calendar\" goes there"));
    assert_int_equal(upstream_count(&world->site), 0);
}

static int open_world_with_api_key(void **state)
{
    return open_world_on(state, NULL,
                         "{ \"grants\": { \"calendar\": { \"token\": \"token-number-one\", \"header\": \"X-Api-Key\","
                         " \"format\": \"{token}\" } } }");
}

static void a_key_goes_into_the_header_that_the_provider_names(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/", NULL), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "x-api-key"), "token-number-one");
    assert_string_equal(upstream_saw(&world->site, "authorization"), "");
}

static void policy_denies_by_name_and_reason_and_records_it(void **state)
{
    struct world *world = *state;
    static const char *const spellings[] = {"/admin/x",   "/public/../admin/x", "//admin/x",
                                            "/%61dmin/x", "/admin%2Fx",         "/admin;v=1/x"};

    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        assert_int_equal(get(world, spellings[i], NULL), ATT_DENIED);
        assert_string_equal(world->error.rule, "no-admin");
        assert_non_null(strstr(world->error.message, "policy denies GET"));
        assert_non_null(strstr(world->error.message, "attache explain"));
        assert_int_equal(strlen(world->error.request_id), 32);
    }
    assert_int_equal(upstream_count(&world->site), 0);
    assert_int_equal(site_audit_lines(&world->site, "\"decision\":\"forbid\"", "\"rule\":\"no-admin\""), 6);
}

static void a_url_outside_the_origins_is_denied(void **state)
{
    struct world *world = *state;

    assert_int_equal(
        att_request(world->client, ATT_REQUEST(.url = "https://127.0.0.1/", .grant = "calendar"), NULL, &world->error),
        ATT_DENIED);
    assert_non_null(
        strstr(world->error.message, "may not be used for https://127.0.0.1: it is bound to http://127.0.0.1:"));
    assert_string_equal(world->error.details, "origin");
    assert_int_equal(site_audit_lines(&world->site, "\"decision\":\"forbid\"", "bound to"), 1);
}

static void answers_of_4xx_and_5xx_are_errors_that_give_the_response(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(get(world, "/status/404", &response), ATT_UPSTREAM);
    assert_int_equal(world->error.http_status, 404);
    assert_int_equal(att_response_status(response), 404);
    assert_int_equal(att_response_retry_after_ms(response), 7000);
    assert_string_equal(att_response_body(response, NULL), "{\"error\":\"as asked\"}");
    att_response_free(&response);
    assert_int_equal(get(world, "/status/503", &response), ATT_UPSTREAM);
    assert_int_equal(world->error.retry_after_ms, 7000);
    att_response_free(&response);
    assert_int_equal(get(world, "/scope", &response), ATT_SCOPE);
    assert_string_equal(world->error.missing_scopes[0], "cal.read");
    assert_string_equal(world->error.missing_scopes[1], "cal.write");
    assert_null(world->error.missing_scopes[2]);
    att_response_free(&response);
}

struct collected {
    size_t size, stop_at;
    int heads, status;
};

static int collect(void *context, const void *data, size_t size)
{
    struct collected *collected = context;

    (void)data;
    assert_int_equal(collected->heads, 1);
    collected->size += size;
    return collected->stop_at && collected->size >= collected->stop_at;
}

static int see_head(void *context, const att_response *response)
{
    struct collected *collected = context;

    collected->heads++;
    collected->status = att_response_status(response);
    return 0;
}

static void a_body_is_streamed_after_its_head(void **state)
{
    struct world *world = *state;
    struct collected collected = {0};
    att_response *response = NULL;

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/size/3000000"), .grant = "calendar",
                                             .write = collect, .write_context = &collected, .head = see_head),
                                 &response, &world->error),
                     ATT_OK);
    assert_int_equal(collected.size, 3000000);
    assert_int_equal(collected.status, 200);
    att_response_free(&response);
    collected = (struct collected){.stop_at = 1000};
    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/size/3000000"), .grant = "calendar",
                                             .write = collect, .write_context = &collected, .head = see_head),
                                 NULL, &world->error),
                     ATT_INVALID);
    assert_string_equal(world->error.field, "write");
    assert_non_null(strstr(world->error.message, "was cut off: the callback of the application returned non-zero"));
}

/* F7 */
static void an_answer_over_the_limit_is_refused(void **state)
{
    struct world *world = *state;

    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/size/5000"), .grant = "calendar",
                                             .max_response_bytes = 4999),
                                 NULL, &world->error),
                     ATT_NETWORK);
    assert_string_equal(world->error.field, "max_response_bytes");
    assert_non_null(strstr(world->error.message, "larger than the 4999 bytes allowed"));
    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/size/5000"), .grant = "calendar",
                                             .max_response_bytes = 5000),
                                 NULL, &world->error),
                     ATT_OK);
}

static int open_world_with_two_tokens(void **state)
{
    return open_world_on(state, NULL,
                         "{ \"grants\": { \"calendar\": { \"token\": \"token-number-one\", \"next\": \"invalidate\","
                         " \"sequence\": [ {}, { \"token\": \"token-number-two\" } ] } } }");
}

/* D11 */
static void a_credential_refused_with_401_is_fetched_anew_once(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(get(world, "/only-second", &response), ATT_OK);
    assert_string_equal(att_response_body(response, NULL), "welcome");
    assert_int_equal(att_response_retries(response), 1);
    assert_int_equal(upstream_count(&world->site), 2);
    att_response_free(&response);
    assert_int_equal(get(world, "/status/401", &response), ATT_UPSTREAM);
    assert_int_equal(upstream_count(&world->site), 4);
    att_response_free(&response);
    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.method = "POST", .url = site_url(&world->site, "/status/401"),
                                             .grant = "calendar", .json = "{}"),
                                 NULL, &world->error),
                     ATT_UPSTREAM);
    assert_int_equal(upstream_count(&world->site), 5);
}

static size_t one_token(void *context, char *buffer, size_t capacity)
{
    int *asked = context;

    assert_true(capacity > 4);
    memcpy(buffer, "user", 4);
    return ++*asked == 1 ? 4 : 0;
}

/* A descriptor, say, gives it but once. */
static void d11_the_user_token_is_taken_once_and_serves_the_second_attempt_too(void **state)
{
    struct world *world = *state;
    int asked = 0;

    att_client_close(&world->client);
    assert_int_equal(att_client_open(world->engine,
                                     ATT_CLIENT(.caller = "x", .user_token = one_token, .user_token_context = &asked),
                                     &world->client, NULL),
                     ATT_OK);
    assert_int_equal(get(world, "/only-second", NULL), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 2);
    assert_int_equal(asked, 1);
}

/* A POST is not sent again, and the credential that its upstream refused is given up all the same. */
static void a_401_to_a_post_makes_the_credential_stale(void **state)
{
    struct world *world = *state;
    att_request_options options = {.size = sizeof options, .method = "POST", .grant = "calendar", .json = "{}"};

    options.url = site_url(&world->site, "/only-second");
    assert_int_equal(att_request(world->client, &options, NULL, &world->error), ATT_UPSTREAM);
    assert_int_equal(upstream_count(&world->site), 1);
    assert_int_equal(att_request(world->client, &options, NULL, &world->error), ATT_OK);
}

/* C1 */
static void a_compressed_answer_is_refused_since_it_cannot_be_searched(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/packed", NULL), ATT_DENIED);
    assert_non_null(strstr(world->error.message,
                           "its answer is compressed, so it cannot be searched for the credential; "
                           "ask for content-encoding identity"));
}

/* A1 */
static void redirects_are_not_followed_unless_the_site_says_so(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;
    char path[64];

    snprintf(path, sizeof path, "/redirect/%d/302", world->site.port);
    assert_int_equal(get(world, path, &response), ATT_OK);
    assert_int_equal(att_response_status(response), 302);
    assert_int_equal(upstream_count(&world->site), 1);
    att_response_free(&response);
}

static void a_program_with_an_older_header_is_served(void **state)
{
    struct world *world = *state;
    att_request_options options = {.url = site_url(&world->site, "/"), .grant = "calendar"};

    options.size = offsetof(att_request_options, provider);
    memset(&options.provider, 0x5a, sizeof options - options.size);
    assert_int_equal(att_request(world->client, &options, NULL, &world->error), ATT_OK);
}

static void a_reload_takes_effect_or_leaves_all_as_it_was(void **state)
{
    struct world *world = *state;

    site_write(&world->site, world->site.script,
               "{ \"grants\": { \"calendar\": { \"token\": \"token-number-two\" } } }");
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
    assert_int_equal(get(world, "/", NULL), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "authorization"), "Bearer token-number-two");
    site_write(&world->site, world->site.conf, "schema = 1;\nnonsense = 2;\n");
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_CONFIG);
    assert_string_equal(world->error.file, world->site.conf);
    assert_int_equal(world->error.line, 2);
    assert_int_equal(get(world, "/", NULL), ATT_OK);
    assert_int_equal(site_audit_lines(&world->site, "configuration_loaded", ""), 1);
    assert_int_equal(site_audit_lines(&world->site, "configuration_refused", ""), 1);
}

static void answers_are_recorded_without_the_credential_and_replayed_without_network(void **state)
{
    struct world *world = *state;
    char tape[300], conf[4096], *text, *settings;
    att_response *response = NULL;

    snprintf(tape, sizeof tape, "%s/tape.jsonl", world->site.folder);
    for (int replay = 0; replay < 2; replay++) {
        settings = strstr(plain_conf, "\"; };\n") + 1;
        snprintf(conf, sizeof conf, "%.*s; %s = \"%%FOLDER%%/tape.jsonl\"%s", (int)(settings - plain_conf), plain_conf,
                 replay ? "replay" : "record", settings);
        site_write(&world->site, world->site.conf, conf);
        assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
        assert_int_equal(get(world, "/echo", &response), ATT_OK);
        assert_non_null(strstr(att_response_body(response, NULL), "Bearer ****************"));
        assert_string_equal(att_response_header(response, "x-echo"), "Bearer ****************");
        assert_int_equal(upstream_count(&world->site), 1);
        att_response_free(&response);
    }
    assert_int_equal(get(world, "/other", &response), ATT_NETWORK);
    assert_non_null(strstr(world->error.message, "/other is recorded"));
    text = site_read(tape);
    assert_non_null(strstr(text, "\"method\":\"GET\",\"url\":\"http://127.0.0.1:"));
    assert_null(strstr(text, "token-number"));
    free(text);
    assert_int_equal(unlink(tape), 0);
}

static void hear_of_lost_records(void *context, int level, const char *line)
{
    int *told = context;

    *told += level == ATT_LOG_WARNING && strstr(line, "; until then its records are lost");
}

static void a_sink_that_the_site_can_do_without_may_fail_to_open(void **state)
{
    struct world *world = *state;
    att_engine *other = NULL;
    int told = 0;
    char conf[4096];
    const char *sink = strstr(plain_conf, "control = \"required\";\n            options = { path = \"%FOLDER%");

    assert_non_null(sink);
    snprintf(conf, sizeof conf, "%.*scontrol = \"optional\"; options = { path = \"%%FOLDER%%/none/a.jsonl\"; }; } );\n",
             (int)(sink - plain_conf), plain_conf);
    site_write(&world->site, world->site.conf, conf);
    assert_int_equal(
        att_engine_open_with(ATT_ENGINE(.config = world->site.conf, .log = hear_of_lost_records, .log_context = &told),
                             &other, &world->error),
        ATT_OK);
    att_engine_close(&other);
    assert_int_equal(told, 1);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
    assert_int_equal(get(world, "/", NULL), ATT_OK);
    snprintf(conf, sizeof conf, "%.*scontrol = \"required\"; options = { path = \"%%FOLDER%%/none/a.jsonl\"; }; } );\n",
             (int)(sink - plain_conf), plain_conf);
    site_write(&world->site, world->site.conf, conf);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_MODULE);
}

static void clients_need_a_caller(void **state)
{
    struct world *world = *state;
    static const struct {
        att_client_options options;
        const char *field, *message;
    } cases[] = {
        {{.caller = NULL}, "caller", "has no caller: policy and audit are per caller; set .caller"},
        {{.caller = ""}, "caller", "has no caller: policy and audit are per caller; set .caller"},
        {{.caller = "a\nb"}, "caller", "is not printable UTF-8 text; give a plain name"},
        {{.caller = "\xff"}, "caller", "is not printable UTF-8 text; give a plain name"},
        {{.caller = "x", .caller_type = 7}, "caller_type", "caller_type 7 is not known; use ATT_CALLER_SERVICE"},
        {{.caller = "x", .timeout_ms = -1}, "timeout_ms", "timeout_ms is negative; give milliseconds"},
    };
    char name[257];
    att_client *client = NULL;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        att_client_options options = cases[i].options;
        options.size = sizeof options;
        assert_int_equal(att_client_open(world->engine, &options, &client, &world->error), ATT_INVALID);
        assert_string_equal(world->error.field, cases[i].field);
        assert_non_null(strstr(world->error.message, cases[i].message));
        assert_null(client);
    }
    memset(name, 'c', 256);
    name[256] = '\0';
    assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = name), &client, &world->error), ATT_INVALID);
    assert_non_null(strstr(world->error.message, "longer than 255 bytes; give a shorter name"));
    assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = name + 1), &client, &world->error), ATT_OK);
    att_client_close(&client);
}

static void what_is_opened_needs_somewhere_to_go(void **state)
{
    struct world *world = *state;

    assert_int_equal(att_engine_open(world->site.conf, NULL, &world->error), ATT_INVALID);
    assert_string_equal(world->error.field, "engine");
    assert_non_null(strstr(world->error.message, "engine is NULL; give the address of an att_engine pointer"));
    assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = "x"), NULL, &world->error), ATT_INVALID);
    assert_string_equal(world->error.field, "client");
    assert_non_null(strstr(world->error.message, "client is NULL; give the address of an att_client pointer"));
}

static void a_request_has_at_most_100_headers(void **state)
{
    struct world *world = *state;
    att_pair headers[102] = {{0}};
    char names[101][8];

    for (int i = 0; i < 101; i++) {
        snprintf(names[i], sizeof names[i], "x-%d", i);
        headers[i] = (att_pair){names[i], "1"};
    }
    assert_int_equal(
        att_request(world->client,
                    ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "calendar", .headers = headers), NULL,
                    &world->error),
        ATT_INVALID);
    assert_string_equal(world->error.field, "headers");
    assert_non_null(strstr(world->error.message, "there are more than 100; send fewer"));
    headers[100] = (att_pair){0};
    assert_int_equal(
        att_request(world->client,
                    ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "calendar", .headers = headers), NULL,
                    &world->error),
        ATT_OK);
}

static size_t no_token(void *context, char *buffer, size_t capacity)
{
    (void)context;
    (void)buffer;
    (void)capacity;
    return 0;
}

static void a_client_whose_user_is_gone_is_told_to_sign_in_again(void **state)
{
    struct world *world = *state;

    att_client_close(&world->client);
    assert_int_equal(
        att_client_open(world->engine, ATT_CLIENT(.caller = "x", .user_token = no_token), &world->client, NULL),
        ATT_OK);
    assert_int_equal(get(world, "/", NULL), ATT_STATE);
    assert_non_null(strstr(world->error.message, "sign the user in again"));
    assert_int_equal(upstream_count(&world->site), 0);
}

static void an_engine_that_only_plans_sends_nothing(void **state)
{
    struct world *world = *state;
    att_protection protection = {.size = sizeof protection};

    att_client_close(&world->client);
    att_engine_close(&world->engine);
    assert_int_equal(att_engine_open_with(ATT_ENGINE(.config = world->site.conf, .plan_only = 1), &world->engine, NULL),
                     ATT_OK);
    assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = "x"), &world->client, NULL), ATT_OK);
    assert_int_equal(get(world, "/", NULL), ATT_STATE);
    assert_int_equal(att_engine_protection(world->engine, &protection), ATT_OK);
    assert_true(protection.dump_excluded);
}

static void note_step(void *context, const char *step, const char *outcome, const char *reason)
{
    char *text = context;
    size_t used = strlen(text);

    snprintf(text + used, 4096 - used, "%s|%s|%s\n", step, outcome, reason);
}

static void explain_tells_what_a_request_would_do_and_does_nothing(void **state)
{
    struct world *world = *state;
    char text[4096] = "";

    assert_int_equal(att_explain(world->client, ATT_REQUEST(.url = site_url(&world->site, "/x"), .grant = "calendar"),
                                 0, note_step, text, &world->error),
                     ATT_OK);
    assert_non_null(strstr(text, "request|ok|http://127.0.0.1"));
    assert_non_null(strstr(text, "stack|ok|stack all serves it"));
    assert_non_null(strstr(text, "rule all|"));
    assert_non_null(strstr(text, "decision|ok|"));
    assert_non_null(strstr(text, "step 1 of stack all|would ask|provider mock, required; ok: ok; none not_found"));
    text[0] = '\0';
    assert_int_equal(att_explain(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/admin/x"), .grant = "calendar"), 0,
                                 note_step, text, &world->error),
                     ATT_DENIED);
    assert_string_equal(world->error.rule, "no-admin");
    assert_non_null(strstr(text, "decision|deny|policy denies"));
    assert_int_equal(upstream_count(&world->site), 0);
    assert_int_equal(site_audit_lines(&world->site, "\"phase\"", ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_carries_the_credential_of_its_grant, open_world, close_world),
        cmocka_unit_test_setup_teardown(templates_queries_headers_and_json_arrive_as_given, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_credential_that_the_upstream_echoes_is_masked, open_world, close_world),
        cmocka_unit_test_setup_teardown(closed_engines_and_clients_say_so, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_forked_child_is_told_to_open_its_own_engine, open_world, close_world),
        cmocka_unit_test_setup_teardown(unsound_calls_are_refused_before_anything_happens, open_world, close_world),
        cmocka_unit_test_setup_teardown(context_limits_are_exact, open_world, close_world),
        cmocka_unit_test_setup_teardown(context_counts_characters_and_json_bytes, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_caller_may_not_set_the_header_of_the_credential, open_world_with_api_key,
                                        close_world),
        cmocka_unit_test_setup_teardown(a_key_goes_into_the_header_that_the_provider_names, open_world_with_api_key,
                                        close_world),
        cmocka_unit_test_setup_teardown(policy_denies_by_name_and_reason_and_records_it, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_url_outside_the_origins_is_denied, open_world, close_world),
        cmocka_unit_test_setup_teardown(answers_of_4xx_and_5xx_are_errors_that_give_the_response, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(a_body_is_streamed_after_its_head, open_world, close_world),
        cmocka_unit_test_setup_teardown(an_answer_over_the_limit_is_refused, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_credential_refused_with_401_is_fetched_anew_once, open_world_with_two_tokens,
                                        close_world),
        cmocka_unit_test_setup_teardown(d11_the_user_token_is_taken_once_and_serves_the_second_attempt_too,
                                        open_world_with_two_tokens, close_world),
        cmocka_unit_test_setup_teardown(a_401_to_a_post_makes_the_credential_stale, open_world_with_two_tokens,
                                        close_world),
        cmocka_unit_test_setup_teardown(a_compressed_answer_is_refused_since_it_cannot_be_searched, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(redirects_are_not_followed_unless_the_site_says_so, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_program_with_an_older_header_is_served, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_reload_takes_effect_or_leaves_all_as_it_was, open_world, close_world),
        cmocka_unit_test_setup_teardown(answers_are_recorded_without_the_credential_and_replayed_without_network,
                                        open_world, close_world),
        cmocka_unit_test_setup_teardown(a_sink_that_the_site_can_do_without_may_fail_to_open, open_world, close_world),
        cmocka_unit_test_setup_teardown(clients_need_a_caller, open_world, close_world),
        cmocka_unit_test_setup_teardown(what_is_opened_needs_somewhere_to_go, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_request_has_at_most_100_headers, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_client_whose_user_is_gone_is_told_to_sign_in_again, open_world, close_world),
        cmocka_unit_test_setup_teardown(an_engine_that_only_plans_sends_nothing, open_world, close_world),
        cmocka_unit_test_setup_teardown(explain_tells_what_a_request_would_do_and_does_nothing, open_world,
                                        close_world),
    };

    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
