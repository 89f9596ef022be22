/* tests/modules/no-note.c: some library that is no module; its constructor leaves a mark where ATT_TEST_MARK says. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void leave_mark(void)
{
    const char *path = secure_getenv("ATT_TEST_MARK");
    int file = path ? open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) : -1;

    if (file >= 0)
        close(file);
}
