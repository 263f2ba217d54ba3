/* test_ring_answer.c: the ring as the keyholder tells and changes it, while threads answer. */
#include "ring_bed.h"

#include <pthread.h>

#include "base/isotime.h"

#include "base/banned.h"

static void what_is_told_of_the_keys_is_this(void **state)
{
    struct key_ring ring = told();

    (void)state;
    assert_int_equal(ring.source, 1);
    assert_int_equal(ring.n, KEY_PURPOSES);
    assert_int_equal(ring.version, 0);
    bed_tick(bed.heart, T0 + 1);
    assert_int_equal(rotate(KEY_PURPOSE_ID, 4711), FAULT_NONE);
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    ring = told();
    assert_int_equal(ring.n, KEY_PURPOSES + 2);
    assert_int_equal(ring.version, 2);
    assert_int_equal(generation(&ring, KEY_PURPOSE_ID, 0)->from, 4711);
    assert_int_equal(generation(&ring, KEY_PURPOSE_ID, 0)->created_ms, T0 + 1);
    assert_int_equal(generation(&ring, KEY_PURPOSE_ID, 1)->created_ms, 0);
    assert_memory_not_equal(generation(&ring, KEY_PURPOSE_DATA, 0)->id, generation(&ring, KEY_PURPOSE_DATA, 1)->id,
                            KEY_RING_ID);
    assert_null(generation(&ring, KEY_PURPOSE_BASE, 1));
}

/* The largest ring there is, byte by byte: no root, and no key of it, is among what is told. */
static void no_key_is_told(void **state)
{
    uint8_t room[KEY_RING_SIZE];
    struct key_ask a = { .op = KEY_RING, .out = BUF(room) };
    struct keyring *ring;
    struct heart *h = heart_of_vectors(&ring);

    (void)state;
    keyring_head(ring)->threshold = 3;
    assert_int_equal(ask_heart(h, MAY_RING, &a), FAULT_NONE);
    for (size_t i = 0; i < keyring_count(ring); i++)
        for (size_t at = 0; at + 4 <= KEYRING_ROOT; at += 4)
            assert_null(memmem(room, sizeof room, keyring_at(ring, i)->root + at, 4));
    heart_free(h);
    keyring_free(ring);
}

static void an_answer_that_is_no_ring_is_an_internal_fault(void **state)
{
    uint8_t room[KEY_RING_SIZE + 1];
    struct key_ask a = { .op = KEY_RING, .out = BUF(room) };
    struct key_ring ring;

    (void)state;
    assert_int_equal(ask_heart(bed.heart, MAY_RING, &a), FAULT_NONE);
    room[3] = KEY_PURPOSES * KEY_GENERATIONS + 1;
    assert_int_equal(key_ring_read(&ring, &a), FAULT_INTERNAL);
    room[3] = KEY_PURPOSES;
    assert_int_equal(key_ring_read(&ring, &a), FAULT_NONE);
    room[KEY_RING_HEAD] = KEY_PURPOSES;
    assert_int_equal(key_ring_read(&ring, &a), FAULT_INTERNAL);
    assert_int_equal(ring.n, 0);
    room[KEY_RING_HEAD] = 0;
    room[0] = KEYRING_HSM + 1;
    assert_int_equal(key_ring_read(&ring, &a), FAULT_INTERNAL);
    room[0] = 0;
    assert_int_equal(key_ring_read(&ring, &a), FAULT_INTERNAL);
    room[0] = KEYRING_FILE;
    a.out.n--;
    assert_int_equal(key_ring_read(&ring, &a), FAULT_INTERNAL);
    a.out.n++;
    a.fault = FAULT_DENIED;
    assert_int_equal(key_ring_read(&ring, &a), FAULT_INTERNAL);
    a.fault = FAULT_SILENT;
    assert_int_equal(key_ring_read(&ring, &a), FAULT_SILENT);
}

static void what_cannot_be_kept_does_not_happen(void **state)
{
    uint8_t before[KEY_RING_ID], after[KEY_RING_ID];

    (void)state;
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    newest_id(before, KEY_PURPOSE_DATA);
    kept.says = FAULT_DISK;
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_INTERNAL);
    newest_id(after, KEY_PURPOSE_DATA);
    assert_memory_equal(after, before, KEY_RING_ID);
    struct key_ring ring = told();
    assert_int_equal(destroy(KEY_PURPOSE_DATA, generation(&ring, KEY_PURPOSE_DATA, 1)->id), FAULT_INTERNAL);
    ring = told();
    assert_int_equal(ring.n, KEY_PURPOSES + 1);
    kept.says = FAULT_NONE;
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    assert_int_equal(kept.n, 4);
}

static void there_are_so_many_generations_and_the_base_has_one(void **state)
{
    (void)state;
    assert_int_equal(rotate(KEY_PURPOSE_BASE, 0), FAULT_DENIED);
    for (size_t i = 1; i < KEY_GENERATIONS; i++)
        assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_DENIED);
    assert_int_equal(kept.n, KEY_GENERATIONS - 1);
    assert_int_equal(rotate(KEY_PURPOSE_ID, 9), FAULT_NONE);
    assert_int_equal(rotate(KEY_PURPOSE_ID, 8), FAULT_DENIED);
}

/* Hours are told apart by when a key was made, so a keyholder that knows no time makes none. */
static void before_the_time_was_told_nothing_is_rotated(void **state)
{
    struct keyring *r = rbed_ring();

    (void)state;
    heart_free(bed.heart);
    assert_int_equal(heart_of_ring(&bed.heart, r, NULL, NULL), FAULT_NONE);
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_INTERNAL);
    bed_tick(bed.heart, -1);
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    keyring_free(r);
}

/* A frame may hold anything in any order: what is behind a rotation in it is answered under the new keys. */
/* Whoever shows the keys would fall over it, each time and for good. */
static void at_a_time_that_nobody_can_write_nothing_is_rotated(void **state)
{
    static const int64_t never[] = { ISOTIME_LAST_MS, INT64_MAX };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        bed_tick(bed.heart, never[i]);
        assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_DENIED);
    }
    assert_int_equal(told().n, KEY_PURPOSES);
    bed_tick(bed.heart, ISOTIME_LAST_MS - INT64_C(86400000));
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
}

static void a_rotation_among_other_questions_in_one_frame_is_answered_in_its_turn(void **state)
{
    static uint8_t question[KEY_FRAME_MAX], answer[KEY_FRAME_MAX];
    uint8_t one[64], two[64], three[64], id[KEY_RING_ID];
    struct key_ask asks[5] = {
        { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("text"), .out = BUF(one) },
        { .op = KEY_ROTATE, .number = KEY_PURPOSE_DATA },
        { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("text"), .out = BUF(two) },
        { .op = KEY_ROTATE, .number = KEY_PURPOSE_DATA },
        { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("text"), .out = BUF(three) },
    }, *const list[] = { asks, asks + 1, asks + 2, asks + 3, asks + 4 };
    struct buf q = BUF(question), r = BUF(answer);

    (void)state;
    msg_question_pack(&q, 1, list, 5);
    assert_int_equal(heart_answer(bed.heart, MAY_GATEWAY, &r, buf_view(&q)), FAULT_NONE);
    assert_int_equal(msg_reply_unpack(list, 5, buf_view(&r)), FAULT_NONE);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(asks[i].fault, FAULT_NONE);
    assert_memory_not_equal(one + 1, two + 1, KEY_RING_ID);
    assert_memory_not_equal(two + 1, three + 1, KEY_RING_ID);
    newest_id(id, KEY_PURPOSE_DATA);
    assert_memory_equal(three + 1, id, KEY_RING_ID);
}

struct worker { pthread_t thread; const struct heart *h; enum key_op op; atomic_bool *go_on; bool failed; };

static bool ask_quietly(const struct heart *h, struct key_ask *a)
{
    uint8_t question[256], answer[1024];
    struct key_ask *const one[] = { a };
    struct buf q = BUF(question), r = BUF(answer);

    msg_question_pack(&q, 1, one, 1);
    return heart_answer(h, MAY_ALL, &r, buf_view(&q)) == FAULT_NONE &&
           msg_reply_unpack(one, 1, buf_view(&r)) == FAULT_NONE && a->fault == FAULT_NONE;
}

/* What one thread seals opens at once, whoever has rotated in between. */
static void *seal_and_open(void *arg)
{
    struct worker *w = arg;
    uint8_t record[64], again[64], text[16];

    while (atomic_load(w->go_on) && !w->failed) {
        struct key_ask a = { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("text"),
                             .out = BUF(record) };
        struct key_ask reseal = { .op = KEY_RESEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .out = BUF(again) };
        struct key_ask open = { .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .about = ABOUT, .out = BUF(text) };
        w->failed = !ask_quietly(w->h, &a);
        reseal.in = buf_view(&a.out);
        w->failed = w->failed || !ask_quietly(w->h, &reseal);
        open.in = buf_view(&reseal.out);
        w->failed = w->failed || !ask_quietly(w->h, &open) || !span_equal(buf_view(&open.out), SPAN("text"));
    }
    return NULL;
}

/* Two threads change the ring, two read it, and the others work. */
static void *change(void *arg)
{
    struct worker *w = arg;

    for (int i = 0; i < KEY_GENERATIONS / 2 - 1 && !w->failed; i++) {
        struct key_ask a = { .op = w->op, .number = KEY_PURPOSE_DATA };
        w->failed = !ask_quietly(w->h, &a);
    }
    return NULL;
}

static void *look(void *arg)
{
    struct worker *w = arg;
    uint8_t room[KEY_RING_SIZE];

    while (atomic_load(w->go_on) && !w->failed) {
        struct key_ask a = { .op = KEY_RING, .out = BUF(room) }, id = { .op = KEY_ID, .out = BUF(room) };
        struct key_ring ring;
        w->failed = !ask_quietly(w->h, &a) || key_ring_read(&ring, &a) != FAULT_NONE || ring.n < KEY_PURPOSES;
        id.out = (struct buf)BUF(room);
        w->failed = w->failed || !ask_quietly(w->h, &id);
    }
    return NULL;
}

static void threads_that_answer_notice_nothing_of_a_rotation(void **state)
{
    static const struct { void *(*body)(void *); enum key_op op; } roles[] = {
        { change, KEY_ROTATE }, { change, KEY_ROTATE }, { look, KEY_RING }, { seal_and_open, KEY_SEAL },
        { seal_and_open, KEY_SEAL }, { seal_and_open, KEY_SEAL }, { seal_and_open, KEY_SEAL },
        { seal_and_open, KEY_SEAL }, { seal_and_open, KEY_SEAL }, { seal_and_open, KEY_SEAL },
        { seal_and_open, KEY_SEAL }, { seal_and_open, KEY_SEAL },
    };
    enum { ROLES = sizeof roles / sizeof *roles };
    struct worker workers[ROLES];
    atomic_bool go_on = true;

    (void)state;
    for (size_t i = 0; i < ROLES; i++) {
        workers[i] = (struct worker){ .h = bed.heart, .op = roles[i].op, .go_on = &go_on };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, roles[i].body, &workers[i]), 0);
    }
    for (size_t i = 0; i < ROLES; i++) {
        if (i == 2)
            atomic_store(&go_on, false);      /* those that change are through */
        pthread_join(workers[i].thread, NULL);
        assert_false(workers[i].failed);
    }
    assert_int_equal(told().n, KEY_PURPOSES + KEY_GENERATIONS - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_told_of_the_keys_is_this, fresh),
        cmocka_unit_test_setup(no_key_is_told, fresh),
        cmocka_unit_test_setup(an_answer_that_is_no_ring_is_an_internal_fault, fresh),
        cmocka_unit_test_setup(what_cannot_be_kept_does_not_happen, fresh),
        cmocka_unit_test_setup(there_are_so_many_generations_and_the_base_has_one, fresh),
        cmocka_unit_test_setup(before_the_time_was_told_nothing_is_rotated, fresh),
        cmocka_unit_test_setup(at_a_time_that_nobody_can_write_nothing_is_rotated, fresh),
        cmocka_unit_test_setup(a_rotation_among_other_questions_in_one_frame_is_answered_in_its_turn, fresh),
        cmocka_unit_test_setup(threads_that_answer_notice_nothing_of_a_rotation, fresh),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
