/* store_bed.h: what the tests of the store share: a folder of their own, orders to insert, batches on demand. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/orders.h"

enum { BED_PATH = 128 };

struct bed { char folder[BED_PATH], path[2 * BED_PATH]; };

static inline void bed_init(struct bed *b)
{
    snprintf(b->folder, sizeof b->folder, "/tmp/tijori-store-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->path, sizeof b->path, "%s/data.db", b->folder);
}

/* Delete the files of the folder, which stays. */
static inline void bed_empty(const struct bed *b)
{
    DIR *d = opendir(b->folder);
    struct dirent *e;
    char path[512];

    while (d && (e = readdir(d)) != NULL)
        if (e->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", b->folder, e->d_name);
            unlink(path);
        }
    if (d)
        closedir(d);
}

static inline void bed_fini(const struct bed *b)
{
    bed_empty(b);
    rmdir(b->folder);
}

static inline struct store *bed_open(const struct bed *b, const char *vfs)
{
    struct store *s = NULL;

    assert_int_equal(store_open(&s, &(struct store_options){ .path = b->path, .vfs = vfs }), FAULT_NONE);
    return s;
}

/* A store of its own and an arena, for cmocka_unit_test_setup_teardown(); *state is a struct bed_env. */
struct bed_env { struct bed bed; struct store *store; struct arena *arena; };

static inline int bed_setup(void **state)
{
    struct bed_env *e = calloc(1, sizeof *e);

    assert_non_null(e);
    bed_init(&e->bed);
    e->store = bed_open(&e->bed, NULL);
    *state = e;
    return arena_new(&e->arena);
}

static inline int bed_teardown(void **state)
{
    struct bed_env *e = *state;

    arena_free(e->arena);
    store_close(e->store);
    bed_fini(&e->bed);
    free(e);
    return 0;
}

/* An order made from its number: id "order_<n>". */
struct bed_order { int64_t merchant_id, n; enum fault fault; int64_t order_no; };

static inline enum fault bed_insert(struct store_tx *tx, void *arg)
{
    static const uint8_t session[ORDER_SESSION] = { 1, 2, 3 };
    struct bed_order *b = arg;
    char id[32];
    int k = snprintf(id, sizeof id, "order_%lld", (long long)b->n);
    struct order_row o = {
        .merchant_id = b->merchant_id, .order_id = { (uint8_t *)id, (size_t)k }, .amount_minor = b->n * 100,
        .currency = SPAN("INR"), .state = 1, .created_ms = INT64_C(1700000000000) + b->n, .expires_ms = 2,
        .session = { session, sizeof session },
    };
    enum fault f = orders_next_no(tx, &o.order_no, b->merchant_id, o.created_ms);

    if (!f)
        f = orders_insert(tx, &o);
    b->order_no = o.order_no;
    return f ? f : b->fault;
}

static inline enum fault bed_find(struct store_tx *tx, void *arg)
{
    struct bed_order *b = arg;
    struct order_row o;
    struct arena *a;
    char id[32];
    int k = snprintf(id, sizeof id, "order_%lld", (long long)b->n);
    enum fault f = arena_new(&a);

    if (f)
        return f;
    f = orders_find(tx, &o, a, b->merchant_id, (struct span){ (uint8_t *)id, (size_t)k });
    if (!f && o.amount_minor != b->n * 100)
        f = FAULT_MISMATCH;
    if (!f)
        b->order_no = o.order_no;
    arena_free(a);
    return f;
}

/* Is order `n` of merchant 1 in the store, as a reader of its own sees it? */
static inline enum fault bed_look(struct store *s, int64_t n)
{
    struct bed_order b = { .merchant_id = 1, .n = n };
    struct store_reader *r;
    enum fault f = store_reader_open(&r, s);

    if (f)
        return f;
    f = store_read(r, bed_find, &b);
    store_reader_close(r);
    return f;
}

static inline enum fault bed_add(struct store *s, int64_t n)
{
    struct bed_order b = { .merchant_id = 1, .n = n };
    return store_write(s, bed_insert, &b);
}

/* A job that holds the commit thread, so that those behind it make one batch. */
struct plug { struct store_job job; sem_t in, out, told; };

static inline enum fault plug_work(struct store_tx *tx, void *arg)
{
    struct plug *p = arg;

    (void)tx;
    sem_post(&p->in);
    sem_wait(&p->out);
    return FAULT_NONE;
}

static inline void plug_done(void *arg, enum fault outcome)
{
    struct plug *p = arg;

    (void)outcome;
    sem_post(&p->told);
}

static inline void plug_in(struct plug *p, struct store *s)
{
    sem_init(&p->in, 0, 0);
    sem_init(&p->out, 0, 0);
    sem_init(&p->told, 0, 0);
    p->job = (struct store_job){ .work = plug_work, .done = plug_done, .arg = p };
    assert_int_equal(store_submit(s, &p->job), FAULT_NONE);
    sem_wait(&p->in);
}

static inline void plug_pull(struct plug *p)
{
    sem_post(&p->out);
    sem_wait(&p->told);
    sem_destroy(&p->in);
    sem_destroy(&p->out);
    sem_destroy(&p->told);
}

/* Jobs that insert one order each, submitted together. */
struct crowd;
struct crowd_job {
    struct store_job job;
    struct crowd *crowd;
    struct bed_order order;
    enum fault outcome;
    unsigned told;
};
struct crowd { size_t n; sem_t told; struct crowd_job job[]; };

static inline enum fault crowd_work(struct store_tx *tx, void *arg)
{
    struct crowd_job *j = arg;
    return bed_insert(tx, &j->order);
}

static inline void crowd_done(void *arg, enum fault outcome)
{
    struct crowd_job *j = arg;

    j->outcome = outcome;
    j->told++;
    sem_post(&j->crowd->told);
}

/* Orders `from` to `from + n - 1` of merchant 1; free() it after crowd_wait(). */
static inline struct crowd *crowd_new(size_t n, int64_t from)
{
    struct crowd *c = calloc(1, sizeof *c + n * sizeof c->job[0]);

    assert_non_null(c);
    c->n = n;
    sem_init(&c->told, 0, 0);
    for (size_t i = 0; i < n; i++) {
        c->job[i].crowd = c;
        c->job[i].order = (struct bed_order){ .merchant_id = 1, .n = from + (int64_t)i };
        c->job[i].job = (struct store_job){ .work = crowd_work, .done = crowd_done, .arg = &c->job[i] };
    }
    return c;
}

static inline void crowd_submit(struct crowd *c, struct store *s)
{
    for (size_t i = 0; i < c->n; i++)
        assert_int_equal(store_submit(s, &c->job[i].job), FAULT_NONE);
}

static inline void crowd_wait(struct crowd *c)
{
    for (size_t i = 0; i < c->n; i++)
        sem_wait(&c->told);
}

/* All of them in one batch, to the end. */
static inline void crowd_run(struct crowd *c, struct store *s)
{
    struct plug p;

    plug_in(&p, s);
    crowd_submit(c, s);
    plug_pull(&p);
    crowd_wait(c);
}
