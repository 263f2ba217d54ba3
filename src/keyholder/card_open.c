/* card_open.c: an encrypted card opened, read, and told about; nothing of it is left behind. */
#include <string.h>

#include "base/json_in.h"
#include "base/secret.h"
#include "keyholder/card_text.h"
#include "keyholder/card_wire.h"
#include "keyholder/flight.h"
#include "keyholder/parts.h"

#include "base/banned.h"

_Static_assert((int)CARD_TEXT_MAX <= (int)KEY_IN_MAX && (int)RSA_BYTES_MAX <= (int)KEY_IN_MAX,
               "a plaintext fits the desk's scratch");

#define NOT_OURS "it does not open with this server's key"

/* One card at work. */
struct work {
    struct desk *desk;
    struct pending *pending;
    const struct rsa_private *key;
    struct card_ask ask;
    struct card_facts facts;
    struct span plain;                /* in the desk's scratch */
    struct card_text text;
    struct flight card;
};

static void flaw(struct work *w, enum card_flaw f, const char *why)
{
    struct buf b = { (uint8_t *)w->facts.why, 0, CARD_WHY_MAX - 1, false };

    w->facts.flaw = f;
    buf_text(&b, why);
}

enum fault card_public(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    (void)d;
    if (!h->card_key[ask->number])
        return FAULT_DENIED;
    buf_put(&ask->out, h->public_text[ask->number], h->public_n[ask->number]);
    return FAULT_NONE;
}

/* The time of one private operation, for what could not be put through one. */
static enum fault pass_time(const struct work *w)
{
    uint8_t key[32] = { 0 };

    return rsa_oaep_unwrap(w->key, key, sizeof key, SPAN(""));
}

static void keep_kid(struct work *w, struct span kid)
{
    if (kid.n > CARD_KID_MAX)
        return;
    for (size_t i = 0; i < kid.n; i++)
        if (kid.p[i] < 0x20 || kid.p[i] > 0x7E)
            return;
    if (kid.n)
        memcpy(w->facts.kid, kid.p, kid.n);
}

static enum fault open_jwe(struct work *w)
{
    struct buf out = { w->desk->scratch, 0, sizeof w->desk->scratch, false };
    struct jwe j;
    enum fault f = jwe_read(&j, w->desk->arena, w->ask.text);

    if (f == FAULT_BAD_INPUT) {
        flaw(w, CARD_UNREADABLE, j.why);
        return pass_time(w);
    }
    if (f)
        return f;
    keep_kid(w, j.kid);
    w->facts.enc = j.enc;
    f = jwe_open(w->desk->jwe, &out, &j, w->key);
    if (f == FAULT_DENIED) {
        flaw(w, CARD_UNREADABLE, NOT_OURS);
        return FAULT_NONE;
    }
    w->plain = buf_view(&out);
    return f;
}

/* What cannot be a ciphertext is replaced by another that opens to nothing, so that the work is the same. */
static enum fault open_rsa(struct work *w)
{
    uint8_t dummy[RSA_BYTES_MAX] = { 0 };
    size_t size = rsa_private_size(w->key), n = 0;
    enum fault f = rsa_pkcs1_decrypt(w->key, w->desk->scratch, &n, w->ask.text);

    if (f == FAULT_BAD_INPUT) {
        memset(dummy + 1, 0x5A, size - 1);
        f = rsa_pkcs1_decrypt(w->key, w->desk->scratch, &n, (struct span){ dummy, size });
        n = 0;
    }
    w->plain = (struct span){ w->desk->scratch, n };
    return f;
}

/* Open it. FAULT_NONE with a flaw, or with w->plain. */
static enum fault open_it(struct work *w)
{
    switch (w->ask.form) {
    case CARD_FORM_JWE:
        return open_jwe(w);
    case CARD_FORM_RSA: case CARD_FORM_RSA_NUMBER:
        return open_rsa(w);
    case CARD_FORM_NUMBER: case CARD_FORM_CLEAR:
        w->plain = w->ask.text;
        return FAULT_NONE;
    case CARD_FORMS:
        break;
    }
    return FAULT_INTERNAL;
}

static enum card_flaw read_expiry(struct work *w)
{
    switch (expiry_read(&w->card.expiry, w->text.month, w->text.year)) {
    case EXPIRY_MONTH: return CARD_MONTH;
    case EXPIRY_YEAR:  return CARD_YEAR;
    case EXPIRY_FINE:  break;
    }
    return expiry_is_past(w->card.expiry, w->ask.now_ms) ? CARD_EXPIRED : CARD_FINE;
}

/* A security code is told to be there. It goes into a charge, and otherwise is never kept. */
static enum card_flaw read_code(struct work *w)
{
    struct span code = w->text.code;
    size_t length = w->card.code_alone && code.n == FLIGHT_CODE_MAX ? FLIGHT_CODE_MAX : FLIGHT_CODE_MIN;

    if (!w->card.code_alone)
        length = scheme_cvv_length(w->facts.scheme);
    w->facts.has_code = code.n > 0;
    for (size_t i = 0; i < code.n; i++)
        if (code.p[i] < '0' || code.p[i] > '9')
            return CARD_CODE;
    if (code.n > 0 && code.n != length)
        return CARD_CODE;
    if (code.n > 0)
        memcpy(w->card.code, code.p, code.n);
    w->card.code_n = (uint8_t)code.n;
    return CARD_FINE;
}

/* A saved card's code, without the card (keyholder/card.h). */
static bool is_code_alone(const struct work *w)
{
    return w->ask.form == CARD_FORM_CLEAR && w->text.number.n == 0 && w->text.month.n == 0 && w->text.year.n == 0 &&
           w->text.code.n > 0;
}

/* Read what was opened. */
static enum fault read_it(struct work *w)
{
    enum card_flaw wrong = CARD_FINE;
    enum fault f = card_text_read(&w->text, w->desk->arena, w->ask.form, w->plain);

    if (f == FAULT_BAD_INPUT && w->ask.form == CARD_FORM_JWE)
        flaw(w, CARD_SYNTAX, "it opened, but holds no JSON object, or names a member of the card twice");
    else if (f == FAULT_BAD_INPUT)
        flaw(w, CARD_UNREADABLE, NOT_OURS ", or holds no card");
    if (f)
        return f == FAULT_BAD_INPUT ? FAULT_NONE : f;
    w->card.code_alone = is_code_alone(w);
    if (w->card.code_alone) {
        w->facts.flaw = read_code(w);
        return FAULT_NONE;
    }
    w->facts.pan = pan_read(&w->card.pan, w->text.number);
    if (w->facts.pan) {
        w->facts.flaw = CARD_NUMBER;
        return FAULT_NONE;
    }
    w->facts.scheme = pan_scheme(&w->card.pan);
    w->facts.bin8 = pan_bin8(&w->card.pan);
    w->facts.last4 = pan_last4(&w->card.pan);
    if (w->ask.form != CARD_FORM_RSA_NUMBER && w->ask.form != CARD_FORM_NUMBER) {
        wrong = read_expiry(w);
        if (!wrong)
            wrong = read_code(w);
    }
    w->facts.flaw = wrong;
    return FAULT_NONE;
}

/* HMAC-SHA-256 of the number, and of what else is told apart, under the merchant's key of `root`. */
static enum fault digest(struct work *w, uint8_t out[static CRYPT_SHA256], struct crypt_mac *root, struct span more)
{
    uint8_t id[8], key[CRYPT_SHA256], count = (uint8_t)pan_digits(&w->card.pan).n;
    struct span who = { id, sizeof id }, parts[] = { { &count, 1 }, pan_digits(&w->card.pan), more };
    enum fault f;

    for (size_t i = 0; i < sizeof id; i++)
        id[i] = (uint8_t)((uint64_t)w->ask.merchant_id >> (56 - 8 * i));
    f = crypt_mac(root, key, &who, 1);
    if (!f)
        f = crypt_mac_under(w->desk->any, (struct span){ key, sizeof key }, out, parts, 3);
    secret_wipe(key, sizeof key);
    return f;
}

/* Seal the card to wait, for the network or for the acquirer. */
static enum fault seal(struct work *w, uint8_t *out, enum pending_kind kind)
{
    struct pending_key key;
    enum fault f;

    pending_current(w->pending, &key, kind, w->ask.now_ms);
    f = flight_seal(w->desk, out, &key, &w->card);
    secret_wipe(&key, sizeof key);
    return f;
}

/* Both digests, under one generation of keys. */
static enum fault tell_digests(struct work *w, uint8_t fingerprint[static CARD_FINGERPRINT],
                               uint8_t owner[static CARD_OWNER], const struct desk_digests *under)
{
    uint8_t whole[CRYPT_SHA256] = { 0 };
    enum fault f = digest(w, fingerprint, under->fingerprint, (struct span){ 0 });

    if (!f)
        f = digest(w, whole, under->owner, w->ask.owner);
    memcpy(owner, whole, CARD_OWNER);
    return f;
}

static enum fault tell_card(struct work *w)
{
    const struct desk_digests *now = &w->desk->digests[0], *before = &w->desk->digests[1];
    enum fault f = tell_digests(w, w->facts.fingerprint, w->facts.owner, now);

    w->facts.has_before = before->owner != NULL;
    if (!f && w->facts.has_before)
        f = tell_digests(w, w->facts.before.fingerprint, w->facts.before.owner, before);
    return f ? f : seal(w, w->facts.flight, PENDING_FLIGHT);
}

static enum fault tell(struct work *w)
{
    enum fault f = w->card.code_alone ? FAULT_NONE : tell_card(w);

    return f || w->ask.form != CARD_FORM_CLEAR ? f : seal(w, w->facts.charge, PENDING_CHARGE);
}

enum fault card_open(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct work w = { .desk = d, .pending = h->pending, .key = h->card_key[ask->number] };
    enum fault f;

    card_unpack(&w.ask, ask);
    heart_told(h, w.ask.now_ms);
    if (!w.key && w.ask.form != CARD_FORM_NUMBER && w.ask.form != CARD_FORM_CLEAR)
        return FAULT_DENIED;
    f = open_it(&w);
    if (!f && !w.facts.flaw)
        f = read_it(&w);
    if (!f && !w.facts.flaw)
        f = tell(&w);
    if (!f) {
        card_pack(&ask->out, &w.facts);
        if (!w.facts.flaw && !w.card.code_alone)
            atomic_fetch_add_explicit(&h->counts->cards, 1, memory_order_relaxed);
    }
    arena_reset(d->arena);
    secret_wipe(d->scratch, CARD_TEXT_MAX);
    secret_wipe(&w, sizeof w);
    return f;
}

enum fault card_tick(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    (void)d;
    heart_told(h, (int64_t)ask->number);
    return FAULT_NONE;
}
