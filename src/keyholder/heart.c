/* heart.c: who may ask what, and the answers. */
#include "keyholder/heart.h"

#include <stdlib.h>

#include "keyholder/msg.h"
#include "keyholder/partner_keys.h"
#include "keyholder/parts.h"
#include "keyholder/pending.h"

#include "base/banned.h"

static heart_runner seal, open_record, reseal, mac, verify, hourly, network_id, hmac;

#define USE(name) (1u << KEY_USE_##name)
#define OWN_USES (USE(CREDENTIAL) | USE(PRIVATE) | USE(ANSWER) | USE(DIGEST) | USE(CHECK) | USE(PAYTM) | \
                  USE(RECIPIENT) | USE(CARD))
#define SEALED_USES (USE(CREDENTIAL) | USE(PRIVATE) | USE(ANSWER) | USE(PAYTM) | USE(RECIPIENT) | USE(BACKUP))

/* Pieces of a backup lie elsewhere, under the generation they were made with. */
#define RESEALED_USES (SEALED_USES & ~USE(BACKUP))

/* Who may ask what of which use. A credential, a Paytm key, a recipient and a backup have no row with `open_record`:
 * whatever the rights, they are never told. */
static const struct rule { enum key_op op; unsigned uses, needs; heart_runner *run; } rules[] = {
    { KEY_SEAL,       SEALED_USES,                 MAY_SEAL,    seal },
    { KEY_OPEN,       USE(PRIVATE) | USE(ANSWER),  MAY_OPEN,    open_record },
    { KEY_MAC,        USE(DIGEST) | USE(CHECK),    MAY_MAC,     mac },
    { KEY_VERIFY,     USE(CREDENTIAL),             MAY_VERIFY,  verify },
    { KEY_HOURLY,     OWN_USES,                    MAY_HOURLY,  hourly },
    { KEY_ID,         OWN_USES,                    MAY_ID,      ring_id },
    { KEY_ID,         USE(NETWORK),                MAY_NET,     network_id },
    { KEY_SIGN,       USE(PAYTM),                  MAY_SIGN,    partner_sign },
    { KEY_CHECKSUM,   USE(PAYTM),                  MAY_SIGN,    partner_checksum },
    { KEY_JWS,        USE(PAYTM),                  MAY_SIGN,    partner_jws },
    { KEY_ENCRYPT,    USE(RECIPIENT),              MAY_ENCRYPT, partner_encrypt },
    { KEY_PUBLIC,     USE(CARD),                   MAY_CARD,    card_public },
    { KEY_CARD,       USE(CARD),                   MAY_CARD,    card_open },
    { KEY_NET_CARD,   USE(CARD),                   MAY_NET,     net_card_answer },
    { KEY_NET_NUMBER, USE(NETWORK),                MAY_NET,     net_number_answer },
    { KEY_NET_TAVV,   USE(NETWORK),                MAY_NET,     net_tavv_answer },
    { KEY_NET_READ,   USE(NETWORK),                MAY_NET,     net_find_answer },
    { KEY_NET_CHECK,  USE(NETWORK),                MAY_NET,     net_check_answer },
    { KEY_HMAC,       USE(CREDENTIAL),             MAY_HMAC,    hmac },
    { KEY_TICK,       USE(CARD),                   MAY_CARD,    card_tick },
    { KEY_CHARGE,     USE(CARD),                   MAY_ACQUIRE, charge_answer },
    { KEY_CHAIN,      USE(AUDIT),                  MAY_CHAIN,   chain_answer },
    { KEY_RESEAL,     RESEALED_USES,               MAY_RESEAL,  reseal },
    { KEY_RING,       OWN_USES,                    MAY_RING,    ring_tell },
    { KEY_ROTATE,     OWN_USES,                    MAY_ROTATE,  ring_rotate },
    { KEY_DESTROY,    OWN_USES,                    MAY_ROTATE,  ring_destroy },
};

/* The simulated network's id key is never rotated. */
static enum fault derive_network_id(struct heart *h, const struct keyring *ring)
{
    const struct keyring_entry *base = keyring_find(ring, KEY_PURPOSE_BASE, 0);
    struct span root = { base->root, KEYRING_ROOT };
    enum fault f = secret_new(&h->network_id, KEY_ID_SIZE);

    return f ? f : desk_derive(h->network_id->bytes, KEY_ID_SIZE, root, "network id");
}

/* Make the texts of the public halves once: nobody asks for them in a hurry, but often. */
static enum fault write_public_keys(struct heart *h)
{
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < CARD_FORMS && !f; i++) {
        struct buf b = BUF(h->public_text[i]);
        struct rsa_public *key = NULL;
        if (!h->card_key[i])
            continue;
        f = rsa_private_public(h->card_key[i], &key);
        if (!f)
            f = rsa_public_pem(key, &b);
        rsa_public_free(key);
        h->public_n[i] = b.n;
    }
    return f;
}

enum fault heart_of_ring(struct heart **out, const struct keyring *ring, const struct heart_keys *cards,
                         const struct heart_ring_port *port)
{
    struct heart_keys keys = cards ? *cards : (struct heart_keys){ 0 };
    struct heart *h = calloc(1, sizeof *h);
    enum fault f;

    if (!h) {
        rsa_private_free(keys.jwe);
        rsa_private_free(keys.rsa);
        return FAULT_INTERNAL;
    }
    h->card_key[CARD_FORM_JWE] = keys.jwe;
    h->card_key[CARD_FORM_RSA] = h->card_key[CARD_FORM_RSA_NUMBER] = keys.rsa;
    h->counts = calloc(1, sizeof *h->counts);
    f = h->counts ? heart_ring_new(&h->ring, ring, port) : FAULT_INTERNAL;
    if (!f)
        f = derive_network_id(h, ring);
    if (!f)
        f = partner_keys_new(&h->recipients);
    if (!f)
        f = pending_new(&h->pending);
    if (!f)
        f = chain_new(&h->chain);
    if (!f)
        f = write_public_keys(h);
    if (f) {
        heart_free(h);
        return f;
    }
    *out = h;
    return FAULT_NONE;
}

enum fault heart_new(struct heart **out, const struct secret *master, const struct heart_keys *cards)
{
    struct keyring *ring = NULL;
    enum fault f = keyring_of_master(&ring, master);

    if (f && cards) {
        rsa_private_free(cards->jwe);
        rsa_private_free(cards->rsa);
    }
    if (!f)
        f = heart_of_ring(out, ring, cards, NULL);
    keyring_free(ring);
    return f;
}

void heart_free(struct heart *h)
{
    if (!h)
        return;
    heart_ring_free(h->ring);
    secret_free(h->network_id);
    rsa_private_free(h->card_key[CARD_FORM_JWE]);
    rsa_private_free(h->card_key[CARD_FORM_RSA]);
    partner_keys_free(h->recipients);
    pending_free(h->pending);
    chain_free(h->chain);
    free(h->counts);
    free(h);
}

uint64_t heart_cards_opened(const struct heart *h)
{
    return atomic_load_explicit(&h->counts->cards, memory_order_relaxed);
}

uint64_t heart_numbers_told(const struct heart *h)
{
    return atomic_load_explicit(&h->counts->numbers, memory_order_relaxed);
}

void heart_told(const struct heart *h, int64_t now_ms)
{
    atomic_store_explicit(&h->ring->told_ms, now_ms < 0 ? 0 : now_ms, memory_order_relaxed);
    pending_tell(h->pending, now_ms);
}

void heart_time_passed(const struct heart *h, uint64_t ms)
{
    pending_pass(h->pending, ms);
}

/* One slow question makes the whole frame slow. */
static bool is_slow(const struct msg_question *q)
{
    for (size_t i = 0; i < q->n; i++)
        if (msg_is_slow(q->asks[i].op))
            return true;
    return false;
}

static const struct rule *rule_of(const struct key_ask *ask)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].op == ask->op && rules[i].uses & (1u << ask->use))
            return &rules[i];
    return NULL;
}

static enum fault answer_one(const struct heart *h, unsigned may, struct desk *d, struct key_ask *ask)
{
    const struct rule *rule;
    size_t ignored;

    if (msg_result_size(&ignored, ask) != FAULT_NONE)
        return FAULT_BAD_INPUT;
    rule = rule_of(ask);
    if (!rule || (rule->needs & ~may))
        return FAULT_DENIED;
    return rule->run(h, d, ask);
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

/* Put `d` to the question, into the frame. */
static void answer_into(const struct heart *h, unsigned may, struct buf *reply, struct desk *d, struct key_ask *ask)
{
    size_t result = 0;
    enum fault f;

    if (msg_result_size(&result, ask) != FAULT_NONE)
        result = 0;
    ask->out = msg_answer_room(reply, result);
    f = ask->out.full ? FAULT_INTERNAL : answer_one(h, may, d, ask);
    msg_answer_close(reply, &ask->out, f);
}

enum fault heart_answer(const struct heart *h, unsigned may, struct buf *reply, struct span frame)
{
    struct msg_question q;
    enum fault f = msg_question_unpack(&q, frame);
    struct heart_place *place = NULL;
    struct span whole;
    bool slow;

    if (f)
        return f;
    if (reply_size(&q) > KEY_FRAME_MAX)
        return FAULT_BAD_INPUT;
    slow = is_slow(&q);
    msg_reply_pack(reply, q.number, q.n);
    for (size_t i = 0; i < q.n; i++) {
        if (heart_ring_changes(q.asks[i].op)) {
            heart_ring_leave(place);
            place = NULL;
        } else if (!place) {
            place = heart_ring_sit(h->ring, slow);
        }
        answer_into(h, may, reply, place ? place->desk : NULL, &q.asks[i]);
    }
    heart_ring_leave(place);
    return buf_done(reply, &whole);
}

/* Is this what such a record is to hold? */
static bool is_sealable(const struct key_ask *ask)
{
    struct rsa_public *key = NULL;

    if (ask->use == KEY_USE_PAYTM)
        return ask->in.n == 16 || ask->in.n == 24 || ask->in.n == 32;
    if (ask->use != KEY_USE_RECIPIENT)
        return true;
    if (ask->in.n > MSG_PUBLIC_TEXT_MAX || rsa_public_read(&key, ask->in) != FAULT_NONE)
        return false;
    rsa_public_free(key);
    return true;
}

static enum fault seal(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    (void)h;
    if (!is_sealable(ask))
        return FAULT_BAD_INPUT;
    ask->out.n = ask->out.cap;
    return desk_seal(d, ask->out.p, ask);
}

static enum fault open_record(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    (void)h;
    ask->out.n = ask->out.cap;
    return desk_open(d, ask->out.p, ask);
}

/* From one generation to the newest, past nobody's eyes. */
static enum fault reseal(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct key_ask again = { .use = ask->use, .about = ask->about, .in = { d->scratch, ask->in.n - KEY_SEAL_EXTRA } };
    enum fault f = desk_open(d, d->scratch, ask);

    (void)h;
    ask->out.n = ask->out.cap;
    if (!f)
        f = desk_seal(d, ask->out.p, &again);
    secret_wipe(d->scratch, again.in.n);
    return f;
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

/* Under the secret's own bytes: it is the text that both sides have. */
static enum fault hmac(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct span key = { d->scratch, ask->in.n - KEY_SEAL_EXTRA };
    enum fault f = desk_open(d, d->scratch, ask);

    (void)h;
    ask->out.n = ask->out.cap;
    if (!f)
        f = crypt_mac_under(d->any, key, ask->out.p, &ask->presented, 1);
    secret_wipe(d->scratch, key.n);
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
    return crypt_mac(desk_hourly(d, ask->number), ask->out.p, parts, 2);
}

static enum fault network_id(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    (void)d;
    buf_span(&ask->out, secret_span(h->network_id));
    return FAULT_NONE;
}
