/* problem.c: faults, complaints and refusals to error objects. */
#include "dialect/cashfree/problem.h"

#include "base/json_out.h"
#include "dialect/cashfree/call.h"
#include "dialect/cashfree/rules.h"
#include "domain/cardscan.h"

#include "base/banned.h"

static const char help[] =
    "Fields, limits and error codes of this API are listed in docs/CASHFREE.md, which comes with this server";

static const char bad_amount[] = "Invalid amount entered ";
static const char value_received[] = ". Value received: ";

/* What a rule says; `echo`: the value follows. */
static const struct { bool (*rule)(struct span); const char *text; bool echo; } rule_words[] = {
    { rule_id,      "should be alpha numeric and may contain underscore or hypens", true },
    { rule_url,     "invalid url entered", true },
    { rule_phone,   "should be a phone number of 10 digits", true },
    { rule_decimal, bad_amount, false },
    { rule_digits,  "should be a number of 1 to 15 digits", true },
    { rule_no_card,    RULE_NO_CARD_TEXT, false },
    { rule_no_card_id, RULE_NO_CARD_TEXT, false },
};

/* Fields that say the same thing whatever is wrong with them. */
static const struct { const char *path, *text; bool bare; } field_words[] = {
    { "order_amount", bad_amount, false },
    { "orderAmount",  bad_amount, false },
    { "refund_amount", bad_amount, false },
    { "order_expiry_time", "time should be ISO8601 string. Example 2021-07-02T10:20:12+05:30 for IST, "
                           "2021-07-02T10:20:12Z for UTC", true },
};

static const char *type_of_status(unsigned status)
{
    switch (status) {
    case 401: return "authentication_error";
    case 403: return "feature_not_enabled";
    case 408: return "api_connection_error";
    case 422: return "idempotency_error";
    case 429: return "rate_limit_error";
    case 500:
    case 502:
    case 503: return "api_error";
    default:  return "invalid_request_error";
    }
}

struct problem problem_make(unsigned status, const char *code, const char *message)
{
    return (struct problem){ status, type_of_status(status), span_of(code), span_of(message) };
}

struct problem problem_of_fault(enum fault f)
{
    switch (f) {
    case FAULT_BAD_INPUT:
        return problem_make(400, "request_failed", "the request is not valid, please check API documentation");
    case FAULT_UNKNOWN_CALLER:
        return problem_make(401, "request_failed", "authentication Failed");
    case FAULT_NOT_FOUND:
        return problem_make(404, "order_not_found", "Order Reference Id does not exist");
    case FAULT_EXISTS:
        return problem_make(409, "order_already_exists", "order with same id is already present");
    case FAULT_WRONG_STATE:
        return problem_make(400, "order_inactive", "order is not active");
    case FAULT_MISMATCH:
        return problem_make(422, "request_invalid", "the idempotency key was used before with a different request");
    case FAULT_TOO_MANY:
        return problem_make(429, "request_failed", "Too many requests from IP. Check headers");
    case FAULT_BUSY:
    case FAULT_SILENT:
        return problem_make(503, "request_failed", "the service is busy, please try again");
    case FAULT_NONE:
    case FAULT_DENIED:        /* a stored record that does not open: ours to look into, nothing the caller did */
    case FAULT_DISK:
    case FAULT_RETRY:
    case FAULT_INTERNAL:
        break;
    }
    return problem_make(500, "internal_error", "internal Server Error");
}

/* As much of `s` as a message may repeat, and never in the middle of a character. */
static struct span echo_of(struct span s)
{
    size_t n = 0;

    if (cardscan_found(s))
        return (struct span){ 0 };
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] & 0xC0) != 0x80 && n++ == PROBLEM_ECHO_MAX)
            return (struct span){ s.p, i };
    return s;
}

static struct span join(struct arena *a, const struct span *parts, size_t count)
{
    size_t n = 0;
    struct buf b;

    for (size_t i = 0; i < count; i++)
        n += parts[i].n;
    b = arena_buf(a, n + 1);
    for (size_t i = 0; i < count; i++)
        buf_span(&b, parts[i]);
    return buf_view(&b);
}

static struct problem field_problem(struct arena *a, const char *path, const char *suffix, const struct span tail[2])
{
    struct span name = span_of(path);
    struct problem p = problem_make(400, NULL, NULL);

    p.code = join(a, (struct span[]){ name, span_of(suffix) }, 2);
    p.message = join(a, (struct span[]){ name, SPAN(" : "), tail[0], tail[1] }, 4);
    return p;
}

struct problem problem_of_field(struct arena *a, const char *path, const char *text)
{
    return field_problem(a, path, "_invalid", (struct span[2]){ span_of(text), SPAN("") });
}

struct problem problem_of_value(struct arena *a, const char *path, const char *text, struct span received)
{
    struct span tail = join(a, (struct span[]){ span_of(value_received), echo_of(received) }, 2);

    return field_problem(a, path, "_invalid", (struct span[2]){ span_of(text), tail });
}

struct problem problem_of_missing(struct arena *a, const char *path)
{
    return field_problem(a, path, "_missing",
                         (struct span[2]){ SPAN("is missing in the request"), span_of(value_received) });
}

static const char *text_of_type(const struct json_field *f)
{
    switch (f->type) {
    case JSON_TEXT:            return "should be a string";
    case JSON_TEXT_OR_INT:     return "should be a string";
    case JSON_DECIMAL:         return "should be a number";
    case JSON_DECIMAL_OR_TEXT: return "should be a number";
    case JSON_INT:             return "should be an integer";
    case JSON_BOOL:            return "should be a boolean";
    case JSON_OBJECT:          return "should be an object";
    case JSON_LIST:            return f->sub ? "should be a list of objects" : "should be a list of strings";
    case JSON_VALUES:          return "should be a list of strings or integers";
    case JSON_MAP:             return "should be an object with string values";
    }
    return "is not valid";
}

/* "should be at least 3", "should be at max 250". */
static struct problem limit_problem(struct arena *a, const char *path, const char *text, long limit)
{
    char digits[24];
    struct buf b = BUF(digits);

    buf_i64(&b, limit);
    return field_problem(a, path, "_invalid", (struct span[2]){ span_of(text), buf_view(&b) });
}

static struct problem one_of_problem(struct arena *a, const struct json_complaint *why)
{
    size_t n = sizeof "should be ";
    struct buf b;

    for (const char *const *w = why->field->one_of; *w; w++)
        n += span_of(*w).n + 1;
    b = arena_buf(a, n);
    buf_text(&b, "should be");
    for (const char *const *w = why->field->one_of; *w; w++) {
        buf_byte(&b, ' ');
        buf_text(&b, *w);
    }
    buf_byte(&b, '\0');
    return problem_of_value(a, why->path, b.full ? "is not valid" : (const char *)b.p, why->received);
}

/* A rule on shape refuses card numbers too, and then that is what to say. */
static struct problem rule_problem(struct arena *a, const struct json_complaint *why)
{
    if (!rule_no_card_id(why->received))
        return problem_of_field(a, why->path, RULE_NO_CARD_TEXT);
    for (size_t i = 0; i < sizeof rule_words / sizeof *rule_words; i++) {
        if (rule_words[i].rule != why->field->rule)
            continue;
        if (!rule_words[i].echo)
            return problem_of_field(a, why->path, rule_words[i].text);
        return problem_of_value(a, why->path, rule_words[i].text, why->received);
    }
    return problem_of_value(a, why->path, "is not valid", why->received);
}

static bool own_words(struct problem *out, struct arena *a, const char *path)
{
    for (size_t i = 0; i < sizeof field_words / sizeof *field_words; i++) {
        if (!span_equal(span_of(field_words[i].path), span_of(path)))
            continue;
        *out = problem_of_field(a, path, field_words[i].text);
        if (field_words[i].bare)
            out->message = span_of(field_words[i].text);
        return true;
    }
    return false;
}

struct problem problem_of_complaint(struct arena *a, const struct json_complaint *why)
{
    struct problem p;

    if (why->why != JSON_WHY_SYNTAX && why->why != JSON_WHY_MISSING && own_words(&p, a, why->path))
        return p;
    switch (why->why) {
    case JSON_WHY_SYNTAX:
        p = problem_make(400, "request_failed", NULL);
        p.message = join(a, (struct span[]){ SPAN("invalid request body: "), span_of(why->text) }, 2);
        return p;
    case JSON_WHY_MISSING:
        return problem_of_missing(a, why->path);
    case JSON_WHY_TYPE:
        return problem_of_value(a, why->path, text_of_type(why->field), why->received);
    case JSON_WHY_SHORT:
    case JSON_WHY_SMALL:
    case JSON_WHY_FEW:
        return limit_problem(a, why->path, "should be at least ", why->field->min);
    case JSON_WHY_LONG:
    case JSON_WHY_LARGE:
    case JSON_WHY_MANY:
        return limit_problem(a, why->path, "should be at max ", why->field->max);
    case JSON_WHY_RULE:
        return rule_problem(a, why);
    case JSON_WHY_ONE_OF:
        return one_of_problem(a, why);
    }
    return problem_of_fault(FAULT_INTERNAL);
}

size_t problem_size(const struct problem *p)
{
    /* A byte escapes to six at most; the message stands twice in the /api/v2 shape. */
    return 128 + sizeof help + 12 * p->message.n + 6 * p->code.n;
}

void problem_put(struct buf *out, const struct problem *p, enum api_version v)
{
    struct json_out o = json_out(out);

    json_object(&o);
    json_put_text(&o, "message", p->message);
    json_put_text(&o, "code", p->code);
    json_put_str(&o, "type", p->type);
    if (api_has_help(v) && p->status != 401 && p->status != 429)
        json_put_str(&o, "help", help);
    json_object_end(&o);
    buf_byte(out, '\n');
}

static void put_v2(struct buf *out, const struct problem *p)
{
    struct span message = p->status == 401 ? SPAN("Invalid clientId and clientSecret combination") : p->message;
    char code[8];
    struct buf digits = BUF(code);
    struct json_out o = json_out(out);

    buf_u64(&digits, p->status);
    json_object(&o);
    json_put_str(&o, "status", "ERROR");
    json_put_text(&o, "subCode", buf_view(&digits));
    json_put_text(&o, "message", message);
    json_put_text(&o, "reason", message);
    json_object_end(&o);
    buf_byte(out, '\n');
}

void problem_answer(struct exchange *x, const struct problem *p)
{
    struct buf *body = call_answer(x, p->status, problem_size(p));

    if (call_is_v2(x))
        put_v2(body, p);
    else
        problem_put(body, p, api_version_of(x->header(x, "x-api-version")));
}

static struct problem problem_of_refusal(enum refusal why)
{
    struct problem p;

    switch (why) {
    case REFUSE_NO_ROUTE:
    case REFUSE_METHOD:
        p = problem_make(404, "request_failed", "endpoint or method is not valid, please check api documentation");
        p.type = "api_connection_error";
        return p;
    case REFUSE_PATH:
        return problem_make(400, "request_failed", "bad URL, please check API documentation");
    case REFUSE_BODY_TOO_LARGE:
        return problem_make(413, "request_failed", "the request body is too large");
    case REFUSE_BODY_TRUNCATED:
        return problem_make(400, "request_failed", "the request body ends before its announced length");
    case REFUSE_CONTENT_TYPE:
        return problem_make(415, "request_failed", "content type should be application/json");
    case REFUSE_FRAMING:
        return problem_make(400, "request_failed", "the request's head is malformed or leaves its end in doubt");
    case REFUSE_HEADERS:
        return problem_make(431, "request_failed", "the request's head is too large");
    case REFUSE_HOST:
        return problem_make(421, "request_failed", "the request names a host that this server is not");
    case REFUSE_TIMEOUT:
        return problem_make(408, "api_request_timeout", "the request took too long to arrive");
    case REFUSE_BUSY:
        return problem_of_fault(FAULT_BUSY);
    case REFUSE_STOPPING:
        return problem_make(503, "request_failed", "the service is stopping, please try again");
    case REFUSE_SEALED:
        return problem_make(503, "request_failed", "the service is sealed: it waits for its operators");
    case REFUSE_MEMORY:
        break;
    }
    return problem_of_fault(FAULT_INTERNAL);
}

void problem_refuse(struct exchange *x, enum refusal why)
{
    struct problem p = problem_of_refusal(why);

    if (x->request_id[0] == '\0')
        exchange_request_id(x, x->header(x, "x-request-id"));
    problem_answer(x, &p);
}
