/* routes.c: the Paytm dialect's table of routes. */
#include "dialect/paytm/paytm.h"

#include "base/json_out.h"

#include "base/banned.h"

enum { REFUSAL_MAX = 160 };           /* bytes of an answer to what no route takes */

static const struct route routes[] = {
    { .method = NULL },
};

static const char *const prefixes[] = { "/coft-center", "/savedcardservice", NULL };

static void refuse(struct exchange *x, enum refusal why)
{
    struct json_out o = json_out(answer_start(x, why == REFUSE_NO_ROUTE ? 404 : 400, "application/json", REFUSAL_MAX));

    json_object(&o);
    json_object_end(&o);
}

const struct dialect paytm_dialect = {
    .name = "paytm", .prefixes = prefixes, .routes = routes, .refuse = refuse,
};
