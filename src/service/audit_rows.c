/* audit_rows.c: rows that several use cases write alike. */
#include "service/audit.h"
#include "store/audit.h"

#include "base/banned.h"

enum fault audit_money(struct store_tx *tx, const struct audit_money *m)
{
    const struct audit_row row = {
        .merchant_id = m->merchant_id, .at_ms = m->at_ms, .event = m->event, .channel = -1, .outcome = m->outcome,
        .object = m->order_id, .request_id = m->request_id, .source = m->source, .cards = m->cards,
    };

    return audit_insert(tx, &row);
}

enum fault audit_admin(const struct services *s, struct store_tx *tx, const struct audit_call *c)
{
    struct audit_row row = {
        .at_ms = c->at_ms, .event = AUDIT_ADMIN, .channel = -1, .actor = c->actor, .object = c->what,
        .request_id = c->request_id, .source = c->source, .outcome = c->outcome,
    };

    return s->audit ? audit_insert(tx, &row) : FAULT_NONE;
}
