/* admin_tokens.h: who may use the admin listener, as rows. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct admin_token_row {
    struct span name;                 /* given once, so that the audit log's actor is one token for ever */
    struct span token_mac;            /* keyed digest of the token (KEY_USE_DIGEST): the look-up key */
    struct span scopes;               /* "read,backup" */
    struct span created_by;           /* the name of the token that made it */
    int64_t created_ms, expires_ms;   /* refused from expires_ms on */
    int64_t used_ms, revoked_ms;      /* 0: never */
};

/* EXISTS when there is, or was, one of that name. */
MUST_CHECK enum fault admin_tokens_insert(struct store_tx *tx, const struct admin_token_row *t);
/* By its keyed digest. NOT_FOUND. */
MUST_CHECK enum fault admin_tokens_find(struct store_tx *tx, struct admin_token_row *out, struct arena *a,
                                        struct span token_mac);
MUST_CHECK enum fault admin_tokens_put_used(struct store_tx *tx, struct span name, int64_t now_ms);
/* Of one that is revoked already the first time stays. NOT_FOUND. */
MUST_CHECK enum fault admin_tokens_revoke(struct store_tx *tx, struct span name, int64_t now_ms);
/* All there were, by name; the row's spans live until `each` returns. */
MUST_CHECK enum fault admin_tokens_each(struct store_tx *tx,
                                        enum fault (*each)(void *arg, const struct admin_token_row *t), void *arg);
/* How many there were. */
MUST_CHECK enum fault admin_tokens_count(struct store_tx *tx, int64_t *out);
