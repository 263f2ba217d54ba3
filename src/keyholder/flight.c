/* flight.c: cards in flight, sealed and opened. */
#include "keyholder/flight.h"

#include "base/secret.h"
#include "keyholder/card.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum { PLAIN = CARD_FLIGHT - KEY_SEAL_EXTRA };

enum fault flight_seal(struct desk *d, uint8_t *out, const struct pan *pan, struct expiry e)
{
    uint8_t plain[PLAIN] = { 0 };
    struct buf b = BUF(plain);
    struct span digits = pan_digits(pan);
    struct key_ask ask = { .use = KEY_USE_CARD, .in = { plain, sizeof plain } };
    enum fault f;

    wire_put(&b, digits.n, 1);
    buf_span(&b, digits);
    b.n = 1 + PAN_DIGITS_MAX;
    wire_put(&b, e.year, 2);
    wire_put(&b, e.month, 1);
    f = desk_seal(d, out, &ask);
    secret_wipe(plain, sizeof plain);
    return f;
}

enum fault flight_open(struct desk *d, struct pan *out, const struct key_ask *ask)
{
    uint8_t plain[PLAIN];
    enum fault f = desk_open(d, plain, ask);

    if (!f && (plain[0] > PAN_DIGITS_MAX || pan_read(out, (struct span){ plain + 1, plain[0] }) != PAN_FINE))
        f = FAULT_DENIED;
    secret_wipe(plain, sizeof plain);
    return f;
}
