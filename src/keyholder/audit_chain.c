/* audit_chain.c: questions about links of the audit chain, and their answers. */
#include "keyholder/audit_chain.h"

#include <string.h>

#include "keyholder/wire.h"

#include "base/banned.h"

void chain_put(struct buf *out, const struct chain_link *l)
{
    wire_put(out, (uint64_t)l->link_no, 8);
    wire_put(out, (uint64_t)l->first_row, 8);
    wire_put(out, (uint64_t)l->rows, 4);
    wire_put(out, (uint64_t)l->at_ms, 8);
    buf_put(out, l->before, CHAIN_MAC);
    buf_span(out, l->digests);
}

enum fault chain_ask(struct key_ask *out, struct arena *a, const struct chain_link *l)
{
    struct buf in;

    if (l->rows < 0 || l->rows > CHAIN_ROWS_MAX || l->digests.n != (size_t)l->rows * CHAIN_DIGEST)
        return FAULT_BAD_INPUT;
    in = arena_buf(a, CHAIN_HEAD + l->digests.n);
    chain_put(&in, l);
    *out = (struct key_ask){ .op = KEY_CHAIN, .use = KEY_USE_AUDIT, .in = buf_view(&in),
                             .out = arena_buf(a, CHAIN_RESULT) };
    return in.full || out->out.full ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault chain_read(struct chain_seal *out, const struct key_ask *answered)
{
    struct wire r = { buf_view(&answered->out), false };
    struct span mac, life;

    if (answered->fault)
        return answered->fault == FAULT_SILENT || answered->fault == FAULT_DENIED ? answered->fault : FAULT_INTERNAL;
    mac = wire_take(&r, CHAIN_MAC);
    life = wire_take(&r, CHAIN_LIFE);
    out->cards = (int64_t)wire_number(&r, 8);
    out->numbers = (int64_t)wire_number(&r, 8);
    if (r.bad || r.s.n)
        return FAULT_INTERNAL;
    memcpy(out->mac, mac.p, CHAIN_MAC);
    memcpy(out->life, life.p, CHAIN_LIFE);
    return FAULT_NONE;
}
