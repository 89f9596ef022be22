/* core/sign/openssl/chunk.c: the signature of one chunk of a body that is streamed to S3. */
#include "core/sign/openssl/openssl.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

att_status sign_chunk(struct att_signer *base, struct att_sign_chunks *chunks, const void *bytes, size_t size,
                      att_error *error)
{
    const struct signer *signer = (const struct signer *)base;
    unsigned char digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1], room[ATT_DAY_KEY_SCOPE + 320];
    struct text text = {room, room + sizeof room, false};
    struct hash hash;

    if (!hash_open(&hash, signer->digests[ATT_SIGN_SHA256]))
        return att_nomem(error);
    hash_all(&hash, bytes, size, digest);
    hex_write(hex, digest, sizeof digest);
    text_string(&text, "AWS4-HMAC-SHA256-PAYLOAD\n");
    text_string(&text, chunks->stamp);
    text_char(&text, '\n');
    text_string(&text, chunks->scope);
    text_string(&text, "/aws4_request\n");
    text_string(&text, chunks->previous);
    text_string(&text, "\n" EMPTY_SHA256 "\n");
    text_string(&text, hex);
    hmac_all(&hash, att_secret_bytes(chunks->key), att_secret_size(chunks->key), room, (size_t)(text.at - room),
             digest);
    hex_write(chunks->previous, digest, sizeof digest);
    hash_close(&hash);
    return hash.failed || text.failed ? sign_fail_digest(error) : ATT_OK;
}
