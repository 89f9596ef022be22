/* tests/unit/secret-host.c: the secret memory of the core behind a host table. */
#include "tests/unit/secret-host.h"

static struct att_secret *create(const struct att_host *table, size_t capacity)
{
    const struct secret_host *host = table->context;

    return capacity <= ATT_SECRET_LIMIT ? att_secret_create(host->arena, capacity) : NULL;
}

static int append(struct att_secret *secret, const void *bytes, size_t size)
{
    return att_secret_append(secret, bytes, size);
}

static void destroy(struct att_secret *secret)
{
    att_secret_destroy(secret);
}

static const unsigned char *borrow(const struct att_secret *secret, size_t *size)
{
    *size = att_secret_size(secret);
    return (const unsigned char *)att_secret_bytes(secret);
}

static void give_back(const struct att_secret *secret, const unsigned char *view)
{
    (void)secret;
    (void)view;
}

void secret_host_open(struct secret_host *host)
{
    host->arena = att_arena_create();
    host->table = (struct att_host){
        .magic = ATT_HOST_MAGIC,
        .size = sizeof host->table,
        .abi_major = ATT_ABI_MAJOR,
        .abi_minor = ATT_ABI_MINOR,
        .context = host,
        .secret_create = create,
        .secret_append = append,
        .secret_destroy = destroy,
        .secret_borrow = borrow,
        .secret_return = give_back,
    };
}

bool secret_host_close(struct secret_host *host)
{
    struct att_arena_state state;

    att_arena_state(host->arena, &state);
    att_arena_destroy(host->arena);
    return state.in_use == 0;
}
