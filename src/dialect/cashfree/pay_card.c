/* pay_card.c: the cards of Order Pay: typed, saved here, a token of another vault, a guest's, and in instalments
 * (reference 2.7). Which of them it is, the fields that are there tell. */
#include "dialect/cashfree/pay.h"

#include "base/base64.h"
#include "dialect/cashfree/rules.h"

#include "base/banned.h"

enum { NUMBER_MAX = 40, CODE_MAX = 8, MONTH_MAX = 2, YEAR_MAX = 4, DISPLAY = 4, TRID_MAX = 11, WORD_MAX = 64 };

struct card {
    struct span channel, number, holder, month, year, code, instrument_id, instrument_uid;
    struct span cryptogram, trid, reference, token_type, display, alias, bank;
    int64_t months;
    bool save;
};

static const char *const channels[] = { "link", "post", NULL };
static const char *const old_channels[] = { "link", "post", "native", NULL };
static const char *const link_only[] = { "link", NULL };
static const char *const token_types[] = { "ISSUER_TOKEN", "NETWORK_GC_TOKEN", "ISSUER_GC_TOKEN", NULL };

static bool rule_display(struct span s) { return orderpay_are_digits(s, DISPLAY, DISPLAY); }
static bool rule_trid(struct span s) { return orderpay_are_digits(s, 1, TRID_MAX); }

#define AT(member) .at = offsetof(struct card, member)
/* Codes come as numbers too, from clients of old versions. */
#define CARD_FIELDS(list)                                                                                           \
    { .name = "channel", .type = JSON_TEXT, .required = true, .one_of = (list), AT(channel) },                       \
    { .name = "card_number", .type = JSON_TEXT_OR_INT, .max = NUMBER_MAX, AT(number) },                              \
    { .name = "card_holder_name", .type = JSON_TEXT, .max = PAY_NAME_MAX, .rule = rule_no_card, AT(holder) },        \
    { .name = "card_expiry_mm", .type = JSON_TEXT_OR_INT, .max = MONTH_MAX, AT(month) },                             \
    { .name = "card_expiry_yy", .type = JSON_TEXT_OR_INT, .max = YEAR_MAX, AT(year) },                               \
    { .name = "card_cvv", .type = JSON_TEXT_OR_INT, .max = CODE_MAX, AT(code) },                                     \
    { .name = "card_bank_name", .type = JSON_TEXT, .max = WORD_MAX, .rule = rule_no_card, AT(bank) },                \
    { .name = "emi_tenure", .type = JSON_INT, .min = 1, .max = PAY_EMI_MONTHS_MAX, AT(months) },                     \
    { .name = "card_alias", .type = JSON_TEXT, .max = WORD_MAX, AT(alias) }

#define TOKEN_FIELDS                                                                                                 \
    { .name = "instrument_id", .type = JSON_TEXT, .max = WORD_MAX, AT(instrument_id) },                              \
    { .name = "instrument_uid", .type = JSON_TEXT, .max = WORD_MAX, AT(instrument_uid) },                            \
    { .name = "cryptogram", .type = JSON_TEXT, .max = ACQUIRER_TAVV_MAX, AT(cryptogram) },                           \
    { .name = "token_requestor_id", .type = JSON_TEXT_OR_INT, .max = WORD_MAX, .rule = rule_trid, AT(trid) },        \
    { .name = "token_reference_id", .type = JSON_TEXT, .max = WORD_MAX, .rule = rule_no_card_id, AT(reference) },    \
    { .name = "token_type", .type = JSON_TEXT, .one_of = token_types, AT(token_type) },                              \
    { .name = "card_display", .type = JSON_TEXT_OR_INT, .max = WORD_MAX, .rule = rule_display, AT(display) },        \
    { .name = "save_instrument", .type = JSON_BOOL, AT(save) }

static const struct json_field card_fields[] = { CARD_FIELDS(channels), TOKEN_FIELDS, JSON_END };
static const struct json_field old_card_fields[] = { CARD_FIELDS(old_channels), TOKEN_FIELDS, JSON_END };
static const struct json_field emi_fields[] = { CARD_FIELDS(link_only), JSON_END };

static struct pay *pay_of(const struct exchange *x)
{
    return x->state;
}

/* Whether what is there is right, the keyholder says. */
static enum step read_typed(struct exchange *x, const struct card *c)
{
    const struct { const char *name; struct span value; } needed[] = {
        { "card_number", c->number }, { "card_expiry_mm", c->month }, { "card_expiry_yy", c->year },
        { "card_cvv", c->code },
    };
    struct pay_wish *w = &pay_of(x)->job.wish;

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (span_absent(needed[i].value))
            return orderpay_refuse_missing(x, needed[i].name);
    if (!orderpay_are_digits(c->month, 1, MONTH_MAX))
        return orderpay_refuse_field(x, "card_expiry_mm", "should be 01 to 12");
    if (!orderpay_are_digits(c->year, 2, YEAR_MAX) || c->year.n == 3)
        return orderpay_refuse_field(x, "card_expiry_yy", "should be the last two digits of a year");
    if (!orderpay_are_digits(c->code, 3, 4))
        return orderpay_refuse_field(x, "card_cvv", "should be the 3 or 4 digits on the card");
    w->card = (struct card_typed){ .number = c->number, .month = c->month, .year = c->year, .code = c->code };
    w->save = pay_of(x)->save || c->save;
    w->consent = w->save;             /* to ask for it is to say that the payer agreed (reference 2.7) */
    return STEP_GO;
}

/* instrument_uid tells the card, instrument_id the token: where both are sent, the token is meant. */
static enum step read_saved(struct exchange *x, const struct card *c)
{
    struct pay_wish *w = &pay_of(x)->job.wish;
    struct buf uid = BUF(w->uid);

    if (!span_absent(c->number))
        return orderpay_refuse_field(x, "card_number", "should not be given together with instrument_id");
    if (!span_absent(c->code) && !orderpay_are_digits(c->code, 3, 4))
        return orderpay_refuse_field(x, "card_cvv", "should be the 3 or 4 digits on the card");
    w->card.code = c->code;
    w->has_instrument = !span_absent(c->instrument_id);
    if (w->has_instrument)
        return vault_id_read(w->instrument, c->instrument_id)
                   ? orderpay_refuse_field(x, "instrument_id", "should be a UUID") : STEP_GO;
    w->by_uid = true;
    if (c->instrument_uid.n != 2 * CARD_FINGERPRINT || hex_read(&uid, c->instrument_uid))
        return orderpay_refuse_field(x, "instrument_uid", "should be 64 hexadecimal digits");
    return STEP_GO;
}

static enum step read_token_expiry(struct exchange *x, const struct card *c)
{
    struct pay_wish *w = &pay_of(x)->job.wish;

    if (span_absent(c->month))
        return orderpay_refuse_missing(x, "card_expiry_mm");
    if (span_absent(c->year))
        return orderpay_refuse_missing(x, "card_expiry_yy");
    switch (expiry_read(&w->token_expiry, c->month, c->year)) {
    case EXPIRY_MONTH:
        return orderpay_refuse_field(x, "card_expiry_mm", "should be 01 to 12");
    case EXPIRY_YEAR:
        return orderpay_refuse_field(x, "card_expiry_yy", "should be the last two digits of a year");
    case EXPIRY_FINE:
        break;
    }
    if (expiry_is_past(w->token_expiry, x->now_ms))
        return orderpay_refuse_field(x, "card_expiry_yy", "the token has expired");
    return STEP_GO;
}

static bool is_guest(const struct card *c)
{
    return span_equal(c->token_type, SPAN("NETWORK_GC_TOKEN")) || span_equal(c->token_type, SPAN("ISSUER_GC_TOKEN"));
}

/* A network token of another vault, or a guest's Alt-ID, which names no requestor but comes with the card's code. */
static enum step read_token(struct exchange *x, const struct card *c)
{
    struct pay_wish *w = &pay_of(x)->job.wish;
    AUTO_PAN token = { 0 };
    enum pan_flaw flaw;

    if (span_absent(c->number))
        return orderpay_refuse_missing(x, "card_number");
    flaw = pan_read(&token, c->number);
    if (flaw)
        return orderpay_refuse_field(x, "card_number", pan_flaw_text(flaw));
    if (read_token_expiry(x, c) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (span_absent(c->cryptogram))
        return orderpay_refuse_missing(x, "cryptogram");
    if (span_absent(c->trid) && !is_guest(c))
        return orderpay_refuse_missing(x, "token_requestor_id");
    if (span_absent(c->code) && is_guest(c))
        return orderpay_refuse_missing(x, "card_cvv");
    if (!span_absent(c->code) && !orderpay_are_digits(c->code, 3, 4))
        return orderpay_refuse_field(x, "card_cvv", "should be the 3 or 4 digits on the card");
    if (pay_of(x)->save || c->save)
        return orderpay_refuse_field(x, "save_instrument", "is for cards that are not tokens yet");
    w->token_number = c->number;
    w->cryptogram = c->cryptogram;
    w->trid = c->trid;
    w->display = c->display;
    w->card.code = c->code;
    return STEP_GO;
}

/* In instalments: the bank must be the card's own, which only the keyholder's answer tells. */
static enum step take_emi(struct exchange *x, const struct card *c)
{
    struct pay_wish *w = &pay_of(x)->job.wish;

    if (span_absent(c->bank))
        return orderpay_refuse_missing(x, "card_bank_name");
    if (c->months == 0)
        return orderpay_refuse_missing(x, "emi_tenure");
    w->method = PAYMENT_BY_EMI;
    w->emi_months = (int)c->months;
    pay_of(x)->emi_bank = c->bank;
    return STEP_GO;
}

enum step orderpay_read_card(struct exchange *x, const struct json_node *node)
{
    struct pay *p = pay_of(x);
    struct card c = { .months = 0 };

    if (orderpay_fill(x, &c, node, p->call.version < API_2022_09_01 ? old_card_fields : card_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    p->job.wish.method = PAYMENT_BY_CARD;
    p->job.wish.channel = span_equal(c.channel, SPAN("link")) ? PAYMENT_LINK : PAYMENT_POST;
    p->job.wish.holder = c.holder;
    p->channel = c.channel;
    if (!span_absent(c.instrument_id) || !span_absent(c.instrument_uid))
        return read_saved(x, &c);
    if (!span_absent(c.cryptogram) || !span_absent(c.token_type))
        return read_token(x, &c);
    if (span_absent(c.number) && !span_absent(c.alias))
        return orderpay_refuse(x, problem_make(404, "card_alias_not_found", "card alias not found"));
    if (read_typed(x, &c) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return c.months || !span_absent(c.bank) ? take_emi(x, &c) : STEP_GO;
}

enum step orderpay_read_emi(struct exchange *x, const struct json_node *node)
{
    struct pay *p = pay_of(x);
    struct card c = { .months = 0 };

    if (orderpay_fill(x, &c, node, emi_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    p->job.wish.holder = c.holder;
    p->channel = c.channel;
    return read_typed(x, &c) == STEP_ANSWERED ? STEP_ANSWERED : take_emi(x, &c);
}
