/* model.h: what must hold, whatever happened: a small account of its own of what was promised and seen, which reads the
 * rows and the acquirer's book with SQL and shares no code with the use cases. */
#pragma once

#include "world.h"

enum { MODEL_ROWS = 4096, MODEL_KEYS = 256 };

/* The kinds of rows whose states are watched. */
enum seen_kind { SEEN_ORDER, SEEN_PAYMENT, SEEN_REFUND, SEEN_TOKEN, SEEN_KINDS };

struct seen { int64_t merchant_id, no, state; };

/* A key under which an order was asked for: its answer is remembered until `until_ms` by the server's clock. Until an
 * order was answered later than that (`over`), the same key gives the same answer. */
struct model_key { int64_t no, merchant_id, until_ms; bool over; char answer[48]; };

struct model {
    struct model_key keys[MODEL_KEYS];
    size_t n_keys;
    struct seen seen[SEEN_KINDS][MODEL_ROWS];
    size_t n[SEEN_KINDS];
    uint64_t looks;
};

/* The caller was told that this row is there and has this state: it must be there from now on. */
void model_told(struct model *m, enum seen_kind kind, const struct seen *row);

/* An order was answered under that key. `existed`: with a remembered answer. */
void model_key(struct model *m, const struct world *w, const struct model_key *key, struct span answer, bool existed);

/* One of the keys by chance. False: there is none. */
bool model_pick_key(const struct model *m, struct model_key *out, struct dice *d);

/* Look at every row: what was seen or told is there, and moved by legal moves only; sums and counts are right. */
void model_look(struct model *m, const struct world *w);

/* The same once nothing is open any more: the acquirer's book says what our rows say, to the last paisa. */
void model_settled(struct model *m, const struct world *w);
