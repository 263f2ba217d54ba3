/* token_change.c: POST /v4/card/delete and POST /v4/card/tokenStatus (reference A.7, A.8). */
#include "dialect/juspay/routes.h"

#include "dialect/juspay/complaint.h"
#include "dialect/juspay/errand.h"
#include "dialect/juspay/words.h"

#include "base/banned.h"

enum { BODY_MAX = 512, REFERENCE_MAX = 64 };

/* Version 1 of the clients writes card_reference, version 2 cardReference. */
struct change {
    struct errand errand;
    struct token_owner owner;
    struct span reference, reference2, customer2, sub2;
};

#define AT(member) .at = offsetof(struct change, member)
#define REFERENCE(name_, member) \
    { .name = (name_), .type = JSON_TEXT, .max = REFERENCE_MAX, .rule = jcall_rule_plain, AT(member) }
#define CUSTOMER(name_, member) \
    { .name = (name_), .type = JSON_TEXT, .max = VAULT_CUSTOMER_MAX, .rule = jcall_rule_id, AT(member) }
#define SUB_MERCHANT(name_, member) \
    { .name = (name_), .type = JSON_TEXT, .max = VAULT_SUB_MERCHANT_MAX, .rule = jcall_rule_id, AT(member) }

static const struct json_field fields[] = {
    REFERENCE("card_reference", reference), REFERENCE("cardReference", reference2),
    CUSTOMER("customer_id", owner.customer_id), CUSTOMER("customerId", customer2),
    SUB_MERCHANT("submerchantId", owner.sub_merchant), SUB_MERCHANT("sub_merchant_id", sub2),
    JSON_END
};

static void take_other(struct span *s, struct span other)
{
    if (span_absent(*s))
        *s = other;
}

static enum step parse(struct exchange *x, enum vault_op op)
{
    struct change *c = jcall_begin(x, sizeof *c);

    if (!c || jcall_read(x, c, fields, NULL) == STEP_ANSWERED)
        return STEP_ANSWERED;
    take_other(&c->reference, c->reference2);
    take_other(&c->owner.customer_id, c->customer2);
    take_other(&c->owner.sub_merchant, c->sub2);
    if (span_absent(c->reference))
        return jcall_fail_field(x, "MISSING_MANDATORY_PARAMETER", "card_reference", "is missing");
    if (span_absent(c->owner.customer_id))
        return jcall_fail_field(x, "MISSING_MANDATORY_PARAMETER", "customer_id", "is missing");
    errand_begin(x, op, c->owner);
    errand_token(&c->errand, c->reference);
    return STEP_GO;
}

enum step juspay_delete_parse(struct exchange *x)
{
    return parse(x, VAULT_DELETE);
}

/* What is not there, or is another's, has words of its own in this call. */
static bool is_unknown(const struct vault_job *job)
{
    return job->why == VAULT_NO_TOKEN || job->why == VAULT_OTHER_CUSTOMER
        || (job->why == VAULT_RULE && (job->rule == TOKEN_RULE_DEAD || job->rule == TOKEN_RULE_FAILED));
}

void juspay_delete_show(struct exchange *x, enum fault outcome)
{
    const struct change *c = x->state;
    struct complaint p;
    struct json_out o;

    if (outcome && is_unknown(&c->errand.job)) {
        p = complaint_make(400, "INVALID_REQUEST", "card_reference or customer_id is invalid");
        p.headline = "INVALID_REQUEST";
        p.user = "card_reference or customer_id is invalid";
        complaint_answer(x, &p);
        return;
    }
    if (errand_failed(x, outcome))
        return;
    o = json_out(jcall_answer(x, 200, BODY_MAX));
    json_object(&o);
    json_put_str(&o, "status", "SUCCESS");
    json_object_end(&o);
}

enum step juspay_status_parse(struct exchange *x)
{
    return parse(x, VAULT_REFRESH);
}

/* Older clients need the token's expiry whatever its status; the card's own is not kept. */
void juspay_status_show(struct exchange *x, enum fault outcome)
{
    const struct change *c = x->state;
    const struct token_row *t = &c->errand.job.row;
    struct expiry_text expiry;
    struct json_out o;

    if (errand_failed(x, outcome))
        return;
    expiry = words_expiry(vault_expiry(t));
    o = json_out(jcall_answer(x, 200, BODY_MAX));
    json_object(&o);
    json_key(&o, "payload");
    json_object(&o);
    json_put_str(&o, "tokenStatus", words_status(vault_life(t, x->now_ms)));
    json_put_str(&o, "tokenExpiryMonth", expiry.mm);
    json_put_str(&o, "tokenExpiryYear", expiry.yyyy);
    json_put_text(&o, "cardLastFour", t->last4);
    json_put_null(&o, "cardExpiryMonth");
    json_put_null(&o, "cardExpiryYear");
    json_put_text(&o, "tokenLastFour", words_known(t->token_last4));
    json_object_end(&o);
    json_object_end(&o);
}
