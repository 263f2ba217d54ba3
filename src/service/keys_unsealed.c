/* keys_unsealed.c: that custodians opened the keyring, for the audit log. */
#include "base/base64.h"
#include "service/keys_own.h"
#include "store/audit.h"

#include "base/banned.h"

struct opened { const struct key_ring *ring; int64_t now_ms; };

static enum fault work(struct store_tx *tx, void *arg)
{
    const struct opened *o = arg;
    uint8_t text[KEYS_OBJECT];
    struct buf object = BUF(text);
    struct audit_row row = { .at_ms = o->now_ms, .event = AUDIT_KEY, .channel = -1 };

    buf_text(&object, "keyring ");
    hex_put(&object, (struct span){ o->ring->set, sizeof o->ring->set });
    buf_text(&object, " unsealed by ");
    buf_u64(&object, o->ring->threshold);
    buf_text(&object, " shares");
    row.object = buf_view(&object);
    return audit_insert(tx, &row);
}

enum fault keys_unsealed(const struct services *s)
{
    struct key_ring ring;
    struct opened o = { &ring, clock_now_ms(s->clock) };
    enum fault f = keys_ring(s, &ring);

    return f ? f : store_write(s->store, work, &o);
}
