/* idempotency.c: answers remembered under the caller's key. */
#include "service/idempotency.h"

#include <openssl/evp.h>

#include "base/base64.h"
#include "service/parts.h"
#include "store/idempotency.h"

#include "base/banned.h"

enum { SHA256 = 32 };                 /* bytes */

static bool is_key(struct span key)
{
    if (key.n == 0 || key.n > IDEMPOTENCY_KEY_MAX)
        return false;
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] < ' ' || key.p[i] > '~')
            return false;
    return true;
}

static struct span about(struct arena *a, const char *what, int64_t merchant_id, struct span scope,
                         struct span version)
{
    struct buf text = arena_buf(a, KEY_ABOUT_MAX);

    buf_text(&text, what);
    buf_i64(&text, merchant_id);
    buf_byte(&text, '|');
    buf_span(&text, scope);
    buf_byte(&text, '|');
    buf_span(&text, version);
    return text.full ? (struct span){ 0 } : buf_view(&text);
}

/* Everything in the row but its end, so that none of it can be changed or put beside another body. */
static struct span about_body(struct arena *a, const struct idempotency *i, unsigned status)
{
    struct buf text = arena_buf(a, KEY_ABOUT_MAX);

    parts_about_put(&text, "idempotency.body", i->merchant_id, i->scope);
    buf_byte(&text, '|');
    hex_put(&text, i->key_mac);
    buf_byte(&text, '|');
    hex_put(&text, i->digest);
    buf_byte(&text, '|');
    buf_u64(&text, status);
    return text.full ? (struct span){ 0 } : buf_view(&text);
}

/* The keyholder is asked about a hash of the body, not the body: a key on a hash is as good, and costs the one
 * process that everybody waits for a few bytes instead of many thousand. */
enum fault idempotency_prepare(struct idempotency *out, struct key_ask asks[static IDEMPOTENCY_ASKS], struct arena *a,
                               const struct idempotent *r)
{
    uint8_t *hash;

    if (!is_key(r->key))
        return FAULT_BAD_INPUT;
    hash = arena_take(a, SHA256);
    if (!hash || EVP_Q_digest(NULL, "SHA256", NULL, r->body.p, r->body.n, hash, NULL) != 1)
        return FAULT_INTERNAL;
    asks[0] = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .in = { hash, SHA256 },
                                .about = about(a, "idempotency.digest|", r->merchant_id, r->scope, r->version),
                                .out = arena_buf(a, KEY_MAC_SIZE) };
    asks[1] = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .in = r->key,
                                .about = about(a, "idempotency.key|", r->merchant_id, r->scope, (struct span){ 0 }),
                                .out = arena_buf(a, KEY_MAC_SIZE) };
    for (size_t i = 0; i < IDEMPOTENCY_ASKS; i++)
        if (span_absent(asks[i].about) || asks[i].out.full)
            return FAULT_INTERNAL;
    /* The answers will be written here, so the spans can be named before there are any. */
    *out = (struct idempotency){ r->merchant_id, r->scope, { asks[1].out.p, KEY_MAC_SIZE },
                                 { asks[0].out.p, KEY_MAC_SIZE } };
    return FAULT_NONE;
}

static enum fault open_body(const struct services *s, struct span *body, struct arena *a, const struct idempotency *i,
                            const struct idempotency_row *row)
{
    struct key_ask ask = { .op = KEY_OPEN, .use = KEY_USE_ANSWER, .in = row->body_sealed };
    enum fault f;

    if (row->status < 0 || row->status > UINT16_MAX)
        return FAULT_INTERNAL;
    ask.about = about_body(a, i, (unsigned)row->status);
    if (ask.in.n < KEY_SEAL_EXTRA || span_absent(ask.about))
        return FAULT_INTERNAL;
    ask.out = arena_buf(a, ask.in.n - KEY_SEAL_EXTRA);
    if (ask.out.full)
        return FAULT_INTERNAL;
    f = keyholder_ask_one(s->keyholder, &ask);
    if (f)
        return f == FAULT_SILENT ? f : FAULT_INTERNAL;
    *body = buf_view(&ask.out);
    return FAULT_NONE;
}

enum fault idempotency_recall(const struct services *s, struct store_tx *tx, struct remembered *out, struct arena *a,
                              const struct idempotency *i, int64_t now_ms)
{
    struct idempotency_row row;
    enum fault f = idempotency_find(tx, &row, a, i->merchant_id, i->scope, i->key_mac, now_ms);

    if (f)
        return f;
    if (!secret_equal(row.digest, i->digest))
        return FAULT_MISMATCH;
    f = open_body(s, &out->body, a, i, &row);
    if (!f)
        out->status = (unsigned)row.status;
    return f;
}

enum fault idempotency_remember(const struct services *s, struct store_tx *tx, const struct idempotency *i,
                                const struct remembered *answer, struct arena *a, int64_t now_ms)
{
    struct key_ask ask = { .op = KEY_SEAL, .use = KEY_USE_ANSWER, .in = answer->body,
                           .about = about_body(a, i, answer->status) };
    struct idempotency_row row = { .merchant_id = i->merchant_id, .scope = i->scope, .key_mac = i->key_mac,
                                   .digest = i->digest, .status = answer->status,
                                   .expires_ms = now_ms + s->idempotency_ms };
    int64_t swept;
    enum fault f;

    if (answer->body.n > IDEMPOTENCY_BODY_MAX || span_absent(ask.about))
        return FAULT_INTERNAL;
    ask.out = arena_buf(a, answer->body.n + KEY_SEAL_EXTRA);
    if (ask.out.full)
        return FAULT_INTERNAL;
    f = keyholder_ask_one(s->keyholder, &ask);
    if (f)
        return f == FAULT_SILENT ? f : FAULT_INTERNAL;
    row.body_sealed = buf_view(&ask.out);
    f = idempotency_put(tx, &row);
    if (!f)
        f = idempotency_sweep(tx, now_ms, IDEMPOTENCY_SWEEP, &swept);
    return f;
}
