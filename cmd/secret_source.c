/* cmd/secret_source.c: where the values of a secret come from: the terminal, standard input or a descriptor. They are
 * read straight into the memory that the library gives. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/prompt.h"
#include "cmd/secret.h"

void secret_source_open(struct secret_source *source, int descriptor)
{
    *source = (struct secret_source){.descriptor = descriptor < 0 ? STDIN_FILENO : descriptor, .terminal = -1};
}

void secret_source_close(struct secret_source *source)
{
    if (source->terminal >= 0)
        close(source->terminal);
    source->terminal = -1;
}

static size_t give_up(struct secret_source *source, const char *what, const char *why)
{
    snprintf(source->trouble, sizeof source->trouble, "%s: %s", what, why);
    return ATT_SECRET_NONE;
}

static size_t ask(struct secret_source *source, const char *part, const char *prompt, bool hidden, char *buffer,
                  size_t capacity)
{
    size_t size = 0;

    if (source->terminal < 0)
        source->terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (source->terminal < 0)
        return give_up(source, "terminal", "it cannot be opened; give the secret on standard input, or with --fd");
    switch (cmd_prompt(source->terminal, prompt, hidden, buffer, capacity, &size)) {
    case CMD_ANSWER_LINE:
        return size;
    case CMD_ANSWER_NONE:
        return give_up(source, part, "nothing was typed, so nothing was changed; run it again to give it");
    case CMD_ANSWER_TOO_LONG:
        return give_up(source, part,
                       "a terminal cuts lines of 4095 bytes and more; give it on standard input, or with --fd");
    default:
        return give_up(source, "terminal", "it cannot be read; give the secret on standard input, or with --fd");
    }
}

/* Up to `capacity` bytes; of one line, byte by byte, so that the next part finds its own. -1 with errno. */
static ssize_t read_some(int descriptor, char *buffer, size_t capacity, bool line)
{
    size_t size = 0;

    while (size < capacity) {
        ssize_t count = read(descriptor, buffer + size, line ? 1 : capacity - size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0 || (line && buffer[size] == '\n'))
            break;
        size += (size_t)count;
    }
    return (ssize_t)size;
}

size_t secret_source_read(void *context, const char *part, const char *prompt, int hidden, char *buffer,
                          size_t capacity)
{
    struct secret_source *source = context;
    bool last = source->parts <= 1;
    ssize_t size;

    source->several = source->several || !last;
    source->parts -= !last;
    if (isatty(source->descriptor))
        return ask(source, part, prompt, hidden, buffer, capacity);
    size = read_some(source->descriptor, buffer, capacity, !last);
    if (size < 0)
        return give_up(source, source->descriptor == STDIN_FILENO ? "standard input" : "option --fd",
                       errno == EBADF ? "it is not open for reading; give the secret there, or on a terminal"
                                      : "it cannot be read; give the secret elsewhere");
    /* Between parts a line end is what tells them apart. The one of a single part is the library's to cut and to tell.
     * A full buffer holds more than is ever kept. */
    if (source->several && (size_t)size < capacity)
        size -= last && size > 0 && buffer[size - 1] == '\n';
    if (source->several && (size_t)size < capacity)
        size -= size > 0 && buffer[size - 1] == '\r';
    return (size_t)size;
}
