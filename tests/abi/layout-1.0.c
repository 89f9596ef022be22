/* tests/abi/layout-1.0.c: holds the frozen header to the layout of 1.0, to the last byte: it is not to be edited. */
#include "tests/abi/layout.h"

#if UINTPTR_MAX == UINT64_MAX
IS(sizeof(struct att_note), 80);
IS(sizeof(struct att_option), 56);
IS(sizeof(struct att_fetch), 136);
IS(sizeof(struct att_fact), 16);
IS(sizeof(struct att_host), 312);
IS(sizeof(struct att_provider), 104);
IS(sizeof(struct att_record), 56);
IS(sizeof(struct att_audit), 88);
#endif
IS(ATT_ABI_MINOR, 0);
IS(ATT_RESULT_COUNT, 15);
