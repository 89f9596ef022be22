/* tests/unit/test-sign.c: the signer as the library uses it: what it refuses and why, its day key, the hosts of AWS.
 * That its signatures are right is compared with other signers in tests/integration/test_sign.py. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sign/scope.h"
#include "core/sign/sign.h"
#include "tests/api/canary.h"
#include "tests/api/failing.h"
#include "tests/unit/unit.h"

#define NOON INT64_C(1440938160) /* 2015-08-30T12:36:00Z */
#define VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

struct bench {
    struct att_arena *arena;
    struct att_signer *signer;
    struct att_secret *access_key, *secret_key, *token;
    struct att_signature signature;
    struct att_sign_request request;
    struct att_sign_aws aws;
    att_error error;
};

static const char *built_object(const char *name)
{
    static char path[4096];
    const char *build = secure_getenv("ATT_BUILD");

    snprintf(path, sizeof path, "%s/%s.so", build ? build : ".", name);
    return path;
}

static struct att_secret *text_secret(struct bench *bench, const char *text)
{
    struct att_secret *secret = att_secret_from(bench->arena, text, strlen(text));

    assert_non_null(secret);
    return secret;
}

static int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    bench->arena = att_arena_create();
    bench->error = (att_error)ATT_ERROR_INIT;
    bench->signer = att_signer_open(built_object(".libs/openssl"), &bench->error);
    if (!bench->signer)
        fail_msg("%s", bench->error.message);
    bench->access_key = text_secret(bench, "AKIDEXAMPLE");
    bench->secret_key = text_secret(bench, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    bench->request = (struct att_sign_request){
        .method = "GET", .scheme = "https", .host = "example.amazonaws.com", .path = "/", .time = NOON};
    bench->aws = (struct att_sign_aws){
        .region = "us-east-1", .service = "service", .access_key = bench->access_key, .secret_key = bench->secret_key};
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    struct att_arena_state left;

    att_signature_close(&bench->signature);
    att_secret_destroy(bench->access_key);
    att_secret_destroy(bench->secret_key);
    att_secret_destroy(bench->token);
    att_arena_state(bench->arena, &left);
    assert_int_equal(left.in_use, 0);
    bench->signer->close(bench->signer);
    att_error_clear(&bench->error);
    att_arena_destroy(bench->arena);
    free(bench);
    return 0;
}

static att_status sign(struct bench *bench)
{
    att_signature_close(&bench->signature);
    return bench->signer->aws(bench->signer, bench->arena, &bench->request, &bench->aws, &bench->signature,
                              &bench->error);
}

static void assert_signature(struct bench *bench, const char *signature)
{
    const char *found;

    if (sign(bench) != ATT_OK)
        fail_msg("%s", bench->error.message);
    found = strstr(att_secret_bytes(bench->signature.lines[0]), "Signature=");
    assert_non_null(found);
    assert_string_equal(found + strlen("Signature="), signature);
}

static void assert_refused(struct bench *bench, att_status got, att_status status, const char *message)
{
    assert_int_equal(got, status);
    assert_int_equal(bench->error.status, status);
    assert_string_equal(bench->error.message, message);
    assert_int_equal(bench->signature.count, 0);
}

/* ---- signatures -------------------------------------------------------------------------------------------------- */

static void a_signature_is_two_lines_and_those_that_are_asked_for(void **state)
{
    struct bench *bench = *state;

    assert_signature(bench, VANILLA);
    assert_int_equal(bench->signature.count, 2);
    assert_string_equal(att_secret_bytes(bench->signature.lines[0]),
                        "authorization: AWS4-HMAC-SHA256 "
                        "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                        "SignedHeaders=host;x-amz-date, Signature=" VANILLA);
    assert_string_equal(att_secret_bytes(bench->signature.lines[1]), "x-amz-date: 20150830T123600Z");

    bench->token = text_secret(bench, "a/token==");
    bench->aws.session_token = bench->token;
    bench->aws.payload = ATT_SIGN_UNSIGNED;
    assert_int_equal(sign(bench), ATT_OK);
    assert_int_equal(bench->signature.count, 4);
    assert_string_equal(att_secret_bytes(bench->signature.lines[2]), "x-amz-content-sha256: UNSIGNED-PAYLOAD");
    assert_string_equal(att_secret_bytes(bench->signature.lines[3]), "x-amz-security-token: a/token==");
    assert_non_null(strstr(att_secret_bytes(bench->signature.lines[0]),
                           "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
}

static void SigV4_headers_that_hops_change_are_not_signed(void **state)
{
    static const char *const headers[] = {
        "User-Agent: x", "Proxy-Thing: x", "X-Forwarded-For: x",   "Connection: x",        "X-Amzn-Trace-Id: x",
        "Via: x",        "te: trailers",   "Transfer-Encoding: x", "Expect: 100-continue", "authorization: x"};
    struct bench *bench = *state;

    bench->request.headers = headers;
    bench->request.header_count = ATT_COUNT(headers);
    assert_signature(bench, VANILLA);
}

static void many_headers_and_parameters_are_signed_in_order(void **state)
{
    enum { MANY = 200 };
    struct bench *bench = *state;
    char query[MANY * 8] = "", names[MANY * 8], texts[MANY][24];
    const char *headers[MANY];
    size_t at = 0, end = 0;

    for (int i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "X-h%03d: v", MANY - 1 - i);
        headers[i] = texts[i];
        at += (size_t)snprintf(query + at, sizeof query - at, "%sp%03d", i ? "&" : "", MANY - 1 - i);
        end += (size_t)snprintf(names + end, sizeof names - end, "%sx-h%03d", i ? ";" : "", i);
    }
    bench->request.query = query;
    bench->request.headers = headers;
    bench->request.header_count = MANY;
    assert_int_equal(sign(bench), ATT_OK);
    assert_non_null(strstr(att_secret_bytes(bench->signature.lines[0]), names));
}

static void keys_that_no_header_can_hold_are_refused(void **state)
{
    static const char *const bad[] = {"", "AKID EXAMPLE", "AKID\r\nx: y", "a/b", "a,b"};
    struct bench *bench = *state;

    for (size_t i = 0; i < ATT_COUNT(bad); i++) {
        struct att_secret *access_key = text_secret(bench, bad[i]);
        bench->aws.access_key = access_key;
        assert_refused(bench, sign(bench), ATT_MODULE,
                       "the access key id is no name of a key: it is empty, or has characters that none has; check "
                       "what the provider gives");
        att_secret_destroy(access_key);
    }
    bench->aws.access_key = bench->access_key;
    bench->token = text_secret(bench, "to\nken");
    bench->aws.session_token = bench->token;
    assert_refused(bench, sign(bench), ATT_MODULE,
                   "the session token has characters that a header cannot hold; check what the provider gives");
}

static void what_is_too_large_to_be_signed_is_refused(void **state)
{
    struct bench *bench = *state;
    char *query = malloc(200001);
    char service[80];

    memset(query, '&', 200000);
    query[200000] = '\0';
    bench->request.query = query;
    assert_refused(bench, sign(bench), ATT_INVALID,
                   "the request cannot be signed: its URL and headers take more than 1 MiB; shorten them");
    free(query);
    bench->request.query = NULL;
    memset(service, 's', sizeof service - 1);
    service[sizeof service - 1] = '\0';
    bench->aws.service = service;
    assert_refused(bench, sign(bench), ATT_CONFIG,
                   "the request cannot be signed: region and service have at most 64 characters each; correct them "
                   "in inject, or at the provider");
}

/* ---- the key of a day -------------------------------------------------------------------------------------------- */

static void a_kept_key_signs_as_one_that_is_derived_each_time(void **state)
{
    struct bench *bench = *state;
    unsigned char key[ATT_DAY_KEY_BYTES];

    bench->aws.day_key = att_day_key_create(bench->arena);
    assert_false(att_day_key_get(bench->aws.day_key, "20150830/us-east-1/service", bench->secret_key, key));
    for (int i = 0; i < 3; i++)
        assert_signature(bench, VANILLA);
    assert_true(att_day_key_get(bench->aws.day_key, "20150830/us-east-1/service", bench->secret_key, key));
    /* The key that is kept is the one that is used. */
    memset(key, 7, sizeof key);
    att_day_key_put(bench->aws.day_key, "20150830/us-east-1/service", bench->secret_key, key);
    assert_int_equal(sign(bench), ATT_OK);
    assert_null(strstr(att_secret_bytes(bench->signature.lines[0]), VANILLA));
    bench->request.time += 86400; /* and another day, region or service has its own */
    assert_int_equal(sign(bench), ATT_OK);
    bench->request.time -= 86400;
    assert_signature(bench, VANILLA);
    att_day_key_destroy(bench->aws.day_key);
}

static void A8_a_key_is_never_used_for_another_credential(void **state)
{
    struct bench *bench = *state;
    struct att_secret *other = text_secret(bench, "another secret"), *first = bench->secret_key;
    char with_holder[300];

    bench->aws.day_key = att_day_key_create(bench->arena);
    assert_signature(bench, VANILLA);
    bench->aws.secret_key = other;
    assert_int_equal(sign(bench), ATT_OK);
    snprintf(with_holder, sizeof with_holder, "%s", att_secret_bytes(bench->signature.lines[0]));
    assert_null(strstr(with_holder, VANILLA));
    att_day_key_destroy(bench->aws.day_key);
    bench->aws.day_key = NULL;
    assert_int_equal(sign(bench), ATT_OK);
    assert_string_equal(att_secret_bytes(bench->signature.lines[0]), with_holder);
    bench->aws.secret_key = first;
    assert_signature(bench, VANILLA);
    att_secret_destroy(other);
}

static void *sign_often(void *context)
{
    struct bench bench = *(struct bench *)context;
    att_error error = ATT_ERROR_INIT;
    struct att_signature signature;
    long wrong = 0;

    for (int i = 0; i < 500; i++) {
        bench.request.time = NOON + (i % 2) * 86400;
        if (bench.signer->aws(bench.signer, bench.arena, &bench.request, &bench.aws, &signature, &error) != ATT_OK)
            wrong++;
        else if (i % 2 == 0 && !strstr(att_secret_bytes(signature.lines[0]), VANILLA))
            wrong++;
        att_signature_close(&signature);
    }
    att_error_clear(&error);
    return (void *)wrong;
}

static void threads_share_a_signer_and_a_key(void **state)
{
    struct bench *bench = *state;
    pthread_t threads[4];

    bench->aws.day_key = att_day_key_create(bench->arena);
    for (size_t i = 0; i < ATT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_often, bench), 0);
    for (size_t i = 0; i < ATT_COUNT(threads); i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    att_day_key_destroy(bench->aws.day_key);
}

/* The key of a day as what a search looks for: pieces of it as it is, and as the words that a digest is made of. */
static void look_for_key(struct canary *canary, const unsigned char key[ATT_DAY_KEY_BYTES])
{
    memset(canary, 0, sizeof *canary);
    for (size_t i = 0; i < CANARY_NEEDLES; i++) {
        bool words = i >= CANARY_NEEDLES / 2;
        size_t from = i % (CANARY_NEEDLES / 2) * 8;

        canary->needles[i].form = words ? "as words" : "as it is";
        for (size_t j = 0; j < CANARY_WINDOW; j++) {
            canary->needles[i].key[j] = (unsigned char)(0x5a + 3 * j);
            canary->needles[i].hidden[j] = key[from + (words ? j ^ 3 : j)] ^ canary->needles[i].key[j];
        }
    }
}

static void no_copy_of_a_derived_key_stays_behind(void **state)
{
    struct bench *bench = *state;
    unsigned char key[ATT_DAY_KEY_BYTES];
    struct canary canary;
    struct canary_search search = {.canary = &canary}, planted = {.canary = &canary};

    if (strcmp(secure_getenv("ATT_SANITIZER") ? secure_getenv("ATT_SANITIZER") : "no", "no") != 0)
        skip(); /* it keeps what is freed */
    bench->aws.day_key = att_day_key_create(bench->arena);
    assert_signature(bench, VANILLA);
    assert_true(att_day_key_get(bench->aws.day_key, "20150830/us-east-1/service", bench->secret_key, key));
    look_for_key(&canary, key);
    assert_true(canary_search_process(&planted, 0));
    assert_true(planted.copies > 0); /* the one of this function */
    att_wipe(key, sizeof key);
    att_wipe_registers();
    assert_signature(bench, VANILLA); /* with the key that was kept */
    att_day_key_destroy(bench->aws.day_key);
    bench->aws.day_key = NULL;
    assert_signature(bench, VANILLA); /* and with one that was derived */
    att_wipe_registers();
    assert_true(canary_search_process(&search, 0));
    print_message("# %d copies%s%s\n", search.copies, *search.where ? ": " : "", search.where);
    assert_int_equal(search.copies, 0);
    assert_true(search.arenas > 0);
}

/* ---- nonces ------------------------------------------------------------------------------------------------------ */

static void nonces_are_random(void **state)
{
    char first[ATT_SIGN_NONCE_SIZE], second[ATT_SIGN_NONCE_SIZE];

    (void)state;
    assert_true(att_sign_nonce(first) && att_sign_nonce(second));
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    assert_int_equal(strlen(first), 32);
    assert_string_not_equal(first, second);
}

/* ---- region and service ------------------------------------------------------------------------------------------ */

static void hosts_of_AWS_tell_region_and_service(void **state)
{
    static const struct {
        const char *host, *service, *region;
    } cases[] = {
        {"s3.us-east-1.amazonaws.com", "s3", "us-east-1"},
        {"bedrock-runtime.us-west-2.amazonaws.com", "bedrock", "us-west-2"},
        {"bucket.s3.us-west-2.amazonaws.com", "s3", "us-west-2"},
        {"dotted.bucket.s3.us-west-2.amazonaws.com", "s3", "us-west-2"},
        {"vpce-x.monitoring.us-east-2.vpce.amazonaws.com", "monitoring", "us-east-2"},
        {"vpce-x-us-east-2c.monitoring.us-east-2.vpce.amazonaws.com", "monitoring", "us-east-2"},
        {"bucket.vpce-1a-5e.s3.eu-west-1.vpce.amazonaws.com", "s3", "eu-west-1"},
        {"s3.us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1"},
        {"s3.amazonaws.com", "s3", "us-east-1"},
        {"bucket.s3.amazonaws.com", "s3", "us-east-1"},
        {"s3-eu-west-1.amazonaws.com", "s3", "eu-west-1"},
        {"bucket.s3-eu-west-1.amazonaws.com", "s3", "eu-west-1"},
        {"bucket.s3.dualstack.eu-west-1.amazonaws.com", "s3", "eu-west-1"},
        {"bucket.s3-fips.dualstack.us-east-2.amazonaws.com", "s3", "us-east-2"},
        {"point-1234.s3-accesspoint.eu-west-1.amazonaws.com", "s3", "eu-west-1"},
        {"point-1234.s3-accesspoint-fips.us-west-1.amazonaws.com", "s3", "us-west-1"},
        {"1234.s3-control.eu-west-1.amazonaws.com", "s3", "eu-west-1"},
        {"a.op-1.s3-outposts.eu-west-1.amazonaws.com", "s3-outposts", "eu-west-1"},
        {"a-1.s3-object-lambda.eu-west-1.amazonaws.com", "s3-object-lambda", "eu-west-1"},
        {"s3.cn-north-1.amazonaws.com.cn", "s3", "cn-north-1"},
        {"iam.amazonaws.com", "iam", "us-east-1"},
        {"iam.cn-north-1.amazonaws.com.cn", "iam", "cn-north-1"},
        {"iam.us-gov.amazonaws.com", "iam", "us-gov-west-1"},
        {"sts.amazonaws.com", "sts", "us-east-1"},
        {"sts.eu-central-1.amazonaws.com", "sts", "eu-central-1"},
        {"route53.amazonaws.com", "route53", "us-east-1"},
        {"route53.amazonaws.com.cn", "route53", "cn-northwest-1"},
        {"cloudfront.amazonaws.com", "cloudfront", "us-east-1"},
        {"kms-fips.us-east-1.amazonaws.com", "kms", "us-east-1"},
        {"email.eu-west-1.amazonaws.com", "ses", "eu-west-1"},
        {"abc123.execute-api.eu-west-1.amazonaws.com", "execute-api", "eu-west-1"},
        {"search-x.eu-west-1.es.amazonaws.com", "es", "eu-west-1"},
        {"x1.eu-west-1.aoss.amazonaws.com", "aoss", "eu-west-1"},
        {"eu-west-1.queue.amazonaws.com", "sqs", "eu-west-1"},
        {"lambda.us-east-1.api.aws", "lambda", "us-east-1"},
        {"xyz.lambda-url.eu-north-1.on.aws", "lambda", "eu-north-1"},
        {"runtime.sagemaker.us-east-1.amazonaws.com", "sagemaker", "us-east-1"},
        {"streams.dynamodb.us-east-1.amazonaws.com", "dynamodb", "us-east-1"},
        {"data.jobs.iot.us-east-1.amazonaws.com", "iot-jobs-data", "us-east-1"},
        {"us-east-1.amazonaws.com", "", "us-east-1"},
        {"s3-accelerate.amazonaws.com", "s3-accelerate", ""}, /* the bucket's region is not in its name */
        {"unheard-of.amazonaws.com", "unheard-of", ""},
        {"amazonaws.com", "", ""},
        {".amazonaws.com", "", ""},
        {"a.b.c.d.e.f.g.h.i.j.k.l.m.s3.eu-west-1.amazonaws.com", "", ""},
        {"evilamazonaws.com", "", ""},
        {"s3.eu-west-1.amazonaws.com.example", "", ""},
        {"minio.example.com", "", ""},
        {"127.0.0.1", "", ""},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_sign_scope scope;
        bool told = att_sign_scope_of_host(cases[i].host, &scope);
        if (strcmp(scope.service, cases[i].service) != 0 || strcmp(scope.region, cases[i].region) != 0)
            fail_msg("%s is read as %s in \"%s\"", cases[i].host, scope.service, scope.region);
        assert_int_equal(told, *scope.service || *scope.region);
    }
}

static void placement_goes_before_credential_and_that_before_the_host(void **state)
{
    struct bench *bench = *state;
    struct att_secret *region = text_secret(bench, "eu-west-2"), *service = text_secret(bench, "es");
    struct att_sign_scope scope;
    static const char host[] = "s3.us-east-1.amazonaws.com";

    assert_int_equal(att_sign_scope_find(&scope, "mars-1", "custom", region, service, host, "g", NULL), ATT_OK);
    assert_string_equal(scope.region, "mars-1");
    assert_string_equal(scope.service, "custom");
    assert_int_equal(att_sign_scope_find(&scope, NULL, "", region, service, host, "g", NULL), ATT_OK);
    assert_string_equal(scope.region, "eu-west-2");
    assert_string_equal(scope.service, "es");
    assert_int_equal(att_sign_scope_find(&scope, NULL, NULL, NULL, service, host, "g", NULL), ATT_OK);
    assert_string_equal(scope.region, "us-east-1");
    assert_string_equal(scope.service, "es");
    att_secret_destroy(region);
    att_secret_destroy(service);
}

static void an_unknown_region_or_service_is_an_error_that_says_what_to_write(void **state)
{
    struct bench *bench = *state;
    struct att_secret *part = text_secret(bench, "eu west");
    struct att_sign_scope scope;

    assert_refused(bench,
                   att_sign_scope_find(&scope, "eu-west-1", NULL, NULL, NULL, "minio.example", "g", &bench->error),
                   ATT_CONFIG,
                   "the request to minio.example cannot be signed: its name tells no service, and neither inject nor "
                   "the credential of grant \"g\" does; write service = \"...\" beside kind = \"sigv4\"");
    assert_string_equal(bench->error.grant, "g");
    assert_refused(bench, att_sign_scope_find(&scope, NULL, "s3", NULL, NULL, "minio.example", "g", &bench->error),
                   ATT_CONFIG,
                   "the request to minio.example cannot be signed: its name tells no region, and neither inject nor "
                   "the credential of grant \"g\" does; write region = \"...\" beside kind = \"sigv4\"");
    assert_refused(bench, att_sign_scope_find(&scope, NULL, "s3", part, NULL, "minio.example", "g", &bench->error),
                   ATT_MODULE,
                   "the region that grant \"g\" is signed for is none: it has 1 to 64 letters, digits, \"-\", \"_\" "
                   "and \".\"; correct inject, or what the provider gives");
    att_secret_destroy(part);
}

/* ---- loading, memory --------------------------------------------------------------------------------------------- */

static void a_signer_that_cannot_be_loaded_is_explained(void **state)
{
    struct bench *bench = *state;

    assert_null(att_signer_load(&bench->error));
    assert_int_equal(bench->error.status, ATT_CONFIG);
    assert_non_null(strstr(bench->error.message, "signer /"));
    assert_non_null(strstr(bench->error.message, "/attache/sign/openssl.so is not installed: No such file or "
                                                 "directory; install Attache again"));
    assert_null(att_signer_open(built_object(".libs/curl"), &bench->error));
    assert_int_equal(bench->error.status, ATT_CONFIG);
    assert_non_null(strstr(bench->error.message, "curl.so is none: it has no symbol attache_signer; install Attache "
                                                 "again"));
}

/* One of each kind, where the n-th allocation fails. Whether one did. */
static bool starved_signatures(struct bench *bench, long n)
{
    struct att_sign_hmac hmac = {.message = "{method}{body_sha256}", .key = bench->secret_key, .nonce = ""};
    struct att_secret *text = NULL;
    att_status aws, other;
    bool failed;

    att_signature_close(&bench->signature);
    failing_arm(n);
    aws = bench->signer->aws(bench->signer, bench->arena, &bench->request, &bench->aws, &bench->signature, NULL);
    other = bench->signer->hmac(bench->signer, bench->arena, &bench->request, &hmac, &text, NULL);
    failed = failing_disarm();
    if (failed)
        assert_true(aws == ATT_NOMEM || other == ATT_NOMEM);
    assert_int_equal(aws == ATT_OK, bench->signature.count > 0);
    assert_int_equal(other == ATT_OK, text != NULL);
    att_secret_destroy(text);
    att_signature_close(&bench->signature);
    return failed;
}

static void F5_every_allocation_of_a_signature_fails_in_turn_and_nothing_leaks(void **state)
{
    struct bench *bench = *state;
    void *volatile probe; /* or the compiler would leave the allocation out */
    int starved = 0;
    bool failed = true;

    bench->request.query = "a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a";
    assert_int_equal(sign(bench), ATT_OK);
    failing_arm(1);
    probe = malloc(1);
    free(probe);
    if (!failing_disarm())
        skip(); /* a sanitizer has an allocator of its own */
    /* What the first round leaves is libcrypto's own, once for the thread. */
    for (int round = 0; round < 2; round++) {
        failed = true;
        for (long n = 1; failed; n++) {
            long before = failing_live();

            failed = starved_signatures(bench, n);
            starved += failed;
            if (round)
                assert_int_equal(failing_live(), before);
        }
    }
    assert_in_range(starved, 8, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_signature_is_two_lines_and_those_that_are_asked_for, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(SigV4_headers_that_hops_change_are_not_signed, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(many_headers_and_parameters_are_signed_in_order, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(keys_that_no_header_can_hold_are_refused, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(what_is_too_large_to_be_signed_is_refused, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_kept_key_signs_as_one_that_is_derived_each_time, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(A8_a_key_is_never_used_for_another_credential, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(threads_share_a_signer_and_a_key, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(no_copy_of_a_derived_key_stays_behind, open_bench, close_bench),
        cmocka_unit_test(nonces_are_random),
        cmocka_unit_test(hosts_of_AWS_tell_region_and_service),
        cmocka_unit_test_setup_teardown(placement_goes_before_credential_and_that_before_the_host, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(an_unknown_region_or_service_is_an_error_that_says_what_to_write, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(a_signer_that_cannot_be_loaded_is_explained, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(F5_every_allocation_of_a_signature_fails_in_turn_and_nothing_leaks, open_bench,
                                        close_bench),
    };

    return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
