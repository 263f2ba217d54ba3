/* ids.c: ids as the outside sees them. */
#include "service/ids.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "domain/order.h"
#include "service/ids_own.h"

#include "base/banned.h"

enum {
    TOKEN_BYTES = 15, TOKEN_SESSION_BITS = 35, MERCHANT_BITS = 32,
    SESSION_VERSION = 1,
    SESSION_PLAIN = 80,               /* bytes: session 16, merchant 8, length 1, order id 45, zeros 10 */
    SESSION_BYTES = 1 + SESSION_PLAIN,
    AT_MERCHANT = ORDER_SESSION, AT_LENGTH = AT_MERCHANT + 8, AT_ORDER_ID = AT_LENGTH + 1,
    BLOCK = IDS_TOKEN,
    AT_NUMBER = MERCHANT_BITS / 8,    /* of a token's number in its block; zeros follow */
};

#define NUMBER_LIMIT (1ULL << IDS_ORDER_BITS)
#define SESSION_PREFIX "session_"

/* `n` bytes (whole blocks) through `ctx`, beginning anew. OpenSSL fails here only when memory is out or our
 * arguments are wrong; an id made of anything but the ciphertext must not leave. */
static void run(EVP_CIPHER_CTX *ctx, uint8_t *out, const uint8_t *in, int n)
{
    static const uint8_t zero[BLOCK];
    int written = 0;

    if (EVP_CipherInit_ex2(ctx, NULL, NULL, zero, -1, NULL) != 1
        || EVP_CipherUpdate(ctx, out, &written, in, n) != 1 || written != n)
        abort();
}

static void put_u64(uint8_t out[static 8], uint64_t n)
{
    for (size_t i = 0; i < 8; i++)
        out[i] = (uint8_t)(n >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t in[static 8])
{
    uint64_t n = 0;

    for (size_t i = 0; i < 8; i++)
        n = n << 8 | in[i];
    return n;
}

/* A number below NUMBER_LIMIT that belongs to the merchant: with it, two merchants whose orders have the same
 * number show unrelated ids. */
static uint64_t merchant_mask(const struct ids *i, const struct ids_key *key, int64_t merchant_id)
{
    uint8_t in[BLOCK] = { 0 }, out[BLOCK];
    size_t k = stripe_take(i->stripes);

    put_u64(in, (uint64_t)merchant_id);
    run(key->ciphers[k].merchant, out, in, BLOCK);
    stripe_give(i->stripes, k);
    return get_u64(out) & (NUMBER_LIMIT - 1);
}

uint64_t ids_cf_order(const struct ids *i, const struct order_row *o)
{
    uint64_t number = (uint64_t)o->order_no & (NUMBER_LIMIT - 1);
    const struct ids_key *key = ids_key_of(i, o->order_no);

    return permute_out_below(key->number, number ^ merchant_mask(i, key, o->merchant_id), NUMBER_LIMIT);
}

/* The random bytes go first: under chaining they make every later block unpredictable, with no IV to carry. */
void ids_session(const struct ids *i, char out[static IDS_SESSION_TEXT], const struct order_row *o)
{
    uint8_t plain[SESSION_PLAIN] = { 0 }, bytes[SESSION_BYTES] = { SESSION_VERSION };
    struct buf text = { (uint8_t *)out, 0, IDS_SESSION_TEXT - 1, false };
    size_t k;

    assert(o->session.n == ORDER_SESSION && o->order_id.n <= ORDER_ID_MAX);
    memcpy(plain, o->session.p, ORDER_SESSION);
    put_u64(plain + AT_MERCHANT, (uint64_t)o->merchant_id);
    plain[AT_LENGTH] = (uint8_t)o->order_id.n;
    memcpy(plain + AT_ORDER_ID, o->order_id.p, o->order_id.n);

    k = stripe_take(i->stripes);
    run(ids_key_of(i, o->order_no)->ciphers[k].session_out, bytes + 1, plain, SESSION_PLAIN);
    stripe_give(i->stripes, k);
    buf_span(&text, SPAN(SESSION_PREFIX));
    base64url_put(&text, (struct span){ bytes, sizeof bytes });
    assert(!text.full && text.n == IDS_SESSION_TEXT - 1);
    out[text.n] = '\0';
}

/* What `key` makes of it; nothing but chance passes under another. */
static enum fault open_session(const struct ids *i, const struct ids_key *key, struct ids_opened_session *out,
                               const uint8_t sealed[static SESSION_PLAIN])
{
    uint8_t plain[SESSION_PLAIN], other = 0;
    struct span order_id;
    size_t k = stripe_take(i->stripes);

    run(key->ciphers[k].session_in, plain, sealed, SESSION_PLAIN);
    stripe_give(i->stripes, k);
    order_id = (struct span){ plain + AT_ORDER_ID, plain[AT_LENGTH] };
    /* Of the order-token flow too, whose ids may be shorter. A length out of range is refused unseen. */
    if (!order_id_is_token_id(order_id))
        return FAULT_BAD_INPUT;
    for (size_t at = AT_ORDER_ID + order_id.n; at < SESSION_PLAIN; at++)
        other |= plain[at];
    if (other || get_u64(plain + AT_MERCHANT) > INT64_MAX)
        return FAULT_BAD_INPUT;

    memset(out, 0, sizeof *out);
    memcpy(out->session, plain, ORDER_SESSION);
    out->merchant_id = (int64_t)get_u64(plain + AT_MERCHANT);
    memcpy(out->order_id, order_id.p, order_id.n);
    return FAULT_NONE;
}

enum fault ids_session_open(const struct ids *i, struct ids_opened_session *out, struct span text)
{
    const struct ids_shelf *shelf = ids_shelf(i);
    uint8_t bytes[SESSION_BYTES];
    struct buf read = BUF(bytes);
    enum fault f = FAULT_BAD_INPUT;

    if (text.n != IDS_SESSION_TEXT - 1 || !span_starts(text, SPAN(SESSION_PREFIX)))
        return FAULT_BAD_INPUT;
    text.p += sizeof SESSION_PREFIX - 1;
    text.n -= sizeof SESSION_PREFIX - 1;
    if (base64url_read(&read, text) != FAULT_NONE || read.n != SESSION_BYTES || bytes[0] != SESSION_VERSION)
        return FAULT_BAD_INPUT;
    for (size_t age = 0; age < shelf->n && f; age++)
        f = open_session(i, shelf->keys[age], out, bytes + 1);
    return f;
}

void ids_order_token(const struct ids *i, char out[static IDS_ORDER_TOKEN_TEXT], const struct order_row *o)
{
    struct buf text = { (uint8_t *)out, 0, IDS_ORDER_TOKEN_TEXT - 1, false };
    uint8_t bytes[TOKEN_BYTES];
    unsigned __int128 n;

    assert(o->session.n == ORDER_SESSION);
    n = (uint64_t)o->merchant_id & ((1ULL << MERCHANT_BITS) - 1);
    n = n << IDS_ORDER_BITS | ((uint64_t)o->order_no & (NUMBER_LIMIT - 1));
    n = n << TOKEN_SESSION_BITS | get_u64(o->session.p) >> (64 - TOKEN_SESSION_BITS);
    n = permute_out(ids_key_of(i, o->order_no)->token, n);
    for (size_t k = TOKEN_BYTES; k-- > 0; n >>= 8)
        bytes[k] = (uint8_t)n;
    base64url_put(&text, (struct span){ bytes, sizeof bytes });
    out[IDS_ORDER_TOKEN_TEXT - 1] = '\0';
}

enum fault ids_order_token_open(const struct ids *i, struct ids_opened_order *out, struct span text, size_t age)
{
    const struct ids_shelf *shelf = ids_shelf(i);
    uint8_t bytes[TOKEN_BYTES];
    struct buf read = BUF(bytes);
    unsigned __int128 n = 0;

    if (age >= shelf->n)
        return FAULT_NOT_FOUND;
    if (text.n != IDS_ORDER_TOKEN_TEXT - 1 || base64url_read(&read, text) != FAULT_NONE || read.n != TOKEN_BYTES)
        return FAULT_BAD_INPUT;
    for (size_t k = 0; k < TOKEN_BYTES; k++)
        n = n << 8 | bytes[k];
    n = permute_in(shelf->keys[age]->token, n) >> TOKEN_SESSION_BITS;
    out->order_no = (int64_t)(uint64_t)(n & (NUMBER_LIMIT - 1));
    out->merchant_id = (int64_t)(uint64_t)(n >> IDS_ORDER_BITS);
    return FAULT_NONE;
}

uint64_t ids_digits(const struct ids *i, enum ids_of of, int64_t merchant_id, int64_t no)
{
    assert(merchant_id >= 0 && merchant_id <= IDS_MERCHANT_MAX && no >= 0 && no < INT64_C(1) << IDS_NUMBER_BITS);
    return permute_out_below(i->digits[of], (uint64_t)merchant_id << IDS_NUMBER_BITS | (uint64_t)no, NUMBER_LIMIT);
}

enum fault ids_digits_open(const struct ids *i, enum ids_of of, int64_t *merchant_id, int64_t *no, uint64_t id)
{
    uint64_t plain;

    if (id >= NUMBER_LIMIT)
        return FAULT_BAD_INPUT;
    plain = permute_in_below(i->digits[of], id, NUMBER_LIMIT);
    *merchant_id = (int64_t)(plain >> IDS_NUMBER_BITS);
    *no = (int64_t)(plain & ((UINT64_C(1) << IDS_NUMBER_BITS) - 1));
    return FAULT_NONE;
}

void ids_token(const struct ids *i, uint8_t out[static IDS_TOKEN], int64_t merchant_id, int64_t token_no)
{
    uint8_t plain[BLOCK] = { 0 };
    size_t k;

    assert(merchant_id >= 0 && merchant_id <= UINT32_MAX && token_no >= 0);
    put_u64(plain, (uint64_t)merchant_id << (64 - MERCHANT_BITS));
    put_u64(plain + AT_NUMBER, (uint64_t)token_no);
    k = stripe_take(i->stripes);
    run(ids_key_of(i, token_no)->ciphers[k].token_out, out, plain, BLOCK);
    stripe_give(i->stripes, k);
}

static enum fault open_token(const struct ids *i, const struct ids_key *key, int64_t *merchant_id, int64_t *token_no,
                             const uint8_t id[static IDS_TOKEN])
{
    uint8_t plain[BLOCK], other = 0;
    uint64_t number;
    size_t k = stripe_take(i->stripes);

    run(key->ciphers[k].token_in, plain, id, BLOCK);
    stripe_give(i->stripes, k);
    for (size_t at = AT_NUMBER + sizeof number; at < BLOCK; at++)
        other |= plain[at];
    number = get_u64(plain + AT_NUMBER);
    /* A number that another key goes for was never shown under this one. */
    if (other || number > INT64_MAX || ids_key_of(i, (int64_t)number) != key)
        return FAULT_BAD_INPUT;
    *merchant_id = (int64_t)(get_u64(plain) >> (64 - MERCHANT_BITS));
    *token_no = (int64_t)number;
    return FAULT_NONE;
}

enum fault ids_token_open(const struct ids *i, int64_t *merchant_id, int64_t *token_no,
                          const uint8_t id[static IDS_TOKEN])
{
    const struct ids_shelf *shelf = ids_shelf(i);
    enum fault f = FAULT_BAD_INPUT;

    for (size_t age = 0; age < shelf->n && f; age++)
        f = open_token(i, shelf->keys[age], merchant_id, token_no, id);
    return f;
}

enum { NEW_ID_TIME = 8, NEW_ID_MIN = 36, NEW_ID_MAX = 39, NEW_ID_DRAWN = 64 };     /* characters; bytes drawn at once */

static const uint8_t base62[62] = { "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" };

static void put_random(struct buf *out, size_t until)
{
    uint8_t drawn[NEW_ID_DRAWN];

    while (out->n < until && !out->full) {
        secret_random_few(drawn, sizeof drawn);
        for (size_t i = 0; i < sizeof drawn && out->n < until; i++)
            if ((drawn[i] & 63) < sizeof base62)
                buf_byte(out, base62[drawn[i] & 63]);
    }
}

void ids_new_order_id(char out[static IDS_ORDER_ID_TEXT], int64_t merchant_id, int64_t now_ms)
{
    struct buf text = { (uint8_t *)out, 0, IDS_ORDER_ID_TEXT - 1, false };
    uint64_t rest = (uint64_t)now_ms;
    uint8_t time[NEW_ID_TIME];
    size_t digits, length;

    for (size_t i = NEW_ID_TIME; i-- > 0; rest /= 62)
        time[i] = base62[rest % 62];
    buf_span(&text, SPAN("order_"));
    digits = text.n;
    buf_u64(&text, (uint64_t)merchant_id);
    digits = text.n - digits;
    buf_put(&text, time, sizeof time);
    length = NEW_ID_MIN + digits - 1;      /* longer with the merchant's number, so that chance keeps its share */
    put_random(&text, length < NEW_ID_MAX ? length : NEW_ID_MAX);
    assert(!text.full);
    out[text.n] = '\0';
}
