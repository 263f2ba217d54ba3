/* keyholder.h: asking the process that alone holds long-lived keys. The front door; it links no crypto.
 *
 * The keyholder never gives out a data key, a sealed merchant secret or the master key. What it may be asked
 * is the table below; what a connection may ask is fixed when the connection is made and only shrinks. All
 * questions but KEY_ROTATE and KEY_DESTROY are pure (the same question twice does no harm), so one of the others that
 * was in flight when the keyholder died is asked again of its successor. Those two are then SILENT. */
#pragma once

#include <stdatomic.h>

#include "base/span.h"

enum {
    KEY_FRAME_MAX = 128 * 1024,       /* bytes of one frame, either way */
    KEY_ASKS_MAX = 64,                /* questions in one frame */
    KEY_ABOUT_MAX = 256,              /* bytes of associated data */
    KEY_IN_MAX = 64 * 1024,           /* bytes of a plaintext, or of data to be authenticated */
    KEY_SEAL_EXTRA = 1 + 4 + 16 + 16, /* bytes a sealed record adds to its plaintext: version, key id, salt, tag */
    KEY_MAC_SIZE = 32, KEY_HOURLY_SIZE = 48, KEY_ID_SIZE = 32,
    KEY_PAYTM_SIGNATURE = 108,        /* characters (keyholder/paytm_checksum.h) */
    KEY_JWS_MAC = 32,                 /* bytes of an HS256 signature */
    KEY_PUBLIC_MAX = 1024,            /* bytes of a public key as PEM */
    KEY_JWE_EXTRA = 1024,             /* bytes a compact JWE has at most besides 4/3 of its plaintext */
    KEY_CHANNELS = 4,                 /* connections a gateway keeps, so that its threads do not wait for each other */
    KEY_SLOW_CHANNELS = 2,            /* further ones for slow questions (RSA), so that these hold up no quick one */
    KEY_WAIT_MS = 2000,               /* how long a question waits for a restarted keyholder before it is SILENT */
    KEY_SHORT_WAIT_MS = 250,          /* the same for keyholder_check() and for a question let through to see */
    KEY_PROBE_MS = 1000,              /* how often one is, while the keyholder does not answer */
};

enum key_op {
    KEY_SEAL,        /* in: plaintext -> sealed record (in.n + KEY_SEAL_EXTRA bytes) */
    KEY_OPEN,        /* in: sealed record -> plaintext; only for uses the gateway may read */
    KEY_MAC,         /* in: data -> KEY_MAC_SIZE bytes of HMAC-SHA-256 over `about` and data under the key of `use` */
    KEY_VERIFY,      /* in: sealed secret, presented: what a caller says it is -> nothing; DENIED when they differ */
    KEY_HOURLY,      /* hour: hours since 1970 -> KEY_HOURLY_SIZE bytes, the order-token key of that hour */
    KEY_ID,          /* number: age of the generation, 0 the newest, or KEY_ID_BASE: that which is never rotated, for
                      * ids in digits -> KEY_ID_SIZE bytes, an id key (base/permute.h), which the gateway may hold;
                      * DENIED: there is none so old */

    /* What partners sign and encrypt. */
    KEY_SIGN,        /* in: sealed Paytm key; presented: text -> KEY_PAYTM_SIGNATURE characters */
    KEY_CHECKSUM,    /* in: sealed Paytm key; presented: signature (KEY_PAYTM_SIGNATURE), then the text -> nothing;
                      * DENIED when it is not the text's */
    KEY_JWS,         /* the same for HS256: MAC (KEY_JWS_MAC bytes), then the signing input -> nothing; DENIED */
    KEY_ENCRYPT,     /* in: sealed public key of a recipient; presented: text; number: enum jwe_enc -> compact JWE,
                      * without kid, at most presented.n * 4 / 3 + KEY_JWE_EXTRA bytes */
    KEY_PUBLIC,      /* number: enum card_form -> our public key for cards that come so: PEM, at most KEY_PUBLIC_MAX */
    KEY_CARD,        /* slow; keyholder/card.h builds and reads it: an encrypted card -> what may be known of it */

    /* The simulated network's, under keys of its own; keyholder/net_card.h builds and reads them. */
    KEY_NET_CARD,    /* a card in flight -> who it is to the network */
    KEY_NET_NUMBER,  /* -> a token number */
    KEY_NET_TAVV,    /* -> a token number and a cryptogram of it */
    KEY_NET_READ,    /* a token number -> which one it is */
    KEY_NET_CHECK,   /* a token number and a cryptogram -> whether they belong together */
    KEY_HMAC,        /* in: sealed merchant secret; presented: text -> KEY_MAC_SIZE bytes of HMAC-SHA-256 under the
                      * secret's text: webhooks and results (reference 1.6, 1.7, 4.1) */
    KEY_TICK,        /* number: the time in ms -> nothing (keyholder/card.h: pending-keys) */
    KEY_CHARGE,      /* a card with its code -> who it is to the acquirer (keyholder/charge.h) */
    KEY_CHAIN,       /* a link of the audit chain -> its MAC, with what was opened so far (keyholder/audit_chain.h) */

    /* Generations of keys (keyholder/keyring.h). */
    KEY_RESEAL,      /* in: sealed record -> the same plaintext sealed under the newest data key, of the same size; of
                      * any sealed use but BACKUP, those that are never told among them; of one under it already, too */
    KEY_RING,        /* -> what may be known of the keys (key_ring_read()), KEY_RING_SIZE bytes */
    KEY_ROTATE,      /* number: enum key_purpose; in: of an id key, the first number it goes for (8 bytes), else nothing
                      * -> nothing. The ring is on disk before it answers. DENIED: that purpose is never rotated, or has
                      * KEY_GENERATIONS already. SILENT: it may have been made all the same */
    KEY_DESTROY,     /* number: enum key_purpose; in: id of a generation -> nothing. DENIED: it is not there, or is the
                      * newest */
    KEY_OPS
};

enum key_use {
    KEY_USE_CREDENTIAL,   /* merchants' secrets: seal, verify, hmac; never open */
    KEY_USE_PRIVATE,      /* phone, e-mail, address, bank account of an order or customer: seal and open */
    KEY_USE_ANSWER,       /* stored answers of idempotent requests: seal and open */
    KEY_USE_DIGEST,       /* request digests and look-up keys of private values: mac only */
    KEY_USE_CHECK,        /* proves that a data folder belongs to this key: mac only */
    KEY_USE_PAYTM,        /* merchants' Paytm keys (16, 24 or 32 bytes): seal, sign, checksum, jws; never open */
    KEY_USE_RECIPIENT,    /* merchants' public keys, PEM: seal, which reads the key first (BAD_INPUT), and encrypt.
                           * Sealed so that nobody with the database alone puts in his own (PCI DSS 3.7.7) */
    KEY_USE_CARD,         /* cards: card, public, tick, net card, charge */
    KEY_USE_NETWORK,      /* the simulated network's: id and the other net operations */
    KEY_USE_AUDIT,        /* the audit chain: chain only */
    KEY_USE_BACKUP,       /* pieces of a backup (docs/BACKUP.md): seal; never open */
    KEY_USES
};

/* What the generations of keys are for. Each has roots of its own. */
enum key_purpose {
    KEY_PURPOSE_BASE,     /* never rotated: what proves the folder, look-up keys, the simulated parties' own */
    KEY_PURPOSE_DATA,     /* sealed records */
    KEY_PURPOSE_FINGERPRINT,          /* digests of cards; a card is matched under the newest two */
    KEY_PURPOSE_ID,       /* public ids; an older one goes on for the numbers before the newer one's `from` */
    KEY_PURPOSE_SIGNING,  /* order tokens, from the next hour on; the audit chain, from its next link on */
    KEY_PURPOSES
};

enum {
    KEY_GENERATIONS = 8,              /* of one purpose */
    KEY_ID_BASE = 255,
    KEY_RING_ID = 4,                  /* bytes of a generation's id */
    KEY_RING_SET = 8,                 /* bytes that tell one ring from every other */
    KEY_RING_HEAD = 1 + 1 + 1 + 1 + KEY_RING_SET + 8,    /* bytes: source, threshold, shares, count, set, version */
    KEY_RING_ENTRY = 1 + KEY_RING_ID + 8 + 8,
    KEY_RING_SIZE = KEY_RING_HEAD + KEY_PURPOSES * KEY_GENERATIONS * KEY_RING_ENTRY,
};

/* Where the key-encryption key comes from (keyholder/keysource.h). */
enum keyring_source { KEYRING_FILE = 1, KEYRING_SHARES = 2, KEYRING_HSM = 3 };

/* What may be known of the keys: no key is in it. `generations`: purpose by purpose, the newest first in each. */
struct key_generation { enum key_purpose purpose; uint8_t id[KEY_RING_ID]; int64_t created_ms; uint64_t from; };
struct key_ring {
    enum keyring_source source;
    unsigned threshold, shares;       /* of KEYRING_SHARES; 0 elsewhere */
    uint8_t set[KEY_RING_SET];
    uint64_t version;
    size_t n;
    struct key_generation generations[KEY_PURPOSES * KEY_GENERATIONS];
};

/* One question. `about` binds a record to its place, e.g. "orders.private|7|order-1": a record moved to
 * another row does not open. `out` is the caller's buffer; the result is appended. `fault` is the answer's:
 * NONE; DENIED when this connection may not ask it, the record does not open, or what was to be verified differs;
 * BAD_INPUT when a size is out of range; INTERNAL when `out` has no room for the result (`full` is then set). HOURLY
 * and ID do not look at `use`, except that ID of NETWORK is the network's. */
struct key_ask {
    enum key_op op;
    enum key_use use;
    struct span about, in, presented;
    uint64_t number;                  /* hour: hours since 1970; elsewhere what the operation says */
    struct buf out;
    enum fault fault;
};

struct journal;
struct keyholder;

/* A client without connections yet; counters may be NULL. The caller frees it with keyholder_free(). */
MUST_CHECK enum fault keyholder_new(struct keyholder **out, atomic_uint_fast64_t *calls,
                                    atomic_uint_fast64_t *failures);
void keyholder_free(struct keyholder *k);

/* Say in `j`, which outlives the client, when the keyholder stops answering and when it is asked again. Call it while
 * nobody asks. */
void keyholder_journal(struct keyholder *k, struct journal *j);

/* Take over `fd`, the gateway's end of a fresh connection, as channel `i`; the one it replaces is closed. Called by the
 * thread that listens to the supervisor. Channels 0 to KEY_CHANNELS - 1 are for quick questions, the KEY_SLOW_CHANNELS
 * behind them for slow ones; neither kind waits on the other's. A client without slow ones is answered no KEY_CARD. */
void keyholder_channel(struct keyholder *k, unsigned i, int fd);

/* Is there at least one live channel for quick questions? */
bool keyholder_is_up(struct keyholder *k);

/* Does the keyholder wait for its custodians? By its last reply; then every question is SILENT. Cheap: one atomic. */
bool keyholder_is_sealed(const struct keyholder *k);

/* How often it was found to wait no longer, having been found waiting. */
unsigned keyholder_times_unsealed(const struct keyholder *k);

/* Ask whether it still does, even while it is known not to answer: NONE, or SILENT (sealed or not there). */
MUST_CHECK enum fault keyholder_probe(struct keyholder *k);

/* Read what KEY_RING answered. SILENT when nobody answered; INTERNAL when it is none. */
MUST_CHECK enum fault key_ring_read(struct key_ring *out, const struct key_ask *answered);

/* Does it answer? One cheap question with a short wait, or none while it is known that it does not. NONE, or SILENT. */
MUST_CHECK enum fault keyholder_check(struct keyholder *k);

/* Ask `n` questions, as few frames as they fit in, and wait. Thread-safe. Each ask's `fault` is set. SILENT
 * when no keyholder answered within KEY_WAIT_MS (then every ask's fault is SILENT); otherwise NONE, even
 * when single asks were refused.
 *
 * After one question went unanswered, those that follow are SILENT at once, so that a keyholder that hangs holds
 * each thread for one wait and not each request. That ends when it answers late, when it is replaced, or when one
 * question in KEY_PROBE_MS, put to a connection that owes no answer, is answered in KEY_SHORT_WAIT_MS. Quick and slow
 * questions each learn this for themselves. */
MUST_CHECK enum fault keyholder_ask(struct keyholder *k, struct key_ask *asks, size_t n);

/* One question; returns its own fault. */
MUST_CHECK enum fault keyholder_ask_one(struct keyholder *k, struct key_ask *ask);
