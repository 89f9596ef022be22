/* tests/unit/test-secret.c: unit tests of core/secret. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/base.h"
#include "core/secret/secret.h"
#include "tests/unit/unit.h"

#define CANARY "canary-5e2f-0b1d-secret"

static int open_arena(void **state)
{
    *state = att_arena_create();
    return *state ? 0 : -1;
}

static int close_arena(void **state)
{
    att_arena_destroy(*state);
    return 0;
}

/* Runs `body` in a child and gives its wait status. */
static int in_child(int (*body)(void *), void *context)
{
    int status = -1;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        _exit(body(context));
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int read_byte(void *address)
{
    return *(volatile char *)address == CANARY[0];
}

static bool child_faults_at(char *address)
{
    int status = in_child(read_byte, address);

    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
}

static void reading_beside_a_chunk_faults(struct att_arena *arena, size_t capacity)
{
    struct att_secret *secret = att_secret_create(arena, capacity);
    char *first = att_secret_tail(secret);
    char *past = first;

    while (att_arena_contains(arena, first - 1))
        first--;
    while (att_arena_contains(arena, past))
        past++;
    assert_true(past - first >= (ptrdiff_t)capacity + 1);
    assert_false(child_faults_at(first));
    assert_false(child_faults_at(past - 1));
    assert_true(child_faults_at(first - 1));
    assert_true(child_faults_at(past));
    att_secret_destroy(secret);
}

static void guard_pages_stop_reads_on_both_sides(void **state)
{
    reading_beside_a_chunk_faults(*state, 10);
    reading_beside_a_chunk_faults(*state, 100000);
}

static bool is_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

static void a_destroyed_secret_leaves_no_byte(void **state)
{
    for (size_t capacity = sizeof CANARY; capacity < 16384; capacity *= 2) {
        struct att_secret *secret = att_secret_create(*state, capacity);
        const char *bytes = att_secret_bytes(secret);

        /* The last byte is written and not taken in, as by a read(2) that then failed. */
        att_secret_append_text(secret, CANARY);
        att_secret_tail(secret)[capacity - att_secret_size(secret) - 1] = 'x';
        assert_false(is_zero(bytes, capacity));
        secret = att_secret_destroy(secret);
        assert_null(secret);
        assert_true(is_zero(bytes, capacity));
    }
}

static void truncating_wipes_what_is_dropped(void **state)
{
    struct att_secret *secret = att_secret_from(*state, CANARY, strlen(CANARY));

    att_secret_truncate(secret, 100);
    assert_string_equal(att_secret_bytes(secret), CANARY);
    att_secret_truncate(secret, 6);
    assert_int_equal(att_secret_size(secret), 6);
    assert_string_equal(att_secret_bytes(secret), "canary");
    assert_true(is_zero(att_secret_bytes(secret) + 6, strlen(CANARY) - 6));
    assert_true(att_secret_append_text(secret, "!"));
    assert_string_equal(att_secret_bytes(secret), "canary!");
    att_secret_destroy(secret);
}

static void content_never_grows_past_its_room(void **state)
{
    struct att_secret *secret = att_secret_create(*state, 8);

    assert_int_equal(att_secret_capacity(secret), 8);
    assert_true(att_secret_append_text(secret, "12345"));
    assert_false(att_secret_append_text(secret, "6789"));
    assert_string_equal(att_secret_bytes(secret), "12345");
    memcpy(att_secret_tail(secret), "678", 3);
    att_secret_advance(secret, 3);
    assert_string_equal(att_secret_bytes(secret), "12345678");
    assert_false(att_secret_append(secret, "x", SIZE_MAX));
    assert_true(att_secret_append(secret, NULL, 0));
    att_secret_destroy(secret);

    secret = att_secret_create(*state, 0);
    assert_string_equal(att_secret_bytes(secret), "");
    assert_false(att_secret_append_text(secret, "x"));
    att_secret_destroy(secret);
    assert_null(att_secret_destroy(NULL));
}

static void a_secret_holds_up_to_one_mebibyte(void **state)
{
    struct att_arena_state before, during, after;
    struct att_secret *secret;
    const char *bytes;

    att_arena_state(*state, &before);
    secret = att_secret_create(*state, ATT_SECRET_LIMIT);
    assert_non_null(secret);
    bytes = att_secret_bytes(secret);
    memset(att_secret_tail(secret), 'x', ATT_SECRET_LIMIT);
    att_secret_advance(secret, ATT_SECRET_LIMIT);
    assert_int_equal(strlen(bytes), ATT_SECRET_LIMIT);
    att_arena_state(*state, &during);
    assert_true(during.in_use - before.in_use > ATT_SECRET_LIMIT);
    assert_true(during.bytes - before.bytes > ATT_SECRET_LIMIT);
    att_secret_destroy(secret);
    att_arena_state(*state, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_false(att_arena_contains(*state, bytes));

    assert_null(att_secret_create(*state, ATT_SECRET_LIMIT + 1));
    assert_null(att_secret_create(*state, SIZE_MAX));
}

static void every_secret_is_aligned_and_inside_the_arena(void **state)
{
    struct att_secret *secrets[300];

    for (size_t i = 0; i < ATT_COUNT(secrets); i++) {
        secrets[i] = att_secret_create(*state, i * 97);
        assert_non_null(secrets[i]);
        assert_int_equal((uintptr_t)att_secret_bytes(secrets[i]) % _Alignof(max_align_t), 0);
        assert_true(att_arena_contains(*state, att_secret_bytes(secrets[i])));
        assert_true(att_arena_contains(*state, att_secret_bytes(secrets[i]) + i * 97));
        memset(att_secret_tail(secrets[i]), (int)(i % 250) + 1, i * 97);
        att_secret_advance(secrets[i], i * 97);
    }
    for (size_t i = 0; i < ATT_COUNT(secrets); i++) {
        const char *bytes = att_secret_bytes(secrets[i]);

        for (size_t at = 0; at < i * 97; at++)
            assert_int_equal((unsigned char)bytes[at], i % 250 + 1);
        att_secret_destroy(secrets[i]);
    }
    assert_false(att_arena_contains(*state, secrets));
    assert_false(att_arena_contains(*state, NULL));
}

static void equal_compares_every_byte_and_the_size(void **state)
{
    struct att_secret *left = att_secret_from(*state, "abc\0def", 7);
    struct att_secret *right = att_secret_from(*state, "abc\0def", 7);
    struct att_secret *shorter = att_secret_from(*state, "abc\0de", 6);

    assert_true(att_secret_equal(left, right));
    assert_false(att_secret_equal(left, shorter));
    for (int i = 0; i < 7; i++) {
        struct att_secret *other = att_secret_from(*state, "abc\0def", 7);

        (att_secret_tail(other) - 7)[i] ^= 1;
        assert_false(att_secret_equal(left, other));
        att_secret_destroy(other);
    }
    att_secret_truncate(left, 0);
    att_secret_truncate(right, 0);
    assert_true(att_secret_equal(left, right));
    att_secret_destroy(left);
    att_secret_destroy(right);
    att_secret_destroy(shorter);
}

struct child_view {
    struct att_arena *arena;
    struct att_secret *secret;
    const char *bytes;
};

/* The exit status names the first thing that is not as it should be. */
static int look_from_child(void *context)
{
    struct child_view *view = context;
    struct att_arena *own;
    struct att_secret *secret;

    if (att_arena_alive(view->arena))
        return 1;
    if (!is_zero(view->bytes, strlen(CANARY)))
        return 2;
    if (att_secret_create(view->arena, 10))
        return 3;
    if (att_arena_contains(view->arena, view->bytes))
        return 4;
    att_secret_destroy(view->secret);
    att_arena_destroy(view->arena);
    own = att_arena_create();
    secret = att_secret_from(own, CANARY, strlen(CANARY));
    if (!secret || !att_arena_alive(own) || strcmp(att_secret_bytes(secret), CANARY) != 0)
        return 5;
    att_arena_destroy(own);
    return 0;
}

static void a_forked_child_sees_no_secret(void **state)
{
    struct child_view view = {.arena = *state, .secret = att_secret_from(*state, CANARY, strlen(CANARY))};

    view.bytes = att_secret_bytes(view.secret);
    assert_true(att_arena_alive(*state));
    assert_int_equal(in_child(look_from_child, &view), 0);
    assert_true(att_arena_alive(*state));
    assert_string_equal(view.bytes, CANARY);
    att_secret_destroy(view.secret);
}

static int destroy_twice(void *context)
{
    struct att_secret *secret = att_secret_create(att_arena_create(), 10);

    (void)context;
    att_secret_destroy(secret);
    att_secret_destroy(secret);
    return 0;
}

static void destroying_twice_ends_the_process(void **state)
{
    int status = in_child(destroy_twice, *state);

    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* The superuser may lock any amount, so the limit is only seen as somebody else. */
static int work_without_lock_limit(void *context)
{
    struct att_arena_state state;
    struct att_arena *arena;
    struct att_secret *secret;

    (void)context;
    if (setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0, 0}) != 0)
        return 1;
    if (geteuid() == 0 && setuid(65534) != 0)
        return 2;
    arena = att_arena_create();
    secret = arena ? att_secret_from(arena, CANARY, strlen(CANARY)) : NULL;
    if (!secret || strcmp(att_secret_bytes(secret), CANARY) != 0)
        return 3;
    att_arena_state(arena, &state);
    if (state.locked || state.locked_bytes != 0 || state.bytes == 0)
        return 4;
    if (!state.dump_excluded || !state.fork_wiped)
        return 5;
    att_arena_destroy(arena);
    return 0;
}

static void a_small_lock_limit_is_survived_and_reported(void **state)
{
    assert_int_equal(in_child(work_without_lock_limit, *state), 0);
}

/* Whether the flags of the mapping that `address` lies in have all of `wanted`, each " xx". */
static bool mapping_has_flags(const void *address, const char *const *wanted, size_t count)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[1024];
    bool inside = false, found = false;

    assert_non_null(maps);
    while (!found && fgets(line, sizeof line, maps)) {
        unsigned long first, past;

        if (sscanf(line, "%lx-%lx ", &first, &past) == 2)
            inside = (uintptr_t)address >= first && (uintptr_t)address < past;
        if (!inside || strncmp(line, "VmFlags:", 8) != 0)
            continue;
        found = true;
        for (size_t i = 0; i < count; i++)
            found = found && strstr(line, wanted[i]);
        break;
    }
    fclose(maps);
    return found;
}

static void secrets_stay_out_of_core_dumps_and_swap(void **state)
{
    static const char *const flags[] = {" dd", " wf", " lo"};
    struct att_secret *small = att_secret_create(*state, 10);
    struct att_secret *large = att_secret_create(*state, 100000);
    struct att_arena_state now;

    att_arena_state(*state, &now);
    if (!now.locked)
        skip();
    assert_true(now.dump_excluded && now.fork_wiped);
    assert_int_equal(now.locked_bytes, now.bytes);
    assert_true(mapping_has_flags(att_secret_bytes(small), flags, ATT_COUNT(flags)));
    assert_true(mapping_has_flags(att_secret_bytes(large), flags, ATT_COUNT(flags)));
    assert_false(mapping_has_flags(state, flags, 1));
    att_secret_destroy(small);
    att_secret_destroy(large);
}

enum { THREADS = 8, ROUNDS = 5000, HELD = 16 };

static void *create_and_destroy(void *context)
{
    struct att_arena *arena = context;
    struct att_secret *held[HELD] = {NULL};
    unsigned seed = (unsigned)(uintptr_t)&seed;
    bool good = true;

    for (int i = 0; i < ROUNDS; i++) {
        struct att_secret **slot = &held[i % HELD];
        size_t size = (size_t)rand_r(&seed) % (i % 500 ? 300 : 40000) + sizeof slot;

        if (*slot) {
            good = good && memcmp(att_secret_bytes(*slot), &slot, sizeof slot) == 0;
            *slot = att_secret_destroy(*slot);
        }
        *slot = att_secret_create(arena, size);
        good = good && *slot && is_zero(att_secret_bytes(*slot), size);
        good = good && att_secret_append(*slot, &slot, sizeof slot);
    }
    for (int i = 0; i < HELD; i++)
        att_secret_destroy(held[i]);
    return good ? context : NULL;
}

static void many_threads_share_one_arena(void **state)
{
    pthread_t threads[THREADS];
    struct att_arena_state now;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, create_and_destroy, *state), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;

        pthread_join(threads[i], &result);
        assert_ptr_equal(result, *state);
    }
    att_arena_state(*state, &now);
    assert_int_equal(now.in_use, 0);
}

/* A thread that leaves a secret on its stack, the way a function with a local array does; deep enough to be out of the
 * reach of what runs when the thread ends. */
static void *leave_on_stack(void *wiped)
{
    char local[8192];

    for (size_t i = 0; i < sizeof CANARY; i++)
        ((volatile char *)local)[i] = (char)(CANARY[i] ^ (char)*(volatile char *)"\0");
    if (wiped)
        att_wipe(local, sizeof local);
    return NULL;
}

/* By way of the kernel, since tools that watch memory mind reads of a dead stack. */
static void read_own_memory(char *copy, const char *address, size_t size)
{
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

    assert_true(memory >= 0);
    assert_int_equal(pread(memory, copy, size, (off_t)(uintptr_t)address), size);
    close(memory);
}

static bool stack_keeps_canary(bool wiped)
{
    enum { STACK_BYTES = 1 << 21 };
    char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *copy = malloc(STACK_BYTES);
    pthread_attr_t attributes;
    pthread_t thread;
    bool found;

    assert_true(stack != MAP_FAILED && copy);
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK_BYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, leave_on_stack, wiped ? stack : NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    read_own_memory(copy, stack, STACK_BYTES);
    found = memmem(copy, STACK_BYTES, CANARY, strlen(CANARY)) != NULL;
    free(copy);
    munmap(stack, STACK_BYTES);
    return found;
}

static void wiping_is_not_optimised_away(void **state)
{
    (void)state;
    assert_true(stack_keeps_canary(false));
    assert_false(stack_keeps_canary(true));
    att_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(guard_pages_stop_reads_on_both_sides, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_destroyed_secret_leaves_no_byte, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(truncating_wipes_what_is_dropped, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(content_never_grows_past_its_room, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_secret_holds_up_to_one_mebibyte, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(every_secret_is_aligned_and_inside_the_arena, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(equal_compares_every_byte_and_the_size, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_forked_child_sees_no_secret, open_arena, close_arena),
        cmocka_unit_test(destroying_twice_ends_the_process),
        cmocka_unit_test_setup_teardown(a_small_lock_limit_is_survived_and_reported, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(secrets_stay_out_of_core_dumps_and_swap, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(many_threads_share_one_arena, open_arena, close_arena),
        cmocka_unit_test(wiping_is_not_optimised_away),
    };

    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
