/* tests/rig/calls.c: makes random requests through the public interface, for a backend that judges each of them.
 *
 *     calls CONFIG UPSTREAM COUNT SEED [GRANT [TOGETHER]]
 *
 * With GRANT, all of them are the same GET with that grant, one after the other, or with TOGETHER four at once. Else
 * grants are "grant-0" to "grant-99" and "grant-none", providers "provider-0" to "provider-9"; see
 * tests/integration/test_alter_calls.py. Prints how many requests ended with each status as one line of JSON, and on
 * standard error what the first one said that ended as none should. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <attache/attache.h>

enum { THREADS = 4, CALLERS = 16, PAIRS = 4, TEXT_SIZE = 128, STATUSES = ATT_INTERNAL + 1 };

struct worker {
    pthread_t thread;
    att_client *clients[CALLERS];
    const char *upstream, *grant;
    unsigned long count, ended[STATUSES];
    uint64_t random;
    char surprise[512];
};

/* xorshift64: the same seed makes the same requests. */
static unsigned below(struct worker *worker, unsigned limit)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return (unsigned)((worker->random >> 16) % limit);
}

static bool seldom(struct worker *worker)
{
    return below(worker, 4) == 0;
}

/* Characters of every length that UTF-8 has, and those that JSON and URLs have to escape. */
static const char *text(struct worker *worker, char room[TEXT_SIZE])
{
    static const char *const characters[] = {"a",
                                             "Z",
                                             "0",
                                             "-",
                                             "\"",
                                             "\\",
                                             "/",
                                             "?",
                                             "&",
                                             "=",
                                             "%",
                                             "#",
                                             "+",
                                             " ",
                                             ":",
                                             ";",
                                             "{",
                                             "~",
                                             "'",
                                             "<",
                                             "@",
                                             "\xc3\xa9",
                                             "\xe2\x82\xac",
                                             "\xf0\x9f\x94\x91"};
    unsigned length = below(worker, TEXT_SIZE / 4 - 3);
    int used = snprintf(room, TEXT_SIZE, "x");

    for (unsigned i = 0; i < length; i++)
        used += snprintf(room + used, TEXT_SIZE - (size_t)used, "%s",
                         characters[below(worker, sizeof characters / sizeof *characters)]);
    snprintf(room + used, TEXT_SIZE - (size_t)used, "y"); /* a header has no blank at its end */
    return room;
}

static const att_pair *pairs(struct worker *worker, att_pair list[PAIRS + 1], char room[2 * PAIRS][TEXT_SIZE])
{
    unsigned count = below(worker, PAIRS + 1);

    for (unsigned i = 0; i < count; i++) {
        snprintf(room[2 * i], TEXT_SIZE, "name-%u", i);
        list[i] = (att_pair){room[2 * i], text(worker, room[2 * i + 1])};
    }
    list[count] = (att_pair){NULL, NULL};
    return list;
}

static void ignore_grant(void *context, const att_grant_info *info)
{
    (void)context;
    (void)info;
}

static void ignore_session(void *context, const att_connect_session *session)
{
    (void)context;
    (void)session;
}

/* What came of a call. Others than these may not come of what is random here. */
static void note(struct worker *worker, att_status status, att_error *error)
{
    worker->ended[status]++;
    if (status != ATT_OK && status != ATT_NOT_FOUND && status != ATT_AMBIGUOUS && !*worker->surprise)
        snprintf(worker->surprise, sizeof worker->surprise, "%s: %s", att_status_name(status), error->message);
    att_error_clear(error);
}

static void list(struct worker *worker, att_client *client)
{
    static const char *const states[] = {"active", "expired", "revoked", NULL};
    char provider[TEXT_SIZE], account[TEXT_SIZE];
    att_grants_options options = *ATT_GRANTS(.limit = (int)below(worker, 20), .offset = below(worker, 100));
    att_error error = ATT_ERROR_INIT;

    options.provider = seldom(worker) ? text(worker, provider) : NULL;
    options.account = seldom(worker) ? text(worker, account) : NULL;
    options.status = states[below(worker, 4)];
    options.user_token = seldom(worker) ? "user-token-of-bob" : NULL;
    note(worker, att_grants_list(client, &options, ignore_grant, NULL, NULL, &error), &error);
}

static void revoke(struct worker *worker, att_client *client)
{
    char reason[TEXT_SIZE];
    att_error error = ATT_ERROR_INIT;

    note(worker, att_grant_revoke(client, ATT_REVOKE(.grant = "grant-none", .reason = text(worker, reason)), &error),
         &error);
}

static void open_session(struct worker *worker, att_client *client)
{
    static const char *const providers[] = {"google", "github", NULL};
    att_pair metadata[PAIRS + 1];
    char room[2 * PAIRS][TEXT_SIZE];
    att_connect_options options = *ATT_CONNECT(.providers = providers + below(worker, 2));
    att_error error = ATT_ERROR_INIT;

    options.metadata = pairs(worker, metadata, room);
    options.max_ttl_s = below(worker, 1000000);
    options.user_token = seldom(worker) ? "user-token-of-bob" : NULL;
    note(worker, att_connect_session_create(client, &options, ignore_session, NULL, &error), &error);
}

static void request(struct worker *worker, att_client *client)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    att_pair context[PAIRS + 1], query[PAIRS + 1], path[] = {{"part", NULL}, {NULL, NULL}};
    char context_room[2 * PAIRS][TEXT_SIZE], query_room[2 * PAIRS][TEXT_SIZE], part[TEXT_SIZE], reason[TEXT_SIZE];
    char url[TEXT_SIZE], name[TEXT_SIZE], account[TEXT_SIZE];
    att_request_options options = *ATT_REQUEST(.method = methods[below(worker, 5)], .url = url, .path_params = path);
    att_error error = ATT_ERROR_INIT;

    snprintf(url, sizeof url, "%s/{part}", worker->upstream);
    path[0].value = text(worker, part);
    options.context = pairs(worker, context, context_room);
    options.query_params = pairs(worker, query, query_room);
    options.reason = seldom(worker) ? NULL : text(worker, reason);
    options.user_token = seldom(worker) ? "user-token-of-bob" : "user-token-of-alice";
    if (seldom(worker)) {
        snprintf(name, sizeof name, "provider-%u", below(worker, 10));
        snprintf(account, sizeof account, "account-%u@example.com", below(worker, 10));
        options.provider = name;
        options.account = seldom(worker) ? NULL : account;
    } else {
        snprintf(name, sizeof name, seldom(worker) ? "grant-none" : "grant-%u", below(worker, 100));
        options.grant = name;
    }
    note(worker, att_request(client, &options, NULL, &error), &error);
}

static void request_plainly(struct worker *worker)
{
    att_error error = ATT_ERROR_INIT;
    const att_request_options *options = ATT_REQUEST(.url = worker->upstream, .grant = worker->grant);

    note(worker, att_request(worker->clients[0], options, NULL, &error), &error);
}

/* Any call that the backend is asked something in, mostly for credentials. */
static void call(struct worker *worker)
{
    static void (*const others[])(struct worker *, att_client *) = {list, revoke, open_session};
    att_client *client = worker->clients[below(worker, CALLERS)];

    (seldom(worker) ? others[below(worker, 3)] : request)(worker, client);
}

static void *work(void *context)
{
    struct worker *worker = context;

    for (unsigned long i = 0; i < worker->count; i++)
        (worker->grant ? request_plainly : call)(worker);
    return NULL;
}

static bool open_clients(struct worker *worker, att_engine *engine)
{
    att_error error = ATT_ERROR_INIT;
    char caller[TEXT_SIZE];

    for (int i = 0; i < CALLERS; i++) {
        const att_client_options *options = ATT_CLIENT(.caller = text(worker, caller), .caller_type = i % 2);

        if (att_client_open(engine, options, &worker->clients[i], &error) != ATT_OK) {
            fprintf(stderr, "%s\n", error.message);
            return false;
        }
    }
    return true;
}

static void print_ends(const struct worker *workers)
{
    const char *before = "{";

    for (int status = 0; status < STATUSES; status++) {
        unsigned long count = 0;

        for (int i = 0; i < THREADS; i++)
            count += workers[i].ended[status];
        if (count)
            printf("%s\"%s\": %lu", before, att_status_name(status), count);
        before = count ? ", " : before;
    }
    printf("}\n");
    for (int i = 0; i < THREADS; i++)
        if (*workers[i].surprise)
            fprintf(stderr, "%s\n", workers[i].surprise);
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS];
    att_error error = ATT_ERROR_INIT;
    att_engine *engine = NULL;
    unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

    if (argc < 5 || att_engine_open(argv[1], &engine, &error) != ATT_OK) {
        fprintf(stderr, "%s\n",
                argc >= 5 ? error.message : "usage: calls CONFIG UPSTREAM COUNT SEED [GRANT [TOGETHER]]");
        return 1;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].upstream = argv[2];
        workers[i].grant = argc > 5 ? argv[5] : NULL;
        workers[i].count = argc == 6 ? (i ? 0 : count) : count / THREADS;
        workers[i].random = (strtoull(argv[4], NULL, 10) + 1) * 0x9e3779b97f4a7c15 + i;
        if (!open_clients(&workers[i], engine))
            return 1;
    }
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        for (int client = 0; client < CALLERS; client++)
            att_client_close(&workers[i].clients[client]);
    }
    att_engine_close(&engine); /* sends the audit records that are left */
    print_ends(workers);
    return 0;
}
