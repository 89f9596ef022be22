/* tests/fuzz/fuzz-json.c: the reader of answers that hold secrets: whatever it takes, another library takes too, and
 * finds the same in it. */
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "providers/json/json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/secret-host.h"

static struct secret_host host;

static void same_text(struct json_value value, const json_t *tree)
{
    struct att_secret *secret = json_text_secret(&host.table, value);

    if (!secret || att_secret_size(secret) != json_string_length(tree) ||
        memcmp(att_secret_bytes(secret), json_string_value(tree), json_string_length(tree)) != 0)
        fuzz_finding("a text", "is read in two ways", json_string_value(tree));
    if (!json_text_is(value, json_string_value(tree)))
        fuzz_finding("a text", "is not equal to itself", json_string_value(tree));
    att_secret_destroy(secret);
}

static void same(struct json_value value, const json_t *tree)
{
    struct json_walk walk = json_walk_of(value);
    struct json_value name, item;
    char room[JSON_NAME_SIZE + 1];
    size_t count = 0;
    int64_t number;

    switch (json_kind_of(value)) {
    case JSON_IS_OBJECT:
        while (json_step(&walk, &name, &item)) {
            if (!json_text_copy(name, room, sizeof room) || json_member(value, room).at != item.at)
                fuzz_finding("a member", "is not found by its name", NULL);
            same(item, json_object_get(tree, room));
            count++;
        }
        if (!json_is_object(tree) || count != json_object_size(tree))
            fuzz_finding("an object", "has other members", NULL);
        break;
    case JSON_IS_LIST:
        while (json_step(&walk, &name, &item))
            same(item, json_array_get(tree, count++));
        if (!json_is_array(tree) || count != json_array_size(tree))
            fuzz_finding("a list", "has other items", NULL);
        break;
    case JSON_IS_TEXT:
        same_text(value, tree);
        break;
    case JSON_IS_NUMBER:
        if (!json_is_number(tree) ||
            (json_is_integer(tree) && (!json_whole_number(value, &number) || number != json_integer_value(tree))))
            fuzz_finding("a number", "is another", NULL);
        break;
    default:
        if (!json_is_boolean(tree) && !json_is_null(tree))
            fuzz_finding("a word", "is another", NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_value value;
    struct json_fault fault = {NULL, 0};
    json_error_t error;
    json_t *tree;

    tree = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    secret_host_open(&host);
    if (!json_open(data, size, &value, &fault)) {
        fuzz_check_sentence(fault.what);
        if (fault.at > size)
            fuzz_finding("a fault", "is behind the end", fault.what);
        /* The other library loses a NUL behind a number. */
        if (tree && !memchr(data, 0, size) && !strstr(fault.what, "16 levels") && !strstr(fault.what, "256"))
            fuzz_finding("another library", "takes it", fault.what);
    } else if (tree) {
        same(value, tree);
    } else if (json_error_code(&error) != json_error_numeric_overflow) {
        fuzz_finding("another library", "refuses it", error.text);
    }
    json_decref(tree);
    if (!secret_host_close(&host))
        fuzz_finding("secrets", "were not destroyed", NULL);
    return 0;
}
