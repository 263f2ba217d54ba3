/* The life of an attempt to pay: every event in every state, against the table as its header prints it. */
#include "domain/payment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

/* One letter a state: B F A L (flagged) S X (failed) D V C; '-' refused. */
static const char letters[PAYMENT_STATES + 1] = "BFALSXDVC";
static const struct { enum payment_event event; const char *becomes; } table[] = {
    /*                          BFALSXDVC */
    { PAYMENT_ON_ASKS_FACTOR, "FF-------" },
    { PAYMENT_ON_WAITS,       "A-A------" },
    { PAYMENT_ON_CHARGED,     "SSSSSCC-C" },
    { PAYMENT_ON_HELD,        "LLLL-----" },
    { PAYMENT_ON_DECLINED,    "XXXX-X---" },
    { PAYMENT_ON_ABANDONED,   "DDD---D--" },
    { PAYMENT_ON_VOIDED,      "----V--V-" },
    { PAYMENT_ON_TOO_LATE,    "CCCC-CC-C" },
};

static void every_event_in_every_state_is_as_the_table_says(void **state)
{
    (void)state;
    assert_int_equal(sizeof table / sizeof table[0], PAYMENT_EVENTS);
    for (size_t e = 0; e < PAYMENT_EVENTS; e++)
        for (size_t s = 0; s < PAYMENT_STATES; s++) {
            enum payment_state now = (enum payment_state)s;
            char want = table[e].becomes[s];

            assert_int_equal(payment_happens(&now, table[e].event), want != '-');
            assert_int_equal(letters[now], want == '-' ? letters[s] : want);
        }
}

static void no_event_leads_from_an_end_back_to_waiting(void **state)
{
    (void)state;
    for (size_t e = 0; e < PAYMENT_EVENTS; e++)
        for (size_t s = 0; s < PAYMENT_STATES; s++) {
            enum payment_state now = (enum payment_state)s;

            if (payment_is_over(now) && payment_happens(&now, (enum payment_event)e))
                assert_true(payment_is_over(now));
        }
}

static void money_that_comes_to_an_end_without_it_goes_back(void **state)
{
    (void)state;
    for (size_t s = PAYMENT_FAILED; s <= PAYMENT_DROPPED; s++) {
        enum payment_state now = (enum payment_state)s;

        assert_true(payment_happens(&now, PAYMENT_ON_CHARGED));
        assert_int_equal(now, PAYMENT_CANCELLED);
    }
}

static void what_is_held_for_review_is_not_over(void **state)
{
    (void)state;
    assert_false(payment_is_over(PAYMENT_BEGUN));
    assert_false(payment_is_over(PAYMENT_FACTOR));
    assert_false(payment_is_over(PAYMENT_APPROVAL));
    assert_false(payment_is_over(PAYMENT_FLAGGED));
    assert_true(payment_is_over(PAYMENT_SUCCESS));
    assert_true(payment_is_over(PAYMENT_CANCELLED));
}

static void names_are_those_of_the_reference(void **state)
{
    static const char *const states[PAYMENT_STATES] = {
        "PENDING", "PENDING", "PENDING", "FLAGGED", "SUCCESS", "FAILED", "USER_DROPPED", "VOID", "CANCELLED",
    };
    static const char *const methods[PAYMENT_METHODS] = {
        "card", "upi", "netbanking", "app", "paylater", "cardless_emi", "emi", "banktransfer",
    };
    static const char *const channels[PAYMENT_CHANNELS] = { "link", "post", "collect", "qrcode" };

    (void)state;
    for (size_t i = 0; i < PAYMENT_STATES; i++)
        assert_string_equal(payment_state_name((enum payment_state)i), states[i]);
    for (size_t i = 0; i < PAYMENT_METHODS; i++)
        assert_string_equal(payment_method_name((enum payment_method)i), methods[i]);
    for (size_t i = 0; i < PAYMENT_CHANNELS; i++)
        assert_string_equal(payment_channel_name((enum payment_channel)i), channels[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_is_as_the_table_says),
        cmocka_unit_test(no_event_leads_from_an_end_back_to_waiting),
        cmocka_unit_test(money_that_comes_to_an_end_without_it_goes_back),
        cmocka_unit_test(what_is_held_for_review_is_not_over),
        cmocka_unit_test(names_are_those_of_the_reference),
    };

    return cmocka_run_group_tests_name("payment_rules", tests, NULL, NULL);
}
