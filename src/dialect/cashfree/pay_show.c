/* pay_show.c: what the payer is to do next, as the answer of Order Pay (reference 2.7). */
#include "dialect/cashfree/pay.h"

#include "dialect/cashfree/routes.h"

#include "base/banned.h"

enum {
    ENTITY_MAX = 4096,                /* bytes of the entity with the links of all apps */
    QRCODE_MAX = 32 * 1024,           /* of one with a QR code */
    URL_EXTRA = 64, DIGITS = 21,
};

/* What `data` says. */
struct lead {
    const char *action;               /* link, post, custom */
    struct span url;                  /* absent: none */
    void (*payload)(struct json_out *o, struct exchange *x);          /* NULL: none */
    bool post;                        /* ... to the url, as JSON */
};

static void put_card(struct json_out *o, struct exchange *x)
{
    (void)x;
    json_object(o);
    json_put_str(o, "name", "card");
    json_object_end(o);
}

static struct span digits_of(struct arena *a, uint64_t n)
{
    struct buf b = arena_buf(a, DIGITS);

    buf_u64(&b, n);
    return buf_view(&b);
}

static struct span payment_id(struct exchange *x, const struct payment_row *row)
{
    return digits_of(x->arena, pay_id(x->services, row->merchant_id, row->payment_no));
}

/* Where this payment's one-time password goes. */
static struct span otp_url(struct exchange *x, const struct payment_row *row)
{
    struct buf b = arena_buf(x->arena, x->services->base_url.n + URL_EXTRA);

    buf_span(&b, x->services->base_url);
    buf_text(&b, "/pg/orders/pay/authenticate/");
    buf_span(&b, payment_id(x, row));
    return buf_view(&b);
}

static struct lead lead_card(struct exchange *x, const struct pay_job *job)
{
    if (job->row.native && job->wish.channel == PAYMENT_POST)
        return (struct lead){ .action = "post", .url = otp_url(x, &job->row), .post = true };
    return (struct lead){
        .action = "link", .url = pay_bank_url(x->services, x->arena, &job->row), .payload = put_card,
    };
}

static struct lead lead_upi(struct exchange *x, const struct pay *p)
{
    struct lead custom = { .action = "custom" };

    switch (p->job.wish.channel) {
    case PAYMENT_LINK:
        custom.payload = orderpay_put_intents;
        break;
    case PAYMENT_QRCODE:
        custom.payload = orderpay_put_qrcode;
        break;
    case PAYMENT_COLLECT:
    case PAYMENT_POST:
    case PAYMENT_CHANNELS:
        if (p->redirect)
            custom.url = pay_bank_url(x->services, x->arena, &p->job.row);
        break;
    }
    return custom;
}

static struct lead lead_of(struct exchange *x, const struct pay *p)
{
    bool paid = payment_is_over((enum payment_state)p->job.row.state) || p->job.row.state == PAYMENT_FLAGGED;

    if (paid && !p->redirect)         /* nothing is left to do; a page that was wished for shows it */
        return (struct lead){ .action = "custom" };
    switch (p->job.wish.method) {
    case PAYMENT_BY_CARD:
    case PAYMENT_BY_EMI:
        return lead_card(x, &p->job);
    case PAYMENT_BY_UPI:
        return lead_upi(x, p);
    case PAYMENT_BY_NETBANKING:
    case PAYMENT_BY_APP:
    case PAYMENT_BY_PAYLATER:
    case PAYMENT_BY_CARDLESS_EMI:
    case PAYMENT_BY_BANKTRANSFER:
    case PAYMENT_METHODS:
        break;
    }
    return (struct lead){ .action = "link", .url = pay_bank_url(x->services, x->arena, &p->job.row) };
}

static void put_data(struct json_out *o, struct exchange *x, const struct lead *l)
{
    const struct pay *p = x->state;

    json_key(o, "data");
    json_object(o);
    json_put_text(o, "url", l->url);
    json_key(o, "payload");
    if (l->payload)
        l->payload(o, x);
    else
        json_null(o);
    json_put_str(o, "content_type", l->post ? "application/json" : NULL);
    json_put_str(o, "method", l->post ? "post" : NULL);
    if (l->post && p->call.version >= API_2025_01_01)
        json_put_text(o, "redirect_to_bank", pay_bank_url(x->services, x->arena, &p->job.row));
    json_object_end(o);
}

static void put_amount(struct json_out *o, const struct payment_row *row)
{
    char text[MONEY_TEXT];
    struct buf b = BUF(text);
    struct money amount = { .minor = row->amount_minor };

    if (!span_text(amount.currency, sizeof amount.currency, row->currency))
        money_short(&b, amount);
    json_put_raw(o, "payment_amount", b.n ? buf_view(&b) : (struct span){ 0 });
}

/* Cards in instalments are cards here: the answer's list of methods has no word of its own for them. */
static void show_entity(struct exchange *x)
{
    const struct pay *p = x->state;
    const struct payment_row *row = &p->job.row;
    const bool qrcode = p->job.wish.channel == PAYMENT_QRCODE;
    const struct lead lead = lead_of(x, p);
    struct json_out o = json_out(call_answer(x, 200, qrcode ? QRCODE_MAX : ENTITY_MAX));
    enum payment_method method = p->job.wish.method == PAYMENT_BY_EMI ? PAYMENT_BY_CARD : p->job.wish.method;

    answer_header(x, "cache-control", SPAN("no-store"));
    json_object(&o);
    json_put_str(&o, "action", lead.action);
    json_key(&o, "cf_payment_id");
    if (api_has_number_ids(p->call.version))
        json_raw(&o, payment_id(x, row));
    else
        json_text(&o, payment_id(x, row));
    json_put_text(&o, "channel", p->channel);
    put_data(&o, x, &lead);
    put_amount(&o, row);
    json_put_str(&o, "payment_method", payment_method_name(method));
    json_object_end(&o);
}

/* A collect request was sent: what payer and bank make of it, however soon, is told by the payment's status. An address
 * that is none was sent nothing. */
static bool was_sent(const struct pay_job *job)
{
    enum acquirer_verdict v = job->answer.verdict;
    bool declined = acquirer_says(v)->declines && v != ACQUIRER_VPA_INVALID && v != ACQUIRER_INVALID;

    return job->wish.method == PAYMENT_BY_UPI && job->wish.channel == PAYMENT_COLLECT
           && (declined || v == ACQUIRER_DROPPED);
}

/* Is the payer led on, or is it paid? */
static bool goes_on(const struct payment_row *row)
{
    switch ((enum payment_state)row->state) {
    case PAYMENT_FACTOR:
    case PAYMENT_APPROVAL:
    case PAYMENT_FLAGGED:
    case PAYMENT_SUCCESS:
        return true;
    case PAYMENT_BEGUN:
    case PAYMENT_FAILED:
    case PAYMENT_DROPPED:
    case PAYMENT_VOID:
    case PAYMENT_CANCELLED:
    case PAYMENT_STATES:
        break;
    }
    return false;
}

void orderpay_show(struct exchange *x, enum fault outcome)
{
    struct pay *p = x->state;
    enum pay_why why = outcome ? p->job.why : pay_outcome(&p->job);
    struct problem problem;

    if (!outcome)
        pay_follow(x->services, &p->job);
    if (!outcome && (why == PAY_FINE || why == PAY_ACQUIRER) && (goes_on(&p->job.row) || was_sent(&p->job))) {
        show_entity(x);
    } else {
        problem = !outcome && why == PAY_FINE
                      ? orderpay_problem_of_verdict(x->arena, p->job.wish.method, p->job.answer.verdict)
                      : orderpay_problem(x->arena, &p->job, outcome);
        problem_answer(x, &problem);
    }
    pay_wipe(&p->job);
}
