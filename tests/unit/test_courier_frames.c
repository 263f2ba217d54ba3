/* test_courier_frames.c: frames there and back, at their limits, cut short, and made of anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "courier/frame.h"

#include "base/banned.h"

enum { ROUNDS = 20000 };

static uint8_t bytes[FRAME_LENGTH + FRAME_REQUEST_MAX + 64];

static struct frame_request small_request(void)
{
    return (struct frame_request){ .id = UINT64_C(0x0102030405060708), .url = SPAN("https://a.example/x"),
                                   .body = SPAN("body"), .headers = { SPAN("a: b"), SPAN("c: d") }, .n_headers = 2,
                                   .allow_private = true, .timeout_ms = 1234 };
}

static void assert_same(const struct frame_request *a, const struct frame_request *b)
{
    assert_true(a->id == b->id && a->timeout_ms == b->timeout_ms && a->allow_private == b->allow_private);
    assert_true(span_equal(a->url, b->url) && span_equal(a->body, b->body));
    assert_int_equal(a->n_headers, b->n_headers);
    for (size_t i = 0; i < a->n_headers; i++)
        assert_true(span_equal(a->headers[i], b->headers[i]));
}

static struct span pack(const struct frame_request *r)
{
    struct buf b = BUF(bytes);
    struct span whole;

    frame_request_pack(&b, r);
    assert_int_equal(buf_done(&b, &whole), FAULT_NONE);
    return whole;
}

static void a_request_comes_out_as_it_went_in(void **state)
{
    struct frame_request in = small_request(), out;
    struct span rest = pack(&in), frame;

    (void)state;
    assert_int_equal(frame_next(&frame, &rest, FRAME_REQUEST_MAX), FAULT_NONE);
    assert_int_equal(rest.n, 0);
    assert_int_equal(frame_request_unpack(&out, frame), FAULT_NONE);
    assert_same(&in, &out);
    in.allow_private = false;
    in.n_headers = 0;
    in.body = (struct span){ 0 };
    rest = pack(&in);
    assert_int_equal(frame_next(&frame, &rest, FRAME_REQUEST_MAX), FAULT_NONE);
    assert_int_equal(frame_request_unpack(&out, frame), FAULT_NONE);
    assert_same(&in, &out);
}

static void the_largest_request_fills_the_largest_frame_exactly(void **state)
{
    static uint8_t letters[COURIER_BODY_MAX + 1];
    struct frame_request r = { .url = { letters, COURIER_URL_MAX }, .body = { letters, COURIER_BODY_MAX },
                               .n_headers = COURIER_HEADERS_MAX, .timeout_ms = FRAME_TIMEOUT_MAX_MS }, out;
    struct span frame, rest;

    (void)state;
    memset(letters, 'x', sizeof letters);
    for (size_t i = 0; i < COURIER_HEADERS_MAX; i++)
        r.headers[i] = (struct span){ letters, COURIER_HEADER_MAX };
    rest = pack(&r);
    assert_int_equal(rest.n, FRAME_LENGTH + FRAME_REQUEST_MAX);
    assert_int_equal(frame_next(&frame, &rest, FRAME_REQUEST_MAX), FAULT_NONE);
    assert_int_equal(frame_request_unpack(&out, frame), FAULT_NONE);
    assert_same(&r, &out);
    for (int i = 0; i < 4; i++) {
        struct frame_request more = r;
        more.url.n += i == 0;
        more.body.n += i == 1;
        more.headers[3].n += i == 2;
        more.timeout_ms += i == 3;
        assert_int_equal(frame_request_check(&more), FAULT_BAD_INPUT);
    }
}

static void what_would_break_a_line_is_no_request(void **state)
{
    static const struct span bad[] = {
        SPAN("a\r\nb"), SPAN("a\nb"), SPAN("a\0b"), SPAN("a\tb"), SPAN("a\177b"), SPAN(""),
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct frame_request r = small_request();
        r.url = bad[i];
        assert_int_equal(frame_request_check(&r), FAULT_BAD_INPUT);
        r = small_request();
        r.headers[1] = bad[i];
        assert_int_equal(frame_request_check(&r), FAULT_BAD_INPUT);
    }
}

static void a_frame_cut_short_anywhere_is_waited_for_and_never_understood(void **state)
{
    const struct frame_request in = small_request();
    struct frame_request out;
    struct span whole = pack(&in), frame = { 0 };

    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        struct span rest = { whole.p, n };
        assert_int_equal(frame_next(&frame, &rest, FRAME_REQUEST_MAX), FAULT_RETRY);
        assert_int_equal(rest.n, n);
        if (n >= FRAME_LENGTH) {
            frame = (struct span){ whole.p + FRAME_LENGTH, n - FRAME_LENGTH };
            assert_int_equal(frame_request_unpack(&out, frame), FAULT_BAD_INPUT);
        }
    }
    frame = (struct span){ whole.p + FRAME_LENGTH, whole.n - FRAME_LENGTH + 1 };
    assert_int_equal(frame_request_unpack(&out, frame), FAULT_BAD_INPUT);
}

static void a_frame_that_is_empty_or_too_long_is_refused_at_its_length(void **state)
{
    static const uint8_t none[8] = { 0 }, long_one[4] = { 0, 0, 1, 1 };
    struct span frame, rest = { none, sizeof none };

    (void)state;
    assert_int_equal(frame_next(&frame, &rest, 256), FAULT_BAD_INPUT);
    rest = (struct span){ long_one, sizeof long_one };
    assert_int_equal(frame_next(&frame, &rest, 256), FAULT_BAD_INPUT);
    assert_int_equal(frame_next(&frame, &rest, 257), FAULT_RETRY);
}

static void an_outcome_comes_out_as_it_went_in(void **state)
{
    static const uint8_t body[COURIER_SHOWN] = { 'x', 0, 255 };
    const struct frame_outcome in[] = {
        { 7, COURIER_ANSWERED, 200, 12, { body, sizeof body } },
        { UINT64_MAX, COURIER_ANSWERED, 999, INT32_MAX, { 0 } },
        { 0, COURIER_TIMEOUT, 0, 0, { 0 } }, { 1, COURIER_BROKEN, 0, 1, SPAN("x") },
    };

    (void)state;
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        struct buf b = BUF(bytes);
        struct frame_outcome out;
        struct span frame, rest;
        frame_outcome_pack(&b, &in[i]);
        assert_int_equal(buf_done(&b, &rest), FAULT_NONE);
        assert_int_equal(frame_next(&frame, &rest, FRAME_OUTCOME_MAX), FAULT_NONE);
        assert_int_equal(frame_outcome_unpack(&out, frame), FAULT_NONE);
        assert_true(out.id == in[i].id && out.outcome == in[i].outcome && out.status == in[i].status);
        assert_true(out.ms == in[i].ms && span_equal(out.shown, in[i].shown));
        for (size_t n = 0; n < 15; n++)
            assert_int_equal(frame_outcome_unpack(&out, (struct span){ frame.p, n }), FAULT_BAD_INPUT);
    }
}

static uint32_t chance(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Whatever is understood keeps to the limits, and packs to the bytes that it came from. */
static void random_bytes_are_refused_or_are_what_they_say(void **state)
{
    uint32_t seed = 20260101, understood = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const struct frame_request good = small_request();
        struct span whole = pack(&good);
        size_t n = whole.n - FRAME_LENGTH, cut = chance(&seed) % 8 ? n : chance(&seed) % n;
        uint8_t *exact = malloc(cut + 1);         /* of its size, so that reading on is seen */
        struct frame_request r;
        struct frame_outcome o;

        for (unsigned k = chance(&seed) % 4; k; k--)
            bytes[FRAME_LENGTH + chance(&seed) % n] = (uint8_t)chance(&seed);
        memcpy(exact, bytes + FRAME_LENGTH, cut);
        exact = realloc(exact, cut ? cut : 1);
        if (frame_request_unpack(&r, (struct span){ exact, cut }) == FAULT_NONE) {
            understood++;
            whole = pack(&r);
            assert_int_equal(whole.n, cut + FRAME_LENGTH);
            assert_memory_equal(whole.p + FRAME_LENGTH, exact, cut);
        }
        if (frame_outcome_unpack(&o, (struct span){ exact, cut }) == FAULT_NONE)
            assert_true(o.outcome < COURIER_LOST && o.shown.n <= COURIER_SHOWN);
        free(exact);
    }
    assert_true(understood > ROUNDS / 10 && understood < ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_comes_out_as_it_went_in),
        cmocka_unit_test(the_largest_request_fills_the_largest_frame_exactly),
        cmocka_unit_test(what_would_break_a_line_is_no_request),
        cmocka_unit_test(a_frame_cut_short_anywhere_is_waited_for_and_never_understood),
        cmocka_unit_test(a_frame_that_is_empty_or_too_long_is_refused_at_its_length),
        cmocka_unit_test(an_outcome_comes_out_as_it_went_in),
        cmocka_unit_test(random_bytes_are_refused_or_are_what_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
