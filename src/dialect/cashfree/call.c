/* call.c: what every Cashfree request has in common. */
#include "dialect/cashfree/call.h"

#include <assert.h>
#include <string.h>

#include "dialect/cashfree/problem.h"
#include "dialect/cashfree/rules.h"
#include "domain/order.h"
#include "service/audit.h"
#include "service/lockout.h"

#include "base/banned.h"

static const char content_type[] = "application/json; charset=UTF-8";

bool call_is_v2(const struct exchange *x)
{
    return span_starts(x->path, SPAN("/api/v2"));
}

static struct call *call_of(const struct exchange *x)
{
    return x->state;
}

void call_fail(struct exchange *x, enum fault f)
{
    struct problem p = problem_of_fault(f);

    if (f == FAULT_UNKNOWN_CALLER)
        audit_refused(x->services, AUDIT_DOOR_CASHFREE);
    problem_answer(x, &p);
}

static enum step fail(struct exchange *x, enum fault f)
{
    call_fail(x, f);
    return STEP_ANSWERED;
}

static enum step refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

void *call_new(struct exchange *x, size_t size)
{
    exchange_request_id(x, x->header(x, "x-request-id"));
    x->state = arena_take(x->arena, size);
    if (!x->state)
        call_fail(x, FAULT_INTERNAL);
    return x->state;
}

static enum step check_version(struct exchange *x)
{
    struct span sent = x->header(x, "x-api-version");
    char names[API_VERSION_LIST + 16];
    struct buf list = BUF(names);
    struct problem p;

    call_of(x)->version = api_version_of(sent);
    if (call_of(x)->version != API_UNKNOWN)
        return STEP_GO;
    if (sent.n == 0)
        return refuse(x, problem_make(400, "version_missing", "version is missing in header"));
    buf_text(&list, "should be ");
    api_version_list(&list);
    buf_byte(&list, '\0');
    p = problem_of_value(x->arena, "x-api-version", names, sent);
    p.code = SPAN("version_invalid");
    return refuse(x, p);
}

static enum step authenticate(struct exchange *x)
{
    struct span id = x->header(x, "x-client-id"), secret = x->header(x, "x-client-secret");
    struct call *c = call_of(x);
    enum fault f;

    if (id.n == 0 || id.n > CALLER_ID_MAX || memchr(id.p, ':', id.n)      /* service/partners.h */
        || secret.n == 0 || secret.n > CALLER_SECRET_MAX)
        return fail(x, FAULT_UNKNOWN_CALLER);
    if (lockout_holds(x->services->lockouts, x->peer, id, x->now_ms))
        return fail(x, FAULT_TOO_MANY);
    f = callers_find(x->services, &c->caller, x->reader, x->arena, id, secret, x->now_ms);
    exchange_tried(x, id, f);
    if (f)
        return fail(x, f);
    x->merchant_id = c->caller.merchant_id;
    return STEP_GO;
}

/* Of calls that a payer's browser may send, without a version of its own. */
static enum step check_open_version(struct exchange *x)
{
    if (x->header(x, "x-api-version").n)
        return check_version(x);
    call_of(x)->version = API_VERSIONS - 1;
    return STEP_GO;
}

enum step call_enter_open(struct exchange *x)
{
    struct call *c = call_of(x);

    if (check_open_version(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    c->by_source = true;
    c->rate = rate_limit_take_source(x->services->rate_limits, x->peer, (enum rate_class)x->route->rate_class,
                                     x->now_ms);
    return c->rate.refused ? fail(x, FAULT_TOO_MANY) : STEP_GO;
}

static enum step check_rate(struct exchange *x)
{
    struct call *c = call_of(x);

    c->rate = rate_limit_take(x->services->rate_limits, c->caller.merchant_id,
                              (enum rate_class)x->route->rate_class, x->now_ms);
    return c->rate.refused ? fail(x, FAULT_TOO_MANY) : STEP_GO;
}

enum step call_enter_v2(struct exchange *x)
{
    if (authenticate(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return check_rate(x);
}

enum step call_enter(struct exchange *x)
{
    if (check_version(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return call_enter_v2(x);
}

/* In the v2 API a bad field is 422 and only a body that is not JSON 400 (reference 1.3). */
static enum step complain(struct exchange *x, const struct json_complaint *why)
{
    struct problem p = problem_of_complaint(x->arena, why);

    if (call_is_v2(x)) {
        if (why->why == JSON_WHY_SYNTAX)
            p.message = SPAN("invalid request body");
        else
            p.status = 422;
    }
    return refuse(x, p);
}

enum step call_read(struct exchange *x, void *into, const struct json_field *fields)
{
    const struct json_node *body;
    struct json_complaint why;
    enum fault f = json_read(&body, x->arena, x->body, &why);

    if (!f)
        f = json_fill(into, body, fields, x->arena, &why);
    if (f == FAULT_BAD_INPUT)
        return complain(x, &why);
    return f ? fail(x, f) : STEP_GO;
}

enum step call_order_id(struct exchange *x, struct span *out)
{
    static const struct json_field field = { .name = "order_id", .type = JSON_TEXT, .min = ORDER_ID_MIN,
                                             .max = ORDER_ID_MAX, .rule = rule_id, .at = JSON_NOWHERE };
    struct json_complaint why = { .why = JSON_WHY_RULE, .path = "order_id", .field = &field };

    *out = x->params[0];
    if (order_id_is_valid(*out))
        return STEP_GO;
    why.received = *out;
    if (out->n < ORDER_ID_MIN)
        why.why = JSON_WHY_SHORT;
    else if (out->n > ORDER_ID_MAX)
        why.why = JSON_WHY_LONG;
    return refuse(x, problem_of_complaint(x->arena, &why));
}

/* An empty key is what a client sends that has none. */
static struct span sent_key(const struct exchange *x)
{
    struct span key = { 0 };

    if (strcmp(x->method, "POST") == 0 && !call_is_v2(x))
        key = x->header(x, "x-idempotency-key");
    return key.n ? key : (struct span){ 0 };
}

enum step call_idempotency(struct exchange *x, struct span scope)
{
    struct span key = sent_key(x);
    struct call *c = call_of(x);
    const struct idempotent r = { c->caller.merchant_id, scope, span_of(api_version_name(c->version)), key, x->body };
    enum fault f;

    if (span_absent(key))
        return STEP_GO;
    assert(x->n_asks + IDEMPOTENCY_ASKS <= EXCHANGE_ASKS_MAX);
    c->digests = x->n_asks;
    f = idempotency_prepare(&c->idempotency, &x->asks[c->digests], x->arena, &r);
    if (f == FAULT_BAD_INPUT)
        return refuse(x, problem_make(400, "request_invalid",
                                      "x-idempotency-key : should be printable and at max 128 characters"));
    if (f)
        return fail(x, f);
    x->n_asks += IDEMPOTENCY_ASKS;
    c->keyed = true;
    return STEP_GO;
}

enum fault call_recall(struct exchange *x, struct store_tx *tx)
{
    struct call *c = call_of(x);
    enum fault f;

    c->replayed = false;              /* work may run again */
    c->answer = (struct remembered){ 0 };
    if (!c->keyed)
        return FAULT_NOT_FOUND;
    for (size_t i = 0; i < IDEMPOTENCY_ASKS; i++)
        if (x->asks[c->digests + i].fault)
            return FAULT_SILENT;
    f = idempotency_recall(x->services, tx, &c->answer, x->arena, &c->idempotency, x->now_ms);
    c->replayed = f == FAULT_NONE;
    if (f)
        c->answer.status = 0;
    return f;
}

enum fault call_remember(struct exchange *x, struct store_tx *tx, unsigned status, const struct buf *body)
{
    struct call *c = call_of(x);
    enum fault f;

    c->answer.status = status;
    f = buf_done(body, &c->answer.body);
    if (f)
        return f;
    return idempotency_remember(x->services, tx, &c->idempotency, &c->answer, x->arena, x->now_ms);
}

bool call_show_remembered(struct exchange *x)
{
    struct call *c = call_of(x);

    if (!c->answer.status)
        return false;
    buf_span(call_answer(x, c->answer.status, c->answer.body.n), c->answer.body);
    return true;
}

static void put_rate(struct exchange *x, const struct call *c)
{
    const struct rate_verdict *r = &c->rate;

    if (!r->limited)
        return;
    answer_header_u64(x, "x-ratelimit-limit", r->limit);
    answer_header_u64(x, "x-ratelimit-remaining", r->remaining);
    answer_header_u64(x, "x-ratelimit-retry", r->retry_s);
    answer_header(x, "x-ratelimit-type", c->by_source ? SPAN("ip") : SPAN("app_id"));
}

struct buf *call_answer(struct exchange *x, unsigned status, size_t cap)
{
    struct buf *body = answer_start(x, status, content_type, cap);
    enum api_version v = api_version_of(x->header(x, "x-api-version"));
    struct span key = sent_key(x);
    struct call *c = call_of(x);

    answer_header(x, "x-request-id", span_of(x->request_id));
    if (v != API_UNKNOWN && !call_is_v2(x))
        answer_header(x, "x-api-version", span_of(api_version_name(v)));
    if (!span_absent(key) && key.n <= IDEMPOTENCY_KEY_MAX) {
        answer_header(x, "x-idempotency-key", key);
        answer_header(x, "x-idempotency-replayed", c && c->replayed ? SPAN("true") : SPAN("false"));
    }
    if (c)
        put_rate(x, c);
    return body;
}
