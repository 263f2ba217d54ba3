/* merchants.h: merchants and their credentials, as rows. The small tables that are not sharded. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct merchant_row {
    int64_t merchant_id;              /* 1, 2, 3, ... */
    struct span name;                 /* what people call it */
    struct span currencies;           /* enabled ones, "INR" or "INR,USD" */
    int64_t disabled;                 /* 0 or 1 */
    int64_t created_ms;
};

struct credential_row {
    struct span client_id;            /* x-client-id; unique over all merchants */
    int64_t merchant_id;
    int64_t secret_no;                /* 1 for the first secret, 2 for the one that replaced it, ... */
    struct span secret_sealed;        /* KEY_USE_CREDENTIAL */
    int64_t created_ms, ends_ms;      /* ends_ms: 0 for no end; otherwise refused from then on */
};

/* Insert a merchant under the next id, which goes to *merchant_id. EXISTS when the name is taken. */
MUST_CHECK enum fault merchants_insert(struct store_tx *tx, int64_t *merchant_id, const struct merchant_row *m);
MUST_CHECK enum fault merchants_find(struct store_tx *tx, struct merchant_row *out, struct arena *a,
                                     int64_t merchant_id);
MUST_CHECK enum fault merchants_find_name(struct store_tx *tx, struct merchant_row *out, struct arena *a,
                                          struct span name);
MUST_CHECK enum fault merchants_disable(struct store_tx *tx, int64_t merchant_id);
/* All merchants by number, until `each` returns a fault, which is then the result. */
MUST_CHECK enum fault merchants_each(struct store_tx *tx,
                                     enum fault (*each)(void *arg, const struct merchant_row *m), void *arg);

/* Insert a credential; secret_no is the caller's. EXISTS. */
MUST_CHECK enum fault credentials_insert(struct store_tx *tx, const struct credential_row *c);
/* All secrets of a client id that have not ended at `now_ms`, newest first. No row is no fault. */
MUST_CHECK enum fault credentials_each(struct store_tx *tx, struct span client_id, int64_t now_ms,
                                       enum fault (*each)(void *arg, const struct credential_row *c), void *arg);
/* All credentials of a merchant that have not ended, newest first. */
MUST_CHECK enum fault credentials_of(struct store_tx *tx, int64_t merchant_id, int64_t now_ms,
                                     enum fault (*each)(void *arg, const struct credential_row *c), void *arg);
/* End every secret of `client_id` that is older than `secret_no` at `ends_ms` (those that end sooner stay). */
MUST_CHECK enum fault credentials_end_older(struct store_tx *tx, struct span client_id, int64_t secret_no,
                                            int64_t ends_ms);
