/* tests/fuzz/fuzz-parts.c: the reader of the parts of a secret takes any bytes, and hands out only what was there. */
#include <string.h>

#include "providers/managed_secrets/parts.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct managed_part parts[MANAGED_PARTS];
    size_t count = 0, total = 2;

    if (!managed_parts_split(data, size, parts, &count))
        return 0;
    if (count < 1 || count > MANAGED_PARTS)
        fuzz_finding("the count of the parts", "is out of range", NULL);
    for (size_t i = 0; i < count; i++) {
        if (!managed_part_name_is_sound(parts[i].name, strlen(parts[i].name)))
            fuzz_finding("the name of a part", parts[i].name, "is unsound");
        if (parts[i].value < data || parts[i].value + parts[i].size > data + size)
            fuzz_finding("the value of a part", parts[i].name, "is not within the input");
        if (managed_value_fault(parts[i].value, parts[i].size))
            fuzz_finding("the value of a part", parts[i].name, managed_value_fault(parts[i].value, parts[i].size));
        total += 1 + strlen(parts[i].name) + 4 + parts[i].size;
    }
    if (total != size)
        fuzz_finding("the parts", "are not all that there is", NULL);
    return 0;
}
