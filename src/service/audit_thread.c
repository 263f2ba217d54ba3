/* audit_thread.c: the log's own thread: what waits for a row, and anchors. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/journal.h"
#include "service/audit_own.h"
#include "store/driver.h"

#include "base/banned.h"

enum { ANCHOR_LINE = 256, JOURNAL_MAC = 16 };  /* bytes of a line of the file; of the MAC that the journal names */

static const char *const doors[AUDIT_DOORS] = {
    [AUDIT_DOOR_CASHFREE] = "cashfree", [AUDIT_DOOR_JUSPAY] = "juspay", [AUDIT_DOOR_PAYTM] = "paytm",
    [AUDIT_DOOR_ADMIN] = "admin",
};

enum fault audit_anchor_put(const char *path, const struct audit_head *h, bool ends_well)
{
    char line[ANCHOR_LINE], hex[2 * CHAIN_MAC + 1];
    struct buf text = { (uint8_t *)hex, 0, sizeof hex, false };
    int n, fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    bool whole;

    if (fd < 0)
        return FAULT_DISK;
    hex_put(&text, (struct span){ h->mac, CHAIN_MAC });
    hex[text.n] = '\0';
    n = snprintf(line, sizeof line, "%stijori-anchor-1 %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
                 ends_well || (fstat(fd, &st) == 0 && st.st_size == 0) ? "" : "\n", h->link_no, h->last_row, h->at_ms,
                 hex);
    whole = write(fd, line, (size_t)n) == n && fsync(fd) == 0;
    if (close(fd) != 0)
        whole = false;
    return whole ? FAULT_NONE : FAULT_DISK;
}

static enum fault set_anchor(struct audit *a)
{
    struct journal_text mac;
    struct audit_head head;
    uint8_t hex[2 * JOURNAL_MAC];
    struct buf text = BUF(hex);
    enum fault f;

    pthread_mutex_lock(&a->lock);
    head = a->head;
    pthread_mutex_unlock(&a->lock);
    if (head.link_no == a->anchored)
        return FAULT_NONE;
    f = a->anchor ? audit_anchor_put(a->anchor, &head, a->ends_well) : FAULT_NONE;
    a->ends_well = f == FAULT_NONE;
    if (f) {
        journal_event(a->services->journal, JOURNAL_ERROR, "the anchor of the audit log cannot be written",
                      head.link_no, NULL);
        return f;
    }
    hex_put(&text, (struct span){ head.mac, JOURNAL_MAC });
    mac = journal_text(buf_view(&text));
    journal_event(a->services->journal, JOURNAL_INFO, "anchor: so many links has the audit log, and so the last begins",
                  head.link_no, &mac);
    a->anchored = head.link_no;
    return FAULT_NONE;
}

/* Rows of refused access; the counts are given back if they come to nothing. */
struct step {
    struct audit *audit;
    int64_t now_ms, what;
    bool looks, event;
    uint_fast64_t refused[AUDIT_DOORS];
};

static enum fault put_refused(struct store_tx *tx, const struct step *s)
{
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < AUDIT_DOORS && !f; i++)
        if (s->refused[i]) {
            struct audit_row row = { .at_ms = s->now_ms, .event = AUDIT_REFUSED, .channel = -1,
                                     .outcome = (int64_t)s->refused[i], .object = span_of(doors[i]) };
            f = audit_insert(tx, &row);
        }
    return f;
}

static enum fault step(struct store_tx *tx, void *arg)
{
    const struct step *s = arg;
    struct audit_row row = { .at_ms = s->now_ms, .event = s->what, .channel = -1, .object = SPAN("gateway") };
    enum fault f = put_refused(tx, s);

    if (!f && s->event)
        f = audit_insert(tx, &row);
    tx->audit->wanted = true;
    return f;
}

static bool has_notes(struct audit *a)
{
    bool has;

    pthread_mutex_lock(&a->lock);
    has = a->n > 0;
    pthread_mutex_unlock(&a->lock);
    return has;
}

static enum fault run_step(struct audit *a, struct step *s)
{
    enum fault f;

    s->audit = a;
    s->now_ms = clock_now_ms(clock_system());
    for (size_t i = 0; i < AUDIT_DOORS && s->looks; i++)
        s->refused[i] = atomic_exchange(&a->refused[i], 0);
    f = store_write(a->services->store, step, s);
    for (size_t i = 0; i < AUDIT_DOORS && f; i++)
        atomic_fetch_add(&a->refused[i], s->refused[i]);
    return f;
}

enum fault audit_step(struct audit *a, bool anchor)
{
    struct step s = { .looks = anchor };
    enum fault f = anchor || has_notes(a) ? run_step(a, &s) : FAULT_NONE;

    return f || !anchor ? f : set_anchor(a);
}

/* Nothing is lost by a step that fails: what waits goes on waiting, and the journal has been told. */
static void *run(void *arg)
{
    struct audit *a = arg;
    unsigned flushes = 0;

    pthread_mutex_lock(&a->lock);
    while (!a->stopping) {
        struct timespec at;
        bool anchor = ++flushes >= AUDIT_ANCHOR_MS / AUDIT_FLUSH_MS;
        enum fault f;

        pthread_mutex_unlock(&a->lock);
        f = audit_step(a, anchor);
        (void)f;
        if (anchor)
            flushes = 0;
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_sec += AUDIT_FLUSH_MS / 1000;
        pthread_mutex_lock(&a->lock);
        if (!a->stopping)
            (void)pthread_cond_timedwait(&a->wake, &a->lock, &at);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

enum fault audit_start(struct audit *a)
{
    struct step s = { .event = true, .what = AUDIT_START };
    enum fault f = run_step(a, &s);

    if (f)
        return f;
    if (pthread_create(&a->thread, NULL, run, a) != 0)
        return FAULT_INTERNAL;
    a->started = true;
    return set_anchor(a);
}

void audit_stop(struct audit *a)
{
    struct step s = { .looks = true, .event = true, .what = AUDIT_STOP };
    enum fault f;

    if (!a || !a->started)
        return;
    pthread_mutex_lock(&a->lock);
    a->stopping = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    while (has_notes(a) && audit_step(a, false) == FAULT_NONE) {
        /* so many as one link takes, each time */
    }
    f = run_step(a, &s);
    if (!f)
        f = set_anchor(a);
    (void)f;                          /* the journal was told */
    a->started = false;
}
