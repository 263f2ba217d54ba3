/* complaint.c: faults, bad fields and refusals to error bodies. */
#include "dialect/juspay/complaint.h"

#include "base/json_out.h"
#include "dialect/juspay/jcall.h"

#include "base/banned.h"

static const char user_error[] = "USER_ERROR", server_error[] = "SERVER_ERROR";

static const char *category_of(unsigned status)
{
    return status >= 500 ? server_error : user_error;
}

static const char *user_text(unsigned status)
{
    switch (status) {
    case 401: return "Unauthorized.";
    case 404: return "Not found.";
    case 429: return "Too many requests. Please try again later.";
    case 500:
    case 502:
    case 503:
    case 504: return "Something went wrong. Please try again later.";
    default:  return "Invalid request. Please check the input.";
    }
}

struct complaint complaint_make(unsigned status, const char *code, const char *message)
{
    return (struct complaint){ .status = status, .code = code, .category = category_of(status),
                               .user = user_text(status), .message = span_of(message) };
}

struct complaint complaint_of_fault(enum fault f)
{
    switch (f) {
    case FAULT_BAD_INPUT:
        return complaint_make(400, "INVALID_INPUT", "the request is not valid");
    case FAULT_UNKNOWN_CALLER:
        return complaint_make(401, "UNAUTHORIZED", "Invalid API Key. Please pass a valid and active api key.");
    case FAULT_NOT_FOUND:
        return complaint_make(404, "RESOURCE_NOT_FOUND", "Not Found");
    case FAULT_EXISTS:
        return complaint_make(400, "ALREADY_EXISTS", "it is there already");
    case FAULT_WRONG_STATE:
        return complaint_make(400, "INVALID_ACTION", "this is not possible now");
    case FAULT_TOO_MANY:
        return complaint_make(429, "TOO_MANY_REQUESTS", "too many requests in a minute");
    case FAULT_BUSY:
    case FAULT_SILENT:
        return complaint_make(503, "SERVER_ERROR", "the service is busy, please try again");
    case FAULT_NONE:
    case FAULT_DENIED:        /* a stored record that does not open: ours to look into, nothing the caller did */
    case FAULT_MISMATCH:
    case FAULT_DISK:
    case FAULT_RETRY:
    case FAULT_INTERNAL:
        break;
    }
    return complaint_make(500, "SERVER_ERROR", "internal server error");
}

struct span complaint_join(struct arena *a, const struct span *parts, size_t n)
{
    size_t size = 0;
    struct buf b;

    for (size_t i = 0; i < n; i++)
        size += parts[i].n;
    b = arena_buf(a, size + 1);
    for (size_t i = 0; i < n; i++)
        buf_span(&b, parts[i]);
    return buf_view(&b);
}

struct complaint complaint_of_field(struct arena *a, const char *code, const char *path, const char *reason)
{
    struct complaint c = complaint_make(400, code, NULL);
    const struct span parts[] = { span_of(path), SPAN(": "), span_of(reason) };

    c.headline = "BAD_REQUEST";
    c.field = arena_copy(a, span_of(path));
    c.reason = reason;
    c.message = complaint_join(a, parts, sizeof parts / sizeof *parts);
    return c;
}

static const char *text_of_type(enum json_type t)
{
    switch (t) {
    case JSON_TEXT:            return "should be a string";
    case JSON_TEXT_OR_INT:     return "should be a string";
    case JSON_DECIMAL:         return "should be a number";
    case JSON_DECIMAL_OR_TEXT: return "should be a number, or a string that holds one";
    case JSON_INT:             return "should be an integer";
    case JSON_BOOL:            return "should be a boolean";
    case JSON_OBJECT:
    case JSON_MAP:             return "should be an object";
    case JSON_LIST:
    case JSON_VALUES:          return "should be a list";
    }
    return "is not valid";
}

static const char *reason_of(const struct json_complaint *why)
{
    switch (why->why) {
    case JSON_WHY_MISSING:
        return "is missing";
    case JSON_WHY_TYPE:
        return text_of_type(why->field->type);
    case JSON_WHY_SHORT:
    case JSON_WHY_SMALL:
    case JSON_WHY_FEW:
        return "is too short";
    case JSON_WHY_LONG:
    case JSON_WHY_LARGE:
    case JSON_WHY_MANY:
        return "is too long";
    case JSON_WHY_RULE:
        return jcall_rule_text(why->field->rule, why->received);
    case JSON_WHY_ONE_OF:
        return "is none of the values that are known";
    case JSON_WHY_SYNTAX:
        break;
    }
    return "is not valid";
}

struct complaint complaint_of_json(struct arena *a, const struct json_complaint *why)
{
    const struct span parts[] = { SPAN("the body is not valid JSON: "), span_of(why->text) };
    struct complaint c;

    if (why->why != JSON_WHY_SYNTAX)
        return complaint_of_field(a, why->why == JSON_WHY_MISSING ? "MISSING_MANDATORY_PARAMETER" : "INVALID_INPUT",
                                  why->path, reason_of(why));
    c = complaint_make(400, "INVALID_INPUT", NULL);
    c.headline = "BAD_REQUEST";
    c.message = complaint_join(a, parts, sizeof parts / sizeof *parts);
    return c;
}

static size_t body_size(const struct complaint *c)
{
    /* A byte escapes to six at most; the message stands three times, other texts are ours and need no escape. */
    return 1024 + 18 * c->message.n + 6 * (c->field.n + REQUEST_ID_TEXT);
}

static void put_info(struct json_out *o, const struct complaint *c, const char *request_id)
{
    json_key(o, "error_info");
    json_object(o);
    json_put_str(o, "code", c->code);
    json_put_str(o, "category", c->category);
    json_put_str(o, "request_id", request_id);
    json_put_str(o, "user_message", c->user);
    json_put_text(o, "developer_message", c->message);
    if (!span_absent(c->field)) {
        json_key(o, "fields");
        json_list(o);
        json_object(o);
        json_put_text(o, "field_name", c->field);
        json_put_str(o, "reason", c->reason);
        json_object_end(o);
        json_list_end(o);
    }
    json_object_end(o);
}

void complaint_answer(struct exchange *x, const struct complaint *c)
{
    struct json_out o = json_out(jcall_answer(x, c->status, body_size(c)));

    if (c->status == 401)
        answer_header(x, "www-authenticate", SPAN("Basic realm=\"tijori\""));
    json_object(&o);
    json_put_str(&o, "status", "FAILURE");
    json_put_str(&o, "errorCode", c->code);
    json_put_text(&o, "errorMessage", c->message);
    json_put_null(&o, "payload");
    json_put_bool(&o, "error", true);
    json_put_str(&o, "error_code", c->code);
    json_put_text(&o, "error_message", c->headline ? span_of(c->headline) : c->message);
    json_put_str(&o, "user_message", c->user);
    put_info(&o, c, x->request_id);
    json_object_end(&o);
}

static struct complaint of_refusal(enum refusal why)
{
    switch (why) {
    case REFUSE_NO_ROUTE:
        return complaint_make(404, "RESOURCE_NOT_FOUND", "there is no such endpoint");
    case REFUSE_METHOD:
        return complaint_make(405, "INVALID_ACTION", "the endpoint does not have this method");
    case REFUSE_PATH:
        return complaint_make(400, "INVALID_INPUT", "the path is not valid");
    case REFUSE_BODY_TOO_LARGE:
        return complaint_make(413, "INVALID_INPUT", "the request body is too large");
    case REFUSE_BODY_TRUNCATED:
        return complaint_make(400, "INVALID_INPUT", "the request body ends before its announced length");
    case REFUSE_CONTENT_TYPE:
        return complaint_make(415, "INVALID_INPUT", "the content type should be application/json");
    case REFUSE_FRAMING:
        return complaint_make(400, "INVALID_INPUT", "the request's head is malformed or leaves its end in doubt");
    case REFUSE_HEADERS:
        return complaint_make(431, "INVALID_INPUT", "the request's head is too large");
    case REFUSE_HOST:
        return complaint_make(421, "INVALID_INPUT", "the request names a host that this server is not");
    case REFUSE_TIMEOUT:
        return complaint_make(408, "INVALID_INPUT", "the request took too long to arrive");
    case REFUSE_BUSY:
        return complaint_of_fault(FAULT_BUSY);
    case REFUSE_STOPPING:
        return complaint_make(503, "SERVER_ERROR", "the service is stopping, please try again");
    case REFUSE_SEALED:
        return complaint_make(503, "SERVER_ERROR", "the service is sealed: it waits for its operators");
    case REFUSE_MEMORY:
        break;
    }
    return complaint_of_fault(FAULT_INTERNAL);
}

void complaint_refuse(struct exchange *x, enum refusal why)
{
    struct complaint c = of_refusal(why);

    jcall_ids(x);
    complaint_answer(x, &c);
}
