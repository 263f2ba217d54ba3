/* net_card.c: the simulated network's questions and their answers, packed and unpacked. */
#include "keyholder/net_card.h"

#include <string.h>

#include "keyholder/net_wire.h"
#include "keyholder/wire.h"

#include "base/banned.h"

#define SERIAL_END (UINT64_C(1) << NET_SERIAL_BITS)

uint64_t net_tokens_max(enum scheme s)
{
    switch (s) {
    case SCHEME_VISA: case SCHEME_MASTERCARD: case SCHEME_RUPAY:
        return 1000000000;
    case SCHEME_AMEX:
        return 100000000;
    case SCHEME_DINERS:
        return 10000000;
    case SCHEME_UNKNOWN: case SCHEMES:
        break;
    }
    return 0;
}

bool net_token_is_sound(struct net_token t)
{
    return t.counter >= 1 && t.counter <= net_tokens_max(t.scheme);
}

void net_token_pack(struct buf *out, struct net_token t)
{
    wire_put(out, t.scheme, 1);
    wire_put(out, t.counter, 8);
}

static struct net_token take_token(struct wire *r)
{
    struct net_token t = { (enum scheme)wire_number(r, 1), 0 };

    t.counter = wire_number(r, 8);
    return t;
}

bool net_token_unpack(struct net_token *out, struct span in)
{
    struct wire r = { in, false };

    *out = take_token(&r);
    return wire_done(&r) && net_token_is_sound(*out);
}

void net_amount_pack(struct buf *out, const struct money *amount)
{
    const struct money none = { 0 };

    if (!amount || amount->minor == 0)
        amount = &none;
    wire_put(out, (uint64_t)amount->minor, 8);
    buf_put(out, amount->currency, 3);
}

bool net_cover_unpack(struct net_cover *out, struct span in)
{
    struct wire r = { in, false };

    *out = (struct net_cover){ .token = take_token(&r) };
    out->payment = (enum net_payment)wire_number(&r, 1);
    out->serial = wire_number(&r, NET_SERIAL_BYTES);
    out->amount.minor = (int64_t)wire_number(&r, 8);
    wire_copy(&r, out->amount.currency, 3);
    return wire_done(&r) && net_token_is_sound(out->token) && (unsigned)out->payment <= NET_SUBS &&
           out->amount.minor >= 0;
}

/* Make a question whose answer has `room` bytes. */
static enum fault make(struct key_ask *out, struct arena *a, const struct key_ask *ask, size_t room)
{
    *out = *ask;
    out->use = ask->op == KEY_NET_CARD ? KEY_USE_CARD : KEY_USE_NETWORK;
    out->out = arena_buf(a, room);
    return out->out.full ? FAULT_INTERNAL : FAULT_NONE;
}

/* What a fault of an answer means to whoever put the question through here. */
static enum fault fault_of(const struct key_ask *answered)
{
    switch (answered->fault) {
    case FAULT_NONE: case FAULT_SILENT: case FAULT_DENIED:
        return answered->fault;
    case FAULT_BAD_INPUT: case FAULT_UNKNOWN_CALLER: case FAULT_NOT_FOUND: case FAULT_EXISTS: case FAULT_WRONG_STATE:
    case FAULT_MISMATCH: case FAULT_TOO_MANY: case FAULT_BUSY: case FAULT_DISK: case FAULT_RETRY: case FAULT_INTERNAL:
        break;
    }
    return FAULT_INTERNAL;
}

enum fault net_card_ask(struct key_ask *out, struct arena *a, struct span flight)
{
    if (flight.n != CARD_FLIGHT)
        return FAULT_BAD_INPUT;
    return make(out, a, &(struct key_ask){ .op = KEY_NET_CARD, .in = flight }, NET_CARD_RESULT);
}

void net_card_pack(struct buf *out, const struct net_card *c)
{
    buf_put(out, c->pan_mac, NET_PAN_MAC);
    buf_put(out, c->par, NET_PAR_CHARS);
    wire_put(out, c->scheme, 1);
    wire_put(out, c->bin8.number, 4);
    buf_put(out, c->last4.text, 4);
    wire_put(out, c->test_card, 1);
}

enum fault net_card_read(struct net_card *out, const struct key_ask *answered)
{
    struct wire r = { buf_view(&answered->out), false };

    *out = (struct net_card){ .test_card = NET_NO_TEST_CARD };
    if (answered->fault)
        return fault_of(answered);
    wire_copy(&r, out->pan_mac, NET_PAN_MAC);
    wire_copy(&r, out->par, NET_PAR_CHARS);
    out->scheme = (enum scheme)wire_number(&r, 1);
    out->bin8.number = (uint32_t)wire_number(&r, 4);
    wire_copy(&r, out->last4.text, 4);
    out->test_card = (uint8_t)wire_number(&r, 1);
    if (wire_done(&r) && out->scheme > SCHEME_UNKNOWN && out->scheme < SCHEMES)
        return FAULT_NONE;
    *out = (struct net_card){ .test_card = NET_NO_TEST_CARD };
    return FAULT_INTERNAL;
}

enum fault net_number_ask(struct key_ask *out, struct arena *a, struct net_token t)
{
    struct buf in = arena_buf(a, NET_TOKEN_BYTES);

    if (!net_token_is_sound(t))
        return FAULT_BAD_INPUT;
    net_token_pack(&in, t);
    if (in.full)
        return FAULT_INTERNAL;
    return make(out, a, &(struct key_ask){ .op = KEY_NET_NUMBER, .in = buf_view(&in) }, NET_NUMBER_BYTES);
}

void net_number_pack(struct buf *out, const char digits[static NET_NUMBER])
{
    size_t n = strnlen(digits, PAN_DIGITS_MAX);

    wire_put(out, n, 1);
    buf_put(out, digits, n);
    for (; n < PAN_DIGITS_MAX; n++)
        buf_byte(out, 0);
}

static void take_number(struct wire *r, char out[static NET_NUMBER])
{
    size_t n = wire_number(r, 1);

    wire_copy(r, out, PAN_DIGITS_MAX);
    out[PAN_DIGITS_MAX] = '\0';
    if (n < 1 || n != strnlen(out, NET_NUMBER))
        r->bad = true;
}

enum fault net_number_read(char out[static NET_NUMBER], const struct key_ask *answered)
{
    struct wire r = { buf_view(&answered->out), false };

    out[0] = '\0';
    if (answered->fault)
        return fault_of(answered);
    take_number(&r, out);
    if (wire_done(&r))
        return FAULT_NONE;
    out[0] = '\0';
    return FAULT_INTERNAL;
}

enum fault net_tavv_ask(struct key_ask *out, struct arena *a, const struct net_cover *c)
{
    struct buf in = arena_buf(a, NET_COVER_BYTES);

    if (!net_token_is_sound(c->token) || (unsigned)c->payment > NET_SUBS || c->serial >= SERIAL_END ||
        c->amount.minor < 0)
        return FAULT_BAD_INPUT;
    net_token_pack(&in, c->token);
    wire_put(&in, c->payment, 1);
    wire_put(&in, c->serial, NET_SERIAL_BYTES);
    net_amount_pack(&in, &c->amount);
    if (in.full)
        return FAULT_INTERNAL;
    return make(out, a, &(struct key_ask){ .op = KEY_NET_TAVV, .in = buf_view(&in) }, NET_TAVV_RESULT);
}

enum fault net_tavv_read(struct net_tavv *out, const struct key_ask *answered)
{
    struct wire r = { buf_view(&answered->out), false };

    *out = (struct net_tavv){ 0 };
    if (answered->fault)
        return fault_of(answered);
    take_number(&r, out->number);
    wire_copy(&r, out->tavv, NET_TAVV_CHARS);
    if (wire_done(&r))
        return FAULT_NONE;
    *out = (struct net_tavv){ 0 };
    return FAULT_INTERNAL;
}

enum fault net_find_ask(struct key_ask *out, struct arena *a, struct span number)
{
    if (number.n > NET_PRESENTED_MAX)
        number = (struct span){ 0 };  /* no number at all, as little ours as this one */
    return make(out, a, &(struct key_ask){ .op = KEY_NET_READ, .in = number }, NET_TOKEN_BYTES);
}

enum fault net_find_read(struct net_token *out, const struct key_ask *answered)
{
    struct wire r = { buf_view(&answered->out), false };
    struct net_token t;

    *out = (struct net_token){ 0 };
    if (answered->fault)
        return fault_of(answered);
    t = take_token(&r);
    if (!wire_done(&r))
        return FAULT_INTERNAL;
    if (!net_token_is_sound(t))
        return FAULT_NOT_FOUND;
    *out = t;
    return FAULT_NONE;
}

enum fault net_check_ask(struct key_ask *out, struct arena *a, struct span number, struct span tavv,
                         const struct money *amount)
{
    struct buf about = arena_buf(a, NET_AMOUNT_BYTES);

    if (number.n > NET_PRESENTED_MAX)
        number = (struct span){ 0 };
    if (tavv.n > NET_PRESENTED_MAX)
        tavv = (struct span){ 0 };
    net_amount_pack(&about, amount);
    if (about.full)
        return FAULT_INTERNAL;
    return make(out, a, &(struct key_ask){ .op = KEY_NET_CHECK, .in = number, .presented = tavv,
                                           .about = buf_view(&about) }, NET_CHECK_RESULT);
}

void net_checked_pack(struct buf *out, const struct net_checked *c)
{
    wire_put(out, c->verdict, 1);
    net_token_pack(out, c->token);
    wire_put(out, c->payment, 1);
    wire_put(out, c->serial, NET_SERIAL_BYTES);
}

enum fault net_check_read(struct net_checked *out, const struct key_ask *answered)
{
    struct wire r = { buf_view(&answered->out), false };

    *out = (struct net_checked){ .verdict = NET_WRONG };
    if (answered->fault)
        return fault_of(answered);
    out->verdict = (enum net_verdict)wire_number(&r, 1);
    out->token = take_token(&r);
    out->payment = (enum net_payment)wire_number(&r, 1);
    out->serial = wire_number(&r, NET_SERIAL_BYTES);
    if (wire_done(&r) && (unsigned)out->verdict < NET_VERDICTS && (unsigned)out->payment <= NET_SUBS)
        return FAULT_NONE;
    *out = (struct net_checked){ .verdict = NET_WRONG };
    return FAULT_INTERNAL;
}
