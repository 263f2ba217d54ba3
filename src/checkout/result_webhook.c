/* result_webhook.c: the result of the order-token flow, sent by the server. */
#include "checkout/result_webhook.h"

#include "checkout/result.h"
#include "service/orders.h"

#include "base/banned.h"

/* The signature is a field of the form, so the body is written when it is there. */
struct letter { struct order_row order; struct payment_row payment; struct result result; };

static enum fault gather(struct webhook_letter *l, struct store_tx *tx)
{
    struct letter *r = l->state = arena_take(l->arena, sizeof *r);
    int64_t merchant_id = l->delivery->merchant_id;
    enum fault f = r ? FAULT_NONE : FAULT_INTERNAL;

    if (!f)
        f = payments_find(tx, &r->payment, l->arena, merchant_id, l->delivery->subject_no);
    if (!f)
        f = order_fetch(tx, &r->order, l->arena, merchant_id, r->payment.order_id);
    return f;
}

static enum fault write(struct webhook_letter *l)
{
    struct letter *r = l->state;
    struct buf text = arena_buf(l->arena, RESULT_TEXT_MAX);
    enum fault f = result_make(l->services, &r->result, l->arena, &r->order, &r->payment, l->delivery->subject_state,
                               l->now_ms);

    if (!f)
        f = result_text(&text, &r->result);
    l->signed_text = buf_view(&text);
    l->content_type = "application/x-www-form-urlencoded";
    return f;
}

static enum fault sign(struct webhook_letter *l)
{
    const struct letter *r = l->state;
    struct buf body = arena_buf(l->arena, RESULT_FORM_MAX);
    char text[SIGNING_TEXT];
    enum fault f = signing_read(text, &l->signature);

    if (!f)
        f = result_form(&body, &r->result, span_of(text));
    l->body = buf_view(&body);
    return f;
}

const struct webhook_writer result_webhooks = {
    .kind = ENDPOINT_FORM, .wants = 1u << WEBHOOK_RESULT, .with_secret = true,
    .gather = gather, .write = write, .sign = sign,
};
