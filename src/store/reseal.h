/* reseal.h: every column that holds sealed records, and one record in another's place.
 *
 * What a record is bound to is its use case's to know (service/keys_own.h); here are the tables. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

enum reseal_column {
    RESEAL_CREDENTIALS,   /* credentials.secret_sealed */
    RESEAL_PAYTM_KEYS,    /* paytm_keys.key_sealed */
    RESEAL_PUBLIC_KEYS,   /* public_keys.key_sealed */
    RESEAL_ENDPOINTS,     /* webhook_endpoints.auth_sealed */
    RESEAL_CUSTOMERS,     /* customers.private_sealed */
    RESEAL_ORDERS,        /* orders.private_sealed */
    RESEAL_PAYMENTS,      /* payments.private_sealed */
    RESEAL_ANSWERS,       /* idempotency.body_sealed */
    RESEAL_COLUMNS
};

/* A record with its row's key and what it is bound to. Which fields mean what, by column:
 *
 *                  merchant_id, and     no            id          client_id   version   mac       digest
 *     CREDENTIALS                       secret_no     client_id
 *     PAYTM_KEYS                        key_no        the MID     client_id   version
 *     PUBLIC_KEYS                       key_no        key_id
 *     ENDPOINTS                         endpoint_no
 *     CUSTOMERS                                       customer_uid
 *     ORDERS                            order_no      order_id
 *     PAYMENTS                          payment_no    order_id
 *     ANSWERS                           status        scope                             key_mac   digest
 *
 * `sealed` is absent where the row has no record. */
struct reseal_row {
    int64_t merchant_id, no;
    struct span id, client_id, version, mac, digest;
    struct span sealed;
};

/* Behind which row to go on: in the order of the primary key, which is of some of these. */
struct reseal_place { int64_t merchant_id, no; struct span id, mac; };

/* Before the first row. */
struct reseal_place reseal_start(void);

/* "orders.private_sealed". */
const char *reseal_name(enum reseal_column c);

/* At most `max` rows behind `at`, in order, until `each` returns a fault, which is then the result. */
MUST_CHECK enum fault reseal_each(struct store_tx *tx, enum reseal_column c, const struct reseal_place *at, int64_t max,
                                  enum fault (*each)(void *arg, const struct reseal_row *r), void *arg);

/* Put `sealed` in the place of r->sealed, if that is still what the row holds; *changed says whether it was. */
MUST_CHECK enum fault reseal_put(struct store_tx *tx, bool *changed, enum reseal_column c, const struct reseal_row *r,
                                 struct span sealed);
