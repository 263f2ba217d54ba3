/* parts.h: the inside of a heart, for the files that answer for it. */
#pragma once

#include <stdatomic.h>

#include "keyholder/card.h"
#include "keyholder/desk.h"
#include "keyholder/heart.h"

struct partner_keys;
struct pending;
struct heart_chain;

enum {
    HEART_DESKS = 8,                  /* threads that answer quick questions at once; a further one waits its turn */
    HEART_SLOW_DESKS = 4,             /* the same for slow ones, which so hold up no quick one */
};

/* What was opened so far, for the audit log to be compared with. */
struct heart_counts { atomic_uint_fast64_t cards, numbers; };

/* After heart_new() nothing changes but what is on the desks, each of which has its lock, what `recipients` and
 * `pending` keep, which have their own, and the counts. */
struct heart {
    struct desk *desk[HEART_DESKS + HEART_SLOW_DESKS];        /* the slow ones last */
    struct secret *id, *network_id;
    struct rsa_private *card_key[CARD_FORMS];                 /* NULL: no cards; the two RSA forms share one */
    uint8_t public_text[CARD_FORMS][KEY_PUBLIC_MAX];          /* their public halves, PEM */
    size_t public_n[CARD_FORMS];
    struct partner_keys *recipients;
    struct pending *pending;
    struct heart_counts *counts;
    struct heart_chain *chain;        /* has its lock, too */
};

/* Write the result of `ask`, whose sizes are in range, into its `out`, which has room for it. */
typedef enum fault heart_runner(const struct heart *h, struct desk *d, struct key_ask *ask);

/* partner.c */
heart_runner partner_sign, partner_checksum, partner_jws, partner_encrypt;

/* card_open.c */
heart_runner card_public, card_open, card_tick;

/* net_answer.c */
heart_runner net_card_answer, net_number_answer, net_tavv_answer, net_find_answer, net_check_answer;

/* charge_answer.c */
heart_runner charge_answer;

/* chain_answer.c: the audit chain, and what is remembered of it for as long as the heart lives. */
heart_runner chain_answer;
MUST_CHECK enum fault chain_new(struct heart_chain **out);
void chain_free(struct heart_chain *c);
