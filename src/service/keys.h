/* keys.h: the server's own keys: which there are, a new one, an older one gone, and old records sealed anew.
 *
 * After a rotation of the data key a thread goes through every sealed column (store/reseal.h) in small pieces and has
 * each record that is not under the newest key sealed again. How far it is stands in the database, in the same
 * transaction as the records, so that it goes on there after a restart; and whether a record is old is seen from the
 * record, so that nothing is lost but time if it does not. A record that somebody changes meanwhile is left alone. */
#pragma once

#include "service/services.h"
#include "store/reseal.h"

enum {
    KEYS_PIECE = KEY_ASKS_MAX,        /* records sealed again in one transaction: one frame of questions, if they fit */
    KEYS_PIECE_BYTES = 256 * 1024,    /* of them, after which a piece is full */
    KEYS_SEEN = 1000,                 /* rows looked at in one read */
    KEYS_PAUSE_MS = 20,               /* between two pieces, so that requests have keyholder and disk to themselves */
    KEYS_GLANCE_MS = 5,               /* after rows of which none was old: faster than orders are created, or it would
                                       * never be at the end of them */
    KEYS_SILENT_MS = 1000,            /* until it is tried again where keyholder or disk did not do it */
    KEYS_LOOK_MS = 60 * 1000,         /* between two looks at whether there is something to do */
    KEYS_SETTLE_MS = 3000,            /* after a rotation: until all is committed that was sealed before it */
    KEYS_DAMAGED_MAX = 16,            /* pairs of column and merchant whose damaged records are counted apart */
    KEYS_COUNT_MS = 5000,             /* what a caller waits for a count, at most */
    KEYS_MARGIN_MS = 60 * 1000,       /* of numbers, between the last one there is and the first under a new id key */
    KEYS_WHY = 200,                   /* bytes of a refusal's reason, with NUL */
};

enum keys_stage {
    KEYS_NONE,            /* there is nothing to seal again */
    KEYS_COUNTING,        /* how much there is */
    KEYS_WORKING,
    KEYS_CHECKING,        /* once more, for what was sealed under an older key while the newest was made */
    KEYS_DONE,
};

/* Records that do not open: left as they are. */
struct keys_damaged { enum reseal_column column; int64_t merchant_id, n; };

struct keys_progress {
    enum keys_stage stage;
    bool paused;                      /* keyholder or disk does not answer */
    uint8_t to[KEY_RING_ID];          /* the generation that it is all to be under */
    int64_t old, done, damaged;       /* records: under older ones at first; sealed again; that do not open */
    int64_t began_ms, ended_ms;       /* 0: not yet */
    size_t damaged_n;
    struct keys_damaged in[KEYS_DAMAGED_MAX];
};

/* 0 to 100; 100 only when it has ended. */
int64_t keys_percent(const struct keys_progress *p);

struct keys_status {
    struct key_ring ring;
    struct keys_progress progress;
    int64_t older_tokens;             /* live tokens of cards known under the fingerprint key before the newest */
};

/* "data", "fingerprint", "id", "signing"; "base", which is never rotated. */
const char *keys_purpose(enum key_purpose p);
/* BAD_INPUT: it is none. */
MUST_CHECK enum fault keys_purpose_read(enum key_purpose *out, struct span text);

/* What a generation still does, at `now_ms`. */
enum keys_state {
    KEYS_NEWEST,          /* all is made under it */
    KEYS_OVERLAP,         /* it is still needed */
    KEYS_OLD,             /* it can be destroyed, at a price that key destroy names */
};
enum keys_state keys_state_of(const struct keys_status *s, size_t generation, int64_t now_ms);

struct keys;

/* Take over the id keys there are and start the thread. `s` and its store outlive it. SILENT. WRONG_STATE: the keyring
 * is lost, or an older copy without the newest data key, so that what was made since would not open. The caller stops
 * it with keys_stop() before the store closes; NULL is fine there. */
MUST_CHECK enum fault keys_start(struct keys **out, const struct services *s);
void keys_stop(struct keys *k);

/* What follows waits for keyholder and disk: on a worker. */

/* SILENT, DISK. */
MUST_CHECK enum fault keys_status(const struct services *s, struct keys_status *out);

/* Make a new generation. *records: how many are to be sealed again, of a data key; -1: they could not be counted in
 * KEYS_COUNT_MS. BAD_INPUT: it is never rotated. WRONG_STATE: `why` says what is in the way. SILENT: it may have been
 * made all the same, which keys_status() tells. */
struct keys_made { struct key_generation generation; int64_t records; char why[KEYS_WHY]; };
MUST_CHECK enum fault keys_rotate(const struct services *s, struct keys_made *out, enum key_purpose purpose);

/* Take an older generation away for good. NOT_FOUND; WRONG_STATE: `why` says what is in the way, *left how many records
 * that would be lost. */
struct keys_gone { int64_t left, tokens; char why[KEYS_WHY]; };
MUST_CHECK enum fault keys_destroy(const struct services *s, struct keys_gone *out, enum key_purpose purpose,
                                   const uint8_t id[static KEY_RING_ID]);

/* Write into the audit log that custodians opened the keyring, and of which set their shares were. SILENT, DISK. */
MUST_CHECK enum fault keys_unsealed(const struct services *s);
