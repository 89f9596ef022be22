/* tests/unit/test-audit-file.c: unit tests of the module audit_file, built in: the host is of this program. */
#include <attache/module.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* ---- the host ---- */

struct att_settings {
    const char *path, *sync, *mode;
    char *option, *sentence; /* 512 bytes each */
};

struct att_call {
    char sentence[512];
};

static void *host_allocate(const struct att_host *host, size_t size)
{
    (void)host;
    return malloc(size);
}

static void host_release(const struct att_host *host, void *block)
{
    (void)host;
    free(block);
}

static const char *host_setting_text(const struct att_settings *settings, const char *name)
{
    return strcmp(name, "path") == 0 ? settings->path : strcmp(name, "sync") == 0 ? settings->sync : settings->mode;
}

static void host_open_failed(const struct att_settings *settings, const char *option, const char *sentence)
{
    snprintf(settings->option, 512, "%s", option);
    snprintf(settings->sentence, 512, "%s", sentence);
}

static void host_fetch_failed(struct att_call *call, const char *sentence)
{
    snprintf(call->sentence, sizeof call->sentence, "%s", sentence);
}

static const struct att_host host = {.magic = ATT_HOST_MAGIC,
                                     .size = sizeof host,
                                     .abi_major = ATT_ABI_MAJOR,
                                     .abi_minor = ATT_ABI_MINOR,
                                     .features = ATT_HOST_MEMORY | ATT_HOST_SETTINGS,
                                     .version = "test",
                                     .allocate = host_allocate,
                                     .release = host_release,
                                     .setting_text = host_setting_text,
                                     .open_failed = host_open_failed,
                                     .fetch_failed = host_fetch_failed};

/* ---- a folder per test, and a sink in it ---- */

struct place {
    char folder[64], path[96];
    char option[512], sentence[512];
    struct att_settings settings;
    struct att_call call;
    const struct att_audit *module;
    void *sink;
};

static int open_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    if (!place)
        return -1;
    snprintf(place->folder, sizeof place->folder, "/tmp/att-audit-XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->path, sizeof place->path, "%s/audit.jsonl", place->folder);
    place->settings = (struct att_settings){
        .path = place->path, .sync = "none", .mode = "0600", .option = place->option, .sentence = place->sentence};
    place->module = attache_audit_v1(&host);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    static const char *const names[] = {"audit.jsonl", "audit.jsonl.1", "link"};
    struct place *place = *state;

    if (place->sink)
        place->module->close(place->sink);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[128];

        snprintf(name, sizeof name, "%s/%s", place->folder, names[i]);
        unlink(name);
    }
    rmdir(place->folder);
    free(place);
    return 0;
}

static att_result open_sink(struct place *place)
{
    return place->module->open(&host, &place->settings, &place->sink);
}

static att_result append(struct place *place, const char *json)
{
    struct att_record record = {.size = sizeof record,
                                .json = json,
                                .json_size = strlen(json),
                                .event = "request",
                                .time_us = INT64_C(1795363340123456)};

    return place->module->append(place->sink, &place->call, &record);
}

static void write_file(const char *path, const char *content, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *content = NULL;
    size_t room = 0;

    assert_non_null(file);
    if (getdelim(&content, &room, '\0', file) < 0)
        content[0] = '\0';
    fclose(file);
    return content;
}

static void assert_content(const char *path, const char *expected)
{
    char *content = read_file(path);

    assert_string_equal(content, expected);
    free(content);
}

/* The recovery record of this process, as test records have its time. */
static const char *recovery(char text[512])
{
    char exe[300];

    exe[readlink("/proc/self/exe", exe, 256)] = '\0';
    snprintf(text, 512,
             "{\"schema\":1,\"time\":\"2026-11-22T16:02:20.123456Z\",\"event\":\"audit_recovered\",\"pid\":%d,"
             "\"uid\":%d,\"exe\":\"%s\",\"detail\":\"the line before this one is cut off\"}\n",
             (int)getpid(), (int)getuid(), exe);
    return text;
}

/* ---- opening ---- */

static void a_record_becomes_a_line_in_a_file_of_its_mode(void **state)
{
    struct place *place = *state;
    struct stat found;
    mode_t mask = umask(0177);

    place->settings.mode = "0640";
    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    umask(mask);
    assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":2}"), ATT_RESULT_OK);
    assert_content(place->path, "{\"a\":1}\n{\"a\":2}\n");
    assert_int_equal(stat(place->path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0640);
}

static void records_follow_those_that_are_there(void **state)
{
    struct place *place = *state;

    write_file(place->path, "{\"a\":0}\n", 0600);
    place->settings.sync = "record";
    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
    assert_content(place->path, "{\"a\":0}\n{\"a\":1}\n");
}

/* `why` is what follows "audit file PATH ". */
static void assert_refused(struct place *place, const char *why)
{
    char sentence[512];

    assert_int_equal(open_sink(place), ATT_RESULT_CONFIG);
    assert_null(place->sink);
    assert_string_equal(place->option, "path");
    snprintf(sentence, sizeof sentence, "audit file %s %s", place->settings.path, why);
    assert_string_equal(place->sentence, sentence);
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    struct place *place = *state;

    write_file(place->path, "", 0644);
    assert_refused(place, "has mode 0644, which gives others more than 0600; chmod it, or set the option mode");
    place->settings.mode = "0644";
    assert_int_equal(open_sink(place), ATT_RESULT_OK);
}

static void a_file_that_others_may_write_is_refused(void **state)
{
    struct place *place = *state;

    write_file(place->path, "", 0620);
    place->settings.mode = "0640";
    assert_refused(place, "has mode 0620, which gives others more than 0640; chmod it, or set the option mode");
}

static void a_file_of_another_user_is_refused(void **state)
{
    struct place *place = *state;

    if (geteuid() != 0)
        skip();
    write_file(place->path, "", 0600);
    assert_int_equal(chown(place->path, 4711, 0), 0);
    assert_refused(place, "belongs to uid 4711; it has to belong to root or to the running user (uid 0)");
}

static void what_is_no_regular_file_is_refused(void **state)
{
    struct place *place = *state;
    char link[96];

    place->settings.path = "/dev/null";
    assert_refused(place, "is not a regular file; name another path");
    place->settings.path = place->folder;
    assert_refused(place, "cannot be opened: Is a directory; name a file");
    assert_int_equal(mkfifo(place->path, 0600), 0);
    place->settings.path = place->path;
    assert_refused(place, "is not a regular file; name another path");

    snprintf(link, sizeof link, "%s/link", place->folder);
    assert_int_equal(symlink("audit.jsonl.1", link), 0);
    place->settings.path = link;
    assert_refused(place, "is a symbolic link; name the file itself");
}

static void a_missing_directory_is_named(void **state)
{
    struct place *place = *state;

    place->settings.path = "/nonexistent/audit.jsonl";
    assert_refused(place, "cannot be opened: No such file or directory; create its directory");
}

static void a_mode_that_is_none_is_refused(void **state)
{
    static const char *const modes[] = {"", "rw", "0800", "01777", "0400", "-0600", " 0600", "0600x", "07777777777"};
    struct place *place = *state;

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        place->settings.mode = modes[i];
        assert_int_equal(open_sink(place), ATT_RESULT_CONFIG);
        assert_string_equal(place->option, "mode");
        assert_string_equal(place->sentence, "it is no octal number that lets the owner read and write; write "
                                             "for example \"0640\"");
    }
    assert_int_equal(access(place->path, F_OK), -1);
}

static int append_without_standard_descriptors(struct place *place)
{
    close(0);
    close(1);
    close(2);
    if (open_sink(place) != ATT_RESULT_OK || append(place, "{\"a\":1}") != ATT_RESULT_OK)
        return 1;
    return write(0, "x", 1) < 0 && write(1, "x", 1) < 0 && write(2, "x", 1) < 0 ? 0 : 2;
}

static int in_child(int (*body)(struct place *), struct place *place)
{
    int status = -1;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0)
        _exit(body(place));
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void what_a_program_prints_never_gets_into_the_file(void **state)
{
    struct place *place = *state;

    assert_int_equal(in_child(append_without_standard_descriptors, place), 0);
    assert_content(place->path, "{\"a\":1}\n");
}

/* ---- lines that were cut off ---- */

static void after_a_crash_the_torn_line_is_ended_and_reported(void **state)
{
    struct place *place = *state;
    char expected[1024], text[512];

    write_file(place->path, "{\"a\":0}\n{\"a\":", 0600);
    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":2}"), ATT_RESULT_OK);
    snprintf(expected, sizeof expected, "{\"a\":0}\n{\"a\":\n%s{\"a\":1}\n{\"a\":2}\n", recovery(text));
    assert_content(place->path, expected);
}

static void a_torn_line_of_another_process_loses_no_record(void **state)
{
    struct place *place = *state;
    char expected[1024], text[512];
    int other;

    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
    other = open(place->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(other, "{\"b\":1}\n", 8), 8);
    assert_int_equal(append(place, "{\"a\":2}"), ATT_RESULT_OK);
    assert_int_equal(write(other, "{\"b\"", 4), 4);
    close(other);
    assert_int_equal(append(place, "{\"a\":3}"), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":4}"), ATT_RESULT_OK);
    snprintf(expected, sizeof expected, "{\"a\":1}\n{\"b\":1}\n{\"a\":2}\n{\"b\"{\"a\":3}\n%s{\"a\":3}\n{\"a\":4}\n",
             recovery(text));
    assert_content(place->path, expected);
}

/* A limit of file sizes acts as a full disk does: a short write first, then an error. */
static int fill_the_disk(struct place *place)
{
    struct rlimit limit = {.rlim_cur = 20, .rlim_max = RLIM_INFINITY};
    char expected[1024], text[512], sentence[256];
    char *content;
    int result;

    signal(SIGXFSZ, SIG_IGN);
    snprintf(sentence, sizeof sentence,
             "audit file %s cannot be written: File too large; rotate it, or raise the limit of file sizes",
             place->path);
    if (open_sink(place) != ATT_RESULT_OK || append(place, "{\"a\":1}") != ATT_RESULT_OK)
        return 1;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 2;
    for (int i = 0; i < 3; i++) {
        place->call.sentence[0] = '\0';
        if (append(place, "{\"a\":\"does not fit\"}") != ATT_RESULT_UNAVAILABLE)
            return 3;
        if (strcmp(place->call.sentence, sentence) != 0)
            return 4;
    }
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (append(place, "{\"a\":2}") != ATT_RESULT_OK || append(place, "{\"a\":3}") != ATT_RESULT_OK)
        return 5;
    snprintf(expected, sizeof expected, "{\"a\":1}\n{\"a\":\"does n\n%s{\"a\":2}\n{\"a\":3}\n", recovery(text));
    content = read_file(place->path);
    result = strcmp(content, expected) == 0 ? 0 : 6;
    free(content);
    place->module->close(place->sink);
    return result;
}

static void a_full_disk_fails_the_call_and_tears_one_line_only(void **state)
{
    assert_int_equal(in_child(fill_the_disk, *state), 0);
}

/* ---- many writers ---- */

struct tally {
    int records, recoveries, torn;
    int next[16]; /* per writer, the number its next record must have */
    bool ordered;
};

/* Counts the lines of the file; those of a writer must be in order and without gaps. */
static struct tally count_lines(const char *path)
{
    struct tally tally = {.ordered = true};
    char *content = read_file(path), *rest = content, *line;

    while ((line = strsep(&rest, "\n")) && rest) {
        json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        json_t *writer = json_object_get(record, "writer");

        if (!record) {
            tally.torn++;
        } else if (writer) {
            int *next = &tally.next[json_integer_value(writer)];

            tally.records++;
            tally.ordered = tally.ordered && json_integer_value(json_object_get(record, "number")) == (*next)++;
        } else {
            tally.recoveries++;
        }
        json_decref(record);
    }
    assert_string_equal(line, "");
    free(content);
    return tally;
}

static bool append_number(struct place *place, int writer, int number)
{
    char json[512];

    /* Lengths differ, so that lines cross pages at all places. */
    snprintf(json, sizeof json, "{\"writer\":%d,\"number\":%d,\"filler\":\"%.*s\"}", writer, number, number % 300,
             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    return append(place, json) == ATT_RESULT_OK;
}

enum { THREADS = 8, PER_THREAD = 1250 };

struct writer {
    struct place *place;
    int number;
};

static void *write_numbers(void *context)
{
    struct writer *writer = context;

    for (int i = 0; i < PER_THREAD; i++)
        if (!append_number(writer->place, writer->number, i))
            return NULL;
    return writer;
}

static int write_from_threads(struct place *place, int first)
{
    struct writer writers[THREADS];
    pthread_t threads[THREADS];
    int failures = 0;

    if (open_sink(place) != ATT_RESULT_OK)
        return 1;
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){place, first + i};
        pthread_create(&threads[i], NULL, write_numbers, &writers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;

        pthread_join(threads[i], &result);
        failures += !result;
    }
    return failures;
}

static void threads_of_two_processes_lose_and_mix_no_line(void **state)
{
    struct place *place = *state;
    struct tally tally;
    int status = -1;
    pid_t other;

    fflush(NULL);
    other = fork();
    if (other == 0)
        _exit(write_from_threads(place, THREADS));
    assert_int_equal(write_from_threads(place, 0), 0);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(status, 0);
    tally = count_lines(place->path);
    assert_int_equal(tally.records, 2 * THREADS * PER_THREAD);
    assert_int_equal(tally.torn, 0);
    assert_int_equal(tally.recoveries, 0);
    assert_true(tally.ordered);
}

static void killed_writers_tear_at_most_a_line_each(void **state)
{
    enum { KILLS = 10 };
    struct place *place = *state;
    struct tally tally;

    for (int writer = 0; writer < KILLS; writer++) {
        pid_t child = fork();

        if (child == 0) {
            if (open_sink(place) != ATT_RESULT_OK)
                _exit(1);
            for (int number = 0; append_number(place, writer, number); number++)
                ;
            _exit(2);
        }
        nanosleep(&(struct timespec){.tv_nsec = 3000000 + writer * 100000}, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        waitpid(child, NULL, 0);
    }
    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    assert_true(append_number(place, KILLS, 0));
    tally = count_lines(place->path);
    assert_true(tally.ordered);
    assert_true(tally.records > KILLS);
    assert_int_equal(tally.next[KILLS], 1);
    assert_true(tally.torn <= KILLS);
    assert_true(tally.recoveries >= tally.torn);
}

static void ignore_alarm(int signal_number)
{
    (void)signal_number;
}

static void signals_do_not_disturb_a_record(void **state)
{
    struct place *place = *state;
    struct sigaction old, action = {.sa_handler = ignore_alarm};
    const struct itimerval storm = {{0, 50}, {0, 50}}, calm = {{0, 0}, {0, 0}};
    struct tally tally;

    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    sigaction(SIGALRM, &action, &old);
    setitimer(ITIMER_REAL, &storm, NULL);
    for (int i = 0; i < 5000; i++)
        assert_true(append_number(place, 0, i));
    setitimer(ITIMER_REAL, &calm, NULL);
    sigaction(SIGALRM, &old, NULL);
    tally = count_lines(place->path);
    assert_int_equal(tally.records, 5000);
    assert_int_equal(tally.torn + tally.recoveries, 0);
    assert_true(tally.ordered);
}

/* ---- rotation ---- */

static void wait_for_next_look(void)
{
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 50000000}, NULL);
}

static void a_renamed_file_is_left_within_a_second(void **state)
{
    struct place *place = *state;
    char rotated[128];

    snprintf(rotated, sizeof rotated, "%s/audit.jsonl.1", place->folder);
    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
    assert_int_equal(rename(place->path, rotated), 0);
    wait_for_next_look();
    assert_int_equal(append(place, "{\"a\":2}"), ATT_RESULT_OK);
    assert_content(rotated, "{\"a\":1}\n");
    assert_content(place->path, "{\"a\":2}\n");
}

static void a_removed_file_is_made_again_within_a_second(void **state)
{
    struct place *place = *state;

    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
    assert_int_equal(unlink(place->path), 0);
    wait_for_next_look();
    assert_int_equal(append(place, "{\"a\":2}"), ATT_RESULT_OK);
    assert_content(place->path, "{\"a\":2}\n");
}

static void a_truncated_file_goes_on_from_its_start(void **state)
{
    struct place *place = *state;

    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
    assert_int_equal(truncate(place->path, 0), 0);
    assert_int_equal(append(place, "{\"a\":2}"), ATT_RESULT_OK);
    assert_content(place->path, "{\"a\":2}\n");
}

static void a_replacement_that_may_not_be_used_fails_until_it_is_mended(void **state)
{
    struct place *place = *state;
    char rotated[128], sentence[512];

    snprintf(rotated, sizeof rotated, "%s/audit.jsonl.1", place->folder);
    snprintf(sentence, sizeof sentence,
             "audit file %s has mode 0666, which gives others more than 0600; chmod it, or set the option mode",
             place->path);
    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
    assert_int_equal(rename(place->path, rotated), 0);
    write_file(place->path, "", 0666);
    wait_for_next_look();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(append(place, "{\"a\":2}"), ATT_RESULT_UNAVAILABLE);
        assert_string_equal(place->call.sentence, sentence);
    }
    assert_int_equal(chmod(place->path, 0600), 0);
    assert_int_equal(append(place, "{\"a\":3}"), ATT_RESULT_OK);
    assert_content(rotated, "{\"a\":1}\n");
    assert_content(place->path, "{\"a\":3}\n");
}

/* Once it was alone for two looks, a sink trusts to its looks; a second process is then noticed by the next one. */
static void a_process_that_was_alone_notices_another(void **state)
{
    struct place *place = *state;
    char expected[1024], text[512];
    int other;

    assert_int_equal(open_sink(place), ATT_RESULT_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(append(place, "{\"a\":1}"), ATT_RESULT_OK);
        wait_for_next_look();
    }
    assert_int_equal(append(place, "{\"a\":2}"), ATT_RESULT_OK);
    other = open(place->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(other, "{\"b\"", 4), 4);
    close(other);
    wait_for_next_look();
    assert_int_equal(append(place, "{\"a\":3}"), ATT_RESULT_OK);
    snprintf(expected, sizeof expected, "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n{\"a\":2}\n{\"b\"{\"a\":3}\n%s{\"a\":3}\n",
             recovery(text));
    assert_content(place->path, expected);
}

static int append_as_nobody(struct place *place)
{
    char sentence[512];

    snprintf(sentence, sizeof sentence,
             "audit file %s cannot be opened: Permission denied; let this user write to it, or name another path",
             place->path);
    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    if (open_sink(place) != ATT_RESULT_CONFIG)
        return 2;
    return strcmp(place->sentence, sentence) == 0 ? 0 : 3;
}

static void a_file_that_cannot_be_written_is_refused(void **state)
{
    struct place *place = *state;

    write_file(place->path, "", 0400);
    assert_int_equal(chmod(place->folder, 0755), 0);
    assert_int_equal(in_child(append_as_nobody, place), 0);
}

static void the_table_tells_what_the_module_is(void **state)
{
    struct place *place = *state;
    const struct att_audit *module = place->module;

    assert_int_equal(module->magic, ATT_MODULE_MAGIC);
    assert_int_equal(module->size, sizeof *module);
    assert_int_equal(module->abi_major, ATT_ABI_MAJOR);
    assert_int_equal(module->threading, ATT_THREADING_FREE);
    assert_string_equal(module->name, "audit_file");
    assert_string_equal(module->options[0].name, "path");
    assert_int_equal(module->options[0].flags, ATT_OPTION_REQUIRED);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_record_becomes_a_line_in_a_file_of_its_mode),
        IN_PLACE(records_follow_those_that_are_there),
        IN_PLACE(a_file_that_others_may_read_is_refused),
        IN_PLACE(a_file_that_others_may_write_is_refused),
        IN_PLACE(a_file_of_another_user_is_refused),
        IN_PLACE(a_file_that_cannot_be_written_is_refused),
        IN_PLACE(what_is_no_regular_file_is_refused),
        IN_PLACE(a_missing_directory_is_named),
        IN_PLACE(a_mode_that_is_none_is_refused),
        IN_PLACE(what_a_program_prints_never_gets_into_the_file),
        IN_PLACE(after_a_crash_the_torn_line_is_ended_and_reported),
        IN_PLACE(a_torn_line_of_another_process_loses_no_record),
        IN_PLACE(a_full_disk_fails_the_call_and_tears_one_line_only),
        IN_PLACE(threads_of_two_processes_lose_and_mix_no_line),
        IN_PLACE(killed_writers_tear_at_most_a_line_each),
        IN_PLACE(signals_do_not_disturb_a_record),
        IN_PLACE(a_renamed_file_is_left_within_a_second),
        IN_PLACE(a_removed_file_is_made_again_within_a_second),
        IN_PLACE(a_truncated_file_goes_on_from_its_start),
        IN_PLACE(a_process_that_was_alone_notices_another),
        IN_PLACE(a_replacement_that_may_not_be_used_fails_until_it_is_mended),
        IN_PLACE(the_table_tells_what_the_module_is),
    };

    return cmocka_run_group_tests_name("audit_file", tests, NULL, NULL);
}
