/* audit_links.h: the links of the audit chain as rows, the stub that stands for what was purged, and rows by number. */
#pragma once

#include "store/audit_batch.h"

/* One committed batch of audit rows (keyholder/audit_chain.h). */
struct audit_link_row {
    int64_t link_no, first_row, row_count, at_ms, cards, numbers;
    struct span digests, life, mac;
};

/* Everything up to link_no was purged; `tally` is the verification's state there (service/audit_verify.h). */
struct audit_stub_row {
    int64_t only, link_no, last_row, at_ms;       /* only: always 1 */
    struct span link_mac, tally, mac;
};

/* Append a link. EXISTS: there is one of its number. */
MUST_CHECK enum fault audit_link_insert(struct store_tx *tx, const struct audit_link_row *l);

/* The newest link. NOT_FOUND. Spans in `a`. */
MUST_CHECK enum fault audit_link_last(struct store_tx *tx, struct audit_link_row *out, struct arena *a);

/* Links after `after` in order, at most `max`. */
MUST_CHECK enum fault audit_links_each(struct store_tx *tx, int64_t after, int64_t max,
                                       enum fault (*each)(void *arg, const struct audit_link_row *l), void *arg);

/* Rows with numbers from `first` to `last` in order. */
MUST_CHECK enum fault audit_rows_each(struct store_tx *tx, int64_t first, int64_t last,
                                      enum fault (*each)(void *arg, const struct audit_row *r), void *arg);

/* NOT_FOUND: nothing was purged yet. */
MUST_CHECK enum fault audit_stub_find(struct store_tx *tx, struct audit_stub_row *out, struct arena *a);

/* Put the stub in the place of the one before, and delete the links and rows that it stands for. */
MUST_CHECK enum fault audit_purge(struct store_tx *tx, const struct audit_stub_row *stub);

/* How many rows are older than the chain; the highest number of a row. */
struct audit_extent { int64_t unchained, last_row, last_link; };
MUST_CHECK enum fault audit_extent(struct store_tx *tx, struct audit_extent *out);

/* When the newest order or payment was made; 0: there is none. Looks at all of them. */
struct audit_newest { int64_t at_ms; };
MUST_CHECK enum fault audit_newest(struct store_tx *tx, struct audit_newest *out);

/* A trail that is read beside a running server, or without one. Each read sees one state. DISK: there is no such file,
 * or it cannot be read; WRONG_STATE: it was made by an older or a newer program. */
struct audit_trail;
MUST_CHECK enum fault audit_trail_open(struct audit_trail **out, const char *path);
void audit_trail_close(struct audit_trail *t);
MUST_CHECK enum fault audit_trail_read(struct audit_trail *t, store_work *work, void *arg);

/* A new file for an archive, with the tables of a trail. EXISTS: there is such a file. DISK. Rows are put in as they
 * are, with their numbers. */
MUST_CHECK enum fault audit_trail_create(struct audit_trail **out, const char *path);
MUST_CHECK enum fault audit_row_restore(struct store_tx *tx, const struct audit_row *r);
MUST_CHECK enum fault audit_stub_insert(struct store_tx *tx, const struct audit_stub_row *stub);

/* The same in a write transaction, for purging beside a running server. RETRY: another process holds the lock. */
MUST_CHECK enum fault audit_trail_write(struct audit_trail *t, store_work *work, void *arg);
