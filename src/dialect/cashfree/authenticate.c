/* authenticate.c: POST /pg/orders/pay/authenticate/{cf_payment_id}: the one-time password of a payment, given here or
 * sent again (reference 2.8). The payment's id is the capability. Whoever guesses one still has three tries at the
 * password (domain/payment.h), and his address a limit. */
#include "dialect/cashfree/pay.h"

#include "dialect/cashfree/routes.h"

#include "base/banned.h"

enum { BODY_MAX = 512, OTP_TEXT_MAX = 64, DIGITS = 21 };

struct body { struct span action, otp; };

static const char *const actions[] = { "SUBMIT_OTP", "RESEND_OTP", NULL };

static const struct json_field body_fields[] = {
    { .name = "action", .type = JSON_TEXT, .required = true, .one_of = actions, .at = offsetof(struct body, action) },
    { .name = "otp", .type = JSON_TEXT_OR_INT, .max = OTP_TEXT_MAX, .at = offsetof(struct body, otp) },
    JSON_END
};

static enum step read_id(struct exchange *x, uint64_t *id)
{
    struct span text = x->params[0];

    if (!orderpay_are_digits(text, 1, SIZE_MAX))
        return orderpay_refuse(x, problem_make(400, "payment_id_invalid", "cf_payment_id : should be numeric"));
    if (span_u64(id, text, INT64_MAX))
        return orderpay_refuse(x, problem_make(400, "payment_get_failed", "cf_payment_id : is out of range"));
    return STEP_GO;
}

static enum step read_body(struct exchange *x, struct pay_wish *w)
{
    const struct json_node *node;
    struct json_complaint why;
    struct body b = { .otp = { 0 } };
    enum fault f = json_read(&node, x->arena, x->body, &why);

    if (f)
        return orderpay_refuse(x, f == FAULT_BAD_INPUT ? problem_of_complaint(x->arena, &why) : problem_of_fault(f));
    if (orderpay_fill(x, &b, node, body_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    w->op = span_equal(b.action, SPAN("RESEND_OTP")) ? PAY_RESEND : PAY_OTP;
    if (w->op == PAY_RESEND)
        return STEP_GO;
    if (span_absent(b.otp))
        return orderpay_refuse_missing(x, "otp");
    if (!orderpay_are_digits(b.otp, PAYMENT_OTP_MIN, PAYMENT_OTP_MAX))
        return orderpay_refuse_field(x, "otp", "should be 4 to 8 digits");
    w->otp = b.otp;
    return STEP_GO;
}

enum step authenticate_parse(struct exchange *x)
{
    struct pay *p;
    struct pay_wish *w;
    uint64_t id = 0;

    if (orderpay_enter(x, sizeof *p) == STEP_ANSWERED || read_id(x, &id) == STEP_ANSWERED)
        return STEP_ANSWERED;
    p = x->state;
    w = &p->job.wish;
    p->job = (struct pay_job){ .now_ms = x->now_ms, .arena = x->arena };
    w->source = span_of(x->peer);
    w->request_id = span_of(x->request_id);
    if (read_body(x, w) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (pay_id_open(x->services, &w->merchant_id, &w->payment_no, id))
        return orderpay_refuse(x, problem_make(404, "payment_not_found", "transaction not found"));
    x->merchant_id = w->merchant_id;
    return STEP_GO;
}

enum fault authenticate_work(struct exchange *x, struct store_tx *tx)
{
    struct pay *p = x->state;

    return pay_begin(x->services, tx, &p->job);
}

/* What is told of a password that was given: the first text for which it holds; absent: it is an error. */
static const char *said(const struct pay_job *job, bool *success)
{
    enum acquirer_verdict v = job->answer.verdict;

    *success = job->wish.op == PAY_RESEND ? v == ACQUIRER_FACTOR
                                          : job->row.state == PAYMENT_SUCCESS || job->row.state == PAYMENT_FLAGGED;
    if (*success)
        return job->wish.op == PAY_RESEND ? "otp sent" : "payment successful";
    if (job->wish.op == PAY_RESEND)
        return NULL;
    if (v == ACQUIRER_WRONG_OTP || v == ACQUIRER_TOO_MANY_OTPS)
        return "otp is invalid";
    if (v == ACQUIRER_CHARGED)        /* another attempt was quicker, or the order has ended */
        return "the order takes no more payments: the amount is returned";
    return v != ACQUIRER_OTP_EXPIRED && acquirer_says(v)->declines ? acquirer_says(v)->message : NULL;
}

static void show(struct exchange *x, const char *message, bool success)
{
    const struct pay *p = x->state;
    struct json_out o = json_out(call_answer(x, 200, BODY_MAX));
    char text[DIGITS];
    struct buf id = BUF(text);

    buf_u64(&id, pay_id(x->services, p->job.row.merchant_id, p->job.row.payment_no));
    answer_header(x, "cache-control", SPAN("no-store"));
    json_object(&o);
    json_put_str(&o, "action", p->job.wish.op == PAY_RESEND ? "RESEND_OTP" : "SUBMIT_OTP");
    json_put_str(&o, "authenticate_status", success ? "SUCCESS" : "FAILED");
    json_key(&o, "cf_payment_id");
    if (api_has_number_ids(p->call.version))
        json_raw(&o, buf_view(&id));
    else
        json_text(&o, buf_view(&id));
    json_put_str(&o, "payment_message", message);
    json_object_end(&o);
}

/* A bank that has not answered has a code of its own here. */
static struct problem problem_of(struct exchange *x, enum fault outcome)
{
    const struct pay *p = x->state;
    struct problem problem;

    if (outcome || (pay_outcome(&p->job) != PAY_ACQUIRER && pay_outcome(&p->job) != PAY_FINE))
        return orderpay_problem(x->arena, &p->job, outcome);
    problem = orderpay_problem_of_verdict(x->arena, PAYMENT_BY_CARD, p->job.answer.verdict);
    if (problem.status == 502)
        problem.code = SPAN("headless_otp_submit_request_failed");
    return problem;
}

void authenticate_show(struct exchange *x, enum fault outcome)
{
    struct pay *p = x->state;
    const char *message = NULL;
    bool success = false;
    struct problem problem;

    if (!outcome) {
        enum pay_why why = pay_outcome(&p->job);
        pay_follow(x->services, &p->job);
        if (why == PAY_FINE || why == PAY_ACQUIRER)
            message = said(&p->job, &success);
    }
    if (message) {
        show(x, message, success);
    } else {
        problem = problem_of(x, outcome);
        problem_answer(x, &problem);
    }
    pay_wipe(&p->job);
}
