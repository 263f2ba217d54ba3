/* bank.c: the simulated bank's page, GET and POST /pg/view/gateway/{ref}, and our own page behind it. What the browser
 * says when it comes back decides nothing: the payment's row does, and that hears from the acquirer alone. */
#include "acquirer/sim/sim_acquirer.h"
#include "checkout/desk.h"
#include "domain/test_payments.h"
#include "store/merchants.h"
#include "store/payments.h"

#include "base/banned.h"

struct bank {
    struct visit visit;               /* x->state; without a session */
    struct acquirer_page page;
    struct order_row order;
    struct span otp, decision, e;
    enum acquirer_verdict said;
};

static const struct form_field fields[] = {
    { "otp", 16, offsetof(struct bank, otp) }, { "decision", 12, offsetof(struct bank, decision) }, { NULL, 0, 0 },
};

static const struct { const char *name; enum acquirer_decision decision; } decisions[] = {
    { "otp", ACQUIRER_DECIDE_OTP }, { "success", ACQUIRER_DECIDE_SUCCESS }, { "fail", ACQUIRER_DECIDE_FAIL },
    { "drop", ACQUIRER_DECIDE_DROP }, { "hold", ACQUIRER_DECIDE_HOLD }, { "pending", ACQUIRER_DECIDE_PENDING },
    { "other", ACQUIRER_DECIDE_OTHER_ACCOUNT },
};

static struct bank *bank_of(const struct exchange *x)
{
    return x->state;
}

enum step bank_parse(struct exchange *x)
{
    struct bank *b = arena_take(x->arena, sizeof *b);
    struct span rest = x->query, name, value;

    exchange_request_id(x, (struct span){ 0 });
    if (!b || !x->services->sim_acquirer) {
        page_fault(x, b ? FAULT_NOT_FOUND : FAULT_BUSY);
        return STEP_ANSWERED;
    }
    x->state = b;
    visit_wishes(x, &b->visit);
    while (query_next(&rest, &name, &value))
        if (span_equal(name, SPAN("e")))
            b->e = value;
    return STEP_GO;
}

static enum fault find(struct exchange *x, struct store_tx *tx)
{
    struct bank *b = bank_of(x);
    struct merchant_row merchant;
    enum fault f = sim_acquirer_look(x->services->sim_acquirer, &b->page, x->params[0]);

    if (!f)
        f = payments_find(tx, &b->visit.payment, x->arena, b->page.ref.merchant_id, b->page.ref.payment_no);
    if (!f)
        f = order_fetch(tx, &b->order, x->arena, b->page.ref.merchant_id, b->visit.payment.order_id);
    if (!f)
        f = merchants_find(tx, &merchant, x->arena, b->page.ref.merchant_id);
    if (!f)
        b->visit.merchant = merchant.name;
    if (!f)
        f = offer_read(&b->visit.offer, x->arena, b->order.meta);
    if (!f)
        f = visit_allow(x, tx, &b->visit, b->page.ref.merchant_id, b->visit.offer.return_url);
    else
        b->visit.embed = b->visit.back = (struct span){ 0 };
    return f;
}

enum fault bank_work(struct exchange *x, struct store_tx *tx)
{
    return find(x, tx);
}

/* An address of ours about this reference, with the frame's origin. */
static struct span own_path(const struct exchange *x, const char *begin, const char *more)
{
    const struct bank *b = x->state;
    struct buf out = arena_buf(x->arena, OWN_PATH_MAX + WISHES_MAX);

    buf_text(&out, begin);
    form_encode(&out, x->params[0]);
    buf_text(&out, more);
    visit_put_wishes(&out, &b->visit);
    return buf_view(&out);
}

void bank_show(struct exchange *x, enum fault outcome)
{
    const struct bank *b = x->state;
    const struct test_bank *known;
    struct view *w;

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    if (b->page.state != ACQUIRER_FACTOR && b->page.state != ACQUIRER_WAITS) {
        page_go(x, own_path(x, "/checkout/return/", ""));
        return;
    }
    known = test_bank_find(span_of(b->page.bank));
    w = page_view(x, "Test bank");
    view_text(w, "amount", words_money(x->arena, b->page.amount));
    view_text(w, "last4", span_of(b->page.last4));
    view_text(w, "bank", span_of(known ? known->title : b->page.bank));
    view_flag(w, "wants_otp", b->page.wants_otp);
    view_flag(w, "one_account", b->page.one_account);
    view_str(w, "code", b->page.source == ACQUIRER_BY_CARD || b->page.source == ACQUIRER_BY_TOKEN ? TEST_OTP
                                                                                                  : TEST_OTP_PAYLATER);
    view_number(w, "tries", b->page.tries_left);
    view_text(w, "action", own_path(x, "/pg/view/gateway/", ""));
    view_str(w, "wrong", span_equal(b->e, SPAN("otp")) ? words_sentence(SPAN("otp")) : NULL);
    page_show(x, 200, w, "bank.html", (struct span){ 0 });
}

enum step bank_decide_parse(struct exchange *x)
{
    struct bank *b;
    enum fault f;

    if (bank_parse(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    b = x->state;
    f = guard_came_from_us(x) ? form_read(b, fields, x->arena, x->body, NULL) : FAULT_DENIED;
    if (!f)
        return STEP_GO;
    b->visit.embed = (struct span){ 0 };
    page_fault(x, f);
    return STEP_ANSWERED;
}

/* On a worker: the simulated bank commits before it answers. */
enum fault bank_decide_work(struct exchange *x, struct store_tx *tx)
{
    struct bank *b = bank_of(x);

    (void)tx;
    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++)
        if (span_equal(span_of(decisions[i].name), b->decision))
            return sim_acquirer_decide(x->services->sim_acquirer, &b->said, x->params[0], decisions[i].decision, b->otp,
                                       x->now_ms);
    return FAULT_BAD_INPUT;
}

void bank_decide_show(struct exchange *x, enum fault outcome)
{
    struct bank *b = bank_of(x);

    if (outcome == FAULT_NONE && b->said == ACQUIRER_WRONG_OTP)
        page_go(x, own_path(x, "/pg/view/gateway/", "?e=otp"));
    else if (outcome == FAULT_NONE || outcome == FAULT_WRONG_STATE)
        page_go(x, own_path(x, "/checkout/return/", ""));
    else {
        b->visit.embed = (struct span){ 0 };      /* nobody has allowed it yet */
        page_fault(x, outcome);
    }
}

enum fault bank_return_work(struct exchange *x, struct store_tx *tx)
{
    return find(x, tx);
}

void bank_return_show(struct exchange *x, enum fault outcome)
{
    struct bank *b = bank_of(x);
    char session[IDS_SESSION_TEXT];
    struct span id;

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    ids_session(x->services->ids, session, &b->order);
    id = visit_payment_id(x, &b->visit.payment);
    b->visit.session = arena_copy(x->arena, span_of(session));
    page_go(x, visit_path(x, "/wait/", id));
}
