/* order_token.c: minting and checking v2 order tokens. */
#include "service/order_token.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "domain/order.h"
#include "service/hmac.h"
#include "service/stripes.h"

#include "base/banned.h"

enum {
    SECONDS_AN_HOUR = 3600,
    HOURS_KEPT = 4,                   /* hourly keys in memory: tokens being made and checked span two or three hours */
    DRESS = 2, SEGMENTS = 3,          /* random characters behind each segment; segments */
    SALT = 13,                        /* characters of _salt */
    RANDOM_BYTES = 1024,              /* drawn at once: one system call for about fifty tokens */
    /* bytes of the claims as JSON: 45 of order id, 24 of amount, 20 of exp, and the names */
    CLAIMS_MAX = 192,
    SEGMENT_MAX = CLAIMS_MAX / 3 * 4 + DRESS,
};

#define HEADER "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzM4NCJ9"     /* {"typ":"JWT","alg":"HS384"} */

static const uint8_t alphanumeric[62] = { "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" };

/* What one thread at a time works with. */
struct minter {
    struct hmac *mac;
    bool keyed;
    uint64_t hour;                    /* of the key in `mac` */
    uint8_t random[RANDOM_BYTES];
    size_t left;                      /* bytes of `random` not used yet */
};

struct hour_key { bool known; uint64_t hour; struct secret *key; };

struct order_tokens {
    struct stripe stripes[STRIPES];
    struct minter minters[STRIPES];
    pthread_mutex_t lock;             /* guards what follows */
    struct hour_key hours[HOURS_KEPT];
    size_t oldest;
};

/* A token taken apart: text of each segment, the right way round, and the characters that dressed them. */
struct taken_apart { uint8_t text[SEGMENTS][SEGMENT_MAX], dress[SEGMENTS * DRESS]; size_t n[SEGMENTS]; };

struct parsed { struct span order_id, amount, currency; uint64_t expires_s; };

enum fault order_tokens_new(struct order_tokens **out)
{
    struct order_tokens *t = aligned_alloc(STRIPE_LINE, sizeof *t);
    enum fault f = FAULT_NONE;

    if (!t)
        return FAULT_INTERNAL;
    memset(t, 0, sizeof *t);
    stripes_init(t->stripes);
    pthread_mutex_init(&t->lock, NULL);
    for (size_t i = 0; i < STRIPES && !f; i++)
        f = hmac_new(&t->minters[i].mac, HMAC_SHA384_SIZE);
    for (size_t i = 0; i < HOURS_KEPT && !f; i++)
        f = secret_new(&t->hours[i].key, KEY_HOURLY_SIZE);
    if (f) {
        order_tokens_free(t);
        return f;
    }
    *out = t;
    return FAULT_NONE;
}

void order_tokens_free(struct order_tokens *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < STRIPES; i++)
        hmac_free(t->minters[i].mac);
    for (size_t i = 0; i < HOURS_KEPT; i++)
        secret_free(t->hours[i].key);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* With the lock held: the key of `hour`, asked of the keyholder when it is not here. */
static enum fault find_key(const struct services *s, const struct hour_key **out, uint64_t hour)
{
    struct order_tokens *t = s->order_tokens;
    uint8_t answer[KEY_HOURLY_SIZE];
    struct key_ask ask = { .op = KEY_HOURLY, .number = hour, .out = BUF(answer) };
    struct hour_key *oldest = &t->hours[t->oldest];
    enum fault f;

    for (size_t i = 0; i < HOURS_KEPT; i++)
        if (t->hours[i].known && t->hours[i].hour == hour) {
            *out = &t->hours[i];
            return FAULT_NONE;
        }
    f = keyholder_ask_one(s->keyholder, &ask);
    if (!f && ask.out.n != KEY_HOURLY_SIZE)
        f = FAULT_INTERNAL;
    if (f)
        return f == FAULT_SILENT ? f : FAULT_INTERNAL;
    memcpy(oldest->key->bytes, answer, sizeof answer);
    secret_wipe(answer, sizeof answer);
    oldest->known = true;
    oldest->hour = hour;
    t->oldest = (t->oldest + 1) % HOURS_KEPT;
    *out = oldest;
    return FAULT_NONE;
}

static enum fault rekey(const struct services *s, struct minter *m, uint64_t hour)
{
    const struct hour_key *key = NULL;
    enum fault f;

    m->keyed = false;
    pthread_mutex_lock(&s->order_tokens->lock);
    f = find_key(s, &key, hour);
    if (!f)
        f = hmac_key(m->mac, secret_span(key->key));
    pthread_mutex_unlock(&s->order_tokens->lock);
    m->keyed = !f;
    m->hour = hour;
    return f;
}

/* The hour in which a token is minted that lives for its full life: a signing key that is rotated is the newest one's
 * from the next hour on, and so never another in the middle of a token's life. */
static uint64_t hour_of(uint64_t expires_s)
{
    return (expires_s > ORDER_TOKEN_LIFE_S ? expires_s - ORDER_TOKEN_LIFE_S : 0) / SECONDS_AN_HOUR;
}

/* The MAC covers everything that is sent but itself, the random characters included: no byte can be changed. */
static enum fault sign(const struct services *s, struct minter *m, uint8_t mac[static HMAC_SHA384_SIZE],
                       uint64_t expires_s, const struct span parts[static 3])
{
    const struct span all[] = { parts[0], SPAN("\0"), parts[1], SPAN(HEADER "."), parts[2] };
    uint64_t hour = hour_of(expires_s);

    if (!m->keyed || m->hour != hour) {
        enum fault f = rekey(s, m, hour);
        if (f)
            return f;
    }
    return hmac_parts(m->mac, mac, all, sizeof all / sizeof *all);
}

static void draw(struct minter *m, uint8_t *out, size_t n)
{
    while (n > 0) {
        if (m->left == 0) {
            secret_random(m->random, sizeof m->random);
            m->left = sizeof m->random;
        }
        uint8_t six = m->random[--m->left] & 63;
        if (six >= sizeof alphanumeric)
            continue;                 /* two of the 64 values have no character; folding them in would favour others */
        *out++ = alphanumeric[six];
        n--;
    }
}

static void put_claims(struct buf *json, const struct order_claims *c, const uint8_t salt[static SALT])
{
    buf_span(json, SPAN("{\"orderId\":\""));
    buf_span(json, c->order_id);
    buf_span(json, SPAN("\",\"orderAmount\":"));
    money_short(json, c->amount);
    buf_span(json, SPAN(",\"orderCurrency\":\""));
    buf_span(json, money_currency(&c->amount));
    buf_span(json, SPAN("\",\"exp\":"));
    buf_i64(json, c->expires_s);
    buf_span(json, SPAN(",\"_salt\":\""));
    buf_put(json, salt, SALT);
    buf_span(json, SPAN("\"}"));
}

/* `text` and its two characters, back to front. */
static void put_segment(struct buf *out, struct span text, const uint8_t dress[static DRESS])
{
    uint8_t back[SEGMENT_MAX];

    if (text.n > sizeof back - DRESS) {
        out->full = true;
        return;
    }
    for (size_t i = 0; i < DRESS; i++)
        back[i] = dress[DRESS - 1 - i];
    for (size_t i = 0; i < text.n; i++)
        back[DRESS + i] = text.p[text.n - 1 - i];
    buf_put(out, back, DRESS + text.n);
}

static enum fault mint(const struct services *s, struct minter *m, struct buf *out, struct span app_id,
                       const struct order_claims *c)
{
    uint8_t random[SEGMENTS * DRESS + SALT], mac[HMAC_SHA384_SIZE];
    uint8_t json[CLAIMS_MAX], text[SEGMENT_MAX], mac_text[SEGMENT_MAX];
    struct buf claims = BUF(json), claims64 = BUF(text), mac64 = BUF(mac_text);
    enum fault f;

    draw(m, random, sizeof random);
    put_claims(&claims, c, random + SEGMENTS * DRESS);
    base64url_put(&claims64, buf_view(&claims));
    if (claims.full || claims64.full)
        return FAULT_INTERNAL;
    f = sign(s, m, mac, (uint64_t)c->expires_s,
             (struct span[]){ app_id, { random, SEGMENTS * DRESS }, buf_view(&claims64) });
    if (f)
        return f;
    base64url_put(&mac64, (struct span){ mac, sizeof mac });
    put_segment(out, SPAN(HEADER), random);
    buf_byte(out, '.');
    put_segment(out, buf_view(&claims64), random + DRESS);
    buf_byte(out, '.');
    put_segment(out, buf_view(&mac64), random + 2 * DRESS);
    return out->full ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault order_token_mint(const struct services *s, struct buf *out, struct span app_id,
                            const struct order_claims *claims)
{
    struct order_tokens *t = s->order_tokens;
    enum fault f;
    size_t i;

    /* The caller has checked them; an id with a quote in it must not reach the JSON. */
    if (!order_id_is_token_id(claims->order_id) || claims->expires_s <= 0 || claims->amount.minor < 0)
        return FAULT_INTERNAL;
    i = stripe_take(t->stripes);
    f = mint(s, &t->minters[i], out, app_id, claims);
    stripe_give(t->stripes, i);
    return f;
}

static bool is_alphanumeric(uint8_t c)
{
    uint8_t letter = c | 0x20;

    return (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'z');
}

/* Turn segments round again and take their two characters off. */
static bool take_apart(struct taken_apart *t, struct span token)
{
    size_t begin = 0;

    for (size_t k = 0; k < SEGMENTS; k++) {
        const uint8_t *dot = memchr(token.p + begin, '.', token.n - begin);
        size_t end = dot ? (size_t)(dot - token.p) : token.n, n = end - begin;
        if ((dot == NULL) != (k == SEGMENTS - 1) || n <= DRESS || n > SEGMENT_MAX)
            return false;
        t->n[k] = n - DRESS;
        for (size_t i = 0; i < t->n[k]; i++)
            t->text[k][i] = token.p[end - 1 - i];
        for (size_t i = 0; i < DRESS; i++)
            t->dress[k * DRESS + i] = token.p[begin + DRESS - 1 - i];
        begin = end + 1;
    }
    for (size_t i = 0; i < sizeof t->dress; i++)
        if (!is_alphanumeric(t->dress[i]))
            return false;
    return true;
}

static bool skip(struct span *s, struct span literal)
{
    if (!span_starts(*s, literal))
        return false;
    s->p += literal.n;
    s->n -= literal.n;
    return true;
}

/* The bytes before the next `end`, which is consumed too. */
static bool take_until(struct span *s, struct span *out, uint8_t end)
{
    const uint8_t *at = s->n ? memchr(s->p, end, s->n) : NULL;

    if (!at)
        return false;
    *out = (struct span){ s->p, (size_t)(at - s->p) };
    s->n -= out->n + 1;
    s->p = at + 1;
    return true;
}

/* Only what put_claims() writes is taken. */
static bool parse_claims(struct parsed *p, struct span json)
{
    struct span exp, salt;

    if (!skip(&json, SPAN("{\"orderId\":\"")) || !take_until(&json, &p->order_id, '"')
        || !skip(&json, SPAN(",\"orderAmount\":")) || !take_until(&json, &p->amount, ',')
        || !skip(&json, SPAN("\"orderCurrency\":\"")) || !take_until(&json, &p->currency, '"')
        || !skip(&json, SPAN(",\"exp\":")) || !take_until(&json, &exp, ',')
        || !skip(&json, SPAN("\"_salt\":\"")) || !take_until(&json, &salt, '"') || !span_equal(json, SPAN("}")))
        return false;
    for (size_t i = 0; i < salt.n; i++)
        if (!is_alphanumeric(salt.p[i]))
            return false;
    return salt.n == SALT && order_id_is_token_id(p->order_id)
        && span_u64(&p->expires_s, exp, INT64_MAX / 1000) == FAULT_NONE;
}

static enum fault check_mac(const struct services *s, const struct taken_apart *t, struct span app_id,
                            uint64_t expires_s)
{
    struct order_tokens *tokens = s->order_tokens;
    uint8_t sent[HMAC_SHA384_SIZE], right[HMAC_SHA384_SIZE];
    struct buf sent_buf = BUF(sent);
    enum fault f;
    size_t i;

    if (base64url_read(&sent_buf, (struct span){ t->text[2], t->n[2] }) != FAULT_NONE || sent_buf.n != sizeof sent)
        return FAULT_DENIED;
    i = stripe_take(tokens->stripes);
    f = sign(s, &tokens->minters[i], right, expires_s,
             (struct span[]){ app_id, { t->dress, sizeof t->dress }, { t->text[1], t->n[1] } });
    stripe_give(tokens->stripes, i);
    if (f)
        return f;
    if (!secret_equal((struct span){ sent, sizeof sent }, (struct span){ right, sizeof right }))
        return FAULT_DENIED;
    return FAULT_NONE;
}

enum fault order_token_verify(const struct services *s, struct order_claims *out, struct arena *a,
                              struct span app_id, struct span token, int64_t now_ms)
{
    struct taken_apart t;
    uint8_t json[CLAIMS_MAX];
    struct buf claims = BUF(json);
    struct order_claims c;
    struct parsed p;
    enum fault f;

    if (token.n == 0 || token.n >= ORDER_TOKEN_MAX || !take_apart(&t, token))
        return FAULT_DENIED;
    if (!span_equal((struct span){ t.text[0], t.n[0] }, SPAN(HEADER)))
        return FAULT_DENIED;
    if (base64url_read(&claims, (struct span){ t.text[1], t.n[1] }) != FAULT_NONE
        || !parse_claims(&p, buf_view(&claims)))
        return FAULT_DENIED;
    f = check_mac(s, &t, app_id, p.expires_s);
    if (f)
        return f;
    if (money_read(&c.amount, p.amount, p.currency) != FAULT_NONE)
        return FAULT_DENIED;
    if (now_ms / 1000 >= (int64_t)p.expires_s)
        return FAULT_WRONG_STATE;
    c.expires_s = (int64_t)p.expires_s;
    c.order_id = arena_copy(a, p.order_id);
    if (span_absent(c.order_id))
        return FAULT_INTERNAL;
    *out = c;
    return FAULT_NONE;
}
