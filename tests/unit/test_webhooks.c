/* test_webhooks.c: what is told arrives: in order, signed, again and again, and whatever others do. */
#include "webhook_plain.h"

#include "store/outbox.h"
#include "webhook/look.h"
#include "service/schedule.h"

#include "base/banned.h"

#define SLOW "https://slow.example/hook"

enum { MINUTE = 60000 };

static void what_is_told_arrives_signed_with_the_merchants_secret(void **state)
{
    struct wbed *b = *state;
    char said[256], expected[64];
    struct outbox_row row;

    endpoint_at(b, merchant(b), URL);
    wbed_tell(b, news(b, 7, 4));
    row = wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    assert_int_equal(row.status, 200);
    assert_int_equal(row.outcome, COURIER_ANSWERED);
    assert_int_equal(row.ended_ms, FIXTURE_NOW);
    assert_int_equal(wbed_n_calls(b), 1);
    assert_string_equal(b->calls[0].url, URL);
    assert_string_equal(b->calls[0].body, "order 7 state 4");
    wbed_header(b, 0, "x-signature", said);
    wbed_hmac(expected, b->f->merchant.client_secret, "order 7 state 4", "");
    assert_string_equal(said, expected);
    wbed_header(b, 0, "Content-Type", said);
    assert_string_equal(said, "text/plain");
}

static void nobody_is_told_who_did_not_ask(void **state)
{
    struct wbed *b = *state;
    struct webhook_news n = news(b, 7, 4);
    struct wbed_nth none = { .arena = b->f->arena, .merchant_id = merchant(b) };

    wbed_endpoint(b, (struct endpoint_row){ .merchant_id = merchant(b), .kind = ENDPOINT_CASHFREE, .url = SPAN(URL),
                                            .events = 1 << WEBHOOK_REFUND });
    wbed_tell(b, n);
    assert_int_equal(store_read(b->f->reader, wbed_nth_work, &none), FAULT_NONE);
    assert_false(none.found);
}

static void an_orders_own_url_is_told_too(void **state)
{
    struct wbed *b = *state;
    struct webhook_news n = news(b, 7, 4);

    n.notify_url = SPAN("https://shop.example/own");
    endpoint_at(b, merchant(b), URL);
    wbed_tell(b, n);
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    wbed_wait(b, merchant(b), 1, DELIVERY_DONE, 1);
    assert_int_equal(wbed_n_calls(b), 2);
    assert_int_equal(wbed_row(b, merchant(b), 0).endpoint_no, 0);
    assert_true(span_equal(wbed_row(b, merchant(b), 0).url, n.notify_url));
}

static void only_200_is_success(void **state)
{
    static const unsigned others[] = { 201, 204, 302, 404, 500 };
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct outbox_row row;

        wbed_answers(b, COURIER_ANSWERED, others[i]);
        wbed_tell(b, news(b, 100 + (int64_t)i, 4));
        row = wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1);
        assert_int_equal(row.status, others[i]);
    }
}

static void a_failed_one_is_tried_after_two_ten_and_thirty_minutes_and_given_up(void **state)
{
    static const int64_t pauses[] = { 2 * MINUTE, 10 * MINUTE, 30 * MINUTE };
    struct wbed *b = *state;
    int64_t now = FIXTURE_NOW;

    endpoint_at(b, merchant(b), URL);
    wbed_answers(b, COURIER_TIMEOUT, 0);
    wbed_tell(b, news(b, 7, 4));
    for (int i = 0; i < 3; i++) {
        struct outbox_row row = wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1 + i);

        assert_int_equal(row.due_ms, now + pauses[i]);
        assert_int_equal(row.outcome, COURIER_TIMEOUT);
        fixture_set_clock(b->f, row.due_ms - 1);
        webhooks_ring(b->webhooks);
        for (int j = 0; j < 20; j++)
            wbed_pause();
        assert_int_equal(wbed_n_calls(b), 1 + i);
        now = row.due_ms;
        fixture_set_clock(b->f, now);
    }
    assert_int_equal(wbed_wait(b, merchant(b), 0, DELIVERY_GIVEN_UP, 4).due_ms, 0);
    assert_int_equal(wbed_n_calls(b), 4);
}

static void deliveries_of_one_order_wait_for_one_another(void **state)
{
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    wbed_answers(b, COURIER_ANSWERED, 500);
    wbed_tell(b, news(b, 7, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1);
    wbed_answers(b, COURIER_ANSWERED, 200);
    wbed_tell(b, news(b, 7, 2));
    assert_int_equal(wbed_row(b, merchant(b), 0).state, DELIVERY_WAITS);
    wbed_tell(b, news(b, 8, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);              /* another order's waits for nobody */
    assert_int_equal(wbed_row(b, merchant(b), 1).state, DELIVERY_WAITS);
    fixture_set_clock(b->f, FIXTURE_NOW + 2 * MINUTE);
    wbed_wait(b, merchant(b), 1, DELIVERY_DONE, 1);
    assert_int_equal(wbed_row(b, merchant(b), 2).state, DELIVERY_DONE);
    assert_string_equal(b->calls[2].body, "order 7 state 1");
    assert_string_equal(b->calls[3].body, "order 7 state 2");
}

static void what_waits_goes_when_the_one_before_it_is_given_up(void **state)
{
    struct wbed *b = *state;

    wbed_endpoint(b, (struct endpoint_row){ .merchant_id = merchant(b), .url = SPAN(URL), .events = ALL_EVENTS,
                                            .policy = ENDPOINT_FIXED, .tries = 1, .interval_ms = 1000 });
    wbed_answers(b, COURIER_ANSWERED, 500);
    wbed_tell(b, news(b, 7, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1);
    wbed_tell(b, news(b, 7, 2));
    fixture_set_clock(b->f, FIXTURE_NOW + 1000);
    wbed_wait(b, merchant(b), 1, DELIVERY_GIVEN_UP, 2);
    wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1);
}

static void what_a_dying_courier_had_is_sent_again_after_the_next_start(void **state)
{
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    b->hangs = URL;
    wbed_tell(b, news(b, 7, 4));
    for (int i = 0; i < WBED_WAIT_MS && wbed_n_calls(b) == 0; i++)
        wbed_pause();
    webhooks_stop(b->webhooks);
    wbed_let_go(b, COURIER_LOST);
    webhooks_free(b->webhooks);
    assert_int_equal(wbed_row(b, merchant(b), 0).state, DELIVERY_DUE);
    assert_int_equal(wbed_row(b, merchant(b), 0).attempts, 0);
    wbed_start(b, writers);
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    assert_int_equal(wbed_n_calls(b), 2);
    assert_string_equal(b->calls[0].body, b->calls[1].body);
}

static enum fault tell_many(struct store_tx *tx, void *arg)
{
    const struct wbed_write *w = arg;
    enum fault f = FAULT_NONE;

    for (int64_t i = 0; i < w->row.order_no && !f; i++) {
        struct webhook_news n = w->news;

        n.order_no += i;
        f = webhook_tell(tx, &n);
    }
    return f;
}

static void an_endpoint_that_hangs_delays_nobody_else(void **state)
{
    struct wbed *b = *state;
    struct wbed_write many = { .news = news(b, 1000, 4), .row = { .order_no = LOOK_SCAN_MAX + 100 } };
    struct merchant_credentials other;
    struct webhook_news n;

    assert_int_equal(merchant_add(b->s, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    endpoint_at(b, merchant(b), SLOW);
    endpoint_at(b, other.merchant_id, URL);
    b->hangs = SLOW;
    assert_int_equal(store_write(b->s->store, tell_many, &many), FAULT_NONE);
    fixture_set_clock(b->f, FIXTURE_NOW + 5);
    n = news(b, 7, 4);
    n.merchant_id = other.merchant_id;
    wbed_tell(b, n);
    wbed_wait(b, other.merchant_id, 0, DELIVERY_DONE, 1);
    assert_int_equal(b->n_held, WEBHOOK_PER_ENDPOINT_MAX);
}

static enum fault remove_work(struct store_tx *tx, void *arg)
{
    const struct outbox_row *d = arg;

    return endpoints_disable(tx, d->merchant_id, d->endpoint_no);
}

static void what_is_queued_for_a_removed_endpoint_is_given_up_unsent(void **state)
{
    struct wbed *b = *state;
    struct outbox_row first;

    endpoint_at(b, merchant(b), URL);
    wbed_answers(b, COURIER_ANSWERED, 500);
    wbed_tell(b, news(b, 7, 1));
    first = wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1);
    wbed_tell(b, news(b, 7, 2));
    assert_int_equal(store_write(b->s->store, remove_work, &first), FAULT_NONE);
    fixture_set_clock(b->f, FIXTURE_NOW + 2 * MINUTE);
    wbed_wait(b, merchant(b), 1, DELIVERY_GIVEN_UP, 1);
    wbed_wait(b, merchant(b), 0, DELIVERY_GIVEN_UP, 0);
    assert_int_equal(wbed_n_calls(b), 1);
}

/* The fixture changes the keyholder's client only while nobody asks. */
static void without_sender(struct wbed *b, void (*change)(struct fixture *f))
{
    webhooks_free(b->webhooks);
    change(b->f);
    wbed_start(b, writers);
}

static void a_silent_keyholder_uses_up_no_try(void **state)
{
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    without_sender(b, fixture_keyholder_stop);
    wbed_tell(b, news(b, 7, 1));
    for (int i = 0; i < 80; i++)
        wbed_pause();
    assert_int_equal(wbed_row(b, merchant(b), 0).state, DELIVERY_DUE);
    assert_int_equal(wbed_row(b, merchant(b), 0).attempts, 0);
    assert_int_equal(wbed_n_calls(b), 0);
    without_sender(b, fixture_keyholder_start);
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
}

static void a_busy_courier_uses_up_no_try(void **state)
{
    struct wbed *b = *state;
    struct outbox_row row;

    endpoint_at(b, merchant(b), URL);
    wbed_answers(b, COURIER_BUSY, 0);
    wbed_tell(b, news(b, 7, 1));
    do {
        wbed_pause();
        row = wbed_row(b, merchant(b), 0);
    } while (row.due_ms == FIXTURE_NOW);
    assert_int_equal(row.due_ms, FIXTURE_NOW + 1000);
    assert_int_equal(row.attempts, 0);
    wbed_answers(b, COURIER_ANSWERED, 200);
    fixture_set_clock(b->f, FIXTURE_NOW + 1000);
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
}

static enum fault resend_work(struct store_tx *tx, void *arg)
{
    const struct outbox_row *d = arg;

    return outbox_resend(tx, d->merchant_id, d->delivery_no, d->at_ms + MINUTE);
}

static void what_was_done_is_sent_again_for_who_asks_and_counts_on(void **state)
{
    struct wbed *b = *state;
    struct outbox_row row;

    endpoint_at(b, merchant(b), URL);
    wbed_tell(b, news(b, 7, 1));
    row = wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    fixture_set_clock(b->f, FIXTURE_NOW + MINUTE);
    assert_int_equal(store_write(b->s->store, resend_work, &row), FAULT_NONE);
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 2);
    assert_int_equal(wbed_n_calls(b), 2);
}

static int64_t after(struct endpoint_row e, int64_t made)
{
    int64_t ms;

    return schedule_next(&e, made, &ms) ? ms : -1;
}

static void each_policy_has_its_own_pauses(void **state)
{
    const struct endpoint_row fixed = { .policy = ENDPOINT_FIXED, .tries = 2, .interval_ms = 5000 };
    const struct endpoint_row doubles = { .policy = ENDPOINT_EXPONENTIAL, .tries = 10, .interval_ms = 3600 * 1000 };
    const struct endpoint_row custom = { .policy = ENDPOINT_CUSTOM, .intervals = SPAN("60,300,3600") };

    (void)state;
    assert_int_equal(after(fixed, 1), 5000);
    assert_int_equal(after(fixed, 2), 5000);
    assert_int_equal(after(fixed, 3), -1);
    assert_int_equal(after(doubles, 1), 3600 * 1000);
    assert_int_equal(after(doubles, 3), 4 * 3600 * 1000);
    assert_int_equal(after(doubles, 10), SCHEDULE_INTERVAL_MAX_MS);
    assert_int_equal(after(doubles, 11), -1);
    assert_int_equal(after(custom, 1), 60 * 1000);
    assert_int_equal(after(custom, 3), 3600 * 1000);
    assert_int_equal(after(custom, 4), -1);
}

static void custom_intervals_are_a_list_of_seconds(void **state)
{
    static const char *const bad[] = { "", ",", "60,", "0", "1,2,x", "86401", "1,1,1,1,1,1,1,1,1,1,1", "-5", "1 ,2" };

    (void)state;
    assert_true(schedule_is_custom(SPAN("60")));
    assert_true(schedule_is_custom(SPAN("1,2,3,4,5,6,7,8,9,86400")));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(schedule_is_custom(span_of(bad[i])));
}

#define OVER_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_BED(what_is_told_arrives_signed_with_the_merchants_secret),
        OVER_BED(nobody_is_told_who_did_not_ask),
        OVER_BED(an_orders_own_url_is_told_too),
        OVER_BED(only_200_is_success),
        OVER_BED(a_failed_one_is_tried_after_two_ten_and_thirty_minutes_and_given_up),
        OVER_BED(deliveries_of_one_order_wait_for_one_another),
        OVER_BED(what_waits_goes_when_the_one_before_it_is_given_up),
        OVER_BED(what_a_dying_courier_had_is_sent_again_after_the_next_start),
        OVER_BED(an_endpoint_that_hangs_delays_nobody_else),
        OVER_BED(what_is_queued_for_a_removed_endpoint_is_given_up_unsent),
        OVER_BED(a_silent_keyholder_uses_up_no_try),
        OVER_BED(a_busy_courier_uses_up_no_try),
        OVER_BED(what_was_done_is_sent_again_for_who_asks_and_counts_on),
        cmocka_unit_test(each_policy_has_its_own_pauses),
        cmocka_unit_test(custom_intervals_are_a_list_of_seconds),
    };

    return cmocka_run_group_tests_name("webhooks", tests, NULL, NULL);
}
