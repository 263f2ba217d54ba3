/* answer.c: head, body, signature. */
#include "dialect/paytm/answer.h"

#include <string.h>

#include "dialect/paytm/explain.h"
#include "domain/bin.h"

#include "base/banned.h"

enum {
    HEAD_TEXT = 512,                  /* bytes of a head besides the ids in it */
    ESCAPED = 6,                      /* bytes one byte of a text has at most in JSON */
    REFUSAL_TEXT = 640,
};

static const char content_type[] = "application/json";

struct verdict answer_refusal(const struct vault_job *job, enum fault f)
{
    enum paytm_code code = code_of_refusal(job, f);

    switch (job->why) {
    case VAULT_CONSENT:
        return head_fail(code, consent_rule_text(job->consent));
    case VAULT_RULE:
        return head_fail(code, token_rule_text(job->rule));
    case VAULT_NO_TOKEN:
        return head_fail(code, "this merchant has no such token");
    case VAULT_OTHER_CUSTOMER:
        return head_fail(code, "the token is another customer's");
    case VAULT_NO_REQUESTOR:
        return head_fail(code, "the merchant is not onboarded at the card's scheme");
    case VAULT_NO_NETWORK:
        return head_fail(code, "this server has no card network");
    case VAULT_CARD_BUDGET:
        return head_fail(code, "more different cards than a merchant may try in an hour");
    case VAULT_NETWORK:
        return head_fail(code, network_verdict_text(job->answer.verdict));
    case VAULT_FINE:
        break;
    }
    return head_fail(code, "a part of this server did not do its work");
}

/* What the vault's job came to. A token that the network takes its time over is pending. */
static struct verdict outcome_of(const struct vault_job *job)
{
    enum paytm_code code = code_of_outcome(job);
    const bool made = job->wish.op == VAULT_MAKE || job->wish.op == VAULT_REFRESH;

    if (job->wish.op == VAULT_REFRESH && job->row.status == TOKEN_FAILED)
        return head_fail(CODE_DONE, NULL);       /* that is how it is */
    if (code == CODE_DONE && made && job->row.status == TOKEN_INIT)
        return head_fail(CODE_PENDING, "the card network has not made the token yet");
    return head_fail(code, code ? network_verdict_text(job->answer.verdict) : NULL);
}

static struct verdict result_of(const struct exchange *x, enum fault outcome)
{
    const struct call *c = call_of(x);

    if (c->told.code)
        return c->told;
    if (outcome && c->went)
        return head_fail(CODE_UNKNOWN, "it was asked for, and its outcome could not be kept; ask again");
    if (outcome)
        return head_fail(code_of_fault(outcome), "a part of this server did not do its work");
    return c->has_job ? outcome_of(&c->job) : head_fail(CODE_DONE, NULL);
}

static void put_result(struct json_out *o, const struct exchange *x, enum paytm_code code)
{
    struct paytm_words w = code_words(code, x->services->paytm_short_status);
    bool flat = call_of(x)->form->flat;

    if (!flat) {
        json_key(o, "resultInfo");
        json_object(o);
    }
    json_put_str(o, "resultCode", w.code);
    json_put_str(o, "resultStatus", w.status);
    json_put_str(o, "resultMsg", w.text);
    if (!flat)
        json_object_end(o);
}

/* The body of the answer. A refusal holds nothing that came with the request, so that nobody without a key gets a
 * signature over a text of his choice. */
static struct span make_text(struct exchange *x, enum paytm_code code)
{
    struct call *c = call_of(x);
    struct buf b = arena_buf(x->arena, c->form->text_max ? c->form->text_max : CALL_TEXT);
    struct json_out o = json_out(&b);

    json_object(&o);
    if (c->keyed && !c->form->flat)
        json_put_text(&o, "mid", c->mid);
    if (c->form->write && !c->told.code)
        c->form->write(&o, x, code);
    put_result(&o, x, code);
    json_object_end(&o);
    return b.full ? (struct span){ 0 } : buf_view(&b);
}

/* The body again, of a code alone. */
static void fall_back(struct exchange *x, enum paytm_code code, const char *why)
{
    struct call *c = call_of(x);

    c->told = c->result = head_fail(code, why);
    c->text = make_text(x, code);
}

void call_compose(struct exchange *x, enum fault outcome)
{
    struct call *c = call_of(x);

    c->result = result_of(x, outcome);
    c->text = make_text(x, c->result.code);
    if (span_absent(c->text))
        fall_back(x, CODE_INTERNAL, "the answer has no room");
    if (!c->keyed)
        return;
    partner_ask(&x->asks[0], KEY_SIGN, &c->key);
    x->asks[0].presented = c->text;
    x->asks[0].out = arena_buf(x->arena, KEY_PAYTM_SIGNATURE);
    x->n_asks = 1;
    explain_ask(x);
}

static void put_head(struct json_out *o, struct exchange *x, struct span signature)
{
    const struct call *c = call_of(x);
    const struct span id = c->head.request_id;
    uint8_t digits[20];
    struct buf now = BUF(digits);

    buf_i64(&now, c->seconds ? x->now_ms / 1000 : x->now_ms);
    json_key(o, "head");
    json_object(o);
    json_put_str(o, "version", "v1");
    json_put_text(o, "responseTimestamp", buf_view(&now));
    json_put_text(o, "requestId", id.n && id.n <= HEAD_REQUEST_ID_MAX && !c->id_is_card ? id
                                                                                       : span_of(x->request_id));
    if (c->keyed && c->head.client_id.n)
        json_put_text(o, "clientId", c->head.client_id);
    if (signature.n)
        json_put_text(o, "signature", signature);
    explain_put(o, x);
    json_object_end(o);
}

/* Does the answer tell more than its code? */
static bool tells(const struct call *c)
{
    enum paytm_code code = c->result.code;

    return !c->told.code && (code == CODE_DONE || code == CODE_PENDING || code == CODE_AWAITING);
}

/* Numbers and cryptograms are not for a cache on the way. */
static struct buf *start(struct exchange *x, unsigned status, size_t cap)
{
    struct buf *body = answer_start(x, status, content_type, cap);

    answer_header(x, "cache-control", SPAN("no-store"));
    return body;
}

/* The answer, unsigned where there is no key, or nobody to sign with it; then nothing is disclosed. */
void call_show(struct exchange *x, enum fault outcome)
{
    struct call *c = call_of(x);
    struct span signature = { 0 };
    struct json_out o;

    (void)outcome;
    if (c->keyed && x->n_asks && x->asks[0].fault == FAULT_NONE)
        signature = buf_view(&x->asks[0].out);
    if (c->keyed && signature.n != KEY_PAYTM_SIGNATURE && tells(c))
        fall_back(x, CODE_UNKNOWN, "the answer could not be signed; ask again");
    o = json_out(start(x, 200, HEAD_TEXT + EXPLAIN_MAX + c->text.n +
                                   ESCAPED * (HEAD_REQUEST_ID_MAX + PARTNER_CLIENT_MAX)));
    json_object(&o);
    put_head(&o, x, signature);
    json_put_raw(&o, "body", c->text);
    json_object_end(&o);
}

static unsigned status_of_refusal(enum refusal why)
{
    switch (why) {
    case REFUSE_NO_ROUTE:       return 404;
    case REFUSE_METHOD:         return 404;
    case REFUSE_PATH:           return 400;
    case REFUSE_BODY_TOO_LARGE: return 413;
    case REFUSE_BODY_TRUNCATED: return 400;
    case REFUSE_CONTENT_TYPE:   return 415;
    case REFUSE_FRAMING:        return 400;
    case REFUSE_HEADERS:        return 431;
    case REFUSE_HOST:           return 421;
    case REFUSE_BUSY:           return 503;
    case REFUSE_STOPPING:       return 503;
    case REFUSE_TIMEOUT:        return 408;
    case REFUSE_MEMORY:         return 500;
    case REFUSE_SEALED:         return 503;
    }
    return 500;
}

static const char *text_of_refusal(enum refusal why)
{
    switch (why) {
    case REFUSE_NO_ROUTE:       return "there is no such endpoint";
    case REFUSE_METHOD:         return "the endpoint does not have this method";
    case REFUSE_PATH:           return "the path is not valid";
    case REFUSE_BODY_TOO_LARGE: return "the request body is too large";
    case REFUSE_BODY_TRUNCATED: return "the request ends before its announced length";
    case REFUSE_CONTENT_TYPE:   return "the content type is not application/json";
    case REFUSE_FRAMING:        return "the HTTP head is malformed, or leaves its end in doubt";
    case REFUSE_HEADERS:        return "the HTTP head is too large";
    case REFUSE_HOST:           return "the request names a host that this server is not";
    case REFUSE_BUSY:           return "the server is busy";
    case REFUSE_STOPPING:       return "the server is stopping";
    case REFUSE_TIMEOUT:        return "the request took too long to arrive";
    case REFUSE_MEMORY:         return "there is no memory";
    case REFUSE_SEALED:         return "the server is sealed: it waits for its operators";
    }
    return "";
}

/* No request of ours was read, so there is no key to sign with. */
void call_refusal(struct exchange *x, enum refusal why)
{
    unsigned status = status_of_refusal(why);
    enum paytm_code code = status == 503 ? CODE_DOWN : status == 500 ? CODE_INTERNAL : CODE_BAD_REQUEST;
    struct paytm_words w = code_words(code, x->services->paytm_short_status);
    uint8_t digits[20];
    struct buf now = BUF(digits);
    struct json_out o;

    if (!x->request_id[0])
        exchange_request_id(x, (struct span){ 0 });
    buf_i64(&now, x->now_ms);
    o = json_out(start(x, status, REFUSAL_TEXT));
    json_object(&o);
    json_key(&o, "head");
    json_object(&o);
    json_put_str(&o, "version", "v1");
    json_put_text(&o, "responseTimestamp", buf_view(&now));
    json_put_str(&o, "requestId", x->request_id);
    explain_refusal(&o, x, text_of_refusal(why));
    json_object_end(&o);
    json_key(&o, "body");
    json_object(&o);
    json_key(&o, "resultInfo");
    json_object(&o);
    json_put_str(&o, "resultCode", w.code);
    json_put_str(&o, "resultStatus", w.status);
    json_put_str(&o, "resultMsg", w.text);
    json_object_end(&o);
    json_object_end(&o);
    json_object_end(&o);
}
