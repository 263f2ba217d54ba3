/* vault_change.c: a token suspended, resumed, deleted at the request of its merchant or customer. */
#include <assert.h>

#include "service/vault_own.h"

#include "base/banned.h"

struct change { enum network_op op; enum token_event event; enum audit_event audit; };

static struct change change_of(enum vault_op op)
{
    switch (op) {
    case VAULT_SUSPEND:
        return (struct change){ NETWORK_SUSPEND, TOKEN_ON_SUSPEND, AUDIT_TOKEN_SUSPEND };
    case VAULT_RESUME:
        return (struct change){ NETWORK_RESUME, TOKEN_ON_RESUME, AUDIT_TOKEN_RESUME };
    case VAULT_MAKE: case VAULT_DISCLOSE: case VAULT_REFRESH: case VAULT_DELETE: case VAULT_GUEST: case VAULT_PAR:
        break;
    }
    assert(op == VAULT_DELETE);
    return (struct change){ NETWORK_DELETE, TOKEN_ON_DELETE, AUDIT_TOKEN_DELETE };
}

static bool is_open(const struct token_row *t)
{
    return t->wanted != NETWORK_PROVISION;
}

/* A new wish gets a moment of its own, which tells it apart from every other on this token. */
static void open_effect(struct vault_job *job, enum network_op op)
{
    struct token_row *t = &job->row;

    t->request = job->now_ms > t->request ? job->now_ms : t->request + 1;
    t->wanted = op;
}

/* Keep the intent and its audit row; ask, unless that is left to the sweeper. */
static enum fault want(const struct services *s, struct store_tx *tx, struct vault_job *job, const struct change *c)
{
    struct token_row *t = &job->row;
    enum fault f = vault_find_requestor(s, tx, job, t->scheme);

    if (f)
        return f;
    t->ask_ms = job->wish.later && !job->asked_before ? job->now_ms : vault_lease(s, t->ask_ms, job->now_ms);
    t->updated_ms = job->now_ms > t->updated_ms ? job->now_ms : t->updated_ms + 1;
    f = tokens_update(tx, t);
    if (!f)
        f = vault_audit(tx, job, c->audit);
    return f || job->wish.later ? f : vault_question(job, c->op, t->request);
}

enum fault vault_change_begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    struct change c = change_of(job->wish.op);
    struct token_life life, before;
    enum token_rule rule;
    enum fault f = vault_find_row(s, tx, job);

    if (f)
        return f;
    life = before = vault_stored_life(&job->row);
    rule = token_happens(&life, c.event, TOKEN_BY_REQUESTOR);
    if (rule)
        return vault_refuse_rule(job, rule);
    if (is_open(&job->row)) {
        if (job->row.wanted != (int64_t)c.op)
            return vault_refuse_rule(job, job->row.wanted == NETWORK_DELETE ? TOKEN_RULE_DEAD : TOKEN_RULE_PENDING);
        job->asked_before = true;
        return want(s, tx, job, &c);
    }
    if (life.status == before.status && life.suspended_by == before.suspended_by)
        return FAULT_NONE;            /* it is so already */
    open_effect(job, c.op);
    return want(s, tx, job, &c);
}
