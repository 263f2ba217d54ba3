/* backup.c: copying, then sealing piece by piece. */
#include "service/backup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/journal.h"
#include "store/backup.h"

#include "base/banned.h"

struct part {
    char name[BACKUP_NAME_MAX + 1], path[BACKUP_PATH], copy[BACKUP_PATH];
    int64_t size, first;              /* bytes; the number of its first piece */
    int fd;                           /* of what is told; -1: not open */
};

struct backups {
    const struct services *services;
    struct part parts[BACKUP_PARTS_MAX];
    size_t n;
    pthread_mutex_t lock;             /* of what follows */
    struct backup_now now;
    int64_t begun_ms, touched_ns;
    char known[BACKUP_USES][BACKUP_WHO];
    bool has_thread, taking;
    pthread_t thread;
    struct store_copy_progress progress;
    uint8_t plain[BACKUP_PLAIN_MAX];  /* of who is taking */
};

static void *copy_all(void *arg);
static enum fault copy_part(struct backups *b, struct part *p);
static void count_pieces(struct backups *b);
static enum fault take_one(struct backups *b, struct buf *out, int64_t no);

static bool keep_text(char *out, size_t cap, const char *text)
{
    return span_text(out, cap, span_of(text ? text : "")) == FAULT_NONE;
}

enum fault backups_new(struct backups **out, const struct services *s, const struct backup_source *sources, size_t n)
{
    struct backups *b = calloc(1, sizeof *b);

    assert(n > 0 && n <= BACKUP_PARTS_MAX);
    if (!b)
        return FAULT_INTERNAL;
    b->services = s;
    b->n = n;
    for (size_t i = 0; i < n; i++) {
        struct part *p = &b->parts[i];

        p->fd = -1;
        assert(backup_name_is_valid(span_of(sources[i].name)));
        if (!keep_text(p->name, sizeof p->name, sources[i].name) ||
            !keep_text(p->path, sizeof p->path, sources[i].path) ||
            !keep_text(p->copy, sizeof p->copy, sources[i].copy)) {
            free(b);
            return FAULT_BAD_INPUT;
        }
    }
    pthread_mutex_init(&b->lock, NULL);
    *out = b;
    return FAULT_NONE;
}

/* Close what is open and leave nothing of the copies. The lock is held, or nobody else is there. */
static void clear(struct backups *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct part *p = &b->parts[i];

        if (p->fd >= 0)
            (void)close(p->fd);
        p->fd = -1;
        p->size = 0;
        if (truncate(p->copy, 0) != 0 && errno != ENOENT)
            journal_event(b->services->journal, JOURNAL_WARNING, "the copy of a database that a backup made is left",
                          errno, NULL);
    }
    b->now = (struct backup_now){ .stage = BACKUP_NONE };
    memset(b->known, 0, sizeof b->known);
}

/* Stop the thread. Nobody else starts one meanwhile: the lock is held, and the thread does not need it to stop. */
static void stop_thread(struct backups *b)
{
    if (!b->has_thread)
        return;
    atomic_store(&b->progress.stop, true);
    pthread_join(b->thread, NULL);
    b->has_thread = false;
}

void backups_free(struct backups *b)
{
    if (!b)
        return;
    stop_thread(b);
    clear(b);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

/* Is somebody still at it? */
static bool is_wanted(const struct backups *b)
{
    return b->now.stage != BACKUP_NONE && b->now.stage != BACKUP_FAILED &&
           (b->taking || clock_mono_ns() - b->touched_ns < BACKUP_IDLE_MS * MS_NS);
}

static enum fault begin(struct backups *b)
{
    if (is_wanted(b))
        return FAULT_BUSY;
    stop_thread(b);
    clear(b);
    b->now.stage = BACKUP_COPYING;
    secret_random(b->now.id, BACKUP_ID);
    b->begun_ms = clock_now_ms(b->services->clock);
    b->touched_ns = clock_mono_ns();
    atomic_store(&b->progress.stop, false);
    atomic_store(&b->progress.done, 0);
    atomic_store(&b->progress.total, 0);
    b->has_thread = pthread_create(&b->thread, NULL, copy_all, b) == 0;
    if (!b->has_thread)
        b->now.stage = BACKUP_FAILED;
    return b->has_thread ? FAULT_NONE : FAULT_INTERNAL;
}

enum fault backup_begin(const struct services *s, struct backup_now *out)
{
    struct backups *b = s->backups;
    enum fault f;

    if (!b)
        return FAULT_WRONG_STATE;
    pthread_mutex_lock(&b->lock);
    f = begin(b);
    *out = b->now;
    pthread_mutex_unlock(&b->lock);
    return f;
}

/* Is this the one under way? The lock is held. */
static bool is_it(struct backups *b, const uint8_t id[static BACKUP_ID])
{
    return b->now.stage != BACKUP_NONE && memcmp(b->now.id, id, BACKUP_ID) == 0;
}

/* Whether the copying has come to its end is only known here: nobody needs to know it before he looks. */
static void look(struct backups *b)
{
    b->touched_ns = clock_mono_ns();
    b->now.done = atomic_load(&b->progress.done);
    b->now.total = atomic_load(&b->progress.total);
}

enum fault backup_look(const struct services *s, struct backup_now *out, const uint8_t id[static BACKUP_ID])
{
    struct backups *b = s->backups;
    enum fault f = FAULT_NOT_FOUND;

    if (!b)
        return f;
    pthread_mutex_lock(&b->lock);
    if (is_it(b, id)) {
        look(b);
        *out = b->now;
        f = FAULT_NONE;
    }
    pthread_mutex_unlock(&b->lock);
    return f;
}

enum fault backup_end(const struct services *s, const uint8_t id[static BACKUP_ID])
{
    struct backups *b = s->backups;
    enum fault f = FAULT_NOT_FOUND;

    if (!b)
        return f;
    pthread_mutex_lock(&b->lock);
    if (is_it(b, id) && !b->taking) {
        stop_thread(b);
        clear(b);
        f = FAULT_NONE;
    } else if (is_it(b, id)) {
        f = FAULT_BUSY;
    }
    pthread_mutex_unlock(&b->lock);
    return f;
}

/* The parts do not change while `taking` is set, so that they are read without the lock. */
static enum fault start_taking(struct backups *b, const uint8_t id[static BACKUP_ID])
{
    enum fault f = FAULT_NONE;

    pthread_mutex_lock(&b->lock);
    if (!is_it(b, id))
        f = FAULT_NOT_FOUND;
    else if (b->now.stage != BACKUP_READY)
        f = FAULT_WRONG_STATE;
    else if (b->taking)
        f = FAULT_BUSY;
    else
        b->taking = true;
    pthread_mutex_unlock(&b->lock);
    return f;
}

enum fault backup_take(const struct services *s, struct buf *out, const uint8_t id[static BACKUP_ID], int64_t no)
{
    struct backups *b = s->backups;
    enum fault f = b ? start_taking(b, id) : FAULT_NOT_FOUND;

    if (f)
        return f;
    for (int i = 0; i < BACKUP_TAKE && !f && no + i < b->now.pieces; i++)
        f = take_one(b, out, no + i);
    pthread_mutex_lock(&b->lock);
    b->touched_ns = clock_mono_ns();
    b->taking = false;
    pthread_mutex_unlock(&b->lock);
    return f;
}

void backup_known(const struct services *s, char out[static BACKUP_WHO], const uint8_t id[static BACKUP_ID],
                  enum backup_use use)
{
    struct backups *b = s->backups;

    out[0] = '\0';
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    if (is_it(b, id))
        memcpy(out, b->known[use], BACKUP_WHO);
    pthread_mutex_unlock(&b->lock);
}

void backup_know(const struct services *s, const char *who, const uint8_t id[static BACKUP_ID], enum backup_use use)
{
    struct backups *b = s->backups;

    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    if (is_it(b, id))
        (void)keep_text(b->known[use], BACKUP_WHO, who);
    pthread_mutex_unlock(&b->lock);
}

static void *copy_all(void *arg)
{
    struct backups *b = arg;
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < b->n && !f; i++)
        f = copy_part(b, &b->parts[i]);
    if (f && f != FAULT_BUSY)
        journal_event(b->services->journal, JOURNAL_ERROR, "a database could not be copied for a backup", f, NULL);
    /* Whoever holds the lock may be waiting for this thread to end, and then its result is not wanted. */
    while (!atomic_load(&b->progress.stop)) {
        if (pthread_mutex_trylock(&b->lock) != 0) {
            (void)usleep(1000);
            continue;
        }
        if (!f)
            count_pieces(b);
        b->now.stage = f ? BACKUP_FAILED : BACKUP_READY;
        pthread_mutex_unlock(&b->lock);
        break;
    }
    return NULL;
}

static enum fault copy_part(struct backups *b, struct part *p)
{
    enum fault f = store_copy(&p->size, p->path, p->copy, &b->progress);

    if (f)
        return f;
    p->fd = open(p->copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return p->fd < 0 ? FAULT_DISK : FAULT_NONE;
}

/* Each part has its beginning and its data; then comes the end. */
static void count_pieces(struct backups *b)
{
    b->now.pieces = 1;
    b->now.bytes = 0;
    for (size_t i = 0; i < b->n; i++) {
        b->parts[i].first = b->now.pieces - 1;
        b->now.pieces += 1 + backup_pieces(b->parts[i].size);
        b->now.bytes += b->parts[i].size;
    }
}

static enum fault read_data(struct buf *out, const struct part *p, int64_t at)
{
    int64_t left = p->size - at;
    size_t want = left < BACKUP_PIECE ? (size_t)left : BACKUP_PIECE;

    buf_byte(out, BACKUP_DATA);
    assert(out->cap - out->n >= want);
    while (want) {
        ssize_t n = pread(p->fd, out->p + out->n, want, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FAULT_DISK;
        out->n += (size_t)n, want -= (size_t)n, at += n;
    }
    return FAULT_NONE;
}

static enum fault plain_piece(struct backups *b, struct buf *out, int64_t no)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct part *p = &b->parts[i];
        struct backup_piece head = { .kind = BACKUP_PART, .number = p->size, .bytes = span_of(p->name) };

        if (no > p->first + backup_pieces(p->size))
            continue;
        if (no > p->first)
            return read_data(out, p, (no - p->first - 1) * BACKUP_PIECE);
        backup_piece_pack(out, &head);
        return FAULT_NONE;
    }
    backup_piece_pack(out, &(struct backup_piece){ .kind = BACKUP_END, .number = b->begun_ms,
                                                   .parts = (unsigned)b->n });
    return FAULT_NONE;
}

/* Seal it straight into the answer, behind its length. */
static enum fault take_one(struct backups *b, struct buf *out, int64_t no)
{
    uint8_t about[BACKUP_ABOUT];
    struct buf plain = BUF(b->plain), place = BUF(about);
    struct key_ask ask = { .op = KEY_SEAL, .use = KEY_USE_BACKUP };
    enum fault f = plain_piece(b, &plain, no);
    size_t n = plain.n + KEY_SEAL_EXTRA;

    if (f)
        return f;
    backup_about(&place, b->now.id, no);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_byte(out, (uint8_t)(n >> shift));
    if (plain.full || place.full || out->full || out->cap - out->n < n)
        return FAULT_INTERNAL;
    ask.about = buf_view(&place);
    ask.in = buf_view(&plain);
    ask.out = (struct buf){ out->p + out->n, 0, n, false };
    f = keyholder_ask_one(b->services->keyholder, &ask);
    if (!f)
        out->n += n;
    return f;
}
