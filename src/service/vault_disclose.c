/* vault_disclose.c: a token's number and cryptogram; how a token is now. */
#include "service/vault_own.h"

#include "base/banned.h"

enum token_rule vault_discloses(const struct token_row *t, int64_t now_ms)
{
    struct token_life life = vault_life(t, now_ms);
    enum token_rule rule = token_allows(&life, TOKEN_USE_CRYPTOGRAM);

    return !rule && t->wanted == NETWORK_SUSPEND ? TOKEN_RULE_SUSPENDED : rule;
}

enum fault vault_disclose_begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    enum token_rule rule;
    enum fault f = vault_find_row(s, tx, job);

    if (f)
        return f;
    rule = vault_discloses(&job->row, job->now_ms);
    if (rule)
        return vault_refuse_rule(job, rule);
    f = vault_find_requestor(s, tx, job, job->row.scheme);
    if (!f)
        f = vault_audit(tx, job, AUDIT_TOKEN_CRYPTOGRAM);
    return f ? f : vault_question(job, NETWORK_CRYPTOGRAM, vault_request());
}

enum fault vault_refresh_begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    enum fault f = vault_find_row(s, tx, job);
    struct token_life life;

    if (f)
        return f;
    life = vault_life(&job->row, job->now_ms);
    if (life.status == TOKEN_DEAD || life.status == TOKEN_FAILED)
        return FAULT_NONE;            /* these are final: there is nothing to ask */
    f = vault_find_requestor(s, tx, job, job->row.scheme);
    return f ? f : vault_question(job, NETWORK_STATUS, 0);
}
