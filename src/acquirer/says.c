/* says.c: what each verdict of an acquirer means: its name, its words for the payer, the codes for a dialect. */
#include "acquirer/acquirer.h"

#include <assert.h>

#include "base/banned.h"

/* error_code and error_source as reference 2.10 has them; reasons beyond the three seen there are ours. */
#define DECLINED "TRANSACTION_DECLINED"
#define FAILED "GATEWAY_ERROR"
#define CUSTOMER "customer"
#define BANK "bank"
#define CASHFREE "cashfree"

static const struct acquirer_saying sayings[ACQUIRER_VERDICTS] = {
    [ACQUIRER_CHARGED]        = { "CHARGED", true, false, "Transaction successful", NULL, NULL, NULL, NULL },
    [ACQUIRER_FACTOR]         = { "FACTOR", true, false, "Waiting for the payer's OTP", NULL, NULL, NULL, NULL },
    [ACQUIRER_WAITS]          = { "WAITS", true, false, "Waiting for the payer's approval", NULL, NULL, NULL, NULL },
    [ACQUIRER_HELD]           = { "HELD", true, false, "Transaction is held for review", NULL, NULL, NULL, NULL },
    [ACQUIRER_WRONG_OTP]      = { "WRONG_OTP", true, false, "otp is invalid", DECLINED,
                                  "the one-time password is wrong", "otp_invalid", CUSTOMER },
    [ACQUIRER_DROPPED]        = { "DROPPED", true, false,
                                  "User dropped and did not complete the two factor authentication", DECLINED,
                                  "the payer left before the payment was complete", "user_dropped", CUSTOMER },
    [ACQUIRER_VOIDED]         = { "VOIDED", true, false, "Authorisation was voided", NULL, NULL, NULL, NULL },
    [ACQUIRER_REVERSED]       = { "REVERSED", true, false, "Transaction was reversed", NULL, NULL, NULL, NULL },
    [ACQUIRER_REFUND_PENDING] = { "REFUND_PENDING", true, false, "In Progress", NULL, NULL, NULL, NULL },
    [ACQUIRER_REFUND_DONE]    = { "REFUND_DONE", true, false, "Refund processed", NULL, NULL, NULL, NULL },
    [ACQUIRER_REFUND_FAILED]  = { "REFUND_FAILED", true, false, "Refund failed", DECLINED,
                                  "the payer's bank refused the refund", "bank_rejected", BANK },
    [ACQUIRER_REFUND_ONHOLD]  = { "REFUND_ONHOLD", true, false, "Refund is on hold", NULL, NULL, NULL, NULL },
    [ACQUIRER_REFUND_CANCELLED] = { "REFUND_CANCELLED", true, false, "Refund was cancelled", NULL, NULL, NULL, NULL },

    [ACQUIRER_DECLINED]       = { "DECLINED", true, true, "Transaction declined by the bank", DECLINED,
                                  "the payer's bank did not honour the payment", "auth_declined", BANK },
    [ACQUIRER_WRONG_CODE]     = { "WRONG_CODE", true, true, "Security code is wrong", DECLINED,
                                  "the card's security code is wrong or missing", "cvv_invalid", CUSTOMER },
    [ACQUIRER_OTP_EXPIRED]    = { "OTP_EXPIRED", true, true, "otp has expired", DECLINED,
                                  "no right one-time password came in time", "otp_expired", CUSTOMER },
    [ACQUIRER_TOO_MANY_OTPS]  = { "TOO_MANY_OTPS", true, true, "Exceeded retry attempts", DECLINED,
                                  "the one-time password was wrong too often", "otp_attempts_exceeded", CUSTOMER },
    [ACQUIRER_NO_FUNDS]       = { "NO_FUNDS", true, true, "Insufficient funds", DECLINED,
                                  "the payer's account does not cover the amount", "insufficient_funds", CUSTOMER },
    [ACQUIRER_CARD_EXPIRED]   = { "CARD_EXPIRED", true, true, "Card has expired", DECLINED,
                                  "the card or its token has expired", "card_expired", CUSTOMER },
    [ACQUIRER_CARD_BLOCKED]   = { "CARD_BLOCKED", true, true, "Card is blocked", DECLINED,
                                  "the card is blocked by its issuer", "card_blocked", BANK },
    [ACQUIRER_BAD_CRYPTOGRAM] = { "BAD_CRYPTOGRAM", true, true, "Cryptogram is invalid", DECLINED,
                                  "the cryptogram is not of this token and amount", "cryptogram_invalid", BANK },
    [ACQUIRER_CRYPTOGRAM_USED] = { "CRYPTOGRAM_USED", true, true, "Cryptogram was used before", DECLINED,
                                   "the cryptogram has paid before", "cryptogram_used", BANK },
    [ACQUIRER_CRYPTOGRAM_OLD] = { "CRYPTOGRAM_OLD", true, true, "Cryptogram has expired", DECLINED,
                                  "the cryptogram is too old", "cryptogram_expired", BANK },
    [ACQUIRER_TOKEN_STATE]    = { "TOKEN_STATE", true, true, "Token is not active", DECLINED,
                                  "the card network lets this token pay no more, or not now", "token_not_active",
                                  BANK },
    [ACQUIRER_VPA_INVALID]    = { "VPA_INVALID", true, true, "Invalid VPA", DECLINED,
                                  "there is no such UPI address", "vpa_invalid", CUSTOMER },
    [ACQUIRER_PAYER_DECLINED] = { "PAYER_DECLINED", true, true, "Payer declined the request", DECLINED,
                                  "the payer declined the request", "payer_declined", CUSTOMER },
    [ACQUIRER_REQUEST_EXPIRED] = { "REQUEST_EXPIRED", true, true, "Payment request has expired", DECLINED,
                                   "the payer did not answer the request in time", "request_expired", CUSTOMER },
    [ACQUIRER_BANK_DOWN]      = { "BANK_DOWN", true, true, "Bank is not available", FAILED,
                                  "the payer's bank or network cannot be reached", "bank_unavailable", BANK },
    [ACQUIRER_BANK_TIMEOUT]   = { "BANK_TIMEOUT", true, true, "Bank did not answer in time", FAILED,
                                  "the payer's bank did not answer in time", "bank_timeout", BANK },
    [ACQUIRER_RISK]           = { "RISK", true, true, "Transaction declined for risk", DECLINED,
                                  "the payment was judged too risky", "risk_declined", CASHFREE },
    [ACQUIRER_WRONG_PIN]      = { "WRONG_PIN", true, true, "UPI PIN is wrong", DECLINED,
                                  "the payer gave a wrong PIN", "pin_invalid", CUSTOMER },
    [ACQUIRER_TPV]            = { "TPV", true, true, "Account is not the registered one", DECLINED,
                                  "the money must come from the registered bank account", "account_mismatch",
                                  CUSTOMER },
    [ACQUIRER_NOT_REGISTERED] = { "NOT_REGISTERED", true, true, "Payer is not registered", DECLINED,
                                  "the payer or the app is not registered with the provider", "not_registered",
                                  CUSTOMER },
    [ACQUIRER_INVALID]        = { "INVALID", true, true, "Payment data is invalid", DECLINED,
                                  "the bank, provider or amount is not one that can be charged", "bank_rejected",
                                  CASHFREE },

    [ACQUIRER_NO_PAYMENT]     = { "NO_PAYMENT", true, false, "No such payment", FAILED,
                                  "the acquirer has no such payment", "payment_unknown", CASHFREE },
    [ACQUIRER_GONE]           = { "GONE", true, false, "Payment came too late", FAILED,
                                  "the acquirer was told before that this payment is not to be", "payment_gone",
                                  CASHFREE },
    [ACQUIRER_BAD_STATE]      = { "BAD_STATE", true, false, "Transaction is already processed", FAILED,
                                  "the payment's state does not allow it", "state_invalid", CASHFREE },
    [ACQUIRER_BAD_AMOUNT]     = { "BAD_AMOUNT", true, false, "Amount is invalid", FAILED,
                                  "nothing, or more than is left of the payment", "invalid_amount", CASHFREE },
    [ACQUIRER_UNREACHABLE]    = { "UNREACHABLE", true, false, "Acquirer is not available", FAILED,
                                  "the acquirer cannot be reached; nothing was charged", "acquirer_unavailable",
                                  CASHFREE },
    [ACQUIRER_SILENT]         = { "SILENT", false, false, "Waiting for the bank", NULL, NULL, NULL, NULL },
    [ACQUIRER_BUSY]           = { "BUSY", true, false, "Too many payments at the moment", FAILED,
                                  "too many questions to the acquirer are under way", "busy", CASHFREE },
    [ACQUIRER_CARD_GONE]      = { "CARD_GONE", true, false, "Card must be entered again", FAILED,
                                  "the card could no longer be opened", "card_gone", CASHFREE },
};

const struct acquirer_saying *acquirer_says(enum acquirer_verdict v)
{
    assert(v < ACQUIRER_VERDICTS);
    return &sayings[v];
}
