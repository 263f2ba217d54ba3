/* answer.h: the signed answer (reference B.2, B.4; decisions 13 to 15, 17). */
#pragma once

#include "dialect/paytm/call.h"

/* Why vault_begin() refused, with words for the sandbox. */
struct verdict answer_refusal(const struct vault_job *job, enum fault f);

/* What a token's object is made of (reference B.4): a row of ours, or a card and what the network said of it. */
struct token_words {
    const char *id;                   /* 32 hexadecimal digits, or "" */
    enum scheme scheme;
    struct expiry expiry;             /* year 0: none yet */
    struct span issuer, last4, network_ref, par, bin9, token_last4, trid;
    enum bin_type type;
    enum token_status status;
};

/* Of a row as it is now; `id` has VAULT_ID_HEX bytes and lives as long as the words. */
struct token_words answer_row(const struct exchange *x, char *id, const struct token_row *row, struct span trid);

/* Write it as the member `key`, all values texts, in the order of reference B.4. */
void answer_token(struct json_out *o, const char *key, const struct token_words *t);

/* "HDFC Bank VISA" into `out`. */
enum { ANSWER_NAME = 96 };
void answer_name(char out[static ANSWER_NAME], struct span issuer, enum scheme scheme);

/* Put a member whose value is a text, absent ones as "". */
void answer_put(struct json_out *o, const char *key, struct span value);

/* The token requestor's id that the network was asked under; absent: it was not asked. */
struct span answer_trid(const struct vault_job *job);
