/* secret_line.c: reading a line byte by byte, since what stdio reads ahead stays in its buffer. */
#include "cli/secret_line.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/tool.h"

#include "base/banned.h"

/* False: the terminal would show it. `was` is what to go back to. */
static bool hide(struct termios *was)
{
    struct termios now;

    if (tcgetattr(STDIN_FILENO, was) != 0)
        return false;
    now = *was;
    now.c_lflag &= ~(tcflag_t)ECHO;
    now.c_lflag |= ECHONL | ICANON;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &now) == 0 && tcgetattr(STDIN_FILENO, &now) == 0 &&
           !(now.c_lflag & ECHO);
}

/* 1: a byte; 0: there is no more; -1: it cannot be read. */
static ssize_t next(uint8_t *byte)
{
    ssize_t n;

    do
        n = read(STDIN_FILENO, byte, 1);
    while (n < 0 && errno == EINTR);
    return n;
}

static enum fault read_line(struct buf *line)
{
    uint8_t byte = 0;
    bool any = false;
    ssize_t n = next(&byte);

    for (; n > 0 && byte != '\n'; n = next(&byte)) {
        buf_byte(line, byte);
        any = true;
    }
    secret_wipe(&byte, 1);
    if (n < 0)
        return FAULT_DISK;
    if (n == 0 && !any)
        return FAULT_NOT_FOUND;
    if (!line->full && line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return line->full ? FAULT_BAD_INPUT : FAULT_NONE;
}

enum fault secret_line_read(struct buf *line, const char *prompt)
{
    bool typed = isatty(STDIN_FILENO) == 1;
    struct termios was;
    enum fault f;

    if (!typed)
        return read_line(line);
    if (!hide(&was))
        return FAULT_DISK;
    (void)tool_write(STDERR_FILENO, span_of(prompt));
    f = read_line(line);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
    return f;
}
