/* heart_bed.h: a heart under the master key of tests/vectors/keyholder.py, and questions put to it directly. */
#pragma once

#include "base/json_in.h"
#include "keyholder/card.h"
#include "keyholder/charge.h"
#include "keyholder/heart.h"
#include "keyholder/msg.h"
#include "keyholder/net_card.h"

#include "unit/card_keys.h"

struct bed { struct heart *heart; struct arena *arena; };
static struct bed bed;

/* A heart under the master key 00 01 02 .. 1f; the caller frees it. */
static struct heart *bed_heart(const struct heart_keys *cards)
{
    AUTO_SECRET master = NULL;
    struct heart *h = NULL;

    assert_int_equal(secret_new(&master, HEART_MASTER), FAULT_NONE);
    for (size_t i = 0; i < master->n; i++)
        master->bytes[i] = (uint8_t)i;
    assert_int_equal(heart_new(&h, master, cards), FAULT_NONE);
    return h;
}

static int bed_set_up(void **state)
{
    struct heart_keys cards = test_card_keys();

    (void)state;
    json_in_start();
    bed.heart = bed_heart(&cards);
    return arena_new(&bed.arena);
}

/* Before each test: what another one left in the arena is gone. */
static inline int bed_empty(void **state)
{
    (void)state;
    arena_reset(bed.arena);
    return 0;
}

static int bed_tear_down(void **state)
{
    (void)state;
    heart_free(bed.heart);
    arena_free(bed.arena);
    return 0;
}

/* One ask through both frames; its fault. */
static enum fault ask_heart(const struct heart *h, unsigned may, struct key_ask *a)
{
    static uint8_t question[KEY_FRAME_MAX], answer[KEY_FRAME_MAX];
    struct key_ask *const one[] = { a };
    struct buf q = BUF(question), r = BUF(answer);

    msg_question_pack(&q, 1, one, 1);
    assert_int_equal(heart_answer(h, may, &r, buf_view(&q)), FAULT_NONE);
    assert_int_equal(msg_reply_unpack(one, 1, buf_view(&r)), FAULT_NONE);
    return a->fault;
}

/* What a payer typed, told to the keyholder at that time. In the bed's arena. */
static inline struct card_facts bed_typed(const struct heart *h, const struct card_typed *typed, int64_t now_ms)
{
    struct buf text = arena_buf(bed.arena, CARD_CLEAR_MAX);
    struct card_ask c = { .form = CARD_FORM_CLEAR, .merchant_id = 7, .now_ms = now_ms, .owner = SPAN("owner") };
    struct card_facts facts;
    struct key_ask ask;

    assert_int_equal(card_clear(&text, typed), FAULT_NONE);
    c.text = buf_view(&text);
    assert_int_equal(card_ask(&ask, bed.arena, &c), FAULT_NONE);
    assert_int_equal(ask_heart(h, MAY_CARD, &ask), FAULT_NONE);
    assert_int_equal(card_read(&facts, &ask), FAULT_NONE);
    return facts;
}

/* The acquirer's question about a charge, and the network's about a flight. */
static inline enum fault bed_charge(const struct heart *h, struct charge_card *out, const struct card_facts *facts)
{
    struct key_ask ask;

    assert_int_equal(charge_ask(&ask, bed.arena, (struct span){ facts->charge, CARD_CHARGE }), FAULT_NONE);
    (void)ask_heart(h, MAY_ACQUIRER, &ask);
    return charge_read(out, &ask);
}

static inline enum fault bed_flight(const struct heart *h, struct net_card *out, const struct card_facts *facts)
{
    struct key_ask ask;

    assert_int_equal(net_card_ask(&ask, bed.arena, (struct span){ facts->flight, CARD_FLIGHT }), FAULT_NONE);
    (void)ask_heart(h, MAY_NETWORK, &ask);
    return net_card_read(out, &ask);
}

/* Tell the time and nothing else. */
static inline void bed_tick(const struct heart *h, int64_t now_ms)
{
    struct key_ask ask;

    assert_int_equal(card_tick_ask(&ask, bed.arena, now_ms), FAULT_NONE);
    assert_int_equal(ask_heart(h, MAY_CARD, &ask), FAULT_NONE);
}
