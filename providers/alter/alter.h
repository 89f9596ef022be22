/* alter.h: the client of the Alter service, over what a host gives a module: http_send, secrets, a clock.
 *
 * What the service calls things is no code but a wire profile: words.h has every word of it with its value in alter-1,
 * and a site may write others. What is asked with and what is answered stays in host secrets; answers are read where
 * they are. A client does not change once it is open, but for what it remembers of callers and grants, so any number of
 * threads may use it. attache-alter(7) is the manual. */
#ifndef PROVIDERS_ALTER_H
#define PROVIDERS_ALTER_H

#include <stdbool.h>

#include <attache/module.h>

struct alter;

/* Made by the options of ALTER_OPTIONS (options.h), with the promises and wishes of an instance that asks the service.
 * CONFIG, FAULT or NOMEM with a sentence that has been set. */
att_result alter_open(const struct att_host *host, const struct att_settings *settings, struct alter **made);
/* What open would say but for the key, and no client. */
att_result alter_check(const struct att_host *host, const struct att_settings *settings);
void alter_close(struct alter *alter); /* wipes; NULL is allowed */

/* The calls of a provider. On all but OK the sentence and what else there is to say of the failure have been set. */
att_result alter_fetch(struct alter *alter, const struct att_fetch *fetch, struct att_credential *credential);
att_result alter_list(struct alter *alter, const struct att_fetch *who, const struct att_grant_query *query,
                      struct att_grant_page *page);
att_result alter_revoke(struct alter *alter, const struct att_fetch *who);
att_result alter_connect_begin(struct alter *alter, const struct att_fetch *who, const struct att_connect_wish *wish,
                               struct att_connection *connection);
att_result alter_connect_poll(struct alter *alter, const struct att_fetch *who, const struct att_secret *token,
                              struct att_grant_page *page);
att_result alter_execute(struct alter *alter, const struct att_fetch *fetch, const struct att_execution *execution,
                         struct att_answer *to);
att_result alter_approval(struct alter *alter, const struct att_fetch *who, const char *approval,
                          struct att_answer *to);

/* Of a body in a record. */
enum { ALTER_AUDIT_BODY = 10 << 10 };
/* As `audit` says, and with headers and bodies where the host told of them. */
att_result alter_report(struct alter *alter, const struct att_fetch *fetch, const struct att_outcome *outcome);

#endif
