/* msg.c: packing and unpacking, each pair one above the other, so that reading one proves the other. */
#include "keyholder/msg.h"

#include <assert.h>

#include "keyholder/audit_chain.h"
#include "keyholder/card_wire.h"
#include "keyholder/charge_wire.h"
#include "keyholder/jwe.h"
#include "keyholder/net_wire.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum { KIND_QUESTION = 'Q', KIND_REPLY = 'R' };

_Static_assert(FAULT_BAD_INPUT == 1 && FAULT_DENIED == 3 && FAULT_INTERNAL == 13, "the protocol names these numbers");

static void put_head(struct buf *frame, uint8_t kind, uint32_t number, size_t n)
{
    assert(n >= 1 && n <= KEY_ASKS_MAX);
    buf_byte(frame, MSG_VERSION);
    buf_byte(frame, kind);
    wire_put(frame, n, 2);
    wire_put(frame, number, 4);
}

static size_t take_head(struct wire *r, uint8_t kind, uint32_t *number)
{
    size_t n;

    if (r->s.n > KEY_FRAME_MAX || wire_number(r, 1) != MSG_VERSION || wire_number(r, 1) != kind)
        r->bad = true;
    n = wire_number(r, 2);
    *number = (uint32_t)wire_number(r, 4);
    if (n < 1 || n > KEY_ASKS_MAX)
        r->bad = true;
    return r->bad ? 0 : n;
}

/* A sealed record of `min` to `max` bytes of plaintext? */
static bool is_record(struct span in, size_t min, size_t max)
{
    return in.n >= min + KEY_SEAL_EXTRA && in.n <= max + KEY_SEAL_EXTRA;
}

/* A link of the audit chain: a head, and a digest for each row that it counts? */
static bool is_link(struct span in)
{
    enum { AT_ROWS = 16, ROWS = 4 };
    uint32_t rows = 0;

    if (in.n < CHAIN_HEAD || in.n > CHAIN_HEAD + CHAIN_ROWS_MAX * CHAIN_DIGEST)
        return false;
    for (size_t i = 0; i < ROWS; i++)
        rows = rows << 8 | in.p[AT_ROWS + i];
    return in.n == CHAIN_HEAD + (size_t)rows * CHAIN_DIGEST;
}

/* The first number that an id key goes for comes with a rotation of ids alone. */
static bool is_rotation(const struct key_ask *ask)
{
    return ask->number < KEY_PURPOSES && ask->in.n == (ask->number == KEY_PURPOSE_ID ? 8 : 0);
}

/* The same for what partners, networks and the acquirer are asked of; `ask` is an operation of theirs. */
static bool is_partner_size(size_t *n, const struct key_ask *ask)
{
    size_t told = ask->presented.n;

    switch (ask->op) {
    case KEY_SIGN:
        *n = KEY_PAYTM_SIGNATURE;
        return is_record(ask->in, MSG_PAYTM_KEY_MIN, MSG_PAYTM_KEY_MAX);
    case KEY_CHECKSUM:
        *n = 0;
        return is_record(ask->in, MSG_PAYTM_KEY_MIN, MSG_PAYTM_KEY_MAX) && told >= KEY_PAYTM_SIGNATURE;
    case KEY_JWS:
        *n = 0;
        return is_record(ask->in, MSG_PAYTM_KEY_MIN, MSG_PAYTM_KEY_MAX) && told >= KEY_JWS_MAC;
    case KEY_ENCRYPT:
        *n = told * 4 / 3 + KEY_JWE_EXTRA;
        return is_record(ask->in, 1, MSG_PUBLIC_TEXT_MAX) && told <= JWE_TEXT_MAX && ask->number < JWE_ENCS;
    case KEY_PUBLIC:
        *n = KEY_PUBLIC_MAX;
        return ask->number < CARD_FORMS;
    case KEY_CARD:
        *n = CARD_RESULT;
        return card_is_askable(ask);
    case KEY_NET_CARD:
        *n = NET_CARD_RESULT;
        return ask->in.n == CARD_FLIGHT;
    case KEY_NET_NUMBER:
        *n = NET_NUMBER_BYTES;
        return ask->in.n == NET_TOKEN_BYTES;
    case KEY_NET_TAVV:
        *n = NET_TAVV_RESULT;
        return ask->in.n == NET_COVER_BYTES;
    case KEY_NET_READ:
        *n = NET_TOKEN_BYTES;
        return ask->in.n <= NET_PRESENTED_MAX;
    case KEY_NET_CHECK:
        *n = NET_CHECK_RESULT;
        return ask->in.n <= NET_PRESENTED_MAX && told <= NET_PRESENTED_MAX && ask->about.n == NET_AMOUNT_BYTES;
    case KEY_CHARGE:
        *n = CHARGE_RESULT;
        return ask->in.n == CARD_CHARGE;
    case KEY_SEAL: case KEY_OPEN: case KEY_MAC: case KEY_VERIFY: case KEY_HOURLY: case KEY_ID: case KEY_HMAC:
    case KEY_TICK: case KEY_CHAIN: case KEY_RESEAL: case KEY_RING: case KEY_ROTATE: case KEY_DESTROY: case KEY_OPS:
        break;
    }
    return false;
}

bool msg_is_shorter(enum key_op op)
{
    return op == KEY_ENCRYPT || op == KEY_PUBLIC;
}

bool msg_is_slow(enum key_op op)
{
    return op == KEY_CARD;
}

enum fault msg_result_size(size_t *n, const struct key_ask *ask)
{
    /* Compared as numbers: an operation off the wire may be none of the names. */
    if ((unsigned)ask->op >= KEY_OPS || (unsigned)ask->use >= KEY_USES)
        return FAULT_BAD_INPUT;
    if (ask->about.n > KEY_ABOUT_MAX || ask->presented.n > KEY_IN_MAX)
        return FAULT_BAD_INPUT;
    switch (ask->op) {
    case KEY_SEAL:
        *n = ask->in.n + KEY_SEAL_EXTRA;
        return ask->in.n <= KEY_IN_MAX ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_OPEN:
        *n = ask->in.n < KEY_SEAL_EXTRA ? 0 : ask->in.n - KEY_SEAL_EXTRA;
        return is_record(ask->in, 0, KEY_IN_MAX) ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_MAC:
        *n = KEY_MAC_SIZE;
        return ask->in.n <= KEY_IN_MAX ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_VERIFY:
        *n = 0;
        return is_record(ask->in, 0, KEY_IN_MAX) ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_HOURLY:
        *n = KEY_HOURLY_SIZE;
        return FAULT_NONE;
    case KEY_ID:
        *n = KEY_ID_SIZE;
        return FAULT_NONE;
    case KEY_SIGN: case KEY_CHECKSUM: case KEY_JWS: case KEY_ENCRYPT: case KEY_PUBLIC: case KEY_CARD:
    case KEY_NET_CARD: case KEY_NET_NUMBER: case KEY_NET_TAVV: case KEY_NET_READ: case KEY_NET_CHECK: case KEY_CHARGE:
        return is_partner_size(n, ask) ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_HMAC:
        *n = KEY_MAC_SIZE;
        return is_record(ask->in, 1, MSG_SECRET_MAX) ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_TICK:
        *n = 0;
        return ask->in.n == 0 ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_CHAIN:
        *n = CHAIN_RESULT;
        return is_link(ask->in) ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_RESEAL:
        *n = ask->in.n;
        return is_record(ask->in, 0, KEY_IN_MAX) ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_RING:
        *n = KEY_RING_SIZE;
        return ask->in.n == 0 ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_ROTATE:
        *n = 0;
        return is_rotation(ask) ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_DESTROY:
        *n = 0;
        return ask->number < KEY_PURPOSES && ask->in.n == KEY_RING_ID ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_OPS:
        break;
    }
    return FAULT_BAD_INPUT;
}

size_t msg_ask_size(const struct key_ask *ask)
{
    return MSG_ASK_HEAD + ask->about.n + ask->in.n + ask->presented.n;
}

size_t msg_answer_size(size_t result)
{
    return MSG_ANSWER_HEAD + result;
}

void msg_question_pack(struct buf *frame, uint32_t number, struct key_ask *const *asks, size_t n)
{
    put_head(frame, KIND_QUESTION, number, n);
    for (size_t i = 0; i < n; i++) {
        const struct key_ask *a = asks[i];
        buf_byte(frame, (uint8_t)a->op);
        buf_byte(frame, (uint8_t)a->use);
        wire_put(frame, a->about.n, 2);
        wire_put(frame, a->in.n, 4);
        wire_put(frame, a->presented.n, 4);
        wire_put(frame, a->number, 8);
        buf_span(frame, a->about);
        buf_span(frame, a->in);
        buf_span(frame, a->presented);
    }
}

enum fault msg_question_unpack(struct msg_question *out, struct span frame)
{
    struct wire r = { frame, false };

    out->n = take_head(&r, KIND_QUESTION, &out->number);
    for (size_t i = 0; i < out->n && !r.bad; i++) {
        struct key_ask a = { .op = (enum key_op)wire_number(&r, 1), .use = (enum key_use)wire_number(&r, 1) };
        size_t about = wire_number(&r, 2), in = wire_number(&r, 4), presented = wire_number(&r, 4);
        a.number = wire_number(&r, 8);
        a.about = wire_take(&r, about);
        a.in = wire_take(&r, in);
        a.presented = wire_take(&r, presented);
        out->asks[i] = a;
    }
    return r.bad || r.s.n ? FAULT_BAD_INPUT : FAULT_NONE;
}

void msg_reply_pack(struct buf *frame, uint32_t number, size_t n)
{
    put_head(frame, KIND_REPLY, number, n);
}

struct buf msg_answer_room(const struct buf *frame, size_t result)
{
    size_t left = frame->cap - frame->n;

    if (frame->full || left < msg_answer_size(result))
        return (struct buf){ .full = true };
    return (struct buf){ frame->p + frame->n + MSG_ANSWER_HEAD, 0, result, false };
}

void msg_answer_close(struct buf *frame, const struct buf *room, enum fault f)
{
    size_t n = f ? 0 : room->n;

    buf_byte(frame, (uint8_t)f);
    wire_put(frame, n, 4);
    if (frame->full || n > frame->cap - frame->n)
        frame->full = true;
    else
        frame->n += n;                /* the bytes are there already */
}

enum fault msg_reply_number(uint32_t *number, struct span frame)
{
    struct wire r = { frame, false };

    (void)take_head(&r, KIND_REPLY, number);
    return r.bad ? FAULT_BAD_INPUT : FAULT_NONE;
}

/* What a keyholder may say of one ask. */
static bool is_answer(uint64_t f)
{
    return f == MSG_SEALED || f == FAULT_NONE || f == FAULT_DENIED || f == FAULT_BAD_INPUT || f == FAULT_INTERNAL;
}

static struct span take_answer(struct wire *r, const struct key_ask *ask, enum fault *f)
{
    uint64_t said = wire_number(r, 1);
    size_t n = wire_number(r, 4), expected = 0;

    if (!is_answer(said) || msg_result_size(&expected, ask) != FAULT_NONE)
        r->bad = true;
    *f = r->bad ? FAULT_INTERNAL : (enum fault)said;
    if (*f ? n != 0 : msg_is_shorter(ask->op) ? n > expected : n != expected)
        r->bad = true;
    return wire_take(r, n);
}

enum fault msg_reply_unpack(struct key_ask *const *asks, size_t n, struct span frame)
{
    struct span result[KEY_ASKS_MAX];
    enum fault fault[KEY_ASKS_MAX];
    struct wire r = { frame, false };
    uint32_t number;

    assert(n <= KEY_ASKS_MAX);
    if (take_head(&r, KIND_REPLY, &number) != n)
        return FAULT_BAD_INPUT;
    for (size_t i = 0; i < n; i++)
        result[i] = take_answer(&r, asks[i], &fault[i]);
    if (r.bad || r.s.n)
        return FAULT_BAD_INPUT;
    for (size_t i = 0; i < n; i++) {
        buf_span(&asks[i]->out, result[i]);
        asks[i]->fault = asks[i]->out.full ? FAULT_INTERNAL : fault[i];
    }
    return FAULT_NONE;
}
