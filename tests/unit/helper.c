/* tests/unit/helper.c: a helper that behaves as its first argument says, mostly badly. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void print_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    int own = folder ? dirfd(folder) : -1;

    printf("descriptors:");
    for (int number = 0; number < 1024; number++) {
        rewinddir(folder);
        while ((entry = readdir(folder)) != NULL)
            if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) == number && number != own)
                printf(" %d", number);
    }
    closedir(folder);
    printf("\n");
}

/* Of the signals that programs use: glibc keeps two of the others for itself. */
static void print_signals(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];

    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "SigBlk:", 7) == 0 || strncmp(line, "SigIgn:", 7) == 0)
            printf("%.6s: %llx\n", line, strtoull(line + 7, NULL, 16) & 0x7fffffff);
    if (status)
        fclose(status);
}

/* All that a helper can see of who runs it. */
static int facts(int count, char **arguments)
{
    char folder[4096];

    for (int i = 0; i < count; i++)
        printf("argument: %s\n", arguments[i]);
    for (char **variable = environ; *variable; variable++)
        printf("environment: %s\n", *variable);
    printf("folder: %s\n", getcwd(folder, sizeof folder));
    print_descriptors();
    printf("session: %s\n", getsid(0) == getpid() && getpgid(0) == getpid() ? "own" : "another's");
    print_signals();
    printf("input: %d\n", getchar());
    return 0;
}

static int write_all(int descriptor, long size)
{
    static char room[4096];

    for (size_t i = 0; i < sizeof room; i++)
        room[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 26);
    while (size > 0) {
        ssize_t count = write(descriptor, room, size < (long)sizeof room ? (size_t)size : sizeof room);
        if (count <= 0)
            return 1;
        size -= count;
    }
    return 0;
}

/* Leaves a process behind that has our output open, says its number, and exits. */
static int leave_behind(int session)
{
    pid_t child = fork();

    if (child == 0) {
        if (session)
            setsid();
        while (1)
            pause();
    }
    /* Until it has its session: what has not left yet would be ended with us. */
    while (session && getsid(child) != child)
        usleep(1000);
    printf("%ld\n", (long)child);
    return 0;
}

static int count_input(void)
{
    unsigned long sum = 0, size = 0;
    int byte;

    while ((byte = getchar()) != EOF) {
        sum = sum * 31 + (unsigned long)byte;
        size++;
    }
    printf("%lu %lu\n", size, sum);
    return 0;
}

int main(int count, char **arguments)
{
    const char *act = count > 1 ? arguments[1] : "facts";
    long number = count > 2 ? strtol(arguments[2], NULL, 10) : 0;

    if (strcmp(act, "facts") == 0)
        return facts(count, arguments);
    if (strcmp(act, "become") == 0)
        return execl(arguments[2], arguments[2], "root", count > 3 ? arguments[3] : NULL, (char *)NULL);
    if (strcmp(act, "root") == 0) {
        if (setresuid(0, 0, 0) != 0)
            return 98;
        alarm(60); /* nobody may be there who can end it */
        signal(SIGPIPE, SIG_IGN);
        fprintf(stderr, "root\n");
        write_all(1, number);
        while (1)
            pause();
    }
    if (strcmp(act, "hang") == 0)
        while (1)
            pause();
    if (strcmp(act, "stubborn") == 0) {
        signal(SIGTERM, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        close(0);
        close(1);
        close(2);
        while (1)
            pause();
    }
    if (strcmp(act, "print") == 0)
        return write_all(1, number);
    if (strcmp(act, "complain") == 0)
        return write_all(2, number);
    if (strcmp(act, "say") == 0)
        return fprintf(stderr, "%s\n", arguments[2]) < 0 || puts("said") < 0;
    if (strcmp(act, "child") == 0)
        return leave_behind(0);
    if (strcmp(act, "session") == 0)
        return leave_behind(1);
    if (strcmp(act, "exit") == 0)
        return (int)number;
    if (strcmp(act, "die") == 0)
        return raise((int)number);
    if (strcmp(act, "deaf") == 0) {
        close(0);
        usleep(20000);
        return puts("deaf") < 0;
    }
    if (strcmp(act, "count") == 0)
        return count_input();
    return 99;
}
