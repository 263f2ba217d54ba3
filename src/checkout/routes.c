/* routes.c: the checkout's routes. */
#include "checkout/demo.h"

#include "base/banned.h"

#define SESSION "/checkout/{payment_session_id}"

static const struct route routes[] = {
    SHORT_ROUTE("GET", "/checkout/assets/{file}", LANE_READ, 0, file_parse, NULL, NULL, 0),
    SHORT_ROUTE("GET", "/js/v3/cashfree.js", LANE_READ, 0, script_parse, NULL, NULL, 0),

    SHORT_ROUTE("GET", SESSION, LANE_READ, 0, visit_parse, page_work, page_pay_show, 0),
    { .method = "POST", .path = SESSION "/pay", .lane = LANE_WRITE, .body_max = FORM_MAX, .parse = pay_parse,
      .prepare = pay_route_prepare, .work = pay_work, .call = leading_call, .settle = leading_settle,
      .show = pay_show },
    SHORT_ROUTE("GET", SESSION "/otp/{cf_payment_id}", LANE_READ, 0, visit_parse, otp_look, otp_page, 0),
    { .method = "POST", .path = SESSION "/otp/{cf_payment_id}", .lane = LANE_WRITE, .body_max = FORM_MAX,
      .parse = otp_parse, .work = otp_work, .call = leading_call, .settle = leading_settle, .show = otp_show },
    SHORT_ROUTE("GET", SESSION "/wait/{cf_payment_id}", LANE_READ, 0, visit_parse, after_work, after_wait, 0),
    SHORT_ROUTE("GET", SESSION "/result/{cf_payment_id}", LANE_READ, 0, visit_parse, after_work, after_result, 0),
    SHORT_ROUTE("GET", SESSION "/leave", LANE_READ, 0, visit_parse, after_work, after_leave, 0),
    SHORT_ROUTE("GET", SESSION "/leave/{cf_payment_id}", LANE_READ, 0, visit_parse, after_work, after_leave, 0),
    { .method = "POST", .path = SESSION "/cards/{instrument_id}/delete", .lane = LANE_WRITE, .body_max = FORM_MAX,
      .parse = card_delete_parse, .work = card_delete_work, .call = card_delete_call, .settle = card_delete_settle,
      .show = card_delete_show },

    SHORT_ROUTE("GET", "/pg/view/gateway/{ref}", LANE_READ, 0, bank_parse, bank_work, bank_show, 0),
    SHORT_ROUTE("POST", "/pg/view/gateway/{ref}", LANE_WORKER, FORM_MAX,
      bank_decide_parse, bank_decide_work, bank_decide_show, 0),
    SHORT_ROUTE("GET", "/checkout/return/{ref}", LANE_READ, 0, bank_parse, bank_return_work, bank_return_show, 0),

    { .method = "POST", .path = "/billpay/checkout/post/submit", .lane = LANE_WRITE, .body_max = FORM_MAX,
      .parse = billpay_parse, .prepare = billpay_prepare, .work = billpay_work, .call = billpay_call,
      .settle = leading_settle, .show = billpay_show },
    SHORT_ROUTE("GET", "/order/", LANE_READ, 0, link_parse, NULL, NULL, 0),
    SHORT_ROUTE("POST", "/checkout/open", LANE_READ, FORM_MAX, link_open_parse, link_open_work, link_open_show, 0),
    SHORT_ROUTE("GET", "/checkout/component/{type}", LANE_READ, 0, component_parse, NULL, NULL, 0),

    SHORT_ROUTE("GET", "/demo", LANE_READ, 0, demo_parse, demo_work, demo_show, 0),
    SHORT_ROUTE("POST", "/demo/order", LANE_WRITE, FORM_MAX, demo_order_parse, demo_order_work, demo_order_show, 0),
    { .method = "POST", .path = "/demo/webhooks/{manner}", .lane = LANE_WRITE, .body_max = DEMO_BODY_MAX,
      .parse = receiver_parse, .prepare = receiver_prepare, .work = receiver_work, .show = receiver_show },
    { .method = NULL },
};

static const char *const prefixes[] = { "/checkout", "/order", "/billpay", "/pg/view", "/js", "/demo", NULL };

const struct dialect checkout_dialect = {
    .name = "checkout", .prefixes = prefixes, .routes = routes, .refuse = page_refuse,
    .further_type = "application/x-www-form-urlencoded",
};
