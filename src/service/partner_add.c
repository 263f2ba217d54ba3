/* partner_add.c: making what a merchant holds of each provider. */
#include <assert.h>
#include <string.h>

#include "base/base64.h"
#include "service/partners.h"
#include "store/merchants.h"

#include "base/banned.h"

enum {
    KEY_ID_RANDOM = 16, API_KEY_RANDOM = 22,      /* bytes, printed as hexadecimal digits */
    MID_DIGITS = 14,
    CREDENTIALS_ENDED_MAX = 100,      /* API keys of one merchant that one replacement ends */
};

#define MID_PREFIX "TIJORI"

/* What the libraries' keys consist of, and nothing that a shell or JSON would want escaped. 64, so that a byte gives
 * one without a bias. */
static const char key_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@_";

/* One write job. The keyholder is asked inside it: these are rare, and the question is pure. */
struct change {
    const struct services *s;
    struct arena *arena;
    int64_t merchant_id, now_ms;
    bool replace;
    struct partner_juspay *juspay;
    struct partner_paytm *paytm;
    struct span key_id, pem, client_id, version;
};

static void make_api_key(char out[static PARTNER_API_KEY])
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t bytes[API_KEY_RANDOM];

    secret_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[PARTNER_API_KEY - 1] = '\0';
    secret_wipe(bytes, sizeof bytes);
}

static void make_paytm_key(char out[static PARTNER_PAYTM_KEY])
{
    uint8_t bytes[PARTNER_PAYTM_KEY - 1];

    static_assert(sizeof key_alphabet - 1 == 64, "a byte chooses one of 64");
    secret_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        out[i] = key_alphabet[bytes[i] % 64];
    out[PARTNER_PAYTM_KEY - 1] = '\0';
    secret_wipe(bytes, sizeof bytes);
}

static void make_mid(char out[static PARTNER_MID])
{
    struct buf text = { (uint8_t *)out, 0, PARTNER_MID - 1, false };
    uint8_t bytes[MID_DIGITS];

    secret_random(bytes, sizeof bytes);
    buf_text(&text, MID_PREFIX);
    for (size_t i = 0; i < sizeof bytes; i++)
        buf_byte(&text, (uint8_t)('0' + bytes[i] % 10));      /* a name, not a secret: the bias is of no matter */
    assert(!text.full);
    out[text.n] = '\0';
}

/* Printable, and nothing that would have to be escaped in JSON. */
static bool is_id(struct span id, size_t max)
{
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] <= ' ' || id.p[i] > '~' || id.p[i] == '"' || id.p[i] == '\\')
            return false;
    return id.n <= max;
}

static enum fault live_merchant(struct store_tx *tx, struct arena *a, int64_t merchant_id)
{
    struct merchant_row row;
    enum fault f = merchants_find(tx, &row, a, merchant_id);

    return !f && row.disabled ? FAULT_NOT_FOUND : f;
}

/* Seal `in` for the place `about`; what the keyholder says of the plaintext is the caller's to hear. */
static enum fault seal(const struct services *s, struct buf *out, enum key_use use, struct span in,
                       const struct buf *about)
{
    struct key_ask ask = { .op = KEY_SEAL, .use = use, .in = in, .about = buf_view(about), .out = *out };
    enum fault f = about->full ? FAULT_INTERNAL : keyholder_ask_one(s->keyholder, &ask);

    *out = ask.out;
    return !f || f == FAULT_SILENT || f == FAULT_BAD_INPUT ? f : FAULT_INTERNAL;
}

enum fault partner_juspay_make(const struct services *s, struct store_tx *tx, struct partner_juspay *out,
                               int64_t merchant_id, int64_t now_ms)
{
    uint8_t id[sizeof PARTNER_JUSPAY_CLIENT + PARTNER_API_KEY_ID], about_bytes[CALLER_ABOUT_MAX];
    uint8_t sealed[PARTNER_API_KEY + KEY_SEAL_EXTRA];
    struct buf client_id = BUF(id), about = BUF(about_bytes), box = BUF(sealed);
    struct credential_row row = { .merchant_id = merchant_id, .secret_no = 1, .created_ms = now_ms };
    enum fault f;

    make_api_key(out->api_key);
    buf_text(&client_id, PARTNER_JUSPAY_CLIENT);
    buf_put(&client_id, out->api_key, PARTNER_API_KEY_ID);
    assert(!client_id.full);
    row.client_id = buf_view(&client_id);
    caller_about_secret(&about, merchant_id, row.client_id, row.secret_no);
    f = seal(s, &box, KEY_USE_CREDENTIAL, span_of(out->api_key + PARTNER_API_KEY_ID), &about);
    if (f)
        return f == FAULT_SILENT ? f : FAULT_INTERNAL;
    row.secret_sealed = buf_view(&box);
    f = credentials_insert(tx, &row);
    return f == FAULT_EXISTS ? FAULT_RETRY : f;      /* another key has that name: draw again */
}

/* The client ids of a merchant's live API keys. */
struct api_keys { struct arena *arena; struct span ids[CREDENTIALS_ENDED_MAX]; size_t n; };

static enum fault keep_api_key(void *arg, const struct credential_row *row)
{
    struct api_keys *keys = arg;

    if (!span_starts(row->client_id, SPAN(PARTNER_JUSPAY_CLIENT)) || keys->n == CREDENTIALS_ENDED_MAX)
        return FAULT_NONE;
    keys->ids[keys->n] = arena_copy(keys->arena, row->client_id);
    return span_absent(keys->ids[keys->n++]) ? FAULT_INTERNAL : FAULT_NONE;
}

static enum fault end_api_keys(struct store_tx *tx, const struct change *c)
{
    struct api_keys keys = { .arena = c->arena };
    enum fault f = credentials_of(tx, c->merchant_id, c->now_ms, keep_api_key, &keys);

    for (size_t i = 0; i < keys.n && !f; i++)
        f = credentials_end_older(tx, keys.ids[i], INT64_MAX, c->now_ms);
    return f;
}

static enum fault juspay_work(struct store_tx *tx, void *arg)
{
    struct change *c = arg;
    enum fault f = live_merchant(tx, c->arena, c->merchant_id);

    if (!f && c->replace)
        f = end_api_keys(tx, c);
    return f ? f : partner_juspay_make(c->s, tx, c->juspay, c->merchant_id, c->now_ms);
}

/* The merchant's MID, made when it has none. */
static enum fault find_mid(struct store_tx *tx, char out[static PARTNER_MID_MAX + 1], struct arena *a,
                           int64_t merchant_id, int64_t now_ms)
{
    struct mid_row row;
    enum fault f = mids_of(tx, &row, a, merchant_id);

    if (!f)
        return span_text(out, PARTNER_MID_MAX + 1, row.mid) ? FAULT_INTERNAL : FAULT_NONE;
    if (f != FAULT_NOT_FOUND)
        return f;
    make_mid(out);
    f = mids_insert(tx, &(struct mid_row){ span_of(out), merchant_id, now_ms });
    return f == FAULT_EXISTS ? FAULT_RETRY : f;      /* another merchant's: draw again */
}

/* Make, seal and store the key of out->client_id and out->version. */
static enum fault make_paytm(const struct services *s, struct store_tx *tx, struct partner_paytm *out,
                             struct arena *a, const struct change *c)
{
    uint8_t about_bytes[PARTNER_ABOUT], sealed[PARTNER_PAYTM_KEY + KEY_SEAL_EXTRA];
    struct buf about = BUF(about_bytes), box = BUF(sealed);
    struct paytm_key_row row = { .merchant_id = c->merchant_id, .client_id = span_of(out->client_id),
                                 .version = span_of(out->version), .created_ms = c->now_ms }, there;
    enum fault f = find_mid(tx, out->mid, a, c->merchant_id, c->now_ms);

    if (!f && c->replace)
        f = paytm_keys_end(tx, &row, c->now_ms);
    if (!f)
        f = paytm_keys_find(tx, &there, a, &row, c->now_ms);
    if (f != FAULT_NOT_FOUND)
        return f ? f : FAULT_EXISTS;
    f = paytm_keys_next_no(tx, &row.key_no, c->merchant_id);
    if (f)
        return f;
    make_paytm_key(out->merchant_key);
    partner_about_paytm(&about, span_of(out->mid), &row);
    f = seal(s, &box, KEY_USE_PAYTM, span_of(out->merchant_key), &about);
    if (f)
        return f == FAULT_SILENT ? f : FAULT_INTERNAL;
    row.key_sealed = buf_view(&box);
    return paytm_keys_insert(tx, &row);
}

static enum fault paytm_names(struct partner_paytm *out, struct span client_id, struct span version)
{
    client_id = client_id.n ? client_id : SPAN(PARTNER_CLIENT);
    version = version.n ? version : SPAN(PARTNER_VERSION);
    if (!is_id(client_id, PARTNER_CLIENT_MAX) || !is_id(version, PARTNER_VERSION_MAX) ||
        span_text(out->client_id, sizeof out->client_id, client_id) ||
        span_text(out->version, sizeof out->version, version))
        return FAULT_BAD_INPUT;
    return FAULT_NONE;
}

static enum fault paytm_work(struct store_tx *tx, void *arg)
{
    struct change *c = arg;
    enum fault f = live_merchant(tx, c->arena, c->merchant_id);

    return f ? f : make_paytm(c->s, tx, c->paytm, c->arena, c);
}

enum fault partner_paytm_make(const struct services *s, struct store_tx *tx, struct partner_paytm *out,
                              int64_t merchant_id, int64_t now_ms)
{
    struct change c = { .merchant_id = merchant_id, .now_ms = now_ms };
    struct arena *a;
    enum fault f = paytm_names(out, (struct span){ 0 }, (struct span){ 0 });

    if (!f)
        f = arena_new(&a);
    if (f)
        return f;
    f = make_paytm(s, tx, out, a, &c);
    arena_free(a);
    return f;
}

static void make_key_id(char out[static PARTNER_KEY_ID_MAX + 1])
{
    struct buf text = { (uint8_t *)out, 0, PARTNER_KEY_ID_MAX, false };
    uint8_t bytes[KEY_ID_RANDOM];

    secret_random(bytes, sizeof bytes);
    buf_text(&text, "key_");
    hex_put(&text, (struct span){ bytes, sizeof bytes });
    out[text.n] = '\0';
}

static enum fault public_work(struct store_tx *tx, void *arg)
{
    struct change *c = arg;
    uint8_t about_bytes[PARTNER_ABOUT], sealed[KEY_PUBLIC_MAX + KEY_SEAL_EXTRA];
    struct buf about = BUF(about_bytes), box = BUF(sealed);
    struct public_key_row row = { .merchant_id = c->merchant_id, .key_id = span_of(c->juspay->key_id),
                                  .created_ms = c->now_ms }, there;
    int64_t key_no;
    enum fault f = live_merchant(tx, c->arena, c->merchant_id);

    if (!f) {
        f = public_keys_find(tx, &there, c->arena, c->merchant_id, row.key_id);
        f = f == FAULT_NOT_FOUND ? FAULT_NONE : f ? f : FAULT_EXISTS;
    }
    if (f)
        return f;
    partner_about_public(&about, c->merchant_id, row.key_id);
    f = seal(c->s, &box, KEY_USE_RECIPIENT, c->pem, &about);
    if (f)
        return f;
    row.key_sealed = buf_view(&box);
    return public_keys_insert(tx, &key_no, &row);
}

/* Run one change; callers forget what they knew, since an API key may have ended. */
static enum fault run(struct change *c, store_work *work)
{
    enum fault f = arena_new(&c->arena);

    if (f)
        return f;
    c->now_ms = clock_now_ms(c->s->clock);
    f = store_write(c->s->store, work, c);
    if (c->s->callers)
        callers_forget(c->s->callers);
    arena_free(c->arena);
    return f;
}

static enum fault juspay_change(const struct services *s, struct partner_juspay *out, int64_t merchant_id, bool replace)
{
    struct change c = { .s = s, .merchant_id = merchant_id, .replace = replace, .juspay = out };
    enum fault f;

    memset(out, 0, sizeof *out);
    f = run(&c, juspay_work);
    if (f)
        secret_wipe(out, sizeof *out);
    return f;
}

enum fault partner_juspay_add(const struct services *s, struct partner_juspay *out, int64_t merchant_id)
{
    return juspay_change(s, out, merchant_id, false);
}

enum fault partner_juspay_replace(const struct services *s, struct partner_juspay *out, int64_t merchant_id)
{
    return juspay_change(s, out, merchant_id, true);
}

enum fault partner_public_key_add(const struct services *s, struct partner_juspay *out, int64_t merchant_id,
                                  struct span key_id, struct span pem)
{
    struct change c = { .s = s, .merchant_id = merchant_id, .juspay = out, .pem = pem };
    enum fault f;

    memset(out, 0, sizeof *out);
    if (pem.n == 0 || pem.n > KEY_PUBLIC_MAX || !is_id(key_id, PARTNER_KEY_ID_MAX))
        return FAULT_BAD_INPUT;
    if (key_id.n == 0)
        make_key_id(out->key_id);
    else if (span_text(out->key_id, sizeof out->key_id, key_id))
        return FAULT_BAD_INPUT;
    f = run(&c, public_work);
    if (f)
        memset(out, 0, sizeof *out);
    return f;
}

static enum fault paytm_change(struct change *c, struct span client_id, struct span version)
{
    enum fault f;

    memset(c->paytm, 0, sizeof *c->paytm);
    f = paytm_names(c->paytm, client_id, version);
    if (!f)
        f = run(c, paytm_work);
    if (f)
        secret_wipe(c->paytm, sizeof *c->paytm);
    return f;
}

enum fault partner_paytm_add(const struct services *s, struct partner_paytm *out, int64_t merchant_id,
                             struct span client_id, struct span version)
{
    struct change c = { .s = s, .merchant_id = merchant_id, .paytm = out };

    return paytm_change(&c, client_id, version);
}

enum fault partner_paytm_replace(const struct services *s, struct partner_paytm *out, int64_t merchant_id,
                                 struct span client_id, struct span version)
{
    struct change c = { .s = s, .merchant_id = merchant_id, .paytm = out, .replace = true };

    return paytm_change(&c, client_id, version);
}
