/* saved.c: POST /savedcardservice/merchant/coft/cards and /savedcardservice/card/delete (reference B.6.4). */
#include "dialect/paytm/routes.h"

#include <string.h>

#include "dialect/paytm/answer.h"
#include "domain/bin.h"

#include "base/banned.h"

enum {
    LIST_TEXT = 56 * 1024,            /* bytes of a list: what can be signed (KEY_IN_MAX) less the rest of the answer */
    CARD_TEXT = 1024,                 /* bytes of one card in it, at most */
};

struct saved {
    struct call call;
    bool filter;                      /* only cards that are no tokens, of which there are none here */
    struct buf list;
    struct json_out out;
    /* of a deletion */
    struct span card, requested_by;
    bool bulk, by_par;
    struct span par;
    uint8_t token[VAULT_ID];
    uint8_t (*found)[VAULT_ID];       /* VAULT_LIST_MAX of them */
    size_t n_found;
};

/* One walk over a customer's tokens. */
struct walk { struct exchange *x; struct saved *s; };

static const struct json_field list_fields[] = {
    { .name = "filterTokenCards", .type = JSON_BOOL, .at = offsetof(struct saved, filter) },
    JSON_END,
};

static const struct json_field delete_fields[] = {
    { .name = "cardId", .type = JSON_TEXT, .required = true, .at = offsetof(struct saved, card) },
    { .name = "isParRequest", .type = JSON_BOOL, .required = true, .at = offsetof(struct saved, by_par) },
    { .name = "isBulkDelete", .type = JSON_BOOL, .at = offsetof(struct saved, bulk) },
    { .name = "requestedBy", .type = JSON_TEXT, .at = offsetof(struct saved, requested_by) },
    JSON_END,
};

/* The card's own first six digits and expiry are not kept; the date is the token's (reference D.1). */
static void put_card(struct json_out *o, const struct token_words *t, struct span issuer_code)
{
    const char *scheme = scheme_name(t->scheme, SCHEME_WORDS_PAYTM), *type = bin_type_name(t->type, BIN_WORDS_PAYTM);
    struct expiry_text expiry = t->expiry.year ? expiry_text(t->expiry) : (struct expiry_text){ 0 };
    char name[ANSWER_NAME];

    answer_name(name, t->issuer, t->scheme);
    json_object(o);
    json_put_str(o, "savedCardId", t->id);
    json_put_str(o, "cardType", type ? type : "");
    json_put_str(o, "cardScheme", scheme ? scheme : "");
    json_put_str(o, "expiryDate", expiry.mmyyyy);
    answer_put(o, "cardSuffix", t->last4);
    answer_put(o, "panUniqueReference", t->par);
    answer_put(o, "issuerCode", issuer_code);
    answer_put(o, "issuingBankName", t->issuer);
    json_put_str(o, "displayName", name);
    json_put_str(o, "cardFirstSixDigits", "");
    json_put_str(o, "isEligibleForCoft", "true");
    json_put_str(o, "isCardCoft", "true");
    answer_put(o, "tokenBin", t->bin9);
    json_put_str(o, "tokenStatus", token_status_name(t->status));
    json_object_end(o);
}

static enum fault list_one(void *arg, const struct token_row *row)
{
    struct walk *w = arg;
    char id[VAULT_ID_HEX];
    struct token_words words = answer_row(w->x, id, row, (struct span){ 0 });

    if (w->s->list.cap - w->s->list.n > CARD_TEXT)
        put_card(&w->s->out, &words, row->issuer_code);
    return FAULT_NONE;
}

static void write_list(struct json_out *o, struct exchange *x, enum paytm_code code)
{
    const struct saved *s = x->state;

    if (code != CODE_DONE)
        return;
    json_put_text(o, "custId", s->call.customer);
    json_put_raw(o, "savedCards", buf_view(&s->list));
}

/* Query and body say the same, where the query says anything. */
static struct verdict check_query(struct exchange *x)
{
    const struct call *c = call_of(x);
    struct span mid = query_value(x->arena, x->query, SPAN("mid"));
    struct span customer = query_value(x->arena, x->query, SPAN("custId"));

    if (mid.n && !span_equal(mid, c->mid))
        return head_fail(CODE_MID, "the query names another mid than the body");
    if (customer.n && !span_equal(customer, c->customer))
        return head_fail(CODE_USER, "the query names another custId than the body");
    return head_fail(CODE_DONE, NULL);
}

static struct verdict check_delete(struct exchange *x)
{
    struct saved *s = x->state;

    if (!requester_is_known(s->requested_by))
        return head_fail(CODE_DETAILS, "requestedBy is none of CARDHOLDER, MERCHANT and TOKEN_REQUESTOR");
    if (s->by_par && !s->bulk)
        return head_fail(CODE_DETAILS, "isParRequest needs isBulkDelete");
    if (vault_id_read(s->token, s->card) == FAULT_NONE)
        return check_query(x);
    if (!s->by_par)
        return head_fail(CODE_NO_TOKEN, "the card id is none of ours");
    s->par = s->card;
    return check_query(x);
}

static const struct call_form list_form = {
    .size = sizeof(struct saved), .token = true, .user = USER_FLAT, .fields = list_fields, .check = check_query,
    .write = write_list, .text_max = LIST_TEXT + CALL_TEXT,
};
static const struct call_form delete_form = {
    .size = sizeof(struct saved), .token = true, .flat = true, .user = USER_FLAT, .fields = delete_fields,
    .check = check_delete,
};

enum step saved_list_parse(struct exchange *x)
{
    return call_parse(x, &list_form);
}

enum step saved_delete_parse(struct exchange *x)
{
    return call_parse(x, &delete_form);
}

enum fault saved_list_work(struct exchange *x, struct store_tx *tx)
{
    struct saved *s = x->state;
    struct walk w = { x, s };
    enum fault f = call_admit(x, tx);
    struct vault_wish wish;

    if (f)
        return f;
    if (!s->list.p)
        s->list = arena_buf(x->arena, LIST_TEXT);
    if (!s->list.p)
        return FAULT_INTERNAL;
    s->list.n = 0;
    s->out = json_out(&s->list);
    json_list(&s->out);
    wish = call_wish(x, VAULT_REFRESH);
    if (!s->filter)
        f = vault_list(tx, x->arena, &wish, false, list_one, &w);
    json_list_end(&s->out);
    return f;
}

/* Is it of the card that is meant? */
static enum fault find_one(void *arg, const struct token_row *row)
{
    struct walk *w = arg;
    struct saved *s = w->s;

    if (s->par.n && span_equal(row->par, s->par) && s->n_found < VAULT_LIST_MAX)
        vault_id(w->x->services, s->found[s->n_found++], row);
    return FAULT_NONE;
}

/* All tokens of this customer for one card. */
static enum fault find_all(struct exchange *x, struct store_tx *tx)
{
    struct saved *s = x->state;
    struct vault_wish wish = call_wish(x, VAULT_DELETE);
    struct walk w = { x, s };
    struct token_row row;
    enum vault_why why = VAULT_FINE;
    enum fault f;

    if (span_absent(s->par)) {
        wish.has_token = true;
        memcpy(wish.token, s->token, VAULT_ID);
        f = vault_find(x->services, tx, &row, x->arena, &wish, x->now_ms, &why);
        if (f == FAULT_NOT_FOUND)
            return call_refuse(x, why == VAULT_OTHER_CUSTOMER ? CODE_USER : CODE_NO_TOKEN, "there is no such card");
        if (f)
            return f;
        s->par = row.par;
    }
    return vault_list(tx, x->arena, &wish, false, find_one, &w);
}

/* The network is asked later, by the vault itself. */
static enum fault delete_one(struct exchange *x, struct store_tx *tx, const uint8_t token[static VAULT_ID])
{
    struct vault_wish wish = call_wish(x, VAULT_DELETE);

    wish.has_token = true;
    memcpy(wish.token, token, VAULT_ID);
    wish.later = true;
    return call_vault(x, tx, &wish);
}

enum fault saved_delete_work(struct exchange *x, struct store_tx *tx)
{
    struct saved *s = x->state;
    enum fault f = call_admit(x, tx);

    s->n_found = 0;
    if (f)
        return f;
    if (!s->bulk)
        return delete_one(x, tx, s->token);
    if (!s->found)
        s->found = arena_take(x->arena, (size_t)VAULT_LIST_MAX * VAULT_ID);
    if (!s->found)
        return FAULT_INTERNAL;
    f = find_all(x, tx);
    if (!f && !s->n_found)
        return call_refuse(x, CODE_NO_TOKEN, "the customer has no token of this card");
    for (size_t i = 0; !f && i < s->n_found; i++)
        f = delete_one(x, tx, s->found[i]);
    return f;
}
