/* complaint_vault.c: why the vault or the network refused, in Juspay's words. */
#include "dialect/juspay/complaint.h"

#include "base/banned.h"

static struct complaint config_error(const char *message)
{
    struct complaint c = complaint_make(400, "FEATURE_NOT_ENABLED", message);

    c.category = "CONFIG_ERROR";
    return c;
}

static struct complaint not_found(void)
{
    struct complaint c = complaint_make(404, "RESOURCE_NOT_FOUND", "Stored Card Entry Not Found");

    c.headline = "Not Found";
    return c;
}

static const char missing[] = "MISSING_MANDATORY_PARAMETER";

/* "orderData.consentId: RBI_CONSENT: the words of the rule (its source)". The reference of an authentication has one
 * name in generateToken and another in altId. */
static struct complaint of_consent(struct arena *a, enum consent_rule rule, enum vault_op op)
{
    struct complaint c = complaint_make(400, "INVALID_INPUT", NULL);
    const char *field = NULL;

    switch (rule) {
    case CONSENT_MISSING:
    case CONSENT_ID:
        c.code = missing;
        field = "orderData.consentId";
        break;
    case CONSENT_AMEX:
    case CONSENT_RUPAY:
    case CONSENT_STRICT:
        c.code = missing;
        field = op == VAULT_GUEST ? "orderData.authRefNumber" : "audit.authRefNo";
        break;
    case CONSENT_FACTOR:
        c.code = missing;
        break;
    case CONSENT_SCHEME:
        c = config_error(NULL);
        break;
    case CONSENT_TIME:
    case CONSENT_CARD_NUMBER:
    case CONSENT_OTHER_PAYMENT:
        break;
    case CONSENT_ALLOWED:
    case CONSENT_RULES:
        return complaint_of_fault(FAULT_INTERNAL);
    }
    c.message = complaint_join(a, (struct span[]){
        span_of(field), field ? SPAN(": ") : SPAN(""), span_of(consent_rule_name(rule)), SPAN(": "),
        span_of(consent_rule_text(rule)), SPAN(" ("), span_of(consent_rule_source(rule)), SPAN(")") }, 8);
    if (field) {
        c.field = span_of(field);
        c.reason = consent_rule_name(rule);
    }
    return c;
}

static struct complaint of_rule(struct arena *a, enum token_rule rule)
{
    struct complaint c = complaint_make(400, "INVALID_ACTION", NULL);
    const struct span parts[] = { span_of(token_rule_name(rule)), SPAN(": "), span_of(token_rule_text(rule)) };

    switch (rule) {
    case TOKEN_RULE_EXPIRED:
        c.code = "EXPIRED";
        break;
    case TOKEN_RULE_DEAD:
    case TOKEN_RULE_FAILED:
        c = not_found();
        break;
    case TOKEN_RULE_ACTOR:
    case TOKEN_RULE_PENDING:
    case TOKEN_RULE_SUSPENDED:
    case TOKEN_RULE_ISSUER:
    case TOKEN_RULE_SETTLED:
        break;
    case TOKEN_RULE_NONE:
    case TOKEN_RULES:
        return complaint_of_fault(FAULT_INTERNAL);
    }
    c.message = complaint_join(a, parts, sizeof parts / sizeof *parts);
    return c;
}

static struct complaint by_verdict(enum network_verdict v)
{
    switch (v) {
    case NETWORK_DECLINED:
    case NETWORK_AUTHENTICATE:
        return complaint_make(400, "INVALID_INPUT", NULL);
    case NETWORK_BAD_REQUEST:
    case NETWORK_BAD_AUTH_REF: {
        struct complaint c = complaint_make(400, "INVALID_INPUT", NULL);
        c.user = "The network token provision request contained data that could not be verified";
        return c;
    }
    case NETWORK_INELIGIBLE:
    case NETWORK_UNSUPPORTED:
    case NETWORK_NO_REQUESTOR:
    case NETWORK_REQUESTOR_STATE:
        return config_error(NULL);
    case NETWORK_CARD_BLOCKED:
    case NETWORK_BAD_STATE:
    case NETWORK_NOT_ALLOWED:
        return complaint_make(400, "INVALID_ACTION", NULL);
    case NETWORK_NO_TOKEN:
        return not_found();
    case NETWORK_SILENT:
        return complaint_make(504, "SERVER_ERROR", NULL);
    case NETWORK_ERROR:
    case NETWORK_FAULT:
    case NETWORK_UNREACHABLE:
    case NETWORK_NO_ROUTE:
    case NETWORK_BROKEN:
        return complaint_make(502, "SERVER_ERROR", NULL);
    case NETWORK_BUSY:
    case NETWORK_FLIGHT_GONE:
        return complaint_make(503, "SERVER_ERROR", NULL);
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
    return complaint_of_fault(FAULT_INTERNAL);
}

struct complaint complaint_of_verdict(struct arena *a, enum network_verdict v)
{
    struct complaint c = by_verdict(v);
    const struct span parts[] = { span_of(network_verdict_name(v)), SPAN(": "), span_of(network_verdict_text(v)) };

    if (c.status == 502 || c.status == 504)
        c.user = "Error from network";
    if (c.status != 500)
        c.message = complaint_join(a, parts, sizeof parts / sizeof *parts);
    return c;
}

struct complaint complaint_of_vault(struct arena *a, const struct vault_job *job, enum fault outcome)
{
    struct complaint c;

    switch (outcome ? job->why : vault_outcome(job)) {
    case VAULT_NO_TOKEN:
    case VAULT_OTHER_CUSTOMER:        /* another's is told as little about as one that does not exist */
        return not_found();
    case VAULT_CONSENT:
        return of_consent(a, job->consent, job->wish.op);
    case VAULT_RULE:
        if (job->wish.op == VAULT_MAKE && job->rule == TOKEN_RULE_DEAD)
            return complaint_make(409, "INVALID_ACTION",
                                  "the card's former token is being deleted at its network; try again in a moment");
        return of_rule(a, job->rule);
    case VAULT_NO_REQUESTOR:
        c = config_error("the merchant is not registered with the card's network");
        c.user = "Contact us to register for tokenisation.";
        return c;
    case VAULT_NO_NETWORK:
        return config_error("this server has no card network");
    case VAULT_CARD_BUDGET:
        return complaint_make(429, "TOO_MANY_REQUESTS", "more different cards than a merchant may try in an hour");
    case VAULT_NETWORK:
        return complaint_of_verdict(a, job->answer.verdict);
    case VAULT_FINE:
        break;
    }
    return complaint_of_fault(outcome);
}
