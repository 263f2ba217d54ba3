/* routes.c: the Cashfree dialect's table of routes. */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/cashfree.h"
#include "dialect/cashfree/instrument.h"
#include "dialect/cashfree/problem.h"
#include "service/rate_limit.h"

#include "base/banned.h"

/* Bytes of a body. An order's bounds its answer, which must fit what idempotency remembers
 * (IDEMPOTENCY_BODY_MAX), with every absent field of ORDER_CART_ITEMS_MAX items written as null. */
enum { BODY_SMALL = 4 * 1024, BODY_EXTENDED = 16 * 1024, BODY_ORDER = 32 * 1024 };

#define INSTRUMENTS "/pg/customers/{customer_id}/instruments"
#define REFUNDS "/pg/orders/{order_id}/refunds"
#define INSTRUMENT INSTRUMENTS "/{instrument_id}"

static const struct route routes[] = {
    SHORT_ROUTE("POST", "/pg/orders", LANE_WRITE, BODY_ORDER,
      order_create_parse, order_create_work, order_create_show, RATE_CREATE_ORDER),
    SHORT_ROUTE("GET", "/pg/orders/{order_id}", LANE_READ, 0,
      order_get_parse, order_get_work, order_get_show, RATE_GET_ORDER),
    SHORT_ROUTE("PATCH", "/pg/orders/{order_id}", LANE_WRITE, BODY_SMALL,
      order_terminate_parse, order_terminate_work, order_terminate_show, RATE_OTHER),
    SHORT_ROUTE("GET", "/pg/orders/{order_id}/extended", LANE_READ, 0,
      extended_get_parse, extended_get_work, extended_get_show, RATE_OTHER),
    SHORT_ROUTE("PUT", "/pg/orders/{order_id}/extended", LANE_WRITE, BODY_EXTENDED,
      extended_put_parse, extended_put_work, extended_put_show, RATE_OTHER),
    SHORT_ROUTE("GET", "/pg/orders/{order_id}/payments", LANE_READ, 0,
      payments_list_parse, payments_list_work, payments_list_show, RATE_PAYMENTS),
    SHORT_ROUTE("GET", "/pg/orders/{order_id}/payments/{cf_payment_id}", LANE_READ, 0,
      payment_get_parse, payment_get_work, payment_get_show, RATE_PAYMENTS),
    { .method = "POST", .path = REFUNDS, .lane = LANE_WRITE, .body_max = BODY_SMALL, .parse = refund_create_parse,
      .work = refund_create_work, .call = refund_call, .settle = refund_settle_work, .show = refund_show,
      .rate_class = RATE_REFUND },
    SHORT_ROUTE("GET", REFUNDS, LANE_READ, 0,
      refunds_list_parse, refunds_list_work, refunds_list_show, RATE_GET_REFUND),
    SHORT_ROUTE("GET", REFUNDS "/{refund_id}", LANE_READ, 0,
      refund_get_parse, refund_get_work, refund_show, RATE_GET_REFUND),
    { .method = "PUT", .path = REFUNDS "/{refund_id}", .lane = LANE_WRITE, .body_max = BODY_SMALL,
      .parse = refund_change_parse, .work = refund_change_work, .call = refund_call, .settle = refund_settle_work,
      .show = refund_show, .rate_class = RATE_REFUND },
    SHORT_ROUTE("GET", "/pg/orders/{order_id}/settlements", LANE_READ, 0,
      settlements_parse, settlements_work, settlements_show, RATE_SETTLEMENTS),
    { .method = "POST", .path = "/pg/orders/{order_id}/authorization", .lane = LANE_WRITE, .body_max = BODY_SMALL,
      .parse = authorization_parse, .work = authorization_work, .call = authorization_call,
      .settle = authorization_settle, .show = authorization_show, .rate_class = RATE_OTHER },
    { .method = "POST", .path = "/pg/simulate", .lane = LANE_WRITE, .body_max = BODY_SMALL, .parse = simulate_parse,
      .prepare = simulate_prepare, .work = simulate_work, .show = simulate_show, .rate_class = RATE_OTHER },
    SHORT_ROUTE("GET", "/pg/simulate/{simulation_id}", LANE_READ, 0,
      simulation_get_parse, simulation_get_work, simulate_show, RATE_OTHER),
    { .method = "POST", .path = "/pg/orders/sessions", .lane = LANE_WRITE, .body_max = BODY_SMALL,
      .parse = orderpay_session_parse, .prepare = orderpay_prepare, .work = orderpay_work, .call = orderpay_call,
      .settle = orderpay_settle, .show = orderpay_show, .rate_class = RATE_PAY },
    { .method = "POST", .path = "/pg/orders/pay", .lane = LANE_WRITE, .body_max = BODY_SMALL,
      .parse = orderpay_token_parse, .prepare = orderpay_prepare, .work = orderpay_work, .call = orderpay_call,
      .settle = orderpay_settle, .show = orderpay_show, .rate_class = RATE_PAY },
    { .method = "POST", .path = "/pg/orders/pay/authenticate/{cf_payment_id}", .lane = LANE_WRITE,
      .body_max = BODY_SMALL, .parse = authenticate_parse, .work = authenticate_work, .call = orderpay_call,
      .settle = orderpay_settle, .show = authenticate_show, .rate_class = RATE_OTP },
    SHORT_ROUTE("POST", "/pg/customers", LANE_WRITE, BODY_SMALL,
      customers_parse, customers_work, customers_show, RATE_OTHER),
    SHORT_ROUTE("GET", INSTRUMENTS, LANE_READ, 0,
      instruments_parse, instruments_work, instruments_show, RATE_TOKENS),
    SHORT_ROUTE("GET", INSTRUMENT, LANE_READ, 0,
      instrument_get_parse, instrument_get_work, instrument_show, RATE_TOKENS),
    { .method = "DELETE", .path = INSTRUMENT, .lane = LANE_WRITE, .parse = instrument_delete_parse,
      .work = instrument_work, .call = instrument_call, .settle = instrument_settle, .show = instrument_show,
      .rate_class = RATE_TOKENS },
    { .method = "GET", .path = INSTRUMENT "/cryptogram", .lane = LANE_WRITE, .parse = cryptogram_parse,
      .work = instrument_work, .call = instrument_call, .settle = instrument_settle, .show = cryptogram_show,
      .rate_class = RATE_TOKENS },
    SHORT_ROUTE("POST", "/pg/utilities/cardbin", LANE_READ, BODY_SMALL,
      cardbin_parse, NULL, cardbin_show, RATE_TOKENS),
    { .method = "POST", .path = "/pg/utilities/pars", .lane = LANE_WRITE, .body_max = BODY_SMALL, .parse = pars_parse,
      .prepare = pars_prepare, .work = instrument_work, .call = instrument_call, .settle = instrument_settle,
      .show = pars_show, .rate_class = RATE_TOKENS },
    SHORT_ROUTE("POST", "/api/v2/cftoken/order", LANE_READ, BODY_SMALL,
      cftoken_parse, cftoken_work, cftoken_show, RATE_ORDER_TOKEN),
    { .method = NULL },
};

static const char *const prefixes[] = { "/pg", "/api/v2", NULL };

const struct dialect cashfree_dialect = {
    .name = "cashfree", .prefixes = prefixes, .routes = routes, .refuse = problem_refuse,
};
