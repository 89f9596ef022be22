/* inject.h: from credentials and placements to the bytes that are sent. A module says what kind and where; the bytes
 * are built here, in secret memory, last of all. */
#ifndef ATT_INJECT_H
#define ATT_INJECT_H

#include "core/credential/credential.h"
#include "core/error/error.h"
#include "core/url/url.h"

#define ATT_INJECTION_LINES 16

/* What a body with a credential in it is. */
enum att_body_kind { ATT_BODY_FORM, ATT_BODY_JSON };

struct att_injection {
    struct att_arena *arena;
    struct att_secret *lines[ATT_INJECTION_LINES]; /* "name: value" */
    size_t line_count;
    struct att_secret *cookie; /* the one cookie line, while it grows; then also in lines */
    struct att_secret *target; /* the URL with the credential's query parameters; NULL when it has none */
    struct att_secret *body;   /* the body with the credential's fields; NULL when it has none */
    enum att_body_kind body_kind;
    const char *content_type; /* of a body that was made for the credential; NULL where the application names it */
    /* What signs the request once everything else is in it, and the credential that signs; NULL when nothing does. Both
     * live as long as the injection. */
    const struct att_config_inject *signing;
    const struct att_credential *signing_credential;
    size_t placed_lines;           /* what stands in `lines` before the signature */
    struct att_sign_chunks chunks; /* where it signs each chunk of a body that is streamed */
};

/* What the application asked to be sent, and what messages call the grant. */
struct att_outgoing {
    const char *grant;
    const struct att_url *url;
    const char *method;
    const att_pair *headers; /* ends with a NULL name; or NULL */
    const void *body;
    size_t body_size;
    const char *content_type; /* or NULL: in headers, or nowhere */
    bool streamed;            /* the body is read while it is sent, and `body` is NULL */
    bool body_dropped;        /* a redirect took it off, and with it what would go there */
};

void att_injection_open(struct att_injection *injection, struct att_arena *arena);
void att_injection_close(struct att_injection *injection); /* wipes */
void att_injection_drop_body(struct att_injection *injection);
/* Whether anything of a credential is in it. */
bool att_injection_is_placed(const struct att_injection *injection);

/* Places one credential wherever `injects` says. Two credentials in one place, a part that the credential lacks, and a
 * value that the place cannot hold are errors; so is a body that has no room for a credential (ATT_INVALID).
 * ATT_CONFIG, ATT_MODULE, ATT_NOMEM. */
att_status att_inject(struct att_injection *injection, const struct att_credential *credential,
                      const struct att_config_inject *injects, size_t count, const struct att_outgoing *outgoing,
                      att_error *error);

/* Signs the request, last of all and anew for each time that it is sent: the lines of the signature before are dropped,
 * and new ones added. `request` is what goes out, without them. Nothing happens where nothing signs. A signature in the
 * query makes a new `target`. ATT_CONFIG, ATT_INVALID, ATT_MODULE, ATT_NOMEM, ATT_INTERNAL. */
att_status att_injection_sign(struct att_injection *injection, struct att_signer *signer,
                              const struct att_outgoing *outgoing, const struct att_sign_request *request,
                              att_error *error);
/* Whether a part of the credential is no secret where it signs so: the name of the key, region and service. */
bool att_injection_shows(const struct att_injection *injection, const struct att_credential *credential,
                         const char *part);

/* Whether the injection sets this header, in whatever case, or its signature will. */
bool att_injection_occupies(const struct att_injection *injection, const char *name);

#endif
