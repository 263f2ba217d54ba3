/* order_fragments.c: the parts of an order that are stored as they are shown. */
#include "dialect/cashfree/order_check.h"

#include "base/json_out.h"

#include "base/banned.h"

/* Bytes that a copy may be longer than the body it came from, because absent fields are written as null and
 * numbers in full. */
enum { EXTRA = 1024, EXTRA_ITEM = 350, EXTRA_SPLIT = 200 };

/* What one request's fragments are made of; `failed` when one of them did not fit or memory is out. */
struct making {
    const struct order_body *b;
    const struct order_rules *r;
    size_t cap;                       /* bytes for a fragment without lists of objects */
    bool failed;
};

static struct span done(struct making *m, const struct buf *b)
{
    struct span out;

    m->failed = buf_done(b, &out) || m->failed;
    return out;
}

static struct span copy_object(struct making *m, const struct json_node *node, const struct json_field *fields,
                               size_t extra)
{
    struct buf b;
    struct json_out o;

    if (!node)
        return (struct span){ 0 };
    b = arena_buf(m->r->arena, m->cap + extra);
    o = json_out(&b);
    json_copy(&o, node, fields);
    return done(m, &b);
}

/* What newer versions added to order_meta: not shown at all unless it was sent. */
static void put_filters(struct json_out *o, const struct making *m)
{
    const struct order_body *b = m->b;

    if (b->methods_filters) {
        json_key(o, "payment_methods_filters");
        json_copy(o, b->methods_filters, m->r->version >= API_2026_01_01 ? order_methods_filters_fields_2026
                                                                         : order_methods_filters_fields);
    }
    if (b->offer_filters) {
        json_key(o, "offer_filters");
        json_copy(o, b->offer_filters, order_offer_filters_fields);
    }
    if (b->upi_priority) {
        json_key(o, "upi_app_priority");
        json_copy_list(o, b->upi_priority, NULL);
    }
}

static struct span meta_fragment(struct making *m)
{
    struct buf out;
    struct json_out o;

    if (!m->b->meta)
        return (struct span){ 0 };
    out = arena_buf(m->r->arena, m->cap + EXTRA);
    o = json_out(&out);
    json_object(&o);
    json_put_text(&o, "return_url", m->b->return_url);
    json_put_text(&o, "notify_url", m->b->notify_url);
    json_put_text(&o, "payment_methods", m->b->payment_methods);
    put_filters(&o, m);
    json_object_end(&o);
    return done(m, &out);
}

static struct span tags_fragment(struct making *m)
{
    struct buf out;
    struct json_out o;

    if (!m->b->tags)
        return (struct span){ 0 };
    out = arena_buf(m->r->arena, m->cap);
    o = json_out(&out);
    json_copy_map(&o, m->b->tags);
    return done(m, &out);
}

static void put_split(struct json_out *o, const struct order_split *s)
{
    json_object(o);
    json_put_text(o, "vendor_id", span_absent(s->vendor_id) ? s->vendor : s->vendor_id);
    if (!span_absent(s->vendor))
        json_put_text(o, "vendor", s->vendor);
    json_put_raw(o, "amount", s->amount);
    json_put_raw(o, "percentage", s->percentage);
    json_key(o, "tags");
    json_copy_map(o, s->tags);
    json_object_end(o);
}

static struct span splits_fragment(struct making *m)
{
    const struct json_node *splits = m->b->splits;
    struct buf b;
    struct json_out o;

    if (json_count(splits) == 0)
        return (struct span){ 0 };
    b = arena_buf(m->r->arena, m->cap + EXTRA_SPLIT * json_count(splits));
    o = json_out(&b);
    json_list(&o);
    for (size_t i = 0; i < json_count(splits); i++) {
        struct order_split s = { 0 };
        struct json_complaint why;
        if (json_fill(&s, json_member(splits, i), order_split_fields, m->r->arena, &why))
            m->failed = true;
        put_split(&o, &s);
    }
    json_list_end(&o);
    return done(m, &b);
}

enum fault order_fragments(struct order_new *n, const struct order_body *b, const struct order_rules *r,
                           size_t body_n)
{
    struct making m = { b, r, body_n + EXTRA, false };

    n->meta = meta_fragment(&m);
    n->tags = tags_fragment(&m);
    n->splits = splits_fragment(&m);
    n->products = copy_object(&m, b->products, order_products_fields, EXTRA);
    n->private.customer = copy_object(&m, b->customer, order_customer_fields, 0);
    n->private.cart = copy_object(&m, b->cart, order_cart_fields, EXTRA_ITEM * json_count(b->cart_items));
    n->private.terminal = copy_object(&m, b->terminal, order_terminal_fields, 0);
    return m.failed ? FAULT_INTERNAL : FAULT_NONE;
}
