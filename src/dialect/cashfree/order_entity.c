/* order_entity.c: writing an order, in one pass; stored fragments are spliced in as they are. */
#include "dialect/cashfree/order_entity.h"

#include "base/isotime.h"
#include "base/json_in.h"
#include "dialect/cashfree/order_fields.h"
#include "domain/order.h"
#include "service/ids.h"

#include "base/banned.h"

/* Bytes of all that does not depend on the order; how often the base URL stands in it. */
enum { FIXED = 1536, URLS = 4 };

static const char no_customer[] =
    "{\"customer_id\":null,\"customer_name\":null,\"customer_email\":null,\"customer_phone\":null,"
    "\"customer_bank_account_number\":null,\"customer_bank_ifsc\":null,\"customer_bank_code\":null,"
    "\"customer_uid\":null}";
static const char no_meta[] = "{\"return_url\":null,\"notify_url\":null,\"payment_methods\":null}";

struct span order_entity_no_customer(void)
{
    return SPAN(no_customer);
}

/* What the terminal of the answer takes from the one of the request. */
struct terminal { struct span phone, cf_id, id, type; };
#define AT(member) .at = offsetof(struct terminal, member)
static const struct json_field terminal_fields[] = {
    { .name = "terminal_phone_no", .type = JSON_TEXT, AT(phone) },
    { .name = "cf_terminal_id", .type = JSON_TEXT_OR_INT, AT(cf_id) },
    { .name = "terminal_id", .type = JSON_TEXT, AT(id) },
    { .name = "terminal_type", .type = JSON_TEXT, AT(type) },
    JSON_END
};

size_t order_entity_size(const struct order_shown *s)
{
    const struct order_row *r = s->row;

    /* A note's byte escapes to six at most; the fragments are escaped already. */
    return FIXED + 6 * r->note.n + r->meta.n + r->tags.n + r->splits.n + r->products.n +
           s->private->customer.n + s->private->cart.n + s->private->terminal.n +
           URLS * (s->services->base_url.n + ORDER_ID_MAX);
}

const char *order_entity_status(const struct order_row *row, enum api_version v, int64_t now_ms)
{
    enum order_state state = order_state_at((enum order_state)row->state, row->expires_ms, now_ms);

    if (!api_has_termination(v)) {
        if (state == ORDER_TERMINATED)
            state = ORDER_EXPIRED;
        else if (state == ORDER_TERMINATION_REQUESTED)
            state = ORDER_ACTIVE;
    }
    return order_state_name(state);
}

void order_entity_cf_id(struct json_out *o, const struct order_shown *s)
{
    char digits[24];
    struct buf b = BUF(digits);

    buf_u64(&b, ids_cf_order(s->services->ids, s->row));
    if (api_has_number_ids(s->version))
        json_put_raw(o, "cf_order_id", buf_view(&b));
    else
        json_put_text(o, "cf_order_id", buf_view(&b));
}

void order_entity_amount(struct json_out *o, const struct order_row *row)
{
    char text[MONEY_TEXT];
    struct buf b = BUF(text);

    money_short(&b, order_money(row));
    json_put_raw(o, "order_amount", buf_view(&b));
}

static void put_time(struct json_out *o, const char *key, int64_t ms)
{
    char text[ISOTIME_TEXT];

    isotime_ist(text, ms);
    json_put_str(o, key, text);
}

/* {"cart_id":"<digits>", and then the members of the stored cart. */
static void put_cart(struct json_out *o, const struct order_shown *s)
{
    struct span cart = s->private->cart;
    struct buf b;

    json_key(o, "cart_details");
    if (cart.n < 2) {
        json_null(o);
        return;
    }
    b = arena_buf(s->arena, cart.n + 48);
    buf_text(&b, "{\"cart_id\":\"");
    buf_u64(&b, ids_cf_order(s->services->ids, s->row));
    buf_text(&b, "\",");
    buf_span(&b, (struct span){ cart.p + 1, cart.n - 1 });
    json_raw(o, b.full ? (struct span){ 0 } : buf_view(&b));
}

static void put_terminal(struct json_out *o, const struct order_shown *s)
{
    struct terminal t = { 0 };
    const struct json_node *node;
    struct json_complaint why;
    uint64_t number;

    json_key(o, "terminal_data");
    if (span_absent(s->private->terminal) || json_read(&node, s->arena, s->private->terminal, &why) ||
        json_fill(&t, node, terminal_fields, s->arena, &why)) {
        json_null(o);
        return;
    }
    json_object(o);
    json_put_text(o, "agent_mobile_number", t.phone);
    json_key(o, "cf_terminal_id");
    if (span_u64(&number, t.cf_id, INT64_MAX))
        json_null(o);
    else
        json_i64(o, (int64_t)number);
    json_put_text(o, "merchant_terminal_id", t.id);
    json_put_text(o, "terminal_type", t.type);
    json_object_end(o);
}

/* Order ids and the base URL need no escape. */
static void put_sub_url(struct json_out *o, const struct order_shown *s, const char *name)
{
    struct buf b = arena_buf(s->arena, s->services->base_url.n + ORDER_ID_MAX + 32);

    buf_span(&b, s->services->base_url);
    buf_text(&b, "/pg/orders/");
    buf_span(&b, s->row->order_id);
    buf_byte(&b, '/');
    buf_text(&b, name);
    json_key(o, name);
    json_object(o);
    json_put_text(o, "url", buf_view(&b));
    json_object_end(o);
}

static void put_order_token(struct json_out *o, const struct order_shown *s)
{
    char token[IDS_ORDER_TOKEN_TEXT];
    struct buf link = arena_buf(s->arena, s->services->base_url.n + IDS_ORDER_TOKEN_TEXT + 16);

    ids_order_token(s->services->ids, token, s->row);
    buf_span(&link, s->services->base_url);
    buf_text(&link, "/order/#");
    buf_text(&link, token);
    json_put_str(o, "order_token", token);
    json_put_text(o, "payment_link", buf_view(&link));
}

static void put_session(struct json_out *o, const struct order_shown *s)
{
    char session[IDS_SESSION_TEXT];

    ids_session(s->services->ids, session, s->row);
    json_put_str(o, "payment_session_id", session);
}

static struct span or_else(struct span s, struct span instead)
{
    return span_absent(s) ? instead : s;
}

static void put_versioned(struct json_out *o, const struct order_shown *s)
{
    if (api_has_order_token(s->version))
        put_order_token(o, s);
    if (api_has_session(s->version))
        put_session(o, s);
    if (api_has_products(s->version))
        json_put_raw(o, "products", s->row->products);
    if (api_has_sub_urls(s->version)) {
        put_sub_url(o, s, "payments");
        put_sub_url(o, s, "refunds");
        put_sub_url(o, s, "settlements");
    }
}

void order_entity_put(struct buf *out, const struct order_shown *s)
{
    const struct order_row *r = s->row;
    struct json_out o = json_out(out);

    json_object(&o);
    order_entity_cf_id(&o, s);
    json_put_text(&o, "order_id", r->order_id);
    json_put_str(&o, "entity", "order");
    json_put_text(&o, "order_currency", r->currency);
    order_entity_amount(&o, r);
    json_put_str(&o, "order_status", order_entity_status(r, s->version, s->now_ms));
    put_time(&o, "order_expiry_time", r->expires_ms);
    put_time(&o, "created_at", r->created_ms);
    json_put_text(&o, "order_note", r->note);
    json_put_raw(&o, "order_splits", or_else(r->splits, SPAN("[]")));
    json_put_raw(&o, "customer_details", or_else(s->private->customer, SPAN(no_customer)));
    json_put_raw(&o, "order_meta", or_else(r->meta, SPAN(no_meta)));
    json_put_raw(&o, "order_tags", r->tags);
    put_cart(&o, s);
    put_terminal(&o, s);
    put_versioned(&o, s);
    json_object_end(&o);
}
