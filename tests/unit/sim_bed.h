/* sim_bed.h: putting questions to the simulated network of the fixture, as its merchants do. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "domain/test_cards.h"
#include "keyholder/card.h"
#include "keyholder/rsa.h"

#include "fixture.h"

enum { BED_MERCHANT = 7 };

/* The published test card of a scheme with that outcome. */
static inline const char *bed_card(enum scheme scheme, enum test_outcome outcome)
{
    size_t n;
    const struct test_card *cards = test_cards(&n);

    for (size_t i = 0; i < n; i++)
        if (cards[i].scheme == scheme && cards[i].outcome == outcome)
            return cards[i].digits;
    fail_msg("no such test card");
    return "";
}

/* A card in flight, as a dialect has it after the keyholder opened it. */
static inline void bed_flight(struct fixture *f, struct network_ask *ask, const char *digits)
{
    uint8_t pem[KEY_PUBLIC_MAX], sealed[512];
    struct key_ask public = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = CARD_FORM_RSA_NUMBER, .out = BUF(pem) };
    struct buf text = BUF(sealed);
    struct rsa_public *key;
    struct card_facts facts;
    struct key_ask card;

    fixture_ask(f, &public, 1);
    assert_int_equal(rsa_public_read(&key, buf_view(&public.out)), FAULT_NONE);
    assert_int_equal(rsa_pkcs1_encrypt(key, &text, span_of(digits)), FAULT_NONE);
    rsa_public_free(key);
    assert_int_equal(card_ask(&card, f->arena, &(struct card_ask){ .form = CARD_FORM_RSA_NUMBER,
                                                                   .text = buf_view(&text),
                                                                   .merchant_id = ask->ref.merchant_id,
                                                                   .now_ms = clock_now_ms(f->services.clock) }),
                     FAULT_NONE);
    fixture_ask(f, &card, 1);
    assert_int_equal(card_read(&facts, &card), FAULT_NONE);
    assert_int_equal(facts.flaw, CARD_FINE);
    ask->has_flight = true;
    memcpy(ask->flight, facts.flight, CARD_FLIGHT);
    ask->scheme = facts.scheme;
    arena_reset(f->arena);
}

static inline struct network_answer bed_ask(struct fixture *f, const struct network_ask *ask)
{
    struct network_call call = { .ask = *ask };

    call.ask.now_ms = clock_now_ms(f->services.clock);
    network_ask_wait(f->services.network, &call);
    return call.answer;
}

/* The requestor id of a merchant at a scheme, which is made when there is none. */
static inline void bed_trid(struct fixture *f, struct network_ask *ask)
{
    struct network_answer a = bed_ask(f, &(struct network_ask){ .op = NETWORK_ONBOARD, .ref = ask->ref,
                                                                .scheme = ask->scheme, .auth_ref = "Demo" });

    assert_int_equal(a.verdict, NETWORK_DONE);
    memcpy(ask->trid, a.trid, sizeof ask->trid);
}

/* A question for a token of this card under reference `no` of BED_MERCHANT, not yet put. */
static inline struct network_ask bed_wish(struct fixture *f, const char *digits, int64_t no)
{
    struct network_ask ask = { .op = NETWORK_PROVISION, .ref = { BED_MERCHANT, no, 0 } };

    bed_flight(f, &ask, digits);
    bed_trid(f, &ask);
    return ask;
}

/* The token of a card, which must be made. */
static inline struct network_answer bed_token(struct fixture *f, const char *digits, int64_t no)
{
    struct network_ask ask = bed_wish(f, digits, no);
    struct network_answer a = bed_ask(f, &ask);

    assert_int_equal(a.verdict, NETWORK_DONE);
    return a;
}

/* A question about that token, by its requestor. */
static inline struct network_ask bed_about(const struct network_answer *token, enum network_op op)
{
    struct network_ask ask = { .op = op, .ref = token->ref };
    uint64_t iin = 0;

    assert_int_equal(span_u64(&iin, (struct span){ (const uint8_t *)token->bin9, 6 }, SCHEME_IINS - 1), FAULT_NONE);
    ask.scheme = scheme_of_iin((uint32_t)iin);
    memcpy(ask.trid, token->trid, sizeof ask.trid);
    memcpy(ask.token_ref, token->token_ref, sizeof ask.token_ref);
    return ask;
}

/* The same with a request of its own, as effects have. */
static inline struct network_answer bed_effect(struct fixture *f, const struct network_answer *token,
                                               enum network_op op, int64_t request)
{
    struct network_ask ask = bed_about(token, op);

    ask.ref.request = request;
    return bed_ask(f, &ask);
}

static inline struct network_answer bed_simply(struct fixture *f, const struct network_answer *token,
                                               enum network_op op)
{
    struct network_ask ask = bed_about(token, op);

    return bed_ask(f, &ask);
}
