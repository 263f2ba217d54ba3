/* test_checkout_billpay.c: the form of the order-token flow, over a real store and keyholder: what begins a payment,
 * what its signature covers, and what is refused. */
#include "orderpay_bed.h"

#include "checkout/billpay.h"
#include "checkout/checkout.h"
#include "service/order_token.h"
#include "service/signing.h"

#include "base/banned.h"

#define SUBMIT "POST /billpay/checkout/post/submit"
#define FIELDS "&orderAmount=256.00&orderCurrency=INR&customerName=Asha&customerPhone=9908734801" \
               "&customerEmail=asha%40shop.example&returnUrl=https%3A%2F%2Fshop.example%2Fback"

static unsigned submit(struct obed *b, const char *form)
{
    unsigned status;

    b->x.dialect = &checkout_dialect;
    status = xbed_send(&b->x, (struct xbed_sent){ .route = SUBMIT, .body = form });
    b->x.dialect = &cashfree_dialect;
    return status;
}

/* A token for this order and amount, at `now_ms`. */
static const char *token(struct obed *b, const char *order_id, int64_t minor, int64_t now_ms)
{
    static char text[ORDER_TOKEN_MAX];
    struct buf out = { (uint8_t *)text, 0, sizeof text - 1, false };
    const struct order_claims claims = {
        span_of(order_id), { minor, "INR" }, now_ms / 1000 + ORDER_TOKEN_LIFE_S,
    };

    assert_int_equal(order_token_mint(b->s, &out, span_of(b->tokens.merchant.cashfree.client_id), &claims), FAULT_NONE);
    text[out.n] = '\0';
    return text;
}

static const char *form_of(const struct obed *b, const char *order_id, const char *more, const char *with_token)
{
    static char text[2048];

    (void)snprintf(text, sizeof text, "appId=%s&orderId=%s%s%s&tokenData=%s",
                   b->tokens.merchant.cashfree.client_id, order_id, FIELDS, more, with_token);
    return text;
}

static void a_token_of_the_same_fields_opens_the_page_of_its_order(void **state)
{
    struct obed *b = *state;
    char first[256];
    const char *good = token(b, "GZ-212", 25600, FIXTURE_NOW);

    assert_int_equal(submit(b, form_of(b, "GZ-212", "", good)), 303);
    (void)snprintf(first, sizeof first, "%s", xbed_answer_header(&b->x, "Location"));
    assert_non_null(strstr(first, "/checkout/session_"));
    assert_int_equal(submit(b, form_of(b, "GZ-212", "", good)), 303);
    assert_string_equal(xbed_answer_header(&b->x, "Location"), first);
}

static void a_token_of_another_order_amount_or_hour_opens_nothing(void **state)
{
    struct obed *b = *state;

    assert_int_equal(submit(b, form_of(b, "GZ-213", "", token(b, "GZ-212", 25600, FIXTURE_NOW))), 403);
    assert_int_equal(submit(b, form_of(b, "GZ-212", "", token(b, "GZ-212", 25700, FIXTURE_NOW))), 403);
    assert_int_equal(submit(b, form_of(b, "GZ-212", "", "abc.def.ghi")), 403);
    assert_int_equal(submit(b, form_of(b, "GZ-212", "", token(b, "GZ-212", 25600, FIXTURE_NOW - 7200000))), 403);
    assert_has(&b->x, "expired");
}

static void an_order_id_that_has_another_amount_is_refused(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");                /* order_1, 10.15 INR */
    assert_int_equal(submit(b, form_of(b, "order_1", "", token(b, "order_1", 25600, FIXTURE_NOW))), 409);
    assert_has(&b->x, "another amount");
}

static void what_is_malformed_is_named_and_makes_no_order(void **state)
{
    static const struct { const char *form, *says; } wrong[] = {
        { "orderId=a", "appId" },
        { "appId=x&orderId=a%20b", "orderId" },
        { "appId=x&orderId=a1&orderAmount=0.10", "orderAmount" },
        { "appId=x&orderId=a1&orderAmount=10&orderCurrency=XXXX", "orderCurrency" },
        { "appId=x&orderId=a1&orderAmount=10", "customerName" },
        { "appId=x&orderId=a1" FIELDS "&paymentModes=cc,gold&tokenData=t", "paymentModes" },
        { "appId=x&orderId=a1" FIELDS "&notifyUrl=javascript%3Ax&tokenData=t", "notifyUrl" },
        { "appId=x&orderId=a1" FIELDS "&orderNote=4706131211212123&tokenData=t", "card number" },
        { "appId=x&orderId=a1" FIELDS, "tokenData" },
        { "appId=x&orderId=a1" FIELDS "&tokenData=t&signature=s", "tokenData" },
        { "appId=x&appId=y&orderId=a1" FIELDS "&tokenData=t", "twice" },
        { "appId=x&orderId=a1" FIELDS "&orderNote=preauth_transaction&tokenData=t", "preauthorisation" },
    };
    struct obed *b = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(submit(b, wrong[i].form), 400);
        if (!strstr(b->x.body, wrong[i].says))
            fail_msg("%s: %s", wrong[i].form, b->x.body);
    }
    assert_int_equal(submit(b, "appId=nobody&orderId=a1" FIELDS "&tokenData=t"), 403);
}

static void a_signature_covers_every_field_but_itself_in_the_order_of_their_names(void **state)
{
    struct obed *b = *state;
    struct arena *a = b->tokens.f->arena;
    struct span text;

    assert_int_equal(billpay_signed_text(&text, a, SPAN("b=2&signature=x%3D&a=1+1&ab=&B=3"), false), FAULT_NONE);
    assert_true(span_equal(text, SPAN("B3a1 1abb2")));
    assert_int_equal(billpay_signed_text(&text, a, SPAN("orderId=1&card_number=2&paymentOption=card&zeal=3"), true),
                     FAULT_NONE);
    assert_true(span_equal(text, SPAN("orderId1zeal3")));
    assert_int_equal(billpay_signed_text(&text, a, SPAN("a=1&a=2"), false), FAULT_BAD_INPUT);
    assert_int_equal(billpay_signed_text(&text, a, SPAN("a=%zz"), false), FAULT_BAD_INPUT);
}

/* What is signed are bytes without bounds: each of these has the bytes of an honest form, cut otherwise. */
static void a_form_whose_signed_bytes_could_be_cut_otherwise_is_refused(void **state)
{
    static const char *const cut[] = {
        "appId=x&orderAmount=10&orderCurrencyUSD=&orderId=a1&returnUrl=https%3A%2F%2Fshop.example%2F",
        "appId=x&customerName=Eve&orderAmount=1&orderCurrency=INR&orderId=a1"
        "&orderNote=zzcustomerPhone888orderAmount5000orderCurrencyINRorderIda1",
        "appId=x&orderAmount=10&orderId=a1&orderNote=xpaymentModesupi",
        "appId=x&orderAmount=10&orderId=a1&paymentModesupi=",
        "appId=x&orderId=a1&returnUrl=https%3A%2F%2Fshop.example%2F%3ForderAmount%3D1",
        "1517572752000%7B%22customer_name%22%3A%22=&appId=x&orderAmount=1&orderId=a1&zz%22%7D=",
    };
    struct obed *b = *state;
    struct arena *a = b->tokens.f->arena;
    struct span text;

    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        assert_int_equal(billpay_signed_text(&text, a, span_of(cut[i]), false), FAULT_BAD_INPUT);
    assert_int_equal(billpay_signed_text(&text, a, SPAN("appId=x&customerName=Eve&orderAmount=10&orderId=a1&returnUrl="
                         "https%3A%2F%2Fshop.example%2F%3ForderId%3D%7Border_id%7D%26appId%3D1&zeal=order"), false),
                     FAULT_NONE);
}

static void an_address_that_only_seems_to_be_of_a_host_has_no_origin(void **state)
{
    static const char *const none[] = {
        "https://shop.example@evil.example/", "https://shop.example:x@evil.example/",
        "https://shop.example;.evil.example/", "https://shop.example,evil.example/",
        "https://shop.example\\@evil.example/", "https://shop.example%40evil.example",
        "https:///evil.example", "https://", "javascript:alert(1)", "//evil.example", "ftp://shop.example/", "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (!span_absent(page_origin(span_of(none[i]))))
            fail_msg("%s", none[i]);
    assert_true(span_equal(page_origin(SPAN("https://shop.example:8443/a@b;c")), SPAN("https://shop.example:8443")));
    assert_true(span_equal(page_origin(SPAN("http://[::1]:80?a")), SPAN("http://[::1]:80")));
    assert_true(span_equal(page_origin(SPAN("https://shop.example")), SPAN("https://shop.example")));
}

#define CARD_FIELDS "&paymentOption=card&card_number=4706131211212123&card_holder=Asha&card_expiryMonth=03" \
                    "&card_expiryYear=2039&card_cvv=123"

static void what_is_paid_with_stands_in_the_form_and_the_payment_begins_with_the_order(void **state)
{
    static const struct { const char *order_id, *more, *where; } all[] = {
        { "s_card", CARD_FIELDS, "/otp/" },
        { "s_nb", "&paymentOption=nb&paymentCode=3333", "/pg/view/gateway/" },
        { "s_wallet", "&paymentOption=wallet&paymentCode=4007", "/pg/view/gateway/" },
        { "s_named", "&paymentOption=wallet&paymentCode=phonepe", "/pg/view/gateway/" },
        { "s_upi", "&paymentOption=upi&upi_vpa=testsuccess%40gocash", "/checkout/session_" },
        { "s_qr", "&paymentOption=upi&upiMode=qrcode", "/wait/" },
        { "s_later", "&paymentOption=paylater&paymentCode=4503", "/result/" },      /* too little for a lender */
        { "s_emi", "&paymentOption=emi&paymentCode=6001&emiPlan=6&card_number=4111464776554152&card_expiryMonth=03"
                   "&card_expiryYear=39&card_cvv=123", "/otp/" },
    };
    struct obed *b = *state;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *good = token(b, all[i].order_id, 25600, FIXTURE_NOW);

        assert_int_equal(submit(b, form_of(b, all[i].order_id, all[i].more, good)), 303);
        if (!strstr(xbed_answer_header(&b->x, "Location"), all[i].where) ||
            strstr(xbed_answer_header(&b->x, "Location"), "e="))
            fail_msg("%s: %s", all[i].order_id, xbed_answer_header(&b->x, "Location"));
    }
}

static void what_is_wrong_with_it_is_said_on_the_page_of_its_order(void **state)
{
    static const struct { const char *order_id, *more, *where; } all[] = {
        { "w_number", "&paymentOption=card&card_number=4706131211212124&card_expiryMonth=03&card_expiryYear=2039"
                      "&card_cvv=123", "?e=number&m=card" },
        { "w_code", "&paymentOption=card&card_number=4706131211212123&card_expiryMonth=03&card_expiryYear=2039",
          "?e=code&m=card" },
        { "w_expired", "&paymentOption=card&card_number=4706131211212123&card_expiryMonth=03&card_expiryYear=2020"
                       "&card_cvv=123", "?e=expired&m=card" },
        { "w_upi", "&paymentOption=upi&upi_vpa=nobody", "?e=upi&m=upi" },
        { "w_bank", "&paymentOption=nb", "?e=choose&m=bank" },
        { "w_paypal", "&paymentOption=paypal", "?e=method&m=card" },
        { "w_mode", "&paymentModes=upi" CARD_FIELDS, "?e=method&m=card" },
        { "w_plan", "&paymentOption=emi&paymentCode=6005", "?e=method&m=card" },
    };
    struct obed *b = *state;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *good = token(b, all[i].order_id, 25600, FIXTURE_NOW);

        assert_int_equal(submit(b, form_of(b, all[i].order_id, all[i].more, good)), 303);
        if (!strstr(xbed_answer_header(&b->x, "Location"), all[i].where))
            fail_msg("%s: %s", all[i].order_id, xbed_answer_header(&b->x, "Location"));
    }
    assert_int_equal(submit(b, form_of(b, "w_option", "&paymentOption=gold", token(b, "w_option", 25600, FIXTURE_NOW))),
                     400);
    assert_has(&b->x, "paymentOption");
}

static void a_wrong_token_begins_no_payment(void **state)
{
    struct obed *b = *state;

    assert_int_equal(submit(b, form_of(b, "s_x", CARD_FIELDS, token(b, "s_y", 25600, FIXTURE_NOW))), 403);
    assert_int_equal(submit(b, form_of(b, "s_x", CARD_FIELDS, token(b, "s_x", 25600, FIXTURE_NOW))), 303);
    assert_non_null(strstr(xbed_answer_header(&b->x, "Location"), "/otp/"));
}

static void nothing_of_a_card_in_the_form_is_in_the_answer(void **state)
{
    struct obed *b = *state;

    assert_int_equal(submit(b, form_of(b, "s_card", CARD_FIELDS, token(b, "s_card", 25600, FIXTURE_NOW))), 303);
    assert_null(strstr(xbed_answer_header(&b->x, "Location"), "470613"));
    assert_null(strstr(b->x.body, "470613"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, obed_setup, obed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_token_of_the_same_fields_opens_the_page_of_its_order),
        T(a_token_of_another_order_amount_or_hour_opens_nothing),
        T(an_order_id_that_has_another_amount_is_refused),
        T(what_is_malformed_is_named_and_makes_no_order),
        T(what_is_paid_with_stands_in_the_form_and_the_payment_begins_with_the_order),
        T(what_is_wrong_with_it_is_said_on_the_page_of_its_order),
        T(a_wrong_token_begins_no_payment),
        T(nothing_of_a_card_in_the_form_is_in_the_answer),
        T(a_signature_covers_every_field_but_itself_in_the_order_of_their_names),
        T(a_form_whose_signed_bytes_could_be_cut_otherwise_is_refused),
        T(an_address_that_only_seems_to_be_of_a_host_has_no_origin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
