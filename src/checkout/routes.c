/* routes.c: the checkout's routes. */
#include "checkout/desk.h"

#include "base/banned.h"

static const struct route routes[] = {
    SHORT_ROUTE("GET", "/checkout/assets/{file}", LANE_READ, 0, file_parse, NULL, NULL, 0),
    SHORT_ROUTE("GET", "/js/v3/cashfree.js", LANE_READ, 0, script_parse, NULL, NULL, 0),
    { .method = NULL },
};

static const char *const prefixes[] = { "/checkout", "/order", "/billpay", "/pg/view", "/js", "/demo", NULL };

const struct dialect checkout_dialect = {
    .name = "checkout", .prefixes = prefixes, .routes = routes, .refuse = page_refuse,
    .further_type = "application/x-www-form-urlencoded",
};
