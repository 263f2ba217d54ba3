/* sender.c: the thread that takes what is due from the outbox, and keeps what came of it. */
#include "webhook/webhook.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/journal.h"
#include "webhook/behave.h"
#include "webhook/keep.h"
#include "webhook/letters.h"
#include "webhook/look.h"

#include "base/banned.h"

enum {
    GAP_MS = 4,                       /* between two looks, so that one finds what many rang for */
    REFUSED_MS = 250,                 /* until the store is asked again to keep what it did not */
    NICE = 10,                        /* of the thread: on two busy processors creating orders keeps its speed beside
                                       * 4,000 deliveries a second; without it, half */
};

struct webhooks {
    struct webhooks_options options;
    pthread_t thread;
    pthread_mutex_t lock;             /* of what follows, up to `places` */
    pthread_cond_t wake;
    bool stopping, rung, keeping;
    struct place *ended;              /* whose outcomes nobody keeps yet */
    size_t sent;                      /* with the courier */
    int64_t refused_ns;               /* when the store last refused; 0: it did not */
    struct behaviour behaviour;
    size_t n_late;

    struct places places;             /* the thread's own from here on */
    struct look_cursor cursor;
    struct letters_keys keys;
    struct place *late;               /* held by the behaviour, with their letters written */
    struct place *chosen[WEBHOOK_LOOK_MAX];
    size_t n_chosen;
    int64_t look_now_ms;
    bool more;

    struct store_job job;             /* with the store while `keeping` */
    struct place *kept[KEEP_MAX];
    size_t n_kept;
};

void webhooks_ring(struct webhooks *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->rung = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

/* A place goes to the list of those that are over. The lock is held. */
static void end(struct webhooks *w, struct place *p)
{
    p->ended_ms = clock_now_ms(w->options.services->clock);
    p->next = w->ended;
    w->ended = p;
    pthread_cond_signal(&w->wake);
}

static void put(struct webhooks *w, struct courier_call *call)
{
    if (w->options.send)
        w->options.send(w->options.courier, call);
    else
        courier_send(w->options.courier, call);
}

static void stray_called(struct courier_call *call)
{
    struct stray *s = call->arg;
    struct webhooks *w = s->owner;

    pthread_mutex_lock(&w->lock);
    behave_forget(&w->behaviour, s);
    w->sent--;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

/* Those that go now are counted as sent. The lock is held. */
static struct stray *let_go(struct webhooks *w, const struct outbox_row *row)
{
    struct stray *strays = behave_let_go(&w->behaviour, row);

    for (const struct stray *s = strays; s; s = s->next)
        w->sent++;
    return strays;
}

static void send_strays(struct webhooks *w, struct stray *strays)
{
    while (strays) {
        struct stray *s = strays;

        strays = s->next;
        s->call.done = stray_called;
        s->call.arg = s;
        put(w, &s->call);
    }
}

static void called(struct courier_call *call)
{
    struct place *p = call->arg;
    struct webhooks *w = p->owner;
    struct stray *strays;

    pthread_mutex_lock(&w->lock);
    strays = let_go(w, &p->row);
    end(w, p);
    w->sent--;
    pthread_mutex_unlock(&w->lock);
    send_strays(w, strays);
}

static enum fault look(struct store_tx *tx, void *arg)
{
    struct webhooks *w = arg;
    enum fault f = look_choose(&w->places, &w->cursor, tx, w->look_now_ms, w->chosen, WEBHOOK_LOOK_MAX, &w->n_chosen,
                               &w->more);

    for (size_t i = 0; i < w->n_chosen && !f; i++)
        f = letters_gather(&w->options, tx, &w->keys, w->chosen[i], w->look_now_ms);
    return f;
}

static void send(struct webhooks *w, struct place *p)
{
    p->call.done = called;
    p->call.arg = p;
    pthread_mutex_lock(&w->lock);
    w->sent++;
    pthread_mutex_unlock(&w->lock);
    put(w, &p->call);
}

/* It counts as arrived, whatever is sent of it later or never. The lock is held. */
static void pretend(struct webhooks *w, struct place *p)
{
    p->call.outcome = COURIER_ANSWERED;
    p->call.status = KEEP_SHOWN_OK;
    end(w, p);
}

/* Send it, as well as a sandbox was told to. */
static void send_somehow(struct webhooks *w, struct place *p)
{
    struct stray *copy = NULL;
    bool waits = false;

    pthread_mutex_lock(&w->lock);
    switch (behave_choose(&w->behaviour, &copy, p)) {
    case BEHAVE_WAIT:
        p->late_ns = clock_mono_ns() + w->behaviour.n * MS_NS;
        p->next = w->late;
        w->late = p;
        w->n_late++;
        waits = true;
        break;
    case BEHAVE_HOLD: case BEHAVE_LOSE:
        pretend(w, p);
        waits = true;
        break;
    case BEHAVE_COPY:
        w->sent++;
        break;
    case BEHAVE_SEND:
        break;
    }
    pthread_mutex_unlock(&w->lock);
    if (!waits)
        send(w, p);
    send_strays(w, copy);
}

/* Those that were held long enough; all of them, once it is to be late no more. */
static void send_late(struct webhooks *w)
{
    struct place **at = &w->late, *p;
    int64_t now_ns = clock_mono_ns();
    bool all;

    pthread_mutex_lock(&w->lock);
    all = w->behaviour.manner != WEBHOOK_LATE;
    pthread_mutex_unlock(&w->lock);
    while ((p = *at) != NULL) {
        if (!all && now_ns < p->late_ns) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        pthread_mutex_lock(&w->lock);
        w->n_late--;
        pthread_mutex_unlock(&w->lock);
        send(w, p);
    }
}

static void write_and_send(struct webhooks *w)
{
    for (size_t i = 0; i < w->n_chosen; i += LETTERS_MAX) {
        size_t n = w->n_chosen - i < LETTERS_MAX ? w->n_chosen - i : LETTERS_MAX;

        letters_write(&w->options, &w->chosen[i], n);
        for (size_t j = i; j < i + n; j++) {
            if (!w->chosen[j]->fault) {
                send_somehow(w, w->chosen[j]);
                continue;
            }
            if (w->chosen[j]->fault == FAULT_SILENT)
                w->more = false;      /* there is no haste while the keyholder does not answer */
            pthread_mutex_lock(&w->lock);
            end(w, w->chosen[j]);
            pthread_mutex_unlock(&w->lock);
        }
    }
}

static bool is_up(struct webhooks *w)
{
    return w->options.is_up ? w->options.is_up(w->options.courier) : courier_is_up(w->options.courier);
}

/* While the courier is away nothing is taken, and so no try is used up. */
static void look_and_send(struct webhooks *w, struct store_reader *reader)
{
    w->more = false;
    if (!is_up(w))
        return;
    send_late(w);
    arena_reset(w->keys.arena);
    for (size_t i = 0; i < LETTERS_KEYS; i++)
        w->keys.at[i].found = NULL;
    w->n_chosen = 0;
    w->look_now_ms = clock_now_ms(w->options.services->clock);
    if (store_read(reader, look, w)) {
        for (size_t i = 0; i < w->n_chosen; i++)
            places_give(&w->places, w->chosen[i]);
        return;
    }
    write_and_send(w);
}

static enum fault keep_work(struct store_tx *tx, void *arg)
{
    struct webhooks *w = arg;

    return keep_rows(tx, w->kept, w->n_kept);
}

/* What the store refused stays in w->kept and is handed to it again. */
static void keep_done(void *arg, enum fault outcome)
{
    struct webhooks *w = arg;

    pthread_mutex_lock(&w->lock);
    w->keeping = false;
    w->refused_ns = outcome ? clock_mono_ns() : 0;
    if (!outcome)
        w->rung = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

/* Of what the stopping courier lost nothing is kept: it is sent again after the next start. */
static bool is_worth_keeping(const struct webhooks *w, struct place *p)
{
    bool lost = p->fate == PLACE_SENT && p->call.outcome == COURIER_LOST;

    return !(w->stopping && lost) && keep_judge(p);
}

/* Fill w->kept from those that ended. The lock is held. */
static void collect(struct webhooks *w)
{
    while (w->ended && w->n_kept < KEEP_MAX) {
        struct place *p = w->ended;

        w->ended = p->next;
        if (is_worth_keeping(w, p)) {
            places_rest(p);
            w->kept[w->n_kept++] = p;
        } else {
            places_give(&w->places, p);
        }
    }
}

/* Give back what was kept, and hand the store what came since. The lock is held, and no job is with the store. */
static void keep(struct webhooks *w)
{
    bool was_refused = w->refused_ns != 0;

    if (!was_refused) {
        for (size_t i = 0; i < w->n_kept; i++)
            places_give(&w->places, w->kept[i]);
        w->n_kept = 0;
        collect(w);
    }
    if (w->n_kept == 0)
        return;
    w->job = (struct store_job){ .work = keep_work, .done = keep_done, .arg = w };
    w->keeping = true;
    if (store_submit(w->options.services->store, &w->job)) {
        w->keeping = false;
        w->refused_ns = clock_mono_ns();
    }
}

static bool may_keep(const struct webhooks *w)
{
    if (w->keeping || (!w->ended && w->n_kept == 0))
        return false;
    return w->refused_ns == 0 || w->stopping || clock_mono_ns() - w->refused_ns >= REFUSED_MS * MS_NS;
}

/* Is nothing under way any more? What a store refuses in the end is sent again after the next start. */
static bool is_over(const struct webhooks *w)
{
    return w->stopping && w->sent == 0 && !w->keeping && (w->refused_ns != 0 || (!w->ended && w->n_kept == 0));
}

/* Wait until something is to be kept, or it is time to look. The lock is held. */
static void wait(struct webhooks *w, int64_t looked_ns)
{
    int64_t from = w->stopping ? clock_mono_ns() : looked_ns;
    int64_t until = from + (w->rung && !w->stopping ? GAP_MS : WEBHOOK_LOOK_MS) * MS_NS;
    struct timespec t = { .tv_sec = until / (1000 * MS_NS), .tv_nsec = until % (1000 * MS_NS) };

    if (!may_keep(w) && clock_mono_ns() < until)
        pthread_cond_timedwait(&w->wake, &w->lock, &t);
}

static void *run(void *arg)
{
    struct webhooks *w = arg;
    struct store_reader *reader = NULL;
    int64_t looked_ns = 0;

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);       /* in Linux: of this thread alone */
    pthread_mutex_lock(&w->lock);
    while (!is_over(w)) {
        wait(w, looked_ns);
        if (may_keep(w) && !is_over(w))       /* a store that refuses to the end is not asked for ever */
            keep(w);
        if (w->stopping || clock_mono_ns() - looked_ns < (w->rung ? GAP_MS : WEBHOOK_LOOK_MS) * MS_NS)
            continue;
        w->rung = false;
        looked_ns = clock_mono_ns();
        pthread_mutex_unlock(&w->lock);
        if (reader || !store_reader_open(&reader, w->options.services->store))
            look_and_send(w, reader);
        pthread_mutex_lock(&w->lock);
        if (w->more)
            w->rung = true;
    }
    pthread_mutex_unlock(&w->lock);
    store_reader_close(reader);
    return NULL;
}

enum fault webhooks_new(struct webhooks **out, const struct webhooks_options *o)
{
    struct webhooks *w = calloc(1, sizeof *w);
    pthread_condattr_t monotonic;
    enum fault f = w ? arena_new(&w->keys.arena) : FAULT_INTERNAL;

    if (f) {
        free(w);
        return f;
    }
    w->options = *o;
    w->cursor.endpoint_no = -1;
    places_init(&w->places, w);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&w->lock, NULL);
    if (pthread_create(&w->thread, NULL, run, w)) {
        arena_free(w->keys.arena);
        free(w);
        return FAULT_INTERNAL;
    }
    *out = w;
    return FAULT_NONE;
}

void webhooks_behave(struct webhooks *w, enum webhook_manner m, int64_t n)
{
    struct stray *strays;

    pthread_mutex_lock(&w->lock);
    w->behaviour.manner = m;
    w->behaviour.n = n;
    strays = w->stopping ? NULL : let_go(w, NULL);
    pthread_mutex_unlock(&w->lock);
    send_strays(w, strays);
    webhooks_ring(w);
}

enum webhook_manner webhooks_behaviour(struct webhooks *w, int64_t *n, size_t *held)
{
    enum webhook_manner m;

    pthread_mutex_lock(&w->lock);
    m = w->behaviour.manner;
    *n = m == WEBHOOK_LATE || m == WEBHOOK_LOST ? w->behaviour.n : 0;
    *held = w->behaviour.n_held + w->n_late;
    pthread_mutex_unlock(&w->lock);
    return m;
}

/* One letter that is written and not sent. */
struct preview { struct place place; struct letters_keys keys; };

enum fault webhooks_body(struct webhooks *w, struct span *body, struct store_tx *tx, struct arena *a,
                         const struct outbox_row *delivery)
{
    struct preview *p = arena_take(a, sizeof *p);
    struct place *place;
    enum fault f;

    *body = (struct span){ 0 };
    if (!w || !p)
        return w ? FAULT_INTERNAL : FAULT_NOT_FOUND;
    p->keys.arena = a;
    p->place.arena = a;
    p->place.row = *delivery;
    place = &p->place;
    f = letters_gather(&w->options, tx, &p->keys, place, clock_now_ms(w->options.services->clock));
    if (f)
        return f;
    letters_write(&w->options, &place, 1);
    *body = place->letter.body;
    return place->fault;
}

void webhooks_stop(struct webhooks *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void webhooks_free(struct webhooks *w)
{
    if (!w)
        return;
    webhooks_stop(w);
    pthread_join(w->thread, NULL);
    for (struct stray *s = behave_let_go(&w->behaviour, NULL), *next; s; s = next) {
        next = s->next;
        behave_forget(&w->behaviour, s);
    }
    places_fini(&w->places);
    arena_free(w->keys.arena);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
