/* webhook_writer.c: envelope, headers and signature of Cashfree's webhooks (reference 4.1). */
#include "dialect/cashfree/webhook_parts.h"

#include <string.h>

#include "base/base64.h"
#include "base/isotime.h"
#include "domain/money.h"
#include "service/parts.h"

#include "base/banned.h"

enum { DIGITS = 24, ENVELOPE = 256 };

/* The key that is the same for all tries is no question but the first of a letter from this version on. */
static bool has_idempotency_key(const struct cf_letter *c)
{
    return c->version >= API_2025_01_01;
}

static enum api_version version_of(struct span name)
{
    enum api_version v = api_version_of(name);

    return v == API_UNKNOWN ? API_2022_01_01 : v;     /* 2021-09-21, which only webhooks have */
}

static enum fault ask_idempotency_key(struct webhook_letter *l)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t number = (uint64_t)l->delivery->delivery_no;
    struct buf name = arena_buf(l->arena, 16);
    struct key_ask *ask = &l->asks[l->n_asks];

    for (int shift = 60; shift >= 0; shift -= 4)
        buf_byte(&name, (uint8_t)hex[number >> shift & 15]);
    *ask = (struct key_ask){
        .op = KEY_MAC, .use = KEY_USE_DIGEST, .in = buf_view(&name), .out = arena_buf(l->arena, KEY_MAC_SIZE),
        .about = parts_about(l->arena, "webhook.delivery", l->delivery->merchant_id, SPAN("")),
    };
    if (name.full || ask->out.full || span_absent(ask->about))
        return FAULT_INTERNAL;
    l->n_asks++;
    return FAULT_NONE;
}

static enum fault gather(struct webhook_letter *l, struct store_tx *tx)
{
    struct cf_letter *c = l->state = arena_take(l->arena, sizeof *c);
    enum fault f;

    if (!c)
        return FAULT_INTERNAL;
    c->version = version_of(l->endpoint->version);
    f = has_idempotency_key(c) ? ask_idempotency_key(l) : FAULT_NONE;
    if (f)
        return f;
    switch ((enum webhook_event)l->delivery->event) {
    case WEBHOOK_PAYMENT_SUCCESS: case WEBHOOK_PAYMENT_FAILED: case WEBHOOK_PAYMENT_DROPPED:
        return webhook_payment_gather(l, tx);
    case WEBHOOK_REFUND: case WEBHOOK_AUTO_REFUND:
        return webhook_refund_gather(l, tx);
    case WEBHOOK_INSTRUMENT_ACTIVE: case WEBHOOK_INSTRUMENT_FAILED:
        return webhook_instrument_gather(l, tx);
    case WEBHOOK_TOKEN: case WEBHOOK_RESULT: case WEBHOOK_EVENTS:
        break;
    }
    return FAULT_NOT_FOUND;
}

static const char *type_of(enum webhook_event e)
{
    switch (e) {
    case WEBHOOK_PAYMENT_SUCCESS:   return "PAYMENT_SUCCESS_WEBHOOK";
    case WEBHOOK_PAYMENT_FAILED:    return "PAYMENT_FAILED_WEBHOOK";
    case WEBHOOK_PAYMENT_DROPPED:   return "PAYMENT_USER_DROPPED_WEBHOOK";
    case WEBHOOK_REFUND:            return "REFUND_STATUS_WEBHOOK";
    case WEBHOOK_AUTO_REFUND:       return "AUTO_REFUND_STATUS_WEBHOOK";
    case WEBHOOK_INSTRUMENT_ACTIVE: return "INSTRUMENT_ACTIVE_WEBHOOK";
    case WEBHOOK_INSTRUMENT_FAILED: return "INSTRUMENT_FAILED_WEBHOOK";
    case WEBHOOK_TOKEN: case WEBHOOK_RESULT: case WEBHOOK_EVENTS:
        break;
    }
    return NULL;
}

static void put_data(struct json_out *o, const struct webhook_letter *l)
{
    switch ((enum webhook_event)l->delivery->event) {
    case WEBHOOK_PAYMENT_SUCCESS: case WEBHOOK_PAYMENT_FAILED: case WEBHOOK_PAYMENT_DROPPED:
        webhook_payment_put(o, l);
        break;
    case WEBHOOK_REFUND: case WEBHOOK_AUTO_REFUND:
        webhook_refund_put(o, l);
        break;
    case WEBHOOK_INSTRUMENT_ACTIVE: case WEBHOOK_INSTRUMENT_FAILED:
        webhook_instrument_put(o, l);
        break;
    case WEBHOOK_TOKEN: case WEBHOOK_RESULT: case WEBHOOK_EVENTS:
        break;
    }
}

static void put_body(struct buf *b, const struct webhook_letter *l)
{
    struct json_out o = json_out(b);
    char time[ISOTIME_TEXT];

    isotime_ist(time, l->delivery->at_ms);
    json_object(&o);
    json_key(&o, "data");
    json_object(&o);
    put_data(&o, l);
    json_object_end(&o);
    json_put_str(&o, "event_time", time);
    json_put_str(&o, "type", type_of((enum webhook_event)l->delivery->event));
    json_object_end(&o);
}

static enum fault number_header(struct webhook_letter *l, const char *name, int64_t number)
{
    char digits[DIGITS];
    struct buf b = BUF(digits);

    buf_i64(&b, number);
    return webhook_header(l, name, buf_view(&b));
}

static enum fault key_header(struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;
    char text[SIGNING_TEXT];
    struct buf b = BUF(text);

    if (!has_idempotency_key(c))
        return FAULT_NONE;
    if (l->asks[0].fault || l->asks[0].out.n != KEY_MAC_SIZE)
        return l->asks[0].fault ? l->asks[0].fault : FAULT_INTERNAL;
    base64_put(&b, buf_view(&l->asks[0].out));
    return webhook_header(l, "x-idempotency-key", buf_view(&b));
}

static enum fault put_headers(struct webhook_letter *l)
{
    enum fault f = number_header(l, "x-webhook-timestamp", l->now_ms);

    if (!f)
        f = webhook_header(l, "x-webhook-version", l->endpoint->version);
    if (!f)
        f = number_header(l, "x-webhook-attempt", l->delivery->attempts + 1);
    return f ? f : key_header(l);
}

static enum fault read_private(struct webhook_letter *l)
{
    struct cf_letter *c = l->state;
    enum fault f = l->delivery->event <= WEBHOOK_PAYMENT_DROPPED ? webhook_payment_open(l) : FAULT_NONE;

    if (f || c->private_at_hand)
        return f;
    f = order_read_private(l->services, &c->private, &l->asks[l->n_asks - 1], &c->order, l->now_ms);
    return f == FAULT_DENIED ? FAULT_NONE : f;        /* a record that does not open: its customer is not known */
}

/* What is signed is the time and the body behind it, so both are written in one piece. */
static enum fault write(struct webhook_letter *l)
{
    enum fault f = read_private(l);
    struct buf b;
    size_t before;

    if (f)
        return f;
    b = arena_buf(l->arena, DIGITS + ENVELOPE + WEBHOOK_PLAIN_MAX + webhook_texts_size(l->state));
    buf_i64(&b, l->now_ms);
    before = b.n;
    put_body(&b, l);
    f = buf_done(&b, &l->signed_text);
    if (f)
        return f;
    l->body = (struct span){ l->signed_text.p + before, l->signed_text.n - before };
    l->content_type = "application/json";
    return l->body.n > COURIER_BODY_MAX ? FAULT_INTERNAL : put_headers(l);
}

static enum fault sign(struct webhook_letter *l)
{
    char text[SIGNING_TEXT];
    enum fault f = signing_read(text, &l->signature);

    return f ? f : webhook_header(l, "x-webhook-signature", span_of(text));
}

void webhook_amount_put(struct json_out *o, const char *key, int64_t minor, struct span currency)
{
    struct money m = { .minor = minor };
    char text[MONEY_TEXT];
    struct buf b = BUF(text);

    if (currency.n == sizeof m.currency - 1)
        memcpy(m.currency, currency.p, currency.n);
    money_full(&b, m);
    json_put_raw(o, key, buf_view(&b));
}

/* Text escapes to six bytes each at most; fragments are escaped. */
size_t webhook_texts_size(const struct cf_letter *c)
{
    return c->order.tags.n + 6 * (c->private.customer.n + c->payment.handle.n + c->refund.note.n + c->refund.splits.n +
                                  c->token.customer_id.n + c->token.issuer.n + c->payment.issuer.n);
}

const struct webhook_writer cashfree_webhooks = {
    .kind = ENDPOINT_CASHFREE,
    .wants = 1u << WEBHOOK_PAYMENT_SUCCESS | 1u << WEBHOOK_PAYMENT_FAILED | 1u << WEBHOOK_PAYMENT_DROPPED |
             1u << WEBHOOK_REFUND | 1u << WEBHOOK_AUTO_REFUND |
             1u << WEBHOOK_INSTRUMENT_ACTIVE | 1u << WEBHOOK_INSTRUMENT_FAILED,
    .with_secret = true, .gather = gather, .write = write, .sign = sign,
};
