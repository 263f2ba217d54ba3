/* cryptogram.c: GET .../instruments/{instrument_id}/cryptogram: the token's number and a one-time cryptogram (reference
 * 2.13). The vault's audit row is on disk before the network is asked. */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/instrument.h"

#include "base/banned.h"

enum { BODY_MAX = 512 };

enum step cryptogram_parse(struct exchange *x)
{
    struct instrument *i;

    if (instrument_named(x, VAULT_DISCLOSE) == STEP_ANSWERED)
        return STEP_ANSWERED;
    i = x->state;
    i->job.wish.wants_number = true;
    i->job.wish.payment = NETWORK_ECOM;
    return STEP_GO;
}

/* The year has four digits, as in every published sample. */
void cryptogram_show(struct exchange *x, enum fault outcome)
{
    const struct instrument *i = x->state;
    const struct vault_job *job = &i->job;
    const struct network_answer *a = &job->answer;
    char id[INSTRUMENT_ID];
    struct expiry_text expiry;
    struct json_out o;

    if (instrument_failed(x, outcome))
        return;
    instrument_id(id, x->services, &job->row);
    expiry = expiry_text(vault_expiry(&job->row));
    o = json_out(instrument_answer(x, BODY_MAX));
    json_object(&o);
    json_put_str(&o, "instrument_id", id);
    json_put_str(&o, "token_requestor_id", a->trid[0] ? a->trid : job->call.ask.trid);
    json_put_str(&o, "card_number", a->number);
    json_put_str(&o, "card_expiry_mm", expiry.mm);
    json_put_str(&o, "card_expiry_yy", expiry.yyyy);
    json_put_str(&o, "cryptogram", a->tavv);
    json_put_text(&o, "card_display", job->row.last4);
    json_object_end(&o);
}
