/* instrument_problem.c: why the vault or the network refused, in Cashfree's words (reference 2.13, 3.5). */
#include "dialect/cashfree/instrument.h"

#include "base/banned.h"

struct problem instrument_unknown(void)
{
    return problem_make(404, "instrument_not_found", "instrument not found");
}

static struct problem not_enabled(const char *message)
{
    return problem_make(403, "save_instrument_not_enabled", message);
}

static struct problem of_rule(const struct vault_job *job)
{
    switch (job->rule) {
    case TOKEN_RULE_DEAD:
        if (job->wish.op == VAULT_DELETE)
            return problem_make(409, "instrument_already_deleted", "instrument is already deleted");
        return instrument_unknown();
    case TOKEN_RULE_FAILED:
        return instrument_unknown();
    case TOKEN_RULE_EXPIRED:
        return problem_make(400, "instrument_id_expired", token_rule_text(job->rule));
    case TOKEN_RULE_ACTOR:
    case TOKEN_RULE_PENDING:
    case TOKEN_RULE_SUSPENDED:
    case TOKEN_RULE_ISSUER:
    case TOKEN_RULE_SETTLED:
        return problem_make(400, "instrument_inactive", token_rule_text(job->rule));
    case TOKEN_RULE_NONE:
    case TOKEN_RULES:
        break;
    }
    return problem_of_fault(FAULT_INTERNAL);
}

static struct problem of_verdict(enum vault_op op, enum network_verdict v)
{
    const char *text = network_verdict_text(v);

    switch (v) {
    case NETWORK_NO_TOKEN:
        return op == VAULT_PAR ? problem_make(400, "card_unsupported", text) : instrument_unknown();
    case NETWORK_BAD_STATE:
    case NETWORK_NOT_ALLOWED:
    case NETWORK_CARD_BLOCKED:
        return problem_make(400, op == VAULT_PAR ? "card_unsupported" : "instrument_inactive", text);
    case NETWORK_INELIGIBLE:
    case NETWORK_UNSUPPORTED:
    case NETWORK_DECLINED:
    case NETWORK_AUTHENTICATE:
    case NETWORK_BAD_REQUEST:
    case NETWORK_BAD_AUTH_REF:
        return problem_make(400, "card_unsupported", text);
    case NETWORK_NO_REQUESTOR:
    case NETWORK_REQUESTOR_STATE:
        return not_enabled(text);
    case NETWORK_ERROR:
    case NETWORK_FAULT:
    case NETWORK_UNREACHABLE:
    case NETWORK_NO_ROUTE:
    case NETWORK_BROKEN:
    case NETWORK_SILENT:
        return problem_make(502, op == VAULT_DISCLOSE ? "cryptogram_request_failed"
                                                      : "tokenization_service_unavailable", text);
    case NETWORK_BUSY:
    case NETWORK_FLIGHT_GONE:
        return problem_of_fault(FAULT_BUSY);
    case NETWORK_DONE:
    case NETWORK_LATER:
    case NETWORK_WRONG_TOKEN:
    case NETWORK_WRONG_CRYPTOGRAM:
    case NETWORK_REPLAYED:
    case NETWORK_STALE:
    case NETWORK_WRONG_AMOUNT:
    case NETWORK_VERDICTS:
        break;
    }
    return problem_of_fault(FAULT_INTERNAL);
}

struct problem instrument_problem(const struct vault_job *job, enum fault outcome)
{
    switch (outcome ? job->why : vault_outcome(job)) {
    case VAULT_NO_TOKEN:
    case VAULT_OTHER_CUSTOMER:        /* another's is told as little about as one that does not exist */
        return instrument_unknown();
    case VAULT_RULE:
        return of_rule(job);
    case VAULT_NO_REQUESTOR:
        return not_enabled("the merchant is not registered with the card's network");
    case VAULT_NO_NETWORK:
        return not_enabled("this server has no card network");
    case VAULT_CARD_BUDGET: {
        struct problem p = problem_of_fault(FAULT_TOO_MANY);
        p.message = SPAN("more different cards than a merchant may try in an hour");
        return p;
    }
    case VAULT_NETWORK:
        return of_verdict(job->wish.op, job->answer.verdict);
    case VAULT_CONSENT:               /* of making a token, which no call here does */
    case VAULT_FINE:
        break;
    }
    return problem_of_fault(outcome ? outcome : FAULT_INTERNAL);
}
