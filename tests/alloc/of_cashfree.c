/* of_cashfree.c: orders, customers, refunds and what is asked about them. */
#include "scenarios.h"

#include "texts.h"

#include "base/banned.h"

#define REFUND(id) "{\"refund_amount\":1.5,\"refund_id\":\"" id "\",\"refund_note\":\"note\"}"
#define ORDERS "SELECT count(*) FROM orders"
#define REFUNDS "SELECT count(*) FROM refunds"

const struct scenario cashfree_scenarios[] = {
    { .name = "order-token", .request = "POST /api/v2/cftoken/order\n" CASHFREE "\n"
      "{\"orderId\":\"t$N\",\"orderAmount\":256,\"orderCurrency\":\"INR\"}",
      .good = "\"cftoken\":\"" },
    { .name = "order-create", .request = ORDER("o$N"), .good = "\"order_status\":\"ACTIVE\"",
      .again = "\"order_status\":\"ACTIVE\"|order_already_exists", .after = "GET /pg/orders/o$N\n" CASHFREE,
      .shows = "\"order_id\":\"o$N\"|\"order_status\":\"ACTIVE\"", .once = ORDERS, .grows = 1 },
    { .name = "order-create-large", .request = "POST /pg/orders\n" CASHFREE "x-idempotency-key: key-$N\n\n"
      "{\"order_id\":\"l$N\",\"order_amount\":10.15,\"order_currency\":\"INR\",\"customer_details\":{\"customer_id\":"
      "\"anna\",\"customer_phone\":\"9908734801\",\"customer_email\":\"a@shop.example\",\"customer_name\":\"Anna\"},"
      "\"order_meta\":{\"return_url\":\"https://shop.example/{order_id}\",\"notify_url\":\"https://shop.example/n\","
      "\"payment_methods\":\"cc,dc,upi\"},\"order_note\":\"note\",\"order_tags\":{\"a\":\"b\"},\"order_splits\":"
      "[{\"vendor_id\":\"v1\",\"amount\":5,\"tags\":{\"k\":\"v\"}}]}", .good = "\"order_status\":\"ACTIVE\"",
      .after = "GET /pg/orders/l$N\n" CASHFREE, .shows = "\"order_status\":\"ACTIVE\"", .once = ORDERS, .grows = 1 },
    { .name = "order-get", .before = ORDER("g$N"), .request = "GET /pg/orders/g$N\n" CASHFREE,
      .good = "\"order_status\":\"ACTIVE\"" },
    { .name = "order-terminate", .before = ORDER("x$N"), .request = "PATCH /pg/orders/x$N\n" CASHFREE "\n"
      "{\"order_status\":\"TERMINATED\"}", .good = "TERMINAT", .again = "TERMINAT|order_inactive",
      .after = "GET /pg/orders/x$N\n" CASHFREE, .shows = "TERMINATED" },
    { .name = "order-extended", .before = ORDER("e$N"), .request = "PUT /pg/orders/e$N/extended\n" CASHFREE "\n"
      "{\"shipment_details\":[{\"tracking_company\":\"X\",\"tracking_urls\":[\"https://t.example\"],"
      "\"tracking_numbers\":[\"1\"]}],\"order_delivery_status\":{\"status\":\"AWAITING_PICKUP\"}}",
      .good = "AWAITING_PICKUP",
      .after = "GET /pg/orders/e$N/extended\n" CASHFREE, .shows = "AWAITING_PICKUP",
      .once = "SELECT count(*) FROM order_extended", .grows = 1 },
    { .name = "customer", .request = "POST /pg/customers\n" CASHFREE "\n{\"customer_phone\":\"98$P\","
      "\"customer_email\":\"a@shop.example\",\"customer_name\":\"Anna\"}", .good = "\"customer_uid\":\"",
      .again = "\"customer_uid\":\"|already", .once = "SELECT count(*) FROM customers", .grows = 1 },
    { .name = "refund", .before = PAID("r$N"), .request = "POST /pg/orders/r$N/refunds\n" CASHFREE "\n" REFUND("f$N"),
      .good = "\"refund_id\":\"f", .again = "\"refund_id\":\"f|already", .after = "GET /pg/orders/r$N/refunds/f$N\n"
      CASHFREE, .shows = "\"refund_status\":\"SUCCESS\"|\"refund_status\":\"PENDING\"", .once = REFUNDS, .grows = 1,
      .pending = true },
    { .name = "refund-list", .before = "GET /pg/orders/order_2\n" CASHFREE,
      .request = "GET /pg/orders/order_2/refunds\n" CASHFREE, .good = "[" },
    { .name = "payments", .request = "GET /pg/orders/order_2/payments\n" CASHFREE, .good = "\"payment_status\":" },
    { .name = "payment", .request = "GET /pg/orders/order_2/payments/$p\n" CASHFREE, .good = "\"payment_status\":" },
    { .name = "card-bin", .request = "POST /pg/utilities/cardbin\nx-api-version: 2026-01-01\nx-client-id: $m\n"
      "x-client-secret: $k\n\n{\"card_number\":\"41111111\"}",
      .good = "\"scheme\":" },
    { .name = "par", .request = "POST /pg/utilities/pars\n" CASHFREE "\n{\"card_number\":\"4111111111111111\","
      "\"card_cvv\":\"123\",\"card_expiry_mm\":\"10\",\"card_expiry_yy\":\"30\"}", .good = "par" },
    { .name = NULL }
};
