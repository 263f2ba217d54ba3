/* pay_bed.h: paying over a real store, keyholder and simulated network, and a bank in memory behind the acquirer's
 * front, which does as it is told: silent before or after, down, or telling everything twice. */
#pragma once

#include "vault_bed.h"

#include "acquirer/acquirer.h"
#include "service/pay_own.h"
#include "service/refunds.h"
#include "service/webhooks.h"
#include "store/outbox.h"

enum { PBED_WAIT_MS = 40, PBED_BANK = 256, PBED_ROWS = 128, PBED_SECOND = 1000, PBED_MINUTE = 60 * 1000 };

#define PBED_OTP "111000"
#define PBED_CVV "123"

enum pbank_manner {
    PBANK_WELL,
    PBANK_MUTE,                       /* it does what it is asked for, and does not answer */
    PBANK_DEAF,                       /* it does nothing and does not answer */
    PBANK_DOWN,
    PBANK_TWICE,
};

struct pbank_payment {
    struct acquirer_ref ref;
    enum acquirer_verdict state;
    int wrong;
    int64_t request, captured;        /* request: of the last effect, which happens once */
    bool reversed;
};

struct pbank {
    struct acquirer *front;
    pthread_mutex_t lock;
    enum pbank_manner manner;
    enum acquirer_verdict says;       /* to a new payment; DECLINED and its like end it */
    bool page_only;                   /* the OTP may be given on the bank's page alone */
    struct pbank_payment payments[PBED_BANK];
    size_t n;
    uint64_t asked[ACQUIRER_OPS], charged, reversed;
    struct acquirer_ask last;
    uint64_t noticed;
};

struct pbed {
    struct vbed *v;
    struct fixture *f;
    struct services *s;
    struct pbank bank;
    struct pay_sweeper *sweeper;
    sem_t asked;
    int64_t merchant_id;
    int orders;
};

static inline struct pbank_payment *pbank_find(struct pbank *b, int64_t payment_no)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->payments[i].ref.payment_no == payment_no)
            return &b->payments[i];
    return NULL;
}

static inline struct pbank_payment *pbank_add(struct pbank *b, const struct acquirer_ref *ref, enum acquirer_verdict v)
{
    struct pbank_payment *p = &b->payments[b->n++];

    assert_true(b->n <= PBED_BANK);
    *p = (struct pbank_payment){ .ref = *ref, .state = v };
    return p;
}

static inline bool pbank_waits(enum acquirer_verdict v)
{
    return v == ACQUIRER_FACTOR || v == ACQUIRER_WAITS;
}

static inline enum acquirer_verdict pbank_charge(struct pbank *b, struct pbank_payment *p)
{
    b->charged++;
    p->state = ACQUIRER_CHARGED;
    return p->state;
}

static inline enum acquirer_verdict pbank_otp(struct pbank *b, struct pbank_payment *p, const char *otp)
{
    if (p->state != ACQUIRER_FACTOR)
        return p->state == ACQUIRER_CHARGED ? ACQUIRER_CHARGED : ACQUIRER_BAD_STATE;
    if (strcmp(otp, PBED_OTP) == 0)
        return pbank_charge(b, p);
    if (++p->wrong < PAYMENT_OTP_TRIES)
        return ACQUIRER_WRONG_OTP;
    p->state = ACQUIRER_TOO_MANY_OTPS;
    return p->state;
}

/* Effects on a charge: each once, however often it is asked for. */
static inline enum acquirer_verdict pbank_effect(struct pbank *b, struct pbank_payment *p, const struct acquirer_ask *a)
{
    if (a->op == ACQUIRER_REVERSE) {
        b->reversed += !p->reversed;
        p->reversed = true;
        p->state = ACQUIRER_REVERSED;
        return ACQUIRER_REVERSED;
    }
    if (p->request && p->request == a->ref.request)
        return ACQUIRER_CHARGED;
    if (p->state != ACQUIRER_CHARGED || p->request)
        return ACQUIRER_BAD_STATE;
    p->request = a->ref.request;
    p->captured = a->op == ACQUIRER_CAPTURE ? a->amount.minor : 0;
    p->state = a->op == ACQUIRER_VOID ? ACQUIRER_VOIDED : p->state;
    return ACQUIRER_CHARGED;
}

static inline enum acquirer_verdict pbank_pay(struct pbank *b, const struct acquirer_ask *a, struct pbank_payment *p)
{
    if (p)
        return p->state == ACQUIRER_NO_PAYMENT ? ACQUIRER_GONE : p->state;
    p = pbank_add(b, &a->ref, b->says);
    return b->says == ACQUIRER_CHARGED ? pbank_charge(b, p) : b->says;
}

static inline enum acquirer_verdict pbank_does(struct pbank *b, const struct acquirer_ask *a)
{
    struct pbank_payment *p = pbank_find(b, a->ref.payment_no);

    if (a->op == ACQUIRER_PAY)
        return pbank_pay(b, a, p);
    if (!p && a->op == ACQUIRER_STATUS)
        p = pbank_add(b, &a->ref, ACQUIRER_NO_PAYMENT);
    if (!p && a->op == ACQUIRER_ABANDON)
        p = pbank_add(b, &a->ref, ACQUIRER_DROPPED);
    if (!p)
        return ACQUIRER_NO_PAYMENT;
    switch (a->op) {
    case ACQUIRER_OTP:
        return pbank_otp(b, p, a->otp);
    case ACQUIRER_RESEND: case ACQUIRER_STATUS:
        return p->state;
    case ACQUIRER_ABANDON:
        if (pbank_waits(p->state))
            p->state = ACQUIRER_DROPPED;
        return p->state;
    case ACQUIRER_CAPTURE: case ACQUIRER_VOID: case ACQUIRER_REVERSE:
        return pbank_effect(b, p, a);
    case ACQUIRER_PAY: case ACQUIRER_REFUND: case ACQUIRER_REFUND_STATUS: case ACQUIRER_REFUND_CANCEL:
    case ACQUIRER_OPS:
        break;
    }
    return ACQUIRER_BAD_STATE;
}

static inline struct acquirer_answer pbank_answer(const struct pbank *b, const struct acquirer_ask *a,
                                                  enum acquirer_verdict v)
{
    struct acquirer_answer answer = { .verdict = v, .ref = a->ref, .native = !b->page_only, .at_ms = a->now_ms };

    if (v != ACQUIRER_NO_PAYMENT && v != ACQUIRER_UNREACHABLE && v != ACQUIRER_GONE) {
        (void)snprintf(answer.acquirer_ref, sizeof answer.acquirer_ref, "%032llx",
                       (unsigned long long)a->ref.payment_no);
        (void)snprintf(answer.bank_ref, sizeof answer.bank_ref, "B%lld", (long long)a->ref.payment_no);
    }
    return answer;
}

static inline void pbank_ask(void *body, uint64_t handle, const struct acquirer_ask *ask)
{
    struct pbank *b = body;
    enum acquirer_verdict v = ACQUIRER_UNREACHABLE;
    struct acquirer_answer answer;
    enum pbank_manner manner;

    pthread_mutex_lock(&b->lock);
    b->asked[ask->op]++;
    b->last = *ask;
    manner = b->manner;
    if (manner != PBANK_DOWN && manner != PBANK_DEAF)
        v = pbank_does(b, ask);
    answer = pbank_answer(b, ask, v);
    pthread_mutex_unlock(&b->lock);
    for (int i = 0; i < (manner == PBANK_TWICE ? 2 : 1) && manner != PBANK_MUTE && manner != PBANK_DEAF; i++)
        acquirer_answered(b->front, handle, &answer);
}

static inline void pbank_noticed(void *body, uint64_t id)
{
    struct pbank *b = body;

    (void)id;
    pthread_mutex_lock(&b->lock);
    b->noticed++;
    pthread_mutex_unlock(&b->lock);
}

static inline int pbed_setup(void **state)
{
    struct pbed *b = calloc(1, sizeof *b);
    const struct acquirer_body body = { pbank_ask, pbank_noticed, b ? &b->bank : NULL, NULL };
    void *v = NULL;

    assert_non_null(b);
    assert_int_equal(vbed_setup(&v), 0);
    b->v = v;
    b->f = b->v->f;
    b->s = b->v->s;
    b->merchant_id = b->v->merchant_id;
    b->bank.says = ACQUIRER_FACTOR;
    pthread_mutex_init(&b->bank.lock, NULL);
    assert_int_equal(sem_init(&b->asked, 0, 0), 0);
    assert_int_equal(acquirer_new(&b->bank.front, &(struct acquirer_options){ .wait_ms = PBED_WAIT_MS,
                                                                              .notice = payments_notice }),
                     FAULT_NONE);
    acquirer_attach(b->bank.front, &body);
    b->s->acquirer = b->bank.front;
    assert_int_equal(pay_sweeper_new(&b->sweeper, b->s), FAULT_NONE);
    *state = b;
    return 0;
}

static inline int pbed_teardown(void **state)
{
    struct pbed *b = *state;
    void *v = b->v;

    acquirer_stop(b->bank.front);
    pay_sweeper_free(b->sweeper);
    b->s->acquirer = NULL;
    acquirer_free(b->bank.front);
    assert_int_equal(vbed_teardown(&v), 0);
    (void)sem_destroy(&b->asked);
    pthread_mutex_destroy(&b->bank.lock);
    free(b);
    return 0;
}

static inline int64_t pbed_now(const struct pbed *b)
{
    return clock_now_ms(b->s->clock);
}

static inline void pbed_later(struct pbed *b, int64_t ms)
{
    fixture_set_clock(b->f, pbed_now(b) + ms);
}

/* An order of anna's over 10.15 INR, unless said otherwise. */
struct pbed_new { const char *customer, *note, *meta; int64_t expires_ms; bool guest, dollars, one_account; };

struct pbed_create { struct pbed *b; const struct order_new *n; const struct key_ask *sealed; struct order_row *out; };

static inline enum fault pbed_create_work(struct store_tx *tx, void *arg)
{
    struct pbed_create *c = arg;

    return order_create(tx, c->out, c->n, c->sealed, pbed_now(c->b));
}

static inline struct order_row *pbed_order_of(struct pbed *b, const struct pbed_new *p)
{
    struct order_row *row = arena_take(b->f->arena, sizeof *row);
    struct order_new *n = arena_take(b->f->arena, sizeof *n);
    struct buf id = arena_buf(b->f->arena, 32);
    struct key_ask *ask = arena_take(b->f->arena, sizeof *ask);

    assert_true(row && n && ask);
    buf_text(&id, "order-");
    buf_u64(&id, (uint64_t)++b->orders);
    *n = (struct order_new){ .merchant_id = b->merchant_id, .order_id = buf_view(&id),
                             .amount = { .minor = 1015 },
                             .customer_id = p->guest ? (struct span){ 0 } : span_of(p->customer ? p->customer : "anna"),
                             .note = span_of(p->note), .meta = span_of(p->meta), .expires_ms = p->expires_ms,
                             .one_account = p->one_account };
    memcpy(n->amount.currency, p->dollars ? "USD" : "INR", sizeof n->amount.currency);
    assert_int_equal(order_prepare(n, ask, b->f->arena), FAULT_NONE);
    fixture_ask(b->f, ask, 1);
    assert_int_equal(store_write(b->s->store, pbed_create_work, &(struct pbed_create){ b, n, ask, row }), FAULT_NONE);
    return row;
}

static inline struct order_row *pbed_order(struct pbed *b)
{
    return pbed_order_of(b, &(struct pbed_new){ 0 });
}

static inline struct pay_wish pbed_wish(const struct pbed *b, const struct order_row *o, enum payment_method m)
{
    struct pay_wish w = { .op = PAY_BEGIN, .merchant_id = b->merchant_id, .order_id = o->order_id, .method = m,
                          .channel = PAYMENT_LINK, .source = SPAN("192.0.2.7"), .request_id = SPAN("request-1") };

    memcpy(w.session, o->session.p, ORDER_SESSION);
    return w;
}

static inline struct pay_wish pbed_card(const struct pbed *b, const struct order_row *o, const char *number)
{
    struct pay_wish w = pbed_wish(b, o, PAYMENT_BY_CARD);

    w.card = (struct card_typed){ span_of(number), SPAN("03"), SPAN("2028"), SPAN(PBED_CVV) };
    return w;
}

static inline struct pay_wish pbed_saving(const struct pbed *b, const struct order_row *o, const char *number)
{
    struct pay_wish w = pbed_card(b, o, number);

    w.save = w.consent = true;
    return w;
}

static inline struct pay_wish pbed_upi(const struct pbed *b, const struct order_row *o)
{
    struct pay_wish w = pbed_wish(b, o, PAYMENT_BY_UPI);

    w.channel = PAYMENT_COLLECT;
    w.handle = SPAN("testsuccess@gocash");
    return w;
}

static inline struct pay_wish pbed_of(const struct payment_row *p, enum pay_op op)
{
    return (struct pay_wish){ .op = op, .merchant_id = p->merchant_id, .payment_no = p->payment_no };
}

static inline struct pay_wish pbed_otp(const struct payment_row *p, const char *otp)
{
    struct pay_wish w = pbed_of(p, PAY_OTP);

    w.otp = span_of(otp);
    return w;
}

static inline struct pay_wish pbed_saved(const struct pbed *b, const struct order_row *o, const struct token_row *t)
{
    struct pay_wish w = pbed_wish(b, o, PAYMENT_BY_CARD);

    w.has_instrument = true;
    vault_id(b->s, w.instrument, t);
    return w;
}

struct pbed_work { struct pbed *b; struct pay_job *job; };

static inline enum fault pbed_begin_work(struct store_tx *tx, void *arg)
{
    struct pbed_work *w = arg;

    return pay_begin(w->b->s, tx, w->job);
}

static inline enum fault pbed_settle_work(struct store_tx *tx, void *arg)
{
    struct pbed_work *w = arg;

    return pay_settle(w->b->s, tx, w->job);
}

static inline struct pay_job *pbed_job(struct pbed *b, struct pay_wish wish)
{
    struct pay_job *job = arena_take(b->f->arena, sizeof *job);

    assert_non_null(job);
    job->wish = wish;
    job->now_ms = pbed_now(b);
    job->arena = b->f->arena;
    return job;
}

static inline enum fault pbed_begin(struct pbed *b, struct pay_job *job)
{
    enum fault f = pay_prepares(job) ? pay_prepare(b->s, job) : FAULT_NONE;

    return f ? f : store_write(b->s->store, pbed_begin_work, &(struct pbed_work){ b, job });
}

static inline void pbed_asked(struct pay_job *job)
{
    struct pbed *b = job->arg;

    (void)sem_post(&b->asked);
}

static inline void pbed_ask(struct pbed *b, struct pay_job *job)
{
    pay_ask(b->s, job, pbed_asked, b);
    assert_int_equal(sem_wait(&b->asked), 0);
}

static inline enum fault pbed_settle(struct pbed *b, struct pay_job *job)
{
    return store_write(b->s->store, pbed_settle_work, &(struct pbed_work){ b, job });
}

/* All the way but the last step: as when the process ends before it. */
static inline enum fault pbed_lead_on(struct pbed *b, struct pay_job *job)
{
    enum fault f = pbed_begin(b, job);

    if (f || !pay_asks(job))
        return f;
    pbed_ask(b, job);
    return pay_settles(job) ? pbed_settle(b, job) : FAULT_NONE;
}

static inline enum fault pbed_lead(struct pbed *b, struct pay_job *job)
{
    enum fault f = pbed_lead_on(b, job);

    if (!f)
        pay_follow(b->s, job);
    return f;
}

/* The same, where nothing is to be refused. */
static inline struct pay_job *pbed_do(struct pbed *b, struct pay_wish wish)
{
    struct pay_job *job = pbed_job(b, wish);

    assert_int_equal(pbed_lead(b, job), FAULT_NONE);
    return job;
}

/* Where it is refused, with that fault and reason. */
static inline struct pay_job *pbed_refused(struct pbed *b, struct pay_wish wish, enum fault fault, enum pay_why why)
{
    struct pay_job *job = pbed_job(b, wish);

    assert_int_equal(pbed_lead(b, job), fault);
    assert_int_equal(job->why, why);
    assert_int_equal(pay_outcome(job), why);
    assert_false(pay_asks(job));
    return job;
}

static inline void pbed_sweep(struct pbed *b)
{
    bool more;

    assert_int_equal(pay_sweeper_look(b->sweeper, pbed_now(b), &more), FAULT_NONE);
}

struct pbed_look {
    struct pbed *b;
    int64_t payment_no;
    const struct order_row *o;
    struct payment_row row;
    struct order_row order;
    size_t n;
    enum fault found;
};

static inline enum fault pbed_count_row(void *arg, const struct payment_row *p)
{
    (void)p;
    ((struct pbed_look *)arg)->n++;
    return FAULT_NONE;
}

static inline enum fault pbed_look_work(struct store_tx *tx, void *arg)
{
    struct pbed_look *l = arg;
    enum fault f = FAULT_NONE;

    if (l->payment_no)
        f = payments_find(tx, &l->row, l->b->f->arena, l->b->merchant_id, l->payment_no);
    if (!f && l->o)
        f = orders_find(tx, &l->order, l->b->f->arena, l->b->merchant_id, l->o->order_id);
    if (!f && l->o)
        f = payments_of_order(tx, l->b->merchant_id, l->o->order_no, pbed_count_row, l);
    return f;
}

/* What is on disk. */
static inline struct payment_row pbed_row(struct pbed *b, const struct payment_row *p)
{
    struct pbed_look l = { .b = b, .payment_no = p->payment_no };

    assert_int_equal(store_read(b->f->reader, pbed_look_work, &l), FAULT_NONE);
    return l.row;
}

static inline enum order_state pbed_order_state(struct pbed *b, const struct order_row *o)
{
    struct pbed_look l = { .b = b, .o = o };

    assert_int_equal(store_read(b->f->reader, pbed_look_work, &l), FAULT_NONE);
    return (enum order_state)l.order.state;
}

static inline size_t pbed_attempts(struct pbed *b, const struct order_row *o)
{
    struct pbed_look l = { .b = b, .o = o };

    assert_int_equal(store_read(b->f->reader, pbed_look_work, &l), FAULT_NONE);
    return l.n;
}

/* The row once it has become that, waited for. */
static inline struct payment_row pbed_wait_for(struct pbed *b, const struct payment_row *p, enum payment_state want)
{
    for (int i = 0; i < VBED_TRIES; i++) {
        struct payment_row now = pbed_row(b, p);

        if (now.state == (int64_t)want)
            return now;
        (void)usleep(VBED_TRY_US);
    }
    fail_msg("the payment never became %s", payment_state_name(want));
    return *p;
}

struct pbed_end { struct pbed *b; const struct order_row *o; struct order_row out; };

static inline enum fault pbed_terminate_work(struct store_tx *tx, void *arg)
{
    struct pbed_end *e = arg;

    return order_terminate(tx, &e->out, e->b->f->arena, e->b->merchant_id, e->o->order_id, pbed_now(e->b));
}

static inline enum order_state pbed_terminate(struct pbed *b, const struct order_row *o)
{
    struct pbed_end e = { .b = b, .o = o };

    assert_int_equal(store_write(b->s->store, pbed_terminate_work, &e), FAULT_NONE);
    return (enum order_state)e.out.state;
}

/* The bank has it so from now on, and says so in a notice. */
static inline struct acquirer_answer pbed_news(struct pbed *b, const struct payment_row *p, enum acquirer_verdict v)
{
    struct pbank_payment *known = pbank_find(&b->bank, p->payment_no);
    struct acquirer_ask about = pay_ask_about(p, ACQUIRER_STATUS, 0, pbed_now(b));

    if (known)
        known->state = v;
    return pbank_answer(&b->bank, &about, v);
}

struct pbed_hear { struct pbed *b; struct payment_row *p; const struct acquirer_answer *said; bool changed; };

static inline enum fault pbed_hear_work(struct store_tx *tx, void *arg)
{
    struct pbed_hear *h = arg;
    enum fault f = payments_find(tx, h->p, h->b->f->arena, h->p->merchant_id, h->p->payment_no);

    h->changed = false;
    return f ? f : payments_hear(h->b->s, tx, h->b->f->arena, h->p, h->said, pbed_now(h->b), &h->changed);
}

/* A notice is heard; did it change anything? *p is the row after it. */
static inline bool pbed_hear(struct pbed *b, struct payment_row *p, enum acquirer_verdict v)
{
    struct acquirer_answer said = pbed_news(b, p, v);
    struct pbed_hear h = { .b = b, .p = p, .said = &said };

    assert_int_equal(store_write(b->s->store, pbed_hear_work, &h), FAULT_NONE);
    return h.changed;
}

/* Pay an order to its end: typed card and OTP. */
static inline struct payment_row pbed_paid(struct pbed *b, struct pay_wish wish)
{
    struct pay_job *job = pbed_do(b, wish);

    assert_int_equal(job->row.state, PAYMENT_FACTOR);
    job = pbed_do(b, pbed_otp(&job->row, PBED_OTP));
    assert_int_equal(job->row.state, PAYMENT_SUCCESS);
    return job->row;
}
