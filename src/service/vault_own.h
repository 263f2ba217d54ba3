/* vault_own.h: what the files of the vault share. Only service/vault*.c include it. */
#pragma once

#include "service/vault.h"
#include "store/audit.h"

/* How long an open effect is left alone after it was asked for: whoever asked has its answer, or is gone, by then. */
enum { VAULT_LEASE_MS = 2 * NETWORK_WAIT_MS };        /* the shortest lease */

/* Refuse the job: `fault`, with `why` in it. */
enum fault vault_refuse(struct vault_job *job, enum vault_why why, enum fault fault);
enum fault vault_refuse_rule(struct vault_job *job, enum token_rule rule);

/* What vault_begin() does for each kind of wish. */
enum fault vault_make_begin(const struct services *s, struct store_tx *tx, struct vault_job *job);
enum fault vault_guest_begin(const struct services *s, struct store_tx *tx, struct vault_job *job);
enum fault vault_par_begin(const struct services *s, struct store_tx *tx, struct vault_job *job);
enum fault vault_disclose_begin(const struct services *s, struct store_tx *tx, struct vault_job *job);
enum fault vault_refresh_begin(const struct services *s, struct store_tx *tx, struct vault_job *job);
enum fault vault_change_begin(const struct services *s, struct store_tx *tx, struct vault_job *job);

/* May the token's number be told? An effect that is still open counts: what its customer asked to stop is stopped. */
enum token_rule vault_discloses(const struct token_row *t, int64_t now_ms);

/* Find the wish's token into job->row; refuses. */
MUST_CHECK enum fault vault_find_row(const struct services *s, struct store_tx *tx, struct vault_job *job);

/* Make the row's spans the arena's own. False: memory is out. */
bool vault_copy_spans(struct arena *a, struct token_row *t);

/* The merchant's requestor id at `scheme`, into the question; refuses. */
MUST_CHECK enum fault vault_find_requestor(const struct services *s, struct store_tx *tx, struct vault_job *job,
                                           int64_t scheme);

/* Is one more card within the merchant's budget? Refuses. */
MUST_CHECK enum fault vault_budget(const struct services *s, struct vault_job *job);

/* An audit row of this request. */
MUST_CHECK enum fault vault_audit(struct store_tx *tx, const struct vault_job *job, enum audit_event event);

/* Make `op` the job's question, about job->row if there is one, else about the wish's card. `request` tells questions
 * on one token apart. BAD_INPUT when a text is too long. */
MUST_CHECK enum fault vault_question(struct vault_job *job, enum network_op op, int64_t request);

/* A `request` that no other question has. */
int64_t vault_request(void);

/* From when on the network may be asked again for what is asked for now; later than `before`, so that the value also
 * tells who asked last. */
int64_t vault_lease(const struct services *s, int64_t before, int64_t now_ms);

/* Is the row one that we write? Nothing else may be made of another, whoever wrote it. */
bool vault_row_is_sound(const struct token_row *t);

/* Life and expiry between row and struct. */
struct token_life vault_stored_life(const struct token_row *t);
void vault_store_life(struct token_row *t, struct token_life life);

/* Nobody uses this token any more, and the network has it, or may have it: the sweeper is to have it deleted there, at
 * once. The status is the caller's to set. */
void vault_disown(struct token_row *t, int64_t now_ms);

/* An answer and what it answers. `first`: nobody asked the same before. `lease`: the row's ask_ms when it was asked;
 * while that stands, nobody else has asked since. */
struct vault_heard {
    const struct network_ask *ask;
    const struct network_answer *answer;
    bool first, sweeping;
    int64_t lease, seen, now_ms;
};

/* Let a row hear an answer: the one place where what a network says changes a token. Does it? Spans of the row then
 * point into the answer. */
bool vault_hear(struct token_row *t, const struct vault_heard *h);

/* The same of a notice, which answers no question. */
bool vault_hear_notice(struct token_row *t, const struct network_answer *now, int64_t now_ms);

/* What looks for open rows, asks the network about them and keeps the answers. One look after the other; each waits for
 * its commits and answers. *more: it was full, so that another may find more. */
struct vault_sweeper;
MUST_CHECK enum fault vault_sweeper_new(struct vault_sweeper **out, const struct services *s);
void vault_sweeper_free(struct vault_sweeper *w);     /* NULL is fine */
MUST_CHECK enum fault vault_sweeper_look(struct vault_sweeper *w, int64_t now_ms, bool *more);

/* Tell the merchant that a token is not as it was before: whoever made it, and whoever changed it. In a write job. */
struct vault_was { int64_t status, expired, expiry; };
struct vault_was vault_was(const struct token_row *t);
MUST_CHECK enum fault vault_tell(struct store_tx *tx, const struct token_row *t, struct vault_was was, int64_t now_ms);

/* Keep what was heard of a row: the row and its audit row, none with event 0; and tell of it. */
struct vault_kept { int64_t event, outcome, now_ms; struct vault_was was; };
MUST_CHECK enum fault vault_keep(struct store_tx *tx, const struct token_row *t, const struct vault_kept *k);
