/* words.h: what we know of a token, in Juspay's words. */
#pragma once

#include "domain/bin.h"
#include "keyholder/card.h"
#include "service/vault.h"

enum {
    WORDS_REFERENCE = 39,             /* "token_", 32 digits and NUL */
    WORDS_BANK = 40,                  /* "JP_", an issuer's code and NUL */
    WORDS_MASKED = 19,                /* "XXXX-XXXXXXXX-1449" and NUL */
};

/* ACTIVE, SUSPENDED, EXPIRED, DELETED; INACTIVE: not yet, or it never came to be. A constant. */
const char *words_status(struct token_life life);

/* A token's own expiry; empty texts while it has none. */
struct expiry_text words_expiry(struct expiry e);

/* cardReference. */
void words_reference(char out[static WORDS_REFERENCE], const struct services *s, const struct token_row *t);

/* cardFingerprint of a row; "" when the row's is of another size. */
void words_fingerprint(char out[static VAULT_FINGERPRINT_TEXT], const struct token_row *t);

/* The scheme of a row; NULL of an unknown one. */
const char *words_brand(int64_t scheme);

/* Itself, or "" of the absent span: for members that a client reads as a string. */
struct span words_known(struct span s);

/* "CREDIT", and the sub type; NULL: unknown. */
const char *words_type(int64_t type);
const char *words_sub(int64_t sub);

/* "JP_HDFC", or the absent span for an absent code. The text is in `out`. */
struct span words_bank(char out[static WORDS_BANK], struct span code);

/* A card's number as far as it is known: "XXXX-XXXXXXXX-1449". */
void words_masked(char out[static WORDS_MASKED], struct span last4);
