/* errand.c: the steps of a use of the vault. */
#include "dialect/juspay/errand.h"

#include "base/base64.h"
#include "base/secret.h"
#include "dialect/juspay/complaint.h"
#include "dialect/juspay/jwe_header.h"
#include "service/audit.h"

#include "base/banned.h"

void errand_begin(struct exchange *x, enum vault_op op, struct token_owner owner)
{
    struct errand *e = x->state;

    e->job = (struct vault_job){ .now_ms = x->now_ms, .arena = x->arena };
    e->job.wish = (struct vault_wish){
        .op = op, .merchant_id = x->merchant_id, .sub_merchant = owner.sub_merchant, .customer_id = owner.customer_id,
        .request_id = span_of(x->request_id), .source = span_of(x->peer), .consent.channel = CONSENT_BY_JUSPAY,
    };
}

void errand_token(struct errand *e, struct span reference)
{
    e->job.wish.has_token = true;
    if (vault_id_read(e->job.wish.token, reference))
        secret_random_few(e->job.wish.token, VAULT_ID);      /* nobody's: it takes the way of an unknown one */
}

/* What our key is, is worth a question only to those who are told. */
static enum step fail_card(struct exchange *x, const struct card_facts *facts, enum card_form form)
{
    char key[PARTNER_SERVER_KEY_ID] = "";
    struct span pem;
    struct complaint c;

    if (facts->flaw == CARD_UNREADABLE && x->services->mode == MODE_SANDBOX
        && partner_server_key(x->services, &pem, key, x->arena, form))
        key[0] = '\0';
    c = complaint_of_card(x->arena, facts, x->services->mode, key);
    complaint_answer(x, &c);
    return STEP_ANSWERED;
}

enum step errand_card(struct exchange *x, enum card_form form, struct span text)
{
    struct errand *e = x->state;
    const struct vault_wish *w = &e->job.wish;
    struct card_ask card = { .form = form, .text = text, .merchant_id = x->merchant_id, .now_ms = x->now_ms };
    struct key_ask ask;
    enum fault f;

    card.owner = vault_owner(x->arena, w->sub_merchant, w->customer_id);
    f = span_absent(card.owner) ? FAULT_INTERNAL : card_ask(&ask, x->arena, &card);
    if (f)
        return jcall_fail(x, f);
    f = keyholder_ask_one(x->services->keyholder, &ask);
    if (!f)
        f = card_read(&e->card, &ask);
    if (!f)
        f = audit_opened(x->services, &e->card, &(struct audit_opened){
            x->merchant_id, x->now_ms, CONSENT_BY_JUSPAY, w->request_id, w->source });
    if (f)
        return jcall_fail(x, f);
    if (e->card.flaw == CARD_UNREADABLE && form == CARD_FORM_JWE && x->services->mode == MODE_SANDBOX)
        jwe_header_tell(e->card.why, x->arena, text);
    if (e->card.flaw != CARD_FINE)
        return fail_card(x, &e->card, form);
    e->job.wish.card = &e->card;
    e->job.wish.consent.scheme = e->card.scheme;
    return STEP_GO;
}

enum fault errand_recipient(struct exchange *x, struct store_tx *tx, struct span key_id)
{
    struct errand *e = x->state;
    enum fault f = partner_recipient(tx, &e->recipient, x->arena, x->merchant_id, key_id);

    e->no_recipient = f == FAULT_NOT_FOUND;
    return e->no_recipient ? FAULT_WRONG_STATE : f;
}

enum fault errand_work(struct exchange *x, struct store_tx *tx)
{
    struct errand *e = x->state;

    return vault_begin(x->services, tx, &e->job);
}

static void asked(struct vault_job *job)
{
    struct exchange *x = job->arg;

    x->resume(x, vault_settles(job));
}

enum next errand_call(struct exchange *x)
{
    struct errand *e = x->state;

    if (!vault_asks(&e->job))
        return NEXT_SHOW;
    vault_ask(x->services, &e->job, asked, x);
    return NEXT_WAIT;
}

enum fault errand_settle(struct exchange *x, struct store_tx *tx)
{
    struct errand *e = x->state;

    return vault_settle(x->services, tx, &e->job);
}

/* A token that becomes active later is made, too. */
bool errand_is_fine(const struct exchange *x, enum fault outcome)
{
    const struct errand *e = x->state;
    enum vault_why why;

    if (outcome)
        return false;
    why = vault_outcome(&e->job);
    return why == VAULT_FINE
        || (why == VAULT_NETWORK && e->job.wish.op == VAULT_MAKE && e->job.answer.verdict == NETWORK_LATER);
}

void errand_encrypt(struct exchange *x, const struct buf *text)
{
    struct errand *e = x->state;
    struct key_ask *ask = &x->asks[0];
    struct span plain;

    e->uncomposed = buf_done(text, &plain) != FAULT_NONE;
    if (e->uncomposed)
        return;
    *ask = (struct key_ask){ .op = KEY_ENCRYPT };
    partner_ask(ask, KEY_ENCRYPT, &e->recipient);
    ask->presented = plain;
    ask->number = e->card.enc;
    ask->out = arena_buf(x->arena, plain.n + plain.n / 3 + KEY_JWE_EXTRA);
    x->n_asks = 1;
}

/* An encryption that was refused is no fault of the caller's: the key was read when it was registered. */
static enum fault composed(const struct exchange *x)
{
    const struct errand *e = x->state;

    if (e->uncomposed)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < x->n_asks; i++)
        if (x->asks[i].fault)
            return x->asks[i].fault == FAULT_SILENT ? FAULT_SILENT : FAULT_INTERNAL;
    return FAULT_NONE;
}

bool errand_failed(struct exchange *x, enum fault outcome)
{
    const struct errand *e = x->state;
    struct complaint c;

    if (e->no_recipient) {
        c = complaint_make(400, "FEATURE_NOT_ENABLED", "no public key of this merchant is registered, and the answer "
                           "would have to be encrypted for it; no token was made");
        c.category = "CONFIG_ERROR";
        complaint_answer(x, &c);
        return true;
    }
    if (errand_is_fine(x, outcome)) {
        outcome = composed(x);
        if (outcome)
            (void)jcall_fail(x, outcome);
        return outcome;
    }
    c = complaint_of_vault(x->arena, &e->job, outcome);
    complaint_answer(x, &c);
    return true;
}

struct span errand_payload(const struct exchange *x)
{
    return buf_view(&x->asks[0].out);
}

void errand_correlation(char out[static ERRAND_CORRELATION])
{
    uint8_t random[(ERRAND_CORRELATION - 1) / 2];
    struct buf text = { (uint8_t *)out, 0, ERRAND_CORRELATION - 1, false };

    secret_random_few(random, sizeof random);
    hex_put(&text, (struct span){ random, sizeof random });
    out[ERRAND_CORRELATION - 1] = '\0';
}
