/* steps.c: a route's steps, from parse to show, each on the thread where it belongs. */
#include "http/request.h"

#include "base/banned.h"

/* Put the questions of parse to the keyholder, once, however often the work runs. */
static enum fault ask_keyholder(struct request *r)
{
    struct sealing sealing = { r->x.asks, r->x.n_asks };
    struct store_job one = { .wants = &sealing };

    if (r->x.n_asks && !r->asked) {
        r->asked = true;
        sealing_before_batch((void *)r->server->o.services, &one);
        r->outcome = one.outcome;
    }
    return r->outcome;
}

static enum fault work_here(struct store_tx *tx, void *arg)
{
    struct request *r = arg;

    return exchange_work(&r->x, tx);
}

/* On a worker, which may wait; the HTTP thread must not. */
static enum fault work_on_worker(struct store_tx *tx, void *arg)
{
    struct request *r = arg;
    enum fault fault = ask_keyholder(r);

    return fault == FAULT_NONE ? exchange_work(&r->x, tx) : fault;
}

static enum fault prepare_on_worker(struct store_tx *tx, void *arg)
{
    struct request *r = arg;

    (void)tx;
    r->prepared = r->x.route->prepare(&r->x);
    return FAULT_NONE;
}

static enum fault settle_here(struct store_tx *tx, void *arg)
{
    struct request *r = arg;

    return exchange_settle(&r->x, tx);
}

/* What it says when it has all it needs, and otherwise why not. */
static enum MHD_Result answer(struct request *r)
{
    (void)exchange_starved(&r->x);
    return request_answer(r);
}

/* Set the connection aside: from here on `r` is with other threads, until go_back(). */
static void go_away(struct request *r)
{
    r->phase = PHASE_AWAY;
    atomic_fetch_add(&r->server->away, 1);
    /* Before anybody else has it: they may be done before we are back here. */
    MHD_suspend_connection(r->connection);
}

/* `away` goes down last, and with the server alone: the request may be gone once it was given back. */
static void go_back(struct request *r, enum phase phase)
{
    struct http_server *s = r->server;

    r->phase = phase;
    http_loop_give_back(r->loop, r);
    atomic_fetch_sub(&s->away, 1);
}

static void go_back_busy(struct request *r)
{
    request_refuse(r, REFUSE_BUSY);
    go_back(r, PHASE_BACK);
}

static void settled(void *arg, enum fault outcome)
{
    struct request *r = arg;

    r->outcome = outcome;
    go_back(r, PHASE_BACK);
}

/* What was asked for has happened, so that no room to keep it is an outcome and not a refusal. */
void steps_resume(struct exchange *x, bool settle)
{
    struct request *r = x->transport;

    if (settle && x->route->settle) {
        r->job = (struct store_job){ .work = settle_here, .done = settled, .arg = r };
        if (lane_run(r->server->o.lanes, LANE_WRITE, NULL, &r->job) == FAULT_NONE)
            return;
        r->outcome = FAULT_BUSY;
    }
    go_back(r, PHASE_BACK);
}

/* After NEXT_WAIT the request is no longer ours: it may have been resumed, answered and released by now. */
static void call(struct request *r)
{
    switch (r->x.route->call(&r->x)) {
    case NEXT_WAIT:
        return;
    case NEXT_SETTLE:
        steps_resume(&r->x, true);
        return;
    case NEXT_SHOW:
        steps_resume(&r->x, false);
        return;
    }
}

/* On the commit thread or a worker. */
static void worked(void *arg, enum fault outcome)
{
    struct request *r = arg;

    r->outcome = outcome;
    if (outcome == FAULT_NONE && r->x.route->call)
        call(r);
    else
        go_back(r, PHASE_BACK);
}

static void worked_inline(void *arg, enum fault outcome)
{
    struct request *r = arg;

    r->outcome = outcome;
}

/* On the loop's own thread, which runs the library again at once. */
static void asked(void *arg, enum fault outcome)
{
    struct request *r = arg;

    if (r->outcome == FAULT_NONE)
        r->outcome = outcome;
    r->phase = PHASE_BACK;
}

static bool works_inline(const struct request *r)
{
    return r->x.route->lane == LANE_READ || !r->x.route->work;
}

/* Hand the work of a request that is away to its lane. */
static void work_away(struct request *r)
{
    struct http_server *s = r->server;
    enum lane lane = r->x.route->lane;

    r->job = (struct store_job){ .work = work_here, .done = worked, .arg = r };
    if (lane == LANE_WORKER)
        r->job.work = work_on_worker;
    if (lane == LANE_WRITE && r->x.n_asks) {
        r->sealing = (struct sealing){ r->x.asks, r->x.n_asks };
        r->job.wants = &r->sealing;
    }
    if (lane_run(s->o.lanes, lane, NULL, &r->job) != FAULT_NONE)
        go_back_busy(r);
}

/* On a worker, like what it prepared; what reads inline goes back to its own thread for it. */
static void prepared(void *arg, enum fault outcome)
{
    struct request *r = arg;

    r->outcome = outcome;
    if (outcome != FAULT_NONE || r->prepared != STEP_GO)
        go_back(r, PHASE_BACK);
    else if (works_inline(r))
        go_back(r, PHASE_PREPARED);
    else
        work_away(r);
}

/* There are questions for the keyholder: wait until the loop puts those of all its requests in one frame, after this
 * run of the library. Not suspended, which would cost three system calls: the library calls a request that has no
 * answer yet again in its next run, and that comes when the answers are there. */
static enum MHD_Result ask_later(struct request *r)
{
    r->asked = true;
    r->sealing = (struct sealing){ r->x.asks, r->x.n_asks };
    r->job = (struct store_job){ .wants = &r->sealing, .done = asked, .arg = r };
    r->phase = PHASE_ASKING;
    http_loop_ask(r->loop, &r->job);
    return MHD_YES;
}

/* Compose, once, and when its questions are answered, show. */
static enum MHD_Result finish(struct request *r)
{
    if (r->x.route->compose && !r->composed) {
        r->composed = true;
        r->x.n_asks = 0;
        r->x.route->compose(&r->x, r->outcome);
        if (r->x.n_asks)
            return ask_later(r);
    }
    r->x.route->show(&r->x, r->outcome);
    return answer(r);
}

static enum MHD_Result refuse_busy(struct request *r)
{
    r->x.dialect->refuse(&r->x, REFUSE_BUSY);
    return request_answer(r);
}

/* Work that reads, or none. */
static enum MHD_Result work_inline(struct request *r)
{
    if (ask_keyholder(r) == FAULT_NONE && r->x.route->work) {
        r->job = (struct store_job){ .work = work_here, .done = worked_inline, .arg = r };
        if (!r->x.reader || lane_run(r->server->o.lanes, LANE_READ, r->x.reader, &r->job) != FAULT_NONE)
            return refuse_busy(r);
    }
    if (r->outcome != FAULT_NONE)
        return finish(r);
    if (r->x.route->call) {
        go_away(r);
        call(r);
        return MHD_YES;
    }
    return r->x.n_asks && !r->asked ? ask_later(r) : finish(r);
}

enum MHD_Result steps_begin(struct request *r)
{
    enum step step = r->x.route->parse(&r->x);
    bool prepares;

    if (step == STEP_ANSWERED || exchange_starved(&r->x))
        return answer(r);
    if (step == STEP_COMPOSE)
        return finish(r);
    prepares = r->x.route->prepare && !r->x.no_prepare;
    if (!prepares && works_inline(r))
        return work_inline(r);
    go_away(r);
    if (!prepares) {
        work_away(r);
        return MHD_YES;
    }
    r->job = (struct store_job){ .work = prepare_on_worker, .done = prepared, .arg = r };
    if (lane_run(r->server->o.lanes, LANE_WORKER, NULL, &r->job) != FAULT_NONE)
        go_back_busy(r);
    return MHD_YES;
}

enum MHD_Result steps_go_on(struct request *r)
{
    if (r->phase == PHASE_PREPARED)
        return work_inline(r);
    if (r->prepared == STEP_ANSWERED)
        return answer(r);
    return finish(r);
}
