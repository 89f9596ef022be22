/* bench/rounds.c: reads counts, times that many requests, and writes what it took. */
#include "bench/rounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/base.h"

/* The peak of this program alone; ru_maxrss would still have that of the process which started it. */
static long peak_memory_kib(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    long kib = 0;

    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return kib;
}

/* Of all threads. */
static int64_t processor_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * ATT_NS_PER_S + now.tv_nsec;
}

int rounds_serve(rounds_request request, void *context)
{
    char line[64];

    while (fgets(line, sizeof line, stdin)) {
        long count = strtol(line, NULL, 10);
        int64_t start = att_clock_monotonic_ns(), processor = processor_ns();
        for (long i = 0; i < count; i++)
            if (!request(context))
                return 1;
        printf("%" PRId64 " %ld %" PRId64 "\n", att_clock_monotonic_ns() - start, peak_memory_kib(),
               processor_ns() - processor);
        fflush(stdout);
    }
    return 0;
}
