/* flight.c: cards that wait, sealed and opened. */
#include "keyholder/flight.h"

#include "base/secret.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum { PLAIN = CARD_FLIGHT - KEY_SEAL_EXTRA, CODE_AT = 1 + PAN_DIGITS_MAX + 2 + 1 };

_Static_assert((int)CARD_CHARGE == (int)CARD_FLIGHT && (int)CODE_AT + 1 + FLIGHT_CODE_MAX <= (int)PLAIN,
               "both have one size");

void flight_fini(struct flight *c)
{
    secret_wipe(c, sizeof *c);
}

enum fault flight_seal(struct desk *d, uint8_t *out, const struct pending_key *key, const struct flight *c)
{
    uint8_t plain[PLAIN] = { 0 };
    struct buf b = BUF(plain);
    struct span digits = c->code_alone ? (struct span){ 0 } : pan_digits(&c->pan);
    struct key_ask ask = { .use = KEY_USE_CARD, .in = { plain, sizeof plain } };
    enum fault f;

    wire_put(&b, digits.n, 1);
    buf_span(&b, digits);
    b.n = 1 + PAN_DIGITS_MAX;
    wire_put(&b, c->expiry.year, 2);
    wire_put(&b, c->expiry.month, 1);
    if (key->kind == PENDING_CHARGE) {
        wire_put(&b, c->code_n, 1);
        buf_put(&b, c->code, c->code_n);
    }
    f = desk_seal_under(d, out, &key->key, &ask);
    secret_wipe(plain, sizeof plain);
    return f;
}

/* A record that opens is one of ours; its numbers are looked at all the same before they are sizes. */
static bool take(struct flight *out, enum pending_kind kind, const uint8_t plain[static PLAIN])
{
    struct wire r = { { plain, PLAIN }, false };
    size_t n = wire_number(&r, 1);
    struct span digits = wire_take(&r, PAN_DIGITS_MAX);

    out->expiry.year = (uint16_t)wire_number(&r, 2);
    out->expiry.month = (uint8_t)wire_number(&r, 1);
    out->code_n = kind == PENDING_CHARGE ? (uint8_t)wire_number(&r, 1) : 0;
    wire_copy(&r, out->code, kind == PENDING_CHARGE ? FLIGHT_CODE_MAX : 0);
    if (n > PAN_DIGITS_MAX || out->code_n > FLIGHT_CODE_MAX)
        return false;
    out->code_alone = n == 0;
    if (out->code_alone)
        return kind == PENDING_CHARGE && out->code_n > 0;
    return pan_read(&out->pan, (struct span){ digits.p, n }) == PAN_FINE;
}

enum fault flight_open(struct desk *d, struct flight *out, const struct pending_key *key, const struct key_ask *ask)
{
    uint8_t plain[PLAIN];
    enum fault f = desk_open_under(d, plain, &key->key, ask);

    *out = (struct flight){ .code_n = 0 };
    if (!f && !take(out, key->kind, plain))
        f = FAULT_DENIED;
    secret_wipe(plain, sizeof plain);
    return f;
}
