/* audit.h: who did what, when, to which object, from where: append-only rows (PCI DSS 10.2.1, 10.2.2). */
#pragma once

#include "store/store.h"

/* Stored values: never renumber. */
enum audit_event {
    AUDIT_TOKEN_MAKE = 1, AUDIT_TOKEN_SETTLE, AUDIT_TOKEN_NUMBER, AUDIT_TOKEN_CRYPTOGRAM, AUDIT_TOKEN_SUSPEND,
    AUDIT_TOKEN_RESUME, AUDIT_TOKEN_DELETE, AUDIT_TOKEN_NOTICE, AUDIT_GUEST_NUMBER, AUDIT_PAR, AUDIT_FINGERPRINT,
    AUDIT_TOKEN_MAKE_NUMBER,          /* MAKE and NUMBER in one request */
    AUDIT_CARD,                       /* a card was opened, to know whose it is */
    AUDIT_PAYMENT, AUDIT_CAPTURE, AUDIT_VOID, AUDIT_REFUND,       /* money: asked of the acquirer */
    AUDIT_ADMIN,                      /* a call of the admin listener; `actor`: which token, `object`: its route,
                                       * `outcome`: why it was refused (service/admin_tokens.h), 0: it was let in */
    AUDIT_REFUSED,                    /* refused access in one minute; `object`: of which kind; `outcome`: how often */
    AUDIT_START, AUDIT_STOP,          /* a gateway process, and with it the writing of this log */
    AUDIT_PAYMENT_STATE, AUDIT_REFUND_STATE,      /* what became of it: `outcome` is its new state */
    AUDIT_KEY,                        /* a key of the server: `object` is its purpose, its id, and what became of it */
    AUDIT_ADMIN_END,                  /* what came of a call of the admin listener that changes something: `outcome` is
                                       * the status of the answer; actor, object and request id as in AUDIT_ADMIN */
    AUDIT_EVENTS
};

/* The name of an event, a constant such as "token.make"; "unknown" of a number that is none. */
const char *audit_event_name(int64_t event);

struct audit_row {
    int64_t merchant_id, audit_no;    /* audit_no: time-ordered; made by audit_insert() */
    int64_t at_ms, event, channel;    /* enum audit_event; enum consent_channel, or -1: the network or ourselves */
    int64_t token_no;                 /* 0: no token */
    int64_t outcome;                  /* 0: begun, and done unless a later row of the token says otherwise; otherwise
                                       * the network's verdict */
    struct span request_id, source;   /* the caller's request id and numeric address; absent: none */
    struct span actor, object;        /* who, where it was no merchant, and what, where it was no token; absent: none */
    int64_t cards, numbers;           /* how many openings by the keyholder this row answers for (docs/AUDIT.md) */
    int64_t row_no;                   /* made by audit_insert(): 1, 2, 3, ... over all merchants; 0: older than the
                                       * chain */
};

enum { AUDIT_TEXT_MAX = 256 };        /* bytes of each text in a row; what is longer is cut */

/* Append. On the commit thread only. SILENT: the chain cannot be continued now, and nothing that must be audited may be
 * done; BUSY: more rows than one transaction may have. */
MUST_CHECK enum fault audit_insert(struct store_tx *tx, const struct audit_row *r);
/* The newest rows of a merchant, at most `max`. */
MUST_CHECK enum fault audit_each(struct store_tx *tx, int64_t merchant_id, int64_t max,
                                 enum fault (*each)(void *arg, const struct audit_row *r), void *arg);
