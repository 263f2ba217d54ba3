/* erase.c: a customer is erased. The use case waits for its commits: on a worker. */
#include "service/erase.h"

#include "dialect/admin/merchant_call.h"
#include "service/vault.h"

#include "base/banned.h"

static const struct json_field fields[] = {
    { .name = "customer_id", .type = JSON_TEXT, .required = true, .min = 1, .max = VAULT_CUSTOMER_MAX,
      .at = offsetof(struct merchant_call, name) },
    JSON_END,
};

enum step erase_parse(struct exchange *x)
{
    return merchant_call_read(x, fields);
}

enum fault erase_work(struct exchange *x, struct store_tx *tx)
{
    struct merchant_call *call = x->state;
    struct erase_tally tally;
    enum fault f;

    (void)tx;
    f = customer_erase(x->services, &tally, x->arena, call->merchant_id, call->name);
    if (!f) {
        struct json_out o = admin_json(x, ADMIN_SMALL_MAX);

        json_object(&o);
        json_put_i64(&o, "merchant_id", call->merchant_id);
        json_put_text(&o, "customer_id", call->name);
        json_put_i64(&o, "tokens", tally.tokens);
        json_put_i64(&o, "orders", tally.orders);
        json_put_i64(&o, "open", tally.open);
        json_object_end(&o);
    }
    return f;
}

/* The answer is there already when it went well. */
void erase_show(struct exchange *x, enum fault outcome)
{
    if (outcome)
        admin_fault(x, outcome);
}
