/* consent.c: the rules that come before a token. */
#include "domain/consent.h"

#include <assert.h>

#include "domain/cardscan.h"

#include "base/banned.h"

/* The circulars by their numbers (reference D.1): 8 January 2019, networks may make tokens; 7 September 2021, tokens
 * for cards on file, by consent and with an additional factor, in place of stored cards. */
#define RBI_NETWORKS "RBI DPSS.CO.PD No.1463/02.14.003/2018-19"
#define RBI_COFT     "RBI CO.DPSS.POLC.No.S-516/02-14-003/2021-22"

static const struct { const char *name, *text, *source; } rules[CONSENT_RULES] = {
    [CONSENT_ALLOWED]       = { "ALLOWED", "the card may become a token", RBI_COFT },
    [CONSENT_SCHEME]        = { "RBI_CARD_NETWORK", "only an authorised card network makes tokens, and this card is of "
                                "none served here", RBI_NETWORKS },
    [CONSENT_MISSING]       = { "RBI_CONSENT", "a card is tokenised only with its customer's explicit consent",
                                RBI_COFT },
    [CONSENT_ID]            = { "RBI_CONSENT_ID", "the consent needs an id, kept as its proof", RBI_COFT },
    [CONSENT_TIME]          = { "RBI_CONSENT_TIME", "the consent must have been given before the card is tokenised",
                                RBI_COFT },
    [CONSENT_CARD_NUMBER]   = { "RBI_NO_CARD_STORAGE", "the consent id or authentication reference holds a card "
                                "number, which must not be stored", RBI_COFT },
    [CONSENT_FACTOR]        = { "RBI_SECOND_FACTOR", "a card is tokenised only after an additional factor of "
                                "authentication", RBI_COFT },
    [CONSENT_OTHER_PAYMENT] = { "RBI_SAME_PAYMENT", "consent and additional factor must belong to the same payment",
                                RBI_COFT },
    [CONSENT_AMEX]          = { "AMEX_AUTH_REF", "American Express asks for the authentication's reference",
                                "Juspay, Generate Network Token: audit" },
    [CONSENT_RUPAY]         = { "RUPAY_AUTH_REF", "RuPay asks for the authentication's reference",
                                "Paytm, Tokenize Card: authRefId" },
    [CONSENT_STRICT]        = { "RBI_AUTH_REF", "in strict mode the additional factor of authentication must be "
                                "attested by its reference", RBI_COFT },
};

/* Absent, empty, or nothing but spaces. */
static bool is_blank(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > ' ')
            return false;
    return true;
}

static enum consent_rule check_consent(const struct consent_facts *f, int64_t now_ms)
{
    if (!f->given)
        return CONSENT_MISSING;
    if (f->channel == CONSENT_BY_JUSPAY && is_blank(f->id))
        return CONSENT_ID;
    if (f->given_ms <= 0 || f->given_ms > now_ms)
        return CONSENT_TIME;
    if (f->channel == CONSENT_BY_CASHFREE)        /* both are ours; one id in fifty looks like a card's number */
        return CONSENT_ALLOWED;
    return cardscan_found_in_id(f->id) || cardscan_found_in_id(f->auth_ref) ? CONSENT_CARD_NUMBER : CONSENT_ALLOWED;
}

/* We saw the payment ourselves. */
static enum consent_rule check_seen(const struct consent_facts *f)
{
    if (f->factor_payment == 0)
        return CONSENT_FACTOR;
    return f->payment == f->factor_payment ? CONSENT_ALLOWED : CONSENT_OTHER_PAYMENT;
}

/* The caller says that there was an authentication. */
static enum consent_rule check_attested(const struct consent_facts *f, const struct consent_settings *s)
{
    if (!is_blank(f->auth_ref))
        return CONSENT_ALLOWED;
    if (f->scheme == SCHEME_AMEX)
        return CONSENT_AMEX;
    if (f->scheme == SCHEME_RUPAY && (f->channel == CONSENT_BY_PAYTM || s->rupay_auth_ref))
        return CONSENT_RUPAY;
    return s->strict ? CONSENT_STRICT : CONSENT_ALLOWED;
}

enum consent_rule consent_check(const struct consent_facts *facts, const struct consent_settings *settings,
                                int64_t now_ms)
{
    enum consent_rule rule;

    assert(facts->channel < CONSENT_CHANNELS && facts->scheme < SCHEMES);
    if (facts->scheme == SCHEME_UNKNOWN)
        return CONSENT_SCHEME;
    rule = check_consent(facts, now_ms);
    if (rule)
        return rule;
    return facts->channel == CONSENT_BY_CASHFREE ? check_seen(facts) : check_attested(facts, settings);
}

const char *consent_rule_name(enum consent_rule r)
{
    assert(r < CONSENT_RULES);
    return rules[r].name;
}

const char *consent_rule_text(enum consent_rule r)
{
    assert(r < CONSENT_RULES);
    return rules[r].text;
}

const char *consent_rule_source(enum consent_rule r)
{
    assert(r < CONSENT_RULES);
    return rules[r].source;
}
