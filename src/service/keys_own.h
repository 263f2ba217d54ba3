/* keys_own.h: what keys*.c share: places in tables, the state that outlives a restart, and one step of the work. */
#pragma once

#include "service/keys.h"

enum { KEYS_ID_MAX = 256, KEYS_STATE_MAX = 1024, KEYS_OBJECT = 96 };      /* bytes */

/* Where a walk over all columns is. */
struct keys_place {
    unsigned column;                  /* enum reseal_column; RESEAL_COLUMNS: all are done */
    int64_t merchant_id, no;
    uint8_t id[KEYS_ID_MAX], mac[KEY_MAC_SIZE];
    size_t id_n, mac_n;
};
void keys_place_start(struct keys_place *p, unsigned column);
struct reseal_place keys_place_now(const struct keys_place *p);
/* Behind this row. INTERNAL: its key is longer than any of ours. */
MUST_CHECK enum fault keys_place_set(struct keys_place *p, const struct reseal_row *r);

/* What is kept in settings as "keys.reseal". */
struct keys_work {
    struct keys_progress progress;    /* without `paused` */
    unsigned pass;                    /* 1: the first */
    int64_t found;                    /* records that were sealed again in this pass */
    struct keys_place at;
};
/* NOT_FOUND: nothing was ever sealed again; INTERNAL: what is there cannot be understood. */
MUST_CHECK enum fault keys_work_load(struct store_tx *tx, struct keys_work *out, struct arena *a);
MUST_CHECK enum fault keys_work_save(struct store_tx *tx, const struct keys_work *w);

/* Is the record under the data key of this id? The id is in its head (docs/KEYHOLDER-PROTOCOL.md). */
bool keys_is_under(struct span sealed, const uint8_t id[static KEY_RING_ID]);

/* What the record of the row is bound to, and what it is used for. */
void keys_about(struct buf *out, enum reseal_column c, const struct reseal_row *r);
enum key_use keys_use(enum reseal_column c);

/* Rows of the log: a generation of a purpose came to be, or is gone. Compares the ring with what the database knows of
 * it, so that a row is missing neither after a crash nor twice. WRONG_STATE: the ring lacks the data key that was the
 * newest before; then nothing is noted. */
MUST_CHECK enum fault keys_notice(const struct services *s, const struct key_ring *r);
/* When this generation was noticed: by our clock, which may be set, and by the system's, which links of the audit log
 * have. 0: not yet. */
struct keys_since { int64_t at_ms, real_ms; };
MUST_CHECK enum fault keys_noticed(struct store_tx *tx, struct keys_since *out, struct arena *a,
                                   const struct key_generation *g);
/* The row of a re-encryption's begin or end, within a job. */
MUST_CHECK enum fault keys_audit(struct store_tx *tx, enum key_purpose purpose, const uint8_t id[static KEY_RING_ID],
                                 const char *what, int64_t outcome, int64_t at_ms);

/* What the keyholder has. SILENT. */
MUST_CHECK enum fault keys_ring(const struct services *s, struct key_ring *out);
/* Number `age` of a purpose, 0 the newest; NULL. */
const struct key_generation *keys_find(const struct key_ring *r, enum key_purpose purpose, size_t age);
size_t keys_count(const struct key_ring *r, enum key_purpose purpose);

/* Count records: those under `id`, or with `others` those that are not. One chunk of KEYS_SEEN rows a call, until
 * at.column is RESEAL_COLUMNS. */
struct keys_tally { struct keys_place at; uint8_t id[KEY_RING_ID]; bool others; int64_t n; };
MUST_CHECK enum fault keys_tally_step(struct keys_tally *t, struct store_reader *r);
/* All of it, in at most `wait_ms` (0: as long as it takes). BUSY: it takes longer. */
MUST_CHECK enum fault keys_tally_all(const struct services *s, struct keys_tally *t, int64_t wait_ms);

/* The work, step by step: what the thread does, and tests. */
struct keys_sweep;
enum keys_next {                      /* when the next step is due: so long after this one */
    KEYS_ON,                          /* KEYS_GLANCE_MS: it only looked */
    KEYS_NOW,                         /* KEYS_PAUSE_MS */
    KEYS_SOON,                        /* KEYS_SILENT_MS */
    KEYS_LATER,                       /* KEYS_LOOK_MS: there is nothing to do */
};
MUST_CHECK enum fault keys_sweep_new(struct keys_sweep **out, const struct services *s, int64_t settle_ms);
void keys_sweep_free(struct keys_sweep *w);
/* `r` is the thread's reader. With a fault it is to be called again later, and goes on where it was. */
MUST_CHECK enum fault keys_sweep_step(struct keys_sweep *w, enum keys_next *next, struct store_reader *r);
/* Look at the ring anew with the next step. */
void keys_sweep_look(struct keys_sweep *w);
