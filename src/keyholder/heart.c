/* heart.c: who may ask what, and the answers. */
#include "keyholder/heart.h"

#include <stdlib.h>

#include "keyholder/desk.h"
#include "keyholder/msg.h"

#include "base/banned.h"

enum { HEART_DESKS = 8 };             /* threads that answer at once; a further one waits its turn */

/* After heart_new() nothing changes but what is on the desks, and each of those has its lock. */
struct heart {
    struct desk *desk[HEART_DESKS];
    struct secret *id;
};

/* Write the result of `ask`, whose sizes are in range, into its `out`, which has room for it. */
typedef enum fault runner(const struct heart *h, struct desk *d, struct key_ask *ask);
static runner seal, open_record, mac, verify, hourly, id;

#define USE(name) (1u << KEY_USE_##name)
#define ANY_USE ((1u << KEY_USES) - 1)

/* A credential has no row with `open_record`: whatever the rights, it is never told. */
static const struct { unsigned uses, needs; runner *run; } rules[KEY_OPS] = {
    [KEY_SEAL]   = { USE(CREDENTIAL) | USE(PRIVATE) | USE(ANSWER), MAY_SEAL, seal },
    [KEY_OPEN]   = { USE(PRIVATE) | USE(ANSWER), MAY_OPEN, open_record },
    [KEY_MAC]    = { USE(DIGEST) | USE(CHECK), MAY_MAC, mac },
    [KEY_VERIFY] = { USE(CREDENTIAL), MAY_VERIFY, verify },
    [KEY_HOURLY] = { ANY_USE, MAY_HOURLY, hourly },
    [KEY_ID]     = { ANY_USE, MAY_ID, id },
};

enum fault heart_new(struct heart **out, const struct secret *master)
{
    struct heart *h;
    enum fault f = FAULT_NONE;

    if (master->n != HEART_MASTER)
        return FAULT_BAD_INPUT;
    h = calloc(1, sizeof *h);
    if (!h)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < HEART_DESKS && !f; i++)
        f = desk_new(&h->desk[i], master);
    if (!f)
        f = secret_new(&h->id, KEY_ID_SIZE);
    if (!f)
        f = desk_derive(h->id->bytes, h->id->n, master, "id");
    if (f) {
        heart_free(h);
        return f;
    }
    *out = h;
    return FAULT_NONE;
}

void heart_free(struct heart *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < HEART_DESKS; i++)
        desk_free(h->desk[i]);
    secret_free(h->id);
    free(h);
}

static struct desk *claim_desk(const struct heart *h)
{
    for (size_t i = 0; i < HEART_DESKS; i++)
        if (pthread_mutex_trylock(&h->desk[i]->lock) == 0)
            return h->desk[i];
    pthread_mutex_lock(&h->desk[0]->lock);
    return h->desk[0];
}

static enum fault answer_one(const struct heart *h, unsigned may, struct desk *d, struct key_ask *ask)
{
    size_t ignored;

    if (msg_result_size(&ignored, ask) != FAULT_NONE)
        return FAULT_BAD_INPUT;
    if (!(rules[ask->op].uses & (1u << ask->use)) || (rules[ask->op].needs & ~may))
        return FAULT_DENIED;
    return rules[ask->op].run(h, d, ask);
}

/* Bytes of the whole reply if nothing were refused. */
static size_t reply_size(const struct msg_question *q)
{
    size_t total = MSG_HEAD;

    for (size_t i = 0; i < q->n; i++) {
        size_t result = 0;
        if (msg_result_size(&result, &q->asks[i]) != FAULT_NONE)
            result = 0;
        total += msg_answer_size(result);
    }
    return total;
}

enum fault heart_answer(const struct heart *h, unsigned may, struct buf *reply, struct span frame)
{
    struct msg_question q;
    enum fault f = msg_question_unpack(&q, frame);
    struct desk *d;
    struct span whole;

    if (f)
        return f;
    if (reply_size(&q) > KEY_FRAME_MAX)
        return FAULT_BAD_INPUT;
    d = claim_desk(h);
    msg_reply_pack(reply, q.number, q.n);
    for (size_t i = 0; i < q.n; i++) {
        struct key_ask *ask = &q.asks[i];
        size_t result = 0;
        if (msg_result_size(&result, ask) != FAULT_NONE)
            result = 0;
        ask->out = msg_answer_room(reply, result);
        f = ask->out.full ? FAULT_INTERNAL : answer_one(h, may, d, ask);
        msg_answer_close(reply, &ask->out, f);
    }
    pthread_mutex_unlock(&d->lock);
    return buf_done(reply, &whole);
}

static enum fault seal(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    (void)h;
    ask->out.n = ask->out.cap;
    return desk_seal(d, ask->out.p, ask);
}

static enum fault open_record(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    (void)h;
    ask->out.n = ask->out.cap;
    return desk_open(d, ask->out.p, ask);
}

/* The length before `about` keeps ("ab", "c") and ("a", "bc") apart. */
static enum fault mac(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    uint8_t length[2] = { (uint8_t)(ask->about.n >> 8), (uint8_t)ask->about.n };
    struct span parts[] = { { length, 2 }, ask->about, ask->in };

    (void)h;
    ask->out.n = ask->out.cap;
    return crypt_mac(d->keyed[ask->use], ask->out.p, parts, 3);
}

static enum fault verify(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct span is = { d->scratch, ask->in.n - KEY_SEAL_EXTRA };
    enum fault f = desk_open(d, d->scratch, ask);

    (void)h;
    if (!f && !secret_equal(is, ask->presented))
        f = FAULT_DENIED;
    secret_wipe(d->scratch, is.n);
    return f;
}

static enum fault hourly(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    uint8_t hour[8];
    struct span parts[] = { SPAN("order-token"), { hour, sizeof hour } };

    (void)h;
    for (size_t i = 0; i < sizeof hour; i++)
        hour[i] = (uint8_t)(ask->number >> (56 - 8 * i));
    ask->out.n = ask->out.cap;
    return crypt_mac(d->hourly, ask->out.p, parts, 2);
}

static enum fault id(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    (void)d;
    buf_span(&ask->out, secret_span(h->id));
    return FAULT_NONE;
}
