/* routes.c: the Juspay dialect's table of routes. */
#include "dialect/juspay/routes.h"

#include "dialect/juspay/complaint.h"
#include "dialect/juspay/errand.h"
#include "dialect/juspay/juspay.h"
#include "service/rate_limit.h"

#include "base/banned.h"

/* Bytes of a body: one with an encrypted card (CARD_TEXT_MAX), and all others. */
enum { BODY_CARD = 24 * 1024, BODY_SMALL = 4 * 1024 };

static const struct route routes[] = {
    { .method = "POST", .path = "/generateToken", .lane = LANE_WRITE, .body_max = BODY_CARD,
      .parse = juspay_generate_parse, .prepare = juspay_generate_prepare, .work = juspay_generate_work,
      .call = errand_call, .settle = errand_settle, .compose = juspay_generate_compose, .show = juspay_generate_show,
      .rate_class = RATE_TOKENS },
    { .method = "POST", .path = "/v4/card/get", .lane = LANE_WRITE, .body_max = BODY_SMALL,
      .parse = juspay_get_parse, .work = errand_work, .call = errand_call, .settle = errand_settle,
      .show = juspay_get_show, .rate_class = RATE_TOKENS },
    { .method = "POST", .path = "/v4/card/delete", .lane = LANE_WRITE, .body_max = BODY_SMALL,
      .parse = juspay_delete_parse, .work = errand_work, .call = errand_call, .settle = errand_settle,
      .show = juspay_delete_show, .rate_class = RATE_TOKENS },
    { .method = "POST", .path = "/v4/card/tokenStatus", .lane = LANE_WRITE, .body_max = BODY_SMALL,
      .parse = juspay_status_parse, .work = errand_work, .call = errand_call, .settle = errand_settle,
      .show = juspay_status_show, .rate_class = RATE_TOKENS },
    { .method = "POST", .path = "/v2/card/fingerprint", .lane = LANE_WRITE, .body_max = BODY_SMALL,
      .parse = juspay_fingerprint_parse, .prepare = juspay_fingerprint_prepare, .work = juspay_fingerprint_work,
      .call = juspay_fingerprint_call, .settle = juspay_fingerprint_settle, .show = juspay_fingerprint_show,
      .rate_class = RATE_TOKENS },
    { .method = "POST", .path = "/get/altId", .lane = LANE_WRITE, .body_max = BODY_CARD,
      .parse = juspay_alt_id_parse, .prepare = juspay_alt_id_prepare, .work = juspay_alt_id_work,
      .call = errand_call, .settle = errand_settle, .compose = juspay_alt_id_compose, .show = juspay_alt_id_show,
      .rate_class = RATE_TOKENS },
    SHORT_ROUTE("GET", "/cards", LANE_READ, 0, juspay_cards_parse, juspay_cards_work, juspay_cards_show, RATE_TOKENS),
    SHORT_ROUTE("GET", "/cardbins/{bin}", LANE_READ, 0,
      juspay_cardbins_parse, NULL, juspay_cardbins_show, RATE_TOKENS),
    { .method = NULL },
};

static const char *const prefixes[] = {
    "/generateToken", "/v4/card", "/v2/card", "/get/altId", "/cards", "/cardbins", NULL,
};

const struct dialect juspay_dialect = {
    .name = "juspay", .prefixes = prefixes, .routes = routes, .refuse = complaint_refuse,
    .further_type = "application/x-www-form-urlencoded",
};
