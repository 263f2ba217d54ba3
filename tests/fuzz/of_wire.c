/* of_wire.c: frames between gateway and courier, both ways. */
#include "fuzz.h"

#include "courier/frame.h"

#include "base/banned.h"

static uint8_t room[FRAME_LENGTH + FRAME_REQUEST_MAX];

/* What is understood is written back in the same bytes: there is one way to say anything. */
static void check_request(const struct frame_request *r, struct span frame)
{
    struct buf b = BUF(room);

    fuzz_check(frame_request_check(r) == FAULT_NONE);
    frame_request_pack(&b, r);
    fuzz_check(!b.full && b.n == frame.n + FRAME_LENGTH);
    fuzz_check(span_equal((struct span){ b.p + FRAME_LENGTH, frame.n }, frame));
}

static void check_outcome(const struct frame_outcome *o, struct span frame)
{
    struct buf b = BUF(room);

    fuzz_check(o->outcome < COURIER_LOST && o->shown.n <= COURIER_SHOWN);
    frame_outcome_pack(&b, o);
    fuzz_check(!b.full && span_equal((struct span){ b.p + FRAME_LENGTH, b.n - FRAME_LENGTH }, frame));
}

static void take_apart(struct span frame)
{
    struct frame_request request;
    struct frame_outcome outcome;

    if (frame_request_unpack(&request, frame) == FAULT_NONE)
        check_request(&request, frame);
    if (frame_outcome_unpack(&outcome, frame) == FAULT_NONE)
        check_outcome(&outcome, frame);
}

void fuzz_courier_frames(const uint8_t *bytes, size_t n)
{
    struct span rest = { bytes, n }, frame;

    while (frame_next(&frame, &rest, FRAME_REQUEST_MAX) == FAULT_NONE)
        take_apart(frame);
    take_apart((struct span){ bytes, n });
}
