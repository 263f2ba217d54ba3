/* journal.c: lines into one of two buffers, which a thread of the journal's own writes in turn. */
#include "base/journal.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/isotime.h"
#include "base/json_out.h"

#include "base/banned.h"

enum {
    PAGE = 1024 * 1024,               /* bytes waiting at most: 0.1 s of lines at 50,000 requests a second */
    LOUD = 4 * 1024,                  /* bytes of warnings and errors between two writes; more are in the file only */
    LINE = 768,                       /* bytes: the longest line, all texts at their longest */
    PAUSE_MS = 50,                    /* between two writes, so that many lines share one */
    DISK_WAIT_MS = 1000,              /* for a reader that takes nothing (a full pipe) before its lines are dropped */
    CARD_DIGITS = 12, CARD_MAX = 19,  /* digits of the shortest card number in use, and of the longest */
};

struct page { uint8_t *bytes; size_t n; };

struct journal {
    pthread_mutex_t lock;             /* for everything down to `untold` */
    pthread_cond_t wake;
    struct page *filling, *writing;
    bool stop;
    uint8_t loud[LOUD];               /* lines for standard error as well */
    size_t loud_n;
    uint64_t untold;                  /* lines dropped that no line has told of yet */
    atomic_uint_fast64_t dropped;
    struct page pages[2];
    pthread_t writer;
    int fd;
    bool echo;                        /* warnings and errors go to standard error too, which is another file */
    bool torn;                        /* the file ends in the middle of a line; only the writer looks at it */
    const char *process;
    const struct clock *clock;
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* How long the run of digits at the start of `s` is, single spaces and dashes between digits included. */
static size_t digit_run(struct span s, size_t *digits)
{
    size_t n = 0;

    *digits = 0;
    while (n < s.n) {
        if (is_digit(s.p[n]))
            ++*digits;
        else if (n == 0 || !is_digit(s.p[n - 1]) || (s.p[n] != ' ' && s.p[n] != '-'))
            break;
        n++;
    }
    return n > 0 && !is_digit(s.p[n - 1]) ? n - 1 : n;
}

/* Whole runs are measured before anything is cut, or the cut would hide that a number is long enough to mask. */
/* No card number begins with 0, 1 or 9 (ISO/IEC 7812-1), and times in milliseconds and nanoseconds begin with 1. */
static bool may_be_card(struct span run, size_t digits)
{
    bool unbroken = run.n == digits;

    if (digits < CARD_DIGITS)
        return false;
    return !unbroken || digits > CARD_MAX || (run.p[0] != '0' && run.p[0] != '1' && run.p[0] != '9');
}

struct journal_text journal_text(struct span s)
{
    struct journal_text out = { "" };
    bool random = span_is_random_id(s);
    size_t n = 0;

    for (size_t i = 0; i < s.n && n < sizeof out.text - 1; ) {
        size_t digits, run = digit_run((struct span){ s.p + i, s.n - i }, &digits);
        size_t end = i + (run ? run : 1);
        bool hide = !random && may_be_card((struct span){ s.p + i, run }, digits);
        for (; i < end && n < sizeof out.text - 1; i++) {
            if (hide)
                out.text[n++] = '*';
            else
                out.text[n++] = s.p[i] >= 0x20 && s.p[i] < 0x7F ? (char)s.p[i] : '?';
        }
    }
    return out;
}

/* A clock may be set to anything; a line needs some date. */
static void put_time(struct json_out *o, int64_t ms)
{
    char text[ISOTIME_TEXT];

    isotime_utc(text, ms < 0 ? 0 : ms > ISOTIME_LAST_MS ? ISOTIME_LAST_MS : ms);
    json_put_str(o, "time", text);
}

static void put_event(const struct journal *j, struct buf *line, enum journal_level level, const char *what, int64_t n,
                      const struct journal_text *text)
{
    static const char *const names[] = {
        [JOURNAL_INFO] = "info", [JOURNAL_WARNING] = "warning", [JOURNAL_ERROR] = "error",
    };
    struct json_out o = json_out(line);

    json_object(&o);
    put_time(&o, clock_now_ms(j->clock));
    json_put_str(&o, "process", j->process);
    json_put_str(&o, "kind", "event");
    json_put_str(&o, "level", names[level]);
    json_put_str(&o, "what", what);
    if (n)
        json_put_i64(&o, "n", n);
    if (text)
        json_put_str(&o, "text", text->text);
    json_object_end(&o);
    buf_byte(line, '\n');
}

/* Under the lock: copy `line` if it fits. */
static bool page_add(struct journal *j, struct span line)
{
    struct page *p = j->filling;

    if (line.n > PAGE - p->n)
        return false;
    memcpy(p->bytes + p->n, line.p, line.n);
    p->n += line.n;
    return true;
}

/* Under the lock: if lines were dropped and there is room again, say so. */
static void tell_dropped(struct journal *j)
{
    uint8_t array[LINE];
    struct buf line = BUF(array);
    struct span whole;

    if (!j->untold)
        return;
    put_event(j, &line, JOURNAL_WARNING, "journal lines were dropped", (int64_t)j->untold, NULL);
    if (!buf_done(&line, &whole) && page_add(j, whole))
        j->untold = 0;
}

/* Under the lock. */
static void drop(struct journal *j, uint64_t lines)
{
    j->untold += lines;
    atomic_fetch_add_explicit(&j->dropped, lines, memory_order_relaxed);
}

/* The writer is woken by the first line and when half the page is full; in between it lets lines gather. */
static void append(struct journal *j, const struct buf *line, bool loud)
{
    struct span whole;
    size_t before;
    bool fits = buf_done(line, &whole) == FAULT_NONE;

    (void)pthread_mutex_lock(&j->lock);
    before = j->filling->n;
    tell_dropped(j);
    if (!fits || j->untold || !page_add(j, whole))
        drop(j, 1);
    if (loud && fits && j->echo && whole.n <= LOUD - j->loud_n) {
        memcpy(j->loud + j->loud_n, whole.p, whole.n);
        j->loud_n += whole.n;
    }
    if (before == 0 || (before < PAGE / 2 && j->filling->n >= PAGE / 2))
        (void)pthread_cond_signal(&j->wake);
    (void)pthread_mutex_unlock(&j->lock);
}

void journal_request(struct journal *j, const struct journal_request *r)
{
    uint8_t array[LINE];
    struct buf line = BUF(array);
    struct json_out o = json_out(&line);

    if (!j)
        return;
    json_object(&o);
    put_time(&o, r->at_ms);
    json_put_str(&o, "process", j->process);
    json_put_str(&o, "kind", "request");
    json_put_str(&o, "request_id", r->request_id.text);
    if (r->routing_id.text[0])
        json_put_str(&o, "routing_id", r->routing_id.text);
    json_key(&o, "merchant");
    if (r->merchant)
        json_i64(&o, (int64_t)r->merchant);
    else
        json_null(&o);
    json_put_str(&o, "route", r->route);
    json_put_i64(&o, "status", r->status);
    json_put_i64(&o, "duration_us", r->took_us);
    json_object_end(&o);
    buf_byte(&line, '\n');
    append(j, &line, false);
}

void journal_event(struct journal *j, enum journal_level level, const char *what, int64_t n,
                   const struct journal_text *text)
{
    uint8_t array[LINE];
    struct buf line = BUF(array);

    if (!j)
        return;
    put_event(j, &line, level, what, n, text);
    append(j, &line, level != JOURNAL_INFO);
}

uint64_t journal_dropped(const struct journal *j)
{
    return atomic_load_explicit(&j->dropped, memory_order_relaxed);
}

static bool wait_for_room(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };

    return poll(&p, 1, DISK_WAIT_MS) > 0;
}

/* Write what can be written, and give how much that was. */
static size_t write_most(int fd, struct span s)
{
    size_t done = 0;

    while (done < s.n) {
        ssize_t n = write(fd, s.p + done, s.n - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EAGAIN && wait_for_room(fd))
            continue;
        else if (n == 0 || errno != EINTR)
            break;
    }
    return done;
}

/* Write the page, and give how many of its lines were lost. A line that was cut short by a full disk is ended
 * before the next one begins, so that every other line stays readable. */
static uint64_t page_write(struct journal *j, struct page *p)
{
    uint64_t lost = 0;
    size_t done = 0;

    if (j->torn && write_most(j->fd, SPAN("\n")) == 1)
        j->torn = false;
    if (!j->torn) {
        done = write_most(j->fd, (struct span){ p->bytes, p->n });
        j->torn = done > 0 && p->bytes[done - 1] != '\n';
    }
    for (size_t i = done; i < p->n; i++)
        lost += p->bytes[i] == '\n';
    p->n = 0;
    return lost;
}

/* Under the lock: wait until there is something to write and PAUSE_MS have gone by, or it is urgent. */
static void gather(struct journal *j)
{
    struct timespec until;

    while (!j->stop && j->filling->n == 0 && j->loud_n == 0)
        (void)pthread_cond_wait(&j->wake, &j->lock);
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PAUSE_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    while (!j->stop && j->filling->n < PAGE / 2)
        if (pthread_cond_timedwait(&j->wake, &j->lock, &until) == ETIMEDOUT)
            return;
}

static void *writer_run(void *arg)
{
    struct journal *j = arg;
    bool last = false;

    (void)pthread_mutex_lock(&j->lock);
    while (!last) {
        struct page *p;
        uint64_t lost;
        uint8_t loud[LOUD];
        size_t loud_n;

        gather(j);
        last = j->stop;
        if (last)
            tell_dropped(j);
        p = j->filling;
        j->filling = j->writing;
        j->writing = p;
        loud_n = j->loud_n;
        memcpy(loud, j->loud, loud_n);
        j->loud_n = 0;
        (void)pthread_mutex_unlock(&j->lock);
        (void)write_most(STDERR_FILENO, (struct span){ loud, loud_n });
        lost = p->n ? page_write(j, p) : 0;
        (void)pthread_mutex_lock(&j->lock);
        drop(j, lost);
    }
    (void)pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* Signals are for the threads that expect them. */
static bool writer_start(struct journal *j)
{
    sigset_t all, was;
    int failed;

    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &was) != 0)
        return false;
    failed = pthread_create(&j->writer, NULL, writer_run, j);
    (void)pthread_sigmask(SIG_SETMASK, &was, NULL);
    return !failed;
}

/* The pause must not stretch when somebody sets the date. */
static bool wake_init(pthread_cond_t *wake)
{
    pthread_condattr_t attr;
    bool ok;

    if (pthread_condattr_init(&attr) != 0)
        return false;
    ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(wake, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return ok;
}

static bool same_file(int a, int b)
{
    struct stat one, other;

    return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void release(struct journal *j)
{
    free(j->pages[0].bytes);
    free(j->pages[1].bytes);
    free(j);
}

enum fault journal_open(struct journal **out, int fd, const char *process, const struct clock *clock)
{
    struct journal *j = calloc(1, sizeof *j);

    if (!j)
        return FAULT_INTERNAL;
    j->fd = fd;
    j->echo = !same_file(fd, STDERR_FILENO);
    j->process = process;
    j->clock = clock;
    j->pages[0].bytes = malloc(PAGE);
    j->pages[1].bytes = malloc(PAGE);
    j->filling = &j->pages[0];
    j->writing = &j->pages[1];
    if (!j->pages[0].bytes || !j->pages[1].bytes || pthread_mutex_init(&j->lock, NULL) != 0) {
        release(j);
        return FAULT_INTERNAL;
    }
    if (!wake_init(&j->wake) || !writer_start(j)) {
        (void)pthread_mutex_destroy(&j->lock);
        release(j);
        return FAULT_INTERNAL;
    }
    *out = j;
    return FAULT_NONE;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    (void)pthread_mutex_lock(&j->lock);
    j->stop = true;
    (void)pthread_cond_signal(&j->wake);
    (void)pthread_mutex_unlock(&j->lock);
    (void)pthread_join(j->writer, NULL);
    (void)pthread_cond_destroy(&j->wake);
    (void)pthread_mutex_destroy(&j->lock);
    release(j);
}
