/* first_run.h: what a data folder must say before it is served, and what a new one is given. */
#pragma once

#include "gateway/wire.h"

/* Check or write the mode stamp and the key check, and make the admin token and (sandbox) the demo merchant when
 * they are missing; then *c holds what the credentials file should say, URLs excepted. The caller wipes *c.
 * WRONG_STATE when the folder belongs to the other mode or to another key; `why` says which. */
MUST_CHECK enum fault first_run(struct parts *p, struct credentials *c, struct buf *why);
