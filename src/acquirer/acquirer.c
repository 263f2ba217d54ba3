/* acquirer.c: the front: questions, answers and notices between whoever asks and the body. */
#include "acquirer/acquirer.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/bells.h"
#include "base/inflight.h"
#include "base/secret.h"

#include "base/banned.h"

struct acquirer {
    struct acquirer_options options;
    struct acquirer_body body;
    atomic_bool attached;             /* and then `body` stands */
    struct inflight *flights;
};

/* Answer with a verdict of our own. No lock is held. */
static void tell(struct acquirer_call *call, enum acquirer_verdict v)
{
    call->answer = (struct acquirer_answer){ .verdict = v, .ref = call->ask.ref };
    call->done(call);
}

static void tell_silent(void *call)
{
    tell(call, ACQUIRER_SILENT);
}

enum fault acquirer_new(struct acquirer **out, const struct acquirer_options *o)
{
    struct acquirer *a = calloc(1, sizeof *a);
    enum fault f;

    if (!a)
        return FAULT_INTERNAL;
    a->options = *o;
    f = inflight_new(&a->flights, &(struct inflight_options){
        .places = ACQUIRER_PENDING_MAX, .wait_ms = o->wait_ms ? o->wait_ms : ACQUIRER_WAIT_MS, .journal = o->journal,
        .crowded = "too many questions to the acquirer are under way", .silent = tell_silent,
    });
    if (f)
        free(a);
    else
        *out = a;
    return f;
}

void acquirer_attach(struct acquirer *a, const struct acquirer_body *body)
{
    a->body = *body;
    atomic_store_explicit(&a->attached, true, memory_order_release);
}

static bool is_attached(struct acquirer *a)
{
    return atomic_load_explicit(&a->attached, memory_order_acquire);
}

static void wake_body(void *acquirer)
{
    struct acquirer *a = acquirer;

    a->body.wake(a->body.body);
    inflight_leave(a->flights);
}

void acquirer_ask(struct acquirer *a, struct acquirer_call *call)
{
    struct acquirer_ask ask = call->ask;          /* once it has begun the call may end and be gone at any time */
    uint64_t handle = 0;

    assert(call->ask.op < ACQUIRER_OPS && call->done);
    if (!is_attached(a) || !inflight_begin(a->flights, &handle, call)) {
        secret_wipe(&ask, sizeof ask);
        tell(call, is_attached(a) ? ACQUIRER_BUSY : ACQUIRER_UNREACHABLE);
        return;
    }
    a->body.ask(a->body.body, handle, &ask);
    secret_wipe(&ask, sizeof ask);
    if (!a->body.wake || !bells_ring(wake_body, a))
        inflight_leave(a->flights);   /* otherwise when it was woken: acquirer_stop() waits for that */
}

static void waiter_done(struct acquirer_call *call)
{
    inflight_waiter_say(call->arg);
}

void acquirer_ask_wait(struct acquirer *a, struct acquirer_call *call)
{
    struct inflight_waiter w;
    struct acquirer_call own = { .ask = call->ask, .done = waiter_done, .arg = &w };

    inflight_waiter_init(&w);
    acquirer_ask(a, &own);
    inflight_waiter_wait(&w);
    secret_wipe(&own.ask, sizeof own.ask);
    call->answer = own.answer;
}

void acquirer_answered(struct acquirer *a, uint64_t handle, const struct acquirer_answer *answer)
{
    struct acquirer_call *call = inflight_end(a->flights, handle);

    if (!call)
        return;
    call->answer = *answer;
    call->done(call);
}

void acquirer_notice(struct acquirer *a, const struct acquirer_notice *notice)
{
    if (!a->options.notice || !inflight_enter(a->flights))
        return;
    a->options.notice(a->options.arg, notice);
    inflight_leave(a->flights);
}

void acquirer_noticed(struct acquirer *a, uint64_t id)
{
    if (!inflight_enter(a->flights))
        return;
    if (is_attached(a) && a->body.noticed)
        a->body.noticed(a->body.body, id);
    inflight_leave(a->flights);
}

int acquirer_wait_ms(const struct acquirer *a)
{
    return inflight_wait_ms(a->flights);
}

uint64_t acquirer_late(const struct acquirer *a)
{
    return inflight_late(a->flights);
}

void acquirer_stop(struct acquirer *a)
{
    inflight_stop(a->flights);
}

void acquirer_free(struct acquirer *a)
{
    if (!a)
        return;
    inflight_free(a->flights);
    free(a);
}
