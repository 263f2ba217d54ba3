/* cftoken.c: POST /api/v2/cftoken/order: the order token of the mobile SDKs (brief 000; reference 1). */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/order_check.h"
#include "dialect/cashfree/rules.h"
#include "domain/order.h"
#include "service/order_token.h"

#include "base/banned.h"

enum { MS_PER_S = 1000 };

struct token {
    struct call call;
    struct span order_id, amount, currency;
    struct order_claims claims;
};

#define AT(member) .at = offsetof(struct token, member)

/* Real callers send their database's row number as order id, so a number will do. */
static const struct json_field token_fields[] = {
    { .name = "orderId", .type = JSON_TEXT_OR_INT, .required = true, .min = 1, .max = ORDER_ID_MAX,
      .rule = rule_id, AT(order_id) },
    { .name = "orderAmount", .type = JSON_DECIMAL_OR_TEXT, .required = true, AT(amount) },
    { .name = "orderCurrency", .type = JSON_TEXT, AT(currency) },
    JSON_END
};

enum step cftoken_parse(struct exchange *x)
{
    struct token *t = call_new(x, sizeof *t);
    static const struct order_money_paths paths = { "orderAmount", "orderCurrency" };
    struct order_rules rules = { .arena = x->arena };
    struct problem p;

    if (!t || call_enter_v2(x) == STEP_ANSWERED || call_read(x, t, token_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    rules.caller = &t->call.caller;
    if (order_read_money(&t->claims.amount, t->amount, t->currency, &rules, &paths, &p)) {
        p.status = 422;
        problem_answer(x, &p);
        return STEP_ANSWERED;
    }
    t->claims.order_id = t->order_id;
    t->claims.expires_s = x->now_ms / MS_PER_S + ORDER_TOKEN_LIFE_S;
    return STEP_GO;
}

/* Order ids are shared with /pg/orders: an order of that id must be the same order, and payable. */
enum fault cftoken_work(struct exchange *x, struct store_tx *tx)
{
    struct token *t = x->state;
    struct order_row row;
    struct money money;
    int differs;
    enum fault f = order_fetch(tx, &row, x->arena, t->call.caller.merchant_id, t->order_id);

    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    money = order_money(&row);
    if (money_compare(&differs, money, t->claims.amount) || differs)
        return FAULT_EXISTS;
    if (order_state_at((enum order_state)row.state, row.expires_ms, x->now_ms) != ORDER_ACTIVE)
        return FAULT_WRONG_STATE;
    return FAULT_NONE;
}

static void show_token(struct exchange *x, struct span token)
{
    struct buf *body = call_answer(x, 200, token.n + 128);
    struct json_out o = json_out(body);

    json_object(&o);
    json_put_str(&o, "status", "OK");
    json_put_str(&o, "message", "Token generated");
    json_put_text(&o, "cftoken", token);
    json_object_end(&o);
}

void cftoken_show(struct exchange *x, enum fault outcome)
{
    const struct token *t = x->state;
    char text[ORDER_TOKEN_MAX];
    struct buf token = BUF(text);
    struct problem p;

    if (!outcome)
        outcome = order_token_mint(x->services, &token, span_of(t->call.caller.client_id), &t->claims);
    if (!outcome) {
        show_token(x, buf_view(&token));
        return;
    }
    p = problem_of_fault(outcome);
    if (outcome == FAULT_EXISTS)
        p.message = SPAN("order with same id is already present with another amount or currency");
    if (outcome == FAULT_WRONG_STATE)
        p = problem_make(409, "order_inactive", "order with same id is already present and can not be paid any more");
    problem_answer(x, &p);
}
