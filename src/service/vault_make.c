/* vault_make.c: from a card: a token, a number for one payment, its PAR. */
#include "domain/cardscan.h"
#include "service/vault_own.h"

#include "base/banned.h"

/* What is known of the card, into a new row (reference D.1: no more than that). */
static void describe(struct token_row *t, const struct vault_wish *w)
{
    const struct card_facts *card = w->card;
    struct bin bin = w->bin ? *w->bin : bin_of8(bin_test_cards(), card->bin8);

    t->scheme = card->scheme;
    t->owner = (struct span){ card->owner, CARD_OWNER };
    t->fingerprint = (struct span){ card->fingerprint, CARD_FINGERPRINT };
    t->last4 = span_of(card->last4.text);
    t->issuer = span_of(bin.issuer);
    t->issuer_code = span_of(bin.code);
    t->country = span_of(bin.country);
    t->type = bin.type;
    t->sub = bin.sub;
}

static enum fault keep_consent(struct store_tx *tx, const struct vault_job *job)
{
    const struct consent_facts *c = &job->wish.consent;
    struct consent_row row = {
        .merchant_id = job->row.merchant_id, .token_no = job->row.token_no, .given_ms = c->given_ms,
        .channel = c->channel, .consent_id = c->id, .auth_ref = c->auth_ref,
    };

    if (c->id.n == 0)
        row.consent_id = (struct span){ 0 };
    if (c->auth_ref.n == 0)
        row.auth_ref = (struct span){ 0 };
    return consents_insert(tx, &row);
}

/* The audit row of a token asked for, perhaps with its number. One row, since there is one for every token. */
static enum fault audit_made(struct store_tx *tx, const struct vault_job *job)
{
    return vault_audit(tx, job, job->wish.wants_number ? AUDIT_TOKEN_MAKE_NUMBER : AUDIT_TOKEN_MAKE);
}

/* From when on the sweeper may ask what became of it. */
static int64_t held(const struct services *s, const struct vault_job *job, int64_t before)
{
    int64_t lease = vault_lease(s, before, job->now_ms), until = job->now_ms + job->wish.held_ms;

    return until > lease ? until : lease;
}

static enum fault make_new(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    const struct vault_wish *w = &job->wish;
    struct token_row *t = &job->row;
    enum fault f;

    *t = (struct token_row){
        .merchant_id = w->merchant_id, .customer_id = w->customer_id, .sub_merchant = w->sub_merchant,
        .channel = w->consent.channel, .status = TOKEN_INIT, .created_ms = job->now_ms, .updated_ms = job->now_ms,
        .ask_ms = held(s, job, 0), .wanted = NETWORK_PROVISION,
    };
    describe(t, w);
    if (t->sub_merchant.n == 0)
        t->sub_merchant = (struct span){ 0 };
    if (t->customer_id.n == 0)
        t->customer_id = (struct span){ 0 };
    f = tokens_next_no(tx, &t->token_no, w->merchant_id, job->now_ms);
    if (!f)
        f = tokens_insert(tx, t);
    if (!f)
        f = keep_consent(tx, job);
    if (!f)
        f = audit_made(tx, job);
    return f ? f : vault_question(job, NETWORK_PROVISION, 0);
}

/* Nobody has heard yet what became of it: ask the network again under the same reference, where it happens once. */
static enum fault join(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    enum fault f;

    job->asked_before = true;
    job->row.ask_ms = held(s, job, job->row.ask_ms);
    f = tokens_update(tx, &job->row);
    if (!f)
        f = keep_consent(tx, job);
    if (!f)
        f = audit_made(tx, job);
    return f ? f : vault_question(job, NETWORK_PROVISION, 0);
}

/* The token's own expiry is past, and its holder consents to another: it ends, before the network has heard of it. An
 * issuer who renews it meanwhile comes too late. */
static enum fault end_expired(struct store_tx *tx, struct vault_job *job)
{
    struct token_row *t = &job->row;
    struct vault_was was = vault_was(t);
    struct token_life life = vault_stored_life(t);
    enum fault f;

    if (token_happens(&life, TOKEN_ON_DELETE, TOKEN_BY_REQUESTOR) != TOKEN_RULE_NONE)
        return FAULT_INTERNAL;
    life.expired = false;
    vault_store_life(t, life);
    vault_disown(t, job->now_ms);
    t->updated_ms = job->now_ms > t->updated_ms ? job->now_ms : t->updated_ms + 1;
    f = tokens_update(tx, t);
    if (!f)
        f = vault_tell(tx, t, was, job->now_ms);
    return f ? f : vault_audit(tx, job, AUDIT_TOKEN_DELETE);
}

static enum fault replace_expired(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    enum fault f = end_expired(tx, job);

    return f ? f : make_new(s, tx, job);
}

static enum fault make_known(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    struct token_life life = vault_life(&job->row, job->now_ms);
    enum token_rule rule = job->wish.wants_number ? vault_discloses(&job->row, job->now_ms) : TOKEN_RULE_NONE;
    enum fault f;

    if (life.expired)
        return replace_expired(s, tx, job);
    job->existed = true;
    job->seen = job->row.updated_ms;
    if (life.status == TOKEN_INIT)
        return join(s, tx, job);
    if (life.status == TOKEN_DEAD)    /* it is being deleted: until it is gone the card has no other */
        return vault_refuse_rule(job, TOKEN_RULE_DEAD);
    if (rule)
        return vault_refuse_rule(job, rule);
    f = keep_consent(tx, job);
    if (!f)
        f = audit_made(tx, job);
    return f || !job->wish.wants_number ? f : vault_question(job, NETWORK_NUMBER, vault_request());
}

/* The live token of this card and owner, under the newest fingerprint key or the one before it. */
static enum fault find_owned(struct store_tx *tx, struct vault_job *job)
{
    const struct vault_wish *w = &job->wish;
    enum fault f = tokens_find_owner(tx, &job->row, job->arena, w->merchant_id,
                                     (struct span){ w->card->owner, CARD_OWNER });

    if (f != FAULT_NOT_FOUND || !w->card->has_before)
        return f;
    return tokens_find_owner(tx, &job->row, job->arena, w->merchant_id,
                             (struct span){ w->card->before.owner, CARD_OWNER });
}

enum fault vault_make_begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    const struct vault_wish *w = &job->wish;
    struct consent_facts facts = w->consent;
    struct consent_settings settings = { .strict = s->strict_consent, .rupay_auth_ref = s->rupay_auth_ref };
    enum fault f;

    if (w->customer_id.n > VAULT_CUSTOMER_MAX || w->sub_merchant.n > VAULT_SUB_MERCHANT_MAX
        || facts.id.n > VAULT_CONSENT_MAX || facts.auth_ref.n > NETWORK_AUTH_REF_MAX)
        return FAULT_BAD_INPUT;
    facts.scheme = w->card->scheme;
    job->consent = consent_check(&facts, &settings, job->now_ms);
    if (job->consent)
        return vault_refuse(job, VAULT_CONSENT, FAULT_DENIED);
    f = vault_budget(s, job);
    if (!f)
        f = vault_find_requestor(s, tx, job, facts.scheme);
    if (f)
        return f;
    f = find_owned(tx, job);
    if (f == FAULT_NOT_FOUND)
        return make_new(s, tx, job);
    return f ? f : vault_row_is_sound(&job->row) ? make_known(s, tx, job) : FAULT_INTERNAL;
}

static bool is_blank(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > ' ')
            return false;
    return true;
}

/* Nothing is saved, so there is no consent to it; RuPay makes the number only after authentication (reference A.10). */
static enum consent_rule check_guest(const struct vault_wish *w)
{
    if (w->card->scheme == SCHEME_UNKNOWN)
        return CONSENT_SCHEME;
    if (w->card->scheme == SCHEME_RUPAY && is_blank(w->consent.auth_ref))
        return CONSENT_RUPAY;
    return cardscan_found_in_id(w->consent.auth_ref) ? CONSENT_CARD_NUMBER : CONSENT_ALLOWED;
}

/* Audited and asked about the card alone. */
static enum fault ask_card(const struct services *s, struct store_tx *tx, struct vault_job *job,
                           enum audit_event event, enum network_op op)
{
    enum fault f = vault_budget(s, job);

    if (!f)
        f = vault_find_requestor(s, tx, job, job->wish.card->scheme);
    if (!f)
        f = vault_audit(tx, job, event);
    return f ? f : vault_question(job, op, vault_request());
}

enum fault vault_guest_begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    if (job->wish.consent.auth_ref.n > NETWORK_AUTH_REF_MAX)
        return FAULT_BAD_INPUT;
    job->consent = check_guest(&job->wish);
    if (job->consent)
        return vault_refuse(job, VAULT_CONSENT, FAULT_DENIED);
    return ask_card(s, tx, job, AUDIT_GUEST_NUMBER, NETWORK_ALT_ID);
}

enum fault vault_par_begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    enum fault f;

    if (!job->wish.has_token)
        return ask_card(s, tx, job, AUDIT_PAR, NETWORK_PAR);
    f = vault_find_row(s, tx, job);
    if (f)
        return f;
    if (job->row.par.n == 0)
        return vault_refuse_rule(job, job->row.status == TOKEN_FAILED ? TOKEN_RULE_FAILED : TOKEN_RULE_PENDING);
    if (span_text(job->answer.par, sizeof job->answer.par, job->row.par))
        return FAULT_INTERNAL;
    return vault_audit(tx, job, AUDIT_PAR);
}
