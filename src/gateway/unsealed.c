/* unsealed.c: a row of the audit log. */
#include "gateway/unsealed.h"

#include "base/base64.h"
#include "base/clock.h"
#include "keyholder/keyholder.h"
#include "store/audit.h"
#include "store/store.h"

#include "base/banned.h"

enum { OBJECT = 64 };                 /* bytes of what the row says */

struct opened { const struct key_ring *ring; int64_t now_ms; };

static enum fault work(struct store_tx *tx, void *arg)
{
    const struct opened *o = arg;
    uint8_t text[OBJECT];
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

enum fault unsealed_note(const struct services *s)
{
    uint8_t bytes[KEY_RING_SIZE];
    struct key_ask ask = { .op = KEY_RING, .out = BUF(bytes) };
    struct key_ring ring;
    struct opened o = { &ring, clock_now_ms(s->clock) };
    enum fault f = keyholder_ask_one(s->keyholder, &ask);

    if (!f)
        f = key_ring_read(&ring, &ask);
    return f ? f : store_write(s->store, work, &o);
}
