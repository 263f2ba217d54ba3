/* reading.c: what only reads: many questions, one look into the book, one frame to the keyholder. */
#include <assert.h>
#include <string.h>

#include "base/bells.h"
#include "network/sim/inner.h"

#include "base/banned.h"

bool reading_is_enough(const struct network_ask *ask)
{
    switch (ask->op) {
    case NETWORK_NUMBER: case NETWORK_CRYPTOGRAM: case NETWORK_PAR: case NETWORK_FIND:
        return true;
    case NETWORK_STATUS:
        return ask->token_ref[0] != '\0';
    case NETWORK_PROVISION: case NETWORK_SUSPEND: case NETWORK_RESUME: case NETWORK_DELETE: case NETWORK_ALT_ID:
    case NETWORK_VERIFY: case NETWORK_ONBOARD: case NETWORK_OPS:
        break;
    }
    return false;
}

struct token_life sim_token_life(const struct book_token *t, int64_t now_ms)
{
    struct token_life life = t->life;

    if (life.status == TOKEN_INIT && t->due_ms > 0 && now_ms >= t->due_ms) {
        enum token_event e = t->outcome == TEST_LATER_FAILS ? TOKEN_ON_FAILURE : TOKEN_ON_PROVISIONED;
        enum token_rule rule = token_happens(&life, e, TOKEN_BY_NETWORK);

        assert(rule == TOKEN_RULE_NONE);          /* both are allowed of an INIT token */
        (void)rule;
    }
    return token_at(life, t->expiry, now_ms);
}

void sim_token_tell(const struct sim *s, struct network_answer *out, const struct book_token *t, int64_t now_ms)
{
    out->ref = t->ref;
    out->life = sim_token_life(t, now_ms);
    out->expiry = t->expiry;
    out->trid_active = t->trid_active;
    name_of_token(s, out->token_ref, t->id);
    memcpy(out->par, t->par, sizeof t->par);
    memcpy(out->trid, t->trid, sizeof t->trid);
    memcpy(out->bin9, t->bin9, sizeof t->bin9);
    memcpy(out->last4, t->last4, sizeof t->last4);
}

bool sim_token_is_blocked(const struct book_token *t)
{
    return t->block == BOOK_BLOCKED || (t->block == BOOK_AS_TESTED && t->outcome == TEST_BLOCKED);
}

enum network_verdict sim_token_asked(struct store_tx *tx, struct book_token *out, struct task *t, struct arena *a)
{
    struct span name = span_of(t->ask.token_ref);
    bool alone = t->ask.op == NETWORK_STATUS && name.n == 0;
    struct net_token id;
    enum fault f;

    if (name.n == 0) {
        f = book_token_by_ref(tx, out, a, &t->ask.ref, false);
    } else {
        f = name_read_token(t->sim, &id, name);
        if (!f)
            f = book_token_find(tx, out, a, id);
    }
    if (f)
        return f == FAULT_NOT_FOUND ? NETWORK_NO_TOKEN : NETWORK_ERROR;
    if (out->alt || out->outcome == TEST_FORGOTTEN)
        return NETWORK_NO_TOKEN;
    /* What became of a provisioning may be asked under our reference alone, and of a blocked card, too. */
    if (alone && t->ask.trid[0] == '\0')
        return NETWORK_DONE;
    if (!span_equal(span_of(t->ask.trid), span_of(out->trid)))
        return NETWORK_NO_TOKEN;
    return !alone && sim_token_is_blocked(out) ? NETWORK_CARD_BLOCKED : NETWORK_DONE;
}

/* What a token is asked for, now that it was found. */
static enum network_verdict look_at(struct task *t, const struct book_token *token, int64_t now_ms)
{
    struct token_life life = sim_token_life(token, now_ms);
    uint64_t serial = 0;

    if (t->ask.op == NETWORK_STATUS || t->ask.op == NETWORK_PAR)
        return NETWORK_DONE;
    if (token_allows(&life, TOKEN_USE_CRYPTOGRAM))
        return NETWORK_BAD_STATE;
    if (!token->trid_active)
        return NETWORK_REQUESTOR_STATE;
    if (t->ask.op == NETWORK_CRYPTOGRAM) {
        if (t->ask.payment == NETWORK_SUBS && token->outcome == TEST_NO_SUBS)
            return NETWORK_UNSUPPORTED;
        if (serial_next(t->sim, &serial, now_ms))
            return NETWORK_ERROR;
    }
    t->want = t->ask.op == NETWORK_CRYPTOGRAM ? TASK_WANTS_TAVV : TASK_WANTS_NUMBER;
    t->cover = (struct net_cover){
        .token = token->id, .payment = t->ask.payment == NETWORK_SUBS ? NET_SUBS : NET_ECOM, .serial = serial,
        .amount = t->ask.amount,
    };
    return NETWORK_DONE;
}

struct lot { struct sim *sim; struct task **tasks; size_t n; int64_t now_ms; };

/* The token of a number: whose it is, for its requestor only. */
static enum network_verdict look_by_number(struct store_tx *tx, struct book_token *out, struct task *t, struct arena *a)
{
    enum fault f = book_token_find(tx, out, a, t->cover.token);

    if (f)
        return f == FAULT_NOT_FOUND ? NETWORK_NO_TOKEN : NETWORK_ERROR;
    if (out->outcome == TEST_FORGOTTEN || !span_equal(span_of(t->ask.trid), span_of(out->trid)))
        return NETWORK_NO_TOKEN;
    return NETWORK_DONE;
}

static enum fault look(struct store_tx *tx, void *arg)
{
    struct lot *l = arg;

    for (size_t i = 0; i < l->n; i++) {
        struct task *t = l->tasks[i];
        struct book_token token;
        enum network_verdict v;

        if (t->decided)
            continue;
        t->answer = (struct network_answer){ .ref = t->ask.ref };
        t->want = TASK_WANTS_NOTHING;
        v = t->ask.op == NETWORK_FIND ? look_by_number(tx, &token, t, l->sim->arena)
                                      : sim_token_asked(tx, &token, t, l->sim->arena);
        if (v == NETWORK_DONE || v == NETWORK_CARD_BLOCKED)
            sim_token_tell(l->sim, &t->answer, &token, l->now_ms);
        if (v == NETWORK_DONE && t->ask.op != NETWORK_FIND)
            v = look_at(t, &token, l->now_ms);
        t->answer.verdict = v;
        arena_reset(l->sim->arena);
    }
    return FAULT_NONE;
}

static void decide(struct task *t, enum network_verdict v)
{
    t->answer = (struct network_answer){ .verdict = v, .ref = t->ask.ref };
    t->decided = true;
}

/* The questions of one kind that a lot has for the keyholder, side by side as its client wants them. */
struct frame { struct key_ask asks[KEY_ASKS_MAX]; struct task *of[KEY_ASKS_MAX]; size_t n; };

static void frame_add(struct frame *f, struct task *t, enum fault made)
{
    if (made)
        decide(t, made == FAULT_BAD_INPUT ? NETWORK_BAD_REQUEST : NETWORK_ERROR);
    else
        f->of[f->n++] = t;
}

static void frame_ask(struct frame *f, struct sim *s)
{
    enum fault asked = f->n ? keyholder_ask(s->options.keyholder, f->asks, f->n) : FAULT_NONE;

    (void)asked;                      /* it is the fault of each of them, too */
}

/* What has to be known before the look into the book: whose a card in flight or a number is. */
static void ask_first(struct lot *l)
{
    struct frame f = { .n = 0 };

    for (size_t i = 0; i < l->n; i++) {
        struct task *t = l->tasks[i];

        if (t->decided)
            continue;
        if (t->ask.op == NETWORK_FIND)
            frame_add(&f, t, net_find_ask(&f.asks[f.n], l->sim->arena, span_of(t->ask.number)));
        else if (t->ask.op == NETWORK_PAR && t->ask.has_flight)
            frame_add(&f, t, net_card_ask(&f.asks[f.n], l->sim->arena, (struct span){ t->ask.flight, CARD_FLIGHT }));
    }
    frame_ask(&f, l->sim);
    for (size_t i = 0; i < f.n; i++) {
        struct task *t = f.of[i];
        enum fault fault;

        if (t->ask.op == NETWORK_FIND) {
            fault = net_find_read(&t->cover.token, &f.asks[i]);
            if (fault)
                decide(t, fault == FAULT_NOT_FOUND ? NETWORK_NO_TOKEN : NETWORK_ERROR);
            continue;
        }
        fault = net_card_read(&t->card, &f.asks[i]);
        if (fault) {
            decide(t, fault == FAULT_DENIED ? NETWORK_FLIGHT_GONE : NETWORK_ERROR);
            continue;
        }
        decide(t, outcome_verdict(outcome_of(&t->card)));
        t->mute = outcome_is_mute(outcome_of(&t->card));
        if (t->answer.verdict == NETWORK_DONE)
            memcpy(t->answer.par, t->card.par, sizeof t->card.par);
    }
    arena_reset(l->sim->arena);
}

static void copy_number(struct task *t, const char number[static NET_NUMBER])
{
    memcpy(t->answer.number, number, NET_NUMBER);
}

static const char *eci_of(enum scheme s)
{
    return s == SCHEME_MASTERCARD ? "02" : "07";
}

static enum fault read_disclosed(struct task *t, const struct key_ask *answered)
{
    char number[NET_NUMBER];
    struct net_tavv tavv;
    enum fault f;

    if (t->want == TASK_WANTS_NUMBER) {
        f = net_number_read(number, answered);
        if (!f)
            copy_number(t, number);
        return f;
    }
    f = net_tavv_read(&tavv, answered);
    if (!f) {
        copy_number(t, tavv.number);
        memcpy(t->answer.tavv, tavv.tavv, sizeof tavv.tavv);
        memcpy(t->answer.eci, eci_of(t->cover.token.scheme), sizeof t->answer.eci);
    }
    return f;
}

/* What is disclosed: numbers and cryptograms. */
static void ask_last(struct lot *l)
{
    struct frame f = { .n = 0 };

    for (size_t i = 0; i < l->n; i++) {
        struct task *t = l->tasks[i];

        if (t->want == TASK_WANTS_NUMBER)
            frame_add(&f, t, net_number_ask(&f.asks[f.n], l->sim->arena, t->cover.token));
        else if (t->want == TASK_WANTS_TAVV)
            frame_add(&f, t, net_tavv_ask(&f.asks[f.n], l->sim->arena, &t->cover));
    }
    frame_ask(&f, l->sim);
    for (size_t i = 0; i < f.n; i++)
        if (read_disclosed(f.of[i], &f.asks[i]))
            decide(f.of[i], NETWORK_ERROR);
    arena_reset(l->sim->arena);
}

void reading_serve(struct sim *s, struct task **tasks, size_t n)
{
    struct lot l = { s, tasks, n, clock_now_ms(s->options.clock) };
    enum fault f;

    assert(n <= KEY_ASKS_MAX);
    ask_first(&l);
    f = store_read(s->reader, look, &l);
    for (size_t i = 0; f && i < n; i++)
        if (!tasks[i]->decided) {
            decide(tasks[i], NETWORK_ERROR);
            tasks[i]->want = TASK_WANTS_NOTHING;
        }
    ask_last(&l);
    bells_hold();
    for (size_t i = 0; i < n; i++)
        sim_answer(tasks[i]);
    bells_release();
}
