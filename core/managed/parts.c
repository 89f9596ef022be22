/* core/managed/parts.c: the parts of a secret, read straight into secret memory, and every reason to refuse one. */
#include "core/managed/managed.h"

#include <string.h>

/* What a request can carry is the limit of what is kept; the room beyond it is to see that there is more. */
enum { VALUE_LIMIT = 48 * 1024, ROOM = 64 * 1024 + 1 };

void att_secret_parts_close(struct att_secret_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        att_secret_destroy(parts->values[i]);
    *parts = (struct att_secret_parts){.count = 0};
}

bool att_secret_parts_have(const struct att_secret_parts *parts, const char *name, size_t size)
{
    for (size_t i = 0; i < parts->count; i++)
        if (strlen(parts->list[i].name) == size && memcmp(parts->list[i].name, name, size) == 0)
            return true;
    return false;
}

static att_status refuse(struct att_keeping *keeping, const char *part, const char *why)
{
    return att_invalid(keeping->errand.error, part, "%s of secret \"%s\" %s", part, keeping->name, why);
}

/* One line break at the end is how text arrives from files and pipes. It is cut off, and said, for it may be meant. */
static void trim(struct att_keeping *keeping, const char *part, struct att_secret *value)
{
    const char *bytes = att_secret_bytes(value);
    size_t size = att_secret_size(value);

    if (size == 0 || bytes[size - 1] != '\n')
        return;
    size -= size > 1 && bytes[size - 2] == '\r' ? 2 : 1;
    att_secret_truncate(value, size);
    att_log(att_engine_environment(keeping->errand.client->engine), ATT_LOG_INFO,
            "secret \"%s\": a line break at the end of %s was cut off", keeping->name, part);
}

static att_status check(struct att_keeping *keeping, const char *part, const struct att_secret *value)
{
    const char *bytes = att_secret_bytes(value);
    size_t size = att_secret_size(value);

    if (size > VALUE_LIMIT)
        return refuse(keeping, part, "is larger than 48 KiB: no request can carry it; check what was read");
    if (memchr(bytes, '\0', size) || !att_text_is_utf8(bytes, size))
        return refuse(keeping, part,
                      "is binary: a request carries text; encode it as its service wants it, for example in base64");
    if (memchr(bytes, '\n', size) || memchr(bytes, '\r', size))
        return refuse(keeping, part,
                      "has a line break in it: no header can carry one; give it as one line, or encode it");
    if (att_text_has_control(bytes))
        return refuse(keeping, part, "has a control character in it: check what was read, and give plain text");
    return ATT_OK;
}

/* Takes the value in, whose memory is the parts' from here on. */
static att_status add(struct att_keeping *keeping, struct att_secret_parts *parts, const char *name,
                      struct att_secret *value)
{
    parts->values[parts->count] = value;
    parts->list[parts->count++] = (struct att_named_secret){name, value};
    return check(keeping, name, value);
}

static att_status add_text(struct att_keeping *keeping, struct att_secret_parts *parts, const char *name,
                           const char *text)
{
    struct att_secret *value = att_secret_from(keeping->errand.arena, text, strlen(text));

    if (!value)
        return att_nomem(keeping->errand.error);
    if (*text)
        return add(keeping, parts, name, value);
    att_secret_destroy(value);
    return refuse(keeping, name, "is empty: give it a value");
}

/* The content of a value in a slot of its own size, so that the room it was read into is free for the next. */
static struct att_secret *shrink(struct att_arena *arena, struct att_secret *value)
{
    struct att_secret *small = att_secret_from(arena, att_secret_bytes(value), att_secret_size(value));

    att_secret_destroy(value);
    return small;
}

static att_status read_part(struct att_keeping *keeping, const att_secret_options *options,
                            const struct att_template_part *part, struct att_secret_parts *parts)
{
    const char *prompt = part->optional
                             ? att_pool_format(keeping->errand.pool, "%s (leave empty for none)", part->prompt)
                             : part->prompt;
    struct att_secret *value = att_secret_create(keeping->errand.arena, ROOM);
    size_t size;

    if (!value || !prompt) {
        att_secret_destroy(value);
        return att_nomem(keeping->errand.error);
    }
    size = options->read(options->read_context, part->name, prompt, part->hidden, att_secret_tail(value), ROOM);
    if (size > ROOM) {
        att_secret_destroy(value);
        return size == ATT_SECRET_NONE
                   ? refuse(keeping, part->name, "was not given: nothing was changed; run it again to give it")
                   : refuse(keeping, part->name, "is larger than 48 KiB: no request can carry it; check what was read");
    }
    att_secret_advance(value, size);
    trim(keeping, part->name, value);
    value = shrink(keeping->errand.arena, value);
    if (!value)
        return att_nomem(keeping->errand.error);
    if (att_secret_size(value) > 0)
        return add(keeping, parts, part->name, value);
    att_secret_destroy(value);
    return part->optional ? ATT_OK : refuse(keeping, part->name, "is empty: nothing was read; give it a value");
}

static const char *given_text(const att_secret_options *options, const char *name)
{
    for (const att_pair *pair = options->parts; pair && pair->name; pair++)
        if (strcmp(pair->name, name) == 0)
            return pair->value ? pair->value : "";
    return NULL;
}

static const char *names_of(struct att_keeping *keeping, const struct att_template_part *wanted, size_t count)
{
    struct att_buffer names;
    const char *text;

    att_buffer_open(&names, 1024);
    for (size_t i = 0; i < count; i++)
        att_buffer_format(&names, "%s%s", i ? ", " : "", wanted[i].name);
    text = att_buffer_ok(&names) && names.size ? att_pool_text(keeping->errand.pool, names.data) : NULL;
    att_buffer_close(&names);
    return text ? text : "none";
}

/* Values that stand in the options may be only those that everybody may see. */
static att_status check_given(struct att_keeping *keeping, const att_secret_options *options,
                              const struct att_template_part *wanted, size_t count)
{
    for (const att_pair *pair = options->parts; pair && pair->name; pair++) {
        size_t at = 0;

        while (at < count && strcmp(wanted[at].name, pair->name) != 0)
            at++;
        if (at == count)
            return att_invalid(keeping->errand.error, "parts",
                               "part \"%s\" is none of secret \"%s\"; its parts are: %s", pair->name, keeping->name,
                               names_of(keeping, wanted, count));
        if (wanted[at].hidden)
            return att_invalid(keeping->errand.error, "parts",
                               "part \"%s\" is a secret: it is read, never written on the command line; leave it out "
                               "there, and give it when it is asked for",
                               pair->name);
        if (wanted[at].value)
            return att_invalid(keeping->errand.error, "parts",
                               "part \"%s\" has the value of its template, which is the same for everybody; leave it "
                               "out",
                               pair->name);
    }
    return ATT_OK;
}

att_status att_secret_parts_read(struct att_keeping *keeping, const att_secret_options *options,
                                 const struct att_template_part *wanted, size_t count, struct att_secret_parts *parts)
{
    att_status status = check_given(keeping, options, wanted, count);

    *parts = (struct att_secret_parts){.count = 0};
    for (size_t i = 0; status == ATT_OK && i < count; i++) {
        const char *text = wanted[i].value ? wanted[i].value : given_text(options, wanted[i].name);

        if (text)
            status = add_text(keeping, parts, wanted[i].name, text);
        else if (options->read)
            status = read_part(keeping, options, &wanted[i], parts);
        else if (!wanted[i].optional)
            status = att_invalid(keeping->errand.error, "read",
                                 "%s of secret \"%s\" cannot be read: read is NULL; give a function that reads it",
                                 wanted[i].name, keeping->name);
    }
    return status;
}
