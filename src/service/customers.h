/* customers.h: POST /pg/customers: the same phone number gives the same customer (reference 2.12). */
#pragma once

#include "service/services.h"
#include "store/customers.h"

enum { CUSTOMER_UID_TEXT = 37 };      /* a UUID (RFC 9562 version 4) and NUL */

struct customer_new {
    int64_t merchant_id;
    struct span phone, email, name;   /* email and name may be absent */
    char uid[CUSTOMER_UID_TEXT];      /* made by customer_prepare() */
};

/* Fill asks[0] (digest of the phone) and asks[1] (seal of the three values), as order_prepare() does. */
MUST_CHECK enum fault customer_prepare(struct customer_new *n, struct key_ask asks[static 2], struct arena *a);

/* In a write job: insert, or find the one that is there; *out says which row counts and *made whether it is new. */
MUST_CHECK enum fault customer_create(struct store_tx *tx, struct customer_row *out, bool *made, struct arena *a,
                                      const struct customer_new *n, const struct key_ask asks[static 2],
                                      int64_t now_ms);

/* Outside a job: the values behind a row. */
struct customer_private { struct span phone, email, name; };
MUST_CHECK enum fault customer_open(const struct services *s, struct customer_private *out, struct arena *a,
                                    const struct customer_row *row);
