/* audit_batch.h: the audit rows of one transaction, as bytes that can be digested. */
#pragma once

#include "store/audit.h"
#include "store/db.h"

enum {
    AUDIT_BATCH_ROWS = 2000,          /* rows in one transaction: what one link takes (keyholder/audit_chain.h) */
    AUDIT_BYTES_MAX = 5 * 1024,       /* bytes of one row as audit_bytes() puts them */
};

/* All columns, for statements on whole rows. */
#define AUDIT_COLUMNS "merchant_id, audit_no, at_ms, event, channel, token_no, outcome, request_id, source, actor," \
                      " object, cards, numbers, row_no"
extern const struct db_field audit_fields[];

/* `bytes` holds the rows one behind the other, `ends` where each ends. */
struct audit_batch {
    int64_t first_row;                /* the number of the first row; 0: not known yet */
    size_t rows, n, cap;
    uint8_t *bytes;
    size_t ends[AUDIT_BATCH_ROWS];
    bool wanted;                      /* somebody wants a link although there may be no row */
    enum fault closed;                /* not NONE: what whoever wants to add a row is told */
};

/* Append a row's bytes: each field in the order of struct audit_row but its number, integers as 8 bytes, big-endian, a
 * text as 1 and its length in 2 bytes before it, or as 0 when it is absent. */
void audit_bytes(struct buf *out, const struct audit_row *r);

/* The number of the next row. */
MUST_CHECK enum fault audit_batch_next(struct store_tx *tx, int64_t *row_no);

/* Take a row that was inserted. */
MUST_CHECK enum fault audit_batch_add(struct audit_batch *b, const struct audit_row *r);

/* How far it is, and back to there. */
struct audit_mark { size_t rows, n; };
struct audit_mark audit_batch_mark(const struct audit_batch *b);
void audit_batch_undo(struct audit_batch *b, struct audit_mark to);

/* The bytes of row `i`. */
struct span audit_batch_row(const struct audit_batch *b, size_t i);

/* The transaction is over. */
void audit_batch_end(struct audit_batch *b, bool kept);

/* Free what it holds. */
void audit_batch_fini(struct audit_batch *b);
