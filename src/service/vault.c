/* vault.c: the door of the vault: a job's way from wish to outcome. */
#include "service/vault.h"

#include <assert.h>
#include <string.h>

#include "service/card_budget.h"
#include "service/vault_own.h"

#include "base/banned.h"

enum fault vault_refuse(struct vault_job *job, enum vault_why why, enum fault fault)
{
    job->why = why;
    return fault;
}

enum fault vault_refuse_rule(struct vault_job *job, enum token_rule rule)
{
    job->rule = rule;
    return vault_refuse(job, VAULT_RULE, token_rule_fault(rule));
}

bool vault_fingerprint_allowed(const struct services *s, int64_t merchant_id,
                               const uint8_t fingerprint[static CARD_FINGERPRINT], int64_t now_ms)
{
    return !s->card_budget || card_budget_take(s->card_budget, merchant_id, fingerprint, now_ms);
}

enum fault vault_budget(const struct services *s, struct vault_job *job)
{
    const struct vault_wish *w = &job->wish;

    if (vault_fingerprint_allowed(s, w->merchant_id, w->card->fingerprint, job->now_ms))
        return FAULT_NONE;
    return vault_refuse(job, VAULT_CARD_BUDGET, FAULT_TOO_MANY);
}

/* How many numbers the network will have opened when the job is done. A network tells that of a new token at once or
 * when it is asked for it; a guest's comes with its cryptogram apart. */
static int64_t numbers_of(const struct vault_job *job, enum audit_event event)
{
    bool known = job->existed && job->row.status != TOKEN_INIT;

    if (event == AUDIT_TOKEN_MAKE)
        return known ? 0 : 1;
    if (event == AUDIT_TOKEN_MAKE_NUMBER)
        return known ? 1 : 2;
    return event == AUDIT_GUEST_NUMBER ? 2 : event == AUDIT_TOKEN_CRYPTOGRAM || event == AUDIT_TOKEN_NUMBER;
}

enum fault vault_audit(struct store_tx *tx, const struct vault_job *job, enum audit_event event)
{
    struct audit_row row = {
        .merchant_id = job->wish.merchant_id, .at_ms = job->now_ms, .event = event,
        .channel = job->wish.consent.channel, .token_no = job->row.token_no, .request_id = job->wish.request_id,
        .source = job->wish.source, .numbers = numbers_of(job, event),
    };

    return audit_insert(tx, &row);
}

int64_t vault_request(void)
{
    uint64_t n;

    secret_random_few(&n, sizeof n);
    return (int64_t)(n >> 1 | 1);
}

enum fault vault_question(struct vault_job *job, enum network_op op, int64_t request)
{
    const struct vault_wish *w = &job->wish;
    const struct token_row *t = &job->row;
    struct network_ask *ask = &job->call.ask;

    ask->op = op;
    ask->ref = (struct network_ref){ w->merchant_id, t->token_no, request };
    ask->scheme = t->scheme ? (enum scheme)t->scheme : w->card->scheme;
    ask->payment = w->payment;
    ask->amount = w->amount;
    ask->now_ms = job->now_ms;
    ask->wants_number = op == NETWORK_PROVISION && w->wants_number;
    if (w->card && op != NETWORK_NUMBER) {
        ask->has_flight = true;
        memcpy(ask->flight, w->card->flight, CARD_FLIGHT);
    }
    job->lease = t->ask_ms;
    job->seen = t->updated_ms;
    job->asks = true;
    if (span_text(ask->auth_ref, sizeof ask->auth_ref, w->consent.auth_ref))
        return FAULT_BAD_INPUT;
    return span_text(ask->token_ref, sizeof ask->token_ref, t->network_ref) ? FAULT_INTERNAL : FAULT_NONE;
}

static enum fault begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    switch (job->wish.op) {
    case VAULT_MAKE:
        return vault_make_begin(s, tx, job);
    case VAULT_DISCLOSE:
        return vault_disclose_begin(s, tx, job);
    case VAULT_REFRESH:
        return vault_refresh_begin(s, tx, job);
    case VAULT_SUSPEND: case VAULT_RESUME: case VAULT_DELETE:
        return vault_change_begin(s, tx, job);
    case VAULT_GUEST:
        return vault_guest_begin(s, tx, job);
    case VAULT_PAR:
        break;
    }
    return vault_par_begin(s, tx, job);
}

enum fault vault_begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    enum fault f;

    job->why = VAULT_FINE;
    job->consent = CONSENT_ALLOWED;
    job->rule = TOKEN_RULE_NONE;
    job->existed = job->asks = job->settles = job->asked_before = false;
    memset(&job->row, 0, sizeof job->row);
    memset(&job->answer, 0, sizeof job->answer);
    memset(&job->call, 0, sizeof job->call);
    memset(&job->number, 0, sizeof job->number);
    if (!s->network)
        return vault_refuse(job, VAULT_NO_NETWORK, FAULT_WRONG_STATE);
    f = begin(s, tx, job);
    if (f)
        job->asks = false;
    return f;
}

bool vault_asks(const struct vault_job *job)
{
    return job->asks;
}

/* Does the audit row that was committed cover a number? Nothing else may tell one. */
static bool may_tell(const struct vault_job *job)
{
    switch (job->wish.op) {
    case VAULT_DISCLOSE: case VAULT_GUEST:
        return true;
    case VAULT_MAKE:
        return job->wish.wants_number;
    case VAULT_REFRESH: case VAULT_SUSPEND: case VAULT_RESUME: case VAULT_DELETE: case VAULT_PAR:
        break;
    }
    return false;
}

static void hide_number(struct network_answer *a)
{
    secret_wipe(a->number, sizeof a->number);
    secret_wipe(a->tavv, sizeof a->tavv);
}

static struct vault_heard heard(const struct vault_job *job)
{
    return (struct vault_heard){
        .ask = &job->call.ask, .answer = &job->answer, .first = !job->asked_before, .lease = job->lease,
        .seen = job->seen, .now_ms = job->now_ms,
    };
}

/* The number of a token that was made just now. What the network says now is the answer to the caller; that the token
 * was made stays in job->call.answer. */
static void numbered(struct network_call *call)
{
    struct vault_job *job = call->arg;

    job->answer.verdict = call->answer.verdict;
    if (call->answer.verdict == NETWORK_DONE)
        memcpy(job->answer.number, call->answer.number, sizeof job->answer.number);
    hide_number(&call->answer);
    job->asked(job);
}

/* Networks differ: some tell the number of a new token at once, others when they are asked for it. */
static bool lacks_number(const struct vault_job *job)
{
    return job->wish.wants_number && job->call.ask.op == NETWORK_PROVISION && job->answer.verdict == NETWORK_DONE
        && !job->answer.number[0];
}

static void ask_number(struct vault_job *job)
{
    struct network_ask *ask = &job->number.ask;

    *ask = job->call.ask;
    ask->op = NETWORK_NUMBER;
    ask->ref.request = vault_request();
    ask->has_flight = false;
    memcpy(ask->token_ref, job->answer.token_ref, sizeof ask->token_ref);
    job->number.done = numbered;
    job->number.arg = job;
    network_ask(job->network, &job->number);
}

/* A disclosure that was begun and came to nothing: its outcome is audited, too (PCI DSS 10.2.2). */
static bool did_not_disclose(const struct vault_job *job)
{
    enum network_op op = job->call.ask.op;

    return (op == NETWORK_NUMBER || op == NETWORK_CRYPTOGRAM || op == NETWORK_ALT_ID || op == NETWORK_PAR)
        && job->answer.verdict != NETWORK_DONE;
}

static void answered(struct network_call *call)
{
    struct vault_job *job = call->arg;
    struct token_row row = job->row;
    struct vault_heard h = heard(job);

    job->answer = call->answer;
    if (!may_tell(job) || job->answer.verdict != NETWORK_DONE)
        hide_number(&job->answer);
    hide_number(&call->answer);
    secret_wipe(call->ask.flight, sizeof call->ask.flight);
    job->settles = (row.token_no && vault_hear(&row, &h)) || did_not_disclose(job);
    if (lacks_number(job))
        ask_number(job);
    else
        job->asked(job);
}

void vault_ask(const struct services *s, struct vault_job *job, void (*asked)(struct vault_job *job), void *arg)
{
    assert(job->asks);
    job->asked = asked;
    job->arg = arg;
    job->call.done = answered;
    job->call.arg = job;
    job->network = s->network;
    network_ask(s->network, &job->call);
}

bool vault_settles(const struct vault_job *job)
{
    return job->settles;
}

/* The network made a token that another request had given up meanwhile: it is deleted there, and not told of here. */
static void take_back(struct vault_job *job)
{
    hide_number(&job->answer);
    job->answer.verdict = job->row.verdict ? (enum network_verdict)job->row.verdict : NETWORK_ERROR;
}

static enum fault audit_heard(struct store_tx *tx, const struct token_row *t, const struct vault_kept *k)
{
    struct audit_row row = {
        .merchant_id = t->merchant_id, .at_ms = k->now_ms, .event = k->event, .channel = -1, .token_no = t->token_no,
        .outcome = k->outcome,
    };

    return k->event ? audit_insert(tx, &row) : FAULT_NONE;
}

enum fault vault_keep(struct store_tx *tx, const struct token_row *t, const struct vault_kept *k)
{
    enum fault f = tokens_update(tx, t);

    if (!f)
        f = vault_tell(tx, t, k->was, k->now_ms);
    return f ? f : audit_heard(tx, t, k);
}

/* The row may have changed since the question was put, so it is read anew. */
static enum fault settle_row(struct store_tx *tx, struct vault_job *job, struct vault_kept *kept)
{
    struct vault_heard h = heard(job);
    struct token_row row;
    enum fault f = tokens_find(tx, &row, job->arena, job->row.merchant_id, job->row.token_no);

    if (!f)
        kept->was = vault_was(&row);
    if (!f)
        f = vault_hear(&row, &h) ? vault_keep(tx, &row, kept) : audit_heard(tx, &row, kept);
    if (!f)
        job->row = row;
    return f;
}

enum fault vault_settle(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    const struct token_row nobody = { .merchant_id = job->wish.merchant_id };
    const enum network_verdict said = job->call.answer.verdict, told = job->answer.verdict;
    bool done = said == NETWORK_DONE && told == NETWORK_DONE;
    /* What was done as it was begun needs no second row. */
    struct vault_kept kept = {
        .event = done ? 0 : AUDIT_TOKEN_SETTLE, .outcome = told == NETWORK_DONE ? said : told, .now_ms = job->now_ms,
    };
    enum fault f;

    (void)s;
    job->answer.verdict = said;       /* of the question about the row, whatever came after it */
    f = job->row.token_no ? settle_row(tx, job, &kept) : audit_heard(tx, &nobody, &kept);
    job->answer.verdict = told;
    if (!f && job->wish.op == VAULT_MAKE && job->row.status == TOKEN_FAILED && said == NETWORK_DONE)
        take_back(job);
    return f;
}

enum vault_why vault_outcome(const struct vault_job *job)
{
    if (job->why)
        return job->why;
    return job->asks && job->answer.verdict != NETWORK_DONE ? VAULT_NETWORK : VAULT_FINE;
}
