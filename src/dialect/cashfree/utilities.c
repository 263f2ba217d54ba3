/* utilities.c: POST /pg/utilities/cardbin and /pg/utilities/pars: what is to be known of a card (reference 2.13).
 *
 * Both bring a card number in the clear. It goes from the body to the table of issuers or to the keyholder and nowhere
 * else; the body's memory is wiped with the request. Neither call has an effect, so an idempotency key counts for
 * nothing here: its digest would be one of the card number, and would be kept. */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/instrument.h"
#include "domain/expiry.h"
#include "keyholder/card.h"
#include "service/audit.h"

#include "base/banned.h"

enum {
    NUMBER_MAX = 64,                  /* characters that are looked at */
    CODE_MAX = 16,
    BODY_MAX = 512,
    BIN_ONLY_MAX = 11,                /* digits; more are a whole card number, of which the shortest has twelve */
    WORD_MAX = 64,
};

static enum step refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

static enum step bad_field(struct exchange *x, const char *path, const char *text)
{
    return refuse(x, problem_of_field(x->arena, path, text));
}

static bool are_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

struct cardbin { struct instrument instrument; struct span number; struct bin bin; };

static const struct json_field cardbin_fields[] = {
    { .name = "card_number", .type = JSON_TEXT_OR_INT, .required = true, .max = NUMBER_MAX,
      .at = offsetof(struct cardbin, number) },
    JSON_END
};

/* By the first eight digits; of a whole number only as many as may be told of one of its length. */
static enum step look_up(struct exchange *x, struct cardbin *c)
{
    const struct span first = { c->number.p, c->number.n < BIN_DIGITS_MAX ? c->number.n : BIN_DIGITS_MAX };
    AUTO_PAN pan = { 0 };
    enum pan_flaw flaw;

    if (!are_digits(c->number) || c->number.n < BIN_DIGITS_MAX)
        return bad_field(x, "card_number", "should be a card number or at least its first 8 digits");
    if (c->number.n <= BIN_ONLY_MAX)
        return bin_of_text(&c->bin, bin_test_cards(), first) ? bad_field(x, "card_number", "is not valid") : STEP_GO;
    flaw = pan_read(&pan, c->number);
    if (flaw)
        return bad_field(x, "card_number", pan_flaw_text(flaw));
    c->bin = bin_of8(bin_test_cards(), pan_bin8(&pan));
    return STEP_GO;
}

enum step cardbin_parse(struct exchange *x)
{
    struct cardbin *c;

    if (instrument_enter(x, sizeof *c, API_2026_01_01) == STEP_ANSWERED)
        return STEP_ANSWERED;
    c = x->state;
    if (call_read(x, c, cardbin_fields) == STEP_ANSWERED || look_up(x, c) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (c->bin.scheme != SCHEME_UNKNOWN)
        return STEP_GO;
    return refuse(x, problem_make(404, "cardbin_details_not_found", "card bin details not found"));
}

/* The words of this call are in small letters. */
static void put_small(struct json_out *o, const char *key, const char *word)
{
    char small[WORD_MAX];
    struct buf b = BUF(small);

    if (!word) {
        json_put_null(o, key);
        return;
    }
    for (; *word; word++)
        buf_byte(&b, (uint8_t)(*word >= 'A' && *word <= 'Z' ? *word - 'A' + 'a' : *word));
    json_put_text(o, key, buf_view(&b));
}

/* There is no work that could fail, so `outcome` is NONE. */
void cardbin_show(struct exchange *x, enum fault outcome)
{
    const struct cardbin *c = x->state;
    struct json_out o;

    if (outcome) {
        call_fail(x, outcome);
        return;
    }
    o = json_out(instrument_answer(x, BODY_MAX));
    json_object(&o);
    put_small(&o, "bank_name", c->bin.issuer);
    put_small(&o, "country_code", c->bin.country);
    json_put_str(&o, "scheme", scheme_name(c->bin.scheme, SCHEME_WORDS_CASHFREE));
    put_small(&o, "sub_type", bin_sub_name(c->bin.sub));
    json_put_str(&o, "type", bin_type_name(c->bin.type, BIN_WORDS_CASHFREE_SHORT));
    json_object_end(&o);
}

struct par {
    struct instrument instrument;
    struct span number, code, month, year, type;
    struct card_facts card;
};

#define AT(member) .at = offsetof(struct par, member)
static const char *const card_types[] = { "PLAIN_CARD", NULL };
static const struct json_field par_fields[] = {
    { .name = "card_number", .type = JSON_TEXT_OR_INT, .required = true, .max = NUMBER_MAX, AT(number) },
    { .name = "card_cvv", .type = JSON_TEXT_OR_INT, .required = true, .max = CODE_MAX, AT(code) },
    { .name = "card_expiry_mm", .type = JSON_TEXT, .required = true, .max = CODE_MAX, AT(month) },
    { .name = "card_expiry_yy", .type = JSON_TEXT, .required = true, .max = CODE_MAX, AT(year) },
    { .name = "card_type", .type = JSON_TEXT, .max = NUMBER_MAX, .one_of = card_types, AT(type) },
    JSON_END
};

static enum step check_expiry(struct exchange *x, const struct par *p)
{
    struct expiry e = { 0 };
    enum expiry_flaw flaw = expiry_read(&e, p->month, p->year);
    bool past = !flaw && expiry_is_past(e, x->now_ms);

    expiry_fini(&e);
    switch (flaw) {
    case EXPIRY_MONTH:
        return bad_field(x, "card_expiry_mm", "should be 01 to 12");
    case EXPIRY_YEAR:
        return bad_field(x, "card_expiry_yy", "should be the last two digits of a year");
    case EXPIRY_FINE:
        break;
    }
    return past ? bad_field(x, "card_expiry_yy", "the card has expired") : STEP_GO;
}

/* No message repeats anything of a card. */
static enum step check_card(struct exchange *x, const struct par *p)
{
    AUTO_PAN pan = { 0 };
    enum pan_flaw flaw = pan_read(&pan, p->number);

    if (flaw)
        return bad_field(x, "card_number", pan_flaw_text(flaw));
    if (!are_digits(p->code) || p->code.n != scheme_cvv_length(pan_scheme(&pan)))
        return bad_field(x, "card_cvv", "should be as many digits as the card's code has");
    return check_expiry(x, p);
}

enum step pars_parse(struct exchange *x)
{
    struct par *p;

    if (instrument_enter(x, sizeof *p, API_2025_01_01) == STEP_ANSWERED)
        return STEP_ANSWERED;
    p = x->state;
    p->instrument.job.wish.op = VAULT_PAR;
    p->instrument.job.wish.customer_id = (struct span){ 0 };
    return call_read(x, p, par_fields) == STEP_ANSWERED ? STEP_ANSWERED : check_card(x, p);
}

/* The keyholder reads the number, too: the network is asked with what it seals. */
enum step pars_prepare(struct exchange *x)
{
    struct par *p = x->state;
    struct card_ask card = {
        .form = CARD_FORM_NUMBER, .text = p->number, .merchant_id = x->merchant_id, .now_ms = x->now_ms,
        .owner = vault_owner(x->arena, (struct span){ 0 }, (struct span){ 0 }),
    };
    struct key_ask ask;
    enum fault f = span_absent(card.owner) ? FAULT_INTERNAL : card_ask(&ask, x->arena, &card);

    if (!f)
        f = keyholder_ask_one(x->services->keyholder, &ask);
    if (!f)
        f = card_read(&p->card, &ask);
    if (!f)
        f = audit_opened(x->services, &p->card, &(struct audit_opened){
            x->merchant_id, x->now_ms, CONSENT_BY_CASHFREE, span_of(x->request_id), span_of(x->peer) });
    if (!f && p->card.flaw != CARD_FINE)
        return bad_field(x, "card_number", pan_flaw_text(p->card.pan));
    if (f) {
        call_fail(x, f);
        return STEP_ANSWERED;
    }
    p->instrument.job.wish.card = &p->card;
    p->instrument.job.wish.consent.scheme = p->card.scheme;
    return STEP_GO;
}

void pars_show(struct exchange *x, enum fault outcome)
{
    const struct par *p = x->state;
    const char *par = p->instrument.job.answer.par;
    struct json_out o;

    if (instrument_failed(x, outcome))
        return;
    if (par[0] == '\0') {
        (void)refuse(x, problem_make(400, "card_unsupported", "the card's network tells no PAR of it"));
        return;
    }
    o = json_out(instrument_answer(x, BODY_MAX));
    json_object(&o);
    json_put_str(&o, "par", par);
    json_object_end(&o);
}
