/* card.h: encrypted cards in, what may be known of them out. Both sides of the question; it links no crypto.
 *
 * The keyholder opens the card, reads it, and tells scheme, first eight and last four digits, two keyed digests, and
 * the card itself sealed under a pending-key: a card in flight. Only a card network's own questions open that. A
 * pending-key is random, is kept in the keyholder's memory alone, seals for CARD_PENDING_SLOT_MS and is destroyed
 * CARD_PENDING_MS after that, or with the process: what was sealed with it can then be opened by nobody. That goes by
 * the time questions tell and by the real one, whichever is first (keyholder/pending.h). Number, expiry and code never
 * leave the keyholder in the clear, but that the acquirer is told a charge's expiry (charge.h). KEY_CARD is slow (an
 * RSA private operation, 0.25 ms; of the clear forms quick, but they go the same way): put it from a worker. */
#pragma once

#include "base/arena.h"
#include "domain/expiry.h"
#include "domain/pan.h"
#include "keyholder/keyholder.h"

/* How the card came. Each form has a server key of its own. */
enum card_form {
    CARD_FORM_JWE,                    /* Juspay: compact JWE (keyholder/jwe.h) of JSON (keyholder/card_text.h) */
    CARD_FORM_RSA,                    /* Paytm encryptedCardData, base64 already read: RSA PKCS#1 v1.5 over JSON */
    CARD_FORM_RSA_NUMBER,             /* Paytm cardToPar: the same over the card number alone */
    CARD_FORM_NUMBER,                 /* Juspay fingerprint, Cashfree pars: the digits of a card number in the clear. It
                                       * has no server key (KEY_PUBLIC refuses it); its flaws are those of the number */
    CARD_FORM_CLEAR,                  /* Cashfree Order Pay and the checkout page: number, expiry and code in the clear,
                                       * as card_clear() joins them. No server key. Of it alone `charge` is made */
    CARD_FORMS
};

enum {
    CARD_TEXT_MAX = 16 * 1024,        /* bytes of the encrypted card */
    CARD_OWNER_MAX = 256,             /* bytes that stand for sub-merchant and customer */
    CARD_FINGERPRINT = 32, CARD_OWNER = 16,
    CARD_FLIGHT = 48 + KEY_SEAL_EXTRA,        /* bytes of a card in flight */
    CARD_CHARGE = 48 + KEY_SEAL_EXTRA,        /* bytes of a card with its code, for the acquirer */
    CARD_PENDING_MS = 2 * 15 * 60 * 1000,     /* twice PAYMENT_LIMIT_MS (domain/payment.h) */
    CARD_PENDING_SLOT_MS = 60 * 1000,
    CARD_CLEAR_MAX = 64,              /* bytes of what card_clear() writes */
    CARD_KID_MAX = 128,               /* characters of a key id that are told */
    CARD_WHY_MAX = 128,               /* characters of a sentence for the sandbox */
};

/* What is wrong with it; the first that applies, in this order. UNREADABLE is one answer, after the same work, for
 * all that is wrong before there is a card: header, key, padding, tag; and, of the RSA forms, JSON. */
enum card_flaw {
    CARD_FINE,
    CARD_UNREADABLE,
    CARD_SYNTAX,                      /* of a JWE: it opened, but what is inside is no JSON object */
    CARD_NUMBER,                      /* facts.pan says what */
    CARD_MONTH, CARD_YEAR,            /* missing or malformed; of altId and payments too */
    CARD_EXPIRED,
    CARD_CODE,                        /* a security code that is not of its scheme's length, or not of digits */
    CARD_FLAWS
};

struct card_ask {
    enum card_form form;
    struct span text;                 /* as it came; at most CARD_TEXT_MAX */
    int64_t merchant_id, now_ms;      /* now_ms: when an expiry is past */
    struct span owner;                /* the sub-merchant and customer whose it will be, unambiguously joined */
};

/* `flight` opens as long as its pending-key lives. `charge`: of CARD_FORM_CLEAR, the card with its code for the
 * acquirer, who must have it at once and keeps it nowhere (PCI DSS 3.3.1); the network cannot open it, nor the acquirer
 * a flight. `fingerprint`: HMAC-SHA-256 of the whole number under a key of this merchant (PCI DSS 3.5.1.1). `owner`:
 * the same of number and owner, so equal ones have one live token. `before`: both under the fingerprint key before the
 * newest, where there is one: cards that were saved under it are found by these, and keep them.
 *
 * Of a code alone (card_clear()) there are `charge` and `has_code`, with CARD_FINE; scheme is SCHEME_UNKNOWN and all
 * else zeros. */
struct card_facts {
    enum card_flaw flaw;
    enum pan_flaw pan;
    char why[CARD_WHY_MAX];           /* a constant sentence for the sandbox, never anything of the card; "" if none */
    char kid[CARD_KID_MAX + 1];       /* of a JWE: its key id, printable ASCII; "" if none */
    uint64_t enc;                     /* of a JWE: enum jwe_enc, to be answered in */
    enum scheme scheme;
    struct pan_bin8 bin8;
    struct pan_last4 last4;
    bool has_code;
    uint8_t fingerprint[CARD_FINGERPRINT], owner[CARD_OWNER], flight[CARD_FLIGHT];
    uint8_t charge[CARD_CHARGE];
    bool has_before;
    struct { uint8_t fingerprint[CARD_FINGERPRINT], owner[CARD_OWNER]; } before;
};

/* Join what a payer typed for CARD_FORM_CLEAR: a number with single spaces or dashes between its digits, month, year of
 * two or four digits, and a code or none. A code without number, month and year is a code alone: that of a saved card,
 * of three digits or four. What is absent counts as empty. BAD_INPUT when it does not fit; whether it is right the
 * keyholder says. The caller wipes `out`, which he gave CARD_CLEAR_MAX bytes.
 *
 *     four times, for number, month, year and code: count (1) | so many bytes */
struct card_typed { struct span number, month, year, code; };
MUST_CHECK enum fault card_clear(struct buf *out, const struct card_typed *typed);

/* A question that only tells the keyholder the time, so that it destroys the pending-keys whose life is over. */
MUST_CHECK enum fault card_tick_ask(struct key_ask *out, struct arena *a, int64_t now_ms);

/* Make the question; its memory comes from `a`. BAD_INPUT when a size is out of range; INTERNAL. */
MUST_CHECK enum fault card_ask(struct key_ask *out, struct arena *a, const struct card_ask *c);

/* Read the answer. A flawed card is no fault. SILENT when nobody answered; INTERNAL. Of a flawed card only what was
 * read before the flaw is there. */
MUST_CHECK enum fault card_read(struct card_facts *out, const struct key_ask *answered);
