/* core/base/buffer.c: the bounded buffer, the only way to build text of unknown length. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base.h"

enum { FIRST_CAPACITY = 256 };

void att_buffer_open(struct att_buffer *buffer, size_t limit)
{
    *buffer = (struct att_buffer){.data = NULL, .limit = limit};
}

void att_buffer_close(struct att_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct att_buffer){.limit = buffer->limit};
}

void att_buffer_clear(struct att_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = buffer->starved = false;
    if (buffer->data)
        buffer->data[0] = '\0';
}

bool att_buffer_ok(const struct att_buffer *buffer)
{
    return !buffer->failed;
}

char *att_buffer_reserve(struct att_buffer *buffer, size_t size)
{
    size_t capacity;
    char *data;

    if (buffer->failed)
        return NULL;
    if (size > buffer->limit || buffer->size > buffer->limit - size) {
        buffer->failed = true;
        return NULL;
    }
    if (buffer->data && buffer->size + size < buffer->capacity)
        return buffer->data + buffer->size;

    capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    while (capacity <= buffer->size + size)
        capacity *= 2;
    data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = buffer->starved = true;
        return NULL;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return data + buffer->size;
}

void att_buffer_advance(struct att_buffer *buffer, size_t size)
{
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void att_buffer_add(struct att_buffer *buffer, const void *bytes, size_t size)
{
    char *room = att_buffer_reserve(buffer, size);

    if (!room)
        return;
    if (size)
        memcpy(room, bytes, size);
    att_buffer_advance(buffer, size);
}

void att_buffer_text(struct att_buffer *buffer, const char *text)
{
    att_buffer_add(buffer, text, strlen(text));
}

void att_buffer_char(struct att_buffer *buffer, char character)
{
    att_buffer_add(buffer, &character, 1);
}

void att_buffer_number(struct att_buffer *buffer, int64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        att_buffer_char(buffer, '-');
    att_buffer_add(buffer, digits + at, sizeof digits - at);
}

void att_buffer_hex(struct att_buffer *buffer, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = bytes;
    char *room = att_buffer_reserve(buffer, size * 2);

    if (!room)
        return;
    for (size_t i = 0; i < size; i++) {
        room[2 * i] = digits[byte[i] >> 4];
        room[2 * i + 1] = digits[byte[i] & 15];
    }
    att_buffer_advance(buffer, size * 2);
}

/* Most texts fit into what is there, so they are formatted in place and a second time only where they do not. */
void att_buffer_format(struct att_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    char *room = att_buffer_reserve(buffer, 0);
    size_t left = room ? buffer->capacity - buffer->size : 0;
    int size;

    if (!room)
        return;
    va_start(arguments, format);
    size = vsnprintf(room, left, format, arguments);
    va_end(arguments);
    if (size < 0) {
        buffer->failed = true;
        return;
    }
    room = att_buffer_reserve(buffer, (size_t)size);
    if (!room) {
        buffer->data[buffer->size] = '\0';
        return;
    }
    if ((size_t)size >= left) {
        va_start(arguments, format);
        vsnprintf(room, (size_t)size + 1, format, arguments);
        va_end(arguments);
    }
    att_buffer_advance(buffer, (size_t)size);
}
