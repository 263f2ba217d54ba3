/* serials.c: serials of cryptograms: the moment they are given, and a sequence within it. */
#include "network/sim/inner.h"
#include "network/sim/ledger.h"

#include "base/banned.h"

/* Cryptograms are given without a write, so what was given is not on disk. What is on disk is an end that no serial
 * reaches before a new end is: after a restart they go on from there, whatever the clock says by then. */
#define BLOCK ((uint64_t)SIM_SERIAL_BLOCK_MS << SIM_SEQUENCE_BITS)
#define SERIALS (UINT64_C(1) << NET_SERIAL_BITS)

static uint64_t serial_at(int64_t now_ms)
{
    return now_ms > SIM_EPOCH_MS ? (uint64_t)(now_ms - SIM_EPOCH_MS) << SIM_SEQUENCE_BITS : 0;
}

int64_t serial_ms(uint64_t serial)
{
    return SIM_EPOCH_MS + (int64_t)(serial >> SIM_SEQUENCE_BITS);
}

static enum fault read_end(struct store_tx *tx, void *arg)
{
    struct sim *s = arg;

    return ledger_get(tx, &s->serial_end, LEDGER_SERIAL);
}

enum fault serials_open(struct sim *s)
{
    enum fault f = store_read(s->reader, read_end, s);

    s->serial_last = s->serial_end;
    return f;
}

static enum fault write_end(struct store_tx *tx, void *arg)
{
    const uint64_t *end = arg;

    return ledger_put(tx, LEDGER_SERIAL, *end);
}

enum fault serial_next(struct sim *s, uint64_t *out, int64_t now_ms)
{
    uint64_t next = s->serial_last + 1, at = serial_at(now_ms);

    if (at > next)
        next = at;
    if (next >= s->serial_end) {
        uint64_t end = next + BLOCK;
        enum fault f = end < SERIALS ? store_write(s->store, write_end, &end) : FAULT_INTERNAL;

        if (f)
            return f;
        s->serial_end = end;
    }
    *out = s->serial_last = next;
    return FAULT_NONE;
}
