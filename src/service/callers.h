/* callers.h: who is asking: client id and secret to merchant, in constant time.
 *
 * A merchant's secret is stored sealed and compared only inside the keyholder. So that this costs one question
 * per secret and not per request, the gateway remembers for each client id that passed a MAC of the secret
 * under a key of this process, made at start and never stored. A wrong secret is always the keyholder's to
 * refuse. Disabling or rotating empties the memory at once (callers_forget). */
#pragma once

#include "service/services.h"

enum {
    CALLER_ID_MAX = 64, CALLER_SECRET_MAX = 128,      /* bytes of x-client-id and x-client-secret */
    CALLER_CURRENCIES = 64,                           /* bytes of the enabled currencies, "INR,USD" and NUL */
    CALLERS_REMEMBERED = 1024,                        /* verified secrets kept in memory; the oldest goes first */
};

struct known;

struct caller {
    int64_t merchant_id;
    char client_id[CALLER_ID_MAX + 1];
    char currencies[CALLER_CURRENCIES];
};

/* Nothing remembered yet. The caller frees it with callers_free(), which wipes the memory. */
MUST_CHECK enum fault callers_new(struct callers **out);
void callers_free(struct callers *c);

/* Who has these credentials at `now_ms`? UNKNOWN_CALLER when they are not valid (wrong, ended, merchant
 * disabled: all look the same), SILENT when the keyholder does not answer. `r` is this thread's reader. */
MUST_CHECK enum fault callers_find(const struct services *s, struct caller *out, struct store_reader *r,
                                   struct arena *a, struct span client_id, struct span secret, int64_t now_ms);

/* What a sealed secret is bound to: "credentials.secret|<merchant_id>|<client_id>|<secret_no>". */
enum { CALLER_ABOUT_MAX = 160 };
void caller_about_secret(struct buf *out, int64_t merchant_id, struct span client_id, int64_t secret_no);

/* Forget every verified secret and what callers_known() has, because a credential or merchant changed. */
void callers_forget(struct callers *c);

/* What else is remembered of merchants (service/known.h); NULL of NULL. */
struct known *callers_known(const struct callers *c);

/* Is `currency` (three letters) among the caller's enabled ones? */
bool caller_has_currency(const struct caller *c, struct span currency);
