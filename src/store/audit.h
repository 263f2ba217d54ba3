/* audit.h: who did what, when, to which object, from where: append-only rows (PCI DSS 10.2.1, 10.2.2). */
#pragma once

#include "store/store.h"

/* Stored values: never renumber. */
enum audit_event {
    AUDIT_TOKEN_MAKE = 1, AUDIT_TOKEN_SETTLE, AUDIT_TOKEN_NUMBER, AUDIT_TOKEN_CRYPTOGRAM, AUDIT_TOKEN_SUSPEND,
    AUDIT_TOKEN_RESUME, AUDIT_TOKEN_DELETE, AUDIT_TOKEN_NOTICE, AUDIT_GUEST_NUMBER, AUDIT_PAR, AUDIT_FINGERPRINT,
    AUDIT_TOKEN_MAKE_NUMBER,          /* MAKE and NUMBER in one request */
};

struct audit_row {
    int64_t merchant_id, audit_no;    /* audit_no: time-ordered; made by audit_insert() */
    int64_t at_ms, event, channel;    /* enum audit_event; enum consent_channel, or -1: the network or ourselves */
    int64_t token_no;                 /* 0: no token */
    int64_t outcome;                  /* 0: begun, and done unless a later row of the token says otherwise; otherwise
                                       * the network's verdict */
    struct span request_id, source;   /* the caller's request id and numeric address; absent: none */
};

/* Append. On the commit thread only. */
MUST_CHECK enum fault audit_insert(struct store_tx *tx, const struct audit_row *r);
/* The newest rows of a merchant, at most `max`. */
MUST_CHECK enum fault audit_each(struct store_tx *tx, int64_t merchant_id, int64_t max,
                                 enum fault (*each)(void *arg, const struct audit_row *r), void *arg);
