/* changes.c: what a requestor asks to have changed, a cryptogram that is presented, a requestor that comes in. */
#include <assert.h>
#include <string.h>

#include "network/sim/inner.h"
#include "network/sim/ledger.h"

#include "base/banned.h"

static enum token_event event_of(enum network_op op)
{
    assert(op == NETWORK_SUSPEND || op == NETWORK_RESUME || op == NETWORK_DELETE);
    return op == NETWORK_SUSPEND ? TOKEN_ON_SUSPEND : op == NETWORK_RESUME ? TOKEN_ON_RESUME : TOKEN_ON_DELETE;
}

/* Let it happen. An illegal transition is a verdict, not a fault. */
static enum fault change(struct store_tx *tx, struct task *t, struct book_token *token, int64_t now_ms)
{
    struct token_life life;
    enum fault f = happen_due(tx, &t->news, token, now_ms);

    if (f)
        return f;
    life = sim_token_life(token, now_ms);
    if (token_happens(&life, event_of(t->ask.op), TOKEN_BY_REQUESTOR)) {
        t->answer.verdict = NETWORK_NOT_ALLOWED;
    } else {
        token->life = life;
        token->life.expired = false;              /* that is told by its expiry */
        f = book_token_update(tx, token);
    }
    sim_token_tell(t->sim, &t->answer, token, now_ms);
    return f;
}

/* Keep what was answered, so that the same question gets it again. Without a request there is nothing to know it by. */
static enum fault remember(struct store_tx *tx, const struct task *t)
{
    const struct ledger_effect e = {
        .ref = t->ask.ref, .op = t->ask.op, .verdict = t->answer.verdict, .life = t->answer.life,
        .expiry = t->answer.expiry,
    };

    return t->ask.ref.request ? ledger_effect_put(tx, &e) : FAULT_NONE;
}

/* NOT_FOUND: it was not asked for before. */
static enum fault recall(struct store_tx *tx, struct task *t)
{
    struct ledger_effect e;
    enum fault f = t->ask.ref.request ? ledger_effect_find(tx, &e, &t->ask.ref, t->ask.op) : FAULT_NOT_FOUND;

    if (!f) {
        t->answer.verdict = e.verdict;
        t->answer.life = e.life;
        t->answer.expiry = e.expiry;
    }
    return f;
}

enum fault sim_work_change(struct store_tx *tx, struct task *t)
{
    int64_t now_ms = clock_now_ms(t->sim->options.clock);
    struct book_token token;
    enum fault f;

    t->answer.verdict = sim_token_asked(tx, &token, t, t->sim->commit_arena);
    if (t->answer.verdict != NETWORK_DONE && t->answer.verdict != NETWORK_CARD_BLOCKED)
        return t->answer.verdict == NETWORK_ERROR ? FAULT_INTERNAL : FAULT_NONE;
    sim_token_tell(t->sim, &t->answer, &token, now_ms);
    f = recall(tx, t);
    if (f != FAULT_NOT_FOUND)
        return f;
    if (t->answer.verdict == NETWORK_CARD_BLOCKED)
        return FAULT_NONE;
    f = change(tx, t, &token, now_ms);
    return f ? f : remember(tx, t);
}

/* Was it spent by this same question before? Then the answer is the same again. */
static bool is_same_ref(const struct network_ref *a, const struct network_ref *b)
{
    return a->request && a->request == b->request && a->merchant_id == b->merchant_id && a->token_no == b->token_no;
}

/* What is wrong with a cryptogram whose token is fit for a payment. */
static enum fault spend(struct store_tx *tx, struct task *t, int64_t now_ms)
{
    uint64_t serial = t->checked.serial, forgotten;
    struct network_ref by;
    enum fault f = ledger_spent_find(tx, &by, serial);

    if (!f) {
        t->answer.verdict = !is_same_ref(&by, &t->ask.ref) ? NETWORK_REPLAYED
                            : t->checked.verdict == NET_AMOUNT ? NETWORK_WRONG_AMOUNT : NETWORK_DONE;
        return FAULT_NONE;
    }
    if (f != FAULT_NOT_FOUND)
        return f;
    f = ledger_get(tx, &forgotten, LEDGER_FORGOTTEN);
    if (f)
        return f;
    if (serial < forgotten || now_ms - serial_ms(serial) > SIM_TAVV_LIFE_MS)
        t->answer.verdict = NETWORK_STALE;
    else if (t->checked.verdict == NET_AMOUNT)
        t->answer.verdict = NETWORK_WRONG_AMOUNT;
    else
        f = ledger_spend(tx, serial, &t->ask.ref);
    return f;
}

/* Is the token fit for a payment? */
static enum network_verdict fit(const struct task *t, const struct book_token *token, int64_t now_ms)
{
    struct token_life life = sim_token_life(token, now_ms);

    if (token->outcome == TEST_FORGOTTEN)
        return NETWORK_WRONG_TOKEN;
    if (t->ask.trid[0] && !span_equal(span_of(t->ask.trid), span_of(token->trid)))
        return NETWORK_WRONG_TOKEN;
    if (t->checked.verdict == NET_WRONG)
        return NETWORK_WRONG_CRYPTOGRAM;
    if (sim_token_is_blocked(token))
        return NETWORK_CARD_BLOCKED;
    return token_allows(&life, TOKEN_USE_PAY) ? NETWORK_BAD_STATE : NETWORK_DONE;
}

enum fault sim_work_verify(struct store_tx *tx, struct task *t)
{
    int64_t now_ms = clock_now_ms(t->sim->options.clock);
    struct book_token token;
    enum fault f;

    t->answer.verdict = NETWORK_WRONG_TOKEN;
    if (t->card_fault || t->checked.verdict == NET_NO_NUMBER)
        return FAULT_NONE;
    f = book_token_find(tx, &token, t->sim->commit_arena, t->checked.token);
    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    t->answer.verdict = fit(t, &token, now_ms);
    if (t->answer.verdict == NETWORK_WRONG_TOKEN)
        return FAULT_NONE;
    sim_token_tell(t->sim, &t->answer, &token, now_ms);
    return t->answer.verdict == NETWORK_DONE ? spend(tx, t, now_ms) : FAULT_NONE;
}

/* A requestor of its own for a merchant at a scheme: in force at once. */
static enum fault requestor_make(struct store_tx *tx, struct book_requestor *out, const struct task *t)
{
    enum fault f;

    *out = (struct book_requestor){
        .merchant_id = t->ask.ref.merchant_id, .scheme = t->ask.scheme, .active = true,
        .created_ms = clock_now_ms(t->sim->options.clock),
    };
    memcpy(out->name, t->ask.auth_ref, sizeof out->name);
    f = book_requestor_next_no(tx, &out->requestor_no);
    if (!f)
        f = name_of_requestor(t->sim, out->trid, out->scheme, out->requestor_no);
    return f ? f : book_requestor_insert(tx, out);
}

enum fault sim_onboard_work(struct store_tx *tx, struct task *t)
{
    struct span trid = span_of(t->ask.trid);
    struct book_requestor r;
    enum fault f;

    if (t->ask.scheme <= SCHEME_UNKNOWN || t->ask.scheme >= SCHEMES) {
        t->answer.verdict = NETWORK_BAD_REQUEST;
        return FAULT_NONE;
    }
    f = trid.n ? book_requestor_find(tx, &r, t->sim->commit_arena, trid)
               : book_requestor_of(tx, &r, t->sim->commit_arena, t->ask.scheme, t->ask.ref.merchant_id);
    if (f == FAULT_NOT_FOUND && trid.n == 0)
        f = requestor_make(tx, &r, t);
    if (f && f != FAULT_NOT_FOUND)
        return f;
    if (f || r.scheme != t->ask.scheme || r.merchant_id != t->ask.ref.merchant_id) {
        t->answer.verdict = NETWORK_NO_REQUESTOR;
        return FAULT_NONE;
    }
    t->answer.verdict = NETWORK_DONE;
    t->answer.trid_active = r.active;
    memcpy(t->answer.trid, r.trid, sizeof r.trid);
    return FAULT_NONE;
}
