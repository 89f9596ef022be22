/* core/base/json.c: writing JSON text (RFC 8259) into a buffer. */
#include <string.h>

#include "core/base/base.h"

/* Length of the UTF-8 sequence at `text` (RFC 3629: no overlong forms, no surrogates), or 0 when there is none. */
static size_t sequence(const unsigned char *text, size_t size)
{
    unsigned char first = text[0];
    unsigned char low = 0x80, high = 0xbf;
    size_t length;

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size < length)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (text[i] < 0x80 || text[i] > 0xbf)
            return 0;
    return length;
}

bool att_text_is_utf8(const char *text, size_t size)
{
    size_t at = 0;

    while (at < size) {
        size_t length = sequence((const unsigned char *)text + at, size - at);
        if (!length)
            return false;
        at += length;
    }
    return true;
}

static void escape(struct att_buffer *buffer, unsigned char character)
{
    static const char short_forms[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    const char *form = NULL;

    for (size_t i = 0; i + 1 < sizeof short_forms; i += 2)
        if ((unsigned char)short_forms[i] == character)
            form = short_forms + i + 1;
    att_buffer_char(buffer, '\\');
    if (form) {
        att_buffer_char(buffer, *form);
    } else {
        att_buffer_text(buffer, "u00");
        att_buffer_hex(buffer, &character, 1);
    }
}

static bool is_plain(unsigned char character)
{
    return character >= 0x20 && character < 0x7f && character != '"' && character != '\\';
}

/* Whether eight bytes stand for themselves: none is below 0x20, `"`, `\\`, or 0x7f and above. In each term the high bit
 * of such a byte is set; a borrow or carry that could mark another one comes only out of a byte that is marked. */
static bool is_plain_word(const unsigned char *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    uint64_t word;

    memcpy(&word, text, sizeof word);
    return !((word | (word + ones) | (word - ones * 0x20) | ((word ^ (ones * '"')) - ones) |
              ((word ^ (ones * '\\')) - ones)) &
             high);
}

size_t att_json_plain(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;

    while (size - at >= sizeof(uint64_t) && is_plain_word(bytes + at))
        at += sizeof(uint64_t);
    /* The last eight bytes overlap what was seen. */
    if (size - at < sizeof(uint64_t) && size >= sizeof(uint64_t) && is_plain_word(bytes + size - sizeof(uint64_t)))
        return size;
    while (at < size && is_plain(bytes[at]))
        at++;
    return at;
}

void att_json_content(struct att_buffer *buffer, const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;

    while (at < size) {
        size_t length = att_json_plain(text + at, size - at);

        if (length) {
            att_buffer_add(buffer, text + at, length);
            at += length;
            continue;
        }
        length = sequence(bytes + at, size - at);
        if (length > 1) {
            att_buffer_add(buffer, text + at, length);
        } else if (length == 1) {
            escape(buffer, bytes[at]);
        } else {
            att_buffer_text(buffer, "\xef\xbf\xbd");
            length = 1;
        }
        at += length;
    }
}

void att_json_text_size(struct att_buffer *buffer, const char *text, size_t size)
{
    att_buffer_char(buffer, '"');
    att_json_content(buffer, text, size);
    att_buffer_char(buffer, '"');
}

void att_json_text(struct att_buffer *buffer, const char *text)
{
    if (text)
        att_json_text_size(buffer, text, strlen(text));
    else
        att_buffer_text(buffer, "null");
}

void att_json_name(struct att_buffer *buffer, const char *name)
{
    char last = buffer->size ? buffer->data[buffer->size - 1] : '{';

    if (last != '{' && last != '[' && last != ':')
        att_buffer_char(buffer, ',');
    att_buffer_char(buffer, '"');
    att_buffer_text(buffer, name);
    att_buffer_text(buffer, "\":");
}

void att_json_member(struct att_buffer *buffer, const char *name, const char *text)
{
    if (!text)
        return;
    att_json_name(buffer, name);
    att_json_text(buffer, text);
}

void att_json_member_number(struct att_buffer *buffer, const char *name, int64_t number)
{
    att_json_name(buffer, name);
    att_buffer_number(buffer, number);
}
