/* happen.c: what happens without a requestor's asking, and the notices that tell of it. */
#include <assert.h>

#include "network/sim/inner.h"
#include "network/sim/ledger.h"

#include "base/banned.h"

static const char *const event_names[SIM_EVENTS] = {
    [SIM_SUSPEND]      = "suspend",
    [SIM_RESUME]       = "resume",
    [SIM_RENEW]        = "renew",
    [SIM_REPLACE]      = "replace",
    [SIM_DELETE]       = "delete",
    [SIM_BLOCK_CARD]   = "block-card",
    [SIM_UNBLOCK_CARD] = "unblock-card",
};

const char *sim_event_name(enum sim_event e)
{
    assert(e < SIM_EVENTS);
    return event_names[e];
}

enum fault happen_due(struct store_tx *tx, bool *news, struct book_token *t, int64_t now_ms)
{
    enum fault f;

    *news = t->life.status == TOKEN_INIT && t->due_ms > 0 && now_ms >= t->due_ms;
    if (!*news)
        return FAULT_NONE;
    t->life = sim_token_life(t, now_ms);
    t->life.expired = false;          /* that is told by its expiry */
    t->due_ms = 0;
    f = book_token_update(tx, t);
    return f ? f : ledger_notice_put(tx, t->id.scheme, t->id.counter);
}

struct event { struct sim *sim; struct net_token id; enum sim_event what; int64_t now_ms; };

/* What an event of the issuer's is to a token's life. */
static enum token_event life_event(enum sim_event e)
{
    switch (e) {
    case SIM_SUSPEND: return TOKEN_ON_SUSPEND;
    case SIM_RESUME:  return TOKEN_ON_RESUME;
    case SIM_RENEW:   return TOKEN_ON_RENEW;
    case SIM_REPLACE: return TOKEN_ON_REPLACE;
    case SIM_DELETE: case SIM_BLOCK_CARD: case SIM_UNBLOCK_CARD: case SIM_EVENTS:
        break;
    }
    return TOKEN_ON_DELETE;
}

static enum fault change_life(struct store_tx *tx, struct book_token *t, const struct event *e)
{
    struct token_life life = sim_token_life(t, e->now_ms);

    if (token_happens(&life, life_event(e->what), TOKEN_BY_ISSUER))
        return FAULT_WRONG_STATE;
    t->life = life;
    t->life.expired = false;
    if (e->what == SIM_RENEW)
        t->expiry = expiry_in_months(e->now_ms, SIM_EXPIRY_MONTHS);
    return book_token_update(tx, t);
}

static enum fault event_work(struct store_tx *tx, void *arg)
{
    const struct event *e = arg;
    struct book_token t;
    bool news;
    enum fault f = book_token_find(tx, &t, e->sim->commit_arena, e->id);

    arena_reset(e->sim->commit_arena);
    if (!f && t.alt)
        f = FAULT_NOT_FOUND;
    if (!f)
        f = happen_due(tx, &news, &t, e->now_ms);
    if (f)
        return f;
    if (e->what == SIM_BLOCK_CARD || e->what == SIM_UNBLOCK_CARD)
        f = book_card_block(tx, t.card_no, e->what == SIM_BLOCK_CARD ? BOOK_BLOCKED : BOOK_FREE);
    else
        f = change_life(tx, &t, e);
    return f ? f : ledger_notice_put(tx, t.id.scheme, t.id.counter);
}

enum fault sim_happen(struct sim *s, struct span token_ref, enum sim_event what, int64_t now_ms)
{
    struct event e = { .sim = s, .what = what, .now_ms = now_ms };
    enum fault f = name_read_token(s, &e.id, token_ref);

    assert(what < SIM_EVENTS);
    if (!f)
        f = store_write(s->store, event_work, &e);
    if (!f)
        sim_news(s);
    return f;
}

struct due { int64_t now_ms; struct book_token tokens[SIM_DUE_AT_ONCE]; size_t n; };

static enum fault due_look(struct store_tx *tx, void *arg)
{
    struct due *d = arg;

    return book_tokens_due(tx, d->tokens, &d->n, SIM_DUE_AT_ONCE, d->now_ms);
}

/* Decided from the rows as they are now: between the look and this a requestor may have asked. */
static enum fault due_work(struct store_tx *tx, void *arg)
{
    struct due *d = arg;
    enum fault f = due_look(tx, d);
    bool news;

    for (size_t i = 0; i < d->n && !f; i++)
        f = happen_due(tx, &news, &d->tokens[i], d->now_ms);
    return f;
}

static void decide_due(struct sim *s)
{
    struct due d = { .now_ms = clock_now_ms(s->options.clock) };
    enum fault f = store_read(s->reader, due_look, &d);

    if (!f && d.n)
        f = store_write(s->store, due_work, &d);
    if (!f && d.n)
        sim_news(s);
}

struct telling {
    struct sim *sim;
    uint64_t after;
    int64_t now_ms;
    struct network_notice notices[SIM_NOTICES_AT_ONCE];
    size_t n;
};

/* A notice says how its token is now, so that an old one told late takes nothing back. */
static enum fault telling_look(struct store_tx *tx, void *arg)
{
    struct telling *t = arg;
    struct ledger_notice open[SIM_NOTICES_AT_ONCE];
    struct book_token token;
    enum fault f = ledger_notices(tx, open, &t->n, SIM_NOTICES_AT_ONCE, t->after);

    for (size_t i = 0; i < t->n && !f; i++) {
        f = book_token_find(tx, &token, t->sim->arena, (struct net_token){ open[i].scheme, open[i].counter });
        t->notices[i] = (struct network_notice){ .id = open[i].id };
        if (!f)
            sim_token_tell(t->sim, &t->notices[i].now, &token, t->now_ms);
        arena_reset(t->sim->arena);
    }
    return f;
}

/* Tell the next ones. True: there may be more. */
static bool tell_some(struct sim *s)
{
    struct telling t = { .sim = s, .after = s->notice_after, .now_ms = clock_now_ms(s->options.clock) };

    if (store_read(s->reader, telling_look, &t))
        return false;
    for (size_t i = 0; i < t.n; i++) {
        s->notice_after = t.notices[i].id;
        network_notice(s->options.network, &t.notices[i]);
    }
    return t.n == SIM_NOTICES_AT_ONCE;
}

static enum fault forget_work(struct store_tx *tx, void *arg)
{
    const uint64_t *below = arg;

    return ledger_forget(tx, *below);
}

/* The age is counted from the newest serial and not by the clock: whatever is given from now on lies above. */
static void forget_old(struct sim *s)
{
    uint64_t life = (uint64_t)SIM_TAVV_LIFE_MS << SIM_SEQUENCE_BITS, below;

    if (s->serial_last <= 2 * life)
        return;
    below = s->serial_last - 2 * life;
    if (store_write(s->store, forget_work, &below))
        return;                       /* the disk's trouble is in the journal; the next hour tries again */
}

void happen_tick(struct sim *s)
{
    int64_t now_ns = clock_mono_ns();
    bool news;

    pthread_mutex_lock(&s->lock);
    news = s->news;
    s->news = false;
    pthread_mutex_unlock(&s->lock);
    if (now_ns >= s->tick_ns) {
        s->tick_ns = now_ns + SIM_TICK_MS * MS_NS;
        decide_due(s);
    }
    if (now_ns >= s->forget_ns) {
        s->forget_ns = now_ns + SIM_FORGET_EVERY_MS * MS_NS;
        forget_old(s);
    }
    if (now_ns >= s->notices_ns) {
        s->notices_ns = now_ns + SIM_NOTICE_EVERY_MS * MS_NS;
        s->notice_after = 0;
        news = true;
    }
    while (news)
        news = tell_some(s);
}
