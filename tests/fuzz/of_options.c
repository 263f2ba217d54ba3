/* of_options.c: the configuration file and the command line. The text is a file; lines behind one that is "--" alone
 * are arguments. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/options.h"

#include "base/banned.h"

enum { ARGS_MAX = 8, TEXT_MAX = 8192, WHY_MAX = 4096 };

static int file = -1;
static char path[64];
static struct options options;

void fuzz_options_open(void)
{
    file = memfd_create("config", MFD_CLOEXEC);
    fuzz_check(file >= 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
}

void fuzz_options_close(void)
{
    (void)close(file);
    file = -1;
}

/* Cut `lines` into arguments in place. */
static size_t split(const char *args[static ARGS_MAX], char *lines)
{
    size_t n = 0;

    while (n < ARGS_MAX && *lines) {
        char *end = strchrnul(lines, '\n');

        args[n++] = lines;
        lines = *end ? end + 1 : end;
        *end = '\0';
    }
    return n;
}

/* Whatever is refused is refused with a sentence. */
static void read_with(const char *const *args)
{
    uint8_t text[WHY_MAX];
    struct buf why = BUF(text);
    enum fault f = options_read(&options, args, &why);

    fuzz_check(f == FAULT_NONE || why.n);
    if (f != FAULT_NONE)
        return;
    fuzz_check(options.command < COMMANDS);
    fuzz_check(memchr(options.listen, 0, sizeof options.listen) && memchr(options.data, 0, sizeof options.data));
    why.n = 0;
    if (options.command == COMMAND_SERVE || options.command == COMMAND_SANDBOX)
        fuzz_check(options_check(&options, &why) == FAULT_NONE || why.n);
}

void fuzz_options(const uint8_t *bytes, size_t n)
{
    static const char *const commands[] = { "serve", "sandbox" };
    static char text[TEXT_MAX + 1];
    const char *own[ARGS_MAX + 1] = { NULL };
    char *more;

    if (n > TEXT_MAX)
        return;
    memcpy(text, bytes, n);
    text[n] = '\0';
    more = strstr(text, "--\n");
    fuzz_check(ftruncate(file, 0) == 0);
    fuzz_check(pwrite(file, text, more ? (size_t)(more - text) : n, 0) >= 0);
    for (size_t i = 0; i < 2; i++)
        read_with((const char *const[]){ commands[i], "--config", path, NULL });
    if (more && split(own, more + 3))
        read_with(own);
}
