/* token_words.c: a token as Paytm prints it. */
#include "dialect/paytm/answer.h"

#include <string.h>

#include "domain/bin.h"

#include "base/banned.h"

void answer_put(struct json_out *o, const char *key, struct span value)
{
    json_put_text(o, key, span_absent(value) ? SPAN("") : value);
}

struct span answer_trid(const struct vault_job *job)
{
    struct span told = span_of(job->answer.trid);

    return told.n ? told : span_of(job->call.ask.trid);
}

void answer_name(char out[static ANSWER_NAME], struct span issuer, enum scheme scheme)
{
    struct buf b = { (uint8_t *)out, 0, ANSWER_NAME - 1, false };
    const char *name = scheme_name(scheme, SCHEME_WORDS_OWN);

    buf_span(&b, issuer);
    if (b.n)
        buf_byte(&b, ' ');
    buf_text(&b, name ? name : "");
    out[b.n] = '\0';
}

struct token_words answer_row(const struct exchange *x, char *id, const struct token_row *row, struct span trid)
{
    uint8_t public[VAULT_ID];

    vault_id(x->services, public, row);
    vault_id_hex(id, public);
    return (struct token_words){
        .id = id, .scheme = (enum scheme)row->scheme, .expiry = vault_expiry(row), .issuer = row->issuer,
        .last4 = row->last4, .network_ref = row->network_ref, .par = row->par, .bin9 = row->bin9,
        .token_last4 = row->token_last4, .trid = trid, .type = (enum bin_type)row->type,
        .status = vault_life(row, x->now_ms).status,
    };
}

void answer_token(struct json_out *o, const char *key, const struct token_words *t)
{
    const char *scheme = scheme_name(t->scheme, SCHEME_WORDS_PAYTM);
    const char *type = bin_type_name(t->type, BIN_WORDS_PAYTM);
    struct expiry_text expiry = t->expiry.year ? expiry_text(t->expiry) : (struct expiry_text){ 0 };
    char name[ANSWER_NAME];

    answer_name(name, t->issuer, t->scheme);
    json_key(o, key);
    json_object(o);
    json_put_str(o, "tokenIndexNumber", t->id);
    json_put_str(o, "cardScheme", scheme ? scheme : "");
    json_put_str(o, "tokenExpiry", expiry.mmyyyy);
    answer_put(o, "issuingBankName", t->issuer);
    answer_put(o, "cardSuffix", t->last4);
    answer_put(o, "tokenUniqueReference", t->network_ref);
    answer_put(o, "panUniqueReference", t->par);
    json_put_str(o, "cardType", type ? type : "");
    json_put_str(o, "displayName", name);
    answer_put(o, "tokenSuffix", t->token_last4);
    answer_put(o, "tokenBin", t->bin9);
    json_put_str(o, "tokenStatus", token_status_name(t->status));
    if (t->scheme == SCHEME_DINERS && t->trid.n)
        json_put_text(o, "tokenRequestorId", t->trid);
    json_object_end(o);
}
