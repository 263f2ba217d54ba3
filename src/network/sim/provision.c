/* provision.c: cards become tokens, or a number for one payment. */
#include <string.h>

#include "network/sim/inner.h"

#include "base/banned.h"

enum test_outcome outcome_of(const struct net_card *card)
{
    size_t n;
    const struct test_card *cards = test_cards(&n);

    return card->test_card < n ? cards[card->test_card].outcome : TEST_APPROVE;
}

enum network_verdict outcome_verdict(enum test_outcome o)
{
    switch (o) {
    case TEST_DECLINE:      return NETWORK_DECLINED;
    case TEST_INELIGIBLE:   return NETWORK_INELIGIBLE;
    case TEST_AUTHENTICATE: return NETWORK_AUTHENTICATE;
    case TEST_BAD_REQUEST:  return NETWORK_BAD_REQUEST;
    case TEST_BAD_AUTH_REF: return NETWORK_BAD_AUTH_REF;
    case TEST_ERROR:        return NETWORK_ERROR;
    case TEST_FAULT:        return NETWORK_FAULT;
    case TEST_DOWN:         return NETWORK_UNREACHABLE;
    case TEST_NO_ROUTE:     return NETWORK_NO_ROUTE;
    case TEST_BROKEN:       return NETWORK_BROKEN;
    case TEST_TIMEOUT_LOST: return NETWORK_SILENT;
    case TEST_APPROVE: case TEST_LATER: case TEST_LATER_FAILS: case TEST_TIMEOUT: case TEST_BLOCKED: case TEST_NO_SUBS:
    case TEST_FORGOTTEN: case TEST_EXPIRES_SOON: case TEST_OUTCOMES:
        break;
    }
    return NETWORK_DONE;
}

bool outcome_is_mute(enum test_outcome o)
{
    return o == TEST_TIMEOUT || o == TEST_TIMEOUT_LOST;
}

/* Is the requestor one of this merchant and scheme, and in force? */
static enum network_verdict requestor_asked(struct store_tx *tx, struct book_requestor *out, struct task *t)
{
    enum fault f = book_requestor_find(tx, out, t->sim->commit_arena, span_of(t->ask.trid));

    if (f)
        return f == FAULT_NOT_FOUND ? NETWORK_NO_REQUESTOR : NETWORK_ERROR;
    if (out->scheme != t->ask.scheme || out->merchant_id != t->ask.ref.merchant_id)
        return NETWORK_NO_REQUESTOR;
    return out->active ? NETWORK_DONE : NETWORK_REQUESTOR_STATE;
}

/* Why this card gets no token, NETWORK_DONE when it does. */
static enum network_verdict card_asked(struct task *t)
{
    if (!t->ask.has_flight)
        return NETWORK_BAD_REQUEST;
    if (t->card_fault)
        return NETWORK_FLIGHT_GONE;
    if (t->card.scheme != t->ask.scheme)
        return NETWORK_BAD_REQUEST;
    if (t->counter == 0)
        return NETWORK_ERROR;
    return outcome_verdict(outcome_of(&t->card));
}

/* What only an alt has besides: its cryptogram, which the keyholder makes after the commit. */
static void want_cryptogram(struct task *t, const struct book_token *token)
{
    t->want = TASK_WANTS_TAVV;
    t->cover = (struct net_cover){
        .token = token->id, .payment = NET_ECOM, .serial = token->serial, .amount = t->ask.amount,
    };
}

static void tell(struct task *t, const struct book_token *token, int64_t now_ms)
{
    sim_token_tell(t->sim, &t->answer, token, now_ms);
    if (token->alt)
        want_cryptogram(t, token);
    t->answer.verdict = t->answer.life.status == TOKEN_INIT ? NETWORK_LATER
                        : t->answer.life.status == TOKEN_FAILED ? NETWORK_DECLINED : NETWORK_DONE;
}

static struct book_token new_token(const struct task *t, const struct book_requestor *r, int64_t now_ms)
{
    enum test_outcome o = outcome_of(&t->card);
    bool alt = t->ask.op == NETWORK_ALT_ID;
    bool later = !alt && (o == TEST_LATER || o == TEST_LATER_FAILS);
    struct book_token new = {
        .id = { t->ask.scheme, t->counter }, .requestor_no = r->requestor_no, .ref = t->ask.ref, .alt = alt,
        .life = { .status = later ? TOKEN_INIT : TOKEN_ACTIVE }, .outcome = o, .trid_active = r->active,
        .expiry = expiry_in_months(now_ms, o == TEST_EXPIRES_SOON ? 0 : SIM_EXPIRY_MONTHS), .created_ms = now_ms,
        .due_ms = later ? now_ms + TEST_LATER_MS : 0, .serial = alt ? t->serial : 0,
    };
    size_t n = strlen(t->number);

    if (!alt)
        new.ref.request = 0;
    memcpy(new.bin9, t->number, sizeof new.bin9 - 1);
    memcpy(new.last4, t->number + n - (sizeof new.last4 - 1), sizeof new.last4 - 1);
    memcpy(new.par, t->card.par, sizeof new.par);
    memcpy(new.trid, r->trid, sizeof new.trid);
    return new;
}

/* The number of a token that was made just now, which the keyholder told with the card. Where it would be refused it is
 * left to the question that is (reading.c). */
static void tell_number(struct task *t, const struct book_token *token, int64_t now_ms)
{
    struct token_life life = sim_token_life(token, now_ms);

    if (t->ask.wants_number && !token->alt && t->answer.verdict == NETWORK_DONE && token->outcome != TEST_FORGOTTEN
        && !sim_token_is_blocked(token) && !token_allows(&life, TOKEN_USE_CRYPTOGRAM))
        memcpy(t->answer.number, t->number, sizeof t->number);
}

/* Make the token; the card's issuer may have blocked it. */
static enum fault make(struct store_tx *tx, struct task *t, const struct book_requestor *r, int64_t now_ms)
{
    struct book_card card = { .scheme = t->card.scheme, .outcome = outcome_of(&t->card) };
    struct book_token token;
    enum fault f;

    memcpy(card.pan_mac, t->card.pan_mac, sizeof card.pan_mac);
    memcpy(card.par, t->card.par, sizeof card.par);
    f = book_card_put(tx, &card);
    if (f)
        return f;
    if (card.block == BOOK_BLOCKED) {
        t->answer.verdict = NETWORK_CARD_BLOCKED;
        return FAULT_NONE;
    }
    token = new_token(t, r, now_ms);
    token.card_no = card.card_no;
    token.block = card.block;
    f = book_token_insert(tx, &token);
    if (f)
        return f;
    t->made = true;
    t->mute = outcome_is_mute(token.outcome);
    tell(t, &token, now_ms);
    tell_number(t, &token, now_ms);
    return FAULT_NONE;
}

/* What became of a provisioning. It writes nothing, but waits among the writers: one that is still on its way to the
 * book must not be said to be none. */
enum fault sim_work_status(struct store_tx *tx, struct task *t)
{
    struct book_token token;

    t->answer.verdict = sim_token_asked(tx, &token, t, t->sim->commit_arena);
    if (t->answer.verdict == NETWORK_ERROR)
        return FAULT_INTERNAL;
    if (t->answer.verdict == NETWORK_DONE)
        sim_token_tell(t->sim, &t->answer, &token, clock_now_ms(t->sim->options.clock));
    return FAULT_NONE;
}

enum fault sim_work_provision(struct store_tx *tx, struct task *t)
{
    int64_t now_ms = clock_now_ms(t->sim->options.clock);
    struct book_requestor requestor;
    struct book_token before;
    enum fault f;

    t->made = t->mute = false;
    t->want = TASK_WANTS_NOTHING;
    t->answer.verdict = requestor_asked(tx, &requestor, t);
    if (t->answer.verdict == NETWORK_NO_REQUESTOR || t->answer.verdict == NETWORK_ERROR)
        return FAULT_NONE;
    f = book_token_by_ref(tx, &before, t->sim->commit_arena, &t->ask.ref, t->ask.op == NETWORK_ALT_ID);
    if (!f) {                         /* asked again: the same token, the same answer */
        tell(t, &before, now_ms);
        return FAULT_NONE;
    }
    if (f != FAULT_NOT_FOUND || t->answer.verdict != NETWORK_DONE)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    t->answer.verdict = card_asked(t);
    if (t->answer.verdict != NETWORK_DONE) {
        t->mute = t->answer.verdict == NETWORK_SILENT;
        return FAULT_NONE;
    }
    return make(tx, t, &requestor, now_ms);
}
