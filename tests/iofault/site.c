/* site.c: opened, closed, remembered, checked. */
#include "site.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keyholder/audit_key.h"
#include "service/audit.h"
#include "service/audit_verify.h"
#include "service/sealing.h"
#include "store/check.h"
#include "store/schema.h"

#include "base/banned.h"

enum { PATH_TEXT = 320, ANCHORS_MAX = 64 * 1024, LATER_MS = 60 * 1000, MINUTE = 60 * 1000, ROUNDS = 12 };

void site_wrong(struct site *g, const char *format, ...)
{
    va_list args;

    g->wrong_in_all++;
    if (g->wrong++ >= SITE_WRONG_SHOWN)
        return;
    printf("not so: %s: ", g->where);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}

void site_watch(const struct site *g, bool watched)
{
    static const char *const passed[] = { "net", "bank", "-shm", NULL };

    calls_watch(watched ? g->w.folder : NULL, passed);
}

void site_around_open(struct site *g)
{
    memset(g, 0, sizeof *g);
    world_around_open(&g->w, "iofault");
    (void)snprintf(g->anchor, sizeof g->anchor, "%s/audit.anchor", g->w.folder);
    (void)snprintf(g->copy, sizeof g->copy, "%s/db.copy", g->w.folder);
    (void)sem_init(&g->asked, 0, 0);
    site_watch(g, true);
}

void site_around_close(struct site *g)
{
    for (size_t i = 0; i < g->n_files; i++)
        free(g->files[i].bytes);
    (void)sem_destroy(&g->asked);
    site_watch(g, false);
    world_around_close(&g->w);
}

static enum fault open_parts(struct site *g)
{
    struct services *s = &g->w.s;
    struct store_options o = { .path = g->w.path, .vfs = "shim", .before_batch = sealing_before_batch,
                               .before_batch_arg = s, .wal_soft = g->wal_soft, .wal_hard = g->wal_hard };
    enum fault f = audit_new(&s->audit, s, g->anchor);

    if (f)
        return f;
    o.audit = audit_hooks(s->audit);
    f = store_open(&s->store, &o);
    if (!f)
        f = store_reader_open(&g->w.reader, s->store);
    if (!f)
        f = pay_sweeper_new(&g->w.payments, s);
    if (!f)
        f = vault_sweeper_new(&g->w.tokens, s);
    return f ? f : audit_start(s->audit);
}

enum fault site_open(struct site *g)
{
    enum fault f;

    g->w.s.network = g->w.net;
    g->w.s.acquirer = g->w.bank;
    g->is_open = true;
    f = open_parts(g);
    if (f)
        site_close(g);
    return f;
}

void site_close(struct site *g)
{
    struct world *w = &g->w;

    if (!g->is_open)
        return;
    audit_stop(w->s.audit);
    pay_sweeper_free(w->payments);
    vault_sweeper_free(w->tokens);
    store_reader_close(w->reader);
    store_close(w->s.store);
    audit_free(w->s.audit);
    w->payments = NULL;
    w->tokens = NULL;
    w->reader = NULL;
    w->s.store = NULL;
    w->s.audit = NULL;
    g->is_open = false;
}

static void path_of(char out[static PATH_TEXT], const struct site *g, const char *name)
{
    (void)snprintf(out, PATH_TEXT, "%s/%s", g->w.folder, name);
}

static void read_file(struct site *g, struct kept_file *k)
{
    char path[PATH_TEXT];
    FILE *f;
    long n;

    path_of(path, g, k->name);
    f = fopen(path, "rbe");
    if (!f || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0 || !(k->bytes = malloc((size_t)n + 1)))
        world_fail("%s cannot be kept", path);
    rewind(f);
    k->n = fread(k->bytes, 1, (size_t)n, f);
    (void)fclose(f);
}

/* Every file of the folder, until `each` says no more. */
static void each_file(struct site *g, void (*each)(struct site *g, const char *name))
{
    DIR *dir = opendir(g->w.folder);

    for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (e->d_name[0] != '.')
            each(g, e->d_name);
    if (dir)
        (void)closedir(dir);
}

static void keep_one(struct site *g, const char *name)
{
    struct kept_file *k = &g->files[g->n_files];

    if (g->n_files == SITE_FILES || strlen(name) >= sizeof k->name)
        world_fail("another file than those that are known: %s", name);
    memcpy(k->name, name, strlen(name) + 1);
    read_file(g, k);
    g->n_files++;
}

void site_keep(struct site *g)
{
    world_parties_close(&g->w);
    each_file(g, keep_one);
    world_parties_open(&g->w);
}

static void remove_one(struct site *g, const char *name)
{
    char path[PATH_TEXT];

    path_of(path, g, name);
    (void)unlink(path);
}

static void put_back(struct site *g)
{
    char path[PATH_TEXT];

    each_file(g, remove_one);
    for (size_t i = 0; i < g->n_files; i++) {
        FILE *f;

        path_of(path, g, g->files[i].name);
        f = fopen(path, "wbe");
        if (!f || fwrite(g->files[i].bytes, 1, g->files[i].n, f) != g->files[i].n || fclose(f) != 0)
            world_fail("%s cannot be put back", path);
    }
}

void site_begin(struct site *g)
{
    world_parties_close(&g->w);
    put_back(g);
    world_set(&g->w, WORLD_BEGIN);
    arena_reset(g->w.arena);
    g->n_claims = 0;
    g->wrong = 0;
    g->anchored = 0;
    memset(g->order_no, 0, sizeof g->order_no);
    memset(g->payment_no, 0, sizeof g->payment_no);
    memset(g->token_no, 0, sizeof g->token_no);
    world_heart_close(&g->w);
    world_heart_open(&g->w);
    world_parties_open(&g->w);
}

void site_renew_keyholder(struct site *g)
{
    world_parties_close(&g->w);
    world_heart_close(&g->w);
    world_heart_open(&g->w);
    world_parties_open(&g->w);
}

/* What an operator can act upon: it is not done, because of the disk, or of the audit log that must be written. */
static bool is_clear(enum fault f)
{
    return f == FAULT_NONE || f == FAULT_DISK || f == FAULT_SILENT;
}

void site_claim(struct site *g, enum fault f, const char *format, ...)
{
    char sql[SITE_SQL];
    struct claim *c = g->claims;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    if (!is_clear(f))
        site_wrong(g, "the answer is %s: %s", fault_name(f), sql);
    while (c < g->claims + g->n_claims && strcmp(c->sql, sql) != 0)
        c++;
    if (c == g->claims + g->n_claims) {
        if (g->n_claims == SITE_CLAIMS)
            world_fail("more claims than there is room for");
        *c = (struct claim){ .min = 0 };
        memcpy(c->sql, sql, sizeof sql);
        g->n_claims++;
    }
    c->min += f == FAULT_NONE;
    c->max++;
}

int64_t site_number(struct site *g, const char *sql)
{
    return site_number_of(g, g->w.path, sql);
}

int64_t site_number_of(struct site *g, const char *path, const char *sql)
{
    sqlite3_stmt *look = NULL;
    sqlite3 *db = NULL;
    int64_t number = -1;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK
        && sqlite3_prepare_v2(db, sql, -1, &look, NULL) == SQLITE_OK && sqlite3_step(look) == SQLITE_ROW)
        number = sqlite3_column_int64(look, 0);
    else
        site_wrong(g, "%s: %s", sqlite3_errmsg(db), sql);
    (void)sqlite3_finalize(look);
    (void)sqlite3_close(db);
    return number;
}

static void tell_finding(void *arg, const struct check_finding *f)
{
    site_wrong(arg, "%s (%lld: %s)", f->rule, (long long)f->n, f->example);
}

/* Does it have all the tables of this program? One of an older program that was not brought up to date has not. */
static bool check_rows(struct site *g)
{
    struct check_report r = { 0 };
    enum fault f = store_check(&r, g->w.path, tell_finding, g);
    int64_t version = 0;

    while (schema_steps[version])
        version++;
    if (f)
        site_wrong(g, "the database cannot be checked: %s", fault_name(f));
    return !f && r.version == version;
}

static struct span anchors(const struct site *g, uint8_t text[static ANCHORS_MAX])
{
    int fd = open(g->anchor, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, ANCHORS_MAX);

    if (fd >= 0)
        (void)close(fd);
    return (struct span){ text, n > 0 ? (size_t)n : 0 };
}

/* As if a minute later, when all that was on its way has come. */
static void check_chain(struct site *g)
{
    static uint8_t text[ANCHORS_MAX];
    struct audit_report *r = calloc(1, sizeof *r);
    struct audit_verify v = { .anchors = anchors(g, text), .now_ms = clock_now_ms(clock_system()) + LATER_MS };
    enum fault f = r ? audit_trail_open(&v.trail, g->w.path) : FAULT_INTERNAL;

    if (!f)
        f = audit_key_of(&v.key, g->w.master);
    if (!f)
        f = audit_verify_trail(r, &v);
    if (f)
        site_wrong(g, "the audit log cannot be verified: %s", fault_name(f));
    for (size_t i = 0; !f && i < r->named; i++) {
        char said[256];
        struct buf b = BUF(said);

        audit_finding_text(&b, &r->findings[i]);
        site_wrong(g, "audit log: %.*s", (int)b.n, said);
    }
    if (!f && r->anchored < g->anchored)
        site_wrong(g, "link %lld was told as anchored, and %lld is", (long long)g->anchored, (long long)r->anchored);
    audit_key_free(v.key);
    audit_trail_close(v.trail);
    free(r);
}

void site_check(struct site *g)
{
    sqlite3_vfs *shim = sqlite3_vfs_find("shim");

    (void)sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);     /* the real files */
    if (check_rows(g))
        check_chain(g);
    for (size_t i = 0; i < g->n_claims; i++) {
        const struct claim *c = &g->claims[i];
        int64_t n = site_number(g, c->sql);

        if (n < c->min || n > c->max)
            site_wrong(g, "%lld were told as done, %lld asked for, and %lld are there: %s", (long long)c->min,
                       (long long)c->max, (long long)n, c->sql);
    }
    (void)sqlite3_vfs_register(shim, 1);
}

/* Ours against the acquirer's, row by row; states and verdicts as both write them down. */
static const struct { const char *what, *sql; } never[] = {
    { "a payment is open",
      "SELECT count(*) FROM payments WHERE state < 3 OR saves = 2 OR ask_ms > 0" },
    { "charged there and not a success here",
      "SELECT count(*) FROM bank.payments b WHERE b.verdict = 0 AND NOT EXISTS (SELECT 1 FROM payments p"
      " WHERE p.merchant_id = b.merchant_id AND p.payment_no = b.payment_no AND p.state = 4)" },
    { "a success here and not charged there",
      "SELECT count(*) FROM payments p WHERE p.state = 4 AND NOT EXISTS (SELECT 1 FROM bank.payments b"
      " WHERE p.merchant_id = b.merchant_id AND p.payment_no = b.payment_no AND b.verdict = 0)" },
    { "an order charged twice",
      "SELECT count(*) FROM (SELECT 1 FROM payments WHERE state IN (4, 7) GROUP BY order_no HAVING count(*) > 1)" },
    { "refunded there and not here, or otherwise",
      "SELECT count(*) FROM bank.refunds b WHERE b.verdict = 9 AND NOT EXISTS (SELECT 1 FROM refunds r"
      " WHERE r.merchant_id = b.merchant_id AND r.refund_no = b.refund_no AND r.amount_minor = b.amount_minor"
      " AND r.status = 1)" },
    { "two live tokens of one card and owner",
      "SELECT count(*) FROM (SELECT 1 FROM tokens WHERE status < 3 GROUP BY merchant_id, owner HAVING count(*) > 1)" },
    { "a token without consent",
      "SELECT count(*) FROM tokens t WHERE NOT EXISTS (SELECT 1 FROM consents c WHERE c.merchant_id = t.merchant_id"
      " AND c.token_no = t.token_no)" },
};

static void compare_books(struct site *g)
{
    sqlite3 *db = NULL;
    char sql[160];

    (void)snprintf(sql, sizeof sql, "ATTACH '%s' AS bank", g->w.bank_path);
    if (sqlite3_open_v2(g->w.path, &db, SQLITE_OPEN_READWRITE, "unix") != SQLITE_OK
        || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        site_wrong(g, "the books cannot be read: %s", sqlite3_errmsg(db));
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        sqlite3_stmt *look = NULL;

        if (sqlite3_prepare_v2(db, never[i].sql, -1, &look, NULL) != SQLITE_OK || sqlite3_step(look) != SQLITE_ROW)
            site_wrong(g, "%s: %s", sqlite3_errmsg(db), never[i].sql);
        else if (sqlite3_column_int64(look, 0) != 0)
            site_wrong(g, "%s (%lld)", never[i].what, (long long)sqlite3_column_int64(look, 0));
        (void)sqlite3_finalize(look);
    }
    (void)sqlite3_close(db);
}

void site_settle(struct site *g)
{
    struct world *w = &g->w;
    bool more;

    for (int i = 0; i < ROUNDS; i++) {
        enum fault f;

        world_set(w, world_now(w) + 16 * MINUTE);
        f = pay_sweeper_look(w->payments, world_now(w), &more);
        if (!f)
            f = refunds_sweep(&w->s, world_now(w), &more);
        if (!f)
            f = vault_sweeper_look(w->tokens, world_now(w), &more);
        if (f)
            site_wrong(g, "what is open cannot be settled: %s", fault_name(f));
    }
    compare_books(g);
}
