/* parts.h: the inside of a heart, for the files that answer for it. */
#pragma once

#include <pthread.h>
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

/* A place to work at: whoever holds the lock has the desk. */
struct heart_place { pthread_mutex_t lock; struct desk *desk; };

/* The ring, and the desks that were made from it (ring_answer.c). Both change together, while every place's lock is
 * held: so whoever holds one of them reads both. `change` is held by the one thread that makes another ring, which
 * holds no place then. `waiting`: it wants all places, and whoever has none waits at the gate until it had them, for
 * a busy heart has no moment in which one lock after the other happens to be free. */
struct heart_ring {
    pthread_mutex_t change, gate;
    atomic_bool waiting;
    struct keyring *ring;
    struct heart_ring_port port;
    struct heart_place places[HEART_DESKS + HEART_SLOW_DESKS];        /* the slow ones last */
    _Atomic int64_t told_ms;          /* the time, as it was told last; -1: never yet */
};

/* Nothing of it changes but what the ring above says, what is on the desks, what `recipients`, `pending` and `chain`
 * keep, which have locks of their own, and the counts. */
struct heart {
    struct heart_ring *ring;
    struct secret *network_id;
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

/* heart.c: the clock that is told shows `now_ms`. */
void heart_told(const struct heart *h, int64_t now_ms);

/* ring_answer.c: the ring, the desks made from it, and what is asked about it. `port` may be NULL. */
MUST_CHECK enum fault heart_ring_new(struct heart_ring **out, const struct keyring *ring,
                                     const struct heart_ring_port *port);
void heart_ring_free(struct heart_ring *r);

/* Take a place where nobody works, of the slow ones or of the others, and leave it. */
struct heart_place *heart_ring_sit(struct heart_ring *r, bool slow);
void heart_ring_leave(struct heart_place *place);

/* Does `op` change the ring? Then it is answered without a place, and its desk is NULL. */
bool heart_ring_changes(enum key_op op);
heart_runner ring_id, ring_tell, ring_rotate, ring_destroy;

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
