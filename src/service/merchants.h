/* merchants.h: adding, listing, disabling merchants and rotating their secrets: the admin's use cases. */
#pragma once

#include "service/partners.h"
#include "service/services.h"
#include "store/merchants.h"

enum {
    MERCHANT_NAME_MAX = 64,
    MERCHANT_CLIENT_ID_TEXT = 33,     /* "TEST" (sandbox) or nothing, and hex digits; with NUL */
    MERCHANT_SECRET_TEXT = 65,        /* "cfsk_ma_test_" or "cfsk_ma_prod_" and random characters; with NUL */
    MERCHANT_OVERLAP_MAX_S = 30 * 24 * 3600,      /* the longest time an old secret stays valid beside the new one */
};

/* Shown once, when made. The caller wipes it. */
struct merchant_credentials {
    int64_t merchant_id;
    char client_id[MERCHANT_CLIENT_ID_TEXT], client_secret[MERCHANT_SECRET_TEXT];
};

/* These wait for a commit: never call them on an HTTP thread (use LANE_WORKER).
 * BAD_INPUT: name or currencies malformed. EXISTS: the name is taken. TOO_MANY: there are IDS_MERCHANT_MAX. */
MUST_CHECK enum fault merchant_add(const struct services *s, struct merchant_credentials *out, struct span name,
                                   struct span currencies);

/* The same with a Juspay API key and a Paytm MID and key in the same commit, and then onboarded at every scheme. */
struct merchant_whole {
    struct merchant_credentials cashfree;
    struct partner_juspay juspay;
    struct partner_paytm paytm;
    enum fault onboarded;             /* partner_onboard()'s; the merchant is there whatever it says */
};
MUST_CHECK enum fault merchant_add_whole(const struct services *s, struct merchant_whole *out, struct span name,
                                         struct span currencies);

/* A new secret; the old ones end after `overlap_s` seconds (0: at once). NOT_FOUND; BAD_INPUT. */
MUST_CHECK enum fault merchant_rotate(const struct services *s, struct merchant_credentials *out, int64_t merchant_id,
                                      int64_t overlap_s);

/* No credential of it is valid any more. NOT_FOUND. */
MUST_CHECK enum fault merchant_disable(const struct services *s, int64_t merchant_id);

/* Call `each` for every merchant with what it is known by; strings are borrowed. */
enum { MERCHANT_KEYS_SHOWN = 8 };
struct merchant_shown {
    int64_t merchant_id;
    struct span name, currencies, client_id;      /* client_id: of the Cashfree API; absent: none is valid */
    bool disabled;
    int64_t created_ms;
    struct span mid;                  /* Paytm's; absent: none */
    struct span key_ids[MERCHANT_KEYS_SHOWN];     /* of its public keys, newest first */
    size_t n_keys;                    /* so many of them */
};
MUST_CHECK enum fault merchants_list(const struct services *s, struct store_reader *r, struct arena *a,
                                     enum fault (*each)(void *arg, const struct merchant_shown *m), void *arg);
