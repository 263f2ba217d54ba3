/* jcall.c: what every Juspay request has in common. */
#include "dialect/juspay/jcall.h"

#include <string.h>

#include "base/base64.h"
#include "dialect/juspay/complaint.h"
#include "domain/cardscan.h"
#include "service/audit.h"
#include "service/lockout.h"
#include "service/partners.h"
#include "service/rate_limit.h"

#include "base/banned.h"

enum {
    NAMED = 20,                       /* bytes of an Authorization that name a key: "Basic ", then base64 */
    RETRY_S = 60, QUERY_VALUE_MAX = 512,
    FORM_ESCAPED = 6,                 /* bytes that one byte of a form may become in JSON */
};

static const char content_type[] = "application/json; charset=UTF-8";

static bool is_printable(uint8_t c)
{
    return c >= ' ' && c <= '~';
}

static void keep_routing_id(struct exchange *x, struct span sent)
{
    struct buf out = { (uint8_t *)x->routing_id, 0, REQUEST_ID_TEXT - 1, false };

    for (size_t i = 0; i < sent.n && out.n < out.cap; i++)
        if (is_printable(sent.p[i]))
            buf_byte(&out, sent.p[i]);
    x->routing_id[out.n] = '\0';
    if (cardscan_found_in_id(buf_view(&out)))         /* it is written to the journal */
        x->routing_id[0] = '\0';
}

void jcall_ids(struct exchange *x)
{
    if (x->request_id[0] != '\0')
        return;
    exchange_request_id(x, x->header(x, "x-request-id"));
    keep_routing_id(x, x->header(x, "x-routing-id"));
}

enum step jcall_fail(struct exchange *x, enum fault f)
{
    struct complaint c = complaint_of_fault(f);

    if (f == FAULT_UNKNOWN_CALLER)
        audit_refused(x->services, AUDIT_DOOR_JUSPAY);
    complaint_answer(x, &c);
    if (f == FAULT_TOO_MANY)
        answer_header_u64(x, "retry-after", RETRY_S);
    return STEP_ANSWERED;
}

enum step jcall_fail_field(struct exchange *x, const char *code, const char *path, const char *reason)
{
    struct complaint c = complaint_of_field(x->arena, code, path, reason);

    complaint_answer(x, &c);
    return STEP_ANSWERED;
}

/* What failures are counted under: the scheme and the name of the key, without its secret. */
static enum fault authenticate(struct exchange *x, struct jcall *call)
{
    struct span sent = x->header(x, "authorization"), name = { sent.p, sent.n < NAMED ? sent.n : NAMED };
    enum fault f;

    if (lockout_holds(x->services->lockouts, x->peer, name, x->now_ms))
        return FAULT_TOO_MANY;
    f = partner_juspay_caller(x->services, &call->caller, x->reader, x->arena, sent, x->now_ms);
    exchange_tried(x, name, f);
    return f;
}

void *jcall_begin(struct exchange *x, size_t size)
{
    struct jcall *call = arena_take(x->arena, size);
    enum fault f;

    jcall_ids(x);
    if (!call) {
        (void)jcall_fail(x, FAULT_INTERNAL);
        return NULL;
    }
    x->state = call;
    f = authenticate(x, call);
    if (!f) {
        x->merchant_id = call->caller.merchant_id;
        if (rate_limit_take(x->services->rate_limits, x->merchant_id, (enum rate_class)x->route->rate_class,
                            x->now_ms).refused)
            f = FAULT_TOO_MANY;
    }
    if (f)
        (void)jcall_fail(x, f);
    return f ? NULL : call;
}

static enum step complain(struct exchange *x, enum fault f, const struct json_complaint *why)
{
    struct complaint c;

    if (f != FAULT_BAD_INPUT)
        return f ? jcall_fail(x, f) : STEP_GO;
    c = complaint_of_json(x->arena, why);
    complaint_answer(x, &c);
    return STEP_ANSWERED;
}

enum step jcall_read(struct exchange *x, void *into, const struct json_field *fields, const struct json_node **node)
{
    const struct json_node *body;
    struct json_complaint why;
    enum fault f = json_read(&body, x->arena, x->body, &why);

    if (!f)
        f = json_fill(into, body, fields, x->arena, &why);
    if (!f && node)
        *node = body;
    return complain(x, f, &why);
}

/* As the boolean that it should be; and when it is none, as a text. */
enum step jcall_flag(struct exchange *x, bool *out, const struct json_node *body, const char *name)
{
    static const char *const words[] = { "true", "false", NULL };
    const struct json_field boolean[] = { { .name = name, .type = JSON_BOOL, .at = 0 }, JSON_END };
    const struct json_field text[] = { { .name = name, .type = JSON_TEXT, .one_of = words, .at = 0 }, JSON_END };
    struct json_complaint why, ignored;
    struct span word = { 0 };
    enum fault f = json_fill(out, body, boolean, x->arena, &why);

    if (f == FAULT_BAD_INPUT && !json_fill(&word, body, text, x->arena, &ignored)) {
        *out = span_equal(word, SPAN("true"));
        return STEP_GO;
    }
    return complain(x, f, &why);
}

/* "%41" and "+" as forms write them. */
static struct span decode(struct arena *a, struct span s)
{
    struct buf out = arena_buf(a, s.n + 1);

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '+') {
            buf_byte(&out, ' ');
        } else if (s.p[i] != '%') {
            buf_byte(&out, s.p[i]);
        } else {
            if (s.n - i < 3 || hex_read(&out, (struct span){ s.p + i + 1, 2 }))
                return (struct span){ 0 };
            i += 2;
        }
    }
    return out.full ? (struct span){ 0 } : buf_view(&out);
}

struct span jcall_query(const struct exchange *x, const char *name)
{
    struct span rest = x->query, key, value;

    while (query_next(&rest, &key, &value))
        if (span_equal(key, span_of(name)) && value.n <= QUERY_VALUE_MAX)
            return decode(x->arena, value);
    return (struct span){ 0 };
}

/* A value that begins like an object and is none is the parser's to refuse, and so is a member that comes twice. */
void jcall_take_form(struct exchange *x)
{
    struct span rest = x->body, name, value;
    struct json_out o;
    struct buf text;

    if (rest.n == 0 || !memchr(rest.p, '=', rest.n) || *rest.p == '{' || *rest.p <= ' ')
        return;
    text = arena_buf(x->arena, rest.n * FORM_ESCAPED + FORM_ESCAPED);
    o = json_out(&text);
    json_object(&o);
    while (query_next(&rest, &name, &value)) {
        json_key_text(&o, decode(x->arena, name));
        value = decode(x->arena, value);
        if (value.n > 0 && *value.p == '{')
            json_raw(&o, value);
        else
            json_text(&o, value);
    }
    json_object_end(&o);
    x->body = buf_view(&text);
}

struct buf *jcall_answer(struct exchange *x, unsigned status, size_t cap)
{
    struct buf *body = answer_start(x, status, content_type, cap);

    answer_header(x, "x-request-id", span_of(x->request_id));
    answer_header(x, "x-routing-id", span_of(x->routing_id));
    answer_header(x, "cache-control", SPAN("no-store"));
    return body;
}

bool jcall_rule_plain(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_printable(s.p[i]))
            return false;
    return true;
}

bool jcall_rule_id(struct span s)
{
    return jcall_rule_plain(s) && !cardscan_found_in_id(s);
}

const char *jcall_rule_text(bool (*rule)(struct span s), struct span refused)
{
    if (rule == jcall_rule_id && jcall_rule_plain(refused))
        return "must not contain a card number (PCI DSS requirement 3)";
    return "should be printable ASCII";
}
