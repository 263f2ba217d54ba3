/* acquirer.c: what the simulated acquirer is told: how to behave, and what becomes of a payment that waits. */
#include "acquirer/sim/sim_acquirer.h"
#include "dialect/sandbox/desk.h"
#include "service/pay.h"

#include "base/banned.h"

enum {
    COUNTS_MAX = 4096, ENTRY_MAX = 512,       /* bytes of the answer about everything; of a payment in the list */
    SLOW_MAX_MS = 60000,
    ID_DIGITS_MAX = 16,               /* of a cf_payment_id, which is below 2^53 */
};

static const char *const op_names[ACQUIRER_OPS] = {
    [ACQUIRER_PAY] = "pay", [ACQUIRER_OTP] = "otp", [ACQUIRER_RESEND] = "resend", [ACQUIRER_STATUS] = "status",
    [ACQUIRER_ABANDON] = "abandon", [ACQUIRER_CAPTURE] = "capture", [ACQUIRER_VOID] = "void",
    [ACQUIRER_REVERSE] = "reverse", [ACQUIRER_REFUND] = "refund", [ACQUIRER_REFUND_STATUS] = "refund_status",
    [ACQUIRER_REFUND_CANCEL] = "refund_cancel",
};

static const char *const decision_names[ACQUIRER_DECISIONS] = {
    [ACQUIRER_DECIDE_OTP] = "otp", [ACQUIRER_DECIDE_SUCCESS] = "success", [ACQUIRER_DECIDE_FAIL] = "fail",
    [ACQUIRER_DECIDE_DROP] = "drop", [ACQUIRER_DECIDE_HOLD] = "hold", [ACQUIRER_DECIDE_PENDING] = "pending",
    [ACQUIRER_DECIDE_RELEASE] = "release", [ACQUIRER_DECIDE_REJECT] = "reject",
    [ACQUIRER_DECIDE_OTHER_ACCOUNT] = "other-account",
};

static const struct json_field behave_fields[] = {
    { .name = "manner", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, manner) },
    { .name = "ms", .type = JSON_INT, .min = 0, .max = SLOW_MAX_MS, .at = offsetof(struct sandbox_call, ms) },
    JSON_END,
};
static const struct json_field decide_fields[] = {
    { .name = "payment", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, token) },
    { .name = "decision", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, event) },
    { .name = "reason", .type = JSON_TEXT, .at = offsetof(struct sandbox_call, manner) },
    JSON_END,
};

/* What a decision needs beyond the call's texts. */
struct decision {
    enum acquirer_decision decision;
    enum acquirer_verdict failure;
    struct acquirer_ref ref;          /* of a cf_payment_id; payment_no 0: the acquirer's own reference is given */
};

struct list { size_t n; struct acquirer_entry entries[ACQUIRER_LIST_MAX]; };

static struct sandbox_call *read_call(struct exchange *x, const struct json_field *fields)
{
    struct sandbox_call *call = sandbox_read(x, fields);

    if (call && !x->services->sim_acquirer) {
        admin_error(x, 409, "no_acquirer", "this server has no simulated acquirer (see --acquirer)");
        return NULL;
    }
    return call;
}

static void put_behaviour(struct json_out *o, struct sim_acquirer *s)
{
    int ms = 0;
    enum acquirer_manner m = sim_acquirer_behaviour(s, &ms);

    json_put_str(o, "manner", acquirer_manner_name(m));
    json_put_i64(o, "ms", ms);
}

enum step acquirer_get_parse(struct exchange *x)
{
    return read_call(x, NULL) ? STEP_GO : STEP_ANSWERED;
}

/* On a worker: the acquirer looks into its own database. */
enum fault acquirer_get_work(struct exchange *x, struct store_tx *tx)
{
    struct sandbox_call *call = x->state;

    (void)tx;
    call->own = arena_take(x->arena, sizeof(struct acquirer_counts));
    return call->own ? sim_acquirer_counts(x->services->sim_acquirer, call->own) : FAULT_BUSY;
}

void acquirer_get_show(struct exchange *x, enum fault outcome)
{
    const struct sandbox_call *call = x->state;
    const struct acquirer_counts *c = call->own;
    struct json_out o;

    if (outcome) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, COUNTS_MAX);
    json_object(&o);
    put_behaviour(&o, x->services->sim_acquirer);
    json_put_i64(&o, "payments", (int64_t)c->payments);
    json_put_i64(&o, "charged", (int64_t)c->charged);
    json_put_i64(&o, "reversed", (int64_t)c->reversed);
    json_put_i64(&o, "voided", (int64_t)c->voided);
    json_put_i64(&o, "refunded", (int64_t)c->refunded);
    json_put_i64(&o, "late_answers", (int64_t)acquirer_late(x->services->acquirer));
    json_key(&o, "asked");
    json_object(&o);
    for (unsigned i = 0; i < ACQUIRER_OPS; i++)
        json_put_i64(&o, op_names[i], (int64_t)c->asked[i]);
    json_object_end(&o);
    json_key(&o, "manners");
    json_list(&o);
    for (unsigned i = 0; i < ACQUIRER_MANNERS; i++)
        json_text(&o, span_of(acquirer_manner_name((enum acquirer_manner)i)));
    json_list_end(&o);
    json_object_end(&o);
}

/* ACQUIRER_MANNERS: none has that name. */
static unsigned manner_of(struct span name)
{
    unsigned m = 0;

    while (m < ACQUIRER_MANNERS && !span_equal_nocase(name, span_of(acquirer_manner_name((enum acquirer_manner)m))))
        m++;
    return m;
}

enum step acquirer_behave_parse(struct exchange *x)
{
    const struct sandbox_call *call = read_call(x, behave_fields);
    struct json_out o;
    unsigned m;

    if (!call)
        return STEP_ANSWERED;
    m = manner_of(call->manner);
    if (m == ACQUIRER_MANNERS) {
        sandbox_bad(x, "manner", "the acquirer knows no such manner; GET /sandbox/acquirer lists them");
        return STEP_ANSWERED;
    }
    if ((m == ACQUIRER_SLOW) != (call->ms > 0)) {
        sandbox_bad(x, "ms", "the manner slow needs its milliseconds in ms, and no other manner has any");
        return STEP_ANSWERED;
    }
    sim_acquirer_behave(x->services->sim_acquirer, (enum acquirer_manner)m, (int)call->ms);
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    put_behaviour(&o, x->services->sim_acquirer);
    json_object_end(&o);
    return STEP_ANSWERED;
}

enum fault acquirer_list_work(struct exchange *x, struct store_tx *tx)
{
    struct sandbox_call *call = x->state;
    struct list *l = arena_take(x->arena, sizeof *l);

    (void)tx;
    call->own = l;
    return l ? sim_acquirer_list(x->services->sim_acquirer, l->entries, &l->n) : FAULT_BUSY;
}

static void put_entry(struct json_out *o, const struct services *s, const struct acquirer_entry *e)
{
    char digits[ID_DIGITS_MAX];
    struct buf id = BUF(digits);

    buf_u64(&id, pay_id(s, e->ref.merchant_id, e->ref.payment_no));
    json_object(o);
    json_put_text(o, "cf_payment_id", buf_view(&id));
    json_put_str(o, "reference", e->acquirer_ref);
    json_put_str(o, "state", acquirer_says(e->state)->name);
    json_put_i64(o, "amount_minor", e->amount_minor);
    json_put_i64(o, "captured_minor", e->captured_minor);
    json_put_i64(o, "refunded_minor", e->refunded_minor);
    json_object_end(o);
}

void acquirer_list_show(struct exchange *x, enum fault outcome)
{
    const struct sandbox_call *call = x->state;
    const struct list *l = call->own;
    struct json_out o;

    if (outcome) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX + l->n * ENTRY_MAX);
    json_object(&o);
    json_key(&o, "payments");
    json_list(&o);
    for (size_t i = 0; i < l->n; i++)
        put_entry(&o, x->services, &l->entries[i]);
    json_list_end(&o);
    json_object_end(&o);
}

/* The failure that a reason names: one of the verdicts with which a payment has failed. */
static bool failure_of(enum acquirer_verdict *out, struct span reason)
{
    *out = ACQUIRER_DECLINED;
    if (reason.n == 0)
        return true;
    for (enum acquirer_verdict v = 0; v < ACQUIRER_VERDICTS; v++) {
        if (acquirer_says(v)->declines && span_equal_nocase(reason, span_of(acquirer_says(v)->name))) {
            *out = v;
            return true;
        }
    }
    return false;
}

enum step acquirer_decide_parse(struct exchange *x)
{
    struct sandbox_call *call = read_call(x, decide_fields);
    struct decision *d = call ? arena_take(x->arena, sizeof *d) : NULL;
    unsigned which = ACQUIRER_DECIDE_SUCCESS;
    uint64_t id = 0;

    if (!call)
        return STEP_ANSWERED;
    if (!d) {
        admin_fault(x, FAULT_BUSY);
        return STEP_ANSWERED;
    }
    *d = (struct decision){ .failure = ACQUIRER_DECLINED };
    call->own = d;
    while (which < ACQUIRER_DECISIONS && !span_equal_nocase(call->event, span_of(decision_names[which])))
        which++;
    if (which == ACQUIRER_DECISIONS) {
        sandbox_bad(x, "decision", "the decision is none of success, fail, drop, hold, pending, release, reject and "
                    "other-account");
        return STEP_ANSWERED;
    }
    d->decision = (enum acquirer_decision)which;
    if (!failure_of(&d->failure, call->manner)) {
        sandbox_bad(x, "reason", "no payment fails for such a reason; docs/TEST-PAYMENTS.md lists them");
        return STEP_ANSWERED;
    }
    if (call->token.n <= ID_DIGITS_MAX && span_u64(&id, call->token, UINT64_MAX) == FAULT_NONE
        && pay_id_open(x->services, &d->ref.merchant_id, &d->ref.payment_no, id))
        d->ref = (struct acquirer_ref){ 0 };
    return STEP_GO;
}

/* It waits for the acquirer's own commit, which is no transaction of ours. */
enum fault acquirer_decide_work(struct exchange *x, struct store_tx *tx)
{
    const struct sandbox_call *call = x->state;
    struct decision *d = call->own;
    struct sim_acquirer *s = x->services->sim_acquirer;
    struct acquirer_page page = { .ref = d->ref };
    enum fault f = d->ref.payment_no ? FAULT_NONE : sim_acquirer_look(s, &page, call->token);

    (void)tx;
    return f ? f : sim_acquirer_simulate(s, page.ref, d->decision, d->failure, x->now_ms);
}

void acquirer_decide_show(struct exchange *x, enum fault outcome)
{
    const struct sandbox_call *call = x->state;
    const struct decision *d = call->own;
    struct json_out o;

    if (outcome == FAULT_NOT_FOUND) {
        admin_error(x, 404, "not_found", "the acquirer has no such payment");
    } else if (outcome == FAULT_WRONG_STATE) {
        admin_error(x, 409, "wrong_state", "the payment does not allow this decision now");
    } else if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
    } else {
        o = admin_json(x, ADMIN_SMALL_MAX);
        json_object(&o);
        json_put_text(&o, "payment", call->token);
        json_put_str(&o, "decision", decision_names[d->decision]);
        json_object_end(&o);
    }
}
