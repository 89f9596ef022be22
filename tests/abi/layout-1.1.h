/* tests/abi/layout-1.1.h: what 1.1 added: where every new member is, and every number that it gives a name.
 *
 * Compiled against the header of today and against the frozen one, as layout.h is. */
#ifndef TEST_ABI_LAYOUT_1_1_H
#define TEST_ABI_LAYOUT_1_1_H

#include "tests/abi/layout.h"

#if UINTPTR_MAX == UINT64_MAX
AT(att_fetch, refused, 136, 8);
AT_LEAST(att_fetch, 144);

AT(att_outcome, size, 0, 8);
AT(att_outcome, status, 8, 8);
AT(att_outcome, http_status, 16, 4);
AT(att_outcome, latency_us, 24, 8);
AT_LEAST(att_outcome, 32);

AT(att_process, size, 0, 8);
AT(att_process, program, 8, 8);
AT(att_process, sha256, 16, 8);
AT(att_process, arguments, 24, 8);
AT(att_process, environment, 32, 8);
AT(att_process, input, 40, 8);
AT(att_process, output_limit, 48, 8);
AT(att_process, flags, 56, 4);
AT(att_process, timeout_ms, 64, 8);
AT_LEAST(att_process, 72);

AT(att_process_end, size, 0, 8);
AT(att_process_end, output, 8, 8);
AT(att_process_end, exit_status, 16, 4);
AT(att_process_end, signal, 20, 4);
AT_LEAST(att_process_end, 24);

AT(att_named_secret, name, 0, 8);
AT(att_named_secret, value, 8, 8);
AT_LEAST(att_named_secret, 16);

AT(att_secret_facts, size, 0, 8);
AT(att_secret_facts, name, 8, 8);
AT(att_secret_facts, grant, 16, 8);
AT(att_secret_facts, type, 24, 8);
AT(att_secret_facts, inject, 32, 8);
AT(att_secret_facts, origins, 40, 8);
AT(att_secret_facts, parts, 48, 8);
AT(att_secret_facts, expires, 56, 8);
AT(att_secret_facts, created, 64, 8);
AT(att_secret_facts, rotated, 72, 8);
AT(att_secret_facts, used, 80, 8);
AT(att_secret_facts, fingerprint, 88, 8);
AT(att_secret_facts, fault, 96, 8);
AT_LEAST(att_secret_facts, 104);

AT(att_cache_promise, size, 0, 8);
AT(att_cache_promise, shared, 8, 4);
AT(att_cache_promise, longest_ms, 16, 8);
AT(att_cache_promise, generation, 24, 8);
AT_LEAST(att_cache_promise, 32);

AT(att_host, promise_cache, 312, 8);
AT(att_host, wish_reports, 320, 8);
AT(att_host, credential_part, 328, 8);
AT(att_host, credential_place, 336, 8);
AT(att_host, credential_origin, 344, 8);
AT(att_host, place, 352, 8);
AT(att_host, state_directory, 360, 8);
AT(att_host, setting_names, 368, 8);
AT(att_host, secret_read, 376, 8);
AT(att_host, secret_listed, 384, 8);
AT(att_host, secret_room, 392, 8);
AT(att_host, secret_took, 400, 8);
AT(att_host, process_run, 408, 8);
AT(att_host, keeps_no_secrets, 416, 8);
AT_LEAST(att_host, 424);

AT(att_provider, report, 104, 8);
AT(att_provider, secret_store, 112, 8);
AT(att_provider, secret_list, 120, 8);
AT(att_provider, secret_remove, 128, 8);
AT(att_provider, secret_rekey, 136, 8);
AT(att_provider, check, 144, 8);
AT_LEAST(att_provider, 152);

AT(att_audit, check, 88, 8);
AT_LEAST(att_audit, 96);
#endif

IS(ATT_OPTION_SECRETS, 10);
IS(ATT_PROCESS_LOG_ERRORS, 1);
IS(ATT_SECRET_CREATE, 0);
IS(ATT_SECRET_REPLACE, 1);
IS(ATT_SHARED_BY_CALLERS, 1);
IS(ATT_SHARED_BY_USERS, 2);
IS(ATT_SHARED_BY_ORIGINS, 4);
IS(ATT_HOST_CACHE, UINT64_C(1) << 8);
IS(ATT_HOST_PLACING, UINT64_C(1) << 9);
IS(ATT_HOST_KEEPING, UINT64_C(1) << 10);
IS(ATT_OFFERS_REPORT, UINT64_C(1) << 3);
IS(ATT_OFFERS_SECRETS, UINT64_C(1) << 4);
IS(ATT_OFFERS_ORIGINS, UINT64_C(1) << 5);

#endif
