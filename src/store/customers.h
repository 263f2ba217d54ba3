/* customers.h: customers made by POST /pg/customers, as rows. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct customer_row {
    int64_t merchant_id;
    struct span customer_uid;         /* our public id */
    struct span phone_mac;            /* keyed digest of the phone number (KEY_USE_DIGEST): the look-up key */
    struct span private_sealed;       /* phone, e-mail, name (KEY_USE_PRIVATE) */
    int64_t created_ms;
};

/* Insert. EXISTS when the merchant has a customer with that phone_mac. */
MUST_CHECK enum fault customers_insert(struct store_tx *tx, const struct customer_row *c);
/* Find by the keyed digest of the phone number. NOT_FOUND. */
MUST_CHECK enum fault customers_find(struct store_tx *tx, struct customer_row *out, struct arena *a,
                                     int64_t merchant_id, struct span phone_mac);
