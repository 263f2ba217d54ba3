/* test_cashfree_payments.c: payments in Cashfree's words, in every version (reference 2.10), and what becomes of a
 * preauthorisation (2.9). */
#include "refund_bed.h"

#include "dialect/cashfree/payment_entity.h"

#include "base/banned.h"

#define LIST "GET /pg/orders/{order_id}/payments"
#define GET "GET /pg/orders/{order_id}/payments/{cf_payment_id}"
#define ACT "POST /pg/orders/{order_id}/authorization"

enum { ID = 24 };

static const char *id_of(struct rbed *b, int64_t payment_no)
{
    static char text[ID];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)pay_id(b->s, b->merchant_id, payment_no));
    return text;
}

static unsigned get(struct rbed *b, const char *version, const char *id)
{
    return rbed_send(b, (struct rbed_call){ .route = GET, .version = version, .param2 = id });
}

/* One more payment of the order, as `change` has made it; its number. */
static int64_t add(struct rbed *b, struct payment_row p)
{
    struct order_row o = rbed_order_row(b, RBED_ORDER, 100000);
    struct rbed_insert i = { .order = o, .payment = p, .only_payment = true };

    i.order.order_no = b->order_no;
    assert_int_equal(store_write(b->s->store, rbed_insert_work, &i), FAULT_NONE);
    return i.payment.payment_no;
}

static struct payment_row row(const struct rbed *b)
{
    struct order_row o = rbed_order_row(b, RBED_ORDER, 100000);

    return rbed_payment_row(b, &o);
}

static void a_card_payment_shows_every_field(void **state)
{
    struct rbed *b = *state;
    char want[256];

    assert_int_equal(get(b, "2026-01-01", id_of(b, b->payment_no)), 200);
    (void)snprintf(want, sizeof want, "{\"cf_payment_id\":\"%s\",\"order_id\":\"paid_order\",\"entity\":\"payment\","
                   "\"order_amount\":1000,\"payment_amount\":1000,\"payment_currency\":\"INR\","
                   "\"payment_status\":\"SUCCESS\",\"payment_message\":\"Transaction successful\",",
                   id_of(b, b->payment_no));
    assert_has(&b->x, want);
    assert_has(&b->x, "\"payment_time\":\"2023-11-15T03:43:20+05:30\","
                      "\"payment_completion_time\":\"2023-11-15T03:43:50+05:30\","
                      "\"payment_group\":\"debit_card\",\"is_captured\":true,"
                      "\"bank_reference\":\"318412345678\",\"auth_id\":\"123456\",\"authorization\":null,"
                      "\"error_details\":null,\"payment_method\":{\"card\":{\"channel\":\"link\","
                      "\"card_number\":\"XXXXXXXXXXXX1111\",\"card_network\":\"visa\",\"card_type\":\"debit_card\","
                      "\"card_sub_type\":\"R\",\"card_country\":\"IN\",\"card_bank_name\":\"Test Bank\","
                      "\"card_network_reference_id\":null}},");
    assert_has(&b->x, "\"order_currency\":\"INR\",\"international_payment\":{\"international\":false},"
                      "\"payment_gateway_details\":{\"gateway_name\":\"CASHFREE\",\"gateway_order_id\":\"");
    assert_has(&b->x, "\"payment_surcharge\":null}");
}

static void what_a_version_did_not_have_yet_is_not_shown(void **state)
{
    struct rbed *b = *state;
    const char *id = id_of(b, b->payment_no);

    assert_int_equal(get(b, "2022-09-01", id), 200);
    assert_string_equal(rbed_member(b, "cf_payment_id"), id_of(b, b->payment_no));
    assert_has(&b->x, "\"payment_group\":\"card\"");
    assert_has_not(&b->x, "international_payment");
    assert_has_not(&b->x, "payment_gateway_details");
    assert_has_not(&b->x, "order_currency");
    assert_int_equal(get(b, "2023-08-01", id), 200);
    assert_has(&b->x, "\"payment_group\":\"debit_card\"");
    assert_has_not(&b->x, "payment_gateway_details");
    assert_int_equal(get(b, "2025-01-01", id), 200);
    assert_has(&b->x, "payment_gateway_details");
    assert_has_not(&b->x, "card_sub_type");
}

static void payments_are_listed_newest_first(void **state)
{
    struct rbed *b = *state;
    struct payment_row p = row(b);
    char newer[ID];
    const char *first;

    p.state = PAYMENT_FAILED;
    (void)snprintf(newer, sizeof newer, "%s", id_of(b, add(b, p)));
    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = LIST }), 200);
    assert_int_equal(b->x.body[0], '[');
    first = strstr(b->x.body, newer);
    assert_non_null(first);
    assert_true(first < strstr(b->x.body, id_of(b, b->payment_no)));
    (void)rbed_insert(b, rbed_order_row(b, "unpaid", 5000), (struct payment_row){ 0 });
    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = LIST, .order = "unpaid" }), 200);
    assert_string_equal(b->x.body, "[]");
    (void)rbed_send(b, (struct rbed_call){ .route = LIST, .order = "nowhere" });
    rbed_error(b, 404, "order_not_found", "Order Reference Id does not exist");
}

static void as_many_attempts_as_an_order_may_have_fit(void **state)
{
    struct rbed *b = *state;
    struct payment_row p = row(b);
    char handle[PAYMENT_HANDLE_MAX + 1] = "";

    memset(handle, '"', sizeof handle - 1);           /* which escapes to two */
    p.state = PAYMENT_FAILED;
    p.method = PAYMENT_BY_UPI;
    p.handle = span_of(handle);
    for (int i = 1; i < PAYMENT_ORDER_MAX; i++)
        (void)add(b, p);
    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = LIST }), 200);
}

static void wrong_ids_are_told_apart(void **state)
{
    struct rbed *b = *state;
    struct merchant_credentials other;

    (void)get(b, "2025-01-01", "abc");
    rbed_error(b, 400, "payment_id_invalid", "payment_id : should be a number. Value received: abc");
    (void)get(b, "2025-01-01", "99999999999999999999");
    rbed_error(b, 400, "payment_get_failed", "payment id is outside the range of payment ids");
    (void)get(b, "2025-01-01", "9223372036854775807");
    rbed_error(b, 404, "payment_not_found", "transaction not found");
    (void)get(b, "2025-01-01", id_of(b, b->payment_no + 1));
    rbed_error(b, 404, "payment_not_found", "transaction not found");
    assert_int_equal(merchant_add(b->s, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    (void)get(b, "2025-01-01", id_of(&(struct rbed){ .s = b->s, .merchant_id = other.merchant_id }, b->payment_no));
    rbed_error(b, 404, "payment_not_found", "transaction not found");
    (void)rbed_insert(b, rbed_order_row(b, "unpaid", 5000), (struct payment_row){ 0 });
    (void)rbed_send(b, (struct rbed_call){ .route = GET, .order = "unpaid", .param2 = id_of(b, b->payment_no) });
    rbed_error(b, 404, "payment_not_found", "transaction not found");
    (void)rbed_send(b, (struct rbed_call){ .route = GET, .order = "nowhere", .param2 = id_of(b, b->payment_no) });
    rbed_error(b, 404, "order_not_found", "Order Reference Id does not exist");
}

static void every_way_of_paying_has_its_group_and_shape(void **state)
{
    static const struct { enum payment_method method; enum payment_channel channel; const char *handle, *group, *old,
                          *shape; } cases[] = {
        { PAYMENT_BY_UPI, PAYMENT_COLLECT, "testsuccess@gocash", "upi", "upi",
          "{\"upi\":{\"channel\":\"collect\",\"upi_id\":\"testsuccess@gocash\",\"upi_payer_ifsc\":null,"
          "\"upi_payer_account_number\":null}}" },
        { PAYMENT_BY_NETBANKING, PAYMENT_LINK, "3333", "net_banking", "netbanking",
          "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_code\":3333,\"netbanking_bank_name\":\"Test Bank\","
          "\"netbanking_ifsc\":null,\"netbanking_account_number\":null}}" },
        { PAYMENT_BY_NETBANKING, PAYMENT_LINK, "9999", "net_banking", "netbanking",
          "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_code\":9999,\"netbanking_bank_name\":null," },
        { PAYMENT_BY_NETBANKING, PAYMENT_LINK, "OTHER", "net_banking", "netbanking",
          "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_code\":null,\"netbanking_bank_name\":\"OTHER\"," },
        { PAYMENT_BY_APP, PAYMENT_LINK, "gpay", "wallet", "app",
          "{\"app\":{\"channel\":\"link\",\"provider\":\"gpay\",\"phone\":null}}" },
        { PAYMENT_BY_PAYLATER, PAYMENT_LINK, "lazypay", "pay_later", "paylater",
          "{\"paylater\":{\"channel\":\"link\",\"provider\":\"lazypay\",\"phone\":null}}" },
        { PAYMENT_BY_CARDLESS_EMI, PAYMENT_LINK, "zestmoney", "cardless_emi", "cardless_emi",
          "{\"cardless_emi\":{\"channel\":\"link\",\"provider\":\"zestmoney\",\"phone\":null}}" },
        { PAYMENT_BY_BANKTRANSFER, PAYMENT_LINK, NULL, "bank_transfer", "bank_transfer",
          "{\"banktransfer\":{\"channel\":\"link\",\"banktransfer_bank_name\":null," },
        { PAYMENT_BY_EMI, PAYMENT_LINK, NULL, "debit_card_emi", "card",
          "\"emi_tenure\":3,\"emi_details\":{\"emi_amount\":333.34,\"emi_tenure\":3,\"emi_interest\":0}}}" },
    };
    struct rbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct payment_row p = row(b);
        char want[64];
        int64_t no;

        p.method = cases[i].method;
        p.channel = cases[i].channel;
        p.handle = span_of(cases[i].handle);
        p.emi_months = 3;
        no = add(b, p);
        assert_int_equal(get(b, "2025-01-01", id_of(b, no)), 200);
        assert_has(&b->x, cases[i].shape);
        (void)snprintf(want, sizeof want, "\"%s\"", cases[i].group);
        assert_string_equal(rbed_member(b, "payment_group"), want);
        assert_int_equal(get(b, "2022-01-01", id_of(b, no)), 200);
        (void)snprintf(want, sizeof want, "\"%s\"", cases[i].old);
        assert_string_equal(rbed_member(b, "payment_group"), want);
    }
}

static void card_groups_follow_the_type_of_the_card(void **state)
{
    static const struct { enum bin_type type; bool emi; const char *group; } cases[] = {
        { BIN_CREDIT, false, "credit_card" }, { BIN_DEBIT, false, "debit_card" },
        { BIN_PREPAID, false, "prepaid_card" }, { BIN_TYPE_UNKNOWN, false, "credit_card" },
        { BIN_CREDIT, true, "credit_card_emi" }, { BIN_DEBIT, true, "debit_card_emi" },
    };
    struct payment_row p = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        p.type = cases[i].type;
        p.method = cases[i].emi ? PAYMENT_BY_EMI : PAYMENT_BY_CARD;
        assert_string_equal(payment_group(&p, API_2025_01_01), cases[i].group);
        assert_string_equal(payment_group(&p, API_2022_09_01), "card");
    }
}

static void a_saved_card_is_named_and_another_is_not(void **state)
{
    struct rbed *b = *state;
    struct payment_row p = row(b);

    assert_int_equal(get(b, "2025-01-01", id_of(b, b->payment_no)), 200);
    assert_has_not(&b->x, "instrument_id");
    p.token_no = 77;
    assert_int_equal(get(b, "2025-01-01", id_of(b, add(b, p))), 200);
    assert_int_equal(strlen(rbed_member(b, "instrument_id")), 38);
}

static void of_every_state_the_status_and_what_it_says(void **state)
{
    static const struct { enum payment_state state; enum acquirer_verdict verdict; const char *status, *details;
                          bool over; } cases[] = {
        { PAYMENT_BEGUN, 0, "PENDING", "null", false },
        { PAYMENT_FACTOR, ACQUIRER_FACTOR, "PENDING", "null", false },
        { PAYMENT_APPROVAL, ACQUIRER_WAITS, "PENDING", "null", false },
        { PAYMENT_FLAGGED, ACQUIRER_HELD, "PENDING", "null", false },
        { PAYMENT_FAILED, ACQUIRER_NO_FUNDS, "FAILED", "{\"error_code\":\"TRANSACTION_DECLINED\"", true },
        { PAYMENT_DROPPED, ACQUIRER_DROPPED, "USER_DROPPED", "{\"error_code\":\"TRANSACTION_DECLINED\"", true },
        { PAYMENT_VOID, ACQUIRER_VOIDED, "VOID", "null", true },
        { PAYMENT_CANCELLED, ACQUIRER_CHARGED, "CANCELLED", "null", true },
    };
    struct rbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct payment_row p = row(b);
        char want[64];

        p.state = cases[i].state;
        p.verdict = cases[i].verdict;
        p.completed_ms = cases[i].over ? FIXTURE_NOW : 0;
        assert_int_equal(get(b, "2025-01-01", id_of(b, add(b, p))), 200);
        (void)snprintf(want, sizeof want, "\"%s\"", cases[i].status);
        assert_string_equal(rbed_member(b, "payment_status"), want);
        assert_string_equal(rbed_member(b, "error_details"), cases[i].details);
        assert_string_equal(rbed_member(b, "is_captured"), "false");
        assert_int_equal(strcmp(rbed_member(b, "payment_completion_time"), "null") != 0, cases[i].over);
    }
}

static void a_failed_payment_says_why(void **state)
{
    struct rbed *b = *state;
    struct payment_row p = row(b);
    const struct acquirer_saying *says = acquirer_says(ACQUIRER_NO_FUNDS);
    char want[512];

    p.state = PAYMENT_FAILED;
    p.verdict = ACQUIRER_NO_FUNDS;
    assert_int_equal(get(b, "2025-01-01", id_of(b, add(b, p))), 200);
    (void)snprintf(want, sizeof want, "\"error_details\":{\"error_code\":\"%s\",\"error_description\":\"%s\","
                   "\"error_reason\":\"%s\",\"error_source\":\"%s\",\"error_code_raw\":null,"
                   "\"error_description_raw\":null,\"error_subcode_raw\":null}", says->code, says->description,
                   says->reason, says->source);
    assert_has(&b->x, want);
    (void)snprintf(want, sizeof want, "\"%s\"", says->message);
    assert_string_equal(rbed_member(b, "payment_message"), want);
}

/* An order whose one payment is authorised and not captured. */
static int64_t authorised(struct rbed *b, const char *order_id)
{
    struct order_row o = rbed_order_row(b, order_id, 100000);
    struct payment_row p;

    o.state = ORDER_PAID;
    p = rbed_payment_row(b, &o);
    p.authorise_only = 1;
    p.captured_minor = 0;
    b->payment_no = rbed_insert(b, o, p).payment.payment_no;
    return b->payment_no;
}

static unsigned act(struct rbed *b, const char *body)
{
    return rbed_send(b, (struct rbed_call){ .route = ACT, .order = "held", .body = body });
}

static void an_authorisation_is_shown_as_one(void **state)
{
    struct rbed *b = *state;
    int64_t no = authorised(b, "held");

    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = GET, .order = "held", .param2 = id_of(b, no) }), 200);
    assert_has(&b->x, "\"payment_status\":\"SUCCESS\",\"payment_message\":\"PRE_AUTH|Transaction Success\"");
    assert_has(&b->x, "\"is_captured\":false");
    assert_has(&b->x, "\"authorization\":{\"action\":null,\"status\":null,\"captured_amount\":null,"
                      "\"action_time\":null,\"start_time\":null,\"end_time\":null,\"action_reference\":null}");
}

static struct payment_row held_row(const struct rbed *b)
{
    struct payment_row p = row(b);

    p.method = PAYMENT_BY_UPI;
    p.handle = SPAN("a@upi");
    p.authorise_only = 1;
    return p;
}

/* Of UPI the money was held when the payer approved; what is asked of the bank and not answered is pending. */
static void what_was_done_with_an_authorisation_is_shown_and_what_is_open_is_pending(void **state)
{
    static const struct { int64_t action, wanted, ask_ms, captured; const char *shown; } cases[] = {
        { 0, 0, 0, 0, "{\"action\":null,\"status\":null,\"captured_amount\":null," },
        { 0, ACQUIRER_CAPTURE, 1, 0, "{\"action\":\"CAPTURE\",\"status\":\"PENDING\",\"captured_amount\":null," },
        { 0, ACQUIRER_VOID, 1, 0, "{\"action\":\"VOID\",\"status\":\"PENDING\",\"captured_amount\":null," },
        { 0, ACQUIRER_STATUS, 1, 0, "{\"action\":null,\"status\":null,\"captured_amount\":null," },
        { 1, 0, 0, 5000, "{\"action\":\"CAPTURE\",\"status\":\"SUCCESS\",\"captured_amount\":50," },
        { 2, 0, 0, 0, "{\"action\":\"VOID\",\"status\":\"SUCCESS\",\"captured_amount\":null," },
        { 9, 0, 0, 0, "{\"action\":null,\"status\":null,\"captured_amount\":null," },
    };
    struct rbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct payment_row p = held_row(b);

        p.capture_action = cases[i].action;
        p.wanted = cases[i].wanted;
        p.ask_ms = cases[i].ask_ms ? FIXTURE_NOW + 1000 * 60 * 60 : 0;
        p.captured_minor = cases[i].captured;
        p.capture_ms = cases[i].captured ? FIXTURE_NOW : 0;
        assert_int_equal(get(b, "2025-01-01", id_of(b, add(b, p))), 200);
        assert_has(&b->x, cases[i].shown);
        assert_has(&b->x, "\"end_time\":null,\"approve_by\":null,\"action_reference\":");
    }
}

/* What is out of range is a row of another program: the rest of it is shown. */
static void what_is_not_known_of_a_row_is_left_out(void **state)
{
    static const int64_t odd[] = { -1, 99 };
    struct rbed *b = *state;

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct payment_row p = row(b);

        p.scheme = p.type = p.sub = p.channel = p.method = p.verdict = odd[i];
        p.last4 = SPAN("12");
        assert_int_equal(get(b, "2026-01-01", id_of(b, add(b, p))), 200);
        assert_has(&b->x, "\"payment_method\":{\"card\":{\"channel\":null,\"card_number\":null,"
                          "\"card_network\":null,\"card_type\":null,\"card_sub_type\":null,");
        p.state = odd[i];
        assert_int_equal(get(b, "2026-01-01", id_of(b, add(b, p))), 200);
        assert_string_equal(rbed_member(b, "payment_status"), "\"PENDING\"");
    }
}

static void part_of_an_authorisation_is_captured_once(void **state)
{
    struct rbed *b = *state;

    (void)authorised(b, "held");
    assert_int_equal(act(b, "{\"action\":\"CAPTURE\",\"amount\":400.5}"), 200);
    assert_int_equal(b->bank.last.op, ACQUIRER_CAPTURE);
    assert_int_equal(b->bank.last.amount.minor, 40050);
    assert_has(&b->x, "\"is_captured\":true");
    assert_has(&b->x, "\"authorization\":{\"action\":\"CAPTURE\",\"status\":\"SUCCESS\",\"captured_amount\":400.5,"
                      "\"action_time\":\"2023-11-15T03:43:20+05:30\"");
    (void)act(b, "{\"action\":\"CAPTURE\",\"amount\":1}");
    rbed_error(b, 400, "request_invalid", "Transaction is already processed");
    (void)act(b, "{\"action\":\"VOID\"}");
    rbed_error(b, 400, "request_invalid", "Transaction is already processed");
    assert_int_equal(rbed_read(b, 0).payment.captured_minor, 40050);
    assert_int_equal(b->bank.asked[ACQUIRER_CAPTURE], 1);
    assert_int_equal(b->bank.asked[ACQUIRER_VOID], 0);
}

static void a_capture_without_an_amount_takes_all_of_it(void **state)
{
    struct rbed *b = *state;

    (void)authorised(b, "held");
    assert_int_equal(act(b, "{\"action\":\"CAPTURE\"}"), 200);
    assert_has(&b->x, "\"captured_amount\":1000,");
}

static void a_voided_authorisation_is_void_and_stays_so(void **state)
{
    struct rbed *b = *state;

    (void)authorised(b, "held");
    assert_int_equal(act(b, "{\"action\":\"VOID\"}"), 200);
    assert_has(&b->x, "\"payment_status\":\"VOID\"");
    assert_has(&b->x, "\"is_captured\":false");
    assert_has(&b->x, "\"action\":\"VOID\",\"status\":\"SUCCESS\",\"captured_amount\":null");
    (void)act(b, "{\"action\":\"CAPTURE\"}");
    rbed_error(b, 400, "order_id_voided", "order is voided");
    assert_int_equal(b->bank.asked[ACQUIRER_CAPTURE], 0);
}

static void amounts_and_actions_of_an_authorisation_are_checked(void **state)
{
    static const char *const amounts[] = { "0", "1000.01", "1.005" };
    struct rbed *b = *state;
    char body[64];

    (void)authorised(b, "held");
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        (void)snprintf(body, sizeof body, "{\"action\":\"CAPTURE\",\"amount\":%s}", amounts[i]);
        (void)act(b, body);
        rbed_error(b, 400, "amount_invalid",
                   "amount : should be greater than 0 and at max what is left of the authorised amount");
    }
    (void)act(b, "{\"action\":\"KEEP\"}");
    rbed_error(b, 400, "action_invalid", "action : should be CAPTURE VOID. Value received: KEEP");
    (void)act(b, "{}");
    rbed_error(b, 400, "action_missing", "action : is missing in the request. Value received: ");
    (void)rbed_send(b, (struct rbed_call){ .route = ACT, .body = "{\"action\":\"VOID\"}" });
    rbed_error(b, 400, "order_id_not_paid", "order has no payment that is authorised");
    (void)rbed_send(b, (struct rbed_call){ .route = ACT, .order = "nowhere", .body = "{\"action\":\"VOID\"}" });
    rbed_error(b, 404, "order_not_found", "Order Reference Id does not exist");
    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = ACT, .order = "held", .version = "2021-05-21",
                                                      .body = "{\"action\":\"VOID\"}" }), 404);
    assert_int_equal(b->bank.asked[ACQUIRER_CAPTURE] + b->bank.asked[ACQUIRER_VOID], 0);
}

static void a_bank_that_refuses_is_told_of_and_it_can_be_tried_again(void **state)
{
    struct rbed *b = *state;

    (void)authorised(b, "held");
    b->bank.acts = ACQUIRER_BAD_STATE;
    (void)act(b, "{\"action\":\"CAPTURE\"}");
    rbed_error(b, 502, "bank_processing_failure", acquirer_says(ACQUIRER_BAD_STATE)->message);
    b->bank.acts = ACQUIRER_CHARGED;
    assert_int_equal(act(b, "{\"action\":\"CAPTURE\"}"), 200);
    assert_has(&b->x, "\"status\":\"SUCCESS\"");
}

static void silence_leaves_the_action_pending(void **state)
{
    struct rbed *b = *state;

    (void)authorised(b, "held");
    b->bank.mute = true;
    assert_int_equal(act(b, "{\"action\":\"CAPTURE\"}"), 200);
    assert_has(&b->x, "\"action\":\"CAPTURE\",\"status\":\"PENDING\",\"captured_amount\":null");
    assert_has(&b->x, "\"is_captured\":false");
}

static void a_key_makes_one_capture(void **state)
{
    struct rbed *b = *state;
    static const char longest[] = "order_0123456789_0123456789_0123456789_012345";      /* an order's id can be */
    const struct rbed_call c = { .route = ACT, .order = longest, .key = "key-1", .body = "{\"action\":\"CAPTURE\"}" };
    char first[PAYMENT_ENTITY_MAX];

    assert_int_equal(strlen(longest), ORDER_ID_MAX);
    (void)authorised(b, longest);
    assert_int_equal(rbed_send(b, c), 200);
    assert_has(&b->x, "\"is_captured\":true");
    (void)snprintf(first, sizeof first, "%.4000s", b->x.body);
    assert_int_equal(rbed_send(b, c), 200);
    assert_string_equal(b->x.body, first);
    assert_string_equal(xbed_answer_header(&b->x, "x-idempotency-replayed"), "true");
    assert_int_equal(b->bank.asked[ACQUIRER_CAPTURE], 1);
}

static void a_key_repeats_a_refusal_of_the_bank(void **state)
{
    struct rbed *b = *state;
    const struct rbed_call c = { .route = ACT, .order = "held", .key = "key-1", .body = "{\"action\":\"CAPTURE\"}" };

    (void)authorised(b, "held");
    b->bank.acts = ACQUIRER_BAD_STATE;
    assert_int_equal(rbed_send(b, c), 502);
    b->bank.acts = ACQUIRER_CHARGED;
    assert_int_equal(rbed_send(b, c), 502);
    assert_int_equal(b->bank.asked[ACQUIRER_CAPTURE], 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rbed_setup, rbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_card_payment_shows_every_field),
        T(what_a_version_did_not_have_yet_is_not_shown),
        T(payments_are_listed_newest_first),
        T(as_many_attempts_as_an_order_may_have_fit),
        T(wrong_ids_are_told_apart),
        T(every_way_of_paying_has_its_group_and_shape),
        T(card_groups_follow_the_type_of_the_card),
        T(a_saved_card_is_named_and_another_is_not),
        T(of_every_state_the_status_and_what_it_says),
        T(a_failed_payment_says_why),
        T(an_authorisation_is_shown_as_one),
        T(what_was_done_with_an_authorisation_is_shown_and_what_is_open_is_pending),
        T(what_is_not_known_of_a_row_is_left_out),
        T(part_of_an_authorisation_is_captured_once),
        T(a_capture_without_an_amount_takes_all_of_it),
        T(a_voided_authorisation_is_void_and_stays_so),
        T(amounts_and_actions_of_an_authorisation_are_checked),
        T(a_bank_that_refuses_is_told_of_and_it_can_be_tried_again),
        T(silence_leaves_the_action_pending),
        T(a_key_makes_one_capture),
        T(a_key_repeats_a_refusal_of_the_bank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
