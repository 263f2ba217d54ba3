/* payment.c: the life of an attempt to pay as a table. */
#include "domain/payment.h"

#include <assert.h>

#include "base/banned.h"

/* An answer of the table: a state to become, or one of these. */
enum { NO = -1, STAYS = -2 };

#define TO(state) PAYMENT_##state
static const int becomes[PAYMENT_EVENTS][PAYMENT_STATES] = {
    /*                           BEGUN          FACTOR         APPROVAL       FLAGGED        SUCCESS
     *                           FAILED         DROPPED        VOID           CANCELLED */
    [PAYMENT_ON_ASKS_FACTOR] = { TO(FACTOR),    STAYS,         NO,            NO,            NO,
                                 NO,            NO,            NO,            NO },
    [PAYMENT_ON_WAITS]       = { TO(APPROVAL),  NO,            STAYS,         NO,            NO,
                                 NO,            NO,            NO,            NO },
    [PAYMENT_ON_CHARGED]     = { TO(SUCCESS),   TO(SUCCESS),   TO(SUCCESS),   TO(SUCCESS),   STAYS,
                                 TO(CANCELLED), TO(CANCELLED), NO,            STAYS },
    [PAYMENT_ON_HELD]        = { TO(FLAGGED),   TO(FLAGGED),   TO(FLAGGED),   STAYS,         NO,
                                 NO,            NO,            NO,            NO },
    [PAYMENT_ON_DECLINED]    = { TO(FAILED),    TO(FAILED),    TO(FAILED),    TO(FAILED),    NO,
                                 STAYS,         NO,            NO,            NO },
    [PAYMENT_ON_ABANDONED]   = { TO(DROPPED),   TO(DROPPED),   TO(DROPPED),   NO,            NO,
                                 NO,            STAYS,         NO,            NO },
    [PAYMENT_ON_VOIDED]      = { NO,            NO,            NO,            NO,            TO(VOID),
                                 NO,            NO,            STAYS,         NO },
    [PAYMENT_ON_TOO_LATE]    = { TO(CANCELLED), TO(CANCELLED), TO(CANCELLED), TO(CANCELLED), NO,
                                 TO(CANCELLED), TO(CANCELLED), NO,            STAYS },
};

bool payment_happens(enum payment_state *state, enum payment_event event)
{
    int to;

    assert(*state < PAYMENT_STATES && event < PAYMENT_EVENTS);
    to = becomes[event][*state];
    if (to >= 0)
        *state = (enum payment_state)to;
    return to != NO;
}

bool payment_is_over(enum payment_state s)
{
    return s >= PAYMENT_SUCCESS;
}

const char *payment_state_name(enum payment_state s)
{
    static const char *const names[PAYMENT_STATES] = {
        [PAYMENT_BEGUN] = "PENDING", [PAYMENT_FACTOR] = "PENDING", [PAYMENT_APPROVAL] = "PENDING",
        [PAYMENT_FLAGGED] = "FLAGGED", [PAYMENT_SUCCESS] = "SUCCESS", [PAYMENT_FAILED] = "FAILED",
        [PAYMENT_DROPPED] = "USER_DROPPED", [PAYMENT_VOID] = "VOID", [PAYMENT_CANCELLED] = "CANCELLED",
    };

    assert(s < PAYMENT_STATES);
    return names[s];
}

bool payment_tells_account(enum payment_method m)
{
    return m == PAYMENT_BY_UPI || m == PAYMENT_BY_NETBANKING;
}

const char *payment_method_name(enum payment_method m)
{
    static const char *const names[PAYMENT_METHODS] = {
        [PAYMENT_BY_CARD] = "card", [PAYMENT_BY_UPI] = "upi", [PAYMENT_BY_NETBANKING] = "netbanking",
        [PAYMENT_BY_APP] = "app", [PAYMENT_BY_PAYLATER] = "paylater", [PAYMENT_BY_CARDLESS_EMI] = "cardless_emi",
        [PAYMENT_BY_EMI] = "emi", [PAYMENT_BY_BANKTRANSFER] = "banktransfer",
    };

    assert(m < PAYMENT_METHODS);
    return names[m];
}

const char *payment_channel_name(enum payment_channel c)
{
    static const char *const names[PAYMENT_CHANNELS] = {
        [PAYMENT_LINK] = "link", [PAYMENT_POST] = "post", [PAYMENT_COLLECT] = "collect", [PAYMENT_QRCODE] = "qrcode",
    };

    assert(c < PAYMENT_CHANNELS);
    return names[c];
}
