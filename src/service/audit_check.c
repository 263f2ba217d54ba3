/* audit_check.c: rows in each other's place, openings without rows, anchors. */
#include "service/audit_check.h"

#include <string.h>

#include "base/base64.h"

#include "base/banned.h"

enum { SECOND = 1000, ANCHOR_FIELDS = 5 };

void audit_find(struct audit_report *r, const struct audit_finding *f)
{
    if (r->named < AUDIT_FINDINGS_MAX)
        r->findings[r->named++] = *f;
    r->n++;
}

static void find_edited(struct audit_report *r, const struct audit_odd *odd)
{
    audit_find(r, &(struct audit_finding){ .what = AUDIT_ROW_EDITED, .link_no = odd->link_no, .row_no = odd->row_no,
                                           .at_ms = odd->at_ms });
}

void audit_odd_row(struct audit_checks *c, struct audit_report *r, const struct audit_odd *odd)
{
    c->blind = true;                  /* what it answered for is not known any more */
    r->odd++;
    if (c->n_odd < CHECK_ODD_MAX)
        c->odd[c->n_odd++] = *odd;
    else
        find_edited(r, odd);
}

/* The one that has what `i` should have, and has what it should have. */
static size_t partner(const struct audit_checks *c, size_t i)
{
    const struct audit_odd *a = &c->odd[i];

    for (size_t k = 0; k < c->n_odd; k++)
        if (k != i && memcmp(c->odd[k].is, a->was, CHAIN_DIGEST) == 0
            && memcmp(c->odd[k].was, a->is, CHAIN_DIGEST) == 0)
            return k;
    return i;
}

static void tell_odd(const struct audit_checks *c, struct audit_report *r)
{
    for (size_t i = 0; i < c->n_odd; i++) {
        size_t k = partner(c, i);

        if (k == i)
            find_edited(r, &c->odd[i]);
        else if (k > i)
            audit_find(r, &(struct audit_finding){ .what = AUDIT_ROWS_SWAPPED, .link_no = c->odd[i].link_no,
                                                   .row_no = c->odd[i].row_no, .other = c->odd[k].row_no,
                                                   .at_ms = c->odd[i].at_ms });
    }
}

/* `opened` had been opened by a link, and rows answer for less. Named once: from here on it counts as answered. */
static void find_opened(struct audit_report *r, const struct audit_point *p, size_t kind)
{
    int64_t n = p->opened[kind] - r->tally.answered[kind];

    if (n <= 0)
        return;
    audit_find(r, &(struct audit_finding){ .what = kind == AUDIT_OF_CARDS ? AUDIT_CARDS_OPENED : AUDIT_NUMBERS_OPENED,
                                           .link_no = p->link_no, .n = n, .at_ms = p->at_ms });
    r->tally.answered[kind] += n;
}

/* Openings of `before` and earlier must have their rows by now. */
static void judge(struct audit_checks *c, struct audit_report *r, int64_t before)
{
    size_t due = 0;

    while (due < c->n_points && c->points[due].at_ms <= before)
        due++;
    if (due == 0)
        return;
    for (size_t kind = 0; kind < AUDIT_KINDS && !c->blind; kind++)
        find_opened(r, &c->points[due - 1], kind);
    c->n_points -= due;
    memmove(c->points, c->points + due, c->n_points * sizeof *c->points);
}

static void add_point(struct audit_checks *c, const struct audit_tally *t)
{
    struct audit_point p = { .link_no = t->link_no, .at_ms = t->at_ms };
    struct audit_point *last = c->n_points ? &c->points[c->n_points - 1] : NULL;

    memcpy(p.opened, t->opened, sizeof p.opened);
    if (last && p.at_ms < last->at_ms)
        p.at_ms = last->at_ms;        /* the machine's clock was set back */
    if (last && (p.at_ms / SECOND == last->at_ms / SECOND || c->n_points == CHECK_POINTS))
        *last = p;
    else
        c->points[c->n_points++] = p;
}

/* A gateway begins: whatever one before it was about to open or to write has come to nothing. One that was killed may
 * have taken rows with it; one that stopped has not. */
static void begin_anew(struct audit_checks *c, struct audit_report *r)
{
    struct audit_tally *t = &r->tally;
    struct audit_point now = { .link_no = t->link_no, .at_ms = t->at_ms };

    memcpy(now.opened, t->opened, sizeof now.opened);
    for (size_t kind = 0; kind < AUDIT_KINDS; kind++) {
        int64_t missing = t->opened[kind] - t->answered[kind];
        if (missing > 0 && !t->stopped && missing <= AUDIT_LOST_MAX && !c->blind)
            r->lost[kind] += missing;
        else if (!c->blind)
            find_opened(r, &now, kind);
        t->answered[kind] = t->opened[kind];
    }
    c->n_points = 0;
    c->blind = false;
}

void audit_count(struct audit_checks *c, struct audit_report *r, const struct audit_counts *n)
{
    struct audit_tally *t = &r->tally;
    bool new_life = memcmp(t->life, n->life, CHAIN_LIFE) != 0;

    if (new_life) {
        memcpy(t->life, n->life, CHAIN_LIFE);
        memset(t->in_life, 0, sizeof t->in_life);
        r->lives++;
    }
    for (size_t kind = 0; kind < AUDIT_KINDS; kind++) {
        if (n->in_life[kind] < t->in_life[kind])
            audit_find(r, &(struct audit_finding){ .what = AUDIT_COUNT_BACK, .link_no = t->link_no,
                                                   .at_ms = t->at_ms });
        t->opened[kind] += n->in_life[kind] - t->in_life[kind];
        t->in_life[kind] = n->in_life[kind];
        t->answered[kind] += n->answered[kind];
    }
    if (n->starts) {
        begin_anew(c, r);
        return;
    }
    add_point(c, t);
    judge(c, r, t->at_ms - AUDIT_GRACE_S * SECOND);
}

static struct span take_word(struct span *line)
{
    struct span word = { line->p, 0 };

    while (word.n < line->n && line->p[word.n] != ' ')
        word.n++;
    line->p += word.n + (word.n < line->n);
    line->n -= word.n + (word.n < line->n);
    return word;
}

static int64_t read_number(struct span word)
{
    int64_t n = 0;

    if (word.n == 0 || word.n > 18)
        return 0;
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < '0' || word.p[i] > '9')
            return 0;
        n = 10 * n + (word.p[i] - '0');
    }
    return n;
}

static struct span take_line(struct span *text)
{
    struct span line = { text->p, 0 };

    while (line.n < text->n && text->p[line.n] != '\n')
        line.n++;
    text->p += line.n + (line.n < text->n);
    text->n -= line.n + (line.n < text->n);
    return line;
}

/* A line that is none (a torn one, say) is skipped: the next anchor says more than it did. */
void audit_anchor_next(struct audit_checks *c)
{
    c->anchor_link = 0;
    while (c->anchors.n && !c->anchor_link) {
        struct span line = take_line(&c->anchors), word[ANCHOR_FIELDS];
        struct buf mac = BUF(c->anchor_mac);

        for (size_t i = 0; i < ANCHOR_FIELDS; i++)
            word[i] = take_word(&line);
        if (!span_equal(word[0], SPAN("tijori-anchor-1")) || word[4].n != 2 * CHAIN_MAC || hex_read(&mac, word[4]))
            continue;
        c->anchor_link = read_number(word[1]);
        c->anchor_ms = read_number(word[3]);
    }
}

void audit_anchor_meets(struct audit_checks *c, struct audit_report *r)
{
    const struct audit_tally *t = &r->tally;

    while (c->anchor_link && c->anchor_link <= t->link_no) {
        if (c->anchor_link == t->link_no && memcmp(c->anchor_mac, t->mac, CHAIN_MAC) == 0)
            r->anchored = t->link_no;
        else if (c->anchor_link == t->link_no && !c->forked) {
            c->forked = true;         /* and so is every later one */
            audit_find(r, &(struct audit_finding){ .what = AUDIT_ROLLED_BACK, .link_no = t->link_no,
                                                   .at_ms = c->anchor_ms });
        }
        audit_anchor_next(c);
    }
}

/* Of openings in the last seconds the rows may be on their way, while a server runs. */
static void tell_open(struct audit_checks *c, struct audit_report *r, int64_t now_ms)
{
    const struct audit_tally *t = &r->tally;

    judge(c, r, now_ms - AUDIT_GRACE_S * SECOND);
    for (size_t kind = 0; kind < AUDIT_KINDS && !c->blind; kind++) {
        int64_t missing = t->opened[kind] - t->answered[kind];
        r->open[kind] = missing > 0 ? missing : 0;
        r->unused[kind] = missing < 0 ? -missing : 0;
    }
}

void audit_checks_end(struct audit_checks *c, struct audit_report *r, const struct audit_verify *v)
{
    tell_odd(c, r);
    if (v->until_link)
        return;
    tell_open(c, r, v->is_part ? INT64_MIN + AUDIT_GRACE_S * SECOND : v->now_ms);
    if (c->anchor_link && !v->is_part)
        audit_find(r, &(struct audit_finding){ .what = AUDIT_CUT_OFF, .link_no = c->anchor_link,
                                               .other = r->tally.link_no, .at_ms = c->anchor_ms });
}
