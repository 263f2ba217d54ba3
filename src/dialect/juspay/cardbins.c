/* cardbins.c: GET /cardbins/{bin}: who issued a card, and whether it could have a token (reference A.12). */
#include "dialect/juspay/routes.h"

#include "dialect/juspay/complaint.h"
#include "dialect/juspay/jcall.h"
#include "dialect/juspay/words.h"

#include "base/banned.h"

enum { BODY_MAX = 1024 };

struct cardbins { struct jcall call; struct bin bin; };

enum step juspay_cardbins_parse(struct exchange *x)
{
    struct cardbins *c = jcall_begin(x, sizeof *c);

    if (!c)
        return STEP_ANSWERED;
    if (bin_of_text(&c->bin, bin_test_cards(), x->params[0]))
        return jcall_fail_field(x, "INVALID_INPUT", "card_bin", "should be six to nine digits");
    return c->bin.scheme == SCHEME_UNKNOWN ? jcall_fail(x, FAULT_NOT_FOUND) : STEP_GO;
}

/* There is no work that could fail, so `outcome` is NONE. */
void juspay_cardbins_show(struct exchange *x, enum fault outcome)
{
    const struct cardbins *c = x->state;
    char bank[WORDS_BANK];
    struct json_out o;

    if (outcome) {
        (void)jcall_fail(x, outcome);
        return;
    }
    o = json_out(jcall_answer(x, 200, BODY_MAX));
    json_object(&o);
    json_put_text(&o, "id", x->params[0]);
    json_put_str(&o, "object", "cardbin");
    json_put_str(&o, "brand", words_brand(c->bin.scheme));
    json_put_str(&o, "bank", c->bin.issuer);
    json_put_str(&o, "country", c->bin.country);
    json_put_str(&o, "type", words_type(c->bin.type));
    json_put_str(&o, "card_sub_type", words_sub(c->bin.sub));
    json_put_text(&o, "juspay_bank_code", words_bank(bank, span_of(c->bin.code)));
    json_put_bool(&o, "tokenize_support", x->services->network != NULL);
    json_put_str(&o, "extended_card_type", words_type(c->bin.type));
    json_object_end(&o);
}
