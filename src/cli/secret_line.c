/* secret_line.c: reading a line byte by byte, since what stdio reads ahead stays in its buffer. */
#include "cli/secret_line.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/tool.h"

#include "base/banned.h"

/* What to go back to; and the signals that end or stop a program, which wait until the terminal shows again what is
 * typed: here is where one is seen that waits. */
struct quiet { struct termios was; sigset_t mask; int signals; };

static bool hold_signals(struct quiet *q)
{
    static const int held[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++)
        sigaddset(&set, held[i]);
    q->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return q->signals >= 0 && sigprocmask(SIG_BLOCK, &set, &q->mask) == 0;
}

static void let_signals(struct quiet *q)
{
    (void)close(q->signals);
    (void)sigprocmask(SIG_SETMASK, &q->mask, NULL);      /* one that waits comes now */
}

/* False: the terminal would show it. */
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

/* 1: a byte; 0: there is no more; -1: it cannot be read, or a signal waits. */
static ssize_t next(uint8_t *byte, const struct quiet *q)
{
    struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = q ? q->signals : -1, .events = POLLIN } };
    ssize_t n;

    do
        n = poll(p, 2, -1);
    while (n < 0 && errno == EINTR);
    if (n < 0 || p[1].revents)
        return -1;
    do
        n = read(STDIN_FILENO, byte, 1);
    while (n < 0 && errno == EINTR);
    return n;
}

static enum fault read_line(struct buf *line, const struct quiet *q)
{
    uint8_t byte = 0;
    bool any = false;
    ssize_t n = next(&byte, q);

    for (; n > 0 && byte != '\n'; n = next(&byte, q)) {
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
    struct quiet q;
    enum fault f = FAULT_DISK;

    if (isatty(STDIN_FILENO) != 1)
        return read_line(line, NULL);
    if (!hold_signals(&q))
        return FAULT_DISK;
    if (hide(&q.was)) {
        (void)tool_write(STDERR_FILENO, span_of(prompt));
        f = read_line(line, &q);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &q.was);
    }
    let_signals(&q);
    return f;
}
