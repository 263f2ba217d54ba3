/* share.h: a custodian's share as he keeps and types it.
 *
 *     tijori-share-1-GGGGGG-GGGGGG-...      twelve groups of six
 *
 * Behind the first words are 72 characters of five bits each: index (1) | set (KEYRING_SET) | share (32) | check (4),
 * where the check is the CRC-32 (of Ethernet) of the bytes before it, so that no up to six wrong characters in a row,
 * nor two changed places, can go unseen. The characters are the digits and letters without I, L, O and U, as in
 * Crockford's base 32; small letters do, an O is read as 0, and I or L as 1. Spaces and dashes are not looked at. */
#pragma once

#include "keyholder/keyring.h"
#include "keyholder/shamir.h"

enum {
    SHARE_GROUPS = 12, SHARE_GROUP = 6,
    SHARE_TEXT = 15 + SHARE_GROUPS * (SHARE_GROUP + 1) - 1,   /* characters as it is written */
    SHARE_LINE_MAX = 256,             /* bytes that somebody may type for one, with his spaces */
};

struct share { uint8_t set[KEYRING_SET]; struct shamir_share part; };     /* part: KEYRING_KEK bytes */

/* Append the text of `s`, SHARE_TEXT characters. */
void share_write(struct buf *out, const struct share *s);

/* Read what was typed. BAD_INPUT: it is no share, or mistyped; then `out` is zeros. The caller wipes both. */
MUST_CHECK enum fault share_read(struct share *out, struct span typed);
