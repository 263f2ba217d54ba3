/* refund_entity.c: writing a refund. */
#include "dialect/cashfree/refund_entity.h"

#include "acquirer/acquirer.h"
#include "dialect/cashfree/payment_entity.h"
#include "domain/refund.h"
#include "service/pay.h"

#include "base/banned.h"

enum { DIGITS = 32 };

static enum refund_status status_of(const struct refund_row *r)
{
    return r->status >= 0 && r->status < REFUND_STATUSES ? (enum refund_status)r->status : REFUND_PENDING;
}

static const char *speed_of(const struct refund_row *r)
{
    return refund_speed_name(r->speed == REFUND_INSTANT ? REFUND_INSTANT : REFUND_STANDARD);
}

size_t refund_entity_size(const struct refund_row *r)
{
    return REFUND_ENTITY_MAX + r->splits.n;
}

const char *refund_description(const struct refund_row *r)
{
    static const enum acquirer_verdict words[REFUND_STATUSES] = {
        [REFUND_PENDING] = ACQUIRER_REFUND_PENDING, [REFUND_SUCCESS] = ACQUIRER_REFUND_DONE,
        [REFUND_FAILED] = ACQUIRER_REFUND_FAILED, [REFUND_ONHOLD] = ACQUIRER_REFUND_ONHOLD,
        [REFUND_CANCELLED] = ACQUIRER_REFUND_CANCELLED,
    };

    return acquirer_says(words[status_of(r)])->message;
}

/* Before 2023-08-01 it stood behind "refund_", and so in quotes, while the payment's was a number. */
static void put_id(struct json_out *o, uint64_t id, enum api_version v)
{
    char text[DIGITS];
    struct buf b = BUF(text);

    if (api_has_number_ids(v))
        buf_text(&b, "refund_");
    buf_u64(&b, id);
    json_put_text(o, "cf_refund_id", buf_view(&b));
}

static void put_speed(struct json_out *o, const struct refund_row *r)
{
    json_key(o, "refund_speed");
    json_object(o);
    json_put_str(o, "requested", speed_of(r));
    json_put_str(o, "accepted", speed_of(r));
    json_put_str(o, "processed", r->status == REFUND_SUCCESS ? speed_of(r) : NULL);
    json_put_null(o, "message");
    json_object_end(o);
}

static void put_forex(struct json_out *o, const struct refund_row *r)
{
    json_put_text(o, "charges_currency", r->currency);
    json_put_i64(o, "forex_conversion_handling_charge", 0);
    json_put_i64(o, "forex_conversion_handling_tax", 0);
    json_put_i64(o, "forex_conversion_rate", 1);
}

void refund_entity_put(struct json_out *o, const struct services *s, const struct refund_row *r, enum api_version v)
{
    enum refund_type type = r->type > 0 && r->type < REFUND_TYPES ? (enum refund_type)r->type : REFUND_BY_MERCHANT;

    json_object(o);
    payment_id_put(o, "cf_payment_id", pay_id(s, r->merchant_id, r->payment_no), v);
    put_id(o, pay_refund_id(s, r->merchant_id, r->refund_no), v);
    json_put_text(o, "order_id", r->order_id);
    json_put_text(o, "refund_id", r->refund_id);
    json_put_str(o, "entity", "refund");
    payment_amount_put(o, "refund_amount", r->amount_minor, r->currency);
    json_put_text(o, "refund_currency", r->currency);
    json_put_text(o, "refund_note", r->note);
    json_put_str(o, "refund_status", refund_status_name(status_of(r)));
    json_put_str(o, "refund_type", refund_type_name(type));
    json_put_str(o, "refund_mode", r->status == REFUND_SUCCESS ? speed_of(r) : NULL);
    json_put_text(o, "refund_arn", r->arn);
    json_put_i64(o, "refund_charge", 0);
    json_put_str(o, "status_description", refund_description(r));
    json_put_null(o, "metadata");
    json_put_raw(o, "refund_splits", span_absent(r->splits) ? SPAN("[]") : r->splits);
    json_put_ist(o, "created_at", r->created_ms);
    json_put_ist(o, "processed_at", r->processed_ms);
    put_speed(o, r);
    if (v >= API_2025_01_01)
        put_forex(o, r);
    json_object_end(o);
}
