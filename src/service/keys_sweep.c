/* keys_sweep.c: old records are sealed anew, one piece a step. */
#include <stdlib.h>
#include <string.h>

#include "base/journal.h"
#include "service/callers.h"
#include "service/keys_own.h"

#include "base/banned.h"

enum phase { LOOK, COUNT, BEGIN, WORK };

/* One piece: old records of one column, and the questions about them. */
struct piece {
    enum reseal_column column;
    struct keys_place from, at;       /* behind what they are; behind the last row that was looked at */
    int64_t seen;
    size_t n, bytes;
    bool full;                        /* of records, not of rows */
    struct reseal_row rows[KEYS_PIECE];
    struct key_ask asks[KEYS_PIECE];
};

struct keys_sweep {
    const struct services *s;
    struct arena *arena;              /* of a piece */
    int64_t settle_ns, seen_ns;       /* seen_ns: when this process first saw the newest generation */
    uint8_t newest[KEY_RING_ID];
    enum phase phase;
    struct keys_tally tally;
    struct keys_work work;            /* as it was saved, or is yet to be with the next records */
    struct keys_work next;
    struct piece piece;
};

enum fault keys_sweep_new(struct keys_sweep **out, const struct services *s, int64_t settle_ms)
{
    struct keys_sweep *w = calloc(1, sizeof *w);

    if (!w || arena_new(&w->arena)) {
        free(w);
        return FAULT_INTERNAL;
    }
    w->s = s;
    w->settle_ns = settle_ms * MS_NS;
    *out = w;
    return FAULT_NONE;
}

void keys_sweep_free(struct keys_sweep *w)
{
    if (!w)
        return;
    arena_free(w->arena);
    free(w);
}

void keys_sweep_look(struct keys_sweep *w)
{
    w->phase = LOOK;
}

static enum fault load(struct store_tx *tx, void *arg)
{
    struct keys_sweep *w = arg;
    enum fault f = keys_work_load(tx, &w->work, w->arena);

    /* What cannot be understood is as good as none: the records themselves say which are old. */
    return f == FAULT_INTERNAL ? FAULT_NOT_FOUND : f;
}

static void see_newest(struct keys_sweep *w, const struct key_generation *newest)
{
    if (w->seen_ns && memcmp(w->newest, newest->id, KEY_RING_ID) == 0)
        return;
    memcpy(w->newest, newest->id, KEY_RING_ID);
    w->seen_ns = clock_mono_ns();
}

/* Is there something to do, and was it begun before? */
static enum fault look(struct keys_sweep *w, enum keys_next *next, struct store_reader *r)
{
    struct key_ring ring;
    const struct key_generation *newest;
    enum fault f = keys_ring(w->s, &ring), before;

    if (!f)
        f = keys_notice(w->s, &ring);
    if (f)
        return f;
    newest = keys_find(&ring, KEY_PURPOSE_DATA, 0);
    if (!newest)
        return FAULT_INTERNAL;
    see_newest(w, newest);
    arena_reset(w->arena);
    before = store_read(r, load, w);
    if (before && before != FAULT_NOT_FOUND)
        return before;
    if (!before && memcmp(w->work.progress.to, newest->id, KEY_RING_ID) == 0) {
        *next = w->work.progress.ended_ms ? KEYS_LATER : KEYS_NOW;
        w->phase = w->work.progress.ended_ms ? LOOK : WORK;
    } else if (keys_count(&ring, KEY_PURPOSE_DATA) == 1) {
        *next = KEYS_LATER;           /* whatever there is cannot be under another one */
    } else {
        w->tally = (struct keys_tally){ .others = true };
        memcpy(w->tally.id, newest->id, KEY_RING_ID);
        keys_place_start(&w->tally.at, 0);
        w->phase = COUNT;
        *next = KEYS_NOW;
    }
    return FAULT_NONE;
}

static enum fault count(struct keys_sweep *w, enum keys_next *next, struct store_reader *r)
{
    enum fault f = keys_tally_step(&w->tally, r);

    *next = KEYS_ON;
    if (!f && w->tally.at.column == RESEAL_COLUMNS)
        w->phase = BEGIN;
    return f;
}

static enum fault begin_work(struct store_tx *tx, void *arg)
{
    const struct keys_sweep *w = arg;
    const struct keys_progress *p = &w->next.progress;
    enum fault f = keys_work_save(tx, &w->next);

    return f ? f : keys_audit(tx, KEY_PURPOSE_DATA, p->to, "re-encryption began", p->old, p->began_ms);
}

static enum fault begin(struct keys_sweep *w)
{
    struct keys_progress *p = &w->next.progress;
    enum fault f;

    memset(&w->next, 0, sizeof w->next);
    p->stage = KEYS_WORKING;
    memcpy(p->to, w->newest, KEY_RING_ID);
    p->old = w->tally.n;
    p->began_ms = clock_now_ms(w->s->clock);
    w->next.pass = 1;
    keys_place_start(&w->next.at, 0);
    f = store_write(w->s->store, begin_work, w);
    if (f)
        return f;
    w->work = w->next;
    w->phase = WORK;
    journal_event(w->s->journal, JOURNAL_INFO, "records under older keys are being sealed again", p->old, NULL);
    return FAULT_NONE;
}

static enum fault keep(struct keys_sweep *w, const struct reseal_row *r)
{
    struct piece *p = &w->piece;
    struct reseal_row *to = &p->rows[p->n];
    const struct { struct span *to; struct span from; } copies[] = {
        { &to->id, r->id }, { &to->client_id, r->client_id }, { &to->version, r->version }, { &to->mac, r->mac },
        { &to->digest, r->digest }, { &to->sealed, r->sealed },
    };

    *to = (struct reseal_row){ .merchant_id = r->merchant_id, .no = r->no };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        if (span_absent(copies[i].from))
            continue;
        *copies[i].to = arena_copy(w->arena, copies[i].from);
        if (span_absent(*copies[i].to))
            return FAULT_INTERNAL;
    }
    p->n++;
    p->bytes += r->sealed.n;
    p->full = p->n == KEYS_PIECE || p->bytes >= KEYS_PIECE_BYTES;
    return FAULT_NONE;
}

/* TOO_MANY ends the reading early: the piece is full. */
static enum fault see(void *arg, const struct reseal_row *r)
{
    struct keys_sweep *w = arg;
    enum fault f = FAULT_NONE;

    w->piece.seen++;
    if (!span_absent(r->sealed) && !keys_is_under(r->sealed, w->newest))
        f = keep(w, r);
    if (!f)
        f = keys_place_set(&w->piece.at, r);
    return f ? f : w->piece.full ? FAULT_TOO_MANY : FAULT_NONE;
}

static enum fault gather(struct store_tx *tx, void *arg)
{
    struct keys_sweep *w = arg;
    struct piece *p = &w->piece;
    struct reseal_place at;
    enum fault f;

    arena_reset(w->arena);
    p->from = p->at = w->work.at;
    p->column = (enum reseal_column)p->from.column;
    p->n = p->bytes = 0;
    p->seen = 0;
    p->full = false;
    at = keys_place_now(&p->from);
    f = reseal_each(tx, p->column, &at, KEYS_SEEN, see, w);
    return f == FAULT_TOO_MANY ? FAULT_NONE : f;
}

static enum fault ask(struct keys_sweep *w)
{
    struct piece *p = &w->piece;

    for (size_t i = 0; i < p->n; i++) {
        struct buf about = arena_buf(w->arena, KEY_ABOUT_MAX);

        keys_about(&about, p->column, &p->rows[i]);
        p->asks[i] = (struct key_ask){ .op = KEY_RESEAL, .use = keys_use(p->column), .about = buf_view(&about),
                                       .in = p->rows[i].sealed, .out = arena_buf(w->arena, p->rows[i].sealed.n) };
        if (about.full || p->asks[i].out.full)
            return FAULT_INTERNAL;
    }
    return p->n ? keyholder_ask(w->s->keyholder, p->asks, p->n) : FAULT_NONE;
}

static void add_damaged(struct keys_sweep *w, struct keys_progress *to, int64_t merchant_id)
{
    const struct journal_text column = journal_text(span_of(reseal_name(w->piece.column)));
    size_t i = 0;

    to->damaged++;
    while (i < to->damaged_n && (to->in[i].column != w->piece.column || to->in[i].merchant_id != merchant_id))
        i++;
    if (i == KEYS_DAMAGED_MAX)
        return;
    if (i == to->damaged_n) {
        to->in[to->damaged_n++] = (struct keys_damaged){ w->piece.column, merchant_id, 0 };
        if (w->work.pass == 1)
            journal_event(w->s->journal, JOURNAL_WARNING, "sealed records of this merchant do not open and are left "
                          "as they are", merchant_id, &column);
    }
    to->in[i].n++;
}

/* What came of the questions, into w->next. A record that does not open is one that nobody can open. */
static enum fault judge(struct keys_sweep *w)
{
    const struct piece *p = &w->piece;

    w->next = w->work;
    w->next.at = p->at;
    if (!p->full && p->seen < KEYS_SEEN)
        keys_place_start(&w->next.at, p->from.column + 1);
    for (size_t i = 0; i < p->n; i++) {
        enum fault f = p->asks[i].fault;

        if (f == FAULT_DENIED || f == FAULT_BAD_INPUT)
            add_damaged(w, &w->next.progress, p->rows[i].merchant_id);
        else if (f)
            return f;
        else
            w->next.progress.done++, w->next.found++;
    }
    return FAULT_NONE;
}

/* A record that is another one by now was changed under the newest key, or is gone. */
static enum fault put_all(struct store_tx *tx, void *arg)
{
    struct keys_sweep *w = arg;
    const struct piece *p = &w->piece;
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < p->n && !f; i++) {
        bool changed;

        if (!p->asks[i].fault)
            f = reseal_put(tx, &changed, p->column, &p->rows[i], buf_view(&p->asks[i].out));
    }
    return f ? f : keys_work_save(tx, &w->next);
}

/* Nothing is written where nothing was found: after a restart that part is read again. */
static enum fault do_piece(struct keys_sweep *w, enum keys_next *next, struct store_reader *r)
{
    enum fault f = store_read(r, gather, w);

    if (!f)
        f = ask(w);
    if (!f)
        f = judge(w);
    if (!f && w->piece.n)
        f = store_write(w->s->store, put_all, w);
    else
        *next = KEYS_ON;
    if (!f)
        w->work = w->next;
    return f;
}

static enum fault end_work(struct store_tx *tx, void *arg)
{
    const struct keys_sweep *w = arg;
    const struct keys_progress *p = &w->next.progress;
    enum fault f = keys_work_save(tx, &w->next);

    return f ? f : keys_audit(tx, KEY_PURPOSE_DATA, p->to, "re-encryption ended", p->damaged, p->ended_ms);
}

static enum fault end(struct keys_sweep *w)
{
    struct keys_progress *p = &w->next.progress;
    enum fault f;

    w->next = w->work;
    p->stage = KEYS_DONE;
    p->ended_ms = clock_now_ms(w->s->clock);
    f = store_write(w->s->store, end_work, w);
    if (f)
        return f;
    if (w->s->callers)
        callers_forget(w->s->callers);        /* which may have records under an older key */
    journal_event(w->s->journal, JOURNAL_INFO, "all records that open are under the newest data key", p->done, NULL);
    w->phase = LOOK;
    return FAULT_NONE;
}

/* Is there a newer key than the one that was worked for? Whoever rotated may have had no answer, and told nobody. */
static enum fault is_outdated(const struct keys_sweep *w, bool *outdated)
{
    struct key_ring ring;
    const struct key_generation *newest;
    enum fault f = keys_ring(w->s, &ring);

    if (f)
        return f;
    newest = keys_find(&ring, KEY_PURPOSE_DATA, 0);
    *outdated = newest && memcmp(newest->id, w->newest, KEY_RING_ID) != 0;
    return FAULT_NONE;
}

/* All columns are through. It is over when a whole pass found nothing, and that pass began after whatever was sealed
 * before the rotation was committed. */
static enum fault end_pass(struct keys_sweep *w, enum keys_next *next)
{
    bool settled = clock_mono_ns() - w->seen_ns >= w->settle_ns, outdated = false;
    enum fault f = is_outdated(w, &outdated);

    if (f)
        return f;
    if (outdated) {
        w->phase = LOOK;
        return FAULT_NONE;
    }
    if (w->work.found == 0 && w->work.progress.stage == KEYS_CHECKING) {
        *next = KEYS_LATER;
        return end(w);
    }
    if (!settled) {
        *next = KEYS_SOON;
        return FAULT_NONE;
    }
    w->work.pass++;
    w->work.found = 0;
    w->work.progress.stage = KEYS_CHECKING;
    w->work.progress.damaged = 0;
    w->work.progress.damaged_n = 0;
    keys_place_start(&w->work.at, 0);
    return FAULT_NONE;
}

enum fault keys_sweep_step(struct keys_sweep *w, enum keys_next *next, struct store_reader *r)
{
    *next = KEYS_NOW;
    switch (w->phase) {
    case LOOK:
        return look(w, next, r);
    case COUNT:
        return count(w, next, r);
    case BEGIN:
        return begin(w);
    case WORK:
        break;
    }
    if (w->work.at.column < RESEAL_COLUMNS)
        return do_piece(w, next, r);
    return end_pass(w, next);
}
