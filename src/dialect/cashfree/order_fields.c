/* order_fields.c: the tables of POST /pg/orders. */
#include "dialect/cashfree/order_fields.h"

#include "dialect/cashfree/rules.h"
#include "domain/order.h"
#include "service/offer.h"

#include "base/banned.h"

#define AT(member) .at = offsetof(struct order_body, member)
#define CHECKED .at = JSON_NOWHERE

static const char *const allow_only[] = { "ALLOW", NULL };
static const char *const allow_or_deny[] = { "ALLOW", "DENY", NULL };

static const struct json_field tag_value = {
    .name = "value", .type = JSON_TEXT, .required = true, .keep_empty = true, .min = 1, .max = 255,
    .rule = rule_no_card, CHECKED
};

const struct json_field order_customer_fields[] = {
    { .name = "customer_id", .type = JSON_TEXT, .required = true, .min = 3, .max = 50, .rule = rule_id,
      AT(customer_id) },
    { .name = "customer_name", .type = JSON_TEXT, .min = 3, .max = 100, .rule = rule_no_card, CHECKED },
    { .name = "customer_email", .type = JSON_TEXT, .min = 3, .max = 100, .rule = rule_no_card, CHECKED },
    { .name = "customer_phone", .type = JSON_TEXT, .required = true, .rule = rule_phone, AT(customer_phone) },
    { .name = "customer_bank_account_number", .type = JSON_TEXT, .min = 3, .max = 20, AT(customer_account) },
    { .name = "customer_bank_ifsc", .type = JSON_TEXT, .max = 20, .rule = rule_id, CHECKED },
    { .name = "customer_bank_code", .type = JSON_INT, .max = INT32_MAX, CHECKED },
    { .name = "customer_uid", .type = JSON_TEXT, .max = 64, .rule = rule_id, CHECKED },
    JSON_END
};

static const struct json_field address_fields[] = {
    { .name = "full_name", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "country", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "city", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "state", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "pincode", .type = JSON_TEXT_OR_INT, .rule = rule_no_card, CHECKED },
    { .name = "address_1", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "address_2", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    JSON_END
};

/* Item ids and URLs may be bar codes, some of which pass the check of card numbers: hence the rule for ids. */
const struct json_field order_item_fields[] = {
    { .name = "item_id", .type = JSON_TEXT_OR_INT, .rule = rule_no_card_id, CHECKED },
    { .name = "item_name", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "item_description", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "item_tags", .type = JSON_LIST, .rule = rule_no_card, CHECKED },
    { .name = "item_details_url", .type = JSON_TEXT, .rule = rule_no_card_id, CHECKED },
    { .name = "item_image_url", .type = JSON_TEXT, .rule = rule_no_card_id, CHECKED },
    { .name = "item_original_unit_price", .type = JSON_DECIMAL, .rule = rule_decimal, CHECKED },
    { .name = "item_discounted_unit_price", .type = JSON_DECIMAL, .rule = rule_decimal, CHECKED },
    { .name = "item_currency", .type = JSON_TEXT, .min = 3, .max = 3, CHECKED },
    { .name = "item_quantity", .type = JSON_INT, .max = INT32_MAX, CHECKED },
    { .name = "item_variant_id", .type = JSON_TEXT_OR_INT, .rule = rule_no_card_id, CHECKED },
    JSON_END
};

const struct json_field order_cart_fields[] = {
    { .name = "customer_note", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "shipping_charge", .type = JSON_DECIMAL, .rule = rule_decimal, CHECKED },
    { .name = "cart_name", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "customer_shipping_address", .type = JSON_OBJECT, .sub = address_fields, CHECKED },
    { .name = "customer_billing_address", .type = JSON_OBJECT, .sub = address_fields, CHECKED },
    { .name = "cart_items", .type = JSON_LIST, .max = ORDER_CART_ITEMS_MAX, .sub = order_item_fields, AT(cart_items) },
    JSON_END
};

const struct json_field order_terminal_fields[] = {
    { .name = "terminal_type", .type = JSON_TEXT, .required = true, .min = 4, .max = 10, .rule = rule_id, CHECKED },
    { .name = "terminal_id", .type = JSON_TEXT, .min = 3, .max = 100, .rule = rule_no_card, CHECKED },
    { .name = "cf_terminal_id", .type = JSON_TEXT_OR_INT, .rule = rule_digits, AT(cf_terminal_id) },
    { .name = "terminal_phone_no", .type = JSON_TEXT, .rule = rule_phone, AT(terminal_phone) },
    { .name = "terminal_name", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "terminal_address", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "terminal_note", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "terminal_status", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "added_on", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    { .name = "last_updated_on", .type = JSON_TEXT, .rule = rule_no_card, CHECKED },
    JSON_END
};

static const struct json_field methods_fields[] = {
    { .name = "action", .type = JSON_TEXT, .required = true, .one_of = allow_only, CHECKED },
    { .name = "values", .type = JSON_LIST, .required = true, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    JSON_END
};

const struct json_field order_offer_filters_fields[] = {
    { .name = "action", .type = JSON_TEXT, .required = true, .one_of = allow_or_deny, CHECKED },
    { .name = "values", .type = JSON_LIST, .required = true, .rule = rule_no_card, CHECKED },
    JSON_END
};

_Static_assert((int)ORDER_FILTER_MAX == (int)OFFER_BINS_MAX, "what is taken can be read back");

/* Clients send bins and suffixes as strings or as numbers. */
static const struct json_field card_filter_fields[] = {
    { .name = "action", .type = JSON_TEXT, .required = true, .one_of = allow_or_deny, CHECKED },
    { .name = "values", .type = JSON_VALUES, .required = true, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    JSON_END
};

static const struct json_field filters_fields[] = {
    { .name = "card_bins", .type = JSON_OBJECT, .sub = card_filter_fields, CHECKED },
    { .name = "card_schemes", .type = JSON_OBJECT, .sub = card_filter_fields, CHECKED },
    { .name = "card_suffix", .type = JSON_OBJECT, .sub = card_filter_fields, CHECKED },
    { .name = "card_issuing_bank", .type = JSON_OBJECT, .sub = card_filter_fields, CHECKED },
    JSON_END
};

static const struct json_field filters_fields_2026[] = {
    { .name = "card_bins", .type = JSON_VALUES, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    { .name = "card_schemes", .type = JSON_VALUES, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    { .name = "card_suffix", .type = JSON_VALUES, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    { .name = "card_issuing_bank", .type = JSON_VALUES, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    { .name = "card_emi_tenure", .type = JSON_INT, .max = INT32_MAX, CHECKED },
    { .name = "card_emi_bins", .type = JSON_VALUES, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    { .name = "card_emi_schemes", .type = JSON_VALUES, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    { .name = "card_emi_suffix", .type = JSON_VALUES, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    { .name = "card_emi_issuing_bank", .type = JSON_VALUES, .max = ORDER_FILTER_MAX, .rule = rule_no_card, CHECKED },
    JSON_END
};

const struct json_field order_methods_filters_fields[] = {
    { .name = "methods", .type = JSON_OBJECT, .sub = methods_fields, CHECKED },
    { .name = "filters", .type = JSON_OBJECT, .sub = filters_fields, CHECKED },
    JSON_END
};

const struct json_field order_methods_filters_fields_2026[] = {
    { .name = "methods", .type = JSON_OBJECT, .sub = methods_fields, CHECKED },
    { .name = "filters", .type = JSON_OBJECT, .sub = filters_fields_2026, CHECKED },
    JSON_END
};

#define META_FIELDS(filters)                                                                              \
    { .name = "return_url", .type = JSON_TEXT, .max = 250, .rule = rule_url, AT(return_url) },            \
    { .name = "notify_url", .type = JSON_TEXT, .max = 250, .rule = rule_url, AT(notify_url) },            \
    { .name = "payment_methods", .type = JSON_TEXT, .max = 250, AT(payment_methods) },                    \
    { .name = "payment_methods_filters", .type = JSON_OBJECT, .sub = (filters), AT(methods_filters) },    \
    { .name = "offer_filters", .type = JSON_OBJECT, .sub = order_offer_filters_fields, AT(offer_filters) }, \
    { .name = "upi_app_priority", .type = JSON_LIST, .max = 50, .rule = rule_no_card, AT(upi_priority) }, \
    JSON_END

static const struct json_field meta_fields[] = { META_FIELDS(order_methods_filters_fields) };
static const struct json_field meta_fields_2026[] = { META_FIELDS(order_methods_filters_fields_2026) };

#define AT_SPLIT(member) .at = offsetof(struct order_split, member)
const struct json_field order_split_fields[] = {
    { .name = "vendor_id", .type = JSON_TEXT, .max = 50, .rule = rule_id, AT_SPLIT(vendor_id) },
    { .name = "vendor", .type = JSON_TEXT, .max = 50, .rule = rule_id, AT_SPLIT(vendor) },
    { .name = "amount", .type = JSON_DECIMAL, .rule = rule_decimal, AT_SPLIT(amount) },
    { .name = "percentage", .type = JSON_DECIMAL, .rule = rule_decimal, AT_SPLIT(percentage) },
    { .name = "tags", .type = JSON_MAP, .max = ORDER_TAGS_MAX, .rule = rule_no_card, .sub = &tag_value,
      AT_SPLIT(tags) },
    JSON_END
};

static const struct json_field condition_fields[] = {
    { .name = "action", .type = JSON_TEXT, .required = true, .one_of = allow_or_deny, CHECKED },
    { .name = "key", .type = JSON_TEXT, .required = true, .max = 50, .rule = rule_no_card, CHECKED },
    { .name = "values", .type = JSON_LIST, .max = 10, .rule = rule_no_card, CHECKED },
    JSON_END
};

static const struct json_field product_fields[] = {
    { .name = "enabled", .type = JSON_BOOL, CHECKED },
    { .name = "conditions", .type = JSON_LIST, .max = ORDER_CONDITIONS_MAX, .sub = condition_fields, CHECKED },
    JSON_END
};

const struct json_field order_products_fields[] = {
    { .name = "one_click_checkout", .type = JSON_OBJECT, .sub = product_fields, CHECKED },
    { .name = "verify_pay", .type = JSON_OBJECT, .sub = product_fields, CHECKED },
    JSON_END
};

/* What every order needs comes first, so that it is what a caller hears of first. */
#define ORDER_FIELDS(meta_table)                                                                                     \
    { .name = "order_amount", .type = JSON_DECIMAL, .required = true, AT(amount) },                                  \
    { .name = "order_currency", .type = JSON_TEXT, .required = true, .keep_empty = true, AT(currency) },             \
    { .name = "order_id", .type = JSON_TEXT, .min = ORDER_ID_MIN, .max = ORDER_ID_MAX, .rule = rule_id,           \
      AT(order_id) },                                                                                                \
    { .name = "customer_details", .type = JSON_OBJECT, .sub = order_customer_fields, AT(customer) },                 \
    { .name = "order_meta", .type = JSON_OBJECT, .sub = (meta_table), AT(meta) },                                    \
    { .name = "order_expiry_time", .type = JSON_TEXT, AT(expiry) },                                                  \
    { .name = "order_note", .type = JSON_TEXT, .min = 3, .max = 200, .rule = rule_no_card, AT(note) },               \
    { .name = "order_tags", .type = JSON_MAP, .max = ORDER_TAGS_MAX, .rule = rule_no_card, .sub = &tag_value,        \
      AT(tags) },                                                                                                    \
    { .name = "order_splits", .type = JSON_LIST, .max = ORDER_SPLITS_MAX, .sub = order_split_fields, AT(splits) },   \
    { .name = "cart_details", .type = JSON_OBJECT, .sub = order_cart_fields, AT(cart) },                             \
    { .name = "terminal", .type = JSON_OBJECT, .sub = order_terminal_fields, AT(terminal) },                         \
    { .name = "products", .type = JSON_OBJECT, .sub = order_products_fields, AT(products) },                         \
    JSON_END

const struct json_field order_fields[] = { ORDER_FIELDS(meta_fields) };
const struct json_field order_fields_2026[] = { ORDER_FIELDS(meta_fields_2026) };
