/* test_msg.c: frames that are right, and all the ways they can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "keyholder/msg.h"

#include "base/banned.h"

static uint8_t room[KEY_FRAME_MAX], results[2][64];

static struct key_ask two[2];
static struct key_ask *const asks[2] = { &two[0], &two[1] };

static int setup(void **state)
{
    (void)state;
    two[0] = (struct key_ask){
        .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = SPAN("orders.private|7|o1"),
        .in = SPAN("secret"), .out = BUF(results[0]),
    };
    two[1] = (struct key_ask){ .op = KEY_HOURLY, .number = 495234, .presented = SPAN("p"), .out = BUF(results[1]) };
    return 0;
}

static struct span question(void)
{
    struct buf b = BUF(room);

    msg_question_pack(&b, 77, asks, 2);
    assert_false(b.full);
    return buf_view(&b);
}

/* The reply a keyholder would make: the first ask done, the second as `f` says. */
static struct span reply(enum fault f)
{
    struct buf b = BUF(room), answer;

    msg_reply_pack(&b, 77, 2);
    answer = msg_answer_room(&b, 6 + KEY_SEAL_EXTRA);
    memset(answer.p, 'r', answer.cap);
    answer.n = answer.cap;
    msg_answer_close(&b, &answer, FAULT_NONE);
    answer = msg_answer_room(&b, KEY_HOURLY_SIZE);
    memset(answer.p, 'h', answer.cap);
    answer.n = answer.cap;
    msg_answer_close(&b, &answer, f);
    assert_false(b.full);
    return buf_view(&b);
}

static void a_question_is_read_as_it_was_written(void **state)
{
    struct span frame = question();
    struct msg_question q;

    (void)state;
    assert_int_equal(frame.n, MSG_HEAD + msg_ask_size(&two[0]) + msg_ask_size(&two[1]));
    assert_int_equal(msg_question_unpack(&q, frame), FAULT_NONE);
    assert_int_equal(q.number, 77);
    assert_int_equal(q.n, 2);
    assert_int_equal(q.asks[0].op, KEY_SEAL);
    assert_int_equal(q.asks[0].use, KEY_USE_PRIVATE);
    assert_true(span_equal(q.asks[0].about, two[0].about));
    assert_true(span_equal(q.asks[0].in, two[0].in));
    assert_int_equal(q.asks[1].number, 495234);
    assert_true(span_equal(q.asks[1].presented, SPAN("p")));
}

static void the_bytes_are_those_of_the_document(void **state)
{
    static const uint8_t expected[] = {
        1, 'Q', 0, 1, 0, 0, 0, 9,
        2, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 'a', 'i', 'n',
    };
    struct key_ask mac = { .op = KEY_MAC, .use = KEY_USE_DIGEST, .about = SPAN("a"), .in = SPAN("in"), .number = 258 };
    struct key_ask *const one[] = { &mac };
    struct buf b = BUF(room);

    (void)state;
    msg_question_pack(&b, 9, one, 1);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(room, expected, sizeof expected);
}

static void a_question_cut_anywhere_or_with_a_tail_is_refused(void **state)
{
    struct span frame = question();
    struct msg_question q;

    (void)state;
    for (size_t n = 0; n < frame.n; n++)
        assert_int_equal(msg_question_unpack(&q, (struct span){ frame.p, n }), FAULT_BAD_INPUT);
    room[frame.n] = 0;
    assert_int_equal(msg_question_unpack(&q, (struct span){ frame.p, frame.n + 1 }), FAULT_BAD_INPUT);
}

static void counts_and_lengths_beyond_the_frame_are_refused(void **state)
{
    static const struct { size_t at; uint8_t byte; } wrong[] = {
        { 0, 2 }, { 1, 'R' }, { 2, 1 }, { 3, 0 }, { 3, 1 }, { 3, 3 }, { 3, 65 }, { 10, 0xFF }, { 11, 0xFF },
        { 12, 0xFF }, { 13, 1 }, { 15, 5 }, { 16, 0xFF }, { 19, 1 },
    };
    struct msg_question q;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct span frame = question();
        room[wrong[i].at] = wrong[i].byte;
        assert_int_equal(msg_question_unpack(&q, frame), FAULT_BAD_INPUT);
    }
}

static void a_frame_longer_than_the_most_is_refused(void **state)
{
    static uint8_t big[KEY_FRAME_MAX + 1];
    struct key_ask mac = { .op = KEY_MAC, .use = KEY_USE_DIGEST,
                           .in = { big, KEY_FRAME_MAX + 1 - MSG_HEAD - MSG_ASK_HEAD } };
    struct key_ask *const one[] = { &mac };
    static uint8_t out[KEY_FRAME_MAX + 1];
    struct buf b = BUF(out);
    struct msg_question q;

    (void)state;
    msg_question_pack(&b, 1, one, 1);
    assert_int_equal(b.n, KEY_FRAME_MAX + 1);
    assert_int_equal(msg_question_unpack(&q, buf_view(&b)), FAULT_BAD_INPUT);
}

static void a_reply_is_read_as_it_was_written(void **state)
{
    struct span frame = reply(FAULT_NONE);
    uint32_t number = 0;

    (void)state;
    assert_int_equal(msg_reply_number(&number, frame), FAULT_NONE);
    assert_int_equal(number, 77);
    assert_int_equal(msg_reply_unpack(asks, 2, frame), FAULT_NONE);
    assert_int_equal(two[0].fault, FAULT_NONE);
    assert_int_equal(two[0].out.n, 6 + KEY_SEAL_EXTRA);
    assert_int_equal(results[0][0], 'r');
    assert_int_equal(two[1].out.n, KEY_HOURLY_SIZE);
}

static void a_refusal_carries_no_bytes(void **state)
{
    struct span frame = reply(FAULT_DENIED);

    (void)state;
    assert_int_equal(frame.n, MSG_HEAD + 2 * MSG_ANSWER_HEAD + 6 + KEY_SEAL_EXTRA);
    assert_int_equal(msg_reply_unpack(asks, 2, frame), FAULT_NONE);
    assert_int_equal(two[1].fault, FAULT_DENIED);
    assert_int_equal(two[1].out.n, 0);
}

static void a_reply_cut_anywhere_or_with_a_tail_appends_nothing(void **state)
{
    struct span frame = reply(FAULT_NONE);

    (void)state;
    for (size_t n = 0; n < frame.n; n++)
        assert_int_equal(msg_reply_unpack(asks, 2, (struct span){ frame.p, n }), FAULT_BAD_INPUT);
    room[frame.n] = 0;
    assert_int_equal(msg_reply_unpack(asks, 2, (struct span){ frame.p, frame.n + 1 }), FAULT_BAD_INPUT);
    assert_int_equal(msg_reply_unpack(asks, 1, frame), FAULT_BAD_INPUT);
    assert_int_equal(two[0].out.n + two[1].out.n, 0);
}

static void a_result_of_another_size_than_the_table_says_is_refused(void **state)
{
    struct span frame = reply(FAULT_NONE);

    (void)state;
    /* One byte from the second result to the first: the frame still ends where it should. */
    room[MSG_HEAD + 4]++;
    memmove(room + MSG_HEAD + 49, room + MSG_HEAD + 48, 5);
    room[MSG_HEAD + 53]--;
    assert_int_equal(msg_reply_unpack(asks, 2, frame), FAULT_BAD_INPUT);
    frame = reply(FAULT_RETRY);       /* not a keyholder's word */
    assert_int_equal(msg_reply_unpack(asks, 2, frame), FAULT_BAD_INPUT);
}

/* A reply with bytes changed at random is read whole or not at all, and never past the callers' buffers. */
static void random_changes_of_a_reply_never_do_harm(void **state)
{
    uint64_t seed = 7;
    int taken = 0;

    for (int turn = 0; turn < 20000; turn++) {
        struct span frame;
        setup(state);
        frame = reply(FAULT_NONE);
        for (int i = 0; i <= turn % 3; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            room[(seed >> 33) % frame.n] = (uint8_t)(seed >> 56);
        }
        if (msg_reply_unpack(asks, 2, frame) == FAULT_NONE) {
            taken++;
            assert_int_equal(two[0].fault ? 0 : 6 + KEY_SEAL_EXTRA, two[0].out.n);
        } else {
            assert_int_equal(two[0].out.n + two[1].out.n, 0);
        }
    }
    assert_in_range(taken, 1000, 19999);
}

static void a_result_that_the_callers_buffer_cannot_take_is_not_written(void **state)
{
    struct span frame = reply(FAULT_NONE);

    (void)state;
    two[0].out.cap = 42;
    memset(results[0], 0, sizeof results[0]);
    assert_int_equal(msg_reply_unpack(asks, 2, frame), FAULT_NONE);
    assert_int_equal(two[0].fault, FAULT_INTERNAL);
    assert_int_equal(results[0][0], 0);
    assert_int_equal(two[1].fault, FAULT_NONE);
}

static void a_result_may_be_shorter_only_where_the_table_says_so(void **state)
{
    static uint8_t out[2][KEY_PUBLIC_MAX + 1];
    uint8_t record[KEY_SEAL_EXTRA + 16] = { 0 };
    const struct key_ask kinds[] = {
        { .op = KEY_PUBLIC, .use = KEY_USE_CARD },
        { .op = KEY_ENCRYPT, .use = KEY_USE_RECIPIENT, .in = { record, sizeof record } },
        { .op = KEY_SIGN, .use = KEY_USE_PAYTM, .in = { record, sizeof record } },
        { .op = KEY_MAC, .use = KEY_USE_DIGEST },
        { .op = KEY_NET_READ, .use = KEY_USE_NETWORK },
    };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t most = 0;
        assert_int_equal(msg_result_size(&most, &kinds[i]), FAULT_NONE);
        for (size_t n = most - 1; n <= most + 1; n++) {
            struct key_ask ask = kinds[i], *const one[] = { &ask };
            struct buf b = BUF(room), answer;
            enum fault expected = n == most || (n < most && msg_is_shorter(ask.op)) ? FAULT_NONE : FAULT_BAD_INPUT;
            ask.out = BUF(out[0]);
            msg_reply_pack(&b, 1, 1);
            answer = msg_answer_room(&b, n);
            answer.n = n;
            msg_answer_close(&b, &answer, FAULT_NONE);
            assert_int_equal(msg_reply_unpack(one, 1, buf_view(&b)), expected);
            assert_int_equal(ask.out.n, expected ? 0 : n);
        }
        assert_int_equal(msg_is_shorter(kinds[i].op), i < 2);
    }
    assert_true(msg_is_slow(KEY_CARD));
    assert_false(msg_is_slow(KEY_ENCRYPT));
}

/* What partners' and the network's questions may be: lengths of in, presented and about, and the number. */
static void sizes_of_partners_questions_are_bounded(void **state)
{
    static const struct { enum key_op op; size_t in, presented, about; uint64_t number; size_t n; } good[] = {
        { KEY_SIGN, 53, 0, 0, 0, 108 }, { KEY_SIGN, 69, KEY_IN_MAX, 0, 0, 108 }, { KEY_CHECKSUM, 53, 108, 0, 0, 0 },
        { KEY_JWS, 61, 32, 0, 0, 0 }, { KEY_ENCRYPT, 38, 0, 0, 0, 1024 }, { KEY_ENCRYPT, 8229, 16384, 0, 1, 22869 },
        { KEY_PUBLIC, 0, 0, 0, 4, 1024 }, { KEY_CARD, 1, 0, 16, 0, 537 }, { KEY_CARD, 16384, 256, 16, 4, 537 },
        { KEY_NET_CARD, 85, 0, 0, 0, 55 }, { KEY_NET_NUMBER, 9, 0, 0, 0, 20 }, { KEY_NET_TAVV, 28, 0, 0, 0, 48 },
        { KEY_NET_READ, 0, 0, 0, 0, 9 }, { KEY_NET_READ, 256, 0, 0, 0, 9 }, { KEY_NET_CHECK, 0, 0, 11, 0, 18 },
        { KEY_NET_CHECK, 256, 256, 11, 0, 18 }, { KEY_HMAC, 38, 0, 0, 0, 32 },
        { KEY_HMAC, 1061, KEY_IN_MAX, 256, 0, 32 }, { KEY_TICK, 0, 0, 0, UINT64_MAX, 0 },
        { KEY_CHARGE, 85, 0, 0, 0, 31 },
        { KEY_RESEAL, 37, 0, 0, 0, 37 }, { KEY_RESEAL, KEY_IN_MAX + 37, 0, 256, 0, KEY_IN_MAX + 37 },
        { KEY_RING, 0, 0, 0, 0, 860 }, { KEY_ROTATE, 0, 0, 0, 0, 0 }, { KEY_ROTATE, 8, 0, 0, KEY_PURPOSE_ID, 0 },
        { KEY_ROTATE, 0, 0, 0, KEY_PURPOSES - 1, 0 }, { KEY_DESTROY, 4, 0, 0, KEY_PURPOSES - 1, 0 },
    }, bad[] = {
        { KEY_SIGN, 52, 0, 0, 0, 0 }, { KEY_SIGN, 70, 0, 0, 0, 0 }, { KEY_CHECKSUM, 53, 107, 0, 0, 0 },
        { KEY_CHECKSUM, 52, 108, 0, 0, 0 }, { KEY_JWS, 70, 32, 0, 0, 0 }, { KEY_JWS, 61, 31, 0, 0, 0 },
        { KEY_ENCRYPT, 37, 0, 0, 0, 0 },
        { KEY_ENCRYPT, 8230, 0, 0, 0, 0 }, { KEY_ENCRYPT, 38, 16385, 0, 0, 0 }, { KEY_ENCRYPT, 38, 0, 0, 2, 0 },
        { KEY_PUBLIC, 0, 0, 0, 5, 0 }, { KEY_CARD, 0, 0, 16, 0, 0 }, { KEY_CARD, 16385, 0, 16, 0, 0 },
        { KEY_CARD, 1, 257, 16, 0, 0 }, { KEY_CARD, 1, 0, 15, 0, 0 }, { KEY_CARD, 1, 0, 17, 0, 0 },
        { KEY_CARD, 1, 0, 16, 5, 0 }, { KEY_CARD, 1, 0, 16, UINT64_MAX, 0 }, { KEY_NET_CARD, 84, 0, 0, 0, 0 },
        { KEY_NET_NUMBER, 8, 0, 0, 0, 0 }, { KEY_NET_TAVV, 29, 0, 0, 0, 0 }, { KEY_NET_READ, 257, 0, 0, 0, 0 },
        { KEY_NET_CHECK, 1, 1, 10, 0, 0 }, { KEY_NET_CHECK, 257, 1, 11, 0, 0 }, { KEY_NET_CHECK, 1, 257, 11, 0, 0 },
        { KEY_HMAC, 37, 1, 0, 0, 0 }, { KEY_HMAC, 1062, 1, 0, 0, 0 }, { KEY_HMAC, 38, KEY_IN_MAX + 1, 0, 0, 0 },
        { KEY_TICK, 1, 0, 0, 0, 0 }, { KEY_CHARGE, 84, 0, 0, 0, 0 }, { KEY_CHARGE, 86, 0, 0, 0, 0 },
        { KEY_RESEAL, 36, 0, 0, 0, 0 }, { KEY_RESEAL, KEY_IN_MAX + 38, 0, 0, 0, 0 }, { KEY_RING, 1, 0, 0, 0, 0 },
        { KEY_ROTATE, 0, 0, 0, KEY_PURPOSES, 0 }, { KEY_ROTATE, 8, 0, 0, KEY_PURPOSE_DATA, 0 },
        { KEY_ROTATE, 0, 0, 0, KEY_PURPOSE_ID, 0 }, { KEY_ROTATE, 7, 0, 0, KEY_PURPOSE_ID, 0 },
        { KEY_ROTATE, 0, 0, 0, UINT64_MAX, 0 }, { KEY_DESTROY, 3, 0, 0, 0, 0 }, { KEY_DESTROY, 5, 0, 0, 0, 0 },
        { KEY_DESTROY, 4, 0, 0, KEY_PURPOSES, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good + sizeof bad / sizeof *bad; i++) {
        bool fine = i < sizeof good / sizeof *good;
        const typeof(*good) *r = fine ? &good[i] : &bad[i - sizeof good / sizeof *good];
        struct key_ask ask = { .op = r->op, .in = { room, r->in }, .presented = { room, r->presented },
                               .about = { room, r->about }, .number = r->number };
        size_t n = 0;
        assert_int_equal(msg_result_size(&n, &ask), fine ? FAULT_NONE : FAULT_BAD_INPUT);
        if (fine)
            assert_int_equal(n, r->n);
    }
}

static void sizes_out_of_range_have_no_result(void **state)
{
    static const struct { enum key_op op; size_t in; enum fault f; size_t n; } rows[] = {
        { KEY_SEAL, 0, FAULT_NONE, KEY_SEAL_EXTRA }, { KEY_SEAL, KEY_IN_MAX, FAULT_NONE, KEY_IN_MAX + KEY_SEAL_EXTRA },
        { KEY_SEAL, KEY_IN_MAX + 1, FAULT_BAD_INPUT, 0 }, { KEY_OPEN, KEY_SEAL_EXTRA - 1, FAULT_BAD_INPUT, 0 },
        { KEY_OPEN, KEY_SEAL_EXTRA, FAULT_NONE, 0 }, { KEY_OPEN, KEY_IN_MAX + KEY_SEAL_EXTRA, FAULT_NONE, KEY_IN_MAX },
        { KEY_OPEN, KEY_IN_MAX + KEY_SEAL_EXTRA + 1, FAULT_BAD_INPUT, 0 }, { KEY_VERIFY, 36, FAULT_BAD_INPUT, 0 },
        { KEY_VERIFY, 37, FAULT_NONE, 0 }, { KEY_VERIFY, KEY_IN_MAX + KEY_SEAL_EXTRA + 1, FAULT_BAD_INPUT, 0 },
        { KEY_MAC, 0, FAULT_NONE, 32 }, { KEY_MAC, KEY_IN_MAX, FAULT_NONE, 32 },
        { KEY_MAC, KEY_IN_MAX + 1, FAULT_BAD_INPUT, 0 },
        { KEY_HOURLY, 0, FAULT_NONE, 48 }, { KEY_ID, 0, FAULT_NONE, 32 }, { KEY_OPS, 0, FAULT_BAD_INPUT, 0 },
        { (enum key_op)200, 0, FAULT_BAD_INPUT, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct key_ask ask = { .op = rows[i].op, .in = { room, rows[i].in } };
        size_t n = 0;
        assert_int_equal(msg_result_size(&n, &ask), rows[i].f);
        if (!rows[i].f)
            assert_int_equal(n, rows[i].n);
        ask.use = KEY_USES;
        assert_int_equal(msg_result_size(&n, &ask), FAULT_BAD_INPUT);
        ask = (struct key_ask){ .op = rows[i].op, .in = { room, rows[i].in }, .about = { room, KEY_ABOUT_MAX + 1 } };
        assert_int_equal(msg_result_size(&n, &ask), FAULT_BAD_INPUT);
        ask = (struct key_ask){ .op = rows[i].op, .in = { room, rows[i].in }, .presented = { room, KEY_IN_MAX + 1 } };
        assert_int_equal(msg_result_size(&n, &ask), FAULT_BAD_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_question_is_read_as_it_was_written, setup),
        cmocka_unit_test_setup(the_bytes_are_those_of_the_document, setup),
        cmocka_unit_test_setup(a_question_cut_anywhere_or_with_a_tail_is_refused, setup),
        cmocka_unit_test_setup(counts_and_lengths_beyond_the_frame_are_refused, setup),
        cmocka_unit_test_setup(a_frame_longer_than_the_most_is_refused, setup),
        cmocka_unit_test_setup(a_reply_is_read_as_it_was_written, setup),
        cmocka_unit_test_setup(a_refusal_carries_no_bytes, setup),
        cmocka_unit_test_setup(a_reply_cut_anywhere_or_with_a_tail_appends_nothing, setup),
        cmocka_unit_test_setup(a_result_of_another_size_than_the_table_says_is_refused, setup),
        cmocka_unit_test_setup(random_changes_of_a_reply_never_do_harm, setup),
        cmocka_unit_test_setup(a_result_that_the_callers_buffer_cannot_take_is_not_written, setup),
        cmocka_unit_test_setup(a_result_may_be_shorter_only_where_the_table_says_so, setup),
        cmocka_unit_test_setup(sizes_of_partners_questions_are_bounded, setup),
        cmocka_unit_test_setup(sizes_out_of_range_have_no_result, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
