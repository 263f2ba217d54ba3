/* token.h: what a network token may become, by whose doing, and what it is good for meanwhile.
 *
 *   event       by                  INIT     ACTIVE      SUSPENDED              DEAD      FAILED
 *   PROVISIONED network             ACTIVE   stays       stays                  stays     refused
 *   FAILURE     network             FAILED   refused     refused                refused   stays
 *   SUSPEND     requestor, issuer   refused  SUSPENDED   one more suspends it   refused   refused
 *   RESUME      requestor, issuer   refused  stays       ACTIVE if none is left refused   refused
 *   DELETE      requestor, issuer   refused  DEAD        DEAD                   refused   refused
 *   EXPIRE      network             refused  expired     expired                refused   refused
 *   RENEW       issuer              refused  not expired not expired            refused   refused
 *   REPLACE     issuer              refused  DEAD        DEAD                   refused   refused
 *
 * "Stays" makes a repeated message harmless. Who suspended is kept, and each lifts only its own suspension, so that a
 * requestor never undoes the issuer's (reference C.2). What a network does by itself, or a cardholder at the bank, is
 * the issuer's doing here; merchants and cardholders who ask us are the requestor. A replaced card's token ends: the
 * new card has one again when its holder consents again (reference D.1). An expired token keeps its status and may
 * be renewed; it is good for nothing meanwhile. */
#pragma once

#include "domain/expiry.h"

enum token_status { TOKEN_INIT, TOKEN_ACTIVE, TOKEN_SUSPENDED, TOKEN_DEAD, TOKEN_FAILED, TOKEN_STATUSES };

enum token_actor { TOKEN_BY_REQUESTOR, TOKEN_BY_ISSUER, TOKEN_BY_NETWORK, TOKEN_ACTORS };

enum token_event {
    TOKEN_ON_PROVISIONED, TOKEN_ON_FAILURE, TOKEN_ON_SUSPEND, TOKEN_ON_RESUME, TOKEN_ON_DELETE, TOKEN_ON_EXPIRE,
    TOKEN_ON_RENEW, TOKEN_ON_REPLACE, TOKEN_EVENTS,
};

/* What a token is asked for. */
enum token_use {
    TOKEN_USE_CRYPTOGRAM,             /* its number with a one-time cryptogram (RBI CoFT; reference C.3) */
    TOKEN_USE_PAY,                    /* a payment or charge through us */
    TOKEN_USE_SHOW,                   /* status, last four, issuer: without the number, in any status */
    TOKEN_USES,
};

/* Why not. */
enum token_rule {
    TOKEN_RULE_NONE,                  /* it may be done */
    TOKEN_RULE_ACTOR,                 /* this event is not theirs to bring about */
    TOKEN_RULE_PENDING,               /* the network has not answered yet */
    TOKEN_RULE_SUSPENDED,
    TOKEN_RULE_ISSUER,                /* the issuer suspended it, and only the issuer lifts that */
    TOKEN_RULE_EXPIRED,
    TOKEN_RULE_DEAD,
    TOKEN_RULE_FAILED,                /* it never came to be */
    TOKEN_RULE_SETTLED,               /* the network says that it failed, having said before that it did not */
    TOKEN_RULES,
};

/* A token's life as it is stored. `suspended_by`: a set of TOKEN_MARK(), empty unless the status is SUSPENDED. */
struct token_life { enum token_status status; uint8_t suspended_by; bool expired; };
#define TOKEN_MARK(actor) ((uint8_t)(1u << (actor)))      /* requestor 1, issuer 2: stored, so never renumbered */

/* Let `event` happen. TOKEN_RULE_NONE, and *life is as the table says, perhaps as before; or why not, and *life is
 * untouched. */
MUST_CHECK enum token_rule token_happens(struct token_life *life, enum token_event event, enum token_actor by);

/* The life as seen at `now_ms` by the token's own expiry: expired when that month is past, everywhere at once. */
struct token_life token_at(struct token_life stored, struct expiry e, int64_t now_ms);

/* May it be used so? TOKEN_RULE_NONE, or why not: of a token both suspended and expired, suspended (reference B.5). */
enum token_rule token_allows(const struct token_life *life, enum token_use use);

/* Can the life have come from token_happens()? For what was read from a store. */
bool token_life_is_sound(const struct token_life *life);

/* "INIT", "ACTIVE", ... (reference B.4); a constant string. */
const char *token_status_name(enum token_status s);

/* A rule's name, "TOKEN_SUSPENDED_BY_ISSUER", and its words for a person; constant strings, never NULL. */
const char *token_rule_name(enum token_rule r);
const char *token_rule_text(enum token_rule r);

/* The rule as a fault: NONE, DENIED (ACTOR, ISSUER) or WRONG_STATE. */
enum fault token_rule_fault(enum token_rule r);
