/* test_outbox.c: endpoints and deliveries as rows: who waits for whom, what is due, and in whose turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/outbox.h"

#include "fixture.h"

#include "base/banned.h"

enum { MERCHANT = 1, OTHER = 2 };

/* One write job of a test: `step` does what it likes with the transaction. */
struct act { void (*step)(struct store_tx *tx, struct fixture *f); struct fixture *f; };

static enum fault act_work(struct store_tx *tx, void *arg)
{
    const struct act *a = arg;

    a->step(tx, a->f);
    return FAULT_NONE;
}

static void act(struct fixture *f, void (*step)(struct store_tx *tx, struct fixture *f))
{
    struct act a = { step, f };

    assert_int_equal(store_write(f->services.store, act_work, &a), FAULT_NONE);
}

static struct outbox_row insert(struct store_tx *tx, struct outbox_row d)
{
    if (!d.merchant_id)
        d.merchant_id = MERCHANT;
    if (!d.due_ms)
        d.due_ms = FIXTURE_NOW;
    assert_int_equal(outbox_insert(tx, &d, FIXTURE_NOW), FAULT_NONE);
    return d;
}

static struct outbox_row find(struct store_tx *tx, struct fixture *f, const struct outbox_row *d)
{
    struct outbox_row row;

    assert_int_equal(outbox_find(tx, &row, f->arena, d->merchant_id, d->delivery_no), FAULT_NONE);
    return row;
}

static void over(struct store_tx *tx, struct outbox_row d)
{
    d.state = DELIVERY_DONE;
    d.due_ms = 0;
    assert_int_equal(outbox_keep(tx, &d), FAULT_NONE);
    assert_int_equal(outbox_release(tx, &d, FIXTURE_NOW + 9), FAULT_NONE);
}

static void line_step(struct store_tx *tx, struct fixture *f)
{
    struct outbox_row first = insert(tx, (struct outbox_row){ .order_no = 7, .endpoint_no = 1 });
    struct outbox_row second = insert(tx, (struct outbox_row){ .order_no = 7, .endpoint_no = 1 });
    struct outbox_row third = insert(tx, (struct outbox_row){ .order_no = 7, .endpoint_no = 1 });

    assert_int_equal(first.state, DELIVERY_DUE);
    assert_int_equal(second.state, DELIVERY_WAITS);
    assert_int_equal(third.state, DELIVERY_WAITS);
    assert_true(first.delivery_no < second.delivery_no && second.delivery_no < third.delivery_no);
    over(tx, first);
    second = find(tx, f, &second);
    assert_int_equal(second.state, DELIVERY_DUE);
    assert_int_equal(second.due_ms, FIXTURE_NOW + 9);
    assert_int_equal(find(tx, f, &third).state, DELIVERY_WAITS);
    assert_int_equal(outbox_release(tx, &first, FIXTURE_NOW + 20), FAULT_NONE);       /* again: it changes nothing */
    assert_int_equal(find(tx, f, &second).due_ms, FIXTURE_NOW + 9);
    assert_int_equal(find(tx, f, &third).state, DELIVERY_WAITS);
    over(tx, second);
    assert_int_equal(find(tx, f, &third).state, DELIVERY_DUE);
}

static void in_a_line_one_is_due_and_the_others_wait(void **state)
{
    act(*state, line_step);
}

static void lines_step(struct store_tx *tx, struct fixture *f)
{
    (void)f;
    (void)insert(tx, (struct outbox_row){ .order_no = 7, .endpoint_no = 1 });
    assert_int_equal(insert(tx, (struct outbox_row){ .order_no = 8, .endpoint_no = 1 }).state, DELIVERY_DUE);
    assert_int_equal(insert(tx, (struct outbox_row){ .order_no = 7, .endpoint_no = 2 }).state, DELIVERY_DUE);
    assert_int_equal(insert(tx, (struct outbox_row){ .order_no = 7, .kind = ENDPOINT_FORM }).state, DELIVERY_DUE);
    assert_int_equal(insert(tx, (struct outbox_row){ .order_no = 7 }).state, DELIVERY_DUE);
    assert_int_equal(insert(tx, (struct outbox_row){ .merchant_id = OTHER, .order_no = 7, .endpoint_no = 1 }).state,
                     DELIVERY_DUE);
    assert_int_equal(insert(tx, (struct outbox_row){ .subject_no = 7, .endpoint_no = 1 }).state, DELIVERY_DUE);
    assert_int_equal(insert(tx, (struct outbox_row){ .subject_no = 8, .endpoint_no = 1 }).state, DELIVERY_DUE);
    assert_int_equal(insert(tx, (struct outbox_row){ .subject_no = 8, .endpoint_no = 1 }).state, DELIVERY_WAITS);
}

static void another_order_endpoint_kind_or_token_is_another_line(void **state)
{
    act(*state, lines_step);
}

struct seen { struct outbox_due all[16]; size_t n; };

static enum fault see(void *arg, const struct outbox_due *d)
{
    struct seen *s = arg;

    s->all[s->n++] = *d;
    return FAULT_NONE;
}

static void due_step(struct store_tx *tx, struct fixture *f)
{
    struct outbox_row late = insert(tx, (struct outbox_row){ .order_no = 1, .due_ms = FIXTURE_NOW + 5 });
    struct outbox_row soon = insert(tx, (struct outbox_row){ .order_no = 2, .due_ms = FIXTURE_NOW + 1 });
    struct seen seen = { .n = 0 };

    (void)f;
    (void)insert(tx, (struct outbox_row){ .order_no = 2 });                                /* waits */
    (void)insert(tx, (struct outbox_row){ .order_no = 3, .due_ms = FIXTURE_NOW + 6 });
    over(tx, insert(tx, (struct outbox_row){ .order_no = 4 }));
    assert_int_equal(outbox_due(tx, FIXTURE_NOW + 5, 10, see, &seen), FAULT_NONE);
    assert_int_equal(seen.n, 2);
    assert_int_equal(seen.all[0].delivery_no, soon.delivery_no);
    assert_int_equal(seen.all[1].delivery_no, late.delivery_no);
    seen.n = 0;
    assert_int_equal(outbox_due(tx, FIXTURE_NOW + 5, 1, see, &seen), FAULT_NONE);
    assert_int_equal(seen.n, 1);
}

static void what_is_due_comes_in_the_order_of_its_time(void **state)
{
    act(*state, due_step);
}

static void turns_step(struct store_tx *tx, struct fixture *f)
{
    struct seen seen = { .n = 0 };
    struct outbox_due at = { .endpoint_no = -1 };

    (void)f;
    (void)insert(tx, (struct outbox_row){ .order_no = 1, .endpoint_no = 2, .due_ms = FIXTURE_NOW + 3 });
    (void)insert(tx, (struct outbox_row){ .order_no = 2, .endpoint_no = 2, .due_ms = FIXTURE_NOW + 1 });
    (void)insert(tx, (struct outbox_row){ .order_no = 3, .endpoint_no = 0 });
    (void)insert(tx, (struct outbox_row){ .merchant_id = OTHER, .order_no = 1, .endpoint_no = 1 });
    assert_int_equal(outbox_endpoint_after(tx, &at, at.merchant_id, at.endpoint_no), FAULT_NONE);
    assert_int_equal(at.merchant_id, MERCHANT);
    assert_int_equal(at.endpoint_no, 0);
    assert_int_equal(outbox_endpoint_after(tx, &at, at.merchant_id, at.endpoint_no), FAULT_NONE);
    assert_int_equal(at.endpoint_no, 2);
    assert_int_equal(at.due_ms, FIXTURE_NOW + 1);
    assert_int_equal(outbox_due_of(tx, MERCHANT, 2, FIXTURE_NOW + 2, 10, see, &seen), FAULT_NONE);
    assert_int_equal(seen.n, 1);
    assert_int_equal(outbox_endpoint_after(tx, &at, at.merchant_id, at.endpoint_no), FAULT_NONE);
    assert_int_equal(at.merchant_id, OTHER);
    assert_int_equal(outbox_endpoint_after(tx, &at, at.merchant_id, at.endpoint_no), FAULT_NOT_FOUND);
}

static void endpoints_have_their_turns(void **state)
{
    act(*state, turns_step);
}

static void resend_step(struct store_tx *tx, struct fixture *f)
{
    struct outbox_row d = insert(tx, (struct outbox_row){ .order_no = 1 });
    struct outbox_row waits = insert(tx, (struct outbox_row){ .order_no = 1 });
    struct outbox_row ended = d;

    assert_int_equal(outbox_resend(tx, MERCHANT, waits.delivery_no, FIXTURE_NOW), FAULT_WRONG_STATE);
    assert_int_equal(outbox_resend(tx, OTHER, d.delivery_no, FIXTURE_NOW), FAULT_NOT_FOUND);
    ended.state = DELIVERY_GIVEN_UP;
    ended.attempts = 4;
    assert_int_equal(outbox_keep(tx, &ended), FAULT_NONE);
    assert_int_equal(outbox_keep(tx, &ended), FAULT_NOT_FOUND);           /* it is not due any more */
    assert_int_equal(outbox_resend(tx, MERCHANT, d.delivery_no, FIXTURE_NOW + 3), FAULT_NONE);
    d = find(tx, f, &d);
    assert_int_equal(d.state, DELIVERY_DUE);
    assert_int_equal(d.due_ms, FIXTURE_NOW + 3);
    assert_int_equal(d.attempts, 4);
}

static void what_is_over_can_be_due_again_and_keeps_its_count(void **state)
{
    act(*state, resend_step);
}

static enum fault count(void *arg, const struct endpoint_row *e)
{
    *(int64_t *)arg = *(int64_t *)arg * 10 + e->endpoint_no;
    return FAULT_NONE;
}

static void endpoints_step(struct store_tx *tx, struct fixture *f)
{
    struct endpoint_row e = { .merchant_id = MERCHANT, .url = SPAN("https://a.example"), .events = 1 }, found;
    int64_t numbers = 0;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(endpoints_next_no(tx, &e.endpoint_no, MERCHANT), FAULT_NONE);
        assert_int_equal(endpoints_insert(tx, &e), FAULT_NONE);
    }
    assert_int_equal(endpoints_disable(tx, MERCHANT, 3), FAULT_NONE);
    assert_int_equal(endpoints_disable(tx, MERCHANT, 3), FAULT_NOT_FOUND);
    assert_int_equal(endpoints_each(tx, MERCHANT, count, &numbers), FAULT_NONE);
    assert_int_equal(numbers, 12);
    assert_int_equal(endpoints_next_no(tx, &e.endpoint_no, MERCHANT), FAULT_NONE);
    assert_int_equal(e.endpoint_no, 4);
    assert_int_equal(endpoints_find(tx, &found, f->arena, MERCHANT, 3), FAULT_NONE);
    assert_true(found.disabled);
    assert_int_equal(endpoints_find(tx, &found, f->arena, OTHER, 1), FAULT_NOT_FOUND);
}

static void a_removed_endpoint_keeps_its_number(void **state)
{
    act(*state, endpoints_step);
}

#define OVER_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_FIXTURE(in_a_line_one_is_due_and_the_others_wait),
        OVER_FIXTURE(another_order_endpoint_kind_or_token_is_another_line),
        OVER_FIXTURE(what_is_due_comes_in_the_order_of_its_time),
        OVER_FIXTURE(endpoints_have_their_turns),
        OVER_FIXTURE(what_is_over_can_be_due_again_and_keeps_its_count),
        OVER_FIXTURE(a_removed_endpoint_keeps_its_number),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
