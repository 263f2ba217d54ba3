/* routes.c: the Paytm dialect's table of routes. */
#include "dialect/paytm/routes.h"

#include "dialect/paytm/paytm.h"
#include "service/rate_limit.h"

#include "base/banned.h"

enum { BODY = 16 * 1024 };            /* bytes of a request; an encrypted card has 344 characters */

/* Whatever asks the network has these steps behind its work. */
#define ASKS .lane = LANE_WRITE, .rate_class = RATE_TOKENS, .body_max = BODY, .call = call_ask, .settle = call_settle, \
             .compose = call_compose, .show = call_show
#define TOKEN "/coft-center/coft/merchant/{mid}/token/"

static const struct route routes[] = {
    { .method = "POST", .path = TOKEN "generateTokenData", .parse = generate_parse, .work = generate_work, ASKS },
    { .method = "POST", .path = TOKEN "gc/generateTokenData", .parse = guest_parse, .prepare = guest_prepare,
      .work = guest_work, ASKS },
    { .method = "POST", .path = TOKEN "tokenizeCard", .parse = tokenize_parse, .prepare = tokenize_prepare,
      .work = tokenize_work, ASKS },
    { .method = "POST", .path = TOKEN "tokenizeCardAsync", .parse = tokenize_async_parse,
      .prepare = tokenize_prepare, .work = tokenize_work, .lane = LANE_WRITE, .rate_class = RATE_TOKENS,
      .body_max = BODY, .call = tokenize_async_call, .compose = call_compose, .show = call_show },
    { .method = "POST", .path = TOKEN "modifyTokenStatus", .parse = modify_parse, .work = manage_work, ASKS },
    { .method = "POST", .path = TOKEN "cardToPar", .parse = par_parse, .prepare = par_prepare, .work = manage_work,
      ASKS },
    { .method = "GET", .path = TOKEN "tokenInfo", .parse = info_parse, .work = manage_work, ASKS },
    { .method = "POST", .path = "/savedcardservice/merchant/coft/cards", .lane = LANE_WRITE, .body_max = BODY,
      .parse = saved_list_parse, .work = saved_list_work, .compose = call_compose, .show = call_show,
      .rate_class = RATE_TOKENS },
    { .method = "POST", .path = "/savedcardservice/card/delete", .lane = LANE_WRITE, .body_max = BODY,
      .parse = saved_delete_parse, .work = saved_delete_work, .compose = call_compose, .show = call_show,
      .rate_class = RATE_TOKENS },
    { .method = NULL },
};

static const char *const prefixes[] = { "/coft-center", "/savedcardservice", NULL };

const struct dialect paytm_dialect = {
    .name = "paytm", .prefixes = prefixes, .routes = routes, .refuse = call_refusal,
};
