/* pay_begin.c: a new attempt to pay an order. */
#include <string.h>

#include "service/ids.h"
#include "service/pay_own.h"
#include "store/merchants.h"

#include "base/banned.h"

#define PREAUTH_NOTE "preauth_transaction"    /* reference 2.9 */

static bool is_card_method(enum payment_method m)
{
    return m == PAYMENT_BY_CARD || m == PAYMENT_BY_EMI;
}

static bool is_typed(const struct pay_wish *w)
{
    return !span_absent(w->card.number);
}

static bool is_saved(const struct pay_wish *w)
{
    return w->has_instrument || w->by_uid;
}

/* The order, by its id, to somebody who may pay it, and while it may be paid. */
static enum fault find_order(struct store_tx *tx, struct pay_job *job)
{
    const struct pay_wish *w = &job->wish;
    struct order_row *o = &job->order;
    enum fault f = orders_find(tx, o, job->arena, w->merchant_id, w->order_id);

    if (f)
        return f == FAULT_NOT_FOUND ? pay_refuse(job, PAY_NO_SESSION, f) : f;
    if (!w->trusted && !secret_equal((struct span){ w->session, ORDER_SESSION }, o->session))
        return pay_refuse(job, PAY_NO_SESSION, FAULT_NOT_FOUND);
    if (o->state < 0 || o->state >= ORDER_STATES || w->merchant_id > IDS_MERCHANT_MAX)
        return FAULT_INTERNAL;
    switch (order_state_at((enum order_state)o->state, o->expires_ms, job->now_ms)) {
    case ORDER_ACTIVE:
        return FAULT_NONE;
    case ORDER_PAID:
        return pay_refuse(job, PAY_ORDER_PAID, FAULT_WRONG_STATE);
    case ORDER_EXPIRED:
        return pay_refuse(job, PAY_ORDER_EXPIRED, FAULT_WRONG_STATE);
    case ORDER_TERMINATED: case ORDER_TERMINATION_REQUESTED: case ORDER_STATES:
        break;
    }
    return pay_refuse(job, PAY_ORDER_TERMINATED, FAULT_WRONG_STATE);
}

/* A merchant that was disabled is paid nothing more. What was begun before goes on. */
static enum fault check_merchant(struct store_tx *tx, struct pay_job *job)
{
    struct merchant_row m;
    enum fault f = merchants_find(tx, &m, job->arena, job->order.merchant_id);

    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_INTERNAL : f;
    return m.disabled ? pay_refuse(job, PAY_NO_ACQUIRER, FAULT_WRONG_STATE) : FAULT_NONE;
}

enum fault pay_check_busy(struct store_tx *tx, struct pay_job *job, bool begins)
{
    struct payments_question q = { job->order.merchant_id, job->order.order_no, begins ? 0 : job->row.payment_no,
                                   ACQUIRER_OTP };
    struct payments_tally t;
    enum fault f = payments_count(tx, &t, &q);

    if (f)
        return f;
    if (t.charging)
        return pay_refuse(job, PAY_ORDER_BUSY, FAULT_WRONG_STATE);
    if (begins && (t.waiting >= PAYMENT_OPEN_MAX || t.attempts >= PAYMENT_ORDER_MAX))
        return pay_refuse(job, PAY_TOO_MANY, FAULT_TOO_MANY);
    return FAULT_NONE;
}

static enum fault check_method(const struct services *s, struct pay_job *job, struct offer *offer)
{
    enum payment_method m = job->wish.method;
    enum fault f = offer_read(offer, job->arena, job->order.meta);

    if (f)
        return f;
    if ((unsigned)m >= PAYMENT_METHODS || m == PAYMENT_BY_BANKTRANSFER || !offer_allows(offer, m))
        return pay_refuse(job, PAY_METHOD, FAULT_DENIED);
    if (!is_card_method(m) && !span_equal(job->order.currency, SPAN("INR")))
        return pay_refuse(job, PAY_METHOD, FAULT_DENIED);     /* Indian accounts hold rupees */
    if (job->order.one_account && !payment_tells_account(m))
        return pay_refuse(job, PAY_ACCOUNT, FAULT_DENIED);
    if (job->order.one_account && job->wish.account.n == 0)
        return FAULT_INTERNAL;        /* whoever leads the payer has to say from which */
    return s->acquirer ? FAULT_NONE : pay_refuse(job, PAY_NO_ACQUIRER, FAULT_WRONG_STATE);
}

/* What is known of the issuer goes into the row. */
static void describe(struct payment_row *p, const struct bin *bin)
{
    p->scheme = bin->scheme;
    p->type = bin->type;
    p->sub = bin->sub;
    p->issuer = span_of(bin->issuer);
    p->issuer_code = span_of(bin->code);
    p->country = span_of(bin->country);
    p->international = bin->country && !span_equal(span_of(bin->country), SPAN("IN"));
}

/* An Indian card pays in rupees (reference 3.5, "Indian card with non-INR"). */
static bool is_at_home(const struct pay_job *job, const struct bin *bin)
{
    return !bin->country || !span_equal(span_of(bin->country), SPAN("IN"))
           || span_equal(job->order.currency, SPAN("INR"));
}

static enum fault check_kind(struct pay_job *job, const struct offer *offer, const struct bin *bin,
                             struct pan_bin8 bin8, struct pan_last4 last4)
{
    bool allowed = job->wish.method == PAYMENT_BY_EMI
                       ? offer_allows_emi(offer, bin, bin8, last4, job->wish.emi_months)
                       : offer_allows_card(offer, bin, bin8, last4);

    if (!is_at_home(job, bin))
        return pay_refuse(job, PAY_CURRENCY, FAULT_DENIED);
    return allowed ? FAULT_NONE : pay_refuse(job, PAY_FILTER, FAULT_DENIED);
}

static enum fault use_typed(struct pay_job *job, const struct offer *offer)
{
    const struct card_facts *c = &job->facts;
    struct bin bin = bin_of8(bin_test_cards(), c->bin8);

    if (c->flaw || c->scheme == SCHEME_UNKNOWN)
        return pay_refuse(job, PAY_CARD, FAULT_BAD_INPUT);
    if (!c->has_code)
        return pay_refuse(job, PAY_CODE, FAULT_BAD_INPUT);
    bin.scheme = c->scheme;
    describe(&job->row, &bin);
    job->row.last4 = span_of(c->last4.text);
    if (job->wish.save && job->wish.consent) {
        job->row.saves = PAY_SAVES_LATER;
        job->row.flight = pay_flight(job->arena, c);
        if (span_absent(job->row.flight))
            return FAULT_INTERNAL;
    }
    return check_kind(job, offer, &bin, c->bin8, c->last4);
}

/* A customer's live token of this fingerprint. */
struct by_uid { struct pay_job *job; bool found; struct token_row row; };

static enum fault see_token(void *arg, const struct token_row *t)
{
    struct by_uid *u = arg;

    if (!u->found && span_equal(t->fingerprint, (struct span){ u->job->wish.uid, CARD_FINGERPRINT })) {
        u->found = true;
        u->row = *t;
    }
    return FAULT_NONE;
}

/* The token's public id, where its card was named by its uid. */
static enum fault find_by_uid(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    struct by_uid u = { .job = job };
    enum fault f = vault_list(tx, job->arena, &job->vault.wish, false, see_token, &u);

    if (f)
        return f;
    if (!u.found) {
        job->vault.why = VAULT_NO_TOKEN;
        return pay_refuse(job, PAY_TOKEN, FAULT_NOT_FOUND);
    }
    vault_id(s, job->vault.wish.token, &u.row);
    return FAULT_NONE;
}

static enum fault check_saved(struct pay_job *job, const struct offer *offer)
{
    const struct token_row *t = &job->vault.row;
    struct payment_row *p = &job->row;
    struct bin bin = { .scheme = (enum scheme)t->scheme, .type = (enum bin_type)t->type, .sub = (enum bin_sub)t->sub,
                       .country = pay_text(job->arena, t->country), .code = pay_text(job->arena, t->issuer_code),
                       .issuer = pay_text(job->arena, t->issuer) };
    struct pan_last4 last4;

    if (span_text(last4.text, sizeof last4.text, t->last4))
        return FAULT_INTERNAL;
    describe(p, &bin);
    p->last4 = t->last4;
    p->token_no = t->token_no;
    /* Its first digits are not kept (reference D.1), so that where an order asks for them it does not fit. */
    return check_kind(job, offer, &bin, (struct pan_bin8){ 0 }, last4);
}

/* The disclosure's audit row goes with the attempt's own. */
static enum fault use_saved(const struct services *s, struct store_tx *tx, struct pay_job *job,
                            const struct offer *offer)
{
    const struct pay_wish *w = &job->wish;
    struct vault_job *v = &job->vault;
    enum fault f = FAULT_NONE;

    *v = (struct vault_job){ .now_ms = job->now_ms, .arena = job->arena };
    v->wish = (struct vault_wish){
        .op = VAULT_DISCLOSE, .merchant_id = w->merchant_id, .customer_id = job->order.customer_id, .has_token = true,
        .consent = { .channel = CONSENT_BY_CASHFREE }, .payment = NETWORK_ECOM, .amount = order_money(&job->order),
        .request_id = w->request_id, .source = w->source,
    };
    memcpy(v->wish.token, w->instrument, VAULT_ID);
    if (!w->has_instrument)
        f = find_by_uid(s, tx, job);
    if (f)
        return f;
    f = vault_begin(s, tx, v);
    if (f)
        return v->why ? pay_refuse(job, PAY_TOKEN, f) : f;
    job->asks_vault = true;
    return check_saved(job, offer);
}

/* A number and its cryptogram from another vault, or of a guest's card: its issuer is not told by a token number. */
static enum fault use_external(struct pay_job *job, const struct offer *offer)
{
    const struct pay_wish *w = &job->wish;
    AUTO_PAN number = { { 0 }, 0 };
    struct pan_last4 last4 = { "" };
    struct bin bin = { 0 };

    job->facts.pan = pan_read(&number, w->token_number);
    job->facts.flaw = job->facts.pan ? CARD_NUMBER : !expiry_is_valid(w->token_expiry) ? CARD_YEAR
        : expiry_is_past(w->token_expiry, job->now_ms) ? CARD_EXPIRED : CARD_FINE;
    if (job->facts.flaw)
        return pay_refuse(job, PAY_CARD, FAULT_BAD_INPUT);
    if (w->cryptogram.n == 0 || w->cryptogram.n > ACQUIRER_TAVV_MAX)
        return pay_refuse(job, PAY_CODE, FAULT_BAD_INPUT);
    bin.scheme = pan_scheme(&number);
    describe(&job->row, &bin);
    if (!span_absent(w->display) && span_text(last4.text, sizeof last4.text, w->display))
        return pay_refuse(job, PAY_CARD, FAULT_BAD_INPUT);
    job->row.last4 = w->display;
    return check_kind(job, offer, &bin, (struct pan_bin8){ 0 }, last4);
}

static enum fault use_card(const struct services *s, struct store_tx *tx, struct pay_job *job,
                           const struct offer *offer)
{
    const struct pay_wish *w = &job->wish;
    bool has_customer = job->order.customer_id.n > 0;

    if (!has_customer && (is_saved(w) || (w->save && is_typed(w))))
        return pay_refuse(job, PAY_CUSTOMER, FAULT_WRONG_STATE);
    job->row.emi_months = w->method == PAYMENT_BY_EMI ? w->emi_months : 0;
    if (is_typed(w))
        return use_typed(job, offer);
    if (is_saved(w))
        return use_saved(s, tx, job, offer);
    if (!span_absent(w->token_number))
        return use_external(job, offer);
    job->facts.flaw = CARD_NUMBER;
    job->facts.pan = PAN_MISSING;
    return pay_refuse(job, PAY_CARD, FAULT_BAD_INPUT);
}

static bool may_authorise_only(enum payment_method m)
{
    return m == PAYMENT_BY_CARD || m == PAYMENT_BY_UPI;
}

/* The merchant's own word for it, which no payer can give. */
static bool order_reserves(const struct order_row *o)
{
    return span_equal(o->note, SPAN(PREAUTH_NOTE));
}

static int64_t limit_ms(const struct pay_wish *w)
{
    int64_t own = (int64_t)w->upi_minutes * 60 * 1000;

    return w->method == PAYMENT_BY_UPI && own > 0 && own < PAYMENT_LIMIT_MS ? own : PAYMENT_LIMIT_MS;
}

static void fill(struct pay_job *job, struct span private_sealed)
{
    const struct pay_wish *w = &job->wish;
    const struct order_row *o = &job->order;

    job->row = (struct payment_row){
        .merchant_id = o->merchant_id, .order_no = o->order_no, .order_id = o->order_id,
        .amount_minor = o->amount_minor, .currency = o->currency, .state = PAYMENT_BEGUN, .method = w->method,
        .channel = w->channel, .created_ms = job->now_ms, .limit_ms = job->now_ms + limit_ms(w),
        .verdict = ACQUIRER_SILENT, .handle = w->handle, .private_sealed = private_sealed, .source = w->source,
        .authorise_only = may_authorise_only(w->method) && order_reserves(o),
    };
    if (w->handle.n == 0)
        job->row.handle = (struct span){ 0 };
}

enum fault pay_begin_attempt(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    struct span private_sealed = job->row.private_sealed;     /* as pay_prepare() left it */
    struct offer offer;
    enum fault f = find_order(tx, job);

    if (!f)
        f = check_merchant(tx, job);
    if (!f)
        f = check_method(s, job, &offer);
    if (!f && job->wish.authorise_only && !order_reserves(&job->order))
        f = pay_refuse(job, PAY_AUTHORISE_ONLY, FAULT_BAD_INPUT);
    if (!f)
        f = pay_check_busy(tx, job, true);
    if (f)
        return f;
    fill(job, private_sealed);
    if (is_card_method(job->wish.method))
        f = use_card(s, tx, job, &offer);
    if (!f)
        f = payments_next_no(tx, &job->row.payment_no, job->row.merchant_id);
    if (f)
        return f;
    pay_open_question(s, job, ACQUIRER_PAY, 0);
    f = pay_source(job);
    return f ? f : payments_insert(tx, &job->row);
}
