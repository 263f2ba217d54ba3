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
      order_get_parse, order_find_work, order_payments_show, RATE_PAYMENTS),
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
