/* net_wire.h: the bytes of the simulated network's questions and of their answers; net_card.c has both sides of each.
 *
 *     token    scheme (1) | counter (8)
 *     amount   minor units (8) | currency (3); zeros when there is none
 *     number   length (1) | digits, filled up with zeros (19)
 *
 *     operation    in                                              about    presented   result
 *     net card     a card in flight                                                     pan mac (16) | par (29) |
 *                                                       scheme (1) | first eight (4) | last four (4) | test card (1)
 *     net number   token                                                                number
 *     net tavv     token | payment (1) | serial (7) | amount                            number | cryptogram (28)
 *     net read     digits                                                               token; zeros: none of ours
 *     net check    digits                                          amount   cryptogram  verdict (1) | token |
 *                                                                                       payment (1) | serial (7) */
#pragma once

#include "keyholder/card.h"
#include "keyholder/net_card.h"

enum {
    NET_TOKEN_BYTES = 1 + 8, NET_AMOUNT_BYTES = 8 + 3, NET_SERIAL_BYTES = NET_SERIAL_BITS / 8,
    NET_NUMBER_BYTES = 1 + PAN_DIGITS_MAX, NET_TAVV_CHARS = NET_TAVV - 1, NET_PAR_CHARS = NET_PAR - 1,
    NET_COVER_BYTES = NET_TOKEN_BYTES + 1 + NET_SERIAL_BYTES + NET_AMOUNT_BYTES,
    NET_PRESENTED_MAX = 256,          /* bytes of a number or cryptogram as somebody presented it */
    NET_CARD_RESULT = NET_PAN_MAC + NET_PAR_CHARS + 1 + 4 + 4 + 1,
    NET_TAVV_RESULT = NET_NUMBER_BYTES + NET_TAVV_CHARS,
    NET_CHECK_RESULT = 1 + NET_TOKEN_BYTES + 1 + NET_SERIAL_BYTES,
};

/* What a number is as an answer. `digits` is NUL-terminated. */
void net_number_pack(struct buf *out, const char digits[static NET_NUMBER]);

/* A token, which is sound unless it says that it is not: an unknown scheme, or a counter out of range. */
void net_token_pack(struct buf *out, struct net_token t);
bool net_token_is_sound(struct net_token t);
bool net_token_unpack(struct net_token *out, struct span in);

/* An amount as it is covered; `money` with minor 0 when there is none. */
void net_amount_pack(struct buf *out, const struct money *amount);

/* False: what was asked is out of range. */
bool net_cover_unpack(struct net_cover *out, struct span in);

/* The answers of net card and net check, as above. */
void net_card_pack(struct buf *out, const struct net_card *c);
void net_checked_pack(struct buf *out, const struct net_checked *c);
