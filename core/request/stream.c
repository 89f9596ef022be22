/* core/request/stream.c: a body that the application streams, as it goes over the wire: as it is, or in chunks that are
 * signed one by one (aws-chunked of Amazon S3). */
#include <stdio.h>
#include <string.h>

#include "core/request/run.h"

/* A chunk: its size in hex, ";chunk-signature=", the signature, CR LF, the bytes, CR LF. */
enum { CHUNK_BYTES = 65536, CHUNK_FRAME = 17 + 64 + 2 + 2, CHUNK_HEAD = 128 };

static size_t fail(struct att_run *run, const char *trouble)
{
    run->stream.trouble = trouble;
    return ATT_EXCHANGE_NO_READ;
}

/* The next bytes as the application gives them. */
static size_t read_plain(struct att_run *run, void *buffer, size_t capacity)
{
    struct att_run_stream *stream = &run->stream;
    bool known = run->options.read_size > 0;
    size_t got;

    if (known && stream->left < capacity)
        capacity = (size_t)stream->left;
    if (stream->ended || !capacity)
        return 0;
    got = run->options.read(run->options.read_context, buffer, capacity);
    if (got > capacity)
        return fail(run, "the callback that reads its body said that it cannot; see what that ran into");
    if (!got && known)
        return fail(run, "its body ended before the size that was given for it; give what it has, or 0");
    stream->ended = !got;
    stream->left -= known ? got : 0;
    return got;
}

/* Reads and signs the next chunk. False with the trouble in the stream, or with its status and the error of the run. */
static bool make_chunk(struct att_run *run)
{
    struct att_run_stream *stream = &run->stream;
    struct att_signer *signer = att_snapshot_signer(run->snapshot, run->error);
    struct att_sign_chunks *chunks = &run->injection.chunks;
    size_t size = 0, got = 1;
    char *bytes;
    int head;

    if (!stream->chunk)
        stream->chunk = att_pool_take(run->pool, CHUNK_HEAD + CHUNK_BYTES + 2);
    if (!stream->chunk || !signer) {
        stream->status = signer ? att_nomem(run->error) : run->error->status;
        return false;
    }
    bytes = stream->chunk + CHUNK_HEAD;
    while (size < CHUNK_BYTES && got) {
        got = read_plain(run, bytes + size, CHUNK_BYTES - size);
        if (got == ATT_EXCHANGE_NO_READ)
            return false;
        size += got;
    }
    stream->status = signer->chunk(signer, chunks, bytes, size, run->error);
    if (stream->status != ATT_OK)
        return false;
    head = snprintf(NULL, 0, "%zx;chunk-signature=%s\r\n", size, chunks->previous);
    stream->chunk_at = CHUNK_HEAD - (size_t)head;
    snprintf(stream->chunk + stream->chunk_at, (size_t)head, "%zx;chunk-signature=%s\r", size, chunks->previous);
    bytes[-1] = '\n'; /* where the text before ended */
    bytes[size] = '\r';
    bytes[size + 1] = '\n';
    stream->chunk_size = CHUNK_HEAD + size + 2;
    stream->chunks_ended = !size;
    return true;
}

static size_t read_chunked(struct att_run *run, char *buffer, size_t capacity)
{
    struct att_run_stream *stream = &run->stream;
    size_t size;

    if (stream->chunk_at == stream->chunk_size) {
        if (stream->chunks_ended)
            return 0;
        if (!make_chunk(run))
            return ATT_EXCHANGE_NO_READ;
    }
    size = stream->chunk_size - stream->chunk_at;
    if (size > capacity)
        size = capacity;
    memcpy(buffer, stream->chunk + stream->chunk_at, size);
    stream->chunk_at += size;
    return size;
}

size_t att_run_read(struct att_run *run, void *buffer, size_t capacity)
{
    return run->injection.chunks.key && !run->crossed_origin ? read_chunked(run, buffer, capacity)
                                                             : read_plain(run, buffer, capacity);
}

static uint64_t chunk_size(uint64_t size)
{
    return (uint64_t)snprintf(NULL, 0, "%jx", (uintmax_t)size) + CHUNK_FRAME + size;
}

uint64_t att_run_stream_size(const struct att_run *run)
{
    uint64_t size = run->options.read_size, rest = size % CHUNK_BYTES;

    if (!size)
        return UINT64_MAX;
    if (!run->injection.chunks.key || run->crossed_origin)
        return size;
    return size / CHUNK_BYTES * chunk_size(CHUNK_BYTES) + (rest ? chunk_size(rest) : 0) + chunk_size(0);
}
