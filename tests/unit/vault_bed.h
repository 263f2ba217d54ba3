/* vault_bed.h: the vault over a real store, keyholder and simulated network, one job at a time. */
#pragma once

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "card_keys.h"
#include "fixture.h"
#include "keyholder/jwe.h"
#include "network/sim/sim.h"
#include "service/vault.h"
#include "store/audit.h"

enum { VBED_WAIT_MS = 120, VBED_ROWS = 16, VBED_TRIES = 500, VBED_TRY_US = 10000 };

#define VBED_VISA "4111111111111111"

struct vbed {
    struct fixture *f;
    struct services *s;
    struct jwe_bench *bench;
    struct rsa_public *server;        /* what cards are encrypted for */
    int64_t merchant_id;              /* onboarded everywhere; f->merchant is not */
    sem_t asked;
};

static inline void vbed_open_vault(struct vbed *b)
{
    assert_int_equal(vault_new(&b->s->vault, b->s), FAULT_NONE);
    fixture_listen(b->f, vault_notice, b->s->vault);
    fixture_network_start(b->f, VBED_WAIT_MS);      /* last, since it tells old notices at once */
}

static inline void vbed_close_vault(struct vbed *b)
{
    fixture_listen(b->f, NULL, NULL);
    network_stop(b->s->network);
    vault_free(b->s->vault);
    b->s->vault = NULL;
    fixture_network_stop(b->f);
}

/* Everything but the stores ends and starts again, as after a crash. */
static inline void vbed_restart(struct vbed *b)
{
    vbed_close_vault(b);
    vbed_open_vault(b);
}

static inline int vbed_setup(void **state)
{
    struct vbed *b = calloc(1, sizeof *b);
    struct merchant_whole merchant;
    struct rsa_private *key;
    void *f = NULL;

    assert_non_null(b);
    assert_int_equal(fixture_setup(&f), 0);
    b->f = f;
    b->s = &b->f->services;
    assert_int_equal(merchant_add_whole(b->s, &merchant, SPAN("Whole"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(merchant.onboarded, FAULT_NONE);
    b->merchant_id = merchant.cashfree.merchant_id;
    fixture_network_stop(b->f);
    vbed_open_vault(b);
    assert_int_equal(jwe_bench_new(&b->bench), FAULT_NONE);
    assert_int_equal(rsa_private_read(&key, SPAN(TEST_KEY_JWE)), FAULT_NONE);
    assert_int_equal(rsa_private_public(key, &b->server), FAULT_NONE);
    rsa_private_free(key);
    assert_int_equal(sem_init(&b->asked, 0, 0), 0);
    *state = b;
    return 0;
}

static inline int vbed_teardown(void **state)
{
    struct vbed *b = *state;
    void *f = b->f;

    rsa_public_free(b->server);
    jwe_bench_free(b->bench);
    (void)sem_destroy(&b->asked);
    vbed_close_vault(b);
    assert_int_equal(fixture_teardown(&f), 0);
    free(b);
    return 0;
}

/* Who asks. */
struct vbed_who { int64_t merchant_id; const char *sub_merchant, *customer; };

static inline struct vbed_who vbed_anna(const struct vbed *b)
{
    return (struct vbed_who){ .merchant_id = b->merchant_id, .customer = "anna" };
}

static inline const struct card_facts *vbed_card(struct vbed *b, const char *number, struct vbed_who who)
{
    char plain[256], text[4096];
    struct buf out = BUF(text);
    struct jwe_job seal = { b->server, JWE_A128GCM, SPAN("key_1"), { 0 } };
    struct card_facts *facts = arena_take(b->f->arena, sizeof *facts);
    struct card_ask card = { .form = CARD_FORM_JWE, .merchant_id = who.merchant_id,
                             .now_ms = clock_now_ms(b->s->clock) };
    struct key_ask ask;

    assert_non_null(facts);
    (void)snprintf(plain, sizeof plain, "{\"cardNumber\":\"%s\",\"expMonth\":\"10\",\"expYear\":\"2030\"}", number);
    seal.text = span_of(plain);
    assert_int_equal(jwe_seal(b->bench, &out, &seal), FAULT_NONE);
    card.text = buf_view(&out);
    card.owner = vault_owner(b->f->arena, span_of(who.sub_merchant), span_of(who.customer));
    assert_int_equal(card_ask(&ask, b->f->arena, &card), FAULT_NONE);
    fixture_ask(b->f, &ask, 1);
    assert_int_equal(card_read(facts, &ask), FAULT_NONE);
    assert_int_equal(facts->flaw, CARD_FINE);
    return facts;
}

/* A wish of `who`, with a good consent. */
static inline struct vault_wish vbed_wish(const struct vbed *b, enum vault_op op, struct vbed_who who)
{
    return (struct vault_wish){
        .op = op, .merchant_id = who.merchant_id, .sub_merchant = span_of(who.sub_merchant),
        .customer_id = span_of(who.customer), .payment = NETWORK_ECOM, .request_id = SPAN("request-1"),
        .source = SPAN("192.0.2.7"),
        .consent = { .channel = CONSENT_BY_JUSPAY, .given = true, .id = SPAN("consent-1"),
                     .given_ms = clock_now_ms(b->s->clock), .auth_ref = SPAN("auth-1") },
    };
}

static inline struct vault_wish vbed_of_token(const struct vbed *b, enum vault_op op, struct vbed_who who,
                                              const struct token_row *t)
{
    struct vault_wish w = vbed_wish(b, op, who);

    w.has_token = true;
    vault_id(b->s, w.token, t);
    return w;
}

static inline struct vault_wish vbed_of_card(struct vbed *b, enum vault_op op, struct vbed_who who, const char *number)
{
    struct vault_wish w = vbed_wish(b, op, who);

    w.card = vbed_card(b, number, who);
    return w;
}

struct vbed_work { struct vbed *b; struct vault_job *job; };

static inline enum fault vbed_begin_work(struct store_tx *tx, void *arg)
{
    struct vbed_work *w = arg;

    return vault_begin(w->b->s, tx, w->job);
}

static inline enum fault vbed_settle_work(struct store_tx *tx, void *arg)
{
    struct vbed_work *w = arg;

    return vault_settle(w->b->s, tx, w->job);
}

static inline struct vault_job *vbed_job(struct vbed *b, struct vault_wish wish)
{
    struct vault_job *job = arena_take(b->f->arena, sizeof *job);

    assert_non_null(job);
    job->wish = wish;
    job->now_ms = clock_now_ms(b->s->clock);
    job->arena = b->f->arena;
    return job;
}

static inline enum fault vbed_begin(struct vbed *b, struct vault_job *job)
{
    return store_write(b->s->store, vbed_begin_work, &(struct vbed_work){ b, job });
}

static inline void vbed_asked(struct vault_job *job)
{
    struct vbed *b = job->arg;

    (void)sem_post(&b->asked);
}

static inline void vbed_ask(struct vbed *b, struct vault_job *job)
{
    vault_ask(b->s, job, vbed_asked, b);
    assert_int_equal(sem_wait(&b->asked), 0);
}

static inline enum fault vbed_settle(struct vbed *b, struct vault_job *job)
{
    return store_write(b->s->store, vbed_settle_work, &(struct vbed_work){ b, job });
}

/* All the way. */
static inline enum fault vbed_lead(struct vbed *b, struct vault_job *job)
{
    enum fault f = vbed_begin(b, job);

    if (f || !vault_asks(job))
        return f;
    vbed_ask(b, job);
    return vault_settles(job) ? vbed_settle(b, job) : FAULT_NONE;
}

/* The same, where nothing is to be refused. */
static inline struct vault_job *vbed_do(struct vbed *b, struct vault_wish wish)
{
    struct vault_job *job = vbed_job(b, wish);

    assert_int_equal(vbed_lead(b, job), FAULT_NONE);
    return job;
}

static inline struct vault_job *vbed_make(struct vbed *b, struct vbed_who who, const char *number)
{
    return vbed_do(b, vbed_of_card(b, VAULT_MAKE, who, number));
}

struct vbed_read {
    struct vbed *b;
    int64_t merchant_id, token_no;
    struct token_row row;
    struct audit_row audit[VBED_ROWS];
    struct consent_row consents[VBED_ROWS];
    size_t n_audit, n_consents;
};

static inline enum fault vbed_see_audit(void *arg, const struct audit_row *r)
{
    struct vbed_read *l = arg;
    struct audit_row *row = &l->audit[l->n_audit++];

    *row = *r;
    row->request_id = span_absent(r->request_id) ? r->request_id : arena_copy(l->b->f->arena, r->request_id);
    row->source = span_absent(r->source) ? r->source : arena_copy(l->b->f->arena, r->source);
    return FAULT_NONE;
}

static inline enum fault vbed_see_consent(void *arg, const struct consent_row *c)
{
    struct vbed_read *l = arg;
    struct consent_row *row = &l->consents[l->n_consents++];

    *row = *c;
    row->consent_id = span_absent(c->consent_id) ? c->consent_id : arena_copy(l->b->f->arena, c->consent_id);
    row->auth_ref = span_absent(c->auth_ref) ? c->auth_ref : arena_copy(l->b->f->arena, c->auth_ref);
    return FAULT_NONE;
}

static inline enum fault vbed_read_work(struct store_tx *tx, void *arg)
{
    struct vbed_read *l = arg;
    enum fault f = audit_each(tx, l->merchant_id, VBED_ROWS, vbed_see_audit, l);

    if (!f && l->token_no)
        f = tokens_find(tx, &l->row, l->b->f->arena, l->merchant_id, l->token_no);
    if (!f && l->token_no)
        f = consents_each(tx, l->merchant_id, l->token_no, vbed_see_consent, l);
    return f;
}

/* What is on disk: the newest audit rows of the merchant and, with a number, the token and its consents. */
static inline struct vbed_read vbed_read(struct vbed *b, int64_t merchant_id, int64_t token_no)
{
    struct vbed_read l = { .b = b, .merchant_id = merchant_id, .token_no = token_no };

    assert_int_equal(store_read(b->f->reader, vbed_read_work, &l), FAULT_NONE);
    return l;
}

/* Wait until the token has this status, which another thread brings about. */
static inline struct token_row vbed_wait(struct vbed *b, const struct token_row *t, enum token_status status)
{
    for (int i = 0; i < VBED_TRIES; i++) {
        struct vbed_read l = vbed_read(b, t->merchant_id, t->token_no);

        if (l.row.status == (int64_t)status)
            return l.row;
        (void)usleep(VBED_TRY_US);
    }
    fail_msg("the token never became %s", token_status_name(status));
    return *t;
}

static inline uint64_t vbed_network_asked(const struct vbed *b, enum network_op op)
{
    struct sim_counts c;

    sim_counts(b->f->sim, &c);
    return c.asked[op];
}

static inline uint64_t vbed_network_tokens(const struct vbed *b)
{
    struct sim_counts c;

    sim_counts(b->f->sim, &c);
    return c.tokens;
}
