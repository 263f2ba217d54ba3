/* simulations.h: outcomes of payments that whoever runs the sandbox decided, as rows (reference 5.3). */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct simulation_row {
    int64_t merchant_id;
    struct span simulation_id;        /* "sim_" and random hex digits */
    int64_t payment_no;
    struct span status, error_code;   /* as they were asked for; error_code absent: none */
    int64_t created_ms;
};

MUST_CHECK enum fault simulations_insert(struct store_tx *tx, const struct simulation_row *s);      /* EXISTS */
/* NOT_FOUND. Spans live in `a`. */
MUST_CHECK enum fault simulations_find(struct store_tx *tx, struct simulation_row *out, struct arena *a,
                                       int64_t merchant_id, struct span simulation_id);
