/* audit_verify.c: the walk along the chain. */
#include "service/audit_verify.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "service/audit_check.h"

#include "base/banned.h"

struct walk {
    const struct audit_verify *v;
    struct audit_report *report;
    struct audit_checks checks;       /* what is only known later: swaps, late rows, anchors */
    struct arena *arena;              /* of one link */
    struct audit_link_row link;
    int64_t seen;                     /* of the link's rows: the number that is expected next */
    int64_t answered[AUDIT_KINDS];    /* by the rows of this link */
    unsigned age;                     /* of the key that the last sound link is signed with */
    bool starts, stops, sound;
};

static void find_deleted(struct walk *w, int64_t from, int64_t to)
{
    for (; from < to; from++) {
        audit_find(w->report, &(struct audit_finding){ .what = AUDIT_ROW_DELETED, .link_no = w->link.link_no,
                                                       .row_no = from, .at_ms = w->link.at_ms });
        w->sound = false;
    }
}

static enum fault see_row(void *arg, const struct audit_row *r)
{
    struct walk *w = arg;
    uint8_t bytes[AUDIT_BYTES_MAX], digest[CHAIN_DIGEST];
    struct buf b = BUF(bytes);
    const uint8_t *signed_digest = w->link.digests.p + (size_t)(r->row_no - w->link.first_row) * CHAIN_DIGEST;

    find_deleted(w, w->seen, r->row_no);
    w->seen = r->row_no + 1;
    w->report->rows++;
    audit_bytes(&b, r);
    if (!SHA256(b.p, b.n, digest))
        return FAULT_INTERNAL;
    if (b.full || memcmp(digest, signed_digest, CHAIN_DIGEST) != 0) {
        struct audit_odd odd = { .link_no = w->link.link_no, .row_no = r->row_no, .at_ms = w->link.at_ms };
        memcpy(odd.is, digest, CHAIN_DIGEST);
        memcpy(odd.was, signed_digest, CHAIN_DIGEST);
        audit_odd_row(&w->checks, w->report, &odd);
        w->sound = false;
        return FAULT_NONE;            /* what it says answers for nothing */
    }
    w->answered[AUDIT_OF_CARDS] += r->cards;
    w->answered[AUDIT_OF_NUMBERS] += r->numbers;
    w->starts = w->starts || r->event == AUDIT_START;
    w->stops = r->event == AUDIT_STOP;
    return FAULT_NONE;
}

static bool is_shaped(const struct audit_link_row *l)
{
    return l->row_count >= 0 && l->row_count <= CHAIN_ROWS_MAX && l->mac.n == CHAIN_MAC && l->life.n == CHAIN_LIFE
        && l->digests.n == (size_t)l->row_count * CHAIN_DIGEST && l->first_row > 0;
}

/* Is it what the keyholder signed, with number `link_no` and behind `before`? *age: with a key how old. */
static enum fault check_mac(const struct walk *w, unsigned *age, const struct audit_link_row *l, int64_t link_no,
                            const uint8_t before[static CHAIN_MAC])
{
    struct chain_link c = { link_no, l->first_row, l->row_count, l->at_ms, { 0 }, l->digests };
    struct chain_seal seal = { .cards = l->cards, .numbers = l->numbers };

    memcpy(c.before, before, CHAIN_MAC);
    memcpy(seal.mac, l->mac.p, CHAIN_MAC);
    memcpy(seal.life, l->life.p, CHAIN_LIFE);
    return audit_key_link(w->v->key, age, &c, &seal);
}

static enum fault look_for_swap(struct walk *w, struct store_tx *tx, const struct audit_link_row *l,
                                const uint8_t before[static CHAIN_MAC], int64_t *other);

/* An older key than that of the link before was out of use by then. */
static void check_age(struct walk *w, unsigned age)
{
    if (age > w->age) {
        audit_find(w->report, &(struct audit_finding){ .what = AUDIT_OLDER_KEY, .link_no = w->link.link_no,
                                                       .at_ms = w->link.at_ms });
        w->sound = false;
    }
    w->age = age < w->age ? age : w->age;
}

/* Flaws of the link itself. `*usable`: what it says of its rows can be gone by. */
static enum fault check_link(struct walk *w, struct store_tx *tx, bool *usable)
{
    const struct audit_link_row *l = &w->link;
    const struct audit_tally *t = &w->report->tally;
    struct audit_finding found = { .what = AUDIT_LINK_EDITED, .link_no = l->link_no, .at_ms = l->at_ms };
    bool gap = l->link_no != t->link_no + 1;
    unsigned age = w->age;
    enum fault f;

    *usable = is_shaped(l);
    if (gap) {
        audit_find(w->report, &(struct audit_finding){ .what = AUDIT_LINKS_DELETED, .link_no = t->link_no + 1,
                                                       .other = l->link_no - 1, .at_ms = l->at_ms });
        w->sound = false;
    }
    f = *usable && !gap ? check_mac(w, &age, l, l->link_no, t->mac) : *usable ? FAULT_NONE : FAULT_DENIED;
    if (!f)
        check_age(w, age);
    if (f == FAULT_DENIED) {
        w->sound = *usable = false;
        f = look_for_swap(w, tx, l, t->mac, &found.other);
        if (found.other)
            found.what = AUDIT_LINKS_SWAPPED;
        if (found.other >= 0)
            audit_find(w->report, &found);
    }
    return f;
}

struct swap { const struct walk *w; int64_t link_no, other; const uint8_t *before; };

static enum fault try_swap(void *arg, const struct audit_link_row *l)
{
    struct swap *s = arg;
    unsigned age;

    if (is_shaped(l) && check_mac(s->w, &age, l, s->link_no, s->before) == FAULT_NONE)
        s->other = l->link_no;
    return FAULT_NONE;
}

/* Does a later link belong here? *other: its number; 0: none does; -1: this one was named with the earlier of the two,
 * or follows one whose MAC cannot be gone by. */
static enum fault look_for_swap(struct walk *w, struct store_tx *tx, const struct audit_link_row *l,
                                const uint8_t before[static CHAIN_MAC], int64_t *other)
{
    enum { NEAR = 64 };               /* links that are looked at */
    struct swap s = { w, l->link_no, 0, before };
    enum fault f;

    *other = 0;
    if (w->checks.swapped_until >= l->link_no) {
        *other = -1;
        return FAULT_NONE;
    }
    f = audit_links_each(tx, l->link_no, NEAR, try_swap, &s);
    *other = s.other;
    if (s.other)
        w->checks.swapped_until = s.other + 1;
    return f;
}

static enum fault check_rows(struct walk *w, struct store_tx *tx)
{
    const struct audit_link_row *l = &w->link;
    enum fault f = FAULT_NONE;

    w->seen = l->first_row;
    if (l->row_count)
        f = audit_rows_each(tx, l->first_row, l->first_row + l->row_count - 1, see_row, w);
    if (!f)
        find_deleted(w, w->seen, l->first_row + l->row_count);
    return f;
}

/* The tally behind this link; of one that is not what was signed, only where it stands. */
static void advance(struct walk *w, bool usable)
{
    const struct audit_link_row *l = &w->link;
    struct audit_tally *t = &w->report->tally;
    const int64_t in_life[AUDIT_KINDS] = { l->cards, l->numbers };

    t->link_no = l->link_no;
    if (l->mac.n == CHAIN_MAC)
        memcpy(t->mac, l->mac.p, CHAIN_MAC);
    if (!usable) {
        w->checks.blind = true;       /* rows may be missing in what comes, for this reason alone */
        return;
    }
    t->last_row = l->first_row + l->row_count - 1;
    t->at_ms = l->at_ms;
    audit_count(&w->checks, w->report, &(struct audit_counts){
        .life = l->life.p, .in_life = in_life, .answered = w->answered, .starts = w->starts });
    if (l->row_count)
        t->stopped = w->stops;
}

static enum fault take_link(void *arg, const struct audit_link_row *l)
{
    struct walk *w = arg;

    w->link = *l;
    w->link.digests = arena_copy(w->arena, l->digests);
    w->link.life = arena_copy(w->arena, l->life);
    w->link.mac = arena_copy(w->arena, l->mac);
    return (l->digests.n && span_absent(w->link.digests)) ? FAULT_INTERNAL : FAULT_NONE;
}

/* NOT_FOUND: that was the last one. */
static enum fault next_link(struct store_tx *tx, void *arg)
{
    struct walk *w = arg;
    const int64_t before = w->report->tally.link_no;
    bool usable;
    enum fault f;

    arena_reset(w->arena);
    w->link.link_no = 0;
    w->answered[0] = w->answered[1] = 0;
    w->starts = w->stops = false;
    w->sound = true;
    f = audit_links_each(tx, before, 1, take_link, w);
    if (f || w->link.link_no == 0 || (w->v->until_link && w->link.link_no > w->v->until_link))
        return f ? f : FAULT_NOT_FOUND;
    f = check_link(w, tx, &usable);
    if (!f && usable)
        f = check_rows(w, tx);
    if (f)
        return f;
    w->report->links++;
    advance(w, usable);
    if (usable)
        audit_anchor_meets(&w->checks, w->report);
    return FAULT_NONE;
}

static enum fault begin(struct store_tx *tx, void *arg)
{
    struct walk *w = arg;
    struct audit_stub_row stub;
    enum fault f = audit_stub_find(tx, &stub, w->arena);

    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    f = audit_stub_read(&w->report->tally, w->v->key, &stub);
    w->report->purged = stub.link_no;
    if (f == FAULT_DENIED) {
        audit_find(w->report, &(struct audit_finding){ .what = AUDIT_STUB_EDITED, .link_no = stub.link_no });
        w->report->tally.link_no = stub.link_no;
        w->report->tally.last_row = stub.last_row;
        w->checks.blind = true;
        f = FAULT_NONE;
    }
    audit_anchor_meets(&w->checks, w->report);
    return f;
}

static enum fault end(struct store_tx *tx, void *arg)
{
    struct walk *w = arg;
    struct audit_extent e;
    enum fault f = audit_extent(tx, &e);

    if (f)
        return f;
    w->report->unchained = e.unchained;
    /* A server may have gone on meanwhile: rows of a link that was not there yet are none of ours. */
    if (e.last_link == w->report->tally.link_no && e.last_row > w->report->tally.last_row && !w->checks.blind)
        audit_find(w->report, &(struct audit_finding){ .what = AUDIT_ROWS_UNLINKED, .other = e.last_row,
                                                       .row_no = w->report->tally.last_row + 1 });
    return FAULT_NONE;
}

static enum fault walk(struct walk *w)
{
    enum fault f = audit_trail_read(w->v->trail, begin, w);

    while (!f) {
        f = audit_trail_read(w->v->trail, next_link, w);
        if (!f && w->v->each)
            f = w->v->each(w->v->arg, &w->report->tally, w->report);
    }
    if (f != FAULT_NOT_FOUND)
        return f;
    return w->v->until_link ? FAULT_NONE : audit_trail_read(w->v->trail, end, w);
}

enum fault audit_verify_trail(struct audit_report *report, const struct audit_verify *v)
{
    struct walk *w = calloc(1, sizeof *w);
    enum fault f = w ? arena_new(&w->arena) : FAULT_INTERNAL;

    memset(report, 0, sizeof *report);
    if (f) {
        free(w);
        return f;
    }
    w->v = v;
    w->report = report;
    w->age = KEY_GENERATIONS;
    w->checks.anchors = v->anchors;
    audit_anchor_next(&w->checks);
    f = walk(w);
    if (!f || f == FAULT_MISMATCH)
        audit_checks_end(&w->checks, report, v);
    arena_free(w->arena);
    free(w);
    return f;
}
