/* payment.h: what an attempt to pay an order may be and become. Pure rules; the table drives a test.
 *
 *   event            from BEGUN   FACTOR     APPROVAL   FLAGGED    SUCCESS              others
 *   ASKS_FACTOR      FACTOR       stays      refused    refused    refused              refused
 *   WAITS            APPROVAL     refused    stays      refused    refused              refused
 *   CHARGED          SUCCESS      SUCCESS    SUCCESS    SUCCESS    stays                CANCELLED; VOID refused
 *   HELD             FLAGGED      FLAGGED    FLAGGED    stays      refused              refused
 *   DECLINED         FAILED       FAILED     FAILED     FAILED     refused              stays when FAILED
 *   ABANDONED        DROPPED      DROPPED    DROPPED    refused    refused              stays when DROPPED
 *   VOIDED           refused      refused    refused    refused    VOID, uncaptured     stays when VOID
 *   TOO_LATE         CANCELLED    CANCELLED  CANCELLED  CANCELLED  refused              CANCELLED; VOID refused
 *
 * A charge that comes when the order has been paid by another attempt, or was terminated, is TOO_LATE: the payment is
 * CANCELLED and the money goes back (reference 2.4). So is one that was already FAILED or DROPPED for us: the acquirer
 * has the last word about money. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Stored, so never renumbered. */
enum payment_state {
    PAYMENT_BEGUN,                    /* our intent is on disk; whether the acquirer has heard of it is not known yet */
    PAYMENT_FACTOR,                   /* waits for the second factor: an OTP here or the bank's page */
    PAYMENT_APPROVAL,                 /* waits for the payer elsewhere: UPI, net banking, a wallet */
    PAYMENT_FLAGGED,                  /* charged, and held for review */
    PAYMENT_SUCCESS, PAYMENT_FAILED, PAYMENT_DROPPED, PAYMENT_VOID, PAYMENT_CANCELLED,
    PAYMENT_STATES
};

enum payment_event {
    PAYMENT_ON_ASKS_FACTOR, PAYMENT_ON_WAITS, PAYMENT_ON_CHARGED, PAYMENT_ON_HELD, PAYMENT_ON_DECLINED,
    PAYMENT_ON_ABANDONED, PAYMENT_ON_VOIDED, PAYMENT_ON_TOO_LATE, PAYMENT_EVENTS
};

/* How it is paid. Stored, so never renumbered. */
enum payment_method {
    PAYMENT_BY_CARD, PAYMENT_BY_UPI, PAYMENT_BY_NETBANKING, PAYMENT_BY_APP, PAYMENT_BY_PAYLATER,
    PAYMENT_BY_CARDLESS_EMI, PAYMENT_BY_EMI, PAYMENT_BY_BANKTRANSFER, PAYMENT_METHODS
};

/* How the payer is led (reference 2.7). Stored. */
enum payment_channel { PAYMENT_LINK, PAYMENT_POST, PAYMENT_COLLECT, PAYMENT_QRCODE, PAYMENT_CHANNELS };

enum {
    PAYMENT_OTP_MIN = 4, PAYMENT_OTP_MAX = 8,         /* digits */
    PAYMENT_OTP_TRIES = 3,            /* wrong ones for a payment; the third ends it */
    PAYMENT_RESENDS = 2,              /* of an OTP for a payment (reference 2.8) */
    PAYMENT_RESEND_AFTER_MS = 30 * 1000,
    PAYMENT_OTP_LIMIT_MS = 5 * 60 * 1000,             /* from the last sending of the OTP */
    PAYMENT_LIMIT_MS = 15 * 60 * 1000,                /* the whole attempt, but a UPI request's own 5 to 15 minutes */
    PAYMENT_OPEN_MAX = 10,            /* attempts of one order that wait at the same time */
    PAYMENT_ORDER_MAX = 100,          /* attempts of one order in all */
    PAYMENT_HANDLE_MAX = 100,         /* bytes of a UPI address, a bank's name or code, a provider */
};

/* How long until an OTP that was sent at `sent_ms` may be sent again; 0: now, as when the clock has gone back since. */
static inline int64_t payment_resend_wait_ms(int64_t sent_ms, int64_t now_ms)
{
    int64_t since_ms = now_ms - sent_ms;

    return since_ms < 0 || since_ms >= PAYMENT_RESEND_AFTER_MS ? 0 : PAYMENT_RESEND_AFTER_MS - since_ms;
}

/* Let `event` happen. False, and *state is untouched, where the table refuses. */
MUST_CHECK bool payment_happens(enum payment_state *state, enum payment_event event);

/* Is nothing more to come of it by itself? (FLAGGED is not over.) */
bool payment_is_over(enum payment_state s);

/* "SUCCESS", "PENDING", ... as reference 2.10 has it; a constant string. */
const char *payment_state_name(enum payment_state s);

/* Does whoever takes it know the bank account it comes from, so that an order may be bound to one? */
bool payment_tells_account(enum payment_method m);

/* "card", "upi", ...: the key of payment_method in requests (reference 2.7); constant. */
const char *payment_method_name(enum payment_method m);
const char *payment_channel_name(enum payment_channel c);
