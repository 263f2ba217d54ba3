/* heart.h: the keyholder's pure function: may this connection ask this? then bytes in, bytes out.
 *
 * No socket, no file, no clock: the ring is written by a port, and the time is what it is told. Everything it works
 * with is constant or has a lock, so several threads may call heart_answer() on one heart at once, also while keys are
 * rotated: then the keys of all threads change at one moment. Output sizes come from its own table, never from the
 * asker. */
#pragma once

#include "base/secret.h"
#include "keyholder/keyholder.h"
#include "keyholder/keyring.h"

enum { HEART_MASTER = 32 };           /* bytes of the master key */

/* What a connection may ask. Which operations and uses go with a bit, the table in heart.c says. */
enum {
    MAY_SEAL = 1, MAY_OPEN = 2, MAY_MAC = 4, MAY_VERIFY = 8, MAY_HOURLY = 16, MAY_ID = 32,
    MAY_SIGN = 64,                    /* with merchants' Paytm keys: sign, checksum, jws */
    MAY_ENCRYPT = 128,                /* to merchants' public keys */
    MAY_CARD = 256,                   /* encrypted cards, and the public keys for them */
    MAY_NET = 512,                    /* the simulated network's questions, its id key among them */
    MAY_HMAC = 1024,                  /* with merchants' secrets */
    MAY_ACQUIRE = 2048,               /* who a card with its code is */
    MAY_CHAIN = 4096,                 /* links of the audit chain */
    MAY_RESEAL = 8192,                /* records, under the newest data key */
    MAY_RING = 16384,                 /* what may be known of the keys */
    MAY_ROTATE = 32768,               /* new generations of keys, and old ones destroyed */
    MAY_GATEWAY = (MAY_NET - 1) | MAY_HMAC | MAY_CHAIN | MAY_RESEAL | MAY_RING | MAY_ROTATE,  /* the gateway's own */
    MAY_NETWORK = MAY_NET,            /* the simulated network's */
    MAY_ACQUIRER = MAY_ACQUIRE,       /* the acquirer's */
    MAY_ALL = MAY_GATEWAY | MAY_NETWORK | MAY_ACQUIRER,
};

struct heart;
struct rsa_private;

/* The server's private keys for cards: never the same for both, or one padding would be an oracle for the other. */
struct heart_keys {
    struct rsa_private *jwe;          /* OAEP */
    struct rsa_private *rsa;          /* PKCS#1 v1.5 */
};

/* Keeps the ring. Called with it when KEY_ROTATE or KEY_DESTROY changed it, before that is answered and before any new
 * key is used, by one thread at a time; what it cannot keep does not happen. NULL: it lives in memory alone. */
struct heart_ring_port { enum fault (*save)(void *arg, struct keyring *r); void *arg; };

/* Derive all keys from the ring, which stays the caller's: the heart keeps a copy in locked memory, for it may have to
 * be written again. `port` may be NULL, and is copied. The card keys become the heart's, whatever comes of the call;
 * NULL, or one that is NULL: cards of that form are DENIED. Whoever asks about cards calls json_in_start() first. The
 * caller frees the heart with heart_free(), which wipes every key. */
MUST_CHECK enum fault heart_of_ring(struct heart **out, const struct keyring *ring, const struct heart_keys *cards,
                                    const struct heart_ring_port *port);

/* The same of the ring that stands for `master` (HEART_MASTER bytes, else BAD_INPUT), without a port. */
MUST_CHECK enum fault heart_new(struct heart **out, const struct secret *master, const struct heart_keys *cards);
void heart_free(struct heart *h);

/* What it opened since it was made: cards in whatever form, charges for the acquirer among them, but of a code alone
 * only there; and token numbers told in the clear. */
uint64_t heart_cards_opened(const struct heart *h);
uint64_t heart_numbers_told(const struct heart *h);

/* So much real time has passed since the heart was made, or since the last call: destroy the pending-keys whose life is
 * over by it (keyholder/pending.h). Whoever runs a heart calls this often, from one thread; any time told in questions
 * comes on top of it. */
void heart_time_passed(const struct heart *h, uint64_t ms);

/* Answer one frame (keyholder/msg.h) for a connection with rights `may`: `reply` gets the reply frame.
 * BAD_INPUT when the frame is malformed, and then the connection should be closed; questions that are
 * well-formed but refused are answered inside the reply. */
MUST_CHECK enum fault heart_answer(const struct heart *h, unsigned may, struct buf *reply, struct span frame);
