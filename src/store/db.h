/* db.h: the small driver port that aggregates are written over. Two bodies: sqlite.c now, postgres.c later.
 *
 * A statement is a constant: SQL that both engines take, and the tables that tie its parameters and columns
 * to a struct. Parameters are bound by name, columns read by name; the names are looked up once, when a
 * connection first prepares the statement. Only store/ includes this header. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

enum {
    DB_STATEMENTS_MAX = 192,          /* prepared on one connection */
    DB_FIELDS_MAX = 48,               /* parameters or columns of one statement */
};

enum db_type {
    DB_I64,       /* int64_t */
    DB_TEXT,      /* struct span, UTF-8; absent is NULL */
    DB_BLOB,      /* struct span; absent is NULL */
};

/* A named value at an offset in the row struct. One table serves both parameters (":name") and columns. */
struct db_field { const char *name; enum db_type type; size_t at; };

struct db_sql {
    const char *text;
    const struct db_field *in, *out;  /* each ended by a NULL name; NULL when there are none. A row of the table
                                       * that the statement does not mention is skipped. */
};

/* Run a statement that gives no rows. EXISTS when it breaks a uniqueness rule; RETRY when the engine lost a
 * race; DISK when it cannot write. *changed (may be NULL) is the number of rows it touched. */
MUST_CHECK enum fault db_run(struct store_tx *tx, const struct db_sql *sql, const void *in, int64_t *changed);

/* Run a statement for its first row. Spans of the row are copied into `a`. NOT_FOUND when there is none. */
MUST_CHECK enum fault db_one(struct store_tx *tx, const struct db_sql *sql, const void *in,
                             void *out, struct arena *a);

/* Run a statement for all rows: `each` is called with `row` filled anew (spans live until it returns) and
 * ends the loop early by returning a fault, which is then the result. */
MUST_CHECK enum fault db_each(struct store_tx *tx, const struct db_sql *sql, const void *in, void *row,
                              enum fault (*each)(void *arg, void *row), void *arg);
