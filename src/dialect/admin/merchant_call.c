/* merchant_call.c: reading what a request about a merchant says. */
#include "dialect/admin/merchant_call.h"

#include "domain/money.h"
#include "domain/scheme.h"
#include "service/callers.h"
#include "service/checkouts.h"

#include "base/banned.h"

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

/* Printable, without what JSON would escape: as the use cases have it. */
static bool is_id(struct span id)
{
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] <= ' ' || id.p[i] > '~' || id.p[i] == '"' || id.p[i] == '\\')
            return false;
    return true;
}

static bool is_scheme(struct span name)
{
    enum scheme s;

    return span_equal_nocase(name, SPAN("all")) || scheme_read(&s, name) == FAULT_NONE;
}

const struct json_field merchant_add_fields[] = {
    { .name = "name", .type = JSON_TEXT, .required = true, .rule = is_name,
      .at = offsetof(struct merchant_call, name) },
    { .name = "currencies", .type = JSON_TEXT, .rule = is_currencies,
      .at = offsetof(struct merchant_call, currencies) },
    JSON_END,
};

const struct json_field merchant_rotate_fields[] = {
    { .name = "overlap_seconds", .type = JSON_INT, .required = true, .min = 0, .max = MERCHANT_OVERLAP_MAX_S,
      .at = offsetof(struct merchant_call, overlap_s) },
    JSON_END,
};

const struct json_field juspay_key_fields[] = {
    { .name = "replace", .type = JSON_BOOL, .at = offsetof(struct merchant_call, replace) },
    JSON_END,
};

const struct json_field public_key_fields[] = {
    { .name = "key_id", .type = JSON_TEXT, .max = PARTNER_KEY_ID_MAX, .rule = is_id,
      .at = offsetof(struct merchant_call, key_id) },
    { .name = "public_key_pem", .type = JSON_TEXT, .required = true, .max = KEY_PUBLIC_MAX,
      .at = offsetof(struct merchant_call, public_key_pem) },
    JSON_END,
};

const struct json_field paytm_key_fields[] = {
    { .name = "client_id", .type = JSON_TEXT, .max = PARTNER_CLIENT_MAX, .rule = is_id,
      .at = offsetof(struct merchant_call, client_id) },
    { .name = "encryption_key_version", .type = JSON_TEXT, .max = PARTNER_VERSION_MAX, .rule = is_id,
      .at = offsetof(struct merchant_call, key_version) },
    { .name = "replace", .type = JSON_BOOL, .at = offsetof(struct merchant_call, replace) },
    JSON_END,
};

const struct json_field origin_fields[] = {
    { .name = "origin", .type = JSON_TEXT, .required = true, .max = CHECKOUT_ORIGIN_MAX,
      .at = offsetof(struct merchant_call, origin) },
    { .name = "remove", .type = JSON_BOOL, .at = offsetof(struct merchant_call, remove) },
    JSON_END,
};

const struct json_field onboard_fields[] = {
    { .name = "scheme", .type = JSON_TEXT, .rule = is_scheme, .at = offsetof(struct merchant_call, scheme) },
    JSON_END,
};

/* What is right is the use case's to say (webhooks.c). */
const struct json_field webhook_add_fields[] = {
    { .name = "url", .type = JSON_TEXT, .required = true, .at = offsetof(struct merchant_call, url) },
    { .name = "kind", .type = JSON_TEXT, .at = offsetof(struct merchant_call, kind) },
    { .name = "version", .type = JSON_TEXT, .at = offsetof(struct merchant_call, version) },
    { .name = "events", .type = JSON_LIST, .max = WEBHOOK_EVENTS, .at = offsetof(struct merchant_call, events) },
    { .name = "policy", .type = JSON_TEXT, .at = offsetof(struct merchant_call, policy) },
    { .name = "tries", .type = JSON_INT, .min = 0, .max = ENDPOINT_TRIES_MAX,
      .at = offsetof(struct merchant_call, tries) },
    { .name = "interval_seconds", .type = JSON_INT, .min = 0, .max = 24 * 3600,
      .at = offsetof(struct merchant_call, interval_s) },
    { .name = "intervals", .type = JSON_TEXT, .at = offsetof(struct merchant_call, intervals) },
    { .name = "authorization", .type = JSON_TEXT, .at = offsetof(struct merchant_call, authorization) },
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
    } else if (why->field->rule == is_id) {
        buf_text(to, " has a blank, a quote, a backslash or what is not printable ASCII");
    } else if (why->field->rule == is_scheme) {
        buf_text(to, " is none of all, visa, mastercard, rupay, amex, diners");
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
    } else if (why->why == JSON_WHY_LONG) {
        buf_text(to, " is longer than ");
        buf_i64(to, why->field->max);
        buf_text(to, " characters");
    } else if (why->field->type == JSON_BOOL) {
        buf_text(to, " is neither true nor false");
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
enum step merchant_call_read(struct exchange *x, const struct json_field *fields)
{
    struct merchant_call *call = arena_take(x->arena, sizeof *call);
    struct json_complaint why = { 0 };
    enum fault f = FAULT_NONE;
    uint64_t id = 0;

    if (!admin_may(x, NULL))
        return STEP_ANSWERED;
    if (!call) {
        admin_fault(x, FAULT_BUSY);
        return STEP_ANSWERED;
    }
    if (fields)
        f = admin_body(x, call, fields, &why);
    if (f == FAULT_BAD_INPUT)
        complain(x, &why);
    if (f)
        return STEP_ANSWERED;
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
