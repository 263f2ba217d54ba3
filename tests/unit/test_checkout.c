/* test_checkout.c: a browser at the checkout, over a real store, vault, keyholder and simulated acquirer, without HTTP
 * and without a browser. */
#include "orderpay_bed.h"

#include "checkout/checkout.h"
#include "checkout/result.h"
#include "service/checkouts.h"
#include "service/ids.h"
#include "service/rate_limit.h"

#include "base/banned.h"

#define PAGE "GET /checkout/{payment_session_id}"
#define PAY "POST /checkout/{payment_session_id}/pay"
#define OTP_PAGE "GET /checkout/{payment_session_id}/otp/{cf_payment_id}"
#define OTP "POST /checkout/{payment_session_id}/otp/{cf_payment_id}"
#define RESULT "GET /checkout/{payment_session_id}/result/{cf_payment_id}"
#define DELETE_CARD "POST /checkout/{payment_session_id}/cards/{instrument_id}/delete"
#define CARD "way=card&card_number=" OBED_VISA "&card_expiry=03/28&card_cvv=123"

/* What a browser keeps of a page. */
struct browser { char cookie[OBED_TEXT], guard[65]; };

static unsigned send_checkout(struct obed *b, struct xbed_sent s)
{
    unsigned status;

    b->x.dialect = &checkout_dialect;
    status = xbed_send(&b->x, s);
    b->x.dialect = &cashfree_dialect;
    return status;
}

static struct browser look_at(struct obed *b)
{
    struct browser w = { "", "" };
    const char *at;

    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAGE, .param = b->session }), 200);
    (void)snprintf(w.cookie, sizeof w.cookie, "%s", xbed_answer_header(&b->x, "Set-Cookie"));
    *strchrnul(w.cookie, ';') = '\0';
    at = strstr(b->x.body, "name=\"guard\" value=\"");
    assert_non_null(at);
    (void)snprintf(w.guard, sizeof w.guard, "%.64s", at + strlen("name=\"guard\" value=\""));
    return w;
}

static unsigned post(struct obed *b, const struct browser *w, const char *route, const char *param2, const char *form)
{
    static char body[1024];

    (void)snprintf(body, sizeof body, "guard=%s&%s", w->guard, form);
    return send_checkout(b, (struct xbed_sent){ .route = route, .param = b->session, .param2 = param2, .body = body,
        .headers = { { "Cookie", w->cookie }, { "Sec-Fetch-Site", "same-origin" } } });
}

static const char *location(const struct obed *b)
{
    static char text[512];

    (void)snprintf(text, sizeof text, "%s", xbed_answer_header(&b->x, "Location"));
    return text;
}

/* Pays by card up to the code; the payment's id is kept. */
static void begin(struct obed *b, const struct browser *w, const char *more)
{
    char form[256];
    const char *at;

    (void)snprintf(form, sizeof form, CARD "%s", more);
    assert_int_equal(post(b, w, PAY, NULL, form), 303);
    at = strstr(location(b), "/otp/");
    if (!at)
        fail_msg("%s", location(b));
    (void)snprintf(b->payment, sizeof b->payment, "%s", at + strlen("/otp/"));
}

static void the_page_shows_what_is_to_be_paid_and_an_empty_box(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    (void)look_at(b);
    assert_has(&b->x, "₹10.15");
    assert_has(&b->x, "name=\"consent\" value=\"1\" aria-describedby");
    assert_has_not(&b->x, "checked");
    assert_string_equal(xbed_answer_header(&b->x, "Cache-Control"), "no-store");
    assert_non_null(strstr(xbed_answer_header(&b->x, "Set-Cookie"), "HttpOnly"));
}

static void an_order_without_a_customer_offers_no_saving(void **state)
{
    struct obed *b = *state;

    obed_order_as(b, "2026-01-01", "\"order_note\":\"nobody\"", "");
    (void)look_at(b);
    assert_has_not(&b->x, "name=\"consent\"");
}

static void an_order_of_one_account_is_offered_where_the_account_is_told(void **state)
{
    struct obed *b = *state;
    struct browser w;

    obed_order_as(b, "2025-01-01", "\"customer_details\":{\"customer_id\":\"anna\",\"customer_phone\":\"9908734801\","
                  "\"customer_bank_account_number\":\"9999999999\"}", "");
    w = look_at(b);
    assert_has(&b->x, "?m=upi");
    assert_has(&b->x, "?m=bank");
    assert_has_not(&b->x, "?m=card");
    assert_has_not(&b->x, "?m=wallet");
    assert_has_not(&b->x, "?m=later");
    assert_int_equal(post(b, &w, PAY, NULL, CARD), 303);          /* who asks all the same is told why not */
    assert_non_null(strstr(location(b), "?e=account"));
    assert_int_equal(post(b, &w, PAY, NULL, "way=wallet&wallet=paytm&phone=8474090589"), 303);
    assert_non_null(strstr(location(b), "?e=account"));
    assert_int_equal(obed_counts(b).payments, 0);
    assert_int_equal(post(b, &w, PAY, NULL, "way=upi&upi_id=testsuccess@gocash"), 303);
    assert_int_equal(obed_counts(b).payments, 1);                 /* asked with the account, which is not its own */
    assert_int_equal(obed_counts(b).charged, 0);
}

static void a_card_is_paid_with_and_its_code_ends_it(void **state)
{
    struct obed *b = *state;
    struct browser w;

    obed_order(b, "");
    w = look_at(b);
    begin(b, &w, "");
    assert_int_equal(post(b, &w, OTP, b->payment, "otp=111000"), 303);
    assert_non_null(strstr(location(b), "/result/"));
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = RESULT, .param = b->session, .param2 = b->payment }),
                     200);
    assert_has(&b->x, "Payment successful");
    assert_int_equal(obed_counts(b).charged, 1);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAGE, .param = b->session }), 409);
    assert_has(&b->x, "Already paid");
}

static void a_wrong_code_stays_on_its_page(void **state)
{
    struct obed *b = *state;
    struct browser w;

    obed_order(b, "");
    w = look_at(b);
    begin(b, &w, "");
    assert_int_equal(post(b, &w, OTP, b->payment, "otp=999999"), 303);
    assert_non_null(strstr(location(b), "?e=otp"));
    assert_int_equal(post(b, &w, OTP, b->payment, "otp=12"), 303);
    assert_non_null(strstr(location(b), "?e=digits"));
    assert_int_equal(obed_counts(b).charged, 0);
}

static void a_form_without_the_guard_of_its_browser_charges_nothing(void **state)
{
    struct obed *b = *state;
    struct browser mine, other;
    char body[512];

    obed_order(b, "");
    mine = look_at(b);
    other = look_at(b);
    memcpy(other.cookie, mine.cookie, sizeof mine.cookie);
    assert_int_equal(post(b, &other, PAY, NULL, CARD), 403);
    (void)snprintf(body, sizeof body, "guard=%s&" CARD, mine.guard);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAY, .param = b->session, .body = body }), 403);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAY, .param = b->session, .body = body,
        .headers = { { "Cookie", mine.cookie }, { "Sec-Fetch-Site", "cross-site" } } }), 403);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAY, .param = b->session, .body = body,
        .headers = { { "Cookie", mine.cookie }, { "Origin", "https://evil.example" }, { "Host", "pay.example" } } }),
                     403);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAY, .param = b->session, .body = body,
        .headers = { { "X-Checkout", "component" }, { "Sec-Fetch-Site", "same-origin" } } }), 403);
    assert_int_equal(obed_counts(b).payments, 0);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAY, .param = b->session, .body = body,
        .headers = { { "Cookie", mine.cookie }, { "Origin", "https://pay.example" }, { "Host", "pay.example" } } }),
                     303);
}

static void what_is_wrong_with_a_card_is_an_address_without_it(void **state)
{
    static const struct { const char *form, *word; } wrong[] = {
        { "way=card&card_number=4706131211212124&card_expiry=03%2F28&card_cvv=123", "?e=number&m=card" },
        { "way=card&card_number=&card_expiry=03%2F28&card_cvv=123", "?e=number" },
        { "way=card&card_number=" OBED_VISA "&card_expiry=13%2F28&card_cvv=123", "?e=expiry" },
        { "way=card&card_number=" OBED_VISA "&card_expiry=03%2F20&card_cvv=123", "?e=expired" },
        { "way=card&card_number=" OBED_VISA "&card_expiry=03%2F28&card_cvv=12", "?e=code" },
        { "way=card&card_number=" OBED_VISA "&card_expiry=03%2F28&card_cvv=", "?e=code" },
        { "way=upi&upi_id=nobody", "?e=upi" },
        { "way=wallet&wallet=paytm&phone=12", "?e=phone" },
        { "way=bank&bank=", "?e=choose" },
        { "way=gold", "?e=form" },
    };
    struct obed *b = *state;
    struct browser w;

    obed_order(b, "");
    w = look_at(b);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(post(b, &w, PAY, NULL, wrong[i].form), 303);
        if (!strstr(location(b), wrong[i].word))
            fail_msg("%s: %s", wrong[i].form, location(b));
        assert_null(strstr(location(b), "4706"));
    }
    assert_int_equal(obed_counts(b).payments, 0);
}

static void a_payment_of_another_order_is_not_there(void **state)
{
    struct obed *b = *state;
    struct browser w;
    char payment[OBED_TEXT];

    obed_order(b, "");
    w = look_at(b);
    begin(b, &w, "");
    (void)snprintf(payment, sizeof payment, "%s", b->payment);
    obed_order(b, "");
    w = look_at(b);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = OTP_PAGE, .param = b->session, .param2 = payment }),
                     404);
    assert_int_equal(post(b, &w, OTP, payment, "otp=111000"), 404);
    assert_int_equal(obed_counts(b).charged, 0);
}

static void an_unknown_session_is_no_page(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAGE, .param = "session_x" }), 404);
    b->session[20] = b->session[20] == 'a' ? 'b' : 'a';
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAGE, .param = b->session }), 404);
}

/* A session that names the order but not its random bytes. */
static void a_session_of_the_right_order_with_other_bytes_is_no_page(void **state)
{
    struct obed *b = *state;
    struct ids_opened_session opened;
    struct order_row o = { .order_id = SPAN("order_1") };
    char text[IDS_SESSION_TEXT];

    obed_order(b, "");
    assert_int_equal(ids_session_open(b->s->ids, &opened, span_of(b->session)), FAULT_NONE);
    o.merchant_id = opened.merchant_id;
    o.session = (struct span){ opened.session, sizeof opened.session };
    ids_session(b->s->ids, text, &o);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAGE, .param = text }), 200);
    opened.session[0] ^= 1;
    ids_session(b->s->ids, text, &o);
    assert_int_equal(send_checkout(b, (struct xbed_sent){ .route = PAGE, .param = text }), 404);
}

static void a_card_of_somebody_else_is_not_removed(void **state)
{
    struct obed *b = *state;
    struct browser w;

    obed_order(b, "");
    w = look_at(b);
    assert_int_equal(post(b, &w, DELETE_CARD, "no-card", ""), 404);
    assert_int_equal(post(b, &w, DELETE_CARD, "00000000-0000-0000-0000-000000000000", ""), 303);
    memset(w.guard, '0', 64);
    assert_int_equal(post(b, &w, DELETE_CARD, "00000000-0000-0000-0000-000000000000", ""), 403);
}

static void origins_are_what_may_frame_and_nothing_that_looks_so(void **state)
{
    static const char *const good[] = { "https://shop.example", "https://shop.example:8443", "http://127.0.0.1:3000",
                                        "http://localhost", "https://[2001:db8::1]:443" };
    static const char *const bad[] = { "", "'self'", "*", "http://shop.example", "https://", "https://shop.example/",
                                       "https://SHOP.example", "https://shop.example;", "http://127.0.0.1.evil.example",
                                       "https://a b", "https://u@shop.example", "https://shop.example:" };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!checkout_origin_is_valid(span_of(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (checkout_origin_is_valid(span_of(bad[i])))
            fail_msg("%s", bad[i]);
}

struct asking { struct obed *b; struct span origin; bool allowed; };

static enum fault ask(struct store_tx *tx, void *arg)
{
    struct asking *a = arg;

    return checkout_origin_allowed(a->b->s, tx, &a->allowed, a->b->tokens.f->arena,
                                   a->b->tokens.merchant.cashfree.merchant_id, a->origin);
}

static bool allowed(struct obed *b, const char *origin)
{
    struct asking a = { b, span_of(origin), false };

    assert_int_equal(store_read(b->tokens.f->reader, ask, &a), FAULT_NONE);
    return a.allowed;
}

static void a_merchants_origins_are_registered_and_live_trusts_no_other(void **state)
{
    struct obed *b = *state;
    int64_t merchant = b->tokens.merchant.cashfree.merchant_id;

    assert_true(allowed(b, "http://127.0.0.1:3000"));
    assert_false(allowed(b, "https://shop.example"));
    assert_int_equal(checkout_origin_add(b->s, merchant, SPAN("https://shop.example")), FAULT_NONE);
    assert_int_equal(checkout_origin_add(b->s, merchant, SPAN("https://shop.example")), FAULT_EXISTS);
    assert_int_equal(checkout_origin_add(b->s, merchant, SPAN("shop.example")), FAULT_BAD_INPUT);
    assert_int_equal(checkout_origin_add(b->s, 99, SPAN("https://shop.example")), FAULT_NOT_FOUND);
    assert_true(allowed(b, "https://shop.example"));
    b->s->mode = MODE_LIVE;
    assert_true(allowed(b, "https://shop.example"));
    assert_false(allowed(b, "http://127.0.0.1:3000"));
    b->s->mode = MODE_SANDBOX;
    assert_int_equal(checkout_origin_remove(b->s, merchant, SPAN("https://shop.example")), FAULT_NONE);
    assert_int_equal(checkout_origin_remove(b->s, merchant, SPAN("https://shop.example")), FAULT_NOT_FOUND);
    assert_false(allowed(b, "https://shop.example"));
}

static void a_result_says_each_state_in_the_words_of_the_flow(void **state)
{
    struct obed *b = *state;
    const struct order_row o = { .merchant_id = 1, .order_no = 1, .order_id = SPAN("GZ-212"), .amount_minor = 25600,
                                 .currency = SPAN("INR") };
    struct payment_row p = { .merchant_id = 1, .payment_no = 7, .type = BIN_DEBIT, .created_ms = 1517572752000,
                             .completed_ms = 1517572752000 };
    struct arena *a = b->tokens.f->arena;
    struct result r;
    struct buf text = arena_buf(a, RESULT_TEXT_MAX), form = arena_buf(a, RESULT_FORM_MAX);

    assert_int_equal(result_make(b->s, &r, a, &o, &p, PAYMENT_SUCCESS, 0), FAULT_NONE);
    assert_true(span_equal(r.order_amount, SPAN("256.00")));
    assert_true(span_equal(r.tx_time, SPAN("2018-02-02 17:29:12")));
    assert_true(span_equal(r.payment_mode, SPAN("DEBIT_CARD")));
    r.reference_id = SPAN("140388038803");
    assert_int_equal(result_text(&text, &r), FAULT_NONE);
    assert_true(span_equal(buf_view(&text),
                           SPAN("GZ-212256.00140388038803SUCCESSDEBIT_CARDTransaction Successful2018-02-02 17:29:12")));
    assert_int_equal(result_form(&form, &r, SPAN("a+b/c=")), FAULT_NONE);
    buf_byte(&form, 0);
    assert_non_null(strstr((const char *)form.p, "&txTime=2018-02-02%2017%3A29%3A12&signature=a%2Bb%2Fc%3D"));
    assert_string_equal(result_status(PAYMENT_FLAGGED), "FLAGGED");
    assert_string_equal(result_status(PAYMENT_FACTOR), "PENDING");
    assert_string_equal(result_status(PAYMENT_FAILED), "FAILED");
    assert_string_equal(result_status(PAYMENT_DROPPED), "CANCELLED");
    assert_int_equal(result_make(b->s, &r, a, &o, NULL, 0, 1517572752000), FAULT_NONE);
    assert_true(span_equal(r.tx_status, SPAN("CANCELLED")) && r.reference_id.n == 0);
}

/* The page is no way round the limits of the API. */
static void attempts_and_codes_of_one_address_are_limited(void **state)
{
    struct obed *b = *state;
    const unsigned limits[RATE_CLASSES] = { [RATE_PAY] = 1, [RATE_OTP] = 2 };
    struct rate_limits *unlimited = b->s->rate_limits;
    struct browser w;

    obed_order(b, "");
    w = look_at(b);
    assert_int_equal(rate_limits_new(&b->s->rate_limits, limits), FAULT_NONE);
    begin(b, &w, "");
    assert_int_equal(post(b, &w, PAY, NULL, CARD), 429);
    assert_int_equal(post(b, &w, OTP, b->payment, "otp=000000"), 303);
    assert_int_equal(obed_otp(b, "000000"), 200);         /* both doors count together */
    assert_int_equal(post(b, &w, OTP, b->payment, "otp=111000"), 429);
    rate_limits_free(b->s->rate_limits);
    b->s->rate_limits = unlimited;
    assert_int_equal(obed_counts(b).charged, 0);
    assert_int_equal(post(b, &w, OTP, b->payment, "otp=111000"), 303);
    assert_int_equal(obed_counts(b).charged, 1);
}

/* Whoever carries a result could take the wallet's name for its status. */
static void the_demo_receiver_holds_one_worker_and_no_more(void **state)
{
    static const struct { const char *manner; unsigned status; } cases[] = {
        { "ok", 200 }, { "fail", 500 }, { "gone", 410 }, { "slow", 503 }, { "hang", 503 }, { "other", 404 },
    };
    struct obed *b = *state;
    struct merchant_credentials demo;
    atomic_bool waits = true;                         /* somebody is held already */

    assert_int_equal(merchant_add(b->s, &demo, SPAN("Demo merchant"), SPAN("INR")), FAULT_NONE);
    for (int known = 0; known < 2; known++) {
        b->s->demo_waits = known ? &waits : NULL;     /* NULL: nobody may be */
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            if (send_checkout(b, (struct xbed_sent){ .route = "POST /demo/webhooks/{manner}", .param = cases[i].manner,
                                                     .body = "{}" }) != cases[i].status)
                fail_msg("%s: %u", cases[i].manner, b->x.x.answer.status);
    }
    assert_true(waits);
    b->s->demo_waits = NULL;
}

static void no_word_of_a_payer_is_in_a_result(void **state)
{
    struct obed *b = *state;
    const struct order_row o = { .merchant_id = 1, .order_no = 1, .order_id = SPAN("GZ-212"), .amount_minor = 25600,
                                 .currency = SPAN("INR") };
    struct payment_row p = { .merchant_id = 1, .payment_no = 7, .method = PAYMENT_BY_APP, .created_ms = 1517572752000,
                             .handle = SPAN("SUCCESSUPI") };
    struct arena *a = b->tokens.f->arena;
    struct browser w;
    struct result r;

    assert_int_equal(result_make(b->s, &r, a, &o, &p, PAYMENT_FAILED, 0), FAULT_NONE);
    assert_true(span_equal(r.payment_mode, SPAN("Wallet")));
    p.handle = SPAN("paytm");
    assert_int_equal(result_make(b->s, &r, a, &o, &p, PAYMENT_FAILED, 0), FAULT_NONE);
    assert_true(span_equal(r.payment_mode, SPAN("paytm")));
    obed_order(b, "");
    w = look_at(b);
    assert_int_equal(post(b, &w, PAY, NULL, "way=wallet&wallet=SUCCESSUPI&phone=9999999999"), 303);
    assert_non_null(strstr(location(b), "?e=choose"));
    assert_int_equal(post(b, &w, PAY, NULL, "way=wallet&wallet=paytm&phone=9999999999"), 303);
    assert_non_null(strstr(location(b), "/pg/view/gateway/"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, obed_setup, obed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_page_shows_what_is_to_be_paid_and_an_empty_box),
        T(an_order_without_a_customer_offers_no_saving),
        T(an_order_of_one_account_is_offered_where_the_account_is_told),
        T(a_card_is_paid_with_and_its_code_ends_it),
        T(a_wrong_code_stays_on_its_page),
        T(a_form_without_the_guard_of_its_browser_charges_nothing),
        T(what_is_wrong_with_a_card_is_an_address_without_it),
        T(a_payment_of_another_order_is_not_there),
        T(an_unknown_session_is_no_page),
        T(a_session_of_the_right_order_with_other_bytes_is_no_page),
        T(a_card_of_somebody_else_is_not_removed),
        T(origins_are_what_may_frame_and_nothing_that_looks_so),
        T(a_merchants_origins_are_registered_and_live_trusts_no_other),
        T(a_result_says_each_state_in_the_words_of_the_flow),
        T(the_demo_receiver_holds_one_worker_and_no_more),
        T(no_word_of_a_payer_is_in_a_result),
        T(attempts_and_codes_of_one_address_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
