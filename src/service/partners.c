/* partners.c: what a merchant holds of each provider. */
#include "service/partners.h"

#include "base/banned.h"

#define UNUSED(x) (void)(x)

enum fault partner_juspay_caller(const struct services *s, struct caller *out, struct store_reader *r,
                                 struct arena *a, struct span basic, int64_t now_ms)
{
    UNUSED(s), UNUSED(out), UNUSED(r), UNUSED(a), UNUSED(basic), UNUSED(now_ms);
    return FAULT_UNKNOWN_CALLER;
}

enum fault partner_paytm_key(const struct services *s, struct partner_key *out, bool *mid_known,
                             struct store_reader *r, struct arena *a, struct span mid, struct span client_id,
                             struct span version)
{
    UNUSED(s), UNUSED(out), UNUSED(r), UNUSED(a), UNUSED(mid), UNUSED(client_id), UNUSED(version);
    *mid_known = false;
    return FAULT_NOT_FOUND;
}

enum fault partner_recipient(struct store_tx *tx, struct partner_key *out, struct arena *a, int64_t merchant_id,
                             struct span key_id)
{
    UNUSED(tx), UNUSED(out), UNUSED(a), UNUSED(merchant_id), UNUSED(key_id);
    return FAULT_NOT_FOUND;
}

void partner_ask(struct key_ask *ask, enum key_op op, const struct partner_key *k)
{
    *ask = (struct key_ask){ .op = op, .use = op == KEY_ENCRYPT ? KEY_USE_RECIPIENT : KEY_USE_PAYTM,
                             .about = k->about, .in = k->sealed };
}

enum fault partner_request(struct store_tx *tx, int64_t merchant_id, struct span request_id, struct span signature,
                           int64_t now_ms)
{
    UNUSED(tx), UNUSED(merchant_id), UNUSED(request_id), UNUSED(signature), UNUSED(now_ms);
    return FAULT_NONE;
}

enum fault partner_juspay_add(const struct services *s, struct partner_juspay *out, int64_t merchant_id)
{
    UNUSED(s), UNUSED(out), UNUSED(merchant_id);
    return FAULT_NOT_FOUND;
}

enum fault partner_public_key_add(const struct services *s, struct partner_juspay *out, int64_t merchant_id,
                                  struct span key_id, struct span pem)
{
    UNUSED(s), UNUSED(out), UNUSED(merchant_id), UNUSED(key_id), UNUSED(pem);
    return FAULT_NOT_FOUND;
}

enum fault partner_paytm_add(const struct services *s, struct partner_paytm *out, int64_t merchant_id,
                             struct span client_id, struct span version)
{
    UNUSED(s), UNUSED(out), UNUSED(merchant_id), UNUSED(client_id), UNUSED(version);
    return FAULT_NOT_FOUND;
}

enum fault partner_onboard(const struct services *s, int64_t merchant_id, enum scheme scheme)
{
    UNUSED(s), UNUSED(merchant_id), UNUSED(scheme);
    return FAULT_WRONG_STATE;
}

enum fault partner_server_key(const struct services *s, struct span *pem, char id[static PARTNER_SERVER_KEY_ID],
                              struct arena *a, enum card_form form)
{
    UNUSED(s), UNUSED(pem), UNUSED(id), UNUSED(a), UNUSED(form);
    return FAULT_SILENT;
}
