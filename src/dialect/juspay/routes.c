/* routes.c: the Juspay dialect's table of routes. */
#include "dialect/juspay/juspay.h"

#include "base/banned.h"

static const struct route routes[] = {
    { .method = NULL },
};

static const char *const prefixes[] = {
    "/generateToken", "/v4/card", "/v2/card", "/get/altId", "/cards", "/cardbins", NULL,
};

static void refuse(struct exchange *x, enum refusal why)
{
    (void)why;
    buf_text(answer_start(x, 404, "application/json; charset=UTF-8", 16), "{}");
}

const struct dialect juspay_dialect = {
    .name = "juspay", .prefixes = prefixes, .routes = routes, .refuse = refuse,
    .further_type = "application/x-www-form-urlencoded",
};
