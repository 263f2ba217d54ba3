/* letter_bed.h: an order, a payment, a refund and a token, and a sender that tells of them in each API's words. */
#pragma once

#include "webhook_bed.h"

#include "checkout/result_webhook.h"
#include "dialect/cashfree/webhooks.h"
#include "dialect/juspay/token_update.h"
#include "dialect/paytm/notify.h"
#include "domain/bin.h"
#include "domain/payment.h"
#include "domain/refund.h"
#include "domain/scheme.h"
#include "domain/token.h"
#include "service/endpoints.h"
#include "service/ids.h"
#include "service/orders.h"
#include "service/pay.h"
#include "store/refunds.h"
#include "store/tokens.h"

#include "base/banned.h"

#define LETTER_URL "https://shop.example/hook"

static const struct webhook_writer *const letter_writers[] = {
    &cashfree_webhooks, &result_webhooks, &paytm_webhooks, &juspay_webhooks, NULL,
};

/* What the letters are about. */
struct letter_desk {
    struct wbed *b;
    struct order_row order;
    struct payment_row payment;
    struct refund_row refund;
    struct token_row token;
    struct key_ask seal;
    struct order_new wish;
    uint8_t owner[CARD_OWNER], fingerprint[CARD_FINGERPRINT];
};

static inline enum fault letter_insert_work(struct store_tx *tx, void *arg)
{
    struct letter_desk *d = arg;
    enum fault f = order_create(tx, &d->order, &d->wish, &d->seal, FIXTURE_NOW);

    d->payment.order_no = d->refund.order_no = d->order.order_no;
    d->payment.order_id = d->refund.order_id = d->order.order_id;
    if (!f)
        f = tokens_next_no(tx, &d->token.token_no, d->token.merchant_id, FIXTURE_NOW);
    if (!f)
        f = tokens_insert(tx, &d->token);
    if (!f)
        f = consents_insert(tx, &(struct consent_row){ d->token.merchant_id, d->token.token_no, FIXTURE_NOW,
                                                       CONSENT_BY_CASHFREE, { 0 }, SPAN("4711") });
    if (!f)
        f = payments_next_no(tx, &d->payment.payment_no, d->payment.merchant_id);
    if (!f)
        f = payments_insert(tx, &d->payment);
    d->refund.payment_no = d->payment.payment_no;
    if (!f)
        f = refunds_next_no(tx, &d->refund.refund_no, d->refund.merchant_id);
    return f ? f : refunds_insert(tx, &d->refund);
}

static inline struct order_new letter_order(int64_t merchant_id)
{
    return (struct order_new){
        .merchant_id = merchant_id, .order_id = SPAN("order_1"), .customer_id = SPAN("cust_1"),
        .tags = SPAN("{\"shelf\":\"4\"}"), .amount = { 17000, "INR" },
        .private.customer = SPAN("{\"customer_id\":\"cust_1\",\"customer_name\":\"Anna\",\"customer_email\":null,"
                                 "\"customer_phone\":\"9999999999\"}"),
    };
}

static inline struct payment_row letter_payment(int64_t merchant_id)
{
    return (struct payment_row){
        .merchant_id = merchant_id, .amount_minor = 17000, .currency = SPAN("INR"), .state = PAYMENT_SUCCESS,
        .method = PAYMENT_BY_CARD, .channel = PAYMENT_LINK, .created_ms = FIXTURE_NOW,
        .completed_ms = FIXTURE_NOW + 2000, .bank_ref = SPAN("BR1"), .auth_id = SPAN("A1"), .scheme = SCHEME_VISA,
        .type = BIN_CREDIT, .sub = BIN_RETAIL, .last4 = SPAN("1111"), .issuer = SPAN("HDFC Bank"),
        .country = SPAN("IN"), .flight = SPAN(""),
    };
}

static inline struct letter_desk *letter_desk_new(struct wbed *b)
{
    int64_t merchant_id = b->f->merchant.merchant_id;
    struct letter_desk *d = calloc(1, sizeof *d);

    assert_non_null(d);
    d->b = b;
    d->wish = letter_order(merchant_id);
    d->payment = letter_payment(merchant_id);
    d->refund = (struct refund_row){
        .merchant_id = merchant_id, .refund_id = SPAN("refund_1"), .amount_minor = 5050, .currency = SPAN("INR"),
        .note = SPAN("broken"), .status = REFUND_SUCCESS, .arn = SPAN("7400"), .created_ms = FIXTURE_NOW,
        .processed_ms = FIXTURE_NOW + 3000,
        .splits = SPAN("[{\"vendor_id\":\"V1\",\"amount\":1.5,\"tags\":null}]"),
    };
    d->token = (struct token_row){
        .merchant_id = merchant_id, .owner = { d->owner, CARD_OWNER },
        .fingerprint = { d->fingerprint, CARD_FINGERPRINT }, .customer_id = SPAN("cust_1"), .scheme = SCHEME_VISA,
        .status = TOKEN_ACTIVE, .expiry = 203003, .last4 = SPAN("1111"), .issuer = SPAN("HDFC Bank"),
        .country = SPAN("IN"), .type = BIN_CREDIT, .sub = BIN_RETAIL, .par = SPAN("V0010013000000000000000000000A"),
        .verdict = NETWORK_DECLINED, .network_ref = SPAN("REF1"), .bin9 = SPAN("400000000"),
        .token_last4 = SPAN("2222"),
        .created_ms = FIXTURE_NOW, .updated_ms = FIXTURE_NOW,
    };
    assert_int_equal(order_prepare(&d->wish, &d->seal, b->f->arena), FAULT_NONE);
    fixture_ask(b->f, &d->seal, 1);
    assert_int_equal(store_write(b->s->store, letter_insert_work, d), FAULT_NONE);
    return d;
}

static inline int letter_setup(void **state)
{
    struct wbed *b = wbed_open(state, letter_writers);

    if (!b)
        return -1;
    *state = letter_desk_new(b);
    return 0;
}

static inline int letter_teardown(void **state)
{
    struct letter_desk *d = *state;

    *state = d->b->f;
    wbed_free(d->b);
    free(d);
    return fixture_teardown(state);
}

static inline void letter_endpoint(struct letter_desk *d, enum endpoint_kind kind, const char *version)
{
    const struct endpoint_new n = {
        .merchant_id = d->order.merchant_id, .kind = kind, .url = SPAN(LETTER_URL), .version = span_of(version),
        .authorization = span_of(kind == ENDPOINT_JUSPAY ? "Basic abc=" : NULL),
    };
    int64_t no;
    const char *why;

    assert_int_equal(endpoint_add(d->b->s, &no, &n, &why), FAULT_NONE);
}

/* Tell, and give the body that arrived. */
static inline const char *letter_told(struct letter_desk *d, enum webhook_event event, int64_t subject_no,
                                      int64_t state)
{
    size_t before = wbed_n_calls(d->b);
    bool of_order = event != WEBHOOK_TOKEN && event != WEBHOOK_INSTRUMENT_ACTIVE && event != WEBHOOK_INSTRUMENT_FAILED;

    wbed_tell(d->b, (struct webhook_news){
        .event = event, .merchant_id = d->order.merchant_id, .order_no = of_order ? d->order.order_no : 0,
        .subject_no = subject_no, .state = state, .at_ms = FIXTURE_NOW,
        .notify_url = event == WEBHOOK_RESULT ? SPAN(LETTER_URL) : (struct span){ 0 } });
    wbed_wait(d->b, d->order.merchant_id, 0, DELIVERY_DONE, 1);
    assert_int_equal(wbed_n_calls(d->b), before + 1);
    return d->b->calls[before].body;
}

/* `format` with each '#' replaced by the next of the numbers. */
static inline void letter_fill(char out[static WBED_TEXT], const char *format, const uint64_t *numbers)
{
    struct buf b = { (uint8_t *)out, 0, WBED_TEXT - 1, false };

    for (; *format; format++) {
        if (*format == '#')
            buf_u64(&b, *numbers++);
        else
            buf_byte(&b, (uint8_t)*format);
    }
    assert_false(b.full);
    out[b.n] = '\0';
}

/* One more payment of the order, as `p`; its number. */
struct letter_more { struct letter_desk *d; struct payment_row p; };

static inline enum fault letter_more_work(struct store_tx *tx, void *arg)
{
    struct letter_more *m = arg;
    enum fault f = payments_next_no(tx, &m->p.payment_no, m->p.merchant_id);

    m->p.order_no = m->d->order.order_no;
    m->p.order_id = m->d->order.order_id;
    return f ? f : payments_insert(tx, &m->p);
}

static inline int64_t letter_pay(struct letter_desk *d, struct payment_row p)
{
    struct letter_more m = { d, p };

    assert_int_equal(store_write(d->b->s->store, letter_more_work, &m), FAULT_NONE);
    return m.p.payment_no;
}

/* `part` is in the body that was told. */
#define assert_tells(body, part)                                                                              \
    do {                                                                                                      \
        const char *told_body = (body);                                                                       \
        if (!strstr(told_body, (part)))                                                                       \
            fail_msg("%s is not in %s", (part), told_body);                                                   \
    } while (0)
