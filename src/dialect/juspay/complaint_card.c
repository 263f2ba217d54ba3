/* complaint_card.c: what is wrong with a card, in Juspay's words. */
#include "dialect/juspay/complaint.h"

#include "domain/cardscan.h"

#include "base/banned.h"

static const char unreadable[] = "cardData could not be decrypted or read";

static struct complaint bad_field(struct arena *a, const char *code, const char *path, const char *reason)
{
    struct complaint c = complaint_of_field(a, code, path, reason);

    c.user = "Invalid card details.";
    return c;
}

/* A flaw of the number has words of its own in the published samples. */
static struct complaint of_number(struct arena *a, enum pan_flaw flaw)
{
    struct complaint c;

    switch (flaw) {
    case PAN_MISSING:
        return bad_field(a, "MISSING_MANDATORY_PARAMETER", "card_number",
                         "is missing: cardData holds no member cardNumber that is a string");
    case PAN_LUHN:
        c = bad_field(a, "INVALID_INPUT", "card_number", "Luhn Check Failed.");
        break;
    case PAN_SCHEME:
        c = bad_field(a, "FEATURE_NOT_ENABLED", "card_number", "no card network that is served has such cards");
        c.category = "CONFIG_ERROR";
        break;
    case PAN_NOT_DIGITS:
    case PAN_LENGTH:
        c = bad_field(a, "INVALID_INPUT", "card_number", pan_flaw_text(flaw));
        break;
    case PAN_FINE:
    case PAN_FLAWS:
        return complaint_of_fault(FAULT_INTERNAL);
    }
    c.message = complaint_join(a, (struct span[]){ SPAN("Invalid CardNumber: "), span_of(c.reason) }, 2);
    return c;
}

/* A key id is the caller's text: one that looks like a card is not repeated. */
static struct complaint of_unreadable(struct arena *a, const struct card_facts *facts, enum services_mode mode,
                                      const char *server_key)
{
    struct complaint c = complaint_make(400, "INVALID_INPUT", unreadable);
    bool has_kid = facts->kid[0] != '\0' && !cardscan_found(span_of(facts->kid));
    const struct span parts[] = {
        span_of(unreadable), facts->why[0] ? SPAN(": ") : SPAN(""), span_of(facts->why),
        has_kid ? SPAN("; its kid is ") : SPAN("; it names no kid"), has_kid ? span_of(facts->kid) : SPAN(""),
        has_kid ? SPAN(", which is not looked at") : SPAN(""),
        server_key[0] ? SPAN("; the one key that opens it here has the id ") : SPAN(""), span_of(server_key),
    };

    c.headline = "BAD_REQUEST";
    if (mode == MODE_SANDBOX)
        c.message = complaint_join(a, parts, sizeof parts / sizeof *parts);
    return c;
}

struct complaint complaint_of_card(struct arena *a, const struct card_facts *facts, enum services_mode mode,
                                   const char *server_key)
{
    switch (facts->flaw) {
    case CARD_UNREADABLE:
        return of_unreadable(a, facts, mode, server_key);
    case CARD_SYNTAX:
        return bad_field(a, "INVALID_INPUT", "cardData", "holds no JSON object");
    case CARD_NUMBER:
        return of_number(a, facts->pan);
    case CARD_MONTH:
        return bad_field(a, "INVALID_INPUT", "card_exp_month", "expMonth is missing, no string, or not 01 to 12");
    case CARD_YEAR:
        return bad_field(a, "INVALID_INPUT", "card_exp_year",
                         "expYear is missing, no string, or not of two or four digits");
    case CARD_EXPIRED:
        return bad_field(a, "EXPIRED", "card_exp_year", "the card has expired");
    case CARD_CODE:
        return bad_field(a, "INVALID_INPUT", "card_security_code", "is not of the length that the card's network uses");
    case CARD_FINE:
    case CARD_FLAWS:
        break;
    }
    return complaint_of_fault(FAULT_INTERNAL);
}
