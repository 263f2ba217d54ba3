/* merchants.c: the admin's use cases. */
#include "service/merchants.h"

#include <assert.h>
#include <string.h>

#include "base/base64.h"
#include "domain/money.h"
#include "service/callers.h"
#include "service/ids.h"

#include "base/banned.h"

enum {
    CLIENT_ID_RANDOM = 12, SECRET_RANDOM = 16, SECRET_TAIL = 4,      /* random bytes, printed as hexadecimal digits */
};

/* What one write job needs. The keyholder is asked inside it: these are rare, and the question is pure. */
struct change {
    const struct services *s;
    struct merchant_credentials *out;
    struct merchant_whole *whole;     /* NULL: only its Cashfree credentials are made */
    struct arena *arena;
    struct span name, currencies;
    int64_t merchant_id, overlap_s, now_ms;
};

/* The newest credential of a merchant, as it is looked for. */
struct newest { struct arena *arena; struct span client_id; int64_t secret_no; bool found; };

static void put_random_hex(struct buf *out, size_t n)
{
    uint8_t bytes[SECRET_RANDOM];

    assert(n <= sizeof bytes);
    secret_random(bytes, n);
    hex_put(out, (struct span){ bytes, n });
    secret_wipe(bytes, sizeof bytes);
}

static void make_client_id(const struct services *s, char out[static MERCHANT_CLIENT_ID_TEXT])
{
    struct buf text = { (uint8_t *)out, 0, MERCHANT_CLIENT_ID_TEXT - 1, false };

    if (s->mode == MODE_SANDBOX)
        buf_span(&text, SPAN("TEST"));
    put_random_hex(&text, CLIENT_ID_RANDOM);
    assert(!text.full);
    out[text.n] = '\0';
}

static void make_secret(const struct services *s, char out[static MERCHANT_SECRET_TEXT])
{
    struct buf text = { (uint8_t *)out, 0, MERCHANT_SECRET_TEXT - 1, false };

    buf_span(&text, s->mode == MODE_SANDBOX ? SPAN("cfsk_ma_test_") : SPAN("cfsk_ma_prod_"));
    put_random_hex(&text, SECRET_RANDOM);
    buf_byte(&text, '_');
    put_random_hex(&text, SECRET_TAIL);
    assert(!text.full);
    out[text.n] = '\0';
}

static bool is_name(struct span name)
{
    if (name.n == 0 || name.n > MERCHANT_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] < ' ' || name.p[i] == 0x7f)
            return false;
    return true;
}

/* Codes of three letters with commas between them, each a currency. */
static bool is_currencies(struct span all)
{
    unsigned exponent;

    if (all.n % 4 != 3 || all.n >= CALLER_CURRENCIES)
        return false;
    for (size_t at = 0; at < all.n; at += 4) {
        if (money_exponent(&exponent, (struct span){ all.p + at, 3 }) != FAULT_NONE)
            return false;
        if (at + 3 < all.n && all.p[at + 3] != ',')
            return false;
    }
    return true;
}

/* Make a secret, seal it and store it as number `secret_no` of out->client_id. */
static enum fault add_secret(struct change *c, struct store_tx *tx, int64_t secret_no)
{
    uint8_t about[CALLER_ABOUT_MAX], sealed[MERCHANT_SECRET_TEXT + KEY_SEAL_EXTRA];
    struct buf text = BUF(about);
    struct key_ask ask = { .op = KEY_SEAL, .use = KEY_USE_CREDENTIAL, .out = BUF(sealed) };
    struct credential_row row = { .client_id = span_of(c->out->client_id), .merchant_id = c->out->merchant_id,
                                  .secret_no = secret_no, .created_ms = c->now_ms };
    enum fault f;

    make_secret(c->s, c->out->client_secret);
    caller_about_secret(&text, row.merchant_id, row.client_id, secret_no);
    assert(!text.full);
    ask.in = span_of(c->out->client_secret);
    ask.about = buf_view(&text);
    f = keyholder_ask_one(c->s->keyholder, &ask);
    if (f)
        return f == FAULT_SILENT ? f : FAULT_INTERNAL;
    row.secret_sealed = buf_view(&ask.out);
    return credentials_insert(tx, &row);
}

static enum fault add_work(struct store_tx *tx, void *arg)
{
    struct change *c = arg;
    struct merchant_row row = { .name = c->name, .currencies = c->currencies, .created_ms = c->now_ms };
    struct merchant_row taken;
    enum fault f = merchants_find_name(tx, &taken, c->arena, c->name);

    if (f != FAULT_NOT_FOUND)
        return f ? f : FAULT_EXISTS;
    make_client_id(c->s, c->out->client_id);
    f = merchants_insert(tx, &c->out->merchant_id, &row);
    if (!f && c->out->merchant_id > IDS_MERCHANT_MAX)
        f = FAULT_TOO_MANY;           /* its payments could have no public ids */
    if (f)
        return f;
    f = add_secret(c, tx, 1);
    if (f == FAULT_EXISTS)
        return FAULT_RETRY;           /* another merchant has that client id: draw again */
    if (!f && c->whole)
        f = partner_juspay_make(c->s, tx, &c->whole->juspay, c->out->merchant_id, c->now_ms);
    if (!f && c->whole)
        f = partner_paytm_make(c->s, tx, &c->whole->paytm, c->out->merchant_id, c->now_ms);
    return f;
}

static enum fault keep_newest(void *arg, const struct credential_row *row)
{
    struct newest *n = arg;

    if (memchr(row->client_id.p, ':', row->client_id.n))
        return FAULT_NONE;            /* another provider's (service/partners.h) */
    if (n->found && row->secret_no <= n->secret_no)
        return FAULT_NONE;
    n->found = true;
    n->secret_no = row->secret_no;
    n->client_id = arena_copy(n->arena, row->client_id);
    return span_absent(n->client_id) ? FAULT_INTERNAL : FAULT_NONE;
}

static enum fault find_newest(struct store_tx *tx, struct newest *out, int64_t merchant_id, int64_t now_ms)
{
    enum fault f = credentials_of(tx, merchant_id, now_ms, keep_newest, out);

    return !f && !out->found ? FAULT_NOT_FOUND : f;
}

static enum fault rotate_work(struct store_tx *tx, void *arg)
{
    struct change *c = arg;
    struct newest newest = { .arena = c->arena };
    struct merchant_row merchant;
    enum fault f = merchants_find(tx, &merchant, c->arena, c->merchant_id);

    if (!f && merchant.disabled)
        f = FAULT_NOT_FOUND;
    if (!f)
        f = find_newest(tx, &newest, c->merchant_id, c->now_ms);
    if (f)
        return f;
    c->out->merchant_id = c->merchant_id;
    f = span_text(c->out->client_id, sizeof c->out->client_id, newest.client_id);
    if (f)
        return FAULT_INTERNAL;
    f = add_secret(c, tx, newest.secret_no + 1);
    if (!f)
        f = credentials_end_older(tx, newest.client_id, newest.secret_no + 1, c->now_ms + c->overlap_s * 1000);
    return f;
}

static enum fault disable_work(struct store_tx *tx, void *arg)
{
    const struct change *c = arg;

    return merchants_disable(tx, c->merchant_id);
}

/* Run one change and forget what callers were known, whatever became of it. */
static enum fault run(struct change *c, store_work *work)
{
    const struct services *s = c->s;
    enum fault f = arena_new(&c->arena);

    if (f)
        return f;
    c->now_ms = clock_now_ms(s->clock);
    f = store_write(s->store, work, c);
    if (s->callers)
        callers_forget(s->callers);
    if (f && c->out)
        secret_wipe(c->out, sizeof *c->out);
    arena_free(c->arena);
    return f;
}

static enum fault add(struct change *c)
{
    if (!c->currencies.n)
        c->currencies = SPAN("INR");
    if (!is_name(c->name) || !is_currencies(c->currencies))
        return FAULT_BAD_INPUT;
    return run(c, add_work);
}

enum fault merchant_add(const struct services *s, struct merchant_credentials *out, struct span name,
                        struct span currencies)
{
    struct change c = { .s = s, .out = out, .name = name, .currencies = currencies };

    memset(out, 0, sizeof *out);
    return add(&c);
}

enum fault merchant_add_whole(const struct services *s, struct merchant_whole *out, struct span name,
                              struct span currencies)
{
    struct change c = { .s = s, .out = &out->cashfree, .whole = out, .name = name, .currencies = currencies };
    enum fault f;

    memset(out, 0, sizeof *out);
    f = add(&c);
    if (f)
        secret_wipe(out, sizeof *out);
    else
        out->onboarded = partner_onboard(s, out->cashfree.merchant_id, SCHEME_UNKNOWN);
    return f;
}

enum fault merchant_rotate(const struct services *s, struct merchant_credentials *out, int64_t merchant_id,
                           int64_t overlap_s)
{
    struct change c = { .s = s, .out = out, .merchant_id = merchant_id, .overlap_s = overlap_s };

    memset(out, 0, sizeof *out);
    if (overlap_s < 0 || overlap_s > MERCHANT_OVERLAP_MAX_S)
        return FAULT_BAD_INPUT;
    return run(&c, rotate_work);
}

enum fault merchant_disable(const struct services *s, int64_t merchant_id)
{
    struct change c = { .s = s, .merchant_id = merchant_id };

    return run(&c, disable_work);
}

struct listing {
    struct store_tx *tx;
    struct arena *arena;
    int64_t now_ms;
    enum fault (*each)(void *arg, const struct merchant_shown *m);
    void *arg;
};

struct shown_keys { struct merchant_shown *shown; struct arena *arena; };

static enum fault keep_key_id(void *arg, const struct public_key_row *k)
{
    const struct shown_keys *keys = arg;
    struct merchant_shown *m = keys->shown;

    if (m->n_keys == MERCHANT_KEYS_SHOWN)
        return FAULT_NONE;
    m->key_ids[m->n_keys] = arena_copy(keys->arena, k->key_id);
    return span_absent(m->key_ids[m->n_keys++]) ? FAULT_INTERNAL : FAULT_NONE;
}

static enum fault show_one(void *arg, const struct merchant_row *m)
{
    const struct listing *l = arg;
    struct merchant_shown shown = { .merchant_id = m->merchant_id, .name = m->name, .currencies = m->currencies,
                                    .disabled = m->disabled != 0, .created_ms = m->created_ms };
    struct shown_keys keys = { &shown, l->arena };
    struct newest newest = { .arena = l->arena };
    struct mid_row mid = { 0 };
    enum fault f = find_newest(l->tx, &newest, m->merchant_id, l->now_ms);

    if (!f || f == FAULT_NOT_FOUND)
        f = mids_of(l->tx, &mid, l->arena, m->merchant_id);
    if (!f || f == FAULT_NOT_FOUND)
        f = public_keys_each(l->tx, m->merchant_id, keep_key_id, &keys);
    if (f)
        return f;
    shown.client_id = newest.client_id;
    shown.mid = mid.mid;
    return l->each(l->arg, &shown);
}

static enum fault list_work(struct store_tx *tx, void *arg)
{
    struct listing *l = arg;

    l->tx = tx;
    return merchants_each(tx, show_one, l);
}

enum fault merchants_list(const struct services *s, struct store_reader *r, struct arena *a,
                          enum fault (*each)(void *arg, const struct merchant_shown *m), void *arg)
{
    struct listing l = { .arena = a, .now_ms = clock_now_ms(s->clock), .each = each, .arg = arg };

    return store_read(r, list_work, &l);
}
