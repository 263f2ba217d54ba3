/* order_token.h: the v2 order token (cftoken): minted without a database write, verified without a look-up.
 *
 * Three dotted segments like the documented sample (brief 000; reference 1.2): each is a base64url segment of
 * a JWT {"typ":"JWT","alg":"HS384"} with two random alphanumerics appended, reversed. Claims in order:
 * orderId (string), orderAmount (shortest number), orderCurrency, exp (unix seconds), _salt (13 characters).
 * The app id is not printed inside but is part of what is authenticated: HMAC-SHA-384 over app id, NUL, the six
 * random characters, header '.', claims, under the hourly key that the keyholder derives for the hour in which it was
 * minted, half an hour before exp. So no byte of a token can be changed, not even one that only dresses it. */
#pragma once

#include "domain/money.h"
#include "service/services.h"

enum { ORDER_TOKEN_MAX = 512, ORDER_TOKEN_LIFE_S = 30 * 60 };     /* bytes of a token with NUL; seconds it lives */

struct order_claims { struct span order_id; struct money amount; int64_t expires_s; };

/* Caches the hourly keys it was given (wiped when replaced). */
MUST_CHECK enum fault order_tokens_new(struct order_tokens **out);
void order_tokens_free(struct order_tokens *t);

/* Append a token for `app_id` to `out`. claims->expires_s is the caller's choice. SILENT when the keyholder does
 * not answer. */
MUST_CHECK enum fault order_token_mint(const struct services *s, struct buf *out, struct span app_id,
                                       const struct order_claims *claims);

/* Check `token` for `app_id` at `now_ms` and give back what it is bound to (spans in `a`). DENIED when it was not
 * made by us for that app id or was altered; WRONG_STATE when it has expired. */
MUST_CHECK enum fault order_token_verify(const struct services *s, struct order_claims *out, struct arena *a,
                                         struct span app_id, struct span token, int64_t now_ms);
