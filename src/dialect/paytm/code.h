/* code.h: Paytm's result codes (reference B.5), and which of our outcomes each one stands for. */
#pragma once

#include "dialect/dialect.h"
#include "service/vault.h"

/* In the order of their numbers. */
enum paytm_code {
    CODE_DONE,                        /* 00 */
    CODE_PENDING,                     /* 100: the token is still INIT */
    CODE_UNKNOWN,                     /* 150: what became of it is not known to us; asking again is safe */
    CODE_BAD_REQUEST,                 /* 400: not JSON, or not of the types it must be */
    CODE_REFUSED,                     /* 401: refused, without a code of its own: too many calls or cards, no consent */
    CODE_NO_TOKEN,                    /* 405 */
    CODE_REQUEST_ID,                  /* 406: missing, not the query's, or used before */
    CODE_MID,                         /* 407: no such MID, not the path's, or no such key of it */
    CODE_USER,                        /* 408: another customer's token */
    CODE_DETAILS,                     /* 409: a value that is none of those allowed */
    CODE_MISSING,                     /* 410: a mandatory field is not there */
    CODE_UNSUPPORTED,                 /* 440: the scheme has no such operation */
    CODE_NO_TRID,                     /* 442: not onboarded at the card's scheme */
    CODE_TRID_STATE,                  /* 443: onboarded, but not in force */
    CODE_INTERNAL,                    /* 500: an invariant of ours is broken */
    CODE_DOWN,                        /* 502: a part of ours is down; nothing was done */
    CODE_NET_BAD_REQUEST,             /* 700 */
    CODE_NET_DECLINED,                /* 701 */
    CODE_NET_ERROR,                   /* 702 */
    CODE_NET_UNREACHABLE,             /* 708 */
    CODE_NET_BROKEN,                  /* 709 */
    CODE_CARD_BLOCKED,                /* 714 */
    CODE_NOT_ALLOWED,                 /* 715: the token does not allow this change */
    CODE_NET_FAULT,                   /* 721 */
    CODE_NET_NO_ROUTE,                /* 723 */
    CODE_NET_NO_TOKEN,                /* 724 */
    CODE_STATE,                       /* 726: DEAD or FAILED */
    CODE_AUTH_REF,                    /* 727 */
    CODE_SUSPENDED,                   /* 728 */
    CODE_EXPIRED,                     /* 729 */
    CODE_NET_INELIGIBLE,              /* 730 */
    CODE_AUTHENTICATE,                /* 750 */
    CODE_AWAITING,                    /* 801: the network has not answered */
    CODE_SIGNATURE,                   /* 1001: empty, or no text */
    CODE_CHECKSUM,                    /* 1002 */
    CODE_JWT,                         /* 1003 */
    CODE_NO_MID,                      /* 1004 */
    CODE_NO_TYPE,                     /* 1005 */
    CODE_NO_HEAD,                     /* 1006 */
    CODE_TYPE,                        /* 1400 */
    PAYTM_CODES
};

/* A code as it is written: "410", "FAILED" or with short words "F", "Mandatory fields missing". */
struct paytm_words { const char *code, *status, *text; };
struct paytm_words code_words(enum paytm_code c, bool short_status);

/* What a fault means that came before anything was asked of a network. NONE is CODE_DONE. */
enum paytm_code code_of_fault(enum fault f);

/* Why vault_begin() gave `f`. */
enum paytm_code code_of_refusal(const struct vault_job *job, enum fault f);

/* What a job came to that was led to its end. */
enum paytm_code code_of_outcome(const struct vault_job *job);

/* What is wrong with a card, and with a field. CARD_FINE is CODE_DONE. */
enum paytm_code code_of_flaw(enum card_flaw flaw, enum pan_flaw pan);
