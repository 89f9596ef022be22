/* bench/rounds.h: the protocol between bench.py and the programs it measures.
 *
 * A program reads a count from each line of its standard input, does that many requests, and answers with one line:
 * the nanoseconds they took, the peak of its memory in KiB, and the nanoseconds of processor time. So rounds of several
 * programs can be interleaved while each keeps its connection. */
#ifndef ATT_BENCH_ROUNDS_H
#define ATT_BENCH_ROUNDS_H

#include <stdbool.h>

/* One request; false ends the program with an error. */
typedef bool (*rounds_request)(void *context);

/* Serves rounds until standard input ends. Returns the exit status. */
int rounds_serve(rounds_request request, void *context);

#endif
