/* vault_number.c: a token by its number. */
#include "service/vault_number.h"

#include "store/audit.h"

#include "base/banned.h"

enum fault vault_number_begin(const struct services *s, struct store_tx *tx, struct vault_number *n,
                              const struct pan *number)
{
    struct network_ask *ask = &n->call.ask;
    struct requestor_row r;
    enum fault f;

    *ask = (struct network_ask){
        .op = NETWORK_FIND, .ref = { n->merchant_id, 0, 0 }, .scheme = pan_scheme(number), .now_ms = n->now_ms,
    };
    if (!s->network)
        return FAULT_WRONG_STATE;
    f = requestors_find(tx, &r, n->arena, n->merchant_id, (int64_t)ask->scheme);
    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_WRONG_STATE : f;
    if (span_text(ask->trid, sizeof ask->trid, r.trid)
        || span_text(ask->number, sizeof ask->number, pan_digits(number)))
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

static void done(struct network_call *call)
{
    struct vault_number *n = call->arg;

    secret_wipe(call->ask.number, sizeof call->ask.number);
    n->asked(n);
}

void vault_number_ask(const struct services *s, struct vault_number *n, void (*asked)(struct vault_number *n),
                      void *arg)
{
    n->asked = asked;
    n->arg = arg;
    n->call.done = done;
    n->call.arg = n;
    network_ask(s->network, &n->call);
}

enum fault vault_number_settle(struct store_tx *tx, struct vault_number *n)
{
    const struct network_ref *ref = &n->call.answer.ref;
    const struct audit_row told = {
        .merchant_id = n->merchant_id, .at_ms = n->now_ms, .event = AUDIT_PAR, .channel = n->channel,
        .token_no = ref->token_no, .request_id = n->request_id, .source = n->source,
    };
    enum fault f;

    if (ref->merchant_id != n->merchant_id)
        return FAULT_NOT_FOUND;
    f = tokens_find(tx, &n->row, n->arena, ref->merchant_id, ref->token_no);
    return f ? f : audit_insert(tx, &told);
}
