/* demo.c: the sandbox's demo merchant. */
#include "gateway/demo.h"

#include <string.h>

#include "base/journal.h"
#include "base/secret.h"
#include "keyholder/rsa.h"
#include "service/merchants.h"
#include "store/tokens.h"

#include "base/banned.h"

enum { DEMO_RSA_BITS = 2048 };

#define DEMO_NAME SPAN("Demo merchant")

/* The demo merchant as it is looked for. */
struct search { int64_t merchant_id; bool found, onboarded; };

/* What one function makes works with. */
struct making { const struct parts *p; struct credentials *c; struct arena *arena; int64_t merchant_id; };

static enum fault onboarded_everywhere(struct store_tx *tx, struct search *s, struct arena *a)
{
    struct requestor_row row;
    enum fault f = FAULT_NONE;

    for (int64_t scheme = SCHEME_UNKNOWN + 1; scheme < SCHEMES && !f; scheme++)
        f = requestors_find(tx, &row, a, s->merchant_id, scheme);
    s->onboarded = !f;
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

static enum fault find_demo(struct store_tx *tx, void *arg)
{
    struct search *s = arg;
    struct merchant_row row;
    struct arena *a;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    f = merchants_find_name(tx, &row, a, DEMO_NAME);
    s->found = !f;
    if (!f) {
        s->merchant_id = row.merchant_id;
        f = onboarded_everywhere(tx, s, a);
    }
    arena_free(a);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

static void keep_cashfree(struct credentials *c, const struct merchant_credentials *made)
{
    memcpy(c->client_id, made->client_id, sizeof made->client_id);
    memcpy(c->client_secret, made->client_secret, sizeof made->client_secret);
}

static void keep_juspay(struct credentials *c, const struct partner_juspay *made)
{
    memcpy(c->juspay.api_key, made->api_key, sizeof made->api_key);
}

static void keep_paytm(struct credentials *c, const struct partner_paytm *made)
{
    memcpy(c->paytm.mid, made->mid, sizeof made->mid);
    memcpy(c->paytm.merchant_key, made->merchant_key, sizeof made->merchant_key);
    memcpy(c->paytm.client_id, made->client_id, sizeof made->client_id);
    memcpy(c->paytm.key_version, made->version, sizeof made->version);
}

static enum fault add_demo(const struct parts *p, struct credentials *c, int64_t *merchant_id)
{
    struct merchant_whole made;
    enum fault f = merchant_add_whole(&p->services, &made, DEMO_NAME, SPAN("INR"));

    if (!f) {
        *merchant_id = made.cashfree.merchant_id;
        keep_cashfree(c, &made.cashfree);
        keep_juspay(c, &made.juspay);
        keep_paytm(c, &made.paytm);
        if (made.onboarded && p->services.network)
            journal_event(p->services.journal, JOURNAL_WARNING, "the demo merchant is not onboarded", made.onboarded,
                          NULL);
    }
    secret_wipe(&made, sizeof made);
    return f;
}

/* The merchant of an earlier start: whatever the credentials lack. */
static enum fault renew_demo(const struct making *m, const struct search *s)
{
    const struct services *sv = &m->p->services;
    struct merchant_credentials cashfree = { 0 };
    struct partner_juspay juspay = { 0 };
    struct partner_paytm paytm = { 0 };
    enum fault f = FAULT_NONE;

    if (!m->c->client_id[0] || !m->c->client_secret[0]) {
        f = merchant_rotate(sv, &cashfree, m->merchant_id, 0);
        keep_cashfree(m->c, &cashfree);
    }
    if (!f && !m->c->juspay.api_key[0]) {
        f = partner_juspay_replace(sv, &juspay, m->merchant_id);
        keep_juspay(m->c, &juspay);
    }
    if (!f && (!m->c->paytm.mid[0] || !m->c->paytm.merchant_key[0])) {
        f = partner_paytm_replace(sv, &paytm, m->merchant_id, (struct span){ 0 }, (struct span){ 0 });
        keep_paytm(m->c, &paytm);
    }
    if (!f && !s->onboarded && sv->network && partner_onboard(sv, m->merchant_id, SCHEME_UNKNOWN))
        journal_event(sv->journal, JOURNAL_WARNING, "the demo merchant is not onboarded", 0, NULL);
    secret_wipe(&cashfree, sizeof cashfree);
    secret_wipe(&juspay, sizeof juspay);
    secret_wipe(&paytm, sizeof paytm);
    return f;
}

/* Register the public half of `pair` and keep the private one. */
static enum fault keep_pair(const struct making *m, const struct rsa_private *pair)
{
    AUTO_SECRET private = NULL;
    struct partner_juspay made = { 0 };
    struct rsa_public *public = NULL;
    struct buf pem = arena_buf(m->arena, RSA_PUBLIC_PEM_MAX);
    enum fault f = rsa_private_pem(pair, &private);

    if (!f)
        f = rsa_private_public(pair, &public);
    if (!f)
        f = rsa_public_pem(public, &pem);
    rsa_public_free(public);
    if (!f)
        f = partner_public_key_add(&m->p->services, &made, m->merchant_id, (struct span){ 0 }, buf_view(&pem));
    if (!f)
        f = span_text(m->c->juspay.merchant_private_key, sizeof m->c->juspay.merchant_private_key,
                      secret_span(private));
    if (!f)
        f = span_text(m->c->juspay.key_id, sizeof m->c->juspay.key_id, span_of(made.key_id));
    return f;
}

/* Takes a good part of a second, so it is done once for a folder. */
static enum fault make_pair(const struct making *m)
{
    struct rsa_private *pair = NULL;
    enum fault f;

    if (m->c->juspay.key_id[0] && m->c->juspay.merchant_private_key[0])
        return FAULT_NONE;
    f = rsa_private_generate(&pair, DEMO_RSA_BITS);
    if (!f)
        f = keep_pair(m, pair);
    rsa_private_free(pair);
    return f;
}

static enum fault server_key(const struct making *m, char out[static CREDENTIAL_PEM], enum card_form form)
{
    char id[PARTNER_SERVER_KEY_ID];
    struct span pem;
    enum fault f = partner_server_key(&m->p->services, &pem, id, m->arena, form);

    return f ? f : span_text(out, CREDENTIAL_PEM, pem);
}

static enum fault make_all(struct making *m, const struct search *s)
{
    enum fault f = FAULT_NONE;

    m->merchant_id = s->merchant_id;
    if (s->found)
        f = renew_demo(m, s);
    else
        f = add_demo(m->p, m->c, &m->merchant_id);
    if (!f)
        f = make_pair(m);
    if (!f)
        f = server_key(m, m->c->juspay.server_public_key, CARD_FORM_JWE);
    if (!f)
        f = server_key(m, m->c->paytm.server_public_key, CARD_FORM_RSA);
    return f;
}

enum fault demo_merchant(const struct parts *p, struct credentials *c, struct buf *why)
{
    struct making m = { .p = p, .c = c };
    struct search s = { 0 };
    enum fault f = arena_new(&m.arena);

    if (!f)
        f = store_write(p->services.store, find_demo, &s);
    if (!f)
        f = make_all(&m, &s);
    if (f)
        buf_text(why, f == FAULT_SILENT ? "the keyholder does not answer" : "cannot make the demo merchant");
    arena_free(m.arena);
    return f;
}
