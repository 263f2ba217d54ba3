/* webhook_payment.c: an attempt to pay, as webhooks tell it (reference 4.2). */
#include "dialect/cashfree/webhook_parts.h"

#include "acquirer/acquirer.h"
#include "base/json_in.h"
#include "dialect/cashfree/instrument.h"
#include "dialect/cashfree/payment_entity.h"
#include "service/ids.h"
#include "service/pay.h"

#include "base/banned.h"

/* A token that is gone takes nothing with it but its reference. */
static enum fault find_token(struct webhook_letter *l, struct store_tx *tx)
{
    struct cf_letter *c = l->state;
    enum fault f;

    if (c->payment.token_no == 0)
        return FAULT_NONE;
    f = tokens_find(tx, &c->token, l->arena, l->delivery->merchant_id, c->payment.token_no);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault webhook_payment_gather(struct webhook_letter *l, struct store_tx *tx)
{
    struct cf_letter *c = l->state;
    int64_t merchant_id = l->delivery->merchant_id;
    enum fault f = payments_find(tx, &c->payment, l->arena, merchant_id, l->delivery->subject_no);

    if (!f)
        f = order_fetch(tx, &c->order, l->arena, merchant_id, c->payment.order_id);
    if (!f)
        f = find_token(l, tx);
    if (f)
        return f;
    c->payment.state = l->delivery->subject_state;
    f = order_ask_private(l->services, &c->private, &c->private_at_hand, &l->asks[l->n_asks], l->arena, &c->order,
                          l->now_ms);
    if (f == FAULT_DENIED)
        c->private_at_hand = true;    /* and empty */
    else if (!f && !c->private_at_hand)
        l->n_asks++;
    return f == FAULT_DENIED ? FAULT_NONE : f;
}

/* Such payments are few, so the question is put for each alone. A record that does not open tells no number. */
enum fault webhook_payment_open(struct webhook_letter *l)
{
    struct cf_letter *c = l->state;
    enum payment_method m = (enum payment_method)c->payment.method;
    struct pay_private private = { .phone = { 0 } };
    enum fault f = FAULT_NONE;

    if (m == PAYMENT_BY_APP || m == PAYMENT_BY_PAYLATER || m == PAYMENT_BY_CARDLESS_EMI)
        f = pay_open_private(l->services, &private, l->arena, &c->payment);
    c->phone = private.phone;
    return f == FAULT_SILENT ? f : FAULT_NONE;
}

static void put_order(struct json_out *o, const struct cf_letter *c)
{
    json_key(o, "order");
    json_object(o);
    json_put_text(o, "order_id", c->order.order_id);
    webhook_amount_put(o, "order_amount", c->order.amount_minor, c->order.currency);
    json_put_text(o, "order_currency", c->order.currency);
    json_put_raw(o, "order_tags", c->order.tags);
    json_object_end(o);
}

static void put_instrument(struct json_out *o, const struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;
    char id[INSTRUMENT_ID];

    if (c->token.token_no == 0) {
        json_put_null(o, "instrument_id");
        return;
    }
    instrument_id(id, l->services, &c->token);
    json_put_str(o, "instrument_id", id);
}

static void put_emi(struct json_out *o, const struct payment_row *p)
{
    int64_t months = p->emi_months > 0 ? p->emi_months : 1;

    json_key(o, "emi_details");
    json_object(o);
    webhook_amount_put(o, "emi_amount", (p->amount_minor + months - 1) / months, p->currency);
    json_put_i64(o, "emi_tenure", p->emi_months);
    webhook_amount_put(o, "emi_interest", 0, p->currency);
    json_object_end(o);
}

static void put_card(struct json_out *o, const struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;
    const struct payment_row *p = &c->payment;
    char mask[PAYMENT_MASK];

    payment_mask(mask, p);
    json_put_str(o, "card_number", mask[0] ? mask : NULL);
    json_put_str(o, "card_network", payment_card_network(p));
    json_put_str(o, "card_type", payment_card_type(p));
    json_put_str(o, "card_sub_type", payment_card_sub_type(p));
    json_put_text(o, "card_country", p->country);
    json_put_text(o, "card_bank_name", p->issuer);
    json_put_null(o, "card_network_reference_id");
    put_instrument(o, l);
    if (c->version >= API_2025_01_01)
        json_put_text(o, "par", c->token.par);
    if (p->method == PAYMENT_BY_EMI)
        put_emi(o, p);
}

/* The bank's code is a string here, a number in the REST API. */
static void put_netbanking(struct json_out *o, const struct payment_row *p)
{
    struct payment_bank bank = payment_bank(p);
    char digits[8];
    struct buf b = BUF(digits);

    buf_i64(&b, bank.code);
    json_put_text(o, "netbanking_bank_code", bank.code ? buf_view(&b) : (struct span){ 0 });
    json_put_text(o, "netbanking_bank_name", bank.name);
}

/* The key of payment_method: an EMI is a card's, and these names have underscores. */
static const char *method_key(enum payment_method m)
{
    switch (m) {
    case PAYMENT_BY_CARD: case PAYMENT_BY_EMI: return "card";
    case PAYMENT_BY_PAYLATER:     return "pay_later";
    case PAYMENT_BY_BANKTRANSFER: return "bank_transfer";
    case PAYMENT_BY_UPI: case PAYMENT_BY_NETBANKING: case PAYMENT_BY_APP: case PAYMENT_BY_CARDLESS_EMI:
    case PAYMENT_METHODS:
        break;
    }
    return payment_method_name(m);
}

static void put_details(struct json_out *o, const struct webhook_letter *l, enum payment_method m)
{
    const struct cf_letter *c = l->state;

    switch (m) {
    case PAYMENT_BY_CARD: case PAYMENT_BY_EMI:
        put_card(o, l);
        break;
    case PAYMENT_BY_UPI:
        json_put_text(o, "upi_id", c->payment.handle);
        break;
    case PAYMENT_BY_NETBANKING:
        put_netbanking(o, &c->payment);
        break;
    case PAYMENT_BY_APP: case PAYMENT_BY_PAYLATER: case PAYMENT_BY_CARDLESS_EMI:
        json_put_text(o, "provider", c->payment.handle);
        json_put_text(o, "phone", c->phone);
        break;
    case PAYMENT_BY_BANKTRANSFER: case PAYMENT_METHODS:
        break;
    }
}

static void put_method(struct json_out *o, const struct webhook_letter *l)
{
    const struct payment_row *p = &((const struct cf_letter *)l->state)->payment;
    enum payment_method m = p->method >= 0 && p->method < PAYMENT_METHODS ? (enum payment_method)p->method
                                                                          : PAYMENT_BY_CARD;
    bool known = p->channel >= 0 && p->channel < PAYMENT_CHANNELS;

    json_key(o, "payment_method");
    json_object(o);
    json_key(o, method_key(m));
    json_object(o);
    json_put_str(o, "channel", known ? payment_channel_name((enum payment_channel)p->channel) : NULL);
    put_details(o, l, m);
    json_object_end(o);
    json_object_end(o);
}

static void put_payment(struct json_out *o, const struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;
    const struct payment_row *p = &c->payment;

    json_key(o, "payment");
    json_object(o);
    payment_id_put(o, "cf_payment_id", pay_id(l->services, p->merchant_id, p->payment_no), c->version);
    json_put_str(o, "payment_status", payment_state_name((enum payment_state)p->state));
    webhook_amount_put(o, "payment_amount", p->amount_minor, p->currency);
    json_put_text(o, "payment_currency", p->currency);
    json_put_str(o, "payment_message", payment_message(p));
    json_put_ist(o, "payment_time", p->created_ms);
    json_put_text(o, "bank_reference", p->bank_ref);
    json_put_text(o, "auth_id", p->auth_id);
    put_method(o, l);
    json_put_str(o, "payment_group", payment_group(p, c->version));
    if (c->version >= API_2025_01_01) {
        json_key(o, "international_payment");
        json_object(o);
        json_put_bool(o, "international", p->international != 0);
        json_object_end(o);
        json_put_null(o, "payment_surcharge");
    }
    json_object_end(o);
}

struct customer { struct span name, id, email, phone; };
#define AT(member) .at = offsetof(struct customer, member)
static const struct json_field customer_fields[] = {
    { .name = "customer_name",  .type = JSON_TEXT, AT(name) },
    { .name = "customer_id",    .type = JSON_TEXT, AT(id) },
    { .name = "customer_email", .type = JSON_TEXT, AT(email) },
    { .name = "customer_phone", .type = JSON_TEXT, AT(phone) },
    JSON_END
};

static void put_customer(struct json_out *o, const struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;
    struct customer who = { 0 };
    const struct json_node *node;
    struct json_complaint why;

    if (span_absent(c->private.customer) || json_read(&node, l->arena, c->private.customer, &why) ||
        json_fill(&who, node, customer_fields, l->arena, &why))
        who = (struct customer){ .id = c->order.customer_id };
    json_key(o, "customer_details");
    json_object(o);
    json_put_text(o, "customer_name", who.name);
    json_put_text(o, "customer_id", who.id);
    json_put_text(o, "customer_email", who.email);
    json_put_text(o, "customer_phone", who.phone);
    json_object_end(o);
}

static void put_error(struct json_out *o, const struct payment_row *p)
{
    enum acquirer_verdict v = p->verdict >= 0 && p->verdict < ACQUIRER_VERDICTS ? (enum acquirer_verdict)p->verdict
                                                                                : ACQUIRER_DECLINED;
    const struct acquirer_saying *says = acquirer_says(v);

    if (!says->code)
        says = acquirer_says(ACQUIRER_DECLINED);
    json_key(o, "error_details");
    json_object(o);
    json_put_str(o, "error_code", says->code);
    json_put_str(o, "error_description", says->description);
    json_put_str(o, "error_reason", says->reason);
    json_put_str(o, "error_source", says->source);
    json_put_null(o, "error_subcode_raw");
    json_object_end(o);
}

static void put_digits(struct json_out *o, const char *key, uint64_t id)
{
    payment_id_put(o, key, id, API_2025_01_01);
}

static void put_gateway(struct json_out *o, const struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;

    json_key(o, "payment_gateway_details");
    json_object(o);
    json_put_str(o, "gateway_name", "CASHFREE");
    put_digits(o, "gateway_order_id", ids_cf_order(l->services->ids, &c->order));
    put_digits(o, "gateway_payment_id", pay_id(l->services, c->payment.merchant_id, c->payment.payment_no));
    json_put_null(o, "gateway_order_reference_id");
    json_put_str(o, "gateway_settlement", "CASHFREE");
    json_put_null(o, "gateway_status_code");
    json_object_end(o);
}

void webhook_payment_put(struct json_out *o, const struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;

    put_order(o, c);
    put_payment(o, l);
    put_customer(o, l);
    if (l->delivery->event == WEBHOOK_PAYMENT_FAILED)
        put_error(o, &c->payment);
    if (l->delivery->event != WEBHOOK_PAYMENT_DROPPED) {
        put_gateway(o, l);
        json_put_null(o, "payment_offers");
    }
}
