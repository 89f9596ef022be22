/* parts.h: the parts of a secret as one run of bytes, which is what gets sealed.
 *
 *     1 byte    1, the version of this form
 *     1 byte    how many parts
 *     each:     1 byte size of the name, the name, 4 bytes size of the value (little-endian), the value
 *
 * The bytes are secret: they are written to and read from secret memory alone. Thread-safe. */
#ifndef ATT_MANAGED_PARTS_H
#define ATT_MANAGED_PARTS_H

#include "providers/managed_secrets/act.h"

enum { MANAGED_PARTS = 16, MANAGED_NAME_SIZE = 32, MANAGED_VALUE_LIMIT = 64 << 10 };

/* Why a value cannot be a part of a credential: "is empty", "holds a line break"; or NULL. */
const char *managed_value_fault(const unsigned char *bytes, size_t size);
/* Of a-z, 0-9 and _, 1 to 31 characters. */
bool managed_part_name_is_sound(const char *name, size_t size);

/* The parts in one secret, for the caller to destroy; NULL with the sentence, which names the secret and never a value.
 */
struct att_secret *managed_parts_join(struct managed_act *act, const char *secret, const struct att_named_secret *parts,
                                      size_t count, att_result *result);

struct managed_part {
    char name[MANAGED_NAME_SIZE];
    const unsigned char *value; /* within the bytes that were read */
    size_t size;
};

/* False when the bytes are not in the form, down to the last one. */
bool managed_parts_split(const unsigned char *bytes, size_t size, struct managed_part *parts, size_t *count);

#endif
