/* ids.h: ids as the outside sees them. */
#pragma once

#include "service/services.h"
#include "store/orders.h"

enum {
    IDS_TOKEN = 16,                   /* bytes of a token's public id */
    IDS_SESSION_TEXT = 117,           /* "session_" and 108 base64url characters, and NUL (reference 2.4: 116 in all) */
    IDS_ORDER_TOKEN_TEXT = 21,        /* 20 characters and NUL: order_token of API versions up to 2022-01-01 */
    IDS_ORDER_ID_TEXT = 46,
};

/* Make the permutations under an id key (KEY_ID_SIZE bytes, asked of the keyholder): for ids in digits for good
 * (KEY_ID_BASE), for all others until ids_take(). BAD_INPUT: a key of another size. */
MUST_CHECK enum fault ids_new(struct ids **out, const struct secret *id_key);
void ids_free(struct ids *i);

/* Work with the generations of id keys that `r` names, asking for those that are not here yet; the same again changes
 * nothing. An order or token is shown under the generation that its number belongs to, so that no id ever changes, and
 * what was shown under an older one is still found. Thread-safe, beside those who show and open ids. DENIED or SILENT
 * from the keyholder; then nothing has changed. */
MUST_CHECK enum fault ids_take(struct ids *i, const struct key_ring *r, struct keyholder *k);

/* cf_order_id: digits, a keyed permutation of (merchant, order_no) below 2^53; unique within a merchant, but for chance
 * among the orders of two generations. */
uint64_t ids_cf_order(const struct ids *i, const struct order_row *o);

/* payment_session_id: carries merchant, order id and the order's random session bytes, encrypted under the id
 * key; whoever opens it must still find the order and compare the session bytes in constant time. */
void ids_session(const struct ids *i, char out[static IDS_SESSION_TEXT], const struct order_row *o);
struct ids_opened_session { int64_t merchant_id; uint8_t session[ORDER_SESSION]; char order_id[IDS_ORDER_ID_TEXT]; };
/* BAD_INPUT when `text` is no session id of ours. */
MUST_CHECK enum fault ids_session_open(const struct ids *i, struct ids_opened_session *out, struct span text);

/* order_token: merchant (32 bits), order_no (53 bits) and 35 bits of the session, permuted; 20 base64url characters. */
void ids_order_token(const struct ids *i, char out[static IDS_ORDER_TOKEN_TEXT], const struct order_row *o);

/* The way back, of any 20 such characters: whoever opens it makes the token of the order he finds anew, and compares
 * the two in constant time, for each `age` of the id keys from 0 on until it is the same. BAD_INPUT when `text` cannot
 * be one; NOT_FOUND when there is no key so old. */
struct ids_opened_order { int64_t merchant_id, order_no; };
MUST_CHECK enum fault ids_order_token_open(const struct ids *i, struct ids_opened_order *out, struct span text,
                                           size_t age);

/* cf_payment_id, cf_refund_id and cf_settlement_id: merchant and number under a permutation of its own each, below
 * 2^53. The way back is BAD_INPUT when it is out of range. */
enum {
    IDS_MERCHANT_MAX = 65535,         /* the highest merchant number that fits in */
    IDS_NUMBER_BITS = 37,             /* of a payment's or refund's number; a settlement's is its payment's */
};
enum ids_of { IDS_OF_PAYMENT, IDS_OF_REFUND, IDS_OF_SETTLEMENT, IDS_OFS };
uint64_t ids_digits(const struct ids *i, enum ids_of of, int64_t merchant_id, int64_t no);
MUST_CHECK enum fault ids_digits_open(const struct ids *i, enum ids_of of, int64_t *merchant_id, int64_t *no,
                                      uint64_t id);

/* A token's public id: its merchant (32 bits) and number, one AES-256 block under a key of its own. The way back takes
 * any 16 bytes; BAD_INPUT when they are no id of ours, which chance makes of one in 2^32. */
void ids_token(const struct ids *i, uint8_t out[static IDS_TOKEN], int64_t merchant_id, int64_t token_no);
MUST_CHECK enum fault ids_token_open(const struct ids *i, int64_t *merchant_id, int64_t *token_no,
                                     const uint8_t id[static IDS_TOKEN]);

/* An order id for a caller who gave none: "order_", the merchant's number, a time-ordered part and a random
 * part; 36 to 39 characters, letters and digits (reference 2.4). */
void ids_new_order_id(char out[static IDS_ORDER_ID_TEXT], int64_t merchant_id, int64_t now_ms);
