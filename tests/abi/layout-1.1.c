/* tests/abi/layout-1.1.c: holds the frozen header to the layout of 1.1, to the last byte: it is not to be edited. */
#include "tests/abi/layout-1.1.h"

#if UINTPTR_MAX == UINT64_MAX
IS(sizeof(struct att_fetch), 144);
IS(sizeof(struct att_outcome), 32);
IS(sizeof(struct att_process), 72);
IS(sizeof(struct att_process_end), 24);
IS(sizeof(struct att_named_secret), 16);
IS(sizeof(struct att_secret_facts), 104);
IS(sizeof(struct att_cache_promise), 32);
IS(sizeof(struct att_host), 424);
IS(sizeof(struct att_provider), 152);
IS(sizeof(struct att_audit), 96);
#endif
IS(ATT_ABI_MINOR, 1);
IS(ATT_RESULT_COUNT, 15);
