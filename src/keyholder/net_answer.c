/* net_answer.c: the simulated network's answers: who a card is, token numbers, and cryptograms. */
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "domain/cardscan.h"
#include "domain/test_cards.h"
#include "keyholder/flight.h"
#include "keyholder/net_wire.h"
#include "keyholder/parts.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum {
    IIN = 6,                          /* digits of a token's prefix */
    TAVV_BYTES = 20, TAVV_HEAD = 1 + NET_SERIAL_BYTES, TAVV_MAC = TAVV_BYTES - TAVV_HEAD, TAVV_HALF = TAVV_MAC / 2,
    FLAG_SUBS = 1, FLAG_AMOUNT = 2,
    PAR_PREFIX = 4, PAR_BASE = 36,
};

/* A token's first digits, of the range of its scheme and of no row of domain/bin.c; a PAR's first characters. */
static const struct { char prefix[IIN + 1], par[PAR_PREFIX + 1]; } schemes[SCHEMES] = {
    [SCHEME_VISA]       = { "489995", "V001" },
    [SCHEME_MASTERCARD] = { "229995", "5001" },
    [SCHEME_RUPAY]      = { "829995", "R001" },
    [SCHEME_AMEX]       = { "349995", "A001" },
    [SCHEME_DINERS]     = { "369995", "D001" },
};

/* The last 25 digits of the MAC as a number of base 36. Its steps do not depend on the number. */
static void put_par(char out[static NET_PAR], enum scheme s, uint8_t mac[static CRYPT_SHA256])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    memcpy(out, schemes[s].par, PAR_PREFIX);
    for (size_t at = NET_PAR_CHARS; at-- > PAR_PREFIX;) {
        unsigned rest = 0;
        for (size_t i = 0; i < CRYPT_SHA256; i++) {
            rest = rest << 8 | mac[i];
            mac[i] = (uint8_t)(rest / PAR_BASE);
            rest %= PAR_BASE;
        }
        out[at] = digits[rest];
    }
    out[NET_PAR_CHARS] = '\0';
}

static enum fault open_flight(const struct heart *h, struct desk *d, struct flight *out, const struct key_ask *ask)
{
    struct pending_key key;
    enum fault f = pending_find(h->pending, &key, PENDING_FLIGHT, ask->in);

    if (!f)
        f = flight_open(d, out, &key, ask);
    secret_wipe(&key, sizeof key);
    return f;
}

enum fault net_card_answer(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    uint8_t mac[CRYPT_SHA256] = { 0 };
    struct net_card c = { .test_card = NET_NO_TEST_CARD };
    AUTO_FLIGHT flight = { .code_n = 0 };
    const struct pan *pan = &flight.pan;
    struct span digits;
    size_t rows, row;
    enum fault f = open_flight(h, d, &flight, ask);

    if (f)
        return f;
    digits = pan_digits(pan);
    f = crypt_mac(d->pan, mac, &digits, 1);
    memcpy(c.pan_mac, mac, NET_PAN_MAC);
    if (!f)
        f = crypt_mac(d->par, mac, &digits, 1);
    c.scheme = pan_scheme(pan);
    put_par(c.par, c.scheme, mac);
    c.bin8 = pan_bin8(pan);
    c.last4 = pan_last4(pan);
    (void)test_cards(&rows);
    row = test_card_find(pan);
    if (row < rows)
        c.test_card = (uint8_t)row;
    net_card_pack(&ask->out, &c);
    secret_wipe(mac, sizeof mac);
    return f;
}

static char check_digit(const char *digits, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned x = (unsigned)(digits[n - 1 - i] - '0') * (i % 2 ? 1 : 2);
        sum += x / 10 + x % 10;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

/* The token's number, NUL-terminated. */
static enum fault number_of(struct desk *d, char out[static NET_NUMBER], struct net_token t)
{
    size_t length = scheme_token_length(t.scheme), n = length - IIN - 1;
    uint8_t tweak = (uint8_t)t.scheme, digits[PAN_DIGITS_MAX];
    uint64_t rest = t.counter - 1;
    enum fault f;

    for (size_t i = n; i-- > 0; rest /= 10)
        digits[i] = (uint8_t)('0' + rest % 10);
    f = ff1_encrypt(d->numbers, digits, &(struct ff1_job){ { &tweak, 1 }, { digits, n } });
    if (f)
        return FAULT_INTERNAL;
    memcpy(out, schemes[t.scheme].prefix, IIN);
    memcpy(out + IIN, digits, n);
    out[length - 1] = check_digit(out, length - 1);
    out[length] = '\0';
    return FAULT_NONE;
}

/* The scheme whose token number `number` might be. */
static enum scheme scheme_of(struct span number)
{
    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++)
        if (number.n == scheme_token_length(s) && memcmp(number.p, schemes[s].prefix, IIN) == 0)
            return s;
    return SCHEME_UNKNOWN;
}

/* The token of a number; of the unknown scheme when it is none of ours. */
static enum fault token_of(struct desk *d, struct net_token *out, struct span number)
{
    enum scheme s = scheme_of(number);
    uint8_t tweak = (uint8_t)s, digits[PAN_DIGITS_MAX];
    size_t n = number.n - IIN - 1;
    uint64_t counter = 0;

    *out = (struct net_token){ 0 };
    for (size_t i = 0; i < number.n && s; i++)
        if (number.p[i] < '0' || number.p[i] > '9')
            s = SCHEME_UNKNOWN;
    if (s == SCHEME_UNKNOWN || !cardscan_luhn(number))
        return FAULT_NONE;
    if (ff1_decrypt(d->numbers, digits, &(struct ff1_job){ { &tweak, 1 }, { number.p + IIN, n } }) != FAULT_NONE)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < n; i++)
        counter = 10 * counter + (uint64_t)(digits[i] - '0');
    *out = (struct net_token){ s, counter + 1 };
    return FAULT_NONE;
}

enum fault net_number_answer(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    char number[NET_NUMBER];
    struct net_token t;
    enum fault f;

    if (!net_token_unpack(&t, ask->in))
        return FAULT_BAD_INPUT;
    f = number_of(d, number, t);
    if (f)
        return f;
    net_number_pack(&ask->out, number);
    atomic_fetch_add_explicit(&h->counts->numbers, 1, memory_order_relaxed);
    return FAULT_NONE;
}

/* The MAC of a cryptogram's head; with `amount` (NET_AMOUNT_BYTES) it covers that too. */
static enum fault mac_head(struct desk *d, uint8_t mac[static CRYPT_SHA256], struct net_token t, struct span head,
                           struct span amount)
{
    uint8_t room[NET_TOKEN_BYTES];
    struct buf token = BUF(room);

    net_token_pack(&token, t);
    return crypt_mac(d->cryptogram, mac, (struct span[]){ buf_view(&token), head, amount }, 3);
}

/* The MAC's part of a cryptogram with this head, into `out`. Where an amount is covered, the first half is without it,
 * so that another amount is told from another token. */
static enum fault tavv_mac(struct desk *d, uint8_t out[static TAVV_MAC], struct net_token t, struct span head,
                           struct span amount)
{
    uint8_t mac[CRYPT_SHA256];
    enum fault f = mac_head(d, mac, t, head, (struct span){ 0 });

    memcpy(out, mac, TAVV_MAC);
    if (!f && head.p[0] & FLAG_AMOUNT) {
        f = mac_head(d, mac, t, head, amount);
        memcpy(out + TAVV_HALF, mac, TAVV_HALF);
    }
    secret_wipe(mac, sizeof mac);
    return f;
}

enum fault net_tavv_answer(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    uint8_t raw[TAVV_BYTES], room[NET_AMOUNT_BYTES];
    char number[NET_NUMBER];
    struct buf head = BUF(raw), amount = BUF(room);
    struct net_cover c;
    enum fault f;

    if (!net_cover_unpack(&c, ask->in))
        return FAULT_BAD_INPUT;
    wire_put(&head, (c.payment == NET_SUBS ? FLAG_SUBS : 0) | (c.amount.minor ? FLAG_AMOUNT : 0), 1);
    wire_put(&head, c.serial, NET_SERIAL_BYTES);
    net_amount_pack(&amount, &c.amount);
    f = number_of(d, number, c.token);
    if (!f)
        f = tavv_mac(d, raw + TAVV_HEAD, c.token, buf_view(&head), buf_view(&amount));
    if (f)
        return f;
    net_number_pack(&ask->out, number);
    base64_put(&ask->out, (struct span){ raw, sizeof raw });
    atomic_fetch_add_explicit(&h->counts->numbers, 1, memory_order_relaxed);
    return FAULT_NONE;
}

enum fault net_find_answer(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct net_token t;
    enum fault f = token_of(d, &t, ask->in);

    (void)h;
    net_token_pack(&ask->out, t);
    return f;
}

/* What `raw`, a cryptogram's bytes, says of the token, when its MAC holds. */
static enum fault check(struct desk *d, struct net_checked *c, const uint8_t raw[static TAVV_BYTES],
                        struct span amount)
{
    uint8_t mac[TAVV_MAC], flags = raw[0];
    struct wire r = { { raw + 1, NET_SERIAL_BYTES }, false };
    enum fault f = tavv_mac(d, mac, c->token, (struct span){ raw, TAVV_HEAD }, amount);
    bool first = secret_equal((struct span){ mac, TAVV_HALF }, (struct span){ raw + TAVV_HEAD, TAVV_HALF });
    bool second = secret_equal((struct span){ mac + TAVV_HALF, TAVV_HALF },
                               (struct span){ raw + TAVV_HEAD + TAVV_HALF, TAVV_HALF });

    c->verdict = NET_WRONG;
    if (f || !first || flags & ~(FLAG_SUBS | FLAG_AMOUNT) || !(second || flags & FLAG_AMOUNT))
        return f;
    c->verdict = second ? NET_GOOD : NET_AMOUNT;
    c->payment = flags & FLAG_SUBS ? NET_SUBS : NET_ECOM;
    c->serial = wire_number(&r, NET_SERIAL_BYTES);
    return FAULT_NONE;
}

enum fault net_check_answer(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    uint8_t raw[TAVV_BYTES + 1];
    struct buf b = BUF(raw);
    struct net_checked c = { .verdict = NET_NO_NUMBER };
    enum fault f = token_of(d, &c.token, ask->in);

    (void)h;
    if (!f && c.token.scheme) {
        c.verdict = NET_WRONG;
        if (ask->presented.n == NET_TAVV_CHARS && base64_read(&b, ask->presented) == FAULT_NONE && b.n == TAVV_BYTES)
            f = check(d, &c, raw, ask->about);
    }
    net_checked_pack(&ask->out, &c);
    return f;
}
