/* test_webhooks_faults.c: what a sandbox does to deliveries on request. */
#include "webhook_plain.h"

#include "store/outbox.h"

#include "base/banned.h"

enum { QUIET_LOOKS = 30 };            /* naps after which what was to be sent at once would have been */

static void assert_calls(struct wbed *b, size_t n)
{
    for (int i = 0; i < WBED_WAIT_MS && wbed_n_calls(b) < n; i++)
        wbed_pause();
    for (int i = 0; i < QUIET_LOOKS; i++) {
        webhooks_ring(b->webhooks);
        wbed_pause();
    }
    assert_int_equal(wbed_n_calls(b), n);
}

static enum webhook_manner shown(struct wbed *b, int64_t n, size_t held)
{
    int64_t is_n;
    size_t is_held;
    enum webhook_manner m = webhooks_behaviour(b->webhooks, &is_n, &is_held);

    assert_int_equal(is_n, n);
    assert_int_equal(is_held, held);
    return m;
}

static void wait_held(struct wbed *b, size_t n)
{
    size_t held = 0;
    int64_t of;

    for (int i = 0; i < WBED_WAIT_MS && held != n; i++) {
        wbed_pause();
        (void)webhooks_behaviour(b->webhooks, &of, &held);
    }
    assert_int_equal(held, n);
}

static void a_sender_behaves_well_unless_it_is_told_otherwise(void **state)
{
    assert_int_equal(shown(*state, 0, 0), WEBHOOK_WELL);
    for (unsigned m = 0; m < WEBHOOK_MANNERS; m++)
        for (unsigned other = 0; other < m; other++)
            assert_string_not_equal(webhook_manner_name((enum webhook_manner)m),
                                    webhook_manner_name((enum webhook_manner)other));
    assert_string_equal(webhook_manner_name(WEBHOOK_OUT_OF_ORDER), "out-of-order");
    assert_string_equal(webhook_manner_name(WEBHOOK_MANNERS), "?");
}

static void what_is_late_is_sent_once_and_later(void **state)
{
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    webhooks_behave(b->webhooks, WEBHOOK_LATE, WEBHOOK_LATE_MAX_MS);
    wbed_tell(b, news(b, 7, 1));
    wbed_tell(b, news(b, 7, 2));
    wait_held(b, 1);
    assert_calls(b, 0);
    assert_int_equal(shown(b, WEBHOOK_LATE_MAX_MS, 1), WEBHOOK_LATE);    /* the second waits for the first */
    assert_int_equal(wbed_row(b, merchant(b), 1).state, DELIVERY_DUE);
    assert_int_equal(wbed_row(b, merchant(b), 1).attempts, 0);
    webhooks_behave(b->webhooks, WEBHOOK_LATE, 1);
    assert_calls(b, 0);               /* what is held already keeps its time */
    webhooks_behave(b->webhooks, WEBHOOK_WELL, 0);
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    wbed_wait(b, merchant(b), 1, DELIVERY_DONE, 1);
    webhooks_behave(b->webhooks, WEBHOOK_LATE, 1);
    wbed_tell(b, news(b, 7, 3));
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    assert_calls(b, 3);
    assert_string_equal(b->calls[0].body, "order 7 state 1");
    assert_string_equal(b->calls[2].body, "order 7 state 3");
}

static void what_is_late_when_the_server_stops_is_sent_after_the_next_start(void **state)
{
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    webhooks_behave(b->webhooks, WEBHOOK_LATE, WEBHOOK_LATE_MAX_MS);
    wbed_tell(b, news(b, 7, 1));
    wait_held(b, 1);
    webhooks_free(b->webhooks);
    assert_int_equal(wbed_n_calls(b), 0);
    wbed_start(b, writers);
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    assert_calls(b, 1);
}

static void what_is_sent_twice_is_the_same_request_and_one_try(void **state)
{
    struct wbed *b = *state;
    char one[256], two[256];

    endpoint_at(b, merchant(b), URL);
    webhooks_behave(b->webhooks, WEBHOOK_TWICE, 0);
    wbed_tell(b, news(b, 7, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    assert_calls(b, 2);
    assert_string_equal(b->calls[0].url, b->calls[1].url);
    assert_string_equal(b->calls[0].body, b->calls[1].body);
    assert_string_equal(b->calls[0].headers, b->calls[1].headers);
    wbed_header(b, 0, "x-signature", one);
    wbed_header(b, 1, "x-signature", two);
    assert_string_equal(one, two);
    assert_int_equal(shown(b, 0, 0), WEBHOOK_TWICE);
    wbed_answers(b, COURIER_ANSWERED, 500);
    wbed_tell(b, news(b, 8, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1);
    assert_calls(b, 4);
}

static void deliveries_of_an_order_change_places_in_pairs(void **state)
{
    static const char *const expected[] = {
        "order 7 state 2", "order 7 state 1", "order 7 state 4", "order 7 state 3",
    };
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    webhooks_behave(b->webhooks, WEBHOOK_OUT_OF_ORDER, 0);
    for (int i = 1; i <= 4; i++) {
        wbed_tell(b, news(b, 7, i));
        wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);       /* what is held counts as arrived */
        assert_calls(b, (size_t)(i / 2 * 2));
        assert_int_equal(shown(b, 0, (size_t)(i % 2)), WEBHOOK_OUT_OF_ORDER);
    }
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(b->calls[i].body, expected[i]);
}

static void another_orders_deliveries_let_nothing_go(void **state)
{
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    webhooks_behave(b->webhooks, WEBHOOK_OUT_OF_ORDER, 0);
    wbed_tell(b, news(b, 7, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    wbed_tell(b, news(b, 8, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    wbed_tell(b, news(b, 0, 1));      /* of no order: nothing follows it */
    assert_calls(b, 1);
    assert_int_equal(shown(b, 0, 2), WEBHOOK_OUT_OF_ORDER);
    webhooks_behave(b->webhooks, WEBHOOK_WELL, 0);
    assert_calls(b, 3);
    assert_int_equal(shown(b, 0, 0), WEBHOOK_WELL);
}

static void what_was_held_by_a_stopped_server_is_gone(void **state)
{
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    webhooks_behave(b->webhooks, WEBHOOK_OUT_OF_ORDER, 0);
    wbed_tell(b, news(b, 7, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    webhooks_free(b->webhooks);
    wbed_start(b, writers);
    assert_int_equal(shown(b, 0, 0), WEBHOOK_WELL);
    assert_calls(b, 0);
}

static void so_many_are_lost_as_were_to_be(void **state)
{
    struct wbed *b = *state;
    struct outbox_row row;

    endpoint_at(b, merchant(b), URL);
    webhooks_behave(b->webhooks, WEBHOOK_LOST, 2);
    assert_int_equal(shown(b, 2, 0), WEBHOOK_LOST);
    for (int i = 1; i <= 3; i++) {
        wbed_tell(b, news(b, 7, i));
        row = wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
        assert_int_equal(row.status, 200);
        assert_int_equal(row.outcome, COURIER_ANSWERED);
    }
    assert_calls(b, 1);
    assert_string_equal(b->calls[0].body, "order 7 state 3");
    assert_int_equal(shown(b, 0, 0), WEBHOOK_WELL);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_sender_behaves_well_unless_it_is_told_otherwise),
        T(what_is_late_is_sent_once_and_later),
        T(what_is_late_when_the_server_stops_is_sent_after_the_next_start),
        T(what_is_sent_twice_is_the_same_request_and_one_try),
        T(deliveries_of_an_order_change_places_in_pairs),
        T(another_orders_deliveries_let_nothing_go),
        T(what_was_held_by_a_stopped_server_is_gone),
        T(so_many_are_lost_as_were_to_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
