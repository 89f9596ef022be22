/* tests/abi/layout.h: where 1.0 has every member of a public struct of module.h, and every number that it gives a name.
 *
 * Compiled against the header of today and against the frozen one. Structs may grow at their end; nothing here may ever
 * change. For machines with pointers of 64 bits. */
#ifndef TEST_ABI_LAYOUT_H
#define TEST_ABI_LAYOUT_H

#include <attache/module.h>

#define AT(type, member, offset, size)                                                                        \
    _Static_assert(offsetof(struct type, member) == (offset) && sizeof(((struct type *)0)->member) == (size), \
                   #type "." #member " has moved")
#define AT_LEAST(type, size) _Static_assert(sizeof(struct type) >= (size), #type " has shrunk")
#define IS(name, number) _Static_assert((name) == (number), #name " has changed")

#if UINTPTR_MAX == UINT64_MAX
AT(att_note, vendor_size, 0, 4);
AT(att_note, body_size, 4, 4);
AT(att_note, type, 8, 4);
AT(att_note, vendor, 12, 8);
AT(att_note, kind, 20, 4);
AT(att_note, abi_major, 24, 2);
AT(att_note, abi_minor, 26, 2);
AT(att_note, table_size, 28, 4);
AT(att_note, name, 32, 48);
AT_LEAST(att_note, 80);

AT(att_option, name, 0, 8);
AT(att_option, type, 8, 4);
AT(att_option, flags, 12, 4);
AT(att_option, minimum, 16, 8);
AT(att_option, maximum, 24, 8);
AT(att_option, choices, 32, 8);
AT(att_option, initial, 40, 8);
AT(att_option, help, 48, 8);
AT_LEAST(att_option, 56);

AT(att_fact, name, 0, 8);
AT(att_fact, value, 8, 8);
AT_LEAST(att_fact, 16);

AT(att_fetch, size, 0, 8);
AT(att_fetch, call, 8, 8);
AT(att_fetch, deadline_ns, 16, 8);
AT(att_fetch, caller, 24, 8);
AT(att_fetch, caller_type, 32, 4);
AT(att_fetch, attempt, 36, 4);
AT(att_fetch, grant, 40, 8);
AT(att_fetch, provider, 48, 8);
AT(att_fetch, account, 56, 8);
AT(att_fetch, method, 64, 8);
AT(att_fetch, scheme, 72, 8);
AT(att_fetch, host, 80, 8);
AT(att_fetch, port, 88, 4);
AT(att_fetch, path, 96, 8);
AT(att_fetch, reason, 104, 8);
AT(att_fetch, context, 112, 8);
AT(att_fetch, user_token, 120, 8);
AT(att_fetch, request_id, 128, 8);
AT_LEAST(att_fetch, 136);

AT(att_host, magic, 0, 4);
AT(att_host, size, 4, 4);
AT(att_host, abi_major, 8, 2);
AT(att_host, abi_minor, 10, 2);
AT(att_host, reserved, 12, 4);
AT(att_host, features, 16, 8);
AT(att_host, version, 24, 8);
AT(att_host, context, 32, 8);
AT(att_host, allocate, 40, 8);
AT(att_host, resize, 48, 8);
AT(att_host, release, 56, 8);
AT(att_host, secret_create, 64, 8);
AT(att_host, secret_append, 72, 8);
AT(att_host, secret_borrow, 80, 8);
AT(att_host, secret_return, 88, 8);
AT(att_host, secret_equal, 96, 8);
AT(att_host, secret_destroy, 104, 8);
AT(att_host, log, 112, 8);
AT(att_host, setting_text, 120, 8);
AT(att_host, setting_integer, 128, 8);
AT(att_host, setting_list, 136, 8);
AT(att_host, setting_secret, 144, 8);
AT(att_host, setting_entry, 152, 8);
AT(att_host, open_failed, 160, 8);
AT(att_host, promise_prompt, 168, 8);
AT(att_host, now_ns, 176, 8);
AT(att_host, wall, 184, 8);
AT(att_host, cancelled, 192, 8);
AT(att_host, fetch_failed, 200, 8);
AT(att_host, retry_after, 208, 8);
AT(att_host, candidate, 216, 8);
AT(att_host, credential_material, 224, 8);
AT(att_host, credential_secret, 232, 8);
AT(att_host, credential_kind, 240, 8);
AT(att_host, credential_expires, 248, 8);
AT(att_host, credential_scopes, 256, 8);
AT(att_host, credential_account, 264, 8);
AT(att_host, credential_has, 272, 8);
AT(att_host, place_header, 280, 8);
AT(att_host, place_basic, 288, 8);
AT(att_host, place_query, 296, 8);
AT(att_host, place_cookie, 304, 8);
AT_LEAST(att_host, 312);

AT(att_provider, magic, 0, 4);
AT(att_provider, size, 4, 4);
AT(att_provider, abi_major, 8, 2);
AT(att_provider, abi_minor, 10, 2);
AT(att_provider, threading, 12, 4);
AT(att_provider, offers, 16, 8);
AT(att_provider, needs, 24, 8);
AT(att_provider, name, 32, 8);
AT(att_provider, version, 40, 8);
AT(att_provider, options, 48, 8);
AT(att_provider, option_size, 56, 8);
AT(att_provider, open, 64, 8);
AT(att_provider, close, 72, 8);
AT(att_provider, fetch, 80, 8);
AT(att_provider, inject, 88, 8);
AT(att_provider, invalidate, 96, 8);
AT_LEAST(att_provider, 104);

AT(att_record, size, 0, 8);
AT(att_record, json, 8, 8);
AT(att_record, json_size, 16, 8);
AT(att_record, event, 24, 8);
AT(att_record, phase, 32, 8);
AT(att_record, request_id, 40, 8);
AT(att_record, time_us, 48, 8);
AT_LEAST(att_record, 56);

AT(att_audit, magic, 0, 4);
AT(att_audit, size, 4, 4);
AT(att_audit, abi_major, 8, 2);
AT(att_audit, abi_minor, 10, 2);
AT(att_audit, threading, 12, 4);
AT(att_audit, offers, 16, 8);
AT(att_audit, needs, 24, 8);
AT(att_audit, name, 32, 8);
AT(att_audit, version, 40, 8);
AT(att_audit, options, 48, 8);
AT(att_audit, option_size, 56, 8);
AT(att_audit, open, 64, 8);
AT(att_audit, close, 72, 8);
AT(att_audit, append, 80, 8);
AT_LEAST(att_audit, 88);

#endif

IS(ATT_RESULT_OK, 0);
IS(ATT_RESULT_NONE, 1);
IS(ATT_RESULT_NOT_FOUND, 2);
IS(ATT_RESULT_AMBIGUOUS, 3);
IS(ATT_RESULT_DENIED, 4);
IS(ATT_RESULT_REAUTH, 5);
IS(ATT_RESULT_EXPIRED, 6);
IS(ATT_RESULT_REVOKED, 7);
IS(ATT_RESULT_UNAVAILABLE, 8);
IS(ATT_RESULT_DEADLINE, 9);
IS(ATT_RESULT_CANCELLED, 10);
IS(ATT_RESULT_CONFIG, 11);
IS(ATT_RESULT_NOMEM, 12);
IS(ATT_RESULT_FAULT, 13);
IS(ATT_RESULT_PENDING, 14);
IS(ATT_KIND_PROVIDER, 1);
IS(ATT_KIND_AUDIT, 2);
IS(ATT_KIND_POLICY, 3);
IS(ATT_OPTION_TEXT, 1);
IS(ATT_OPTION_INTEGER, 2);
IS(ATT_OPTION_BOOLEAN, 3);
IS(ATT_OPTION_DURATION, 4);
IS(ATT_OPTION_SIZE, 5);
IS(ATT_OPTION_PATH, 6);
IS(ATT_OPTION_CHOICE, 7);
IS(ATT_OPTION_SECRET, 8);
IS(ATT_OPTION_TEXT_LIST, 9);
IS(ATT_OPTION_REQUIRED, 1);
IS(ATT_LEVEL_ERROR, 0);
IS(ATT_LEVEL_WARNING, 1);
IS(ATT_LEVEL_INFO, 2);
IS(ATT_LEVEL_DEBUG, 3);
IS(ATT_THREADING_SERIAL, 0);
IS(ATT_THREADING_INSTANCE, 1);
IS(ATT_THREADING_FREE, 2);
IS(ATT_HOST_MEMORY, UINT64_C(1) << 0);
IS(ATT_HOST_SECRETS, UINT64_C(1) << 1);
IS(ATT_HOST_LOG, UINT64_C(1) << 2);
IS(ATT_HOST_SETTINGS, UINT64_C(1) << 3);
IS(ATT_HOST_CLOCK, UINT64_C(1) << 4);
IS(ATT_HOST_HTTP, UINT64_C(1) << 5);
IS(ATT_HOST_PROCESS, UINT64_C(1) << 6);
IS(ATT_HOST_STATE, UINT64_C(1) << 7);
IS(ATT_OFFERS_FETCH, UINT64_C(1) << 0);
IS(ATT_OFFERS_INJECT, UINT64_C(1) << 1);
IS(ATT_OFFERS_INVALIDATE, UINT64_C(1) << 2);
IS(ATT_RESULT_COUNT >= 15, 1);
IS(ATT_ABI_MAJOR, 1);
IS(ATT_MODULE_MAGIC, 0x4d545441u);
IS(ATT_HOST_MAGIC, 0x48545441u);
IS(ATT_NOTE_TYPE, 1u);
IS(sizeof ATT_NOTE_VENDOR, 8);

#endif
