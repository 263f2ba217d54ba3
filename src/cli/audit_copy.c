/* audit_copy.c: `tijori audit archive` and `purge`: the old part of the log, verified as it is passed. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/isotime.h"
#include "cli/audit_own.h"

#include "base/banned.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* The last link that is old, never the newest of all: the log goes on from there. */
struct old { int64_t before_ms, link_no, after, newest; bool over; };

static enum fault see_old(void *arg, const struct audit_link_row *l)
{
    struct old *o = arg;

    o->after = l->link_no;
    if (l->at_ms >= o->before_ms || l->link_no >= o->newest)
        o->over = true;
    else if (!o->over)
        o->link_no = l->link_no;
    return FAULT_NONE;
}

static enum fault find_old(struct store_tx *tx, void *arg)
{
    struct old *o = arg;
    struct audit_extent e;
    int64_t before = -1;
    enum fault f = audit_extent(tx, &e);

    o->newest = e.last_link;
    while (!f && !o->over && o->after != before) {
        before = o->after;
        f = audit_links_each(tx, o->after, AUDIT_PURGE_LINKS, see_old, o);
    }
    return f;
}

/* A walk that does something with each link it has found sound, AUDIT_PURGE_LINKS of them at a time: each time a
 * transaction, so that a server is not held up, and one that breaks off has got so far. */
struct copy {
    struct audit_trail *from, *to;
    struct audit_key *key;
    struct audit_tally tally;         /* at the last sound link */
    int64_t done;                     /* the last link that something was done with */
    enum fault (*flush)(struct copy *c);
    size_t links;
};

/* The two transactions one in the other: read from the log, write to the archive. */
struct pair { struct copy *copy; struct store_tx *from, *to; };

static enum fault put_row(void *arg, const struct audit_row *r)
{
    return audit_row_restore(arg, r);
}

static enum fault put_link(void *arg, const struct audit_link_row *l)
{
    struct pair *p = arg;
    enum fault f = l->link_no > p->copy->tally.link_no ? FAULT_NOT_FOUND : audit_link_insert(p->to, l);

    return f || !l->row_count ? f : audit_rows_each(p->from, l->first_row, l->first_row + l->row_count - 1, put_row,
                                                    p->to);
}

static enum fault copy_from(struct store_tx *tx, void *arg)
{
    struct pair *p = arg;
    enum fault f;

    p->from = tx;
    f = audit_links_each(tx, p->copy->done, AUDIT_PURGE_LINKS + 1, put_link, p);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

static enum fault copy_to(struct store_tx *tx, void *arg)
{
    struct pair p = { arg, NULL, tx };

    return audit_trail_read(p.copy->from, copy_from, &p);
}

static enum fault flush_archive(struct copy *c)
{
    return audit_trail_write(c->to, copy_to, c);
}

static enum fault put_stub(struct store_tx *tx, void *arg)
{
    struct copy *c = arg;
    struct audit_stub_row stub;
    struct audit_stub_bytes bytes;
    enum fault f = audit_stub_make(&stub, &bytes, c->key, &c->tally);

    return f ? f : audit_purge(tx, &stub);
}

static enum fault flush_purge(struct copy *c)
{
    return audit_trail_write(c->from, put_stub, c);
}

static enum fault flush(struct copy *c)
{
    enum fault f = c->tally.link_no > c->done ? c->flush(c) : FAULT_NONE;

    if (!f)
        c->done = c->tally.link_no;
    return f;
}

static enum fault see_link(void *arg, const struct audit_tally *t, const struct audit_report *so_far)
{
    struct copy *c = arg;

    if (so_far->n || so_far->odd)
        return FAULT_MISMATCH;
    c->tally = *t;
    c->links++;
    return c->links % AUDIT_PURGE_LINKS ? FAULT_NONE : flush(c);
}

/* Before which moment is a link old? */
static enum fault find_moment(int64_t *ms, const struct options *o, int64_t now_ms)
{
    *ms = now_ms - o->days * DAY_MS;
    return o->until[0] ? isotime_read(ms, span_of(o->until)) : FAULT_NONE;
}

static enum fault walk(struct copy *c, struct audit_report *r, int64_t before_ms)
{
    struct old old = { .before_ms = before_ms };
    struct audit_verify v = { .trail = c->from, .key = c->key, .is_part = true, .each = see_link, .arg = c,
                              .now_ms = clock_now_ms(clock_system()) };
    enum fault f = audit_trail_read(c->from, find_old, &old), flushed;

    v.until_link = old.link_no;
    if (f || !old.link_no)
        return f;
    f = audit_verify_trail(r, &v);
    flushed = !f || f == FAULT_MISMATCH ? flush(c) : FAULT_NONE;
    return flushed ? flushed : f;
}

static int report(const struct copy *c, const struct audit_report *r, enum fault f, const char *what)
{
    if (f == FAULT_MISMATCH) {
        audit_print_findings(r);
        audit_print(STDOUT_FILENO, "the audit log is not whole: it was %s up to link %" PRId64 " and no further\n",
                    what, c->done);
        return TOOL_REFUSED;
    }
    if (f)
        return audit_fail("the audit log", f);
    if (c->links)
        audit_print(STDOUT_FILENO, "%s: %zu link(s), up to link %" PRId64 " and row %" PRId64 "\n", what, c->links,
                    c->tally.link_no, c->tally.last_row);
    else
        audit_print(STDOUT_FILENO, "%s: nothing is that old\n", what);
    return TOOL_DONE;
}

static int run(struct copy *c, const struct options *o, const char *what)
{
    struct audit_report *r = calloc(1, sizeof *r);
    int64_t before_ms;
    enum fault f = r ? FAULT_NONE : FAULT_INTERNAL;
    int status;

    if (!f && find_moment(&before_ms, o, clock_now_ms(clock_system()))) {
        audit_print(STDERR_FILENO, "tijori audit: --until is no date and time such as 2026-01-01T00:00:00Z\n");
        free(r);
        return TOOL_UNUSABLE;
    }
    if (!f)
        f = walk(c, r, before_ms);
    status = r ? report(c, r, f, what) : audit_fail("memory", f);
    free(r);
    return status;
}

/* An archive of a log that was purged before begins with the same stub. */
static enum fault copy_stub_from(struct store_tx *tx, void *arg)
{
    struct pair *p = arg;
    struct arena *a;
    struct audit_stub_row stub;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    f = audit_stub_find(tx, &stub, a);
    if (!f)
        f = audit_stub_insert(p->to, &stub);
    arena_free(a);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

static enum fault copy_stub(struct store_tx *tx, void *arg)
{
    struct pair p = { arg, NULL, tx };

    return audit_trail_read(p.copy->from, copy_stub_from, &p);
}

int audit_archive(const struct options *o, struct audit_trail *t, struct audit_key *key)
{
    struct copy c = { .from = t, .key = key, .flush = flush_archive };
    enum fault f = audit_trail_create(&c.to, o->archive);
    int status;

    if (f)
        return audit_fail(o->archive, f);
    f = audit_trail_write(c.to, copy_stub, &c);
    status = f ? audit_fail(o->archive, f) : run(&c, o, "archived");
    audit_trail_close(c.to);
    return status;
}

int audit_purge_old(const struct options *o, struct audit_trail *t, struct audit_key *key)
{
    struct copy c = { .from = t, .key = key, .flush = flush_purge };

    return run(&c, o, "purged");
}
