/* charge.c: the acquirer's question and its answer, packed and unpacked. */
#include "keyholder/charge.h"

#include "keyholder/charge_wire.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum fault charge_ask(struct key_ask *out, struct arena *a, struct span charge)
{
    if (charge.n != CARD_CHARGE)
        return FAULT_BAD_INPUT;
    *out = (struct key_ask){ .op = KEY_CHARGE, .use = KEY_USE_CARD, .in = charge,
                             .out = arena_buf(a, CHARGE_RESULT) };
    return out->out.full ? FAULT_INTERNAL : FAULT_NONE;
}

void charge_pack(struct buf *out, const struct charge_card *c)
{
    buf_put(out, c->pan_mac, sizeof c->pan_mac);
    wire_put(out, c->scheme, 1);
    wire_put(out, c->bin8.number, 4);
    buf_put(out, c->last4.text, 4);
    wire_put(out, c->expiry.year, 2);
    wire_put(out, c->expiry.month, 1);
    wire_put(out, c->test_card, 1);
    wire_put(out, c->has_code, 1);
    wire_put(out, c->code_is_right, 1);
}

/* Is what the keyholder said within what the types can hold? A code alone is of no scheme and has no expiry. */
static bool is_sound(const struct charge_card *c)
{
    return (unsigned)c->scheme < SCHEMES && expiry_is_valid(c->expiry) == (c->scheme != SCHEME_UNKNOWN) &&
           (c->has_code || !c->code_is_right);
}

enum fault charge_read(struct charge_card *out, const struct key_ask *answered)
{
    const struct charge_card nobody = { .test_card = NET_NO_TEST_CARD };
    struct wire r = { buf_view(&answered->out), false };

    *out = nobody;
    if (answered->fault == FAULT_SILENT || answered->fault == FAULT_DENIED)
        return answered->fault;
    if (answered->fault)
        return FAULT_INTERNAL;
    wire_copy(&r, out->pan_mac, sizeof out->pan_mac);
    out->scheme = (enum scheme)wire_number(&r, 1);
    out->bin8.number = (uint32_t)wire_number(&r, 4);
    wire_copy(&r, out->last4.text, 4);
    out->expiry.year = (uint16_t)wire_number(&r, 2);
    out->expiry.month = (uint8_t)wire_number(&r, 1);
    out->test_card = (uint8_t)wire_number(&r, 1);
    out->has_code = wire_number(&r, 1) != 0;
    out->code_is_right = wire_number(&r, 1) != 0;
    if (wire_done(&r) && is_sound(out))
        return FAULT_NONE;
    *out = nobody;
    return FAULT_INTERNAL;
}
