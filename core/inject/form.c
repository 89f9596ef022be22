/* core/inject/form.c: a credential in a field of a form (application/x-www-form-urlencoded, as the URL Standard of the
 * WHATWG has it). */
#include <string.h>

#include "core/inject/place.h"

static int digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next character of a name as a server reads it, -1 at its end. What is no escape stands for itself. */
static int next_character(const char **at, const char *end)
{
    const char *here = *at;

    if (here == end || *here == '=')
        return -1;
    if (*here == '%' && end - here > 2 && digit(here[1]) >= 0 && digit(here[2]) >= 0) {
        *at += 3;
        return digit(here[1]) << 4 | digit(here[2]);
    }
    ++*at;
    return *here == '+' ? ' ' : (unsigned char)*here;
}

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* Some servers do not tell capital letters from small ones. */
static bool is_called(const char *field, const char *end, const char *name)
{
    for (; *name; name++)
        if (lower(next_character(&field, end)) != lower((unsigned char)*name))
            return false;
    return next_character(&field, end) < 0;
}

/* Whether a form has the field, however it is spelled. Some servers take ";" for "&" (HTML 4.01 appendix B.2.2). */
static bool has_field(const struct att_body *body, const char *name)
{
    const char *at = body->bytes, *end = body->size ? at + body->size : at;

    while (at < end) {
        const char *next = at;
        while (next < end && *next != '&' && *next != ';')
            next++;
        if (is_called(at, next, name))
            return true;
        at = next < end ? next + 1 : end;
    }
    return false;
}

att_status att_place_form(const struct att_placing *placing)
{
    const char *name = placing->inject->name;
    const struct att_body own = {placing->outgoing->body, placing->outgoing->body_size};
    struct att_body body;
    struct att_secret *grown;
    att_status status = att_body_check(placing, ATT_BODY_FORM, &body);
    size_t size;

    if (status != ATT_OK)
        return status;
    if (has_field(&own, name))
        return att_invalid(placing->error, "body",
                           "the form field %s is refused: the credential of grant \"%s\" goes there; leave it out",
                           name, placing->outgoing->grant);
    if (has_field(&body, name))
        return att_place_taken(placing, "form field", name);
    status = att_format_measure(placing, ATT_SPELL_PERCENT, &size);
    if (status != ATT_OK)
        return status;
    grown =
        att_body_start(placing, &body, body.size, size + att_spelled_size(name, strlen(name), ATT_SPELL_PERCENT) + 2);
    if (!grown)
        return placing->error->status;
    if (body.size)
        att_secret_append_text(grown, "&");
    att_spell(grown, name, strlen(name), ATT_SPELL_PERCENT);
    att_secret_append_text(grown, "=");
    att_format_fill(placing, ATT_SPELL_PERCENT, grown);
    att_body_finish(placing, ATT_BODY_FORM, &body, body.size, grown);
    return ATT_OK;
}
