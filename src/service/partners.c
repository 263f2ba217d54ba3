/* partners.c: who asks, and with which key. */
#include "service/partners.h"

#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/base64.h"
#include "service/known.h"
#include "service/parts.h"
#include "store/merchants.h"
#include "store/partners.h"

#include "base/banned.h"

enum {
    BASIC_MAX = 256,                  /* characters of an Authorization header that is read */
    SIGNATURE_DIGEST = 16,            /* bytes kept of a signature's digest: enough to tell two of them apart */
    UUID_BYTES = 16,
};

static_assert((int)PARTNER_SWEEP > (int)PARTNER_SWEEP_EVERY, "more is forgotten than comes");

/* One look for a Paytm key. */
struct paytm_search {
    struct span mid;
    struct paytm_key_row wanted, found;
    struct mid_row whose;
    struct arena *arena;
    int64_t now_ms;
    bool mid_known;
};

/* What stands behind "Basic "; absent when it is another scheme. */
static struct span basic_text(struct span header)
{
    struct span scheme = SPAN("Basic ");

    if (header.n <= scheme.n || !span_equal_nocase((struct span){ header.p, scheme.n }, scheme))
        return (struct span){ 0 };
    header = (struct span){ header.p + scheme.n, header.n - scheme.n };
    while (header.n && header.p[0] == ' ')
        header.p++, header.n--;
    return header;
}

/* The API key in the header, with or without a colon and an empty password behind it. */
static enum fault read_basic(struct span *key, struct arena *a, struct span header)
{
    struct span text = basic_text(header);
    struct buf plain = arena_buf(a, BASIC_MAX);

    if (span_absent(text) || text.n > BASIC_MAX || base64_read(&plain, text) != FAULT_NONE)
        return FAULT_UNKNOWN_CALLER;
    *key = buf_view(&plain);
    if (key->n && key->p[key->n - 1] == ':')
        key->n--;
    return FAULT_NONE;
}

enum fault partner_juspay_caller(const struct services *s, struct caller *out, struct store_reader *r,
                                 struct arena *a, struct span basic, int64_t now_ms)
{
    struct buf client_id = arena_buf(a, sizeof PARTNER_JUSPAY_CLIENT + PARTNER_API_KEY_ID);
    struct span key;
    enum fault f = read_basic(&key, a, basic);

    if (f || key.n != PARTNER_API_KEY - 1)
        return FAULT_UNKNOWN_CALLER;
    buf_text(&client_id, PARTNER_JUSPAY_CLIENT);
    buf_put(&client_id, key.p, PARTNER_API_KEY_ID);
    if (client_id.full)
        return FAULT_INTERNAL;
    return callers_find(s, out, r, a, buf_view(&client_id),
                        (struct span){ key.p + PARTNER_API_KEY_ID, key.n - PARTNER_API_KEY_ID }, now_ms);
}

void partner_about_public(struct buf *out, int64_t merchant_id, struct span key_id)
{
    parts_about_put(out, "public_keys.key", merchant_id, key_id);
}

void partner_about_paytm(struct buf *out, struct span mid, const struct paytm_key_row *k)
{
    parts_about_put(out, "paytm_keys.key", k->merchant_id, mid);
    buf_byte(out, '|');
    buf_span(out, k->client_id);
    buf_byte(out, '|');
    buf_span(out, k->version);
    buf_byte(out, '|');
    buf_i64(out, k->key_no);
}

/* A disabled merchant has no MID any more. */
static enum fault paytm_work(struct store_tx *tx, void *arg)
{
    struct paytm_search *s = arg;
    struct merchant_row merchant;
    enum fault f = mids_find(tx, &s->whose, s->arena, s->mid);

    s->mid_known = false;
    if (!f)
        f = merchants_find(tx, &merchant, s->arena, s->whose.merchant_id);
    if (f)
        return f;
    if (merchant.disabled)
        return FAULT_NOT_FOUND;
    s->mid_known = true;
    s->wanted.merchant_id = s->whose.merchant_id;
    return paytm_keys_find(tx, &s->found, s->arena, &s->wanted, s->now_ms);
}

enum fault partner_paytm_key(const struct services *s, struct partner_key *out, bool *mid_known,
                             struct store_reader *r, struct arena *a, struct span mid, struct span client_id,
                             struct span version)
{
    struct paytm_search search = { .mid = mid, .wanted = { .client_id = client_id, .version = version },
                                   .arena = a, .now_ms = clock_now_ms(s->clock) };
    const struct known_names names = { mid, client_id, version };
    struct known *known = callers_known(s->callers);
    uint64_t ticket;
    struct buf about;
    enum fault f;

    *mid_known = false;
    *out = (struct partner_key){ 0 };
    if (mid.n == 0 || mid.n > PARTNER_MID_MAX)
        return FAULT_NOT_FOUND;
    *mid_known = known_key(known, out, a, &names, search.now_ms, &ticket);
    if (*mid_known)
        return FAULT_NONE;
    f = store_read(r, paytm_work, &search);
    *mid_known = search.mid_known;
    if (search.mid_known)
        out->merchant_id = search.whose.merchant_id;
    if (f)
        return f;
    about = arena_buf(a, PARTNER_ABOUT);
    partner_about_paytm(&about, search.whose.mid, &search.found);
    if (about.full)
        return FAULT_INTERNAL;
    out->id = search.found.version;
    out->sealed = search.found.key_sealed;
    out->about = buf_view(&about);
    out->client_id = search.found.client_id;
    known_keep_key(known, &names, out, search.now_ms, search.found.ends_ms, ticket);
    return FAULT_NONE;
}

enum fault partner_recipient(struct store_tx *tx, struct partner_key *out, struct arena *a, int64_t merchant_id,
                             struct span key_id)
{
    struct buf about = arena_buf(a, PARTNER_ABOUT);
    struct public_key_row row;
    enum fault f = FAULT_NOT_FOUND;

    if (key_id.n)
        f = public_keys_find(tx, &row, a, merchant_id, key_id);
    if (f == FAULT_NOT_FOUND)
        f = public_keys_newest(tx, &row, a, merchant_id);
    if (f)
        return f;
    partner_about_public(&about, merchant_id, row.key_id);
    if (about.full)
        return FAULT_INTERNAL;
    *out = (struct partner_key){
        .merchant_id = merchant_id, .id = row.key_id, .sealed = row.key_sealed, .about = buf_view(&about),
    };
    return FAULT_NONE;
}

void partner_ask(struct key_ask *ask, enum key_op op, const struct partner_key *k)
{
    *ask = (struct key_ask){ .op = op, .use = op == KEY_ENCRYPT ? KEY_USE_RECIPIENT : KEY_USE_PAYTM,
                             .about = k->about, .in = k->sealed };
}

static enum fault why_taken(struct store_tx *tx, const struct paytm_request_row *r)
{
    struct paytm_request_row key = *r, there;
    struct arena *a;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    key.at_ms = r->at_ms - PARTNER_SIGNATURE_MS;
    f = paytm_requests_find(tx, &there, a, &key);
    if (f == FAULT_NOT_FOUND)
        f = paytm_requests_drop(tx, &key);
    else if (!f)
        f = span_equal(there.request_id, r->request_id) ? FAULT_EXISTS : FAULT_MISMATCH;
    arena_free(a);
    return f;
}

/* Now and then is enough, as long as more is deleted than added; chosen by chance, so that nobody can keep out of its
 * way. */
static bool sweeps(void)
{
    uint8_t chance;

    secret_random_few(&chance, sizeof chance);
    return chance % PARTNER_SWEEP_EVERY == 0;
}

static enum fault take_request(struct store_tx *tx, const struct paytm_request_row *r)
{
    bool taken = false;
    enum fault f = paytm_requests_insert(tx, &taken, r);

    if (!f && !taken) {
        f = why_taken(tx, r);
        if (!f)
            f = paytm_requests_insert(tx, &taken, r);      /* what was in its way had been forgotten */
        if (!f && !taken)
            f = FAULT_INTERNAL;
    }
    if (!f && sweeps())
        f = paytm_requests_sweep(tx, r->at_ms - PARTNER_SIGNATURE_MS, PARTNER_SWEEP);
    return f;
}

enum fault partner_request(struct store_tx *tx, int64_t merchant_id, struct span request_id, struct span signature,
                           int64_t now_ms)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct paytm_request_row row = { .merchant_id = merchant_id, .request_id = request_id, .at_ms = now_ms };

    if (signature.n) {
        if (!SHA256(signature.p, signature.n, digest))
            return FAULT_INTERNAL;
        row.signature = (struct span){ digest, SIGNATURE_DIGEST };
    }
    return take_request(tx, &row);
}

enum fault partner_request_made(struct store_tx *tx, int64_t merchant_id, struct span request_id, int64_t token_no)
{
    return paytm_requests_put_token(tx, &(struct paytm_request_row){
        .merchant_id = merchant_id, .request_id = request_id, .token_no = token_no });
}

enum fault partner_request_token(struct store_tx *tx, int64_t *token_no, int64_t merchant_id, struct span request_id,
                                 int64_t now_ms)
{
    struct paytm_request_row row = { .merchant_id = merchant_id, .request_id = request_id,
                                     .at_ms = now_ms - PARTNER_SIGNATURE_MS };
    enum fault f = paytm_requests_find_token(tx, &row);

    if (!f)
        *token_no = row.token_no;
    return f;
}

/* The digest's first bytes, in the form of a UUID. */
static enum fault key_id_of(char out[static PARTNER_SERVER_KEY_ID], struct span pem)
{
    uint8_t digest[SHA256_DIGEST_LENGTH], text[2 * UUID_BYTES];
    struct buf hex = BUF(text), id = { (uint8_t *)out, 0, PARTNER_SERVER_KEY_ID - 1, false };

    if (!SHA256(pem.p, pem.n, digest))
        return FAULT_INTERNAL;
    hex_put(&hex, (struct span){ digest, UUID_BYTES });
    for (size_t i = 0; i < hex.n; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            buf_byte(&id, '-');
        buf_byte(&id, text[i]);
    }
    out[id.n] = '\0';
    return FAULT_NONE;
}

enum fault partner_server_key(const struct services *s, struct span *pem, char id[static PARTNER_SERVER_KEY_ID],
                              struct arena *a, enum card_form form)
{
    struct key_ask ask = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = form, .out = arena_buf(a, KEY_PUBLIC_MAX) };
    enum fault f = keyholder_ask_one(s->keyholder, &ask);

    if (!f)
        f = buf_done(&ask.out, pem);
    if (f)
        return f == FAULT_SILENT ? f : FAULT_INTERNAL;
    return key_id_of(id, *pem);
}
