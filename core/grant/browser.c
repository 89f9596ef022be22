/* core/grant/browser.c: the user's browser at an address that holds a secret.
 *
 * Whoever may list processes reads their arguments, so the browser is started on a file that only the user can read,
 * and the file sends it on to the address. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/grant/grant.h"
#include "core/process/process.h"

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* The folder of the login session, where there is one that nobody else can look into. */
static const char *runtime_folder(void)
{
    const char *folder = secure_getenv("XDG_RUNTIME_DIR");
    struct stat facts;

    if (!folder || *folder != '/' || strlen(folder) > 400 || lstat(folder, &facts) != 0 || !S_ISDIR(facts.st_mode) ||
        facts.st_uid != geteuid() || (facts.st_mode & 077))
        return NULL;
    return folder;
}

static int create(struct att_browser *browser)
{
    const char *folder = runtime_folder();

    if (!folder) {
        static const char made[] = "/tmp/attache-XXXXXX";

        memcpy(browser->folder, made, sizeof made);
        folder = mkdtemp(browser->folder);
        if (!folder) {
            browser->folder[0] = '\0';
            return -1;
        }
    }
    snprintf(browser->file, sizeof browser->file, "%s/attache-connect-XXXXXX.html", folder);
    return mkostemps(browser->file, 5, O_CLOEXEC);
}

static bool put(int descriptor, const char *bytes, size_t size)
{
    while (size) {
        ssize_t count = write(descriptor, bytes, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

/* The address in HTML. It has neither quotes nor brackets: see att_url_is_for_browsers. */
static bool put_address(int descriptor, const char *url)
{
    bool good = true;

    while (good && *url) {
        size_t plain = strcspn(url, "&'");

        good = put(descriptor, url, plain);
        url += plain;
        if (good && *url)
            good = *url == '&' ? put(descriptor, "&amp;", 5) : put(descriptor, "&#39;", 5);
        url += *url != '\0';
    }
    return good;
}

static bool fill(int descriptor, const struct att_secret *url)
{
    static const char head[] = "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Attache</title>\n"
                               "<meta name=\"referrer\" content=\"no-referrer\">\n"
                               "<meta http-equiv=\"refresh\" content=\"0; url=";
    static const char middle[] = "\">\n<p><a href=\"";
    static const char tail[] = "\">Connect</a>\n";
    const char *address = att_secret_bytes(url);

    return put(descriptor, head, sizeof head - 1) && put_address(descriptor, address) &&
           put(descriptor, middle, sizeof middle - 1) && put_address(descriptor, address) &&
           put(descriptor, tail, sizeof tail - 1);
}

static bool write_file(struct att_browser *browser, const struct att_secret *url, struct att_buffer *why)
{
    int descriptor = create(browser);
    bool good = descriptor >= 0 && fill(descriptor, url);
    int error = errno;

    if (descriptor < 0)
        browser->file[0] = '\0';
    else if (close(descriptor) != 0 && good) {
        error = errno;
        good = false;
    }
    if (!good)
        att_buffer_format(why, "the file that leads the browser cannot be written: %s; check XDG_RUNTIME_DIR or /tmp",
                          strerrordesc_np(error));
    return good;
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

/* What a program of a desktop looks for about it; nothing else of the application's environment is handed on. */
static const char *const handed_on[] = {"PATH",
                                        "HOME",
                                        "USER",
                                        "LOGNAME",
                                        "SHELL",
                                        "LANG",
                                        "LANGUAGE",
                                        "LC_ALL",
                                        "LC_CTYPE",
                                        "LC_MESSAGES",
                                        "TMPDIR",
                                        "BROWSER",
                                        "DISPLAY",
                                        "WAYLAND_DISPLAY",
                                        "XAUTHORITY",
                                        "DBUS_SESSION_BUS_ADDRESS",
                                        "DESKTOP_SESSION",
                                        "GNOME_DESKTOP_SESSION_ID",
                                        "KDE_FULL_SESSION",
                                        "KDE_SESSION_VERSION",
                                        "XDG_RUNTIME_DIR",
                                        "XDG_CURRENT_DESKTOP",
                                        "XDG_SESSION_TYPE",
                                        "XDG_SESSION_DESKTOP",
                                        "XDG_CONFIG_HOME",
                                        "XDG_CONFIG_DIRS",
                                        "XDG_DATA_HOME",
                                        "XDG_DATA_DIRS",
                                        "XDG_CACHE_HOME"};

static bool environment_of(struct att_pool *pool, const char *list[ATT_COUNT(handed_on) + 1])
{
    size_t count = 0;

    for (size_t i = 0; i < ATT_COUNT(handed_on); i++) {
        const char *value = secure_getenv(handed_on[i]);

        if (value)
            list[count++] = att_pool_format(pool, "%s=%s", handed_on[i], value);
        if (value && !list[count - 1])
            return false;
    }
    list[count] = NULL;
    return true;
}

/* BROWSER where it is a path, as for other programs; else what opens files on a desktop. */
static const char *program(struct att_buffer *why)
{
    static const char *const openers[] = {"/usr/local/bin/xdg-open", "/usr/bin/xdg-open", "/bin/xdg-open"};
    const char *chosen = secure_getenv("BROWSER");

    if (chosen && *chosen == '/')
        return chosen;
    if (!secure_getenv("DISPLAY") && !secure_getenv("WAYLAND_DISPLAY")) {
        att_buffer_text(why, "there is no display to open a browser on; open its URL by hand, as with --no-browser");
        return NULL;
    }
    for (size_t i = 0; i < ATT_COUNT(openers); i++)
        if (access(openers[i], X_OK) == 0)
            return openers[i];
    att_buffer_text(why, "xdg-open is not installed; install xdg-utils, set BROWSER to the path of a browser, or open "
                         "its URL by hand, as with --no-browser");
    return NULL;
}

static bool start(struct att_browser *browser, const char *opener, struct att_buffer *why)
{
    struct att_pool *pool = att_pool_create();
    const char *arguments[] = {browser->file, NULL};
    const char *environment[ATT_COUNT(handed_on) + 1];
    const struct att_process process = {
        .size = sizeof process, .program = opener, .arguments = arguments, .environment = environment};
    struct att_buffer path;
    att_result result = ATT_RESULT_NOMEM;

    att_buffer_open(&path, 4096);
    if (pool && environment_of(pool, environment))
        result = att_process_find(opener, NULL, &path, why);
    else
        att_buffer_text(why, "out of memory");
    if (result == ATT_RESULT_OK)
        result = att_child_launch(&browser->pid, &process, path.data, why);
    if (result != ATT_RESULT_OK)
        browser->pid = 0;
    att_buffer_close(&path);
    att_pool_destroy(pool);
    return result == ATT_RESULT_OK;
}

bool att_browser_open(struct att_browser *browser, const struct att_secret *url, struct att_buffer *why)
{
    const char *opener;

    *browser = (struct att_browser){.pid = 0};
    opener = program(why);
    return opener && write_file(browser, url, why) && start(browser, opener, why);
}

bool att_browser_has_failed(struct att_browser *browser, struct att_buffer *why)
{
    int status = 0;

    if (!browser->pid || waitpid(browser->pid, &status, WNOHANG) == 0)
        return false;
    browser->pid = 0;
    /* One that has handed the file to a browser that runs already has done its work. */
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 0)
        return false;
    att_buffer_format(
        why,
        "what was to open the browser ended with status %d; see which browser xdg-open or BROWSER starts, "
        "or open its URL by hand, as with --no-browser",
        WEXITSTATUS(status));
    return true;
}

void att_browser_close(struct att_browser *browser)
{
    /* A browser that still runs is the user's. When it ends it stays as a zombie until the application ends or reaps
     * it: nothing here could wait for it without a thread that outlives the call. */
    if (browser->pid)
        waitpid(browser->pid, NULL, WNOHANG);
    if (browser->file[0])
        unlink(browser->file);
    if (browser->folder[0])
        rmdir(browser->folder);
    *browser = (struct att_browser){.pid = 0};
}
