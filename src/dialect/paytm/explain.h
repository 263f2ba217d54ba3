/* explain.h: in the sandbox, why a request was refused, as "explain" in the head of the answer.
 *
 * The head is not signed, so what is signed is the same in both modes, and clients that verify a body do not see it. It
 * says the rule that was broken and the field; of a signature, which bytes were covered (how many, and the shape of
 * their first and last: letters as a, digits as 0), by which key, and whether it fits another library's spelling of
 * the same value. It holds no signature, and nothing from which one could be made. In live mode there is none. */
#pragma once

#include "dialect/paytm/call.h"

/* In compose, of a checksum that does not fit: ask whether it fits another spelling. */
void explain_ask(struct exchange *x);

/* The same of a request that reached no route. */
void explain_refusal(struct json_out *o, const struct exchange *x, const char *reason);

/* In show: write the member "explain", if there is anything to explain. */
void explain_put(struct json_out *o, struct exchange *x);

enum { EXPLAIN_MAX = 2048 };          /* bytes of it */
