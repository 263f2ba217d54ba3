/* fingerprint.c: POST /v2/card/fingerprint: a card or a token told again by what may be kept of it (reference A.9).
 *
 * The call brings a card number in the clear. It goes from the body to the keyholder and nowhere else; the
 * body's memory is wiped with the request. */
#include "dialect/juspay/routes.h"

#include "dialect/juspay/complaint.h"
#include "dialect/juspay/errand.h"
#include "dialect/juspay/words.h"
#include "service/vault_number.h"

#include "base/banned.h"

enum { BODY_MAX = 256, NUMBER_MAX = 64 };

struct fingerprint {
    struct errand errand;
    struct vault_number search;       /* of a token by its number */
    struct span number, card_token;
    bool is_token;
};

#define AT(member) .at = offsetof(struct fingerprint, member)

static const struct json_field fields[] = {
    { .name = "card_number", .type = JSON_TEXT, .max = NUMBER_MAX, AT(number) },
    { .name = "card_token", .type = JSON_TEXT, .max = NUMBER_MAX, .rule = jcall_rule_plain, AT(card_token) },
    JSON_END
};

/* A token that lives fifteen minutes, which another call would have to give out, is never known here. */
static enum step fail_unknown(struct exchange *x)
{
    struct complaint c = complaint_of_field(x->arena, "INVALID_INPUT", "card_token", "Invalid value.");

    c.message = SPAN("Could not locate a card with given token");
    c.headline = NULL;
    c.user = "Could not locate a card with given token";
    complaint_answer(x, &c);
    return STEP_ANSWERED;
}

static enum step fail_number(struct exchange *x, enum pan_flaw flaw)
{
    struct complaint c = complaint_of_field(x->arena, "INVALID_REQUEST", "card_number",
                                            flaw == PAN_LUHN ? "Luhn Check Failed." : pan_flaw_text(flaw));

    c.category = "REQUEST_ERROR";
    complaint_answer(x, &c);
    return STEP_ANSWERED;
}

enum step juspay_fingerprint_parse(struct exchange *x)
{
    struct fingerprint *p = jcall_begin(x, sizeof *p);
    const struct json_node *body;
    AUTO_PAN pan = { 0 };
    enum pan_flaw flaw;

    if (!p || jcall_read(x, p, fields, &body) == STEP_ANSWERED
        || jcall_flag(x, &p->is_token, body, "is_token") == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (!span_absent(p->card_token) && span_absent(p->number))
        return fail_unknown(x);
    if (span_absent(p->number))
        return jcall_fail_field(x, "MISSING_MANDATORY_PARAMETER", "card_number", "is missing");
    flaw = pan_read(&pan, p->number);
    if (flaw)
        return fail_number(x, flaw);
    errand_begin(x, VAULT_PAR, (struct token_owner){ 0 });
    p->search = (struct vault_number){
        .merchant_id = x->merchant_id, .now_ms = x->now_ms, .channel = CONSENT_BY_JUSPAY, .arena = x->arena,
        .request_id = span_of(x->request_id), .source = span_of(x->peer),
    };
    return STEP_GO;
}

enum step juspay_fingerprint_prepare(struct exchange *x)
{
    const struct fingerprint *p = x->state;

    return p->is_token ? STEP_GO : errand_card(x, CARD_FORM_NUMBER, p->number);
}

enum fault juspay_fingerprint_work(struct exchange *x, struct store_tx *tx)
{
    struct fingerprint *p = x->state;
    AUTO_PAN pan = { 0 };

    if (!p->is_token)
        return errand_work(x, tx);
    if (pan_read(&pan, p->number))
        return FAULT_INTERNAL;
    return vault_number_begin(x->services, tx, &p->search, &pan);
}

static void searched(struct vault_number *n)
{
    struct exchange *x = n->arg;

    x->resume(x, n->call.answer.verdict == NETWORK_DONE);
}

enum next juspay_fingerprint_call(struct exchange *x)
{
    struct fingerprint *p = x->state;

    if (!p->is_token)
        return errand_call(x);
    vault_number_ask(x->services, &p->search, searched, x);
    return NEXT_WAIT;
}

enum fault juspay_fingerprint_settle(struct exchange *x, struct store_tx *tx)
{
    struct fingerprint *p = x->state;

    return p->is_token ? vault_number_settle(tx, &p->search) : errand_settle(x, tx);
}

static void put(struct exchange *x, const char *fingerprint, struct span par)
{
    struct json_out o = json_out(jcall_answer(x, 200, BODY_MAX));

    json_object(&o);
    json_put_str(&o, "card_fingerprint", fingerprint);
    json_put_text(&o, "par", par);
    json_object_end(&o);
}

static void show_token(struct exchange *x, const struct fingerprint *p, enum fault outcome)
{
    enum network_verdict v = p->search.call.answer.verdict;
    char fingerprint[VAULT_FINGERPRINT_TEXT];
    struct complaint c;

    if (outcome == FAULT_NOT_FOUND || (!outcome && v == NETWORK_NO_TOKEN)) {
        (void)fail_unknown(x);
    } else if (outcome == FAULT_WRONG_STATE) {
        c = complaint_of_verdict(x->arena, NETWORK_NO_REQUESTOR);
        complaint_answer(x, &c);
    } else if (outcome) {
        (void)jcall_fail(x, outcome);
    } else if (v != NETWORK_DONE) {
        c = complaint_of_verdict(x->arena, v);
        complaint_answer(x, &c);
    } else {
        words_fingerprint(fingerprint, &p->search.row);
        put(x, fingerprint, words_known(p->search.row.par));
    }
}

void juspay_fingerprint_show(struct exchange *x, enum fault outcome)
{
    const struct fingerprint *p = x->state;
    const char *par = p->errand.job.answer.par;
    char fingerprint[VAULT_FINGERPRINT_TEXT];
    struct complaint c;

    if (p->is_token) {
        show_token(x, p, outcome);
        return;
    }
    if (errand_failed(x, outcome))
        return;
    if (par[0] == '\0') {
        c = complaint_make(400, "INVALID_INPUT", "PAR value not returned by network.");
        c.headline = "File maintenance error";
        complaint_answer(x, &c);
        return;
    }
    vault_fingerprint(fingerprint, p->errand.card.fingerprint);
    put(x, fingerprint, span_of(par));
}
