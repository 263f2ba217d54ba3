/* The payments' thread: notices kept and acknowledged, what is open settled by itself, and what merchants are told. */
#include "pay_bed.h"
#include "store/checkouts.h"

#include "base/banned.h"

#define NOTIFY "{\"notify_url\":\"https://shop.example/hook\"}"

static int setup(void **state)
{
    struct pbed *b;

    if (pbed_setup(state))
        return 1;
    b = *state;
    assert_int_equal(payments_new(&b->s->payments, b->s), FAULT_NONE);
    return 0;
}

static int teardown(void **state)
{
    struct pbed *b = *state;

    acquirer_stop(b->bank.front);
    payments_free(b->s->payments);
    b->s->payments = NULL;
    return pbed_teardown(state);
}

static void wait_noticed(struct pbed *b, uint64_t n)
{
    for (int i = 0; i < VBED_TRIES; i++) {
        uint64_t noticed;

        pthread_mutex_lock(&b->bank.lock);
        noticed = b->bank.noticed;
        pthread_mutex_unlock(&b->bank.lock);
        if (noticed >= n)
            return;
        (void)usleep(VBED_TRY_US);
    }
    fail_msg("the notices were never acknowledged");
}

static void notice(struct pbed *b, uint64_t id, struct acquirer_answer now)
{
    payments_notice(b->s->payments, &(struct acquirer_notice){ .id = id, .now = now });
}

static struct payment_row waiting(struct pbed *b, const struct order_row *o)
{
    b->bank.says = ACQUIRER_WAITS;
    return pbed_do(b, pbed_upi(b, o))->row;
}

static void a_notice_is_kept_and_then_acknowledged(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);

    notice(b, 1, pbed_news(b, &p, ACQUIRER_CHARGED));
    (void)pbed_wait_for(b, &p, PAYMENT_SUCCESS);
    wait_noticed(b, 1);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
    notice(b, 2, pbed_news(b, &p, ACQUIRER_CHARGED));         /* told again: acknowledged again, and no more */
    wait_noticed(b, 2);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_SUCCESS);
}

static void a_notice_of_nothing_of_ours_is_acknowledged(void **state)
{
    struct pbed *b = *state;
    struct acquirer_answer now = { .verdict = ACQUIRER_CHARGED, .ref = { b->merchant_id, 4711, 0, 0 } };

    notice(b, 1, now);
    now.ref.refund_no = 4712;
    notice(b, 2, now);
    wait_noticed(b, 2);
}

static void without_a_thread_a_notice_is_left_to_come_again(void **state)
{
    struct pbed *b = *state;

    payments_notice(NULL, &(struct acquirer_notice){ .id = 1 });
    assert_int_equal(b->bank.noticed, 0);
}

static void a_charge_that_came_too_late_goes_back_by_itself(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row one = waiting(b, o), two = waiting(b, o);

    notice(b, 1, pbed_news(b, &one, ACQUIRER_CHARGED));
    (void)pbed_wait_for(b, &one, PAYMENT_SUCCESS);
    notice(b, 2, pbed_news(b, &two, ACQUIRER_CHARGED));
    (void)pbed_wait_for(b, &two, PAYMENT_CANCELLED);
    for (int i = 0; i < VBED_TRIES && pbed_row(b, &two).ask_ms; i++)
        (void)usleep(VBED_TRY_US);
    assert_int_equal(pbed_row(b, &two).ask_ms, 0);
    assert_int_equal(b->bank.reversed, 1);
}

static void a_sweep_settles_what_is_open_and_asks_nobody_twice(void **state)
{
    struct pbed *b = *state;
    struct pay_job *job = pbed_job(b, pbed_upi(b, pbed_order(b)));

    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    pbed_later(b, PAY_LEASE_MS);
    assert_int_equal(payments_sweep(b->s->payments, pbed_now(b)), FAULT_NONE);
    assert_int_equal(payments_sweep(b->s->payments, pbed_now(b)), FAULT_NONE);
    assert_int_equal(pbed_row(b, &job->row).state, PAYMENT_FAILED);
    assert_int_equal(b->bank.asked[ACQUIRER_STATUS], 1);
}

struct orphan { struct pbed *b; struct payment_row row; };

static enum fault orphan_work(struct store_tx *tx, void *arg)
{
    struct orphan *o = arg;
    enum fault f = payments_next_no(tx, &o->row.payment_no, o->b->merchant_id);

    return f ? f : payments_insert(tx, &o->row);
}

/* An attempt that is due, of an order that is not there: nothing that is heard of it can be kept. */
static struct payment_row orphan(struct pbed *b)
{
    struct orphan o = { b, { .merchant_id = b->merchant_id, .order_id = SPAN("lost"), .currency = SPAN("INR"),
                             .amount_minor = 1, .state = PAYMENT_APPROVAL, .limit_ms = INT64_MAX,
                             .wanted = ACQUIRER_STATUS, .ask_ms = 1 } };

    assert_int_equal(store_write(b->s->store, orphan_work, &o), FAULT_NONE);
    return o.row;
}

static void what_cannot_be_kept_holds_up_nothing_else(void **state)
{
    struct pbed *b = *state;
    struct payment_row swept = waiting(b, pbed_order(b)), told = waiting(b, pbed_order(b)), lost = orphan(b);
    enum fault f;

    pbank_find(&b->bank, swept.payment_no)->state = ACQUIRER_CHARGED;
    pbed_later(b, PAYMENT_LIMIT_MS);
    f = payments_sweep(b->s->payments, pbed_now(b));
    assert_true(f == FAULT_INTERNAL || f == FAULT_NONE);      /* the thread may have been there first */
    assert_int_equal(pbed_row(b, &swept).state, PAYMENT_SUCCESS);
    assert_int_equal(pbed_row(b, &lost).state, PAYMENT_APPROVAL);
    notice(b, 1, pbed_news(b, &lost, ACQUIRER_CHARGED));
    notice(b, 2, pbed_news(b, &told, ACQUIRER_CHARGED));
    (void)pbed_wait_for(b, &told, PAYMENT_CANCELLED);              /* its limit was over, and it was given up */
    assert_int_equal(pbed_row(b, &lost).state, PAYMENT_APPROVAL);
}

static void a_request_lasts_as_long_as_it_said_and_is_then_given_up(void **state)
{
    struct pbed *b = *state;
    struct pay_wish w = pbed_upi(b, pbed_order(b));
    struct payment_row p;

    b->bank.says = ACQUIRER_WAITS;
    w.upi_minutes = 5;
    p = pbed_do(b, w)->row;
    pbed_later(b, 5 * PBED_MINUTE - 1);
    assert_int_equal(payments_sweep(b->s->payments, pbed_now(b)), FAULT_NONE);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_APPROVAL);
    pbed_later(b, 1);
    assert_int_equal(payments_sweep(b->s->payments, pbed_now(b)), FAULT_NONE);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_DROPPED);
}

static void what_was_charged_while_it_was_given_up_is_a_success(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);

    pbank_find(&b->bank, p.payment_no)->state = ACQUIRER_CHARGED;
    pbed_later(b, PAYMENT_LIMIT_MS);
    assert_int_equal(payments_sweep(b->s->payments, pbed_now(b)), FAULT_NONE);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_SUCCESS);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
}

/* The deliveries that are due. */
enum { TOLD_MAX = 8 };
struct told { struct pbed *b; struct outbox_due due[TOLD_MAX]; struct outbox_row rows[TOLD_MAX]; size_t n; };

static enum fault see_due(void *arg, const struct outbox_due *d)
{
    struct told *t = arg;

    t->due[t->n++] = *d;
    return FAULT_NONE;
}

static enum fault told_work(struct store_tx *tx, void *arg)
{
    struct told *t = arg;
    enum fault f = outbox_due(tx, pbed_now(t->b), TOLD_MAX, see_due, t);

    for (size_t i = 0; i < t->n && !f; i++)
        f = outbox_find(tx, &t->rows[i], t->b->f->arena, t->due[i].merchant_id, t->due[i].delivery_no);
    return f;
}

static struct told told(struct pbed *b)
{
    struct told t = { .b = b };

    assert_int_equal(store_read(b->f->reader, told_work, &t), FAULT_NONE);
    return t;
}

static void each_outcome_is_told_once_where_the_order_wants_it(void **state)
{
    static const struct { enum acquirer_verdict v; enum webhook_event event; enum payment_state state; } cases[] = {
        { ACQUIRER_CHARGED, WEBHOOK_PAYMENT_SUCCESS, PAYMENT_SUCCESS },
        { ACQUIRER_DECLINED, WEBHOOK_PAYMENT_FAILED, PAYMENT_FAILED },
        { ACQUIRER_DROPPED, WEBHOOK_PAYMENT_DROPPED, PAYMENT_DROPPED },
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .meta = NOTIFY });
        struct payment_row p = waiting(b, o);
        const struct outbox_row *row;
        struct told t;

        assert_int_equal(told(b).n, i);       /* nothing yet of one that waits */
        assert_true(pbed_hear(b, &p, cases[i].v));
        (void)pbed_hear(b, &p, cases[i].v);
        t = told(b);
        assert_int_equal(t.n, i + 1);
        for (row = t.rows; row->subject_no != p.payment_no || row->order_no != o->order_no; row++)
            assert_true(row < t.rows + t.n);
        assert_int_equal(row->event, cases[i].event);
        assert_int_equal(row->subject_state, cases[i].state);
        assert_true(span_equal(row->url, SPAN("https://shop.example/hook")));
    }
}

static void an_order_that_names_nobody_tells_nobody(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    assert_true(pbed_hear(b, &p, ACQUIRER_CHARGED));
    assert_int_equal(told(b).n, 0);
}

static enum fault checkout_work(struct store_tx *tx, void *arg)
{
    const struct order_row *o = arg;
    struct checkout_row row = { .merchant_id = o->merchant_id, .order_no = o->order_no, .created_ms = 1,
                                .notify_url = SPAN("https://shop.example/result") };

    return checkouts_insert(tx, &row);
}

static void an_order_of_the_token_flow_has_its_result_told(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);
    struct told t;

    assert_int_equal(store_write(b->s->store, checkout_work, o), FAULT_NONE);
    assert_true(pbed_hear(b, &p, ACQUIRER_CHARGED));
    t = told(b);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.rows[0].event, WEBHOOK_RESULT);
    assert_true(span_equal(t.rows[0].url, SPAN("https://shop.example/result")));
}

struct refunds { struct pbed *b; const struct order_row *o; struct refund_row row; size_t n; };

static enum fault see_refund(void *arg, const struct refund_row *r)
{
    struct refunds *l = arg;

    l->row = *r;
    l->n++;
    return FAULT_NONE;
}

static enum fault refunds_work(struct store_tx *tx, void *arg)
{
    struct refunds *l = arg;

    return refunds_of_order(tx, l->b->merchant_id, l->o->order_no, see_refund, l);
}

static void what_went_back_is_an_automatic_refund(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row one = waiting(b, o), two = waiting(b, o);
    struct refunds l = { .b = b, .o = o };

    assert_true(pbed_hear(b, &one, ACQUIRER_CHARGED));
    assert_true(pbed_hear(b, &two, ACQUIRER_CHARGED));
    assert_int_equal(payments_sweep(b->s->payments, pbed_now(b)), FAULT_NONE);
    assert_int_equal(payments_sweep(b->s->payments, pbed_now(b)), FAULT_NONE);
    assert_int_equal(store_read(b->f->reader, refunds_work, &l), FAULT_NONE);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.row.type, REFUND_AUTOMATIC);
    assert_int_equal(l.row.payment_no, two.payment_no);
    assert_int_equal(l.row.amount_minor, 1015);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_notice_is_kept_and_then_acknowledged),
        TEST(a_notice_of_nothing_of_ours_is_acknowledged),
        TEST(without_a_thread_a_notice_is_left_to_come_again),
        TEST(a_charge_that_came_too_late_goes_back_by_itself),
        TEST(a_sweep_settles_what_is_open_and_asks_nobody_twice),
        TEST(what_cannot_be_kept_holds_up_nothing_else),
        TEST(a_request_lasts_as_long_as_it_said_and_is_then_given_up),
        TEST(what_was_charged_while_it_was_given_up_is_a_success),
        TEST(each_outcome_is_told_once_where_the_order_wants_it),
        TEST(an_order_that_names_nobody_tells_nobody),
        TEST(an_order_of_the_token_flow_has_its_result_told),
        TEST(what_went_back_is_an_automatic_refund),
    };

    return cmocka_run_group_tests_name("payments_sweep", tests, NULL, NULL);
}
