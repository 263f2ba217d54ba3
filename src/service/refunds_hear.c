/* refunds_hear.c: what an acquirer says about a refund, kept: row, sum, outbox. */
#include "service/audit.h"
#include "service/offer.h"
#include "service/refunds_own.h"
#include "service/webhooks.h"
#include "store/audit.h"

#include "base/banned.h"

/* What a verdict makes of a refund. REFUND_STATUSES: nothing. */
static enum refund_status status_of(enum acquirer_verdict v)
{
    switch (v) {
    case ACQUIRER_REFUND_PENDING:   return REFUND_PENDING;
    case ACQUIRER_REFUND_DONE:      return REFUND_SUCCESS;
    case ACQUIRER_REFUND_FAILED:    return REFUND_FAILED;
    case ACQUIRER_REFUND_ONHOLD:    return REFUND_ONHOLD;
    case ACQUIRER_REFUND_CANCELLED: return REFUND_CANCELLED;
    case ACQUIRER_CHARGED: case ACQUIRER_FACTOR: case ACQUIRER_WAITS: case ACQUIRER_HELD: case ACQUIRER_WRONG_OTP:
    case ACQUIRER_DROPPED: case ACQUIRER_VOIDED: case ACQUIRER_REVERSED: case ACQUIRER_DECLINED:
    case ACQUIRER_WRONG_CODE: case ACQUIRER_OTP_EXPIRED: case ACQUIRER_TOO_MANY_OTPS: case ACQUIRER_NO_FUNDS:
    case ACQUIRER_CARD_EXPIRED: case ACQUIRER_CARD_BLOCKED: case ACQUIRER_BAD_CRYPTOGRAM:
    case ACQUIRER_CRYPTOGRAM_USED: case ACQUIRER_CRYPTOGRAM_OLD: case ACQUIRER_TOKEN_STATE:
    case ACQUIRER_VPA_INVALID: case ACQUIRER_PAYER_DECLINED: case ACQUIRER_REQUEST_EXPIRED: case ACQUIRER_BANK_DOWN:
    case ACQUIRER_BANK_TIMEOUT: case ACQUIRER_RISK: case ACQUIRER_WRONG_PIN: case ACQUIRER_TPV:
    case ACQUIRER_NOT_REGISTERED: case ACQUIRER_INVALID: case ACQUIRER_NO_PAYMENT: case ACQUIRER_GONE:
    case ACQUIRER_BAD_STATE: case ACQUIRER_BAD_AMOUNT: case ACQUIRER_UNREACHABLE: case ACQUIRER_SILENT:
    case ACQUIRER_BUSY: case ACQUIRER_CARD_GONE: case ACQUIRER_VERDICTS:
        break;
    }
    return REFUND_STATUSES;
}

static bool is_over(int64_t status)
{
    return status != REFUND_PENDING && status != REFUND_ONHOLD;
}

/* The acquirer has it, and its outcome is open: it will tell, and is asked now and then. */
static void wait_for_it(struct refund_row *r, int64_t now_ms)
{
    r->wanted = ACQUIRER_REFUND_STATUS;
    r->ask_ms = now_ms + REFUND_POLL_MS;
}

static void move(struct refund_row *r, enum refund_status to, const struct acquirer_answer *said, int64_t now_ms)
{
    r->status = to;
    if (!is_over(to))
        return;
    r->ask_ms = 0;
    r->wanted = ACQUIRER_REFUND_STATUS;
    r->processed_ms = said->at_ms > 0 ? said->at_ms : now_ms;
    if (said->arn[0])
        r->arn = span_of(said->arn);
}

/* A refusal: of the refund itself, which has failed then; or of its cancellation, and then it is asked how it is. */
static bool hear_refusal(struct refund_row *r, const struct acquirer_answer *said, int64_t now_ms)
{
    if (r->wanted == ACQUIRER_REFUND) {
        move(r, REFUND_FAILED, said, now_ms);
        return true;
    }
    if (r->wanted != ACQUIRER_REFUND_CANCEL || said->ref.request != r->request)
        return false;
    r->wanted = ACQUIRER_REFUND_STATUS;
    r->ask_ms = now_ms;
    return true;
}

/* PENDING and ONHOLD. While a cancellation is open, what was said about something else does not answer it. */
static bool hear_open(struct refund_row *r, enum refund_status to, const struct acquirer_answer *said, int64_t now_ms)
{
    bool moves = refund_may_move((enum refund_status)r->status, to);

    if (moves)
        move(r, to, said, now_ms);
    if (r->wanted == ACQUIRER_REFUND_CANCEL && said->ref.request != r->request)
        return moves;
    wait_for_it(r, now_ms);
    return true;
}

static bool hear(struct refund_row *r, const struct acquirer_answer *said, int64_t now_ms)
{
    enum refund_status to = status_of(said->verdict);

    if (is_over(r->status) || refund_is_unanswered(said->verdict))
        return false;
    if (to == REFUND_STATUSES)
        return hear_refusal(r, said, now_ms);
    if (!is_over(to))
        return hear_open(r, to, said, now_ms);
    if (!refund_may_move((enum refund_status)r->status, to))
        return false;
    move(r, to, said, now_ms);
    return true;
}

/* What came to nothing counts no more against what was paid. */
static enum fault give_back(struct store_tx *tx, struct arena *a, const struct refund_row *r)
{
    struct payment_row p;
    enum fault f = payments_find(tx, &p, a, r->merchant_id, r->payment_no);

    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_INTERNAL : f;
    if (p.refunded_minor < r->amount_minor)
        return FAULT_INTERNAL;        /* we added it once */
    p.refunded_minor -= r->amount_minor;
    return payments_update(tx, &p);
}

static enum fault tell(struct store_tx *tx, struct arena *a, const struct refund_row *r, int64_t now_ms)
{
    struct webhook_news news = {
        .event = r->type == REFUND_BY_MERCHANT ? WEBHOOK_REFUND : WEBHOOK_AUTO_REFUND,
        .merchant_id = r->merchant_id, .order_no = r->order_no, .subject_no = r->refund_no, .state = r->status,
        .at_ms = now_ms,
    };
    struct order_row order;
    struct offer offer;
    enum fault f = order_fetch(tx, &order, a, r->merchant_id, r->order_id);

    if (!f)
        f = offer_read(&offer, a, order.meta);
    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_INTERNAL : f;
    news.notify_url = offer.notify_url;
    return webhook_tell(tx, &news);
}

static bool is_stored_rightly(const struct refund_row *r)
{
    return r->status >= 0 && r->status < REFUND_STATUSES && r->type >= 0 && r->type < REFUND_TYPES;
}

enum fault refunds_hear(const struct services *s, struct store_tx *tx, struct arena *a, struct refund_row *r,
                        const struct acquirer_answer *said, int64_t now_ms, bool *changed)
{
    int64_t before = r->status;
    enum fault f;

    (void)s;
    *changed = false;
    if (!is_stored_rightly(r))
        return FAULT_INTERNAL;
    if (!hear(r, said, now_ms))
        return FAULT_NONE;
    f = refunds_update(tx, r);
    if (!f && refund_counts((enum refund_status)before) && !refund_counts((enum refund_status)r->status))
        f = give_back(tx, a, r);
    if (!f && r->status != before)
        f = audit_money(tx, &(struct audit_money){ .merchant_id = r->merchant_id, .at_ms = now_ms,
            .event = AUDIT_REFUND_STATE, .outcome = r->status, .order_id = r->order_id });
    if (!f && r->status != before)
        f = tell(tx, a, r, now_ms);
    *changed = !f;
    return f;
}

struct seen { int64_t payment_no; bool there; };

static enum fault see(void *arg, const struct refund_row *r)
{
    struct seen *seen = arg;

    seen->there = seen->there || (r->type == REFUND_AUTOMATIC && r->payment_no == seen->payment_no);
    return FAULT_NONE;
}

enum fault refunds_reversed(const struct services *s, struct store_tx *tx, struct arena *a,
                            const struct payment_row *p, const struct acquirer_answer *said, int64_t now_ms)
{
    struct refund_row r = {
        .merchant_id = p->merchant_id, .order_no = p->order_no, .payment_no = p->payment_no, .order_id = p->order_id,
        .amount_minor = p->amount_minor, .currency = p->currency, .status = REFUND_SUCCESS, .type = REFUND_AUTOMATIC,
        .created_ms = now_ms, .processed_ms = said->at_ms > 0 ? said->at_ms : now_ms,
        .wanted = ACQUIRER_REFUND_STATUS,
    };
    struct seen seen = { .payment_no = p->payment_no };
    enum fault f = refunds_of_order(tx, p->merchant_id, p->order_no, see, &seen);

    (void)s;
    if (f || seen.there)
        return f;
    if (said->arn[0])
        r.arn = span_of(said->arn);
    f = refunds_next_no(tx, &r.refund_no, r.merchant_id);
    if (!f)
        f = refunds_insert(tx, &r);
    return f ? f : tell(tx, a, &r, now_ms);
}
