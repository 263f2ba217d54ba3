/* msg.c: packing and unpacking, each pair one above the other, so that reading one proves the other. */
#include "keyholder/msg.h"

#include <assert.h>

#include "base/banned.h"

enum { KIND_QUESTION = 'Q', KIND_REPLY = 'R' };

_Static_assert(FAULT_BAD_INPUT == 1 && FAULT_DENIED == 3 && FAULT_INTERNAL == 13, "the protocol names these numbers");

/* Reads from the front of `s`; once `bad`, everything it reads is zero or absent. */
struct reader { struct span s; bool bad; };

static void put_be(struct buf *b, uint64_t n, unsigned bytes)
{
    while (bytes--)
        buf_byte(b, (uint8_t)(n >> (8 * bytes)));
}

static struct span take(struct reader *r, size_t n)
{
    struct span s = { r->s.p, n };

    if (r->bad || n > r->s.n) {
        r->bad = true;
        return (struct span){ 0 };
    }
    r->s.p += n;
    r->s.n -= n;
    return s;
}

static uint64_t take_be(struct reader *r, unsigned bytes)
{
    struct span s = take(r, bytes);
    uint64_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n = n << 8 | s.p[i];
    return n;
}

static void put_head(struct buf *frame, uint8_t kind, uint32_t number, size_t n)
{
    assert(n >= 1 && n <= KEY_ASKS_MAX);
    buf_byte(frame, MSG_VERSION);
    buf_byte(frame, kind);
    put_be(frame, n, 2);
    put_be(frame, number, 4);
}

static size_t take_head(struct reader *r, uint8_t kind, uint32_t *number)
{
    size_t n;

    if (r->s.n > KEY_FRAME_MAX || take_be(r, 1) != MSG_VERSION || take_be(r, 1) != kind)
        r->bad = true;
    n = take_be(r, 2);
    *number = (uint32_t)take_be(r, 4);
    if (n < 1 || n > KEY_ASKS_MAX)
        r->bad = true;
    return r->bad ? 0 : n;
}

enum fault msg_result_size(size_t *n, const struct key_ask *ask)
{
    size_t in = ask->in.n, sealed = KEY_SEAL_EXTRA;

    /* Compared as numbers: an operation off the wire may be none of the names. */
    if ((unsigned)ask->op >= KEY_OPS || (unsigned)ask->use >= KEY_USES)
        return FAULT_BAD_INPUT;
    if (ask->about.n > KEY_ABOUT_MAX || ask->presented.n > KEY_IN_MAX)
        return FAULT_BAD_INPUT;
    switch (ask->op) {
    case KEY_SEAL:
        *n = in + sealed;
        return in <= KEY_IN_MAX ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_OPEN:
        *n = in < sealed ? 0 : in - sealed;
        return in >= sealed && in - sealed <= KEY_IN_MAX ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_MAC:
        *n = KEY_MAC_SIZE;
        return in <= KEY_IN_MAX ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_VERIFY:
        *n = 0;
        return in >= sealed && in - sealed <= KEY_IN_MAX ? FAULT_NONE : FAULT_BAD_INPUT;
    case KEY_HOURLY:
        *n = KEY_HOURLY_SIZE;
        return FAULT_NONE;
    case KEY_ID:
        *n = KEY_ID_SIZE;
        return FAULT_NONE;
    case KEY_SIGN: case KEY_CHECKSUM: case KEY_JWS: case KEY_ENCRYPT: case KEY_PUBLIC: case KEY_CARD:
    case KEY_NET_CARD: case KEY_NET_NUMBER: case KEY_NET_TAVV: case KEY_NET_READ: case KEY_NET_CHECK:
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
        put_be(frame, a->about.n, 2);
        put_be(frame, a->in.n, 4);
        put_be(frame, a->presented.n, 4);
        put_be(frame, a->number, 8);
        buf_span(frame, a->about);
        buf_span(frame, a->in);
        buf_span(frame, a->presented);
    }
}

enum fault msg_question_unpack(struct msg_question *out, struct span frame)
{
    struct reader r = { frame, false };

    out->n = take_head(&r, KIND_QUESTION, &out->number);
    for (size_t i = 0; i < out->n && !r.bad; i++) {
        struct key_ask a = { .op = (enum key_op)take_be(&r, 1), .use = (enum key_use)take_be(&r, 1) };
        size_t about = take_be(&r, 2), in = take_be(&r, 4), presented = take_be(&r, 4);
        a.number = take_be(&r, 8);
        a.about = take(&r, about);
        a.in = take(&r, in);
        a.presented = take(&r, presented);
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
    put_be(frame, n, 4);
    if (frame->full || n > frame->cap - frame->n)
        frame->full = true;
    else
        frame->n += n;                /* the bytes are there already */
}

enum fault msg_reply_number(uint32_t *number, struct span frame)
{
    struct reader r = { frame, false };

    (void)take_head(&r, KIND_REPLY, number);
    return r.bad ? FAULT_BAD_INPUT : FAULT_NONE;
}

/* What a keyholder may say of one ask. */
static bool is_answer(uint64_t f)
{
    return f == FAULT_NONE || f == FAULT_DENIED || f == FAULT_BAD_INPUT || f == FAULT_INTERNAL;
}

static struct span take_answer(struct reader *r, const struct key_ask *ask, enum fault *f)
{
    uint64_t said = take_be(r, 1);
    size_t n = take_be(r, 4), expected = 0;

    if (!is_answer(said) || msg_result_size(&expected, ask) != FAULT_NONE)
        r->bad = true;
    *f = r->bad ? FAULT_INTERNAL : (enum fault)said;
    if (n != (*f ? 0 : expected))
        r->bad = true;
    return take(r, n);
}

enum fault msg_reply_unpack(struct key_ask *const *asks, size_t n, struct span frame)
{
    struct span result[KEY_ASKS_MAX];
    enum fault fault[KEY_ASKS_MAX];
    struct reader r = { frame, false };
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
