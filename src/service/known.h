/* known.h: what each request would read from the store again: sealed Paytm keys and requestor ids.
 *
 * A bounded memory with one place for each hash value; whoever comes later takes the place. Of a key it has what the
 * store has, the sealed one, and never an opened one. callers_forget() empties it, since what is remembered may be what
 * was changed. Thread-safe. */
#pragma once

#include "network/network.h"
#include "service/partners.h"

enum {
    KNOWN_KEYS = 256, KNOWN_REQUESTORS = 1024,            /* places */
    KNOWN_TRID = NETWORK_TRID + 1,
};

struct known;

/* Nothing remembered yet. The caller frees it with known_free(); NULL is fine there and below. */
MUST_CHECK enum fault known_new(struct known **out);
void known_free(struct known *k);

/* Forget everything, and keep nothing of what was asked for before. */
void known_forget(struct known *k);

/* What a key was asked for with. Absent and empty are the same: not named. */
struct known_names { struct span mid, client_id, version; };

/* Is the key that was found for these names known, and not over at `now_ms`? Its spans are copied into `a`. If not,
 * *ticket is for keeping it, once it was looked for; it must be taken before that. */
bool known_key(struct known *k, struct partner_key *out, struct arena *a, const struct known_names *names,
               int64_t now_ms, uint64_t *ticket);

/* Keep a key that was found at `now_ms` and ends at `ends_ms` (0: never), unless the memory was emptied since. */
void known_keep_key(struct known *k, const struct known_names *names, const struct partner_key *key, int64_t now_ms,
                    int64_t ends_ms, uint64_t ticket);

/* The same of a merchant's requestor id at a scheme. */
bool known_requestor(struct known *k, char trid[static KNOWN_TRID], int64_t merchant_id, int64_t scheme,
                     uint64_t *ticket);
void known_keep_requestor(struct known *k, const char trid[static KNOWN_TRID], int64_t merchant_id, int64_t scheme,
                          uint64_t ticket);
