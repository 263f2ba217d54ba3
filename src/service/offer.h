/* offer.h: what an order may be paid with: order_meta.payment_methods and payment_methods_filters (reference 2.4). */
#pragma once

#include "domain/bin.h"
#include "domain/payment.h"
#include "service/services.h"

enum {
    OFFER_BINS_MAX = 32,              /* values of a filter; an order with more of them is refused */
    OFFER_URL_MAX = 251,
};

/* What may pay, as a set: payment_methods' cc, dc, ppc and so on. */
enum offer_bit {
    OFFER_CREDIT = 1, OFFER_DEBIT = 2, OFFER_PREPAID = 4, OFFER_CORPORATE = 8, OFFER_UPI = 16, OFFER_NETBANKING = 32,
    OFFER_APP = 64, OFFER_PAYLATER = 128, OFFER_CARDLESS_EMI = 256, OFFER_CREDIT_EMI = 512, OFFER_DEBIT_EMI = 1024,
    OFFER_BANKTRANSFER = 2048, OFFER_PAYPAL = 4096,
    OFFER_CARDS = 15, OFFER_ALL = 8191,
};

/* Values of one filter. */
struct offer_words { struct span at[OFFER_BINS_MAX]; size_t n; bool deny; };      /* n 0: any; deny: all but these */

/* Read from an order's meta fragment; spans point into the arena. `emi` is of cards paid in instalments, beside what
 * holds for all cards. */
struct offer {
    unsigned methods;                 /* set of enum offer_bit */
    unsigned schemes;                 /* set of 1u << enum scheme; 0: any */
    struct offer_words bins, suffixes, banks;
    struct { unsigned schemes; struct offer_words bins, suffixes, banks; int64_t months; } emi;    /* months 0: any */
    struct span return_url, notify_url;               /* absent: none */
};

/* An absent fragment offers everything. INTERNAL when it cannot be read: we wrote it. */
MUST_CHECK enum fault offer_read(struct offer *out, struct arena *a, struct span meta);

/* May this method pay? A card's kind is checked by offer_allows_card(). */
bool offer_allows(const struct offer *o, enum payment_method m);

/* May a card of this BIN (type unknown: taken as credit), scheme and last four digits? */
bool offer_allows_card(const struct offer *o, const struct bin *bin, struct pan_bin8 bin8, struct pan_last4 last4);

/* The same of a card paid in `months` instalments. */
bool offer_allows_emi(const struct offer *o, const struct bin *bin, struct pan_bin8 bin8, struct pan_last4 last4,
                      int64_t months);
