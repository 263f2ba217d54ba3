/* call.c: a Paytm request from its envelope to the vault. The answer is made in answer.c. */
#include "dialect/paytm/call.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "dialect/paytm/answer.h"
#include "domain/cardscan.h"
#include "service/audit.h"
#include "service/lockout.h"
#include "service/rate_limit.h"

#include "base/banned.h"

struct named { struct span mid; const struct json_node *user, *user_coft; struct span customer; };

static const struct json_field mid_field[] = {
    { .name = "mid", .type = JSON_TEXT, .at = offsetof(struct named, mid) },
    JSON_END,
};

static const struct json_field user_fields[] = {
    { .name = "userInfo", .type = JSON_OBJECT, .at = offsetof(struct named, user) },
    { .name = "userInfoCoft", .type = JSON_OBJECT, .at = offsetof(struct named, user_coft) },
    JSON_END,
};

static const struct json_field customer_field[] = {
    { .name = "custId", .type = JSON_TEXT_OR_INT, .required = true, .max = VAULT_CUSTOMER_MAX,
      .at = offsetof(struct named, customer) },
    JSON_END,
};

static const struct verdict fine = { CODE_DONE, NULL, "" };

/* Answer now: signed when the key is known, which needs the keyholder. */
static enum step stop(struct exchange *x, struct verdict fail)
{
    struct call *c = call_of(x);

    c->told = fail;
    if (c->keyed)
        return STEP_COMPOSE;
    call_compose(x, FAULT_NONE);
    call_show(x, FAULT_NONE);
    return STEP_ANSWERED;
}

static bool is_blank(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > ' ')
            return false;
    return true;
}

/* The first of them that is there. */
static struct span either(struct span a, struct span b)
{
    return a.n ? a : b;
}

static struct verdict check_type(struct call *c)
{
    if (!c->head.type.n)
        return head_fail(CODE_NO_TYPE, "the head names no type of signature");
    c->is_jwt = span_equal(c->head.type, SPAN("JWT"));
    if (!c->is_jwt && !span_equal(c->head.type, SPAN("CHECKSUM")))
        return head_fail(CODE_TYPE, "the type of signature is neither CHECKSUM nor JWT");
    return fine;
}

/* The MID of the path; a body that names one, too, must name the same (reference B.4). */
static struct verdict check_mid(struct exchange *x)
{
    struct call *c = call_of(x);
    struct named n = { 0 };
    struct json_complaint why;

    if (c->head.fields && json_fill(&n, c->head.fields, mid_field, x->arena, &why))
        return head_complaint(&why);
    c->mid = c->form->token ? n.mid : x->params[0];
    if (is_blank(c->mid))
        return head_fail(CODE_NO_MID, "no mid");
    if (n.mid.n && !span_equal(n.mid, c->mid))
        return head_fail(CODE_MID, "the body names another mid than the path");
    return fine;
}

/* Wrong signatures are counted for a MID and the address they came from: the merchant asks from elsewhere as before. */
static struct verdict check_lockout(struct exchange *x)
{
    if (!lockout_holds(x->services->lockouts, x->peer, call_of(x)->mid, x->now_ms))
        return fine;
    audit_refused(x->services, AUDIT_DOOR_PAYTM);
    return head_fail(CODE_REFUSED, "too many wrong signatures came from this address; half an hour passes first");
}

static struct verdict find_key(struct exchange *x)
{
    struct call *c = call_of(x);
    bool mid_known;
    enum fault f = partner_paytm_key(x->services, &c->key, &mid_known, x->reader, x->arena, c->mid,
                                     c->head.client_id, c->head.key_version);

    if (f == FAULT_NOT_FOUND && !mid_known)
        exchange_tried(x, c->mid, FAULT_UNKNOWN_CALLER);
    if (f == FAULT_NOT_FOUND)
        return head_fail(CODE_MID, mid_known ? "the mid has no key of this clientId and encryptionKeyVersion"
                                             : "there is no such mid");
    if (f)
        return head_fail(code_of_fault(f), "the merchant's key cannot be read");
    c->keyed = true;
    x->merchant_id = c->key.merchant_id;
    return fine;
}

/* Behind a good signature alone, and once: a MID is no secret, and whoever knows one must not use up the merchant's
 * calls. */
static struct verdict check_rate(struct exchange *x)
{
    struct call *c = call_of(x);

    if (!c->counted)
        c->crowded = rate_limit_take(x->services->rate_limits, x->merchant_id,
                                     (enum rate_class)x->route->rate_class, x->now_ms).refused;
    c->counted = true;
    return c->crowded ? head_fail(CODE_REFUSED, "more calls than this merchant may make in a minute") : fine;
}

/* Ask whether the signature is that of the bytes received. */
static struct verdict ask_checksum(struct exchange *x)
{
    struct call *c = call_of(x);
    struct buf both = arena_buf(x->arena, c->head.signature.n + c->head.body.n);

    buf_span(&both, c->head.signature);
    buf_span(&both, c->head.body);
    if (both.full || both.n > KEY_IN_MAX)
        return head_fail(CODE_INTERNAL, "there is no memory");
    partner_ask(&x->asks[0], KEY_CHECKSUM, &c->key);
    x->asks[0].presented = buf_view(&both);
    x->n_asks = 1;
    return fine;
}

static struct verdict check_jwt(struct exchange *x)
{
    struct call *c = call_of(x);
    struct verdict fail = head_fail(CODE_JWT, NULL);
    struct buf both;
    enum fault f;

    f = jwt_read(&c->jwt, &fail.why, x->arena, c->head.signature);
    if (f)
        return f == FAULT_BAD_INPUT ? fail : head_fail(code_of_fault(f), "there is no memory");
    fail.why = "the token's iat is more than 5 minutes ago, or ahead of time";
    if (!jwt_is_fresh(&c->jwt, x->now_ms))
        return fail;
    fail.why = "the token's mid is not the request's";
    if (!span_equal(c->jwt.mid, c->mid))
        return fail;
    fail.why = "the token's requestId is not the request's";
    if (c->head.request_id.n && !span_equal(c->jwt.request_id, c->head.request_id))
        return fail;
    c->head.request_id = c->jwt.request_id;
    both = arena_buf(x->arena, c->jwt.mac.n + c->jwt.input.n);
    buf_span(&both, c->jwt.mac);
    buf_span(&both, c->jwt.input);
    if (both.full)
        return head_fail(CODE_INTERNAL, NULL);
    partner_ask(&x->asks[0], KEY_JWS, &c->key);
    x->asks[0].presented = buf_view(&both);
    x->n_asks = 1;
    return fine;
}

static struct verdict check_signature(struct exchange *x)
{
    struct call *c = call_of(x);

    if (c->head.odd_signature || !c->head.signature.n)
        return head_fail(CODE_SIGNATURE, "the signature is empty, or no text");
    if (c->is_jwt)
        return check_jwt(x);
    if (c->form->headers)
        c->head.body = c->form->signed_text(x);
    if (c->head.signature.n != KEY_PAYTM_SIGNATURE)
        return head_fail(CODE_CHECKSUM, "the signature is not 108 characters of base64");
    return ask_checksum(x);
}

/* The request id stands in head and query, and the two agree (reference B.2). */
static struct verdict check_id(struct exchange *x)
{
    struct call *c = call_of(x);
    struct span query = query_value(x->arena, x->query, SPAN("requestId")), id = c->head.request_id;

    if (c->form->loose_id || c->form->token) {
        if (!id.n && !head_is_printable(query))
            return head_fail(CODE_REQUEST_ID, "the request id of the query is not printable ASCII");
        if (!id.n)
            c->head.request_id = id = either(query, span_of(x->request_id));
    } else if (!id.n || !query.n) {
        return head_fail(CODE_REQUEST_ID, "the request id must be in the head and in the query");
    }
    if (query.n && !span_equal(query, id))
        return head_fail(CODE_REQUEST_ID, "the request id of the query is not the head's");
    if (id.n > HEAD_REQUEST_ID_MAX)
        return head_fail(CODE_REQUEST_ID, "the request id is longer than 128 bytes");
    c->id_is_card = cardscan_found_in_id(id);
    if (c->id_is_card)
        return head_fail(CODE_REQUEST_ID, "the request id holds a card number, which must not be stored");
    return fine;
}

static struct verdict read_customer(struct exchange *x, const struct json_node *node)
{
    struct call *c = call_of(x);
    struct named n = { 0 };
    struct json_complaint why;

    if (json_fill(&n, node, customer_field, x->arena, &why))
        return head_complaint(&why);
    if (n.customer.n > VAULT_CUSTOMER_MAX || cardscan_found_in_id(n.customer))
        return head_fail(CODE_DETAILS, "custId is too long, or holds a card number, which must not be stored");
    c->customer = n.customer;
    return fine;
}

static struct verdict check_user(struct exchange *x)
{
    struct call *c = call_of(x);
    struct named n = { 0 };
    struct json_complaint why;

    if (c->form->user == USER_NONE)
        return fine;
    if (c->form->user == USER_FLAT)
        return read_customer(x, c->head.fields);
    if (json_fill(&n, c->head.fields, user_fields, x->arena, &why))
        return head_complaint(&why);
    if (!n.user && !n.user_coft)
        return head_fail(CODE_MISSING, "userInfo is mandatory");
    return read_customer(x, n.user ? n.user : n.user_coft);
}

/* An answer of ours, which is signed with the same key, must not pass for a request. */
static bool is_result(void *arg, struct span key, struct span value)
{
    bool *found = arg;

    (void)value;
    *found = *found || span_equal(key, SPAN("resultInfo")) || span_equal(key, SPAN("resultCode"));
    return !*found;
}

static struct verdict check_body(struct exchange *x)
{
    struct call *c = call_of(x);
    struct json_complaint why;
    bool result = false;
    struct verdict fail = fine;

    json_each(c->head.fields, is_result, &result);
    if (result)
        return head_fail(CODE_CHECKSUM, "what was signed is an answer, with a result in it, and no request");
    if (c->form->fields && json_fill(c, c->head.fields, c->form->fields, x->arena, &why))
        return head_complaint(&why);
    fail = check_user(x);
    if (!fail.code && c->is_jwt && c->form->user != USER_NONE && !span_equal(c->jwt.customer_id, c->customer))
        fail = head_fail(CODE_JWT, "the token's custId is not the request's");
    return fail;
}

/* What is told once the signature is known to be good. */
static struct verdict check_fields(struct exchange *x)
{
    struct call *c = call_of(x);
    struct verdict fail = check_id(x);

    if (!fail.code && !c->form->token)
        fail = head_check(&c->head, &c->sent_ms, &c->seconds);
    if (!fail.code && c->head.fields)
        fail = check_body(x);
    if (!fail.code && c->form->check)
        fail = c->form->check(x);
    return fail;
}

enum step call_parse(struct exchange *x, const struct call_form *form)
{
    static struct verdict (*const steps[])(struct exchange *) = { check_mid, find_key, check_lockout, check_signature };
    struct call *c = arena_take(x->arena, form->size);
    struct verdict fail;

    x->state = c;
    exchange_request_id(x, (struct span){ 0 });
    if (!c) {
        call_refusal(x, REFUSE_MEMORY);
        return STEP_ANSWERED;
    }
    c->form = form;
    fail = form->headers ? head_read_headers(&c->head, x) : head_read(&c->head, x, form->token);
    c->id_is_card = cardscan_found_in_id(c->head.request_id);
    if (c->head.request_id.n && !c->id_is_card)
        exchange_request_id(x, c->head.request_id);
    if (!fail.code)
        fail = check_type(c);
    for (size_t i = 0; !fail.code && i < sizeof steps / sizeof *steps; i++)
        fail = steps[i](x);
    if (fail.code) {
        x->n_asks = 0;
        return stop(x, fail);
    }
    c->pending = check_fields(x);
    return STEP_GO;
}

/* Once, though work may run again. */
static void count_signature(struct exchange *x, enum fault f)
{
    struct call *c = call_of(x);

    if (!c->tried)
        exchange_tried(x, c->mid, f);
    c->tried = true;
}

/* The signature's question is answered. */
static struct verdict judge(struct exchange *x)
{
    const struct call *c = call_of(x);

    switch (x->asks[0].fault) {
    case FAULT_NONE:
        count_signature(x, FAULT_NONE);
        return fine;
    case FAULT_SILENT:
    case FAULT_BUSY:
        return head_fail(CODE_DOWN, "the keyholder does not answer");
    case FAULT_DENIED:
    case FAULT_BAD_INPUT:
        break;
    case FAULT_UNKNOWN_CALLER:
    case FAULT_NOT_FOUND:
    case FAULT_EXISTS:
    case FAULT_WRONG_STATE:
    case FAULT_MISMATCH:
    case FAULT_TOO_MANY:
    case FAULT_DISK:
    case FAULT_RETRY:
    case FAULT_INTERNAL:
        return head_fail(CODE_INTERNAL, "the signature could not be looked at");
    }
    audit_refused(x->services, AUDIT_DOOR_PAYTM);
    count_signature(x, FAULT_UNKNOWN_CALLER);
    return c->is_jwt ? head_fail(CODE_JWT, "the token is not signed with this key")
                     : head_fail(CODE_CHECKSUM, "the signature is not that of the body as it was received");
}

enum step call_prepare(struct exchange *x)
{
    struct call *c = call_of(x);
    enum fault f = keyholder_ask(x->services->keyholder, x->asks, x->n_asks);

    c->told = f ? head_fail(CODE_DOWN, "the keyholder does not answer") : judge(x);
    if (!c->told.code)
        c->told = check_rate(x);
    x->n_asks = 0;
    c->judged = true;
    return c->told.code ? STEP_COMPOSE : STEP_GO;
}

/* For the sandbox: what is wrong with a card that was opened, in the names of its members. */
static const char *text_of_flaw(const struct card_facts *card)
{
    switch (card->flaw) {
    case CARD_UNREADABLE:
    case CARD_SYNTAX:
        return card->why[0] ? card->why : "the encrypted card is not standard base64 without line breaks";
    case CARD_NUMBER:
        return card->pan == PAN_MISSING ? "the card has no cardNumber that is a text" : pan_flaw_text(card->pan);
    case CARD_MONTH:
        return "the card's expiryMonth is missing, or not \"01\" to \"12\"";
    case CARD_YEAR:
        return "the card's expiryYear is missing, or no year of two or four digits";
    case CARD_EXPIRED:
        return "the card has expired";
    case CARD_CODE:
        return "the card's securityCode is not of the length that its network uses";
    case CARD_FINE:
    case CARD_FLAWS:
        break;
    }
    return "the card is not sound";
}

enum step call_card(struct exchange *x, enum card_form form, struct span text)
{
    struct call *c = call_of(x);
    struct buf bytes = arena_buf(x->arena, text.n + 1);
    struct card_ask card = { .form = form, .merchant_id = x->merchant_id, .now_ms = x->now_ms };
    struct key_ask ask;
    enum fault f;

    if (c->pending.code)
        return STEP_GO;
    c->card = arena_take(x->arena, sizeof *c->card);
    if (!c->card)
        return stop(x, head_fail(CODE_INTERNAL, "there is no memory"));
    /* Base64 that cannot be read is no card, like a block that does not open. */
    if (base64_read(&bytes, text) == FAULT_NONE && bytes.n && bytes.n <= CARD_TEXT_MAX) {
        card.text = buf_view(&bytes);
        card.owner = vault_owner(x->arena, (struct span){ 0 }, c->customer);
        f = span_absent(card.owner) ? FAULT_INTERNAL : card_ask(&ask, x->arena, &card);
        if (!f) {
            f = keyholder_ask_one(x->services->keyholder, &ask);
            f = f == FAULT_SILENT ? f : card_read(c->card, &ask);
        }
        if (!f)
            f = audit_opened(x->services, c->card, &(struct audit_opened){
                x->merchant_id, x->now_ms, CONSENT_BY_PAYTM, c->head.request_id, span_of(x->peer) });
        if (f)
            return stop(x, head_fail(code_of_fault(f), "the keyholder could not be asked about the card"));
    } else {
        c->card->flaw = CARD_UNREADABLE;
    }
    if (c->card->flaw)
        c->pending = head_fail(code_of_flaw(c->card->flaw, c->card->pan), text_of_flaw(c->card));
    return STEP_GO;
}

enum fault call_refuse(struct exchange *x, enum paytm_code code, const char *why)
{
    call_of(x)->told = head_fail(code, why);
    return FAULT_BAD_INPUT;
}

enum fault call_admit(struct exchange *x, struct store_tx *tx)
{
    struct call *c = call_of(x);
    enum fault f;

    c->has_job = false;               /* work may run again */
    c->told = c->judged ? fine : judge(x);
    if (!c->told.code)
        c->told = check_rate(x);
    if (!c->told.code && c->pending.code == CODE_REQUEST_ID)
        c->told = c->pending;
    if (c->told.code)
        return FAULT_BAD_INPUT;
    f = partner_request(tx, x->merchant_id, c->head.request_id, c->head.signature, x->now_ms);
    if (f == FAULT_EXISTS)
        return call_refuse(x, CODE_REQUEST_ID, "the request id was used before");
    if (f == FAULT_MISMATCH)
        return call_refuse(x, CODE_REQUEST_ID, "the same signature came before under another request id");
    if (f)
        return f;
    c->told = c->pending;
    return c->told.code ? FAULT_BAD_INPUT : FAULT_NONE;
}

struct vault_wish call_wish(const struct exchange *x, enum vault_op op)
{
    const struct call *c = call_of(x);

    return (struct vault_wish){ .op = op, .merchant_id = x->merchant_id, .customer_id = c->customer, .card = c->card,
                                .consent = { .channel = CONSENT_BY_PAYTM, .given_ms = x->now_ms },
                                .request_id = c->head.request_id, .source = span_of(x->peer) };
}

enum fault call_vault(struct exchange *x, struct store_tx *tx, const struct vault_wish *wish)
{
    struct call *c = call_of(x);
    enum fault f;

    c->job = (struct vault_job){ .wish = *wish, .now_ms = x->now_ms, .arena = x->arena };
    f = vault_begin(x->services, tx, &c->job);
    c->has_job = f == FAULT_NONE;
    if (f && f != FAULT_RETRY)
        c->told = answer_refusal(&c->job, f);
    return f;
}

static void asked(struct vault_job *job)
{
    struct exchange *x = job->arg;

    x->resume(x, vault_settles(job));
}

enum next call_ask(struct exchange *x)
{
    struct call *c = call_of(x);

    c->went = true;
    if (!c->has_job)
        return NEXT_SHOW;
    if (!vault_asks(&c->job))
        return vault_settles(&c->job) ? NEXT_SETTLE : NEXT_SHOW;
    vault_ask(x->services, &c->job, asked, x);
    return NEXT_WAIT;
}

enum fault call_settle(struct exchange *x, struct store_tx *tx)
{
    return vault_settle(x->services, tx, &call_of(x)->job);
}
