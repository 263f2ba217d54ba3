/* audit_copy.c: `tijori audit archive` and `purge`: the old part of the log, verified as it is passed. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
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

/* A walk that does something with each link it has found sound. */
struct copy {
    struct audit_trail *from, *to;
    struct audit_key *key;
    struct audit_tally tally;
    int64_t until;
    size_t links;
};

static enum fault put_row(void *arg, const struct audit_row *r)
{
    return audit_row_restore(arg, r);
}

struct pair { struct copy *copy; struct store_tx *to; };

static enum fault put_link(void *arg, const struct audit_link_row *l)
{
    return audit_link_insert(arg, l);
}

/* The two transactions one in the other: read from the log, write to the archive. */
static enum fault copy_from(struct store_tx *tx, void *arg)
{
    struct pair *p = arg;
    const struct audit_tally *t = &p->copy->tally;
    struct arena *a;
    struct audit_link_row l;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    f = audit_link_find(tx, &l, a, t->link_no);
    if (!f)
        f = put_link(p->to, &l);
    if (!f && l.row_count)
        f = audit_rows_each(tx, l.first_row, l.first_row + l.row_count - 1, put_row, p->to);
    arena_free(a);
    return f;
}

static enum fault copy_to(struct store_tx *tx, void *arg)
{
    struct pair p = { arg, tx };

    return audit_trail_read(p.copy->from, copy_from, &p);
}

static enum fault copy_link(void *arg, const struct audit_tally *t, const struct audit_report *so_far)
{
    struct copy *c = arg;

    if (so_far->n)
        return FAULT_MISMATCH;
    c->tally = *t;
    c->links++;
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

/* Each piece in a transaction of its own, so that a server is not held up, and a purge that breaks off is a purge up to
 * there. */
static enum fault purge_link(void *arg, const struct audit_tally *t, const struct audit_report *so_far)
{
    struct copy *c = arg;

    if (so_far->n)
        return FAULT_MISMATCH;
    c->tally = *t;
    c->links++;
    if (c->links % AUDIT_PURGE_LINKS && t->link_no < c->until)
        return FAULT_NONE;
    return audit_trail_write(c->from, put_stub, c);
}

static enum fault walk(struct copy *c, struct audit_report *r, const struct options *o,
                       enum fault (*each)(void *, const struct audit_tally *, const struct audit_report *))
{
    const int64_t now_ms = clock_now_ms(clock_system());
    struct old old = { .before_ms = now_ms - o->days * DAY_MS };
    struct audit_verify v = { .trail = c->from, .key = c->key, .is_part = true, .each = each, .arg = c,
                              .now_ms = now_ms };
    enum fault f = audit_trail_read(c->from, find_old, &old);

    v.until_link = c->until = old.link_no;
    return f || !old.link_no ? f : audit_verify_trail(r, &v);
}

static int report(const struct copy *c, const struct audit_report *r, enum fault f, const char *what)
{
    if (f == FAULT_MISMATCH) {
        audit_print_findings(r);
        audit_print(STDOUT_FILENO, "the audit log is not whole: it was %s up to link %" PRId64 " and no further\n",
                    what, c->tally.link_no);
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

static int run(struct copy *c, const struct options *o, const char *what,
               enum fault (*each)(void *, const struct audit_tally *, const struct audit_report *))
{
    struct audit_report *r = calloc(1, sizeof *r);
    enum fault f = r ? walk(c, r, o, each) : FAULT_INTERNAL;
    int status = r ? report(c, r, f, what) : audit_fail("memory", f);

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
    struct pair p = { arg, tx };

    return audit_trail_read(p.copy->from, copy_stub_from, &p);
}

int audit_archive(const struct options *o, struct audit_trail *t, struct audit_key *key)
{
    struct copy c = { .from = t, .key = key };
    enum fault f = audit_trail_create(&c.to, o->archive);
    int status;

    if (f)
        return audit_fail(o->archive, f);
    f = audit_trail_write(c.to, copy_stub, &c);
    status = f ? audit_fail(o->archive, f) : run(&c, o, "archived", copy_link);
    audit_trail_close(c.to);
    return status;
}

int audit_purge_old(const struct options *o, struct audit_trail *t, struct audit_key *key)
{
    struct copy c = { .from = t, .key = key };

    return run(&c, o, "purged", purge_link);
}
