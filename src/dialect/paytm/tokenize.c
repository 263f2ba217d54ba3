/* tokenize.c: POST .../token/tokenizeCard and .../tokenizeCardAsync: a card becomes a token (reference B.6.1). */
#include "dialect/paytm/routes.h"

#include "dialect/paytm/answer.h"

#include "base/banned.h"

struct tokenize {
    struct call call;
    struct span auth_ref, source, card, consent;
    const struct json_node *consent_node;
    bool consented;
};

static const char *const sources[] = { "CARD_ON_FILE", "MANUAL_ENTERED", "CARD_SCAN", NULL };

static const struct json_field fields[] = {
    { .name = "encryptedCardData", .type = JSON_TEXT, .required = true, .at = offsetof(struct tokenize, card) },
    { .name = "cardSource", .type = JSON_TEXT, .required = true, .at = offsetof(struct tokenize, source) },
    { .name = "tokenizationConsent", .type = JSON_OBJECT, .required = true,
      .at = offsetof(struct tokenize, consent_node) },
    { .name = "authRefId", .type = JSON_TEXT_OR_INT, .max = NETWORK_AUTH_REF_MAX,
      .at = offsetof(struct tokenize, auth_ref) },
    JSON_END,
};

/* What a consent says is not published; a yes is 1 or true, as a text or not. */
static const struct json_field consent_text[] = {
    { .name = "userConsent", .type = JSON_TEXT_OR_INT, .at = offsetof(struct tokenize, consent) }, JSON_END,
};
static const struct json_field consent_bool[] = {
    { .name = "userConsent", .type = JSON_BOOL, .at = offsetof(struct tokenize, consented) }, JSON_END,
};

static void read_consent(struct exchange *x)
{
    struct tokenize *t = x->state;
    struct json_complaint why;

    if (json_fill(t, t->consent_node, consent_text, x->arena, &why) == FAULT_NONE)
        t->consented = span_equal(t->consent, SPAN("1")) || span_equal_nocase(t->consent, SPAN("true"));
    else if (json_fill(t, t->consent_node, consent_bool, x->arena, &why))
        t->consented = false;
}

static struct verdict check(struct exchange *x)
{
    struct tokenize *t = x->state;

    read_consent(x);
    for (size_t i = 0; sources[i]; i++)
        if (span_equal(t->source, span_of(sources[i])))
            return head_fail(CODE_DONE, NULL);
    return head_fail(CODE_DETAILS, "cardSource is none of CARD_ON_FILE, MANUAL_ENTERED and CARD_SCAN");
}

static bool tells(enum paytm_code code)
{
    return code == CODE_DONE || code == CODE_PENDING || code == CODE_AWAITING;
}

static void write(struct json_out *o, struct exchange *x, enum paytm_code code)
{
    const struct tokenize *t = x->state;
    char id[VAULT_ID_HEX];
    struct token_words words;

    if (!tells(code) || !t->call.job.row.token_no)
        return;
    words = answer_row(x, id, &t->call.job.row, answer_trid(&t->call.job));
    answer_token(o, "tokenInfo", &words);
}

static void write_async(struct json_out *o, struct exchange *x, enum paytm_code code)
{
    const struct tokenize *t = x->state;
    char id[VAULT_ID_HEX];

    if (!tells(code))
        return;
    (void)answer_row(x, id, &t->call.job.row, (struct span){ 0 });
    json_put_str(o, "tokenIndexNumber", id);
}

static const struct call_form sync_form = {
    .size = sizeof(struct tokenize), .user = USER_INFO, .fields = fields, .check = check, .write = write,
};
static const struct call_form async_form = {
    .size = sizeof(struct tokenize), .user = USER_INFO, .fields = fields, .check = check, .write = write_async,
};

enum step tokenize_parse(struct exchange *x)
{
    return call_parse(x, &sync_form);
}

enum step tokenize_async_parse(struct exchange *x)
{
    return call_parse(x, &async_form);
}

enum step tokenize_prepare(struct exchange *x)
{
    struct tokenize *t = x->state;
    enum step step = call_prepare(x);

    return step == STEP_GO ? call_card(x, CARD_FORM_RSA, t->card) : step;
}

enum fault tokenize_work(struct exchange *x, struct store_tx *tx)
{
    struct tokenize *t = x->state;
    enum fault f = call_admit(x, tx);
    struct vault_wish wish;

    if (f)
        return f;
    wish = call_wish(x, VAULT_MAKE);
    wish.consent.scheme = t->call.card->scheme;
    wish.consent.given = t->consented;
    wish.consent.auth_ref = t->auth_ref;
    f = call_vault(x, tx, &wish);
    return f ? f : partner_request_made(tx, x->merchant_id, t->call.head.request_id, t->call.job.row.token_no);
}

/* Nobody waits: the vault leads a copy of the job to its end, and the merchant asks for the token's status. */
enum next tokenize_async_call(struct exchange *x)
{
    struct call *c = call_of(x);

    if (vault_asks(&c->job))
        vault_ask_alone(x->services, &c->job);
    return NEXT_SHOW;
}
