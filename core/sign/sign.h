/* sign.h: signatures over a request. The core knows only this seam; libcrypto is behind it, in a shared object of its
 * own that is loaded when the first request is signed.
 *
 * AWS Signature Version 4 with the signature in headers ("Authenticating Requests: Using the Authorization Header", AWS
 * General Reference, "Signature Version 4 signing process"), and an HMAC (RFC 2104) over a message that a site writes
 * down. What is signed is the request as it goes over the wire: whoever changes a header, the query or the body
 * afterwards breaks the signature. */
#ifndef ATT_SIGN_H
#define ATT_SIGN_H

#include "core/error/error.h"
#include "core/secret/secret.h"
#include "core/sign/day_key.h"

#define ATT_SIGNER_VERSION 1 /* library and signer are of one build: refused when it differs */

/* The request as it will be sent. */
struct att_sign_request {
    const char *method;
    const char *scheme;
    const char *host;           /* the value of the host header */
    const char *path;           /* as sent; "" is read as "/" */
    const char *query;          /* as sent, without "?"; NULL when there is none */
    const char *const *headers; /* "name: value" lines that will be sent beside those of the signature */
    size_t header_count;
    const void *body; /* may be NULL when body_size is 0 */
    size_t body_size;
    bool streamed;      /* the body is read while it is sent, and is not known yet */
    uint64_t read_size; /* how many bytes it will have; 0: not known */
    int64_t time;       /* Unix seconds */
};

/* ---- AWS Signature Version 4 ------------------------------------------------------------------------------------- */

enum att_sign_payload {
    ATT_SIGN_BODY,     /* the SHA-256 of the body */
    ATT_SIGN_UNSIGNED, /* UNSIGNED-PAYLOAD: only where the service takes that, as S3 does over TLS */
    ATT_SIGN_STREAMED  /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD: each chunk of the body carries a signature of its own */
};

/* What goes on after the signature of a request whose chunks are signed: each signature is over the one before
 * ("Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks", Amazon S3). */
#define ATT_SIGN_HEX_SIZE 65
struct att_sign_chunks {
    struct att_secret *key; /* NULL: no chunks are signed */
    char stamp[17], scope[ATT_DAY_KEY_SCOPE], previous[ATT_SIGN_HEX_SIZE];
};
void att_sign_chunks_close(struct att_sign_chunks *chunks); /* wipes */

struct att_sign_aws {
    const char *region, *service;
    enum att_sign_payload payload;
    bool plain_path; /* S3: the path is encoded once and not normalised; else twice, without dot segments and "//" */
    bool body_line;  /* x-amz-content-sha256 is sent and signed; with another payload than the body it always is */
    const struct att_secret *access_key, *secret_key;
    const struct att_secret *session_token; /* or NULL */
    struct att_sign_chunks *chunks;         /* filled in for STREAMED */
    struct att_day_key *day_key;            /* keeps the key of a day; or NULL: it is derived each time */
};

/* Whether a service is of the S3 kind: plain_path and body_line. */
bool att_sign_is_s3(const char *service);

/* What is to be sent in addition: "authorization: ..." first, then x-amz-date, x-amz-content-sha256 and
 * x-amz-security-token where they are due. Owned by whoever asked. */
#define ATT_SIGNATURE_LINES 4
struct att_signature {
    struct att_secret *lines[ATT_SIGNATURE_LINES];
    size_t count;
};
void att_signature_close(struct att_signature *signature); /* wipes */

/* ---- HMAC over the request --------------------------------------------------------------------------------------- */

enum att_sign_algorithm { ATT_SIGN_SHA256, ATT_SIGN_SHA512, ATT_SIGN_SHA1 };
enum att_sign_encoding { ATT_SIGN_HEX, ATT_SIGN_BASE64 }; /* lower case; RFC 4648 section 4 with padding */

struct att_sign_hmac {
    const char *message; /* text around {names} */
    enum att_sign_algorithm algorithm;
    enum att_sign_encoding encoding;
    const struct att_secret *key;
    const char *nonce; /* what {nonce} is; "" when there is none */
};

/* The names that a message may hold: {method} {scheme} {host} {path} {query} {target} {body} {body_sha256} {timestamp}
 * {nonce} {newline}. Path and query are as sent, {target} is both with the "?" between them; {body_sha256} is in
 * lower-case hex, {timestamp} in Unix seconds. */
enum att_sign_name {
    ATT_SIGN_METHOD,
    ATT_SIGN_SCHEME,
    ATT_SIGN_HOST,
    ATT_SIGN_PATH,
    ATT_SIGN_QUERY,
    ATT_SIGN_TARGET,
    ATT_SIGN_BODY_BYTES,
    ATT_SIGN_BODY_SHA256,
    ATT_SIGN_TIMESTAMP,
    ATT_SIGN_NONCE,
    ATT_SIGN_NEWLINE,
    ATT_SIGN_NAMES /* no name: the end of the message, or a mistake in it */
};
/* A walk over a message: the text before the next name, and the name. False at the end of the message, and at a
 * mistake, which `*message` then begins with. */
bool att_sign_message_next(const char **message, size_t *literal, enum att_sign_name *name);

/* 128 random bits as hex. False when the system has none to give. */
#define ATT_SIGN_NONCE_SIZE 33
bool att_sign_nonce(char nonce[ATT_SIGN_NONCE_SIZE]);

/* ---- signers ----------------------------------------------------------------------------------------------------- */

/* A loaded signer: thread-safe. Secrets it makes are of `arena`; errors are ATT_NOMEM, ATT_INVALID for a request that
 * is too large, ATT_MODULE for a key that no header can hold, ATT_CONFIG for a digest that libcrypto does not offer. */
struct att_signer {
    att_status (*aws)(struct att_signer *signer, struct att_arena *arena, const struct att_sign_request *request,
                      const struct att_sign_aws *aws, struct att_signature *signature, att_error *error);
    /* The signature of the next chunk, left in chunks->previous; the last one is empty. */
    att_status (*chunk)(struct att_signer *signer, struct att_sign_chunks *chunks, const void *bytes, size_t size,
                        att_error *error);
    /* The signature's text. */
    att_status (*hmac)(struct att_signer *signer, struct att_arena *arena, const struct att_sign_request *request,
                       const struct att_sign_hmac *hmac, struct att_secret **signature, att_error *error);
    void (*close)(struct att_signer *signer);
};

/* What a signer's shared object exports as `attache_signer`. */
struct att_signer_entry {
    unsigned version; /* ATT_SIGNER_VERSION */
    struct att_signer *(*open)(void);
};

/* Loads <directory of libattache>/attache/sign/openssl.so and opens it. NULL with ATT_CONFIG, ATT_INTERNAL or
 * ATT_NOMEM. */
struct att_signer *att_signer_load(att_error *error);
/* The same from a given file. */
struct att_signer *att_signer_open(const char *path, att_error *error);

#endif
