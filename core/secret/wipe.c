/* core/secret/wipe.c: the one primitive that overwrites secret memory. */
#include <string.h>

#include "core/secret/secret.h"

void att_wipe(void *memory, size_t size)
{
    if (size)
        explicit_bzero(memory, size);
}
