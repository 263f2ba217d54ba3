/* pay.c: POST /pg/orders/sessions, and POST /pg/orders/pay of old versions: an attempt to pay, step by step. */
#include "dialect/cashfree/pay.h"

#include <string.h>

#include "dialect/cashfree/routes.h"
#include "service/ids.h"

#include "base/banned.h"

enum { TOKEN_MAX = 512, OFFER_MAX = 64 };     /* characters of a session or token, and of an offer's id */

struct handles { struct span session, token; };
struct body { const struct json_node *method; bool save; struct span offer_id; };

static const struct json_field handle_fields[] = {
    { .name = "payment_session_id", .type = JSON_TEXT, .max = TOKEN_MAX, .at = offsetof(struct handles, session) },
    { .name = "order_token", .type = JSON_TEXT, .max = TOKEN_MAX, .at = offsetof(struct handles, token) },
    JSON_END
};

static const struct json_field body_fields[] = {
    { .name = "payment_method", .type = JSON_OBJECT, .required = true, .at = offsetof(struct body, method) },
    { .name = "save_instrument", .type = JSON_BOOL, .at = offsetof(struct body, save) },
    { .name = "offer_id", .type = JSON_TEXT, .max = OFFER_MAX, .at = offsetof(struct body, offer_id) },
    JSON_END
};

static struct pay *pay_of(const struct exchange *x)
{
    return x->state;
}

enum step orderpay_enter(struct exchange *x, size_t size)
{
    return call_new(x, size) ? call_enter_open(x) : STEP_ANSWERED;
}

static enum step refuse_session(struct exchange *x, const char *message)
{
    struct problem p = problem_make(400, "payment_session_id_invalid", message);

    p.type = "request_failed";        /* reference 3.5 */
    return orderpay_refuse(x, p);
}

/* What it says is believed only when the order has the same random bytes: see pay_begin(). One of another server, or of
 * this one in its other mode, was made under another key and says nothing. */
static enum step read_session(struct exchange *x, struct span text)
{
    struct ids_opened_session opened;
    struct pay_wish *w = &pay_of(x)->job.wish;

    if (span_absent(text))
        return refuse_session(x, "payment_session_id is missing in the request");
    if (ids_session_open(x->services->ids, &opened, text))
        return refuse_session(x, "payment_session_id is not present or is invalid");
    w->merchant_id = opened.merchant_id;
    w->order_id = arena_copy(x->arena, span_of(opened.order_id));
    memcpy(w->session, opened.session, sizeof w->session);
    return span_absent(w->order_id) ? orderpay_refuse(x, problem_of_fault(FAULT_INTERNAL)) : STEP_GO;
}

static enum step read_handle(struct exchange *x, const struct json_node *node, bool by_token)
{
    struct handles h = { .session = { 0 } };

    if (orderpay_fill(x, &h, node, handle_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (by_token && span_absent(h.token) && span_absent(h.session))
        return orderpay_refuse_missing(x, "order_token");
    return !by_token || span_absent(h.token) ? read_session(x, h.session) : orderpay_read_token(x, h.token);
}

static enum step read_rest(struct exchange *x, const struct json_node *node)
{
    struct body b = { .method = NULL };

    if (orderpay_fill(x, &b, node, body_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (!span_absent(b.offer_id))     /* to pay the full price would not be what was asked for */
        return orderpay_refuse(x, problem_make(404, "offer_not_found", "offer not found"));
    pay_of(x)->save = b.save;
    return orderpay_read_method(x, b.method);
}

static bool is_by_card(const struct pay *p)
{
    return p->job.wish.method == PAYMENT_BY_CARD || p->job.wish.method == PAYMENT_BY_EMI;
}

static enum step parse(struct exchange *x, bool by_token)
{
    const struct json_node *node;
    struct json_complaint why;
    struct pay *p = pay_of(x);
    enum fault f = json_read(&node, x->arena, x->body, &why);

    if (f)
        return orderpay_refuse(x, f == FAULT_BAD_INPUT ? problem_of_complaint(x->arena, &why) : problem_of_fault(f));
    p->job = (struct pay_job){ .now_ms = x->now_ms, .arena = x->arena };
    p->job.wish = (struct pay_wish){
        .op = PAY_BEGIN, .source = span_of(x->peer), .request_id = span_of(x->request_id),
    };
    if (read_handle(x, node, by_token) == STEP_ANSWERED || read_rest(x, node) == STEP_ANSWERED)
        return STEP_ANSWERED;
    x->merchant_id = p->job.wish.merchant_id;
    x->no_prepare = !pay_prepares(&p->job);
    return is_by_card(p) ? STEP_GO : orderpay_look_ahead(x);
}

enum step orderpay_session_parse(struct exchange *x)
{
    return orderpay_enter(x, sizeof(struct pay)) == STEP_ANSWERED ? STEP_ANSWERED : parse(x, false);
}

enum step orderpay_token_parse(struct exchange *x)
{
    if (orderpay_enter(x, sizeof(struct pay)) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (api_has_order_token(pay_of(x)->call.version))
        return parse(x, true);
    problem_refuse(x, REFUSE_NO_ROUTE);
    return STEP_ANSWERED;
}

/* Cards in instalments are of one bank; a request names it in words of its own (reference 2.7). */
static bool is_of_bank(const struct card_facts *facts, struct span named)
{
    static const struct { const char *named, *code; } banks[] = {
        { "standard chartered", "SCB" }, { "fed", "FEDERAL" }, { "indusind", "INDUS" },
    };
    struct bin bin = bin_of8(bin_test_cards(), facts->bin8);

    if (facts->scheme == SCHEME_AMEX && span_equal_nocase(named, SPAN("amex")))
        return true;
    for (size_t i = 0; i < sizeof banks / sizeof *banks; i++)
        if (span_equal_nocase(named, span_of(banks[i].named)))
            named = span_of(banks[i].code);
    return bin.code && span_equal_nocase(named, span_of(bin.code));
}

enum step orderpay_prepare(struct exchange *x)
{
    struct pay *p = pay_of(x);
    enum fault f = pay_prepare(x->services, &p->job);
    struct problem problem;

    if (!f && (span_absent(p->emi_bank) || is_of_bank(&p->job.facts, p->emi_bank)))
        return STEP_GO;
    problem = f ? orderpay_problem(x->arena, &p->job, f)
                : problem_make(400, "card_unsupported", "card not enabled for emi");
    pay_wipe(&p->job);
    return orderpay_refuse(x, problem);
}

enum fault orderpay_work(struct exchange *x, struct store_tx *tx)
{
    struct pay *p = pay_of(x);
    enum fault f = p->has_private ? orderpay_take_account(x) : FAULT_NONE;

    return f ? f : pay_begin(x->services, tx, &p->job);
}

static void asked(struct pay_job *job)
{
    struct exchange *x = job->arg;

    x->resume(x, pay_settles(job));
}

enum next orderpay_call(struct exchange *x)
{
    struct pay *p = pay_of(x);

    if (!pay_asks(&p->job))
        return NEXT_SHOW;
    pay_ask(x->services, &p->job, asked, x);
    return NEXT_WAIT;
}

enum fault orderpay_settle(struct exchange *x, struct store_tx *tx)
{
    return pay_settle(x->services, tx, &pay_of(x)->job);
}
