/* custody.h: shares that came in one after the other, until there are enough of them for the key-encryption key. */
#pragma once

#include "keyholder/share.h"

/* What became of a share. */
enum custody_verdict {
    CUSTODY_TAKEN,        /* it counts; more are needed */
    CUSTODY_ENOUGH,       /* it counts, and was the last one needed */
    CUSTODY_MISTYPED,     /* it is no share: a character is wrong, or one is missing */
    CUSTODY_OTHER_SET,    /* it belongs to another keyring */
    CUSTODY_AGAIN,        /* it is here already */
    CUSTODY_CONFLICT,     /* another share of that number is here: one of the two is not genuine */
};

struct custody;                       /* in locked memory, wiped when freed */

/* Nothing yet, for the keyring whose head is `head`. BAD_INPUT when that asks for a number of shares that there cannot
 * be; INTERNAL: no locked memory. The caller frees it with custody_free(); NULL is fine there. */
MUST_CHECK enum fault custody_new(struct custody **out, const struct keyring_head *head);
void custody_free(struct custody *c);

/* Take what somebody typed, which the caller wipes. *index is the share's number, or 0 where it has none to be told. */
enum custody_verdict custody_take(struct custody *c, struct span typed, unsigned *index);

/* How many are here. */
unsigned custody_have(const struct custody *c);

/* With CUSTODY_ENOUGH: the key they make, right or not, which the caller frees. Whatever comes of it, no share is here
 * any more. WRONG_STATE when there are too few. */
MUST_CHECK enum fault custody_join(struct custody *c, struct secret **kek);
