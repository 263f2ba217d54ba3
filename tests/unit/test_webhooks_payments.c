/* test_webhooks_payments.c: how Cashfree's webhooks tell each way to pay (reference 4.2), and what they leave out. */
#include "letter_bed.h"

#include "acquirer/acquirer.h"
#include "dialect/cashfree/instrument.h"

#include "base/banned.h"

/* Of a payment that differs from the desk's as `change` makes it: the body of its letter. */
static const char *told_of(struct letter_desk *d, struct payment_row p)
{
    return letter_told(d, WEBHOOK_PAYMENT_SUCCESS, letter_pay(d, p), PAYMENT_SUCCESS);
}

static struct payment_row by(const struct letter_desk *d, enum payment_method m, const char *handle)
{
    struct payment_row p = letter_payment(d->order.merchant_id);

    p.method = m;
    p.handle = span_of(handle);
    p.scheme = p.type = p.sub = 0;
    p.last4 = p.issuer = p.country = (struct span){ 0 };
    return p;
}

static void each_way_to_pay_has_its_own_member(void **state)
{
    static const struct { enum payment_method method; const char *handle, *told; } rows[] = {
        { PAYMENT_BY_UPI, "a@upi", "{\"upi\":{\"channel\":\"link\",\"upi_id\":\"a@upi\"}},\"payment_group\":\"upi\"" },
        { PAYMENT_BY_NETBANKING, "3333", "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_code\":\"3333\","
          "\"netbanking_bank_name\":\"Test Bank\"}},\"payment_group\":\"net_banking\"" },
        { PAYMENT_BY_NETBANKING, "9876", "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_code\":\"9876\","
          "\"netbanking_bank_name\":null}}" },
        { PAYMENT_BY_NETBANKING, "NOBNK", "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_code\":null,"
          "\"netbanking_bank_name\":\"NOBNK\"}}" },
        { PAYMENT_BY_APP, "gpay", "{\"app\":{\"channel\":\"link\",\"provider\":\"gpay\",\"phone\":null}},"
          "\"payment_group\":\"wallet\"" },
        { PAYMENT_BY_PAYLATER, "lazypay", "{\"pay_later\":{\"channel\":\"link\",\"provider\":\"lazypay\","
          "\"phone\":null}},\"payment_group\":\"pay_later\"" },
        { PAYMENT_BY_CARDLESS_EMI, "zestmoney", "{\"cardless_emi\":{\"channel\":\"link\",\"provider\":\"zestmoney\"," },
        { PAYMENT_BY_BANKTRANSFER, NULL, "{\"bank_transfer\":{\"channel\":\"link\"}},"
          "\"payment_group\":\"bank_transfer\"" },
    };
    struct letter_desk *d = *state;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_tells(told_of(d, by(d, rows[i].method, rows[i].handle)), rows[i].told);
}

static void the_old_groups_are_the_names_of_the_methods(void **state)
{
    struct letter_desk *d = *state;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2022-09-01");
    assert_tells(told_of(d, by(d, PAYMENT_BY_NETBANKING, "3333")), "\"payment_group\":\"netbanking\"");
    assert_tells(told_of(d, by(d, PAYMENT_BY_APP, "gpay")), "\"payment_group\":\"app\"");
    assert_tells(told_of(d, by(d, PAYMENT_BY_PAYLATER, "lazypay")), "\"payment_group\":\"paylater\"");
}

/* 100.00 in 3 months: each pays the next paisa up. */
static void instalments_are_a_cards_with_what_a_month_costs(void **state)
{
    struct letter_desk *d = *state;
    struct payment_row p = letter_payment(d->order.merchant_id);

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    p.method = PAYMENT_BY_EMI;
    p.amount_minor = 10000;
    p.emi_months = 3;
    assert_tells(told_of(d, p), "\"instrument_id\":null,\"emi_details\":{\"emi_amount\":33.34,\"emi_tenure\":3,"
                                "\"emi_interest\":0.00}}},\"payment_group\":\"credit_card_emi\"");
    p.type = BIN_DEBIT;
    assert_tells(told_of(d, p), "\"payment_group\":\"debit_card_emi\"");
}

static void the_groups_of_cards_are_their_types(void **state)
{
    struct letter_desk *d = *state;
    struct payment_row p = letter_payment(d->order.merchant_id);

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    p.type = BIN_DEBIT;
    assert_tells(told_of(d, p), "\"payment_group\":\"debit_card\"");
    p.type = BIN_PREPAID;
    assert_tells(told_of(d, p), "\"payment_group\":\"prepaid_card\"");
    assert_tells(told_of(d, p), "\"card_type\":\"prepaid_card\"");
}

static void a_card_of_which_nothing_is_known_says_so(void **state)
{
    struct letter_desk *d = *state;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    assert_tells(told_of(d, by(d, PAYMENT_BY_CARD, NULL)),
                 "{\"card\":{\"channel\":\"link\",\"card_number\":null,\"card_network\":null,\"card_type\":null,"
                 "\"card_sub_type\":null,\"card_country\":null,\"card_bank_name\":null,");
}

/* A row of another program: what is out of range is left out. */
static void what_is_not_known_of_a_row_is_left_out(void **state)
{
    static const int64_t odd[] = { -1, 99 };
    struct letter_desk *d = *state;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct payment_row p = letter_payment(d->order.merchant_id);

        p.scheme = p.type = p.sub = p.channel = p.method = p.verdict = odd[i];
        assert_tells(letter_told(d, WEBHOOK_PAYMENT_FAILED, letter_pay(d, p), PAYMENT_FAILED),
                     "{\"card\":{\"channel\":null,\"card_number\":\"XXXXXXXXXXXX1111\",\"card_network\":null,");
    }
}

static void a_payment_with_a_saved_card_names_the_instrument(void **state)
{
    struct letter_desk *d = *state;
    struct payment_row p = letter_payment(d->order.merchant_id);
    char id[INSTRUMENT_ID], part[128];
    const char *body;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2025-01-01");
    p.token_no = d->token.token_no;
    instrument_id(id, d->b->s, &d->token);
    (void)snprintf(part, sizeof part, "\"instrument_id\":\"%s\",\"par\":\"V0010013000000000000000000000A\"", id);
    body = told_of(d, p);
    assert_tells(body, part);
}

/* The row of a card that was purged since: the payment is told all the same. */
static void a_token_that_is_gone_takes_nothing_with_it_but_its_reference(void **state)
{
    struct letter_desk *d = *state;
    struct payment_row p = letter_payment(d->order.merchant_id);

    letter_endpoint(d, ENDPOINT_CASHFREE, "2025-01-01");
    p.token_no = d->token.token_no + 1;
    assert_tells(told_of(d, p), "\"instrument_id\":null,\"par\":null");
}

/* The words of the refusal are the bank's last; one that is no refusal is told as a decline. */
static void a_failure_has_the_banks_words_or_those_of_a_decline(void **state)
{
    struct letter_desk *d = *state;
    struct payment_row p = letter_payment(d->order.merchant_id);
    char part[256];

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    p.state = PAYMENT_FAILED;
    p.verdict = ACQUIRER_NO_FUNDS;
    (void)snprintf(part, sizeof part, "\"error_details\":{\"error_code\":\"%s\"",
                   acquirer_says(ACQUIRER_NO_FUNDS)->code);
    assert_tells(letter_told(d, WEBHOOK_PAYMENT_FAILED, letter_pay(d, p), PAYMENT_FAILED), part);
    p.verdict = ACQUIRER_CHARGED;
    (void)snprintf(part, sizeof part, "\"error_details\":{\"error_code\":\"%s\"",
                   acquirer_says(ACQUIRER_DECLINED)->code);
    assert_tells(letter_told(d, WEBHOOK_PAYMENT_FAILED, letter_pay(d, p), PAYMENT_FAILED), part);
}

static void a_refund_of_2025_tells_that_no_currency_was_changed(void **state)
{
    struct letter_desk *d = *state;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2025-01-01");
    assert_tells(letter_told(d, WEBHOOK_REFUND, d->refund.refund_no, REFUND_SUCCESS),
                 "\"charges_currency\":\"INR\",\"forex_conversion_handling_charge\":0.00,"
                 "\"forex_conversion_handling_tax\":0.00,\"forex_conversion_rate\":1}}");
}

static void a_refund_that_is_under_way_has_no_speed_yet(void **state)
{
    struct letter_desk *d = *state;
    const char *body;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    body = letter_told(d, WEBHOOK_REFUND, d->refund.refund_no, REFUND_PENDING);
    assert_tells(body, "\"refund_status\":\"PENDING\"");
    assert_tells(body, "\"processed_at\":null");
    assert_tells(body, "\"refund_mode\":null,\"requested_speed\":\"STANDARD\",\"processed_speed\":null");
}

/* 2021-09-21 is a version of webhooks alone, and has the shape of the first of 2022. */
static void a_version_that_only_webhooks_have_is_told_as_the_next(void **state)
{
    struct letter_desk *d = *state;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2021-09-21");
    assert_tells(letter_told(d, WEBHOOK_PAYMENT_SUCCESS, d->payment.payment_no, PAYMENT_SUCCESS),
                 "\"payment_group\":\"card\"");
}

#define OVER_DESK(test) cmocka_unit_test_setup_teardown(test, letter_setup, letter_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_DESK(each_way_to_pay_has_its_own_member),
        OVER_DESK(the_old_groups_are_the_names_of_the_methods),
        OVER_DESK(instalments_are_a_cards_with_what_a_month_costs),
        OVER_DESK(the_groups_of_cards_are_their_types),
        OVER_DESK(a_card_of_which_nothing_is_known_says_so),
        OVER_DESK(what_is_not_known_of_a_row_is_left_out),
        OVER_DESK(a_payment_with_a_saved_card_names_the_instrument),
        OVER_DESK(a_token_that_is_gone_takes_nothing_with_it_but_its_reference),
        OVER_DESK(a_failure_has_the_banks_words_or_those_of_a_decline),
        OVER_DESK(a_refund_of_2025_tells_that_no_currency_was_changed),
        OVER_DESK(a_refund_that_is_under_way_has_no_speed_yet),
        OVER_DESK(a_version_that_only_webhooks_have_is_told_as_the_next),
    };

    return cmocka_run_group_tests_name("webhooks_payments", tests, NULL, NULL);
}
