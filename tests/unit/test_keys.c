/* test_keys.c: after a rotation every sealed record comes to be under the newest data key, whatever happens. */
#include "keys_bed.h"

#include "store/driver.h"
#include "store/settings.h"

#include "base/banned.h"

enum { MANY = 3 * KEYS_PIECE + 5, NAME = 64 };

struct sealed_column { struct span name; };
static const struct db_field sealed_fields[] = { { "name", DB_TEXT, offsetof(struct sealed_column, name) }, { 0 } };
static const struct db_sql sealed_columns = {
    "SELECT m.name || '.' || c.name AS name FROM sqlite_schema m, pragma_table_info(m.name) c"
    " WHERE m.type = 'table' AND c.name LIKE '%sealed%'", NULL, sealed_fields,
};

static enum fault tick_off(void *arg, void *row)
{
    bool *there = arg;
    struct span name = ((struct sealed_column *)row)->name;
    unsigned c = 0;

    while (c < RESEAL_COLUMNS && !span_equal(name, span_of(reseal_name((enum reseal_column)c))))
        c++;
    if (c == RESEAL_COLUMNS)
        fail_msg("%.*s is sealed and not in the table of store/reseal.c", (int)name.n, (const char *)name.p);
    there[c] = true;
    return FAULT_NONE;
}

static enum fault read_columns(struct store_tx *tx, void *arg)
{
    struct sealed_column row;

    return db_each(tx, &sealed_columns, NULL, &row, tick_off, arg);
}

static void every_sealed_column_of_the_schema_is_in_the_table(void **state)
{
    struct kbed b = kbed_of(state);
    bool there[RESEAL_COLUMNS] = { false };

    assert_int_equal(store_read(b.f->reader, read_columns, there), FAULT_NONE);
    for (unsigned c = 0; c < RESEAL_COLUMNS; c++)
        assert_true(there[c]);
}

/* Rows with a record, of one column. */
static enum fault count_row(void *arg, const struct reseal_row *r)
{
    int64_t *n = arg;

    *n += !span_absent(r->sealed);
    return FAULT_NONE;
}

struct column_count { enum reseal_column column; int64_t n; };

static enum fault count_column(struct store_tx *tx, void *arg)
{
    struct column_count *c = arg;
    const struct reseal_place start = reseal_start();

    c->n = 0;
    return reseal_each(tx, c->column, &start, INT64_MAX, count_row, &c->n);
}

static void every_column_is_sealed_again_and_every_record_does_its_work(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_made made;
    struct keys_status status;
    int64_t all = 0;

    kbed_fill(&b);
    for (unsigned c = 0; c < RESEAL_COLUMNS; c++) {
        struct column_count count = { .column = (enum reseal_column)c };

        assert_int_equal(store_read(b.f->reader, count_column, &count), FAULT_NONE);
        assert_true(count.n > 0);     /* or the test would say nothing of it */
        all += count.n;
    }
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(made.records, all);
    assert_int_equal(kbed_records(&b, made.generation.id, true), all);
    kbed_all_work(&b);                /* under the older key, which is there */
    kbed_sweep(&b);
    assert_int_equal(kbed_records(&b, made.generation.id, true), 0);
    assert_int_equal(kbed_records(&b, made.generation.id, false), all);
    status = kbed_status(&b);
    assert_int_equal(status.progress.stage, KEYS_DONE);
    assert_int_equal(status.progress.old, all);
    assert_int_equal(status.progress.done, all);
    assert_int_equal(keys_percent(&status.progress), 100);
    kbed_all_work(&b);
}

static void the_older_key_is_destroyed_once_nothing_is_under_it(void **state)
{
    struct kbed b = kbed_of(state);
    struct key_ring ring = kbed_ring(&b);
    const struct key_generation older = *keys_find(&ring, KEY_PURPOSE_DATA, 0);
    struct partner_key key;
    struct keys_made made;
    struct keys_gone gone;
    bool known;

    kbed_fill(&b);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_DATA, older.id), FAULT_WRONG_STATE);
    assert_non_null(strstr(gone.why, "newest"));
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_DATA, older.id), FAULT_WRONG_STATE);
    assert_int_equal(gone.left, made.records);
    assert_non_null(strstr(gone.why, "under this key"));
    kbed_paytm_signs(&b);             /* from now on the gateway remembers a record under the older key */
    kbed_sweep(&b);
    assert_int_equal(partner_paytm_key(b.s, &key, &known, b.f->reader, b.f->arena, span_of(b.paytm.mid), SPAN(""),
                                       SPAN("")), FAULT_NONE);
    assert_true(keys_is_under(key.sealed, made.generation.id));
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_DATA, older.id), FAULT_NONE);
    kbed_paytm_signs(&b);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_DATA, older.id), FAULT_NOT_FOUND);
    ring = kbed_ring(&b);
    assert_int_equal(keys_count(&ring, KEY_PURPOSE_DATA), 1);
    assert_memory_equal(keys_find(&ring, KEY_PURPOSE_DATA, 0)->id, made.generation.id, KEY_RING_ID);
    kbed_all_work(&b);
}

static void nothing_is_destroyed_while_the_work_is_under_way(void **state)
{
    struct kbed b = kbed_of(state);
    struct key_ring ring = kbed_ring(&b);
    const struct key_generation older = *keys_find(&ring, KEY_PURPOSE_DATA, 0);
    struct keys_sweep *w;
    struct keys_gone gone;
    enum keys_next next;

    kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_sweep_new(&w, b.s, 0), FAULT_NONE);
    while (kbed_records(&b, older.id, false))
        assert_int_equal(keys_sweep_step(w, &next, b.f->reader), FAULT_NONE);
    /* A record that was sealed before the rotation may still be on its way. */
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_DATA, older.id), FAULT_WRONG_STATE);
    assert_int_equal(gone.left, 0);
    kbed_sweep_all(&b, w);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_DATA, older.id), FAULT_NONE);
    keys_sweep_free(w);
}

/* Steps until some records are done and some are not. */
static void sweep_some(struct kbed *b, struct keys_sweep *w)
{
    enum keys_next next = KEYS_NOW;
    int64_t done;

    do {
        assert_int_equal(keys_sweep_step(w, &next, b->f->reader), FAULT_NONE);
        done = kbed_status(b).progress.done;
    } while (done <= KEYS_PIECE);
    assert_true(done < MANY);
}

static void work_that_was_broken_off_is_gone_on_with(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_sweep *w;
    struct keys_status status;
    struct keys_made made;

    kbed_orders(&b, "order", MANY);
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_sweep_new(&w, b.s, 0), FAULT_NONE);
    sweep_some(&b, w);
    keys_sweep_free(w);               /* as at a kill: nothing is said to it */
    status = kbed_status(&b);
    assert_int_equal(status.progress.stage, KEYS_WORKING);
    assert_in_range(keys_percent(&status.progress), 1, 99);
    kbed_sweep(&b);
    status = kbed_status(&b);
    assert_int_equal(status.progress.old, made.records);
    assert_int_equal(status.progress.done, made.records);       /* none was done twice */
    assert_int_equal(kbed_records(&b, made.generation.id, true), 0);
    assert_int_equal(kbed_logged(&b, "re-encryption began"), 1);
    assert_int_equal(kbed_logged(&b, "re-encryption ended"), 1);
}

static enum fault lose_state(struct store_tx *tx, void *arg)
{
    (void)arg;
    return settings_put(tx, SPAN("keys.reseal"), SPAN("?"));
}

static void work_whose_state_is_lost_is_done_all_the_same(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_sweep *w;
    struct keys_made made;

    kbed_orders(&b, "order", MANY);
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_sweep_new(&w, b.s, 0), FAULT_NONE);
    sweep_some(&b, w);
    keys_sweep_free(w);
    assert_int_equal(store_write(b.s->store, lose_state, NULL), FAULT_NONE);
    assert_int_equal(kbed_status(&b).progress.stage, KEYS_COUNTING);
    kbed_sweep(&b);
    assert_int_equal(kbed_records(&b, made.generation.id, true), 0);
    assert_int_equal(kbed_status(&b).progress.stage, KEYS_DONE);
}

/* What is kept of the work, and what comes of it when its end is cut off. */
struct cut { struct arena *arena; uint8_t bytes[KEYS_STATE_MAX]; size_t n, kept; enum fault fault; };

static enum fault keep_work(struct store_tx *tx, void *arg)
{
    struct cut *c = arg;
    struct keys_work w = { .pass = 2, .found = 3, .progress = { .stage = KEYS_CHECKING, .old = 9, .done = 4,
        .damaged = 5, .began_ms = 6, .damaged_n = 1, .in = { { RESEAL_PAYMENTS, 7, 5 } } } };
    const struct reseal_row row = { .merchant_id = 7, .no = 8, .id = SPAN("an id"), .mac = SPAN("a mac") };
    struct span kept;
    enum fault f = keys_place_set(&w.at, &row);

    w.at.column = RESEAL_ORDERS;
    if (!f)
        f = keys_work_save(tx, &w);
    if (!f)
        f = settings_get(tx, &kept, c->arena, SPAN("keys.reseal"));
    if (f)
        return f;
    assert_in_range(kept.n, 1, sizeof c->bytes);
    memcpy(c->bytes, kept.p, kept.n);
    c->n = kept.n;
    return FAULT_NONE;
}

static enum fault cut_work(struct store_tx *tx, void *arg)
{
    struct cut *c = arg;
    struct keys_work w;
    enum fault f = settings_put(tx, SPAN("keys.reseal"), (struct span){ c->bytes, c->kept });

    if (f)
        return f;
    c->fault = keys_work_load(tx, &w, c->arena);
    if (c->fault)
        return FAULT_NONE;
    assert_int_equal(w.pass, 2);
    assert_int_equal(w.found, 3);
    assert_int_equal(w.progress.stage, KEYS_CHECKING);
    assert_int_equal(w.progress.old, 9);
    assert_int_equal(w.progress.in[0].merchant_id, 7);
    assert_int_equal(w.at.no, 8);
    assert_true(span_equal(keys_place_now(&w.at).id, SPAN("an id")));
    assert_true(span_equal(keys_place_now(&w.at).mac, SPAN("a mac")));
    return FAULT_NONE;
}

static void a_state_without_its_end_is_no_state(void **state)
{
    struct kbed b = kbed_of(state);
    struct cut c = { .arena = b.f->arena };

    assert_int_equal(store_write(b.s->store, keep_work, &c), FAULT_NONE);
    for (c.kept = 0; c.kept <= c.n; c.kept++) {
        assert_int_equal(store_write(b.s->store, cut_work, &c), FAULT_NONE);
        assert_int_equal(c.fault, c.kept == c.n ? FAULT_NONE : FAULT_INTERNAL);
    }
}

/* A record that is put in the place of the first order's, which was another a moment ago. */
struct race { struct reseal_row was; struct arena *arena; bool changed; };

static enum fault take_first(void *arg, const struct reseal_row *r)
{
    struct race *race = arg;

    race->was = *r;
    race->was.id = arena_copy(race->arena, r->id);
    race->was.sealed = arena_copy(race->arena, r->sealed);
    return FAULT_TOO_MANY;
}

static enum fault read_first(struct store_tx *tx, void *arg)
{
    const struct reseal_place start = reseal_start();

    return reseal_each(tx, RESEAL_ORDERS, &start, 1, take_first, arg);
}

static enum fault lose_race(struct store_tx *tx, void *arg)
{
    struct race *race = arg;
    struct reseal_row now = race->was;
    bool changed;
    enum fault f = reseal_put(tx, &changed, RESEAL_ORDERS, &now, SPAN("theirs"));

    assert_true(changed);
    return f ? f : reseal_put(tx, &race->changed, RESEAL_ORDERS, &race->was, SPAN("ours"));
}

static void a_record_that_was_changed_meanwhile_is_left_alone(void **state)
{
    struct kbed b = kbed_of(state);
    struct race race = { .arena = b.f->arena, .changed = true };

    kbed_order(&b, "contended");
    assert_int_equal(store_read(b.f->reader, read_first, &race), FAULT_TOO_MANY);
    assert_int_equal(store_write(b.s->store, lose_race, &race), FAULT_NONE);
    assert_false(race.changed);
    assert_int_equal(store_read(b.f->reader, read_first, &race), FAULT_TOO_MANY);
    assert_true(span_equal(race.was.sealed, SPAN("theirs")));
}

static enum fault damage(struct store_tx *tx, void *arg)
{
    struct race *race = arg;
    uint8_t bytes[256];
    bool changed;

    assert_in_range(race->was.sealed.n, KEY_SEAL_EXTRA, sizeof bytes);
    memcpy(bytes, race->was.sealed.p, race->was.sealed.n);
    bytes[race->was.sealed.n - 1] ^= 1;
    return reseal_put(tx, &changed, RESEAL_ORDERS, &race->was, (struct span){ bytes, race->was.sealed.n });
}

static void a_record_that_does_not_open_is_counted_and_left(void **state)
{
    struct kbed b = kbed_of(state);
    struct key_ring ring = kbed_ring(&b);
    const struct key_generation older = *keys_find(&ring, KEY_PURPOSE_DATA, 0);
    struct race race = { .arena = b.f->arena };
    struct keys_status status;
    struct keys_gone gone;

    kbed_orders(&b, "order", 5);
    assert_int_equal(store_read(b.f->reader, read_first, &race), FAULT_TOO_MANY);
    assert_int_equal(store_write(b.s->store, damage, &race), FAULT_NONE);
    assert_int_equal(store_read(b.f->reader, read_first, &race), FAULT_TOO_MANY);
    kbed_rotate(&b, KEY_PURPOSE_DATA);
    kbed_sweep(&b);
    status = kbed_status(&b);
    assert_int_equal(status.progress.stage, KEYS_DONE);
    assert_int_equal(status.progress.damaged, 1);
    assert_int_equal(status.progress.damaged_n, 1);
    assert_int_equal(status.progress.in[0].column, RESEAL_ORDERS);
    assert_int_equal(status.progress.in[0].merchant_id, b.merchant_id);
    assert_int_equal(status.progress.in[0].n, 1);
    assert_int_equal(status.progress.done, status.progress.old - 1);
    {
        struct race now = { .arena = b.f->arena };

        assert_int_equal(store_read(b.f->reader, read_first, &now), FAULT_TOO_MANY);
        assert_true(span_equal(now.was.sealed, race.was.sealed));
    }
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_DATA, older.id), FAULT_WRONG_STATE);
    assert_int_equal(gone.left, 1);
    assert_non_null(strstr(gone.why, "do not open"));
}

static void what_was_sealed_before_the_rotation_and_kept_after_it_is_found(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_sweep *w;
    struct order_new late, latest;
    struct key_ask ask, last_ask;
    struct keys_made made;
    enum keys_next next = KEYS_NOW;

    kbed_seal_order(&b, &late, &ask, "late");
    kbed_seal_order(&b, &latest, &last_ask, "latest");
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_sweep_new(&w, b.s, 0), FAULT_NONE);
    while (kbed_status(&b).progress.stage != KEYS_WORKING || kbed_records(&b, made.generation.id, true))
        assert_int_equal(keys_sweep_step(w, &next, b.f->reader), FAULT_NONE);
    for (int i = 0; i < RESEAL_COLUMNS; i++)      /* past the orders */
        assert_int_equal(keys_sweep_step(w, &next, b.f->reader), FAULT_NONE);
    assert_int_equal(kbed_status(&b).progress.ended_ms, 0);
    kbed_keep_order(&b, &late, &ask);
    assert_int_equal(kbed_records(&b, made.generation.id, true), 1);
    while (kbed_records(&b, made.generation.id, true))
        assert_int_equal(keys_sweep_step(w, &next, b.f->reader), FAULT_NONE);
    kbed_keep_order(&b, &latest, &last_ask);      /* the pass that found the other is past it */
    kbed_sweep_all(&b, w);
    assert_int_equal(kbed_records(&b, made.generation.id, true), 0);
    keys_sweep_free(w);
}

static void the_last_pass_begins_only_when_all_that_was_under_way_is_kept(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_sweep *w;
    enum keys_next next = KEYS_NOW;

    kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_sweep_new(&w, b.s, 3600 * 1000), FAULT_NONE);
    for (int i = 0; i < KBED_STEPS && next <= KEYS_NOW; i++)
        assert_int_equal(keys_sweep_step(w, &next, b.f->reader), FAULT_NONE);
    assert_int_equal(next, KEYS_SOON);
    assert_int_equal(kbed_status(&b).progress.ended_ms, 0);
    assert_int_equal(keys_percent(&(struct keys_progress){ .old = 5, .done = 5 }), 99);
    keys_sweep_free(w);
}

static void a_rotation_in_the_middle_of_the_work_begins_it_anew(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_sweep *w;
    struct keys_made made;

    kbed_orders(&b, "order", MANY);
    kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_sweep_new(&w, b.s, 0), FAULT_NONE);
    sweep_some(&b, w);
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_true(made.records >= MANY);
    keys_sweep_look(w);
    kbed_sweep_all(&b, w);
    assert_int_equal(kbed_records(&b, made.generation.id, true), 0);
    assert_memory_equal(kbed_status(&b).progress.to, made.generation.id, KEY_RING_ID);
    assert_int_equal(kbed_status(&b).progress.stage, KEYS_DONE);
    assert_int_equal(kbed_logged(&b, "re-encryption began"), 2);
    keys_sweep_free(w);
}

/* The keyholder made it, and who asked for it never had its answer. */
static void a_rotation_that_nobody_told_of_is_found_when_a_pass_ends(void **state)
{
    struct kbed b = kbed_of(state);
    struct key_ask ask = { .op = KEY_ROTATE, .number = KEY_PURPOSE_DATA };
    struct keys_sweep *w;
    const struct key_generation *newest;
    struct key_ring ring;

    kbed_orders(&b, "order", MANY);
    kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_sweep_new(&w, b.s, 0), FAULT_NONE);
    sweep_some(&b, w);
    assert_int_equal(keyholder_ask_one(b.s->keyholder, &ask), FAULT_NONE);
    kbed_sweep_all(&b, w);
    ring = kbed_ring(&b);
    newest = keys_find(&ring, KEY_PURPOSE_DATA, 0);
    assert_int_equal(kbed_records(&b, newest->id, true), 0);
    assert_int_equal(kbed_status(&b).progress.stage, KEYS_DONE);
    assert_memory_equal(kbed_status(&b).progress.to, newest->id, KEY_RING_ID);
    keys_sweep_free(w);
}

static void a_silent_keyholder_pauses_the_work(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_sweep *w;
    struct keys_made made;
    enum keys_next next;
    int64_t done;

    kbed_orders(&b, "order", MANY);
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_sweep_new(&w, b.s, 0), FAULT_NONE);
    sweep_some(&b, w);
    done = kbed_status(&b).progress.done;
    fixture_keyholder_stop(b.f);
    assert_int_equal(keys_sweep_step(w, &next, b.f->reader), FAULT_SILENT);
    fixture_keyholder_start(b.f);
    assert_int_equal(kbed_status(&b).progress.done, done);
    kbed_sweep_all(&b, w);
    assert_int_equal(kbed_records(&b, made.generation.id, true), 0);
    keys_sweep_free(w);
}

static void records_made_after_the_rotation_are_not_touched(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_made made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    struct keys_status status;

    kbed_orders(&b, "new", 3);
    kbed_sweep(&b);
    status = kbed_status(&b);
    assert_int_equal(status.progress.done, made.records);
    assert_int_equal(kbed_records(&b, made.generation.id, true), 0);
}

/* More orders than one read looks at, without a record. */
static enum fault make_empty(struct store_tx *tx, void *arg)
{
    static const uint8_t session[ORDER_SESSION] = { 0 };
    struct kbed *b = arg;
    enum fault f = FAULT_NONE;

    for (int i = 0; i < KEYS_SEEN + 1 && !f; i++) {
        char id[16];
        struct order_row row = { .merchant_id = b->merchant_id, .currency = SPAN("INR"), .created_ms = FIXTURE_NOW,
                                 .session = { session, sizeof session } };

        snprintf(id, sizeof id, "empty%d", i);
        row.order_id = span_of(id);
        f = orders_next_no(tx, &row.order_no, row.merchant_id, FIXTURE_NOW);
        if (!f)
            f = orders_insert(tx, &row);
    }
    return f;
}

static void rows_without_a_record_are_passed(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_made made;

    assert_int_equal(store_write(b.s->store, make_empty, &b), FAULT_NONE);
    kbed_order(&b, "last");
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(made.records, 2);            /* and the client secret */
    kbed_sweep(&b);
    assert_int_equal(kbed_records(&b, made.generation.id, false), 2);
    assert_int_equal(kbed_status(&b).progress.done, 2);
}

static void without_a_rotation_there_is_nothing_to_do(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_status status;

    kbed_orders(&b, "order", 3);
    kbed_sweep(&b);
    status = kbed_status(&b);
    assert_int_equal(status.progress.stage, KEYS_NONE);
    assert_int_equal(status.progress.began_ms, 0);
    assert_int_equal(kbed_logged(&b, "data"), 0);
}

static void the_thread_is_stopped_wherever_it_is(void **state)
{
    struct kbed b = kbed_of(state);

    kbed_orders(&b, "order", KEYS_PIECE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(keys_start(&b.s->keys, b.s), FAULT_NONE);
        kbed_rotate(&b, KEY_PURPOSE_DATA);
        keys_stop(b.s->keys);
        b.s->keys = NULL;
    }
    kbed_sweep(&b);
    assert_int_equal(kbed_status(&b).progress.stage, KEYS_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
        TEST(every_sealed_column_of_the_schema_is_in_the_table),
        TEST(every_column_is_sealed_again_and_every_record_does_its_work),
        TEST(the_older_key_is_destroyed_once_nothing_is_under_it),
        TEST(nothing_is_destroyed_while_the_work_is_under_way),
        TEST(work_that_was_broken_off_is_gone_on_with),
        TEST(work_whose_state_is_lost_is_done_all_the_same),
        TEST(a_state_without_its_end_is_no_state),
        TEST(a_record_that_was_changed_meanwhile_is_left_alone),
        TEST(a_record_that_does_not_open_is_counted_and_left),
        TEST(what_was_sealed_before_the_rotation_and_kept_after_it_is_found),
        TEST(the_last_pass_begins_only_when_all_that_was_under_way_is_kept),
        TEST(a_rotation_in_the_middle_of_the_work_begins_it_anew),
        TEST(a_rotation_that_nobody_told_of_is_found_when_a_pass_ends),
        TEST(a_silent_keyholder_pauses_the_work),
        TEST(records_made_after_the_rotation_are_not_touched),
        TEST(rows_without_a_record_are_passed),
        TEST(without_a_rotation_there_is_nothing_to_do),
        TEST(the_thread_is_stopped_wherever_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
