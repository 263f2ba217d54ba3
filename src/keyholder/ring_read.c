/* ring_read.c: what the keyholder said of its keys. */
#include "keyholder/keyholder.h"
#include "keyholder/wire.h"

#include "base/banned.h"

static bool take_generation(struct key_generation *out, struct wire *r)
{
    uint64_t purpose = wire_number(r, 1);

    out->purpose = (enum key_purpose)purpose;
    wire_copy(r, out->id, KEY_RING_ID);
    out->created_ms = (int64_t)wire_number(r, 8);
    out->from = wire_number(r, 8);
    return !r->bad && purpose < KEY_PURPOSES;
}

enum fault key_ring_read(struct key_ring *out, const struct key_ask *answered)
{
    struct wire r = { buf_view(&answered->out), false };
    uint64_t source;

    *out = (struct key_ring){ .n = 0 };
    if (answered->fault || r.s.n != KEY_RING_SIZE)
        return answered->fault == FAULT_SILENT ? FAULT_SILENT : FAULT_INTERNAL;
    source = wire_number(&r, 1);
    out->source = (enum keyring_source)source;
    out->threshold = (unsigned)wire_number(&r, 1);
    out->shares = (unsigned)wire_number(&r, 1);
    out->n = wire_number(&r, 1);
    wire_copy(&r, out->set, sizeof out->set);
    out->version = wire_number(&r, 8);
    if (source < KEYRING_FILE || source > KEYRING_HSM || out->n > KEY_PURPOSES * KEY_GENERATIONS)
        r.bad = true;
    for (size_t i = 0; i < out->n && !r.bad; i++)
        r.bad = !take_generation(&out->generations[i], &r);
    if (!r.bad)
        return FAULT_NONE;
    *out = (struct key_ring){ .n = 0 };
    return FAULT_INTERNAL;
}
