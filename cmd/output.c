/* cmd/output.c: printing: JSON, text from outside made safe for a terminal, colours, and the check at the end. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/fail.h"
#include "cmd/output.h"

/* The length of the UTF-8 character that text begins with (RFC 3629), 0 if it is none. Never reads past the NUL. */
static size_t character_length(const unsigned char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : text[0] >> 3 == 30 ? 4 : 0;
    uint32_t code = length > 1 ? text[0] & (0x7fu >> length) : text[0];

    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (length > 1 && (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)))
        return 0;
    return length;
}

/* True for C0, DEL and, as UTF-8, C1 control characters. */
static bool is_control(const unsigned char *text, size_t length)
{
    return (length == 1 && (text[0] < 0x20 || text[0] == 0x7f)) || (length == 2 && text[0] == 0xc2 && text[1] < 0xa0);
}

static void print_json_text(FILE *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    fputc('"', out);
    while (*at) {
        size_t length = character_length(at);

        if (length == 0)
            fputs("\xef\xbf\xbd", out);
        else if (is_control(at, length))
            fprintf(out, "\\u%04x", length == 1 ? at[0] : at[1]);
        else if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else
            fwrite(at, 1, length, out);
        at += length ? length : 1;
    }
    fputc('"', out);
}

static void print_json_name(struct cmd_json *json, const char *name)
{
    if (json->comma)
        fputc(',', json->out);
    if (name)
        fprintf(json->out, "\"%s\":", name);
    json->comma = true;
}

void cmd_json_open(struct cmd_json *json, const char *name, char bracket)
{
    print_json_name(json, name);
    fputc(bracket, json->out);
    json->comma = false;
}

void cmd_json_close(struct cmd_json *json, char bracket)
{
    fputc(bracket, json->out);
    json->comma = true;
}

void cmd_json_text(struct cmd_json *json, const char *name, const char *text)
{
    if (!text)
        return;
    print_json_name(json, name);
    print_json_text(json->out, text);
}

void cmd_json_count(struct cmd_json *json, const char *name, int64_t number)
{
    print_json_name(json, name);
    fprintf(json->out, "%" PRId64, number);
}

void cmd_json_number(struct cmd_json *json, const char *name, int64_t number)
{
    if (number)
        cmd_json_count(json, name, number);
}

void cmd_json_boolean(struct cmd_json *json, const char *name, bool value)
{
    print_json_name(json, name);
    fputs(value ? "true" : "false", json->out);
}

void cmd_json_list(struct cmd_json *json, const char *name, const char *const *texts)
{
    if (!texts || !texts[0])
        return;
    cmd_json_open(json, name, '[');
    for (size_t i = 0; texts[i]; i++)
        cmd_json_text(json, NULL, texts[i]);
    cmd_json_close(json, ']');
}

char *cmd_safe_text(const char *text)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = (const unsigned char *)(text ? text : "");
    char *copy = malloc(4 * strlen((const char *)at) + 1), *end = copy;

    while (copy && *at) {
        size_t length = character_length(at);
        bool plain = length && !is_control(at, length);

        for (size_t left = length ? length : 1; left; left--, at++) {
            if (plain) {
                *end++ = (char)*at;
            } else {
                const char escape[] = {'\\', 'x', digits[*at >> 4], digits[*at & 15]};
                memcpy(end, escape, sizeof escape);
                end += sizeof escape;
            }
        }
    }
    if (copy)
        *end = '\0';
    return copy;
}

void cmd_print_safe(FILE *out, const char *text)
{
    char *copy = cmd_safe_text(text);

    if (copy)
        fputs(copy, out);
    free(copy);
}

void cmd_print_unkept(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text > ' ' && *text < 0x7f)
            fputc(*text, out);
        else
            fprintf(out, "\\x%02x", (unsigned char)*text);
    }
}

int cmd_text_width(const char *text)
{
    int width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

const char *cmd_colour(FILE *out, enum cmd_colour colour)
{
    static const char *const sequences[] = {[CMD_RED] = "\033[31m",
                                            [CMD_GREEN] = "\033[32m",
                                            [CMD_YELLOW] = "\033[33m",
                                            [CMD_BOLD] = "\033[1m",
                                            [CMD_DIM] = "\033[2m"};
    const char *terminal = secure_getenv("TERM"), *no_colour = secure_getenv("NO_COLOR");

    if ((no_colour && *no_colour) || !terminal || strcmp(terminal, "dumb") == 0 || !isatty(fileno(out)))
        return "";
    return sequences[colour];
}

void cmd_print_colour(FILE *out, enum cmd_colour colour, const char *text)
{
    const char *start = cmd_colour(out, colour);

    fputs(start, out);
    cmd_print_safe(out, text);
    fputs(*start ? CMD_PLAIN : "", out);
}

int cmd_output_finish(const struct cmd_call *call)
{
    int saved;

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    saved = errno;
    if (saved == EPIPE)
        return cmd_fail_here(call, ATT_STATE, NULL, "standard output: its reader closed it; nothing more was written");
    return cmd_fail_here(call, ATT_STATE, NULL, "standard output: %s; make room or send the output elsewhere",
                         saved ? strerror(saved) : "an earlier write failed");
}
