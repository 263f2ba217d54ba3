/* orderpay_bed.h: a shopper at Cashfree's Order Pay, over a real store, vault, keyholder, simulated network and
 * simulated acquirer, without HTTP. */
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include "exchange_bed.h"
#include "token_bed.h"

#include "acquirer/sim/sim_acquirer.h"
#include "dialect/cashfree/cashfree.h"
#include "domain/test_payments.h"
#include "keyholder/client.h"
#include "service/payments.h"

enum { OBED_TEXT = 256, OBED_WAIT_MS = 2000, OBED_BRIEF_MS = 100, OBED_NETWORK_MS = 2000, OBED_KEY_MS = 5000 };

#define OBED_SESSIONS "POST /pg/orders/sessions"
#define OBED_PAY "POST /pg/orders/pay"
#define OBED_OTP "POST /pg/orders/pay/authenticate/{cf_payment_id}"
#define OBED_DELETE "DELETE /pg/customers/{customer_id}/instruments/{instrument_id}"
#define OBED_LIST "GET /pg/customers/{customer_id}/instruments"

/* Published test cards (domain/test_cards.c). */
#define OBED_VISA "4706131211212123"
#define OBED_MASTERCARD "5105105105105100"
#define OBED_AXIS "4111464776554152"

struct obed {
    struct token_bed tokens;
    struct services *s;
    struct keyholder *acquirer_keyholder;
    struct sim_acquirer *sim;
    struct xbed x;
    char acquirer_path[64];
    char session[OBED_TEXT], order_token[OBED_TEXT], payment[OBED_TEXT];      /* of the last order, the last payment */
    unsigned orders;
};

static inline void obed_open_acquirer(struct obed *b, int wait_ms)
{
    const struct acquirer_options front = { .wait_ms = wait_ms, .notice = payments_notice, .arg = b->s->payments };
    int pair[2];

    assert_int_equal(keyholder_new(&b->acquirer_keyholder, NULL, NULL), FAULT_NONE);
    keyholder_set_wait(b->acquirer_keyholder, OBED_KEY_MS);
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(serve_connection(b->tokens.f->serve, pair[1], MAY_ACQUIRE), FAULT_NONE);
        keyholder_channel(b->acquirer_keyholder, i, pair[0]);
    }
    assert_int_equal(acquirer_new(&b->s->acquirer, &front), FAULT_NONE);
    (void)snprintf(b->acquirer_path, sizeof b->acquirer_path, "%s/acq", b->tokens.f->folder);
    assert_int_equal(sim_acquirer_open(&b->sim, &(struct sim_acquirer_options){
        .path = b->acquirer_path, .clock = b->s->clock, .keyholder = b->acquirer_keyholder, .acquirer = b->s->acquirer,
        .network = b->s->network,
    }), FAULT_NONE);
    b->s->sim_acquirer = b->sim;
}

static inline int obed_setup_with(void **state, int wait_ms)
{
    struct obed *b = calloc(1, sizeof *b);

    assert_non_null(b);
    token_bed_open(&b->tokens);
    b->s = &b->tokens.f->services;
    fixture_network_stop(b->tokens.f);
    fixture_network_start(b->tokens.f, OBED_NETWORK_MS);
    assert_int_equal(payments_new(&b->s->payments, b->s), FAULT_NONE);
    obed_open_acquirer(b, wait_ms);
    xbed_open(&b->x, b->tokens.f, &cashfree_dialect);
    *state = b;
    return 0;
}

static inline int obed_setup(void **state)
{
    return obed_setup_with(state, OBED_WAIT_MS);
}

/* For an acquirer that will not answer. */
static inline int obed_setup_brief(void **state)
{
    return obed_setup_with(state, OBED_BRIEF_MS);
}

static inline int obed_teardown(void **state)
{
    struct obed *b = *state;

    xbed_close(&b->x);
    acquirer_stop(b->s->acquirer);
    payments_free(b->s->payments);
    sim_acquirer_close(b->sim);
    acquirer_free(b->s->acquirer);
    keyholder_free(b->acquirer_keyholder);
    token_bed_close(&b->tokens);
    free(b);
    return 0;
}

/* The text or number behind "name": in the last answer; "" where it is null or not there. */
static inline const char *obed_member(const struct obed *b, const char *name)
{
    static char text[OBED_TEXT];
    char key[64];
    const char *at;
    size_t n;

    (void)snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(b->x.body, key);
    text[0] = '\0';
    if (!at)
        return text;
    at += strlen(key);
    at += *at == '"';
    n = strcspn(at, "\",}");
    assert_true(n < sizeof text);
    (void)snprintf(text, sizeof text, "%.*s", (int)n, at);
    return text;
}

static inline struct xbed_sent obed_merchant(const struct obed *b, const char *route, const char *version)
{
    const struct merchant_credentials *m = &b->tokens.merchant.cashfree;

    return (struct xbed_sent){ .route = route, .headers = { { "x-api-version", version },
        { "x-client-id", m->client_id }, { "x-client-secret", m->client_secret } } };
}

#define OBED_CUSTOMER "\"customer_details\":{\"customer_id\":\"anna\",\"customer_phone\":\"9908734801\"}"

/* An order with `more` of its body; its session, and its order token where the version has one. */
static inline void obed_order_of(struct obed *b, const char *amount, const char *version, const char *customer,
                                 const char *more)
{
    struct xbed_sent s = obed_merchant(b, "POST /pg/orders", version);
    char body[2048];

    (void)snprintf(body, sizeof body,
                   "{\"order_id\":\"order_%u\",\"order_amount\":%s,\"order_currency\":\"INR\",%s%s}",
                   ++b->orders, amount, customer, more);
    s.body = body;
    if (xbed_send(&b->x, s) != 200)
        fail_msg("%s", b->x.body);
    (void)snprintf(b->session, sizeof b->session, "%s", obed_member(b, "payment_session_id"));
    (void)snprintf(b->order_token, sizeof b->order_token, "%s", obed_member(b, "order_token"));
}

static inline void obed_order_as(struct obed *b, const char *version, const char *customer, const char *more)
{
    obed_order_of(b, "10.15", version, customer, more);
}

static inline void obed_order(struct obed *b, const char *more)
{
    obed_order_as(b, "2025-01-01", OBED_CUSTOMER, more);
}

/* Pay the last order by `method`, a payment_method; `more` of the body. The payment's id is kept. */
static inline unsigned obed_pay_as(struct obed *b, const char *version, const char *method, const char *more)
{
    char body[4096];
    unsigned status;

    (void)snprintf(body, sizeof body, "{\"payment_session_id\":\"%s\",\"payment_method\":%s%s}", b->session, method,
                   more);
    status = xbed_send(&b->x, (struct xbed_sent){ .route = OBED_SESSIONS, .body = body,
                                                  .headers = { { "x-api-version", version } } });
    if (status == 200)
        (void)snprintf(b->payment, sizeof b->payment, "%s", obed_member(b, "cf_payment_id"));
    return status;
}

static inline unsigned obed_pay(struct obed *b, const char *method)
{
    return obed_pay_as(b, "2025-01-01", method, "");
}

static inline unsigned obed_send_otp(struct obed *b, const char *body)
{
    return xbed_send(&b->x, (struct xbed_sent){ .route = OBED_OTP, .param = b->payment, .body = body,
                                                .headers = { { "x-api-version", "2025-01-01" } } });
}

static inline unsigned obed_otp(struct obed *b, const char *otp)
{
    char body[128];

    (void)snprintf(body, sizeof body, "{\"action\":\"SUBMIT_OTP\",\"otp\":\"%s\"}", otp);
    return obed_send_otp(b, body);
}

#define OBED_CARD(channel, number) \
    "{\"card\":{\"channel\":\"" channel "\",\"card_number\":\"" number "\",\"card_holder_name\":\"Anna\"," \
    "\"card_expiry_mm\":\"03\",\"card_expiry_yy\":\"28\",\"card_cvv\":\"123\"}}"

static inline void obed_check(const struct obed *b, unsigned status, const char *code, const char *message)
{
    char got[OBED_TEXT];

    (void)snprintf(got, sizeof got, "%s", obed_member(b, "code"));
    if (b->x.x.answer.status != status || strcmp(got, code) != 0 || (message && !strstr(b->x.body, message)))
        fail_msg("%u %s instead of %u %s %s", b->x.x.answer.status, b->x.body, status, code, message ? message : "");
}

static inline struct acquirer_counts obed_counts(const struct obed *b)
{
    struct acquirer_counts c;

    assert_int_equal(sim_acquirer_counts(b->sim, &c), FAULT_NONE);
    return c;
}
