/* book.h: what the simulated network keeps: cards, requestors, tokens, and what was done under whose reference.
 *
 * The book is the network's own database. It holds no card number: a card is known by a keyed digest made in the
 * keyholder. Rows are plain values; arenas passed in serve while a row is read and may be reset afterwards. */
#pragma once

#include "domain/test_cards.h"
#include "keyholder/net_card.h"
#include "network/network.h"
#include "store/store.h"

/* The steps of its schema, for store_options.schema. */
extern const char *const book_schema[];

enum { BOOK_BIN9 = 10, BOOK_LAST4 = 5, BOOK_TRID = NETWORK_TRID + 1 };

/* What is said of a card besides its test outcome. Stored, so never renumbered. */
enum book_block { BOOK_AS_TESTED, BOOK_BLOCKED, BOOK_FREE, BOOK_BLOCKS };

struct book_card {
    int64_t card_no;
    uint8_t pan_mac[NET_PAN_MAC];
    enum scheme scheme;
    char par[NET_PAR];
    enum test_outcome outcome;
    enum book_block block;
};

struct book_requestor {
    int64_t requestor_no, merchant_id, created_ms;
    char trid[BOOK_TRID], name[NETWORK_AUTH_REF_MAX + 1];
    enum scheme scheme;
    bool active;
};

/* A token, or a number for one payment (`alt`), with what its card and its requestor say. `ref.request` is 0 unless it
 * is an alt. `due_ms`: when an INIT token becomes ACTIVE or FAILED; 0: it is decided. `serial`: of an alt's
 * cryptogram. */
struct book_token {
    struct net_token id;
    int64_t card_no, requestor_no;
    struct network_ref ref;
    bool alt;
    struct token_life life;
    struct expiry expiry;
    int64_t created_ms, due_ms;
    uint64_t serial;
    char bin9[BOOK_BIN9], last4[BOOK_LAST4];

    char par[NET_PAR], trid[BOOK_TRID];
    enum test_outcome outcome;
    enum book_block block;
    bool trid_active;
};

/* Put a card: card_no and block are filled in, and its outcome is what the table of test cards says now. */
MUST_CHECK enum fault book_card_put(struct store_tx *tx, struct book_card *c);
MUST_CHECK enum fault book_card_block(struct store_tx *tx, int64_t card_no, enum book_block b);

/* Requestors by their id, or by scheme and merchant. NOT_FOUND. */
MUST_CHECK enum fault book_requestor_find(struct store_tx *tx, struct book_requestor *out, struct arena *a,
                                          struct span trid);
MUST_CHECK enum fault book_requestor_of(struct store_tx *tx, struct book_requestor *out, struct arena *a,
                                        enum scheme scheme, int64_t merchant_id);
MUST_CHECK enum fault book_requestor_next_no(struct store_tx *tx, int64_t *out);
MUST_CHECK enum fault book_requestor_insert(struct store_tx *tx, const struct book_requestor *r);
/* NOT_FOUND. */
MUST_CHECK enum fault book_requestor_activate(struct store_tx *tx, struct span trid, bool active);

/* Tokens by what they are, or by our reference: of an alt with its request, else without. NOT_FOUND; INTERNAL when a
 * row is none that this program writes. */
MUST_CHECK enum fault book_token_find(struct store_tx *tx, struct book_token *out, struct arena *a,
                                      struct net_token id);
MUST_CHECK enum fault book_token_by_ref(struct store_tx *tx, struct book_token *out, struct arena *a,
                                        const struct network_ref *ref, bool alt);
/* What is joined from card and requestor is not looked at. EXISTS: one of this reference is there. */
MUST_CHECK enum fault book_token_insert(struct store_tx *tx, const struct book_token *t);
/* Write life, expiry and due_ms. */
MUST_CHECK enum fault book_token_update(struct store_tx *tx, const struct book_token *t);
/* The highest counter a scheme's tokens have, 0 when there are none; and how many tokens there are of all schemes. */
MUST_CHECK enum fault book_token_last(struct store_tx *tx, uint64_t *out, enum scheme scheme);
MUST_CHECK enum fault book_token_count(struct store_tx *tx, uint64_t *out);
/* Into `out`, at most `max`: those due at `now_ms`, the first due first; the newest of a scheme, newest first. */
MUST_CHECK enum fault book_tokens_due(struct store_tx *tx, struct book_token *out, size_t *n, size_t max,
                                      int64_t now_ms);
MUST_CHECK enum fault book_tokens_newest(struct store_tx *tx, struct book_token *out, size_t *n, size_t max,
                                         enum scheme scheme);
