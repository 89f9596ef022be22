/* core/inject/refuse.c: why a credential cannot be placed. No sentence says anything of its value. */
#include "core/inject/place.h"

static att_status refused(const struct att_placing *placing, att_status status)
{
    ATT_ERROR_TEXT(placing->error, grant, placing->outgoing->grant);
    return status;
}

att_status att_place_lacks_part(const struct att_placing *placing, const char *part)
{
    att_fail(placing->error, ATT_MODULE,
             "the credential of grant \"%s\" has no part \"%s\", which its placement names; correct the inject "
             "setting, or the provider",
             placing->outgoing->grant, part);
    return refused(placing, ATT_MODULE);
}

att_status att_place_too_large(const struct att_placing *placing)
{
    att_fail(placing->error, ATT_MODULE,
             "the credential of grant \"%s\" is too large to be placed: at most 48 KiB fit; check what the provider "
             "gives",
             placing->outgoing->grant);
    return refused(placing, ATT_MODULE);
}

att_status att_place_unfit(const struct att_placing *placing, const char *place)
{
    att_fail(placing->error, ATT_MODULE,
             "the credential of grant \"%s\" has characters that a %s cannot hold; place it elsewhere, or check what "
             "the provider gives",
             placing->outgoing->grant, place);
    return refused(placing, ATT_MODULE);
}

att_status att_place_taken(const struct att_placing *placing, const char *place, const char *name)
{
    att_fail(placing->error, ATT_CONFIG,
             "grant \"%s\" has two credentials for the %s %s; give each its own with inject", placing->outgoing->grant,
             place, name);
    return refused(placing, ATT_CONFIG);
}
