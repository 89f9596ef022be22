/* core/template/types.c: the built-in types: how a secret is placed, for services that no template knows. */
#include <string.h>

#include "core/template/template.h"

#define TOKEN                                                         \
    {                                                                 \
        .name = "token", .prompt = "API key or token", .hidden = true \
    }

struct type {
    const char *name, *title;
    const char *inject;    /* or NULL, and then */
    const char *place_key; /* what the placement has to have */
    struct att_template_part parts[5];
};

static const struct type types[] = {
    {"aws",
     "AWS access key, as Signature Version 4",
     "{ kind = \"sigv4\"; }",
     NULL,
     {{.name = "token", .prompt = "Access key id"},
      {.name = "secret_key", .prompt = "Secret access key", .hidden = true},
      {.name = "session_token", .prompt = "Session token", .hidden = true, .optional = true},
      {.name = "region", .prompt = "Region, where the host does not tell", .optional = true},
      {.name = "service", .prompt = "Service, where the host does not tell", .optional = true}}},
    {"basic",
     "User name and password (RFC 7617)",
     "{ kind = \"basic\"; }",
     NULL,
     {{.name = "username", .prompt = "User name"}, {.name = "password", .prompt = "Password", .hidden = true}}},
    {"bearer",
     "Bearer token (RFC 6750)",
     "{ header = \"Authorization\"; format = \"Bearer {token}\"; }",
     NULL,
     {TOKEN}},
    {"cookie", "Cookie of a name of your own", NULL, "cookie", {TOKEN}},
    {"form", "Field of a form in the body, of a name of your own", NULL, "form", {TOKEN}},
    {"header", "Header of a name of your own", NULL, "header", {TOKEN}},
    {"json", "Member of a JSON body, of a name of your own", NULL, "json", {TOKEN}},
    {"query", "Query parameter of a name of your own", NULL, "query", {TOKEN}},
};

static size_t count_parts(const struct type *type)
{
    size_t count = 0;

    while (count < ATT_COUNT(type->parts) && type->parts[count].name)
        count++;
    return count;
}

size_t att_template_types(struct att_pool *pool, struct att_template *list, size_t capacity,
                          struct att_findings *findings)
{
    static const char *const none[] = {NULL};
    size_t count = 0;

    for (; count < ATT_COUNT(types) && count < capacity; count++) {
        const struct type *type = &types[count];

        list[count] = (struct att_template){
            .name = type->name,
            .title = type->title,
            .origins = none,
            .parts = type->parts,
            .part_count = count_parts(type),
            .inject = type->inject ? att_template_inject_parse(pool, type->inject, findings) : NULL,
            .place_key = type->place_key};
    }
    return count;
}
