/* audit.h: the audit log's chain: each committed batch of rows gets a link that the keyholder signs (docs/AUDIT.md).
 *
 * Rows are written by use cases in their own transactions (store/audit.h). This module makes the link in the same
 * transaction, writes what happened outside any (cards opened for requests that were then refused; refused access), and
 * sets the chain's head down outside the database at an interval. */
#pragma once

#include "service/services.h"

enum {
    AUDIT_NOTES_MAX = 2048,           /* opened cards, and ends of admin calls, that wait for their rows; of more, the
                                       * card is not used, and the end only in the journal */
    AUDIT_NOTES_IN_ONE = 256,         /* of them, those that one link takes */
    AUDIT_FLUSH_MS = 1000,            /* how long they wait at most, unless somebody else's link takes them along */
    AUDIT_ANCHOR_MS = 60 * 1000,      /* between two anchors; and how often openings without any row are looked for */
    AUDIT_NOTE_TEXT = 128,            /* bytes of a text in a note, with NUL; what is longer is cut */
};

/* Whose callers were refused for what they presented. */
enum audit_door { AUDIT_DOOR_CASHFREE, AUDIT_DOOR_JUSPAY, AUDIT_DOOR_PAYTM, AUDIT_DOOR_ADMIN, AUDIT_DOORS };

struct audit;

/* For `s`, whose keyholder, journal and store are looked at only later. `anchor` is the path of the file that heads are
 * appended to; NULL: none is kept. The caller frees it with audit_free() after the store is closed. */
MUST_CHECK enum fault audit_new(struct audit **out, const struct services *s, const char *anchor);
void audit_free(struct audit *a);

/* For store_options.audit. */
const struct store_audit *audit_hooks(const struct audit *a);

/* Say in the log that it begins, and start the thread that notes what waits and sets anchors down. SILENT or DISK when
 * the row cannot be written; INTERNAL. */
MUST_CHECK enum fault audit_start(struct audit *a);

/* The last of the rows, the last anchor; the thread ends. Before the store is closed; NULL is fine. */
void audit_stop(struct audit *a);

/* The keyholder answered a question about a card: where it opened one, a row will say so, with the next link or in
 * AUDIT_FLUSH_MS. Called before anything is done with the card. `facts` as read; `channel`: enum consent_channel. BUSY:
 * too many wait, so the card must not be used. */
struct card_facts;
struct audit_opened { int64_t merchant_id, at_ms, channel; struct span request_id, source; };
MUST_CHECK enum fault audit_opened(const struct services *s, const struct card_facts *facts,
                                   const struct audit_opened *o);

/* Access was refused at this door: counted, and a row each minute. */
void audit_refused(const struct services *s, enum audit_door door);

/* The row of something that moves money: asked for (AUDIT_PAYMENT to AUDIT_REFUND), or come to be (AUDIT_..._STATE).
 * `order_id` is its object; `cards`: the acquirer will have the keyholder open so many. In the job that does it. */
struct audit_money {
    int64_t merchant_id, at_ms, event, outcome, cards;
    struct span order_id, request_id, source;
};
MUST_CHECK enum fault audit_money(struct store_tx *tx, const struct audit_money *m);

/* The row of a call of the admin listener whose token is known, in the job that lets it in or refuses it
 * (service/admin_tokens.h). `what`: method and path; `actor`: the token's name. */
struct audit_call { int64_t at_ms; struct span what, request_id, source, actor; int64_t outcome; };
MUST_CHECK enum fault audit_admin(const struct services *s, struct store_tx *tx, const struct audit_call *c);

/* What came of it, `outcome` being the status of the answer: a row with the next link or in AUDIT_FLUSH_MS. */
void audit_admin_ended(const struct services *s, const struct audit_call *c);

/* Why nothing that must be audited can be done now, a sentence for /readyz; NULL when it can. */
const char *audit_trouble(const struct services *s);

/* One step of the thread, for tests: write what waits, look for openings, and with `anchor` set an anchor down. */
MUST_CHECK enum fault audit_step(struct audit *a, bool anchor);
