/* merchants.c: the merchants' endpoints. The use cases wait for their own commits, so they run on a worker. */
#include "base/isotime.h"
#include "dialect/admin/desk.h"
#include "domain/money.h"
#include "service/callers.h"
#include "service/merchants.h"

#include "base/banned.h"

/* What a request about one merchant says, and what came of it. Wiped with the arena. */
struct merchant_call {
    struct span name, currencies;
    int64_t merchant_id, overlap_s;
    struct merchant_credentials made;
};

enum { CODE = 3, WHY_TEXT = 192 };    /* letters of a currency code; bytes of a sentence about what is wrong */

/* The use case counts bytes, and lets nothing through that would break a line. */
static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] < ' ' || name.p[i] == 0x7f)
            return false;
    return name.n <= MERCHANT_NAME_MAX;
}

/* The code at `at` of a list, up to the comma or the end. */
static struct span code_at(struct span list, size_t at)
{
    size_t n = 0;

    while (at + n < list.n && list.p[at + n] != ',')
        n++;
    return (struct span){ list.p + at, n };
}

/* The first code of a list that is no currency; absent when there is none. */
static struct span bad_code(struct span list)
{
    for (size_t at = 0; at <= list.n; ) {
        struct span code = code_at(list, at);
        unsigned exponent;
        if (code.n != CODE || money_exponent(&exponent, code) != FAULT_NONE)
            return code;
        at += code.n + 1;
    }
    return (struct span){ 0 };
}

static bool is_currencies(struct span list)
{
    return list.n < CALLER_CURRENCIES && span_absent(bad_code(list));
}

static const struct json_field add_fields[] = {
    { .name = "name", .type = JSON_TEXT, .required = true, .rule = is_name,
      .at = offsetof(struct merchant_call, name) },
    { .name = "currencies", .type = JSON_TEXT, .rule = is_currencies,
      .at = offsetof(struct merchant_call, currencies) },
    JSON_END,
};

static const struct json_field rotate_fields[] = {
    { .name = "overlap_seconds", .type = JSON_INT, .required = true, .min = 0, .max = MERCHANT_OVERLAP_MAX_S,
      .at = offsetof(struct merchant_call, overlap_s) },
    JSON_END,
};

static bool is_letters(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] | 0x20) < 'a' || (s.p[i] | 0x20) > 'z')
            return false;
    return true;
}

/* What the rule of a field asks for. Of the value only what looks like a code is said again. */
static void put_rule(struct buf *to, const struct json_complaint *why)
{
    struct span code = why->field->rule == is_currencies ? bad_code(why->received) : (struct span){ 0 };

    if (why->field->rule == is_name) {
        buf_text(to, " is longer than ");
        buf_i64(to, MERCHANT_NAME_MAX);
        buf_text(to, " bytes or has a control character");
    } else if (code.n == CODE && is_letters(code)) {
        buf_text(to, ": ");
        buf_span(to, code);
        buf_text(to, " is not a currency code (ISO 4217)");
    } else if (!span_absent(code)) {
        buf_text(to, " are malformed: comma-separated codes such as INR,USD");
    } else {
        buf_text(to, " are too many: at most ");
        buf_i64(to, CALLER_CURRENCIES / (CODE + 1));
    }
}

static void put_why(struct buf *to, const struct json_complaint *why)
{
    if (why->why == JSON_WHY_SYNTAX) {
        buf_text(to, why->text);
        return;
    }
    buf_text(to, why->path);
    if (why->why == JSON_WHY_MISSING) {
        buf_text(to, " is missing or empty");
    } else if (why->why == JSON_WHY_RULE) {
        put_rule(to, why);
    } else if (why->field->type == JSON_INT) {
        buf_text(to, " is not a whole number from ");
        buf_i64(to, why->field->min);
        buf_text(to, " to ");
        buf_i64(to, why->field->max);
    } else {
        buf_text(to, " is not a text");
    }
}

/* {"error":"bad_input", "message":..., "field":...}: what is wrong with which field. */
static void complain(struct exchange *x, const struct json_complaint *why)
{
    struct json_out o = json_out(answer_start(x, 400, "application/json", ADMIN_SMALL_MAX));
    uint8_t text[WHY_TEXT];
    struct buf message = BUF(text);

    put_why(&message, why);
    json_object(&o);
    json_put_str(&o, "error", "bad_input");
    json_put_text(&o, "message", buf_view(&message));
    if (why->path[0])
        json_put_str(&o, "field", why->path);
    json_object_end(&o);
}

/* The token, then the body by `fields` (NULL: none), then the id in the path if the route has one. */
static enum step read_call(struct exchange *x, const struct json_field *fields)
{
    struct merchant_call *call = arena_take(x->arena, sizeof *call);
    const struct json_node *root;
    struct json_complaint why = { 0 };
    uint64_t id = 0;

    if (!admin_may(x))
        return STEP_ANSWERED;
    if (!call) {
        admin_fault(x, FAULT_BUSY);
        return STEP_ANSWERED;
    }
    if (fields && (json_read(&root, x->arena, x->body, &why) != FAULT_NONE ||
                   json_fill(call, root, fields, x->arena, &why) != FAULT_NONE)) {
        complain(x, &why);
        return STEP_ANSWERED;
    }
    if (!span_absent(x->params[0])) {
        if (span_u64(&id, x->params[0], INT64_MAX) != FAULT_NONE) {
            admin_fault(x, FAULT_NOT_FOUND);
            return STEP_ANSWERED;
        }
        call->merchant_id = (int64_t)id;
    }
    x->state = call;
    return STEP_GO;
}

enum step merchant_add_parse(struct exchange *x)
{
    enum step step = read_call(x, add_fields);
    struct merchant_call *call = x->state;

    if (step == STEP_GO && !call->currencies.n)
        call->currencies = SPAN("INR");
    return step;
}

enum fault merchant_add_work(struct exchange *x, struct store_tx *tx)
{
    struct merchant_call *call = x->state;

    (void)tx;
    return merchant_add(x->services, &call->made, call->name, call->currencies);
}

enum step merchant_rotate_parse(struct exchange *x)
{
    return read_call(x, rotate_fields);
}

enum fault merchant_rotate_work(struct exchange *x, struct store_tx *tx)
{
    struct merchant_call *call = x->state;

    (void)tx;
    return merchant_rotate(x->services, &call->made, call->merchant_id, call->overlap_s);
}

void merchant_credentials_show(struct exchange *x, enum fault outcome)
{
    const struct merchant_call *call = x->state;
    char until[ISOTIME_TEXT];
    struct json_out o;

    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_i64(&o, "merchant_id", call->made.merchant_id);
    if (call->name.n)
        json_put_text(&o, "name", call->name);
    json_put_str(&o, "client_id", call->made.client_id);
    json_put_str(&o, "client_secret", call->made.client_secret);
    if (call->overlap_s) {
        isotime_ist(until, x->now_ms + call->overlap_s * 1000);
        json_put_str(&o, "old_secret_valid_until", until);
    }
    json_object_end(&o);
    answer_header(x, "Cache-Control", SPAN("no-store"));
}

enum step merchant_disable_parse(struct exchange *x)
{
    return read_call(x, NULL);
}

enum fault merchant_disable_work(struct exchange *x, struct store_tx *tx)
{
    const struct merchant_call *call = x->state;

    (void)tx;
    return merchant_disable(x->services, call->merchant_id);
}

void merchant_disable_show(struct exchange *x, enum fault outcome)
{
    const struct merchant_call *call = x->state;
    struct json_out o;

    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_i64(&o, "merchant_id", call->merchant_id);
    json_put_bool(&o, "disabled", true);
    json_object_end(&o);
}

enum step merchants_list_parse(struct exchange *x)
{
    return admin_may(x) ? STEP_GO : STEP_ANSWERED;
}

static enum fault show_merchant(void *arg, const struct merchant_shown *m)
{
    struct json_out *o = arg;
    char created[ISOTIME_TEXT];

    isotime_ist(created, m->created_ms);
    json_object(o);
    json_put_i64(o, "merchant_id", m->merchant_id);
    json_put_text(o, "name", m->name);
    json_put_text(o, "client_id", m->client_id);
    json_put_text(o, "currencies", m->currencies);
    json_put_bool(o, "disabled", m->disabled);
    json_put_str(o, "created_at", created);
    json_object_end(o);
    return FAULT_NONE;
}

void merchants_list_show(struct exchange *x, enum fault outcome)
{
    struct json_out o = admin_json(x, ADMIN_LIST_MAX);

    json_object(&o);
    json_key(&o, "merchants");
    json_list(&o);
    if (outcome == FAULT_NONE)
        outcome = merchants_list(x->services, x->reader, x->arena, show_merchant, &o);
    json_list_end(&o);
    json_object_end(&o);
    if (outcome != FAULT_NONE)
        admin_fault(x, outcome);
}
