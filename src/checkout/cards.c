/* cards.c: POST /checkout/{payment_session_id}/cards/{instrument}/delete: a payer removes a saved card. */
#include "checkout/desk.h"

#include "base/banned.h"

static const struct form_field guard_fields[] = {
    { "guard", 64, offsetof(struct visit, guard) }, { NULL, 0, 0 },
};

enum step card_delete_parse(struct exchange *x)
{
    struct visit *v = visit_enter(x);
    struct vault_job *job = v ? arena_take(x->arena, sizeof *job) : NULL;
    enum fault f;

    if (!v)
        return STEP_ANSWERED;
    v->own = job;
    f = job ? form_read(v, guard_fields, x->arena, x->body, NULL) : FAULT_INTERNAL;
    if (!f)
        f = guard_put(x);
    if (!f) {
        *job = (struct vault_job){ .now_ms = x->now_ms, .arena = x->arena };
        job->wish = (struct vault_wish){
            .op = VAULT_DELETE, .merchant_id = v->order.merchant_id, .has_token = true,
            .customer_id = v->order.customer_id.n ? v->order.customer_id : SPAN(""),
            .consent.channel = CONSENT_BY_CASHFREE, .request_id = span_of(x->request_id), .source = span_of(x->peer),
        };
        f = vault_id_read(job->wish.token, x->params[1]) ? FAULT_NOT_FOUND : FAULT_NONE;
    }
    if (!f)
        return STEP_GO;
    page_fault(x, f);
    return STEP_ANSWERED;
}

enum fault card_delete_work(struct exchange *x, struct store_tx *tx)
{
    struct visit *v = x->state;
    enum fault f = guard_check(x, &x->asks[0]);

    if (!f && v->state != ORDER_ACTIVE)
        f = FAULT_WRONG_STATE;        /* who has an old link may not look after its owner's cards for ever */
    return f ? f : vault_begin(x->services, tx, v->own);
}

static void asked(struct vault_job *job)
{
    struct exchange *x = job->arg;

    x->resume(x, vault_settles(job));
}

enum next card_delete_call(struct exchange *x)
{
    const struct visit *v = x->state;
    struct vault_job *job = v->own;

    if (!vault_asks(job))
        return NEXT_SHOW;
    vault_ask(x->services, job, asked, x);
    return NEXT_WAIT;
}

enum fault card_delete_settle(struct exchange *x, struct store_tx *tx)
{
    const struct visit *v = x->state;

    return vault_settle(x->services, tx, v->own);
}

void card_delete_show(struct exchange *x, enum fault outcome)
{
    const struct visit *v = x->state;

    if (outcome && outcome != FAULT_NOT_FOUND) {
        page_fault(x, outcome);
        return;
    }
    if (outcome || vault_outcome(v->own) == VAULT_FINE)
        page_go(x, visit_path(x, "?e=deleted", (struct span){ 0 }));
    else
        page_go(x, visit_path(x, "?e=kept", (struct span){ 0 }));
}
