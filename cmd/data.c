/* cmd/data.c: the body of a request from -d, --data-binary and --json. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/fail.h"
#include "cmd/input.h"

static bool append(struct cmd_data *data, const char *bytes, size_t size)
{
    char *grown = realloc(data->bytes, data->size + size + 1);

    if (!grown)
        return false;
    memcpy(grown + data->size, bytes, size);
    data->bytes = grown;
    data->size += size;
    data->bytes[data->size] = 0;
    return true;
}

/* What curl leaves out of a file that -d sends. */
static size_t strip_line_ends(char *bytes, size_t size)
{
    size_t kept = 0;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != 0)
            bytes[kept++] = bytes[i];
    }
    return kept;
}

/* Returns 0 or an errno. */
static int append_file(struct cmd_data *data, int descriptor, bool strip)
{
    char bytes[65536];
    ssize_t count;

    while ((count = read(descriptor, bytes, sizeof bytes)) != 0) {
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        if (!append(data, bytes, strip ? strip_line_ends(bytes, (size_t)count) : (size_t)count))
            return ENOMEM;
    }
    return 0;
}

static void take_file(struct cmd_call *call, struct cmd_data *data, const char *option, const char *path, bool strip)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int descriptor = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int failure = descriptor < 0 ? errno : append_file(data, descriptor, strip);

    if (failure != 0)
        cmd_complain(call, option, "option %s: %s cannot be read: %s; name a file that can, or @- for standard input",
                     option, is_stdin ? "standard input" : path, strerror(failure));
    data->reads_stdin = data->reads_stdin || is_stdin;
    if (descriptor >= 0 && !is_stdin)
        close(descriptor);
}

void cmd_data_take(struct cmd_call *call, struct cmd_data *data, const char *option, const char *value, char separator,
                   bool strip)
{
    bool has_memory = append(data, &separator, data->given && separator ? 1 : 0);

    if (value[0] == '@')
        take_file(call, data, option, value + 1, strip);
    else
        has_memory = has_memory && append(data, value, strlen(value));
    if (!has_memory)
        cmd_complain(call, "memory", "%s", att_strerror(ATT_NOMEM));
    data->given = true;
}

void cmd_data_close(struct cmd_data *data)
{
    free(data->bytes);
    *data = (struct cmd_data){0};
}
