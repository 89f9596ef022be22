/* core/audit/record.c: the text of an audit record, written straight into a buffer. */
#include <string.h>
#include <unistd.h>

#include "core/audit/audit.h"

/* The literal start of a member and its length. */
#define NAME(literal) (literal), sizeof(literal) - 1

/* The size of the character that the text starts with, and how many bytes of JSON it takes at most. */
static size_t character(const char *text, size_t size, size_t *written)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0x80 ? 2 : 1;

    if (length > size || !att_text_is_utf8(text, length)) {
        *written = 3; /* of U+FFFD */
        return 1;
    }
    *written = length;
    if (length == 1 && !att_json_plain(text, 1))
        *written = first == '"' || first == '\\' ? 2 : 6;
    return length;
}

size_t att_record_fit(const char *text, size_t size, size_t room)
{
    size_t at = 0, used = 0, written, length;

    if (size <= room / 6 || (size <= room && att_json_plain(text, size) == size))
        return size;
    while (at < size) {
        length = character(text + at, size - at, &written);
        if (used + written > room)
            break;
        at += length;
        used += written;
    }
    return at;
}

/* Where a text of which `limit` bytes are too few ends at a border of UTF-8. */
static size_t border(const char *text, size_t limit)
{
    size_t at = limit;

    while (at && limit - at < 3 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* The value of a member whose name was written, with its closing quote. */
static void add_value(struct att_buffer *buffer, const char *text, size_t size, bool cut)
{
    att_json_content(buffer, text, size);
    att_buffer_text(buffer, cut ? "...\"" : "\"");
}

/* `name` ends with the opening quote of the value; a NULL value is left out. A plain text, which nearly every one is,
 * takes one step of the buffer. */
static void add_text(struct att_buffer *buffer, const char *name, size_t name_size, const char *text)
{
    size_t size = text ? strlen(text) : 0, shown;
    char *room;

    if (!text)
        return;
    if (size > ATT_RECORD_NAME || att_json_plain(text, size) != size) {
        shown = att_record_fit(text, size, ATT_RECORD_NAME);
        att_buffer_add(buffer, name, name_size);
        add_value(buffer, text, shown, shown < size);
        return;
    }
    room = att_buffer_reserve(buffer, name_size + size + 1);
    if (!room)
        return;
    memcpy(room, name, name_size);
    memcpy(room + name_size, text, size);
    room[name_size + size] = '"';
    att_buffer_advance(buffer, name_size + size + 1);
}

/* The same for what a person or a program wrote at length. */
static void add_sentence(struct att_buffer *buffer, const char *name, size_t name_size, const char *text)
{
    size_t size = text ? strlen(text) : 0;
    bool cut = size > ATT_RECORD_SENTENCE;

    if (!text)
        return;
    att_buffer_add(buffer, name, name_size);
    add_value(buffer, text, cut ? border(text, ATT_RECORD_SENTENCE) : size, cut);
}

static void add_number(struct att_buffer *buffer, const char *name, size_t name_size, int64_t number)
{
    if (number < 0)
        return;
    att_buffer_add(buffer, name, name_size);
    att_buffer_number(buffer, number);
}

bool att_record_origin_find(struct att_record_origin *origin)
{
    char exe[257];
    ssize_t size = readlink("/proc/self/exe", exe, sizeof exe - 1);
    struct att_buffer text;
    bool found;

    exe[size < 0 ? 0 : size] = '\0';
    att_buffer_open(&text, sizeof origin->text);
    add_number(&text, NAME(",\"pid\":"), getpid());
    add_number(&text, NAME(",\"uid\":"), getuid());
    add_text(&text, NAME(",\"exe\":\""), exe);
    found = att_buffer_ok(&text);
    if (found) {
        memcpy(origin->text, text.data, text.size);
        origin->size = text.size;
    }
    att_buffer_close(&text);
    return found;
}

static void add_time(struct att_buffer *buffer, int64_t time_us)
{
    char text[ATT_TIME_TEXT_SIZE];

    att_time_text(time_us, text);
    att_buffer_add(buffer, NAME("{\"schema\":1,\"time\":\""));
    att_buffer_add(buffer, text, sizeof text - 1);
    att_buffer_char(buffer, '"');
}

static void add_url(struct att_buffer *buffer, const char *url)
{
    if (!url)
        return;
    att_buffer_add(buffer, NAME(",\"url\":\""));
    att_record_url(buffer, url);
    att_buffer_char(buffer, '"');
}

static void add_context(struct att_buffer *buffer, const att_pair *context)
{
    if (!context || !context->name)
        return;
    att_buffer_add(buffer, NAME(",\"context\":{"));
    for (const att_pair *pair = context; pair->name; pair++) {
        att_buffer_text(buffer, pair == context ? "\"" : ",\"");
        att_json_content(buffer, pair->name, strlen(pair->name));
        att_buffer_text(buffer, "\":");
        att_json_text(buffer, pair->value);
    }
    att_buffer_char(buffer, '}');
}

void att_record_format(struct att_buffer *buffer, const struct att_record_fields *fields,
                       const struct att_record_origin *origin)
{
    add_time(buffer, fields->time_us);
    add_text(buffer, NAME(",\"event\":\""), fields->event);
    add_text(buffer, NAME(",\"phase\":\""), fields->phase);
    add_text(buffer, NAME(",\"request_id\":\""), fields->request_id);
    add_text(buffer, NAME(",\"caller\":\""), fields->caller);
    add_text(buffer, NAME(",\"caller_type\":\""), fields->caller_type);
    att_buffer_add(buffer, origin->text, origin->size);
    add_text(buffer, NAME(",\"grant\":\""), fields->grant);
    add_text(buffer, NAME(",\"grant_id\":\""), fields->grant_id);
    add_text(buffer, NAME(",\"grant_kind\":\""), fields->grant_kind);
    add_text(buffer, NAME(",\"provider\":\""), fields->provider);
    add_text(buffer, NAME(",\"account\":\""), fields->account);
    add_text(buffer, NAME(",\"stack\":\""), fields->stack);
    add_text(buffer, NAME(",\"method\":\""), fields->method);
    add_url(buffer, fields->url);
    add_sentence(buffer, NAME(",\"reason\":\""), fields->reason);
    add_context(buffer, fields->context);
    add_text(buffer, NAME(",\"decision\":\""), fields->decision);
    add_text(buffer, NAME(",\"rule\":\""), fields->rule);
    add_text(buffer, NAME(",\"outcome\":\""), fields->outcome);
    add_sentence(buffer, NAME(",\"detail\":\""), fields->detail);
    add_number(buffer, NAME(",\"http_status\":"), fields->http_status);
    add_number(buffer, NAME(",\"latency_us\":"), fields->latency_us);
    add_number(buffer, NAME(",\"bytes_in\":"), fields->bytes_in);
    add_number(buffer, NAME(",\"bytes_out\":"), fields->bytes_out);
    add_number(buffer, NAME(",\"retries\":"), fields->retries);
    if (fields->cached >= 0)
        att_buffer_text(buffer, fields->cached ? ",\"cached\":true" : ",\"cached\":false");
    att_buffer_char(buffer, '}');
}
