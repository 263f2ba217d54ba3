/* pay_save.c: the card of a payment that has succeeded becomes a token. */
#include <string.h>

#include "base/journal.h"
#include "service/pay_own.h"

#include "base/banned.h"

/* How long the vault's sweeper leaves such a token to this one. While the card in flight can be opened, and a moment
 * more, it is asked for again and not declared dead. */
enum { HELD_MS = CARD_PENDING_MS + 60 * 1000 };

struct span pay_flight(struct arena *a, const struct card_facts *facts)
{
    struct buf kept = arena_buf(a, PAY_FLIGHT_BEFORE);

    buf_put(&kept, facts->flight, CARD_FLIGHT);
    buf_put(&kept, facts->fingerprint, CARD_FINGERPRINT);
    buf_put(&kept, facts->owner, CARD_OWNER);
    if (facts->has_before) {
        buf_put(&kept, facts->before.fingerprint, CARD_FINGERPRINT);
        buf_put(&kept, facts->before.owner, CARD_OWNER);
    }
    return kept.full ? (struct span){ 0 } : buf_view(&kept);
}

const char *pay_text(struct arena *a, struct span s)
{
    return span_absent(s) ? NULL : (const char *)arena_copy(a, s).p;
}

/* What pay_flight() kept. */
static bool read_flight(struct card_facts *card, struct span kept)
{
    const uint8_t *at = kept.p;

    if (kept.n != PAY_FLIGHT && kept.n != PAY_FLIGHT_BEFORE)
        return false;
    memcpy(card->flight, at, CARD_FLIGHT);
    at += CARD_FLIGHT;
    memcpy(card->fingerprint, at, CARD_FINGERPRINT);
    at += CARD_FINGERPRINT;
    memcpy(card->owner, at, CARD_OWNER);
    at += CARD_OWNER;
    card->has_before = kept.n == PAY_FLIGHT_BEFORE;
    if (!card->has_before)
        return true;
    memcpy(card->before.fingerprint, at, CARD_FINGERPRINT);
    memcpy(card->before.owner, at + CARD_FINGERPRINT, CARD_OWNER);
    return true;
}

/* The wish for the token of a payment's card. Consent and second factor are this payment's own: it was given by now,
 * whatever the clock did since. */
static bool wish(const struct services *s, struct arena *a, struct vault_job *make, const struct payment_row *p,
                 struct span customer_id)
{
    struct card_facts *card = arena_take(a, sizeof *card);
    struct bin *bin = arena_take(a, sizeof *bin);
    struct buf id = arena_buf(a, 24);

    if (!card || !bin || id.full || !read_flight(card, p->flight)
        || span_text(card->last4.text, sizeof card->last4.text, p->last4))
        return false;
    buf_u64(&id, pay_id(s, p->merchant_id, p->payment_no));
    card->scheme = (enum scheme)p->scheme;
    *bin = (struct bin){ .scheme = card->scheme, .type = (enum bin_type)p->type, .sub = (enum bin_sub)p->sub,
                         .country = pay_text(a, p->country), .code = pay_text(a, p->issuer_code),
                         .issuer = pay_text(a, p->issuer) };
    make->arena = a;
    make->wish = (struct vault_wish){
        .op = VAULT_MAKE, .merchant_id = p->merchant_id, .customer_id = customer_id, .card = card, .bin = bin,
        .held_ms = HELD_MS, .source = p->source, .request_id = buf_view(&id),
        .consent = { .channel = CONSENT_BY_CASHFREE, .scheme = card->scheme, .given = true,
                     .given_ms = p->created_ms < make->now_ms ? p->created_ms : make->now_ms,
                     .payment = (uint64_t)p->payment_no,
                     .factor_payment = p->sent_ms ? (uint64_t)p->payment_no : 0, .auth_ref = buf_view(&id) },
    };
    return true;
}

/* The row needs the flight no more. */
static void settled(struct payment_row *p)
{
    p->saves = PAY_SAVES_SETTLED;
    p->flight = (struct span){ 0 };
}

static bool is_effect_open(const struct payment_row *p)
{
    return p->ask_ms && (p->wanted == ACQUIRER_CAPTURE || p->wanted == ACQUIRER_VOID);
}

static void look_later(struct payment_row *p, int64_t now_ms)
{
    if (!is_effect_open(p))
        p->ask_ms = pay_next_look(p, now_ms);
}

enum fault pay_save(const struct services *s, struct store_tx *tx, struct arena *a, struct payment_row *p,
                    struct pay_after *after, int64_t now_ms)
{
    struct vault_job *make = after->make;
    enum fault f;

    memset(make, 0, sizeof *make);
    make->now_ms = now_ms;
    if (!wish(s, a, make, p, after->order.customer_id)) {
        settled(p);                   /* it is no flight of ours: nothing can be made of it */
        after->unsaved = true;
        return FAULT_NONE;
    }
    f = vault_begin(s, tx, make);
    if (f && !make->why)
        return f;
    p->token_no = f ? 0 : make->row.token_no;
    after->unsaved = f != FAULT_NONE;
    after->makes = !f && vault_asks(make);
    if (after->makes)
        p->saves = PAY_SAVES_ASKED;
    else
        settled(p);
    look_later(p, now_ms);
    return FAULT_NONE;
}

/* The card can be opened no more: what became of the token the vault finds out at once. */
static enum fault hand_over(struct store_tx *tx, struct payment_row *p, struct token_row *t, int64_t now_ms)
{
    settled(p);
    t->ask_ms = now_ms;
    return tokens_update(tx, t);
}

/* Is it the vault's own sweeper that asks about this token next? Then the network has it. */
static bool is_handed_over(const struct token_row *t, int64_t now_ms)
{
    return t->ask_ms <= now_ms + PAY_ASK_LATEST_MS;
}

static bool may_still_answer(const struct services *s, const struct payment_row *p, int64_t now_ms)
{
    return now_ms < pay_lease(s, 0, p->completed_ms, true);
}

enum fault pay_save_look(const struct services *s, struct store_tx *tx, struct arena *a, struct payment_row *p,
                         struct vault_job *make, int64_t now_ms)
{
    struct token_row t;
    enum fault f = tokens_find(tx, &t, a, p->merchant_id, p->token_no);

    make->asks = false;
    if (f == FAULT_NOT_FOUND || (!f && (t.status != TOKEN_INIT || is_handed_over(&t, now_ms)))) {
        settled(p);
        return FAULT_NONE;
    }
    if (f || may_still_answer(s, p, now_ms))
        return f;
    make->now_ms = now_ms;
    if (now_ms >= p->created_ms + CARD_PENDING_MS || !wish(s, a, make, p, t.customer_id))
        return hand_over(tx, p, &t, now_ms);
    f = vault_begin(s, tx, make);
    return f && make->why ? hand_over(tx, p, &t, now_ms) : f;
}

enum fault pay_save_keep(const struct services *s, struct store_tx *tx, struct arena *a, struct payment_row *p,
                         struct vault_job *make, int64_t now_ms)
{
    bool gone = make->answer.verdict == NETWORK_FLIGHT_GONE;
    struct token_row t;
    enum fault f = vault_settles(make) ? vault_settle(s, tx, make) : FAULT_NONE;

    if (!f)
        f = tokens_find(tx, &t, a, p->merchant_id, p->token_no);
    if (f)
        return f;
    if (t.status != TOKEN_INIT || is_handed_over(&t, now_ms))
        settled(p);
    else if (gone)
        return hand_over(tx, p, &t, now_ms);
    return FAULT_NONE;
}

void pay_journal_unsaved(const struct services *s, const struct payment_row *p)
{
    journal_event(s->journal, JOURNAL_INFO, "a payment succeeded, and its card could not be saved", p->payment_no,
                  NULL);
}
