/* verdict.c: what a network said, by name and in words. */
#include "network/network.h"

#include <assert.h>

#include "base/banned.h"

static const struct { const char *name, *text; } verdicts[NETWORK_VERDICTS] = {
    [NETWORK_DONE]             = { "DONE", "done" },
    [NETWORK_LATER]            = { "LATER", "the token becomes active later" },
    [NETWORK_DECLINED]         = { "DECLINED", "the card's issuer or network declined" },
    [NETWORK_INELIGIBLE]       = { "INELIGIBLE", "this card cannot have a token" },
    [NETWORK_AUTHENTICATE]     = { "AUTHENTICATE", "the card network wants additional authentication" },
    [NETWORK_BAD_REQUEST]      = { "BAD_REQUEST", "the card network refused the request as malformed" },
    [NETWORK_BAD_AUTH_REF]     = { "BAD_AUTH_REF", "the card network refused the authentication reference" },
    [NETWORK_CARD_BLOCKED]     = { "CARD_BLOCKED", "the card is blocked for further operations" },
    [NETWORK_BAD_STATE]        = { "BAD_STATE", "the token is not active" },
    [NETWORK_NOT_ALLOWED]      = { "NOT_ALLOWED", "the token's state does not allow this change" },
    [NETWORK_UNSUPPORTED]      = { "UNSUPPORTED", "the card's scheme does not offer this" },
    [NETWORK_NO_TOKEN]         = { "NO_TOKEN", "the card network knows no such token" },
    [NETWORK_NO_REQUESTOR]     = { "NO_REQUESTOR", "the card network knows no such token requestor" },
    [NETWORK_REQUESTOR_STATE]  = { "REQUESTOR_STATE", "the token requestor is not active at the card network" },
    [NETWORK_ERROR]            = { "ERROR", "the card network failed, and nothing happened" },
    [NETWORK_FAULT]            = { "FAULT", "the card network's answer makes no sense" },
    [NETWORK_UNREACHABLE]      = { "UNREACHABLE", "there is no connection to the card network" },
    [NETWORK_NO_ROUTE]         = { "NO_ROUTE", "there is no way to the card network" },
    [NETWORK_BROKEN]           = { "BROKEN", "the connection to the card network broke, and nothing happened" },
    [NETWORK_SILENT]           = { "SILENT", "the card network did not answer in time" },
    [NETWORK_BUSY]             = { "BUSY", "too many questions to the card network are under way" },
    [NETWORK_FLIGHT_GONE]      = { "FLIGHT_GONE", "the card could no longer be opened; it must be sent again" },
    [NETWORK_WRONG_TOKEN]      = { "WRONG_TOKEN", "no token of this number" },
    [NETWORK_WRONG_CRYPTOGRAM] = { "WRONG_CRYPTOGRAM", "the cryptogram is not of this token" },
    [NETWORK_REPLAYED]         = { "REPLAYED", "the cryptogram was used before" },
    [NETWORK_STALE]            = { "STALE", "the cryptogram is too old" },
    [NETWORK_WRONG_AMOUNT]     = { "WRONG_AMOUNT", "the cryptogram is of another amount" },
};

const char *network_verdict_name(enum network_verdict v)
{
    assert(v < NETWORK_VERDICTS);
    return verdicts[v].name;
}

const char *network_verdict_text(enum network_verdict v)
{
    assert(v < NETWORK_VERDICTS);
    return verdicts[v].text;
}
