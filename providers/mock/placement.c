/* providers/mock/placement.c: reading where a script places a credential. */
#include <stdio.h>
#include <string.h>

#include "providers/mock/reader.h"

static const char *const kinds[] = {
    [MOCK_PLACE_HEADER] = "header",
    [MOCK_PLACE_QUERY] = "query",
    [MOCK_PLACE_COOKIE] = "cookie",
    [MOCK_PLACE_BASIC] = "basic",
};
#define KINDS (sizeof kinds / sizeof *kinds)

bool mock_placement_has(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i], name) == 0)
            return true;
    return strcmp(name, "format") == 0 || strcmp(name, "place") == 0;
}

static bool read_place(struct mock_reader *reader, const json_t *object, struct mock_place *place)
{
    const json_t *format = json_object_get(object, "format"), *found = NULL;
    bool basic = true;
    size_t mark;

    for (size_t i = 0; i < KINDS; i++) {
        const json_t *value = json_object_get(object, kinds[i]);
        if (value && found)
            return mock_refuse(reader, "has both %s and %s; write a list \"place\" for several", kinds[place->kind],
                               kinds[i]);
        if (value) {
            found = value;
            place->kind = (enum mock_place_kind)i;
        }
    }
    if (!found)
        return mock_refuse(reader, "places nothing; write header, query or cookie with a name, or \"basic\": true");
    mark = mock_enter(reader, kinds[place->kind]);
    if (place->kind == MOCK_PLACE_BASIC ? !mock_read_boolean(reader, found, &basic)
                                        : !mock_read_text(reader, found, &place->name))
        return false;
    if (!basic || (place->kind == MOCK_PLACE_BASIC && format))
        return mock_refuse(reader, "is true and has no format, or is left out");
    mock_leave(reader, mark);
    place->format = "{token}";
    if (!format)
        return true;
    mark = mock_enter(reader, "format");
    if (!mock_read_text(reader, format, &place->format))
        return false;
    mock_leave(reader, mark);
    return true;
}

static bool read_list(struct mock_reader *reader, const json_t *list, struct mock_placement *placement)
{
    size_t mark = mock_enter(reader, "place");

    if (!placement->count)
        return mock_refuse(reader, "must be a list of at least one placement");
    for (size_t i = 0; i < placement->count; i++) {
        const json_t *item = json_array_get(list, i);
        size_t item_mark = mock_enter_item(reader, i);
        const char *name;
        json_t *value;

        if (!json_is_object(item))
            return mock_refuse(reader, "must be an object");
        json_object_foreach((json_t *)item, name, value)
        {
            if (!mock_placement_has(name) || strcmp(name, "place") == 0) {
                mock_enter(reader, name);
                return mock_refuse(reader,
                                   "is no member of a placement; there are header, query, cookie, basic, format");
            }
        }
        if (!read_place(reader, item, &placement->places[i]))
            return false;
        mock_leave(reader, item_mark);
    }
    mock_leave(reader, mark);
    return true;
}

bool mock_placement_read(struct mock_reader *reader, const json_t *object, struct mock_answer *answer)
{
    struct mock_script *script = reader->script;
    const json_t *list = json_object_get(object, "place");
    struct mock_placement *placement = mock_take(script, sizeof *placement);

    if (!placement)
        return mock_nomem(reader);
    placement->count = list ? json_array_size(list) : 1;
    placement->places = mock_take(script, (placement->count + 1) * sizeof *placement->places);
    if (!placement->places)
        return mock_nomem(reader);
    if (list ? !read_list(reader, list, placement) : !read_place(reader, object, placement->places))
        return false;
    placement->next = script->placements;
    placement->number = placement->next ? placement->next->number + 1 : 0;
    snprintf(placement->marker, sizeof placement->marker, "mock_place_%zu", placement->number);
    script->placements = placement;
    answer->placement = placement;
    return true;
}
