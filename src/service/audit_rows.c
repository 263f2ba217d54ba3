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

static enum fault insert(struct store_tx *tx, void *arg)
{
    return audit_insert(tx, arg);
}

enum fault audit_admin(const struct services *s, const struct audit_call *c)
{
    struct audit_row row = {
        .at_ms = c->at_ms, .event = AUDIT_ADMIN, .channel = -1, .actor = SPAN("admin"), .object = c->what,
        .request_id = c->request_id, .source = c->source,
    };

    return s->audit ? store_write(s->store, insert, &row) : FAULT_NONE;
}
