/* order_fields.h: the body of POST /pg/orders, field by field (reference 2.4, 5.5). */
#pragma once

#include "base/json_in.h"

enum {
    ORDER_CART_ITEMS_MAX = 50,        /* no limit is documented; it bounds the answer */
    ORDER_SPLITS_MAX = 50,            /* the same */
    ORDER_CONDITIONS_MAX = 50,        /* the same, of one product */
    ORDER_TAGS_MAX = 10,
    ORDER_FILTER_MAX = 32,            /* values of a filter: OFFER_BINS_MAX (service/offer.h) */
};

/* The body as read. Text is borrowed from it; nodes are NULL when not given. */
struct order_body {
    struct span order_id, amount, currency, expiry, note;
    struct span customer_id, customer_phone, customer_account;
    struct span return_url, notify_url, payment_methods;
    struct span terminal_phone, cf_terminal_id;
    const struct json_node *customer, *cart, *cart_items, *terminal, *meta, *tags, *splits, *products;
    const struct json_node *methods_filters, *offer_filters, *upi_priority;
};

extern const struct json_field order_fields[];             /* into struct order_body */
extern const struct json_field order_fields_2026[];        /* the same with the flat payment method filters */

/* Parts of it, for json_copy() and for reading stored fragments again. */
extern const struct json_field order_customer_fields[], order_cart_fields[], order_terminal_fields[];
extern const struct json_field order_products_fields[], order_offer_filters_fields[];
extern const struct json_field order_methods_filters_fields[], order_methods_filters_fields_2026[];

/* One split. */
struct order_split {
    struct span vendor, vendor_id, amount, percentage;
    const struct json_node *tags;
};
extern const struct json_field order_split_fields[];       /* into struct order_split */

extern const struct json_field order_item_fields[];        /* into nothing: only checked and copied */
