/* vault_hear.c: what a card network's answers and notices make of a token's row. Pure. */
#include <string.h>

#include "service/vault_own.h"

#include "base/banned.h"

enum { SWEEP_LATEST_MS = 60000 };     /* the longest pause between two questions about one open row */

/* What a verdict says about an effect that was asked for. */
enum effect {
    EFFECT_DONE,
    EFFECT_UNKNOWN,                   /* it may have happened */
    EFFECT_NOT_BY_THIS,               /* this question did nothing; an earlier one may have */
    EFFECT_REFUSED,                   /* by the network: it did not happen and will not */
};

static enum effect effect_of(enum network_verdict v)
{
    switch (v) {
    case NETWORK_DONE: case NETWORK_LATER:
        return EFFECT_DONE;
    case NETWORK_SILENT: case NETWORK_FAULT:
        return EFFECT_UNKNOWN;
    case NETWORK_ERROR: case NETWORK_UNREACHABLE: case NETWORK_NO_ROUTE: case NETWORK_BROKEN: case NETWORK_BUSY:
    case NETWORK_FLIGHT_GONE:
        return EFFECT_NOT_BY_THIS;
    case NETWORK_DECLINED: case NETWORK_INELIGIBLE: case NETWORK_AUTHENTICATE: case NETWORK_BAD_REQUEST:
    case NETWORK_BAD_AUTH_REF: case NETWORK_CARD_BLOCKED: case NETWORK_BAD_STATE: case NETWORK_NOT_ALLOWED:
    case NETWORK_UNSUPPORTED: case NETWORK_NO_TOKEN: case NETWORK_NO_REQUESTOR: case NETWORK_REQUESTOR_STATE:
    case NETWORK_WRONG_TOKEN: case NETWORK_WRONG_CRYPTOGRAM: case NETWORK_REPLAYED: case NETWORK_STALE:
    case NETWORK_WRONG_AMOUNT: case NETWORK_VERDICTS:
        break;
    }
    return EFFECT_REFUSED;
}

struct token_life vault_stored_life(const struct token_row *t)
{
    return (struct token_life){ (enum token_status)t->status, (uint8_t)t->suspended_by, t->expired != 0 };
}

void vault_store_life(struct token_row *t, struct token_life life)
{
    t->status = life.status;
    t->suspended_by = life.suspended_by;
    t->expired = life.expired;
}

int64_t vault_lease(const struct services *s, int64_t before, int64_t now_ms)
{
    int64_t twice = s->network ? 2 * (int64_t)network_wait_ms(s->network) : 0;
    int64_t until = now_ms + (twice > VAULT_LEASE_MS ? twice : VAULT_LEASE_MS);

    return until > before ? until : before + 1;
}

static void close_effect(struct token_row *t)
{
    t->ask_ms = 0;
    t->wanted = NETWORK_PROVISION;
}

/* Ask again, each time after as long as it has been open, so that a silent network is asked less and less. */
static void ask_again(struct token_row *t, int64_t now_ms)
{
    int64_t pause = now_ms - (t->request ? t->request : t->created_ms);

    if (pause < VAULT_LATER_MS)
        pause = VAULT_LATER_MS;
    if (pause > SWEEP_LATEST_MS)
        pause = SWEEP_LATEST_MS;
    t->ask_ms = now_ms + pause;
}

static void fail(struct token_row *t, enum network_verdict v)
{
    t->status = TOKEN_FAILED;
    t->verdict = v;
    close_effect(t);
}

void vault_disown(struct token_row *t, int64_t now_ms)
{
    t->wanted = NETWORK_DELETE;
    t->request = now_ms > t->request ? now_ms : t->request + 1;
    t->ask_ms = now_ms > 0 ? now_ms : 1;
}

static void take(struct span *into, const char *text)
{
    if (*text)
        *into = span_of(text);
}

/* What the network told of the token itself. */
static void learn(struct token_row *t, const struct network_answer *a)
{
    take(&t->par, a->par);
    take(&t->network_ref, a->token_ref);
    take(&t->bin9, a->bin9);
    take(&t->token_last4, a->last4);
    if (expiry_is_valid(a->expiry))
        t->expiry = a->expiry.year * 100 + a->expiry.month;
}

static bool lives(enum token_status s)
{
    return s == TOKEN_ACTIVE || s == TOKEN_SUSPENDED;
}

/* The life is now as the network has it. An end is final, whoever came to it first. */
static void become(struct token_row *t, struct token_life life, int64_t now_ms)
{
    enum token_status before = (enum token_status)t->status;
    bool made = lives(life.status) || life.status == TOKEN_DEAD;

    if (!token_life_is_sound(&life))
        return;
    if (before == TOKEN_INIT && life.status == TOKEN_FAILED)
        fail(t, NETWORK_DECLINED);
    if (before == TOKEN_FAILED && lives(life.status) && t->wanted != NETWORK_DELETE)
        vault_disown(t, now_ms);
    if (!made || (before != TOKEN_INIT && !lives(before)))
        return;
    vault_store_life(t, life);
    if (before == TOKEN_INIT || life.status == TOKEN_DEAD)
        close_effect(t);
}

/* The network knows no such token: then nobody can use it, and its card may have another one. */
static void gone(struct token_row *t)
{
    struct token_life life = vault_stored_life(t);

    if (token_happens(&life, TOKEN_ON_DELETE, TOKEN_BY_ISSUER) != TOKEN_RULE_NONE)
        return;
    vault_store_life(t, life);
    close_effect(t);
}

static void hear_made(struct token_row *t, const struct vault_heard *h)
{
    const struct network_answer *a = h->answer;
    enum effect effect = effect_of(a->verdict);
    bool alone = h->lease == t->ask_ms;

    if (t->status != TOKEN_INIT && t->status != TOKEN_FAILED)
        return;
    if (effect == EFFECT_DONE)
        learn(t, a);
    if (t->status == TOKEN_FAILED) {
        if (effect == EFFECT_DONE && t->wanted != NETWORK_DELETE)
            vault_disown(t, h->now_ms);
        return;
    }
    if (effect == EFFECT_DONE && a->life.status == TOKEN_FAILED) {
        fail(t, NETWORK_DECLINED);
    } else if (a->verdict == NETWORK_LATER) {
        t->ask_ms = h->now_ms + VAULT_LATER_MS;
    } else if (effect == EFFECT_DONE) {
        become(t, lives(a->life.status) || a->life.status == TOKEN_DEAD
                  ? a->life : (struct token_life){ .status = TOKEN_ACTIVE }, h->now_ms);
    } else if (alone && (effect == EFFECT_REFUSED || (effect == EFFECT_NOT_BY_THIS && h->first))) {
        fail(t, a->verdict);
    }
}

/* What a plain change does when the network's answer does not say how the token is now. */
static void change(struct token_row *t, enum network_op op)
{
    static const enum token_event events[NETWORK_OPS] = {
        [NETWORK_SUSPEND] = TOKEN_ON_SUSPEND, [NETWORK_RESUME] = TOKEN_ON_RESUME, [NETWORK_DELETE] = TOKEN_ON_DELETE,
    };
    struct token_life life = vault_stored_life(t);

    if (token_happens(&life, events[op], TOKEN_BY_REQUESTOR) == TOKEN_RULE_NONE)
        vault_store_life(t, life);
}

static void hear_changed(struct token_row *t, const struct vault_heard *h)
{
    const struct network_answer *a = h->answer;

    if (t->wanted != (int64_t)h->ask->op || t->request != h->ask->ref.request)
        return;                       /* somebody else heard it first */
    switch (effect_of(a->verdict)) {
    case EFFECT_DONE:
        learn(t, a);
        if (lives(a->life.status) || a->life.status == TOKEN_DEAD)
            become(t, a->life, h->now_ms);
        else
            change(t, h->ask->op);
        close_effect(t);
        break;
    case EFFECT_REFUSED:
        if (a->verdict == NETWORK_NO_TOKEN)
            gone(t);
        else if (a->verdict == NETWORK_BAD_STATE || a->verdict == NETWORK_NOT_ALLOWED)
            become(t, a->life, h->now_ms);
        close_effect(t);
        break;
    case EFFECT_NOT_BY_THIS:
        if (h->first)
            close_effect(t);
        else if (h->sweeping)
            ask_again(t, h->now_ms);
        break;
    case EFFECT_UNKNOWN:
        if (h->sweeping)
            ask_again(t, h->now_ms);
        break;
    }
}

static void hear_status(struct token_row *t, const struct vault_heard *h)
{
    bool alone = h->sweeping && h->lease == t->ask_ms;

    if (h->answer->verdict == NETWORK_DONE) {
        learn(t, h->answer);
        become(t, h->answer->life, h->now_ms);
    } else if (h->answer->verdict == NETWORK_NO_TOKEN) {
        if (t->status != TOKEN_INIT)
            gone(t);
        else if (alone)
            fail(t, NETWORK_NO_TOKEN);
    }
    if (alone && t->status == TOKEN_INIT)
        ask_again(t, h->now_ms);
}

/* A question that wants nothing changed may still learn how things are. */
static void hear_used(struct token_row *t, const struct vault_heard *h)
{
    if (h->answer->verdict == NETWORK_NO_TOKEN)
        gone(t);
    else if (h->answer->verdict == NETWORK_BAD_STATE)
        become(t, h->answer->life, h->now_ms);
}

static bool same(const struct token_row *a, const struct token_row *b)
{
    return a->status == b->status && a->suspended_by == b->suspended_by && a->expired == b->expired
        && a->expiry == b->expiry && a->verdict == b->verdict && a->ask_ms == b->ask_ms && a->wanted == b->wanted
        && a->request == b->request && span_equal(a->par, b->par) && span_equal(a->network_ref, b->network_ref)
        && span_equal(a->bin9, b->bin9) && span_equal(a->token_last4, b->token_last4);
}

/* updated_ms also tells one version of a row from the next. */
static bool changed(struct token_row *t, const struct token_row *before, int64_t now_ms)
{
    if (same(t, before))
        return false;
    t->updated_ms = now_ms > before->updated_ms ? now_ms : before->updated_ms + 1;
    return true;
}

bool vault_hear(struct token_row *t, const struct vault_heard *h)
{
    const struct token_row before = *t;

    switch (h->ask->op) {
    case NETWORK_PROVISION:
        hear_made(t, h);
        break;
    case NETWORK_SUSPEND: case NETWORK_RESUME: case NETWORK_DELETE:
        hear_changed(t, h);
        break;
    case NETWORK_STATUS:
        if (h->sweeping || h->seen == t->updated_ms)
            hear_status(t, h);
        break;
    case NETWORK_NUMBER: case NETWORK_CRYPTOGRAM: case NETWORK_PAR:
        if (h->seen == t->updated_ms)
            hear_used(t, h);
        break;
    case NETWORK_ALT_ID: case NETWORK_FIND: case NETWORK_VERIFY: case NETWORK_ONBOARD: case NETWORK_OPS:
        break;
    }
    return changed(t, &before, h->now_ms);
}

bool vault_hear_notice(struct token_row *t, const struct network_answer *now, int64_t now_ms)
{
    const struct token_row before = *t;

    learn(t, now);
    become(t, now->life, now_ms);
    return changed(t, &before, now_ms);
}
