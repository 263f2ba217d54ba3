/* head.h: the envelope of a Paytm request (reference B.2, B.6.2, B.6.4): head, body, and the bytes that were signed.
 *
 * A body is found twice: by the scanner that gives its bytes, and by the JSON parser. Where either refuses, we do. */
#pragma once

#include "base/json_in.h"
#include "dialect/dialect.h"
#include "dialect/paytm/code.h"

enum {
    HEAD_REQUEST_ID_MAX = 128,        /* bytes of a request id */
    HEAD_TIMESTAMP_MS = 13,           /* digits of a time in milliseconds; ten and fewer are seconds */
};

/* What was sent; absent: it was not, or was empty. */
struct head {
    struct span type, version, timestamp, request_id, client_id, key_version, signature;
    struct span body;                 /* the bytes of "body"; of a GET absent */
    const struct json_node *fields;   /* the same, parsed; of a GET NULL */
    bool odd_signature;               /* it is no text */
};

/* What is wrong, and for the sandbox why; CODE_DONE: nothing. `field`: its path, or "". */
struct verdict { enum paytm_code code; const char *why; char field[JSON_PATH_MAX]; };

/* Read the envelope of x->body into *out: CODE_DONE, CODE_BAD_REQUEST, CODE_NO_HEAD or CODE_TYPE. With `token` the head
 * names type and signature "tokenType" and "token". */
struct verdict head_read(struct head *out, struct exchange *x, bool token);

/* The same from the headers of a GET. */
struct verdict head_read_headers(struct head *out, struct exchange *x);

/* A complaint about a field as a code: missing 410, of another type 400, of another value 409. */
struct verdict head_complaint(const struct json_complaint *why);
struct verdict head_fail(enum paytm_code code, const char *why);

/* Are version and time there and what they must be (reference decision 16)? *ms: the time; *seconds: it came so. */
struct verdict head_check(const struct head *h, int64_t *ms, bool *seconds);

/* Nothing but printable ASCII? */
bool head_is_printable(struct span s);

/* The value of `name` in a query, decoded, in `a`; absent when it is not there, empty or malformed. */
struct span query_value(struct arena *a, struct span query, struct span name);
