/* acquirer_bed.h: a simulated acquirer over the fixture, and putting questions to it as a gateway does. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "acquirer/sim/sim_acquirer.h"
#include "domain/test_payments.h"
#include "keyholder/card.h"
#include "keyholder/client.h"

#include "sim_bed.h"

enum {
    TILL_MERCHANT = BED_MERCHANT,
    TILL_WAIT_MS = 5000,              /* for a living keyholder */
    TILL_HEARD_MAX = 64,              /* notices kept */
    TILL_LOOKS = 400,                 /* how often something that comes by itself is looked for, every 5 ms */
    TILL_SOON_MS = 60,                /* when an answer is given up, where none is to come */
};

struct till {
    struct fixture *f;
    struct acquirer *acquirer;
    struct sim_acquirer *sim;
    struct keyholder *keyholder;
    char path[64];

    pthread_mutex_t lock;             /* what follows */
    struct acquirer_notice heard[TILL_HEARD_MAX];
    size_t n;
    bool acknowledges;
};

static inline void till_hear(void *arg, const struct acquirer_notice *n)
{
    struct till *t = arg;
    bool acknowledges;

    pthread_mutex_lock(&t->lock);
    acknowledges = t->acknowledges;
    pthread_mutex_unlock(&t->lock);
    if (acknowledges)                 /* first, so that whoever sees it here may stop the acquirer */
        acquirer_noticed(t->acquirer, n->id);
    pthread_mutex_lock(&t->lock);
    if (t->n < TILL_HEARD_MAX)
        t->heard[t->n++] = *n;
    pthread_mutex_unlock(&t->lock);
}

static inline void till_connect(struct till *t)
{
    int pair[2];

    keyholder_set_wait(t->keyholder, TILL_WAIT_MS);
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(serve_connection(t->f->serve, pair[1], MAY_ACQUIRER), FAULT_NONE);
        keyholder_channel(t->keyholder, i, pair[0]);
    }
}

/* Start it, with what is on its disk. `vfs`: NULL for the default. */
static inline void till_start(struct till *t, int wait_ms, const char *vfs)
{
    const struct acquirer_options front = { .wait_ms = wait_ms, .notice = till_hear, .arg = t };

    assert_int_equal(acquirer_new(&t->acquirer, &front), FAULT_NONE);
    assert_int_equal(sim_acquirer_open(&t->sim, &(struct sim_acquirer_options){
        .path = t->path, .vfs = vfs, .clock = t->f->services.clock, .keyholder = t->keyholder,
        .acquirer = t->acquirer, .network = t->f->services.network }), FAULT_NONE);
}

static inline void till_stop(struct till *t)
{
    if (t->acquirer)
        acquirer_stop(t->acquirer);
    sim_acquirer_close(t->sim);
    acquirer_free(t->acquirer);
    t->acquirer = NULL;
    t->sim = NULL;
}

static inline int till_open(void **state, int wait_ms, const char *vfs)
{
    struct till *t = calloc(1, sizeof *t);

    assert_non_null(t);
    if (fixture_setup(state))
        return -1;
    t->f = *state;
    t->acknowledges = true;
    pthread_mutex_init(&t->lock, NULL);
    (void)snprintf(t->path, sizeof t->path, "%s/acquirer", t->f->folder);
    assert_int_equal(keyholder_new(&t->keyholder, NULL, NULL), FAULT_NONE);
    till_connect(t);
    till_start(t, wait_ms, vfs);
    *state = t;
    return 0;
}

static inline int till_setup(void **state)
{
    return till_open(state, 0, NULL);
}

/* One whose answers are given up soon. */
static inline int till_hasty(void **state)
{
    return till_open(state, TILL_SOON_MS, NULL);
}

static inline int till_teardown(void **state)
{
    struct till *t = *state;
    void *fixture = t->f;

    till_stop(t);
    keyholder_free(t->keyholder);
    pthread_mutex_destroy(&t->lock);
    free(t);
    return fixture_teardown(&fixture);
}

static inline struct acquirer_answer till_ask(struct till *t, const struct acquirer_ask *ask)
{
    struct acquirer_call call = { .ask = *ask };

    call.ask.now_ms = clock_now_ms(t->f->services.clock);
    acquirer_ask_wait(t->acquirer, &call);
    return call.answer;
}

static inline struct money till_rupees(int64_t minor)
{
    return (struct money){ minor, "INR" };
}

/* A card as its payer typed it, sealed for the acquirer. `code` "": none; `digits` "": the code alone. */
static inline void till_charge(struct till *t, struct acquirer_ask *ask, const char *digits, const char *year,
                               const char *code)
{
    uint8_t bytes[CARD_CLEAR_MAX];
    struct buf text = BUF(bytes);
    struct card_typed typed = { .number = span_of(digits), .month = SPAN("03"), .year = span_of(year) };
    struct card_facts facts;
    struct key_ask card;

    if (digits[0] == '\0')
        typed = (struct card_typed){ .number = { NULL, 0 } };
    if (code[0])
        typed.code = span_of(code);
    assert_int_equal(card_clear(&text, &typed), FAULT_NONE);
    assert_int_equal(card_ask(&card, t->f->arena, &(struct card_ask){
        .form = CARD_FORM_CLEAR, .text = buf_view(&text), .merchant_id = ask->ref.merchant_id,
        .now_ms = clock_now_ms(t->f->services.clock) }), FAULT_NONE);
    fixture_ask(t->f, &card, 1);
    assert_int_equal(card_read(&facts, &card), FAULT_NONE);
    assert_int_equal(facts.flaw, CARD_FINE);
    ask->has_charge = true;
    if (digits[0])
        ask->scheme = facts.scheme;
    memcpy(ask->charge, facts.charge, CARD_CHARGE);
    arena_reset(t->f->arena);
}

/* A question to pay `minor` by a card, not yet put. */
static inline struct acquirer_ask till_card(struct till *t, int64_t no, int64_t minor)
{
    struct acquirer_ask ask = {
        .op = ACQUIRER_PAY, .ref = { TILL_MERCHANT, no, 0, 0 }, .amount = till_rupees(minor),
        .source = ACQUIRER_BY_CARD, .channel = PAYMENT_POST,
    };

    till_charge(t, &ask, bed_card(SCHEME_VISA, TEST_APPROVE), "2028", "123");
    return ask;
}

/* ... by something else: UPI address, bank, provider. */
static inline struct acquirer_ask till_by(enum acquirer_source source, const char *handle, int64_t no, int64_t minor)
{
    struct acquirer_ask ask = {
        .op = ACQUIRER_PAY, .ref = { TILL_MERCHANT, no, 0, 0 }, .amount = till_rupees(minor), .source = source,
        .channel = source == ACQUIRER_BY_UPI && handle[0] ? PAYMENT_COLLECT : PAYMENT_LINK,
    };

    assert_int_equal(span_text(ask.handle, sizeof ask.handle, span_of(handle)), FAULT_NONE);
    return ask;
}

static inline struct acquirer_answer till_about(struct till *t, enum acquirer_op op, int64_t no, int64_t request)
{
    return till_ask(t, &(struct acquirer_ask){ .op = op, .ref = { TILL_MERCHANT, no, 0, request } });
}

static inline struct acquirer_answer till_otp(struct till *t, int64_t no, int64_t request, const char *otp)
{
    struct acquirer_ask ask = { .op = ACQUIRER_OTP, .ref = { TILL_MERCHANT, no, 0, request } };

    assert_int_equal(span_text(ask.otp, sizeof ask.otp, span_of(otp)), FAULT_NONE);
    return till_ask(t, &ask);
}

/* A card payment that has its OTP. */
static inline void till_pay(struct till *t, int64_t no, int64_t minor)
{
    struct acquirer_ask ask = till_card(t, no, minor);

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_otp(t, no, 1, TEST_OTP).verdict, ACQUIRER_CHARGED);
}

/* `amount` of an effect: CAPTURE, REFUND. */
static inline struct acquirer_answer till_sum(struct till *t, enum acquirer_op op, int64_t no, int64_t request,
                                              int64_t minor)
{
    return till_ask(t, &(struct acquirer_ask){ .op = op, .ref = { TILL_MERCHANT, no, 0, request },
                                               .amount = till_rupees(minor) });
}

static inline struct acquirer_answer till_refund(struct till *t, int64_t no, int64_t refund_no, int64_t minor,
                                                 const char *wish)
{
    struct acquirer_ask ask = { .op = ACQUIRER_REFUND, .ref = { TILL_MERCHANT, no, refund_no, 0 },
                                .amount = till_rupees(minor) };

    assert_int_equal(span_text(ask.wish, sizeof ask.wish, span_of(wish)), FAULT_NONE);
    return till_ask(t, &ask);
}

static inline struct acquirer_answer till_about_refund(struct till *t, enum acquirer_op op, int64_t no,
                                                       int64_t refund_no)
{
    return till_ask(t, &(struct acquirer_ask){ .op = op, .ref = { TILL_MERCHANT, no, refund_no, 0 } });
}

static inline struct acquirer_counts till_counts(struct till *t)
{
    struct acquirer_counts c;

    assert_int_equal(sim_acquirer_counts(t->sim, &c), FAULT_NONE);
    return c;
}

static inline void till_nap(void)
{
    (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

/* The newest notice about a payment (refund_no 0) or refund, waited for. */
static inline struct acquirer_answer till_heard(struct till *t, int64_t no, int64_t refund_no, enum acquirer_verdict v)
{
    struct acquirer_answer a = { .verdict = ACQUIRER_VERDICTS };

    for (int i = 0; i < TILL_LOOKS && a.verdict != v; i++) {
        pthread_mutex_lock(&t->lock);
        for (size_t j = 0; j < t->n; j++)
            if (t->heard[j].now.ref.payment_no == no && t->heard[j].now.ref.refund_no == refund_no)
                a = t->heard[j].now;
        pthread_mutex_unlock(&t->lock);
        if (a.verdict != v)
            till_nap();
    }
    assert_int_equal(a.verdict, v);
    return a;
}

static inline size_t till_heard_count(struct till *t)
{
    size_t n;

    pthread_mutex_lock(&t->lock);
    n = t->n;
    pthread_mutex_unlock(&t->lock);
    return n;
}
