/* consent.h: may this card become a token? The rules of the Reserve Bank of India, and of the networks, as a function.
 *
 * Card-on-file tokenisation needs the customer's explicit consent and an additional factor of authentication, which
 * may be the payment's own (RBI CO.DPSS.POLC.No.S-516/02-14-003/2021-22; reference D.1). Through Cashfree we see both
 * ourselves: consent with a payment, and that payment's completed second factor. Through Juspay and Paytm the caller
 * attests them: the consent always, the reference of the authentication where the network asks for it, and for
 * every scheme in strict mode. */
#pragma once

#include "domain/scheme.h"

enum consent_channel { CONSENT_BY_CASHFREE, CONSENT_BY_JUSPAY, CONSENT_BY_PAYTM, CONSENT_CHANNELS };

/* What is known when a token is asked for. */
struct consent_facts {
    enum consent_channel channel;
    enum scheme scheme;
    bool given;                       /* the customer said yes: save_instrument, a consentId, userConsent 1 */
    struct span id;                   /* the caller's proof of it; Cashfree and Paytm name none: absent */
    int64_t given_ms;                 /* when; where the caller does not say, when the request came in */
    uint64_t payment;                 /* Cashfree: the payment with which consent was given; 0: none */
    uint64_t factor_payment;          /* Cashfree: the payment whose second factor was completed; 0: none */
    struct span auth_ref;             /* Juspay audit.authRefNo, Paytm authRefId; absent or blank: none */
};

struct consent_settings {
    bool strict;                      /* an authentication reference for every scheme */
    bool rupay_auth_ref;              /* ... for RuPay through Juspay, which does not ask for it (reference A.2) */
};

/* The rule that refuses; the first that applies, in this order. */
enum consent_rule {
    CONSENT_ALLOWED,
    CONSENT_SCHEME,                   /* no network we know could make the token */
    CONSENT_MISSING,                  /* no explicit consent */
    CONSENT_ID,                       /* through Juspay: no consentId to keep as its proof */
    CONSENT_TIME,                     /* no time of consent, or one still to come */
    CONSENT_CARD_NUMBER,              /* the consent id or reference holds a card number, which would be kept with it */
    CONSENT_FACTOR,                   /* through Cashfree: no completed second factor */
    CONSENT_OTHER_PAYMENT,            /* through Cashfree: consent was given with another payment than that factor's */
    CONSENT_AMEX,                     /* no authentication reference for American Express */
    CONSENT_RUPAY,                    /* ... for RuPay: through Paytm, or by setting */
    CONSENT_STRICT,                   /* ... for any other scheme, in strict mode */
    CONSENT_RULES,
};

/* May the card become a token now? */
enum consent_rule consent_check(const struct consent_facts *facts, const struct consent_settings *settings,
                                int64_t now_ms);

/* Of a rule: its name, "RBI_SECOND_FACTOR"; what to tell the caller; and the circular or page it comes from, as
 * "RBI CO.DPSS.POLC.No.S-516/02-14-003/2021-22". Constant strings, never NULL. */
const char *consent_rule_name(enum consent_rule r);
const char *consent_rule_text(enum consent_rule r);
const char *consent_rule_source(enum consent_rule r);
