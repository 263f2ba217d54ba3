/* payment_entity.c: writing a payment: who paid, how, and what came of it. */
#include "dialect/cashfree/payment_entity.h"

#include <string.h>

#include "acquirer/acquirer.h"
#include "dialect/cashfree/instrument.h"
#include "domain/bin.h"
#include "domain/money.h"
#include "domain/test_payments.h"
#include "service/ids.h"
#include "service/pay.h"
#include "service/refunds.h"

#include "base/banned.h"

enum { DIGITS = 24, BANK_CODE_MAX = 9999 };

static const char gateway[] = "CASHFREE";

/* A stored number as its enum; what is out of range is what a row of another program would hold. */
static enum payment_method method_of(const struct payment_row *p)
{
    return p->method >= 0 && p->method < PAYMENT_METHODS ? (enum payment_method)p->method : PAYMENT_BY_CARD;
}

static enum payment_state state_of(const struct payment_row *p)
{
    return p->state >= 0 && p->state < PAYMENT_STATES ? (enum payment_state)p->state : PAYMENT_BEGUN;
}

void payment_id_put(struct json_out *o, const char *key, uint64_t id, enum api_version v)
{
    char digits[DIGITS];
    struct buf b = BUF(digits);

    buf_u64(&b, id);
    if (api_has_number_ids(v))
        json_put_raw(o, key, buf_view(&b));
    else
        json_put_text(o, key, buf_view(&b));
}

void payment_amount_put(struct json_out *o, const char *key, int64_t minor, struct span currency)
{
    struct money m = { .minor = minor };
    char text[MONEY_TEXT];
    struct buf b = BUF(text);

    if (currency.n == sizeof m.currency - 1)
        memcpy(m.currency, currency.p, currency.n);
    money_short(&b, m);
    json_put_raw(o, key, buf_view(&b));
}

static const char *card_group(const struct payment_row *p)
{
    bool emi = p->method == PAYMENT_BY_EMI;

    if (p->type == BIN_DEBIT)
        return emi ? "debit_card_emi" : "debit_card";
    if (p->type == BIN_PREPAID && !emi)
        return "prepaid_card";
    return emi ? "credit_card_emi" : "credit_card";
}

const char *payment_group(const struct payment_row *p, enum api_version v)
{
    bool old = v < API_2023_08_01;

    switch (method_of(p)) {
    case PAYMENT_BY_CARD:
    case PAYMENT_BY_EMI:          return old ? "card" : card_group(p);
    case PAYMENT_BY_UPI:          return "upi";
    case PAYMENT_BY_NETBANKING:   return old ? "netbanking" : "net_banking";
    case PAYMENT_BY_APP:          return old ? "app" : "wallet";
    case PAYMENT_BY_PAYLATER:     return old ? "paylater" : "pay_later";
    case PAYMENT_BY_CARDLESS_EMI: return "cardless_emi";
    case PAYMENT_BY_BANKTRANSFER: return "bank_transfer";
    case PAYMENT_METHODS:
        break;
    }
    return NULL;
}

static const struct acquirer_saying *saying(const struct payment_row *p)
{
    return p->verdict >= 0 && p->verdict < ACQUIRER_VERDICTS ? acquirer_says((enum acquirer_verdict)p->verdict)
                                                             : acquirer_says(ACQUIRER_SILENT);
}

const char *payment_message(const struct payment_row *p)
{
    enum payment_state state = state_of(p);

    if (state == PAYMENT_BEGUN)       /* nobody has said anything yet */
        return "Transaction is pending";
    if (state == PAYMENT_SUCCESS)     /* whatever was said of a capture since */
        return p->authorise_only && refund_captured(p) == 0 ? "PRE_AUTH|Transaction Success"
                                                            : acquirer_says(ACQUIRER_CHARGED)->message;
    return saying(p)->message;
}

void payment_mask(char out[static PAYMENT_MASK], const struct payment_row *p)
{
    struct buf b = { (uint8_t *)out, 0, PAYMENT_MASK - 1, false };

    if (p->last4.n == 4) {
        buf_text(&b, "XXXXXXXXXXXX");
        buf_span(&b, p->last4);
    }
    out[b.n] = '\0';
}

const char *payment_card_network(const struct payment_row *p)
{
    bool known = p->scheme > SCHEME_UNKNOWN && p->scheme < SCHEMES;

    return known ? scheme_name((enum scheme)p->scheme, SCHEME_WORDS_CASHFREE) : NULL;
}

const char *payment_card_type(const struct payment_row *p)
{
    bool known = p->type > BIN_TYPE_UNKNOWN && p->type < BIN_TYPES;

    return known ? bin_type_name((enum bin_type)p->type, BIN_WORDS_CASHFREE) : NULL;
}

const char *payment_card_sub_type(const struct payment_row *p)
{
    return p->sub > BIN_SUB_UNKNOWN && p->sub < BIN_SUBS ? bin_sub_letter((enum bin_sub)p->sub) : NULL;
}

struct payment_bank payment_bank(const struct payment_row *p)
{
    const struct test_bank *b = span_absent(p->handle) ? NULL : test_bank_find(p->handle);
    uint64_t code;

    if (b)
        return (struct payment_bank){ b->code, span_of(b->title) };
    if (!span_u64(&code, p->handle, BANK_CODE_MAX))
        return (struct payment_bank){ (int64_t)code, { 0 } };
    return (struct payment_bank){ 0, p->handle };
}

void payment_error_put(struct json_out *o, const struct payment_row *p)
{
    const struct acquirer_saying *says = saying(p);
    enum payment_state state = state_of(p);

    if (!says->code || (state != PAYMENT_FAILED && state != PAYMENT_DROPPED)) {
        json_put_null(o, "error_details");
        return;
    }
    json_key(o, "error_details");
    json_object(o);
    json_put_str(o, "error_code", says->code);
    json_put_str(o, "error_description", says->description);
    json_put_str(o, "error_reason", says->reason);
    json_put_str(o, "error_source", says->source);
    json_put_null(o, "error_code_raw");
    json_put_null(o, "error_description_raw");
    json_put_null(o, "error_subcode_raw");
    json_object_end(o);
}

/* Text in quotes whatever the version: these ids came when all of them were strings. */
static void put_digits(struct json_out *o, const char *key, uint64_t id)
{
    payment_id_put(o, key, id, API_2025_01_01);
}

void payment_gateway_put(struct json_out *o, const struct payment_shown *s)
{
    const struct payment_row *p = s->payment;

    json_key(o, "payment_gateway_details");
    json_object(o);
    json_put_str(o, "gateway_name", gateway);
    put_digits(o, "gateway_order_id", ids_cf_order(s->services->ids, s->order));
    put_digits(o, "gateway_payment_id", pay_id(s->services, p->merchant_id, p->payment_no));
    json_put_null(o, "gateway_order_reference_id");
    json_put_null(o, "gateway_status_code");
    json_put_str(o, "gateway_settlement", gateway);
    json_put_null(o, "gateway_reference_name");
    json_object_end(o);
}

/* Only of a card that is saved here, or was by this payment. */
static void put_instrument(struct json_out *o, const struct payment_shown *s)
{
    const struct token_row token = { .merchant_id = s->payment->merchant_id, .token_no = s->payment->token_no };
    char id[INSTRUMENT_ID];

    if (token.token_no == 0)
        return;
    instrument_id(id, s->services, &token);
    json_put_str(o, "instrument_id", id);
}

static void put_emi(struct json_out *o, const struct payment_row *p)
{
    int64_t months = p->emi_months > 0 ? p->emi_months : 1;

    json_put_i64(o, "emi_tenure", p->emi_months);
    json_key(o, "emi_details");
    json_object(o);
    payment_amount_put(o, "emi_amount", (p->amount_minor + months - 1) / months, p->currency);
    json_put_i64(o, "emi_tenure", p->emi_months);
    json_put_i64(o, "emi_interest", 0);
    json_object_end(o);
}

static void put_card(struct json_out *o, const struct payment_shown *s)
{
    const struct payment_row *p = s->payment;
    char mask[PAYMENT_MASK];

    payment_mask(mask, p);
    json_put_str(o, "card_number", mask[0] ? mask : NULL);
    json_put_str(o, "card_network", payment_card_network(p));
    json_put_str(o, "card_type", payment_card_type(p));
    if (s->version >= API_2026_01_01)
        json_put_str(o, "card_sub_type", payment_card_sub_type(p));
    json_put_text(o, "card_country", p->country);
    json_put_text(o, "card_bank_name", p->issuer);
    json_put_null(o, "card_network_reference_id");
    put_instrument(o, s);
    if (p->method == PAYMENT_BY_EMI)
        put_emi(o, p);
}

static void put_netbanking(struct json_out *o, const struct payment_row *p)
{
    struct payment_bank bank = payment_bank(p);

    json_key(o, "netbanking_bank_code");
    if (bank.code)
        json_i64(o, bank.code);
    else
        json_null(o);
    json_put_text(o, "netbanking_bank_name", bank.name);
    json_put_null(o, "netbanking_ifsc");
    json_put_null(o, "netbanking_account_number");
}

/* What stands inside the one key of payment_method, behind the channel. */
static void put_details(struct json_out *o, const struct payment_shown *s)
{
    const struct payment_row *p = s->payment;

    switch (method_of(p)) {
    case PAYMENT_BY_CARD:
    case PAYMENT_BY_EMI:
        put_card(o, s);
        break;
    case PAYMENT_BY_UPI:
        json_put_text(o, "upi_id", p->handle);
        json_put_null(o, "upi_payer_ifsc");
        json_put_null(o, "upi_payer_account_number");
        break;
    case PAYMENT_BY_NETBANKING:
        put_netbanking(o, p);
        break;
    case PAYMENT_BY_APP:
    case PAYMENT_BY_PAYLATER:
    case PAYMENT_BY_CARDLESS_EMI:
        json_put_text(o, "provider", p->handle);
        json_put_null(o, "phone");    /* it is kept sealed, and nothing that lists payments opens it */
        break;
    case PAYMENT_BY_BANKTRANSFER:
        json_put_null(o, "banktransfer_bank_name");
        json_put_null(o, "banktransfer_ifsc");
        json_put_null(o, "banktransfer_account_number");
        break;
    case PAYMENT_METHODS:
        break;
    }
}

static void put_method(struct json_out *o, const struct payment_shown *s)
{
    const struct payment_row *p = s->payment;
    bool known = p->channel >= 0 && p->channel < PAYMENT_CHANNELS;

    json_key(o, "payment_method");
    json_object(o);
    json_key(o, payment_method_name(method_of(p)));
    json_object(o);
    json_put_str(o, "channel", known ? payment_channel_name((enum payment_channel)p->channel) : NULL);
    put_details(o, s);
    json_object_end(o);
    json_object_end(o);
}

/* What was done with an authorisation, as far as it is known. */
static void put_action(struct json_out *o, const struct payment_row *p)
{
    static const char *const actions[] = { NULL, "CAPTURE", "VOID" };
    bool open = p->ask_ms > 0 && (p->wanted == ACQUIRER_CAPTURE || p->wanted == ACQUIRER_VOID);
    int64_t action = p->capture_action;

    if (action <= 0 || action >= (int64_t)(sizeof actions / sizeof *actions))
        action = open ? p->wanted == ACQUIRER_CAPTURE ? 1 : 2 : 0;
    json_put_str(o, "action", actions[action]);
    json_put_str(o, "status", action == 0 ? NULL : open ? "PENDING" : "SUCCESS");
    if (p->captured_minor > 0)
        payment_amount_put(o, "captured_amount", p->captured_minor, p->currency);
    else
        json_put_null(o, "captured_amount");
    json_put_ist(o, "action_time", p->capture_ms);
}

/* Of a preauthorisation alone (reference 2.9). */
static void put_authorization(struct json_out *o, const struct payment_row *p)
{
    if (!p->authorise_only || (p->state != PAYMENT_SUCCESS && p->state != PAYMENT_VOID)) {
        json_put_null(o, "authorization");
        return;
    }
    json_key(o, "authorization");
    json_object(o);
    put_action(o, p);
    json_put_ist(o, "start_time", p->method == PAYMENT_BY_UPI ? p->completed_ms : 0);
    json_put_null(o, "end_time");
    if (p->method == PAYMENT_BY_UPI)
        json_put_null(o, "approve_by");
    json_put_text(o, "action_reference", p->capture_ms > 0 ? p->bank_ref : (struct span){ 0 });
    json_object_end(o);
}

/* Clients' types have no word for what is held for review; its message says so. */
static const char *status_of(const struct payment_row *p)
{
    enum payment_state state = state_of(p);

    return payment_state_name(state == PAYMENT_FLAGGED ? PAYMENT_APPROVAL : state);
}

/* What came with 2025-01-01. */
static void put_newer(struct json_out *o, const struct payment_shown *s)
{
    json_put_text(o, "order_currency", s->order->currency);
    json_key(o, "international_payment");
    json_object(o);
    json_put_bool(o, "international", s->payment->international != 0);
    json_object_end(o);
    payment_gateway_put(o, s);
    json_put_null(o, "payment_surcharge");
}

void payment_entity_put(struct json_out *o, const struct payment_shown *s)
{
    const struct payment_row *p = s->payment;

    json_object(o);
    payment_id_put(o, "cf_payment_id", pay_id(s->services, p->merchant_id, p->payment_no), s->version);
    json_put_text(o, "order_id", p->order_id);
    json_put_str(o, "entity", "payment");
    payment_amount_put(o, "order_amount", s->order->amount_minor, s->order->currency);
    payment_amount_put(o, "payment_amount", p->amount_minor, p->currency);
    json_put_text(o, "payment_currency", p->currency);
    json_put_str(o, "payment_status", status_of(p));
    json_put_str(o, "payment_message", payment_message(p));
    json_put_ist(o, "payment_time", p->created_ms);
    json_put_ist(o, "payment_completion_time", p->completed_ms);
    json_put_str(o, "payment_group", payment_group(p, s->version));
    json_put_bool(o, "is_captured", refund_captured(p) > 0);
    json_put_text(o, "bank_reference", p->bank_ref);
    json_put_text(o, "auth_id", p->auth_id);
    put_authorization(o, p);
    payment_error_put(o, p);
    put_method(o, s);
    if (s->version >= API_2025_01_01)
        put_newer(o, s);
    json_object_end(o);
}
