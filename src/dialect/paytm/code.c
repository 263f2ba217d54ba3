/* code.c: the table of result codes and the ways into it. */
#include "dialect/paytm/code.h"

#include <assert.h>

#include "base/banned.h"

enum status { SUCCESS, PENDING, FAILED };

static const struct { const char *code; enum status status; const char *text; } codes[PAYTM_CODES] = {
    [CODE_DONE]            = { "00",   SUCCESS, "SUCCESS" },
    [CODE_PENDING]         = { "100",  PENDING, "PENDING" },
    [CODE_UNKNOWN]         = { "150",  PENDING, "SYSTEM_ERROR" },
    [CODE_BAD_REQUEST]     = { "400",  FAILED,  "BAD_REQUEST" },
    [CODE_REFUSED]         = { "401",  FAILED,  "FAILURE" },
    [CODE_NO_TOKEN]        = { "405",  FAILED,  "Invalid Token Index Number" },
    [CODE_REQUEST_ID]      = { "406",  FAILED,  "Invalid request id" },
    [CODE_MID]             = { "407",  FAILED,  "Incorrect mid" },
    [CODE_USER]            = { "408",  FAILED,  "Incorrect User ID" },
    [CODE_DETAILS]         = { "409",  FAILED,  "Incorrect details passed" },
    [CODE_MISSING]         = { "410",  FAILED,  "Mandatory fields missing" },
    [CODE_UNSUPPORTED]     = { "440",  FAILED,  "Operation not supported by network" },
    [CODE_NO_TRID]         = { "442",  FAILED,  "Unable to found TRID" },
    [CODE_TRID_STATE]      = { "443",  FAILED,  "TRID is not in Active state" },
    [CODE_INTERNAL]        = { "500",  FAILED,  "INTERNAL_SYSTEM_ERROR" },
    [CODE_DOWN]            = { "502",  FAILED,  "SYSTEM_ERROR" },
    [CODE_NET_BAD_REQUEST] = { "700",  FAILED,  "Bad Request from card Network" },
    [CODE_NET_DECLINED]    = { "701",  FAILED,  "Failure from card network" },
    [CODE_NET_ERROR]       = { "702",  FAILED,  "Error from Network" },
    [CODE_NET_UNREACHABLE] = { "708",  FAILED,  "Error connecting with card network" },
    [CODE_NET_BROKEN]      = { "709",  FAILED,  "Error communicating with card network" },
    [CODE_CARD_BLOCKED]    = { "714",  FAILED,  "Further operations for this card are not allowed" },
    [CODE_NOT_ALLOWED]     = { "715",  FAILED,  "Requested action for the token not allowed or token is invalid" },
    [CODE_NET_FAULT]       = { "721",  FAILED,  "Error with Network" },
    [CODE_NET_NO_ROUTE]    = { "723",  FAILED,  "Error While connecting to card network" },
    [CODE_NET_NO_TOKEN]    = { "724",  FAILED,  "TOKEN_NOT_FOUND" },
    [CODE_STATE]           = { "726",  FAILED,  "TOKEN_INVALID_STATE" },
    [CODE_AUTH_REF]        = { "727",  FAILED,  "INVALID_AUTHREFNO" },
    [CODE_SUSPENDED]       = { "728",  FAILED,  "TOKEN_SUSPENDED" },
    [CODE_EXPIRED]         = { "729",  FAILED,  "TOKEN_EXPIRED" },
    [CODE_NET_INELIGIBLE]  = { "730",  FAILED,  "Error from card network" },
    [CODE_AUTHENTICATE]    = { "750",  FAILED,  "REQUIRE_ADDITIONAL_AUTHENTICATION" },
    [CODE_AWAITING]        = { "801",  PENDING, "Awaiting response from the network" },
    [CODE_SIGNATURE]       = { "1001", FAILED,  "Signature Validation Failure" },
    [CODE_CHECKSUM]        = { "1002", FAILED,  "CheckSum Validation Failure" },
    [CODE_JWT]             = { "1003", FAILED,  "Jwt Validation Failure" },
    [CODE_NO_MID]          = { "1004", FAILED,  "Merchant Id is missing" },
    [CODE_NO_TYPE]         = { "1005", FAILED,  "Signature type is missing" },
    [CODE_NO_HEAD]         = { "1006", FAILED,  "Head is missing" },
    [CODE_TYPE]            = { "1400", FAILED,  "Signature Type is invalid" },
};

/* The words of the table, and those of the field's description (decision 17). */
static const char *const words[2][3] = { { "SUCCESS", "PENDING", "FAILED" }, { "S", "U", "F" } };

struct paytm_words code_words(enum paytm_code c, bool short_status)
{
    assert(c < PAYTM_CODES);
    return (struct paytm_words){ codes[c].code, words[short_status][codes[c].status], codes[c].text };
}

enum paytm_code code_of_fault(enum fault f)
{
    switch (f) {
    case FAULT_NONE:
        return CODE_DONE;
    case FAULT_BAD_INPUT:
        return CODE_BAD_REQUEST;
    case FAULT_UNKNOWN_CALLER:
    case FAULT_TOO_MANY:
        return CODE_REFUSED;
    case FAULT_NOT_FOUND:
        return CODE_NO_TOKEN;
    case FAULT_WRONG_STATE:
        return CODE_STATE;
    case FAULT_BUSY:
    case FAULT_DISK:
    case FAULT_SILENT:
    case FAULT_RETRY:
        return CODE_DOWN;
    case FAULT_DENIED:        /* these have a meaning of their own wherever a caller can bring them about */
    case FAULT_EXISTS:
    case FAULT_MISMATCH:
    case FAULT_INTERNAL:
        break;
    }
    return CODE_INTERNAL;
}

static bool is_change(enum vault_op op)
{
    return op == VAULT_SUSPEND || op == VAULT_RESUME || op == VAULT_DELETE;
}

/* A change that the token's state forbids is 715, whatever the state; other uses are told the state. */
static enum paytm_code code_of_rule(enum token_rule rule, enum vault_op op)
{
    switch (rule) {
    case TOKEN_RULE_PENDING:
        return is_change(op) ? CODE_NOT_ALLOWED : CODE_PENDING;
    case TOKEN_RULE_SUSPENDED:
        return is_change(op) ? CODE_NOT_ALLOWED : CODE_SUSPENDED;
    case TOKEN_RULE_EXPIRED:
        return CODE_EXPIRED;
    case TOKEN_RULE_DEAD:
    case TOKEN_RULE_FAILED:
        return is_change(op) ? CODE_NOT_ALLOWED : CODE_STATE;
    case TOKEN_RULE_ACTOR:
    case TOKEN_RULE_ISSUER:
    case TOKEN_RULE_SETTLED:
        return CODE_NOT_ALLOWED;
    case TOKEN_RULE_NONE:
    case TOKEN_RULES:
        break;
    }
    return CODE_INTERNAL;
}

static enum paytm_code code_of_consent(enum consent_rule rule)
{
    switch (rule) {
    case CONSENT_MISSING:
    case CONSENT_FACTOR:
    case CONSENT_OTHER_PAYMENT:
        return CODE_REFUSED;
    case CONSENT_SCHEME:
        return CODE_UNSUPPORTED;
    case CONSENT_CARD_NUMBER:
        return CODE_DETAILS;
    case CONSENT_ID:
    case CONSENT_AMEX:
    case CONSENT_RUPAY:
    case CONSENT_STRICT:
        return CODE_MISSING;
    case CONSENT_ALLOWED:
    case CONSENT_TIME:        /* the time is ours */
    case CONSENT_RULES:
        break;
    }
    return CODE_INTERNAL;
}

/* A token the network does not let be used: as the network says it is. */
static enum paytm_code code_of_life(const struct token_life *life)
{
    switch (life->status) {
    case TOKEN_INIT:
        return CODE_PENDING;
    case TOKEN_SUSPENDED:
        return CODE_SUSPENDED;
    case TOKEN_ACTIVE:
        return life->expired ? CODE_EXPIRED : CODE_STATE;
    case TOKEN_DEAD:
    case TOKEN_FAILED:
    case TOKEN_STATUSES:
        break;
    }
    return CODE_STATE;
}

static enum paytm_code code_of_verdict(const struct network_answer *answer)
{
    switch (answer->verdict) {
    case NETWORK_DONE:            return CODE_DONE;
    case NETWORK_LATER:           return CODE_PENDING;
    case NETWORK_DECLINED:        return CODE_NET_DECLINED;
    case NETWORK_INELIGIBLE:      return CODE_NET_INELIGIBLE;
    case NETWORK_AUTHENTICATE:    return CODE_AUTHENTICATE;
    case NETWORK_BAD_REQUEST:     return CODE_NET_BAD_REQUEST;
    case NETWORK_BAD_AUTH_REF:    return CODE_AUTH_REF;
    case NETWORK_CARD_BLOCKED:    return CODE_CARD_BLOCKED;
    case NETWORK_BAD_STATE:       return code_of_life(&answer->life);
    case NETWORK_NOT_ALLOWED:     return CODE_NOT_ALLOWED;
    case NETWORK_UNSUPPORTED:     return CODE_UNSUPPORTED;
    case NETWORK_NO_TOKEN:        return CODE_NET_NO_TOKEN;
    case NETWORK_NO_REQUESTOR:    return CODE_NO_TRID;
    case NETWORK_REQUESTOR_STATE: return CODE_TRID_STATE;
    case NETWORK_ERROR:           return CODE_NET_ERROR;
    case NETWORK_FAULT:           return CODE_NET_FAULT;
    case NETWORK_UNREACHABLE:     return CODE_NET_UNREACHABLE;
    case NETWORK_NO_ROUTE:        return CODE_NET_NO_ROUTE;
    case NETWORK_BROKEN:          return CODE_NET_BROKEN;
    case NETWORK_SILENT:          return CODE_AWAITING;
    case NETWORK_BUSY:            return CODE_DOWN;
    case NETWORK_FLIGHT_GONE:     return CODE_DOWN;
    case NETWORK_WRONG_TOKEN:     /* of NETWORK_VERIFY alone: an answer to a question that was not put */
    case NETWORK_WRONG_CRYPTOGRAM:
    case NETWORK_REPLAYED:
    case NETWORK_STALE:
    case NETWORK_WRONG_AMOUNT:
        return CODE_NET_FAULT;
    case NETWORK_VERDICTS:
        break;
    }
    return CODE_INTERNAL;
}

/* After an answer that makes no sense the vault asks again until a token or a change is settled: it has not failed. */
static bool is_unsettled(const struct vault_job *job)
{
    return (is_change(job->wish.op) || job->wish.op == VAULT_MAKE) && job->answer.verdict == NETWORK_FAULT;
}

static enum paytm_code code_of_why(const struct vault_job *job, enum vault_why why, enum fault f)
{
    switch (why) {
    case VAULT_FINE:           return code_of_fault(f);
    case VAULT_NO_TOKEN:       return CODE_NO_TOKEN;
    case VAULT_OTHER_CUSTOMER: return CODE_USER;
    case VAULT_CONSENT:        return code_of_consent(job->consent);
    case VAULT_RULE:           return code_of_rule(job->rule, job->wish.op);
    case VAULT_NO_REQUESTOR:   return CODE_NO_TRID;
    case VAULT_NO_NETWORK:     return CODE_DOWN;
    case VAULT_CARD_BUDGET:    return CODE_REFUSED;
    case VAULT_NETWORK:        return is_unsettled(job) ? CODE_UNKNOWN : code_of_verdict(&job->answer);
    }
    return CODE_INTERNAL;
}

enum paytm_code code_of_refusal(const struct vault_job *job, enum fault f)
{
    return code_of_why(job, job->why, f);
}

enum paytm_code code_of_outcome(const struct vault_job *job)
{
    return code_of_why(job, vault_outcome(job), FAULT_NONE);
}

enum paytm_code code_of_flaw(enum card_flaw flaw, enum pan_flaw pan)
{
    switch (flaw) {
    case CARD_FINE:
        return CODE_DONE;
    case CARD_UNREADABLE:
    case CARD_SYNTAX:
        return CODE_DETAILS;
    case CARD_NUMBER:
        return pan == PAN_MISSING ? CODE_MISSING : CODE_DETAILS;
    case CARD_MONTH:
    case CARD_YEAR:
    case CARD_EXPIRED:
    case CARD_CODE:
        return CODE_DETAILS;
    case CARD_FLAWS:
        break;
    }
    return CODE_INTERNAL;
}
