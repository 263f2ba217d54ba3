/* gateway.h: a whole gateway in one process, without HTTP, that is sent requests as text.
 *
 * The text of a request is "METHOD target", lines "name: value", an empty line and the body, with plain line ends. A
 * line "---" alone ends a request, and the next one follows. "$x" stands for what a client would have put there:
 *   $m $k  client id and secret           $j  Juspay's Basic credentials     $M  Paytm's MID
 *   $e     a card as JWE for Juspay       $f  a card encrypted for Paytm     $n  a number never used before
 *   $S     Paytm's signature: of the body's member "body" or, where there is a header "sign", of its value
 *   $s payment session  $o order token  $p cf_payment_id  $i instrument  $c cftoken  $r Juspay's card reference
 *   $t Paytm's token index  $b the acquirer's reference  $g $K the checkout's guard and cookie  $B backup
 *   $h a merchant's number
 *   $$     a dollar sign
 * The lower half is of the latest answer that had such a value. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dialect/dialect.h"

struct gateway;
struct fixture;

/* Opens everything, with orders, payments and tokens in it. The caller closes it. */
struct gateway *gateway_open(void);

struct gateway_options {
    int wait_ms;                      /* for card network and acquirer */
    bool whole;                       /* with what a running server has and fuzzing does without: the audit log as a
                                       * chain, what is remembered of orders, who is locked out */
    void (*around)(void *arg, bool begins);   /* told before and after the way of each request through us. Then an
                                       * answer may be 500, and one without room is refused as the HTTP layer does */
    void *arg;
};
struct gateway *gateway_open_as(const struct gateway_options *o);
void gateway_close(struct gateway *g);

/* Send the requests of a text, at most GATEWAY_REQUESTS. What is no request is passed over. The status of the last
 * answer, or 0. Checks of each answer that it is whole, and of a JSON object that it is one. */
enum { GATEWAY_REQUESTS = 6, GATEWAY_TEXT = 128 * 1024 };
unsigned gateway_send(struct gateway *g, const uint8_t *text, size_t n);

/* From now on "$sign" stands for `text`. */
void gateway_keep(struct gateway *g, char sign, const char *text);

struct fixture *gateway_fixture(struct gateway *g);

/* The last answer, which lives until the next is sent. */
const struct answer *gateway_answer(const struct gateway *g);
