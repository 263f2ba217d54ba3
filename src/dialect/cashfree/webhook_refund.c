/* webhook_refund.c: a refund, as webhooks tell it (reference 4.3): ids are numbers here in every version. */
#include "dialect/cashfree/webhook_parts.h"

#include "base/json_in.h"
#include "dialect/cashfree/payment_entity.h"
#include "dialect/cashfree/refund_entity.h"
#include "domain/refund.h"
#include "service/pay.h"

#include "base/banned.h"

enum { SPLITS_AROUND = 16 };

enum fault webhook_refund_gather(struct webhook_letter *l, struct store_tx *tx)
{
    struct cf_letter *c = l->state;
    enum fault f = refunds_find_no(tx, &c->refund, l->arena, l->delivery->merchant_id, l->delivery->subject_no);

    c->refund.status = l->delivery->subject_state;
    c->private_at_hand = true;        /* a refund shows no customer */
    return f;
}

struct split { struct span vendor, amount, percentage; };
#define AT(member) .at = offsetof(struct split, member)
static const struct json_field split_fields[] = {
    { .name = "vendor_id",  .type = JSON_TEXT, AT(vendor) },
    { .name = "amount",     .type = JSON_DECIMAL_OR_TEXT, AT(amount) },
    { .name = "percentage", .type = JSON_DECIMAL_OR_TEXT, AT(percentage) },
    JSON_END
};
struct splits { const struct json_node *list; };
static const struct json_field splits_fields[] = {
    { .name = "s", .type = JSON_LIST, .sub = split_fields, .at = offsetof(struct splits, list) },
    JSON_END
};

/* The stored list, read again; NULL: none. */
static const struct json_node *read_splits(const struct webhook_letter *l, struct span stored)
{
    struct buf b = arena_buf(l->arena, stored.n + SPLITS_AROUND);
    const struct json_node *node;
    struct json_complaint why;
    struct splits s = { 0 };

    buf_text(&b, "{\"s\":");
    buf_span(&b, stored);
    buf_byte(&b, '}');
    if (b.full || json_read(&node, l->arena, buf_view(&b), &why) || json_fill(&s, node, splits_fields, l->arena, &why))
        return NULL;
    return s.list;
}

static void put_splits(struct json_out *o, const struct webhook_letter *l, struct span stored)
{
    const struct json_node *list = span_absent(stored) ? NULL : read_splits(l, stored);
    struct json_complaint why;

    json_key(o, "refund_splits");
    json_list(o);
    for (size_t i = 0; i < json_count(list); i++) {
        struct split one = { 0 };

        if (json_fill(&one, json_member(list, i), split_fields, l->arena, &why))
            continue;
        json_object(o);
        json_put_text(o, "merchantVendorId", one.vendor);
        json_put_raw(o, "amount", one.amount);
        json_put_raw(o, "percentage", one.percentage);
        json_object_end(o);
    }
    json_list_end(o);
}

static void put_number(struct json_out *o, const char *key, uint64_t id)
{
    payment_id_put(o, key, id, API_2022_01_01);
}

static const char *speed(const struct refund_row *r)
{
    return refund_speed_name(r->speed == REFUND_INSTANT ? REFUND_INSTANT : REFUND_STANDARD);
}

static void put_what(struct json_out *o, const struct webhook_letter *l, const struct refund_row *r)
{
    enum refund_type type = r->type > 0 && r->type < REFUND_TYPES ? (enum refund_type)r->type : REFUND_BY_MERCHANT;

    put_number(o, "cf_refund_id", pay_refund_id(l->services, r->merchant_id, r->refund_no));
    put_number(o, "cf_payment_id", pay_id(l->services, r->merchant_id, r->payment_no));
    json_put_text(o, "refund_id", r->refund_id);
    json_put_text(o, "order_id", r->order_id);
    webhook_amount_put(o, "refund_amount", r->amount_minor, r->currency);
    json_put_text(o, "refund_currency", r->currency);
    json_put_str(o, "entity", "Refund");
    json_put_str(o, "refund_type", refund_type_name(type));
    json_put_text(o, "refund_arn", r->arn);
    json_put_str(o, "refund_status", refund_status_name((enum refund_status)r->status));
    json_put_str(o, "status_description", refund_description(r));
}

static void put_forex(struct json_out *o, const struct refund_row *r)
{
    json_put_text(o, "charges_currency", r->currency);
    webhook_amount_put(o, "forex_conversion_handling_charge", 0, r->currency);
    webhook_amount_put(o, "forex_conversion_handling_tax", 0, r->currency);
    json_put_i64(o, "forex_conversion_rate", 1);
}

void webhook_refund_put(struct json_out *o, const struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;
    const struct refund_row *r = &c->refund;
    bool done = r->status == REFUND_SUCCESS;

    json_key(o, l->delivery->event == WEBHOOK_AUTO_REFUND ? "auto_refund" : "refund");
    json_object(o);
    put_what(o, l, r);
    json_put_ist(o, "created_at", r->created_ms);
    json_put_ist(o, "processed_at", done ? r->processed_ms : 0);
    webhook_amount_put(o, "refund_charge", 0, r->currency);
    json_put_text(o, "refund_note", r->note);
    json_put_str(o, "refund_mode", done ? speed(r) : NULL);
    json_put_str(o, "requested_speed", speed(r));
    json_put_str(o, "processed_speed", done ? speed(r) : NULL);
    webhook_amount_put(o, "service_charge", 0, r->currency);
    webhook_amount_put(o, "service_tax", 0, r->currency);
    put_splits(o, l, r->splits);
    if (c->version >= API_2025_01_01)
        put_forex(o, r);
    json_object_end(o);
}
