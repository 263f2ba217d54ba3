/* serve.c: the courier process: requests in, outcomes out, one thread around libcurl. */
#include "courier/courier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "courier/hosts.h"
#include "courier/url.h"

#include "base/banned.h"

enum {
    IN_BYTES = 4 * (FRAME_LENGTH + FRAME_REQUEST_MAX),
    OUT_BYTES = COURIER_PENDING_MAX * (FRAME_LENGTH + FRAME_OUTCOME_MAX),
    HELD_MAX = 16 * 1024 * 1024,      /* bytes of requests at once; what is beyond waits in the socket */
    CONNECTIONS_MAX = 1024,           /* in all */
    CONNECTIONS_IDLE = 192,           /* kept for later */
    FILES_RESERVE = 64,               /* of this process, for everything that is no connection */
    KEPT_MAX = 256,                   /* handles without a request */
    LOOK_MS = 100,                    /* how often the time of those that wait for their turn is looked at */
    IDLE_MS = 60000,                  /* with nothing to do: how long one wait is */
};

struct serve {
    int fd;
    struct journal *journal;
    CURLM *multi;
    struct hosts hosts;
    struct transfer *all, *kept;      /* under way; without a request */
    unsigned n, n_kept;
    size_t held;
    struct buf in, out;
    int64_t looked_ns;
    bool ended, broken;               /* no more from the gateway; what it said made no sense */
};

/* One that libcurl has no memory for is given up when the time is looked at next. */
static void start(struct serve *s, struct transfer *t)
{
    transfer_arm(t, clock_mono_ns());
    if (curl_multi_add_handle(s->multi, t->easy) != CURLM_OK)
        t->until_ns = 0;
}

static struct transfer *fresh_transfer(struct serve *s)
{
    struct transfer *t = s->kept;

    if (!t)
        return transfer_new();
    s->kept = t->next;
    s->n_kept--;
    t->next = NULL;
    return t;
}

static void keep_transfer(struct serve *s, struct transfer *t)
{
    if (s->n_kept >= KEPT_MAX) {
        transfer_free(t);
        return;
    }
    transfer_clear(t);
    t->next = s->kept;
    s->kept = t;
    s->n_kept++;
}

/* An outcome, and the next one's turn at its host. Room in `out` is promised by has_room(). */
static void finish(struct serve *s, struct transfer *t, const struct frame_outcome *o)
{
    struct transfer *turn = hosts_leave(&s->hosts, t);

    frame_outcome_pack(&s->out, o);
    if (t->next)
        t->next->previous = t->previous;
    if (t->previous)
        t->previous->next = t->next;
    else
        s->all = t->next;
    s->n--;
    s->held -= t->held;
    keep_transfer(s, t);
    if (turn)
        start(s, turn);
}

static void add(struct serve *s, struct transfer *t, int timeout_ms)
{
    t->started_ns = clock_mono_ns();
    t->until_ns = t->started_ns + timeout_ms * MS_NS;
    t->previous = NULL;
    t->next = s->all;
    if (s->all)
        s->all->previous = t;
    s->all = t;
    s->n++;
    s->held += t->held;
}

static void refuse(struct serve *s, uint64_t id, enum courier_outcome why)
{
    const struct frame_outcome o = { .id = id, .outcome = why };

    frame_outcome_pack(&s->out, &o);
}

static void begin(struct serve *s, const struct frame_request *r)
{
    const char *sentence;
    struct transfer *t;
    struct url url;

    if (url_read(&url, r->url, &sentence) || (!r->allow_private && !url_port_is_open(&url))) {
        refuse(s, r->id, COURIER_BAD_URL);
        return;
    }
    t = fresh_transfer(s);
    if (!t || transfer_fill(t, r) || hosts_enter(&s->hosts, t, url.origin)) {
        if (t)
            transfer_free(t);
        refuse(s, r->id, COURIER_NO_CONNECTION);
        return;
    }
    add(s, t, r->timeout_ms);
    if (t->running)
        start(s, t);
}

/* Is there room for another request and the outcomes of all that are known? */
static bool has_room(const struct serve *s)
{
    size_t outcomes = (s->out.cap - s->out.n) / (FRAME_LENGTH + FRAME_OUTCOME_MAX);

    return s->n < outcomes && s->held < HELD_MAX;
}

static void read_frames(struct serve *s)
{
    struct span frame, rest = buf_view(&s->in);
    struct frame_request r;
    enum fault f = FAULT_NONE;

    while (has_room(s) && !(f = frame_next(&frame, &rest, FRAME_REQUEST_MAX)) &&
           !(f = frame_request_unpack(&r, frame)))
        begin(s, &r);
    memmove(s->in.p, rest.p, rest.n);
    s->in.n = rest.n;
    s->broken = f == FAULT_BAD_INPUT;
}

static void receive(struct serve *s)
{
    ssize_t n;

    if (s->in.n == s->in.cap)
        return;
    do
        n = recv(s->fd, s->in.p + s->in.n, s->in.cap - s->in.n, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
        s->ended = true;
    if (n > 0)
        s->in.n += (size_t)n;
}

static void flush(struct serve *s)
{
    ssize_t n;

    if (s->out.n == 0)
        return;
    do
        n = send(s->fd, s->out.p, s->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        s->ended = errno != EAGAIN && errno != EWOULDBLOCK;
        return;
    }
    memmove(s->out.p, s->out.p + n, s->out.n - (size_t)n);
    s->out.n -= (size_t)n;
}

static void collect(struct serve *s)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(s->multi, &left))) {
        struct frame_outcome o;
        struct transfer *t = NULL;
        CURL *easy = m->easy_handle;
        CURLcode how = m->data.result;

        if (m->msg != CURLMSG_DONE || curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t) != CURLE_OK)
            continue;
        (void)curl_multi_remove_handle(s->multi, easy);
        transfer_outcome(&o, t, how, clock_mono_ns());
        finish(s, t, &o);
    }
}

/* Those that libcurl does not watch, since they wait for their turn at their host, or for a connection at all. */
static void look_at_time(struct serve *s)
{
    int64_t now = clock_mono_ns();
    struct transfer *next;

    if (now - s->looked_ns < LOOK_MS * MS_NS)
        return;
    s->looked_ns = now;
    for (struct transfer *t = s->all; t; t = next) {
        struct frame_outcome o;

        next = t->next;
        if (now < t->until_ns + LOOK_MS * MS_NS)
            continue;
        if (t->running)
            (void)curl_multi_remove_handle(s->multi, t->easy);
        transfer_outcome(&o, t, CURLE_OPERATION_TIMEDOUT, now);
        finish(s, t, &o);
    }
}

static void wait_for_something(struct serve *s)
{
    struct curl_waitfd w = { .fd = s->fd };
    int ms = s->n ? LOOK_MS : IDLE_MS;

    if (s->in.n < s->in.cap && has_room(s))
        w.events = CURL_WAIT_POLLIN;
    if (s->out.n)
        w.events |= CURL_WAIT_POLLOUT;
    if (curl_multi_poll(s->multi, &w, 1, ms, NULL) != CURLM_OK)
        s->ended = true;
    if (w.revents || w.events == 0)
        receive(s);
}

static void run(struct serve *s)
{
    while (!s->ended && !s->broken) {
        int running;

        wait_for_something(s);
        read_frames(s);
        if (curl_multi_perform(s->multi, &running) != CURLM_OK)
            s->ended = true;
        collect(s);
        look_at_time(s);
        if (!s->broken)
            read_frames(s);           /* of what had no room before */
        flush(s);
    }
}

static long connections(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= 2 * FILES_RESERVE)
        return FILES_RESERVE;
    return limit.rlim_cur - FILES_RESERVE < CONNECTIONS_MAX ? (long)limit.rlim_cur - FILES_RESERVE : CONNECTIONS_MAX;
}

static bool open_parts(struct serve *s)
{
    long most = connections();

    s->in = (struct buf){ malloc(IN_BYTES), 0, IN_BYTES, false };
    s->out = (struct buf){ malloc(OUT_BYTES), 0, OUT_BYTES, false };
    s->multi = curl_multi_init();
    return s->in.p && s->out.p && s->multi &&
           curl_multi_setopt(s->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most) == CURLM_OK &&
           curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_IDLE) == CURLM_OK &&
           curl_multi_setopt(s->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) == CURLM_OK;
}

static void close_parts(struct serve *s)
{
    struct transfer *next;

    for (struct transfer *t = s->all; t; t = next) {
        next = t->next;
        if (t->running)
            (void)curl_multi_remove_handle(s->multi, t->easy);
        t->running = false;
        transfer_free(t);
    }
    for (struct transfer *t = s->kept; t; t = next) {
        next = t->next;
        transfer_free(t);
    }
    hosts_free(&s->hosts);
    if (s->multi)
        (void)curl_multi_cleanup(s->multi);
    free(s->in.p);
    free(s->out.p);
}

int courier_serve(int fd, struct journal *j)
{
    struct serve s = { .fd = fd, .journal = j };
    int status = 1;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        if (open_parts(&s)) {
            run(&s);
            status = s.broken;
        }
        close_parts(&s);
        curl_global_cleanup();
    }
    if (s.broken)
        journal_event(j, JOURNAL_ERROR, "the gateway said what makes no sense to the courier", 0, NULL);
    (void)close(fd);
    return status;
}
