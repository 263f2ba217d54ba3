/* test_refunds.c: giving money back: its rules, and what an acquirer's answers make of it. */
#include "refund_lead.h"

#include "service/webhooks.h"

#include "base/banned.h"

static void a_refund_is_pending_until_the_acquirer_has_paid_it_out(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job = create(b, "refund_1", 40000);
    struct rbed_read r = rbed_read(b, job->row.refund_no);

    assert_int_equal(job->row.status, REFUND_PENDING);
    assert_int_equal(r.row.status, REFUND_PENDING);
    assert_int_equal(r.payment.refunded_minor, 40000);
    assert_int_equal(r.n_news, 0);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND], 1);
    assert_int_equal(b->bank.last.amount.minor, 40000);
    assert_int_equal(b->bank.last.ref.payment_no, b->payment_no);
    assert_true(hear(b, job->row.refund_no, ACQUIRER_REFUND_DONE));
    r = rbed_read(b, job->row.refund_no);
    assert_int_equal(r.row.status, REFUND_SUCCESS);
    assert_int_equal(r.row.processed_ms, FIXTURE_NOW + 4000);
    assert_true(span_equal(r.row.arn, SPAN("74000000000000000000009")));
    assert_int_equal(r.row.ask_ms, 0);
    assert_int_equal(r.payment.refunded_minor, 40000);
}

static void what_became_of_it_is_told_once(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job = create(b, "refund_1", 40000);
    struct rbed_read r;

    assert_true(hear(b, job->row.refund_no, ACQUIRER_REFUND_DONE));
    assert_false(hear(b, job->row.refund_no, ACQUIRER_REFUND_DONE));
    assert_false(hear(b, job->row.refund_no, ACQUIRER_REFUND_FAILED));
    assert_false(hear(b, job->row.refund_no, ACQUIRER_REFUND_PENDING));
    r = rbed_read(b, job->row.refund_no);
    assert_int_equal(r.row.status, REFUND_SUCCESS);
    assert_int_equal(r.n_news, 1);
    assert_int_equal(r.news[0].event, WEBHOOK_REFUND);
    assert_int_equal(r.news[0].order_no, b->order_no);
    assert_int_equal(r.news[0].subject_no, job->row.refund_no);
    assert_int_equal(r.news[0].subject_state, REFUND_SUCCESS);
}

static void what_failed_or_was_cancelled_can_be_refunded_again(void **state)
{
    struct rbed *b = *state;
    struct refund_job *first = create(b, "refund_1", 100000), *second;

    refused(b, wish("refund_2", 1), FAULT_BAD_INPUT, REFUND_AMOUNT);
    assert_true(hear(b, first->row.refund_no, ACQUIRER_REFUND_FAILED));
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 0);
    second = create(b, "refund_2", 100000);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 100000);
    assert_int_equal(cancel(b, "refund_2")->row.status, REFUND_CANCELLED);
    assert_int_equal(rbed_read(b, second->row.refund_no).row.status, REFUND_CANCELLED);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 0);
    (void)create(b, "refund_3", 99999);
}

static void an_answer_that_comes_at_once_is_kept_at_once(void **state)
{
    static const struct { enum acquirer_verdict says; enum refund_status status; int64_t left; } cases[] = {
        { ACQUIRER_REFUND_DONE, REFUND_SUCCESS, 100 }, { ACQUIRER_REFUND_PENDING, REFUND_PENDING, 100 },
        { ACQUIRER_REFUND_ONHOLD, REFUND_ONHOLD, 100 }, { ACQUIRER_REFUND_FAILED, REFUND_FAILED, 0 },
        { ACQUIRER_BAD_AMOUNT, REFUND_FAILED, 0 }, { ACQUIRER_BAD_STATE, REFUND_FAILED, 0 },
        { ACQUIRER_NO_PAYMENT, REFUND_FAILED, 0 }, { ACQUIRER_GONE, REFUND_FAILED, 0 },
    };
    struct rbed *b = *state;
    int64_t counted = 0;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char id[16];
        struct refund_job *job;

        (void)snprintf(id, sizeof id, "refund_%zu", i);
        b->bank.says = cases[i].says;
        job = create(b, id, 100);
        assert_int_equal(job->row.status, cases[i].status);
        counted += cases[i].left;
        assert_int_equal(rbed_read(b, 0).payment.refunded_minor, counted);
    }
}

static void refunds_never_give_back_more_than_was_paid(void **state)
{
    struct rbed *b = *state;
    struct payment_row p;

    refused(b, wish("too_much", 100001), FAULT_BAD_INPUT, REFUND_AMOUNT);
    refused(b, wish("nothing", 0), FAULT_BAD_INPUT, REFUND_AMOUNT);
    refused(b, wish("less", -5), FAULT_BAD_INPUT, REFUND_AMOUNT);
    refused(b, (struct refund_wish){ .refund_id = SPAN("dollars"), .amount = { 100, "USD" } }, FAULT_BAD_INPUT,
            REFUND_AMOUNT);
    refused(b, wish("huge", INT64_MAX), FAULT_BAD_INPUT, REFUND_AMOUNT);
    (void)create(b, "half", 50000);
    refused(b, wish("over", 50001), FAULT_BAD_INPUT, REFUND_AMOUNT);
    (void)create(b, "rest", 50000);
    refused(b, wish("more", 1), FAULT_BAD_INPUT, REFUND_AMOUNT);
    p = rbed_read(b, 0).payment;
    assert_int_equal(p.refunded_minor, 100000);
    assert_int_equal(rbank_paid_out(&b->bank), 100000);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND], 2);
}

/* The same numbers in every run: a linear congruence. */
static unsigned chance(unsigned *seed, unsigned n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed / 65536u % n;
}

/* Whatever is asked for in whatever order, however it ends, and whoever is silent. */
static void no_sequence_of_refunds_exceeds_what_was_captured(void **state)
{
    static const enum acquirer_verdict answers[] = {
        ACQUIRER_REFUND_DONE, ACQUIRER_REFUND_PENDING, ACQUIRER_REFUND_FAILED, ACQUIRER_REFUND_ONHOLD,
        ACQUIRER_BAD_AMOUNT, ACQUIRER_UNREACHABLE,
    };
    struct rbed *b = *state;
    unsigned seed = 1;

    for (int i = 0; i < 90; i++) {
        struct refund_job *job;
        char id[16];
        struct payment_row p;
        int64_t left;

        arena_reset(b->f->arena);
        (void)snprintf(id, sizeof id, "refund_%d", chance(&seed, 60));
        b->bank.says = answers[chance(&seed, 6)];
        job = job_of(b, wish(id, 1 + chance(&seed, 30000)));
        if (chance(&seed, 5) == 0)
            job->wish.op = REFUND_CANCEL;
        left = 100000 - rbed_read(b, 0).payment.refunded_minor;
        if (!lead(b, job) && !job->existed && job->wish.op == REFUND_CREATE)
            assert_true(job->row.amount_minor <= left);
        p = rbed_read(b, 0).payment;
        assert_true(p.refunded_minor >= rbank_paid_out(&b->bank));
        assert_true(p.refunded_minor <= 100000);
        if (chance(&seed, 7) == 0) {
            rbed_pass(b, 2 * RBED_HOUR);
            (void)rbed_sweep(b);
        }
    }
    assert_true(b->bank.n > 5);
}

static enum fault two_begin(struct store_tx *tx, void *arg)
{
    struct work *w = arg;
    enum fault f = refund_begin(w[0].b->s, tx, w[0].job);

    if (!f)
        f = refund_begin(w[1].b->s, tx, w[1].job);
    return f;
}

static void two_refunds_that_are_both_begun_before_one_is_answered_share_what_is_left(void **state)
{
    struct rbed *b = *state;
    struct work w[2] = { { b, job_of(b, wish("one", 60000)) }, { b, job_of(b, wish("two", 60000)) } };

    assert_int_equal(store_write(b->s->store, two_begin, w), FAULT_BAD_INPUT);
    assert_int_equal(w[1].job->why, REFUND_AMOUNT);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 0);          /* one transaction: both are undone */
    assert_int_equal(begin(b, w[0].job), FAULT_NONE);
    assert_int_equal(begin(b, w[1].job), FAULT_BAD_INPUT);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 60000);
}

static void the_same_id_and_body_give_the_refund_that_is_there(void **state)
{
    struct rbed *b = *state;
    struct refund_job *first = create(b, "refund_1", 40000), *again = create(b, "refund_1", 40000);

    assert_false(first->existed);
    assert_true(again->existed);
    assert_int_equal(again->row.refund_no, first->row.refund_no);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND], 1);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 40000);
}

static void the_same_id_with_another_body_is_refused(void **state)
{
    struct rbed *b = *state;
    struct refund_wish base = wish("refund_1", 40000), other;

    base.note = SPAN("a note");
    assert_int_equal(lead(b, job_of(b, base)), FAULT_NONE);
    other = base;
    other.amount.minor = 40001;
    refused(b, other, FAULT_EXISTS, REFUND_TAKEN);
    other = base;
    other.note = (struct span){ 0 };
    refused(b, other, FAULT_EXISTS, REFUND_TAKEN);
    other = base;
    other.speed = REFUND_INSTANT;
    refused(b, other, FAULT_EXISTS, REFUND_TAKEN);
    other = base;
    other.splits = SPAN("[]");
    refused(b, other, FAULT_EXISTS, REFUND_TAKEN);
}

static void the_acquirer_is_told_of_haste(void **state)
{
    struct rbed *b = *state;
    struct refund_wish hasty = wish("refund_1", 100);

    hasty.speed = REFUND_INSTANT;
    assert_int_equal(lead(b, job_of(b, hasty)), FAULT_NONE);
    assert_true(b->bank.last.instant);
    assert_int_equal(lead(b, job_of(b, wish("refund_2", 100))), FAULT_NONE);
    assert_false(b->bank.last.instant);
}

static void a_refund_without_an_id_gets_one(void **state)
{
    struct rbed *b = *state;
    struct refund_job *one = job_of(b, wish(NULL, 100)), *two = job_of(b, wish(NULL, 100));

    assert_int_equal(lead(b, one), FAULT_NONE);
    assert_int_equal(lead(b, two), FAULT_NONE);
    assert_true(refund_id_is_valid(one->row.refund_id));
    assert_true(span_starts(one->row.refund_id, SPAN("refund_")));
    assert_false(span_equal(one->row.refund_id, two->row.refund_id));
}

static void only_what_was_captured_can_be_refunded(void **state)
{
    struct rbed *b = *state;
    struct order_row o = rbed_order_row(b, "unpaid", 5000);
    struct refund_wish w = wish("refund_1", 100);
    struct payment_row p;

    (void)rbed_insert(b, o, (struct payment_row){ 0 });
    w.order_id = SPAN("unpaid");
    refused(b, w, FAULT_WRONG_STATE, REFUND_NOT_PAID);
    o.order_id = SPAN("failed");
    p = rbed_payment_row(b, &o);
    p.state = PAYMENT_FAILED;
    (void)rbed_insert(b, o, p);
    w.order_id = SPAN("failed");
    refused(b, w, FAULT_WRONG_STATE, REFUND_NOT_PAID);
    w.order_id = SPAN("nowhere");
    refused(b, w, FAULT_NOT_FOUND, REFUND_NO_ORDER);
    w.order_id = SPAN(RBED_ORDER);
    b->s->acquirer = NULL;
    refused(b, w, FAULT_WRONG_STATE, REFUND_NO_ACQUIRER);
}

static void of_an_authorisation_only_what_was_captured_of_it_can_be_refunded(void **state)
{
    struct rbed *b = *state;
    struct order_row o = rbed_order_row(b, "held", 5000);
    struct refund_wish w = wish("refund_1", 3001);
    struct payment_row p = rbed_payment_row(b, &o);

    p.authorise_only = 1;
    p.captured_minor = 0;
    (void)rbed_insert(b, o, p);
    w.order_id = SPAN("held");
    refused(b, w, FAULT_WRONG_STATE, REFUND_NOT_PAID);
    o.order_id = p.order_id = SPAN("part");
    p.captured_minor = 3000;
    p.capture_action = 1;
    (void)rbed_insert(b, o, p);
    w.order_id = SPAN("part");
    refused(b, w, FAULT_BAD_INPUT, REFUND_AMOUNT);
    w.amount.minor = 3000;
    assert_int_equal(lead(b, job_of(b, w)), FAULT_NONE);
}

static void an_order_has_no_more_than_a_hundred_refunds(void **state)
{
    struct rbed *b = *state;
    char id[16];

    for (int i = 0; i < REFUNDS_MAX; i++) {
        arena_reset(b->f->arena);
        (void)snprintf(id, sizeof id, "refund_%d", i);
        (void)create(b, id, 1);
    }
    refused(b, wish("one_more", 1), FAULT_TOO_MANY, REFUND_TOO_MANY);
}

static void only_in_the_sandbox_does_a_note_name_the_outcome(void **state)
{
    static const struct { const char *note, *wish; } cases[] = {
        { "SUCCESS", "SUCCESS" }, { "FAILED", "FAILED" }, { "PENDING", "PENDING" }, { "ACTIVE", "ACTIVE" },
        { "success", "" }, { "SUCCESS ", "" }, { "thanks", "" },
    };
    struct rbed *b = *state;

    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        size_t c = i / 2;
        struct refund_wish w = wish(NULL, 10);

        w.note = span_of(cases[c].note);
        b->s->mode = i % 2 ? MODE_LIVE : MODE_SANDBOX;
        assert_int_equal(lead(b, job_of(b, w)), FAULT_NONE);
        assert_string_equal(b->bank.last.wish, i % 2 ? "" : cases[c].wish);
    }
    b->s->mode = MODE_SANDBOX;
}

struct reversal { struct rbed *b; struct payment_row p; };

static enum fault reversal_work(struct store_tx *tx, void *arg)
{
    struct reversal *r = arg;
    const struct acquirer_answer said = { .verdict = ACQUIRER_REVERSED, .at_ms = FIXTURE_NOW + 100 };

    return refunds_reversed(r->b->s, tx, r->b->f->arena, &r->p, &said, FIXTURE_NOW + 200);
}

static void a_charge_that_went_back_is_an_automatic_refund_told_once(void **state)
{
    struct rbed *b = *state;
    struct reversal r = { b, rbed_read(b, 0).payment };
    struct rbed_read now;

    assert_int_equal(store_write(b->s->store, reversal_work, &r), FAULT_NONE);
    assert_int_equal(store_write(b->s->store, reversal_work, &r), FAULT_NONE);
    now = rbed_read(b, 1);
    assert_int_equal(now.row.type, REFUND_AUTOMATIC);
    assert_int_equal(now.row.status, REFUND_SUCCESS);
    assert_int_equal(now.row.amount_minor, 100000);
    assert_true(span_absent(now.row.refund_id));
    assert_int_equal(now.n_news, 1);
    assert_int_equal(now.news[0].event, WEBHOOK_AUTO_REFUND);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rbed_setup, rbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_refund_is_pending_until_the_acquirer_has_paid_it_out),
        T(what_became_of_it_is_told_once),
        T(what_failed_or_was_cancelled_can_be_refunded_again),
        T(an_answer_that_comes_at_once_is_kept_at_once),
        T(refunds_never_give_back_more_than_was_paid),
        T(no_sequence_of_refunds_exceeds_what_was_captured),
        T(two_refunds_that_are_both_begun_before_one_is_answered_share_what_is_left),
        T(the_same_id_and_body_give_the_refund_that_is_there),
        T(the_same_id_with_another_body_is_refused),
        T(the_acquirer_is_told_of_haste),
        T(a_refund_without_an_id_gets_one),
        T(only_what_was_captured_can_be_refunded),
        T(of_an_authorisation_only_what_was_captured_of_it_can_be_refunded),
        T(an_order_has_no_more_than_a_hundred_refunds),
        T(only_in_the_sandbox_does_a_note_name_the_outcome),
        T(a_charge_that_went_back_is_an_automatic_refund_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
