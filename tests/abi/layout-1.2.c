/* tests/abi/layout-1.2.c: holds the frozen header to the layout of 1.2, to the last byte: it is not to be edited. */
#include "tests/abi/layout-1.2.h"

#if UINTPTR_MAX == UINT64_MAX
IS(sizeof(struct att_outcome), 96);
IS(sizeof(struct att_datum), 24);
IS(sizeof(struct att_http_header), 24);
IS(sizeof(struct att_http), 72);
IS(sizeof(struct att_http_answer), 4128);
IS(sizeof(struct att_grant_query), 48);
IS(sizeof(struct att_grant_facts), 112);
IS(sizeof(struct att_connect_wish), 64);
IS(sizeof(struct att_execution), 40);
IS(sizeof(struct att_host), 552);
IS(sizeof(struct att_provider), 200);
IS(sizeof(struct att_fetch), 144);
IS(sizeof(struct att_audit), 96);
#endif
IS(ATT_ABI_MINOR, 2);
IS(ATT_RESULT_COUNT, 17);
