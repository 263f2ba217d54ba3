/* frame.h: what the gateway and the courier say to each other: frames on a stream, packed and unpacked in one file.
 *
 * A frame is its length (4 bytes, big-endian, of what follows) and
 *   a request: id 8, timeout in ms 4, flags 1 (1: private addresses allowed), number of headers 1, then URL, headers
 *   and body, each behind its length of 4 bytes; to the end;
 *   an outcome: id 8, outcome 1, status 2, ms 4, then what is shown of the body; to the end.
 * Neither side trusts the other: what is not exactly that is BAD_INPUT, and the connection ends with it. */
#pragma once

#include "courier/courier.h"

enum {
    FRAME_LENGTH = 4,
    FRAME_REQUEST_MAX = 8 + 4 + 1 + 1 + 4 * (2 + COURIER_HEADERS_MAX) + COURIER_URL_MAX +
                        COURIER_HEADERS_MAX * COURIER_HEADER_MAX + COURIER_BODY_MAX,
    FRAME_OUTCOME_MAX = 8 + 1 + 2 + 4 + COURIER_SHOWN,
    FRAME_TIMEOUT_MAX_MS = 120000,
};

struct frame_request {
    uint64_t id;
    struct span url, body, headers[COURIER_HEADERS_MAX];
    size_t n_headers;
    bool allow_private;
    int timeout_ms;
};

struct frame_outcome {
    uint64_t id;
    enum courier_outcome outcome;     /* below COURIER_LOST: that and BUSY are the client's words */
    unsigned status;
    int ms;
    struct span shown;
};

/* Take the next frame off the front of `rest`, without its length. RETRY: it is not all there; BAD_INPUT: it says that
 * it is empty or longer than `max`. */
MUST_CHECK enum fault frame_next(struct span *frame, struct span *rest, size_t max);

/* May it be sent? BAD_INPUT: something is too long, or a header or the URL has a control character in it. */
MUST_CHECK enum fault frame_request_check(const struct frame_request *r);

/* `b` gets the frame with its length; when there is no room, b->full. */
void frame_request_pack(struct buf *b, const struct frame_request *r);
void frame_outcome_pack(struct buf *b, const struct frame_outcome *o);

/* Spans are of `frame`. A request that is unpacked passes frame_request_check(). BAD_INPUT. */
MUST_CHECK enum fault frame_request_unpack(struct frame_request *out, struct span frame);
MUST_CHECK enum fault frame_outcome_unpack(struct frame_outcome *out, struct span frame);
