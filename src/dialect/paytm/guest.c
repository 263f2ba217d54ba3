/* guest.c: POST .../token/gc/generateTokenData: a number for one payment; nothing is saved (reference B.6.6). */
#include "dialect/paytm/routes.h"

#include <string.h>

#include "dialect/paytm/answer.h"
#include "domain/bin.h"

#include "base/banned.h"

struct guest {
    struct call call;
    struct span auth_ref, source, card, value, currency;
    const struct json_node *amount_node;
    struct money amount;
};

static const struct json_field fields[] = {
    { .name = "encryptedCardData", .type = JSON_TEXT, .required = true, .at = offsetof(struct guest, card) },
    { .name = "cardSource", .type = JSON_TEXT, .required = true, .at = offsetof(struct guest, source) },
    { .name = "authRefId", .type = JSON_TEXT_OR_INT, .max = NETWORK_AUTH_REF_MAX,
      .at = offsetof(struct guest, auth_ref) },
    { .name = "amount", .type = JSON_OBJECT, .at = offsetof(struct guest, amount_node) },
    JSON_END,
};

static const struct json_field amount_fields[] = {
    { .name = "value", .type = JSON_DECIMAL_OR_TEXT, .required = true, .at = offsetof(struct guest, value) },
    { .name = "currency", .type = JSON_TEXT, .required = true, .at = offsetof(struct guest, currency) },
    JSON_END,
};

static struct verdict check(struct exchange *x)
{
    struct guest *g = x->state;
    struct json_complaint why;

    if (!span_equal(g->source, SPAN("MANUAL_ENTERED")) && !span_equal(g->source, SPAN("CARD_SCAN")))
        return head_fail(CODE_DETAILS, "cardSource is neither MANUAL_ENTERED nor CARD_SCAN");
    if (!g->amount_node)
        return head_fail(CODE_DONE, NULL);
    if (json_fill(g, g->amount_node, amount_fields, x->arena, &why))
        return head_complaint(&why);
    if (g->currency.n != 3 || money_read(&g->amount, g->value, g->currency))
        return head_fail(CODE_DETAILS, "the amount is none of its currency");
    return head_fail(CODE_DONE, NULL);
}

static struct token_words guest_words(const struct guest *g, const struct bin *bin)
{
    const struct network_answer *a = &g->call.job.answer;

    return (struct token_words){
        .id = "", .scheme = g->call.card->scheme, .expiry = a->expiry, .issuer = span_of(bin->issuer),
        .last4 = span_of(g->call.card->last4.text), .network_ref = span_of(a->token_ref), .par = span_of(a->par),
        .bin9 = span_of(a->bin9), .token_last4 = span_of(a->last4), .trid = answer_trid(&g->call.job),
        .type = bin->type, .status = TOKEN_ACTIVE,
    };
}

static void write(struct json_out *o, struct exchange *x, enum paytm_code code)
{
    const struct guest *g = x->state;
    struct token_words words;
    struct bin bin;

    if (code != CODE_DONE)
        return;
    bin = bin_of8(bin_test_cards(), g->call.card->bin8);
    words = guest_words(g, &bin);
    json_put_str(o, "cardToken", g->call.job.answer.number);
    json_put_str(o, "tavv", g->call.job.answer.tavv);
    answer_token(o, "tokenInfo", &words);
}

static const struct call_form form = {
    .size = sizeof(struct guest), .user = USER_NONE, .fields = fields, .check = check, .write = write,
};

enum step guest_parse(struct exchange *x)
{
    return call_parse(x, &form);
}

enum step guest_prepare(struct exchange *x)
{
    struct guest *g = x->state;
    enum step step = call_prepare(x);

    return step == STEP_GO ? call_card(x, CARD_FORM_RSA, g->card) : step;
}

/* Nothing is saved, so there is nothing to consent to but this payment, which the shopper makes. */
enum fault guest_work(struct exchange *x, struct store_tx *tx)
{
    struct guest *g = x->state;
    enum fault f = call_admit(x, tx);
    struct vault_wish wish;

    if (f)
        return f;
    wish = call_wish(x, VAULT_GUEST);
    wish.consent.scheme = g->call.card->scheme;
    wish.consent.given = true;
    wish.consent.auth_ref = g->auth_ref;
    wish.amount = g->amount;
    return call_vault(x, tx, &wish);
}
