/* generate.c: POST /coft-center/coft/merchant/{mid}/token/generateTokenData: a token's number and a cryptogram. */
#include "dialect/paytm/routes.h"

#include <string.h>

#include "dialect/paytm/answer.h"

#include "base/banned.h"

struct generate {
    struct call call;
    struct span payment, index;
    uint8_t token[VAULT_ID];
    enum network_payment kind;
};

static const struct json_field fields[] = {
    { .name = "paymentType", .type = JSON_TEXT, .required = true, .at = offsetof(struct generate, payment) },
    { .name = "tokenIndexNumber", .type = JSON_TEXT, .required = true, .at = offsetof(struct generate, index) },
    JSON_END,
};

static struct verdict check(struct exchange *x)
{
    struct generate *g = x->state;

    g->kind = span_equal(g->payment, SPAN("SUBS")) ? NETWORK_SUBS : NETWORK_ECOM;
    if (g->kind == NETWORK_ECOM && !span_equal(g->payment, SPAN("ECOM")))
        return head_fail(CODE_DETAILS, "paymentType is neither ECOM nor SUBS");
    if (vault_id_read(g->token, g->index))
        return head_fail(CODE_NO_TOKEN, "the token index number is none of ours");
    return head_fail(CODE_DONE, NULL);
}

static void write(struct json_out *o, struct exchange *x, enum paytm_code code)
{
    const struct generate *g = x->state;
    const struct vault_job *job = &g->call.job;
    char id[VAULT_ID_HEX];
    struct token_words words;

    if (code != CODE_DONE)
        return;
    words = answer_row(x, id, &job->row, answer_trid(job));
    json_put_text(o, "paymentType", g->payment);
    json_put_str(o, "tokenIndexNumber", id);
    json_put_str(o, "cardToken", job->answer.number);
    json_put_str(o, "tavv", job->answer.tavv);
    answer_token(o, "tokenInfo", &words);
}

static const struct call_form form = {
    .size = sizeof(struct generate), .user = USER_INFO, .fields = fields, .check = check, .write = write,
};

enum step generate_parse(struct exchange *x)
{
    return call_parse(x, &form);
}

enum fault generate_work(struct exchange *x, struct store_tx *tx)
{
    struct generate *g = x->state;
    enum fault f = call_admit(x, tx);
    struct vault_wish wish;

    if (f)
        return f;
    wish = call_wish(x, VAULT_DISCLOSE);
    wish.has_token = true;
    memcpy(wish.token, g->token, VAULT_ID);
    wish.payment = g->kind;
    return call_vault(x, tx, &wish);
}
