/* result.c: the result of the order-token flow. */
#include "checkout/result.h"

#include "acquirer/acquirer.h"
#include "base/isotime.h"
#include "checkout/form.h"
#include "domain/bin.h"
#include "domain/payment.h"
#include "domain/test_payments.h"
#include "service/orders.h"
#include "service/pay.h"

#include "base/banned.h"

enum { TIME_TEXT = 19, IST_ZONE_AT = 10 };        /* "2018-02-02 17:29:12"; where the 'T' of ISO 8601 stands */

const char *result_status(int64_t payment_state)
{
    switch ((enum payment_state)payment_state) {
    case PAYMENT_SUCCESS:
        return "SUCCESS";
    case PAYMENT_FLAGGED:
        return "FLAGGED";
    case PAYMENT_BEGUN: case PAYMENT_FACTOR: case PAYMENT_APPROVAL:
        return "PENDING";
    case PAYMENT_FAILED:
        return "FAILED";
    case PAYMENT_DROPPED: case PAYMENT_VOID: case PAYMENT_CANCELLED: case PAYMENT_STATES:
        break;
    }
    return "CANCELLED";
}

/* The words of the published samples (reference 1.5), and nothing that a payer wrote: the values are signed with
 * nothing between them, so that behind "FAILED" a mode "SUCCESS..." is a status to whoever cuts them another way. */
static struct span mode_of(const struct payment_row *p)
{
    switch ((enum payment_method)p->method) {
    case PAYMENT_BY_CARD: case PAYMENT_BY_EMI:
        return p->type == BIN_DEBIT ? SPAN("DEBIT_CARD") : p->type == BIN_PREPAID ? SPAN("PREPAID_CARD")
                                                                                  : SPAN("CREDIT_CARD");
    case PAYMENT_BY_UPI:
        return SPAN("UPI");
    case PAYMENT_BY_NETBANKING:
        return SPAN("NET_BANKING");
    case PAYMENT_BY_APP:
        return test_provider_is_known(PAYMENT_BY_APP, p->handle) ? p->handle : SPAN("Wallet");
    case PAYMENT_BY_PAYLATER:
        return SPAN("PAY_LATER");
    case PAYMENT_BY_CARDLESS_EMI:
        return SPAN("CARDLESS_EMI");
    case PAYMENT_BY_BANKTRANSFER:
        return SPAN("BANK_TRANSFER");
    case PAYMENT_METHODS:
        break;
    }
    return SPAN("");
}

static struct span message_of(const struct payment_row *p, int64_t state)
{
    const struct acquirer_saying *says;

    switch ((enum payment_state)state) {
    case PAYMENT_SUCCESS:
        return SPAN("Transaction Successful");
    case PAYMENT_FLAGGED:
        return SPAN("Transaction is held for review");
    case PAYMENT_BEGUN: case PAYMENT_FACTOR: case PAYMENT_APPROVAL:
        return SPAN("Transaction is pending");
    case PAYMENT_FAILED:
        says = p->verdict >= 0 && p->verdict < ACQUIRER_VERDICTS ? acquirer_says((enum acquirer_verdict)p->verdict)
                                                                 : NULL;
        return says && says->declines ? span_of(says->message) : SPAN("Transaction Failed");
    case PAYMENT_DROPPED: case PAYMENT_VOID: case PAYMENT_CANCELLED: case PAYMENT_STATES:
        break;
    }
    return SPAN("Transaction was cancelled");
}

static struct span amount_of(struct arena *a, const struct order_row *o)
{
    struct buf b = arena_buf(a, MONEY_TEXT);

    money_full(&b, order_money(o));
    return buf_view(&b);
}

static struct span time_of(struct arena *a, int64_t ms)
{
    char text[ISOTIME_TEXT];

    isotime_ist(text, ms);
    text[IST_ZONE_AT] = ' ';
    return arena_copy(a, (struct span){ (const uint8_t *)text, TIME_TEXT });
}

enum fault result_make(const struct services *s, struct result *out, struct arena *a, const struct order_row *o,
                       const struct payment_row *p, int64_t state, int64_t now_ms)
{
    struct buf id = arena_buf(a, 24);

    *out = (struct result){
        .order_id = o->order_id, .order_amount = amount_of(a, o), .reference_id = SPAN(""),
        .tx_status = span_of(p ? result_status(state) : "CANCELLED"), .payment_mode = SPAN(""),
        .tx_msg = SPAN("Transaction was cancelled"),
    };
    if (p) {
        buf_u64(&id, pay_id(s, p->merchant_id, p->payment_no));
        out->reference_id = buf_view(&id);
        out->payment_mode = mode_of(p);
        out->tx_msg = message_of(p, state);
    }
    out->tx_time = time_of(a, p ? (p->completed_ms ? p->completed_ms : p->created_ms) : now_ms);
    return id.full || span_absent(out->tx_time) || !out->order_amount.n ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault result_text(struct buf *out, const struct result *r)
{
    buf_span(out, r->order_id);
    buf_span(out, r->order_amount);
    buf_span(out, r->reference_id);
    buf_span(out, r->tx_status);
    buf_span(out, r->payment_mode);
    buf_span(out, r->tx_msg);
    buf_span(out, r->tx_time);
    return out->full ? FAULT_INTERNAL : FAULT_NONE;
}

static void put(struct buf *out, const char *name, struct span value)
{
    if (out->n)
        buf_byte(out, '&');
    buf_text(out, name);
    buf_byte(out, '=');
    form_encode(out, value);
}

enum fault result_form(struct buf *out, const struct result *r, struct span signature)
{
    put(out, "orderId", r->order_id);
    put(out, "orderAmount", r->order_amount);
    put(out, "referenceId", r->reference_id);
    put(out, "txStatus", r->tx_status);
    put(out, "paymentMode", r->payment_mode);
    put(out, "txMsg", r->tx_msg);
    put(out, "txTime", r->tx_time);
    if (!span_absent(signature))
        put(out, "signature", signature);
    return out->full ? FAULT_INTERNAL : FAULT_NONE;
}
