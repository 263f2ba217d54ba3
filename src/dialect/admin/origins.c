/* origins.c: which origins may frame a merchant's checkout. The use cases wait for their commits: on a worker. */
#include "dialect/admin/merchant_call.h"
#include "service/checkouts.h"

#include "base/banned.h"

enum step origins_parse(struct exchange *x)
{
    return merchant_call_read(x, origin_fields);
}

enum fault origins_work(struct exchange *x, struct store_tx *tx)
{
    const struct merchant_call *call = x->state;

    (void)tx;
    return call->remove ? checkout_origin_remove(x->services, call->merchant_id, call->origin)
                        : checkout_origin_add(x->services, call->merchant_id, call->origin);
}

void origins_show(struct exchange *x, enum fault outcome)
{
    const struct merchant_call *call = x->state;
    struct json_out o;

    if (outcome == FAULT_BAD_INPUT) {
        admin_error(x, 400, "bad_input", "an origin is https://, a host in lower case, and a port where it is not 443");
        return;
    }
    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_i64(&o, "merchant_id", call->merchant_id);
    json_put_text(&o, "origin", call->origin);
    json_put_bool(&o, "may_frame", !call->remove);
    json_object_end(&o);
}
