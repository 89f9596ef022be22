/* tests/unit/test-config-inject.c: placements that sign the request: what they may say. */
#include "tests/unit/config.h"

/* The list that `inject = TEXT` is read as; its findings go to `text`. */
static size_t read_injects(struct att_pool *pool, const char *setting, struct att_config_inject **injects,
                           struct att_buffer *text)
{
    struct att_findings findings;
    struct att_reader reader = {.pool = pool, .findings = &findings};
    const struct att_value *root;
    size_t count = 0;

    att_findings_open(&findings, pool);
    root = att_config_parse(pool, "site.conf", att_pool_format(pool, "inject = %s;", setting), &findings);
    if (root)
        att_read_injects(&reader, root->items[0], "inject", injects, &count);
    render_findings(text, &findings);
    att_findings_close(&findings);
    return count;
}

#define HMAC "kind = \"hmac\"; header = \"X-Sig\"; "
#define WORDS                                                                                                         \
    "1: \"message\" in inject must be text around words in braces: {method} {scheme} {host} {path} {query} {target} " \
    "{body} {body_sha256} {timestamp} {nonce} {newline}\n"
#define KEY "1: \"key\" in inject must be the name of a part of the credential: 1 to 31 of a-z, 0-9 and _\n"
#define PLACE "1: inject must say one place for the signature: header = NAME or query = NAME\n"
#define TWICE "2: inject places the credential twice in one place: remove one of the two\n"

static const struct config_case cases[] = {
    {"{ kind = \"sigv4\"; }", ""},
    {"{ kind = \"sigv4\"; region = \"eu-central-1\"; service = \"s3\"; payload = \"unsigned\"; }", ""},
    {"{ " HMAC "message = \"{body}\"; }", ""},
    {"{ kind = \"hmac\"; query = \"sig\"; message = "
     "\"{method}{newline}{scheme}{host}{path}{query}{target}{body_sha256}\"; }",
     ""},
    {"{ " HMAC "message = \"{timestamp}{nonce}\"; timestamp = \"X-Time\"; nonce = \"X-Nonce\"; algorithm = \"sha512\"; "
     "encoding = \"base64\"; key = \"secret_key\"; format = \"{token}:{signature}\"; }",
     ""},
    {"{ " HMAC "message = \"{timestamp}\"; format = \"t={timestamp},v1={signature}\"; }", ""},
    {"( { kind = \"sigv4\"; }, { header = \"X-Key\"; } )", ""},

    {"{ kind = \"sigv4\"; payload = \"none\"; }", "1: \"payload\" in inject must be one of \"signed\", \"unsigned\"\n"},
    {"{ kind = \"sigv4\"; format = \"{token}\"; message = \"{body}\"; }",
     "1: \"format\" in inject has no use with kind = \"sigv4\": remove it\n"
     "1: \"message\" in inject has no use with kind = \"sigv4\": remove it\n"},
    {"{ kind = \"sigv4\"; header = \"X-Sig\"; }",
     "1: inject must say one place for the credential: header = NAME, query = NAME, cookie = NAME, form = NAME, json = "
     "NAME or kind = \"basic\"; for several places write a list of groups\n"},
    {"{ kind = \"hmac\"; message = \"{body}\"; }", PLACE},
    {"{ " HMAC "query = \"s\"; message = \"{body}\"; }", PLACE},
    {"{ kind = \"hmac\"; cookie = \"s\"; message = \"{body}\"; }",
     "1: \"cookie\" in inject has no use with kind = \"hmac\": remove it\n"},
    {"{ " HMAC "message = \"{body}\"; region = \"eu\"; payload = \"signed\"; }",
     "1: \"region\" in inject has no use with kind = \"hmac\": remove it\n"
     "1: \"payload\" in inject has no use with kind = \"hmac\": remove it\n"},
    {"{ kind = \"hmac\"; header = \"Host\"; message = \"{body}\"; }",
     "1: header \"Host\" in inject belongs to the connection and cannot carry a credential: name another\n"},
    {"{ kind = \"hmac\"; query = \"a\tb\"; message = \"{body}\"; }",
     "1: the name of the query parameter in inject must be made of letters, digits and hyphens\n"},
    {"{ " HMAC "}", "1: \"message\" is missing in inject: write what is signed, \"{method}{target}{body}\"\n"},
    {"{ " HMAC "message = \"constant\"; }", WORDS},
    {"{ " HMAC "message = \"{body\"; }", WORDS},
    {"{ " HMAC "message = \"body}\"; }", WORDS},
    {"{ " HMAC "message = \"{{body}}\"; }", WORDS},
    {"{ " HMAC "message = \"{body}{token}\"; }", WORDS},
    {"{ " HMAC "message = \"{}\"; }", WORDS},
    {"{ " HMAC "message = \"{body}\"; key = \"The Key\"; }", KEY},
    {"{ " HMAC "message = \"{body}\"; key = \"a2345678901234567890123456789012\"; }", KEY},
    {"{ " HMAC "message = \"{body}\"; format = \"{token}\"; }",
     "1: \"format\" in inject would send the key {token} itself: take it out, or sign with another part\n"},
    {"{ " HMAC "message = \"{body}\"; key = \"k\"; format = \"{token}\"; }",
     "1: \"format\" in inject must have {signature} in it\n"},
    {"{ " HMAC "message = \"{body}\"; format = \"plain\"; }",
     "1: \"format\" in inject must be text around a part of the credential in braces, such as \"Bearer {token}\"\n"},
    {"{ " HMAC "message = \"{timestamp}{body}\"; }",
     "1: \"message\" in inject has {timestamp}, which the upstream would not know: write timestamp = HEADER, or "
     "{timestamp} in \"format\"\n"},
    {"{ " HMAC "message = \"{nonce}{body}\"; timestamp = \"X-Time\"; }",
     "1: \"message\" in inject has {nonce}, which the upstream would not know: write nonce = HEADER, or {nonce} in "
     "\"format\"\n"},
    {"{ " HMAC "message = \"{body}\"; timestamp = \"X Time\"; }",
     "1: the name of the timestamp's header in inject must be made of letters, digits and hyphens\n"},
    {"{ " HMAC "message = \"{body}\"; nonce = \"Content-Length\"; }",
     "1: header \"Content-Length\" in inject belongs to the connection and cannot carry a credential: name another\n"},
    {"{ " HMAC "message = \"{body}\"; algorithm = \"md5\"; encoding = \"hexadecimal\"; }",
     "1: \"algorithm\" in inject must be one of \"sha256\", \"sha512\", \"sha1\"\n"
     "1: \"encoding\" in inject must be one of \"hex\", \"base64\"\n"},
    {"( { kind = \"sigv4\"; },\n { kind = \"sigv4\"; } )", TWICE},
    {"( { kind = \"sigv4\"; },\n { header = \"authorization\"; } )", TWICE},
    {"( { header = \"x-time\"; },\n { " HMAC "message = \"{body}\"; timestamp = \"X-Time\"; } )", TWICE},
    {"( { query = \"s\"; },\n { kind = \"hmac\"; query = \"s\"; message = \"{body}\"; } )", TWICE},
    {"( { kind = \"sigv4\"; },\n { " HMAC "message = \"{body}\"; } )",
     "2: inject signs the request twice: remove one of the two\n"},
};

static void signatures_say_what_is_signed_and_where_it_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_pool *pool = att_pool_create();
        struct att_config_inject *injects;
        struct att_buffer text;

        att_buffer_open(&text, 1 << 20);
        att_buffer_text(&text, "");
        read_injects(pool, cases[i].text, &injects, &text);
        if (strcmp(text.data, cases[i].findings) != 0)
            print_error("case %zu: %s\n", i, cases[i].text);
        assert_string_equal(text.data, cases[i].findings);
        att_buffer_close(&text);
        att_pool_destroy(pool);
    }
}

static void what_is_not_said_of_a_signature_has_its_default(void **state)
{
    struct att_pool *pool = att_pool_create();
    struct att_config_inject *injects;
    struct att_buffer text;

    (void)state;
    att_buffer_open(&text, 4096);
    assert_int_equal(read_injects(pool, "( { kind = \"sigv4\"; }, { query = \"q\"; } )", &injects, &text), 2);
    assert_int_equal(injects[0].kind, ATT_INJECT_SIGV4);
    assert_null(injects[0].name);
    assert_null(injects[0].sign.region);
    assert_null(injects[0].sign.service);
    assert_false(injects[0].sign.unsigned_payload);
    assert_int_equal(read_injects(pool,
                                  "{ kind = \"sigv4\"; region = \"eu\"; service = \"s3\"; payload = \"unsigned\"; }",
                                  &injects, &text),
                     1);
    assert_string_equal(injects[0].sign.region, "eu");
    assert_string_equal(injects[0].sign.service, "s3");
    assert_true(injects[0].sign.unsigned_payload);
    assert_int_equal(
        read_injects(pool, "{ kind = \"hmac\"; query = \"sig\"; message = \"{body}{newline}\"; }", &injects, &text), 1);
    assert_int_equal(injects[0].kind, ATT_INJECT_HMAC);
    assert_string_equal(injects[0].name, "sig");
    assert_string_equal(injects[0].format, "{signature}");
    assert_string_equal(injects[0].sign.message, "{body}{newline}");
    assert_string_equal(injects[0].sign.key, "token");
    assert_true(injects[0].sign.in_query);
    assert_int_equal(injects[0].sign.algorithm, ATT_SIGN_SHA256);
    assert_int_equal(injects[0].sign.encoding, ATT_SIGN_HEX);
    assert_int_equal(read_injects(pool,
                                  "{ " HMAC "message = \"{body}\"; algorithm = \"sha1\"; encoding = \"base64\"; "
                                  "timestamp = \"X-Time\"; nonce = \"X-Nonce\"; }",
                                  &injects, &text),
                     1);
    assert_false(injects[0].sign.in_query);
    assert_int_equal(injects[0].sign.algorithm, ATT_SIGN_SHA1);
    assert_int_equal(injects[0].sign.encoding, ATT_SIGN_BASE64);
    assert_string_equal(injects[0].sign.timestamp, "X-Time");
    assert_string_equal(injects[0].sign.nonce, "X-Nonce");
    assert_int_equal(text.size, 0);
    att_buffer_close(&text);
    att_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_say_what_is_signed_and_where_it_goes),
        cmocka_unit_test(what_is_not_said_of_a_signature_has_its_default),
    };

    return cmocka_run_group_tests_name("config-inject", tests, NULL, NULL);
}
