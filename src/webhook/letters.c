/* letters.c: gather, ask, write, ask for signatures, sign: for many letters at once. */
#include "webhook/letters.h"

#include <assert.h>
#include <string.h>

#include "base/banned.h"

#define URLS_OWN_VERSION SPAN("2025-01-01")       /* of notify_urls, which name none */

enum { HEADER_MAX = 320 };            /* bytes of one header of a letter; an Authorization's value is the longest */

enum fault webhook_header(struct webhook_letter *l, const char *name, struct span value)
{
    struct buf b = arena_buf(l->arena, HEADER_MAX);

    assert(l->n_headers < WEBHOOK_HEADERS);
    buf_text(&b, name);
    buf_text(&b, ": ");
    buf_span(&b, value);
    return buf_done(&b, &l->headers[l->n_headers++]);
}

static const struct webhook_writer *writer_for(const struct webhooks_options *o, const struct outbox_row *d)
{
    for (size_t i = 0; o->writers[i]; i++)
        if (o->writers[i]->kind == d->kind && o->writers[i]->wants & 1u << (unsigned)d->event)
            return o->writers[i];
    return NULL;
}

/* The newest secret of a merchant, from this look's memory or the store. NOT_FOUND: none. */
static enum fault find_key(struct store_tx *tx, struct letters_keys *keys, const struct signing_key **out,
                           int64_t merchant_id, int64_t now_ms)
{
    size_t i = (size_t)merchant_id & (LETTERS_KEYS - 1);
    struct signing_keys *found = keys->at[i].merchant_id == merchant_id ? keys->at[i].found : NULL;
    enum fault f;

    if (!found) {
        found = arena_take(keys->arena, sizeof *found);
        f = found ? signing_find(tx, found, keys->arena, merchant_id, now_ms) : FAULT_INTERNAL;
        if (f)
            return f;
        keys->at[i].merchant_id = merchant_id;
        keys->at[i].found = found;
    }
    *out = &found->all[0];
    return FAULT_NONE;
}

/* The endpoint's row, or one made up for an order's own URL. NOT_FOUND: it was removed. */
static enum fault find_endpoint(struct store_tx *tx, struct place *p)
{
    enum fault f;

    if (p->row.endpoint_no == 0) {
        p->endpoint = (struct endpoint_row){
            .merchant_id = p->row.merchant_id, .kind = p->row.kind, .url = p->row.url, .version = URLS_OWN_VERSION,
            .policy = ENDPOINT_DEFAULT,
        };
        return FAULT_NONE;
    }
    f = endpoints_find(tx, &p->endpoint, p->arena, p->row.merchant_id, p->row.endpoint_no);
    return !f && p->endpoint.disabled ? FAULT_NOT_FOUND : f;
}

static enum fault gather(const struct webhooks_options *o, struct store_tx *tx, struct letters_keys *keys,
                         struct place *p, int64_t now_ms)
{
    struct webhook_letter *l = &p->letter;
    enum fault f = find_endpoint(tx, p);

    if (f)
        return f;
    *l = (struct webhook_letter){
        .services = o->services, .arena = p->arena, .delivery = &p->row, .endpoint = &p->endpoint, .now_ms = now_ms,
    };
    p->writer = writer_for(o, &p->row);
    if (!p->writer)
        return FAULT_NOT_FOUND;
    if (p->writer->with_secret)
        f = find_key(tx, keys, &l->key, p->row.merchant_id, now_ms);
    return f ? f : p->writer->gather(l, tx);
}

enum fault letters_gather(const struct webhooks_options *o, struct store_tx *tx, struct letters_keys *keys,
                          struct place *p, int64_t now_ms)
{
    enum fault f = outbox_find(tx, &p->row, p->arena, p->row.merchant_id, p->row.delivery_no);

    p->fault = f ? f : gather(o, tx, keys, p, now_ms);
    p->fate = !p->fault ? PLACE_SENT : p->fault == FAULT_NOT_FOUND ? PLACE_GIVE_UP : PLACE_UNWRITTEN;
    return p->fault == FAULT_DISK || p->fault == FAULT_RETRY ? p->fault : FAULT_NONE;
}

/* Questions of many letters in one array, and back to where they came from. SILENT stays in each. */
struct round { struct key_ask asks[LETTERS_MAX * WEBHOOK_ASKS], *from[LETTERS_MAX * WEBHOOK_ASKS]; size_t n; };

static void round_add(struct round *r, struct key_ask *ask)
{
    assert(r->n < LETTERS_MAX * WEBHOOK_ASKS);
    r->asks[r->n] = *ask;
    r->from[r->n++] = ask;
}

static void round_ask(struct round *r, struct keyholder *k)
{
    enum fault f = r->n ? keyholder_ask(k, r->asks, r->n) : FAULT_NONE;

    for (size_t i = 0; i < r->n; i++) {
        *r->from[i] = r->asks[i];
        if (f)
            r->from[i]->fault = f;
    }
    r->n = 0;
}

static void fail(struct place *p, enum fault f)
{
    p->fault = f;
    p->fate = f == FAULT_NOT_FOUND ? PLACE_GIVE_UP : PLACE_UNWRITTEN;
}

static void write_one(struct place *p)
{
    struct webhook_letter *l = &p->letter;
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < l->n_asks && !f; i++)
        f = l->asks[i].fault == FAULT_SILENT ? FAULT_SILENT : FAULT_NONE;
    if (!f)
        f = p->writer->write(l);
    if (!f && !span_absent(l->signed_text) && !l->signs_itself)
        f = l->key ? signing_ask(&l->signature, l->arena, l->key, l->signed_text) : FAULT_INTERNAL;
    if (f)
        fail(p, f);
}

static bool is_signed(const struct webhook_letter *l)
{
    return l->signs_itself || !span_absent(l->signed_text);
}

/* Sign, and make the call. */
static void finish(struct place *p, bool allow_private)
{
    struct webhook_letter *l = &p->letter;
    enum fault f = is_signed(l) ? l->signature.fault : FAULT_NONE;

    if (!f && is_signed(l))
        f = p->writer->sign(l);
    if (!f)
        f = webhook_header(l, "Content-Type", span_of(l->content_type));
    if (f) {
        fail(p, f);
        return;
    }
    static_assert((int)WEBHOOK_HEADERS <= (int)COURIER_HEADERS_MAX, "a letter's headers fit");
    p->call = (struct courier_call){
        .url = p->endpoint.url, .body = l->body, .n_headers = l->n_headers, .allow_private = allow_private,
    };
    memcpy(p->call.headers, l->headers, l->n_headers * sizeof *l->headers);
}

void letters_write(const struct webhooks_options *o, struct place *const *places, size_t n)
{
    struct round round = { .n = 0 };

    assert(n <= LETTERS_MAX);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; !places[i]->fault && j < places[i]->letter.n_asks; j++)
            round_add(&round, &places[i]->letter.asks[j]);
    round_ask(&round, o->services->keyholder);
    for (size_t i = 0; i < n; i++)
        if (!places[i]->fault)
            write_one(places[i]);
    for (size_t i = 0; i < n; i++)
        if (!places[i]->fault && is_signed(&places[i]->letter))
            round_add(&round, &places[i]->letter.signature);
    round_ask(&round, o->services->keyholder);
    for (size_t i = 0; i < n; i++)
        if (!places[i]->fault)
            finish(places[i], o->services->mode == MODE_SANDBOX);
}
