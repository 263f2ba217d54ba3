/* check_rules.c: what must hold of the rows. The numbers are those of the enums in domain/, which are never renumbered;
 * tests hold them against each other. */
#include <stddef.h>

#include "store/check.h"

#include "base/banned.h"

/* "merchant 1, payment 7": which row it is. */
#define OF(table, what, no) "min('merchant ' || " table ".merchant_id || ', " what " ' || " table "." no ")"
#define COUNT(table, what, no) "SELECT count(*), " OF(table, what, no) " FROM " table " "

const struct check_rule check_rules[] = {
    { "a credential belongs to no merchant",
      "SELECT count(*), min(client_id) FROM credentials WHERE merchant_id NOT IN (SELECT merchant_id FROM merchants)",
      1 },
    { "an order belongs to no merchant",
      COUNT("orders", "order", "order_no") "WHERE merchant_id NOT IN (SELECT merchant_id FROM merchants)", 2 },
    { "an order is in no state there is",
      COUNT("orders", "order", "order_no") "WHERE state NOT IN (0, 1, 3, 4)", 2 },
    { "an order's amount is none", COUNT("orders", "order", "order_no") "WHERE amount_minor <= 0", 2 },
    { "an order's further fields are without an order",
      COUNT("order_extended", "order", "order_no") "WHERE NOT EXISTS (SELECT 1 FROM orders o"
      " WHERE o.merchant_id = order_extended.merchant_id AND o.order_no = order_extended.order_no)", 2 },
    { "a token is in no state there is",
      COUNT("tokens", "token", "token_no") "WHERE status NOT BETWEEN 0 AND 4 OR (suspended_by <> 0 AND status <> 2)",
      4 },
    { "a token in use was never made by the network",
      COUNT("tokens", "token", "token_no") "WHERE status IN (1, 2) AND network_ref IS NULL", 4 },
    { "a consent is to no token",
      COUNT("consents", "token", "token_no") "WHERE NOT EXISTS (SELECT 1 FROM tokens t"
      " WHERE t.merchant_id = consents.merchant_id AND t.token_no = consents.token_no)", 4 },
    { "a requestor belongs to no merchant",
      "SELECT count(*), min(trid) FROM requestors WHERE merchant_id NOT IN (SELECT merchant_id FROM merchants)", 4 },
    { "a refund is of no payment",
      COUNT("refunds", "refund", "refund_no") "WHERE NOT EXISTS (SELECT 1 FROM payments p"
      " WHERE p.merchant_id = refunds.merchant_id AND p.payment_no = refunds.payment_no"
      " AND p.order_no = refunds.order_no)", 8 },
    { "a refund is in no state there is",
      COUNT("refunds", "refund", "refund_no") "WHERE status NOT BETWEEN 0 AND 4 OR type NOT BETWEEN 0 AND 2", 6 },
    { "a refund's amount or currency is not one of its payment",
      COUNT("refunds", "refund", "refund_no") "WHERE amount_minor <= 0 OR EXISTS (SELECT 1 FROM payments p"
      " WHERE p.merchant_id = refunds.merchant_id AND p.payment_no = refunds.payment_no"
      " AND (p.currency <> refunds.currency OR p.amount_minor < refunds.amount_minor))", 8 },
    { "a payment is of no order",
      COUNT("payments", "payment", "payment_no") "WHERE NOT EXISTS (SELECT 1 FROM orders o"
      " WHERE o.merchant_id = payments.merchant_id AND o.order_no = payments.order_no)", 8 },
    { "a payment is in no state there is",
      COUNT("payments", "payment", "payment_no") "WHERE state NOT BETWEEN 0 AND 8", 8 },
    { "a payment that is over has no time when it was",
      COUNT("payments", "payment", "payment_no") "WHERE state >= 4 AND completed_ms <= 0", 8 },
    { "a payment has another currency, or more money, than its order",
      "SELECT count(*), " OF("p", "payment", "payment_no") " FROM payments p JOIN orders o"
      " ON o.merchant_id = p.merchant_id AND o.order_no = p.order_no"
      " WHERE p.currency <> o.currency OR p.amount_minor > o.amount_minor", 8 },
    { "more was captured than authorised",
      COUNT("payments", "payment", "payment_no") "WHERE captured_minor < 0 OR captured_minor > amount_minor", 8 },
    { "what is to be refunded of a payment is not the sum of its refunds",
      COUNT("payments", "payment", "payment_no") "WHERE refunded_minor <> (SELECT coalesce(sum(r.amount_minor), 0)"
      " FROM refunds r WHERE r.merchant_id = payments.merchant_id AND r.order_no = payments.order_no"
      " AND r.payment_no = payments.payment_no AND r.type = 0 AND r.status IN (0, 1, 3))", 8 },
    { "more is to be refunded of a payment than was taken",
      COUNT("payments", "payment", "payment_no") "WHERE refunded_minor >"
      " CASE WHEN state <> 4 THEN 0 WHEN authorise_only THEN captured_minor ELSE amount_minor END", 8 },
    { "an order was paid twice",
      "SELECT count(*), min('merchant ' || merchant_id || ', order ' || order_no) FROM (SELECT merchant_id, order_no"
      " FROM payments WHERE state = 4 GROUP BY merchant_id, order_no HAVING count(*) > 1)", 8 },
    { "an order is paid, and none of its payments succeeded",
      COUNT("orders", "order", "order_no") "WHERE state = 1 AND NOT EXISTS (SELECT 1 FROM payments p"
      " WHERE p.merchant_id = orders.merchant_id AND p.order_no = orders.order_no AND p.state IN (4, 7))", 8 },
    { "a payment succeeded, and its order is not paid",
      "SELECT count(*), " OF("p", "payment", "payment_no") " FROM payments p JOIN orders o"
      " ON o.merchant_id = p.merchant_id AND o.order_no = p.order_no WHERE p.state = 4 AND o.state <> 1", 8 },
    { "an endpoint belongs to no merchant",
      COUNT("webhook_endpoints", "endpoint", "endpoint_no")
      "WHERE merchant_id NOT IN (SELECT merchant_id FROM merchants)", 7 },
    { "a delivery is in no state there is",
      COUNT("outbox", "delivery", "delivery_no") "WHERE state NOT BETWEEN 0 AND 3", 7 },
    { "a delivery goes to no endpoint",
      COUNT("outbox", "delivery", "delivery_no") "WHERE endpoint_no > 0 AND NOT EXISTS (SELECT 1"
      " FROM webhook_endpoints e WHERE e.merchant_id = outbox.merchant_id AND e.endpoint_no = outbox.endpoint_no)", 7 },
    { "a delivery waits behind none",
      COUNT("outbox", "delivery", "delivery_no") "WHERE state = 0 AND NOT EXISTS (SELECT 1 FROM outbox b"
      " WHERE b.merchant_id = outbox.merchant_id AND b.line = outbox.line AND b.endpoint_no = outbox.endpoint_no"
      " AND b.kind = outbox.kind AND b.delivery_no < outbox.delivery_no AND b.state < 2)", 7 },
    { "an order-token order is without an order",
      COUNT("checkouts", "order", "order_no") "WHERE NOT EXISTS (SELECT 1 FROM orders o"
      " WHERE o.merchant_id = checkouts.merchant_id AND o.order_no = checkouts.order_no)", 9 },
    { "audit rows are missing between the links of the chain",
      "SELECT count(*), min('link ' || link_no) FROM (SELECT link_no, first_row, lag(first_row + row_count)"
      " OVER (ORDER BY link_no) AS expected FROM audit_links) WHERE expected IS NOT NULL AND expected <> first_row",
      10 },
    { NULL, NULL, 0 },
};
