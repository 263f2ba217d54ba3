/* routes.c: the sandbox dialect's routes, and reading what they are sent. */
#include "dialect/sandbox/desk.h"

#include "base/banned.h"

static void complain(struct exchange *x, const struct json_complaint *why);

/* May it be asked at all? If not, the answer is made. */
static bool may(struct exchange *x, bool network)
{
    if (!admin_may(x, NULL))
        return false;
    if (network && !x->services->sim) {
        admin_error(x, 409, "no_network", "this server has no simulated card network (see --network)");
        return false;
    }
    return true;
}

static struct sandbox_call *read_call(struct exchange *x, const struct json_field *fields)
{
    struct sandbox_call *call = arena_take(x->arena, sizeof *call);
    struct json_complaint why = { 0 };
    enum fault f = FAULT_NONE;

    if (!call) {
        admin_fault(x, FAULT_BUSY);
        return NULL;
    }
    *call = (struct sandbox_call){ .ms = 0 };
    if (fields)
        f = admin_body(x, call, fields, &why);
    if (f == FAULT_BAD_INPUT)
        complain(x, &why);
    if (f)
        return NULL;
    x->state = call;
    return call;
}

struct sandbox_call *sandbox_read(struct exchange *x, const struct json_field *fields)
{
    return may(x, false) ? read_call(x, fields) : NULL;
}

struct sandbox_call *sandbox_read_network(struct exchange *x, const struct json_field *fields)
{
    return may(x, true) ? read_call(x, fields) : NULL;
}

void sandbox_bad(struct exchange *x, const char *field, const char *message)
{
    struct json_out o = json_out(answer_start(x, 400, "application/json", ADMIN_SMALL_MAX));

    json_object(&o);
    json_put_str(&o, "error", "bad_input");
    json_put_str(&o, "message", message);
    if (field[0])
        json_put_str(&o, "field", field);
    json_object_end(&o);
}

static void complain(struct exchange *x, const struct json_complaint *why)
{
    switch (why->why) {
    case JSON_WHY_SYNTAX:
        sandbox_bad(x, "", why->text);
        return;
    case JSON_WHY_MISSING:
        sandbox_bad(x, why->path, "the field is missing or empty");
        return;
    case JSON_WHY_TYPE:
        sandbox_bad(x, why->path, "the field is of another type than it should be");
        return;
    case JSON_WHY_SHORT: case JSON_WHY_LONG: case JSON_WHY_SMALL: case JSON_WHY_LARGE: case JSON_WHY_FEW:
    case JSON_WHY_MANY: case JSON_WHY_RULE: case JSON_WHY_ONE_OF:
        break;
    }
    sandbox_bad(x, why->path, "the field is out of range");
}

/* The same words as beside it on this listener. */
static void refuse(struct exchange *x, enum refusal why)
{
    admin_dialect.refuse(x, why);
}

static const struct route routes[] = {
    ADMIN_ROUTE(ADMIN_SANDBOX, "GET", "/sandbox/clock", LANE_READ, 0,
      clock_get_parse, NULL, NULL),
    ADMIN_ROUTE(ADMIN_SANDBOX, "POST", "/sandbox/clock", LANE_READ, ADMIN_BODY_MAX,
      clock_set_parse, NULL, NULL),
    ADMIN_ROUTE(ADMIN_SANDBOX, "GET", "/sandbox/network", LANE_READ, 0,
      network_get_parse, NULL, NULL),
    ADMIN_ROUTE(ADMIN_SANDBOX, "POST", "/sandbox/network/behaviour", LANE_READ, ADMIN_BODY_MAX,
      network_behave_parse, NULL, NULL),
    ADMIN_ROUTE(ADMIN_SANDBOX, "POST", "/sandbox/network/events", LANE_WORKER, ADMIN_BODY_MAX,
      network_event_parse, network_event_work, network_event_show),
    ADMIN_ROUTE(ADMIN_SANDBOX, "POST", "/sandbox/tokens/{token}/events", LANE_WORKER, ADMIN_BODY_MAX,
      token_event_parse, network_event_work, network_event_show),
    ADMIN_ROUTE(ADMIN_SANDBOX, "POST", "/sandbox/network/requestors", LANE_WORKER, ADMIN_BODY_MAX,
      network_requestor_parse, network_requestor_work, network_requestor_show),
    ADMIN_ROUTE(ADMIN_SANDBOX, "GET", "/sandbox/network/tokens", LANE_WORKER, 0,
      network_tokens_parse, network_tokens_work, network_tokens_show),
    ADMIN_ROUTE(ADMIN_SANDBOX, "GET", "/sandbox/acquirer", LANE_WORKER, 0,
      acquirer_get_parse, acquirer_get_work, acquirer_get_show),
    ADMIN_ROUTE(ADMIN_SANDBOX, "POST", "/sandbox/acquirer/behaviour", LANE_READ, ADMIN_BODY_MAX,
      acquirer_behave_parse, NULL, NULL),
    ADMIN_ROUTE(ADMIN_SANDBOX, "GET", "/sandbox/acquirer/payments", LANE_WORKER, 0,
      acquirer_get_parse, acquirer_list_work, acquirer_list_show),
    ADMIN_ROUTE(ADMIN_SANDBOX, "POST", "/sandbox/acquirer/decisions", LANE_WORKER, ADMIN_BODY_MAX,
      acquirer_decide_parse, acquirer_decide_work, acquirer_decide_show),
    ADMIN_ROUTE(ADMIN_SANDBOX, "GET", "/sandbox/webhooks", LANE_READ, 0,
      webhooks_get_parse, NULL, NULL),
    ADMIN_ROUTE(ADMIN_SANDBOX, "POST", "/sandbox/webhooks/behaviour", LANE_READ, ADMIN_BODY_MAX,
      webhooks_behave_parse, NULL, NULL),
    { .method = "POST", .path = "/sandbox/network/verify", .lane = LANE_READ, .body_max = ADMIN_BODY_MAX,
      .parse = network_verify_parse, .call = network_verify_call, .show = network_verify_show,
      .scope = ADMIN_SANDBOX },
    { .method = NULL },
};

static const char *const prefixes[] = { "/sandbox", NULL };

const struct dialect sandbox_dialect = { .name = "sandbox", .prefixes = prefixes, .routes = routes, .refuse = refuse,
                                         .done = admin_done };
