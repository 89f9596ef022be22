/* cmd/protection.c: what this machine grants a process that wants to protect secrets in its memory. */
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/protection.h"

void cmd_protection_probe(struct cmd_protection *protection)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct rlimit limit = {0, 0};

    *protection = (struct cmd_protection){0};
    if (page != MAP_FAILED) {
        protection->locked = mlock(page, size) == 0;
        protection->dump_excluded = madvise(page, size, MADV_DONTDUMP) == 0;
        protection->fork_wiped = madvise(page, size, MADV_WIPEONFORK) == 0;
        munmap(page, size);
    }
    getrlimit(RLIMIT_MEMLOCK, &limit);
    protection->lock_limit = limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur;
}

void cmd_protection_print(const struct cmd_protection *protection, FILE *out)
{
    if (protection->locked && protection->dump_excluded && protection->fork_wiped)
        return;
    fprintf(out, "memory of secrets: locked: %s; left out of core dumps: %s; empty in a forked child: %s\n",
            protection->locked ? "yes" : "no, raise the limit of locked memory (ulimit -l, LimitMEMLOCK=)",
            protection->dump_excluded ? "yes" : "no", protection->fork_wiped ? "yes" : "no");
}

void cmd_protection_print_json(const struct cmd_protection *protection, struct cmd_json *json)
{
    cmd_json_open(json, "protection", '{');
    cmd_json_boolean(json, "locked", protection->locked);
    cmd_json_number(json, "lock_limit_bytes", protection->lock_limit < 0 ? 0 : protection->lock_limit);
    cmd_json_boolean(json, "dump_excluded", protection->dump_excluded);
    cmd_json_boolean(json, "fork_wiped", protection->fork_wiped);
    cmd_json_close(json, '}');
}
