/* tests/abi/layout-1.2.h: what 1.2 added: where every new member is, and every number that it gives a name.
 *
 * Compiled against the header of today and against the frozen one, as layout.h is. */
#ifndef TEST_ABI_LAYOUT_1_2_H
#define TEST_ABI_LAYOUT_1_2_H

#include "tests/abi/layout-1.1.h"

#if UINTPTR_MAX == UINT64_MAX
AT(att_outcome, url, 32, 8);
AT(att_outcome, request_headers, 40, 8);
AT(att_outcome, response_headers, 48, 8);
AT(att_outcome, request_body, 56, 8);
AT(att_outcome, response_body, 64, 8);
AT(att_outcome, request_body_size, 72, 8);
AT(att_outcome, response_body_size, 80, 8);
AT(att_outcome, request_body_cut, 88, 4);
AT(att_outcome, response_body_cut, 92, 4);
AT_LEAST(att_outcome, 96);

AT(att_datum, name, 0, 8);
AT(att_datum, text, 8, 8);
AT(att_datum, type, 16, 4);
AT(att_datum, line, 20, 4);
AT_LEAST(att_datum, 24);

AT(att_http_header, name, 0, 8);
AT(att_http_header, value, 8, 8);
AT(att_http_header, secret, 16, 8);
AT_LEAST(att_http_header, 24);

AT(att_http, size, 0, 8);
AT(att_http, method, 8, 8);
AT(att_http, url, 16, 8);
AT(att_http, headers, 24, 8);
AT(att_http, header_count, 32, 8);
AT(att_http, body, 40, 8);
AT(att_http, answer_limit, 48, 8);
AT(att_http, taken, 56, 8);
AT(att_http, timeout_ms, 64, 8);
AT_LEAST(att_http, 72);

AT(att_http_answer, size, 0, 8);
AT(att_http_answer, status, 8, 4);
AT(att_http_answer, body, 16, 8);
AT(att_http_answer, retry_after_ms, 24, 8);
AT(att_http_answer, taken, 32, 4096);
AT_LEAST(att_http_answer, 4128);

AT(att_grant_query, size, 0, 8);
AT(att_grant_query, provider, 8, 8);
AT(att_grant_query, status, 16, 8);
AT(att_grant_query, account, 24, 8);
AT(att_grant_query, limit, 32, 8);
AT(att_grant_query, offset, 40, 8);
AT_LEAST(att_grant_query, 48);

AT(att_grant_facts, size, 0, 8);
AT(att_grant_facts, grant, 8, 8);
AT(att_grant_facts, provider, 16, 8);
AT(att_grant_facts, kind, 24, 8);
AT(att_grant_facts, account, 32, 8);
AT(att_grant_facts, account_name, 40, 8);
AT(att_grant_facts, label, 48, 8);
AT(att_grant_facts, status, 56, 8);
AT(att_grant_facts, scopes, 64, 8);
AT(att_grant_facts, principal, 72, 8);
AT(att_grant_facts, scopes_outdated, 80, 4);
AT(att_grant_facts, created, 88, 8);
AT(att_grant_facts, used, 96, 8);
AT(att_grant_facts, expires, 104, 8);
AT_LEAST(att_grant_facts, 112);

AT(att_connect_wish, size, 0, 8);
AT(att_connect_wish, providers, 8, 8);
AT(att_connect_wish, origin, 16, 8);
AT(att_connect_wish, return_url, 24, 8);
AT(att_connect_wish, longest_s, 32, 8);
AT(att_connect_wish, initial_s, 40, 8);
AT(att_connect_wish, scopes, 48, 8);
AT(att_connect_wish, metadata, 56, 8);
AT_LEAST(att_connect_wish, 64);

AT(att_execution, size, 0, 8);
AT(att_execution, url, 8, 8);
AT(att_execution, headers, 16, 8);
AT(att_execution, json, 24, 8);
AT(att_execution, json_size, 32, 8);
AT_LEAST(att_execution, 40);

AT(att_host, http_send, 424, 8);
AT(att_host, pause, 432, 8);
AT(att_host, promise_bounded, 440, 8);
AT(att_host, wish_exchange, 448, 8);
AT(att_host, setting_data, 456, 8);
AT(att_host, data_failed, 464, 8);
AT(att_host, credential_grant, 472, 8);
AT(att_host, credential_scopes_outdated, 480, 8);
AT(att_host, failure_text, 488, 8);
AT(att_host, failure_number, 496, 8);
AT(att_host, grant_listed, 504, 8);
AT(att_host, grant_total, 512, 8);
AT(att_host, connection_opened, 520, 8);
AT(att_host, answer_status, 528, 8);
AT(att_host, answer_header, 536, 8);
AT(att_host, answer_body, 544, 8);
AT_LEAST(att_host, 552);

AT(att_provider, list, 152, 8);
AT(att_provider, revoke, 160, 8);
AT(att_provider, connect_begin, 168, 8);
AT(att_provider, connect_poll, 176, 8);
AT(att_provider, execute, 184, 8);
AT(att_provider, approval, 192, 8);
AT_LEAST(att_provider, 200);
#endif

IS(ATT_RESULT_LIMITED, 15);
IS(ATT_RESULT_BACKEND, 16);
IS(ATT_OPTION_DATA, 11);
IS(ATT_HTTP_TAKEN, 8);
IS(ATT_HTTP_VALUE_SIZE, 512);
IS(ATT_FAILURE_CODE, 1);
IS(ATT_FAILURE_RULE, 2);
IS(ATT_FAILURE_DETAILS, 3);
IS(ATT_FAILURE_MISSING_SCOPE, 4);
IS(ATT_FAILURE_APPROVAL, 5);
IS(ATT_FAILURE_APPROVAL_URL, 6);
IS(ATT_FAILURE_STATE, 7);
IS(ATT_FAILURE_HTTP_STATUS, 8);
IS(ATT_FAILURE_EXPIRES, 9);
IS(ATT_HOST_DATA, UINT64_C(1) << 11);
IS(ATT_HOST_GRANTS, UINT64_C(1) << 12);
IS(ATT_OFFERS_GRANTS, UINT64_C(1) << 6);
IS(ATT_OFFERS_CONNECT, UINT64_C(1) << 7);
IS(ATT_OFFERS_EXECUTE, UINT64_C(1) << 8);

#endif
