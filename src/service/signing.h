/* signing.h: HMAC-SHA-256 under a merchant's own secret, which only the keyholder opens: webhooks (reference 4.1),
 * results (1.6) and signed web forms (1.7). Base64, 44 characters. */
#pragma once

#include "service/callers.h"

enum { SIGNING_TEXT = 45 };           /* 44 characters and NUL */

/* A merchant's sealed secrets that are valid, newest first and no more than SIGNING_KEYS_MAX; spans in the arena. Those
 * of other providers' callers, whose ids have a colon, are not among them. */
enum { SIGNING_KEYS_MAX = 4 };
struct signing_key { struct span sealed, about; char client_id[CALLER_ID_MAX + 1]; };
struct signing_keys { struct signing_key all[SIGNING_KEYS_MAX]; size_t n; };

/* In any job. NOT_FOUND: the merchant has none, is disabled, or does not exist. */
MUST_CHECK enum fault signing_find(struct store_tx *tx, struct signing_keys *out, struct arena *a, int64_t merchant_id,
                                   int64_t now_ms);

/* The question for `text` under `k` (BAD_INPUT: it has more than KEY_IN_MAX bytes), and the answer as text (SILENT,
 * DENIED: the secret does not open, INTERNAL). */
MUST_CHECK enum fault signing_ask(struct key_ask *out, struct arena *a, const struct signing_key *k, struct span text);
MUST_CHECK enum fault signing_read(char out[static SIGNING_TEXT], const struct key_ask *answered);

/* Outside a job: is `signature` that of `text` under one of the keys? Takes the same time for whatever signature of
 * that length. DENIED: it is not, or there are no keys; SILENT, INTERNAL. */
MUST_CHECK enum fault signing_check(const struct services *s, struct arena *a, const struct signing_keys *keys,
                                    struct span text, struct span signature);
