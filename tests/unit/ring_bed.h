/* ring_bed.h: a heart with a ring whose keys are rotated, and questions to it. */
#pragma once

#include "keyring_bed.h"

#include "base/json_in.h"
#include "keyholder/parts.h"

#include "heart_bed.h"
#include "vectors.h"

#define ABOUT SPAN("orders.private|7|order-1")

/* What the port was given. */
static struct { enum fault says; size_t n; size_t count; uint64_t version; } kept;

static inline enum fault keep(void *arg, struct keyring *r)
{
    assert_ptr_equal(arg, &kept);
    kept.n++;
    if (kept.says)
        return kept.says;
    kept.count = keyring_count(r);
    keyring_head(r)->version++;
    kept.version = keyring_head(r)->version;
    return FAULT_NONE;
}

/* Each test has a heart of its own, that knows what time it is. */
static inline int fresh(void **state)
{
    struct heart_ring_port port = { keep, &kept };
    struct keyring *r = rbed_ring();
    struct heart_keys cards = test_card_keys();

    (void)rbed_empty(state);
    heart_free(bed.heart);
    assert_int_equal(heart_of_ring(&bed.heart, r, &cards, &port), FAULT_NONE);
    keyring_free(r);                  /* the heart has its own */
    kept = (typeof(kept)){ .says = FAULT_NONE };
    arena_reset(bed.arena);
    bed_tick(bed.heart, T0);
    return 0;
}

static inline int set_up(void **state)
{
    return bed_set_up(state) || rbed_setup(state);
}

static inline int tear_down(void **state)
{
    return bed_tear_down(state) || rbed_teardown(state);
}

static inline enum fault rotate(enum key_purpose purpose, uint64_t from)
{
    uint8_t bytes[8];
    struct key_ask a = { .op = KEY_ROTATE, .number = purpose };

    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(from >> (56 - 8 * i));
    if (purpose == KEY_PURPOSE_ID)
        a.in = (struct span){ bytes, 8 };
    return ask_heart(bed.heart, MAY_ROTATE, &a);
}

static inline enum fault destroy(enum key_purpose purpose, const uint8_t id[static KEY_RING_ID])
{
    struct key_ask a = { .op = KEY_DESTROY, .number = purpose, .in = { id, KEY_RING_ID } };

    return ask_heart(bed.heart, MAY_ROTATE, &a);
}

static inline struct key_ring told(void)
{
    uint8_t room[KEY_RING_SIZE];
    struct key_ask a = { .op = KEY_RING, .out = BUF(room) };
    struct key_ring ring;

    assert_int_equal(ask_heart(bed.heart, MAY_RING, &a), FAULT_NONE);
    assert_int_equal(key_ring_read(&ring, &a), FAULT_NONE);
    return ring;
}

/* The generation of a purpose, 0 being the newest. */
static const struct key_generation *generation(const struct key_ring *ring, enum key_purpose purpose, size_t age)
{
    for (size_t i = 0; i < ring->n; i++)
        if (ring->generations[i].purpose == purpose && age-- == 0)
            return &ring->generations[i];
    return NULL;
}

static inline void newest_id(uint8_t id[static KEY_RING_ID], enum key_purpose purpose)
{
    struct key_ring ring = told();

    memcpy(id, generation(&ring, purpose, 0)->id, KEY_RING_ID);
}

static inline enum fault ask_record(enum key_op op, enum key_use use, struct span record, struct buf *out)
{
    struct key_ask a = { .op = op, .use = use, .about = ABOUT, .in = record, .out = *out };
    enum fault f = ask_heart(bed.heart, MAY_GATEWAY, &a);

    *out = a.out;
    return f;
}

static inline void seal(struct buf *out, enum key_use use, struct span text)
{
    assert_int_equal(ask_record(KEY_SEAL, use, text, out), FAULT_NONE);
}

/* Does the record of that use work as it does? What is never told is used. */
static inline enum fault try_record(enum key_use use, struct span record, struct span text)
{
    uint8_t room[2048];
    struct buf out = BUF(room);
    struct key_ask a = { .use = use, .about = ABOUT, .in = record, .out = out };
    enum fault f;

    switch (use) {
    case KEY_USE_CREDENTIAL:
        a.op = KEY_VERIFY;
        a.presented = text;
        return ask_heart(bed.heart, MAY_GATEWAY, &a);
    case KEY_USE_PAYTM:
        a.op = KEY_SIGN;
        return ask_heart(bed.heart, MAY_GATEWAY, &a);
    case KEY_USE_RECIPIENT:
        a.op = KEY_ENCRYPT;
        a.presented = SPAN("hello");
        return ask_heart(bed.heart, MAY_GATEWAY, &a);
    case KEY_USE_PRIVATE: case KEY_USE_ANSWER:
        f = ask_record(KEY_OPEN, use, record, &out);
        if (!f)
            assert_true(span_equal(buf_view(&out), text));
        return f;
    case KEY_USE_DIGEST: case KEY_USE_CHECK: case KEY_USE_CARD: case KEY_USE_NETWORK: case KEY_USE_AUDIT:
    case KEY_USE_BACKUP: case KEY_USES:
        break;
    }
    return FAULT_INTERNAL;
}

static const enum key_use sealed_uses[] = {
    KEY_USE_CREDENTIAL, KEY_USE_PRIVATE, KEY_USE_ANSWER, KEY_USE_PAYTM, KEY_USE_RECIPIENT,
};
enum { SEALED = sizeof sealed_uses / sizeof *sealed_uses, RECORD = 4096 };

static inline struct span text_of(enum key_use use)
{
    static uint8_t pem[KEY_PUBLIC_MAX];
    struct key_ask a = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = CARD_FORM_JWE, .out = BUF(pem) };

    if (use != KEY_USE_RECIPIENT)
        return SPAN("0123456789abcdef");
    assert_int_equal(ask_heart(bed.heart, MAY_CARD, &a), FAULT_NONE);
    return buf_view(&a.out);
}

static inline struct card_facts card_of(const struct heart *h, struct span digits)
{
    struct card_ask c = { .form = CARD_FORM_NUMBER, .text = digits, .merchant_id = 7, .now_ms = T0,
                          .owner = SPAN("owner") };
    struct card_facts facts;
    struct key_ask ask;

    assert_int_equal(card_ask(&ask, bed.arena, &c), FAULT_NONE);
    assert_int_equal(ask_heart(h, MAY_CARD, &ask), FAULT_NONE);
    assert_int_equal(card_read(&facts, &ask), FAULT_NONE);
    assert_int_equal(facts.flaw, CARD_FINE);
    return facts;
}

static inline struct heart *heart_of_vectors(struct keyring **ring)
{
    struct vectors v = vectors_open("keyring.tsv");
    struct heart_keys cards = test_card_keys();
    uint8_t bytes[VECTOR_BYTES];
    struct heart *h = NULL;

    while (vectors_next(&v))
        if (strcmp(v.column[0], "file") == 0)
            rbed_write(rbed_file, vectors_hex(v.column[1], bytes));
    assert_int_equal(rbed_open(ring), FAULT_NONE);
    assert_int_equal(heart_of_ring(&h, *ring, &cards, NULL), FAULT_NONE);
    return h;
}
