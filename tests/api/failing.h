/* failing.h: allocation that fails when it is told to, in the whole process, and a count of the blocks in use. */
#ifndef ATT_TEST_FAILING_H
#define ATT_TEST_FAILING_H

#include <stdbool.h>

/* The n-th allocation from now on fails, by whomever and on whatever thread; 0: none. */
void failing_arm(long n);
/* None fails any more. Says whether one did. */
bool failing_disarm(void);
/* Whether the allocation that failed was one of libcurl's own. */
bool failing_was_libcurls(void);
long failing_live(void);

#endif
