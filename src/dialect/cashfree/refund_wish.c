/* refund_wish.c: the bodies and paths of requests about one refund. */
#include "dialect/cashfree/refund_wish.h"

#include "dialect/cashfree/order_fields.h"
#include "dialect/cashfree/problem.h"
#include "dialect/cashfree/routes.h"
#include "dialect/cashfree/rules.h"
#include "domain/order.h"

#include "base/banned.h"

enum { SCOPE_MAX = 32 + ORDER_ID_MAX };

static const char bad_amount[] = "Invalid amount entered ";

/* The body of POST as read. */
struct body {
    struct span amount, refund_id, note, speed;
    const struct json_node *splits;
};
/* The body of PUT. */
struct change { struct span status, remarks; };

#define AT(member) .at = offsetof(struct body, member)

static const char *const speeds[] = { "STANDARD", "INSTANT", NULL };
static const char *const cancelled_only[] = { "CANCELLED", NULL };

static const struct json_field tag_value = {
    .name = "value", .type = JSON_TEXT, .required = true, .min = 1, .max = 255, .rule = rule_no_card,
    .at = JSON_NOWHERE
};
/* The amount of a split alone is looked at. */
static const struct json_field split_fields[] = {
    { .name = "vendor_id", .type = JSON_TEXT, .required = true, .max = 50, .rule = rule_id, .at = JSON_NOWHERE },
    { .name = "amount", .type = JSON_DECIMAL, .rule = rule_decimal, .at = 0 },
    { .name = "tags", .type = JSON_MAP, .max = ORDER_TAGS_MAX, .rule = rule_no_card, .sub = &tag_value,
      .at = JSON_NOWHERE },
    JSON_END
};

#define OTHERS \
    { .name = "refund_note", .type = JSON_TEXT, .min = REFUND_NOTE_MIN, .max = REFUND_NOTE_MAX, \
      .rule = rule_no_card, AT(note) }, \
    { .name = "refund_speed", .type = JSON_TEXT, .one_of = speeds, AT(speed) }, \
    { .name = "refund_splits", .type = JSON_LIST, .max = REFUND_SPLITS_MAX, .sub = split_fields, AT(splits) }, \
    JSON_END

static const struct json_field create_fields[] = {
    { .name = "refund_amount", .type = JSON_DECIMAL, .required = true, .rule = rule_decimal, AT(amount) },
    { .name = "refund_id", .type = JSON_TEXT, .required = true, .min = REFUND_ID_MIN, .max = REFUND_ID_MAX,
      .rule = rule_id, AT(refund_id) },
    OTHERS
};
static const struct json_field create_fields_2026[] = {
    { .name = "refund_amount", .type = JSON_DECIMAL, .required = true, .rule = rule_decimal, AT(amount) },
    { .name = "refund_id", .type = JSON_TEXT, .min = REFUND_ID_MIN, .max = REFUND_ID_MAX, .rule = rule_id,
      AT(refund_id) },
    OTHERS
};
static const struct json_field change_fields[] = {
    { .name = "refund_status", .type = JSON_TEXT, .required = true, .one_of = cancelled_only,
      .at = offsetof(struct change, status) },
    { .name = "remarks", .type = JSON_TEXT, .min = 1, .max = REFUND_NOTE_MAX, .rule = rule_no_card,
      .at = offsetof(struct change, remarks) },
    JSON_END
};

static enum step refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

/* Headers, who asks, limits, the order's id; before version `since` the route is none. */
static enum step enter(struct exchange *x, enum refund_op op, enum api_version since)
{
    struct refund_call *c = call_new(x, sizeof *c);

    if (!c || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (c->call.version < since) {
        problem_refuse(x, REFUSE_NO_ROUTE);
        return STEP_ANSWERED;
    }
    c->job = (struct refund_job){ .now_ms = x->now_ms, .arena = x->arena };
    c->job.wish = (struct refund_wish){ .op = op, .merchant_id = c->call.caller.merchant_id };
    return call_order_id(x, &c->job.wish.order_id);
}

static bool is_zero(struct span decimal)
{
    for (size_t i = 0; i < decimal.n; i++)
        if (decimal.p[i] != '0' && decimal.p[i] != '.')
            return false;
    return true;
}

/* The order's currency is not known yet; in one with the most decimals there are, sums compare as in any. */
static bool is_amount(struct money *out, struct span decimal)
{
    return money_read(out, decimal, SPAN("BHD")) == FAULT_NONE;
}

/* Splits share what is refunded, or less. */
static enum step check_splits(struct exchange *x, const struct json_node *splits, struct span whole)
{
    struct money sum, most, one;
    bool fits = true;

    if (!is_amount(&most, whole) || !is_amount(&sum, SPAN("0")))
        return STEP_GO;               /* it is no amount of the order's, which work says */
    for (size_t i = 0; fits && i < json_count(splits); i++) {
        struct json_complaint why;
        struct span amount = { 0 };

        if (json_fill(&amount, json_member(splits, i), split_fields, x->arena, &why))
            return refuse(x, problem_of_fault(FAULT_INTERNAL));
        if (!span_absent(amount) && !is_amount(&one, amount))
            return refuse(x, problem_of_field(x->arena, "refund_splits.amount", bad_amount));
        if (!span_absent(amount))
            fits = money_add(&sum, sum, one) == FAULT_NONE && sum.minor <= most.minor;
    }
    return fits ? STEP_GO
                : refuse(x, problem_make(400, "api_request_failed",
                                         "Total split amount can not be greater than transaction amount"));
}

static enum step keep_splits(struct exchange *x, const struct json_node *splits)
{
    struct refund_call *c = x->state;
    struct buf text = arena_buf(x->arena, REFUND_SPLITS_TEXT_MAX);
    struct json_out o = json_out(&text);

    json_copy_list(&o, splits, split_fields);
    c->job.wish.splits = buf_view(&text);
    return text.full ? refuse(x, problem_of_field(x->arena, "refund_splits", "should be at max 2048 bytes in all"))
                     : STEP_GO;
}

/* The order's id is in the path alone, so it is part of what the key is good for. */
static struct span scope_of(struct exchange *x)
{
    struct buf text = arena_buf(x->arena, SCOPE_MAX);

    buf_text(&text, "POST /pg/orders/");
    buf_span(&text, ((const struct refund_call *)x->state)->job.wish.order_id);
    buf_text(&text, "/refunds");
    return buf_view(&text);
}

enum step refund_create_parse(struct exchange *x)
{
    struct refund_call *c;
    struct body b = { 0 };

    if (enter(x, REFUND_CREATE, API_UNKNOWN) == STEP_ANSWERED)
        return STEP_ANSWERED;
    c = x->state;
    if (call_read(x, &b, c->call.version >= API_2026_01_01 ? create_fields_2026 : create_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (is_zero(b.amount))
        return refuse(x, problem_of_field(x->arena, "refund_amount", bad_amount));
    c->amount = b.amount;
    c->job.wish.refund_id = b.refund_id;
    c->job.wish.note = b.note;
    c->job.wish.speed = span_equal(b.speed, SPAN("INSTANT")) ? REFUND_INSTANT : REFUND_STANDARD;
    if (json_count(b.splits) && (check_splits(x, b.splits, b.amount) == STEP_ANSWERED
                                 || keep_splits(x, b.splits) == STEP_ANSWERED))
        return STEP_ANSWERED;
    return call_idempotency(x, scope_of(x));
}

/* What is no refund id names no refund. */
static enum step take_id(struct exchange *x)
{
    struct refund_call *c = x->state;

    c->job.wish.refund_id = x->params[1];
    if (refund_id_is_valid(x->params[1]))
        return STEP_GO;
    return refuse(x, problem_of_value(x->arena, "refund_id",
                                      "should be alpha numeric and may contain underscore or hypens", x->params[1]));
}

enum step refund_get_parse(struct exchange *x)
{
    return enter(x, REFUND_CREATE, API_UNKNOWN) == STEP_ANSWERED ? STEP_ANSWERED : take_id(x);
}

enum step refund_change_parse(struct exchange *x)
{
    struct refund_call *c;
    struct change change = { 0 };

    if (enter(x, REFUND_CANCEL, API_2026_01_01) == STEP_ANSWERED || take_id(x) == STEP_ANSWERED
        || call_read(x, &change, change_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    c = x->state;
    c->job.wish.remarks = change.remarks;
    return STEP_GO;
}
