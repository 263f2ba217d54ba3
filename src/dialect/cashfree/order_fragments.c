/* order_fragments.c: the parts of an order that are stored as they are shown. */
#include "dialect/cashfree/order_check.h"

#include "base/json_out.h"
#include "domain/cardscan.h"

#include "base/banned.h"

/* Bytes that a copy may be longer than the body it came from, because absent fields are written as null and
 * numbers in full. */
enum { EXTRA = 1024, EXTRA_ITEM = 350, EXTRA_SPLIT = 200 };

static struct span done(struct problem *p, struct buf *b)
{
    struct span out;

    if (buf_done(b, &out)) {
        *p = problem_of_fault(FAULT_INTERNAL);
        return (struct span){ 0 };
    }
    return out;
}

static struct span copy_object(struct arena *a, const struct json_node *node, const struct json_field *fields, size_t cap,
                               struct problem *p)
{
    struct buf b;
    struct json_out o;

    if (!node)
        return (struct span){ 0 };
    b = arena_buf(a, cap);
    o = json_out(&b);
    json_copy(&o, node, fields);
    return done(p, &b);
}

static struct span meta_fragment(const struct order_body *b, const struct order_rules *r, size_t cap, struct problem *p)
{
    struct buf out;
    struct json_out o;

    if (!b->meta)
        return (struct span){ 0 };
    out = arena_buf(r->arena, cap);
    o = json_out(&out);
    json_object(&o);
    json_put_text(&o, "return_url", b->return_url);
    json_put_text(&o, "notify_url", b->notify_url);
    json_put_text(&o, "payment_methods", b->payment_methods);
    if (b->methods_filters) {
        json_key(&o, "payment_methods_filters");
        json_copy(&o, b->methods_filters, r->version >= API_2026_01_01 ? order_methods_filters_fields_2026
                                                                       : order_methods_filters_fields);
    }
    if (b->offer_filters) {
        json_key(&o, "offer_filters");
        json_copy(&o, b->offer_filters, order_offer_filters_fields);
    }
    if (b->upi_priority) {
        json_key(&o, "upi_app_priority");
        json_copy_list(&o, b->upi_priority, NULL);
    }
    json_object_end(&o);
    return done(p, &out);
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

struct span order_splits_fragment(struct arena *a, const struct json_node *splits, size_t cap)
{
    struct buf b;
    struct json_out o;
    struct span out;

    if (json_count(splits) == 0)
        return (struct span){ 0 };
    b = arena_buf(a, cap);
    o = json_out(&b);
    json_list(&o);
    for (size_t i = 0; i < json_count(splits); i++) {
        struct order_split s = { 0 };
        struct json_complaint why;
        if (json_fill(&s, json_member(splits, i), order_split_fields, a, &why))
            return (struct span){ 0 };
        put_split(&o, &s);
    }
    json_list_end(&o);
    return buf_done(&b, &out) ? (struct span){ 0 } : out;
}

/* `scratch` is used over and over. */
static bool list_holds_card(struct buf *scratch, const struct json_node *list)
{
    struct json_out o = json_out(scratch);

    scratch->n = 0;
    json_copy_list(&o, list, NULL);
    return scratch->full || cardscan_found(buf_view(scratch));
}

static bool map_holds_card(struct buf *scratch, const struct json_node *map)
{
    struct json_out o = json_out(scratch);

    scratch->n = 0;
    json_copy_map(&o, map);
    return scratch->full || cardscan_found(buf_view(scratch));
}

static bool items_hold_card(struct arena *a, struct buf *scratch, const struct json_node *items)
{
    for (size_t i = 0; i < json_count(items); i++) {
        struct order_item item = { 0 };
        struct json_complaint why;
        if (json_fill(&item, json_member(items, i), order_item_fields, a, &why) || list_holds_card(scratch, item.tags))
            return true;
    }
    return false;
}

static bool splits_hold_card(struct arena *a, struct buf *scratch, const struct json_node *splits)
{
    for (size_t i = 0; i < json_count(splits); i++) {
        struct order_split s = { 0 };
        struct json_complaint why;
        if (json_fill(&s, json_member(splits, i), order_split_fields, a, &why) || map_holds_card(scratch, s.tags))
            return true;
    }
    return false;
}

/* The places where a caller's text is not a field of its own: keys, and members of lists of strings. */
static const char *where_card(const struct order_new *n, const struct order_body *b, struct arena *a, size_t cap)
{
    struct buf scratch;

    if (cardscan_found(n->tags))
        return "order_tags";
    if (cardscan_found(n->products))
        return "products";
    if ((b->methods_filters || b->offer_filters || b->upi_priority) && cardscan_found(n->meta))
        return "order_meta";
    if (!b->cart_items && !b->splits)
        return NULL;
    scratch = arena_buf(a, cap);
    if (items_hold_card(a, &scratch, b->cart_items))
        return "cart_details.cart_items.item_tags";
    return splits_hold_card(a, &scratch, b->splits) ? "order_splits.tags" : NULL;
}

static struct span tags_fragment(const struct order_body *b, struct arena *a, size_t cap, struct problem *p)
{
    struct buf out;
    struct json_out o;

    if (!b->tags)
        return (struct span){ 0 };
    out = arena_buf(a, cap);
    o = json_out(&out);
    json_copy_map(&o, b->tags);
    return done(p, &out);
}

enum fault order_fragments(struct order_new *n, const struct order_body *b, const struct order_rules *r,
                           size_t body_n, struct problem *p)
{
    const size_t cap = body_n + EXTRA;
    const char *where;

    p->status = 0;
    n->meta = meta_fragment(b, r, cap, p);
    n->tags = tags_fragment(b, r->arena, cap, p);
    n->splits = order_splits_fragment(r->arena, b->splits, cap + EXTRA_SPLIT * json_count(b->splits));
    n->products = copy_object(r->arena, b->products, order_products_fields, cap + EXTRA, p);
    n->private.customer = copy_object(r->arena, b->customer, order_customer_fields, cap, p);
    n->private.cart = copy_object(r->arena, b->cart, order_cart_fields, cap + EXTRA_ITEM * json_count(b->cart_items), p);
    n->private.terminal = copy_object(r->arena, b->terminal, order_terminal_fields, cap, p);
    if (p->status || (json_count(b->splits) && span_absent(n->splits)))
        return FAULT_INTERNAL;
    where = where_card(n, b, r->arena, cap);
    if (!where)
        return FAULT_NONE;
    *p = problem_of_field(r->arena, where, "must not contain a card number (PCI DSS requirement 3: no card data in free text)");
    return FAULT_BAD_INPUT;
}
