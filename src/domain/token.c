/* token.c: the life of a token as a table. */
#include "domain/token.h"

#include <assert.h>

#include "base/banned.h"

enum {
    REQUESTOR = 1u << TOKEN_BY_REQUESTOR, ISSUER = 1u << TOKEN_BY_ISSUER, NETWORK = 1u << TOKEN_BY_NETWORK,
    EITHER = REQUESTOR | ISSUER,
};

/* What becomes of a token in one status; with a rule it is refused. */
struct step { enum token_status to; enum token_rule why_not; };

#define TO(status) { TOKEN_##status, TOKEN_RULE_NONE }
#define NOT(rule)  { TOKEN_STATUSES, TOKEN_RULE_##rule }

static const struct { unsigned by; struct step from[TOKEN_STATUSES]; } events[TOKEN_EVENTS] = {
    /* who may, and INIT, ACTIVE, SUSPENDED, DEAD, FAILED */
    [TOKEN_ON_PROVISIONED] = { NETWORK, { TO(ACTIVE), TO(ACTIVE), TO(SUSPENDED), TO(DEAD), NOT(FAILED) } },
    [TOKEN_ON_FAILURE] = { NETWORK, { TO(FAILED), NOT(SETTLED), NOT(SETTLED), NOT(SETTLED), TO(FAILED) } },
    [TOKEN_ON_SUSPEND] = { EITHER,  { NOT(PENDING), TO(SUSPENDED), TO(SUSPENDED), NOT(DEAD), NOT(FAILED) } },
    [TOKEN_ON_RESUME]  = { EITHER,  { NOT(PENDING), TO(ACTIVE), TO(ACTIVE), NOT(DEAD), NOT(FAILED) } },
    [TOKEN_ON_DELETE]  = { EITHER,  { NOT(PENDING), TO(DEAD), TO(DEAD), NOT(DEAD), NOT(FAILED) } },
    [TOKEN_ON_EXPIRE]  = { NETWORK, { NOT(PENDING), TO(ACTIVE), TO(SUSPENDED), NOT(DEAD), NOT(FAILED) } },
    [TOKEN_ON_RENEW]   = { ISSUER,  { NOT(PENDING), TO(ACTIVE), TO(SUSPENDED), NOT(DEAD), NOT(FAILED) } },
    [TOKEN_ON_REPLACE] = { ISSUER,  { NOT(PENDING), TO(DEAD), TO(DEAD), NOT(DEAD), NOT(FAILED) } },
};

/* Why a token in this status is not used for a payment. */
static const enum token_rule unusable[TOKEN_STATUSES] = {
    [TOKEN_INIT] = TOKEN_RULE_PENDING, [TOKEN_ACTIVE] = TOKEN_RULE_NONE, [TOKEN_SUSPENDED] = TOKEN_RULE_SUSPENDED,
    [TOKEN_DEAD] = TOKEN_RULE_DEAD, [TOKEN_FAILED] = TOKEN_RULE_FAILED,
};

static const char *const status_names[TOKEN_STATUSES] = { "INIT", "ACTIVE", "SUSPENDED", "DEAD", "FAILED" };

static const struct { const char *name, *text; enum fault fault; } rules[TOKEN_RULES] = {
    [TOKEN_RULE_NONE]      = { "ALLOWED", "it may be done", FAULT_NONE },
    [TOKEN_RULE_ACTOR]     = { "TOKEN_NOT_YOURS_TO_CHANGE", "another party alone may bring this about", FAULT_DENIED },
    [TOKEN_RULE_PENDING]   = { "TOKEN_PENDING", "the card network has not settled it yet", FAULT_WRONG_STATE },
    [TOKEN_RULE_SUSPENDED] = { "TOKEN_SUSPENDED", "the token is suspended", FAULT_WRONG_STATE },
    [TOKEN_RULE_ISSUER]    = { "TOKEN_SUSPENDED_BY_ISSUER",
                               "the card's issuer suspended the token, and only the issuer can resume it",
                               FAULT_DENIED },
    [TOKEN_RULE_EXPIRED]   = { "TOKEN_EXPIRED", "the token's expiry is past", FAULT_WRONG_STATE },
    [TOKEN_RULE_DEAD]      = { "TOKEN_DEAD", "the token has been deleted", FAULT_WRONG_STATE },
    [TOKEN_RULE_FAILED]    = { "TOKEN_FAILED", "the card network did not make the token", FAULT_WRONG_STATE },
    [TOKEN_RULE_SETTLED]   = { "TOKEN_SETTLED", "the card network had made the token before", FAULT_WRONG_STATE },
};

/* Who still suspends a token after `by` resumed it. */
static uint8_t marks_without(uint8_t marks, enum token_actor by)
{
    return marks & (uint8_t)~TOKEN_MARK(by);
}

enum token_rule token_happens(struct token_life *life, enum token_event event, enum token_actor by)
{
    struct token_life next = *life;
    struct step step;

    assert(event < TOKEN_EVENTS && by < TOKEN_ACTORS && token_life_is_sound(life));
    if (!(events[event].by & (1u << by)))
        return TOKEN_RULE_ACTOR;
    step = events[event].from[life->status];
    if (step.why_not)
        return step.why_not;

    next.status = step.to;
    if (event == TOKEN_ON_SUSPEND) {
        next.suspended_by |= TOKEN_MARK(by);
    } else if (event == TOKEN_ON_RESUME) {
        next.suspended_by = marks_without(life->suspended_by, by);
        if (by == TOKEN_BY_REQUESTOR && life->suspended_by == TOKEN_MARK(TOKEN_BY_ISSUER))
            return TOKEN_RULE_ISSUER;
        if (next.suspended_by)
            next.status = TOKEN_SUSPENDED;
    } else if (event == TOKEN_ON_EXPIRE || event == TOKEN_ON_RENEW) {
        next.expired = event == TOKEN_ON_EXPIRE;
    }
    if (next.status == TOKEN_DEAD)
        next.suspended_by = 0;
    *life = next;
    assert(token_life_is_sound(life));
    return TOKEN_RULE_NONE;
}

struct token_life token_at(struct token_life stored, struct expiry e, int64_t now_ms)
{
    bool lives = stored.status == TOKEN_ACTIVE || stored.status == TOKEN_SUSPENDED;

    stored.expired = stored.expired || (lives && expiry_is_past(e, now_ms));
    return stored;
}

enum token_rule token_allows(const struct token_life *life, enum token_use use)
{
    assert(life->status < TOKEN_STATUSES && use < TOKEN_USES);
    if (use == TOKEN_USE_SHOW)
        return TOKEN_RULE_NONE;
    if (unusable[life->status])
        return unusable[life->status];
    return life->expired ? TOKEN_RULE_EXPIRED : TOKEN_RULE_NONE;
}

bool token_life_is_sound(const struct token_life *life)
{
    if (life->status >= TOKEN_STATUSES || (life->suspended_by & ~EITHER))
        return false;
    if (life->expired && (life->status == TOKEN_INIT || life->status == TOKEN_FAILED))
        return false;
    return (life->suspended_by != 0) == (life->status == TOKEN_SUSPENDED);
}

const char *token_status_name(enum token_status s)
{
    assert(s < TOKEN_STATUSES);
    return status_names[s];
}

const char *token_rule_name(enum token_rule r)
{
    assert(r < TOKEN_RULES);
    return rules[r].name;
}

const char *token_rule_text(enum token_rule r)
{
    assert(r < TOKEN_RULES);
    return rules[r].text;
}

enum fault token_rule_fault(enum token_rule r)
{
    assert(r < TOKEN_RULES);
    return rules[r].fault;
}
