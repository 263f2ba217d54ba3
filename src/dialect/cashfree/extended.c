/* extended.c: GET and PUT /pg/orders/{order_id}/extended (reference 2.6). */
#include "dialect/cashfree/routes.h"

#include "base/isotime.h"
#include "dialect/cashfree/call.h"
#include "dialect/cashfree/order_entity.h"
#include "dialect/cashfree/order_fields.h"
#include "dialect/cashfree/problem.h"
#include "dialect/cashfree/rules.h"

#include "base/banned.h"

/* No limits are documented; these bound what an order can grow to. */
enum { SHIPMENTS_MAX = 20, TRACKING_MAX = 20, TEXT_MAX = 255 };

/* A copy may be longer than the body by the nulls of absent fields; the answer's own fields are few. */
enum { EXTRA = 512, EXTRA_SHIPMENT = 80, ANSWER_FIXED = 1536, EXTRA_ITEM = 350 };

struct extended {
    struct call call;
    struct span order_id;
    const struct json_node *shipment, *delivery;
    struct order_row row;
    struct order_extended_row kept;
    struct span new_shipment, new_delivery;       /* fragments of the request */
};

static const char *const delivery_status[] = {
    "AWAITING_PICKUP", "CANCELLED", "SELF_FULFILLED", "PICKED_UP", "SHIPPED", "IN_TRANSIT",
    "DELAY_COURIER_COMPANY_ISSUES", "DELAY_INCORRECT_ADDRESS", "DELAY_SELLER_ISSUES", "REACHED_DESTINATION_HUB",
    "OUT_FOR_DELIVERY", "DELIVERED", "POTENTIAL_RTO_DELIVERY_ATTEMPTED", "RTO", "LOST", "DAMAGED",
    "UNTRACKABLE_404", "MANUAL_INTERVENTION_BROKEN_URL", "ASSOCIATED_WITH_RETURN_PICKUP", "UNSERVICEABLE", NULL
};

#define AT(type, member) .at = offsetof(struct type, member)
#define CHECKED .at = JSON_NOWHERE

static const struct json_field shipment_fields[] = {
    { .name = "tracking_company", .type = JSON_TEXT, .required = true, .max = TEXT_MAX, .rule = rule_no_card, CHECKED },
    { .name = "tracking_urls", .type = JSON_LIST, .required = true, .max = TRACKING_MAX,
      .rule = rule_no_card_id, CHECKED },
    { .name = "tracking_numbers", .type = JSON_LIST, .required = true, .max = TRACKING_MAX,
      .rule = rule_no_card_id, CHECKED },
    JSON_END
};

static const struct json_field delivery_fields[] = {
    { .name = "status", .type = JSON_TEXT, .required = true, .one_of = delivery_status, CHECKED },
    { .name = "reason", .type = JSON_TEXT, .max = TEXT_MAX, .rule = rule_no_card, CHECKED },
    JSON_END
};

static const struct json_field put_fields[] = {
    { .name = "shipment_details", .type = JSON_LIST, .max = SHIPMENTS_MAX, .sub = shipment_fields,
      AT(extended, shipment) },
    { .name = "order_delivery_status", .type = JSON_OBJECT, .sub = delivery_fields, AT(extended, delivery) },
    JSON_END
};

/* What is read back from a stored cart. */
struct cart { struct span name, shipping; const struct json_node *shipping_address, *billing_address, *items; };
static const struct json_field cart_fields[] = {
    { .name = "cart_name", .type = JSON_TEXT, AT(cart, name) },
    { .name = "shipping_charge", .type = JSON_DECIMAL, AT(cart, shipping) },
    { .name = "customer_shipping_address", .type = JSON_OBJECT, AT(cart, shipping_address) },
    { .name = "customer_billing_address", .type = JSON_OBJECT, AT(cart, billing_address) },
    { .name = "cart_items", .type = JSON_LIST, .sub = order_item_fields, AT(cart, items) },
    JSON_END
};

struct address { struct span name, line_one, line_two, country, state, city, pin_code; };
static const struct json_field address_fields[] = {
    { .name = "full_name", .type = JSON_TEXT, AT(address, name) },
    { .name = "address_1", .type = JSON_TEXT, AT(address, line_one) },
    { .name = "address_2", .type = JSON_TEXT, AT(address, line_two) },
    { .name = "country", .type = JSON_TEXT, AT(address, country) },
    { .name = "state", .type = JSON_TEXT, AT(address, state) },
    { .name = "city", .type = JSON_TEXT, AT(address, city) },
    { .name = "pincode", .type = JSON_TEXT, AT(address, pin_code) },
    JSON_END
};

enum step extended_get_parse(struct exchange *x)
{
    struct extended *e = call_new(x, sizeof *e);

    if (!e || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return call_order_id(x, &e->order_id);
}

static enum fault find_kept(struct exchange *x, struct store_tx *tx, struct extended *e)
{
    enum fault f;

    e->kept = (struct order_extended_row){ 0 };
    f = order_extended_find(tx, &e->kept, x->arena, e->row.merchant_id, e->row.order_no);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault extended_get_work(struct exchange *x, struct store_tx *tx)
{
    struct extended *e = x->state;
    enum fault f = order_fetch(tx, &e->row, x->arena, e->call.caller.merchant_id, e->order_id);

    return f ? f : find_kept(x, tx, e);
}

static void put_address(struct json_out *o, const char *key, const struct json_node *node, struct arena *a)
{
    struct address at = { 0 };
    struct json_complaint why;

    json_key(o, key);
    if (!node || json_fill(&at, node, address_fields, a, &why)) {
        json_null(o);
        return;
    }
    json_object(o);
    json_put_text(o, "name", at.name);
    json_put_text(o, "address_line_one", at.line_one);
    json_put_text(o, "address_line_two", at.line_two);
    json_put_text(o, "country", at.country);
    json_put_null(o, "country_code");
    json_put_text(o, "state", at.state);
    json_put_null(o, "state_code");
    json_put_text(o, "city", at.city);
    json_put_text(o, "pin_code", at.pin_code);
    json_put_null(o, "phone");
    json_put_null(o, "email");
    json_object_end(o);
}

static void put_cart(struct json_out *o, const struct cart *c, struct arena *a)
{
    json_key(o, "charges");
    json_object(o);
    json_put_raw(o, "shipping_charges", span_absent(c->shipping) ? SPAN("0") : c->shipping);
    json_put_i64(o, "cod_handling_charges", 0);
    json_object_end(o);
    put_address(o, "shipping_address", c->shipping_address, a);
    put_address(o, "billing_address", c->billing_address, a);
    json_key(o, "cart");
    json_object(o);
    json_put_text(o, "name", c->name);
    json_key(o, "items");
    if (c->items)
        json_copy_list(o, c->items, order_item_fields);
    else
        json_raw(o, SPAN("[]"));
    json_object_end(o);
}

static void put_ids(struct json_out *o, const struct order_shown *s)
{
    order_entity_cf_id(o, s);
    json_put_text(o, "order_id", s->row->order_id);
}

static void put_kept(struct json_out *o, const struct extended *e)
{
    json_put_raw(o, "shipment_details", span_absent(e->kept.shipment) ? SPAN("[]") : e->kept.shipment);
    json_put_raw(o, "order_delivery_status", e->kept.delivery);
}

/* Offers are not kept; the key is an object up to 2025-01-01 and a list after it (reference 2.15). */
static void put_offers(struct json_out *o, enum api_version v)
{
    if (v >= API_2026_01_01)
        json_put_raw(o, "offers", SPAN("[]"));
    else
        json_put_null(o, "offer");
}

static void put_extended(struct buf *body, const struct extended *e, const struct order_shown *s, const struct cart *c)
{
    struct json_out o = json_out(body);
    char created[ISOTIME_TEXT];

    isotime_ist(created, s->row->created_ms);
    json_object(&o);
    put_ids(&o, s);
    order_entity_amount(&o, s->row);
    json_put_text(&o, "order_currency", s->row->currency);
    json_put_str(&o, "created_at", created);
    json_put_raw(&o, "customer_details",
                 span_absent(s->private->customer) ? order_entity_no_customer() : s->private->customer);
    put_cart(&o, c, s->arena);
    put_offers(&o, s->version);
    put_kept(&o, e);
    json_object_end(&o);
}

static enum fault read_cart(struct cart *c, struct arena *a, struct span fragment)
{
    const struct json_node *node;
    struct json_complaint why;

    if (span_absent(fragment))
        return FAULT_NONE;
    if (json_read(&node, a, fragment, &why) || json_fill(c, node, cart_fields, a, &why))
        return FAULT_INTERNAL;        /* we wrote it ourselves */
    return FAULT_NONE;
}

void extended_get_show(struct exchange *x, enum fault outcome)
{
    const struct extended *e = x->state;
    struct order_private private = { 0 };
    struct order_shown s = { x->services, &e->row, &private, e->call.version, x->now_ms, x->arena };
    struct cart cart = { 0 };
    size_t cap;

    if (!outcome)
        outcome = order_open_private(x->services, &private, x->arena, &e->row, x->now_ms);
    if (!outcome)
        outcome = read_cart(&cart, x->arena, private.cart);
    if (outcome) {
        call_fail(x, outcome);
        return;
    }
    cap = ANSWER_FIXED + private.customer.n + private.cart.n + EXTRA_ITEM * json_count(cart.items) +
          e->kept.shipment.n + e->kept.delivery.n;
    put_extended(call_answer(x, 200, cap), e, &s, &cart);
}

static enum fault make_fragments(struct exchange *x, struct extended *e)
{
    struct buf b;
    struct json_out o;
    enum fault f = FAULT_NONE;

    if (e->shipment) {
        b = arena_buf(x->arena, x->body.n + EXTRA + EXTRA_SHIPMENT * json_count(e->shipment));
        o = json_out(&b);
        json_copy_list(&o, e->shipment, shipment_fields);
        f = buf_done(&b, &e->new_shipment);
    }
    if (!f && e->delivery) {
        b = arena_buf(x->arena, x->body.n + EXTRA);
        o = json_out(&b);
        json_copy(&o, e->delivery, delivery_fields);
        f = buf_done(&b, &e->new_delivery);
    }
    return f;
}

/* The schema requires shipment_details, the text says that either will do, and an official example has only
 * the status: either. */
enum step extended_put_parse(struct exchange *x)
{
    struct extended *e;
    struct problem p;
    enum fault f;

    if (extended_get_parse(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    e = x->state;
    if (call_read(x, e, put_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (!e->shipment && !e->delivery) {
        p = problem_of_missing(x->arena, "shipment_details");
        problem_answer(x, &p);
        return STEP_ANSWERED;
    }
    f = make_fragments(x, e);
    if (!f)
        return STEP_GO;
    call_fail(x, f);
    return STEP_ANSWERED;
}

enum fault extended_put_work(struct exchange *x, struct store_tx *tx)
{
    struct extended *e = x->state;
    struct order_extended_row wish;
    enum fault f = order_fetch(tx, &e->row, x->arena, e->call.caller.merchant_id, e->order_id);

    if (f)
        return f;
    wish = (struct order_extended_row){ e->row.merchant_id, e->row.order_no, e->new_shipment, e->new_delivery };
    f = order_extended_put(tx, &wish);
    return f ? f : find_kept(x, tx, e);
}

void extended_put_show(struct exchange *x, enum fault outcome)
{
    const struct extended *e = x->state;
    const struct order_private none = { 0 };
    struct order_shown s = { x->services, &e->row, &none, e->call.version, x->now_ms, x->arena };
    struct json_out o;

    if (outcome) {
        call_fail(x, outcome);
        return;
    }
    o = json_out(call_answer(x, 200, ANSWER_FIXED + e->kept.shipment.n + e->kept.delivery.n));
    json_object(&o);
    put_ids(&o, &s);
    put_kept(&o, e);
    json_object_end(&o);
}
