/* hsm.c: a process for each question to the HSM. */
#include "keyholder/hsm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "keyholder/hsm_token.h"

#include "base/banned.h"

enum { PIPE_FD = 3 };

/* fault (1) | trouble (1) | what the HSM gave. It is written at once: less than a pipe takes in one piece. */
enum { ANSWER_HEAD = 2, ANSWER_MAX = ANSWER_HEAD + HSM_WRAPPED_MAX };

struct question { enum hsm_action what; const struct hsm_options *o; struct span in; };

/* Of the caller's files it keeps standard output and error only, where libraries complain. */
static bool keep_only(int fd)
{
    const struct rlimit none = { 0, 0 };

    if (fd != PIPE_FD && dup2(fd, PIPE_FD) < 0)
        return false;
    return close_range(PIPE_FD + 1, ~0U, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
           prctl(PR_SET_DUMPABLE, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0;
}

/* Never returns, and ends without the destructors of this program and of the library. */
__attribute__((noreturn)) static void ask(const struct question *q, int fd, pid_t parent)
{
    uint8_t answer[ANSWER_MAX];
    struct buf out = { answer + ANSWER_HEAD, 0, sizeof answer - ANSWER_HEAD, false };
    enum hsm_trouble why = HSM_NO_PROCESS_TROUBLE;
    enum fault f = FAULT_SILENT;
    ssize_t written;

    if (keep_only(fd) && getppid() == parent)
        f = hsm_token_ask(&out, q->what, q->o, q->in, &why);
    answer[0] = (uint8_t)f;
    answer[1] = (uint8_t)why;
    if (f)
        out.n = 0;
    written = write(PIPE_FD, answer, ANSWER_HEAD + out.n);
    secret_wipe(answer, sizeof answer);
    _exit(written < ANSWER_HEAD);
}

/* Until the other side has closed the pipe. False: the time is over. */
static bool hear(struct buf *answer, int fd, int64_t wait_ms)
{
    const int64_t until = clock_mono_ns() + wait_ms * MS_NS;
    struct pollfd on = { fd, POLLIN, 0 };

    for (;;) {
        int64_t left = (until - clock_mono_ns()) / MS_NS;
        ssize_t n;

        if (left <= 0)
            return false;
        if (poll(&on, 1, (int)left) <= 0)
            continue;
        n = read(fd, answer->p + answer->n, answer->cap - answer->n);
        if (n > 0)
            answer->n += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return true;
    }
}

/* `child` is gone when this returns. */
static enum fault collect(struct buf *out, enum hsm_trouble *why, const struct hsm_options *o, int fd, pid_t child)
{
    uint8_t bytes[ANSWER_MAX + 1];
    struct buf answer = BUF(bytes);
    bool in_time = hear(&answer, fd, o->wait_ms ? o->wait_ms : HSM_WAIT_MS);
    enum fault f = FAULT_SILENT;

    (void)kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    *why = in_time ? HSM_BROKE_TROUBLE : HSM_SLOW_TROUBLE;
    if (in_time && answer.n >= ANSWER_HEAD && answer.n <= ANSWER_MAX && bytes[0] <= FAULT_INTERNAL &&
        bytes[1] < HSM_TROUBLE_COUNT) {
        f = (enum fault)bytes[0];
        *why = (enum hsm_trouble)bytes[1];
        buf_put(out, bytes + ANSWER_HEAD, answer.n - ANSWER_HEAD);
    }
    secret_wipe(bytes, sizeof bytes);
    return !f && out->full ? FAULT_INTERNAL : f;
}

static enum fault put(struct buf *out, const struct question *q, const char **why)
{
    const pid_t parent = getpid();
    enum hsm_trouble trouble = HSM_NO_PROCESS_TROUBLE;
    enum fault f = FAULT_SILENT;
    int ends[2];
    pid_t child;

    *why = hsm_trouble_text(trouble);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return f;
    child = fork();
    if (child == 0)
        ask(q, ends[1], parent);
    (void)close(ends[1]);
    if (child > 0)
        f = collect(out, &trouble, q->o, ends[0], child);
    (void)close(ends[0]);
    *why = f == FAULT_INTERNAL || f == FAULT_BAD_INPUT ? fault_text(f) : hsm_trouble_text(trouble);
    return f;
}

enum fault hsm_make_key(const struct hsm_options *o, const char **why)
{
    struct buf none = { 0 };

    return put(&none, &(struct question){ HSM_MAKE_KEY, o, { 0 } }, why);
}

enum fault hsm_wrap(struct buf *out, const struct hsm_options *o, const struct secret *kek, const char **why)
{
    return put(out, &(struct question){ HSM_WRAP, o, secret_span(kek) }, why);
}

enum fault hsm_unwrap(struct secret **kek, const struct hsm_options *o, struct span wrapped, const char **why)
{
    uint8_t bytes[HSM_KEK_MAX];
    struct buf out = BUF(bytes);
    enum fault f = put(&out, &(struct question){ HSM_UNWRAP, o, wrapped }, why);

    if (!f)
        f = secret_copy(kek, buf_view(&out));
    secret_wipe(bytes, sizeof bytes);
    if (f == FAULT_INTERNAL)
        *why = fault_text(f);
    return f;
}
