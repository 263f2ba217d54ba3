/* network.c: the front: questions, answers and notices between whoever asks and the body. */
#include "network/network.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/bells.h"
#include "base/inflight.h"
#include "base/secret.h"

#include "base/banned.h"

struct network {
    struct network_options options;
    struct network_body body;
    atomic_bool attached;             /* and then `body` stands */
    struct inflight *flights;
};

/* Answer with a verdict of our own. No lock is held. */
static void tell(struct network_call *call, enum network_verdict v)
{
    call->answer = (struct network_answer){ .verdict = v, .ref = call->ask.ref };
    call->done(call);
}

static void tell_silent(void *call)
{
    tell(call, NETWORK_SILENT);
}

enum fault network_new(struct network **out, const struct network_options *o)
{
    struct network *n = calloc(1, sizeof *n);
    enum fault f;

    if (!n)
        return FAULT_INTERNAL;
    n->options = *o;
    f = inflight_new(&n->flights, &(struct inflight_options){
        .places = NETWORK_PENDING_MAX, .wait_ms = o->wait_ms ? o->wait_ms : NETWORK_WAIT_MS, .journal = o->journal,
        .crowded = "too many questions to the card network are under way", .silent = tell_silent,
    });
    if (f)
        free(n);
    else
        *out = n;
    return f;
}

void network_attach(struct network *n, const struct network_body *body)
{
    n->body = *body;
    atomic_store_explicit(&n->attached, true, memory_order_release);
}

static bool is_attached(struct network *n)
{
    return atomic_load_explicit(&n->attached, memory_order_acquire);
}

static void wake_body(void *network)
{
    struct network *n = network;

    n->body.wake(n->body.body);
    inflight_leave(n->flights);
}

void network_ask(struct network *n, struct network_call *call)
{
    struct network_ask ask = call->ask;           /* once it has begun the call may end and be gone at any time */
    uint64_t handle = 0;

    assert(call->ask.op < NETWORK_OPS && call->done);
    if (!is_attached(n) || !inflight_begin(n->flights, &handle, call)) {
        secret_wipe(&ask, sizeof ask);
        tell(call, is_attached(n) ? NETWORK_BUSY : NETWORK_NO_ROUTE);
        return;
    }
    n->body.ask(n->body.body, handle, &ask);
    secret_wipe(&ask, sizeof ask);
    if (!n->body.wake || !bells_ring(wake_body, n))
        inflight_leave(n->flights);   /* otherwise when it was woken: network_stop() waits for that */
}

static void waiter_done(struct network_call *call)
{
    inflight_waiter_say(call->arg);
}

void network_ask_wait(struct network *n, struct network_call *call)
{
    struct inflight_waiter w;
    struct network_call own = { .ask = call->ask, .done = waiter_done, .arg = &w };

    inflight_waiter_init(&w);
    network_ask(n, &own);
    inflight_waiter_wait(&w);
    call->answer = own.answer;
    secret_wipe(&own, sizeof own);
}

void network_answered(struct network *n, uint64_t handle, const struct network_answer *answer)
{
    struct network_call *call = inflight_end(n->flights, handle);

    if (!call)
        return;
    call->answer = *answer;
    call->done(call);
}

void network_notice(struct network *n, const struct network_notice *notice)
{
    if (!n->options.notice || !inflight_enter(n->flights))
        return;
    n->options.notice(n->options.arg, notice);
    inflight_leave(n->flights);
}

void network_noticed(struct network *n, uint64_t id)
{
    if (!inflight_enter(n->flights))
        return;
    if (is_attached(n) && n->body.noticed)
        n->body.noticed(n->body.body, id);
    inflight_leave(n->flights);
}

int network_wait_ms(const struct network *n)
{
    return inflight_wait_ms(n->flights);
}

uint64_t network_late(const struct network *n)
{
    return inflight_late(n->flights);
}

void network_stop(struct network *n)
{
    inflight_stop(n->flights);
}

void network_free(struct network *n)
{
    if (!n)
        return;
    inflight_free(n->flights);
    free(n);
}
