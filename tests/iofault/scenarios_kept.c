/* scenarios_kept.c: what is kept: keys rotated, retention, checkpoints, backups, the audit log's purge. */
#include "scenarios.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "acts.h"
#include "cli/audit_own.h"
#include "service/audit.h"
#include "service/erase.h"
#include "service/keys_own.h"
#include "service/retention.h"
#include "store/audit.h"
#include "store/backup.h"
#include "store/check.h"

#include "base/banned.h"

enum { WAL_SOFT = 24 * 1024, WAL_HARD = 48 * 1024, PURGED = 40, BESIDE = 6, SWEEPS = 200 };

/* --- a new data key, and old records sealed anew --------------------------------------------------------------- */

static void prepare_orders(struct site *g)
{
    scenario_prepare_merchant(g);
    must(site_open(g));
    for (int i = 1; i <= 4; i++)
        must(act_order(g, i));
    site_close(g);
    g->n_claims = 0;
}

/* Steps until there is nothing to do, or too much fails. */
static enum fault sweep_keys(struct site *g)
{
    enum keys_next next = KEYS_NOW;
    struct keys_sweep *w = NULL;
    enum fault f = keys_sweep_new(&w, &g->w.s, 0), last = FAULT_NONE;
    int failures = 0;

    if (f)
        return f;
    for (int i = 0; i < SWEEPS && next <= KEYS_NOW && failures < 3; i++) {
        f = keys_sweep_step(w, &next, g->w.reader);
        failures += f != FAULT_NONE;
        last = f ? f : last;
        next = f ? KEYS_NOW : next;
    }
    keys_sweep_free(w);
    return next <= KEYS_NOW && !last ? FAULT_BUSY : last;
}

static void run_rotation(struct site *g)
{
    struct keys_made made;
    enum fault f;

    g->keeps_keys = true;
    for (int i = 1; i <= 4; i++)
        site_claim(g, FAULT_NONE, "SELECT count(*) FROM orders WHERE order_id = 'order-%d'", i);
    if (site_open(g))
        return;
    f = keys_rotate(&g->w.s, &made, KEY_PURPOSE_DATA);
    if (f != FAULT_NONE && f != FAULT_DISK && f != FAULT_SILENT)
        site_wrong(g, "the answer to a rotation is %s: %s", fault_name(f), made.why);
    if (sweep_keys(g)) {
        /* it goes on where it was */
    }
    (void)act_order(g, 5);
    site_close(g);
}

struct private_look { struct site *g; int n; struct order_row row; };

static enum fault find_order(struct store_tx *tx, void *arg)
{
    struct private_look *l = arg;
    char id[16];

    (void)snprintf(id, sizeof id, "order-%d", l->n);
    return order_fetch(tx, &l->row, l->g->w.arena, l->g->w.merchants[0], arena_copy(l->g->w.arena, span_of(id)));
}

/* Every record opens, and is under the newest key once the work is done. */
static void again_rotation(struct site *g)
{
    struct keys_tally old = { .others = true };
    struct order_private private;
    struct key_ring ring;
    enum fault f = sweep_keys(g);

    if (f)
        site_wrong(g, "what is sealed cannot be sealed anew: %s", fault_name(f));
    must(keys_ring(&g->w.s, &ring));
    memcpy(old.id, keys_find(&ring, KEY_PURPOSE_DATA, 0)->id, sizeof old.id);
    if (keys_tally_all(&g->w.s, &old, 0) || old.n)
        site_wrong(g, "%lld records are under an older key", (long long)old.n);
    for (int i = 1; i <= 4; i++) {
        struct private_look l = { .g = g, .n = i };

        f = store_read(g->w.reader, find_order, &l);
        if (!f)
            f = order_open_private(&g->w.s, &private, g->w.arena, &l.row, world_now(&g->w));
        if (f || !span_equal(private.customer, SPAN(ACT_PRIVATE)))
            site_wrong(g, "the record of order %d does not open: %s", i, fault_name(f));
    }
}

/* --- what is old goes ------------------------------------------------------------------------------------------ */

#define DAY INT64_C(86400000)

static void prepare_ended(struct site *g)
{
    scenario_prepare_merchant(g);
    must(site_open(g));
    for (int i = 1; i <= 2; i++) {
        must(act_order(g, i));
        must(act_terminate(g, i));
    }
    must(act_token(g, 1));
    site_close(g);
    g->n_claims = 0;
}

/* Of an order that goes, nothing stays; order 3 is new, and still to be paid. */
static void run_retention(struct site *g)
{
    const struct retention_options o = { .orders_ms = 15 * DAY, .deliveries_ms = 15 * DAY };
    struct retention_tally tally;
    struct erase_tally erased;
    enum fault f;

    world_set(&g->w, WORLD_BEGIN + 60 * DAY);
    if (site_open(g))
        return;
    (void)act_order(g, 3);
    f = retention_walk(&tally, &g->w.s, &o, world_now(&g->w), NULL);
    site_claim(g, f, "SELECT count(*) = 0 FROM orders WHERE order_id IN ('order-1', 'order-2')");
    f = customer_erase(&g->w.s, &erased, g->w.arena, g->w.merchants[0], SPAN("customer-1"));
    site_claim(g, f, "SELECT count(*) = 0 FROM tokens WHERE customer_id = 'customer-1' AND status = 1 AND wanted = 0");
    site_close(g);
}

/* --- the log of commits is copied ------------------------------------------------------------------------------ */

static void run_checkpoint(struct site *g)
{
    g->wal_soft = WAL_SOFT;
    g->wal_hard = WAL_HARD;
    if (!site_open(g)) {
        for (int i = 1; i <= 12; i++)
            (void)act_order(g, i);
        site_close(g);
    }
    g->wal_soft = g->wal_hard = 0;
}

/* --- backups --------------------------------------------------------------------------------------------------- */

static void pass_over(void *arg, const struct check_finding *f)
{
    (void)arg;
    (void)f;
}

/* Writes that are on their way while the copy is made. */
struct beside { struct store_job job; struct audit_row row; sem_t *told; enum fault outcome; };

static enum fault beside_work(struct store_tx *tx, void *arg)
{
    return audit_insert(tx, &((struct beside *)arg)->row);
}

static void beside_done(void *arg, enum fault outcome)
{
    struct beside *b = arg;

    b->outcome = outcome;
    (void)sem_post(b->told);
}

static void submit(struct site *g, struct beside all[static BESIDE])
{
    for (int i = 0; i < BESIDE; i++) {
        all[i] = (struct beside){ .row = { .at_ms = world_now(&g->w), .event = AUDIT_ADMIN, .channel = -1,
                                           .object = SPAN("beside") }, .told = &g->asked };
        all[i].job = (struct store_job){ .work = beside_work, .done = beside_done, .arg = &all[i] };
        must(store_submit(g->w.s.store, &all[i].job));
    }
}

static void wait_for_all(struct site *g, const struct beside all[static BESIDE])
{
    for (int i = 0; i < BESIDE; i++)
        (void)sem_wait(&g->asked);
    for (int i = 0; i < BESIDE; i++)
        site_claim(g, all[i].outcome, "SELECT count(*) FROM audit WHERE object = 'beside'");
}

static void run_backup(struct site *g)
{
    struct store_copy_progress p = { 0 };
    struct beside all[BESIDE];
    int64_t bytes;
    enum fault f;

    g->copied = false;
    if (site_open(g))
        return;
    g->before_copy = act_order(g, 1) == FAULT_NONE;
    submit(g, all);
    f = store_copy(&bytes, g->w.path, g->copy, &p);
    wait_for_all(g, all);
    if (f && f != FAULT_DISK)
        site_wrong(g, "the answer to a backup is %s", fault_name(f));
    g->copied = f == FAULT_NONE;
    (void)act_order(g, 2);
    site_close(g);
}

/* A copy that was told as made is whole, and has what was told before it. Nobody says that it outlives a power loss: it
 * is what a backup is read from. */
static void again_backup(struct site *g)
{
    struct check_report r = { 0 };

    if (!g->copied || g->cut)
        return;
    if (store_check(&r, g->copy, pass_over, NULL) || r.findings)
        site_wrong(g, "a backup that was told as made is not whole");
    else if (site_number_of(g, g->copy, "SELECT count(*) FROM orders WHERE order_id = 'order-1'") < g->before_copy)
        site_wrong(g, "a backup does not have what was told before");
}

/* --- the audit log --------------------------------------------------------------------------------------------- */

static void prepare_trail(struct site *g)
{
    scenario_prepare_merchant(g);
    must(site_open(g));
    for (int i = 0; i < PURGED; i++)
        must(act_admin(g, "GET /admin/merchants"));
    site_close(g);
    g->n_claims = 0;
}

/* The tool tells people what it does: not here. */
static enum fault purge_quietly(struct audit_trail *t, struct audit_key *key)
{
    const struct options o = { .days = 0 };
    int out, err, nowhere, status;

    (void)fflush(stdout);
    out = dup(STDOUT_FILENO);
    err = dup(STDERR_FILENO);
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    status = audit_purge_old(&o, t, key);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    (void)close(out);
    (void)close(err);
    (void)close(nowhere);
    return status == TOOL_DONE ? FAULT_NONE : FAULT_DISK;
}

static enum fault purge(struct site *g)
{
    struct audit_trail *t = NULL;
    struct audit_key *key = NULL;
    enum fault f = audit_trail_open(&t, g->w.path);

    if (!f)
        f = audit_key_of(&key, g->w.master);
    if (!f)
        f = purge_quietly(t, key);
    audit_key_free(key);
    audit_trail_close(t);
    return f;
}

/* Beside a running server, as the tool does it. */
static void run_purge(struct site *g)
{
    if (site_open(g))
        return;
    (void)act_admin(g, "before");
    if (audit_step(g->w.s.audit, true)) {
        /* the anchor could not be set; the chain stands without */
    }
    g->n_claims = 0;                  /* its row is old enough to be purged */
    site_claim(g, purge(g), "SELECT count(*) FROM audit_stubs WHERE link_no > %d", PURGED);
    (void)act_admin(g, "after");
    site_close(g);
}

const struct scenario scenarios_kept[] = {
    { "rotation", "a new data key, and records sealed anew", prepare_orders, run_rotation, again_rotation },
    { "retention", "ended orders go, and a customer is erased", prepare_ended, run_retention, NULL },
    { "checkpoint", "the log of commits is copied and begun anew", scenario_prepare_merchant, run_checkpoint, NULL },
    { "backup", "a copy is made while others write", scenario_prepare_merchant, run_backup, again_backup },
    { "purge", "the audit log is anchored and purged", prepare_trail, run_purge, NULL },
    { .name = NULL },
};
