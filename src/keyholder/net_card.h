/* net_card.h: the simulated network's questions: cards, token numbers and cryptograms under keys of its own.
 *
 * Only the network's connection may put them; the gateway's own may not, and the network's may put no other. Both sides
 * of the questions; it links no crypto.
 *
 * A token number is a prefix no card has, FF1 over a counter, and a Luhn digit: unique without a look-up, and whoever
 * has the key finds the counter again. A cryptogram (TAVV) is 20 bytes, printed as base64 in 28 characters:
 *     flags and type (1) | serial (7) | HMAC-SHA-256 over scheme, counter and those 8 bytes, cut (12)
 * with a serial that is never used twice and holds the time it was made, so that its age is known without a row. Where
 * an amount is covered, the last 6 bytes are of another such MAC, over the amount too. */
#pragma once

#include "base/arena.h"
#include "domain/money.h"
#include "domain/pan.h"
#include "keyholder/keyholder.h"

enum {
    NET_PAN_MAC = 16,                 /* bytes that stand for a card at the network: HMAC-SHA-256, cut */
    NET_PAR = 30,                     /* 29 characters and NUL (reference C.1): V001, 5001, R001, A001 or D001, then 25
                                       * of A-Z and 0-9 */
    NET_NUMBER = PAN_DIGITS_MAX + 1,  /* a token number and NUL */
    NET_TAVV = 29,                    /* 28 characters and NUL */
    NET_SERIAL_BITS = 56,
    NET_NO_TEST_CARD = 255,
};

/* Who a card in flight is. `test_card`: its row in domain/test_cards.h, or NET_NO_TEST_CARD. DENIED: it does not
 * open. */
struct net_card {
    uint8_t pan_mac[NET_PAN_MAC];
    char par[NET_PAR];
    enum scheme scheme;
    struct pan_bin8 bin8;
    struct pan_last4 last4;
    uint8_t test_card;
};
MUST_CHECK enum fault net_card_ask(struct key_ask *out, struct arena *a, struct span flight);
MUST_CHECK enum fault net_card_read(struct net_card *out, const struct key_ask *answered);

/* Which token: its scheme and its number in the order they were made, from 1. */
struct net_token { enum scheme scheme; uint64_t counter; };

/* How many tokens a scheme can have: 10^9, American Express 10^8, Diners Club 10^7 (its digits less prefix and check
 * digit; SP 800-38G wants a domain of 10^6 at least). */
uint64_t net_tokens_max(enum scheme s);

/* BAD_INPUT: the counter is 0 or above that. */
MUST_CHECK enum fault net_number_ask(struct key_ask *out, struct arena *a, struct net_token t);
MUST_CHECK enum fault net_number_read(char out[static NET_NUMBER], const struct key_ask *answered);

/* What a cryptogram covers. Without an amount (minor 0) any may be paid with it. */
enum net_payment { NET_ECOM, NET_SUBS };
struct net_cover { struct net_token token; enum net_payment payment; uint64_t serial; struct money amount; };

/* A token number with a cryptogram of it, both NUL-terminated. BAD_INPUT: the token as above, a serial of more than
 * NET_SERIAL_BITS, or a negative amount. */
struct net_tavv { char number[NET_NUMBER], tavv[NET_TAVV]; };
MUST_CHECK enum fault net_tavv_ask(struct key_ask *out, struct arena *a, const struct net_cover *c);
MUST_CHECK enum fault net_tavv_read(struct net_tavv *out, const struct key_ask *answered);

/* The token of a number. NOT_FOUND: no number of ours. */
MUST_CHECK enum fault net_find_ask(struct key_ask *out, struct arena *a, struct span number);
MUST_CHECK enum fault net_find_read(struct net_token *out, const struct key_ask *answered);

/* What a presented cryptogram says, as far as its MAC holds. */
enum net_verdict {
    NET_GOOD,
    NET_NO_NUMBER,                    /* no token number of ours */
    NET_WRONG,                        /* not a cryptogram of this token */
    NET_AMOUNT,                       /* it is, but of another amount */
    NET_VERDICTS
};
struct net_checked { enum net_verdict verdict; struct net_token token; enum net_payment payment; uint64_t serial; };
MUST_CHECK enum fault net_check_ask(struct key_ask *out, struct arena *a, struct span number, struct span tavv,
                                    const struct money *amount);
MUST_CHECK enum fault net_check_read(struct net_checked *out, const struct key_ask *answered);
