/* test_payments_rows.c: attempts to pay as rows: everything comes back, what is due, and the tally of an order. */
#include "store_bed.h"

#include "acquirer/acquirer.h"
#include "store/payments.h"

#include "base/banned.h"

enum { MERCHANT = 7, OTHER = 8, ORDER = 42 };

/* Every field with a value of its own. */
static struct payment_row full(int64_t no)
{
    return (struct payment_row){
        .merchant_id = MERCHANT, .payment_no = no, .order_no = ORDER, .order_id = SPAN("order-1"),
        .amount_minor = 1015, .currency = SPAN("INR"), .state = PAYMENT_FACTOR, .method = 1, .channel = 2,
        .created_ms = 1000, .completed_ms = 1001, .limit_ms = 1002, .acquirer_ref = SPAN("a"), .bank_ref = SPAN("b"),
        .auth_id = SPAN("c"), .verdict = 3, .handle = SPAN("d"), .private_sealed = SPAN("e\0f"), .scheme = 4,
        .type = 5, .sub = 6, .last4 = SPAN("1111"), .issuer = SPAN("g"), .issuer_code = SPAN("h"),
        .country = SPAN("IN"), .token_no = 7, .saves = 1, .flight = SPAN("i\0j"), .international = 1,
        .emi_months = 9, .native = 1, .tries = 2, .resends = 1, .sent_ms = 1003, .authorise_only = 1,
        .captured_minor = 10, .capture_action = 2, .capture_ms = 1004, .wanted = ACQUIRER_OTP, .wanted_minor = 12,
        .request = 13, .ask_ms = 14, .source = SPAN("192.0.2.7"), .refunded_minor = 15,
    };
}

static void assert_same(const struct payment_row *a, const struct payment_row *b)
{
    const struct span *const one[] = { &a->order_id, &a->currency, &a->acquirer_ref, &a->bank_ref, &a->auth_id,
        &a->handle, &a->private_sealed, &a->last4, &a->issuer, &a->issuer_code, &a->country, &a->flight, &a->source };
    const struct span *const two[] = { &b->order_id, &b->currency, &b->acquirer_ref, &b->bank_ref, &b->auth_id,
        &b->handle, &b->private_sealed, &b->last4, &b->issuer, &b->issuer_code, &b->country, &b->flight, &b->source };
    const int64_t numbers[][2] = {
        { a->merchant_id, b->merchant_id }, { a->payment_no, b->payment_no }, { a->order_no, b->order_no },
        { a->amount_minor, b->amount_minor }, { a->state, b->state }, { a->method, b->method },
        { a->channel, b->channel }, { a->created_ms, b->created_ms }, { a->completed_ms, b->completed_ms },
        { a->limit_ms, b->limit_ms }, { a->verdict, b->verdict }, { a->scheme, b->scheme }, { a->type, b->type },
        { a->sub, b->sub }, { a->token_no, b->token_no }, { a->saves, b->saves },
        { a->international, b->international }, { a->emi_months, b->emi_months }, { a->native, b->native },
        { a->tries, b->tries }, { a->resends, b->resends }, { a->sent_ms, b->sent_ms },
        { a->authorise_only, b->authorise_only }, { a->captured_minor, b->captured_minor },
        { a->capture_action, b->capture_action }, { a->capture_ms, b->capture_ms }, { a->wanted, b->wanted },
        { a->wanted_minor, b->wanted_minor }, { a->request, b->request }, { a->ask_ms, b->ask_ms },
        { a->refunded_minor, b->refunded_minor },
    };

    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        assert_int_equal(span_absent(*one[i]), span_absent(*two[i]));
        assert_true(span_equal(*one[i], *two[i]));
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_int_equal(numbers[i][0], numbers[i][1]);
}

static enum fault insert_work(struct store_tx *tx, void *arg)
{
    return payments_insert(tx, arg);
}

static enum fault update_work(struct store_tx *tx, void *arg)
{
    return payments_update(tx, arg);
}

static enum fault insert(struct bed_env *e, const struct payment_row *p)
{
    struct payment_row row = *p;

    return store_write(e->store, insert_work, &row);
}

struct look {
    struct bed_env *e;
    struct payment_row row;
    int64_t merchant_id, no, max, seen[8];
    size_t n;
    struct payments_question question;
    struct payments_tally tally;
};

static enum fault find_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return payments_find(tx, &l->row, l->e->arena, l->merchant_id, l->no);
}

static enum fault see(void *arg, const struct payment_row *p)
{
    struct look *l = arg;

    l->seen[l->n++] = p->payment_no;
    return FAULT_NONE;
}

static enum fault of_order_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return payments_of_order(tx, l->merchant_id, ORDER, see, l);
}

static enum fault due_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return payments_due(tx, l->no, l->max, see, l);
}

static enum fault count_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return payments_count(tx, &l->tally, &l->question);
}

static enum fault next_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return payments_next_no(tx, &l->no, l->merchant_id);
}

static struct look find(struct bed_env *e, int64_t merchant_id, int64_t no, enum fault fault)
{
    struct look l = { .e = e, .merchant_id = merchant_id, .no = no };

    assert_int_equal(store_write(e->store, find_work, &l), fault);
    return l;
}

static void everything_that_was_inserted_comes_back(void **state)
{
    struct bed_env *e = *state;
    struct payment_row row = full(1), bare = { .merchant_id = MERCHANT, .payment_no = 2, .order_id = SPAN("order-2"),
                                               .currency = SPAN("INR") };
    struct look l;

    assert_int_equal(insert(e, &row), FAULT_NONE);
    assert_int_equal(insert(e, &bare), FAULT_NONE);
    l = find(e, MERCHANT, 1, FAULT_NONE);
    assert_same(&l.row, &row);
    l = find(e, MERCHANT, 2, FAULT_NONE);
    assert_same(&l.row, &bare);
    assert_int_equal(insert(e, &row), FAULT_EXISTS);
    (void)find(e, OTHER, 1, FAULT_NOT_FOUND);
    (void)find(e, MERCHANT, 3, FAULT_NOT_FOUND);
}

static void what_can_change_is_written_and_what_cannot_is_not(void **state)
{
    struct bed_env *e = *state;
    struct payment_row row = full(1), changed = full(1), stays;
    struct look l;

    assert_int_equal(insert(e, &row), FAULT_NONE);
    changed.state = PAYMENT_SUCCESS;
    changed.completed_ms = changed.limit_ms = changed.verdict = changed.token_no = changed.saves = changed.native = 21;
    changed.tries = changed.resends = changed.sent_ms = changed.captured_minor = changed.capture_action = 22;
    changed.capture_ms = changed.wanted = changed.wanted_minor = changed.request = changed.ask_ms = 23;
    changed.refunded_minor = 24;
    changed.acquirer_ref = changed.bank_ref = changed.auth_id = changed.handle = SPAN("new");
    changed.flight = (struct span){ 0 };
    stays = changed;
    changed.amount_minor = changed.order_no = changed.created_ms = changed.method = 99;
    changed.last4 = SPAN("9999");
    assert_int_equal(store_write(e->store, update_work, &changed), FAULT_NONE);
    l = find(e, MERCHANT, 1, FAULT_NONE);
    assert_same(&l.row, &stays);
    changed.payment_no = 2;
    assert_int_equal(store_write(e->store, update_work, &changed), FAULT_NOT_FOUND);
}

static void an_orders_attempts_come_newest_first_and_nobody_elses(void **state)
{
    struct bed_env *e = *state;
    struct look l = { .e = e, .merchant_id = MERCHANT };
    struct payment_row other = full(4), stranger = full(5);

    for (int64_t no = 1; no <= 3; no++) {
        struct payment_row row = full(no);

        assert_int_equal(insert(e, &row), FAULT_NONE);
    }
    other.order_no++;
    stranger.merchant_id = OTHER;
    assert_int_equal(insert(e, &other), FAULT_NONE);
    assert_int_equal(insert(e, &stranger), FAULT_NONE);
    assert_int_equal(store_write(e->store, of_order_work, &l), FAULT_NONE);
    assert_int_equal(l.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(l.seen[i], 3 - (int64_t)i);
}

static void what_is_due_comes_oldest_first_and_no_more_than_asked_for(void **state)
{
    static const int64_t asks[] = { 0, 300, 100, 200, 400 };
    struct bed_env *e = *state;
    struct look l = { .e = e, .no = 300, .max = 8 };

    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        struct payment_row row = full((int64_t)i + 1);

        row.ask_ms = asks[i];
        assert_int_equal(insert(e, &row), FAULT_NONE);
    }
    assert_int_equal(store_write(e->store, due_work, &l), FAULT_NONE);
    assert_int_equal(l.n, 3);
    assert_int_equal(l.seen[0], 3);
    assert_int_equal(l.seen[1], 4);
    assert_int_equal(l.seen[2], 2);
    l.n = 0;
    l.max = 2;
    assert_int_equal(store_write(e->store, due_work, &l), FAULT_NONE);
    assert_int_equal(l.n, 2);
}

static void a_tally_counts_attempts_those_that_wait_and_those_that_may_be_charged(void **state)
{
    static const struct { int64_t state, wanted, ask_ms; bool waits, charges; } cases[] = {
        { PAYMENT_BEGUN,    ACQUIRER_PAY,     9, true,  true },
        { PAYMENT_BEGUN,    ACQUIRER_PAY,     0, true,  true },
        { PAYMENT_FACTOR,   ACQUIRER_STATUS,  9, true,  false },
        { PAYMENT_FACTOR,   ACQUIRER_OTP,     9, true,  true },
        { PAYMENT_FACTOR,   ACQUIRER_OTP,     0, true,  false },
        { PAYMENT_FACTOR,   ACQUIRER_RESEND,  9, true,  false },
        { PAYMENT_APPROVAL, ACQUIRER_STATUS,  9, true,  false },
        { PAYMENT_FLAGGED,  ACQUIRER_STATUS,  9, true,  true },
        { PAYMENT_SUCCESS,  ACQUIRER_CAPTURE, 9, false, false },
        { PAYMENT_FAILED,   ACQUIRER_OTP,     9, false, false },
        { PAYMENT_CANCELLED, ACQUIRER_REVERSE, 9, false, false },
    };
    struct bed_env *e = *state;
    const size_t n = sizeof cases / sizeof cases[0];

    for (size_t i = 0; i < n; i++) {
        struct payment_row row = full((int64_t)i + 1);
        struct look l = { .e = e };

        row.order_no = 100 + (int64_t)i;
        row.state = cases[i].state;
        row.wanted = cases[i].wanted;
        row.ask_ms = cases[i].ask_ms;
        assert_int_equal(insert(e, &row), FAULT_NONE);
        l.question = (struct payments_question){ MERCHANT, row.order_no, 0, ACQUIRER_OTP };
        assert_int_equal(store_write(e->store, count_work, &l), FAULT_NONE);
        assert_int_equal(l.tally.attempts, 1);
        assert_int_equal(l.tally.waiting, cases[i].waits);
        assert_int_equal(l.tally.charging, cases[i].charges);
        l.question.but = row.payment_no;
        assert_int_equal(store_write(e->store, count_work, &l), FAULT_NONE);
        assert_int_equal(l.tally.charging, 0);
    }
}

static void an_order_without_attempts_has_a_tally_of_nothing(void **state)
{
    struct bed_env *e = *state;
    struct look l = { .e = e, .question = { MERCHANT, ORDER, 0, ACQUIRER_OTP }, .tally = { 1, 1, 1 } };

    assert_int_equal(store_write(e->store, count_work, &l), FAULT_NONE);
    assert_int_equal(l.tally.attempts + l.tally.waiting + l.tally.charging, 0);
}

static void numbers_count_from_one_for_each_merchant_also_after_a_restart(void **state)
{
    struct bed_env *e = *state;
    struct look l = { .e = e, .merchant_id = MERCHANT };
    struct payment_row row;

    for (int64_t want = 1; want <= 3; want++) {
        assert_int_equal(store_write(e->store, next_work, &l), FAULT_NONE);
        assert_int_equal(l.no, want);
        row = full(want);
        assert_int_equal(insert(e, &row), FAULT_NONE);
    }
    l.merchant_id = OTHER;
    assert_int_equal(store_write(e->store, next_work, &l), FAULT_NONE);
    assert_int_equal(l.no, 1);
    store_close(e->store);
    e->store = bed_open(&e->bed, NULL);
    l.merchant_id = MERCHANT;
    assert_int_equal(store_write(e->store, next_work, &l), FAULT_NONE);
    assert_int_equal(l.no, 4);
    row = full((INT64_C(1) << 37) - 1);
    assert_int_equal(insert(e, &row), FAULT_NONE);
    store_close(e->store);
    e->store = bed_open(&e->bed, NULL);
    assert_int_equal(store_write(e->store, next_work, &l), FAULT_INTERNAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(everything_that_was_inserted_comes_back),
        TEST(what_can_change_is_written_and_what_cannot_is_not),
        TEST(an_orders_attempts_come_newest_first_and_nobody_elses),
        TEST(what_is_due_comes_oldest_first_and_no_more_than_asked_for),
        TEST(a_tally_counts_attempts_those_that_wait_and_those_that_may_be_charged),
        TEST(an_order_without_attempts_has_a_tally_of_nothing),
        TEST(numbers_count_from_one_for_each_merchant_also_after_a_restart),
    };

    return cmocka_run_group_tests_name("payments_rows", tests, NULL, NULL);
}
