/* tests/unit/test-inject-body.c: a credential in the body of a request: form fields and JSON members. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/inject/inject.h"
#include "core/inject/json_spot.h"
#include "core/provider/instance.h"
#include "tests/unit/unit.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

struct bench {
    struct att_arena *arena;
    struct att_injection injection;
    struct att_credential credential;
    struct att_outgoing outgoing;
    att_error error;
};

static int open_bench(void **state)
{
    struct bench *bench = test_calloc(1, sizeof *bench);

    bench->arena = att_arena_create();
    bench->error = (att_error)ATT_ERROR_INIT;
    bench->outgoing = (struct att_outgoing){.grant = "g", .method = "POST"};
    att_injection_open(&bench->injection, bench->arena);
    att_credential_open(&bench->credential, bench->arena);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    struct att_arena_state left;

    att_injection_close(&bench->injection);
    att_credential_close(&bench->credential);
    att_arena_state(bench->arena, &left);
    assert_int_equal(left.in_use, 0);
    att_error_clear(&bench->error);
    att_arena_destroy(bench->arena);
    test_free(bench);
    return 0;
}

static void give(struct bench *bench, const char *part, const char *value)
{
    assert_true(att_credential_set_material(&bench->credential, part, value, strlen(value)));
}

static void send_body(struct bench *bench, const char *type, const char *body)
{
    bench->outgoing.content_type = type;
    bench->outgoing.body = body;
    bench->outgoing.body_size = body ? strlen(body) : 0;
}

static att_status place_as(struct bench *bench, enum att_inject_kind kind, const char *name, const char *format)
{
    const struct att_config_inject inject = {.kind = kind, .name = name, .format = format};

    return att_inject(&bench->injection, &bench->credential, &inject, 1, &bench->outgoing, &bench->error);
}

static att_status place(struct bench *bench, enum att_inject_kind kind, const char *name)
{
    return place_as(bench, kind, name, "{token}");
}

static void assert_body(const struct bench *bench, const char *text)
{
    assert_non_null(bench->injection.body);
    assert_string_equal(att_secret_bytes(bench->injection.body), text);
    assert_int_equal(att_secret_size(bench->injection.body), strlen(text));
}

static void assert_invalid(struct bench *bench, att_status got, const char *field, const char *message)
{
    assert_int_equal(got, ATT_INVALID);
    assert_string_equal(bench->error.message, message);
    assert_string_equal(bench->error.field, field);
}

static void start_anew(struct bench *bench)
{
    att_injection_close(&bench->injection);
    send_body(bench, NULL, NULL);
    bench->outgoing.headers = NULL;
    bench->outgoing.method = "POST";
}

/* ---- what both have in common ------------------------------------------------------------------------------------ */

static void a_body_is_made_for_methods_that_have_one(void **state)
{
    struct bench *bench = *state;
    static const char *const methods[] = {"POST", "PUT", "PATCH"};

    give(bench, "token", "abc");
    for (size_t i = 0; i < ATT_COUNT(methods); i++) {
        bench->outgoing.method = methods[i];
        assert_int_equal(place(bench, ATT_INJECT_FORM, "api_key"), ATT_OK);
        assert_body(bench, "api_key=abc");
        assert_string_equal(bench->injection.content_type, FORM);
        start_anew(bench);
        bench->outgoing.method = methods[i];
        assert_int_equal(place(bench, ATT_INJECT_JSON, "api_key"), ATT_OK);
        assert_body(bench, "{\"api_key\":\"abc\"}");
        assert_string_equal(bench->injection.content_type, JSON);
        start_anew(bench);
    }
    bench->outgoing.method = "DELETE";
    assert_invalid(bench, place(bench, ATT_INJECT_FORM, "api_key"), "body",
                   "the body is missing: the credential of grant \"g\" goes into it, and one is made for POST, PUT and "
                   "PATCH only; give the body");
    send_body(bench, JSON, "{}");
    assert_int_equal(place(bench, ATT_INJECT_JSON, "api_key"), ATT_OK);
    assert_body(bench, "{\"api_key\":\"abc\"}");
    assert_null(bench->injection.content_type);
}

static void a_method_without_a_body_is_refused(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "abc");
    bench->outgoing.method = "GET";
    assert_invalid(bench, place(bench, ATT_INJECT_FORM, "api_key"), "method",
                   "the method GET is refused: the credential of grant \"g\" goes into the body, and GET has none; use "
                   "POST, PUT or PATCH");
    send_body(bench, JSON, "{}"); /* and one with it */
    assert_invalid(bench, place(bench, ATT_INJECT_JSON, "api_key"), "method",
                   "the method GET is refused: the credential of grant \"g\" goes into the body, and GET has none; use "
                   "POST, PUT or PATCH");
    send_body(bench, NULL, NULL);
    bench->outgoing.method = "HEAD";
    assert_int_equal(place(bench, ATT_INJECT_JSON, "api_key"), ATT_INVALID);
    assert_null(bench->injection.body);
}

static void a_body_has_the_type_of_its_placement(void **state)
{
    struct bench *bench = *state;
    static const struct {
        enum att_inject_kind kind;
        const char *type, *body;
        bool sound;
    } cases[] = {
        {ATT_INJECT_FORM, FORM, "a=1", true},
        {ATT_INJECT_FORM, "Application/X-WWW-Form-Urlencoded ; charset=utf-8", "a=1", true},
        {ATT_INJECT_FORM, FORM "s", "a=1", false},
        {ATT_INJECT_FORM, "multipart/form-data; boundary=x", "a=1", false},
        {ATT_INJECT_FORM, JSON, "{}", false},
        {ATT_INJECT_FORM, JSON, NULL, false},
        {ATT_INJECT_FORM, "", "a=1", false},
        {ATT_INJECT_JSON, JSON, "{}", true},
        {ATT_INJECT_JSON, "APPLICATION/JSON;charset=utf-8", "{}", true},
        {ATT_INJECT_JSON, "application/vnd.api+json", "{}", true},
        {ATT_INJECT_JSON, "application/merge-patch+JSON; x=y", "{}", true},
        {ATT_INJECT_JSON, "+json", "{}", false},
        {ATT_INJECT_JSON, "text/plain", "{}", false},
        {ATT_INJECT_JSON, "application/jsonl", "{}", false},
        {ATT_INJECT_JSON, FORM, "a=1", false},
    };

    give(bench, "token", "abc");
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        const att_pair headers[] = {{"Content-TYPE", cases[i].type}, {NULL, NULL}};
        char text[256];
        start_anew(bench);
        send_body(bench, cases[i].type, cases[i].body);
        snprintf(text, sizeof text,
                 "the body is refused: the credential of grant \"g\" goes into it, and its content type is %s; send %s",
                 cases[i].type, cases[i].kind == ATT_INJECT_FORM ? FORM : JSON);
        for (int in_headers = 0; in_headers < 2; in_headers++) {
            att_status status = place(bench, cases[i].kind, "api_key");
            if (cases[i].sound)
                assert_int_equal(status, ATT_OK);
            else
                assert_invalid(bench, status, "body", text);
            assert_true(cases[i].sound == (bench->injection.body != NULL));
            assert_null(bench->injection.content_type);
            att_injection_close(&bench->injection);
            bench->outgoing.content_type = NULL;
            bench->outgoing.headers = headers;
        }
    }
}

static void a_body_whose_type_is_not_known_is_refused(void **state)
{
    struct bench *bench = *state;
    const att_pair two[] = {{"content-type", FORM}, {"x", "y"}, {"content-type", JSON}, {NULL, NULL}};
    const att_pair packed[] = {{"content-type", FORM}, {"Content-Encoding", "gzip"}, {NULL, NULL}};

    give(bench, "token", "abc");
    send_body(bench, NULL, "a=1");
    assert_invalid(
        bench, place(bench, ATT_INJECT_FORM, "api_key"), "body",
        "the body is refused: the credential of grant \"g\" goes into it, and its content type is not given; "
        "send " FORM);
    bench->outgoing.headers = two;
    assert_invalid(
        bench, place(bench, ATT_INJECT_FORM, "api_key"), "body",
        "the body is refused: it has two content types, and the credential of grant \"g\" goes into it; give "
        "one");
    bench->outgoing.headers = packed;
    assert_invalid(bench, place(bench, ATT_INJECT_FORM, "api_key"), "body",
                   "the body is refused: it has a content-encoding, and the credential of grant \"g\" goes into it; "
                   "send it as it is");
    assert_null(bench->injection.body);
}

static void a_body_that_a_redirect_took_off_gets_no_credential(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "abc");
    bench->outgoing.method = "GET";
    bench->outgoing.body_dropped = true;
    assert_int_equal(place(bench, ATT_INJECT_FORM, "api_key"), ATT_OK);
    assert_int_equal(place(bench, ATT_INJECT_JSON, "api_key"), ATT_OK);
    assert_null(bench->injection.body);
}

/* B9; secret memory holds no more. */
static void a_body_and_its_credential_have_a_limit(void **state)
{
    struct bench *bench = *state;
    size_t limit = ATT_SECRET_LIMIT, room = limit - strlen("&k=abc");
    char *body = test_malloc(limit + 2);

    give(bench, "token", "abc");
    memset(body, 'b', limit + 1);
    body[limit + 1] = '\0';
    bench->outgoing.content_type = FORM;
    bench->outgoing.body = body;
    for (size_t size = room + 1; size <= limit + 1; size += 6) {
        bench->outgoing.body_size = size;
        assert_invalid(bench, place(bench, ATT_INJECT_FORM, "k"), "body",
                       "the body is refused: with the credential of grant \"g\" it is larger than 1 MiB, which is what "
                       "secret memory holds; send less, or place the credential in a header");
    }
    bench->outgoing.body_size = room;
    assert_int_equal(place(bench, ATT_INJECT_FORM, "k"), ATT_OK);
    assert_int_equal(att_secret_size(bench->injection.body), limit);
    assert_string_equal(att_secret_bytes(bench->injection.body) + room, "&k=abc");

    start_anew(bench);
    body[0] = '{';
    memset(body + 1, ' ', limit);
    body[limit - 20] = '}';
    bench->outgoing.content_type = JSON;
    bench->outgoing.body = body;
    bench->outgoing.body_size = limit - 19;
    assert_int_equal(place(bench, ATT_INJECT_JSON, "k"), ATT_OK);
    assert_int_equal(att_secret_size(bench->injection.body), limit - 19 + strlen("\"k\":\"abc\""));
    att_injection_close(&bench->injection);
    give(bench, "token", "0123456789012345");
    assert_int_equal(place(bench, ATT_INJECT_JSON, "k"), ATT_INVALID);
    test_free(body);
}

static void what_a_body_cannot_hold_is_refused(void **state)
{
    struct bench *bench = *state;
    char *large = test_calloc(1, 48 * 1024 + 1);

    give(bench, "token", "\xff\xfe");
    assert_int_equal(place(bench, ATT_INJECT_JSON, "k"), ATT_MODULE);
    assert_string_equal(
        bench->error.message,
        "the credential of grant \"g\" has characters that a JSON text cannot hold; place it elsewhere, "
        "or check what the provider gives");
    assert_int_equal(place_as(bench, ATT_INJECT_FORM, "k", "{other}"), ATT_MODULE);
    assert_string_equal(bench->error.message,
                        "the credential of grant \"g\" has no part \"other\", which its placement "
                        "names; correct the inject setting, or the provider");
    assert_int_equal(place_as(bench, ATT_INJECT_JSON, "k", "{other}"), ATT_MODULE);
    memset(large, 'x', 48 * 1024);
    give(bench, "token", large);
    assert_int_equal(place(bench, ATT_INJECT_FORM, "k"), ATT_MODULE);
    assert_string_equal(bench->error.message, "the credential of grant \"g\" is too large to be placed: at most 48 KiB "
                                              "fit; check what the provider gives");
    assert_int_equal(place(bench, ATT_INJECT_JSON, "k"), ATT_MODULE);
    assert_null(bench->injection.body);
    test_free(large);
}

static void several_credentials_share_a_body(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "abc");
    send_body(bench, FORM, "x=1");
    assert_int_equal(place(bench, ATT_INJECT_FORM, "key"), ATT_OK);
    assert_int_equal(place_as(bench, ATT_INJECT_FORM, "again", "v{token}"), ATT_OK);
    assert_body(bench, "x=1&key=abc&again=vabc");
    assert_int_equal(place(bench, ATT_INJECT_FORM, "KEY"), ATT_CONFIG);
    assert_string_equal(bench->error.message,
                        "grant \"g\" has two credentials for the form field KEY; give each its own with inject");
    start_anew(bench);
    assert_int_equal(place(bench, ATT_INJECT_JSON, "auth.key"), ATT_OK);
    assert_int_equal(place(bench, ATT_INJECT_JSON, "auth.id"), ATT_OK);
    assert_int_equal(place(bench, ATT_INJECT_JSON, "top"), ATT_OK);
    assert_body(bench, "{\"auth\":{\"key\":\"abc\",\"id\":\"abc\"},\"top\":\"abc\"}");
    assert_string_equal(bench->injection.content_type, JSON);
    assert_int_equal(place(bench, ATT_INJECT_JSON, "auth"), ATT_CONFIG);
    assert_int_equal(place(bench, ATT_INJECT_JSON, "top.key"), ATT_CONFIG);
    assert_string_equal(bench->error.message,
                        "grant \"g\" has two credentials for the JSON member top.key; give each its own with inject");
    assert_int_equal(place(bench, ATT_INJECT_FORM, "field"), ATT_CONFIG);
    assert_string_equal(bench->error.message,
                        "grant \"g\" has credentials for a form and for JSON, and a body is one of "
                        "both; change its inject settings");
    assert_string_equal(bench->error.grant, "g");
}

/* ---- forms ------------------------------------------------------------------------------------------------------- */

static void form_fields_are_percent_encoded_and_come_last(void **state)
{
    struct bench *bench = *state;

    give(bench, "token", "a+b&c=d%20 \xc3\xa9/?#~*;");
    send_body(bench, FORM, "x=1&y=%zz");
    assert_int_equal(place_as(bench, ATT_INJECT_FORM, "api key\xc3\xa9", "v {token}"), ATT_OK);
    assert_body(bench, "x=1&y=%zz&api%20key%C3%A9=v%20a%2Bb%26c%3Dd%2520%20%C3%A9%2F%3F%23~%2A%3B");
}

static void a_field_that_is_there_is_refused_however_it_is_spelled(void **state)
{
    struct bench *bench = *state;
    static const char *const there[] = {
        "api_key=1", "api_key",       "x=1&api_key=",    "x&API_KEY=2", "x=1&%61pi_key=1&y=2", "api%5fkey=1",
        "api%5Fkey", "x=1;api_key=2", "%41%50%49_key=1", "&&api_key",   "x=%zz&api_key=1",
    };
    static const char *const not_there[] = {
        "",       "api_keys=1", "my_api_key=1", "x=api_key", "api%255fkey=1",
        "api_ke", "api key=1",  "api+key=1",    "api%5=1",   "api_key%00=1",
    };

    give(bench, "token", "abc");
    for (size_t i = 0; i < ATT_COUNT(there); i++) {
        send_body(bench, FORM, there[i]);
        assert_invalid(bench, place(bench, ATT_INJECT_FORM, "api_key"), "body",
                       "the form field api_key is refused: the credential of grant \"g\" goes there; leave it out");
        assert_null(bench->injection.body);
    }
    for (size_t i = 0; i < ATT_COUNT(not_there); i++) {
        char text[64];
        send_body(bench, FORM, not_there[i]);
        assert_int_equal(place(bench, ATT_INJECT_FORM, "api_key"), ATT_OK);
        snprintf(text, sizeof text, "%s%sapi_key=abc", not_there[i], *not_there[i] ? "&" : "");
        assert_body(bench, text);
        att_injection_close(&bench->injection);
    }
    send_body(bench, FORM, "x=1&api+key=2");
    assert_int_equal(place(bench, ATT_INJECT_FORM, "api key"), ATT_INVALID);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void json_members_come_last_in_their_object(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *name, *body, *result;
    } cases[] = {
        {"k", "{}", "{\"k\":\"v\"}"},
        {"k", " {\n} ", " {\n\"k\":\"v\"} "},
        {"k", "{\"a\":1}", "{\"a\":1,\"k\":\"v\"}"},
        {"k", "{\"a\" : [1, {\"k\":2}, \"}\"] }\n", "{\"a\" : [1, {\"k\":2}, \"}\"] ,\"k\":\"v\"}\n"},
        {"k", "{\"a\":{\"k\":1}}", "{\"a\":{\"k\":1},\"k\":\"v\"}"},
        {"k", "{\"kk\":\"\\\"k\\\":1\"}", "{\"kk\":\"\\\"k\\\":1\",\"k\":\"v\"}"},
        {"a.k", "{}", "{\"a\":{\"k\":\"v\"}}"},
        {"a.k", "{\"a\":{}}", "{\"a\":{\"k\":\"v\"}}"},
        {"a.k", "{\"\\u0061\":{\"b\":1},\"c\":2}", "{\"\\u0061\":{\"b\":1,\"k\":\"v\"},\"c\":2}"},
        {"a.b.k", "{\"a\":{\"x\":{}},\"b\":{}}", "{\"a\":{\"x\":{},\"b\":{\"k\":\"v\"}},\"b\":{}}"},
        {"a.b.k", "{\"x\":1}", "{\"x\":1,\"a\":{\"b\":{\"k\":\"v\"}}}"},
        {"k", "{\"\\ud83d\\ude00\":1,\"\\ud83d\":2}", "{\"\\ud83d\\ude00\":1,\"\\ud83d\":2,\"k\":\"v\"}"},
        {"na\"me\\\xc3\xa9", "{}", "{\"na\\\"me\\\\\xc3\xa9\":\"v\"}"},
    };

    give(bench, "token", "v");
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        json_t *parsed;
        send_body(bench, JSON, cases[i].body);
        assert_int_equal(place(bench, ATT_INJECT_JSON, cases[i].name), ATT_OK);
        assert_body(bench, cases[i].result);
        parsed = json_loads(cases[i].result, JSON_REJECT_DUPLICATES, NULL);
        assert_true(parsed || strstr(cases[i].body, "\\ud83d\":2"));
        json_decref(parsed);
        att_injection_close(&bench->injection);
    }
}

static void a_value_is_escaped_as_json(void **state)
{
    struct bench *bench = *state;
    static const char value[] = "q\"b\\s/t\tu\x01\x7f\xc3\xa9\xf0\x9f\x98\x80<&>";
    char full[64];
    json_t *parsed;

    give(bench, "token", value);
    send_body(bench, JSON, "{\"n\":1}");
    assert_int_equal(place_as(bench, ATT_INJECT_JSON, "key", "Key \"{token}\""), ATT_OK);
    parsed = json_loads(att_secret_bytes(bench->injection.body), 0, NULL);
    snprintf(full, sizeof full, "Key \"%s\"", value);
    assert_string_equal(json_string_value(json_object_get(parsed, "key")), full);
    assert_int_equal(json_integer_value(json_object_get(parsed, "n")), 1);
    json_decref(parsed);
}

static void a_member_that_is_there_is_refused_however_it_is_spelled(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *name, *body;
    } cases[] = {
        {"api_key", "{\"api_key\":1}"},
        {"api_key", "{\"a\":1,\"api_key\":null}"},
        {"api_key", "{\"\\u0061pi_key\":1}"},
        {"api_key", "{\"\\u0041pi\\u005fkey\":{}}"},
        {"api_key", "{\"API_Key\":\"x\",\"b\":[]}"},
        {"a/b", "{\"a\\/b\":1}"},
        {"\xc3\xa9", "{\"\\u00E9\":1}"},
        {"\xf0\x9f\x98\x80", "{\"\\ud83d\\uDE00\":1}"},
        {"\xe2\x82\xac", "{\"\\u20ac\":1}"},
        {"auth.key", "{\"auth\":{\"key\":1}}"},
        {"auth.key", "{\"auth\":{\"a\":1},\"b\":1,\"auth\":{}}"},
        {"auth.key", "{\"Auth\":{}}"},
        {"auth.key", "{\"auth\":{},\"AUTH\":1}"},
    };

    give(bench, "token", "v");
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        char text[256];
        send_body(bench, JSON, cases[i].body);
        snprintf(text, sizeof text,
                 "the JSON member %s is refused: the credential of grant \"g\" goes there; leave it out",
                 cases[i].name);
        assert_invalid(bench, place(bench, ATT_INJECT_JSON, cases[i].name), "body", text);
        assert_null(bench->injection.body);
    }
}

static void a_body_without_an_object_there_is_refused(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *name, *body;
    } cases[] = {
        {"k", "[]"},   {"k", "1"},      {"k", "\"k\""},        {"k", "null"},
        {"k", "true"}, {"a.k", "[{}]"}, {"a.k", "{\"a\":[]}"}, {"a.b.k", "{\"a\":{\"b\":1}}"},
    };

    give(bench, "token", "v");
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        char text[256];
        send_body(bench, JSON, cases[i].body);
        snprintf(text, sizeof text,
                 "the body is refused: the credential of grant \"g\" goes into its member %s, and there is no object "
                 "for that; send an object",
                 cases[i].name);
        assert_invalid(bench, place(bench, ATT_INJECT_JSON, cases[i].name), "body", text);
    }
}

static void a_text_that_is_no_json_is_refused(void **state)
{
    struct bench *bench = *state;
    static const char *const broken[] = {
        " ",
        "{",
        "}",
        "{}}",
        "{} {}",
        "{} x",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":NaN}",
        "{\"a\":tru}",
        "{\"a\":nul",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "{\"a\\\":1}",
        "\xef\xbb\xbf{}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{/**/}",
        "{\"a\":1}//",
        "{\"a\":[{]}}",
        "{\"a\":\"b\nc\"}",
        "{\v}",
    };

    give(bench, "token", "v");
    for (size_t i = 0; i < ATT_COUNT(broken); i++) {
        send_body(bench, JSON, broken[i]);
        assert_invalid(bench, place(bench, ATT_INJECT_JSON, "k"), "body",
                       "the body is refused: it is no valid JSON, and the credential of grant \"g\" goes into it; "
                       "correct it");
    }
    bench->outgoing.body = "{\"a\":\0001}";
    bench->outgoing.body_size = 8;
    assert_int_equal(place(bench, ATT_INJECT_JSON, "k"), ATT_INVALID);
    bench->outgoing.body = "{\"a\":\"\\\0\"}";
    bench->outgoing.body_size = 10;
    assert_int_equal(place(bench, ATT_INJECT_JSON, "k"), ATT_INVALID);
}

static void a_text_may_be_nested_to_a_depth(void **state)
{
    struct bench *bench = *state;
    char body[4 * ATT_JSON_DEPTH];

    give(bench, "token", "v");
    for (size_t depth = ATT_JSON_DEPTH; depth <= ATT_JSON_DEPTH + 1; depth++) {
        size_t lists = depth - 1;
        memcpy(body, "{\"a\":", 5);
        memset(body + 5, '[', lists);
        memset(body + 5 + lists, ']', lists);
        memcpy(body + 5 + 2 * lists, "}", 2);
        send_body(bench, JSON, body);
        if (depth == ATT_JSON_DEPTH)
            assert_int_equal(place(bench, ATT_INJECT_JSON, "k"), ATT_OK);
        else
            assert_invalid(bench, place(bench, ATT_INJECT_JSON, "k"), "body",
                           "the body is refused: its JSON is nested deeper than 64 levels, and the credential of grant "
                           "\"g\" goes into it; make it flatter");
        att_injection_close(&bench->injection);
    }
}

/* Whatever the reader takes for JSON, another reader takes for it too: cut short and with a byte changed. */
static void no_text_is_taken_that_another_reader_refuses(void **state)
{
    static const char text[] = "{\"a\":[1,-2.5e+3,{\"b\":null}],\"\\u0063\":\"\\\"\\n\xc3\xa9\",\"d\":true , \"e\":{}}";
    static const char bytes[] = "{}[]\",:\\u0 1-.e\n\x01\xc3tn";
    size_t taken = 0, refused = 0;
    struct att_json_spot spot;

    (void)state;
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (size_t i = 0; i < sizeof bytes; i++) {
            char copy[sizeof text];
            json_t *parsed;
            size_t size = i == sizeof bytes - 1 ? at : sizeof text - 1;
            memcpy(copy, text, sizeof text);
            copy[at] = bytes[i];
            if (att_json_spot_find(copy, size, "k", &spot) != ATT_JSON_SPOT) {
                refused++;
                continue;
            }
            taken++;
            parsed = json_loadb(copy, size, JSON_ALLOW_NUL, NULL);
            if (!parsed)
                print_error("%.*s\n", (int)size, copy);
            assert_non_null(parsed);
            json_decref(parsed);
        }
    assert_true(taken > 50 && refused > 500);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        TEST(a_body_is_made_for_methods_that_have_one),
        TEST(a_method_without_a_body_is_refused),
        TEST(a_body_has_the_type_of_its_placement),
        TEST(a_body_whose_type_is_not_known_is_refused),
        TEST(a_body_that_a_redirect_took_off_gets_no_credential),
        TEST(a_body_and_its_credential_have_a_limit),
        TEST(what_a_body_cannot_hold_is_refused),
        TEST(several_credentials_share_a_body),
        TEST(form_fields_are_percent_encoded_and_come_last),
        TEST(a_field_that_is_there_is_refused_however_it_is_spelled),
        TEST(json_members_come_last_in_their_object),
        TEST(a_value_is_escaped_as_json),
        TEST(a_member_that_is_there_is_refused_however_it_is_spelled),
        TEST(a_body_without_an_object_there_is_refused),
        TEST(a_text_that_is_no_json_is_refused),
        TEST(a_text_may_be_nested_to_a_depth),
        TEST(no_text_is_taken_that_another_reader_refuses),
    };

    return cmocka_run_group_tests_name("inject-body", tests, NULL, NULL);
}
