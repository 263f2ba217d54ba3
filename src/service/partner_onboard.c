/* partner_onboard.c: requestor ids at the card networks. */
#include "network/network.h"
#include "service/known.h"
#include "service/partners.h"
#include "store/merchants.h"
#include "store/tokens.h"

#include "base/banned.h"

/* One merchant at one scheme: what we know, what the network said. */
struct onboarding {
    const struct services *s;
    struct arena *arena;
    int64_t merchant_id, now_ms;
    enum scheme scheme;
    struct merchant_row merchant;
    struct requestor_row row;
    struct network_call call;
};

static enum fault find_work(struct store_tx *tx, void *arg)
{
    struct onboarding *o = arg;
    enum fault f = merchants_find(tx, &o->merchant, o->arena, o->merchant_id);

    if (f)
        return f;
    if (o->merchant.disabled)
        return FAULT_NOT_FOUND;
    f = requestors_find(tx, &o->row, o->arena, o->merchant_id, o->scheme);
    if (f == FAULT_NOT_FOUND)
        o->row = (struct requestor_row){ .merchant_id = o->merchant_id, .scheme = o->scheme, .created_ms = o->now_ms };
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

static enum fault put_work(struct store_tx *tx, void *arg)
{
    const struct onboarding *o = arg;

    return requestors_put(tx, &o->row);
}

/* Longer names are cut: the network only shows them. */
static void put_cut(char *out, size_t max, struct span text)
{
    struct buf b = { (uint8_t *)out, 0, max, false };

    buf_put(&b, text.p, text.n < max ? text.n : max);
    out[b.n] = '\0';
}

static void ask(struct onboarding *o)
{
    struct network_ask *a = &o->call.ask;

    o->call = (struct network_call){ .ask = { .op = NETWORK_ONBOARD, .ref = { .merchant_id = o->merchant_id },
                                              .scheme = o->scheme, .now_ms = o->now_ms } };
    put_cut(a->auth_ref, NETWORK_AUTH_REF_MAX, o->merchant.name);
    put_cut(a->trid, NETWORK_TRID, o->row.trid);
    network_ask_wait(o->s->network, &o->call);
}

static enum fault onboard_one(struct onboarding *o)
{
    const struct network_answer *answer = &o->call.answer;
    enum fault f = store_write(o->s->store, find_work, o);

    if (f)
        return f;
    ask(o);
    if (answer->verdict == NETWORK_NO_REQUESTOR && o->row.trid.n) {
        o->row.trid = (struct span){ 0 };         /* it has forgotten, so it is asked as for the first time */
        ask(o);
    }
    if (answer->verdict == NETWORK_BUSY)
        return FAULT_BUSY;
    if (answer->verdict != NETWORK_DONE || !answer->trid[0])
        return FAULT_SILENT;
    o->row.trid = span_of(answer->trid);
    o->row.active = answer->trid_active;
    f = store_write(o->s->store, put_work, o);
    known_forget(callers_known(o->s->callers));      /* it may be another one than before */
    return f;
}

enum fault partner_onboard(const struct services *s, int64_t merchant_id, enum scheme scheme)
{
    struct onboarding o = { .s = s, .merchant_id = merchant_id, .now_ms = clock_now_ms(s->clock) };
    enum fault f;

    if (!s->network)
        return FAULT_WRONG_STATE;
    f = arena_new(&o.arena);
    for (enum scheme one = SCHEME_UNKNOWN + 1; one < SCHEMES && !f; one++)
        if (scheme == SCHEME_UNKNOWN || scheme == one) {
            o.scheme = one;
            f = onboard_one(&o);
        }
    arena_free(o.arena);
    return f;
}
