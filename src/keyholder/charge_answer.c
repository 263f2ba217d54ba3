/* charge_answer.c: the acquirer's answer: who a card with its code is. */
#include <string.h>

#include "base/secret.h"
#include "domain/test_cards.h"
#include "keyholder/charge_wire.h"
#include "keyholder/flight.h"
#include "keyholder/parts.h"

#include "base/banned.h"

/* The published wrong code is all nines, and none is not right either. Takes the same time for any code of that
 * length. */
static bool is_right_code(const struct flight *c)
{
    unsigned other = 0;

    for (size_t i = 0; i < c->code_n; i++)
        other |= (unsigned)c->code[i] ^ '9';
    return other != 0;
}

static enum fault tell_card(struct desk *d, struct charge_card *out, const struct flight *c)
{
    uint8_t mac[CRYPT_SHA256] = { 0 };
    struct span digits = pan_digits(&c->pan);
    enum fault f = crypt_mac(d->acquirer_pan, mac, &digits, 1);
    size_t rows, row;

    memcpy(out->pan_mac, mac, NET_PAN_MAC);
    secret_wipe(mac, sizeof mac);
    out->scheme = pan_scheme(&c->pan);
    out->bin8 = pan_bin8(&c->pan);
    out->last4 = pan_last4(&c->pan);
    out->expiry = c->expiry;
    (void)test_cards(&rows);
    row = test_card_find(&c->pan);
    if (row < rows)
        out->test_card = (uint8_t)row;
    return f;
}

static enum fault open_charge(const struct heart *h, struct desk *d, struct flight *out, const struct key_ask *ask)
{
    struct pending_key key;
    enum fault f = pending_find(h->pending, &key, PENDING_CHARGE, ask->in);

    if (!f)
        f = flight_open(d, out, &key, ask);
    secret_wipe(&key, sizeof key);
    return f;
}

enum fault charge_answer(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct charge_card told = { .test_card = NET_NO_TEST_CARD };
    AUTO_FLIGHT c = { .code_n = 0 };
    enum fault f = open_charge(h, d, &c, ask);

    if (!f && !c.code_alone)
        f = tell_card(d, &told, &c);
    if (f)
        return f;
    told.has_code = c.code_n > 0;
    told.code_is_right = is_right_code(&c);
    charge_pack(&ask->out, &told);
    atomic_fetch_add_explicit(&h->counts->cards, 1, memory_order_relaxed);
    expiry_fini(&told.expiry);
    return FAULT_NONE;
}
